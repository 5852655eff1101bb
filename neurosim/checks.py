"""Checks of arguments that name what was wrong: wrong shapes, NaN, values out of range, unknown words.

Every public function that takes arrays or numbers from a user passes them through here first, so
that a mistake is refused by name and never becomes a silent nonsense result.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.errors import InputError, Problem, did_you_mean, one_of


def array(
    name: str,
    value: npt.ArrayLike,
    *,
    shape: tuple[int | None, ...] | None = None,
    dtype: npt.DTypeLike = np.float32,
    low: float | None = None,
    high: float | None = None,
) -> npt.NDArray[Any]:
    """Return `value` as a C-contiguous array of `dtype`, refused by name if it is not what it should be.

    Parameters
    ----------
    name : str
        The argument's name, for the message.
    value : array_like
    shape : tuple of (int or None), optional
        The wanted shape; None stands for any length of that axis.
    dtype : dtype
        The wanted type. A whole-number type refuses fractions.
    low, high : float, optional
        Inclusive bounds of every element.

    Raises
    ------
    InputError
        Naming the argument and the first offending element.
    """
    try:
        given = np.asarray(value)
        if given.dtype.kind not in "biuf":
            raise InputError(f"{name} holds {given.dtype.name} values; expected numbers")
        with np.errstate(over="ignore", invalid="ignore"):  # what overflows is named below
            converted = np.ascontiguousarray(given, dtype=dtype)
    except (TypeError, ValueError, OverflowError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{name} is not an array of {np.dtype(dtype).name} numbers") from None
    converted = converted.reshape(given.shape)  # ascontiguousarray makes 0-d arrays 1-d
    if shape is not None:
        _check_shape(name, converted.shape, shape)
    if converted.size:
        _check_values(name, given, converted, low, high)
    return converted


def number(
    name: str,
    value: object,
    *,
    low: float | None = None,
    high: float | None = None,
    above: float | None = None,
) -> float:
    """Return `value` as a finite float within [low, high] and greater than `above`."""
    if isinstance(value, (bool, str)) or not isinstance(value, (int, float, np.number)):
        raise InputError(f"{name} must be a number, got {value!r}")
    result = float(value)
    if not math.isfinite(result):
        raise InputError(f"{name} must be finite, got {result}")
    if above is not None and not result > above:
        raise InputError(f"{name} must be greater than {above:g}, got {result:g}")
    if (low is not None and result < low) or (high is not None and result > high):
        raise InputError(f"{name} must be {_range(low, high)}, got {result:g}")
    return result


def whole(name: str, value: object, *, low: int | None = None, high: int | None = None) -> int:
    """Return `value` as an int within [low, high]; 3.0 is accepted, 3.5 and True are not."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        raise InputError(f"{name} must be a whole number, got {value!r}")
    if not math.isfinite(value) or int(value) != value:
        raise InputError(f"{name} must be a whole number, got {value!r}")
    result = int(value)
    if (low is not None and result < low) or (high is not None and result > high):
        raise InputError(f"{name} must be {_range(low, high)}, got {result}")
    return result


def choice(name: str, value: object, options: Iterable[str]) -> str:
    """Return `value` if it is one of `options`; otherwise name the nearest one."""
    names = list(options)
    if isinstance(value, str) and value in names:
        return value
    raise InputError(
        Problem(f"{name} {value!r} is not known", expected=one_of(names), hint=did_you_mean(value, names))
    )


def _check_shape(name: str, got: tuple[int, ...], wanted: tuple[int | None, ...]) -> None:
    fits = len(got) == len(wanted) and all(w is None or w == g for w, g in zip(wanted, got, strict=True))
    if not fits:
        text = ", ".join("any" if w is None else str(w) for w in wanted)
        raise InputError(f"{name} has shape {got}; expected ({text}{',' if len(wanted) == 1 else ''})")


def _check_values(
    name: str, given: npt.NDArray[Any], converted: npt.NDArray[Any], low: float | None, high: float | None
) -> None:
    if given.dtype.kind == "f":
        finite = np.isfinite(given) if converted.dtype.kind != "f" else np.isfinite(converted)
        if not finite.all():
            at = _first(~finite)
            raise InputError(f"{name} must be finite; element {at} is {given[at]}")
    if converted.dtype.kind in "iub":
        changed = converted != given
        if changed.any():
            at = _first(changed)
            wanted = f"whole numbers of {converted.dtype}"
            raise InputError(f"{name} must be {wanted}; element {at} is {given[at]}")
    outside = np.zeros(converted.shape, dtype=bool)
    if low is not None:
        outside |= converted < low
    if high is not None:
        outside |= converted > high
    if outside.any():
        at = _first(outside)
        raise InputError(f"{name} must be {_range(low, high)}; element {at} is {converted[at]:g}")


def _first(mask: npt.NDArray[Any]) -> tuple[int, ...]:
    return tuple(int(i) for i in np.argwhere(mask)[0])


def _range(low: float | None, high: float | None) -> str:
    if low is None:
        return f"at most {high:g}"
    if high is None:
        return f"at least {low:g}"
    return f"from {low:g} to {high:g}"
