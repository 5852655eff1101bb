"""The stochastic coincidence update as plain loops: one line, one device, one pulse at a time, in float64."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from oracles import philox

LONGEST = 31


def limits(x: Any, d: Any, gain: float, longest: int = LONGEST) -> tuple[int, Any, Any]:
    """Slots of one sample, and the probabilities of rows and columns as numbers of 2^-32."""
    x, d = np.asarray(x, np.float64), np.asarray(d, np.float64)
    x_max, d_max = np.abs(x).max(), np.abs(d).max()
    k = gain * x_max * d_max
    if k == 0:
        return 0, np.zeros(len(x), int), np.zeros(len(d), int)
    length = min(math.ceil(k), longest)
    root = math.sqrt(gain / length)
    d_used = d_max * min(1.0, longest / k)

    def limit(values: Any, scale: float) -> Any:
        p = np.abs(values).astype(np.float32) * np.float32(scale)
        return np.where(p >= 1, 2**32 - 1, (p.astype(np.float64) * 2**32).astype(np.int64))

    return length, limit(x, root * math.sqrt(d_used / x_max)), limit(d, root * math.sqrt(x_max / d_used))


def trains(values: Any, limits_: Any, lengths: Any, side: int, draw: int, key: tuple[int, int]) -> Any:
    """Trains (batch, lines) of values with limits (batch, lines) and lengths (batch,); side 1 is columns."""
    out = np.zeros(np.shape(values), np.uint32)
    draw_words = draw % 2**32, draw // 2**32
    for sample, line in np.ndindex(*out.shape):
        limit, length, bits = int(limits_[sample][line]), int(lengths[sample]), 0
        if length == 1:
            counter = (16 * (line // 64) + line % 16, 64 * sample + 32 * side + 31, *draw_words)
            bits = int(philox.philox(counter, key)[line // 16 % 4] < limit)
        elif length > 1:
            counters = [(line, 64 * sample + 32 * side + block, *draw_words) for block in range(8)]
            words = [word for counter in counters for word in philox.philox(counter, key)]
            for slot in range(length):
                number = sum((word >> slot & 1) << (31 - digit) for digit, word in enumerate(words))
                bits |= (number < limit) << slot
        out[sample, line] = bits | (int(values[sample][line] < 0 and length > 0) << 31)
    return out


def normal_of_row(element: int, row: int, draw: int, key: tuple[int, int]) -> float:
    """The normal of an element of a row's visits."""
    counter = (element // 64 * 16 + element % 16, row, draw % 2**32, draw // 2**32)
    return philox.normals4(counter, key)[element // 16 % 4]


def normal_of_device(pulse: int, place: int, draw: int, key: tuple[int, int]) -> float:
    """The normal of one single pulse of a device."""
    return philox.normals4((place, pulse // 4, draw % 2**32, draw // 2**32), key)[pulse % 4]


def visited(columns: Any, length: int) -> Any:
    """The order in which a sample visits the columns (those with d > 0 first), or all where it lists none."""
    sending = [j for j, train in enumerate(columns) if train % 2**31]
    most = 2 * len(columns) // 3 if length == 1 else len(columns) // 4
    if len(sending) > most:
        return list(range(len(columns)))
    return [j for j in sending if columns[j] < 2**31] + [j for j in sending if columns[j] >= 2**31]


def burst(g: float, n: int, up: bool, device: dict[str, float], cycle: float, xi: float) -> float:
    """n steps of an affine device in one go."""
    step, rate = (device["step_up"], device["rate_up"]) if up else (device["step_down"], device["rate_down"])
    m = step - rate * (g - device["lo"] if up else device["hi"] - g)
    if n == 1:
        total = 1 + cycle * xi
    else:
        deviate = cycle * math.sqrt(n) * xi
        e = n + rate * (n * (1 + cycle**2) / 2 + n * rate / 3) + (1 + rate) * deviate
        total = -math.expm1(-rate * e) / rate if rate else e
    return min(max(g + (m if up else -m) * total, device["lo"]), device["hi"])


def size(family: str, shape: Any, way: str, step: float, rate: float, travelled: float, span: float) -> float:
    """One step without noise (see neurosim.devices.response)."""
    x = travelled / span if span else 0.0
    if family == "affine":
        return max(step - rate * travelled, 0.0)
    if family == "power":
        return step * max(1 - x, 0.0) ** rate
    first = 0 if way == "up" else 2
    if family == "exponential":
        amplitude, growth = float(shape[first]), float(shape[first + 1])
        return step * max(1 - amplitude * math.exp(growth * x), 0.0)
    return step * float(np.interp(x, shape[first], shape[first + 1]))


def single(
    g: float, way: str, devices: Any, at: tuple[int, int], noise: tuple[float, float, float], xi: float
) -> float:
    """One step of any device; `noise` is cycle, additive (S) and state."""
    lo, hi = float(devices.lo[at]), float(devices.hi[at])
    step, rate = (
        (devices.step_up[at], devices.rate_up[at])
        if way == "up"
        else (devices.step_down[at], devices.rate_down[at])
    )
    travelled = g - lo if way == "up" else hi - g
    m = size(devices.family, devices.shape, way, float(step), float(rate), travelled, hi - lo)
    m += (noise[0] * m + noise[1] + noise[2] * (g - lo)) * xi
    return min(max(g + (m if way == "up" else -m), lo), hi)
