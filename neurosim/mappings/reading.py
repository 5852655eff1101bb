r"""One direction of reading an array: digital inputs, DAC, products, ADC, digital outputs.

    x -> before * x -> DAC -> q -> per row tile: u_t = q_t D_t -> ADC -> sum over tiles -> full * gain * y

D are the device differences (G+ - G-) / S of `schemes`, so u is in units of one full-range device
current. `before` and `gain` are digital factors: forwards the outputs are multiplied by the weight of
one unit; backwards the inputs are, because there a column's weight belongs to the sum.

Read noise of the devices adds its exact variance to each current: with N the variance of D,
var(u) = (q * q) N. Energy in the devices: V^2 t sum_i q_i^2 G_i, with G_i the conductance of all
devices on line i.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.errors import InputError
from neurosim.mappings import converters
from neurosim.mappings.card import MappingCard
from neurosim.random import Stream

Array = npt.NDArray[Any]
Blocks = list[tuple[int, int]]


class Reader:
    """The converters of one direction, their calibrated ranges and their counters.

    Parameters
    ----------
    card : MappingCard
    blocks : list of (first, last)
        The input lines of each tile; every tile converts its own currents.
    before : (n_inputs,) array or None
        Digital factor on the inputs.
    gain : (n_outputs,) array
        Digital factor on the outputs.
    pedestal : float
        The current that every device carries on top of its difference, M / S, for the offset scheme.
    stream : Stream
        Of the noise; draw r belongs to read r.
    """

    def __init__(
        self,
        card: MappingCard,
        blocks: Blocks,
        before: Array | None,
        gain: Array,
        pedestal: float,
        stream: Stream,
    ) -> None:
        self._blocks = blocks
        self._before = before
        self._gain = gain
        self._pedestal = pedestal
        self._stream = stream
        self._dac_bits = None if card.dac.bits == "ideal" else card.dac.bits
        self._serial = card.dac.encoding == "bit-serial"
        self._scale = None if card.dac.scale == "abs-max" else card.dac.scale
        self._adc_bits = None if card.adc.bits == "ideal" else card.adc.bits
        self._noise = card.adc.noise
        self._automatic = card.adc.range == "auto" and self._adc_bits is not None
        fixed = 1.0 if card.adc.range == "auto" else card.adc.range
        self.ranges = np.full(len(blocks), fixed, gain.dtype)
        self.calibrated = not self._automatic
        self.reads = 0
        self.vectors = 0
        self.energy = 0.0
        self._currents: Array = np.empty(0, gain.dtype)

    @property
    def planes(self) -> int:
        """Conversions for each input: one, or one a magnitude bit."""
        return self._dac_bits - 1 if self._serial and self._dac_bits else 1

    def recalibrate(self) -> None:
        """Let the next read set an automatic range anew."""
        self.calibrated = not self._automatic

    def read(
        self, x: Array, differences: Array, variance: Array | None, line_conductance: Array, joules: float
    ) -> Array:
        """Read a batch.

        Parameters
        ----------
        x : (batch, n_inputs)
        differences : (n_inputs, n_outputs)
            D
        variance : (n_inputs, n_outputs) or None
            Of the devices' read noise, in units of D squared.
        line_conductance : (n_inputs,)
            Sum of the conductances on each input line, S.
        joules : float
            Energy a siemens takes at the full read voltage in one conversion, J/S.

        Returns
        -------
        (batch, n_outputs)
        """
        x = np.ascontiguousarray(x, self._gain.dtype)
        if x.ndim != 2 or x.shape[1] != differences.shape[0]:
            raise InputError(f"the inputs have shape {x.shape}; expected (batch, {differences.shape[0]})")
        if self._before is not None:
            x = x * self._before
        draw = self.reads
        self.reads += 1
        self.vectors += len(x)
        if not len(x):
            return np.empty((0, differences.shape[1]), x.dtype)
        full = converters.full_inputs(x, self._scale)
        exact = self._adc_bits is None and not self._noise and variance is None and not self._serial
        if exact and self._dac_bits is None and self._scale is None:
            # The DAC divides by the full input and the output multiplies by it: only the energy needs it.
            self.energy += joules * float((np.square(x) @ line_conductance) @ np.square(1 / full))
            result: Array = x @ differences
            result *= self._gain
            return result
        q = self._encode(x, full)
        self.energy += joules * float(self._squares(q) @ line_conductance)
        if exact:
            result = q[0] @ differences
            result *= full[:, None]
            result *= self._gain
            return result
        currents = self._products(q, differences)
        pedestal = self._pedestals(q)
        if not self.calibrated:
            self._calibrate(currents, pedestal)
        weight = converters.plane_weights(self.planes + 1, x.dtype) if self._serial else np.ones(1, x.dtype)
        return converters.convert(
            currents,
            full=full,
            gain=self._gain,
            weight=weight,
            bits=self._adc_bits,
            ranges=self.ranges,
            noise=self._noise,
            variance=None if variance is None else self._products(q * q, variance, reuse=False),
            pedestal=pedestal,
            stream=self._stream,
            draw=draw,
        )

    def calibrate(self, x: Array, differences: Array) -> None:
        """Set automatic ranges to the largest current of each tile in a batch, without reading it out."""
        if not self._automatic or not len(x):
            return
        x = np.ascontiguousarray(x, self._gain.dtype)
        if self._before is not None:
            x = x * self._before
        q = self._encode(x, converters.full_inputs(x, self._scale))
        self._calibrate(self._products(q, differences), self._pedestals(q))

    def state(self) -> dict[str, Any]:
        """What changes with use."""
        return {
            "ranges": self.ranges.copy(),
            "calibrated": int(self.calibrated),
            "reads": self.reads,
            "vectors": self.vectors,
            "energy": self.energy,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to a `state`."""
        self.ranges[...] = state["ranges"]
        self.calibrated = bool(state["calibrated"])
        self.reads, self.vectors = int(state["reads"]), int(state["vectors"])
        self.energy = float(state["energy"])

    def _encode(self, x: Array, full: Array) -> Array:
        if self._serial and self._dac_bits:
            return converters.bit_planes(x, full, self._dac_bits)
        return converters.amplitudes(x, full, self._dac_bits)

    def _products(self, q: Array, matrix: Array, reuse: bool = True) -> Array:
        """Products of each tile: q (planes, batch, n_inputs) -> (tiles, planes, batch, n_outputs)."""
        planes, batch, _ = q.shape
        shape = (len(self._blocks), planes, batch, matrix.shape[1])
        if not reuse:
            out: Array = np.empty(shape, q.dtype)
        else:
            # The currents are overwritten by the conversion: the same memory serves every read.
            if self._currents.shape != shape:
                self._currents = np.empty(shape, q.dtype)
            out = self._currents
        lines = q.reshape(planes * batch, -1)
        for tile, (first, last) in enumerate(self._blocks):
            np.matmul(lines[:, first:last], matrix[first:last], out=out[tile].reshape(planes * batch, -1))
        return out

    def _pedestals(self, q: Array) -> Array | None:
        if not self._pedestal:
            return None
        sums = np.stack([q[:, :, first:last].sum(axis=2) for first, last in self._blocks])
        sums *= q.dtype.type(self._pedestal)
        return sums

    def _calibrate(self, currents: Array, pedestal: Array | None) -> None:
        total = currents if pedestal is None else currents + pedestal[..., None]
        largest = np.maximum(total.max(axis=(1, 2, 3)), -total.min(axis=(1, 2, 3)))
        largest[largest == 0] = 1
        self.ranges[...] = largest
        self.calibrated = True

    @staticmethod
    def _squares(q: Array) -> Array:
        """Sum of squares on every input line, over the batch and the planes: (n_inputs,)."""
        lines = q.reshape(-1, q.shape[2])
        squares: Array = np.einsum("bi,bi->i", lines, lines)
        return squares
