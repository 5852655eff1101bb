"""The stochastic coincidence update: random pulse trains multiply two vectors where they meet.

For one sample with inputs x and wanted changes d, every row and every column of an array sends a train of
at most 31 pulses in common time slots, and a device makes one step for every slot in which both its lines
send a pulse. With k = rate max|x| max|d| / step,

    length  L = min(ceil k, 31)
    p(row i)    = min(1, |x_i| sqrt(rate / (step L)) sqrt(d' / max|x|))       d' = max|d| min(1, 31 / k)
    p(column j) = min(1, |d_j| sqrt(rate / (step L)) sqrt(max|x| / d'))

so that device ij expects rate |x_i d_j| / step steps, in the direction of the sign of x_i d_j; where k is
beyond 31, the largest |d_j| saturate. (Gokmen and Vlasov, Front. Neurosci. 10:333, 2016; with the update
management of Gokmen, Onen and Haensch, Front. Neurosci. 11:538, 2017.)

The samples of a batch are applied one after another. The steps of one sample are taken in one go where the
device allows it (neurosim.devices.bursts), that is, where the response is affine, the noise is relative to
the step and at most `NOISIEST`, and the rate is at most `STEEPEST`; else pulse by pulse, with the same
coincidences.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from neurosim import checks
from neurosim.backend import default_threads, launch, to_backend
from neurosim.devices.card import Card
from neurosim.devices.population import Population
from neurosim.devices.pulses import State
from neurosim.errors import InputError
from neurosim.random import Stream, draw_words

LONGEST = 31
"""The most time slots of a train."""

STEEPEST = 1 / 16
"""The largest rate of a device whose steps are taken in one go: up to there, 31 steps are right to 1e-3."""

NOISIEST = 1 / 3
"""The largest noise of a pulse, relative to its step, with which steps are taken in one go: fewer than two
pulses in a thousand go backwards, so that the bounds hardly cut what only the single pulses would show."""

_FEW_ROWS = 4  # rows that a thread should have at least
_GROUP = 64  # normals are made in groups
_VISIT = 3e-9  # about how long a device and sample takes (s)
_SHORT, _LONG = 1e-9, 1e-8  # and drawing the train of a line, of one slot or of more


@dataclass(frozen=True, eq=False)
class Trains:
    """The pulse trains of a batch. The arrays are on the backend where they were drawn.

    A train is a uint32: slot l is bit l, and bit 31 says that x or d is negative. Both devices of a
    differential pair are driven by the same trains.
    """

    lengths: NDArray[np.uint32]
    """Time slots of every sample, (batch,)."""

    rows: Any
    """Trains of the rows, (batch, rows) uint32; empty where no column sends a pulse."""

    columns: Any
    """Trains of the columns, (batch, cols) uint32."""

    listed: tuple[Any, ...]
    """How many columns of a sample are to be visited, and how many of these have d > 0 and come first,
    both (batch,) int32; which these are, and their trains, (batch, cols) uint32; and, for a GPU, the
    place of every column in the list, (batch, cols) int32."""

    backend: str

    @cached_property
    def slots(self) -> int:
        """Time slots of all samples."""
        return int(self.lengths.sum())

    @cached_property
    def active(self) -> tuple[Any, Any, Any]:
        """In how many samples a row sends pulses, (rows,) int32, which these are, and its trains in them,
        both (rows, batch) uint32."""
        from neurosim.devices.trains import list_samples

        batch, rows = self.rows.shape
        lists = tuple(_empty((rows, batch), np.uint32, self.backend) for _ in range(2))
        counts = _empty(rows, np.int32, self.backend)
        launch(list_samples, rows, self.rows, counts, *lists, backend=self.backend, cost=batch * 1e-9)
        return counts, *lists


def pulse_trains(
    x: ArrayLike,
    d: ArrayLike,
    rate: float,
    step: float,
    source: Stream,
    draw: int = 0,
    max_length: int = LONGEST,
    backend: str = "cpu",
) -> Trains:
    """Draw the pulse trains of a batch.

    Parameters
    ----------
    x : array_like (batch, rows)
        Inputs of the rows.
    d : array_like (batch, cols)
        Wanted changes of the columns' outputs.
    rate : float
        Scale of the product of both.
    step : float
        What one coincidence is worth, in the unit of `rate x d`.
    source : Stream
    draw : int
        Which draw of the stream.
    max_length : int
        The most time slots of a train, up to 31.
    backend : {"cpu", "cuda"}

    Raises
    ------
    InputError
        For arrays that do not fit together or are not finite, a rate below zero, a step that is not above
        zero, or a length outside 1 to 31.
    """
    from neurosim.devices.trains import BAD, draw_trains, manage_updates

    inputs, changes = _signals("x", x), _signals("d", d)
    if inputs.ndim != 2 or changes.ndim != 2 or len(inputs) != len(changes):
        raise InputError(
            f"x has shape {inputs.shape} and d {changes.shape}; expected (batch, rows) and (batch, cols)"
        )
    gain = checks.number("rate", rate, low=0.0) / checks.number("step", step, above=0.0)
    longest = checks.whole("max_length", max_length, low=1, high=LONGEST)
    batch = len(inputs)
    lengths, scales = np.empty(batch, np.uint32), np.empty((2, batch), np.float32)
    launch(
        manage_updates, batch, inputs.view(np.uint32), changes.view(np.uint32),
        gain, float(longest), lengths, scales,
        cost=(inputs.shape[1] + changes.shape[1]) * 1e-10,
    )  # fmt: skip
    longest_drawn = lengths.max(initial=0)
    if longest_drawn == BAD:
        checks.array("x", inputs)
        checks.array("d", changes)
    seconds = _SHORT if longest_drawn == 1 else _LONG
    words = *draw_words(draw), source.key0, source.key1
    limits = to_backend(scales, backend), to_backend(lengths.copy(), backend)

    def drawn(side: int, values: NDArray[np.float32]) -> Any:
        trains, undecided = (_empty(values.shape, np.uint32, backend) for _ in range(2))
        arrays = to_backend(values, backend), *limits, trains, undecided
        launch(draw_trains, values.shape, *arrays, side, *words, backend=backend, cost=seconds)
        return trains

    columns = drawn(1, changes)
    listed = _listed(columns, limits[1], backend)
    return Trains(lengths, drawn(0, inputs), columns, listed, backend)


class Coincider:
    """Applies pulse trains to the devices of one array. It holds parameters and scratch memory, no state.

    Parameters
    ----------
    card : Card
    devices : Population
    source : Stream
        Of the cycle-to-cycle noise.
    backend : {"cpu", "cuda"}
    """

    def __init__(self, card: Card, devices: Population, source: Stream, backend: str) -> None:
        variation, real = card.variation, devices.lo.dtype.type
        self.devices = devices
        self.backend = backend
        self._bursts, self._pulses = source.child("bursts"), source.child("pulses")
        self._cycle, self._state = real(variation.cycle), real(variation.state)
        self._additive = real(variation.additive * card.conductance.span)
        self._energies = tuple(real(card.write_energy(way) or 0.0) for way in ("up", "down"))

    def apply(self, state: State, trains: Trains, draw: int, sign: int = 1) -> None:
        """Apply the trains of a batch.

        Parameters
        ----------
        state : State
            Changed in place.
        trains : Trains
        draw : int
            Which draw of the noise stream.
        sign : {1, -1}
            -1 turns the direction of all steps, for the minus device of a differential pair.

        Raises
        ------
        InputError
            If the trains are for an array of another shape or on another backend.
        """
        rows, cols = self.devices.lo.shape
        if (trains.rows.shape[1], trains.columns.shape[1]) != (rows, cols):
            lines = f"{trains.rows.shape[1]} rows and {trains.columns.shape[1]} columns"
            raise InputError(f"the pulse trains are for {lines}; the array has {rows} and {cols}")
        if trains.backend != self.backend:
            raise InputError(f"the pulse trains are on '{trains.backend}', the array is on '{self.backend}'")
        if not trains.slots:
            return
        turn = np.uint32(0 if sign > 0 else 0x80000000)
        if self._gentle.any():
            self._apply_bursts(state, trains, draw, turn)
        if self._others.size:
            self._apply_pulses(state, trains, draw, turn)

    @cached_property
    def _gentle(self) -> NDArray[np.bool_]:
        """Devices whose steps are taken in one go, (rows, cols)."""
        devices = self.devices
        steep = np.maximum(np.abs(devices.rate_up), np.abs(devices.rate_down)) > STEEPEST
        relative = not (self._additive or self._state) and self._cycle <= NOISIEST
        return ~steep if devices.family == "affine" and relative else np.zeros_like(steep)

    @cached_property
    def _others(self) -> Any:
        """The flat places of the other devices."""
        return to_backend(np.flatnonzero(~self._gentle).astype(np.int32), self.backend)

    @cached_property
    def _lines(self) -> Any:
        """Parameters of all devices for bursts, (rows, 6, width); see neurosim.devices.bursts."""
        devices, gentle = self.devices, self._gentle
        rows, cols = devices.lo.shape
        # Other devices do not move; the bound below zero says that they are not counted either.
        planes = (
            np.where(gentle, devices.lo, -1),
            np.where(gentle, devices.hi, np.finfo(devices.hi.dtype).max),
            np.where(gentle, devices.step_up + devices.rate_up * devices.lo, 0),
            np.where(gentle, devices.rate_down * devices.hi - devices.step_down, 0),
            np.where(gentle, devices.rate_up, 0),
            np.where(gentle, devices.rate_down, 0),
        )
        # Some columns more than there are: planes a power of two apart would displace each other from
        # the cache.
        lines = np.zeros((rows, len(planes), cols + 16), devices.lo.dtype)
        for index, plane in enumerate(planes):
            lines[:, index, :cols] = plane
        return to_backend(lines, self.backend)

    @cached_property
    def _scratch(self) -> tuple[Any, Any, Any]:
        """Rows of scratch memory for bursts on a CPU: normals, packed counts, earlier conductances."""
        rows, cols = self.devices.lo.shape if self.backend == "cpu" else (0, 0)
        room = max(2048, (cols // _GROUP + 2) * _GROUP) if rows else 0
        noise = np.zeros((rows, room), np.float32)
        counts, before = np.zeros((rows, cols), np.uint32), np.zeros((rows, cols), self.devices.lo.dtype)
        return tuple(to_backend(array, self.backend) for array in (noise, counts, before))

    @cached_property
    def _parameters(self) -> tuple[Any, ...]:
        """Parameters of all devices for single pulses."""
        from neurosim.devices import bursts

        devices, real = self.devices, self.devices.lo.dtype.type
        codes = {"affine": bursts.AFFINE, "exponential": bursts.EXPONENTIAL, "power": bursts.POWER}
        numbers: tuple[Any, ...] = (real(0),) * 4
        tables: tuple[Any, Any] = (np.zeros((2, 2), real), np.zeros((2, 2), real))
        if devices.family == "exponential":
            numbers = devices.shape
        elif devices.family == "table":
            parts_up, table_up, parts_down, table_down = devices.shape
            # The shorter table goes on beyond the window, where no device is.
            tables = _stacked(parts_up, parts_down, 1), _stacked(table_up, table_down, 0)
        own = (devices.lo, devices.hi, devices.step_up, devices.rate_up, devices.step_down, devices.rate_down)
        arrays = (to_backend(array.reshape(-1), self.backend) for array in own)
        code = codes.get(devices.family, bursts.TABLE)
        return *arrays, code, *numbers, *(to_backend(table, self.backend) for table in tables)

    def _apply_bursts(self, state: State, trains: Trains, draw: int, turn: np.uint32) -> None:
        from neurosim.devices.bursts import take_bursts

        shape = self.devices.lo.shape
        spread = self._cycle.dtype.type((1 + float(self._cycle) ** 2) / 2)
        threads, visits = max(1, min(default_threads(), shape[0] // _FEW_ROWS)), 0.0
        if self.backend == "cpu" and threads > 1:
            visits = float(trains.active[0].mean()) * float(trains.listed[0].mean())
        launch(
            take_bursts, shape, state.conductance.reshape(shape), self._lines,
            *trains.active, to_backend(trains.lengths, self.backend), trains.columns, *trains.listed,
            turn, self._cycle, spread, *self._scratch,
            state.pulses_up.reshape(shape), state.pulses_down.reshape(shape), state.energy.reshape(shape),
            *self._energies, *draw_words(draw), self._bursts.key0, self._bursts.key1,
            backend=self.backend, threads=threads, cost=visits / shape[1] * _VISIT,
        )  # fmt: skip

    def _apply_pulses(self, state: State, trains: Trains, draw: int, turn: np.uint32) -> None:
        from neurosim.devices.bursts import take_pulses

        low, high, *own = self._parameters
        launch(
            take_pulses, self._others.size, self._others, state.conductance, low, high, *own,
            *trains.active, trains.columns, turn, self._cycle, self._additive, self._state,
            state.pulses_up, state.pulses_down, state.energy,
            *self._energies, *draw_words(draw), self._pulses.key0, self._pulses.key1,
            backend=self.backend, cost=len(trains.lengths) * 2e-9 + trains.slots * 5e-9,
        )  # fmt: skip


def _stacked(up: NDArray[Any], down: NDArray[Any], rise: int) -> NDArray[Any]:
    """Two rows of numbers (2, nodes); the shorter one goes on from its last, rising by `rise`."""
    nodes = max(up.size, down.size)
    more = np.arange(1, nodes + 1, dtype=up.dtype)
    return np.stack([np.append(row, row[-1] + rise * more[: nodes - row.size]) for row in (up, down)])


def _signals(name: str, values: ArrayLike) -> NDArray[np.float32]:
    """Values as float32, checked except for what the kernel sees anyway: that they are finite."""
    if isinstance(values, np.ndarray) and values.dtype == np.float32:
        return np.ascontiguousarray(values)
    return checks.array(name, values)


def _listed(columns: Any, lengths: Any, backend: str) -> tuple[Any, ...]:
    """Which columns are to be visited, see `Trains.listed`; samples without any get length 0."""
    from neurosim.devices.trains import list_columns, rank_columns

    batch, cols = columns.shape
    counts = tuple(_empty(batch, np.int32, backend) for _ in range(2))
    lists = tuple(_empty((batch, cols), np.uint32, backend) for _ in range(2))
    launch(list_columns, batch, columns, lengths, *counts, *lists, backend=backend, cost=cols * 2e-9)
    ranks = _empty((batch, cols) if backend == "cuda" else (0, 0), np.int32, backend)
    if backend == "cuda":
        launch(rank_columns, batch, counts[0], lists[0], ranks, backend=backend)
    return *counts, *lists, ranks


def _empty(shape: int | tuple[int, ...], dtype: DTypeLike, backend: str) -> Any:
    return to_backend(np.empty(shape, dtype), backend)
