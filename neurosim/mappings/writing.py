r"""Write schemes: how a wanted change of weights becomes pulses.

One pulse on weight (i, j) means one pulse on its device, or with a pair one up on the plus device and
one down on the minus device; it changes the weight by about

    s = u (step_up + step_down) / S    (pair)        s = u step / S    (single device)

with the device's mean steps in the middle of its range. With dW the wanted change:

    sign          one pulse towards sign(dW)
    counts        w = dW + residue;  n = trunc(w / s), at most max_pulses;  residue = w - n s
                  (mixed precision: Nandakumar et al., Frontiers in Neuroscience 14, 406 (2020))
    coincidence   pulse trains on rows and columns; the expected count of a sample is rate x d / s
                  (Gokmen and Vlasov, Frontiers in Neuroscience 10, 333 (2016))
    verify        w as above; where |w| is at least s and what the tolerance allows to miss, devices are
                  programmed with a read after every pulse;  residue = w - what was reached

One-sided pairs move up only: plus for dW > 0, minus for dW < 0, and s = u step_up / S. When the larger
device of a pair is beyond 9/10 of its range and the smaller beyond 1/2, the pair is refreshed: its
difference is programmed anew with one device at the low end (Burr et al., IEEE Trans. Electron Devices
62, 3498 (2015), there every so many samples).

Time: rows of a tile are written one after the other, tiles at once. A row takes its largest count of
either direction times the width of that pulse; a coincidence update takes its time slots, once up and
once down, for all rows at once. It is NaN for devices whose card gives no pulse width.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from neurosim.backend import kernel, launch
from neurosim.devices.array import DeviceArray
from neurosim.devices.card import Card
from neurosim.devices.coincidence import LONGEST, pulse_trains
from neurosim.errors import InputError
from neurosim.mappings.card import Write
from neurosim.networks.synapses import Outer, Request, Signs
from neurosim.random import Stream

Array = npt.NDArray[Any]
Blocks = list[tuple[int, int]]
Scheme = Literal["sign", "counts", "coincidence", "verify"]

# Phase-change memory crystallises pulse by pulse and is made amorphous by one.
_ABRUPT = 5.0
_REFRESH_LARGER = 0.9
_REFRESH_SMALLER = 0.5


@kernel(dimensions=2)
def _whole_pulses(
    i0: int, i1: int, j0: int, j1: int,
    delta: Array, residue: Array, up: Array, down: Array, most: Any, counts: Array,
) -> None:  # fmt: skip
    """Whole pulses of delta + residue; the rest stays in residue. up, down (n_out,): weight a pulse."""
    zero = delta.dtype.type(0.0)
    for i in range(i0, i1):
        wanted = delta[i, j0:j1]
        left = residue[i, j0:j1]
        n = counts[i, j0:j1]
        rise = up[j0:j1]
        fall = down[j0:j1]
        for j in range(n.size):
            w = wanted[j] + left[j]
            step = rise[j] if w > zero else fall[j]
            whole = min(max(np.trunc(w / step), -most), most)
            left[j] = w - whole * step
            n[j] = np.int32(whole)


@kernel
def _row_peaks(i0: int, i1: int, counts: Array, up: Array, down: Array) -> None:
    """The largest count of either direction in every row of counts (n_in, n_out)."""
    for i in range(i0, i1):
        row = counts[i]
        high = row[0]
        low = row[0]
        for j in range(row.size):
            high = max(high, row[j])
            low = min(low, row[j])
        up[i] = max(high, 0)
        down[i] = max(-low, 0)


class Writer:
    """Turns requests into pulses on the devices of one connection.

    Parameters
    ----------
    card : Write
    plus, minus : DeviceArray
        (n_in, n_out); no minus for single devices.
    unit : (n_out,) array
        The weight of a full-range device difference.
    blocks : list of (first, last)
        The rows of each tile.
    trains : Stream
        Of the pulse trains; draw w belongs to write w.

    Attributes
    ----------
    up, down : (n_out,) array
        The change of the weight by one pulse, about.
    writes : int
        Updates so far.
    seconds : float
        Time they took, s.
    """

    def __init__(
        self,
        card: Write,
        plus: DeviceArray,
        minus: DeviceArray | None,
        unit: Array,
        blocks: Blocks,
        trains: Stream,
    ) -> None:
        device = plus.card
        self._card = card
        self._plus, self._minus = plus, minus
        self._blocks = blocks
        self._trains = trains
        self._span = device.g_max - device.g_min
        self._per_siemens = (unit / self._span).astype(unit.dtype)
        self._one_sided = minus is not None and _moves_one_way(card, device)
        steps = _steps(device, minus is not None, self._one_sided)
        self.up, self.down = (self._per_siemens * unit.dtype.type(step) for step in steps)
        # A write-verify may leave every device this much beside its target.
        self._missed = card.tolerance * unit * (1 if minus is None else 2)
        self._widths = _pulse_width(device, "up"), _pulse_width(device, "down")
        self._residue: Array | None = None
        self.writes = 0
        self.seconds = 0.0

    def write(self, request: Request) -> None:
        """Write a request by the card's scheme, or by the one that suits the request.

        Raises
        ------
        InputError
            When the scheme is `coincidence` and the request is not an outer product.
        """
        scheme = self._scheme(request)
        if scheme == "sign":
            self._write_signs(request)
        elif scheme == "counts":
            self._write_counts(request)
        elif isinstance(request, Outer) and scheme == "coincidence":
            self._write_coincidence(request)
        elif scheme == "verify":
            self._write_verified(request)
        else:
            raise InputError(
                "the write scheme 'coincidence' needs the two factors of an outer product, which SGD without "
                f"momentum and weight decay gives; this rule gives {type(request).__name__}: "
                "use 'write.scheme: auto' or 'counts'"
            )
        self.writes += 1

    def state(self) -> dict[str, Any]:
        """What changes with use."""
        state: dict[str, Any] = {"writes": self.writes, "seconds": self.seconds}
        return state if self._residue is None else state | {"residue": self._residue.copy()}

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to a `state`."""
        self.writes, self.seconds = int(state["writes"]), float(state["seconds"])
        self._residue = np.array(state["residue"]) if "residue" in state else None

    def _scheme(self, request: Request) -> Scheme:
        if self._card.scheme != "auto":
            return self._card.scheme
        if isinstance(request, Signs):
            return "sign"
        return "coincidence" if isinstance(request, Outer) and not self._one_sided else "counts"

    def _write_signs(self, request: Request) -> None:
        if isinstance(request, Signs):
            self._pulse(request.signs)
        else:
            self._pulse(np.sign(request.dense(self.up.dtype)).astype(np.int8))

    def _write_counts(self, request: Request) -> None:
        delta = np.ascontiguousarray(request.dense(self.up.dtype))
        counts = np.empty(delta.shape, np.int32)
        most = delta.dtype.type(self._card.max_pulses)
        launch(_whole_pulses, delta.shape, delta, self._kept(), self.up, self.down, most, counts, cost=2e-9)
        self._pulse(counts)

    def _write_coincidence(self, request: Outer) -> None:
        # Columns may have different weights a pulse: in units of one pulse they are all alike.
        pulses = 2 * request.d / (self.up + self.down)
        longest = min(self._card.max_pulses, LONGEST)
        trains = pulse_trains(request.x, pulses, request.rate, 1.0, self._trains, self.writes, longest)
        for array, sign in self._arrays():
            array.coincide(trains, sign=sign)
        self.seconds += trains.slots * sum(self._widths)

    def _write_verified(self, request: Request) -> None:
        wanted = request.dense(self.up.dtype) + self._kept()
        least = np.maximum(np.where(wanted > 0, self.up, self.down), self._missed)
        due = np.abs(wanted) >= least
        change = wanted / self._per_siemens
        before = self._difference()
        if self._one_sided:
            moves = [np.maximum(change, 0), np.maximum(-change, 0)]
        elif self._minus is not None:
            moves = [change / 2, -change / 2]  # a pair shares the change
        else:
            moves = [change]
        self._program(
            [array.conductance + move for (array, _), move in zip(self._arrays(), moves, strict=True)], due
        )
        wanted -= (self._difference() - before) * self._per_siemens
        self._residue = np.clip(wanted, -least, least).astype(self.up.dtype)
        self._refresh()

    def _program(self, targets: list[Array], where: Array) -> None:
        """Write-verify some weights' devices to the given conductances (S), cut at what each can reach."""
        rows = np.zeros(len(where))
        for (array, _), target in zip(self._arrays(), targets, strict=True):
            up = array.pulses_up
            done = array.program(
                np.clip(target, array.g_min, array.g_max),
                tolerance=self._card.tolerance * self._span,
                max_pulses=self._card.max_pulses,
                where=where,
            )
            up = array.pulses_up - up
            rows += self._row_time(up.max(axis=1), (done.pulses - up).max(axis=1))
        self._spend(rows)

    def _pulse(self, counts: Array) -> None:
        """Pulse all devices by counts (n_in, n_out), minus devices in the opposite direction."""
        up, down = (np.empty(len(counts), np.int64) for _ in range(2))
        launch(_row_peaks, len(counts), counts, up, down, cost=1e-9 * counts.shape[1])
        if self._minus is None:
            self._plus.pulse(counts)
        elif self._one_sided:
            self._plus.pulse(np.maximum(counts, 0))
            self._minus.pulse(np.maximum(-counts, 0))
            up, down = np.maximum(up, down), np.zeros_like(down)
        else:
            self._plus.pulse(counts)
            self._minus.pulse(-counts)
            up = down = np.maximum(up, down)
        self._spend(self._row_time(up, down))
        self._refresh()

    def _refresh(self) -> None:
        """Program one-sided pairs anew that run out of range."""
        if self._minus is None or not self._one_sided:
            return
        low = self._plus.card.g_min
        parts = [(array.conductance - low) / self._span for array, _ in self._arrays()]
        due = (np.maximum(*parts) > _REFRESH_LARGER) & (np.minimum(*parts) > _REFRESH_SMALLER)
        if due.any():
            difference = self._difference()
            self._program([low + np.maximum(sign * difference, 0) for sign in (1, -1)], due)

    def _difference(self) -> Array:
        """The conductance (n_in, n_out) S that the weights are proportional to, up to a constant."""
        if self._minus is None:
            return self._plus.conductance.copy()
        difference: Array = self._plus.conductance - self._minus.conductance
        return difference

    def _arrays(self) -> Iterator[tuple[DeviceArray, int]]:
        """The arrays, and the sign with which they enter the weight."""
        yield self._plus, 1
        if self._minus is not None:
            yield self._minus, -1

    def _row_time(self, up: Array, down: Array) -> Array:
        """Time (n_in,) s of rows that take these counts of pulses."""
        return up * self._widths[0] + down * self._widths[1]

    def _spend(self, rows: Array) -> None:
        """Add the time of writing rows (n_in,) s one after the other, tiles at once."""
        self.seconds += max(float(rows[first:last].sum()) for first, last in self._blocks)

    def _kept(self) -> Array:
        """The part of earlier updates that was too small for a pulse, (n_in, n_out)."""
        if self._residue is None:
            self._residue = np.zeros(self._plus.shape, self.up.dtype)
        return self._residue


def _moves_one_way(card: Write, device: Card) -> bool:
    """Whether pairs of this device are to be pulsed up only."""
    if card.scheme == "coincidence" or card.pairs == "both":
        return False
    return card.pairs == "one-sided" or device.step_down > _ABRUPT * device.step_up


def _steps(device: Card, pair: bool, one_sided: bool) -> tuple[float, float]:
    """Change (S) of the difference by one pulse up and one pulse down, in the middle of the range."""
    if one_sided:
        return device.step_up, device.step_up
    if pair:
        return (device.step_up + device.step_down,) * 2
    return device.step_up, device.step_down


def _pulse_width(device: Card, way: Literal["up", "down"]) -> float:
    """Length of a pulse (s); NaN where the card gives none."""
    direction = device.potentiation if way == "up" else device.depression
    return direction.pulse.width if direction.pulse else float("nan")
