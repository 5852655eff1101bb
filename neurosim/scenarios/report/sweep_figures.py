"""The figures of a sweep: dots for repeats alone, a curve for one axis, heat maps for two and more."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from neurosim.scenarios.report import svg
from neurosim.scenarios.report.content import Plot
from neurosim.scenarios.report.heat_maps import heat_maps
from neurosim.scenarios.report.measures import ACCURACY, Measure
from neurosim.scenarios.report.sweep_data import Axis, Point, Sweep, logarithmic, mean_and_spread


def figures(sweep: Sweep, measure: Measure) -> list[Plot]:
    """Draw one measure over all axes of the sweep."""
    if not sweep.has(measure.key):
        return []
    if not sweep.axes:
        return [_repeats(sweep, measure)]
    if len(sweep.axes) == 1:
        return [_one_axis(sweep, sweep.axes[0], measure)]
    return [heat_maps(sweep, measure)]


def _repeats(sweep: Sweep, measure: Measure) -> Plot:
    """Every run as a dot, with the mean: a sweep of nothing but seeds."""
    (values,) = _series([sweep.done], measure.key).values()
    factor, unit = measure.scale(max(values))
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
    factor, unit = measure.scale(max(max(values) for values in own.values()))
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
    else:
        if logarithmic(axis.positions):
            axes.set_xscale("log")
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        if len(axis.positions) <= 8:
            axes.xaxis.set_major_locator(FixedLocator(sorted(axis.positions)))
            axes.xaxis.set_minor_locator(NullLocator())
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
