from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

import neurosim as ns
from neurosim.errors import InputError
from neurosim.learning.evaluation import accuracy, confusion
from neurosim.networks import Sequential

RNG = np.random.default_rng(4)
X, Y = RNG.normal(size=(23, 5)), RNG.integers(0, 3, 23)


def network():
    return Sequential(5, [ns.relu(4), ns.linear(3)], seed=2, dtype="float64")


def test_confusion_counts_true_classes_in_rows_and_predictions_in_columns():
    outputs = np.eye(3)[[0, 1, 1, 2, 0]]
    labels = np.array([0, 1, 2, 2, 2])
    assert confusion(outputs, labels).tolist() == [[1, 0, 0], [0, 1, 0], [1, 1, 1]]
    assert accuracy(outputs, labels) == 3 / 5


def test_evaluation_is_that_of_all_samples_whatever_the_batch():
    whole, parts = ns.evaluate(network(), X, Y), ns.evaluate(network(), X, Y, batch=4)
    outputs = network().forward(X)
    assert whole.accuracy == parts.accuracy == np.mean(outputs.argmax(axis=1) == Y)
    assert whole.loss == pytest.approx(parts.loss, rel=1e-12)
    np.testing.assert_allclose(parts.outputs, outputs, rtol=1e-12)
    np.testing.assert_array_equal(whole.confusion, parts.confusion)
    assert whole.confusion.sum() == 23
    assert np.trace(whole.confusion) / 23 == whole.accuracy


def test_a_chip_is_evaluated_through_its_network():
    chip = SimpleNamespace(network=network())
    assert ns.evaluate(chip, X, Y, loss="mse").loss == ns.evaluate(network(), X, Y, loss="mse").loss


def test_wrong_samples_are_refused_by_name():
    with pytest.raises(InputError, match=r"x has shape \(23, 4\)"):
        ns.evaluate(network(), X[:, :4], Y)
    with pytest.raises(InputError, match="y must be from 0 to 2"):
        ns.evaluate(network(), X, Y + 1)
    with pytest.raises(InputError, match="x holds no samples"):
        ns.evaluate(network(), X[:0], Y[:0])
    with pytest.raises(InputError, match="expected a network or a chip, got str"):
        ns.evaluate("network", X, Y)
