"""Learning-rate schedules: a factor on the rate for every epoch e = 0, 1, … of n.

constant      1
step          factor^floor(e / every)
exponential   factor^e
cosine        low + (1 - low) (1 + cos(pi e / n)) / 2
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

from neurosim import checks


class Schedule(ABC):
    """How the learning rate changes over the epochs."""

    @abstractmethod
    def scale(self, epoch: int, epochs: int) -> float:
        """Return the factor on the rate in `epoch`, counted from 0, of `epochs`."""


@dataclass(frozen=True)
class ConstantRate(Schedule):
    """The rate stays as it is."""

    def scale(self, epoch: int, epochs: int) -> float:
        return 1.0


@dataclass(frozen=True)
class StepDecay(Schedule):
    """The rate is multiplied by `factor` after every `every` epochs."""

    every: int
    factor: float = 0.5

    def __post_init__(self) -> None:
        checks.whole("every", self.every, low=1)
        checks.number("factor", self.factor, above=0.0, high=1.0)

    def scale(self, epoch: int, epochs: int) -> float:
        return float(self.factor ** (epoch // self.every))


@dataclass(frozen=True)
class ExponentialDecay(Schedule):
    """The rate is multiplied by `factor` after every epoch."""

    factor: float = 0.95

    def __post_init__(self) -> None:
        checks.number("factor", self.factor, above=0.0, high=1.0)

    def scale(self, epoch: int, epochs: int) -> float:
        return float(self.factor**epoch)


@dataclass(frozen=True)
class CosineDecay(Schedule):
    """The rate falls along half a cosine towards `low` times itself at the end of the training."""

    low: float = 0.0

    def __post_init__(self) -> None:
        checks.number("low", self.low, low=0.0, high=1.0)

    def scale(self, epoch: int, epochs: int) -> float:
        return self.low + (1 - self.low) * (1 + math.cos(math.pi * epoch / epochs)) / 2
