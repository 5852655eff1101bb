"""Converters one number at a time, written from the equations and nothing else."""

from __future__ import annotations

import math


def rounded(value: float) -> float:
    """To the nearest whole number, halves to the even one."""
    down = math.floor(value)
    rest = value - down
    if rest != 0.5:
        return float(down if rest < 0.5 else down + 1)
    return float(down if down % 2 == 0 else down + 1)


def dac(x: float, full: float, bits: int | None) -> float:
    """The voltage of one input as a fraction of the read voltage."""
    part = max(-1.0, min(1.0, x / full))
    if bits is None:
        return part
    steps = 2 ** (bits - 1) - 1
    return rounded(part * steps) / steps


def planes(x: float, full: float, bits: int) -> list[float]:
    """The signed bits of one input, lowest first."""
    steps = 2 ** (bits - 1) - 1
    code = int(dac(x, full, bits) * steps + (0.5 if x > 0 else -0.5))
    sign = 1.0 if code > 0 else -1.0
    return [sign if abs(code) >> bit & 1 else 0.0 for bit in range(bits - 1)]


def adc(u: float, full_scale: float, bits: int | None) -> float:
    """What the ADC says about a current, in the unit of the current."""
    if bits is None:
        return u
    steps = 2 ** (bits - 1) - 1
    code = max(-steps, min(steps, rounded(u * steps / full_scale)))
    return code * full_scale / steps


def read(
    x: list[list[float]],
    d: list[list[float]],
    *,
    tiles: list[tuple[int, int]],
    dac_bits: int | None,
    adc_bits: int | None,
    ranges: list[float],
    gain: list[float],
    serial: bool = False,
    pedestal: float = 0.0,
) -> list[list[float]]:
    """Read a batch x (batch, n_in) from device differences d (n_in, n_out), tile by tile."""
    outputs = []
    for sample in x:
        full = max(abs(value) for value in sample) or 1.0
        row = []
        for j in range(len(d[0])):
            total = 0.0
            for (first, last), full_scale in zip(tiles, ranges, strict=True):
                if serial:
                    sent = [planes(value, full, dac_bits) for value in sample]
                    weights = [2**p / (2 ** (dac_bits - 1) - 1) for p in range(dac_bits - 1)]
                else:
                    sent = [[dac(value, full, dac_bits)] for value in sample]
                    weights = [1.0]
                for p, weight in enumerate(weights):
                    base = pedestal * math.fsum(sent[i][p] for i in range(first, last))
                    current = math.fsum(sent[i][p] * d[i][j] for i in range(first, last))
                    total += weight * (adc(current + base, full_scale, adc_bits) - base)
            row.append(full * gain[j] * total)
        outputs.append(row)
    return outputs
