"""MNIST-1D must be the published set, not merely one like it.

The reference numbers come from make_dataset(get_dataset_args()) of the authors' own package, mnist1d
0.0.2.post1 on PyPI, run apart from this project.
"""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from neurosim.datasets import load
from neurosim.datasets.mnist1d import generate


@pytest.fixture(scope="module")
def generated():
    return generate()


def test_samples_equal_the_published_set(generated):
    x, _ = generated
    assert x.shape == (5000, 40)
    first = [-0.33200566736939013, -0.4719103656557236, -0.778697076293495]
    last = [0.6598756470890784, 0.8777343497528006, 1.1931518368352758]
    np.testing.assert_allclose(x[0, :3], first, atol=5e-15)
    np.testing.assert_allclose(x[-1, -3:], last, atol=5e-15)
    # No published value lies within 1e-12 of a rounding edge, so the hash does not hang on the last bits.
    digest = hashlib.sha256(np.round(x, 6).astype("<f8").tobytes()).hexdigest()
    assert digest == "a3e49301cd6d81207e6115120e4b369093607da485593686028ea556b9d8928a"


def test_labels_equal_the_published_set(generated):
    _, y = generated
    assert y[:20].tolist() == [2, 6, 4, 5, 6, 6, 6, 0, 3, 1, 6, 9, 4, 3, 4, 5, 1, 9, 0, 3]
    digest = hashlib.sha256(y.astype("<i8").tobytes()).hexdigest()
    assert digest == "6feec4a017698c7fe237c8854cbd2e338c6dd5c16240f6fa79daefaaa129e169"


def test_published_split_and_scale(generated):
    x, y = generated
    data = load("mnist1d")
    assert data.x_train.shape == (4000, 40) and data.x_test.shape == (1000, 40)
    np.testing.assert_array_equal(data.x_train, x[:4000].astype(np.float32))
    np.testing.assert_array_equal(data.y_test, y[4000:])
    assert data.image_shape is None and data.classes == 10


def test_unit_scale_is_measured_on_the_training_samples():
    data = load("mnist1d", scale="unit", train=100)
    full = load("mnist1d", scale="unit")
    assert full.x_train.min() == pytest.approx(0, abs=1e-6)
    assert full.x_train.max() == pytest.approx(1, abs=1e-6)
    np.testing.assert_array_equal(data.x_train, full.x_train[:100])
