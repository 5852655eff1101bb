"""An array of devices: the state of every device, and all that can be done to it.

The result depends on the card, the seed, the name and what was done to the array, in this order; not on
threads or backend. Random numbers come from the streams (seed, name, "variation" | "cycle" | "read"), the
draws of a stream counted from zero, so that a saved array goes on with the same bits.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neurosim import checks
from neurosim.backend import check_backend, to_backend, to_numpy
from neurosim.devices import card as cards
from neurosim.devices import population
from neurosim.devices.card import Card
from neurosim.devices.coincidence import Coincider, Trains
from neurosim.devices.programming import Programmed, program
from neurosim.devices.pulses import Pulser, State
from neurosim.errors import InputError
from neurosim.random import stream

Array = NDArray[Any]

MOST_PULSES = 1_000_000
"""The most pulses that one device can be given in one call."""


class DeviceArray:
    """Devices of one card in rows and columns.

    Parameters
    ----------
    device : str, Path or Card
        The card, or the name or path of one.
    rows, cols : int
        Inputs (word lines) and outputs (bit lines).
    seed : int
    name : str
        Of the array; two arrays of one seed and name are the same devices.
    dtype : {"float32", "float64"}
    initial : None, "min", "max", "mid" or array_like (rows, cols) S
        Conductances at the start: by default every device's lower bound; "mid" is the middle of the card's
        window. What a device cannot hold is cut at its bounds.
    stuck : array_like (rows, cols) S, optional
        Where devices are stuck, NaN where they work; takes the place of the card's faults.
    backend : {"cpu", "cuda"}
        Where pulses are computed.

    Attributes
    ----------
    card : Card
    shape : tuple of int
        (rows, cols).
    devices : Population
        Every device's own parameters.
    version : int
        Grows with every write: a key for what is computed from the conductances.

    Raises
    ------
    InputError
        For an unknown card or backend, sizes below 1, arrays of the wrong shape or not finite.

    Examples
    --------
    >>> array = DeviceArray("neko-material", 2, 3, initial="mid")
    >>> array.pulse([[1, 0, -1], [2, 0, 0]])
    >>> print(array.pulses_up.sum(), array.pulses_down.sum())
    3 1
    """

    def __init__(
        self,
        device: str | Path | Card,
        rows: int,
        cols: int,
        *,
        seed: int = 0,
        name: str = "array",
        dtype: str = "float32",
        initial: Literal["min", "max", "mid"] | ArrayLike | None = None,
        stuck: ArrayLike | None = None,
        backend: str = "cpu",
    ) -> None:
        self.card = device if isinstance(device, Card) else cards.load(device)
        self.shape = checks.whole("rows", rows, low=1), checks.whole("cols", cols, low=1)
        self.dtype = np.dtype(checks.choice("dtype", str(dtype), ("float32", "float64")))
        self.seed, self.name, self.backend = seed, name, check_backend(backend)
        self.version = 0
        source = stream(seed, name)
        self._stuck = None if stuck is None else _stuck_values(stuck, self.shape)
        self._variation = source.child("variation")
        self.devices = population.draw(self.card, *self.shape, self._variation, self.dtype, self._stuck)
        self._reading = source.child("read")
        noise = source.child("cycle")
        self._pulser = Pulser(self.card, self.devices, noise, backend)
        self._coincider = Coincider(self.card, self.devices, noise, backend)
        self._draws, self._reads = 0, 0
        # The kernels count in 32 bits; what they have counted moves here before it can overflow.
        self._counted = np.zeros((2, *self.shape), np.int64)
        self._uncounted = 0
        self._begin(self._start(initial), np.zeros(self.shape))

    @property
    def conductance(self) -> Array:
        """Conductances without read noise, stuck devices included, (rows, cols) S; not writeable."""
        view = to_numpy(self._state.conductance).reshape(self.shape).view()
        view.flags.writeable = False
        return view

    @property
    def g_min(self) -> Array:
        """Every device's own lower bound, (rows, cols) S."""
        return self.devices.lo

    @property
    def g_max(self) -> Array:
        """Every device's own upper bound, (rows, cols) S."""
        return self.devices.hi

    @property
    def stuck(self) -> NDArray[np.bool_]:
        """Devices that do not move, (rows, cols)."""
        return self.devices.stuck

    @property
    def symmetry_points(self) -> Array:
        """Where a step up is as large as a step down, for every device, (rows, cols) S."""
        return population.symmetry_points(self.card, self.devices)

    @property
    def reference(self) -> Array:
        """Conductance of every device's reference, (rows, cols) S, by the card's `reference`."""
        return population.references(self.card, self.devices, self._variation)

    @property
    def pulses_up(self) -> NDArray[np.int64]:
        """Potentiation pulses so far, (rows, cols)."""
        return self._pulses(0, self._state.pulses_up)

    @property
    def pulses_down(self) -> NDArray[np.int64]:
        """Depression pulses so far, (rows, cols)."""
        return self._pulses(1, self._state.pulses_down)

    @property
    def write_energies(self) -> NDArray[np.float64]:
        """Write energy so far of every device, (rows, cols) J; NaN where the card names no pulse."""
        if self.card.write_energy("up") is None or self.card.write_energy("down") is None:
            return np.full(self.shape, np.nan)
        return to_numpy(self._state.energy).reshape(self.shape).copy()

    @property
    def write_energy(self) -> float:
        """Write energy so far (J): V² G width a pulse, with the mean of G before and after the pulses of
        one call. NaN where the card names no pulse."""
        return float(self.write_energies.sum())

    @property
    def wear(self) -> float:
        """Pulses of the most used device as a part of the card's endurance; NaN where it names none."""
        if self.card.endurance is None:
            return float("nan")
        return float((self.pulses_up + self.pulses_down).max()) / self.card.endurance

    def pulse(self, counts: ArrayLike) -> None:
        """Apply programming pulses.

        Parameters
        ----------
        counts : array_like of int (rows, cols)
            Pulses of every device: above zero potentiation, below zero depression. int8 is fastest.

        Raises
        ------
        InputError
            For another shape, numbers that are not whole, or more than a million pulses on a device.
        """
        pulses = _counts(counts, self.shape)
        most = max(int(pulses.max()), -int(pulses.min()))
        if most > MOST_PULSES:
            raise InputError(f"counts holds {most} pulses for a device; one call takes at most {MOST_PULSES}")
        self._make_room(most)
        self._draws += self._pulser.apply(self._state, pulses, self._draws)
        self.version += 1

    def coincide(self, trains: Trains, *, sign: int = 1) -> None:
        """Apply the coincidences of pulse trains on rows and columns: every coincidence is one pulse.

        Parameters
        ----------
        trains : Trains
            Made by `neurosim.devices.pulse_trains`, on the array's backend.
        sign : {1, -1}
            -1 turns the direction of all pulses: the minus device of a pair, driven by the same trains.

        Raises
        ------
        InputError
            If the trains are for an array of another shape.
        """
        if sign not in (1, -1):
            raise InputError(f"sign must be 1 or -1, got {sign!r}")
        self._make_room(trains.slots)
        self._coincider.apply(self._state, trains, self._draws, sign)
        self._draws += 1
        self.version += 1

    def read(self, voltages: ArrayLike, *, transposed: bool = False) -> Array:
        """Currents for read voltages, with the read noise of every device.

        The noise of every device is independent from read to read, so the currents of a column have the
        variance noise² sum_i (v_i g_ij)², drawn once a current.

        Parameters
        ----------
        voltages : array_like (batch, rows) V
        transposed : bool
            Drive the columns and sense the rows: (batch, cols) V to (batch, rows) A.

        Returns
        -------
        ndarray (batch, cols) A
        """
        lines = self.shape[1] if transposed else self.shape[0]
        v = checks.array("voltages", voltages, shape=(None, lines), dtype=self.dtype)
        g = self.conductance.T if transposed else self.conductance
        currents: Array = v @ g
        noise = self.card.read.noise
        if noise:
            deviation = np.sqrt(np.square(v) @ np.square(g))
            deviation *= self.dtype.type(noise)
            currents += deviation * self._reading.normals(currents.shape, draw=self._reads, dtype=self.dtype)
            self._reads += 1
        return currents

    def measure(self) -> Array:
        """Read every device by itself: its conductance with read noise, (rows, cols) S."""
        noise = self.dtype.type(self.card.read.noise)
        if not noise:
            return self.conductance.copy()
        xi = self._reading.normals(self.shape, draw=self._reads, dtype=self.dtype)
        self._reads += 1
        measured: Array = self.conductance * (1 + noise * xi)
        return measured

    def program(
        self,
        target: ArrayLike,
        *,
        tolerance: float | None = None,
        max_pulses: int = 200,
        where: ArrayLike | None = None,
    ) -> Programmed:
        """Bring every device to a conductance by pulses with a read in between (write-verify).

        Parameters
        ----------
        target : array_like (rows, cols) S
        tolerance : float, optional
            How near a device must be read to its target (S); by default 1 % of the card's range.
        max_pulses : int
            The most pulses a device is given.
        where : array_like of bool (rows, cols), optional
            The devices to program; all by default.

        Returns
        -------
        Programmed
            What was reached, and which devices could not be brought there.
        """
        wanted = checks.array("target", target, shape=self.shape, dtype=np.float64, low=0.0)
        least = 0.01 * self.card.conductance.span if tolerance is None else tolerance
        chosen = (
            np.ones(self.shape, np.bool_)
            if where is None
            else checks.array("where", where, shape=self.shape, dtype=np.bool_)
        )
        return program(
            self,
            wanted,
            checks.number("tolerance", least, above=0.0),
            checks.whole("max_pulses", max_pulses, low=0, high=MOST_PULSES),
            chosen,
        )

    def set(self, conductance: ArrayLike) -> None:
        """Give every device a conductance (rows, cols) S directly, cut at its own bounds: an ideal write."""
        wanted = checks.array("conductance", conductance, shape=self.shape, dtype=self.dtype, low=0.0)
        self._begin_conductance(np.clip(wanted, self.devices.lo, self.devices.hi))
        self.version += 1

    def state(self) -> dict[str, Any]:
        """Everything that changes with use; the rest follows from the arguments of the array."""
        return {
            "conductance": self.conductance.copy(),
            "pulses_up": self.pulses_up,
            "pulses_down": self.pulses_down,
            "energy": to_numpy(self._state.energy).reshape(self.shape).copy(),
            "draws": self._draws,
            "reads": self._reads,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to a `state` of this array, to the bit.

        Raises
        ------
        InputError
            If the state is not of an array of this shape.
        """
        missing = [key for key in self.state() if key not in state]
        if missing:
            raise InputError(f"the state of array '{self.name}' lacks {', '.join(missing)}")
        g = checks.array("conductance", state["conductance"], shape=self.shape, dtype=self.dtype, low=0.0)
        energy = checks.array("energy", state["energy"], shape=self.shape, dtype=np.float64)
        for way, key in enumerate(("pulses_up", "pulses_down")):
            self._counted[way] = checks.array(key, state[key], shape=self.shape, dtype=np.int64, low=0)
        self._draws = checks.whole("draws", int(state["draws"]), low=0)
        self._reads = checks.whole("reads", int(state["reads"]), low=0)
        self._begin(g, energy)
        self.version += 1

    def save(self, path: str | Path) -> None:
        """Write the array to a file (.npz) that `load` reads back to the bit.

        Raises
        ------
        RunError
            If the file cannot be written.
        """
        from neurosim.devices.storage import save

        save(self, Path(path), self._stuck)

    @classmethod
    def load(cls, path: str | Path, *, backend: str = "cpu") -> DeviceArray:
        """Read an array that `save` has written.

        Raises
        ------
        InputError
            If there is no such file, or it is not a saved array.
        """
        from neurosim.devices.storage import read

        arguments, state = read(Path(path))
        array = cls(**arguments, backend=backend)
        array.restore(state)
        return array

    def __repr__(self) -> str:
        return f"DeviceArray({self.card.name!r}, {self.shape[0]}, {self.shape[1]}, name={self.name!r})"

    def _start(self, initial: Any) -> Array:
        """The conductances that `initial` asks for."""
        devices, middle = self.devices, (self.card.g_min + self.card.g_max) / 2
        if initial is None or isinstance(initial, str):
            word = checks.choice("initial", initial or "min", ("min", "max", "mid"))
            starts = {"min": devices.lo, "max": devices.hi, "mid": np.full(self.shape, middle, self.dtype)}
            wanted = starts[word]
        else:
            wanted = checks.array("initial", initial, shape=self.shape, dtype=self.dtype, low=0.0)
        start: Array = np.clip(wanted, devices.lo, devices.hi)
        return start

    def _begin(self, conductance: Array, energy: Array) -> None:
        """Start from these conductances and energies, with nothing counted in 32 bits."""
        zeros = (np.zeros(conductance.size, np.int32) for _ in range(2))
        parts = (conductance.reshape(-1).copy(), *zeros, energy.reshape(-1).copy())
        self._state = State(*(to_backend(part, self.backend) for part in parts))
        self._uncounted = 0

    def _pulses(self, way: int, counted: Any) -> NDArray[np.int64]:
        pulses: NDArray[np.int64] = self._counted[way] + to_numpy(counted).reshape(self.shape)
        return pulses

    def _begin_conductance(self, conductance: Array) -> None:
        self._state.conductance = to_backend(conductance.reshape(-1).copy(), self.backend)

    def _make_room(self, pulses: int) -> None:
        """Make sure that the 32-bit counters have room for as many more pulses."""
        if self._uncounted + pulses >= 2**31:
            self._counted = np.stack([self.pulses_up, self.pulses_down])
            self._begin(self.conductance, to_numpy(self._state.energy))
        self._uncounted += pulses


def _counts(counts: ArrayLike, shape: tuple[int, int]) -> NDArray[np.signedinteger[Any]]:
    """Counts as int8 or int32, checked."""
    if isinstance(counts, np.ndarray) and counts.shape == shape and counts.dtype in (np.int8, np.int32):
        return np.ascontiguousarray(counts)
    return checks.array("counts", counts, shape=shape, dtype=np.int32)


def _stuck_values(stuck: ArrayLike, shape: tuple[int, int]) -> Array:
    """Conductances where devices are stuck and NaN elsewhere, checked."""
    try:
        values = np.asarray(stuck, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError("stuck is not an array of conductances (S), NaN where a device works") from None
    checks.array("stuck", np.where(np.isnan(values), 0.0, values), shape=shape, dtype=np.float64, low=0.0)
    return values
