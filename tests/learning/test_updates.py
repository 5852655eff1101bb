from __future__ import annotations

import doctest
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from oracles import optimisers

import neurosim as ns
from neurosim.errors import InputError
from neurosim.learning import updates
from neurosim.learning.gradients import Gradient
from neurosim.networks import Outer, Signs

SHAPE = (4, 3)


def gradient_of(g):
    """A gradient whose dense form is g exactly."""
    return Gradient(np.eye(len(g), dtype=g.dtype), g)


def trajectory(update, start, gradients, scales=None):
    """The weights after every update."""
    w, slots, values = start.copy(), update.slots(SHAPE, start.dtype), []
    for step, g in enumerate(gradients):
        scale = scales[step] if scales else 1.0
        request = update.request(gradient_of(g), slots, scale, lambda w=w: w)
        w = w + request.dense(w.dtype)
        values.append(w)
    return np.array(values)


@pytest.fixture
def problem():
    rng = np.random.default_rng(3)
    return rng.normal(size=SHAPE), rng.normal(size=(12, *SHAPE)) * 10 ** rng.uniform(-3, 1, size=SHAPE)


RULES = [
    (ns.SGD(0.1), lambda w, g: optimisers.sgd(w, g, 0.1, 0.0, 0.0)),
    (ns.SGD(0.1, momentum=0.9), lambda w, g: optimisers.sgd(w, g, 0.1, 0.9, 0.0)),
    (ns.SGD(0.1, weight_decay=0.05), lambda w, g: optimisers.sgd(w, g, 0.1, 0.0, 0.05)),
    (ns.SGD(0.1, momentum=0.5, weight_decay=0.05), lambda w, g: optimisers.sgd(w, g, 0.1, 0.5, 0.05)),
    (ns.RMSprop(0.01, decay=0.8), lambda w, g: optimisers.rmsprop(w, g, 0.01, 0.8, 1e-7)),
    (ns.Adam(0.01), lambda w, g: optimisers.adam(w, g, 0.01, 0.9, 0.999, 1e-7)),
    (ns.Adam(0.01, 0.8, 0.95, 1e-3), lambda w, g: optimisers.adam(w, g, 0.01, 0.8, 0.95, 1e-3)),
]


@pytest.mark.parametrize(("update", "textbook"), RULES)
def test_rules_follow_the_textbook_weight_by_weight(update, textbook, problem):
    start, gradients = problem
    found = trajectory(update, start, gradients)
    for i, j in np.ndindex(*SHAPE):
        expected = textbook(float(start[i, j]), [float(g) for g in gradients[:, i, j]])
        np.testing.assert_allclose(found[:, i, j], expected, rtol=1e-11)


def test_adam_with_a_constant_gradient_moves_by_the_rate_every_time():
    g = np.array([[3.0, -0.2, 1e-3]] * 4)
    found = trajectory(ns.Adam(0.01, epsilon=1e-12), np.zeros(SHAPE), [g] * 5)
    for steps in range(5):
        np.testing.assert_allclose(found[steps], -0.01 * (steps + 1) * np.sign(g), rtol=1e-6)


@pytest.mark.parametrize("update", [ns.SGD(0.1), ns.SGD(0.1, momentum=0.9), ns.RMSprop(), ns.Adam()])
def test_a_schedule_scales_the_step(update, problem):
    start, gradients = problem
    whole = trajectory(update, start, gradients[:1]) - start
    half = trajectory(update, start, gradients[:1], [0.5]) - start
    np.testing.assert_allclose(half, whole / 2, rtol=1e-9)


def test_plain_sgd_keeps_the_factors_of_the_gradient(problem):
    request = ns.SGD(0.1).request(gradient_of(problem[1][0]), {}, 0.5, lambda: None)
    assert isinstance(request, Outer)
    assert request.rate == 0.05
    np.testing.assert_array_equal(request.d, -problem[1][0])


def test_weights_are_asked_for_only_by_weight_decay(problem):
    def refuse():
        raise AssertionError("these weights are not needed")

    for update in (ns.SGD(), ns.SGD(momentum=0.9), ns.RMSprop(), ns.Adam(), ns.Manhattan()):
        update.request(gradient_of(problem[1][0]), update.slots(SHAPE, float), 1.0, refuse)


def signs(update, g):
    request = update.request(gradient_of(np.array(g)), {}, 1.0, lambda: None)
    assert isinstance(request, Signs)
    assert request.signs.dtype == np.int8
    return request.signs.tolist()


def test_manhattan_goes_against_the_sign_and_holds_at_zero():
    assert signs(ns.Manhattan(), [[0.3, -2.0, 0.0], [-1e-30, 1e-30, -0.0]]) == [[-1, 1, 0], [1, -1, 0]]


def test_manhattan_potentiates_at_zero_when_asked_to():
    update = ns.Manhattan(zero_gradient="potentiate")
    assert signs(update, [[0.3, -2.0, 0.0]]) == [[-1, 1, 1]]


def test_gradients_up_to_the_threshold_count_as_zero():
    g = [[0.1, -0.1, 0.11, -0.11]]
    assert signs(ns.Manhattan(threshold=0.1), g) == [[0, 0, -1, 1]]
    assert signs(ns.Manhattan(threshold=0.1, zero_gradient="potentiate"), g) == [[1, 1, -1, 1]]


def test_manhattan_steps_have_the_scheduled_size():
    request = ns.Manhattan(step=0.02).request(gradient_of(np.ones(SHAPE)), {}, 0.5, lambda: None)
    assert request.step == 0.01
    np.testing.assert_array_equal(request.dense(np.float64), np.full(SHAPE, -0.01))


@pytest.mark.parametrize("update", [rule for rule, _ in RULES])
def test_float32_slots_and_requests_stay_float32(update):
    slots = update.slots(SHAPE, np.float32)
    assert all(value.dtype == np.float32 for value in slots.values() if isinstance(value, np.ndarray))
    g = np.ones(SHAPE, np.float32)
    change = update.request(gradient_of(g), slots, 0.7, lambda: g).dense()
    assert change.dtype == np.float32
    assert all(value.dtype == np.float32 for value in slots.values() if isinstance(value, np.ndarray))


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: ns.SGD(rate=0), "rate"),
        (lambda: ns.SGD(momentum=1.0), "momentum must be below 1"),
        (lambda: ns.SGD(weight_decay=-1), "weight_decay"),
        (lambda: ns.RMSprop(decay=1.5), "decay"),
        (lambda: ns.Adam(beta2=-0.1), "beta2"),
        (lambda: ns.Adam(epsilon=0), "epsilon"),
        (lambda: ns.Manhattan(step=float("nan")), "step must be finite"),
        (lambda: ns.Manhattan(threshold=-1), "threshold"),
        (lambda: ns.Manhattan(zero_gradient="holt"), "did you mean 'hold'"),
    ],
)
def test_bad_parameters_are_refused_by_name(make, name):
    with pytest.raises(InputError, match=name):
        make()


def test_parameters_are_frozen():
    with pytest.raises(FrozenInstanceError):
        ns.Manhattan().step = 1.0


def test_the_documented_rule_of_ones_own_runs():
    example = doctest.DocTestParser().get_examples(updates.Update.__doc__)
    names = dict(vars(updates))
    exec("".join(part.source for part in example), names)
    request = names["Clipped"]().request(gradient_of(np.array([[1.0, -1e-3]])), {}, 1.0, lambda: None)
    np.testing.assert_allclose(request.dense(np.float64), [[-1e-3, 1e-4]])
