from __future__ import annotations

import numpy as np
import pytest

import neurosim as ns
from neurosim.errors import InputError
from neurosim.learning.gradients import Gradient, backprop, gradient_source
from neurosim.learning.losses import LOSSES
from neurosim.networks import Delta, IdealSynapses, Sequential
from neurosim.networks.neurons import KINDS, Neurons

LABELS = np.array([2, 0, 1, 1, 2, 0])
HIDDEN = [kind for kind in KINDS if kind != "softmax"]


def case(hidden, readout, seed=1):
    network = Sequential(5, [Neurons(hidden, 7), Neurons(readout, 3)], seed=seed, dtype="float64")
    rng = np.random.default_rng(seed)
    for layer in network.layers:
        layer.bias[...] = rng.normal(size=layer.bias.size) / 2
    return network, rng.normal(size=(6, 5))


def finite_differences(network, x, loss, values):
    """Central differences of the loss by every element of an array that the network holds."""
    slopes = np.empty(values.shape)
    for index in np.ndindex(values.shape):
        kept = values[index]
        side = []
        for shift in (1e-6, -1e-6):
            values[index] = kept + shift
            outputs = network.activities(x)[-1]
            side.append(LOSSES[loss](outputs, LABELS, network.layers[-1].neurons)[0])
        values[index] = kept
        slopes[index] = (side[0] - side[1]) / 2e-6
    return slopes


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize(
    ("hidden", "readout"), [(kind, "linear") for kind in HIDDEN] + [("tanh", kind) for kind in KINDS]
)
def test_gradients_are_the_finite_differences(hidden, readout, loss):
    network, x = case(hidden, readout)
    result = backprop(network, x, LABELS, LOSSES[loss])
    assert result.loss == LOSSES[loss](network.forward(x), LABELS, network.layers[-1].neurons)[0]
    for layer, gradient in zip(network.layers, result.gradients, strict=True):
        weights = layer.synapses._weights
        expected = finite_differences(network, x, loss, weights)
        np.testing.assert_allclose(gradient.dense(), expected, rtol=2e-6, atol=1e-9)
        expected = finite_differences(network, x, loss, layer.bias)
        np.testing.assert_allclose(gradient.of_bias().dense()[0], expected, rtol=2e-6, atol=1e-9)


def test_a_bias_row_has_the_gradients_of_weights_and_biases():
    network, x = case("relu", "linear")
    stacked = [
        IdealSynapses(np.vstack([layer.synapses.effective_weights(), layer.bias])) for layer in network.layers
    ]
    digital = backprop(network, x, LABELS, LOSSES["mse"]).gradients
    rows = backprop(network.with_synapses(stacked), x, LABELS, LOSSES["mse"]).gradients
    for one, other in zip(digital, rows, strict=True):
        expected = np.vstack([one.dense(), one.of_bias().dense()])
        np.testing.assert_allclose(other.dense(), expected, rtol=1e-12, atol=1e-15)


class Recording(IdealSynapses):
    """Reads one matrix forward and another backward, and refuses to be looked into."""

    def __init__(self, forward, backward):
        super().__init__(forward)
        self._back = IdealSynapses(backward)
        self.calls = []

    def read(self, x):
        self.calls.append("read")
        return super().read(x)

    def read_transposed(self, d):
        self.calls.append("read_transposed")
        return self._back.read_transposed(d)

    def effective_weights(self):
        raise AssertionError("backprop may only read the synapses")


def test_backprop_sees_the_synapses_through_their_two_reads_only():
    network, x = case("tanh", "linear")
    rng = np.random.default_rng(8)
    back = [rng.normal(size=layer.synapses.shape) for layer in network.layers]
    forward = [layer.synapses.effective_weights() for layer in network.layers]
    recording = [Recording(w, b) for w, b in zip(forward, back, strict=True)]
    seen = network.with_synapses(recording)
    result = backprop(seen, x, LABELS, LOSSES["mse"])
    assert [synapses.calls for synapses in recording] == [["read"], ["read", "read_transposed"]]
    hidden = np.tanh(x @ forward[0] + network.layers[0].bias)
    outputs = hidden @ forward[1] + network.layers[1].bias
    d = 2 * (outputs - np.eye(3)[LABELS]) / outputs.size
    expected = x.T @ ((d @ back[1].T) * (1 - hidden**2))
    np.testing.assert_allclose(result.gradients[0].dense(), expected, rtol=1e-12)
    np.testing.assert_allclose(result.gradients[1].dense(), hidden.T @ d, rtol=1e-12)


def test_all_gradients_are_taken_before_anything_is_written():
    network, x = case("tanh", "linear")
    before = backprop(network, x, LABELS, LOSSES["mse"]).gradients
    dense = [gradient.dense() for gradient in before]
    for layer in network.layers:
        layer.synapses.write(Delta(np.ones(layer.synapses.shape)))
    for gradient, expected in zip(before, dense, strict=True):
        np.testing.assert_array_equal(gradient.dense(), expected)


def test_gradient_knows_its_shape():
    gradient = Gradient(np.ones((4, 3)), np.ones((4, 2)))
    assert gradient.shape == (3, 2)
    assert gradient.of_bias().shape == (1, 2)


def test_a_source_is_found_by_name_or_taken_as_a_function():
    assert gradient_source("backprop") is backprop
    assert gradient_source(backprop) is backprop
    with pytest.raises(InputError, match="did you mean 'backprop'"):
        gradient_source("backprob")


def test_float32_stays_float32():
    network = Sequential(5, [ns.sigmoid(4), ns.softmax(3)])
    x = np.random.default_rng(1).normal(size=(6, 5)).astype(np.float32)
    for loss in LOSSES.values():
        result = backprop(network, x, LABELS, loss)
        assert result.outputs.dtype == np.float32
        assert all(gradient.dense().dtype == np.float32 for gradient in result.gradients)
