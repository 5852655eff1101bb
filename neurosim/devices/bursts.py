"""Kernels that apply the coincidences of pulse trains to devices (neurosim.devices.coincidence).

Where a response is affine, a step of m = s - r u with u the conductance travelled from the near bound,
n steps with a noise of cycle m ξ each are taken in one go:

    dg = m e φ(r e),    e = n + r (n (1 + cycle²) / 2 + n r / 3) + (1 + r) cycle sqrt(n) ξ

where φ(y) = (1 - exp(-y)) / y. To second order in r, r e has the mean of -n ln(1 - r) that n noisy steps
have on average, and their variance; one step is exact, dg = m (1 + cycle ξ). The devices' lines are kept as
m = level - rate g, with level = s + r lo upwards and -s + r hi downwards.

Random numbers of bursts: the normal of a device is element e of its row, where e counts the listed
columns of the row's active samples. So a row needs no more normals than it has devices to visit, and each
device finds its own whichever thread, chunk or GPU works on it. The counter is (c, row, draw); in groups of
64 elements, element 64 c // 16 + 16 lane + c % 16 takes normal `lane`, which keeps vectors together. Of
single pulses, pulse p of a device takes normal p % 4 of the counter (device, p // 4, draw).

Importing this module imports Numba.
"""

# mypy: allow-untyped-defs, allow-untyped-calls
# Numba infers the types of the arguments, which may be of either precision, from the arrays.

from __future__ import annotations

import math

import numpy as np

from neurosim.backend import device_function, kernel
from neurosim.devices.response import decay
from neurosim.devices.trains import SIGN, SLOTS, pick
from neurosim.philox import normal4

AFFINE, EXPONENTIAL, POWER, TABLE = range(4)

# The planes of a device's parameters.
LOW, HIGH, LEVEL_UP, LEVEL_DOWN, RATE_UP, RATE_DOWN = range(6)

_GROUP = 64  # normals are made in groups: 16 counters, four lanes each
_COUNTED = 2000  # samples after which the packed counts are written back: 31 pulses each must fit 16 bits

_ZERO, _QUARTER, _HALF, _ONE = np.float32(0.0), np.float32(0.25), np.float32(0.5), np.float32(1.0)
_THIRD, _TWO_THIRDS, _TWO_15THS = np.float32(1 / 3), np.float32(2 / 3), np.float32(2 / 15)


@device_function
def popcount(word: np.uint32) -> np.int32:
    """How many bits are set."""
    # In 64 bits, in this form, the compiler knows it as one machine instruction.
    x = np.uint64(word)
    x = x - ((x >> np.uint64(1)) & np.uint64(0x5555555555555555))
    x = (x & np.uint64(0x3333333333333333)) + ((x >> np.uint64(2)) & np.uint64(0x3333333333333333))
    x = (x + (x >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
    return np.int32((x * np.uint64(0x0101010101010101)) >> np.uint64(56))


@device_function(fused=True)
def steps(n, rate, noise, spread):
    """dg / m of n steps in one go; `noise` is cycle ξ and `spread` is (1 + cycle²) / 2."""
    count = np.float32(n)
    deviate = math.sqrt(count) * noise
    e = count + deviate + rate * (count * (spread + rate * _THIRD) + deviate)
    # e φ(r e) by a power series at half of r e, and, with q = (1 - exp(-z)) / 2, 1 - exp(-2 z) = 4 q (1 - q)
    part = rate * _QUARTER
    b = e * part
    w = e * (_ONE - b * (_ONE - b * (_TWO_THIRDS - b * (_THIRD - b * _TWO_15THS))))
    w = w * (_ONE - w * part)
    return _ONE + noise if n == np.int32(1) else w


@device_function(fused=True)
def moved(g, low, high, level, rate, e):
    """The conductance after e steps of `level - rate g`, cut at the bounds."""
    g = g + (level - rate * g) * e
    g = low if g < low else g
    return high if g > high else g


@device_function
def rises(row_train, column_train):
    """Whether coincidences of two trains raise the conductance."""
    return np.uint32(np.uint32(row_train ^ column_train) & SIGN) == np.uint32(0)


@device_function
def meetings(row_train, column_train):
    """How many coincidences two trains have."""
    return popcount(np.uint32(np.uint32(row_train & column_train) & SLOTS))


@device_function
def normal(element, row, draw0, draw1, k0, k1):
    """The normal of one element of a row."""
    counter = np.uint32(element // 64 * 16 + element % 16)
    return pick(normal4(counter, np.uint32(row), draw0, draw1, k0, k1), element // 16 % 4)


@device_function(fused=True)
def fill_noise(noise, first_group, groups, cycle, row, draw0, draw1, k0, k1):
    """The normals of some groups of a row, times `cycle`."""
    for group in range(groups):
        lanes = noise[_GROUP * group : _GROUP * (group + 1)]
        for i in range(16):
            counter = np.uint32(16 * (first_group + group) + i)
            a, b, c, d = normal4(counter, np.uint32(row), draw0, draw1, k0, k1)
            lanes[i], lanes[16 + i], lanes[32 + i], lanes[48 + i] = cycle * a, cycle * b, cycle * c, cycle * d


@device_function(fused=True)
def visit_all(
    g, low, high, level_up, level_down, rate_up, rate_down, row_train, trains, noise, spread, counts
):  # fmt: skip
    """One sample for all devices of a row. This loop runs on vectors."""
    for j in range(g.size):
        up, n = rises(row_train, trains[j]), meetings(row_train, trains[j])
        # Loaded before they are chosen from: choosing addresses would make gathers of the loads.
        l_up, l_down, r_up, r_down = level_up[j], level_down[j], rate_up[j], rate_down[j]
        rate = r_up if up else r_down
        e = steps(n, rate, noise[j], spread)
        g[j] = moved(g[j], low[j], high[j], l_up if up else l_down, rate, e)
        counts[j] = np.uint32(counts[j] + np.uint32(np.uint32(n) << np.uint32(0 if up else 16)))


@device_function
def joules(ups, downs, energy_up, energy_down, before, after):
    """Energy of the pulses that took a device from one conductance to another."""
    return (energy_up * np.float32(ups) + energy_down * np.float32(downs)) * ((before + after) * _HALF)


@device_function
def write_back(counts, before, g, low, pulses_up, pulses_down, energy, energy_up, energy_down, costly):
    """Add the packed counts of a row to the counters, and start anew."""
    for j in range(g.size):
        count = counts[j] if low[j] >= _ZERO else np.uint32(0)
        ups, downs = np.int32(count & np.uint32(0xFFFF)), np.int32(count >> np.uint32(16))
        pulses_up[j] += ups
        pulses_down[j] += downs
        counts[j] = np.uint32(0)
        if costly:
            energy[j] += joules(ups, downs, energy_up, energy_down, before[j], g[j])
            before[j] = g[j]


@device_function(fused=True)
def update_row(
    row, conductance, lines, active, samples, row_trains, lengths, column_trains,
    listed, rising, columns, listed_trains, turn, cycle, spread, noise, counts, before,
    pulses_up, pulses_down, energy, energy_up, energy_down, draw0, draw1, k0, k1,
):  # fmt: skip
    """All active samples of a row for all of its devices."""
    g = conductance[row]
    low, high = lines[row, LOW, : g.size], lines[row, HIGH, : g.size]
    costly = energy_up + energy_down > _ZERO
    if costly:
        for j in range(g.size):
            before[j] = g[j]
    first, element, counted = 0, 0, 0
    while first < active:
        # As many samples at a time as there is room for normals and for counts.
        group, last, end = element // _GROUP, first, element
        while last < active and last - counted < _COUNTED:
            if end + listed[samples[row, last]] > group * _GROUP + noise.size:
                break
            end += listed[samples[row, last]]
            last += 1
        if cycle > 0:
            fill_noise(noise, group, (end + _GROUP - 1) // _GROUP - group, cycle, row, draw0, draw1, k0, k1)
        at = element - group * _GROUP
        for index in range(first, last):
            sample, row_train = samples[row, index], np.uint32(row_trains[row, index] ^ turn)
            if listed[sample] == g.size:
                visit_all(
                    g, low, high, lines[row, LEVEL_UP], lines[row, LEVEL_DOWN],
                    lines[row, RATE_UP], lines[row, RATE_DOWN], row_train, column_trains[sample],
                    noise[at : at + g.size], spread, counts,
                )  # fmt: skip
                at += g.size
                continue
            # No call from here on: it would count references to its arrays, which takes longer than the work.
            single, falls = lengths[sample] == np.uint32(1), np.int32(row_train >> np.uint32(31))
            for part in range(2):
                way, unit = part ^ falls, np.uint32(1 << 16) if part ^ falls else np.uint32(1)
                begin, stop = (rising[sample], listed[sample]) if part else (0, rising[sample])
                for place in range(begin, stop):
                    q = np.uint32(place)
                    j, xi, n = columns[sample, q], noise[np.uint32(at + place)], np.int32(1)
                    e = _ONE + xi
                    if not single:
                        n = meetings(row_train, listed_trains[sample, q])
                        if n == 0:
                            continue
                        e = steps(n, lines[row, RATE_UP + way, j], xi, spread)
                    level, rate = lines[row, LEVEL_UP + way, j], lines[row, RATE_UP + way, j]
                    g[j] = moved(g[j], low[j], high[j], level, rate, e)
                    counts[j] = np.uint32(counts[j] + np.uint32(unit * np.uint32(n)))
            at += listed[sample]
        if last == active or last - counted == _COUNTED:
            write_back(
                counts, before, g, low, pulses_up, pulses_down, energy, energy_up, energy_down, costly
            )  # fmt: skip
            counted = last
        first, element = last, end


@kernel(dimensions=2)
def take_bursts(
    row_first, row_last, col_first, col_last, conductance, lines,
    actives, samples, row_trains, lengths, column_trains, listed, rising, columns, listed_trains, ranks,
    turn, cycle, spread, noise, counts, before,
    pulses_up, pulses_down, energy, energy_up, energy_down, draw0, draw1, k0, k1,
):  # fmt: skip
    """The coincidences of a batch, those of one sample in one go.

    On a CPU, a span is of whole rows, and works in the first of its rows of the scratch arrays `noise`,
    `counts` (all zero) and `before`. On a GPU, it is one device, and there is no scratch. Devices with a
    lower bound below zero are not those of this kernel.
    """
    for row in range(row_first, row_last):
        if actives[row] == 0:
            continue
        if noise.shape[1]:
            update_row(
                row, conductance, lines, actives[row], samples, row_trains, lengths, column_trains,
                listed, rising, columns, listed_trains, turn, cycle, spread,
                noise[row_first], counts[row_first], before[row_first],
                pulses_up[row], pulses_down[row], energy[row], energy_up, energy_down, draw0, draw1, k0, k1,
            )  # fmt: skip
            continue
        col = col_first
        lo, hi, start = lines[row, LOW, col], lines[row, HIGH, col], conductance[row, col]
        if lo < _ZERO:
            continue
        g, element, ups, downs = start, 0, 0, 0
        for index in range(actives[row]):
            sample, row_train = samples[row, index], row_trains[row, index] ^ turn
            column_train = column_trains[sample, col]
            n = meetings(row_train, column_train)
            if n > 0:
                way = 0 if rises(row_train, column_train) else 1
                xi = cycle * normal(element + ranks[sample, col], row, draw0, draw1, k0, k1)
                rate = lines[row, RATE_UP + way, col]
                g = moved(g, lo, hi, lines[row, LEVEL_UP + way, col], rate, steps(n, rate, xi, spread))
                ups += 0 if way else n
                downs += n if way else 0
            element += listed[sample]
        conductance[row, col] = g
        pulses_up[row, col] += ups
        pulses_down[row, col] += downs
        energy[row, col] += joules(ups, downs, energy_up, energy_down, start, g)


@device_function
def step_size(family, step, shape, amplitude, growth, travelled, span):
    """Step of one pulse without noise; a table's is looked up elsewhere."""
    if family == AFFINE:
        return step - shape * travelled
    x = travelled / span if span > _ZERO else _ZERO
    if family == POWER:
        rest = _ONE - x
        return step * (rest if rest > _ZERO else _ZERO) ** shape
    _, gone = decay(-growth * x)
    factor = _ONE - amplitude * (_ONE - gone)
    return step * (factor if factor > _ZERO else _ZERO)


@kernel
def take_pulses(
    first, last, places, conductance, low, high, step_up, shape_up, step_down, shape_down,
    family, amplitude_up, growth_up, amplitude_down, growth_down, parts, table,
    actives, samples, row_trains, column_trains, turn, cycle, additive, state,
    pulses_up, pulses_down, energy, energy_up, energy_down, draw0, draw1, k0, k1,
):  # fmt: skip
    """The coincidences of a batch, pulse by pulse, for the devices at some places of the flat arrays.

    `shape` is the rate (affine) or the exponent (power) of every device; `parts` and `table` (2, nodes) are
    the tables of both ways.
    """
    cols = column_trains.shape[1]
    for position in range(first, last):
        place = places[position]
        row, col = place // cols, place % cols
        lo, hi, g = low[place], high[place], conductance[place]
        start, span, pulse, ups, downs = g, hi - lo, 0, 0, 0
        normals = normal4(np.uint32(place), np.uint32(0), draw0, draw1, k0, k1)
        for index in range(actives[row]):
            row_train, column_train = row_trains[row, index] ^ turn, column_trains[samples[row, index], col]
            n, up = meetings(row_train, column_train), rises(row_train, column_train)
            for _ in range(n):
                travelled = g - lo if up else hi - g
                if family == TABLE:
                    x = travelled / span if span > _ZERO else _ZERO
                    way, left, right = 0 if up else 1, 0, parts.shape[1] - 1
                    while right - left > 1:
                        middle = (left + right) // 2
                        left, right = (middle, right) if parts[way, middle] <= x else (left, middle)
                    weight = (x - parts[way, left]) / (parts[way, right] - parts[way, left])
                    factor = table[way, left] + weight * (table[way, right] - table[way, left])
                    move = (step_up[place] if up else step_down[place]) * factor
                else:
                    step, shape = step_up[place], shape_up[place]
                    if not up:
                        step, shape = step_down[place], shape_down[place]
                    amplitude, growth = (amplitude_up, growth_up) if up else (amplitude_down, growth_down)
                    move = step_size(family, step, shape, amplitude, growth, travelled, span)
                move = move if move > _ZERO else _ZERO
                move += (cycle * move + additive + state * (g - lo)) * pick(normals, pulse % 4)
                g = g + move if up else g - move
                g = lo if g < lo else g
                g = hi if g > hi else g
                pulse += 1
                if pulse % 4 == 0:
                    normals = normal4(np.uint32(place), np.uint32(pulse // 4), draw0, draw1, k0, k1)
            ups += n if up else 0
            downs += 0 if up else n
        conductance[place] = g
        pulses_up[place] += ups
        pulses_down[place] += downs
        energy[place] += joules(ups, downs, energy_up, energy_down, start, g)
