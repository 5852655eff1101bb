"""Where devices and networks meet: weights on arrays, converters, tiles, pulses, costs."""

from __future__ import annotations

import importlib
from typing import Any

_NAMES = {
    "Chip": "neurosim.mappings.chip",
    "Costs": "neurosim.mappings.costs",
    "CrossbarSynapses": "neurosim.mappings.synapses",
    "MappingCard": "neurosim.mappings.card",
    "Placement": "neurosim.mappings.placement",
    "Site": "neurosim.mappings.placement",
    "TileUse": "neurosim.mappings.placement",
    "compile": "neurosim.mappings.compiler",
    "load": "neurosim.mappings.card",
}

__all__ = sorted(_NAMES)


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(importlib.import_module(_NAMES[name]), name)
    from neurosim.errors import did_you_mean

    hint = did_you_mean(name, _NAMES)
    raise AttributeError(f"neurosim.mappings has no '{name}'" + (f"; {hint}" if hint else ""))


def __dir__() -> list[str]:
    return __all__
