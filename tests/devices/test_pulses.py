"""Pulses against equations, pulse by pulse, and in distribution."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import devices as oracle
from oracles.neurosim_curve import curve
from scipy import stats

from neurosim.devices import (
    Card,
    ConstantStep,
    DeviceArray,
    ExponentialStep,
    LinearStep,
    Nonlinear,
    PowerStep,
    SoftBounds,
    TableStep,
)
from neurosim.random import stream

LO, HI = 2e-6, 80e-6
SPAN = HI - LO
WINDOW = {"g_min": LO, "g_max": HI}
TABLE = [2.0e-6, 1.5e-6, 1.1e-6, 0.4e-6]

FAMILIES: dict[str, tuple[Card, oracle.Step, oracle.Step]] = {
    "constant": (
        ConstantStep(**WINDOW, step=1.3e-6, step_down=0.9e-6),
        oracle.constant(1.3e-6),
        oracle.constant(0.9e-6),
    ),
    "linear": (
        LinearStep(**WINDOW, step=1.5e-6, slope=0.7, step_down=0.8e-6, slope_down=-0.5),
        oracle.linear(1.5e-6, 0.7),
        oracle.linear(0.8e-6, -0.5),
    ),
    "soft bounds": (
        SoftBounds(**WINDOW, step=2e-6, step_down=3e-6),
        oracle.soft(2e-6),
        oracle.soft(3e-6),
    ),
    "exponential": (
        ExponentialStep(
            **WINDOW, step=0.7e-6, amplitude=-1.2, growth=-5, amplitude_down=0.1, growth_down=3.0
        ),
        oracle.exponential(0.7e-6, -1.2, -5),
        oracle.exponential(0.7e-6, 0.1, 3.0),
    ),
    "power": (
        PowerStep(**WINDOW, step=2e-6, exponent=1.7, exponent_down=0.4),
        oracle.power(2e-6, 1.7),
        oracle.power(2e-6, 0.4),
    ),
    "table": (
        TableStep(**WINDOW, potentiation=TABLE, depression=TABLE[:2], measured="steps"),
        oracle.table(TABLE),
        oracle.table(TABLE[:2]),
    ),
}
TRAIN = [1] * 70 + [-1] * 90 + [1, -1, 1, 1, -1] * 6

NOISES = {
    "multiplicative": {"cycle": 0.3},
    "additive": {"additive": 0.002},
    "both": {"cycle": 0.2, "additive": 0.001},
}


@pytest.fixture(params=FAMILIES)
def family(request: pytest.FixtureRequest) -> tuple[Card, oracle.Step, oracle.Step]:
    return FAMILIES[request.param]


def one(card: Card, **options: object) -> DeviceArray:
    return DeviceArray(card, 1, 1, dtype="float64", **options)


def course(array: DeviceArray, counts: list[int]) -> np.ndarray:
    """Conductance of the first device before the first burst and after each."""
    conductances = [array.conductance[0, 0]]
    for count in counts:
        array.pulse(np.full(array.shape, count))
        conductances.append(array.conductance[0, 0])
    return np.array(conductances)


def test_single_pulses_follow_the_equations(family, backend):
    card, up, down = family
    train = TRAIN if backend == "cpu" else TRAIN[::9]
    expected = oracle.trajectory(LO, train, LO, HI, up, down)
    np.testing.assert_allclose(course(one(card, backend=backend), train), expected, rtol=0, atol=1e-12 * SPAN)


def test_bursts_end_where_their_pulses_end(family, backend):
    card, up, down = family
    bursts = [3, 17, -5, 1, 40, -31, -2, 9] if backend == "cpu" else [3, -5, 4]
    signs = [int(np.sign(burst)) for burst in bursts for _ in range(abs(burst))]
    every = oracle.trajectory(LO, signs, LO, HI, up, down)
    expected = every[np.cumsum([0, *map(abs, bursts)])]
    walked = course(one(card, backend=backend), bursts)
    np.testing.assert_allclose(walked, expected, rtol=0, atol=2e-12 * SPAN)


def test_float32_stays_near_float64(family):
    card, up, down = family
    array = DeviceArray(card, 1, 1)
    expected = oracle.trajectory(LO, TRAIN, LO, HI, up, down)
    np.testing.assert_allclose(course(array, TRAIN), expected, rtol=0, atol=1e-5 * SPAN)


@pytest.mark.parametrize("pulses", [1, 5, 64])
def test_soft_bounds_have_their_closed_form(pulses):
    array = one(SoftBounds(**WINDOW, step=2e-6), initial=[[10e-6]])
    array.pulse([[pulses]])
    expected = HI + (10e-6 - HI) * (1 - 2e-6 / SPAN) ** pulses
    assert array.conductance[0, 0] == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize("label", [0.3, 2.4, 4.88, 9.0])
@pytest.mark.parametrize("together", [1, 7])
def test_nonlinear_devices_follow_neurosims_curve(label, together):
    pulses = 98
    card = Nonlinear(**WINDOW, pulses=pulses, nonlinearity=label, nonlinearity_down=-label)
    expected = curve(label, pulses, LO, HI)[::together]
    walked = course(one(card), [together] * (pulses // together))
    np.testing.assert_allclose(walked, expected, rtol=0, atol=1e-8 * SPAN)  # the oracle samples the label
    falling = course(one(card, initial="max"), [-together] * (pulses // together))
    np.testing.assert_allclose(falling, LO + HI - expected, rtol=0, atol=1e-8 * SPAN)


@pytest.mark.parametrize("k", [-6.0, -0.5, 1e-9, 0.8, 2.003, 12.0])
def test_neurosims_pulse_is_a_soft_bounds_pulse(k):
    """Chen, Peng and Yu's P -> g -> P + n -> g against the affine step, to 1e-12."""
    from neurosim.devices.nonlinearity import pulse_line

    pulses = 64
    step, rate = pulse_line(k, pulses)
    b = 1 / -np.expm1(-k)
    g = np.linspace(0, 1, 101)
    p = -pulses / k * np.log1p(-g / b)
    for n in (1, 2, 9):
        theirs = b * -np.expm1(-(p + n) * k / pulses)
        mine = g.copy()
        for _ in range(n):
            mine += step - rate * mine
        np.testing.assert_allclose(mine, theirs, rtol=0, atol=1e-12 if abs(k) > 1e-6 else 1e-7)


def test_devices_meet_at_their_symmetry_point():
    card = SoftBounds(**WINDOW, step=2e-6, step_down=3e-6)
    array = one(card, initial="max")
    meeting = LO + SPAN * 2 / 5  # 2 (1 - x) = 3 x
    assert card.symmetry_point == pytest.approx(meeting, rel=1e-9)
    for _ in range(400):
        array.pulse([[1]])
        array.pulse([[-1]])
    # The cycle of one step up and one down settles half a step above it.
    np.testing.assert_allclose(array.conductance, meeting, atol=card.step(meeting, "up"))
    assert array.symmetry_points[0, 0] == pytest.approx(meeting, rel=1e-9)


def test_measured_conductances_are_met_pulse_by_pulse():
    rising = [1e-6, 3.1e-6, 4.4e-6, 5.2e-6, 5.9e-6, 6.0e-6]
    falling = [6.0e-6, 3.5e-6, 2.2e-6, 1.4e-6, 1e-6]
    array = one(TableStep(potentiation=rising, depression=falling))
    np.testing.assert_allclose(course(array, [1] * 5), rising, rtol=1e-12)
    np.testing.assert_allclose(course(array, [-1] * 4), falling, rtol=1e-12)


@pytest.mark.parametrize("noise", NOISES)
def test_one_noisy_pulse_is_the_stated_equation(noise, backend):
    card = SoftBounds(**WINDOW, step=2e-6, **NOISES[noise])
    shape = (5, 3)
    array = DeviceArray(card, *shape, seed=3, name="a", dtype="float64", initial="mid", backend=backend)
    array.pulse(np.ones(shape, np.int8))
    xi = stream(3, "a", "cycle").normals(shape, draw=0, dtype=np.float64)
    mean = 1e-6
    spread = NOISES[noise].get("cycle", 0) * mean + NOISES[noise].get("additive", 0) * SPAN
    np.testing.assert_allclose(array.conductance, 41e-6 + mean + spread * xi, rtol=1e-12)


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("start", [LO, 20e-6, 70e-6])
@pytest.mark.parametrize("pulses", [2, 8, 31])
def test_noisy_bursts_have_the_distribution_of_their_pulses(noise, start, pulses):
    card = SoftBounds(**WINDOW, step=1.2e-6, **NOISES[noise])
    devices = 20_000
    array = DeviceArray(card, 1, devices, seed=pulses, dtype="float64", initial=np.full((1, devices), start))
    draws = array.state()["draws"]
    array.pulse(np.full((1, devices), pulses))
    assert array.state()["draws"] == draws + 1  # one normal for all pulses of a device
    rng = np.random.default_rng(5)
    expected = oracle.noisy_pulses(
        np.full(devices, start), pulses, LO, HI, 1.2e-6, 1.2e-6 / SPAN,
        NOISES[noise].get("cycle", 0), NOISES[noise].get("additive", 0) * SPAN, rng,
    )  # fmt: skip
    burst = array.conductance[0]
    error = expected.std() / np.sqrt(devices)
    assert burst.mean() == pytest.approx(expected.mean(), abs=6 * error)
    assert burst.std() == pytest.approx(expected.std(), rel=0.03)
    assert stats.ks_2samp(burst, expected).pvalue > 1e-4


def test_noise_too_large_for_bursts_is_applied_pulse_by_pulse():
    card = ConstantStep(**WINDOW, step=1e-6, cycle=2.0)
    devices = 20_000
    array = DeviceArray(card, 1, devices, dtype="float64", initial=np.full((1, devices), HI - 4e-6))
    array.pulse(np.full((1, devices), 6))
    assert array.state()["draws"] == 6
    rng = np.random.default_rng(5)
    expected = oracle.noisy_pulses(np.full(devices, HI - 4e-6), 6, LO, HI, 1e-6, 0, 2.0, 0, rng)
    assert stats.ks_2samp(array.conductance[0], expected).pvalue > 1e-4


def test_devices_too_steep_for_a_burst_step_pulse_by_pulse_among_the_others():
    card = SoftBounds(**WINDOW, step=30e-6, device=0.9, distribution="log-normal", bounds=0.05)
    at_once, singly = (DeviceArray(card, 40, 40, dtype="float64") for _ in range(2))
    assert at_once.devices.rate_up.max() > 1 > at_once.devices.rate_up.min()
    at_once.pulse(np.full(at_once.shape, 4))
    for _ in range(4):
        singly.pulse(np.ones(singly.shape, np.int8))
    np.testing.assert_allclose(at_once.conductance, singly.conductance, rtol=0, atol=1e-12 * SPAN)
    assert at_once.pulses_up.min() == at_once.pulses_up.max() == 4


def test_counters_and_energy_add_up(family):
    card, _, _ = family
    pulse = {"pulse": {"voltage": 2.0, "width": 1e-7}}
    data = card.model_dump(exclude_none=True)
    data["potentiation"] |= pulse
    data["depression"] |= {"pulse": {"voltage": -1.0, "width": 3e-7}}
    priced = type(card).model_validate(data)
    array = one(priced)
    conductances = course(array, [1] * 20 + [-1] * 7)
    means = (conductances[1:] + conductances[:-1]) / 2
    expected = 4 * 1e-7 * means[:20].sum() + 3e-7 * means[20:].sum()
    assert array.write_energy == pytest.approx(expected, rel=1e-9)
    assert (array.pulses_up[0, 0], array.pulses_down[0, 0]) == (20, 7)


def test_energy_of_a_burst_takes_the_mean_of_its_ends():
    card = SoftBounds(**WINDOW, step=2e-6, pulse_up=(1.3, 1e-7))
    assert np.isnan(one(card).write_energy)  # depression has no pulse
    card = SoftBounds(**WINDOW, step=2e-6, pulse_up=(1.3, 1e-7), pulse_down=(-1.2, 1e-7))
    array = one(card)
    before, after = course(array, [12])
    assert array.write_energy == pytest.approx(12 * 1.3**2 * 1e-7 * (before + after) / 2, rel=1e-9)


cards = st.sampled_from(
    [
        SoftBounds(**WINDOW, step=2e-6, device=0.3, bounds=0.2, symmetry=0.1, cycle=0.4, stuck_low=0.1),
        LinearStep(**WINDOW, step=3e-6, slope=0.9, bounds=0.3, shape=0.3, additive=0.02),
        Nonlinear(**WINDOW, pulses=20, nonlinearity=5, nonlinearity_down=1, shape=2.0, cycle=2.0),
        ExponentialStep(**WINDOW, step=1e-6, amplitude=-3, growth=2, bounds=0.3, state=0.1, cycle=1.0),
        PowerStep(**WINDOW, step=9e-6, exponent=1, shape=0.8, bounds=0.3, cycle=0.5, stuck_high=0.2),
        TableStep(**WINDOW, potentiation=TABLE, depression=TABLE, measured="steps", bounds=0.3, cycle=3.0),
        ConstantStep(**WINDOW, step=2e-4, device=0.3, stuck_at=(0.3, 1e-4)),
    ]
)
counts = st.lists(st.integers(-40, 40), min_size=12, max_size=12)


@settings(max_examples=60)
@given(cards, counts, st.sampled_from(["min", "mid", "max"]), st.integers(0, 5))
def test_no_device_leaves_its_bounds_and_none_that_is_stuck_moves(card, pulses, initial, seed):
    array = DeviceArray(card, 3, 4, seed=seed, initial=initial)
    start = array.conductance.copy()
    array.pulse(np.reshape(pulses, (3, 4)))
    assert np.all(np.isfinite(array.conductance))
    assert np.all((array.g_min <= array.conductance) & (array.conductance <= array.g_max))
    assert np.all(array.conductance[array.stuck] == start[array.stuck])
    np.testing.assert_array_equal(array.pulses_up - array.pulses_down, np.reshape(pulses, (3, 4)))


@settings(max_examples=40)
@given(st.sampled_from(list(FAMILIES)), st.integers(1, 60), st.integers(1, 60), st.sampled_from([1, -1]))
def test_splitting_a_burst_changes_nothing_without_noise(name, first, second, way):
    initial = "min" if way > 0 else "max"
    whole, split = (one(FAMILIES[name][0], initial=initial) for _ in range(2))
    whole.pulse([[way * (first + second)]])
    split.pulse([[way * first]])
    split.pulse([[way * second]])
    np.testing.assert_allclose(whole.conductance, split.conductance, rtol=0, atol=1e-12 * SPAN)


@pytest.mark.parametrize("name", ["hfo2-rram", "aihwkit-reram-es", "aihwkit-pcm"])
def test_threads_do_not_change_a_bit(name, monkeypatch):
    results = []
    rng = np.random.default_rng(0)
    pulses = rng.integers(-3, 4, (300, 301)).astype(np.int8)
    for threads in ("1", "2", "4"):
        monkeypatch.setenv("NEUROSIM_THREADS", threads)
        array = DeviceArray(name, 300, 301, seed=1, initial="mid")
        array.pulse(pulses)
        array.pulse(np.sign(pulses))
        results.append((array.conductance.copy(), array.write_energies))
    for conductance, energies in results[1:]:
        np.testing.assert_array_equal(conductance, results[0][0])
        np.testing.assert_array_equal(energies, results[0][1])


def test_integer_types_make_no_difference():
    pulses = np.random.default_rng(0).integers(-3, 4, (20, 7))
    reference = DeviceArray("hfo2-rram", 20, 7, initial="mid")
    reference.pulse(pulses)
    forms: list[Callable[[], object]] = [
        lambda: pulses.astype(np.int8),
        lambda: pulses.astype(np.int16),
        lambda: pulses.astype(np.int32),
        lambda: np.asfortranarray(pulses.astype(np.int8)),
        lambda: pulses.astype(float),
        pulses.tolist,
    ]
    for form in forms:
        array = DeviceArray("hfo2-rram", 20, 7, initial="mid")
        array.pulse(form())
        np.testing.assert_array_equal(array.conductance, reference.conductance)
