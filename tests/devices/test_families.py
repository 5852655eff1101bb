"""Device cards made in Python."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim import devices
from neurosim.devices import variation as parts
from neurosim.errors import InputError

WINDOW = {"g_min": 1e-6, "g_max": 80e-6}


def test_the_downward_direction_is_like_the_upward_one_where_nothing_is_said():
    card = devices.LinearStep(**WINDOW, step=1e-6, slope=0.5, slope_down=0.2)
    assert (card.potentiation.step, card.potentiation.slope) == (1e-6, 0.5)
    assert (card.depression.step, card.depression.slope) == (1e-6, 0.2)
    card = devices.ConstantStep(**WINDOW, step=1e-6, pulses_down=30)
    assert (card.depression.step, card.depression.pulses) == (None, 30)


def test_common_arguments_end_up_where_a_card_has_them():
    card = devices.SoftBounds(
        **WINDOW, step=1e-6, name="mine", about="a", source="b", device=0.1, symmetry=0.02, bounds=0.03,
        cycle=0.3, additive=0.001, distribution="log-normal", read_voltage=0.1, read_noise=0.01,
        stuck_low=0.01, stuck_high=0.02, stuck_at=(0.03, 5e-6), pulse_up=(1.3, 1e-7), pulse_down=(-1.2, 2e-7),
        reference="middle", reference_spread=0.05, endurance=1e6,
    )  # fmt: skip
    assert (card.name, card.about, card.source, card.endurance) == ("mine", "a", "b", 1e6)
    variation = parts.Variation(
        device=0.1, symmetry=0.02, bounds=0.03, cycle=0.3, additive=0.001, distribution="log-normal"
    )
    assert card.variation == variation
    assert card.read == parts.Read(voltage=0.1, noise=0.01)
    stuck_at = parts.StuckAt(fraction=0.03, conductance=5e-6)
    assert card.faults == parts.Faults(stuck_low=0.01, stuck_high=0.02, stuck_at=stuck_at)
    assert card.potentiation.pulse.voltage == 1.3
    assert card.depression.pulse.width == 2e-7
    assert card.reference == parts.Reference(at="middle", spread=0.05)


def test_measured_conductances_give_the_window():
    card = devices.TableStep(potentiation=np.array([1e-6, 3e-6, 4e-6]), depression=[4.2e-6, 2e-6, 1e-6])
    assert (card.g_min, card.g_max) == (1e-6, 4.2e-6)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: devices.SoftBounds(**WINDOW, step=-1e-6), r"SoftBounds\(\): potentiation.step"),
        (lambda: devices.SoftBounds(**WINDOW, step=float("nan")), "finite"),
        (lambda: devices.SoftBounds(**WINDOW, step="1 us"), "is a time"),
        (lambda: devices.SoftBounds(g_min=2e-6, g_max=1e-6, step=1e-7), "must be less than max"),
        (lambda: devices.SoftBounds(**WINDOW, step=1e-6, cylce=0.3), "'cylce'; did you mean 'cycle'"),
        (lambda: devices.ConstantStep(**WINDOW), "either 'step' or 'pulses'"),
        (lambda: devices.Nonlinear(**WINDOW, pulses=9, nonlinearity=99, nonlinearity_down=1), "at most 9"),
        (lambda: devices.TableStep(potentiation=[1e-6], depression=[1e-6], measured="steps"), "needs g_min"),
        (lambda: devices.TableStep(potentiation=[], depression=[]), "needs g_min"),
        (lambda: devices.Ideal(**WINDOW, stuck_low=2), "at most 1"),
    ],
)
def test_wrong_arguments_are_named(make, message):
    with pytest.raises(InputError, match=message):
        make()


def test_unknown_families_have_a_nearest_name():
    with pytest.raises(AttributeError, match="did you mean 'SoftBounds'"):
        devices.SoftBound  # noqa: B018
