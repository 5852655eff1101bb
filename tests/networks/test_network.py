from __future__ import annotations

import doctest
import sys

import numpy as np
import pytest

import neurosim as ns
from neurosim.errors import InputError
from neurosim.networks import IdealSynapses, Layer, Network, Sequential


def small(**options):
    return Sequential(4, [ns.relu(3), ns.tanh(5), ns.linear(2)], seed=3, dtype="float64", **options)


def with_biases(network):
    """Biases other than zero, so that they matter."""
    for layer in network.layers:
        layer.bias[...] = np.linspace(-1, 1, layer.bias.size)
    return network


def test_forward_is_layer_after_layer():
    network = with_biases(small())
    x = np.random.default_rng(1).normal(size=(6, 4))
    w = [layer.synapses.effective_weights() for layer in network.layers]
    b = [layer.bias for layer in network.layers]
    hidden = np.tanh(np.maximum(x @ w[0] + b[0], 0) @ w[1] + b[1])
    np.testing.assert_allclose(network.forward(x), hidden @ w[2] + b[2], rtol=1e-13)


def test_sequential_names_layers_counts_parameters_and_keeps_the_dtype():
    network = small()
    assert [layer.name for layer in network.layers] == ["layer1", "layer2", "layer3"]
    assert network.parameters == 4 * 3 + 3 + 3 * 5 + 5 + 5 * 2 + 2
    assert (network.n_in, network.n_out) == (4, 2)
    assert network.forward(np.zeros((1, 4))).dtype == np.float64
    assert Sequential(4, [ns.linear(2)]).forward(np.zeros((1, 4))).dtype == np.float32


def test_weights_of_a_layer_depend_on_seed_and_name_only():
    long = small()
    short = Sequential(4, [ns.relu(3)], seed=3, dtype="float64")
    other = Sequential(4, [ns.relu(3)], seed=4, dtype="float64")
    first = long.layers[0].synapses.effective_weights()
    np.testing.assert_array_equal(first, short.layers[0].synapses.effective_weights())
    assert not np.array_equal(first, other.layers[0].synapses.effective_weights())


def test_initial_weights_and_biases_can_be_chosen_for_each_layer():
    network = Sequential(2, [ns.relu(2), ns.linear(2)], initial=["identity", "ones"], bias=[False, True])
    np.testing.assert_array_equal(network.layers[0].synapses.effective_weights(), np.eye(2))
    np.testing.assert_array_equal(network.layers[1].synapses.effective_weights(), np.ones((2, 2)))
    assert network.layers[0].bias is None
    assert network.layers[1].bias is not None


def test_a_bias_row_gives_the_same_outputs_as_digital_biases():
    digital = with_biases(small())
    stacked = [
        IdealSynapses(np.vstack([layer.synapses.effective_weights(), layer.bias])) for layer in digital.layers
    ]
    rows = digital.with_synapses(stacked)
    assert all(layer.bias_row and layer.bias is None for layer in rows.layers)
    assert rows.parameters == digital.parameters
    x = np.random.default_rng(1).normal(size=(6, 4))
    np.testing.assert_allclose(rows.forward(x), digital.forward(x), rtol=1e-13)


def test_with_synapses_leaves_the_first_network_alone():
    network = with_biases(small())
    copy = network.with_synapses([IdealSynapses(np.zeros(layer.synapses.shape)) for layer in network.layers])
    copy.layers[0].bias[...] = 7
    assert network.layers[0].bias[0] == -1
    np.testing.assert_array_equal(copy.layers[1].bias, network.layers[1].bias)


def test_calibrate_shows_every_layer_its_own_inputs():
    seen = []

    class Watching(IdealSynapses):
        def calibrate(self, x):
            seen.append(x)

    network = with_biases(small())
    watched = network.with_synapses(
        [Watching(layer.synapses.effective_weights()) for layer in network.layers]
    )
    x = np.random.default_rng(1).normal(size=(6, 4))
    watched.calibrate(x)
    for given, expected in zip(seen, watched.activities(x)[:-1], strict=True):
        np.testing.assert_array_equal(given, expected)


def test_state_restores_weights_and_biases_bit_by_bit():
    network = with_biases(small())
    x = np.random.default_rng(1).normal(size=(6, 4))
    before, state = network.forward(x), network.state()
    other = small(initial="he_normal")
    other.restore(state)
    np.testing.assert_array_equal(other.forward(x), before)


def test_a_state_of_another_network_is_refused():
    with pytest.raises(InputError, match="layer3: it belongs to another network"):
        small().restore(Sequential(4, [ns.relu(3), ns.tanh(5)], dtype="float64").state())
    with pytest.raises(InputError, match="layer1"):
        small().restore(small(bias=False).state())


def test_counters_of_all_layers_are_added():
    class Counting(IdealSynapses):
        def counters(self):
            return {"pulses": 2.0}

    network = small()
    counted = network.with_synapses(
        [Counting(layer.synapses.effective_weights()) for layer in network.layers]
    )
    assert counted.counters() == {"pulses": 6.0}
    assert network.counters() == {}


def test_wrong_inputs_are_refused_by_name():
    with pytest.raises(InputError, match=r"x has shape \(6, 3\)"):
        small().forward(np.zeros((6, 3)))
    with pytest.raises(InputError, match="x must be finite"):
        small().forward(np.full((1, 4), np.nan))


def test_layers_that_do_not_fit_are_refused():
    first = Layer("a", IdealSynapses(np.zeros((4, 3))), None, ns.relu(3))
    second = Layer("b", IdealSynapses(np.zeros((5, 2))), None, ns.linear(2))
    with pytest.raises(InputError, match="b takes 5 inputs, but 3 lead to it"):
        Network(4, [first, second])
    with pytest.raises(InputError, match="different names"):
        Network(4, [first, Layer("a", IdealSynapses(np.zeros((3, 2))), None, ns.linear(2))])
    with pytest.raises(InputError, match="at least one layer"):
        Network(4, [])
    with pytest.raises(InputError, match="lead to 3 neurons, but there are 2"):
        Layer("a", IdealSynapses(np.zeros((4, 3))), None, ns.relu(2))
    with pytest.raises(InputError, match="one bias a neuron"):
        Layer("a", IdealSynapses(np.zeros((4, 3))), np.zeros(2), ns.relu(3))
    with pytest.raises(InputError, match="layer1 is a softmax population"):
        Sequential(4, [ns.softmax(3), ns.linear(2)])


def test_synapses_that_do_not_fit_are_refused():
    with pytest.raises(InputError, match="3 layers; got synapses for 1"):
        small().with_synapses([IdealSynapses(np.zeros((4, 3)))])
    with pytest.raises(InputError, match="3 populations, 2 initial"):
        small(initial=["zeros", "zeros"])


def test_the_documented_example_runs():
    assert doctest.testmod(sys.modules[Sequential.__module__]).failed == 0
