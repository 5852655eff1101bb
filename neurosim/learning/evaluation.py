"""How good a network is: loss, accuracy and confusion matrix over labelled samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim import checks
from neurosim.backend import single_threaded_blas
from neurosim.errors import InputError
from neurosim.learning.losses import Loss, loss_function
from neurosim.networks.network import Network

Array = npt.NDArray[Any]
Labels = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What `evaluate` found.

    Parameters
    ----------
    accuracy : float
        Share of the samples whose largest output is that of their class.
    loss : float
        Mean over the samples.
    confusion : (classes, classes) int64
        Counts; rows are the true classes, columns the predicted ones.
    outputs : (samples, classes) array
        The network's outputs.
    """

    accuracy: float
    loss: float
    confusion: npt.NDArray[np.int64]
    outputs: Array


def accuracy(outputs: Array, labels: Labels) -> float:
    """Return the share of samples (batch, classes) whose largest output is that of their class."""
    return float(np.count_nonzero(outputs.argmax(axis=1) == labels) / len(labels))


def confusion(outputs: Array, labels: Labels) -> npt.NDArray[np.int64]:
    """Return how often each class (row) was taken for each (column), (classes, classes)."""
    classes = outputs.shape[1]
    pairs = labels * classes + outputs.argmax(axis=1)
    return np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)


def evaluate(
    model: Any, x: npt.ArrayLike, y: npt.ArrayLike, *, loss: str | Loss = "cross-entropy", batch: int = 1000
) -> Evaluation:
    """Run labelled samples through a network or chip, without learning.

    Parameters
    ----------
    model : Network or Chip
    x : (samples, n_in) array_like
    y : (samples,) array_like
        Classes, counted from 0.
    loss : str or function
    batch : int
        Samples that are run at once; for ideal weights it decides only about memory.

    Raises
    ------
    InputError
        For arrays that do not fit the network or are not finite.
    """
    network = network_of(model)
    x, y = samples("", network, x, y)
    with single_threaded_blas():
        return measure(network, x, y, loss_function(loss), checks.whole("batch", batch, low=1))


def measure(network: Network, x: Array, y: Labels, loss: Loss, batch: int = 1000) -> Evaluation:
    """Evaluate on checked samples."""
    outputs = np.empty((len(x), network.n_out), network.dtype)
    total = 0.0
    for first in range(0, len(x), batch):
        part = slice(first, first + batch)
        outputs[part] = network.activities(x[part])[-1]
        value, _ = loss(outputs[part], y[part], network.layers[-1].neurons)
        total += value * len(y[part])
    return Evaluation(accuracy(outputs, y), total / len(y), confusion(outputs, y), outputs)


def network_of(model: Any) -> Network:
    """Return the network of a chip, or the network itself.

    Raises
    ------
    InputError
        For anything else.
    """
    network = getattr(model, "network", model)
    if not isinstance(network, Network):
        raise InputError(f"expected a network or a chip, got {type(model).__name__}")
    return network


def samples(part: str, network: Network, x: npt.ArrayLike, y: npt.ArrayLike) -> tuple[Array, Labels]:
    """Check samples and labels against a network; `part` ("train", …) names them in messages."""
    suffix = f"_{part}" if part else ""
    x = checks.array(f"x{suffix}", x, shape=(None, network.n_in), dtype=network.dtype)
    if not len(x):
        raise InputError(f"x{suffix} holds no samples")
    y = checks.array(f"y{suffix}", y, shape=(len(x),), dtype=np.int64, low=0, high=network.n_out - 1)
    return x, y
