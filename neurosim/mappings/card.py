"""Mapping cards: how the weights of a network are laid on arrays of devices, read and written.

A card names a weight scheme, the size of a tile, the converters around it, the way updates become
pulses, and the numbers behind the cost estimate. Any part that is left out takes the defaults below.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from neurosim import documents, library
from neurosim.documents import Document
from neurosim.schema import Energy, Ideal, Model, Ratio, Time, validate

Unlimited = Literal["unlimited"]
Auto = Literal["auto"]
Bits = Annotated[int, Field(ge=2, le=24)]
Length = Annotated[int, Field(ge=1, le=1_000_000)]
Positive = Annotated[float, Field(gt=0)]


class Weights(Model):
    """How a signed weight is held by devices that have only positive conductances."""

    scheme: Literal["differential", "reference", "own-reference", "offset"] = "differential"
    """differential: two devices a weight, side by side; reference: one device a weight and one column of
    reference devices a tile, subtracted before the ADC; own-reference: every weight device has a reference
    device of its own beside it, set once; offset: one device a weight, the current of weight zero is
    subtracted digitally after the ADC."""

    range: Auto | Positive = "auto"
    """The weight at the end of the conductance range; auto: `headroom` × the largest initial weight."""

    headroom: Annotated[float, Field(ge=1)] = 3.0
    """How many times the largest initial weight fits into an automatic range: room for training."""

    per: Literal["layer", "column"] = "layer"
    """One range for a whole connection, or one for every column (output)."""

    rest: Literal["middle", "low"] = "middle"
    """Where a differential pair holds weight zero: both devices in the middle of their range, so that both
    can move either way (training), or both at the low end (the least read energy)."""

    bias: Literal["digital", "devices"] = "digital"
    """Biases as digital numbers after the ADC, or as one more row of devices driven by a constant input."""

    initial: Literal["exact", "program", "mid"] = "exact"
    """exact: conductances are set to the initial weights; program: by write-verify pulses, with the errors
    that leaves; mid: the initial weights are shrunk to a root mean square of 0.7 % of the range, so that all
    devices start around the middle, as Neko's Material does."""

    @model_validator(mode="after")
    def _rest_needs_pairs(self) -> Self:
        if self.rest == "low" and self.scheme != "differential":
            raise ValueError(
                "'rest: low' needs 'scheme: differential': a single device holds zero in the middle"
            )
        if self.rest == "low" and self.initial == "mid":
            raise ValueError("'initial: mid' starts devices in the middle of their range; use 'rest: middle'")
        return self


class Tile(Model):
    """The size of one array and how many the chip has."""

    rows: Length | Unlimited = 128
    """Word lines of a tile: inputs."""

    cols: Length | Unlimited = 128
    """Bit lines of a tile. A weight of two devices takes two, a reference column is one more a tile."""

    count: Length | Unlimited = "unlimited"
    """Tiles on the chip."""


class DAC(Model):
    """Digital inputs to read voltages."""

    bits: Bits | Ideal = 8
    """Resolution, sign included: 2^bits - 1 levels from minus to plus the read voltage."""

    encoding: Literal["amplitude", "bit-serial"] = "amplitude"
    """amplitude: one pulse whose voltage is the input; bit-serial: one full-voltage pulse a magnitude bit,
    each converted by the ADC and added up with its weight of two."""

    scale: Literal["abs-max"] | Positive = "abs-max"
    """The input that drives the full read voltage: the largest magnitude of each sample, or a number."""

    @model_validator(mode="after")
    def _bits_to_serialise(self) -> Self:
        if self.encoding == "bit-serial" and self.bits == "ideal":
            raise ValueError(
                "'encoding: bit-serial' needs a number of bits; 'ideal' has none to send one by one"
            )
        return self


class ADC(Model):
    """Bit-line currents to digital outputs.

    The unit of current is what one device adds from end to end of its range.
    """

    bits: Bits | Ideal = 8
    """Resolution, sign included: 2^bits - 1 levels from minus to plus the range."""

    range: Auto | Positive = "auto"
    """Full scale in units of one full-range device current; auto: the largest of a calibration batch."""

    noise: Annotated[Ratio, Field(ge=0)] = 0.0
    """Standard deviation of the noise on every conversion, in units of one full-range device current."""


class Write(Model):
    """How a wanted change of weights becomes pulses."""

    scheme: Literal["auto", "sign", "counts", "coincidence", "verify"] = "auto"
    """sign: one pulse in the wanted direction; counts: whole pulses, the rest is kept digitally and added to
    the next update (mixed precision); coincidence: stochastic pulse trains on rows and columns; verify:
    pulses with a read after each until the target is met; auto: signs by sign, outer products by
    coincidence, any other change by counts."""

    pairs: Literal["auto", "both", "one-sided"] = "auto"
    """How a differential pair moves. both: one device up and the other down; one-sided: only up, the plus
    device for more weight and the minus device for less, and pairs that run out of range are programmed
    anew; auto: one-sided where a pulse down is more than five times a pulse up, as in phase-change memory."""

    max_pulses: Annotated[int, Field(ge=1, le=10_000)] = 31
    """The most pulses a device gets in one update (counts, verify), or the most time slots of one sample
    (coincidence), which are at most 31 in any case."""

    tolerance: Annotated[Ratio, Field(gt=0, le=1)] = 0.01
    """When a write-verify has reached its target, as a fraction of the conductance range."""

    @model_validator(mode="after")
    def _coincidences_go_both_ways(self) -> Self:
        if self.scheme == "coincidence" and self.pairs == "one-sided":
            raise ValueError(
                "'scheme: coincidence' pulses both devices of a pair; use 'pairs: both' or 'counts'"
            )
        return self


class ReadCosts(Model):
    """Time and energy of reading; every number with its source in the card's `source`."""

    read_time: Annotated[Time, Field(gt=0)] = 100e-9
    """How long word lines are driven for one conversion."""

    adc_step: Annotated[Energy, Field(ge=0)] = 34e-15
    """Walden figure of merit: ADC energy a conversion step; a conversion of b bits takes 2^b steps."""

    adc_time: Annotated[Time, Field(gt=0)] = 1e-9
    """Time of one conversion."""

    adc_columns: Annotated[int, Field(ge=1)] = 128
    """Bit-line outputs that take turns on one ADC."""

    dac_bit: Annotated[Energy, Field(ge=0)] = 0.39e-12
    """Energy to drive one word line for one converted bit."""

    addition: Annotated[Energy, Field(ge=0)] = 0.1e-12
    """Energy of one digital addition, when row tiles or input bits are added up."""


class MappingCard(Model):
    """A mapping card (mappings/*.yaml)."""

    neurosim: Literal[1] = 1
    """Major version of the card's format."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]*$")]
    """The card's name: lower case, digits and hyphens."""

    about: str = ""
    """What it describes, in a sentence."""

    source: str = ""
    """Where the numbers come from."""

    weights: Weights = Weights()
    tile: Tile = Tile()
    dac: DAC = DAC()
    adc: ADC = ADC()
    write: Write = Write()
    costs: ReadCosts = ReadCosts()

    @model_validator(mode="after")
    def _tile_holds_a_weight(self) -> Self:
        least = 1 if self.weights.scheme == "offset" else 2
        if self.tile.cols != "unlimited" and self.tile.cols < least:
            raise ValueError(
                f"a tile of {self.tile.cols} column holds no weight of scheme {self.weights.scheme}"
            )
        return self


def load(name: str | Path, near: Path | None = None) -> MappingCard:
    """Read a mapping card.

    Parameters
    ----------
    name : str or Path
        A name from the library (`differential-tiles`), or a path that ends in .yaml.
    near : Path, optional
        The folder of the file that names it.

    Raises
    ------
    InputError
        If there is no such card, or with every mistake that is in it.
    """
    return check(documents.load(library.find("mappings", str(name), near)))


def check(document: Document) -> MappingCard:
    """Make the mapping card that a document describes.

    Raises
    ------
    InputError
        With every mistake that is in it.
    """
    return validate(MappingCard, document)
