"""The figures of a sweep: dots for repeats alone, a curve for one axis, heat maps for two and more."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import matplotlib
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from neurosim.scenarios.report import svg, words
from neurosim.scenarios.report.content import Plot
from neurosim.scenarios.report.sweep_data import Axis, Point, Sweep, logarithmic, mean_and_spread

_MOST_PANELS = 24
_MOST_NUMBERED = 140  # cells of a heat map that still have room for a number each


@dataclass(frozen=True)
class Measure:
    """A number of each run that is drawn over the sweep; `brief` heads a column of a table."""

    key: str
    title: str
    brief: str
    unit: str
    shown: Callable[[float | None], str]


ACCURACY = Measure("accuracy", "Test accuracy", "Accuracy", "%", words.percent)
ENERGY = Measure(
    "energy", "Energy of the training", "Energy", "J", lambda value: words.quantity(value, "energy")
)
LATENCY = Measure(
    "latency", "Latency of the training", "Latency", "s", lambda value: words.quantity(value, "time")
)
SATURATION = Measure("saturation", "Devices at a bound", "Saturated", "%", words.percent)


def figures(sweep: Sweep, measure: Measure) -> list[Plot]:
    """Draw one measure over all axes of the sweep."""
    if not sweep.has(measure.key):
        return []
    if not sweep.axes:
        return [_repeats(sweep, measure)]
    if len(sweep.axes) == 1:
        return [_one_axis(sweep, sweep.axes[0], measure)]
    return [_heat_maps(sweep, measure)]


def _scale(measure: Measure, largest: float) -> tuple[float, str]:
    return (100.0, "%") if measure.unit == "%" else words.prefix(largest, measure.unit)


def _repeats(sweep: Sweep, measure: Measure) -> Plot:
    """Every run as a dot, with the mean: a sweep of nothing but seeds."""
    values = [value for value in (point.get(measure.key) for point in sweep.done) if value is not None]
    factor, unit = _scale(measure, max(values))
    mean, spread = mean_and_spread(values)

    def paint(figure: Figure) -> None:
        axes = figure.subplots()
        axes.plot(np.arange(1, len(values) + 1), np.array(values) * factor, "o", color=svg.HARDWARE)
        axes.axhline(mean * factor, color=svg.MUTED, lw=1, ls="--")
        axes.set(xlabel="repeat", ylabel=f"{measure.title.lower()} in {unit}")
        svg.grid(axes)

    alt = f"{measure.title} of {len(values)} repeats: {measure.shown(mean)} ± {measure.shown(spread)}."
    return Plot(f"{measure.title} of every repeat", svg.draw(paint, 2.9), alt, "Dashed: the mean.")


def _one_axis(sweep: Sweep, axis: Axis, measure: Measure) -> Plot:
    runs = [[p for p in sweep.done if axis.step(p) == step] for step in range(len(axis.steps))]
    own = _series(runs, measure.key)
    beside = _series(runs, f"baseline.{measure.key}") if measure is ACCURACY else {}
    factor, unit = _scale(measure, max(max(values) for values in own.values()))
    label = f"{measure.title.lower()} in {unit}"
    paint: Callable[[Figure], None]
    if axis.positions is None:
        height = 0.8 + 0.3 * len(axis.steps)

        def paint(figure: Figure) -> None:
            _rows(figure.subplots(), axis, own, beside, factor, label)

    else:
        height = 3.0

        def paint(figure: Figure) -> None:
            _curve(figure.subplots(), axis, own, beside, factor, label)

    means = ", ".join(
        f"{axis.steps[step]}: {measure.shown(mean_and_spread(values)[0])}" for step, values in own.items()
    )
    most = max(len(values) for values in own.values())
    summary = "Large dots and bars" if axis.positions is None else "Line and band"
    note = f"Dots: single runs. {summary}: mean and standard deviation of {most} repeats." if most > 1 else ""
    title = f"{measure.title} by {axis.name}"
    return Plot(title, svg.draw(paint, height), f"{title}. {means}.", note, wide=height > 5)


def _series(runs: Sequence[Sequence[Point]], key: str) -> dict[int, list[float]]:
    """The values at each step that has any."""
    found = {
        step: [v for v in (p.get(key) for p in points) if v is not None] for step, points in enumerate(runs)
    }
    return {step: values for step, values in found.items() if values}


def _curve(
    axes: Axes,
    axis: Axis,
    own: dict[int, list[float]],
    beside: dict[int, list[float]],
    factor: float,
    label: str,
) -> None:
    assert axis.positions is not None
    for series, colour, name, style in (
        (beside, svg.IDEAL, "ideal weights", (0, (5, 2))),
        (own, svg.HARDWARE, "hardware" if beside else "", "-"),
    ):
        steps = sorted(series, key=lambda step: axis.positions[step] if axis.positions else 0)
        x = np.array([axis.positions[step] for step in steps])
        summary = np.array([mean_and_spread(series[step]) for step in steps]).reshape(-1, 2) * factor
        if not len(steps):
            continue
        mean, spread = summary.T
        axes.fill_between(x, mean - spread, mean + spread, color=colour, alpha=0.18, lw=0)
        axes.plot(x, mean, color=colour, ls=style, lw=2, marker="o", ms=4, label=name)
        if series is own:
            for step in steps:
                if len(own[step]) > 1:
                    axes.plot(
                        [axis.positions[step]] * len(own[step]),
                        np.array(own[step]) * factor,
                        "o",
                        ms=2.5,
                        color=svg.HARDWARE,
                        alpha=0.45,
                    )
    if not axis.to_scale:
        axes.set_xticks(axis.positions, axis.steps)
    elif logarithmic(axis.positions):
        axes.set_xscale("log")
    if axis.to_scale and len(axis.positions) <= 8:
        axes.xaxis.set_major_locator(FixedLocator(sorted(axis.positions)))
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axes.set(xlabel=axis.label, ylabel=label)
    if beside:
        axes.legend(loc="best")
    svg.grid(axes, "both")


def _rows(
    axes: Axes,
    axis: Axis,
    own: dict[int, list[float]],
    beside: dict[int, list[float]],
    factor: float,
    label: str,
) -> None:
    for series, colour, name in ((beside, svg.IDEAL, "ideal weights"), (own, svg.HARDWARE, "hardware")):
        for step, values in series.items():
            mean, spread = mean_and_spread(values)
            if series is own:
                axes.plot(
                    np.array(values) * factor, [step] * len(values), "o", ms=3, color=colour, alpha=0.45
                )
                axes.errorbar(
                    mean * factor, step, xerr=spread * factor or None, fmt="o", ms=6, color=colour, capsize=3
                )
            else:
                axes.plot(mean * factor, step, "|", ms=12, mew=2, color=colour)
        if series:
            axes.plot([], [], "o" if series is own else "|", color=colour, label=name, ms=6, mew=2)
    axes.set_yticks(range(len(axis.steps)), axis.steps)
    axes.set_ylim(len(axis.steps) - 0.4, -0.6)
    axes.set(xlabel=label, ylabel="")
    axes.tick_params(axis="y", length=0)
    axes.grid(True, axis="both")
    if beside:
        axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, borderaxespad=0.2)


def _heat_maps(sweep: Sweep, measure: Measure) -> Plot:
    """Two axes as a heat map; every further axis multiplies the panels."""
    down, across, others = _arrange(sweep.axes)
    panels = list(
        itertools.islice(itertools.product(*(range(len(axis.steps)) for axis in others)), _MOST_PANELS)
    )
    total = int(np.prod([len(axis.steps) for axis in others], dtype=int))
    grids = [_grid(sweep, measure, down, across, others, panel) for panel in panels]
    known = np.concatenate([grid[np.isfinite(grid)] for grid in grids])
    factor, unit = _scale(measure, float(known.max()) if known.size else 1.0)
    low, high = (float(known.min()) * factor, float(known.max()) * factor) if known.size else (0.0, 1.0)
    columns = 1 if len(panels) == 1 else 2 if len(across.steps) > 6 else min(3, len(panels))
    lines = -(-len(panels) // columns)
    wide = len(panels) > 1 or len(across.steps) > 7
    numbered = grids[0].size <= _MOST_NUMBERED

    def paint(figure: Figure) -> None:
        every = figure.subplots(lines, columns, squeeze=False, sharex=True, sharey=True).ravel()
        for axes in every[len(panels) :]:
            axes.set_axis_off()
        for axes, panel, grid in zip(every, panels, grids, strict=False):
            image = _cells(axes, grid * factor, low, high, numbered)
            parts = [f"{axis.name} {axis.steps[step]}" for axis, step in zip(others, panel, strict=True)]
            axes.set_title(", ".join(parts), loc="left")
            axes.set_xticks(range(len(across.steps)), _fitting(across.steps))
            axes.set_yticks(range(len(down.steps)), down.steps)
            if max(map(len, across.steps)) > 8:
                axes.tick_params(axis="x", labelrotation=40)
                for text in axes.get_xticklabels():
                    text.set(ha="right", rotation_mode="anchor")
        for axes in every[::columns]:
            axes.set_ylabel(down.name)
        for number in range(len(panels)):
            if number + columns >= len(panels):
                every[number].set_xlabel(across.name)
                every[number].tick_params(axis="x", labelbottom=True)
        if not numbered:
            bar = figure.colorbar(image, ax=list(every), fraction=0.05, pad=0.02, aspect=30)
            bar.set_label(f"{measure.title.lower()} in {unit}")
            bar.ax.spines[:].set_visible(False)

    width = 9.6 if wide else svg.WIDTH
    height = lines * (0.9 + 0.32 * len(down.steps)) + 0.25 * (max(map(len, across.steps)) > 8)
    title = f"{measure.title} by {down.name} and {across.name}"
    return Plot(
        title.replace(measure.title, f"{measure.title} in {unit}"),
        svg.draw(paint, max(2.4, height), width),
        _heat_words(title, measure, sweep),
        _heat_note(sweep, len(panels), total),
        wide=wide,
    )


def _arrange(axes: Sequence[Axis]) -> tuple[Axis, Axis, list[Axis]]:
    """Names read best down the side, numbers along the bottom; what is left over makes panels."""
    ordered = sorted(axes, key=lambda axis: len(axis.steps), reverse=True)
    pair = ordered[:2]
    down, across = sorted(pair, key=lambda axis: (max(map(len, axis.steps)), len(axis.steps)), reverse=True)
    return down, across, [axis for axis in axes if axis not in pair]


def _grid(
    sweep: Sweep, measure: Measure, down: Axis, across: Axis, others: Sequence[Axis], panel: Sequence[int]
) -> npt.NDArray[np.float64]:
    """Means over repeats, (down, across); NaN where nothing is finished."""
    cells: dict[tuple[int, int], list[float]] = {}
    for point in sweep.done:
        row, column, value = down.step(point), across.step(point), point.get(measure.key)
        here = [axis.step(point) for axis in others] == list(panel)
        if here and row is not None and column is not None and value is not None:
            cells.setdefault((row, column), []).append(value)
    grid = np.full((len(down.steps), len(across.steps)), np.nan)
    for place, values in cells.items():
        grid[place] = mean_and_spread(values)[0]
    return grid


def _cells(
    axes: Axes, values: npt.NDArray[np.float64], low: float, high: float, numbered: bool
) -> matplotlib.collections.QuadMesh:
    rows, columns = values.shape
    edges = np.arange(columns + 1) - 0.5, np.arange(rows + 1) - 0.5
    masked = np.ma.masked_invalid(values)
    mesh = axes.pcolormesh(*edges, masked, cmap=svg.SEQUENTIAL, vmin=low, vmax=max(high, low + 1e-12))
    axes.set_ylim(rows - 0.5, -0.5)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    for (row, column), value in np.ndenumerate(values):
        if not np.isfinite(value):
            axes.text(column, row, "–", ha="center", va="center", color=svg.MUTED)
        elif numbered:
            dark = (value - low) / max(high - low, 1e-12) < 0.55
            colour = "#ffffff" if dark else "#101820"
            text = f"{value:.{_digits(high)}f}"
            axes.text(column, row, text, ha="center", va="center", color=colour, fontsize=8.5)
    return mesh


def _digits(high: float) -> int:
    """Decimals that tell the cells apart without crowding them."""
    return 1 if high >= 10 else 2 if high >= 1 else 3


def _fitting(steps: Sequence[str]) -> list[str]:
    """Tick labels, thinned when there are too many of them to stand side by side."""
    every = -(-len(steps) // 14)
    return [step if number % every == 0 else "" for number, step in enumerate(steps)]


def _heat_words(title: str, measure: Measure, sweep: Sweep) -> str:
    best = _extreme(sweep, measure, max)
    worst = _extreme(sweep, measure, min)
    return f"{title}. Highest {best}; lowest {worst}."


def _extreme(
    sweep: Sweep, measure: Measure, choose: Callable[[list[tuple[float, int]]], tuple[float, int]]
) -> str:
    values = [(value, n) for n, p in enumerate(sweep.done) if (value := p.get(measure.key)) is not None]
    value, number = choose(values)
    point = sweep.done[number]
    return f"{measure.shown(value)} at {place(sweep, point)}"


def place(sweep: Sweep, point: Point) -> str:
    """Where in the sweep a point stands: "adc.bits 6, cycle 5 %"."""
    steps = [(axis, axis.step(point)) for axis in sweep.axes]
    return ", ".join(f"{axis.name} {axis.steps[step]}" for axis, step in steps if step is not None)


def _heat_note(sweep: Sweep, drawn: int, total: int) -> str:
    repeats = len({point.repeat for point in sweep.done})
    note = f"Means of {repeats} repeats. " if repeats > 1 else ""
    if drawn < total:
        note += f"The first {drawn} of {total} panels; the table has all points."
    return note.strip()
