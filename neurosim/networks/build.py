"""From the `network:` part of a scenario to a network."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.errors import InputError
from neurosim.networks.network import Network, Sequential
from neurosim.networks.neurons import Neurons
from neurosim.networks.spec import InitialSpec, NetworkSpec


def build(
    spec: NetworkSpec, n_in: int, n_out: int, *, seed: int = 0, dtype: npt.DTypeLike = np.float32
) -> Network:
    """Make the network of a scenario on ideal synapses.

    Parameters
    ----------
    spec : NetworkSpec
    n_in, n_out : int
        Number of features and of classes of the data.
    seed : int
        Seed of the initial weights.
    dtype : dtype
        float32 or float64.

    Raises
    ------
    InputError
        When the last layer does not have one neuron for each class.
    """
    last = spec.layers[-1]
    if last.size != n_out:
        raise InputError(f"the last layer has {last.size} neurons, but the data have {n_out} classes")
    neurons = [
        Neurons(layer.neurons, layer.size)
        if layer.slope is None
        else Neurons(layer.neurons, layer.size, layer.slope)
        for layer in spec.layers
    ]
    return Sequential(
        n_in,
        neurons,
        seed=seed,
        initial=[_initial(layer.initial) for layer in spec.layers],
        bias=[layer.bias for layer in spec.layers],
        dtype=dtype,
    )


def _initial(initial: str | InitialSpec) -> str | dict[str, Any]:
    return initial if isinstance(initial, str) else initial.model_dump(exclude_none=True)
