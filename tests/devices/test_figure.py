from __future__ import annotations

import io

import numpy as np
import pytest

from neurosim.devices import ConstantStep, load
from neurosim.devices.figure import response


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("hfo2-rram", "µS"),
        ("ag-asi", "nS"),
        ("aihwkit-pcm", "µS"),
        ("neko-material", "mS"),
        ("aihwkit-reram-array-om", "µS"),
    ],
)
def test_responses_are_drawn_in_readable_units(name, unit):
    card = load(name)
    figure = response(card)
    train, steps = figure.axes
    assert train.get_ylabel() == f"conductance ({unit})"
    assert steps.get_xlabel() == f"conductance ({unit})"
    assert card.name in train.get_title(loc="left")
    assert train.get_ylim()[1] < 1000
    figure.savefig(io.BytesIO(), format="png")


def test_the_nominal_device_goes_up_and_down_again():
    figure = response(load("ag-asi"))
    lines = [line for line in figure.axes[0].lines if line.get_label() in ("potentiation", "depression")]
    up, down = (np.asarray(line.get_ydata()) for line in lines)
    assert np.all(np.diff(up) >= 0)
    assert np.all(np.diff(down) <= 0)
    assert up[0] < up[-1] == down[0] > 0.99 * 38.46


def test_devices_without_variation_have_no_bands():
    assert not response(ConstantStep(g_min=1e-6, g_max=2e-6, pulses=30)).axes[0].collections
    assert response(load("hfo2-rram")).axes[0].collections


def test_a_picture_can_be_drawn_again():
    pictures = []
    for _ in range(2):
        file = io.BytesIO()
        response(load("epiram"), seed=3).savefig(file, format="png", metadata={"Software": None})
        pictures.append(file.getvalue())
    assert pictures[0] == pictures[1]
