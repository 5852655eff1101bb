r"""Losses of classifiers, averaged over the batch, and their gradients at the read-out.

For outputs a (batch, K), labels y and one-hot targets t:

    cross-entropy   L = -mean_b log p_(b, y_b),    dL/dz = (p - t) / batch
    mse             L = mean_(b,k) (a - t)^2,      dL/da = 2 (a - t) / (batch K)
    mae             L = mean_(b,k) |a - t|,        dL/da = sign(a - t) / (batch K)

Cross-entropy takes the outputs as logits, p = softmax(a), except those of a softmax read-out, which
are p already; there dL/dz is the combined gradient, free of the 1/p that would overflow.

A loss is a function (outputs, labels, readout) -> (value, dL/dz); a user's own can be given to
`train` in place of a name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim import checks
from neurosim.networks.neurons import Neurons, backward

Array = npt.NDArray[Any]
Labels = npt.NDArray[np.int64]
Loss = Callable[[Array, Labels, Neurons], tuple[float, Array]]


def cross_entropy(outputs: Array, labels: Labels, readout: Neurons) -> tuple[float, Array]:
    """Return the cross-entropy in nats, and its gradient at the read-out's input.

    Parameters
    ----------
    outputs : (batch, K) array
        Logits, or probabilities if the read-out is softmax.
    labels : (batch,) int64
    readout : Neurons
        The last population.
    """
    rows = np.arange(len(labels))
    if readout.kind == "softmax":
        # A probability that rounds to 0 gives a large loss, not an infinite one.
        chosen = np.maximum(outputs[rows, labels], np.finfo(outputs.dtype).tiny)
        value = -np.log(chosen).mean(dtype=np.float64)
        d = outputs.copy()
    else:
        shifted = outputs - outputs.max(axis=1, keepdims=True)
        d = np.exp(shifted)
        total = d.sum(axis=1)
        value = (np.log(total) - shifted[rows, labels]).mean(dtype=np.float64)
        d /= total[:, None]
    d[rows, labels] -= 1
    d *= 1 / len(labels)
    return float(value), d if readout.kind == "softmax" else backward(readout, outputs, d)


def mse(outputs: Array, labels: Labels, readout: Neurons) -> tuple[float, Array]:
    """Return the mean squared error against one-hot targets, and its gradient at the read-out's input."""
    error = _error(outputs, labels)
    value = float(np.square(error).mean(dtype=np.float64))
    error *= 2 / error.size
    return value, backward(readout, outputs, error)


def mae(outputs: Array, labels: Labels, readout: Neurons) -> tuple[float, Array]:
    """Return the mean absolute error against one-hot targets, and its gradient at the read-out's input."""
    error = _error(outputs, labels)
    value = float(np.abs(error).mean(dtype=np.float64))
    np.sign(error, out=error)
    error *= 1 / error.size
    return value, backward(readout, outputs, error)


LOSSES: dict[str, Loss] = {"cross-entropy": cross_entropy, "mse": mse, "mae": mae}


def loss_function(loss: str | Loss) -> Loss:
    """Return the loss of a name, or the function itself.

    Raises
    ------
    InputError
        For an unknown name.
    """
    return loss if callable(loss) else LOSSES[checks.choice("loss", loss, LOSSES)]


def _error(outputs: Array, labels: Labels) -> Array:
    error = outputs.copy()
    error[np.arange(len(labels)), labels] -= 1
    return error
