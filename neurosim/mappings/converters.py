r"""Converters around an array: DAC in front of the word lines, ADC behind the bit lines.

Both are uniform, signed and symmetric, b bits give L = 2^(b-1) - 1 levels on each side of zero:

    DAC   q = round(L clip(x / a, -1, 1)) / L          a: the input that drives the full read voltage
    ADC   c = R clip(round(L (u + s xi) / R), -L, L) / L

where u is a bit-line current in units of one full-range device current, R the full scale in the same
unit, xi a standard normal and s the standard deviation of the noise: s^2 = noise^2 + v with v the
variance that the devices' own read noise adds to the current. An ideal ADC leaves u + s xi as it is.

Bit-serial encoding sends the magnitude bits of round(L clip(x / a)) one after the other as full
voltages with the sign of x; plane p is converted by itself and counts 2^p / L.

A large matrix is split into row tiles. Each has its own ADC, with its own full scale; the results are
added digitally, after the part of a current that the offset scheme knows and subtracts (its
*pedestal*) has been taken off.

With 7 and 9 bits, a = max |x| of a sample and R = 12 this is the converter model of aihwkit (Rasch et
al., AICAS 2021, doi:10.1109/AICAS51828.2021.9458494; `IOParameters`).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.backend import kernel, launch
from neurosim.philox import normal4
from neurosim.random import Stream, draw_words

Array = npt.NDArray[Any]

_MAX_SECONDS = 0.1e-9
_DAC_SECONDS = 0.5e-9
_ADC_SECONDS = 1e-9
_NOISE_SECONDS = 2e-9


def levels(bits: int) -> int:
    """Levels on each side of zero of a signed converter."""
    return int(2 ** (bits - 1) - 1)


def full_inputs(x: Array, scale: float | None) -> Array:
    """The input that drives the full read voltage, for every sample: (batch,).

    Parameters
    ----------
    x : (batch, n)
    scale : float or None
        A fixed one; None takes each sample's largest magnitude (1 for a sample of zeros, or of numbers so
        small that their inverse overflows, as gradients of samples that are known by heart).
    """
    if scale is not None:
        return np.full(x.shape[0], scale, x.dtype)
    largest = np.empty(x.shape[0], x.dtype)
    whole = np.uint32 if x.dtype == np.float32 else np.uint64
    launch(_largest, len(x), x.view(whole), largest.view(whole), cost=x.shape[1] * _MAX_SECONDS)
    largest[largest < np.finfo(x.dtype).tiny] = 1
    return largest


@kernel
def _largest(first: int, last: int, bits: Array, out: Array) -> None:
    """Largest magnitude of each row (rows, n), all numbers as their bits.

    Without the sign, the bits of floats are in the order of the floats, and the largest of whole numbers
    is found on vectors.
    """
    word = out.dtype.type
    magnitude = ~(word(1) << word(8 * out.itemsize - 1))
    for row in range(first, last):
        values = bits[row]
        top = word(0)
        for i in range(values.size):
            top = max(top, word(values[i] & magnitude))
        out[row] = top


@kernel(dimensions=2)
def _amplitudes(b0: int, b1: int, i0: int, i1: int, x: Array, inverse: Array, steps: Any, out: Array) -> None:
    """DAC, amplitude encoding. x, out (batch, n); inverse (batch,) of the full inputs; steps 0: ideal."""
    real = x.dtype.type
    one = real(1.0)
    for b in range(b0, b1):
        row = x[b, i0:i1]
        q = out[b, i0:i1]
        k = inverse[b]
        if steps > 0:
            size = one / steps
            for i in range(q.size):
                q[i] = np.rint(min(max(row[i] * k, -one), one) * steps) * size
        else:
            for i in range(q.size):
                q[i] = min(max(row[i] * k, -one), one)


@kernel(dimensions=2)
def _bit_planes(b0: int, b1: int, i0: int, i1: int, x: Array, inverse: Array, steps: Any, out: Array) -> None:
    """DAC, bit-serial encoding. x (batch, n); out (planes, batch, n), lowest bit first."""
    real = x.dtype.type
    one = real(1.0)
    zero = real(0.0)
    for b in range(b0, b1):
        row = x[b, i0:i1]
        k = inverse[b]
        for p in range(out.shape[0]):
            q = out[p, b, i0:i1]
            bit = np.int32(p)
            for i in range(q.size):
                code = np.int32(np.rint(min(max(row[i] * k, -one), one) * steps))
                magnitude = abs(code)
                sent = one if (magnitude >> bit) & np.int32(1) else zero
                q[i] = sent if code > 0 else -sent


@kernel(dimensions=2)
def _add_noise(
    r0: int, r1: int, g0: int, g1: int,
    u: Array, noise: Any, draw0: np.uint32, draw1: np.uint32, k0: np.uint32, k1: np.uint32,
) -> None:  # fmt: skip
    """Add noise xi to the currents u (rows, n), in groups g of four columns: one counter a group."""
    real = u.dtype.type
    n = u.shape[1]
    groups = (n + 3) // 4
    for r in range(r0, r1):
        row = u[r, 4 * g0 : min(4 * g1, n)]
        first = r * groups + g0
        whole = row.size // 4
        for g in range(whole):
            a, b, c, d = normal4(np.uint32(first + g), np.uint32(0), draw0, draw1, k0, k1)
            row[4 * g] += noise * real(a)
            row[4 * g + 1] += noise * real(b)
            row[4 * g + 2] += noise * real(c)
            row[4 * g + 3] += noise * real(d)
        if 4 * whole < row.size:
            a, b, c, d = normal4(np.uint32(first + whole), np.uint32(0), draw0, draw1, k0, k1)
            for j in range(4 * whole, row.size):
                lane = j - 4 * whole
                row[j] += noise * real(a if lane == 0 else (b if lane == 1 else c))


@kernel(dimensions=2)
def _add_device_noise(
    r0: int, r1: int, g0: int, g1: int,
    u: Array, variance: Array, noise: Any, draw0: np.uint32, draw1: np.uint32, k0: np.uint32, k1: np.uint32,
) -> None:  # fmt: skip
    """As `_add_noise`, with sqrt(noise^2 + variance) of each current; variance (rows, n)."""
    real = u.dtype.type
    n = u.shape[1]
    groups = (n + 3) // 4
    square = noise * noise
    for r in range(r0, r1):
        row = u[r, 4 * g0 : min(4 * g1, n)]
        own = variance[r, 4 * g0 : min(4 * g1, n)]
        first = r * groups + g0
        whole = row.size // 4
        for g in range(whole):
            a, b, c, d = normal4(np.uint32(first + g), np.uint32(0), draw0, draw1, k0, k1)
            row[4 * g] += np.sqrt(square + own[4 * g]) * real(a)
            row[4 * g + 1] += np.sqrt(square + own[4 * g + 1]) * real(b)
            row[4 * g + 2] += np.sqrt(square + own[4 * g + 2]) * real(c)
            row[4 * g + 3] += np.sqrt(square + own[4 * g + 3]) * real(d)
        if 4 * whole < row.size:
            a, b, c, d = normal4(np.uint32(first + whole), np.uint32(0), draw0, draw1, k0, k1)
            for j in range(4 * whole, row.size):
                lane = j - 4 * whole
                row[j] += np.sqrt(square + own[j]) * real(a if lane == 0 else (b if lane == 1 else c))


@kernel(dimensions=2)
def _digitise(
    b0: int, b1: int, j0: int, j1: int,
    u: Array, pedestal: Array, ranges: Array, weight: Array, full: Array, gain: Array, steps: Any, out: Array,
) -> None:  # fmt: skip
    """ADC and digital sum. Shapes as in `convert`; steps 0: ideal."""
    real = u.dtype.type
    zero = real(0.0)
    for b in range(b0, b1):
        y = out[b, j0:j1]
        for j in range(y.size):
            y[j] = zero
        for t in range(u.shape[0]):
            fine = steps / ranges[t]
            coarse = ranges[t] / steps if steps > zero else zero
            for p in range(u.shape[1]):
                w = weight[p]
                row = u[t, p, b, j0:j1]
                base = pedestal[t, p, b]
                if steps > zero:
                    for j in range(y.size):
                        code = min(max(np.rint((row[j] + base) * fine), -steps), steps)
                        y[j] += w * (code * coarse - base)
                else:
                    for j in range(y.size):
                        y[j] += w * row[j]
        f = full[b]
        scale = gain[j0:j1]
        for j in range(y.size):
            y[j] *= f * scale[j]


def amplitudes(x: Array, full: Array, bits: int | None, backend: str = "cpu") -> Array:
    """Word-line voltages of amplitude encoding, as fractions of the read voltage.

    Parameters
    ----------
    x : (batch, n)
        Digital inputs.
    full : (batch,)
        The input that drives the full read voltage.
    bits : int or None
        Resolution; None is an ideal DAC, which only clips.

    Returns
    -------
    (1, batch, n)
        One plane, from -1 to 1.
    """
    steps = x.dtype.type(0 if bits is None else levels(bits))
    out = np.empty((1, *x.shape), x.dtype)
    launch(_amplitudes, x.shape, x, 1 / full, steps, out[0], backend=backend, cost=_DAC_SECONDS)
    return out


def bit_planes(x: Array, full: Array, bits: int, backend: str = "cpu") -> Array:
    """Word-line voltages of bit-serial encoding: (bits - 1, batch, n) of -1, 0, 1, lowest bit first."""
    steps = x.dtype.type(levels(bits))
    out = np.empty((bits - 1, *x.shape), x.dtype)
    launch(_bit_planes, x.shape, x, 1 / full, steps, out, backend=backend, cost=_DAC_SECONDS * len(out))
    return out


def plane_weights(bits: int, dtype: npt.DTypeLike) -> Array:
    """What each of the `bit_planes` counts: 2^p / L, (bits - 1,)."""
    return (2.0 ** np.arange(bits - 1) / levels(bits)).astype(dtype)


def convert(
    currents: Array,
    *,
    full: Array,
    gain: Array,
    weight: Array,
    bits: int | None,
    ranges: Array,
    noise: float = 0.0,
    variance: Array | None = None,
    pedestal: Array | None = None,
    stream: Stream,
    draw: int,
    backend: str = "cpu",
) -> Array:
    """Convert the currents of all tiles and planes and add them up.

    Parameters
    ----------
    currents : (tiles, planes, batch, n)
        In units of one full-range device current; overwritten.
    full : (batch,)
        What one read voltage stands for at the input.
    gain : (n,)
        What one unit of current stands for at the output.
    weight : (planes,)
        Of the bit planes.
    bits : int or None
        Resolution; None is an ideal ADC, with noise if there is any, and no range.
    ranges : (tiles,)
        Full scale of each tile's ADC, in units of current.
    noise : float
        Standard deviation of the ADC's noise, in units of current.
    variance : (tiles, planes, batch, n), optional
        Variance of the devices' read noise, in units of current squared.
    pedestal : (tiles, planes, batch), optional
        A current on top of `currents`, the same in every column, subtracted again after the conversion.
    stream, draw : Stream, int
        The noise is draw `draw` of an array of (tiles, planes, batch, n up to a multiple of four).

    Returns
    -------
    (batch, n)
        The digital outputs: full × gain × the sum over tiles and planes.
    """
    tiles, planes, batch, n = currents.shape
    real = currents.dtype.type
    if noise or variance is not None:
        rows = currents.reshape(-1, n)
        shape = (len(rows), (n + 3) // 4)
        words = (*draw_words(draw), stream.key0, stream.key1)
        if variance is None:
            launch(_add_noise, shape, rows, real(noise), *words, backend=backend, cost=4 * _NOISE_SECONDS)
        else:
            own = variance.reshape(-1, n)
            cost = 8 * _NOISE_SECONDS
            launch(_add_device_noise, shape, rows, own, real(noise), *words, backend=backend, cost=cost)
    steps = real(0 if bits is None else levels(bits))
    base = np.zeros((tiles, planes, batch), real) if pedestal is None else pedestal
    out = np.empty((batch, n), real)
    cost = _ADC_SECONDS * planes * tiles
    launch(
        _digitise,
        out.shape,
        currents,
        base,
        ranges,
        weight,
        full,
        gain,
        steps,
        out,
        backend=backend,
        cost=cost,
    )
    return out
