"""The Manhattan rule against an independent account of Neko's."""

from __future__ import annotations

import numpy as np
import pytest
from oracles import neko_manhattan

import neurosim as ns
from neurosim.networks import Sequential
from neurosim.random import stream


def problem():
    """Pictures with dead pixels, so that some gradients are exactly zero."""
    rng = np.random.default_rng(6)
    x = rng.random((100, 20)) * (rng.random((100, 20)) < 0.3)
    x[:, :4] = 0
    return x, rng.integers(0, 5, 100)


@pytest.mark.parametrize("readout", [ns.relu, ns.linear])
def test_potentiate_reproduces_nekos_trajectory(readout):
    x, y = problem()
    network = Sequential(20, [ns.relu(12), readout(5)], seed=2, dtype="float64")
    weights = [layer.synapses.effective_weights().copy() for layer in network.layers]
    biases = [layer.bias.copy() for layer in network.layers]
    ns.train(
        network, (x, y), update=ns.Manhattan(1e-3, zero_gradient="potentiate"), epochs=3, batch=16, seed=9
    )
    for epoch in range(3):
        order = stream(9, "shuffle").permutation(100, draw=epoch)
        for first in range(0, 100, 16):
            chosen = order[first : first + 16]
            gradients = neko_manhattan.gradients(weights, biases, x[chosen], y[chosen], readout is ns.relu)
            weights = [
                neko_manhattan.manhattan_step(w, g, 1e-3) for w, g in zip(weights, gradients[0], strict=True)
            ]
            biases = [
                neko_manhattan.manhattan_step(b, g, 1e-3) for b, g in zip(biases, gradients[1], strict=True)
            ]
    for layer, w, b in zip(network.layers, weights, biases, strict=True):
        np.testing.assert_allclose(layer.synapses.effective_weights(), w, atol=1e-12)
        np.testing.assert_allclose(layer.bias, b, atol=1e-12)


def test_weights_of_dead_inputs_hold_by_default_and_drift_with_potentiate():
    x, y = problem()
    moved = {}
    for zero_gradient in ("hold", "potentiate"):
        network = Sequential(20, [ns.relu(12), ns.linear(5)], seed=2, dtype="float64")
        before = network.layers[0].synapses.effective_weights().copy()
        update = ns.Manhattan(1e-3, zero_gradient=zero_gradient)
        ns.train(network, (x, y), update=update, epochs=2, batch=20)
        moved[zero_gradient] = (network.layers[0].synapses.effective_weights() - before)[:4]
    assert np.all(moved["hold"] == 0)
    np.testing.assert_allclose(moved["potentiate"], 10e-3, rtol=1e-9)


def test_the_oracles_material_starts_in_the_middle_and_stays_in_its_range():
    material = neko_manhattan.Material((200, 100), np.random.default_rng(1))
    assert material.plus.std() == pytest.approx(9.995e-6, rel=0.01)
    assert material.weights.std() == pytest.approx(1.41e-3, rel=0.01)
    material.step(np.full((200, 100), -1.0))
    assert material.weights.mean() == pytest.approx(2e-3, rel=0.05)
    for _ in range(300):
        material.step(np.full((200, 100), -1.0))
    np.testing.assert_allclose(material.weights, 0.1999, rtol=1e-12)
