"""The figures of one run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import FuncFormatter, MaxNLocator

from neurosim.scenarios.report import svg, words
from neurosim.scenarios.report.content import Plot

Array = npt.NDArray[Any]
History = Mapping[str, Sequence[Any]]

_NUMBERED_CLASSES = 12  # more than this and the numbers in the cells of a confusion matrix are too small
_MAP_CELLS = 160  # a map of more rows or columns shows means over blocks
_MOST_LAYERS = 6
_BINS = 64


def learning(history: History, baseline: History | None, column: str, on_hardware: bool) -> Plot | None:
    """Accuracy or loss by epoch: test and training of the run, test of its baseline.

    Parameters
    ----------
    history, baseline : mapping
        Columns of history.json.
    column : {"accuracy", "loss"}
    on_hardware : bool
        Whether the run itself has memristors, or ideal weights.
    """
    name, colour = ("hardware", svg.HARDWARE) if on_hardware else ("ideal weights", svg.IDEAL)
    lines: list[tuple[str, Sequence[Any] | None, dict[str, Any]]] = [
        (f"{name}, test", history.get(f"test_{column}"), {"color": colour, "lw": 2}),
        (f"{name}, training", history.get(f"train_{column}"), {"color": colour, "lw": 1.2, "ls": ":"}),
    ]
    if baseline:
        style = {"color": svg.IDEAL, "lw": 1.6, "ls": (0, (5, 2))}
        lines.insert(1, ("ideal weights, test", baseline.get(f"test_{column}"), style))
    drawn = [
        (label, _numbers(values), style) for label, values, style in lines if values and None not in values
    ]
    if not drawn:
        return None

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        for label, values, style in drawn:
            epochs = np.arange(1, len(values) + 1)
            axes.plot(epochs, values, label=label, marker="o", ms=3 if len(values) <= 15 else 0, **style)
        axes.set_xlabel("epoch")
        axes.set_ylabel(column)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
        if column == "accuracy":
            axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value * 100:g} %"))
        else:
            axes.set_ylim(bottom=0)
        axes.legend(loc="best")
        svg.grid(axes)

    shown = words.percent if column == "accuracy" else words.decimal
    alt = "; ".join(f"{label} from {shown(values[0])} to {shown(values[-1])}" for label, values, _ in drawn)
    epochs = len(drawn[0][1])
    title = f"{column.capitalize()} by epoch"
    return Plot(title, svg.draw(paint, 2.9), f"{title}, {epochs} epochs: {alt}.")


def pulses(history: History) -> Plot | None:
    """Write pulses since the beginning of the hardware's life, by epoch."""
    values = history.get("pulses")
    if not values or None in values or not any(values):
        return None
    counts = _numbers(values)
    factor, unit = words.prefix(counts.max(), "")

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        epochs = np.arange(1, len(counts) + 1)
        axes.fill_between(epochs, counts * factor, color=svg.HARDWARE, alpha=0.15, lw=0)
        axes.plot(
            epochs, counts * factor, color=svg.HARDWARE, lw=2, marker="o", ms=3 if len(counts) <= 15 else 0
        )
        axes.set_ylim(bottom=0)
        axes.set_xlabel("epoch")
        axes.set_ylabel(f"pulses so far{_in(unit)}")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8))
        svg.grid(axes)

    alt = (
        f"Write pulses so far: {words.count(counts[0])} after epoch 1, {words.count(counts[-1])} at the end."
    )
    return Plot("Write pulses", svg.draw(paint, 2.9), alt)


def energy(metrics: Mapping[str, Any]) -> Plot | None:
    """Where the energy of the training went."""
    parts = [(part, metrics.get(f"{part}_energy")) for part in ("write", "read", "converter")]
    known = [(part, float(value)) for part, value in parts if value is not None]
    if not known or not any(value for _, value in known):
        return None
    total = sum(value for _, value in known)

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        factor, unit = words.prefix(max(value for _, value in known), "J")
        for row, (_, value) in enumerate(known):
            axes.barh(row, value * factor, color=svg.HARDWARE, alpha=0.85, height=0.55)
            label = f"{words.quantity(value, 'energy')} ({words.percent(value / total, 0)})"
            place = (value * factor, row)
            axes.annotate(label, place, (5, 0), textcoords="offset points", va="center")
        axes.set_yticks(
            range(len(known)), [part if part != "converter" else "converters" for part, _ in known]
        )
        axes.set_ylim(len(known) - 0.4, -0.6)
        axes.set_xlim(0, 1.5 * max(value for _, value in known) * factor)
        axes.set_xlabel(f"energy of the training in {unit}")
        axes.tick_params(axis="y", length=0)

    alt = ", ".join(f"{part} {words.quantity(value, 'energy')}" for part, value in known)
    return Plot("Where the energy goes", svg.draw(paint, 1.9), f"Energy of the training: {alt}.")


def confusion(counts: Array, title: str) -> Plot:
    """Which class is taken for which; each row is shaded by its share."""
    classes = len(counts)
    totals = counts.sum(axis=1, keepdims=True)
    share = counts / np.maximum(totals, 1)

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        if classes <= _NUMBERED_CLASSES:
            _numbered_cells(axes, counts, share)
        else:
            colours = np.zeros((classes, classes, 4))
            colours[..., :3], colours[..., 3] = to_rgba(svg.SATURATED)[:3], share**0.5
            axes.imshow(colours)
        axes.set(xlabel="taken for", ylabel="true class")
        axes.set_aspect("equal")
        axes.spines[:].set_visible(False)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=12))
        axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=12))
        axes.tick_params(length=0)

    wrong = counts.astype(np.int64).copy()
    np.fill_diagonal(wrong, 0)
    right = 1 - wrong.sum() / max(int(counts.sum()), 1)
    alt = f"{title}: {words.percent(right)} of {int(counts.sum()):,} test samples on the diagonal"
    if wrong.any():
        true, taken = np.unravel_index(int(wrong.argmax()), wrong.shape)
        alt += (
            f"; the most frequent mistake takes class {true} for class {taken} ({wrong[true, taken]} times)"
        )
    return Plot(title, svg.draw(paint, 4.2), alt + ".")


def _numbered_cells(axes: Axes, counts: Array, share: Array) -> None:
    for (true, taken), value in np.ndenumerate(counts):
        colour = svg.HARDWARE if true == taken else svg.IDEAL
        # The root keeps a single mistake in a hundred visible.
        alpha = 0.85 * float(share[true, taken]) ** 0.5
        axes.add_patch(
            Rectangle((taken - 0.48, true - 0.48), 0.96, 0.96, facecolor=colour, alpha=alpha, lw=0)
        )
        if value:
            strong = true == taken and alpha > 0.5
            axes.text(
                taken,
                true,
                f"{int(value)}",
                ha="center",
                va="center",
                fontsize=8.5 if value < 1000 else 7,
                color=svg.ON_HARDWARE if strong else svg.INK,
            )
    axes.set_xlim(-0.5, len(counts) - 0.5)
    axes.set_ylim(len(counts) - 0.5, -0.5)


def conductances(arrays: Mapping[str, Array]) -> Plot | None:
    """Histograms of all devices' conductances, one panel a layer, with the card's bounds."""
    layers = _layers(arrays, "conductances")
    if not layers:
        return None
    shown = layers[:_MOST_LAYERS]
    bounds = np.sort(np.asarray(arrays.get("bounds", []), dtype=float))
    highest = max(float(arrays[name].max()) for name in arrays if name.startswith("conductances/"))
    factor, unit = words.prefix(max(highest, *bounds) if len(bounds) else highest, "S")
    parts = {"plus": (svg.HARDWARE, "-"), "minus": (svg.IDEAL, (0, (4, 1.5)))}

    def paint(figure: Figure) -> None:
        rows = np.atleast_1d(figure.subplots(len(shown), 1, sharex=True))
        edges = np.linspace(0, max([highest, *bounds]) * factor * 1.02, _BINS + 1)
        for axes, layer in zip(rows, shown, strict=True):
            for part, (colour, style) in parts.items():
                values = arrays.get(f"conductances/{layer}/{part}")
                if values is not None:
                    heights, _ = np.histogram(values.ravel() * factor, edges)
                    label = f"G{'+' if part == 'plus' else '−'}"
                    if part == "plus":
                        axes.stairs(heights, edges, fill=True, color=colour, alpha=0.18)
                    axes.stairs(heights, edges, color=colour, lw=1.4, ls=style, label=label)
            for bound in bounds:
                axes.axvline(bound * factor, color=svg.MUTED, lw=1, ls=":")
            axes.set_yscale("log")
            axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,g}"))
            axes.set_ylim(bottom=0.7)
            axes.set_ylabel("devices")
            axes.set_title(layer, loc="left")
            axes.minorticks_off()
        rows[0].legend(loc="upper right", ncols=2, bbox_to_anchor=(1, 1.32), borderaxespad=0)
        rows[-1].set_xlabel(f"conductance in {unit}")

    height = 0.7 + 1.35 * len(shown)
    means = ", ".join(
        f"{layer} {words.quantity(float(np.mean(arrays[f'conductances/{layer}/plus'])), 'conductance')}"
        for layer in shown
        if f"conductances/{layer}/plus" in arrays
    )
    note = "Dotted: the card's lowest and highest conductance." if len(bounds) else ""
    if len(layers) > len(shown):
        note += f" The first {len(shown)} of {len(layers)} layers."
    return Plot(
        "Conductances after training",
        svg.draw(paint, height),
        f"Histograms of device conductances by layer. Mean of G+: {means}.",
        note,
    )


def saturation(arrays: Mapping[str, Array]) -> Plot | None:
    """Which weights have devices at their bounds: inputs down, outputs across, one panel a layer."""
    layers = _layers(arrays, "saturation")
    if not layers:
        return None
    shown = layers[:_MOST_LAYERS]
    shares = {layer: float(np.mean(arrays[f"saturation/{layer}"])) for layer in shown}

    def paint(figure: Figure) -> None:
        columns = min(len(shown), 3)
        panels = figure.subplots(-(-len(shown) // columns), columns, squeeze=False).ravel()
        for axes in panels[len(shown) :]:
            axes.set_axis_off()
        for axes, layer in zip(panels, shown, strict=False):
            values = np.asarray(arrays[f"saturation/{layer}"], dtype=float)
            rows, cols = values.shape
            colours = np.empty((*_blocks(values).shape, 4))
            colours[..., :3], colours[..., 3] = to_rgba(svg.SATURATED)[:3], _blocks(values)
            axes.imshow(colours, aspect="auto", extent=(0, cols, rows, 0))
            axes.set_title(f"{layer}\n{words.percent(shares[layer])}", loc="left")
            axes.set_xlabel("output")
            axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=3))
            axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
            axes.spines[:].set_visible(True)
        panels[0].set_ylabel("input")

    rows_of_panels = -(-len(shown) // 3)
    alt = ", ".join(f"{layer} {words.percent(share)}" for layer, share in shares.items())
    return Plot(
        "Saturation map",
        svg.draw(paint, 0.4 + 2.8 * rows_of_panels),
        f"Share of devices at a bound: {alt}.",
        "Coloured: weights with a device (pale: one of two) at a bound, where pulses move it no further.",
    )


def _layers(arrays: Mapping[str, Array], kind: str) -> list[str]:
    """The names of the layers that have arrays of a kind, in the order of the file."""
    return list(dict.fromkeys(name.split("/")[1] for name in arrays if name.startswith(f"{kind}/")))


def _blocks(values: Array) -> Array:
    """Means over blocks, so that no axis has more than `_MAP_CELLS` cells."""
    for axis in (0, 1):
        length = values.shape[axis]
        if length > _MAP_CELLS:
            starts = np.unique(np.linspace(0, length, _MAP_CELLS, endpoint=False).astype(int))
            sizes = np.diff([*starts, length])
            summed = np.add.reduceat(values, starts, axis=axis)
            values = summed / (sizes[:, None] if axis == 0 else sizes)
    return values


def _numbers(values: Sequence[Any]) -> npt.NDArray[np.float64]:
    return np.asarray(values, dtype=np.float64)


def _in(unit: str) -> str:
    names = {"k": "thousands", "M": "millions", "G": "billions", "T": "trillions"}
    return f", {names[unit]}" if unit in names else ""
