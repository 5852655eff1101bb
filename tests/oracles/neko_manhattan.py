"""Neko's two Manhattan rules and a small MLP to run them on, in plain NumPy from the formulas.

Source: Neko (arXiv 2105.00324), code at 9a09cc5: `ManhattanRule`, `ManhattanMaterialRule`, `Material`.
Biases follow the same rules as weights.

    Manhattan   w <- w - delta if g > 0 else w + delta        (a zero gradient counts as negative)
    Material    w = (G+ - G-) * w_factor
                G+ <- clip(G+ -+ delta), G- <- clip(G- +- delta), upper signs if g > 0
"""

from __future__ import annotations

import numpy as np


def manhattan_step(w: np.ndarray, g: np.ndarray, delta: float = 1e-4) -> np.ndarray:
    return np.where(g > 0, w - delta, w + delta)


class Material:
    """A weight matrix (or bias vector) on differential pairs; conductances in siemens."""

    def __init__(
        self,
        shape: tuple[int, ...],
        rng: np.random.Generator,
        delta: float = 1e-5,
        g_min: float = 1e-6,
        g_max: float = 2e-3,
        w_factor: float = 100.0,
    ) -> None:
        self.delta, self.g_min, self.g_max, self.w_factor = delta, g_min, g_max, w_factor
        middle, spread = (g_min + g_max) / 2, (g_max - g_min) / 2
        self.plus = self._clip(rng.normal(middle, spread / 100, shape))
        self.minus = self._clip(rng.normal(middle, spread / 100, shape))

    @property
    def weights(self) -> np.ndarray:
        return (self.plus - self.minus) * self.w_factor

    def step(self, g: np.ndarray) -> None:
        direction = np.where(g > 0, -1.0, 1.0)
        self.plus = self._clip(self.plus + direction * self.delta)
        self.minus = self._clip(self.minus - direction * self.delta)

    def _clip(self, conductance: np.ndarray) -> np.ndarray:
        return np.clip(conductance, self.g_min, self.g_max)


def gradients(
    weights: list[np.ndarray],
    biases: list[np.ndarray],
    x: np.ndarray,
    labels: np.ndarray,
    relu_logits: bool = True,
) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Gradients of the mean cross-entropy of a relu MLP; Neko's listing has relu on the logits too."""
    activities = [x]
    for index, (w, b) in enumerate(zip(weights, biases, strict=True)):
        z = activities[-1] @ w + b
        last = index == len(weights) - 1
        activities.append(z if last and not relu_logits else np.maximum(z, 0))
    logits = activities[-1]
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    d = (p - np.eye(logits.shape[1])[labels]) / len(x)
    if relu_logits:
        d = d * (logits > 0)
    weight_gradients, bias_gradients = [], []
    for index in reversed(range(len(weights))):
        weight_gradients.insert(0, activities[index].T @ d)
        bias_gradients.insert(0, d.sum(axis=0))
        if index:
            d = (d @ weights[index].T) * (activities[index] > 0)
    return weight_gradients, bias_gradients
