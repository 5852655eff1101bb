"""Learning: gradient sources, update policies, and the trainer that joins them to a network."""

from __future__ import annotations

import importlib
from typing import Any

_NAMES = {
    "Adam": "neurosim.learning.updates",
    "ConstantRate": "neurosim.learning.schedules",
    "CosineDecay": "neurosim.learning.schedules",
    "EarlyStop": "neurosim.learning.stopping",
    "Evaluation": "neurosim.learning.evaluation",
    "ExponentialDecay": "neurosim.learning.schedules",
    "Gradient": "neurosim.learning.gradients",
    "History": "neurosim.learning.history",
    "LearningSpec": "neurosim.learning.spec",
    "Manhattan": "neurosim.learning.updates",
    "Progress": "neurosim.learning.epoch",
    "RMSprop": "neurosim.learning.updates",
    "SGD": "neurosim.learning.updates",
    "Schedule": "neurosim.learning.schedules",
    "StepDecay": "neurosim.learning.schedules",
    "TrainingDiverged": "neurosim.learning.epoch",
    "Update": "neurosim.learning.updates",
    "backprop": "neurosim.learning.gradients",
    "evaluate": "neurosim.learning.evaluation",
    "settings": "neurosim.learning.build",
    "train": "neurosim.learning.trainer",
}

__all__ = sorted(_NAMES)


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(importlib.import_module(_NAMES[name]), name)
    from neurosim.errors import did_you_mean

    hint = did_you_mean(name, _NAMES)
    raise AttributeError(f"neurosim.learning has no '{name}'" + (f"; {hint}" if hint else ""))


def __dir__() -> list[str]:
    return __all__
