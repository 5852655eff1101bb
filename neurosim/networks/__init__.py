"""Networks of populations and connections, whatever the connections are made of."""

from __future__ import annotations

import importlib
from typing import Any

_NAMES = {
    "Delta": "neurosim.networks.synapses",
    "IdealSynapses": "neurosim.networks.synapses",
    "Layer": "neurosim.networks.network",
    "Network": "neurosim.networks.network",
    "NetworkSpec": "neurosim.networks.spec",
    "Neurons": "neurosim.networks.neurons",
    "Outer": "neurosim.networks.synapses",
    "Request": "neurosim.networks.synapses",
    "Sequential": "neurosim.networks.network",
    "Signs": "neurosim.networks.synapses",
    "Synapses": "neurosim.networks.synapses",
    "leaky_relu": "neurosim.networks.neurons",
    "linear": "neurosim.networks.neurons",
    "relu": "neurosim.networks.neurons",
    "sigmoid": "neurosim.networks.neurons",
    "softmax": "neurosim.networks.neurons",
    "tanh": "neurosim.networks.neurons",
}

__all__ = sorted(_NAMES)


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(importlib.import_module(_NAMES[name]), name)
    from neurosim.errors import did_you_mean

    hint = did_you_mean(name, _NAMES)
    raise AttributeError(f"neurosim.networks has no '{name}'" + (f"; {hint}" if hint else ""))


def __dir__() -> list[str]:
    return __all__
