from __future__ import annotations

import numpy as np
import pytest

from neurosim.errors import InputError
from neurosim.networks import Delta, IdealSynapses, Outer, Signs


@pytest.fixture
def weights():
    return np.random.default_rng(1).normal(size=(5, 3))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_reads_are_the_matrix_products_in_the_dtype_of_the_weights(weights, dtype):
    rng = np.random.default_rng(2)
    x, d = rng.normal(size=(7, 5)).astype(dtype), rng.normal(size=(7, 3)).astype(dtype)
    synapses = IdealSynapses(weights.astype(dtype))
    w = weights.astype(dtype)
    tolerance = 1e-6 if dtype is np.float32 else 1e-14
    assert synapses.read(x).dtype == synapses.read_transposed(d).dtype == dtype
    np.testing.assert_allclose(synapses.read(x), np.einsum("bi,ij->bj", x, w), atol=tolerance)
    np.testing.assert_allclose(synapses.read_transposed(d), np.einsum("bj,ij->bi", d, w), atol=tolerance)


def test_signs_move_each_weight_by_one_step(weights):
    synapses = IdealSynapses(weights)
    signs = np.array([[1, 0, -1]] * 5, dtype=np.int8)
    synapses.write(Signs(signs, 0.25))
    np.testing.assert_array_equal(synapses.effective_weights(), weights + 0.25 * signs)


def test_delta_is_added(weights):
    synapses = IdealSynapses(weights)
    synapses.write(Delta(weights / 2))
    np.testing.assert_array_equal(synapses.effective_weights(), weights + weights / 2)


def test_outer_adds_rate_times_the_summed_outer_products(weights):
    rng = np.random.default_rng(3)
    x, d = rng.normal(size=(7, 5)), rng.normal(size=(7, 3))
    synapses = IdealSynapses(weights)
    synapses.write(Outer(x, d, 0.1))
    expected = weights + 0.1 * sum(np.outer(x[b], d[b]) for b in range(7))
    np.testing.assert_allclose(synapses.effective_weights(), expected, rtol=1e-13)


def test_every_request_gives_its_change_in_the_wanted_dtype():
    ones = np.ones((2, 3))
    for request in (Signs(ones.astype(np.int8), 0.5), Delta(0.5 * ones), Outer(ones, np.ones((2, 3)), 0.25)):
        for dtype in (np.float32, np.float64):
            change = request.dense(dtype)
            assert change.dtype == dtype
            assert np.all(change == 0.5)


def test_the_given_array_is_not_shared_and_the_effective_weights_are_read_only(weights):
    given = weights.copy()
    synapses = IdealSynapses(given)
    synapses.write(Delta(np.ones((5, 3))))
    np.testing.assert_array_equal(given, weights)
    with pytest.raises(ValueError, match="read-only"):
        synapses.effective_weights()[0, 0] = 1.0


def test_state_is_a_copy_and_restores_the_same_bits(weights):
    synapses = IdealSynapses(weights)
    state = synapses.state()
    synapses.write(Delta(np.ones((5, 3))))
    synapses.restore(state)
    np.testing.assert_array_equal(synapses.effective_weights(), weights)


def test_a_state_of_other_synapses_is_refused(weights):
    with pytest.raises(InputError, match=r"shape \(5, 3\)"):
        IdealSynapses(weights).restore({"weights": np.zeros((4, 3))})
    with pytest.raises(InputError, match="float32"):
        IdealSynapses(weights).restore({"weights": np.zeros((5, 3), np.float32)})
    with pytest.raises(InputError, match="other synapses than ideal ones"):
        IdealSynapses(weights).restore({"plus": np.zeros((5, 3))})


def test_bad_weights_are_refused_by_name():
    with pytest.raises(InputError, match="weights"):
        IdealSynapses([[0.0, np.nan]])
    with pytest.raises(InputError, match="weights has shape"):
        IdealSynapses([0.0, 1.0])
