"""Write schemes: what becomes of a wanted change."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mapping_builders import device, mapping, synapses, weights

from neurosim.devices.card import Card
from neurosim.errors import InputError
from neurosim.mappings.synapses import CrossbarSynapses
from neurosim.networks.synapses import Delta, Outer, Signs

STEP = 0.01  # of a weight range of 1 by one pulse on a single device; a pair moves by two


def crossbar(
    scheme: str, n_in: int = 6, n_out: int = 5, pairs: bool = True, **write: object
) -> CrossbarSynapses:
    card = mapping(
        weights={"range": 1.0 if pairs else 0.5, "scheme": "differential" if pairs else "offset"},
        write={"scheme": scheme, **write},
    )
    return synapses(0.3 * weights(n_in, n_out), card)


@pytest.mark.parametrize("pairs", [True, False])
def test_signs_move_every_device_by_exactly_one_pulse(pairs: bool) -> None:
    connection = crossbar("sign", pairs=pairs)
    before = connection.effective_weights()
    signs = np.random.default_rng(0).integers(-1, 2, (6, 5)).astype(np.int8)
    connection.write(Signs(signs, step=123.0))
    moved = connection.effective_weights() - before
    np.testing.assert_allclose(moved, signs * STEP * (2 if pairs else 1), atol=1e-12)
    counters = connection.counters()
    assert counters["pulses"] == np.count_nonzero(signs) * (2 if pairs else 1)
    assert counters["writes"] == 1


def test_any_request_has_a_sign() -> None:
    connection = crossbar("sign")
    before = connection.effective_weights()
    delta = weights(6, 5, 4)
    connection.write(Delta(delta))
    np.testing.assert_allclose(connection.effective_weights() - before, np.sign(delta) * 2 * STEP, atol=1e-12)


@given(st.lists(st.floats(-0.2, 0.2), min_size=1, max_size=12), st.booleans())
def test_counts_lose_nothing_of_what_was_asked(changes: list[float], pairs: bool) -> None:
    connection = crossbar("counts", 2, 3, pairs, max_pulses=3)
    before = connection.effective_weights()
    for change in changes:
        connection.write(Delta(np.full((2, 3), change)))
    free = np.abs(before + sum(changes)) < 0.4  # not at the end of the range
    written = connection.effective_weights() - before
    kept = connection.state()["write/residue"]
    if max(abs(sum(changes[:k])) for k in range(len(changes) + 1)) < 0.05:
        np.testing.assert_allclose((written + kept)[free], sum(changes), atol=1e-9)
        assert np.abs(kept).max() < 2 * STEP


def test_counts_give_at_most_max_pulses_and_keep_the_rest() -> None:
    connection = crossbar("counts", max_pulses=3)
    connection.write(Delta(np.full((6, 5), 10 * STEP)))
    assert connection.counters()["pulses"] == 6 * 5 * 2 * 3
    np.testing.assert_allclose(connection.state()["write/residue"], 4 * STEP, atol=1e-12)


def test_small_changes_add_up_to_a_pulse() -> None:
    connection = crossbar("counts")
    for _ in range(3):
        connection.write(Delta(np.full((6, 5), 0.3 * 2 * STEP)))
        assert connection.counters()["pulses"] == 0
    connection.write(Delta(np.full((6, 5), 0.3 * 2 * STEP)))
    assert connection.counters()["pulses"] == 6 * 5 * 2


def test_verified_writes_reach_the_wanted_weight_within_tolerance() -> None:
    soft = device(
        "soft-bounds",
        variation={"device": 0.2, "cycle": 0.1},
        potentiation={"step": 2e-6},
        depression={"step": 2e-6},
    )
    card = mapping(weights={"range": 1.0}, write={"scheme": "verify", "tolerance": 0.01, "max_pulses": 1000})
    connection = synapses(0.3 * weights(6, 5), card, soft)
    before, delta = connection.effective_weights(), 0.3 * weights(6, 5, 9)
    due = np.abs(delta) >= 2 * STEP
    connection.write(Delta(delta))
    after = connection.effective_weights()
    error = after - before - delta
    assert np.abs(error[due]).max() <= 2 * 0.01 + 1e-9
    np.testing.assert_array_equal(after[~due], before[~due])
    np.testing.assert_allclose(connection.state()["write/residue"], -error, atol=1e-12)


def test_auto_takes_the_scheme_that_suits_the_request() -> None:
    pulses = []
    for request in (Signs(np.ones((6, 5), np.int8), 1.0), Delta(np.full((6, 5), 4 * STEP))):
        connection = crossbar("auto")
        connection.write(request)
        pulses.append(connection.counters()["pulses"] / (6 * 5 * 2))
    assert pulses == [1, 2]


def test_coincidence_needs_an_outer_product() -> None:
    with pytest.raises(InputError, match="Delta"):
        crossbar("coincidence").write(Delta(np.ones((6, 5))))


def test_rows_are_written_one_after_the_other_and_tiles_at_once() -> None:
    counts = np.array([[3, -1], [0, 2], [0, 0], [-2, 0]])
    for pairs, rows, expected in ((False, 4, 3 + 1 + 2 + 2), (False, 2, 6), (True, 4, 2 * (3 + 2 + 2))):
        card = mapping(
            weights={"range": 1.0 if pairs else 0.5, "scheme": "differential" if pairs else "offset"},
            write={"scheme": "counts"},
            tile={"rows": rows, "cols": 8},
        )
        connection = synapses(np.full((4, 2), 1e-3), card)
        connection.write(Delta(counts * STEP * (2 if pairs else 1) * 1.001))
        assert connection.counters()["write_time"] == pytest.approx(expected * 100e-9)


def test_write_time_is_unknown_where_the_card_names_no_pulse() -> None:
    bare = device(potentiation={"step": 1e-6}, depression={"step": 1e-6})
    connection = synapses(weights(3, 2), mapping(), bare)
    connection.write(Signs(np.ones((3, 2), np.int8), 1.0))
    assert np.isnan(connection.counters()["write_time"])


@pytest.mark.parametrize("pairs", [True, False])
def test_coincidences_make_the_wanted_change_on_average(pairs: bool) -> None:
    connection = crossbar("coincidence", pairs=pairs)
    before = connection.effective_weights()
    rng = np.random.default_rng(1)
    x, d = rng.uniform(-1, 1, (4, 6)), rng.uniform(-1, 1, (4, 5)) * 0.02
    request = Outer(x, d, rate=1.0)
    times = 400
    state = connection.state()
    total = np.zeros((6, 5))
    for write in range(times):
        connection.restore(state | {"write/writes": write})
        connection.write(request)
        total += connection.effective_weights() - before
    # The change of a weight in one write has a standard deviation of about one pulse.
    step = STEP * (2 if pairs else 1)
    error = total / times - request.dense(np.float64)
    assert np.abs(error).max() < 5 * step / np.sqrt(times)
    assert np.abs(request.dense()).max() > 5 * np.abs(error).max()


def test_both_devices_of_a_pair_see_the_same_coincidences() -> None:
    connection = crossbar("auto")
    rng = np.random.default_rng(1)
    connection.write(Outer(rng.uniform(-1, 1, (8, 6)), rng.uniform(-0.1, 0.1, (8, 5)), rate=1.0))
    np.testing.assert_array_equal(connection.plus.pulses_up, connection.minus.pulses_down)
    np.testing.assert_array_equal(connection.plus.pulses_down, connection.minus.pulses_up)
    assert connection.counters()["pulses"] > 0 and connection.counters()["write_time"] > 0


def test_columns_of_different_range_get_as_many_pulses_as_their_weights_need() -> None:
    matrix = weights(4, 2) * np.array([1.0, 100.0])
    card = mapping(weights={"per": "column", "headroom": 1.0}, write={"scheme": "coincidence"})
    connection = synapses(matrix, card)
    for _ in range(50):
        connection.write(Outer(np.ones((1, 4)), np.array([[0.01, 1.0]]), rate=1.0))
    pulses = connection.plus.pulses_up.sum(axis=0)
    assert pulses[0] == pytest.approx(pulses[1], rel=0.25)


def abrupt(**changes: object) -> Card:
    """A device whose pulse down is ten times its pulse up."""
    return device(potentiation={"step": 1e-6}, depression={"step": 10e-6}, **changes)


def test_pairs_of_devices_with_an_abrupt_depression_move_up_only() -> None:
    connection = synapses(0.1 * weights(6, 5), mapping(weights={"range": 1.0, "rest": "low"}), abrupt())
    before = connection.effective_weights()
    signs = np.random.default_rng(0).integers(-1, 2, (6, 5)).astype(np.int8)
    connection.write(Signs(signs, 1.0))
    np.testing.assert_allclose(connection.effective_weights() - before, signs * STEP, atol=1e-12)
    np.testing.assert_array_equal(connection.plus.pulses_up, signs > 0)
    np.testing.assert_array_equal(connection.minus.pulses_up, signs < 0)
    assert connection.counters()["pulses_down"] == 0


def test_both_devices_move_where_the_card_says_so() -> None:
    connection = synapses(0.1 * weights(6, 5), mapping(write={"pairs": "both"}), abrupt())
    connection.write(Signs(np.ones((6, 5), np.int8), 1.0))
    assert connection.counters()["pulses_down"] == 6 * 5


def test_one_sided_pairs_that_run_out_of_range_are_programmed_anew() -> None:
    card = mapping(weights={"range": 1.0}, write={"pairs": "one-sided", "tolerance": 0.02})
    connection = synapses(np.array([[0.2, -0.2, 0.0, 0.9]]), card)
    before = connection.effective_weights()
    for sign in (1, -1) * 45:  # nothing in sum, but both devices move up by 45 steps
        connection.write(Signs(np.full((1, 4), sign, np.int8), 1.0))
    np.testing.assert_allclose(connection.effective_weights()[0, :3], before[0, :3], atol=0.041)
    larger = np.maximum(connection.plus.conductance, connection.minus.conductance)
    assert (larger[0, :3] <= 92e-6).all()  # without a refresh they would be at 96 uS and beyond
    assert connection.counters()["pulses_down"] > 0


def test_a_request_without_factors_suits_one_sided_pairs_by_counts() -> None:
    connection = synapses(0.1 * weights(3, 2), mapping(weights={"range": 1.0}), abrupt())
    connection.write(Outer(np.ones((1, 3)), np.full((1, 2), 2.5 * STEP), rate=1.0))
    assert connection.counters()["pulses"] == 3 * 2 * 2
    np.testing.assert_allclose(connection.state()["write/residue"], 0.5 * STEP, atol=1e-6)


def test_verified_writes_of_less_than_the_tolerance_wait_until_they_have_added_up() -> None:
    fine = device(potentiation={"step": 1e-8}, depression={"step": 1e-8})
    card = mapping(
        weights={"range": 1.0}, write={"scheme": "verify", "tolerance": 0.01, "max_pulses": 10_000}
    )
    connection = synapses(np.zeros((2, 2)), card, fine)
    for _ in range(3):
        connection.write(Delta(np.full((2, 2), 0.015)))
    assert connection.counters()["pulses"] > 0
    written = connection.effective_weights() + connection.state()["write/residue"]
    np.testing.assert_allclose(written, 0.045, atol=1e-9)
