"""compile(): a network laid on tiles of devices."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim import checks, devices
from neurosim.devices.card import Card
from neurosim.errors import InputError
from neurosim.mappings import card as cards
from neurosim.mappings.card import MappingCard
from neurosim.mappings.chip import Chip
from neurosim.mappings.placement import place
from neurosim.mappings.synapses import on_crossbar
from neurosim.networks.network import Layer, Network

Array = npt.NDArray[Any]


def compile(
    network: Network,
    device: str | Path | Card = "hfo2-rram",
    mapping: str | Path | MappingCard = "differential-tiles",
    *,
    seed: int = 0,
) -> Chip:
    """Lay a network on arrays of devices.

    Parameters
    ----------
    network : Network
        Its weights become the initial weights of the chip; the network itself stays as it is.
    device : str, Path or Card
        A device card: its name in the library, a path that ends in .yaml, or the card itself.
    mapping : str, Path or MappingCard
        A mapping card, likewise.
    seed : int
        Of the devices' variation and of all noise on the chip.

    Returns
    -------
    Chip

    Raises
    ------
    InputError
        For unknown cards, with all mistakes of a wrong card, or when the network does not fit on the
        chip's tiles.

    Examples
    --------
    >>> network = neurosim.networks.Sequential(64, [neurosim.relu(32), neurosim.linear(10)], seed=1)
    >>> chip = compile(network, "hfo2-rram", "differential-tiles", seed=1)
    >>> chip.forward(x).shape
    (100, 10)
    """
    if not isinstance(network, Network):
        raise InputError(f"compile needs a network, got {type(network).__name__}")
    checks.whole("seed", seed)
    device_card = device if isinstance(device, Card) else devices.load(device)
    mapping_card = mapping if isinstance(mapping, MappingCard) else cards.load(mapping)
    weights = {layer.name: _weights(layer, mapping_card) for layer in network.layers}
    shapes = {name: (matrix.shape[0], matrix.shape[1]) for name, matrix in weights.items()}
    placement = place(mapping_card, shapes)
    synapses = [
        on_crossbar(name, matrix, device_card, mapping_card, seed=seed) for name, matrix in weights.items()
    ]
    return Chip(network.with_synapses(synapses), device_card, mapping_card, placement, seed)


def _weights(layer: Layer, card: MappingCard) -> Array:
    """The matrix to be laid out: the layer's weights, and its biases as the last row if devices hold them."""
    weights = layer.synapses.effective_weights()
    if card.weights.bias == "devices" and layer.bias is not None:
        return np.vstack([weights, layer.bias[None, :]])
    return weights
