"""Devices pulse by pulse, from the equations, in plain NumPy loops.

x is the part of the window travelled in the direction of the pulse, u = x (hi - lo). Every family is a
function of (x, window) that gives the step of one pulse without noise.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Step = Callable[[float, float], float]


def constant(step: float) -> Step:
    return lambda x, window: step


def linear(step: float, slope: float) -> Step:
    return lambda x, window: step * (1 - slope * x)


def soft(step: float) -> Step:
    return lambda x, window: step * (1 - x)


def exponential(step: float, amplitude: float, growth: float) -> Step:
    return lambda x, window: step * max(0.0, 1 - amplitude * np.exp(growth * x))


def power(step: float, exponent: float) -> Step:
    return lambda x, window: step * (1 - x) ** exponent


def table(steps: list[float]) -> Step:
    return lambda x, window: float(np.interp(x, np.linspace(0, 1, len(steps)), steps))


def trajectory(start: float, signs: list[int], lo: float, hi: float, up: Step, down: Step) -> np.ndarray:
    """Conductance before the first pulse and after each, without noise."""
    g, course = start, [start]
    for sign in signs:
        if sign > 0:
            g += up((g - lo) / (hi - lo), hi - lo)
        else:
            g -= down((hi - g) / (hi - lo), hi - lo)
        g = min(max(g, lo), hi)
        course.append(g)
    return np.array(course)


def noisy_pulses(
    start: np.ndarray, pulses: int, lo: float, hi: float, step: float, rate: float,
    cycle: float, additive: float, rng: np.random.Generator,
) -> np.ndarray:  # fmt: skip
    """Affine potentiation of many devices, pulse by pulse with fresh noise, cut at the bounds every time."""
    g = start.astype(np.float64).copy()
    for _ in range(pulses):
        mean = np.maximum(step - rate * (g - lo), 0)
        g = np.clip(g + mean + (cycle * mean + additive) * rng.standard_normal(g.shape), lo, hi)
    return g
