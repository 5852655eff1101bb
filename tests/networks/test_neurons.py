from __future__ import annotations

import numpy as np
import pytest

import neurosim as ns
from neurosim.errors import InputError
from neurosim.networks.neurons import KINDS, Neurons, activate, backward

FORMULAS = {
    "linear": lambda z: z,
    "relu": lambda z: np.where(z > 0, z, 0),
    "leaky-relu": lambda z: np.where(z > 0, z, 0.01 * z),
    "tanh": lambda z: (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z)),
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "softmax": lambda z: np.exp(z) / np.exp(z).sum(axis=1, keepdims=True),
}


@pytest.mark.parametrize("kind", KINDS)
def test_outputs_follow_the_formula(kind):
    z = np.random.default_rng(1).normal(size=(6, 4))
    np.testing.assert_allclose(activate(Neurons(kind, 4), z.copy()), FORMULAS[kind](z), rtol=1e-13)


@pytest.mark.parametrize("kind", KINDS)
def test_backward_is_the_derivative_by_central_differences(kind):
    rng = np.random.default_rng(2)
    z, weight = rng.normal(size=(6, 4)), rng.normal(size=(6, 4))
    neurons = Neurons(kind, 4)
    found = backward(neurons, activate(neurons, z.copy()), weight.copy())
    for b, k in np.ndindex(z.shape):
        up, down = z.copy(), z.copy()
        up[b, k] += 1e-6
        down[b, k] -= 1e-6
        slope = (weight * (activate(neurons, up) - activate(neurons, down))).sum() / 2e-6
        assert found[b, k] == pytest.approx(slope, rel=1e-6, abs=1e-8)


@pytest.mark.parametrize("kind", KINDS)
def test_outputs_stay_finite_and_float32_for_huge_inputs(kind):
    z = np.array([[-1e4, 0.0, 1e4]], dtype=np.float32)
    outputs = activate(Neurons(kind, 3), z)
    assert outputs.dtype == np.float32
    assert np.isfinite(outputs).all()


def test_the_shorthands_make_each_kind():
    made = [ns.linear(2), ns.relu(2), ns.leaky_relu(2, slope=0.1), ns.tanh(2), ns.sigmoid(2), ns.softmax(2)]
    assert [neurons.kind for neurons in made] == list(KINDS)
    assert made[2].slope == 0.1


def test_bad_populations_are_refused():
    with pytest.raises(InputError, match="did you mean 'relu'"):
        Neurons("rleu", 3)
    with pytest.raises(InputError, match="size of the relu population must be at least 1"):
        ns.relu(0)
    with pytest.raises(InputError, match="slope"):
        ns.leaky_relu(3, slope=-0.5)
