"""Philox4x32-10 and random numbers made from it, as scalar functions for kernels.

Philox (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as 1, 2, 3", SC11,
doi:10.1145/2063384.2063405) turns a 128-bit counter and a 64-bit key into four random 32-bit words
in ten rounds of

    (c0, c1, c2, c3) <- (hi(M1 c2) ^ c1 ^ k0,  lo(M1 c2),  hi(M0 c0) ^ c3 ^ k1,  lo(M0 c0))
    (k0, k1)         <- (k0 + W0, k1 + W1)

Two words make two standard normals by the method of Box and Muller (1958): with u in (0, 1] from 31
bits of one word and the angle 2 pi v from all bits of the other,

    r = sqrt(-2 ln u),   x = r cos(2 pi v),   y = r sin(2 pi v).

The tails reach sqrt(2 * 32 ln 2) = 6.66 standard deviations. Logarithm, sine and cosine are short
polynomials (the last two those of the Cephes library, S. Moshier) because calls to the C library do
not vectorise; they are right to about one unit in the last place of a float32. One thread with AVX-512
makes a normal in about 1.0 ns and a uniform number in 0.5 ns.

Importing this module imports Numba; `neurosim.random` hands its functions on and does so only when
they are asked for.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from neurosim.backend import device_function, kernel

Words = tuple[np.uint32, np.uint32, np.uint32, np.uint32]

_M0, _M1 = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_W0, _W1 = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
_LOW, _WORD = np.uint64(0xFFFFFFFF), np.uint64(32)
_ROOT_HALF = np.int32(0x3F3504F3)  # sqrt(1/2) as the bits of a float32
_EIGHTH, _QUARTER, _SIGN = np.uint32(0x20000000), np.uint32(0x40000000), np.uint32(0x80000000)


@device_function
def philox(c0: np.uint32, c1: np.uint32, c2: np.uint32, c3: np.uint32, k0: np.uint32, k1: np.uint32) -> Words:
    """Four random words for the counter (c0, c1, c2, c3) and the key (k0, k1)."""
    # The words stay in 64-bit registers, with anything in their upper halves, which the products
    # ignore: on vectors, that takes less than half the time of packing them after each round.
    a, b, c, d = np.uint64(c0), np.uint64(c1), np.uint64(c2), np.uint64(c3)
    key0, key1 = np.uint64(k0), np.uint64(k1)
    for _ in range(10):
        p0 = _M0 * (a & _LOW)
        p1 = _M1 * (c & _LOW)
        a, b, c, d = (p1 >> _WORD) ^ b ^ key0, p1, (p0 >> _WORD) ^ d ^ key1, p0
        key0 = key0 + _W0
        key1 = key1 + _W1
    return np.uint32(a & _LOW), np.uint32(b & _LOW), np.uint32(c & _LOW), np.uint32(d & _LOW)


@device_function
def uniform(word: np.uint32) -> np.float32:
    """A uniform float32 strictly between 0 and 1, symmetric about 1/2, from a random uint32."""
    return (np.float32(np.int32(word >> np.uint32(9))) + np.float32(0.5)) * np.float32(2.0**-23)


@device_function
def normal4(
    c0: np.uint32, c1: np.uint32, c2: np.uint32, c3: np.uint32, k0: np.uint32, k1: np.uint32
) -> tuple[np.float32, np.float32, np.float32, np.float32]:
    """Four independent standard normals for the counter (c0, c1, c2, c3) and the key (k0, k1)."""
    w0, w1, w2, w3 = philox(c0, c1, c2, c3, k0, k1)
    r, s = _radius(w0), _radius(w2)
    cos0, sin0 = _cos_sin(w1)
    cos1, sin1 = _cos_sin(w3)
    return r * cos0, r * sin0, s * cos1, s * sin1


@device_function
def _radius(word: np.uint32) -> np.float32:
    """sqrt(-2 ln u) of u = (n + 1/2) / 2^31, with n the upper 31 bits of the word."""
    # n + 1/2 = 2^exponent (1 + t), with 1 + t from sqrt(1/2) to sqrt(2)
    bits = np.float32(np.float32(np.int32(word >> np.uint32(1))) + np.float32(0.5)).view(np.int32)
    exponent = np.int32(np.int32(bits - _ROOT_HALF) >> np.int32(23))
    t = np.int32(bits - np.int32(exponent << np.int32(23))).view(np.float32) - np.float32(1.0)
    # (log(1 + t) - t + t^2 / 2) / t^3, so that the logarithm is right to 3e-8 of itself
    p = np.float32(0.089173622) * t + np.float32(-0.14349911)
    p = p * t + np.float32(0.14877015)
    p = p * t + np.float32(-0.16565678)
    p = p * t + np.float32(0.19965397)
    p = p * t + np.float32(-0.25001746)
    p = p * t + np.float32(0.33333859)
    p = p * t - np.float32(0.5)
    log = np.float32(exponent - np.int32(31)) * np.float32(0.69314718056) + (t + p * (t * t))
    return np.float32(math.sqrt(np.float32(-2.0) * log))


@device_function
def _cos_sin(word: np.uint32) -> tuple[np.float32, np.float32]:
    """Cosine and sine of 2 pi word / 2^32."""
    # the angle from the nearest quarter of the circle, in [-pi/4, pi/4)
    a = np.float32(np.int32(word << np.uint32(2))) * np.float32(1.57079632679 * 2.0**-32)
    z = a * a
    p = np.float32(8.3321608736e-3) + z * np.float32(-1.9515295891e-4)
    sin = np.float32(a * (np.float32(1.0) + z * (np.float32(-1.6666654611e-1) + z * p))).view(np.uint32)
    q = np.float32(4.166664568298827e-2) + z * (
        np.float32(-1.388731625493765e-3) + z * np.float32(2.443315711809948e-5)
    )
    cos = np.float32(np.float32(1.0) + z * (np.float32(-0.5) + z * q)).view(np.uint32)
    # Turn by the quarters: exchange both, and set their signs, as bits.
    quarter = np.uint32(word + _EIGHTH)
    odd = np.uint32(np.int32(quarter << np.uint32(1)) >> np.int32(31))
    swap = np.uint32(np.uint32(cos ^ sin) & odd)
    x = np.uint32(np.uint32(cos ^ swap) ^ np.uint32(np.uint32(quarter + _QUARTER) & _SIGN)).view(np.float32)
    y = np.uint32(np.uint32(sin ^ swap) ^ np.uint32(quarter & _SIGN)).view(np.float32)
    return x, y


@kernel
def fill_normals(
    first: int,
    last: int,
    out: NDArray[np.float32],
    draw0: np.uint32,
    draw1: np.uint32,
    k0: np.uint32,
    k1: np.uint32,
) -> None:
    """Normals of one draw, four a counter: out (4 * groups,) float32; the span counts groups."""
    values = out[4 * first : 4 * last]
    for i in range(last - first):
        group = np.uint64(first + i)
        a, b, c, d = normal4(np.uint32(group), np.uint32(group >> np.uint64(32)), draw0, draw1, k0, k1)
        values[4 * i] = a
        values[4 * i + 1] = b
        values[4 * i + 2] = c
        values[4 * i + 3] = d


@kernel
def fill_uniforms(
    first: int,
    last: int,
    out: NDArray[np.float32],
    draw0: np.uint32,
    draw1: np.uint32,
    k0: np.uint32,
    k1: np.uint32,
) -> None:
    """Uniforms of one draw, four a counter: out (4 * groups,) float32; the span counts groups."""
    values = out[4 * first : 4 * last]
    for i in range(last - first):
        group = np.uint64(first + i)
        a, b, c, d = philox(np.uint32(group), np.uint32(group >> np.uint64(32)), draw0, draw1, k0, k1)
        values[4 * i] = uniform(a)
        values[4 * i + 1] = uniform(b)
        values[4 * i + 2] = uniform(c)
        values[4 * i + 3] = uniform(d)
