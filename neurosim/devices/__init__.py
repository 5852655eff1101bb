"""Memristive devices: cards, pulse responses, arrays of devices."""

from __future__ import annotations

import importlib
from typing import Any

_NAMES = {
    "Card": "neurosim.devices.card",
    "ConstantStep": "neurosim.devices.families",
    "DeviceArray": "neurosim.devices.array",
    "DeviceCard": "neurosim.devices.card",
    "ExponentialStep": "neurosim.devices.families",
    "Ideal": "neurosim.devices.families",
    "LinearStep": "neurosim.devices.families",
    "Nonlinear": "neurosim.devices.families",
    "Population": "neurosim.devices.population",
    "PowerStep": "neurosim.devices.families",
    "Programmed": "neurosim.devices.programming",
    "SoftBounds": "neurosim.devices.families",
    "TableStep": "neurosim.devices.families",
    "Trains": "neurosim.devices.coincidence",
    "load": "neurosim.devices.card",
    "pulse_trains": "neurosim.devices.coincidence",
}

__all__ = sorted(_NAMES)


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(importlib.import_module(_NAMES[name]), name)
    from neurosim.errors import did_you_mean

    hint = did_you_mean(name, _NAMES)
    raise AttributeError(f"neurosim.devices has no '{name}'" + (f"; {hint}" if hint else ""))


def __dir__() -> list[str]:
    return __all__
