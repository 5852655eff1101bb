"""Feed-forward networks: layers of synapses, biases and rate neurons.

    z_l = read_l(a_(l-1)) + b_l,    a_l = f_l(z_l),    a_0 = x

A bias is either a digital number per neuron, or an extra last row of the synapses whose input is
always 1 (`bias_row`), so that it is held by devices like every other weight.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim import checks
from neurosim.errors import InputError
from neurosim.networks.initialisers import Initial, initial_weights
from neurosim.networks.neurons import Neurons, activate
from neurosim.networks.synapses import IdealSynapses, State, Synapses
from neurosim.random import stream

Array = npt.NDArray[Any]


@dataclass(eq=False)
class Layer:
    """One population and the synapses that lead to it.

    Parameters
    ----------
    name : str
        Names the layer in results, states and random streams.
    synapses : Synapses
        (n_in, size), or (n_in + 1, size) with `bias_row`.
    bias : (size,) array or None
        Digital biases; None when there are none or when they are the synapses' last row.
    neurons : Neurons
    bias_row : bool
        The synapses' last row belongs to a constant input 1.
    """

    name: str
    synapses: Synapses
    bias: Array | None
    neurons: Neurons
    bias_row: bool = False

    def __post_init__(self) -> None:
        n_out = self.synapses.shape[1]
        if n_out != self.neurons.size:
            raise InputError(
                f"{self.name}: the synapses lead to {n_out} neurons, but there are {self.neurons.size}"
            )
        if self.bias is not None and (self.bias_row or self.bias.shape != (n_out,)):
            raise InputError(f"{self.name}: expected either one bias a neuron ({n_out},) or a bias row")

    @property
    def n_in(self) -> int:
        """Number of inputs, the constant one not counted."""
        return self.synapses.shape[0] - self.bias_row

    def inputs(self, x: Array) -> Array:
        """Return what the synapses are given: x, with the constant input appended if there is one."""
        if not self.bias_row:
            return x
        extended = np.ones((x.shape[0], x.shape[1] + 1), dtype=x.dtype)
        extended[:, :-1] = x
        return extended

    def outputs(self, inputs: Array) -> Array:
        """Return the neurons' outputs (batch, size) for what the synapses are given."""
        z = self.synapses.read(inputs)
        if self.bias is not None:
            z += self.bias
        return activate(self.neurons, z)


class Network:
    """Layers one after the other.

    Parameters
    ----------
    n_in : int
        Number of inputs.
    layers : sequence of Layer
    dtype : dtype
        Type of the signals, float32 or float64.

    Raises
    ------
    InputError
        When there is no layer, two layers share a name, a layer does not fit onto the one before, or a
        softmax population is not the last.
    """

    def __init__(self, n_in: int, layers: Sequence[Layer], dtype: npt.DTypeLike = np.float32) -> None:
        self.n_in = checks.whole("n_in", n_in, low=1)
        self.layers = tuple(layers)
        self.dtype = np.dtype(dtype)
        if not self.layers:
            raise InputError("a network needs at least one layer")
        if len({layer.name for layer in self.layers}) < len(self.layers):
            raise InputError("the layers of a network need different names")
        width = self.n_in
        for layer in self.layers:
            if layer.n_in != width:
                raise InputError(f"{layer.name} takes {layer.n_in} inputs, but {width} lead to it")
            width = layer.neurons.size
        for layer in self.layers[:-1]:
            if layer.neurons.kind == "softmax":
                raise InputError(f"{layer.name} is a softmax population; only the last one can be")

    @property
    def n_out(self) -> int:
        """Number of outputs."""
        return self.layers[-1].neurons.size

    @property
    def parameters(self) -> int:
        """Number of weights and biases."""
        weights = sum(layer.synapses.shape[0] * layer.synapses.shape[1] for layer in self.layers)
        return weights + sum(layer.bias.size for layer in self.layers if layer.bias is not None)

    def forward(self, x: npt.ArrayLike) -> Array:
        """Return the outputs (batch, n_out) for inputs (batch, n_in).

        Raises
        ------
        InputError
            For inputs of another shape, or NaN or infinite ones.
        """
        return self.activities(checks.array("x", x, shape=(None, self.n_in), dtype=self.dtype))[-1]

    def activities(self, x: Array) -> list[Array]:
        """Return what every layer's synapses were given, and last the outputs; x is not checked."""
        activities = []
        for layer in self.layers:
            inputs = layer.inputs(x)
            activities.append(inputs)
            x = layer.outputs(inputs)
        activities.append(x)
        return activities

    def calibrate(self, x: Array) -> None:
        """Let every layer's synapses set their ranges from a batch x (batch, n_in)."""
        for layer in self.layers:
            inputs = layer.inputs(x)
            layer.synapses.calibrate(inputs)
            x = layer.outputs(inputs)

    def with_synapses(self, synapses: Sequence[Synapses]) -> Network:
        """Return the same network on other synapses.

        Synapses with one input more than the layer has take its biases over as their last row.

        Raises
        ------
        InputError
            When there is not one for each layer, or a shape does not fit.
        """
        if len(synapses) != len(self.layers):
            raise InputError(f"the network has {len(self.layers)} layers; got synapses for {len(synapses)}")
        layers = []
        for layer, new in zip(self.layers, synapses, strict=True):
            takes_bias = new.shape[0] == layer.n_in + 1
            bias = None if takes_bias or layer.bias is None else layer.bias.copy()
            layers.append(replace(layer, synapses=new, bias=bias, bias_row=takes_bias))
        return Network(self.n_in, layers, self.dtype)

    def state(self) -> State:
        """Return the state of all synapses and biases, as copies, with keys "layer/name"."""
        state: State = {}
        for layer in self.layers:
            for key, value in layer.synapses.state().items():
                state[f"{layer.name}/{key}"] = value
            if layer.bias is not None:
                state[f"{layer.name}/bias"] = layer.bias.copy()
        return state

    def restore(self, state: State) -> None:
        """Go back to a `state` of a network made in the same way.

        Raises
        ------
        InputError
            When the state belongs to another network.
        """
        for layer in self.layers:
            start = layer.name + "/"
            part = {key.removeprefix(start): value for key, value in state.items() if key.startswith(start)}
            if not part or (layer.bias is not None) != ("bias" in part):
                raise InputError(f"the state does not fit {layer.name}: it belongs to another network")
            bias = part.pop("bias", None)
            layer.synapses.restore(part)
            if layer.bias is not None:
                layer.bias[...] = bias

    def counters(self) -> dict[str, float]:
        """Return what all synapses together spent so far."""
        total: dict[str, float] = {}
        for layer in self.layers:
            for key, value in layer.synapses.counters().items():
                total[key] = total.get(key, 0.0) + value
        return total


def Sequential(
    n_in: int,
    neurons: Sequence[Neurons],
    *,
    seed: int = 0,
    initial: Initial | list[Initial] = "he_uniform",
    bias: bool | Sequence[bool] = True,
    dtype: npt.DTypeLike = np.float32,
) -> Network:
    """Make a network of fully connected layers on ideal synapses, named "layer1", "layer2", ….

    Parameters
    ----------
    n_in : int
        Number of inputs.
    neurons : sequence of Neurons
        The populations, from the first hidden one to the read-out.
    seed : int
        Weights of a layer depend on the seed and the layer's name only.
    initial : str, mapping or array, or a list of them
        Initial weights of all layers, or of each (see `initialisers.initial_weights`). Biases start at 0.
    bias : bool or list of bool
        Whether neurons have (digital) biases, in all layers or in each.
    dtype : dtype
        float32 or float64.

    Raises
    ------
    InputError
        For sizes, names or list lengths that do not fit.

    Examples
    --------
    >>> from neurosim.networks import linear, relu
    >>> network = Sequential(64, [relu(32), linear(10)], seed=1)
    >>> network.parameters
    2410
    """
    dtype = np.dtype(checks.choice("dtype", np.dtype(dtype).name, ("float32", "float64")))
    initials: Sequence[Initial] = initial if isinstance(initial, list | tuple) else [initial] * len(neurons)
    biases = [bias] * len(neurons) if isinstance(bias, bool) else bias
    if not len(initials) == len(biases) == len(neurons):
        raise InputError(
            f"there are {len(neurons)} populations, {len(initials)} initial and {len(biases)} bias entries"
        )
    layers = []
    width = checks.whole("n_in", n_in, low=1)
    for number, population in enumerate(neurons, start=1):
        name = f"layer{number}"
        source = stream(seed, name, "weights")
        weights = initial_weights(initials[number - 1], (width, population.size), source, dtype)
        biased = np.zeros(population.size, dtype) if biases[number - 1] else None
        layers.append(Layer(name, IdealSynapses(weights), biased, population))
        width = population.size
    return Network(n_in, layers, dtype)
