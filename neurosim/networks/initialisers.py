"""Initial weights under the names of the field, drawn from keyed streams.

The scaled families draw with variance s / n, where n is fan_in (lecun, he) or the mean of fan_in and
fan_out (glorot), and s is 1 (lecun, glorot) or 2 (he). A normal draw is cut at two standard deviations
and widened so that its standard deviation is still sqrt(s / n).

Sources: LeCun et al., "Efficient BackProp", 1998; Glorot and Bengio, AISTATS 2010, eq. 16;
He et al., ICCV 2015, eq. 10; Saxe et al., ICLR 2014 (orthogonal).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from inspect import signature
from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim import checks
from neurosim.errors import InputError, Problem, did_you_mean, one_of
from neurosim.random import Stream

Array = npt.NDArray[Any]
Shape = tuple[int, int]
Initial = str | Mapping[str, Any] | Array

# Standard deviation of a standard normal cut at +-2.
_CUT_STD = 0.87962566103423978


def zeros(shape: Shape, stream: Stream) -> Array:
    """All weights 0."""
    return np.zeros(shape)


def ones(shape: Shape, stream: Stream) -> Array:
    """All weights 1."""
    return np.ones(shape)


def constant(shape: Shape, stream: Stream, value: float = 0.0) -> Array:
    """All weights `value`."""
    return np.full(shape, value)


def identity(shape: Shape, stream: Stream, gain: float = 1.0) -> Array:
    """`gain` on the main diagonal, 0 elsewhere."""
    return gain * np.eye(*shape)


def uniform(shape: Shape, stream: Stream, low: float = -0.05, high: float = 0.05) -> Array:
    """Uniform between `low` and `high`."""
    values: Array = stream.uniforms(shape).astype(np.float64)
    return low + (high - low) * values


def normal(shape: Shape, stream: Stream, std: float = 0.05) -> Array:
    """Normal with mean 0."""
    values: Array = stream.normals(shape, dtype=np.float64)
    return std * values


def truncated_normal(shape: Shape, stream: Stream, std: float = 0.05) -> Array:
    """Normal with mean 0, every draw beyond two standard deviations drawn again."""
    values: Array = stream.normals(shape, dtype=np.float64)
    draw = 0
    while (outside := np.abs(values) > 2).any():
        draw += 1
        values[outside] = stream.normals(shape, draw=draw, dtype=np.float64)[outside]
    return std * values


def orthogonal(shape: Shape, stream: Stream, gain: float = 1.0) -> Array:
    """Orthonormal rows or columns, whichever are fewer, times `gain`."""
    long, short = max(shape), min(shape)
    q, r = np.linalg.qr(stream.normals((long, short), dtype=np.float64))
    q *= np.where(np.diag(r) < 0, -1.0, 1.0)  # makes the draw uniform over the orthogonal group
    basis: Array = q if shape[0] >= shape[1] else q.T
    return gain * basis


def _scaled_uniform(scale: float, mode: str) -> Callable[[Shape, Stream], Array]:
    def draw(shape: Shape, stream: Stream) -> Array:
        limit = math.sqrt(3 * scale / _fan(shape, mode))
        return uniform(shape, stream, -limit, limit)

    return draw


def _scaled_normal(scale: float, mode: str) -> Callable[[Shape, Stream], Array]:
    def draw(shape: Shape, stream: Stream) -> Array:
        return truncated_normal(shape, stream, math.sqrt(scale / _fan(shape, mode)) / _CUT_STD)

    return draw


def _fan(shape: Shape, mode: str) -> float:
    return shape[0] if mode == "in" else (shape[0] + shape[1]) / 2


INITIALISERS: dict[str, Callable[..., Array]] = {
    "zeros": zeros,
    "ones": ones,
    "constant": constant,
    "identity": identity,
    "uniform": uniform,
    "normal": normal,
    "truncated_normal": truncated_normal,
    "orthogonal": orthogonal,
    "lecun_uniform": _scaled_uniform(1.0, "in"),
    "lecun_normal": _scaled_normal(1.0, "in"),
    "glorot_uniform": _scaled_uniform(1.0, "mean"),
    "glorot_normal": _scaled_normal(1.0, "mean"),
    "he_uniform": _scaled_uniform(2.0, "in"),
    "he_normal": _scaled_normal(2.0, "in"),
}


def initial_weights(
    initial: Initial, shape: Shape, stream: Stream, dtype: npt.DTypeLike = np.float32
) -> Array:
    """Draw the weights of a connection, (n_in, n_out).

    Parameters
    ----------
    initial : str, mapping or array
        A name ("he_uniform"), a name with parameters ({"use": "normal", "std": 0.1}), or the weights.
    shape : tuple of int
        (n_in, n_out)
    stream : Stream
        Where the random numbers come from.
    dtype : dtype
        float32 or float64; the same draw, rounded.

    Raises
    ------
    InputError
        For an unknown name or parameter, or an array of another shape.
    """
    if isinstance(initial, np.ndarray):
        return checks.array("initial weights", initial, shape=shape, dtype=dtype)
    parameters = dict(initial) if isinstance(initial, Mapping) else {"use": initial}
    name = checks.choice("initial", parameters.pop("use", None), INITIALISERS)
    known = [key for key in signature(INITIALISERS[name]).parameters if key not in ("shape", "stream")]
    for key, value in parameters.items():
        if key not in known:
            expected = one_of(known) if known else "no parameters"
            raise InputError(
                Problem(f"{name} has no parameter '{key}'", None, expected, did_you_mean(key, known))
            )
        checks.number(f"{name}.{key}", value)
    return INITIALISERS[name](shape, stream, **parameters).astype(dtype)
