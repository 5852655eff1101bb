r"""Populations of rate neurons: an output for every input, and the derivative from the output alone.

    linear       a = z                      da/dz = 1
    relu         a = max(z, 0)              da/dz = [a > 0]
    leaky-relu   a = z > 0 ? z : s z        da/dz = a > 0 ? 1 : s
    tanh         a = tanh z                 da/dz = 1 - a^2
    sigmoid      a = 1 / (1 + e^-z)         da/dz = a (1 - a)
    softmax      a_k = e^z_k / sum_j e^z_j  da_k/dz_j = a_k ([k = j] - a_j)

`softmax` is a read-out: its outputs are probabilities over the whole population.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim import checks

Array = npt.NDArray[Any]

KINDS = ("linear", "relu", "leaky-relu", "tanh", "sigmoid", "softmax")


@dataclass(frozen=True)
class Neurons:
    """A population of rate neurons of one kind.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    size : int
        Number of neurons.
    slope : float
        Slope of leaky relu below zero, in (0, 1); the other kinds do not use it.

    Raises
    ------
    InputError
        For an unknown kind, a size below 1 or a slope out of range.
    """

    kind: str
    size: int
    slope: float = 0.01

    def __post_init__(self) -> None:
        checks.choice("neurons", self.kind, KINDS)
        object.__setattr__(
            self, "size", checks.whole(f"size of the {self.kind} population", self.size, low=1)
        )
        checks.number("slope", self.slope, above=0.0, high=1.0)


def linear(size: int) -> Neurons:
    """Neurons whose output is their input; with cross-entropy, their outputs are logits."""
    return Neurons("linear", size)


def relu(size: int) -> Neurons:
    """Rectified linear neurons."""
    return Neurons("relu", size)


def leaky_relu(size: int, slope: float = 0.01) -> Neurons:
    """Rectified linear neurons that keep a small `slope` below zero."""
    return Neurons("leaky-relu", size, slope)


def tanh(size: int) -> Neurons:
    """Hyperbolic tangent neurons, outputs in (-1, 1)."""
    return Neurons("tanh", size)


def sigmoid(size: int) -> Neurons:
    """Logistic neurons, outputs in (0, 1)."""
    return Neurons("sigmoid", size)


def softmax(size: int) -> Neurons:
    """A read-out of probabilities; only the last population of a network can be one."""
    return Neurons("softmax", size)


def activate(neurons: Neurons, z: Array) -> Array:
    """Turn inputs z (batch, size) into outputs, in place, and return them."""
    match neurons.kind:
        case "relu":
            np.maximum(z, 0, out=z)
        case "leaky-relu":
            np.maximum(z, neurons.slope * z, out=z)
        case "tanh":
            np.tanh(z, out=z)
        case "sigmoid":
            # 1/2 + 1/2 tanh(z/2) cannot overflow, whatever z is.
            z *= 0.5
            np.tanh(z, out=z)
            z *= 0.5
            z += 0.5
        case "softmax":
            z -= z.max(axis=1, keepdims=True)
            np.exp(z, out=z)
            z /= z.sum(axis=1, keepdims=True)
    return z


def backward(neurons: Neurons, outputs: Array, gradient: Array) -> Array:
    """Turn dL/da (batch, size) into dL/dz, in place, from the outputs a, and return it."""
    match neurons.kind:
        case "relu":
            gradient *= outputs > 0
        case "leaky-relu":
            gradient *= np.where(outputs > 0, outputs.dtype.type(1), outputs.dtype.type(neurons.slope))
        case "tanh":
            gradient *= 1 - outputs * outputs
        case "sigmoid":
            gradient *= outputs * (1 - outputs)
        case "softmax":
            gradient -= (gradient * outputs).sum(axis=1, keepdims=True)
            gradient *= outputs
    return gradient
