"""Data to learn from: handwritten digits, MNIST, MNIST-1D, and the user's own CSV and npz files."""

from __future__ import annotations

import importlib
from typing import Any

_NAMES = {
    "DataSpec": "spec",
    "Dataset": "dataset",
    "load": "loader",
    "read_idx": "idx",
    "write_idx": "idx",
}

__all__ = list(_NAMES)


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(importlib.import_module(f"{__name__}.{_NAMES[name]}"), name)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted(__all__)
