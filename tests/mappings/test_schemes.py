"""Weight schemes: weights to conductances and back."""

from __future__ import annotations

import numpy as np
import pytest
from mapping_builders import device, weights

from neurosim.mappings import schemes
from neurosim.mappings.card import Weights

RANGE = schemes.conductance_range(device())


def test_the_range_of_a_pair_is_the_weight_of_one_full_difference() -> None:
    card = Weights(range=0.5)
    unit = schemes.unit_weights(card, weights(3, 2))
    np.testing.assert_allclose(unit, 0.5)
    plus, minus = schemes.targets(card, np.array([[0.5, -0.5, 0.0]]), np.full(3, 0.5), RANGE, RANGE.zero)
    np.testing.assert_allclose(plus, [[101e-6, 1e-6, 51e-6]])
    np.testing.assert_allclose(minus, [[1e-6, 101e-6, 51e-6]])


@pytest.mark.parametrize("scheme", ["reference", "own-reference", "offset"])
def test_a_single_device_has_half_its_range_on_either_side(scheme: str) -> None:
    card = Weights(scheme=scheme, range=0.5)
    unit = schemes.unit_weights(card, weights(3, 3))
    (target,) = schemes.targets(card, np.array([[0.5, -0.5, 0.0]]), unit, RANGE, RANGE.zero)
    np.testing.assert_allclose(target, [[101e-6, 1e-6, 51e-6]])


def test_automatic_range_leaves_headroom_over_the_largest_weight() -> None:
    matrix = np.array([[0.1, -2.0], [0.4, 0.0]])
    np.testing.assert_allclose(schemes.unit_weights(Weights(headroom=1.5), matrix), 3.0)
    per_column = schemes.unit_weights(Weights(headroom=1.5, per="column"), matrix)
    np.testing.assert_allclose(per_column, [0.6, 3.0])


def test_untrained_columns_and_matrices_of_zeros_still_have_a_range() -> None:
    matrix = np.array([[0.0, 2.0], [0.0, 1.0]])
    np.testing.assert_allclose(schemes.unit_weights(Weights(headroom=1.0, per="column"), matrix), 2.0)
    np.testing.assert_allclose(schemes.unit_weights(Weights(headroom=1.0), np.zeros((2, 2))), 1.0)


def test_zero_lies_where_the_device_card_says() -> None:
    soft = device(
        "soft-bounds",
        potentiation={"step": 2e-6},
        depression={"step": 1e-6},
        reference={"at": "symmetry"},
    )
    assert schemes.conductance_range(soft).zero == pytest.approx(1e-6 + 100e-6 * 2 / 3)
    assert schemes.conductance_range(device(reference={"at": "middle"})).zero == pytest.approx(51e-6)
    assert schemes.conductance_range(device(reference={"at": 20e-6})).zero == 20e-6
