"""The `learning:` part of a scenario: gradient source, update policy, loss, and how long."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from neurosim.schema import Model

Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, lt=1)]


class ManhattanSpec(Model):
    """A step of fixed size against the sign of the gradient."""

    rule: Literal["manhattan"]
    """Fixed steps by the gradient's sign."""
    step: Positive = 1e-4
    """Size of a step, in units of the weight; devices use their own step."""
    threshold: NotNegative = 0.0
    """Gradients of at most this size count as zero."""
    zero_gradient: Literal["hold", "potentiate"] = "hold"
    """What a weight without gradient does: nothing, or a step up."""


class SGDSpec(Model):
    """Stochastic gradient descent."""

    rule: Literal["sgd"]
    """Stochastic gradient descent."""
    rate: Positive = 0.1
    """Learning rate."""
    momentum: Share = 0.0
    """Share of the last step that is kept."""
    weight_decay: NotNegative = 0.0
    """Coefficient of the L2 penalty."""


class RMSpropSpec(Model):
    """Steps divided by a running root mean square of the gradient."""

    rule: Literal["rmsprop"]
    """Root mean square propagation."""
    rate: Positive = 1e-3
    """Learning rate."""
    decay: Share = 0.9
    """Share of the running mean square that is kept."""
    epsilon: Positive = 1e-7
    """Added to the root."""


class AdamSpec(Model):
    """Adaptive moments."""

    rule: Literal["adam"]
    """Adaptive moments."""
    rate: Positive = 1e-3
    """Learning rate."""
    beta1: Share = 0.9
    """Share of the running mean that is kept."""
    beta2: Share = 0.999
    """Share of the running mean square that is kept."""
    epsilon: Positive = 1e-7
    """Added to the root."""


class ConstantSpec(Model):
    """The rate stays as it is."""

    use: Literal["constant"]
    """No change."""


class StepSpec(Model):
    """The rate falls at once after some epochs."""

    use: Literal["step"]
    """Multiplied by `factor` after every `every` epochs."""
    every: Annotated[int, Field(gt=0)]
    """Number of epochs between two falls."""
    factor: Annotated[float, Field(gt=0, le=1)] = 0.5
    """Factor of one fall."""


class ExponentialSpec(Model):
    """The rate falls after every epoch."""

    use: Literal["exponential"]
    """Multiplied by `factor` after every epoch."""
    factor: Annotated[float, Field(gt=0, le=1)] = 0.95
    """Factor of one epoch."""


class CosineSpec(Model):
    """The rate falls along half a cosine."""

    use: Literal["cosine"]
    """From the rate to `low` times the rate at the end of the training."""
    low: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Where the cosine ends, as a share of the rate."""


class EarlyStopSpec(Model):
    """Stop when nothing has become better for some epochs."""

    patience: Annotated[int, Field(gt=0)] = 5
    """Number of epochs without a better value before the training stops."""
    monitor: Literal["train_loss", "train_accuracy", "test_loss", "test_accuracy"] = "test_loss"
    """The value that is watched; a loss should fall, an accuracy rise."""
    change: NotNegative = 0.0
    """A value counts as better when it beats the best so far by more than this."""


class LearningSpec(Model):
    """How the network learns."""

    gradient: Literal["backprop"] = "backprop"
    """Where the gradient comes from."""
    update: Annotated[ManhattanSpec | SGDSpec | RMSpropSpec | AdamSpec, Field(discriminator="rule")]
    """What becomes of the gradient: a `rule` and its parameters."""
    loss: Literal["cross-entropy", "mse", "mae"] = "cross-entropy"
    """What is made small; mse and mae compare the outputs with one-hot targets."""
    epochs: Annotated[int, Field(gt=0)] = 10
    """How often every sample is seen."""
    batch: Annotated[int, Field(gt=0)] = 128
    """Number of samples for one update."""
    schedule: Annotated[
        ConstantSpec | StepSpec | ExponentialSpec | CosineSpec, Field(discriminator="use")
    ] = ConstantSpec(use="constant")
    """How the learning rate (or the step) changes over the epochs."""
    early_stop: EarlyStopSpec | None = None
    """When to stop before the last epoch; left out: never."""
