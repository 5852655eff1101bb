from __future__ import annotations

import math

import numpy as np
import pytest

from neurosim.errors import InputError
from neurosim.networks.initialisers import INITIALISERS, initial_weights
from neurosim.random import stream

SHAPE = (400, 200)


def draw(initial, name="weights", shape=SHAPE, dtype=np.float64):
    return initial_weights(initial, shape, stream(5, name), dtype)


@pytest.mark.parametrize(
    ("name", "variance"),
    [
        ("lecun", 1 / 400),
        ("glorot", 1 / 300),
        ("he", 2 / 400),
    ],
)
@pytest.mark.parametrize("distribution", ["uniform", "normal"])
def test_scaled_families_have_their_variance_and_support(name, variance, distribution):
    weights = draw(f"{name}_{distribution}")
    assert weights.mean() == pytest.approx(0, abs=5 * math.sqrt(variance / weights.size))
    assert weights.var() == pytest.approx(variance, rel=0.02)
    edge = math.sqrt(3 * variance) if distribution == "uniform" else 2 * math.sqrt(variance) / 0.8796
    assert 0.99 * edge < np.abs(weights).max() < 1.0001 * edge


def test_truncated_normal_has_the_shape_of_a_normal_inside_two_deviations():
    weights = draw({"use": "truncated_normal", "std": 0.5})
    assert np.abs(weights).max() <= 1.0
    inside = [math.erf(k / math.sqrt(2)) / math.erf(2 / math.sqrt(2)) for k in (0.5, 1.0, 1.5)]
    found = [np.mean(np.abs(weights) < 0.5 * k) for k in (0.5, 1.0, 1.5)]
    np.testing.assert_allclose(found, inside, atol=0.008)


@pytest.mark.parametrize("shape", [(30, 20), (20, 30), (20, 20)])
def test_orthogonal_has_orthonormal_rows_or_columns(shape):
    q = draw({"use": "orthogonal", "gain": 2.0}, shape=shape) / 2.0
    gram = q.T @ q if shape[0] >= shape[1] else q @ q.T
    np.testing.assert_allclose(gram, np.eye(20), atol=1e-12)


def test_fixed_patterns_and_parameters():
    assert np.all(draw("zeros") == 0)
    assert np.all(draw("ones") == 1)
    assert np.all(draw({"use": "constant", "value": 0.3}) == 0.3)
    np.testing.assert_array_equal(draw({"use": "identity", "gain": 2.0}, shape=(3, 2)), 2 * np.eye(3, 2))
    uniform = draw({"use": "uniform", "low": 1.0, "high": 3.0})
    assert 1.0 < uniform.min() < 1.01
    assert 2.99 < uniform.max() < 3.0
    assert draw({"use": "normal", "std": 0.2}).std() == pytest.approx(0.2, rel=0.02)


@pytest.mark.parametrize("name", INITIALISERS)
def test_a_draw_depends_on_its_stream_only_and_float32_is_the_same_draw(name):
    first, again = draw(name), draw(name)
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(draw(name, dtype=np.float32), first.astype(np.float32))
    if name not in ("zeros", "ones", "constant", "identity"):
        assert np.corrcoef(first.ravel(), draw(name, "other").ravel())[0, 1] == pytest.approx(0, abs=0.02)


def test_given_weights_are_taken_when_they_fit():
    given = np.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(draw(given, shape=(2, 3)), given)
    with pytest.raises(InputError, match="initial weights has shape"):
        draw(given, shape=(3, 3))


def test_unknown_names_and_parameters_are_refused_with_the_nearest():
    with pytest.raises(InputError, match="did you mean 'he_uniform'"):
        draw("he_unifrom")
    with pytest.raises(InputError, match=r"normal has no parameter 'sdt'(.|\n)*did you mean 'std'"):
        draw({"use": "normal", "sdt": 0.2})
    with pytest.raises(InputError, match="no parameters"):
        draw({"use": "he_uniform", "std": 0.2})
