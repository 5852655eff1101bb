"""Which device of which tile holds which weight.

A connection of n_in × n_out weights is cut into blocks of nearly equal size, as few as tiles of the
given size allow: ceil(n_in / rows) × ceil(n_out / weights per tile row). Every block sits in the upper
left corner of a tile of its own. Physical columns of a tile, for weight column j of a block:

    differential   2 j (plus), 2 j + 1 (minus)
    reference      j, and one more column after the last weight: the reference
    own-reference  2 j (plus), 2 j + 1 (reference)
    offset         j
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from neurosim.errors import InputError, Problem, did_you_mean, one_of
from neurosim.mappings.card import MappingCard

# What lies beside the plus device of every weight, in the schemes with two devices a weight.
_SECOND_DEVICE = {"differential": "minus", "own-reference": "reference"}


@dataclass(frozen=True)
class Site:
    """One device: its tile, row (word line) and column (bit line), and what it does there."""

    tile: int
    row: int
    column: int
    part: str


@dataclass(frozen=True)
class TileUse:
    """What lies on one tile.

    Parameters
    ----------
    index : int
        The tile's number on the chip.
    layer : str
        The connection.
    inputs, outputs : tuple of int
        First and last + 1 of the connection's inputs and outputs that the tile holds.
    rows, cols : int
        The tile's size.
    scheme : str
        The weight scheme.
    """

    index: int
    layer: str
    inputs: tuple[int, int]
    outputs: tuple[int, int]
    rows: int
    cols: int
    scheme: str

    @property
    def rows_used(self) -> int:
        """Word lines in use."""
        return self.inputs[1] - self.inputs[0]

    @property
    def cols_used(self) -> int:
        """Bit lines in use."""
        weights = self.outputs[1] - self.outputs[0]
        if self.scheme in _SECOND_DEVICE:
            return 2 * weights
        return weights + 1 if self.scheme == "reference" else weights

    @property
    def utilisation(self) -> float:
        """Devices in use over devices on the tile."""
        return self.rows_used * self.cols_used / (self.rows * self.cols)


class Placement:
    """The placement table of a chip.

    Parameters
    ----------
    tiles : sequence of TileUse
        In the order of their index.
    """

    def __init__(self, tiles: Sequence[TileUse]) -> None:
        self.tiles = tuple(tiles)

    def locate(self, layer: str, i: int, j: int) -> tuple[Site, ...]:
        """The devices that hold weight (i, j) of a connection: plus, and minus or its own reference.

        Raises
        ------
        InputError
            For an unknown connection or an index outside its matrix.
        """
        own = [tile for tile in self.tiles if tile.layer == layer]
        if not own:
            names = list(dict.fromkeys(tile.layer for tile in self.tiles))
            raise InputError(
                Problem(
                    f"the chip has no connection {layer!r}", None, one_of(names), did_you_mean(layer, names)
                )
            )
        for tile in own:
            if tile.inputs[0] <= i < tile.inputs[1] and tile.outputs[0] <= j < tile.outputs[1]:
                row, column = i - tile.inputs[0], j - tile.outputs[0]
                second = _SECOND_DEVICE.get(tile.scheme)
                if second is None:
                    return (Site(tile.index, row, column, "plus"),)
                first = Site(tile.index, row, 2 * column, "plus")
                return first, Site(tile.index, row, 2 * column + 1, second)
        n_in, n_out = max(tile.inputs[1] for tile in own), max(tile.outputs[1] for tile in own)
        raise InputError(f"weight ({i}, {j}) is outside the {n_in} × {n_out} weights of {layer!r}")

    def weight_at(self, tile: int, row: int, column: int) -> tuple[str, int, int, str] | None:
        """What a device of a tile holds: (connection, i, j, part); None for one that is not in use.

        For a device of a reference column, j is -1 and the part is "reference".
        """
        if not 0 <= tile < len(self.tiles):
            raise InputError(f"there is no tile {tile}; the chip uses tiles 0 to {len(self.tiles) - 1}")
        use = self.tiles[tile]
        if not (0 <= row < use.rows_used and 0 <= column < use.cols_used):
            return None
        i = use.inputs[0] + row
        if use.scheme in _SECOND_DEVICE:
            part = _SECOND_DEVICE[use.scheme] if column % 2 else "plus"
            return use.layer, i, use.outputs[0] + column // 2, part
        if use.scheme == "reference" and column == use.cols_used - 1:
            return use.layer, i, -1, "reference"
        return use.layer, i, use.outputs[0] + column, "plus"

    def table(self) -> list[dict[str, Any]]:
        """One row a tile, ready to print: tile, layer, inputs, outputs, rows, columns and utilisation."""
        return [
            {
                "tile": tile.index,
                "layer": tile.layer,
                "inputs": f"{tile.inputs[0]}-{tile.inputs[1] - 1}",
                "outputs": f"{tile.outputs[0]}-{tile.outputs[1] - 1}",
                "rows": f"{tile.rows_used}/{tile.rows}",
                "columns": f"{tile.cols_used}/{tile.cols}",
                "utilisation": tile.utilisation,
            }
            for tile in self.tiles
        ]

    @property
    def utilisation(self) -> float:
        """Devices in use over devices on all tiles in use."""
        used = sum(tile.rows_used * tile.cols_used for tile in self.tiles)
        return used / sum(tile.rows * tile.cols for tile in self.tiles)


def blocks(length: int, most: int) -> list[tuple[int, int]]:
    """Cut `length` lines into as few nearly equal blocks of at most `most` as there can be."""
    count = -(-length // most)
    edges = [length * k // count for k in range(count + 1)]
    return list(pairwise(edges))


def input_blocks(card: MappingCard, n_in: int) -> list[tuple[int, int]]:
    """The inputs of each row of tiles."""
    return blocks(n_in, n_in if card.tile.rows == "unlimited" else card.tile.rows)


def output_blocks(card: MappingCard, n_out: int) -> list[tuple[int, int]]:
    """The outputs of each column of tiles."""
    return blocks(n_out, n_out if card.tile.cols == "unlimited" else weights_per_row(card, card.tile.cols))


def weights_per_row(card: MappingCard, cols: int) -> int:
    """How many weights one row of a tile with `cols` bit lines holds."""
    if card.weights.scheme in _SECOND_DEVICE:
        return cols // 2
    return cols - 1 if card.weights.scheme == "reference" else cols


def place(card: MappingCard, shapes: dict[str, tuple[int, int]]) -> Placement:
    """Lay connections on tiles, in order, each block on a tile of its own.

    Parameters
    ----------
    card : MappingCard
    shapes : dict
        (n_in, n_out) of every connection.

    Raises
    ------
    InputError
        If the chip has too few tiles: how many are needed, by which connection, and what would help.
    """
    tiles: list[TileUse] = []
    for layer, (n_in, n_out) in shapes.items():
        for inputs in input_blocks(card, n_in):
            for outputs in output_blocks(card, n_out):
                use = TileUse(len(tiles), layer, inputs, outputs, 0, 0, card.weights.scheme)
                rows = use.rows_used if card.tile.rows == "unlimited" else card.tile.rows
                cols = use.cols_used if card.tile.cols == "unlimited" else card.tile.cols
                tiles.append(TileUse(use.index, layer, inputs, outputs, rows, cols, card.weights.scheme))
    if card.tile.count != "unlimited" and len(tiles) > card.tile.count:
        raise InputError(_does_not_fit(card, shapes, tiles))
    return Placement(tiles)


def _does_not_fit(card: MappingCard, shapes: dict[str, tuple[int, int]], tiles: list[TileUse]) -> Problem:
    needs = {layer: sum(tile.layer == layer for tile in tiles) for layer in shapes}
    each = ", ".join(f"{layer} ({n_in} × {n_out}) {needs[layer]}" for layer, (n_in, n_out) in shapes.items())
    least = f"set tile.count to {len(tiles)}"
    larger = _larger_tile(card, shapes)
    return Problem(
        f"the network needs {len(tiles)} tiles of {card.tile.rows} × {card.tile.cols}, "
        f"mapping '{card.name}' has {card.tile.count}: {each}",
        expected=f"a network for {card.tile.count} of them, each with weights of one connection",
        hint=f"{least}, or take {larger}" if larger else least,
    )


def _larger_tile(card: MappingCard, shapes: dict[str, tuple[int, int]]) -> str | None:
    """The smallest doubling of the tile that makes the network fit."""
    rows, cols = card.tile.rows, card.tile.cols
    if rows == "unlimited" or cols == "unlimited":
        return None
    for factor in (2**power for power in range(1, 13)):
        per_row = weights_per_row(card, factor * cols)
        needed = sum(-(-n // (factor * rows)) * -(-m // per_row) for n, m in shapes.values())
        if needed <= int(card.tile.count):
            return f"tiles of {factor * rows} × {factor * cols}"
    return None
