from __future__ import annotations

import math

import numpy as np
import pytest

import neurosim as ns
from neurosim.errors import InputError
from neurosim.learning.losses import LOSSES, loss_function

LABELS = np.array([2, 0, 1, 1, 2])


def outputs():
    return np.random.default_rng(1).normal(size=(5, 3))


def softmax(z):
    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)


def test_cross_entropy_is_the_mean_negative_log_likelihood():
    z = outputs()
    expected = -sum(math.log(softmax(z)[b, LABELS[b]]) for b in range(5)) / 5
    assert LOSSES["cross-entropy"](z, LABELS, ns.linear(3))[0] == pytest.approx(expected, rel=1e-13)
    assert LOSSES["cross-entropy"](softmax(z), LABELS, ns.softmax(3))[0] == pytest.approx(expected, rel=1e-13)


def test_mse_and_mae_are_means_over_batch_and_outputs():
    z, targets = outputs(), np.eye(3)[LABELS]
    assert LOSSES["mse"](z, LABELS, ns.linear(3))[0] == pytest.approx(np.mean((z - targets) ** 2), rel=1e-13)
    assert LOSSES["mae"](z, LABELS, ns.linear(3))[0] == pytest.approx(np.mean(abs(z - targets)), rel=1e-13)


def test_combined_gradient_of_softmax_is_that_of_logits():
    z = outputs()
    logits = LOSSES["cross-entropy"](z, LABELS, ns.linear(3))[1]
    combined = LOSSES["cross-entropy"](softmax(z), LABELS, ns.softmax(3))[1]
    np.testing.assert_allclose(combined, logits, rtol=1e-13)
    np.testing.assert_allclose(logits, (softmax(z) - np.eye(3)[LABELS]) / 5, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("loss", LOSSES)
def test_outputs_stay_as_they_are_and_the_gradient_keeps_their_dtype(loss):
    z = outputs().astype(np.float32)
    before = z.copy()
    value, d = LOSSES[loss](z, LABELS, ns.linear(3))
    np.testing.assert_array_equal(z, before)
    assert isinstance(value, float)
    assert d.dtype == np.float32


def test_cross_entropy_of_extreme_outputs_is_large_and_finite():
    logits = np.array([[1e4, -1e4, 0.0]], dtype=np.float32)
    value, d = LOSSES["cross-entropy"](logits, np.array([1]), ns.linear(3))
    assert value == pytest.approx(2e4)
    np.testing.assert_allclose(d, [[1, -1, 0]])
    certain = np.array([[1.0, 0.0, 0.0]], dtype=np.float32)
    value, d = LOSSES["cross-entropy"](certain, np.array([1]), ns.softmax(3))
    assert 80 < value < 90
    np.testing.assert_allclose(d, [[1, -1, 0]])


def test_a_loss_is_found_by_name_or_taken_as_a_function():
    assert loss_function("mse") is LOSSES["mse"]
    assert loss_function(LOSSES["mae"]) is LOSSES["mae"]
    with pytest.raises(InputError, match="did you mean 'cross-entropy'"):
        loss_function("crossentropy")
