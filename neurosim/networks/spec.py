"""The `network:` part of a scenario: fully connected layers of rate neurons."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, field_validator, model_validator

from neurosim.schema import Model

NeuronKind = Literal["linear", "relu", "leaky-relu", "tanh", "sigmoid", "softmax"]
InitialName = Literal[
    "zeros",
    "ones",
    "constant",
    "identity",
    "uniform",
    "normal",
    "truncated_normal",
    "orthogonal",
    "lecun_uniform",
    "lecun_normal",
    "glorot_uniform",
    "glorot_normal",
    "he_uniform",
    "he_normal",
]

_PARAMETERS = {
    "constant": {"value"},
    "identity": {"gain"},
    "uniform": {"low", "high"},
    "normal": {"std"},
    "truncated_normal": {"std"},
    "orthogonal": {"gain"},
}


class InitialSpec(Model):
    """Initial weights with parameters of their own."""

    use: InitialName
    """Name of the initialiser."""
    value: float | None = None
    """The value of all weights (constant)."""
    low: float | None = None
    """Lower bound (uniform)."""
    high: float | None = None
    """Upper bound (uniform)."""
    std: Annotated[float, Field(ge=0)] | None = None
    """Standard deviation (normal, truncated_normal)."""
    gain: float | None = None
    """Factor on the matrix (identity, orthogonal)."""

    @model_validator(mode="after")
    def _parameters_belong(self) -> InitialSpec:
        known = _PARAMETERS.get(self.use, set())
        for name in sorted(self.model_fields_set - {"use"} - known):
            raise ValueError(
                f"{self.use} has no '{name}'" + (f", only {', '.join(sorted(known))}" if known else "")
            )
        if self.low is not None and self.high is not None and self.low > self.high:
            raise ValueError(f"low ({self.low:g}) is above high ({self.high:g})")
        return self


def _initial_form(value: Any) -> str:
    return "parameters" if isinstance(value, dict | InitialSpec) else "name"


class LayerSpec(Model):
    """One population of neurons, and the connections that lead to it from the one before."""

    neurons: NeuronKind
    """Kind of the neurons; `softmax` only in the last layer."""
    size: Annotated[int, Field(gt=0)]
    """Number of neurons; in the last layer the number of classes."""
    initial: Annotated[
        Annotated[InitialName, Tag("name")] | Annotated[InitialSpec, Tag("parameters")],
        Discriminator(_initial_form),
    ] = "he_uniform"
    """Initial weights: a name, or `use:` with parameters."""
    bias: bool = True
    """Whether the neurons have biases."""
    slope: Annotated[float, Field(gt=0, le=1)] | None = None
    """Slope below zero, for leaky-relu only; 0.01 if left out."""

    @model_validator(mode="after")
    def _slope_belongs(self) -> LayerSpec:
        if self.slope is not None and self.neurons != "leaky-relu":
            raise ValueError(f"slope is for leaky-relu neurons, not for {self.neurons}")
        return self


class NetworkSpec(Model):
    """A feed-forward network."""

    layers: Annotated[list[LayerSpec], Field(min_length=1)]
    """The populations, from the first hidden one to the read-out."""

    @field_validator("layers")
    @classmethod
    def _softmax_is_last(cls, layers: list[LayerSpec]) -> list[LayerSpec]:
        for number, layer in enumerate(layers[:-1], start=1):
            if layer.neurons == "softmax":
                raise ValueError(f"layer {number} of {len(layers)} is softmax; only the last one can be")
        return layers
