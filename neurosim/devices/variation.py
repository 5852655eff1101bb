"""How devices and pulses vary, how devices are read, and which of them are stuck: parts of a device card.

ξ is a fresh standard normal number everywhere; neurosim.devices.population says how the spreads over
devices act, neurosim.devices.response how the noise of a pulse does.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from neurosim.devices.directions import NotNegative
from neurosim.schema import Model, Ratio, Voltage

Fraction = Annotated[Ratio, Field(ge=0, le=1)]
Spread = Annotated[Ratio, Field(ge=0)]


class Variation(Model):
    """How devices differ from each other and how pulses differ from each other: standard deviations."""

    device: Spread = 0.0
    """Spread of the step over devices, relative; both directions of a device share the draw."""

    distribution: Literal["normal", "log-normal"] = "normal"
    """Distribution of the step over devices: |1 + device ξ|, or exp(device ξ)."""

    symmetry: Spread = 0.0
    """Spread of the balance of the directions, relative to the step: added up, subtracted down."""

    bounds: Spread = 0.0
    """Spread of both bounds over devices, in parts of the conductance range."""

    bounds_min: Spread | None = None
    """Spread of the lower bound, where it differs from `bounds`."""

    bounds_max: Spread | None = None
    """Spread of the upper bound, where it differs from `bounds`."""

    shape: Spread = 0.0
    """Spread over devices of the slope (linear-step), the label (nonlinear) or the exponent (power-step)."""

    cycle: Spread = 0.0
    """Cycle-to-cycle noise of a pulse, relative to the step it would have made."""

    additive: Spread = 0.0
    """Cycle-to-cycle noise of a pulse that does not depend on its step, in parts of the conductance range."""

    state: Spread = 0.0
    """Cycle-to-cycle noise of a pulse in proportion to the conductance above the lower bound."""


class Read(Model):
    """How a device is read."""

    voltage: Annotated[Voltage, Field(gt=0)] = 0.2
    """Amplitude of a full-scale read pulse."""

    noise: Spread = 0.0
    """Noise of one read of one device, relative to its conductance; independent from read to read."""


class StuckAt(Model):
    """Devices that stay at one conductance."""

    fraction: Fraction
    """Part of all devices."""

    conductance: NotNegative
    """Where they stay; a short or an open lies outside the window."""


class Faults(Model):
    """Devices that do not move."""

    stuck_low: Fraction = 0.0
    """Part of all devices that stays at the lower bound."""

    stuck_high: Fraction = 0.0
    """Part of all devices that stays at the upper bound."""

    stuck_at: StuckAt | None = None
    """Devices that stay at a given conductance."""

    @model_validator(mode="after")
    def _at_most_all(self) -> Self:
        total = self.stuck_low + self.stuck_high + (self.stuck_at.fraction if self.stuck_at else 0.0)
        if total > 1:
            raise ValueError(f"stuck_low, stuck_high and stuck_at make {100 * total:g} % of the devices")
        return self


class Reference(Model):
    """The reference device that is subtracted when a single device stands for a signed weight."""

    at: Literal["symmetry", "middle"] | NotNegative = "symmetry"
    """Where its conductance lies: at each device's symmetry point (a step up is as large as a step down),
    in the middle of the window, or at a value."""

    spread: Spread = 0.0
    """Spread of the reference over devices, in parts of the conductance range."""
