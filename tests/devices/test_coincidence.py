from __future__ import annotations

import numpy as np
import pytest
from oracles import coincidence as oracle
from scipy import stats

from neurosim.backend import to_numpy
from neurosim.devices import card as cards
from neurosim.devices import population
from neurosim.devices.coincidence import Coincider, Trains, pulse_trains
from neurosim.devices.pulses import State
from neurosim.errors import InputError
from neurosim.random import stream

WINDOW = {"min": 1e-6, "max": 81e-6}
PULSE = {"voltage": 1.0, "width": 1e-7}
SOFT = {
    "model": "soft-bounds",
    "potentiation": {"step": 2e-6, "pulse": PULSE},
    "depression": {"step": 1e-6, "pulse": PULSE},
}
EXPONENTIAL = {
    "model": "exponential-step",
    "potentiation": {"step": 1e-6, "amplitude": 0.3, "growth": 1.0},
    "depression": {"step": 2e-6, "amplitude": 0.2, "growth": 1.5},
}
POWER = {
    "model": "power-step",
    "potentiation": {"step": 2e-6, "exponent": 1.3},
    "depression": {"step": 1e-6, "exponent": 0.7},
}
TABLE = {
    "model": "table",
    "potentiation": {"steps": [2e-6, 1e-6, 0.5e-6]},
    "depression": {"steps": [1e-6, 0.8e-6]},
}
SPREAD = {"device": 0.3, "bounds": 0.1, "cycle": 0.3}


def make_card(family: dict, variation: dict | None = None):
    data = {"neurosim": 1, "name": "test", "source": "test", "conductance": WINDOW}
    data |= {"variation": variation or {}}
    return cards.make(data | family, "test")


def make(card, rows, cols, backend="cpu", dtype="float32", start=None):
    """An array of devices as its parts: Coincider, parameters and state."""
    source = stream(3, "array")
    devices = population.draw(card, rows, cols, source.child("variation"), np.dtype(dtype))
    middle = np.full((rows, cols), (card.g_min + card.g_max) / 2) if start is None else start
    g = np.clip(middle, devices.lo, devices.hi).astype(dtype).reshape(-1)
    state = State(g, np.zeros(g.size, np.int32), np.zeros(g.size, np.int32), np.zeros(g.size))
    return Coincider(card, devices, source.child("cycle"), backend), devices, state


def workload(batch, rows, cols, scale, seed=0):
    """Inputs and changes, with a silent sample, some silent lines, and scales that vary over the samples."""
    rng = np.random.default_rng(seed)
    x = rng.uniform(-1, 1, (batch, rows)).astype(np.float32)
    d = (scale * rng.standard_normal((batch, cols)) * 10.0 ** rng.uniform(-2, 0, (batch, 1))).astype(
        np.float32
    )
    x[rng.random(x.shape) < 0.3] = 0
    d[batch // 2] = 0
    return x, d


def keys(source):
    return int(source.key0), int(source.key1)


@pytest.mark.parametrize(("scale", "lines"), [(0.3, 9), (3.0, 7), (30.0, 5), (0.3, 150)])
def test_trains_are_those_of_the_plain_loops(backend, scale, lines):
    batch = 6 if lines < 100 else 2
    x, d = workload(batch, lines, 7, scale)
    source = stream(1, "trains")
    trains = pulse_trains(x, d, 0.7, 0.1, source, draw=2**33 + 5, backend=backend)
    lengths, rows, columns = zip(*(oracle.limits(x[s], d[s], 7.0) for s in range(batch)), strict=True)
    np.testing.assert_array_equal(trains.lengths, lengths)
    sides = ((trains.rows, x, rows), (trains.columns, d, columns))
    for side, (drawn, values, limits) in enumerate(sides):
        expected = oracle.trains(values, limits, lengths, side, 2**33 + 5, keys(source))
        if side == 0:
            expected[(to_numpy(trains.columns) & 0x7FFFFFFF == 0).all(axis=1)] = 0
        np.testing.assert_array_equal(to_numpy(drawn), expected)


@pytest.mark.parametrize("k", [0.02, 0.9, 5.5, 31.0])
def test_the_expected_count_of_a_device_is_the_product(k):
    rng = np.random.default_rng(4)
    batch, x, d = 40_000, rng.uniform(-1, 1, 6), rng.uniform(-1, 1, 5)
    d *= k / (np.abs(x).max() * np.abs(d).max())
    trains = pulse_trains(np.tile(x, (batch, 1)), np.tile(d, (batch, 1)), 0.5, 0.5, stream(5, "trains"))
    slots = 0x7FFFFFFF
    counts = np.bitwise_count(trains.rows[:, :, None] & trains.columns[:, None, :] & slots)
    expected = np.abs(np.outer(x, d))
    error = counts.std(axis=0) / np.sqrt(batch)
    assert (np.abs(counts.mean(axis=0) - expected) < 5 * error + 1e-6).all()
    assert set(trains.lengths) == {np.ceil(k)}
    negative = (trains.rows[:, :, None] ^ trains.columns[:, None, :]) >> 31
    assert (negative == (np.outer(x, d) < 0))[counts > 0].all()


def test_beyond_the_longest_train_only_the_largest_changes_saturate():
    batch, x, d = 20_000, np.array([1.0, 0.5]), np.array([62.0, 15.0, -3.0])
    trains = pulse_trains(np.tile(x, (batch, 1)), np.tile(d, (batch, 1)), 1.0, 1.0, stream(6, "trains"))
    counts = np.bitwise_count(trains.rows[:, :, None] & trains.columns[:, None, :] & 0x7FFFFFFF).mean(axis=0)
    np.testing.assert_allclose(counts, np.outer(x, [31.0, 15.0, 3.0]), rtol=0.02)


def test_bits_of_a_train_are_independent():
    batch = 20_000
    x, d = np.tile([1.0, 0.5, 0.3], (batch, 1)), np.tile([10.0, 7.0, 4.0], (batch, 1))
    trains = pulse_trains(x, d, 1.0, 1.0, stream(7, "trains"))
    # The first line of either side sends a pulse in every slot.
    bits = (np.hstack([trains.rows[:, 1:], trains.columns[:, 1:]])[:, :, None] >> np.arange(10)) & 1
    correlation = np.corrcoef(bits.reshape(batch, -1), rowvar=False) - np.eye(40)
    assert np.abs(correlation).max() < 5.5 / np.sqrt(batch)


@pytest.mark.parametrize("family", [SOFT, EXPONENTIAL, POWER, TABLE], ids=lambda family: family["model"])
@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(("scale", "cols"), [(0.3, 5), (3.0, 20)])
def test_updates_are_those_of_the_plain_loops(backend, family, sign, scale, cols):
    card = make_card(family, SPREAD)
    x, d = workload(5, 3, cols, scale)
    coincider, devices, state = make(card, 3, cols, backend)
    trains = pulse_trains(x, d, 1.0, 0.1, stream(1, "trains"), backend=backend)
    g = state.conductance.astype(np.float64).reshape(3, cols)
    coincider.apply(state, trains, draw=9, sign=sign)
    expected, ups, downs = by_plain_loops(g, devices, trains, 9, sign, coincider, (0.3, 0.0, 0.0))
    np.testing.assert_array_equal(state.pulses_up.reshape(3, cols), ups)
    np.testing.assert_array_equal(state.pulses_down.reshape(3, cols), downs)
    np.testing.assert_allclose(state.conductance.reshape(3, cols), expected, rtol=2e-5)
    assert ups.sum() + downs.sum() > 0


@pytest.mark.parametrize("variation", [{"additive": 0.01}, {"state": 0.02}, {"cycle": 2.0}])
def test_noise_that_needs_single_pulses_gets_them(variation):
    card = make_card(SOFT, variation)
    coincider, devices, state = make(card, 4, 6)
    x, d = workload(5, 4, 6, 3.0)
    trains = pulse_trains(x, d, 1.0, 0.1, stream(1, "trains"))
    g = state.conductance.astype(np.float64).reshape(4, 6)
    coincider.apply(state, trains, draw=0)
    noise = variation.get("cycle", 0.0), variation.get("additive", 0.0) * 80e-6, variation.get("state", 0.0)
    expected, ups, _ = by_plain_loops(g, devices, trains, 0, 1, coincider, noise)
    np.testing.assert_array_equal(state.pulses_up.reshape(4, 6), ups)
    np.testing.assert_allclose(state.conductance.reshape(4, 6), expected, rtol=2e-5)


def by_plain_loops(g, devices, trains: Trains, draw, sign, coincider, noise):
    """The conductances and counts after the trains of a batch, by tests/oracles."""
    rows, columns = to_numpy(trains.rows), to_numpy(trains.columns)
    gentle = coincider._gentle
    bursts, pulses = (keys(coincider._bursts), keys(coincider._pulses))
    g, ups, downs = g.copy(), np.zeros(g.shape, int), np.zeros(g.shape, int)
    for row in range(len(g)):
        element, pulse = 0, np.zeros(g.shape[1], int)
        for sample in range(len(rows)):
            if not rows[sample, row] & 0x7FFFFFFF:
                continue
            order = oracle.visited([int(train) for train in columns[sample]], int(trains.lengths[sample]))
            for j in range(g.shape[1]):
                at = row, j
                n = int(rows[sample, row] & columns[sample, j] & 0x7FFFFFFF).bit_count()
                up = (rows[sample, row] >> 31 == columns[sample, j] >> 31) == (sign > 0)
                if gentle[at] and n:
                    xi = oracle.normal_of_row(element + order.index(j), row, draw, bursts)
                    fields = ("lo", "hi", "step_up", "rate_up", "step_down", "rate_down")
                    device = {field: float(getattr(devices, field)[at]) for field in fields}
                    g[at] = oracle.burst(g[at], n, up, device, noise[0], xi)
                else:
                    for _ in range(n):
                        xi = oracle.normal_of_device(int(pulse[j]), row * g.shape[1] + j, draw, pulses)
                        g[at] = oracle.single(g[at], "up" if up else "down", devices, at, noise, xi)
                        pulse[j] += 1
                ups[at] += n if up else 0
                downs[at] += 0 if up else n
            element += len(order)
    return g, ups, downs


@pytest.mark.parametrize(
    ("n", "cycle", "step", "start"), [(7, 0.3, 4e-6, 0.1), (31, 0.3, 1e-6, 0.5), (2, 0.1, 5e-6, 0.8)]
)
@pytest.mark.parametrize("sign", [1, -1])
def test_noisy_steps_in_one_go_have_the_distribution_of_single_pulses(n, cycle, step, start, sign):
    card = make_card(
        {"model": "soft-bounds", "potentiation": {"step": step}, "depression": {"step": step}},
        {"cycle": cycle},
    )
    rows = cols = 200
    g0 = np.full((rows, cols), 1e-6 + 80e-6 * start)
    coincider, _, state = make(card, rows, cols, start=g0)
    assert coincider._gentle.all()
    trains = pulse_trains(np.ones((1, rows)), np.full((1, cols), float(n)), 1.0, 1.0, stream(8, "trains"))
    assert trains.lengths[0] == n  # with a probability of one in every slot
    coincider.apply(state, trains, draw=0, sign=sign)

    rng = np.random.default_rng(9)
    g, rate = g0.reshape(-1).copy(), step / 80e-6
    for _ in range(n):
        m = step - rate * (g - 1e-6) if sign > 0 else step - rate * (81e-6 - g)
        g = np.clip(g + sign * m * (1 + cycle * rng.standard_normal(g.size)), 1e-6, 81e-6)
    ours = state.conductance.astype(np.float64)
    error = g.std() / np.sqrt(g.size)
    assert abs(ours.mean() - g.mean()) < 4.5 * np.sqrt(2) * error
    assert ours.std() / g.std() == pytest.approx(1, abs=4.5 / np.sqrt(g.size))
    assert stats.ks_2samp(ours, g).pvalue > 1e-3


@pytest.mark.parametrize("family", [SOFT, POWER], ids=lambda family: family["model"])
@pytest.mark.parametrize("scale", [0.3, 10.0])
def test_results_do_not_depend_on_the_number_of_threads(monkeypatch, family, scale):
    card = make_card(family, SPREAD)
    results = []
    for threads in ("1", "2", "3", "4"):
        monkeypatch.setenv("NEUROSIM_THREADS", threads)
        coincider, _, state = make(card, 61, 130)
        x, d = workload(40, 61, 130, scale)
        for draw in range(2):
            coincider.apply(state, pulse_trains(x, d, 1.0, 0.1, stream(1, "trains"), draw), draw)
        results.append(state)
    for state in results[1:]:
        np.testing.assert_array_equal(state.conductance, results[0].conductance)
        np.testing.assert_array_equal(state.pulses_up, results[0].pulses_up)
        np.testing.assert_array_equal(state.energy, results[0].energy)


def test_a_batch_of_thousands_of_samples_counts_every_pulse():
    card = make_card(SOFT, {"cycle": 0.1})
    coincider, _, state = make(card, 1, 3)
    trains = pulse_trains(np.ones((5000, 1)), np.full((5000, 3), 31.0), 1.0, 1.0, stream(1, "trains"))
    coincider.apply(state, trains, draw=0)
    np.testing.assert_array_equal(state.pulses_up, [5000 * 31] * 3)


def test_both_devices_of_a_pair_get_the_same_pulses_in_opposite_directions():
    card = make_card(SOFT, SPREAD)
    trains = pulse_trains(*workload(20, 8, 9, 1.0), 1.0, 0.1, stream(1, "trains"))
    (plus, _, up), (minus, _, down) = make(card, 8, 9), make(card, 8, 9)
    plus.apply(up, trains, draw=0)
    minus.apply(down, trains, draw=0, sign=-1)
    np.testing.assert_array_equal(up.pulses_up, down.pulses_down)
    np.testing.assert_array_equal(up.pulses_down, down.pulses_up)
    assert up.pulses_up.sum() > 0


def test_the_energy_is_that_of_the_pulses_at_the_mean_conductance():
    card = make_card(SOFT, SPREAD)
    coincider, _, state = make(card, 8, 9)
    before = state.conductance.astype(np.float64)
    coincider.apply(state, pulse_trains(*workload(20, 8, 9, 1.0), 1.0, 0.1, stream(1, "trains")), draw=0)
    mean = (before + state.conductance) / 2
    np.testing.assert_allclose(state.energy, (state.pulses_up + state.pulses_down) * mean * 1e-7, rtol=1e-5)


def test_stuck_devices_do_not_move():
    card = make_card(SOFT | {"faults": {"stuck_low": 0.3, "stuck_high": 0.2}}, {"cycle": 0.3})
    coincider, devices, state = make(card, 20, 21)
    before = state.conductance.copy()
    coincider.apply(state, pulse_trains(*workload(20, 20, 21, 5.0), 1.0, 0.1, stream(1, "trains")), draw=0)
    stuck = devices.stuck.reshape(-1)
    assert 100 < stuck.sum() < 320
    np.testing.assert_array_equal(state.conductance[stuck], before[stuck])
    assert (state.conductance[~stuck] != before[~stuck]).mean() > 0.9


@pytest.mark.parametrize("what", ["x", "d", "rate"])
def test_nothing_happens_without_anything_wanted(what):
    x, d = workload(4, 3, 5, 1.0)
    rate = 1.0
    if what == "x":
        x[:] = 0
    elif what == "d":
        d[:] = 0
    else:
        rate = 0.0
    coincider, _, state = make(make_card(SOFT, SPREAD), 3, 5)
    before = state.conductance.copy()
    trains = pulse_trains(x, d, rate, 0.1, stream(1, "trains"))
    coincider.apply(state, trains, draw=0)
    assert trains.slots == 0
    np.testing.assert_array_equal(state.conductance, before)


def test_double_precision_devices_follow_the_single_precision_ones():
    results = []
    for dtype in ("float32", "float64"):
        coincider, _, state = make(make_card(SOFT, SPREAD), 7, 40, dtype=dtype)
        x, d = workload(30, 7, 40, 3.0)
        coincider.apply(state, pulse_trains(x, d, 1.0, 0.1, stream(1, "trains")), draw=0)
        assert state.conductance.dtype == dtype
        results.append(state.conductance)
    np.testing.assert_allclose(*results, rtol=1e-4)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"x": [[np.nan]]}, "x"),
        ({"d": [[1.0], [2.0]]}, "d"),
        ({"rate": -1.0}, "rate"),
        ({"step": 0.0}, "step"),
        ({"max_length": 32}, "max_length"),
    ],
)
def test_wrong_arguments_are_refused_by_name(change, words):
    arguments = {"x": [[1.0]], "d": [[1.0]], "rate": 1.0, "step": 1.0, "source": stream(1, "trains")} | change
    with pytest.raises(InputError, match=words):
        pulse_trains(**arguments)


def test_trains_of_another_shape_are_refused():
    coincider, _, state = make(make_card(SOFT), 3, 5)
    trains = pulse_trains(np.ones((2, 4)), np.ones((2, 5)), 1.0, 1.0, stream(1, "trains"))
    with pytest.raises(InputError, match="4 rows and 5 columns; the array has 3 and 5"):
        coincider.apply(state, trains, draw=0)
