"""Converters against a reference that takes one number at a time."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import converters as oracle

from neurosim.mappings import converters
from neurosim.random import stream


def signals(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-1.5, 1.5, shape)


@given(st.integers(0, 99), st.integers(2, 12))
def test_amplitudes_are_rounded_like_one_by_one(seed: int, bits: int) -> None:
    x = signals(seed, 3, 5)
    full = converters.full_inputs(x, None)
    got = converters.amplitudes(x, full, bits)[0]
    expected = [
        [oracle.dac(v, f, bits) for v in row] for row, f in zip(x.tolist(), full.tolist(), strict=True)
    ]
    np.testing.assert_allclose(got, expected, rtol=0, atol=1e-15)


def test_an_ideal_dac_only_clips() -> None:
    x = np.array([[0.5, -3.0, 2.0]])
    np.testing.assert_array_equal(converters.amplitudes(x, np.array([2.0]), None)[0], [[0.25, -1.0, 1.0]])


def test_each_sample_has_its_own_scale_and_silence_is_no_division_by_zero() -> None:
    x = np.array([[0.0, -4.0], [0.0, 0.0], [2.0, 1.0]])
    np.testing.assert_array_equal(converters.full_inputs(x, None), [4.0, 1.0, 2.0])
    np.testing.assert_array_equal(converters.full_inputs(x, 3.0), [3.0, 3.0, 3.0])


def test_inputs_too_small_to_be_scaled_up_are_read_as_zero() -> None:
    x = np.array([[1e-42, -1e-43], [1e-37, 0.0]], dtype=np.float32)
    q = converters.amplitudes(x, converters.full_inputs(x, None), 8)
    np.testing.assert_array_equal(q[0], [[0.0, 0.0], [1.0, 0.0]])


@given(st.integers(0, 99), st.integers(2, 10))
def test_bit_planes_add_up_to_the_amplitude(seed: int, bits: int) -> None:
    x = signals(seed, 4, 6)
    full = converters.full_inputs(x, None)
    sent = converters.bit_planes(x, full, bits)
    assert set(np.unique(sent)) <= {-1.0, 0.0, 1.0}
    total = np.tensordot(converters.plane_weights(bits, np.float64), sent, axes=1)
    np.testing.assert_allclose(total, converters.amplitudes(x, full, bits)[0], rtol=0, atol=1e-15)


def convert(currents: np.ndarray, backend: str = "cpu", **options: object) -> np.ndarray:
    tiles, planes, batch, n = currents.shape
    real = currents.dtype
    settings: dict = {
        "full": np.ones(batch, real),
        "gain": np.ones(n, real),
        "weight": np.ones(planes, real),
        "bits": None,
        "ranges": np.ones(tiles, real),
        "stream": stream(3, "adc"),
        "draw": 5,
    }
    return converters.convert(currents.copy(), backend=backend, **(settings | options))


@given(st.integers(0, 99), st.integers(2, 12), st.floats(0.1, 4.0))
def test_conversion_rounds_and_clips_like_one_by_one(seed: int, bits: int, full_scale: float) -> None:
    currents = signals(seed, 2, 1, 3, 5)
    got = convert(currents, bits=bits, ranges=np.array([full_scale, 2 * full_scale]))
    for b in range(3):
        for j in range(5):
            parts = [oracle.adc(currents[t, 0, b, j], (t + 1) * full_scale, bits) for t in range(2)]
            assert got[b, j] == pytest.approx(sum(parts), abs=1e-12)


def test_the_pedestal_is_converted_and_taken_off_again() -> None:
    currents = signals(1, 1, 1, 2, 3)
    pedestal = np.full((1, 1, 2), 0.3)
    got = convert(currents, bits=4, ranges=np.array([2.0]), pedestal=pedestal)
    expected = [[oracle.adc(v + 0.3, 2.0, 4) - 0.3 for v in row] for row in currents[0, 0].tolist()]
    np.testing.assert_allclose(got, expected, atol=1e-15)


def test_full_scale_gain_and_planes_multiply() -> None:
    currents = signals(2, 1, 3, 2, 4)
    full, gain, weight = np.array([2.0, 3.0]), np.arange(1.0, 5.0), np.array([0.25, 0.5, 1.0])
    got = convert(currents, full=full, gain=gain, weight=weight)
    np.testing.assert_allclose(
        got, np.tensordot(weight, currents[0], axes=1) * full[:, None] * gain, rtol=1e-14
    )


@pytest.mark.parametrize("n", [1, 4, 7, 10])
def test_noise_is_the_keyed_draw_of_the_read(backend: str, n: int) -> None:
    currents = signals(4, 2, 1, 3, n).astype(np.float32)
    got = convert(currents, backend, noise=0.1)
    draws = stream(3, "adc").normals((2, 1, 3, 4 * -(-n // 4)), draw=5)[..., :n]
    np.testing.assert_allclose(got, (currents + np.float32(0.1) * draws).sum(axis=(0, 1)), rtol=0, atol=2e-6)


@pytest.mark.parametrize("n", [4, 6])
def test_device_noise_adds_its_variance(backend: str, n: int) -> None:
    currents = signals(4, 1, 1, 3, n).astype(np.float32)
    variance = np.random.default_rng(0).uniform(0, 0.1, currents.shape).astype(np.float32)
    got = convert(currents, backend, noise=0.1, variance=variance)
    draws = stream(3, "adc").normals((1, 1, 3, 4 * -(-n // 4)), draw=5)[..., :n]
    np.testing.assert_allclose(got, (currents + np.sqrt(0.01 + variance) * draws)[0, 0], rtol=0, atol=2e-6)


def test_backends_agree_bit_for_bit(backend: str) -> None:
    x = signals(6, 3, 9).astype(np.float32)
    full = converters.full_inputs(x, None)
    for bits in (None, 5):
        np.testing.assert_array_equal(
            converters.amplitudes(x, full, bits, backend), converters.amplitudes(x, full, bits)
        )
    np.testing.assert_array_equal(
        converters.bit_planes(x, full, 5, backend), converters.bit_planes(x, full, 5)
    )
    currents = signals(7, 2, 2, 3, 6).astype(np.float32)
    options: dict = {"bits": 6, "ranges": np.array([1.0, 2.0], np.float32), "noise": 0.05}
    np.testing.assert_array_equal(convert(currents, backend, **options), convert(currents, **options))


def test_noise_does_not_depend_on_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    currents = signals(8, 2, 1, 700, 130).astype(np.float32)
    results = []
    for threads in ("1", "3"):
        monkeypatch.setenv("NEUROSIM_THREADS", threads)
        results.append(convert(currents, bits=8, noise=0.1))
    np.testing.assert_array_equal(*results)
