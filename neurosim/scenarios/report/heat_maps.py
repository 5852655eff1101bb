"""Heat maps: one measure over two axes of a sweep, with a panel for every step of the other axes."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure

from neurosim.scenarios.report import svg
from neurosim.scenarios.report.content import Plot
from neurosim.scenarios.report.measures import Measure
from neurosim.scenarios.report.sweep_data import Axis, Sweep, mean_and_spread, place

_MOST_PANELS = 24
_MOST_NUMBERED = 140  # more cells than this have no room for a number each
_MOST_SPREADS = 60  # nor, beyond this, for the spread below it
_DARK = 0.55  # cells below this part of the colour scale need light letters

Grid = npt.NDArray[np.float64]


@dataclass(frozen=True)
class _Panel:
    """One heat map: means and spreads over repeats, (down, across), NaN where nothing is finished."""

    title: str
    means: Grid
    spreads: Grid


@dataclass(frozen=True)
class _Scale:
    """From values to colours and numbers; logarithmic where they span more than a factor of 30."""

    factor: float
    low: float
    high: float
    unit: str

    @property
    def norm(self) -> Normalize:
        """The colour scale of the drawn values."""
        if self.low > 0 and self.high > 30 * self.low:
            return LogNorm(self.low, self.high)
        return Normalize(self.low, max(self.high, self.low + 1e-12))

    def text(self, value: float) -> str:
        """A drawn value with as many digits as tell cells apart without crowding them."""
        if isinstance(self.norm, LogNorm):
            return f"{value:.2g}" if value < 1 else f"{value:.3g}"
        return f"{value:.{1 if self.high >= 10 else 2 if self.high >= 1 else 3}f}"


def heat_maps(sweep: Sweep, measure: Measure) -> Plot:
    """Draw the two longest axes as a heat map; every other axis multiplies the panels."""
    down, across, others = _arrange(sweep.axes)
    panels = [_panel(sweep, measure, down, across, steps) for steps in _steps(others)]
    total = int(np.prod([len(axis.steps) for axis in others], dtype=int))
    scale = _scale(measure, panels)
    wide = len(panels) > 1 or len(across.steps) > 7
    columns = 1 if len(panels) == 1 else 2 if len(across.steps) > 6 else min(3, len(panels))
    lines = -(-len(panels) // columns)
    cell = 0.42 if _with_spreads(panels[0]) else 0.32
    slanted = max(map(len, across.steps)) > 8

    def paint(figure: Figure) -> None:
        every = figure.subplots(lines, columns, squeeze=False, sharex=True, sharey=True).ravel()
        for number, axes in enumerate(every):
            if number >= len(panels):
                axes.set_axis_off()
                continue
            mesh = _cells(axes, panels[number], scale)
            axes.set_xticks(range(len(across.steps)), _thinned(across.steps))
            axes.set_yticks(range(len(down.steps)), down.steps)
            if slanted:
                axes.tick_params(axis="x", labelrotation=40)
                for label in axes.get_xticklabels():
                    label.set(ha="right", rotation_mode="anchor")
            if number % columns == 0:
                axes.set_ylabel(down.name)
            if number + columns >= len(panels):
                axes.set_xlabel(across.name)
                axes.tick_params(axis="x", labelbottom=True)
        if panels[0].means.size > _MOST_NUMBERED:
            bar = figure.colorbar(mesh, ax=list(every), fraction=0.05, pad=0.02, aspect=30)
            bar.set_label(f"{measure.title.lower()} in {scale.unit}")
            bar.ax.spines[:].set_visible(False)

    height = lines * (0.9 + cell * len(down.steps)) + 0.25 * slanted
    return Plot(
        f"{measure.title} in {scale.unit} by {down.name} and {across.name}",
        svg.draw(paint, max(2.4, height), 9.6 if wide else svg.WIDTH),
        _in_words(sweep, measure, f"{measure.title} by {down.name} and {across.name}"),
        _note(sweep, panels, total),
        wide=wide,
    )


def _arrange(axes: Sequence[Axis]) -> tuple[Axis, Axis, list[Axis]]:
    """Names read best down the side, numbers along the bottom; what is left over makes panels."""
    pair = sorted(axes, key=lambda axis: len(axis.steps), reverse=True)[:2]
    down, across = sorted(pair, key=lambda axis: (max(map(len, axis.steps)), len(axis.steps)), reverse=True)
    return down, across, [axis for axis in axes if axis not in pair]


def _steps(others: Sequence[Axis]) -> list[list[tuple[Axis, int]]]:
    """What the panels stand for: a step of every other axis."""
    products = itertools.product(*(range(len(axis.steps)) for axis in others))
    return [list(zip(others, steps, strict=True)) for steps in itertools.islice(products, _MOST_PANELS)]


def _panel(
    sweep: Sweep, measure: Measure, down: Axis, across: Axis, steps: Sequence[tuple[Axis, int]]
) -> _Panel:
    cells: dict[tuple[int, int], list[float]] = {}
    for point in sweep.done:
        row, column, value = down.step(point), across.step(point), point.get(measure.key)
        here = all(axis.step(point) == step for axis, step in steps)
        if here and row is not None and column is not None and value is not None:
            cells.setdefault((row, column), []).append(value)
    means, spreads = np.full((2, len(down.steps), len(across.steps)), np.nan)
    for at, values in cells.items():
        means[at], spreads[at] = mean_and_spread(values)
    return _Panel(", ".join(f"{axis.name} {axis.steps[step]}" for axis, step in steps), means, spreads)


def _scale(measure: Measure, panels: Sequence[_Panel]) -> _Scale:
    known = np.concatenate([panel.means[np.isfinite(panel.means)] for panel in panels])
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    factor, unit = measure.scale(high)
    return _Scale(factor, low * factor, high * factor, unit)


def _cells(axes: Axes, panel: _Panel, scale: _Scale) -> matplotlib.collections.QuadMesh:
    values = panel.means * scale.factor
    rows, columns = values.shape
    edges = np.arange(columns + 1) - 0.5, np.arange(rows + 1) - 0.5
    norm = scale.norm
    mesh = axes.pcolormesh(*edges, np.ma.masked_invalid(values), cmap=svg.SEQUENTIAL, norm=norm)
    axes.set_ylim(rows - 0.5, -0.5)
    axes.set_title(panel.title, loc="left")
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0)
    style: dict[str, Any] = {"ha": "center", "va": "center"}
    for (row, column), value in np.ndenumerate(values):
        if not np.isfinite(value):
            axes.text(column, row, "–", color=svg.MUTED, **style)
        elif values.size <= _MOST_NUMBERED:
            colour = "#ffffff" if norm(value) < _DARK else "#101820"
            lift = 0.13 if _with_spreads(panel) else 0.0
            axes.text(column, row - lift, scale.text(value), color=colour, fontsize=8.5, **style)
            if _with_spreads(panel):
                spread = f"± {scale.text(float(panel.spreads[row, column]) * scale.factor)}"
                axes.text(column, row + 0.25, spread, color=colour, fontsize=6.5, **style)
    return mesh


def _with_spreads(panel: _Panel) -> bool:
    return panel.means.size <= _MOST_SPREADS and bool((panel.spreads > 0).any())


def _thinned(steps: Sequence[str]) -> list[str]:
    """Tick labels, left out in between when there are too many to stand side by side."""
    every = -(-len(steps) // 14)
    return [step if number % every == 0 else "" for number, step in enumerate(steps)]


def _in_words(sweep: Sweep, measure: Measure, title: str) -> str:
    points = [point for point in sweep.done if point.get(measure.key) is not None]
    best, worst = (choose(points, key=lambda p: p.get(measure.key) or 0.0) for choose in (max, min))
    ends = (f"{measure.shown(point.get(measure.key))} at {place(sweep, point)}" for point in (best, worst))
    return "{}. Highest {}; lowest {}.".format(title, *ends)


def _note(sweep: Sweep, panels: Sequence[_Panel], total: int) -> str:
    repeats = len({point.repeat for point in sweep.done})
    note = ""
    if repeats > 1:
        note = f"Means {'and standard deviations ' if _with_spreads(panels[0]) else ''}of {repeats} repeats. "
    if len(panels) < total:
        note += f"The first {len(panels)} of {total} panels; the table has all points."
    return note.strip()
