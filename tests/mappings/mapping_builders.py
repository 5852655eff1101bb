"""Cards and synapses for the tests of mappings."""

from __future__ import annotations

from typing import Any

import numpy as np

from neurosim.devices import card as device_cards
from neurosim.devices.card import Card
from neurosim.mappings.card import MappingCard
from neurosim.mappings.synapses import CrossbarSynapses, on_crossbar


def device(model: str = "constant-step", **changes: Any) -> Card:
    """A device from 1 uS to 101 uS with steps of 1 uS, without noise or variation."""
    pulse = {"voltage": 1.0, "width": 1e-7}
    data: dict[str, Any] = {
        "name": "test-device",
        "model": model,
        "conductance": {"min": 1e-6, "max": 101e-6},
        "potentiation": {"step": 1e-6, "pulse": pulse},
        "depression": {"step": 1e-6, "pulse": pulse},
    }
    return device_cards.make(data | changes, "test-device")


def mapping(**parts: Any) -> MappingCard:
    """Ideal converters on one tile unless `parts` says otherwise: mapping(adc={"bits": 6})."""
    data: dict[str, Any] = {
        "name": "test-mapping",
        "tile": {"rows": "unlimited", "cols": "unlimited"},
        "dac": {"bits": "ideal"},
        "adc": {"bits": "ideal"},
    }
    return MappingCard.model_validate({**data, **parts})


def weights(n_in: int, n_out: int, seed: int = 0, dtype: str = "float64") -> np.ndarray:
    """Weights between -1 and 1."""
    return np.random.default_rng(seed).uniform(-1, 1, (n_in, n_out)).astype(dtype)


def synapses(
    matrix: np.ndarray, card: MappingCard, on: Card | None = None, **options: Any
) -> CrossbarSynapses:
    """A matrix on a crossbar."""
    return on_crossbar("layer1", matrix, on or device(), card, **options)
