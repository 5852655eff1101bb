"""neurosim: what does this hardware do to this network and this learning rule?

The public names are loaded when first used, so that `import neurosim` stays quick and
`neurosim check` never pays for the compiler.
"""

from __future__ import annotations

import importlib
from typing import Any

__version__ = "0.1.0"

_ROOMS = ("datasets", "devices", "learning", "mappings", "networks", "scenarios")

_NAMES = {
    "InputError": "neurosim.errors",
    "RunError": "neurosim.errors",
    "NeurosimError": "neurosim.errors",
    "leaky_relu": "neurosim.networks",
    "linear": "neurosim.networks",
    "relu": "neurosim.networks",
    "sigmoid": "neurosim.networks",
    "softmax": "neurosim.networks",
    "tanh": "neurosim.networks",
    "Chip": "neurosim.mappings",
    "compile": "neurosim.mappings",
    "Adam": "neurosim.learning",
    "Manhattan": "neurosim.learning",
    "RMSprop": "neurosim.learning",
    "SGD": "neurosim.learning",
    "evaluate": "neurosim.learning",
    "train": "neurosim.learning",
    "Study": "neurosim.scenarios",
    "load": "neurosim.scenarios",
}

__all__ = ["__version__", *_ROOMS, *_NAMES]


def __getattr__(name: str) -> Any:
    if name in _ROOMS:
        return importlib.import_module(f"neurosim.{name}")
    if name in _NAMES:
        return getattr(importlib.import_module(_NAMES[name]), name)
    from neurosim.errors import did_you_mean

    hint = did_you_mean(name, __all__)
    raise AttributeError(f"neurosim has no '{name}'" + (f"; {hint}" if hint else ""))


def __dir__() -> list[str]:
    return sorted(__all__)
