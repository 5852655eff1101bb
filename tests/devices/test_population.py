"""Devices of one array against the stated distributions."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim.devices import (
    Card,
    ConstantStep,
    DeviceArray,
    LinearStep,
    Nonlinear,
    PowerStep,
    SoftBounds,
)
from neurosim.devices.population import Population, draw
from neurosim.errors import InputError
from neurosim.random import stream

LO, HI = 20e-6, 80e-6
SPAN = HI - LO
WINDOW = {"g_min": LO, "g_max": HI}
ROWS, COLS = 300, 200


def devices(card: Card, seed: int = 0, **options: object) -> Population:
    return draw(card, ROWS, COLS, stream(seed, "a", "variation"), np.float64, **options)


def test_devices_without_variation_are_the_card():
    population = devices(SoftBounds(**WINDOW, step=1e-6, step_down=2e-6))
    for value, expected in (
        (population.lo, LO),
        (population.hi, HI),
        (population.step_up, 1e-6),
        (population.step_down, 2e-6),
        (population.rate_up, 1e-6 / SPAN),
        (population.rate_down, 2e-6 / SPAN),
    ):
        np.testing.assert_allclose(value, expected, rtol=1e-12)
        assert value.shape == (ROWS, COLS)
    assert not population.stuck.any()


def test_steps_vary_together_and_the_balance_apart():
    card = ConstantStep(**WINDOW, step=1e-6, step_down=2e-6, device=0.2, symmetry=0.05)
    population = devices(card)
    up, down = population.step_up / 1e-6, population.step_down / 2e-6
    assert up.mean() == pytest.approx(1, abs=0.005)
    assert ((up + down) / 2).std() == pytest.approx(0.2, rel=0.02)
    assert ((up - down) / 2).std() == pytest.approx(0.05, rel=0.02)
    assert abs(np.corrcoef((up + down).flat, (up - down).flat)[0, 1]) < 0.02


def test_steps_may_be_log_normal():
    population = devices(ConstantStep(**WINDOW, step=1e-6, device=0.7, distribution="log-normal"))
    logs = np.log(population.step_up / 1e-6)
    assert logs.mean() == pytest.approx(0, abs=0.01)
    assert logs.std() == pytest.approx(0.7, rel=0.02)


def test_bounds_vary_in_parts_of_the_range():
    population = devices(ConstantStep(**WINDOW, step=1e-6, bounds=0.05, bounds_max=0.1))
    assert population.lo.std() == pytest.approx(0.05 * SPAN, rel=0.02)
    assert population.hi.std() == pytest.approx(0.1 * SPAN, rel=0.02)
    assert population.lo.mean() == pytest.approx(LO, rel=0.01)
    assert abs(np.corrcoef(population.lo.flat, population.hi.flat)[0, 1]) < 0.02


@pytest.mark.parametrize(
    "card",
    [
        ConstantStep(**WINDOW, step=1e-6, bounds=1.0),
        SoftBounds(**WINDOW, step=1e-6, step_down=9e-6, bounds=1.0),
        LinearStep(**WINDOW, step=1e-6, slope=0.9, bounds=1.0, shape=1.0),
    ],
)
def test_bounds_never_cross_nor_fall_below_zero(card):
    population = devices(card)
    assert np.all(population.lo >= 0)
    assert np.all(population.lo <= population.hi)
    assert np.all(population.step_up >= 0)
    assert np.all(population.step_down >= 0)


def test_soft_bounds_end_at_the_devices_own_bound_and_keep_the_symmetry_point():
    card = SoftBounds(**WINDOW, step=1e-6, step_down=2e-6, bounds=0.1)
    population = devices(card)
    at_end = population.step_up - population.rate_up * (population.hi - population.lo)
    np.testing.assert_allclose(at_end, 0, atol=1e-18)
    array = DeviceArray(card, ROWS, COLS, dtype="float64")
    np.testing.assert_allclose(array.symmetry_points, card.symmetry_point, rtol=1e-9)


def test_lines_of_linear_devices_stay_where_they_are_in_conductance():
    card = LinearStep(**WINDOW, step=2e-6, slope=0.5, bounds=0.1)
    population = devices(card)
    g = 50e-6
    np.testing.assert_allclose(
        population.step_up - population.rate_up * (g - population.lo), card.step(g, "up"), rtol=1e-9
    )
    np.testing.assert_allclose(
        population.step_down - population.rate_down * (population.hi - g), card.step(g, "down"), rtol=1e-9
    )


def test_nonlinear_devices_reach_their_own_bound_in_their_number_of_pulses():
    array = DeviceArray(
        Nonlinear(**WINDOW, pulses=50, nonlinearity=3, nonlinearity_down=-1, bounds=0.1, shape=0.5),
        ROWS, COLS, dtype="float64",
    )  # fmt: skip
    assert array.devices.rate_up.std() > 0
    array.pulse(np.full(array.shape, 49))
    assert np.all(array.conductance < array.g_max)
    array.pulse(np.ones(array.shape, np.int8))
    np.testing.assert_allclose(array.conductance, array.g_max, rtol=1e-6)


def test_exponents_vary_by_the_shape():
    population = devices(PowerStep(**WINDOW, step=1e-6, exponent=2, shape=0.3))
    assert population.rate_up.mean() == pytest.approx(2, abs=0.01)
    assert population.rate_up.std() == pytest.approx(0.3, rel=0.02)
    assert abs(np.corrcoef(population.rate_up.flat, population.rate_down.flat)[0, 1]) < 0.02


def test_stuck_devices_come_in_their_fractions():
    faults = {"stuck_low": 0.1, "stuck_high": 0.05, "stuck_at": (0.2, 1e-4)}
    card = ConstantStep(**WINDOW, step=1e-6, bounds=0.05, **faults)
    population = devices(card)
    assert population.stuck.mean() == pytest.approx(0.35, abs=0.01)
    np.testing.assert_array_equal(population.lo[population.stuck], population.hi[population.stuck])
    assert not population.step_up[population.stuck].any()
    assert not population.step_down[population.stuck].any()
    assert (population.lo == 1e-4).mean() == pytest.approx(0.2, abs=0.01)
    assert (population.stuck & (population.lo < 40e-6)).mean() == pytest.approx(0.1, abs=0.006)


def test_a_mask_takes_the_place_of_the_cards_faults():
    where = np.full((2, 3), np.nan)
    where[1, 2] = 7e-6
    array = DeviceArray(ConstantStep(**WINDOW, step=1e-6, stuck_low=1.0), 2, 3, dtype="float64", stuck=where)
    np.testing.assert_array_equal(array.stuck, np.isfinite(where))
    array.pulse(np.full((2, 3), 5))
    assert array.conductance[1, 2] == 7e-6
    np.testing.assert_allclose(array.conductance[0], LO + 5e-6)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (np.full((3, 2), np.nan), "stuck has shape"),
        (np.full((2, 3), -1.0), "stuck must be at least 0"),
        (np.full((2, 3), np.inf), "stuck must be finite"),
        ([["a"] * 3] * 2, "stuck is not an array"),
    ],
)
def test_wrong_masks_are_refused_by_name(wrong, message):
    with pytest.raises(InputError, match=message):
        DeviceArray("neko-material", 2, 3, stuck=wrong)


def test_each_spread_has_its_own_random_numbers():
    plain = devices(ConstantStep(**WINDOW, step=1e-6, bounds=0.05))
    more = devices(ConstantStep(**WINDOW, step=1e-6, bounds=0.05, device=0.3, symmetry=0.1))
    np.testing.assert_array_equal(plain.lo, more.lo)
    np.testing.assert_array_equal(plain.hi, more.hi)
    other = devices(ConstantStep(**WINDOW, step=1e-6, bounds=0.05), seed=1)
    assert not np.array_equal(plain.lo, other.lo)


def test_references_lie_where_the_card_says():
    spread = 0.02
    for at, expected in (("middle", 50e-6), (3e-5, 3e-5)):
        card = SoftBounds(**WINDOW, step=1e-6, reference=at, reference_spread=spread)
        reference = DeviceArray(card, ROWS, COLS, dtype="float64").reference
        assert reference.mean() == pytest.approx(expected, rel=0.01)
        assert reference.std() == pytest.approx(spread * SPAN, rel=0.02)
    card = SoftBounds(**WINDOW, step=1e-6, device=0.1, symmetry=0.1, reference="symmetry")
    array = DeviceArray(card, 30, 30, dtype="float64")
    np.testing.assert_array_equal(array.reference, array.symmetry_points)
    assert array.reference.std() > 0
