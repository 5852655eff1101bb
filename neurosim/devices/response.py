"""What pulses do to devices: kernels over all devices of an array, given as flat arrays.

One pulse moves a device by dg + (cycle dg + additive + state (g - lo)) ξ in its direction, with one
standard normal ξ a pulse, and the bounds cut what lies beyond; dg is never negative. The families give

    affine        dg = s - r u
    exponential   dg = s max(0, 1 - A exp(k x))
    power         dg = s (1 - x)^p
    table         dg = s times the interpolated table

where u is the conductance travelled from the near bound and x = u / (hi - lo). The step kernels apply
one pulse to every device whose count of pulses is beyond a threshold: with the thresholds 0, 1, 2, … they
apply all counts pulse by pulse.

`affine_burst` applies n pulses at once. With q = 1 - r and ρ = -ln q, n pulses without noise move a
device by

    dg (1 + q + … + q^(n-1)) = dg S,     S = n φ(ρ n) / φ(ρ),     φ(z) = (1 - exp(-z)) / z

and the noise of every pulse, carried on by the pulses after it, adds up to a normal deviate of variance

    n M² + 2 M a S + a² S (1 + q^n) / (1 + q),     M = cycle dg q^(n-1),   a = additive

The mean is exact, the variance to first order in the noise. neurosim.devices.pulses says when it is used.

All kernels count the pulses of every device and add up its write energy, V² width n (before + after) / 2.
"""

# mypy: allow-untyped-defs, allow-untyped-calls

from __future__ import annotations

import math

import numpy as np

from neurosim.backend import device_function, kernel

_ZERO, _HALF, _ONE, _TWO = np.float32(0.0), np.float32(0.5), np.float32(1.0), np.float32(2.0)


@device_function
def decay(z):
    """φ(z) = (1 - exp(-z)) / z, and 1 - exp(-z), for z cut at ±64, where devices have long reached a bound.

    A power series at z/256 and eight doublings: calls of the C library do not vectorise. Both results
    keep their relative accuracy down to z = 0. All constants are exact as float32, so a float64 z is
    worked on in full.
    """
    z = min(max(z, np.float32(-64.0)), np.float32(64.0))
    t = z * np.float32(1 / 256)
    p = np.float32(9.0) - t
    p = np.float32(72.0) - t * p
    p = np.float32(504.0) - t * p
    p = np.float32(3024.0) - t * p
    p = np.float32(15120.0) - t * p
    p = np.float32(60480.0) - t * p
    p = np.float32(181440.0) - t * p
    phi = (np.float32(362880.0) - t * p) / np.float32(362880.0)
    lost = t * phi
    for _ in range(8):
        phi = phi * (_ONE - lost * _HALF)
        lost = lost * (_TWO - lost)
    return phi, lost


@device_function
def choose(up, upwards, downwards):
    """One of two numbers, both loaded: a choice between addresses would make gathers of the loads."""
    return upwards if up else downwards


@device_function
def settle(before, move, up, down, low, high):
    """The conductance after a move in the direction of the pulse, cut at the bounds."""
    after = before + move if up else before - move
    after = low if after < low else after
    after = high if after > high else after
    return after if up or down else before


@kernel
def affine_step(
    first, last, conductance, low, high, step_up, rate_up, step_down, rate_down,
    counts, threshold, noise, noisy, cycle, additive, state,
    pulses_up, pulses_down, energy, energy_up, energy_down,
):  # fmt: skip
    """One pulse for every device whose count is beyond the threshold; the step falls on a line."""
    g, lo, hi = conductance[first:last], low[first:last], high[first:last]
    s_up, r_up = step_up[first:last], rate_up[first:last]
    s_down, r_down = step_down[first:last], rate_down[first:last]
    n, z = counts[first:last], noise[first:last]
    ups, downs, joules = pulses_up[first:last], pulses_down[first:last], energy[first:last]
    for i in range(g.size):
        up, down = n[i] > threshold, n[i] < -threshold
        before, lowest, highest = g[i], lo[i], hi[i]
        step, rate = choose(up, s_up[i], s_down[i]), choose(up, r_up[i], r_down[i])
        move = step - rate * (before - lowest if up else highest - before)
        move = move if move > _ZERO else _ZERO
        if noisy:
            move += (cycle * move + additive + state * (before - lowest)) * z[i]
        after = settle(before, move, up, down, lowest, highest)
        g[i] = after
        ups[i] += np.int32(1) if up else np.int32(0)
        downs[i] += np.int32(1) if down else np.int32(0)
        spent = (energy_up if up else energy_down) * (before + after) * _HALF
        joules[i] += spent if up or down else _ZERO


@kernel
def affine_burst(
    first, last, conductance, low, high, step_up, rate_up, exponent_up, step_down, rate_down, exponent_down,
    counts, noise, noisy, cycle, additive, pulses_up, pulses_down, energy, energy_up, energy_down,
):  # fmt: skip
    """All pulses of every device at once; `exponent` is ρ = -ln(1 - rate)."""
    g, lo, hi = conductance[first:last], low[first:last], high[first:last]
    s_up, r_up, e_up = step_up[first:last], rate_up[first:last], exponent_up[first:last]
    s_down, r_down, e_down = step_down[first:last], rate_down[first:last], exponent_down[first:last]
    n, z = counts[first:last], noise[first:last]
    ups, downs, joules = pulses_up[first:last], pulses_down[first:last], energy[first:last]
    real = conductance.dtype.type
    one = real(1.0)
    for i in range(g.size):
        up, down = n[i] > 0, n[i] < 0
        before, lowest, highest = g[i], lo[i], hi[i]
        pulses = real(n[i] if up else -n[i])
        rate, exponent = choose(up, r_up[i], r_down[i]), choose(up, e_up[i], e_down[i])
        move = choose(up, s_up[i], s_down[i]) - rate * (before - lowest if up else highest - before)
        move = move if move > _ZERO else _ZERO
        one_phi = rate / exponent if exponent != _ZERO else _ONE
        all_phi, lost = decay(exponent * pulses)
        reach = pulses * all_phi / one_phi
        deviation = _ZERO * move
        if noisy:
            # left is q^n, kept is q
            left, kept = one - lost, one - rate
            carried = cycle * move * left / kept
            variance = pulses * carried * carried + _TWO * carried * additive * reach
            variance += additive * additive * reach * (one + left) / (one + kept)
            deviation = math.sqrt(variance) * z[i]
        after = settle(before, move * reach + deviation, up, down, lowest, highest)
        g[i] = after
        ups[i] += np.int32(n[i]) if up else np.int32(0)
        downs[i] -= np.int32(n[i]) if down else np.int32(0)
        spent = (energy_up if up else energy_down) * pulses * (before + after) * _HALF
        joules[i] += spent if up or down else _ZERO


@kernel
def exponential_step(
    first, last, conductance, low, high, step_up, step_down,
    amplitude_up, growth_up, amplitude_down, growth_down,
    counts, threshold, noise, noisy, cycle, additive, state,
    pulses_up, pulses_down, energy, energy_up, energy_down,
):  # fmt: skip
    """One pulse for every device whose count is beyond the threshold; steps with an exponential."""
    g, lo, hi = conductance[first:last], low[first:last], high[first:last]
    s_up, s_down = step_up[first:last], step_down[first:last]
    n, z = counts[first:last], noise[first:last]
    ups, downs, joules = pulses_up[first:last], pulses_down[first:last], energy[first:last]
    one = conductance.dtype.type(1.0)
    for i in range(g.size):
        up, down = n[i] > threshold, n[i] < -threshold
        before = g[i]
        span = hi[i] - lo[i]
        travelled = before - lo[i] if up else hi[i] - before
        x = travelled / span if span > _ZERO else _ZERO
        _, gone = decay(-(growth_up if up else growth_down) * x)  # 1 - exp(growth x)
        factor = one - (amplitude_up if up else amplitude_down) * (one - gone)
        move = (s_up[i] if up else s_down[i]) * (factor if factor > _ZERO else _ZERO)
        if noisy:
            move += (cycle * move + additive + state * (before - lo[i])) * z[i]
        after = settle(before, move, up, down, lo[i], hi[i])
        g[i] = after
        ups[i] += np.int32(1) if up else np.int32(0)
        downs[i] += np.int32(1) if down else np.int32(0)
        spent = (energy_up if up else energy_down) * (before + after) * _HALF
        joules[i] += spent if up or down else _ZERO


@kernel
def power_step(
    first, last, conductance, low, high, step_up, exponent_up, step_down, exponent_down,
    counts, threshold, noise, noisy, cycle, additive, state,
    pulses_up, pulses_down, energy, energy_up, energy_down,
):  # fmt: skip
    """One pulse for every device whose count is beyond the threshold; steps with a power."""
    g, lo, hi = conductance[first:last], low[first:last], high[first:last]
    s_up, p_up = step_up[first:last], exponent_up[first:last]
    s_down, p_down = step_down[first:last], exponent_down[first:last]
    n, z = counts[first:last], noise[first:last]
    ups, downs, joules = pulses_up[first:last], pulses_down[first:last], energy[first:last]
    for i in range(g.size):
        up, down = n[i] > threshold, n[i] < -threshold
        before = g[i]
        span = hi[i] - lo[i]
        travelled = before - lo[i] if up else hi[i] - before
        x = travelled / span if span > _ZERO else _ZERO
        rest = _ONE - x
        rest = rest if rest > _ZERO else _ZERO
        move = (s_up[i] if up else s_down[i]) * rest ** (p_up[i] if up else p_down[i])
        if noisy:
            move += (cycle * move + additive + state * (before - lo[i])) * z[i]
        after = settle(before, move, up, down, lo[i], hi[i])
        g[i] = after
        ups[i] += np.int32(1) if up else np.int32(0)
        downs[i] += np.int32(1) if down else np.int32(0)
        spent = (energy_up if up else energy_down) * (before + after) * _HALF
        joules[i] += spent if up or down else _ZERO


@kernel
def table_step(
    first, last, conductance, low, high, step_up, step_down, parts_up, table_up, parts_down, table_down,
    counts, threshold, noise, noisy, cycle, additive, state,
    pulses_up, pulses_down, energy, energy_up, energy_down,
):  # fmt: skip
    """One pulse for every device whose count is beyond the threshold; steps from a table."""
    g, lo, hi = conductance[first:last], low[first:last], high[first:last]
    s_up, s_down = step_up[first:last], step_down[first:last]
    n, z = counts[first:last], noise[first:last]
    ups, downs, joules = pulses_up[first:last], pulses_down[first:last], energy[first:last]
    for i in range(g.size):
        up, down = n[i] > threshold, n[i] < -threshold
        before = g[i]
        span = hi[i] - lo[i]
        travelled = before - lo[i] if up else hi[i] - before
        x = travelled / span if span > _ZERO else _ZERO
        # The search stands here, for the CUDA simulator hands no arrays to helpers.
        parts, table = (parts_up, table_up) if up else (parts_down, table_down)
        left, right = 0, parts.size - 1
        while right - left > 1:
            middle = (left + right) // 2
            if parts[middle] <= x:
                left = middle
            else:
                right = middle
        weight = (x - parts[left]) / (parts[right] - parts[left])
        move = (s_up[i] if up else s_down[i]) * (table[left] + weight * (table[right] - table[left]))
        if noisy:
            move += (cycle * move + additive + state * (before - lo[i])) * z[i]
        after = settle(before, move, up, down, lo[i], hi[i])
        g[i] = after
        ups[i] += np.int32(1) if up else np.int32(0)
        downs[i] += np.int32(1) if down else np.int32(0)
        spent = (energy_up if up else energy_down) * (before + after) * _HALF
        joules[i] += spent if up or down else _ZERO
