"""NeuroSim's nonlinearity label and the curvature of the response that it stands for.

NeuroSim (Chen, Peng, Yu: IEEE TCAD 37, 3067, 2018) describes a pulse response by the normalised curve

    g(x) = (1 - exp(-k x)) / (1 - exp(-k)),    x = pulses / all pulses, 0 … 1,

(its table lists A = 1/k) and names k by a label from a table of 900 entries. The table is the largest
distance of the curve from the straight line, on a scale that ends at 1000/99:

    label(k) = (1000/99) max_x [g(x) - x] = (1000/99) [1/(1 - exp(-k)) - 1/k - ln(k / (1 - exp(-k))) / k]

with the maximum at x = ln(k / (1 - exp(-k))) / k. Both functions here are odd: a curve that starts
gently has a negative curvature and a negative label.

One pulse out of P along the curve is the step of a soft-bounds device, dg = s - r g, with

    r = 1 - exp(-k/P),    s = r / (1 - exp(-k)),

whose end point s/r lies beyond the bound for k > 0 and before the start for k < 0.
"""

from __future__ import annotations

import math
from functools import lru_cache

SCALE = 1000 / 99
LARGEST = 9.0
"""The largest label that `curvature` accepts, as NeuroSim's table; at 1000/99 the curve would be a jump."""

_STEEPEST = 100.0  # label 9.5: beyond the largest


def label(curvature: float) -> float:
    """NeuroSim's label of the curve with this curvature."""
    k = abs(curvature)
    if k < 1e-2:
        # The closed form loses digits here: it is a difference of terms of size 1/2.
        distance = k / 8 - k**3 / 576 + k**5 / 25920
    else:
        whole = -math.expm1(-k)
        distance = 1 / whole - 1 / k - math.log(k / whole) / k
    return math.copysign(SCALE * distance, curvature)


@lru_cache(maxsize=1024)
def curvature(label_: float) -> float:
    """The curvature k of NeuroSim's label, by bisection to the last digit.

    Raises
    ------
    ValueError
        If the label is not between -9 and 9.

    Examples
    --------
    >>> round(1 / curvature(2.4), 4), round(1 / curvature(4.88), 4)
    (0.4992, 0.2003)
    """
    if not abs(label_) <= LARGEST:
        raise ValueError(f"a nonlinearity label lies between -{LARGEST:g} and {LARGEST:g}, got {label_:g}")
    low, high = 0.0, _STEEPEST
    while True:
        middle = (low + high) / 2
        if middle in (low, high):
            return math.copysign(middle, label_)
        if label(middle) < abs(label_):
            low = middle
        else:
            high = middle


def pulse_line(curvature: float, pulses: float) -> tuple[float, float]:
    """Step at the start and rate (s, r) of one of `pulses` pulses along the curve over a range of 1."""
    if curvature == 0:
        return 1 / pulses, 0.0
    rate = -math.expm1(-curvature / pulses)
    return rate / -math.expm1(-curvature), rate
