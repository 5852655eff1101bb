from __future__ import annotations

import numpy as np
import pytest

from neurosim import checks
from neurosim.errors import InputError


@pytest.mark.parametrize(
    ("value", "options", "says"),
    [
        ([[1.0, np.nan]], {}, r"weights must be finite; element \(0, 1\) is nan"),
        ([[1.0, np.inf]], {}, "element .* is inf"),
        ([1.0, 2.0], {"shape": (2, None)}, r"weights has shape \(2,\); expected \(2, any\)"),
        ([[1.0, 2.0]], {"shape": (2, None)}, r"shape \(1, 2\); expected \(2, any\)"),
        ([0.5, 3.0], {"low": 0.0, "high": 1.0}, r"must be from 0 to 1; element \(1,\) is 3"),
        ([0.5, -3.0], {"low": 0.0}, "must be at least 0"),
        ([0.5, 2.0], {"high": 1.0}, "must be at most 1"),
        ([0.5, 2.0], {"dtype": np.int64}, "must be whole numbers"),
        ([300], {"dtype": np.uint8}, "is not an array of uint8|must be whole numbers"),
        (["a"], {}, "is not an array of float32|expected numbers"),
        ([[1], [1, 2]], {}, "is not an array"),
        ([None], {}, "is not an array|expected numbers|finite"),
        ([1 + 2j], {}, "is not an array|expected numbers"),
    ],
)
def test_refuses_wrong_arrays_by_name(value: object, options: dict[str, object], says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        checks.array("weights", value, **options)  # type: ignore[arg-type]
    assert "weights" in str(caught.value)


def test_accepts_and_converts_a_right_array() -> None:
    got = checks.array("x", [[1, 2], [3, 4]], shape=(None, 2), dtype=np.float32, low=1, high=4)
    assert got.dtype == np.float32
    assert got.flags.c_contiguous
    assert checks.array("x", 3.0, shape=()).shape == ()
    assert checks.array("x", np.zeros((0, 3)), shape=(None, 3)).shape == (0, 3)


@pytest.mark.parametrize("value", ["3", True, None, float("nan"), -1.0, 11.0, 0.0])
def test_refuses_wrong_numbers_by_name(value: object) -> None:
    with pytest.raises(InputError, match="rate"):
        checks.number("rate", value, low=-0.5, high=10, above=0)


@pytest.mark.parametrize("value", ["3", True, None, float("inf"), 2.5, 0, 11])
def test_refuses_wrong_whole_numbers_by_name(value: object) -> None:
    with pytest.raises(InputError, match="rows"):
        checks.whole("rows", value, low=1, high=10)


def test_names_the_nearest_choice() -> None:
    assert checks.whole("rows", np.int64(3)) == 3
    assert checks.number("rate", np.float32(0.5)) == 0.5
    assert checks.choice("scheme", "offset", ["offset", "differential"]) == "offset"
    with pytest.raises(InputError, match="did you mean 'differential'"):
        checks.choice("scheme", "diferential", ["offset", "differential"])
