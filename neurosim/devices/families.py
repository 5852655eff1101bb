"""Device cards from Python, one function a family. All quantities are SI floats.

Every function takes the conductance window, the response, and what all families have in common:

    name, about, source     as in a card
    device, symmetry, bounds, bounds_min, bounds_max, shape, cycle, additive, state, distribution
                            the variation (neurosim.devices.variation.Variation), relative standard deviations
    read_voltage, read_noise
    stuck_low, stuck_high   parts of all devices; stuck_at=(part, conductance)
    pulse_up, pulse_down    (voltage V, width s) of the programming pulses, for the write energy
    reference, reference_spread, endurance

What is not given for the downward direction is as in the upward direction.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, TypedDict, Unpack

from neurosim.devices.card import Card, make
from neurosim.devices.variation import Variation
from neurosim.errors import InputError, did_you_mean


class Common(TypedDict, total=False):
    """What all families have in common; see the module."""

    name: str
    about: str
    source: str
    device: float
    symmetry: float
    bounds: float
    bounds_min: float
    bounds_max: float
    shape: float
    cycle: float
    additive: float
    state: float
    distribution: Literal["normal", "log-normal"]
    read_voltage: float
    read_noise: float
    stuck_low: float
    stuck_high: float
    stuck_at: tuple[float, float]
    pulse_up: tuple[float, float]
    pulse_down: tuple[float, float]
    reference: Literal["symmetry", "middle"] | float
    reference_spread: float
    endurance: float


def Ideal(*, g_min: float, g_max: float, **common: Unpack[Common]) -> Card:
    """Writes that land exactly where they should.

    Parameters
    ----------
    g_min, g_max : float
        Conductance window (S).
    **common
        See the module.
    """
    return _card("ideal", g_min, g_max, {}, {}, common)


def ConstantStep(
    *,
    g_min: float,
    g_max: float,
    step: float | None = None,
    pulses: float | None = None,
    step_down: float | None = None,
    pulses_down: float | None = None,
    **common: Unpack[Common],
) -> Card:
    """Steps of one size between hard bounds.

    Parameters
    ----------
    g_min, g_max : float
        Conductance window (S).
    step, step_down : float
        Conductance change of a pulse up and down (S).
    pulses, pulses_down : float
        Instead of a step: pulses from bound to bound.
    **common
        See the module.
    """
    up = {"step": step, "pulses": pulses}
    return _card("constant-step", g_min, g_max, up, {"step": step_down, "pulses": pulses_down}, common)


def LinearStep(
    *,
    g_min: float,
    g_max: float,
    slope: float,
    step: float | None = None,
    pulses: float | None = None,
    slope_down: float | None = None,
    step_down: float | None = None,
    pulses_down: float | None = None,
    **common: Unpack[Common],
) -> Card:
    """Steps that shrink linearly over the window, cut at the bounds.

    Parameters
    ----------
    g_min, g_max : float
        Conductance window (S).
    slope, slope_down : float
        Part of the step that is lost on the way to the far bound, at most 1.
    step, step_down : float
        Conductance change of the first pulse from the start (S).
    pulses, pulses_down : float
        Instead of a step: pulses from bound to bound.
    **common
        See the module.
    """
    up = {"step": step, "pulses": pulses, "slope": slope}
    down = {"step": step_down, "pulses": pulses_down, "slope": slope_down}
    return _card("linear-step", g_min, g_max, up, down, common)


def SoftBounds(
    *,
    g_min: float,
    g_max: float,
    step: float | None = None,
    pulses: float | None = None,
    nonlinearity: float | None = None,
    step_down: float | None = None,
    pulses_down: float | None = None,
    nonlinearity_down: float | None = None,
    **common: Unpack[Common],
) -> Card:
    """Steps that shrink to zero at the bounds, or, with a nonlinearity, somewhat beyond them.

    Parameters
    ----------
    g_min, g_max : float
        Conductance window (S).
    step, step_down : float
        Conductance change of the first pulse from the start (S).
    pulses, pulses_down : float
        Instead of a step: with a nonlinearity pulses from bound to bound, else the range over the step in
        its middle.
    nonlinearity, nonlinearity_down : float
        NeuroSim's label of the curve from bound to bound, without its sign.
    **common
        See the module.
    """
    up = {"step": step, "pulses": pulses, "nonlinearity": nonlinearity}
    down = {"step": step_down, "pulses": pulses_down, "nonlinearity": nonlinearity_down}
    return _card("soft-bounds", g_min, g_max, up, down, common)


def Nonlinear(
    *,
    g_min: float,
    g_max: float,
    pulses: float,
    nonlinearity: float,
    nonlinearity_down: float,
    pulses_down: float | None = None,
    **common: Unpack[Common],
) -> Card:
    """NeuroSim's nonlinear curve.

    Parameters
    ----------
    g_min, g_max : float
        Conductance window (S).
    pulses, pulses_down : float
        Pulses from bound to bound.
    nonlinearity, nonlinearity_down : float
        NeuroSim's labels with NeuroSim's signs: the largest steps come first for a potentiation above zero
        and for a depression below zero.
    **common
        See the module.
    """
    up = {"pulses": pulses, "nonlinearity": nonlinearity}
    return _card(
        "nonlinear", g_min, g_max, up, {"pulses": pulses_down, "nonlinearity": nonlinearity_down}, common
    )


def ExponentialStep(
    *,
    g_min: float,
    g_max: float,
    step: float,
    amplitude: float,
    growth: float,
    step_down: float | None = None,
    amplitude_down: float | None = None,
    growth_down: float | None = None,
    **common: Unpack[Common],
) -> Card:
    """Steps of step max(0, 1 - amplitude exp(growth x)), with x the part of the window travelled.

    Parameters
    ----------
    g_min, g_max : float
        Conductance window (S).
    step, step_down : float
        Scale of the steps (S).
    amplitude, growth, amplitude_down, growth_down : float
        Weight and exponent of the exponential.
    **common
        See the module.
    """
    up = {"step": step, "amplitude": amplitude, "growth": growth}
    down = {"step": step_down, "amplitude": amplitude_down, "growth": growth_down}
    return _card("exponential-step", g_min, g_max, up, down, common)


def PowerStep(
    *,
    g_min: float,
    g_max: float,
    step: float,
    exponent: float,
    step_down: float | None = None,
    exponent_down: float | None = None,
    **common: Unpack[Common],
) -> Card:
    """Steps of step (1 - x)^exponent, with x the part of the window travelled.

    Parameters
    ----------
    g_min, g_max : float
        Conductance window (S).
    step, step_down : float
        Conductance change of the first pulse from the start (S).
    exponent, exponent_down : float
        0 for constant steps, 1 for soft bounds.
    **common
        See the module.
    """
    up = {"step": step, "exponent": exponent}
    return _card("power-step", g_min, g_max, up, {"step": step_down, "exponent": exponent_down}, common)


def TableStep(
    *,
    potentiation: Sequence[float],
    depression: Sequence[float],
    g_min: float | None = None,
    g_max: float | None = None,
    measured: Literal["conductances", "steps"] = "conductances",
    **common: Unpack[Common],
) -> Card:
    """Measured steps, interpolated.

    Parameters
    ----------
    potentiation, depression : sequence of float (S)
        The conductance before the first pulse and after each; or, with `measured="steps"`, the conductance
        change of a pulse at evenly spaced points from the start of the window to its end.
    g_min, g_max : float, optional
        Conductance window (S); by default what the measured conductances span.
    measured : {"conductances", "steps"}
    **common
        See the module.
    """
    tables = [[float(value) for value in table] for table in (potentiation, depression)]
    every = tables[0] + tables[1]
    if measured == "conductances" and every:
        g_min, g_max = (min(every) if g_min is None else g_min), (max(every) if g_max is None else g_max)
    if g_min is None or g_max is None:
        raise InputError("TableStep() needs g_min and g_max: steps do not tell the conductance window")
    return _card("table", g_min, g_max, {measured: tables[0]}, {measured: tables[1]}, common)


def _card(
    model: str, g_min: float, g_max: float, up: dict[str, Any], down: dict[str, Any], common: Common
) -> Card:
    given: dict[str, Any] = dict(common)
    constructor = "TableStep" if model == "table" else model.title().replace("-", "")
    known = Common.__annotations__
    for key in given:
        if key not in known:
            hint = did_you_mean(key, known)
            raise InputError(f"{constructor}() has no argument '{key}'" + (f"; {hint}" if hint else ""))
    data: dict[str, Any] = {
        "model": model,
        "name": given.get("name", model),
        "conductance": {"min": g_min, "max": g_max},
        "variation": {key: given[key] for key in Variation.model_fields if key in given},
        "read": _renamed(given, read_voltage="voltage", read_noise="noise"),
        "faults": _renamed(given, stuck_low="stuck_low", stuck_high="stuck_high"),
    }
    data |= {key: given[key] for key in ("about", "source", "endurance") if key in given}
    if "stuck_at" in given:
        fraction, conductance = given["stuck_at"]
        data["faults"]["stuck_at"] = {"fraction": fraction, "conductance": conductance}
    if "reference" in given or "reference_spread" in given:
        data["reference"] = _renamed(given, reference="at", reference_spread="spread")
    up = {key: value for key, value in up.items() if value is not None}
    down = {key: value for key, value in down.items() if value is not None}
    # A size given for one way, as a step or as pulses, is not mixed with the other way's.
    other = {key: value for key, value in up.items() if not (key in _SIZES and _SIZES & set(down))}
    data["potentiation"], data["depression"] = up, other | down
    if model == "ideal":
        del data["potentiation"], data["depression"]
    for way, key in (("potentiation", "pulse_up"), ("depression", "pulse_down")):
        if key in given:
            voltage, width = given[key]
            direction = data.setdefault(way, {"pulses": 10_000.0})
            direction["pulse"] = {"voltage": voltage, "width": width}
    return make(data, f"{constructor}()")


_SIZES = {"step", "pulses"}


def _renamed(given: dict[str, Any], **names: str) -> dict[str, Any]:
    return {new: given[old] for old, new in names.items() if old in given}
