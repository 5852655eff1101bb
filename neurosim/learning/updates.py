r"""Update policies: from a gradient g to a wanted change dW.

    SGD         v <- mu v + g + lambda W,                       dW = -rate v
    RMSprop     v <- rho v + (1 - rho) g^2,                     dW = -rate g / (sqrt(v) + eps)
    Adam        m <- b1 m + (1 - b1) g,  v <- b2 v + (1 - b2) g^2,
                dW = -rate (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps)
    Manhattan   dW = -step sign(g), with |g| <= threshold counted as zero

A policy's parameters are frozen; what it remembers lies in *slots*, plain arrays that the trainer
keeps for every matrix and saves with a checkpoint. Digital biases are the matrix of a constant input
and follow the same policy. A scheduled rate multiplies `rate` or `step`.

Sources: Tieleman and Hinton, COURSERA lecture 6.5, 2012 (RMSprop); Kingma and Ba, ICLR 2015,
algorithm 1 (Adam); Zamanidoost et al., "Manhattan rule training for memristive crossbar circuit
pattern classifiers", IEEE WISP 2015 (Manhattan).
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim import checks
from neurosim.errors import InputError
from neurosim.learning.gradients import Gradient
from neurosim.networks.synapses import Delta, Outer, Request, Signs, State

Array = npt.NDArray[Any]
Weights = Callable[[], Array]


class Update(ABC):
    """How a gradient becomes a wanted change of the weights.

    A rule of your own is one frozen class with these two methods; give an instance of it to `train`:

    >>> @dataclass(frozen=True)
    ... class Clipped(Update):
    ...     rate: float = 0.1
    ...     limit: float = 1e-3
    ...
    ...     def slots(self, shape, dtype):
    ...         return {}
    ...
    ...     def request(self, gradient, slots, scale, weights):
    ...         wanted = -self.rate * scale * gradient.dense()
    ...         return Delta(wanted.clip(-self.limit, self.limit))
    """

    @abstractmethod
    def slots(self, shape: tuple[int, int], dtype: npt.DTypeLike) -> State:
        """Return what the rule remembers of a matrix (n_in, n_out), as it is before the first update."""

    @abstractmethod
    def request(self, gradient: Gradient, slots: State, scale: float, weights: Weights) -> Request:
        """Return the wanted change.

        Parameters
        ----------
        gradient : Gradient
        slots : dict
            What `slots` returned, to be changed in place.
        scale : float
            Factor of the learning-rate schedule.
        weights : function
            Returns the present weights (n_in, n_out); to be called only when they are needed,
            because finding those of a wired array takes time.
        """


@dataclass(frozen=True)
class SGD(Update):
    """Stochastic gradient descent.

    Parameters
    ----------
    rate : float
    momentum : float
        Share of the last step that is kept, in [0, 1).
    weight_decay : float
        Coefficient lambda of an L2 penalty lambda/2 |W|^2.

    Notes
    -----
    Without momentum and decay the request keeps the gradient's factors (`Outer`), which is what
    coincident pulses on devices need.
    """

    rate: float = 0.1
    momentum: float = 0.0
    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        checks.number("rate", self.rate, above=0.0)
        _share("momentum", self.momentum)
        checks.number("weight_decay", self.weight_decay, low=0.0)

    def slots(self, shape: tuple[int, int], dtype: npt.DTypeLike) -> State:
        return {"velocity": np.zeros(shape, dtype)} if self.momentum else {}

    def request(self, gradient: Gradient, slots: State, scale: float, weights: Weights) -> Request:
        rate = self.rate * scale
        if not self.momentum and not self.weight_decay:
            return Outer(gradient.x, -gradient.d, rate)
        step = gradient.dense()
        if self.weight_decay:
            step += self.weight_decay * weights()
        if self.momentum:
            velocity = np.asarray(slots["velocity"])
            velocity *= self.momentum
            velocity += step
            np.multiply(velocity, -rate, out=step)
        else:
            step *= -rate
        return Delta(step)


@dataclass(frozen=True)
class RMSprop(Update):
    """Steps divided by a running root mean square of the gradient.

    Parameters
    ----------
    rate : float
    decay : float
        Share rho of the mean square that is kept, in [0, 1).
    epsilon : float
        Added to the root.
    """

    rate: float = 1e-3
    decay: float = 0.9
    epsilon: float = 1e-7

    def __post_init__(self) -> None:
        checks.number("rate", self.rate, above=0.0)
        _share("decay", self.decay)
        checks.number("epsilon", self.epsilon, above=0.0)

    def slots(self, shape: tuple[int, int], dtype: npt.DTypeLike) -> State:
        return {"square": np.zeros(shape, dtype)}

    def request(self, gradient: Gradient, slots: State, scale: float, weights: Weights) -> Request:
        step = gradient.dense()
        square = np.asarray(slots["square"])
        _follow(square, step * step, self.decay)
        root = np.sqrt(square)
        root += self.epsilon
        step /= root
        step *= -self.rate * scale
        return Delta(step)


@dataclass(frozen=True)
class Adam(Update):
    """Adaptive moments.

    Parameters
    ----------
    rate : float
    beta1, beta2 : float
        Shares of the running mean and mean square that are kept, in [0, 1).
    epsilon : float
        Added to the root.
    """

    rate: float = 1e-3
    beta1: float = 0.9
    beta2: float = 0.999
    epsilon: float = 1e-7

    def __post_init__(self) -> None:
        checks.number("rate", self.rate, above=0.0)
        _share("beta1", self.beta1)
        _share("beta2", self.beta2)
        checks.number("epsilon", self.epsilon, above=0.0)

    def slots(self, shape: tuple[int, int], dtype: npt.DTypeLike) -> State:
        return {"mean": np.zeros(shape, dtype), "square": np.zeros(shape, dtype), "steps": 0}

    def request(self, gradient: Gradient, slots: State, scale: float, weights: Weights) -> Request:
        slots["steps"] = steps = int(slots["steps"]) + 1
        g = gradient.dense()
        mean, square = np.asarray(slots["mean"]), np.asarray(slots["square"])
        _follow(mean, g, self.beta1)
        _follow(square, np.multiply(g, g, out=g), self.beta2)
        root = np.sqrt(square, out=g)
        root *= 1 / math.sqrt(1 - self.beta2**steps)
        root += self.epsilon
        step = mean / root
        step *= -self.rate * scale / (1 - self.beta1**steps)
        return Delta(step)


@dataclass(frozen=True)
class Manhattan(Update):
    """A step of fixed size against the sign of the gradient: one pulse a weight and batch.

    Parameters
    ----------
    step : float
        Size of the step, in units of the weight; devices use their own.
    threshold : float
        Gradients of at most this size count as zero.
    zero_gradient : {"hold", "potentiate"}
        What a weight without gradient does: nothing, or a step up. `potentiate` is what Neko does
        (arXiv 2105.00324, code at 9a09cc5), where the weights of inputs that never fire drift to
        their upper end.
    """

    step: float = 1e-4
    threshold: float = 0.0
    zero_gradient: str = "hold"

    def __post_init__(self) -> None:
        checks.number("step", self.step, above=0.0)
        checks.number("threshold", self.threshold, low=0.0)
        checks.choice("zero_gradient", self.zero_gradient, ("hold", "potentiate"))

    def slots(self, shape: tuple[int, int], dtype: npt.DTypeLike) -> State:
        return {}

    def request(self, gradient: Gradient, slots: State, scale: float, weights: Weights) -> Request:
        g = gradient.dense()
        down = (g > self.threshold).view(np.int8)
        if self.zero_gradient == "potentiate":
            signs = 1 - 2 * down
        else:
            signs = (g < -self.threshold).view(np.int8)
            signs -= down
        return Signs(signs, self.step * scale)


def _follow(average: Array, value: Array, kept: float) -> None:
    """average <- kept average + (1 - kept) value, in place; `value` stays as it is."""
    average *= kept
    average += (1 - kept) * value


def _share(name: str, value: float) -> None:
    if not checks.number(name, value, low=0.0) < 1:
        raise InputError(f"{name} must be below 1, got {value:g}")
