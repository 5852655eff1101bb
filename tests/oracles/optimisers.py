"""Textbook update rules, one weight and one number at a time.

Each function takes the gradients of one weight in the order of time and returns its values after
every update.
"""

from __future__ import annotations

import math


def sgd(w: float, gradients: list[float], rate: float, momentum: float, decay: float) -> list[float]:
    """Polyak's heavy ball with an L2 penalty."""
    values, velocity = [], 0.0
    for g in gradients:
        velocity = momentum * velocity + (g + decay * w)
        w = w - rate * velocity
        values.append(w)
    return values


def rmsprop(w: float, gradients: list[float], rate: float, rho: float, epsilon: float) -> list[float]:
    """Tieleman and Hinton, lecture 6.5."""
    values, square = [], 0.0
    for g in gradients:
        square = rho * square + (1 - rho) * g**2
        w = w - rate * g / (math.sqrt(square) + epsilon)
        values.append(w)
    return values


def adam(
    w: float, gradients: list[float], rate: float, beta1: float, beta2: float, epsilon: float
) -> list[float]:
    """Kingma and Ba, algorithm 1, with both averages written out as sums over the past."""
    values = []
    for t in range(1, len(gradients) + 1):
        past = list(enumerate(gradients[:t], start=1))
        mean = sum((1 - beta1) * beta1 ** (t - i) * g for i, g in past) / (1 - beta1**t)
        square = sum((1 - beta2) * beta2 ** (t - i) * g**2 for i, g in past) / (1 - beta2**t)
        w = w - rate * mean / (math.sqrt(square) + epsilon)
        values.append(w)
    return values
