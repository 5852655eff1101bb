"""Crossbar synapses: what is read is the product with what the devices hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mapping_builders import device, mapping, synapses, weights
from oracles import converters as oracle

from neurosim.backend import single_threaded_blas
from neurosim.errors import InputError
from neurosim.mappings.placement import input_blocks
from neurosim.networks.synapses import Signs

SCHEMES = ("differential", "reference", "own-reference", "offset")
sizes = st.integers(1, 9)


@given(
    sizes,
    sizes,
    st.sampled_from(SCHEMES),
    st.sampled_from(["layer", "column"]),
    st.integers(2, 5),
    st.integers(0, 9),
)
def test_with_ideal_converters_reads_are_products(
    n_in: int, n_out: int, scheme: str, per: str, tile: int, seed: int
) -> None:
    card = mapping(weights={"scheme": scheme, "per": per}, tile={"rows": tile, "cols": tile})
    matrix = weights(n_in, n_out, seed)
    crossbar = synapses(matrix, card)
    np.testing.assert_allclose(crossbar.effective_weights(), matrix, rtol=0, atol=1e-12)
    x, d = weights(4, n_in, seed + 1), weights(4, n_out, seed + 2)
    np.testing.assert_allclose(crossbar.read(x), x @ matrix, rtol=0, atol=1e-12)
    np.testing.assert_allclose(crossbar.read_transposed(d), d @ matrix.T, rtol=0, atol=1e-12)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("serial", [False, True])
def test_reads_agree_with_a_reference_that_takes_one_number_at_a_time(scheme: str, serial: bool) -> None:
    encoding = "bit-serial" if serial else "amplitude"
    card = mapping(
        weights={"scheme": scheme},
        tile={"rows": 3, "cols": 4},
        dac={"bits": 5, "encoding": encoding},
        adc={"bits": 6, "range": 1.7},
    )
    crossbar = synapses(weights(7, 3), card)
    x = weights(5, 7, 1)
    tiles = input_blocks(card, 7)
    expected = oracle.read(
        x.tolist(),
        (crossbar.effective_weights() / crossbar.unit).tolist(),
        tiles=tiles,
        dac_bits=5,
        adc_bits=6,
        ranges=[1.7] * len(tiles),
        gain=crossbar.unit.tolist(),
        serial=serial,
        pedestal=0.51 if scheme == "offset" else 0.0,
    )
    np.testing.assert_allclose(crossbar.read(x), expected, rtol=0, atol=1e-12)


def test_transposed_reads_scale_each_column_before_the_dac() -> None:
    card = mapping(weights={"per": "column"}, dac={"bits": 6}, adc={"bits": "ideal"})
    matrix = weights(4, 3) * np.array([1.0, 10.0, 0.1])
    crossbar = synapses(matrix, card)
    d = weights(6, 3, 1)
    scaled = d * crossbar.unit
    sent = [[oracle.dac(v, np.abs(row).max(), 6) * np.abs(row).max() for v in row] for row in scaled]
    expected = np.array(sent) @ (matrix / crossbar.unit).T
    np.testing.assert_allclose(crossbar.read_transposed(d), expected, rtol=0, atol=1e-12)


def test_bit_serial_inputs_equal_amplitudes_when_the_adc_is_ideal() -> None:
    matrix, x = weights(9, 5), weights(8, 9, 1)
    results = [
        synapses(matrix, mapping(dac={"bits": 6, "encoding": encoding}, tile={"rows": 4, "cols": 8})).read(x)
        for encoding in ("amplitude", "bit-serial")
    ]
    np.testing.assert_allclose(*results, rtol=0, atol=1e-12)


@given(st.integers(2, 20), st.integers(1, 12))
def test_split_tiles_equal_one_tile_up_to_the_steps_of_their_adcs(n_in: int, rows: int) -> None:
    matrix, x = weights(n_in, 3), weights(6, n_in, 1)
    whole = synapses(matrix, mapping(adc={"bits": "ideal", "noise": 0})).read(x)
    split = synapses(matrix, mapping(adc={"bits": 12, "range": n_in}, tile={"rows": rows, "cols": 6}))
    tiles = len(input_blocks(mapping(tile={"rows": rows, "cols": 6}), n_in))
    step = n_in / 2047 * split.unit[0] * np.abs(x).max()
    assert np.abs(split.read(x) - whole).max() <= tiles * step / 2 + 1e-12


def test_automatic_range_is_the_largest_current_of_the_calibration_batch() -> None:
    card = mapping(adc={"bits": 8, "range": "auto"}, tile={"rows": 3, "cols": 8})
    crossbar = synapses(weights(6, 4), card)
    x = weights(10, 6, 1)
    crossbar.calibrate(x)
    scaled = x / np.abs(x).max(axis=1, keepdims=True)
    differences = crossbar.effective_weights() / crossbar.unit
    expected = [np.abs(scaled[:, :3] @ differences[:3]).max(), np.abs(scaled[:, 3:] @ differences[3:]).max()]
    np.testing.assert_allclose(crossbar.state()["read/ranges"], expected, rtol=1e-12)


def test_the_first_read_calibrates_where_nothing_else_did_and_later_ones_do_not() -> None:
    crossbar = synapses(weights(6, 4), mapping(adc={"bits": 8}))
    crossbar.read(weights(3, 6, 1))
    ranges = crossbar.state()["read/ranges"]
    crossbar.read(100 * weights(3, 6, 2))
    np.testing.assert_array_equal(crossbar.state()["read/ranges"], ranges)


def test_calibration_also_renews_the_range_of_transposed_reads() -> None:
    crossbar = synapses(weights(6, 4), mapping(adc={"bits": 8}))
    d = np.eye(4)[:1]
    crossbar.read_transposed(np.ones((1, 4)))
    first = crossbar.state()["read transposed/ranges"]
    crossbar.calibrate(weights(3, 6, 1))
    crossbar.read_transposed(d)
    assert crossbar.state()["read transposed/ranges"] != first


def test_adc_noise_has_its_stated_size_and_is_scaled_with_each_sample() -> None:
    crossbar = synapses(
        np.zeros((2, 400)) + 1e-9, mapping(weights={"range": 1.0}, adc={"bits": "ideal", "noise": 0.05})
    )
    x = np.repeat([[1.0, 0.5], [10.0, 2.0]], 50, axis=0)
    read = crossbar.read(x)
    assert read[:50].std() == pytest.approx(0.05, rel=0.02)
    assert read[50:].std() == pytest.approx(0.5, rel=0.02)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_read_noise_of_devices_has_the_variance_of_their_sum(scheme: str) -> None:
    noisy = device(read={"voltage": 0.2, "noise": 0.03})
    crossbar = synapses(
        weights(5, 300) * 0.5, mapping(weights={"scheme": scheme, "range": 1.0}), noisy, seed=3
    )
    x = np.tile([0.2, -1.0, 0.7, 0.0, 0.4], (400, 1))
    squares = sum(array.conductance**2 for name, array in crossbar.arrays.items())
    expected = 0.03 / 100e-6 * np.sqrt((x[0] ** 2) @ squares) * crossbar.unit
    measured = (crossbar.read(x) - x @ crossbar.effective_weights()).std(axis=0)
    assert np.mean(measured / expected) == pytest.approx(1.0, rel=0.01)


def test_noise_is_in_transposed_reads_and_is_drawn_apart() -> None:
    card = mapping(adc={"bits": "ideal", "noise": 0.1})
    square = np.eye(8)
    crossbar = synapses(square, card)
    forward, backward = crossbar.read(square), crossbar.read_transposed(square)
    assert np.abs(forward - backward).min() > 0


def test_a_state_goes_on_with_the_same_bits() -> None:
    noisy = device(read={"noise": 0.02}, variation={"device": 0.1, "cycle": 0.1})
    card = mapping(adc={"bits": 6, "noise": 0.02}, dac={"bits": 5}, tile={"rows": 3, "cols": 4})
    one, other = (synapses(weights(7, 5), card, noisy, seed=4) for _ in range(2))
    signs = np.sign(weights(7, 5, 3)).astype(np.int8)
    x, d = weights(6, 7, 1), weights(6, 5, 2)

    def use(crossbar: object, times: int) -> list[np.ndarray]:
        results = []
        for _ in range(times):
            results += [crossbar.read(x), crossbar.read_transposed(d)]
            crossbar.write(Signs(signs, 1e-3))
        return results

    use(one, 3)
    state = one.state()
    expected = use(one, 2)
    other.restore(state)
    for got, wanted in zip(use(other, 2), expected, strict=True):
        np.testing.assert_array_equal(got, wanted)
    assert other.counters() == one.counters()


def test_a_state_of_other_synapses_is_refused() -> None:
    crossbar = synapses(weights(3, 2), mapping())
    with pytest.raises(InputError, match="layer1"):
        crossbar.restore({"weights": np.zeros((3, 2))})


def test_results_do_not_depend_on_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    matrix, x = weights(300, 130, dtype="float32"), weights(600, 300, 1, "float32")
    results = []
    for threads in ("1", "3"):
        monkeypatch.setenv("NEUROSIM_THREADS", threads)
        card = mapping(adc={"bits": 8, "noise": 0.05}, dac={"bits": 8}, tile={"rows": 128, "cols": 128})
        crossbar = synapses(matrix, card, device(read={"noise": 0.01}))
        with single_threaded_blas():
            results.append(crossbar.read(x))
    np.testing.assert_array_equal(*results)


def test_a_batch_of_another_width_is_refused_by_shape() -> None:
    with pytest.raises(InputError, match=r"\(2, 5\).*3"):
        synapses(weights(3, 2), mapping()).read(np.zeros((2, 5)))


def test_an_empty_batch_gives_empty_outputs() -> None:
    assert synapses(weights(3, 2), mapping(adc={"bits": 6})).read(np.zeros((0, 3))).shape == (0, 2)


@pytest.mark.parametrize("initial", ["exact", "program"])
def test_initial_weights_are_held_as_well_as_the_way_of_writing_allows(initial: str) -> None:
    card = mapping(weights={"initial": initial, "range": 1.0}, write={"tolerance": 0.01})
    matrix = weights(20, 10)
    error = np.abs(synapses(matrix, card).effective_weights() - matrix).max()
    assert error < (1e-12 if initial == "exact" else 0.02 + 1e-9)
    assert initial == "exact" or error > 1e-4


def test_initial_mid_shrinks_the_weights_to_a_step_around_the_middle() -> None:
    card = mapping(weights={"initial": "mid", "range": 0.5})
    matrix = weights(50, 40)
    held = synapses(matrix, card).effective_weights()
    assert np.sqrt(np.mean((held / 0.5) ** 2)) == pytest.approx(0.00707, rel=1e-3)
    np.testing.assert_allclose(held / matrix, (held / matrix)[0, 0], rtol=1e-9)


def test_weights_beyond_the_range_end_at_its_end() -> None:
    crossbar = synapses(np.array([[3.0, -3.0, 0.5]]), mapping(weights={"range": 1.0}))
    np.testing.assert_allclose(crossbar.effective_weights(), [[1.0, -1.0, 0.5]], atol=1e-12)


def test_rest_low_keeps_one_device_of_every_pair_at_its_lowest() -> None:
    crossbar = synapses(weights(6, 5), mapping(weights={"rest": "low"}))
    lowest = np.minimum(crossbar.plus.conductance, crossbar.minus.conductance)
    np.testing.assert_allclose(lowest, 1e-6, rtol=1e-12)
    np.testing.assert_allclose(crossbar.effective_weights(), weights(6, 5), atol=1e-12)


def test_single_devices_hold_zero_where_the_device_card_puts_its_reference() -> None:
    off_centre = device(reference={"at": 41e-6})
    for scheme in ("reference", "own-reference", "offset"):
        crossbar = synapses(np.zeros((3, 2)), mapping(weights={"scheme": scheme, "range": 1.0}), off_centre)
        np.testing.assert_allclose(crossbar.plus.conductance, 41e-6, rtol=1e-12)
        np.testing.assert_allclose(crossbar.effective_weights(), 0, atol=1e-12)


def test_saturation_counts_devices_at_either_end_of_their_own_range() -> None:
    crossbar = synapses(np.array([[1.0, -1.0, 0.0, 0.5]]), mapping(weights={"range": 1.0}))
    assert crossbar.saturation() == pytest.approx(0.5)


def test_weights_with_references_of_their_own_hold_zero_at_their_devices_symmetry_points() -> None:
    soft = device(
        "soft-bounds",
        potentiation={"step": 1e-6},
        depression={"step": 1e-6},
        variation={"symmetry": 0.2},
        reference={"at": "symmetry"},
    )
    crossbar = synapses(np.zeros((6, 5)), mapping(weights={"scheme": "own-reference", "range": 1.0}), soft)
    np.testing.assert_allclose(crossbar.plus.conductance, crossbar.plus.symmetry_points, rtol=1e-9)
    assert crossbar.plus.conductance.std() > 1e-6
    np.testing.assert_allclose(crossbar.effective_weights(), 0, atol=1e-9)
    # Where a step up is as large as a step down, as many of both change little.
    for sign in (1, -1) * 20:
        crossbar.write(Signs(np.full((6, 5), sign, np.int8), 1.0))
    np.testing.assert_allclose(crossbar.effective_weights(), 0, atol=0.02)
    np.testing.assert_array_equal(crossbar.reference.pulses_up, 0)
