from __future__ import annotations

import math

import pytest

from neurosim.errors import InputError
from neurosim.learning import ConstantRate, CosineDecay, ExponentialDecay, StepDecay


def scales(schedule, epochs=8):
    return [schedule.scale(epoch, epochs) for epoch in range(epochs)]


def test_every_schedule_follows_its_formula():
    assert scales(ConstantRate()) == [1.0] * 8
    assert scales(StepDecay(every=3, factor=0.1)) == pytest.approx([1, 1, 1, 0.1, 0.1, 0.1, 0.01, 0.01])
    assert scales(ExponentialDecay(0.9)) == pytest.approx([0.9**e for e in range(8)])
    cosine = [0.2 + 0.8 * math.cos(math.pi * e / 16) ** 2 for e in range(8)]
    assert scales(CosineDecay(low=0.2)) == pytest.approx(cosine)


def test_bad_parameters_are_refused():
    for make in (
        lambda: StepDecay(every=0),
        lambda: StepDecay(every=2, factor=0.0),
        lambda: ExponentialDecay(1.5),
        lambda: CosineDecay(low=-0.1),
    ):
        with pytest.raises(InputError):
            make()
