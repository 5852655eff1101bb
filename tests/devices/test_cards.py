"""The device cards that come with neurosim, against what their sources publish."""

from __future__ import annotations

from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from oracles.aihwkit_devices import PRESETS
from oracles.neurosim_curve import curve

from neurosim import library
from neurosim.devices import Card, DeviceArray, load
from neurosim.devices.variation import Faults, Variation

SHIPPED = [
    name
    for name in library.names("devices")
    if library.find("devices", name).parent == library.root("devices")
]

# MLP+NeuroSim V3.0 manual, table II (TaOx/TiO2: table I): pulses up and down, labels, R_on, on/off, pulses,
# noise of a pulse in parts of the range. Ag:a-Si takes 100 pulses down.
TABLE = {
    "ag-asi": (97, 100, 2.4, -4.88, 26e6, 12.5, (3.2, 300e-6), (-2.8, 300e-6), 0.035),
    "taox-tio2": (102, 102, 1.85, -1.79, 5e6, 2, (3, 40e-3), (-3, 10e-3), 0.01),
    "taox-hfox": (128, 128, 0.04, -0.63, 100e3, 10, (1.6, 50e-9), (1.6, 50e-9), 0.037),
    "pcmo": (50, 50, 3.68, -6.76, 23e6, 6.84, (-2, 1e-3), (2, 1e-3), 0.01),
    "alox-hfo2": (40, 40, 1.94, -0.61, 16.9e3, 4.43, (0.9, 100e-6), (-1, 100e-6), 0.05),
    "gst-pcm": (100, 100, 0.105, 2.4, 4.71e3, 19.8, (0.7, 6e-6), (3, 125e-9), 0.015),
    "epiram": (64, 64, 0.5, -0.5, 81e3, 50.2, (5, 5e-6), (-3, 5e-6), 0.02),
    "hzo-fefet": (32, 32, 1.75, 1.46, 559.28e3, 45, (3.65, 75e-9), (-2.95, 75e-9), 0.005),
}
PRESET_CARDS = {
    "Capacitor": "aihwkit-capacitor",
    "EcRam": "aihwkit-ecram",
    "EcRamMO": "aihwkit-ecram-mo",
    "GokmenVlasov": "aihwkit-gokmen-vlasov",
    "Idealized": "aihwkit-idealized",
    "PCM": "aihwkit-pcm",
    "ReRamArrayHfO2": "aihwkit-reram-array-hfo2",
    "ReRamArrayOM": "aihwkit-reram-array-om",
    "ReRamES": "aihwkit-reram-es",
    "ReRamSB": "aihwkit-reram-sb",
}
PUBLISHED_STATES = {  # aihwkit: weight range over dw_min
    "Capacitor": 400,
    "EcRam": 1000,
    "EcRamMO": 7089,
    "GokmenVlasov": 1250,
    "Idealized": 10_000,
    "PCM": 200,
    "ReRamArrayHfO2": 4,
    "ReRamArrayOM": 21,
    "ReRamES": 1481,
    "ReRamSB": 1000,
}


def nominal(card: Card, **variation: float) -> Card:
    """The card of the mean device, with no variation but the given."""
    return card.model_copy(update={"variation": Variation(**variation), "faults": Faults()})


def walk(card: Card, signs: list[int], initial: str = "min") -> np.ndarray:
    """Conductance of the mean device before the first pulse and after each."""
    array = DeviceArray(nominal(card), 1, 1, dtype="float64", initial=initial)
    conductances = [array.conductance[0, 0]]
    for sign in signs:
        array.pulse([[sign]])
        conductances.append(array.conductance[0, 0])
    return np.array(conductances)


def as_weight(card: Card, preset: str, conductance: np.ndarray) -> np.ndarray:
    return PRESETS[preset].w_min + (conductance - card.g_min) / card.conductance.span * PRESETS[preset].span


@pytest.fixture(params=TABLE)
def published(request: pytest.FixtureRequest) -> SimpleNamespace:
    names = ("pulses_up", "pulses_down", "label_up", "label_down", "r_on", "on_off", "up", "down", "noise")
    return SimpleNamespace(card=load(request.param), **dict(zip(names, TABLE[request.param], strict=True)))


@pytest.fixture(params=PRESET_CARDS)
def preset(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_the_published_devices_are_all_shipped():
    assert set(SHIPPED) >= {*TABLE, *PRESET_CARDS.values(), "hfo2-rram", "ideal", "neko-material"}


@pytest.mark.parametrize("name", SHIPPED)
def test_every_card_loads_and_says_what_it_is_and_where_it_is_from(name):
    card = load(name)
    assert card.name == name
    assert len(card.about) > 20
    assert len(card.source) > 20
    assert 0 <= card.g_min < card.g_max
    assert card.step_up > 0
    assert card.step_down > 0


@pytest.mark.parametrize("name", SHIPPED)
def test_devices_of_every_card_rise_and_fall_within_their_bounds(name):
    array = DeviceArray(load(name), 20, 20, initial="mid")
    start = array.conductance.mean()
    array.pulse(np.full(array.shape, 3))
    risen = array.conductance.mean()
    array.pulse(np.full(array.shape, -6))
    assert start < risen
    assert array.conductance.mean() < risen
    assert np.all((array.g_min <= array.conductance) & (array.conductance <= array.g_max))


def test_window_noise_and_pulses_are_those_of_the_table(published):
    card = published.card
    assert 1 / card.g_max == pytest.approx(published.r_on, rel=1e-12)
    assert card.g_max / card.g_min == pytest.approx(published.on_off, rel=1e-12)
    assert card.variation.additive == published.noise
    assert card.read_voltage == 0.5
    for direction, pulse in ((card.potentiation, published.up), (card.depression, published.down)):
        assert (direction.pulse.voltage, direction.pulse.width) == pytest.approx(pulse, rel=1e-12)


def test_the_published_number_of_pulses_leads_from_bound_to_bound(published):
    card, window = published.card, published.card.conductance
    up = walk(card, [1] * published.pulses_up)
    down = walk(card, [-1] * published.pulses_down, "max")
    assert card.states == published.pulses_up
    assert np.all(np.diff(up) > 0)
    assert np.all(np.diff(down) < 0)
    assert up[-1] == pytest.approx(card.g_max, abs=1e-12 * window.span)
    assert down[-1] == pytest.approx(card.g_min, abs=1e-12 * window.span)


def test_trajectories_are_neurosims_curve(published):
    card, tolerance = published.card, 1e-8 * published.card.conductance.span
    up = curve(published.label_up, published.pulses_up, card.g_min, card.g_max)
    down = curve(published.label_down, published.pulses_down, card.g_min, card.g_max)[::-1]
    np.testing.assert_allclose(walk(card, [1] * published.pulses_up), up, atol=tolerance, rtol=0)
    np.testing.assert_allclose(walk(card, [-1] * published.pulses_down, "max"), down, atol=tolerance, rtol=0)


def test_labels_have_neurosims_sign(published):
    steps = -np.diff(walk(published.card, [-1] * published.pulses_down, "max"))
    falling = all(later < sooner for sooner, later in pairwise(steps))
    rising = all(later > sooner for sooner, later in pairwise(steps))
    assert falling == (published.label_down < 0)
    assert rising == (published.label_down > 0)


def test_presets_follow_aihwkits_equations(preset):
    card, signs = load(PRESET_CARDS[preset]), [1] * 300 + [-1] * 300
    expected = PRESETS[preset].trajectory(PRESETS[preset].w_min, signs)
    np.testing.assert_allclose(
        as_weight(card, preset, walk(card, signs)), expected, rtol=0, atol=1e-6 * PRESETS[preset].span
    )


def test_steps_of_presets_are_aihwkits_at_every_state(preset):
    card, model = load(PRESET_CARDS[preset]), PRESETS[preset]
    per_weight = card.conductance.span / model.span
    for x in np.linspace(0, 1, 21):
        g, w = card.g_min + x * card.conductance.span, model.w_min + x * model.span
        assert card.step(g, "up") == pytest.approx(model.step(w, 1) * per_weight, rel=1e-6, abs=1e-15)
        assert card.step(g, "down") == pytest.approx(model.step(w, -1) * per_weight, rel=1e-6, abs=1e-15)


def test_states_of_presets_are_the_published(preset):
    card = load(PRESET_CARDS[preset])
    affine = card.model != "exponential-step"
    step = card.step(card.symmetry_point, "up") if affine else card.potentiation.step
    assert card.conductance.span / step == pytest.approx(PUBLISHED_STATES[preset], abs=0.5)


@pytest.mark.parametrize("preset", sorted(set(PRESET_CARDS) - {"PCM"}))  # PCM is used in pairs
def test_references_of_presets_stand_for_weight_zero(preset):
    card, spread = load(PRESET_CARDS[preset]), 0.05 if preset.startswith("ReRamArray") else 0.0
    weights = as_weight(card, preset, DeviceArray(nominal(card), 100, 100, dtype="float64").reference)
    assert weights.mean() == pytest.approx(0, abs=1e-6 + 0.05 * spread)
    assert weights.std() == pytest.approx(spread, rel=0.03, abs=1e-9)


@pytest.mark.parametrize("sign", [1, -1])
def test_noise_of_a_pulse_of_presets_is_aihwkits(preset, sign):
    whole, model = load(PRESET_CARDS[preset]), PRESETS[preset]
    noise = whole.variation.model_dump(include={"cycle", "additive", "state"})
    array = DeviceArray(nominal(whole, **noise), 200, 200, dtype="float64", initial="mid")
    w = as_weight(whole, preset, array.conductance)[0, 0]
    array.pulse(np.full(array.shape, sign))
    moved = sign * (as_weight(whole, preset, array.conductance) - w)
    assert moved.std() == pytest.approx(model.noise(w, sign), rel=0.02)
    assert moved.mean() == pytest.approx(model.step(w, sign), abs=5 * model.noise(w, sign) / 200)


def test_populations_of_presets_are_aihwkits(preset):
    card, model, rng = load(PRESET_CARDS[preset]), PRESETS[preset], np.random.default_rng(0)
    devices = DeviceArray(card, 200, 200, dtype="float64").devices
    for mine, theirs in zip((devices.lo, devices.hi), model.bounds(40_000, rng), strict=True):
        weights = as_weight(card, preset, mine)
        assert weights.mean() == pytest.approx(theirs.mean(), abs=0.02)
        assert weights.std() == pytest.approx(theirs.std(), rel=0.03, abs=1e-9)
    # The step at weight 0, where the spread of the bounds does not show, over that of the mean device.
    at = card.g_min - model.w_min / model.span * card.conductance.span
    step = devices.step_up - devices.rate_up * (at - devices.lo)
    gain = step / (card.step(at, "up") if devices.family == "affine" else card.potentiation.step)
    theirs = model.scales(40_000, rng)
    np.testing.assert_allclose(
        np.quantile(gain, [0.1, 0.5, 0.9]), np.quantile(theirs, [0.1, 0.5, 0.9]), rtol=0.03
    )
