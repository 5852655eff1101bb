"""The numbers of a run that are drawn over a sweep."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from neurosim.scenarios.report import words


@dataclass(frozen=True)
class Measure:
    """A number of each run; `brief` heads a column of a table, `shown` writes a value."""

    key: str
    title: str
    brief: str
    unit: str
    shown: Callable[[float | None], str]

    def scale(self, largest: float) -> tuple[float, str]:
        """The factor and the unit in which values up to `largest` are drawn."""
        return (100.0, "%") if self.unit == "%" else words.prefix(largest, self.unit)


ACCURACY = Measure("accuracy", "Test accuracy", "Accuracy", "%", words.percent)
ENERGY = Measure(
    "energy", "Energy of the training", "Energy", "J", lambda value: words.quantity(value, "energy")
)
LATENCY = Measure(
    "latency", "Latency of the training", "Latency", "s", lambda value: words.quantity(value, "time")
)
SATURATION = Measure("saturation", "Devices at a bound", "Saturated", "%", words.percent)

MEASURES = (ACCURACY, ENERGY, LATENCY, SATURATION)
