"""The scenario schema, version 1: data, network, learning, hardware, what to measure, what to sweep."""

from __future__ import annotations

import builtins
from typing import Annotated, Any, Literal

from pydantic import Field

from neurosim.datasets.spec import DataSpec
from neurosim.devices.card import DeviceCard
from neurosim.learning.spec import LearningSpec
from neurosim.mappings.card import MappingCard
from neurosim.networks.spec import NetworkSpec
from neurosim.schema import Model

MAJOR = 1
"""The version of the schema that this neurosim reads."""

DEFAULT_MAPPING = "differential-tiles"

Measure = Literal["accuracy", "loss", "energy", "latency", "pulses", "saturation", "conductances"]

Axis = Annotated[builtins.list[Any], Field(min_length=1)]


class Hardware(Model):
    """The hardware that holds the weights. Without it the weights are ideal."""

    device: DeviceCard
    """The memristor technology: `{use: NAME, set: {…}}`, just NAME, or a whole card."""

    mapping: MappingCard
    """How weights lie on arrays: `{use: NAME, set: {…}}`, just NAME, or a whole card; differential-tiles when
    left out."""


class Sweep(Model):
    """Values that vary. The points are the product of `grid`, `zip`, `list` and `repeat`."""

    grid: dict[str, Axis] | None = None
    """Dotted path to a list of values; every path varies alone."""

    zip: dict[str, Axis] | None = None
    """Dotted path to a list of values; all paths vary together, so the lists have one length."""

    list: Annotated[builtins.list[dict[str, Any]], Field(min_length=1)] | None = None
    """Points written one by one: each a group of dotted paths and values."""

    repeat: Annotated[int, Field(ge=1, le=10_000)] = 1
    """Independent seeds of every point: mean and spread in the report."""


class Scenario(Model):
    """An experiment: this data, this network, this learning rule, on this hardware."""

    neurosim: Literal[1]
    """Version of the scenario schema."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,79}$")]
    """Short name: lower case letters, digits, hyphens. The run folder is called after it."""

    about: str = ""
    """What it is about, in a sentence."""

    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    """Where all random numbers of the run come from."""

    extends: str | None = None
    """A scenario whose values hold where this one says nothing: a name, or a path beside this file."""

    data: DataSpec
    """What to learn."""

    network: NetworkSpec
    """The network that learns it."""

    learning: LearningSpec
    """How it learns."""

    hardware: Hardware | None = None
    """The hardware that holds the weights; leave it out, or write null, for ideal weights."""

    baseline: bool = False
    """Whether the same scenario with ideal weights is trained beside it, for comparison."""

    measure: Annotated[builtins.list[Measure], Field(min_length=1, default=["accuracy"])]
    """What the result table and the report show."""

    sweep: Sweep | None = None
    """What varies."""

    @property
    def ideal(self) -> Scenario:
        """The same scenario with ideal weights: its baseline."""
        return self.model_copy(update={"hardware": None, "baseline": False, "sweep": None})
