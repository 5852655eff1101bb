"""Synapses made of device arrays: tiles, converters, noise and pulses behind the Synapses interface."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from neurosim.devices.array import DeviceArray
from neurosim.devices.card import Card
from neurosim.errors import InputError
from neurosim.mappings import schemes
from neurosim.mappings.card import MappingCard
from neurosim.mappings.placement import input_blocks, output_blocks
from neurosim.mappings.reading import Reader
from neurosim.mappings.writing import Writer
from neurosim.networks.synapses import Request, State, Synapses
from neurosim.random import stream

Array = npt.NDArray[Any]


class CrossbarSynapses(Synapses):
    """One connection on arrays of devices; see `on_crossbar` for one that holds given weights.

    Parameters
    ----------
    name : str
        Names the connection's devices and random streams.
    shape : tuple of int
        (n_in, n_out)
    unit : (n_out,) array
        The weight of one device difference that spans the full range; its dtype, float32 or float64, is
        that of all signals.
    device : Card
    card : MappingCard
    seed : int
        Of the devices' variation and of all noise.

    Attributes
    ----------
    plus : DeviceArray
        (n_in, n_out), the devices that hold positive weights, or the only ones.
    minus : DeviceArray or None
        (n_in, n_out), the other devices of differential pairs.
    reference : DeviceArray or None
        (n_in, tiles side by side), the reference column of every tile, or (n_in, n_out), the reference of
        every weight.
    """

    def __init__(
        self,
        name: str,
        shape: tuple[int, int],
        unit: Array,
        device: Card,
        card: MappingCard,
        *,
        seed: int = 0,
    ) -> None:
        n_in, n_out = shape
        scheme, dtype = card.weights.scheme, unit.dtype
        self.name = name
        self.unit = unit
        self.range = schemes.conductance_range(device)
        self.device = device
        self._inputs, self._outputs = input_blocks(card, n_in), output_blocks(card, n_out)

        def array(part: str, rows: int, cols: int) -> DeviceArray:
            return DeviceArray(device, rows, cols, seed=seed, name=f"{name} {part}", dtype=dtype.name)

        self.plus = array("plus", n_in, n_out)
        self.minus = array("minus", n_in, n_out) if scheme == "differential" else None
        references = {"reference": len(self._outputs), "own-reference": n_out}.get(scheme)
        self.reference = None if references is None else array("reference", n_in, references)
        noise = stream(seed, name)
        pedestal = self.range.zero / self.range.span if scheme == "offset" else 0.0
        forward, backward = noise.child("read"), noise.child("read transposed")
        self._forward = Reader(card, self._inputs, None, unit, pedestal, forward)
        self._backward = Reader(card, self._outputs, unit, np.ones(n_in, dtype), pedestal, backward)
        self._writer = Writer(card.write, self.plus, self.minus, unit, self._inputs, noise.child("trains"))
        self._joules = device.read_voltage**2 * card.costs.read_time
        self._versions: tuple[int, ...] = ()
        self._differences: Array = np.empty(shape, dtype)
        self._rows: Array | None = None
        self._columns: Array | None = None
        self._ones = np.ones(max(shape), unit.dtype)
        self._refresh()

    @property
    def shape(self) -> tuple[int, int]:
        n_in, n_out = self.plus.shape
        return n_in, n_out

    @property
    def arrays(self) -> dict[str, DeviceArray]:
        """The device arrays by part: "plus", and "minus" or "reference" where there is one."""
        parts = {"plus": self.plus, "minus": self.minus, "reference": self.reference}
        return {part: array for part, array in parts.items() if array is not None}

    def read(self, x: Array) -> Array:
        self._refresh()
        if self._rows is None:
            self._rows = self._line_conductance(axis=1)
        return self._forward.read(x, self._differences, self._variance, self._rows, self._joules)

    def read_transposed(self, d: Array) -> Array:
        self._refresh()
        if self._columns is None:
            self._columns = self._line_conductance(axis=0)
        variance = None if self._variance is None else self._variance.T
        return self._backward.read(d, self._differences.T, variance, self._columns, self._joules)

    def write(self, request: Request) -> None:
        self._writer.write(request)

    def effective_weights(self) -> Array:
        self._refresh()
        weights: Array = self._differences * self.unit
        return weights

    def calibrate(self, x: Array) -> None:
        """Set automatic ADC ranges from inputs (batch, n_in); the next transposed read sets its own."""
        self._refresh()
        self._forward.calibrate(x, self._differences)
        self._backward.recalibrate()

    def state(self) -> State:
        parts: dict[str, dict[str, Any]] = {part: array.state() for part, array in self.arrays.items()}
        parts |= {"read": self._forward.state(), "read transposed": self._backward.state()}
        parts["write"] = self._writer.state()
        return {f"{part}/{key}": value for part, state in parts.items() for key, value in state.items()}

    def restore(self, state: State) -> None:
        def part(name: str) -> dict[str, Any]:
            start = name + "/"
            own = {key.removeprefix(start): value for key, value in state.items() if key.startswith(start)}
            if not own:
                raise InputError(f"the state does not fit {self.name}: it has no part '{name}'")
            return own

        for name, array in self.arrays.items():
            array.restore(part(name))
        self._forward.restore(part("read"))
        self._backward.restore(part("read transposed"))
        self._writer.restore(part("write"))
        self._versions = ()

    def counters(self) -> dict[str, float]:
        arrays = self.arrays.values()
        up = float(sum(int(array.pulses_up.sum()) for array in arrays))
        down = float(sum(int(array.pulses_down.sum()) for array in arrays))
        return {
            "pulses": up + down,
            "pulses_up": up,
            "pulses_down": down,
            "write_energy": float(sum(array.write_energy for array in arrays)),
            "write_time": self._writer.seconds,
            "writes": float(self._writer.writes),
            "read_energy": self._forward.energy + self._backward.energy,
            "vectors": float(self._forward.vectors),
            "vectors_transposed": float(self._backward.vectors),
        }

    def _refresh(self) -> None:
        """Bring all that follows from the conductances up to their latest write."""
        versions = tuple(array.version for array in self.arrays.values())
        if versions != self._versions:
            self._versions = versions
            self._differences, self._variance = self._effective()
            self._rows, self._columns = None, None

    def _effective(self) -> tuple[Array, Array | None]:
        """The matrix that reads see, (n_in, n_out) in full-range device differences, and the variance of its
        entries from read to read. The only place that knows how devices are wired together."""
        span, noise = self.range.span, self.device.read.noise
        plus, opposite = self.plus.conductance, self._opposite()
        variance = None
        if noise:
            variance = np.square(plus * (noise / span), dtype=self.unit.dtype)
            if isinstance(opposite, np.ndarray):
                variance += np.square(opposite * (noise / span), dtype=self.unit.dtype)
        return schemes.differences(plus, opposite, span, self._differences), variance

    def _opposite(self) -> Array | float:
        """What is subtracted from plus (S): the minus devices, references of rows or weights, or a number."""
        if self.minus is not None:
            return self.minus.conductance
        if self.reference is not None:
            if self.reference.shape[1] in (1, self.shape[1]):
                return self.reference.conductance
            widths = [last - first for first, last in self._outputs]
            repeated: Array = np.repeat(self.reference.conductance, widths, axis=1)
            return repeated
        return self.range.zero

    def _line_conductance(self, axis: Literal[0, 1]) -> Array:
        """Total conductance (S) of the devices on every row (axis 1) or column (axis 0)."""
        ones = self._ones[: self.shape[axis]]
        total = np.zeros(self.shape[1 - axis], self.unit.dtype)
        # OpenBLAS was seen to raise the invalid flag for finite numbers, from lanes beyond their end.
        with np.errstate(invalid="ignore"):
            for array in (self.plus, self.minus):
                if array is not None:
                    total += array.conductance @ ones if axis == 1 else ones @ array.conductance
        if self.reference is not None and (axis == 1 or self.reference.shape == self.shape):
            total += self.reference.conductance.sum(axis=axis)
        return total

    def saturation(self, margin: float = 0.01) -> float:
        """The share of weight devices within `margin` of an end of their own range, as a part of it."""
        arrays = [array for array in (self.plus, self.minus) if array is not None]
        at_end = 0
        for array in arrays:
            slack = margin * (array.g_max - array.g_min)
            low, high = array.conductance <= array.g_min + slack, array.conductance >= array.g_max - slack
            at_end += int(np.count_nonzero(low | high))
        return at_end / sum(array.conductance.size for array in arrays)


def on_crossbar(
    name: str, weights: Array, device: Card, card: MappingCard, *, seed: int = 0
) -> CrossbarSynapses:
    """Make synapses that hold the given weights, as well as the devices can.

    Parameters
    ----------
    name : str
        Names the connection's devices and random streams.
    weights : (n_in, n_out) array
        float32 or float64; the signals have the same type.
    device : Card
    card : MappingCard
        `weights.initial` says how the weights get onto the devices.
    seed : int
    """
    unit = schemes.unit_weights(card.weights, weights)
    n_in, n_out = weights.shape
    synapses = CrossbarSynapses(name, (n_in, n_out), unit, device, card, seed=seed)
    if card.weights.initial == "mid":
        weights = schemes.shrunk(weights, unit)
    own = card.weights.scheme == "own-reference"
    zero = synapses.plus.reference.astype(np.float64) if own else synapses.range.zero
    targets = list(schemes.targets(card.weights, weights, unit, synapses.range, zero))
    if synapses.reference is not None:
        targets.append(np.broadcast_to(zero, synapses.reference.shape))
    for array, target in zip(synapses.arrays.values(), targets, strict=True):
        wanted = np.clip(target, synapses.range.low, synapses.range.high)
        if card.weights.initial == "program":
            array.program(wanted, tolerance=card.write.tolerance * synapses.range.span)
        else:
            array.set(wanted)
    return synapses
