"""NeuroSim's nonlinear weight update as its manual states it, slow and by its own parameters.

    g(P) = B (1 - exp(-P/A)) + g_min,    B = (g_max - g_min) / (1 - exp(-P_max/A)),    A = ±A_norm P_max

P runs from 0 to P_max; potentiation walks it upwards and depression, on a curve of its own, downwards.
The label is the largest distance of the normalised curve from its chord, times 1000/99, with A's sign.
"""

from __future__ import annotations

import numpy as np


def _label(a_norm: float) -> float:
    x = np.linspace(0, 1, 100_001)
    return float(1000 / 99 * np.max(np.expm1(-x / a_norm) / np.expm1(-1 / a_norm) - x))


def norm_a(label: float) -> float:
    """A_norm of a label above zero: the label falls as A_norm grows."""
    low, high = 0.01, 100.0
    for _ in range(60):
        middle = (low * high) ** 0.5
        low, high = (middle, high) if _label(middle) > label else (low, middle)
    return low


def curve(label: float, pulses: int, g_min: float, g_max: float) -> np.ndarray:
    """Conductances at P = 0 … pulses; the sign of the label is the sign of A."""
    a = np.sign(label) * norm_a(abs(label)) * pulses
    b = (g_max - g_min) / -np.expm1(-pulses / a)
    return b * -np.expm1(-np.arange(pulses + 1) / a) + g_min
