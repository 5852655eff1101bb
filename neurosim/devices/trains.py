"""Kernels that draw pulse trains (neurosim.devices.coincidence).

A train is one 32-bit word: slot l is bit l, and bit 31 says that the line's value is negative. A slot
sends a pulse when a uniform number u is below the probability p of its line.

A train of one slot needs one random word. Of longer trains, binary digit t of the numbers u of all slots
is one random word, compared with digit t of p: after eight digits one slot in 256 is still undecided, so a
train of 31 slots takes 9 words, not 31.

Random numbers: the counter is (c, 64 sample + block, draw), with 32 more for columns than for rows, and
its four words serve as follows.
    one slot     block 31; in groups of 64 lines, line 64 c // 16 + 16 lane + c % 16 takes word `lane`
    more slots   line c takes the words as digits 4 block, 4 block + 1, ...

Importing this module imports Numba.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.backend import device_function, kernel
from neurosim.philox import philox

SIGN = np.uint32(0x80000000)
SLOTS = np.uint32(0x7FFFFFFF)

BAD = np.uint32(32)  # the length of a sample with numbers that are not finite

_INFINITE = np.uint32(0x7F800000)
_NONE, _FIRST, _ALL = np.uint32(0), np.uint32(1), np.uint32(0xFFFFFFFF)
_ONE, _WORD = np.float32(1.0), np.float32(2.0**32)
_GROUP, _LANE = 64, 16
_SINGLE = 31  # the block of trains of one slot
_BLOCKS = 8  # of four digits each


@device_function
def threshold(value: np.float32, scale: np.float32) -> np.uint32:
    """The probability min(1, |value| scale) as a number of 2^-32."""
    p = abs(value) * scale
    return _ALL if p >= _ONE else np.uint32(p * _WORD)


@device_function
def compare(
    ones: np.uint32, undecided: np.uint32, word: np.uint32, limit: np.uint32, digit: int
) -> tuple[np.uint32, np.uint32]:
    """Compare one more binary digit of all slots, in `word`, with that of the limit.

    Returns the slots that are known to lie below the limit, and those that are still undecided.
    """
    # the limit's digit, in all bits
    wanted = np.uint32(np.int32(np.uint32(limit << np.uint32(digit))) >> np.int32(31))
    equal = np.uint32(~np.uint32(word ^ wanted))
    below = np.uint32(undecided & np.uint32(wanted & np.uint32(~equal)))
    return np.uint32(ones | below), np.uint32(undecided & equal)


@device_function
def pick(lanes: tuple[Any, Any, Any, Any], lane: int) -> Any:
    """One of four words or numbers."""
    return (lanes[0] if lane == 0 else lanes[1]) if lane < 2 else (lanes[2] if lane == 2 else lanes[3])


@device_function
def signed(train: np.uint32, value: np.float32) -> np.uint32:
    """A train with the sign of its line's value."""
    return np.uint32(train | SIGN) if value < 0 else train


@device_function
def magnitude(bits: np.uint32) -> np.float32:
    """|value| of the bits of a float32."""
    return np.uint32(bits & SLOTS).view(np.float32)


@kernel
def manage_updates(
    first: int,
    last: int,
    x: NDArray[np.uint32],
    d: NDArray[np.uint32],
    gain: np.float64,
    longest: np.float64,
    lengths: NDArray[np.uint32],
    scales: NDArray[np.float32],
) -> None:
    """Length of the trains of every sample, (batch,), and the scales (2, batch) that make probabilities of
    |x| and |d|. x and d are given as the bits of float32 numbers, whose order is that of their magnitudes,
    because the largest of whole numbers is found on vectors. A sample without a pulse has length 0, one with
    numbers that are not finite has length `BAD`."""
    for sample in range(first, last):
        x_bits, d_bits, x_top, d_top = x[sample], d[sample], _NONE, _NONE
        for j in range(x_bits.size):
            x_top = max(x_top, np.uint32(x_bits[j] & SLOTS))
        for j in range(d_bits.size):
            d_top = max(d_top, np.uint32(d_bits[j] & SLOTS))
        x_max, d_max = np.float64(magnitude(x_top)), np.float64(magnitude(d_top))
        lengths[sample], scales[0, sample], scales[1, sample] = _NONE, np.float32(0), np.float32(0)
        if max(x_top, d_top) >= _INFINITE:
            lengths[sample] = BAD
            continue
        k = gain * x_max * d_max
        if k > 0:
            length = min(math.ceil(k), longest)
            balance = math.sqrt(d_max * min(1.0, longest / k) / x_max)
            amplitude = math.sqrt(gain / length)
            lengths[sample] = np.uint32(length)
            scales[0, sample], scales[1, sample] = (
                np.float32(amplitude * balance),
                np.float32(amplitude / balance),
            )


@kernel(dimensions=2)
def draw_trains(
    row_first: int,
    row_last: int,
    col_first: int,
    col_last: int,
    values: NDArray[np.float32],
    scales: NDArray[np.float32],
    lengths: NDArray[np.uint32],
    trains: NDArray[np.uint32],
    undecided: NDArray[np.uint32],
    side: int,
    draw0: np.uint32,
    draw1: np.uint32,
    k0: np.uint32,
    k1: np.uint32,
) -> None:
    """Trains of the lines with these values, all (batch, lines); `undecided` is scratch, `side` is 0 for
    rows and 1 for columns."""
    for sample in range(row_first, row_last):
        base = 64 * sample + 32 * side
        value, train = values[sample, col_first:col_last], trains[sample, col_first:col_last]
        rest, scale, length = undecided[sample, col_first:col_last], scales[side, sample], lengths[sample]
        if length == _NONE:
            for j in range(value.size):
                train[j] = _NONE
            continue
        if length == _FIRST:
            counter = np.uint32(base + _SINGLE)
            grouped = value.size // _GROUP * _GROUP if col_first % _GROUP == 0 else 0
            for group in range(0, grouped, _GROUP):
                v, out = value[group : group + _GROUP], train[group : group + _GROUP]
                for i in range(_LANE):
                    line = (col_first + group) // _GROUP * _LANE + i
                    a, b, c, d = philox(np.uint32(line), counter, draw0, draw1, k0, k1)
                    out[i] = signed(_FIRST if a < threshold(v[i], scale) else _NONE, v[i])
                    out[16 + i] = signed(_FIRST if b < threshold(v[16 + i], scale) else _NONE, v[16 + i])
                    out[32 + i] = signed(_FIRST if c < threshold(v[32 + i], scale) else _NONE, v[32 + i])
                    out[48 + i] = signed(_FIRST if d < threshold(v[48 + i], scale) else _NONE, v[48 + i])
            for j in range(grouped, value.size):
                column = col_first + j
                line = column // _GROUP * _LANE + column % _LANE
                words = philox(np.uint32(line), counter, draw0, draw1, k0, k1)
                word = pick(words, column // _LANE % 4)
                train[j] = signed(_FIRST if word < threshold(value[j], scale) else _NONE, value[j])
            continue
        slots = np.uint32((np.uint32(1) << length) - np.uint32(1))
        for j in range(value.size):
            train[j] = _NONE
            rest[j] = slots if threshold(value[j], scale) > _NONE else _NONE
        # The first eight digits of all lines: this loop runs on vectors.
        for block in range(2):
            for j in range(value.size):
                counter = np.uint32(base + block)
                a, b, c, d = philox(np.uint32(col_first + j), counter, draw0, draw1, k0, k1)
                limit, ones, still = threshold(value[j], scale), train[j], rest[j]
                ones, still = compare(ones, still, a, limit, 4 * block)
                ones, still = compare(ones, still, b, limit, 4 * block + 1)
                ones, still = compare(ones, still, c, limit, 4 * block + 2)
                train[j], rest[j] = compare(ones, still, d, limit, 4 * block + 3)
        for j in range(value.size):
            block = 2
            while rest[j] != _NONE and block < _BLOCKS:
                counter = np.uint32(base + block)
                a, b, c, d = philox(np.uint32(col_first + j), counter, draw0, draw1, k0, k1)
                limit, ones, still = threshold(value[j], scale), train[j], rest[j]
                ones, still = compare(ones, still, a, limit, 4 * block)
                ones, still = compare(ones, still, b, limit, 4 * block + 1)
                ones, still = compare(ones, still, c, limit, 4 * block + 2)
                train[j], rest[j] = compare(ones, still, d, limit, 4 * block + 3)
                block += 1
            train[j] = signed(train[j], value[j])


@kernel
def list_samples(
    first: int,
    last: int,
    trains: NDArray[np.uint32],
    actives: NDArray[np.int32],
    samples: NDArray[np.uint32],
    listed_trains: NDArray[np.uint32],
) -> None:
    """For every row, list the samples in which it sends a pulse: how many, which, and their trains."""
    for row in range(first, last):
        count = 0
        for sample in range(trains.shape[0]):
            # Written in any case and kept if active: a branch here would be mispredicted too often.
            samples[row, count] = np.uint32(sample)
            listed_trains[row, count] = trains[sample, row]
            count += 1 if np.uint32(trains[sample, row] & SLOTS) != _NONE else 0
        actives[row] = count


@kernel
def list_columns(
    first: int,
    last: int,
    trains: NDArray[np.uint32],
    lengths: NDArray[np.uint32],
    listed: NDArray[np.int32],
    rising: NDArray[np.int32],
    columns: NDArray[np.uint32],
    listed_trains: NDArray[np.uint32],
) -> None:
    """For every sample, list the columns that send a pulse, those with d > 0 first: how many, how many
    with d > 0, which, and their trains. All columns are listed where a list would not save time; where
    there is none, the trains have no length, and no row needs to be drawn."""
    for sample in range(first, last):
        train, column, listed_train = trains[sample], columns[sample], listed_trains[sample]
        count = 0
        for j in range(train.size):
            count += 1 if np.uint32(train[j] & SLOTS) != _NONE else 0
        # All columns in order are worked off on vectors. A column then takes a quarter of the time, and
        # two thirds where every visit finds exactly one coincidence.
        few = 2 * train.size // 3 if lengths[sample] == _FIRST else train.size // 4
        listed[sample], rising[sample] = count if count <= few else train.size, 0
        if count == 0:
            lengths[sample] = _NONE
        if count == 0 or count > few:
            continue
        count = 0
        for sign in range(2):
            for j in range(train.size):
                column[count], listed_train[count] = np.uint32(j), train[j]
                active = np.uint32(train[j] & SLOTS) != _NONE
                count += 1 if active and np.uint32(train[j] >> np.uint32(31)) == np.uint32(sign) else 0
            if sign == 0:
                rising[sample] = count


@kernel
def rank_columns(
    first: int, last: int, listed: NDArray[np.int32], columns: NDArray[np.uint32], ranks: NDArray[np.int32]
) -> None:
    """The place of every column in the list of its sample, (batch, cols), -1 where it is not in it."""
    for sample in range(first, last):
        rank, column, count = ranks[sample], columns[sample], listed[sample]
        for j in range(rank.size):
            rank[j] = j if count == rank.size else -1
        if count < rank.size:
            for q in range(count):
                rank[column[q]] = q
