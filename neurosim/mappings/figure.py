"""The chip as a picture: every tile with the conductances of its devices and its utilisation."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from neurosim import units

if TYPE_CHECKING:
    from neurosim.mappings.chip import Chip

_INK = "#22252b"
_FAINT = "#8a8f98"
_UNUSED = "#eceef1"
_LAYERS = ("#2f6fb2", "#d1782b", "#3c8d5a", "#a3465c", "#6d5aa8", "#8a7a2d", "#3a8c93", "#7b4f3a")
_MOST_TILES = 96
# Inches.
_LEFT, _TOP, _GAP, _CAPTION = 0.25, 0.85, 0.17, 0.5


def chip_figure(chip: Chip) -> Figure:
    """Draw a chip.

    Every square is a tile, drawn with all its word lines (rows) and bit lines (columns): conductances in
    colour where devices are in use, pale where none are. The frame tells the connection; below are the
    weights that the tile holds and how much of it is in use.

    Parameters
    ----------
    chip : Chip

    Returns
    -------
    matplotlib.figure.Figure
        Not bound to a window; use `savefig`.
    """
    shown = chip.tiles[:_MOST_TILES]
    across = min(len(shown), max(3, math.ceil(math.sqrt(2.0 * len(shown)))))
    down = math.ceil(len(shown) / across)
    side = min(2.3, max(1.15, 7.5 / across - _GAP))
    width = max(_LEFT + across * (side + _GAP) + 0.95, 4.6)
    height = _TOP + down * (side + _CAPTION) + 0.3
    figure = Figure(figsize=(width, height), facecolor="white")
    norm = Normalize(chip.device.g_min, chip.device.g_max)
    colours = _layer_colours(chip)
    for number, tile in enumerate(shown):
        x = _LEFT + (number % across) * (side + _GAP)
        y = height - _TOP - side - (number // across) * (side + _CAPTION)
        axes = figure.add_axes((x / width, y / height, side / width, side / height))
        _draw_tile(axes, chip, number, norm, colours[tile.layer])
    _title(figure, chip, width, height)
    _legend(figure, colours, width)
    beside, length = _LEFT + across * (side + _GAP), min(down * (side + _CAPTION) - _CAPTION, 3.5)
    bar = (beside / width, (height - _TOP - length) / height, 0.11 / width, length / height)
    _scale(figure, figure.add_axes(bar), norm)
    return figure


def _layer_colours(chip: Chip) -> dict[str, str]:
    names = dict.fromkeys(tile.layer for tile in chip.tiles)
    return {name: _LAYERS[index % len(_LAYERS)] for index, name in enumerate(names)}


def _draw_tile(axes: Any, chip: Chip, number: int, norm: Normalize, colour: str) -> None:
    tile = chip.tiles[number]
    conductances = np.ma.masked_invalid(chip.conductances(number))
    axes.set_facecolor(_UNUSED)
    axes.imshow(conductances, cmap="viridis", norm=norm, aspect="auto", interpolation="nearest")
    axes.set(xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set(edgecolor=colour, linewidth=2)
    caption = f"{tile.inputs[0]}–{tile.inputs[1] - 1} → {tile.outputs[0]}–{tile.outputs[1] - 1}"
    axes.set_xlabel(f"{caption}\n{100 * tile.utilisation:.0f} % in use", fontsize=6.5, color=_INK, labelpad=3)
    axes.text(0.03, 0.97, str(tile.index), transform=axes.transAxes, fontsize=6.5, va="top", color="white",
              bbox={"facecolor": colour, "edgecolor": "none", "pad": 1.5})  # fmt: skip


def _title(figure: Figure, chip: Chip, width: float, height: float) -> None:
    tile, count = chip.mapping.tile, len(chip.tiles)
    tiles = "1 tile" if count == 1 else f"{count} tiles"
    size = f"of {tile.rows} × {tile.cols} devices"
    if "unlimited" in (tile.rows, tile.cols):
        size = "as large as needed"
    more = f" (the first {_MOST_TILES} are shown)" if count > _MOST_TILES else ""
    text = f"{tiles} {size}{more}, {100 * chip.utilisation:.0f} % of the devices in use"
    left = _LEFT / width
    name = f"{chip.device.name} on {chip.mapping.name}"
    figure.text(left, 1 - 0.2 / height, name, fontsize=11, fontweight="bold", color=_INK, va="top")
    figure.text(left, 1 - 0.44 / height, text, fontsize=8, color=_FAINT, va="top")


def _legend(figure: Figure, colours: dict[str, str], width: float) -> None:
    patches = [
        Rectangle((0, 0), 1, 1, facecolor="none", edgecolor=colour, linewidth=2)
        for colour in colours.values()
    ]
    figure.legend(
        patches,
        list(colours),
        loc="lower left",
        ncols=min(len(colours), 6),
        fontsize=7,
        frameon=False,
        bbox_to_anchor=(0.2 / width, 0.0),
        handlelength=1.1,
        handleheight=1.1,
    )


def _scale(figure: Figure, axes: Any, norm: Normalize) -> None:
    bar = figure.colorbar(ScalarMappable(norm, "viridis"), cax=axes)
    low, high = float(norm.vmin or 0.0), float(norm.vmax or 0.0)
    marks = [low, (low + high) / 2, high]
    bar.set_ticks(marks, labels=[units.show(mark, "conductance", 3) for mark in marks])
    axes.tick_params(labelsize=6.5, length=2, colors=_INK)
    bar.outline.set_edgecolor(_FAINT)  # type: ignore[operator]
