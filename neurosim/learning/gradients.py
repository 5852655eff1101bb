"""Backpropagation through whatever the synapses are.

    d_L = dL/dz_L,    d_(l-1) = read_transposed_l(d_l) * f'(a_(l-1)),    dL/dW_l = a_(l-1)^T d_l

Forward and backward signals go through `Synapses.read` and `Synapses.read_transposed` only, so noise,
converters and faults of hardware are in both. The gradient of a matrix stays in its two factors until
an update needs it whole.

A gradient source is a function (network, x, labels, loss) -> `Backward`; a user's own can be given to
`train` in place of a name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim import checks
from neurosim.learning.losses import Loss
from neurosim.networks.network import Network
from neurosim.networks.neurons import backward

Array = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Gradient:
    """dL/dW = x^T d of one matrix, as its factors.

    Parameters
    ----------
    x : (batch, n_in)
        What the synapses were given.
    d : (batch, n_out)
        dL/dz at their output; the loss is a mean over the batch.
    """

    x: Array
    d: Array

    @property
    def shape(self) -> tuple[int, int]:
        """Shape of the matrix, (n_in, n_out)."""
        return self.x.shape[1], self.d.shape[1]

    def dense(self) -> Array:
        """Return dL/dW, (n_in, n_out), as a new array."""
        product: Array = self.x.T @ self.d
        return product

    def of_bias(self) -> Gradient:
        """Return the gradient of the neurons' biases: of a matrix (1, n_out) with the constant input 1."""
        return Gradient(np.ones((len(self.d), 1), dtype=self.d.dtype), self.d)


@dataclass(frozen=True, eq=False)
class Backward:
    """What one pass forward and backward gives.

    Parameters
    ----------
    loss : float
        Mean over the batch.
    outputs : (batch, n_out)
    gradients : list of Gradient
        One for each layer.
    """

    loss: float
    outputs: Array
    gradients: list[Gradient]


GradientSource = Callable[[Network, Array, npt.NDArray[np.int64], Loss], Backward]


def backprop(network: Network, x: Array, labels: npt.NDArray[np.int64], loss: Loss) -> Backward:
    """Compute the loss of a batch and its exact gradient (up to the noise of the synapses).

    Parameters
    ----------
    network : Network
    x : (batch, n_in) array of the network's dtype
    labels : (batch,) int64
    loss : function
        See `losses`.
    """
    activities = network.activities(x)
    outputs = activities[-1]
    value, d = loss(outputs, labels, network.layers[-1].neurons)
    gradients = [Gradient(activities[-2], d)]
    for index in range(len(network.layers) - 1, 0, -1):
        below = network.layers[index - 1].neurons
        # A bias row's constant input, the last one, leads to no neuron below.
        d = network.layers[index].synapses.read_transposed(d)[:, : below.size]
        d = backward(below, activities[index][:, : below.size], d)
        gradients.append(Gradient(activities[index - 1], d))
    return Backward(value, outputs, gradients[::-1])


SOURCES: dict[str, GradientSource] = {"backprop": backprop}


def gradient_source(gradient: str | GradientSource) -> GradientSource:
    """Return the gradient source of a name, or the function itself.

    Raises
    ------
    InputError
        For an unknown name.
    """
    return gradient if callable(gradient) else SOURCES[checks.choice("gradient", gradient, SOURCES)]
