"""The pulse response of one direction: the size of a step and how it depends on the state.

With x the part of the conductance window that is already travelled in the direction of the pulse (0 at
the start, 1 at the far bound), one pulse without noise moves a device by

    constant         dg = step
    linear           dg = step (1 - slope x)
    soft bounds      dg = step (1 - x); with a nonlinearity, along the nonlinear curve
    nonlinear        NeuroSim's curve through `pulses` pulses (neurosim.devices.nonlinearity)
    exponential      dg = step max(0, 1 - amplitude exp(growth x))
    power            dg = step (1 - x)^exponent
    table            dg interpolated between measured steps

The first four are affine: dg = s - r u, with u = x (g_max - g_min).
"""

from __future__ import annotations

import math
from abc import abstractmethod
from bisect import bisect_right
from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from neurosim.devices.nonlinearity import LARGEST, curvature, pulse_line
from neurosim.schema import Conductance, Model, Ratio, Resistance, Time, Voltage

Way = Literal["up", "down"]
NotNegative = Annotated[Conductance, Field(ge=0)]
Step = Annotated[Conductance, Field(gt=0)]
Pulses = Annotated[float, Field(gt=0)]


class Pulse(Model):
    """The programming pulse of one direction; it decides the energy of a write."""

    voltage: Voltage
    """Amplitude, with its sign."""

    width: Annotated[Time, Field(gt=0)]
    """Length."""


class Window(Model):
    """The conductance window: its top as `max` or `on_resistance`, its bottom as `min` or `on_off`."""

    min: NotNegative | None = None
    """Lowest conductance."""

    max: Step | None = None
    """Highest conductance."""

    on_resistance: Annotated[Resistance, Field(gt=0)] | None = None
    """Resistance in the highest state: 1 / max."""

    on_off: Annotated[float, Field(gt=1)] | None = None
    """Ratio of the highest to the lowest conductance."""

    @property
    def high(self) -> float:
        """Highest conductance (S)."""
        return self.max if self.max is not None else 1 / (self.on_resistance or 1.0)

    @property
    def low(self) -> float:
        """Lowest conductance (S)."""
        return self.min if self.min is not None else self.high / (self.on_off or 1.0)

    @property
    def span(self) -> float:
        """Conductance range (S)."""
        return self.high - self.low

    @model_validator(mode="after")
    def _one_top_one_bottom(self) -> Self:
        if (self.max is None) == (self.on_resistance is None):
            raise ValueError("write either 'max' or 'on_resistance' (one of them)")
        if (self.min is None) == (self.on_off is None):
            raise ValueError("write either 'min' or 'on_off' (one of them)")
        if not self.low < self.high:
            raise ValueError(f"min ({self.low:g} S) must be less than max ({self.high:g} S)")
        return self


class Direction(Model):
    """One direction of the pulse response; `x` is the part of the window travelled in that direction."""

    pulse: Pulse | None = None
    """The programming pulse, for the write energy."""

    @abstractmethod
    def move(self, x: float, window: Window, way: Way) -> float:
        """Step (S) of one pulse without noise."""


class AffineDirection(Direction):
    """A direction whose step falls on a straight line, dg = s - r u, with u the conductance travelled."""

    @abstractmethod
    def line(self, window: Window, way: Way) -> tuple[float, float]:
        """Step at the start (S) and rate: (s, r)."""

    def move(self, x: float, window: Window, way: Way) -> float:
        """Step (S) of one pulse without noise."""
        step, rate = self.line(window, way)
        return step - rate * x * window.span


class ConstantDirection(AffineDirection):
    """Steps of one size: give `step` or `pulses`."""

    step: Step | None = None
    """Conductance change of one pulse."""

    pulses: Pulses | None = None
    """Pulses from bound to bound."""

    @model_validator(mode="after")
    def _one_size(self) -> Self:
        _step_or_pulses(self.step, self.pulses)
        return self

    def line(self, window: Window, way: Way) -> tuple[float, float]:
        """Step at the start (S) and rate: (s, r)."""
        return _size(self.step, self.pulses, window.span), 0.0


class LinearDirection(AffineDirection):
    """Steps that shrink (or grow) linearly over the window: give `step` or `pulses`, and `slope`."""

    step: Step | None = None
    """Conductance change of the first pulse from the start of the window."""

    pulses: Pulses | None = None
    """Pulses from bound to bound."""

    slope: Annotated[Ratio, Field(le=1)]
    """Part of the step that is lost on the way to the far bound: 1 soft bounds, below 0 growing."""

    @model_validator(mode="after")
    def _one_size(self) -> Self:
        _step_or_pulses(self.step, self.pulses)
        if self.pulses is not None and self.slope == 1:
            raise ValueError("with 'slope: 1' the bound is never reached: give 'step' instead of 'pulses'")
        return self

    def line(self, window: Window, way: Way) -> tuple[float, float]:
        """Step at the start (S) and rate: (s, r)."""
        if self.pulses is None or self.slope == 0:
            step = _size(self.step, self.pulses, window.span)
            return step, step * self.slope / window.span
        rate = -math.expm1(math.log1p(-self.slope) / self.pulses)
        return rate * window.span / self.slope, rate


class SoftDirection(AffineDirection):
    """Steps that shrink to zero at the bound, or, with a nonlinearity, at a point beyond it."""

    step: Step | None = None
    """Conductance change of the first pulse from the start of the window."""

    pulses: Pulses | None = None
    """With a nonlinearity: pulses from bound to bound. Without: the range over the step at its middle."""

    nonlinearity: Annotated[float, Field(gt=0, le=LARGEST)] | None = None
    """NeuroSim's label, without its sign, of the curve from bound to bound."""

    @model_validator(mode="after")
    def _one_size(self) -> Self:
        _step_or_pulses(self.step, self.pulses)
        return self

    def line(self, window: Window, way: Way) -> tuple[float, float]:
        """Step at the start (S) and rate: (s, r)."""
        span = window.span
        if self.nonlinearity is None:
            step = self.step if self.step is not None else _size(None, self.pulses, 2 * span)
            return step, step / span
        bend = curvature(self.nonlinearity)
        if self.step is not None:
            return self.step, self.step / span * -math.expm1(-bend)
        step, rate = pulse_line(bend, self.pulses or 1.0)
        return step * span, rate


class NonlinearDirection(AffineDirection):
    """NeuroSim's nonlinear curve."""

    pulses: Pulses
    """Pulses from bound to bound: the number of states."""

    nonlinearity: Annotated[float, Field(ge=-LARGEST, le=LARGEST)]
    """NeuroSim's label with NeuroSim's sign: a potentiation above zero and a depression below zero have
    their largest steps first."""

    def line(self, window: Window, way: Way) -> tuple[float, float]:
        """Step at the start (S) and rate: (s, r)."""
        bend = curvature(self.nonlinearity if way == "up" else -self.nonlinearity)
        step, rate = pulse_line(bend, self.pulses)
        return step * window.span, rate


class ExponentialDirection(Direction):
    """Steps with an exponential dependence on the state."""

    step: Step
    """Scale of the steps."""

    amplitude: float
    """Weight of the exponential; 0 gives constant steps."""

    growth: Annotated[float, Field(ge=-50, le=50)]
    """Exponent at the far bound."""

    def move(self, x: float, window: Window, way: Way) -> float:
        """Step (S) of one pulse without noise."""
        return float(self.step * max(0.0, 1 - self.amplitude * math.exp(self.growth * x)))


class PowerDirection(Direction):
    """Steps that are a power of the distance to the far bound."""

    step: Step
    """Conductance change of the first pulse from the start of the window."""

    exponent: Annotated[float, Field(ge=0, le=50)]
    """Power of the remaining part of the window: 0 constant, 1 soft bounds."""

    def move(self, x: float, window: Window, way: Way) -> float:
        """Step (S) of one pulse without noise."""
        return float(self.step * max(0.0, 1 - x) ** self.exponent)


class TableDirection(Direction):
    """Measured steps, interpolated linearly: give `conductances` or `steps`."""

    conductances: Annotated[list[NotNegative], Field(min_length=3)] | None = None
    """Conductance before the first pulse and after each; rises (potentiation) or falls (depression)."""

    steps: Annotated[list[NotNegative], Field(min_length=2)] | None = None
    """Conductance change of a pulse at evenly spaced points from the start of the window to its end."""

    @model_validator(mode="after")
    def _one_table(self) -> Self:
        if (self.conductances is None) == (self.steps is None):
            raise ValueError("write either 'conductances' or 'steps' (one of them)")
        if self.steps is not None and not any(self.steps):
            raise ValueError("a table of steps that are all zero describes a device that never moves")
        return self

    def nodes(self, window: Window, way: Way) -> tuple[list[float], list[float]]:
        """Parts of the window travelled, rising from 0 to 1, and the step (S) at each."""
        if self.steps is not None:
            return [i / (len(self.steps) - 1) for i in range(len(self.steps))], list(self.steps)
        measured = self.conductances or []
        start = window.low if way == "up" else window.high
        parts = [abs(g - start) / window.span for g in measured[:-1]]
        steps = [abs(after - before) for before, after in pairwise(measured)]
        # Outside the measured part the step stays what it was at its end.
        if parts[0] > 0:
            parts, steps = [0.0, *parts], [steps[0], *steps]
        if parts[-1] < 1:
            parts, steps = [*parts, 1.0], [*steps, steps[-1]]
        return parts, steps

    def move(self, x: float, window: Window, way: Way) -> float:
        """Step (S) of one pulse without noise."""
        parts, steps = self.nodes(window, way)
        right = min(max(bisect_right(parts, x), 1), len(parts) - 1)
        weight = (x - parts[right - 1]) / (parts[right] - parts[right - 1])
        return steps[right - 1] + weight * (steps[right] - steps[right - 1])


def _step_or_pulses(step: float | None, pulses: float | None) -> None:
    if (step is None) == (pulses is None):
        raise ValueError("write either 'step' or 'pulses' (one of them)")


def _size(step: float | None, pulses: float | None, span: float) -> float:
    return step if step is not None else span / (pulses or 1.0)
