"""The schema of device cards: what is accepted, what is refused and where the message points."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from pydantic import TypeAdapter

from neurosim import documents
from neurosim.devices import DeviceCard, load
from neurosim.devices.card import MODELS, Card, check
from neurosim.errors import InputError

GOOD = """\
neurosim: 1
name: mine
model: soft-bounds
conductance: {min: 2 uS, max: 80 uS}
potentiation: {step: 1.2 uS, nonlinearity: 1.8, pulse: {voltage: 1.3 V, width: 100 ns}}
depression: {step: 1.4 uS}
variation: {device: 10 %, cycle: 5 %, bounds: 8 %}
read: {voltage: 0.2 V, noise: 1 %}
faults: {stuck_low: 0.5 %, stuck_high: 0.2 %}
endurance: 1e7
"""

RESPONSES = {
    "ideal": ("", ""),
    "constant-step": ("potentiation: {step: 1 uS}", "depression: {pulses: 50}"),
    "linear-step": ("potentiation: {step: 1 uS, slope: 50 %}", "depression: {pulses: 50, slope: -0.2}"),
    "soft-bounds": ("potentiation: {step: 1 uS}", "depression: {pulses: 50, nonlinearity: 2}"),
    "nonlinear": (
        "potentiation: {pulses: 50, nonlinearity: 2.4}",
        "depression: {pulses: 60, nonlinearity: -4.88}",
    ),
    "exponential-step": (
        "potentiation: {step: 1 uS, amplitude: -1, growth: -5}",
        "depression: {step: 1 uS, amplitude: 0.1, growth: 2}",
    ),
    "power-step": ("potentiation: {step: 1 uS, exponent: 2}", "depression: {step: 1 uS, exponent: 0.5}"),
    "table": (
        "potentiation: {steps: [2 uS, 1 uS, 0.5 uS]}",
        "depression: {conductances: [80 uS, 40 uS, 10 uS, 2 uS]}",
    ),
}


def read(text: str) -> Card:
    return check(documents.loads(text, "card.yaml"))


def complain(text: str) -> str:
    with pytest.raises(InputError) as error:
        read(text)
    return str(error.value)


def of_model(model: str) -> str:
    up, down = RESPONSES[model]
    return f"name: mine\nmodel: {model}\nconductance: {{min: 2 uS, max: 80 uS}}\n{up}\n{down}\n"


def test_a_card_is_read_in_si_units():
    card = read(GOOD)
    assert (card.g_min, card.g_max) == (2e-6, 80e-6)
    assert card.potentiation.pulse.width == 100e-9
    assert card.variation.bounds == 0.08
    assert card.read_voltage == 0.2
    assert card.write_energy("up") == pytest.approx(1.3**2 * 100e-9)
    assert card.write_energy("down") is None


@pytest.mark.parametrize("model", MODELS)
def test_every_model_has_positive_steps_that_add_up_to_its_step_function(model):
    card = read(of_model(model))
    assert card.model == model
    for way in ("up", "down"):
        steps = [card.step(g, way) for g in np.linspace(card.g_min, card.g_max, 41)]
        assert min(steps) >= 0 < max(steps)
    assert card.g_min <= card.symmetry_point <= card.g_max
    assert card.states > 1


@pytest.mark.parametrize("model", MODELS)
def test_cards_survive_being_written_and_read(model):
    card = read(of_model(model))
    adapter = TypeAdapter(DeviceCard)
    assert adapter.validate_python(card.model_dump()) == card
    assert adapter.validate_json(card.model_dump_json()) == card


def test_a_window_may_be_written_as_resistance_and_ratio():
    window = "{on_resistance: 26 Mohm, on_off: 12.5}"
    card = read(of_model("constant-step").replace("{min: 2 uS, max: 80 uS}", window))
    assert card.g_max == pytest.approx(1 / 26e6)
    assert card.g_min == pytest.approx(1 / 26e6 / 12.5)


def test_short_forms_win_over_long_ones():
    card = read(GOOD + "g_min: 5 uS\ng_max: 50 uS\n")
    assert (card.g_min, card.g_max) == (5e-6, 50e-6)
    text = of_model("nonlinear").replace("{min: 2 uS, max: 80 uS}", "{on_resistance: 26 Mohm, on_off: 10}")
    card = read(text + "g_max: 1 uS\nstates: 32\n")
    assert card.g_min == pytest.approx(1e-7)
    assert card.potentiation.pulses == card.depression.pulses == card.states == 32
    card = read(of_model("constant-step") + "states: 32\n")
    assert card.potentiation.step is None
    assert card.step_up == card.step_down == pytest.approx(78e-6 / 32)


def test_pulses_of_soft_bounds_are_the_range_over_the_middle_step():
    card = read(GOOD.replace("step: 1.2 uS, nonlinearity: 1.8,", "pulses: 100,"))
    assert card.step_up == pytest.approx(78e-6 / 100)


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        ("model: soft-bounds", "model: soft-bound", 3, "did you mean 'soft-bounds'"),
        ("model: soft-bounds\n", "", 1, "'model' is missing"),
        ("name: mine", "name: My Device", 2, "name"),
        ("min: 2 uS", "min: 2 us", 4, "is a time, not a conductance"),
        ("min: 2 uS", "min: 2", 4, "has no unit"),
        ("min: 2 uS", "min: 90 uS", 4, "must be less than max"),
        ("min: 2 uS", "min: -1 uS", 4, "at least 0"),
        ("min: 2 uS", "min: 2 uS, on_off: 3", 4, "either 'min' or 'on_off'"),
        ("min: 2 uS, ", "", 4, "either 'min' or 'on_off'"),
        ("max: 80 uS", "max: .nan", 4, "conductance.max"),
        ("step: 1.2 uS", "stp: 1.2 uS", 5, "did you mean 'step'"),
        ("step: 1.2 uS", "step: 0 uS", 5, "greater than 0"),
        ("step: 1.2 uS", "step: 1.2 uS, pulses: 3", 5, "either 'step' or 'pulses'"),
        ("nonlinearity: 1.8", "nonlinearity: -1.8", 5, "greater than 0"),
        ("nonlinearity: 1.8", "nonlinearity: 9.5", 5, "at most 9"),
        ("width: 100 ns", "width: 0 s", 5, "greater than 0"),
        ("width: 100 ns", "width: 100 nS", 5, "not a time"),
        ("depression: {step: 1.4 uS}\n", "", 1, "'depression' is missing"),
        ("depression: {step: 1.4 uS}", "depression: {exponent: 2}", 6, "unknown key 'exponent'"),
        ("cycle: 5 %", "cycle: -5 %", 7, "at least 0"),
        ("cycle: 5 %", "cycel: 5 %", 7, "did you mean 'cycle'"),
        ("device: 10 %", "device: 10 %, distribution: lognormal", 7, "did you mean 'log-normal'"),
        ("voltage: 0.2 V", "voltage: 0 V", 8, "greater than 0"),
        ("stuck_low: 0.5 %", "stuck_low: 101 %", 9, "at most 1"),
        ("stuck_low: 0.5 %", "stuck_low: 99.9 %", 9, "make 100.1 % of the devices"),
        ("stuck_low: 0.5 %", "stuck_at: {fraction: 10 %}", 9, "'conductance' is missing"),
        ("endurance: 1e7", "endurance: 0", 10, "greater than 0"),
        ("endurance: 1e7", "reference: {at: symetry}", 10, "symmetry"),
        ("neurosim: 1", "neurosim: 2", 1, "neurosim"),
    ],
)
def test_every_mistake_is_pointed_at(old, new, line, message):
    assert old in GOOD
    text = complain(GOOD.replace(old, new))
    assert message in text
    assert f"card.yaml:{line}:" in text


@pytest.mark.parametrize(
    ("model", "old", "new", "message"),
    [
        ("linear-step", "slope: 50 %", "slope: 150 %", "at most 1"),
        ("linear-step", "pulses: 50, slope: -0.2", "pulses: 50, slope: 1", "the bound is never reached"),
        ("exponential-step", "growth: 2", "growth: 200", "at most 50"),
        ("power-step", "exponent: 2", "exponent: -2", "at least 0"),
        ("table", "steps: [2 uS, 1 uS, 0.5 uS]", "steps: [1 uS]", "at least 2"),
        ("table", "steps: [2 uS, 1 uS, 0.5 uS]", "steps: [0 S, 0 S]", "never moves"),
        ("table", "[80 uS, 40 uS, 10 uS, 2 uS]", "[80 uS, 40 uS, 41 uS]", "must fall from pulse to pulse"),
        ("table", "[80 uS, 40 uS, 10 uS, 2 uS]", "[90 uS, 40 uS, 10 uS]", "leave the window"),
        ("table", "conductances: [80", "steps: [1 uS, 2 uS], conductances: [80", "either 'conductances' or"),
    ],
)
def test_every_mistake_of_a_family_is_named(model, old, new, message):
    assert old in of_model(model)
    assert message in complain(of_model(model).replace(old, new))


def test_all_mistakes_are_told_together():
    text = complain(
        GOOD.replace("max: 80 uS", "max: 80 V").replace("cycle: 5 %", "cycel: 5 %").replace("0.2 V", "0 V")
    )
    for line in (4, 7, 8):
        assert f"card.yaml:{line}:" in text


def test_cards_are_found_by_path(tmp_path):
    (tmp_path / "mine.yaml").write_text(GOOD)
    assert load(tmp_path / "mine.yaml").name == "mine"
    assert load("mine", near=tmp_path).name == "mine"
    with pytest.raises(InputError, match="there is no device card file"):
        load(tmp_path / "other.yaml")


def test_reading_a_card_imports_no_numerics():
    code = (
        "import sys, neurosim.devices.card as c; c.load('hfo2-rram');"
        "print([m for m in ('numpy', 'numba', 'scipy', 'matplotlib') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"
