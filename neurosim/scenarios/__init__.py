"""Scenarios: what a user writes in YAML, checked, expanded, run, and stored.

scenario.yaml → loader → Scenario (one for every point of the sweep) → runner → run folder → report
"""

from __future__ import annotations

import importlib
from typing import Any

_NAMES = {
    "Scenario": "neurosim.scenarios.schema",
    "Study": "neurosim.scenarios.study",
    "load": "neurosim.scenarios.study",
}

__all__ = list(_NAMES)


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(importlib.import_module(_NAMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
