"""The neko-pairs mapping on the neko-material device is Neko's ManhattanMaterialRule, step by step."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from oracles import neko_manhattan

import neurosim as ns
from neurosim.learning.gradients import backprop
from neurosim.learning.losses import cross_entropy
from neurosim.networks import Sequential

SIZES = (12, 8, 6, 4)


@pytest.fixture
def data() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    x = rng.uniform(0, 1, (40, SIZES[0]))
    x[:, :2] = 0  # inputs that never fire: their weights have no gradient and drift
    return x, rng.integers(0, SIZES[-1], 40)


def test_every_step_equals_nekos_material_rule(data: tuple[np.ndarray, np.ndarray]) -> None:
    x, labels = data
    rng = np.random.default_rng(2)
    network = Sequential(SIZES[0], [ns.relu(size) for size in SIZES[1:]], dtype="float64")
    chip = ns.compile(network, "neko-material", "neko-pairs")
    shapes = list(pairwise(SIZES))
    weights = [neko_manhattan.Material(shape, rng) for shape in shapes]
    biases = [neko_manhattan.Material((shape[1],), rng) for shape in shapes]
    for synapses, w, b in zip(chip.synapses, weights, biases, strict=True):
        synapses.plus.set(np.vstack([w.plus, b.plus]))
        synapses.minus.set(np.vstack([w.minus, b.minus]))
    rule = ns.Manhattan(zero_gradient="potentiate")
    for _ in range(120):
        result = backprop(chip.network, x, labels, cross_entropy)
        for layer, gradient in zip(chip.network.layers, result.gradients, strict=True):
            layer.synapses.write(rule.request(gradient, {}, 1.0, layer.synapses.effective_weights))
        w_gradients, b_gradients = neko_manhattan.gradients(
            [w.weights for w in weights], [b.weights for b in biases], x, labels
        )
        for w, b, dw, db in zip(weights, biases, w_gradients, b_gradients, strict=True):
            w.step(dw)
            b.step(db)
        for synapses, w, b in zip(chip.synapses, weights, biases, strict=True):
            expected = np.vstack([w.weights, b.weights])
            np.testing.assert_allclose(synapses.effective_weights(), expected, rtol=0, atol=1e-12)
    assert max(chip.saturation().values()) > 0.1  # rails were reached on the way


def test_devices_start_around_the_middle_as_widely_as_nekos() -> None:
    network = Sequential(200, [ns.linear(100)], seed=3)
    chip = ns.compile(network, "neko-material", "neko-pairs", seed=3)
    neko = neko_manhattan.Material((201, 100), np.random.default_rng(1)).weights
    assert chip.synapses[0].effective_weights().std() == pytest.approx(neko.std(), rel=0.02)
