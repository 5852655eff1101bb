"""Device cards: one memristor technology each, every number with its source.

A card names the family of its pulse response (`model:`), the conductance window, the response in
either direction (neurosim.devices.directions), and how devices and pulses vary.
"""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import pydantic
from pydantic import ConfigDict, Field, model_validator

from neurosim import documents, library
from neurosim.devices.directions import (
    ConstantDirection,
    Direction,
    ExponentialDirection,
    LinearDirection,
    NonlinearDirection,
    PowerDirection,
    SoftDirection,
    TableDirection,
    Way,
    Window,
)
from neurosim.devices.variation import Faults, Read, Reference, Variation
from neurosim.documents import Document
from neurosim.errors import InputError, Problem, did_you_mean, one_of
from neurosim.schema import Model, problems, validate


def unfold(data: Any) -> Any:
    """Card data with `g_min`, `g_max` and `states` written out; they win over the long forms."""
    if not isinstance(data, dict) or not any(key in data for key in SHORT_FORMS):
        return data
    data = dict(data)
    for short, long, rival in (("g_min", "min", "on_off"), ("g_max", "max", "on_resistance")):
        if short in data and isinstance(data.setdefault("conductance", {}), dict):
            window = {key: value for key, value in data["conductance"].items() if key != rival}
            data["conductance"] = window | {long: data.pop(short)}
    if "states" in data:
        states = data.pop("states")
        for way in ("potentiation", "depression"):
            if isinstance(data.setdefault(way, {}), dict):
                other = {key: value for key, value in data[way].items() if key != "step"}
                data[way] = other | {"pulses": states}
    return data


SHORT_FORMS = {
    "g_min": "Short for conductance.min.",
    "g_max": "Short for conductance.max.",
    "states": "Short for the pulses of both directions.",
}


def _short_forms(schema: dict[str, Any]) -> None:
    """Tell the JSON Schema about the short forms."""
    pattern = {"type": "string", "examples": ["10 uS"]}
    for name, text in SHORT_FORMS.items():
        kind = {"type": "number", "exclusiveMinimum": 0} if name == "states" else pattern
        schema["properties"][name] = kind | {"description": text}
    schema["required"] = [name for name in schema.get("required", []) if name != "conductance"]


class Card(Model):
    """What all device cards have in common.

    `g_min`, `g_max` and `states` may be written at the top of a card, or set from a scenario, as short
    forms of `conductance.min`, `conductance.max` and the `pulses` of both directions.
    """

    model_config = ConfigDict(json_schema_extra=_short_forms)

    neurosim: Literal[1] = 1
    """Major version of the card's format."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]*$")]
    """The card's name: lower case, digits and hyphens."""

    about: str = ""
    """What it describes, in a sentence."""

    source: str = ""
    """Where the numbers come from."""

    model: str
    conductance: Window
    """The conductance window."""

    potentiation: Direction
    depression: Direction

    variation: Variation = Variation()
    """How devices and pulses vary."""

    read: Read = Read()
    """How a device is read."""

    faults: Faults = Faults()
    """Devices that do not move."""

    reference: Reference | None = None
    """The reference device that single-device weights subtract."""

    endurance: Annotated[float, Field(gt=0)] | None = None
    """Pulses that a device survives."""

    @model_validator(mode="before")
    @classmethod
    def _unfold(cls, data: Any) -> Any:
        return unfold(data)

    @property
    def g_min(self) -> float:
        """Lowest nominal conductance (S)."""
        return self.conductance.low

    @property
    def g_max(self) -> float:
        """Highest nominal conductance (S)."""
        return self.conductance.high

    @property
    def read_voltage(self) -> float:
        """Amplitude of a full-scale read pulse (V)."""
        return float(self.read.voltage)

    @property
    def step_up(self) -> float:
        """Step (S) of one potentiation pulse in the middle of the window."""
        return self.step((self.g_min + self.g_max) / 2, "up")

    @property
    def step_down(self) -> float:
        """Step (S) of one depression pulse in the middle of the window."""
        return self.step((self.g_min + self.g_max) / 2, "down")

    def step(self, g: float, way: Way) -> float:
        """Mean size (S) of one pulse of a nominal device at conductance `g` (S), not cut at the bounds."""
        direction = self.potentiation if way == "up" else self.depression
        travelled = g - self.g_min if way == "up" else self.g_max - g
        return direction.move(travelled / self.conductance.span, self.conductance, way)

    @property
    def symmetry_point(self) -> float:
        """Conductance (S) at which a step up is as large as a step down.

        The middle of the window where the two are equal everywhere; a bound where they are equal nowhere.
        """
        low, high = self.g_min, self.g_max

        def excess(g: float) -> float:
            return self.step(g, "up") - self.step(g, "down")

        if abs(excess(low)) + abs(excess(high)) <= 1e-9 * (self.step(low, "up") + self.step(high, "up")):
            return (low + high) / 2
        if excess(low) * excess(high) > 0:
            return high if excess(low) > 0 else low
        rising = excess(high) > 0
        while low < (middle := (low + high) / 2) < high:
            low, high = (low, middle) if (excess(middle) > 0) == rising else (middle, high)
        return middle

    @property
    def states(self) -> float:
        """Potentiation pulses from bound to bound as the card gives them; else the conductance range over
        the step at the symmetry point."""
        pulses: float | None = getattr(self.potentiation, "pulses", None)
        return pulses if pulses is not None else self.conductance.span / self.step(self.symmetry_point, "up")

    def write_energy(self, way: Way) -> float | None:
        """Energy of one pulse a unit of conductance (J/S), V² × width; None where the card names no pulse."""
        pulse = (self.potentiation if way == "up" else self.depression).pulse
        return None if pulse is None else pulse.voltage**2 * pulse.width


_MODEL = "Family of the pulse response."
_UP = "The response to a pulse that raises the conductance."
_DOWN = "The response to a pulse that lowers the conductance."
_FINE = ConstantDirection(pulses=10_000.0)


class IdealCard(Card):
    """Writes that land exactly where they should; pulses make equal steps, 10,000 from bound to bound."""

    model: Literal["ideal"] = Field(description=_MODEL)
    potentiation: ConstantDirection = Field(_FINE, description=_UP)
    depression: ConstantDirection = Field(_FINE, description=_DOWN)


class ConstantStepCard(Card):
    """Steps of one size between hard bounds."""

    model: Literal["constant-step"] = Field(description=_MODEL)
    potentiation: ConstantDirection = Field(description=_UP)
    depression: ConstantDirection = Field(description=_DOWN)


class LinearStepCard(Card):
    """Steps that shrink linearly over the window, cut at the bounds."""

    model: Literal["linear-step"] = Field(description=_MODEL)
    potentiation: LinearDirection = Field(description=_UP)
    depression: LinearDirection = Field(description=_DOWN)


class SoftBoundsCard(Card):
    """Steps that shrink to zero at the bounds."""

    model: Literal["soft-bounds"] = Field(description=_MODEL)
    potentiation: SoftDirection = Field(description=_UP)
    depression: SoftDirection = Field(description=_DOWN)


class NonlinearCard(Card):
    """NeuroSim's nonlinear curve."""

    model: Literal["nonlinear"] = Field(description=_MODEL)
    potentiation: NonlinearDirection = Field(description=_UP)
    depression: NonlinearDirection = Field(description=_DOWN)


class ExponentialStepCard(Card):
    """Steps with an exponential dependence on the state."""

    model: Literal["exponential-step"] = Field(description=_MODEL)
    potentiation: ExponentialDirection = Field(description=_UP)
    depression: ExponentialDirection = Field(description=_DOWN)


class PowerStepCard(Card):
    """Steps that are a power of the distance to the far bound."""

    model: Literal["power-step"] = Field(description=_MODEL)
    potentiation: PowerDirection = Field(description=_UP)
    depression: PowerDirection = Field(description=_DOWN)


class TableStepCard(Card):
    """Measured steps."""

    model: Literal["table"] = Field(description=_MODEL)
    potentiation: TableDirection = Field(description=_UP)
    depression: TableDirection = Field(description=_DOWN)

    @model_validator(mode="after")
    def _measured_inside_the_window(self) -> Self:
        for name, rising, measured in (
            ("potentiation", True, self.potentiation.conductances),
            ("depression", False, self.depression.conductances),
        ):
            if measured is None:
                continue
            if any((after > before) != rising or after == before for before, after in pairwise(measured)):
                word = "rise" if rising else "fall"
                raise ValueError(
                    f"{name}.conductances must {word} from pulse to pulse; smooth noisy measurements"
                )
            if min(measured) < self.g_min * (1 - 1e-9) or max(measured) > self.g_max * (1 + 1e-9):
                raise ValueError(
                    f"{name}.conductances leave the window from {self.g_min:g} S to {self.g_max:g} S"
                )
        return self


_FAMILIES: dict[str, type[Card]] = {
    "ideal": IdealCard,
    "constant-step": ConstantStepCard,
    "linear-step": LinearStepCard,
    "soft-bounds": SoftBoundsCard,
    "nonlinear": NonlinearCard,
    "exponential-step": ExponentialStepCard,
    "power-step": PowerStepCard,
    "table": TableStepCard,
}
MODELS = tuple(_FAMILIES)
"""The names of the families."""

DeviceCard = Annotated[
    IdealCard
    | ConstantStepCard
    | LinearStepCard
    | SoftBoundsCard
    | NonlinearCard
    | ExponentialStepCard
    | PowerStepCard
    | TableStepCard,
    Field(discriminator="model"),
]
"""A device card of any family, for annotations; `Card` is their common base, for isinstance."""


def load(name: str | Path, near: Path | None = None) -> DeviceCard:
    """Read a device card.

    Parameters
    ----------
    name : str or Path
        A name from the library (`hfo2-rram`), or a path that ends in .yaml.
    near : Path, optional
        The folder of the file that names it.

    Raises
    ------
    InputError
        If there is no such card, or with every mistake that is in it.
    """
    return check(documents.load(library.find("devices", str(name), near)))


def check(document: Document) -> DeviceCard:
    """Make the device card that a document describes.

    Raises
    ------
    InputError
        With every mistake that is in it.
    """
    model = document.data.get("model") if isinstance(document.data, dict) else MODELS[0]
    if not isinstance(model, str) or model not in _FAMILIES:
        missing = model is None
        raise InputError(
            Problem(
                "'model' is missing" if missing else f"model: {model!r} is not known",
                document.where(() if missing else ("model",)),
                one_of(MODELS),
                None if missing else did_you_mean(model, MODELS),
            )
        )
    return validate(_FAMILIES[model], document)  # type: ignore[return-value]


def make(data: dict[str, Any], name: str) -> DeviceCard:
    """Make a device card from plain data with SI floats, as Python code does; `name` is for messages.

    Raises
    ------
    InputError
        With every mistake that is in it.
    """
    family = _FAMILIES[data["model"]]
    try:
        return family.model_validate(data)  # type: ignore[return-value]
    except pydantic.ValidationError as error:
        raise InputError(problems(family, Document(data, name), error)) from None
