"""From the `learning:` part of a scenario to the arguments of `train`."""

from __future__ import annotations

from typing import Any

from neurosim.learning.schedules import ConstantRate, CosineDecay, ExponentialDecay, Schedule, StepDecay
from neurosim.learning.spec import LearningSpec
from neurosim.learning.stopping import EarlyStop
from neurosim.learning.updates import SGD, Adam, Manhattan, RMSprop, Update

_RULES: dict[str, type[Update]] = {"manhattan": Manhattan, "sgd": SGD, "rmsprop": RMSprop, "adam": Adam}
_SCHEDULES: dict[str, type[Schedule]] = {
    "constant": ConstantRate,
    "step": StepDecay,
    "exponential": ExponentialDecay,
    "cosine": CosineDecay,
}


def settings(spec: LearningSpec) -> dict[str, Any]:
    """Return the keyword arguments of `train` that a scenario decides.

    Examples
    --------
    >>> spec = LearningSpec(update={"rule": "manhattan"}, epochs=3)
    >>> settings(spec)["update"]
    Manhattan(step=0.0001, threshold=0.0, zero_gradient='hold')
    """
    return {
        "gradient": spec.gradient,
        "update": _RULES[spec.update.rule](**spec.update.model_dump(exclude={"rule"})),
        "loss": spec.loss,
        "epochs": spec.epochs,
        "batch": spec.batch,
        "schedule": _SCHEDULES[spec.schedule.use](**spec.schedule.model_dump(exclude={"use"})),
        "early_stop": spec.early_stop and EarlyStop(**spec.early_stop.model_dump()),
    }
