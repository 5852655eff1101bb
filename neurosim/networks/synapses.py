"""Synapses: what connects two populations, an ideal matrix or arrays of devices behind one interface.

    read             y = x W      (batch, n_in)  -> (batch, n_out)
    read_transposed  e = d W^T    (batch, n_out) -> (batch, n_in)
    write            W <- W + dW  with dW wanted by a request

A request says what a learning rule wants, in the form in which the rule knows it. A matrix adds
`request.dense()`; an array of devices may do better with the form itself: `Signs` become one pulse
per device, the factors of `Outer` become coincident pulse trains.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim import checks
from neurosim.errors import InputError

Array = npt.NDArray[Any]
State = dict[str, Array | int | float]


class Request(ABC):
    """A wanted change of the weights."""

    @abstractmethod
    def dense(self, dtype: npt.DTypeLike = np.float32) -> Array:
        """Return the wanted change dW, (n_in, n_out)."""


@dataclass(frozen=True, eq=False)
class Signs(Request):
    """Every weight one `step` up (+1), down (-1), or not at all (0).

    Parameters
    ----------
    signs : (n_in, n_out) int8
    step : float
        Size of the wanted step, in units of the weight. Devices that have a step of their own use that.
    """

    signs: npt.NDArray[np.int8]
    step: float

    def dense(self, dtype: npt.DTypeLike = np.float32) -> Array:
        return np.multiply(self.signs, self.step, dtype=dtype)


@dataclass(frozen=True, eq=False)
class Delta(Request):
    """A change given weight by weight, (n_in, n_out)."""

    delta: Array

    def dense(self, dtype: npt.DTypeLike = np.float32) -> Array:
        return self.delta.astype(dtype, copy=False)


@dataclass(frozen=True, eq=False)
class Outer(Request):
    """The change rate * x^T d, kept as its factors.

    Parameters
    ----------
    x : (batch, n_in)
        What the synapses were given.
    d : (batch, n_out)
        The direction of descent at their output, already averaged over the batch.
    rate : float
    """

    x: Array
    d: Array
    rate: float

    def dense(self, dtype: npt.DTypeLike = np.float32) -> Array:
        product = (self.x.T @ self.d).astype(dtype, copy=False)
        product *= self.rate
        return product


class Synapses(ABC):
    """All connections from one population to the next; learning rules see nothing else of the hardware."""

    @property
    @abstractmethod
    def shape(self) -> tuple[int, int]:
        """The numbers of inputs and outputs, (n_in, n_out)."""

    @abstractmethod
    def read(self, x: Array) -> Array:
        """Return x W as a new array: (batch, n_in) -> (batch, n_out)."""

    @abstractmethod
    def read_transposed(self, d: Array) -> Array:
        """Return d W^T as a new array: (batch, n_out) -> (batch, n_in)."""

    @abstractmethod
    def write(self, request: Request) -> None:
        """Change the weights as wanted, as well as the synapses can."""

    @abstractmethod
    def effective_weights(self) -> Array:
        """Return W as the synapses would read it without noise, (n_in, n_out), not to be written to."""

    @abstractmethod
    def calibrate(self, x: Array) -> None:
        """Set what depends on the size of the signals (converter ranges) from inputs (batch, n_in)."""

    @abstractmethod
    def state(self) -> State:
        """Return all that changes with use, as copies, enough for a bit-exact `restore`."""

    @abstractmethod
    def restore(self, state: State) -> None:
        """Go back to a `state` of synapses made in the same way."""

    @abstractmethod
    def counters(self) -> dict[str, float]:
        """Return what was spent so far: "pulses", "write_energy" (J), … ; empty for ideal synapses."""


class IdealSynapses(Synapses):
    """A matrix of exact weights, read and written by BLAS.

    Parameters
    ----------
    weights : (n_in, n_out) array_like
        float64 stays float64; everything else becomes float32. The array is copied.

    Raises
    ------
    InputError
        For weights that are no finite matrix.
    """

    def __init__(self, weights: npt.ArrayLike) -> None:
        given = np.asarray(weights)
        dtype = np.float64 if given.dtype == np.float64 else np.float32
        self._weights = checks.array("weights", given, shape=(None, None), dtype=dtype).copy()

    @property
    def shape(self) -> tuple[int, int]:
        n_in, n_out = self._weights.shape
        return n_in, n_out

    def read(self, x: Array) -> Array:
        y: Array = x @ self._weights
        return y

    def read_transposed(self, d: Array) -> Array:
        e: Array = d @ self._weights.T
        return e

    def write(self, request: Request) -> None:
        self._weights += request.dense(self._weights.dtype)

    def effective_weights(self) -> Array:
        view = self._weights.view()
        view.flags.writeable = False
        return view

    def calibrate(self, x: Array) -> None:
        """Ideal synapses have no ranges to set."""

    def state(self) -> State:
        return {"weights": self._weights.copy()}

    def restore(self, state: State) -> None:
        if "weights" not in state:
            raise InputError("the state holds no weights: it belongs to other synapses than ideal ones")
        weights = np.asarray(state["weights"])
        if weights.shape != self._weights.shape or weights.dtype != self._weights.dtype:
            raise InputError(
                f"the state holds {weights.dtype} weights of shape {weights.shape}; "
                f"these synapses have {self._weights.dtype} weights of shape {self._weights.shape}"
            )
        self._weights[...] = weights

    def counters(self) -> dict[str, float]:
        return {}
