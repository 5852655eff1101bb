"""The devices of one array: every device's own bounds and steps, drawn once when the array is made.

With ξ standard normal, the spreads of the card's `variation` and span = g_max - g_min, device ij has

    gain     a = |1 + device ξ|  or  exp(device ξ);   t = symmetry ξ;   gain up |a + t|, gain down |a - t|
    bounds   lo = g_min + bounds_min span ξ,   hi = g_max + bounds_max span ξ

where a bound that would cross the pivot is reflected at it and none is negative. The pivot is the middle
of the window, for soft bounds the card's symmetry point. The steps follow the bounds like this:

    constant, exponential, power, table   the step keeps its size; the shape spans the device's own window
    linear        the line stays where it is in conductance, and the bounds cut it
    soft bounds   the line goes through the card's step at the pivot and ends at the device's own bound, so
                  that the symmetry point is moved by the gains only (as in aihwkit's SoftBoundsDevice)
    nonlinear     the curve goes through its number of pulses from the device's own bound to bound

A stuck device has both bounds where it is stuck and no step: no kernel needs to know about faults.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import DTypeLike, NDArray

from neurosim.devices.card import (
    Card,
    ExponentialStepCard,
    LinearStepCard,
    PowerStepCard,
    SoftBoundsCard,
    TableStepCard,
)
from neurosim.devices.directions import (
    AffineDirection,
    ExponentialDirection,
    LinearDirection,
    NonlinearDirection,
    PowerDirection,
    SoftDirection,
    TableDirection,
    Way,
)
from neurosim.devices.nonlinearity import LARGEST, label
from neurosim.random import Stream

Array = NDArray[Any]
Family = Literal["affine", "exponential", "power", "table"]

# Draws of the "variation" stream; a spread of zero draws nothing, and shifts no other draw.
_GAIN, _TILT, _LOWER, _UPPER, _SHAPE_UP, _SHAPE_DOWN, _STUCK, _REFERENCE = range(8)


@dataclass(frozen=True)
class Population:
    """The parameters of all devices of one array, (rows, cols) each.

    A pulse up moves a device at conductance g by step_up - rate_up (g - lo), a pulse down by
    step_down - rate_down (hi - g), cut at [lo, hi], where the family is affine.

    Attributes
    ----------
    family : {"affine", "exponential", "power", "table"}
        Which kernel the devices need.
    lo, hi : ndarray (rows, cols) S
        Bounds.
    step_up, step_down : ndarray (rows, cols) S
        Size of a step (affine: at the start of the way).
    rate_up, rate_down : ndarray (rows, cols)
        Affine: how fast the step falls. Power-step: the exponent. Else zero.
    stuck : ndarray (rows, cols) bool
        Devices that do not move: lo is hi.
    shape : tuple
        What else the family's kernel needs, the same for all devices.
    """

    family: Family
    lo: Array
    hi: Array
    step_up: Array
    rate_up: Array
    step_down: Array
    rate_down: Array
    stuck: NDArray[np.bool_]
    shape: tuple[Any, ...] = ()


def draw(
    card: Card, rows: int, cols: int, source: Stream, dtype: DTypeLike, stuck: Array | None = None
) -> Population:
    """Draw the devices of an array.

    Parameters
    ----------
    card : Card
    rows, cols : int
    source : Stream
    dtype : {float32, float64}
    stuck : ndarray (rows, cols) S, optional
        Where devices are stuck, NaN where they work; instead of the faults of the card.
    """
    extent, spread, span = (rows, cols), card.variation, card.conductance.span

    def normals(index: int, scale: float) -> Any:
        return scale * source.normals(extent, draw=index, dtype=np.float64) if scale else 0.0

    gain = normals(_GAIN, spread.device)
    gain = np.exp(gain) if spread.distribution == "log-normal" else 1.0 + gain
    tilt = normals(_TILT, spread.symmetry)
    pivot = _pivot(card)
    below = spread.bounds if spread.bounds_min is None else spread.bounds_min
    above = spread.bounds if spread.bounds_max is None else spread.bounds_max
    lo, hi = card.g_min + normals(_LOWER, below * span), card.g_max + normals(_UPPER, above * span)
    lo = np.maximum(np.where(lo > pivot, 2 * pivot - lo, lo), 0.0)
    hi = np.where(hi < pivot, 2 * pivot - hi, hi)
    shapes = normals(_SHAPE_UP, spread.shape), normals(_SHAPE_DOWN, spread.shape)

    def lines(lo: Any, hi: Any) -> tuple[Any, Any, Any, Any]:
        up = _line(card, "up", lo, hi, pivot, np.abs(gain + tilt), shapes[0])
        # Downwards everything is mirrored: the way leads from -hi to -lo.
        return *up, *_line(card, "down", -hi, -lo, -pivot, np.abs(gain - tilt), shapes[1])

    step_up, rate_up, step_down, rate_down = lines(lo, hi)
    if isinstance(card, LinearStepCard):
        # Where a line meets zero within the device's bounds, the device can go no further.
        ends = lo + _reach(step_up, rate_up), hi - _reach(step_down, rate_down)
        lo, hi = np.maximum(lo, ends[1]), np.minimum(hi, ends[0])
        lo, hi = np.minimum(lo, (lo + hi) / 2), np.maximum(hi, (lo + hi) / 2)
        step_up, rate_up, step_down, rate_down = lines(lo, hi)

    values = _stuck_values(card, extent, source, lo, hi) if stuck is None else stuck
    faulty = np.isfinite(values)

    def finished(parameter: Any, at_stuck: Any) -> Array:
        return np.ascontiguousarray(np.where(faulty, at_stuck, parameter), dtype=dtype)

    return Population(
        family=_family(card),
        lo=finished(lo, values),
        hi=finished(hi, values),
        step_up=finished(step_up, 0.0),
        rate_up=finished(rate_up, 0.0),
        step_down=finished(step_down, 0.0),
        rate_down=finished(rate_down, 0.0),
        stuck=np.ascontiguousarray(np.broadcast_to(faulty, extent)),
        shape=_shape(card, np.dtype(dtype)),
    )


def symmetry_points(card: Card, devices: Population) -> Array:
    """Conductance (rows, cols) S of every device at which a step up is as large as a step down.

    Within the device's bounds; for families that are not affine the card's symmetry point, moved with
    the device's own window.
    """
    lo, hi = devices.lo.astype(np.float64), devices.hi.astype(np.float64)
    if devices.family != "affine":
        return lo + (hi - lo) * (card.symmetry_point - card.g_min) / card.conductance.span
    slope = devices.rate_up.astype(np.float64) + devices.rate_down
    excess = devices.step_up + devices.rate_up * lo - devices.step_down + devices.rate_down * hi
    flat = np.abs(slope) < 1e-12
    crossing = np.where(flat, (lo + hi) / 2, excess / np.where(flat, 1.0, slope))
    return np.clip(crossing, lo, hi)


def references(card: Card, devices: Population, source: Stream) -> Array:
    """Conductance (rows, cols) S of the reference of every device, by the card's `reference`.

    Without one, the middle of the nominal window.
    """
    reference = card.reference
    if reference is None or reference.at == "middle":
        at: Any = np.full(devices.lo.shape, (card.g_min + card.g_max) / 2)
    elif reference.at == "symmetry":
        at = symmetry_points(card, devices)
    else:
        at = np.full(devices.lo.shape, reference.at)
    if reference is not None and reference.spread:
        at = at + reference.spread * card.conductance.span * source.normals(at.shape, draw=_REFERENCE)
    conductance: Array = np.maximum(at, 0.0).astype(devices.lo.dtype)
    return conductance


def _pivot(card: Card) -> float:
    """The conductance that no bound crosses."""
    if not isinstance(card, SoftBoundsCard):
        return (card.g_min + card.g_max) / 2
    margin = 0.05 * card.conductance.span
    return min(max(card.symmetry_point, card.g_min + margin), card.g_max - margin)


def _line(card: Card, way: Way, start: Any, end: Any, pivot: float, gain: Any, shape: Any) -> tuple[Any, Any]:
    """Step and rate of every device on a way from `start` to `end`; for other families scale and exponent."""
    window, span = card.conductance, card.conductance.span
    first, last = (window.low, window.high) if way == "up" else (-window.high, -window.low)
    direction = card.potentiation if way == "up" else card.depression
    if isinstance(direction, PowerDirection):
        return gain * direction.step, np.maximum(direction.exponent + shape, 0.0)
    if isinstance(direction, TableDirection):
        return gain * max(direction.nodes(window, way)[1]), 0.0
    if isinstance(direction, ExponentialDirection):
        return gain * direction.step, 0.0
    assert isinstance(direction, AffineDirection)
    step, rate = direction.line(window, way)
    if isinstance(direction, LinearDirection):
        rates = rate + shape * step / span
        return gain * np.maximum(step - rates * (start - first), 0.0), gain * rates
    if isinstance(direction, SoftDirection):
        beyond = step / rate - span
        rates = gain * rate * (last + beyond - pivot) / np.maximum(end + beyond - pivot, 1e-6 * span)
        return rates * (end + beyond - start), rates
    if isinstance(direction, NonlinearDirection):
        relative: Any = step / span
        rates = np.asarray(rate)
        if np.ndim(shape):
            bends = _curvatures((direction.nonlinearity if way == "up" else -direction.nonlinearity) + shape)
            rates, whole = -np.expm1(-bends / direction.pulses), -np.expm1(-bends)
            straight = whole == 0
            relative = np.where(straight, 1 / direction.pulses, rates / np.where(straight, 1.0, whole))
        return gain * relative * (end - start), gain * rates
    return gain * step, 0.0


def _reach(step: Any, rate: Any) -> Array:
    """How far a line of falling steps leads before they are zero."""
    falling = np.asarray(rate) > 0
    reach: Array = np.where(falling, step / np.where(falling, rate, 1.0), np.inf)
    return reach


@cache
def _label_table() -> tuple[Array, Array]:
    bends = np.sinh(np.linspace(0.0, np.arcsinh(100.0), 20_001))
    return np.array([label(bend) for bend in bends]), bends


def _curvatures(labels: Array) -> Array:
    """Curvatures of an array of labels, interpolated in a fine table; labels beyond ±9 count as ±9."""
    known, bends = _label_table()
    return np.copysign(np.interp(np.minimum(np.abs(labels), LARGEST), known, bends), labels)


def _stuck_values(card: Card, extent: tuple[int, int], source: Stream, lo: Any, hi: Any) -> Array:
    """Where devices are stuck (S), NaN where they work."""
    faults = card.faults
    values = np.full(extent, np.nan)
    at = faults.stuck_at
    if faults.stuck_low + faults.stuck_high + (at.fraction if at else 0.0) == 0:
        return values
    lot = source.uniforms(extent, draw=_STUCK)
    kinds = [(faults.stuck_low, lo), (faults.stuck_high, hi)]
    kinds += [(at.fraction, at.conductance)] if at else []
    first = 0.0
    for fraction, value in kinds:
        values = np.where((lot >= first) & (lot < first + fraction), value, values)
        first += fraction
    return values


def _family(card: Card) -> Family:
    if isinstance(card, ExponentialStepCard):
        return "exponential"
    if isinstance(card, PowerStepCard):
        return "power"
    return "table" if isinstance(card, TableStepCard) else "affine"


def _shape(card: Card, dtype: np.dtype[Any]) -> tuple[Any, ...]:
    """What the kernels of the families that are not affine need besides the arrays."""
    if isinstance(card, ExponentialStepCard):
        up, down = card.potentiation, card.depression
        return tuple(dtype.type(value) for value in (up.amplitude, up.growth, down.amplitude, down.growth))
    if isinstance(card, TableStepCard):
        parts_up, steps_up = card.potentiation.nodes(card.conductance, "up")
        parts_down, steps_down = card.depression.nodes(card.conductance, "down")
        return (
            np.array(parts_up, dtype),
            np.array(steps_up, dtype) / dtype.type(max(steps_up)),
            np.array(parts_down, dtype),
            np.array(steps_down, dtype) / dtype.type(max(steps_down)),
        )
    return ()
