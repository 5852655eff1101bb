"""Write-verify: pulse, read, and pulse again until every device is as near to its target as asked.

The controller knows the card's nominal steps and what it reads, noise included. In every round a device
that is not yet within the tolerance gets

    n = max(1, floor(|target - read| / (2 step)))

pulses towards its target, with the larger one of the nominal steps at both ends of the way: half the way
in one go, so that faster devices do not overshoot, and single pulses at the end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from neurosim.devices.card import Card, IdealCard
from neurosim.devices.directions import Way

if TYPE_CHECKING:
    from neurosim.devices.array import DeviceArray

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Programmed:
    """What a write-verify has reached, (rows, cols) each.

    Attributes
    ----------
    reached : ndarray S
        Conductances afterwards, without read noise.
    error : ndarray S
        `reached` minus target.
    pulses : ndarray int64
        Pulses that every device got.
    converged : ndarray bool
        Devices that were read within the tolerance, or were not asked to move.
    unreachable : ndarray bool
        Devices whose bounds (or faults) keep them farther from their target than the tolerance.
    rounds : int
        How many times all devices were read.
    """

    reached: Array
    error: Array
    pulses: NDArray[np.int64]
    converged: NDArray[np.bool_]
    unreachable: NDArray[np.bool_]
    rounds: int

    def __str__(self) -> str:
        percent = 100 * float(self.converged.mean()) if self.converged.size else 100.0
        return (
            f"{percent:.4g} % of {self.converged.size} devices converged in {self.rounds} rounds, "
            f"{self.pulses.mean():.4g} pulses a device on average; {int(self.unreachable.sum())} unreachable"
        )


def program(
    array: DeviceArray, target: Array, tolerance: float, max_pulses: int, where: NDArray[np.bool_]
) -> Programmed:
    """Write-verify all devices of an array; see `DeviceArray.program`, which checks the arguments."""
    lo, hi = array.g_min.astype(np.float64), array.g_max.astype(np.float64)
    unreachable = (target < lo - tolerance) | (target > hi + tolerance)
    used = np.zeros(array.shape, np.int64)
    if isinstance(array.card, IdealCard):
        array.set(np.where(where, target, array.conductance))
    read = array.measure().astype(np.float64)
    active = where & (np.abs(target - read) > tolerance)
    nominal = _nominal_steps(array.card)
    counts = np.zeros(array.shape, np.int32)
    rounds = 1
    while (waiting := np.nonzero(active & (used < max_pulses)))[0].size:
        here, there = read[waiting], target[waiting]
        up = there > here
        step = np.where(up, *(np.maximum(step(here), step(there)) for step in nominal))
        pulses = np.clip(np.abs(there - here) / (2 * step), 1, max_pulses - used[waiting]).astype(np.int32)
        counts[:] = 0
        counts[waiting] = np.where(up, pulses, -pulses)
        array.pulse(counts)
        used[waiting] += pulses
        read = array.measure().astype(np.float64)
        active &= np.abs(target - read) > tolerance  # a device is left alone once it was read right
        rounds += 1
    reached = array.conductance.copy()
    return Programmed(reached, reached - target, used, ~active, unreachable, rounds)


def _nominal_steps(card: Card) -> tuple[Any, Any]:
    """The nominal step up and down (S) as functions of the conductance (S), never quite zero."""
    grid = np.linspace(card.g_min, card.g_max, 257)

    def table(way: Way) -> Any:
        steps = np.array([card.step(g, way) for g in grid])
        steps = np.maximum(steps, 1e-3 * steps.max())
        return lambda g: np.interp(g, grid, steps)

    return table("up"), table("down")
