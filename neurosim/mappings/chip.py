"""Chip: a network on tiles of devices, with its placement, its costs, and a file to keep it in."""

from __future__ import annotations

import contextlib
import json
import zipfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pydantic

from neurosim.devices.card import Card, DeviceCard
from neurosim.errors import InputError, RunError
from neurosim.mappings.card import MappingCard
from neurosim.mappings.costs import Costs, chip_costs
from neurosim.mappings.placement import Placement, TileUse, place
from neurosim.mappings.synapses import CrossbarSynapses
from neurosim.networks.network import Layer, Network
from neurosim.networks.neurons import Neurons

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Array = npt.NDArray[Any]

_FORMAT = 1


class Chip:
    """A network whose synapses are arrays of devices. Made by `compile` or `Chip.load`.

    Parameters
    ----------
    network : Network
        With `CrossbarSynapses` in every layer.
    device : Card
    mapping : MappingCard
    placement : Placement
    seed : int

    Attributes
    ----------
    network : Network
        Train it, or run it forward: reads go through converters, noise and devices.
    placement : Placement
        Which device of which tile holds which weight.
    """

    def __init__(
        self, network: Network, device: Card, mapping: MappingCard, placement: Placement, seed: int
    ) -> None:
        self.network = network
        self.device = device
        self.mapping = mapping
        self.placement = placement
        self.seed = seed

    @property
    def synapses(self) -> tuple[CrossbarSynapses, ...]:
        """The connections, from the input on."""
        return tuple(s for layer in self.network.layers if isinstance(s := layer.synapses, CrossbarSynapses))

    @property
    def tiles(self) -> tuple[TileUse, ...]:
        """What lies on every tile."""
        return self.placement.tiles

    @property
    def utilisation(self) -> float:
        """Devices in use over devices on all tiles in use."""
        return self.placement.utilisation

    def forward(self, x: npt.ArrayLike) -> Array:
        """Outputs (batch, n_out) of the network on this chip for inputs (batch, n_in)."""
        return self.network.forward(x)

    def costs(self) -> Costs:
        """Energy, time, operations and pulses spent so far."""
        return chip_costs(self.mapping, self.synapses)

    def counters(self) -> dict[str, float]:
        """The sums of all connections' counters: pulses, energies (J), times (s), vectors."""
        return self.network.counters()

    def conductances(self, tile: int) -> Array:
        """Conductances (S) of one tile as its devices lie there, (rows, cols); NaN where none is in use."""
        use = self.tiles[tile]
        synapses = next(s for s in self.synapses if s.name == use.layer)
        rows, outputs = slice(*use.inputs), slice(*use.outputs)
        shown = np.full((use.rows, use.cols), np.nan)
        plus = synapses.plus.conductance[rows, outputs]
        second = synapses.reference if use.scheme == "own-reference" else synapses.minus
        if second is not None:
            shown[: use.rows_used, 0 : use.cols_used : 2] = plus
            shown[: use.rows_used, 1 : use.cols_used : 2] = second.conductance[rows, outputs]
        else:
            shown[: use.rows_used, : plus.shape[1]] = plus
        if use.scheme == "reference" and synapses.reference is not None:
            column = [tile.outputs[0] for tile in self.tiles if tile.layer == use.layer].index(use.outputs[0])
            shown[: use.rows_used, use.cols_used - 1] = synapses.reference.conductance[rows, column]
        return shown

    def saturation(self, margin: float = 0.01) -> dict[str, float]:
        """The share of devices that sit at either end of their own range, for every connection.

        Parameters
        ----------
        margin : float
            What counts as the end, as a part of the range.
        """
        return {synapses.name: synapses.saturation(margin) for synapses in self.synapses}

    def plot(self) -> Figure:
        """The chip as a picture: every tile with its conductances and its utilisation."""
        from neurosim.mappings.figure import chip_figure

        return chip_figure(self)

    def save(self, path: str | Path) -> None:
        """Write the chip to an .npz file from which `load` makes the same chip, bit for bit.

        Raises
        ------
        RunError
            When the file cannot be written.
        """
        target = Path(path)
        arrays: dict[str, Any] = {f"state/{key}": value for key, value in self.network.state().items()}
        arrays |= {f"unit/{synapses.name}": synapses.unit for synapses in self.synapses}
        partial = target.with_name(f".{target.name}.partial")
        try:
            with partial.open("wb") as file:
                np.savez(file, **arrays, chip=np.array(self._header()))
            partial.replace(target)
        except OSError as error:
            with contextlib.suppress(OSError):
                partial.unlink()
            raise RunError(f"cannot write the chip to {target}: {error.strerror}") from None

    @classmethod
    def load(cls, path: str | Path) -> Chip:
        """Read what `save` wrote.

        Raises
        ------
        InputError
            When the file is no chip.
        """
        try:
            with np.load(path, allow_pickle=False) as archive:
                arrays = {name: archive[name] for name in archive.files}
            header = json.loads(str(arrays.pop("chip")))
        except OSError as error:
            raise InputError(f"cannot read the chip {path}: {error.strerror or error}") from None
        except (ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
            raise InputError(f"{path} is not a chip that neurosim saved") from None
        if header.get("format") != _FORMAT:
            raise InputError(
                f"{path} has format {header.get('format')}; this neurosim reads format {_FORMAT}"
            )
        try:
            return _rebuild(header, arrays)
        except (KeyError, TypeError, ValueError, pydantic.ValidationError) as error:
            raise InputError(f"{path} is damaged: {error}") from None

    def _header(self) -> str:
        layers = [
            {
                "name": layer.name,
                "neurons": asdict(layer.neurons),
                "bias": layer.bias is not None,
                "bias_row": layer.bias_row,
            }
            for layer in self.network.layers
        ]
        return json.dumps(
            {
                "format": _FORMAT,
                "seed": self.seed,
                "device": self.device.model_dump_json(),
                "mapping": self.mapping.model_dump_json(),
                "n_in": self.network.n_in,
                "dtype": self.network.dtype.name,
                "layers": layers,
            }
        )


def _rebuild(header: dict[str, Any], arrays: dict[str, Array]) -> Chip:
    device: Card = pydantic.TypeAdapter(DeviceCard).validate_json(header["device"])
    mapping = MappingCard.model_validate_json(header["mapping"])
    seed, dtype, width = int(header["seed"]), np.dtype(header["dtype"]), int(header["n_in"])
    layers, shapes = [], {}
    for entry in header["layers"]:
        name, neurons = entry["name"], Neurons(**entry["neurons"])
        shape = shapes[name] = (width + bool(entry["bias_row"]), neurons.size)
        synapses = CrossbarSynapses(name, shape, arrays.pop(f"unit/{name}"), device, mapping, seed=seed)
        bias = np.zeros(neurons.size, dtype) if entry["bias"] else None
        layers.append(Layer(name, synapses, bias, neurons, entry["bias_row"]))
        width = neurons.size
    network = Network(int(header["n_in"]), layers, dtype)
    state = {
        key.removeprefix("state/"): value if value.ndim else value.item() for key, value in arrays.items()
    }
    network.restore(state)
    return Chip(network, device, mapping, place(mapping, shapes), seed)
