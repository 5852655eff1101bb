"""The report of a sweep: the best point, figures over the axes, tables of all points, the failed ones."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from neurosim.scenarios import store
from neurosim.scenarios.report import sweep_figures, words
from neurosim.scenarios.report.content import Page, Plot, Section, Table, Tile
from neurosim.scenarios.report.measures import ACCURACY, MEASURES, Measure
from neurosim.scenarios.report.run_content import about, provenance
from neurosim.scenarios.report.sweep_data import Point, Sweep, mean_and_spread, place, read

_FOLDED = 30  # a table with more rows than this is folded away
_NOTEWORTHY = 0.05  # a measure that changes less than this over the sweep is not drawn


def page(folder: Path) -> Page:
    """Read a sweep folder and say what its report shows."""
    sweep = read(folder)
    groups = _groups(sweep)
    known = [measure for measure in MEASURES if sweep.has(measure.key)]
    sections = [
        Section("Result", plots=_figures(sweep, groups, known), tables=_means(sweep, groups, known)),
        Section("Failed points", tables=_failures(sweep)),
        Section("All points", tables=[_points(sweep, known, folded=any(len(group) > 1 for group in groups))]),
        *provenance(folder),
    ]
    environment = next((p for p in folder.glob(f"points/*/{store.ENVIRONMENT}")), None)
    if environment is not None and not (folder / store.ENVIRONMENT).is_file():
        sections += [part for part in provenance(environment.parent) if part.title == "Environment"]
    return Page(
        title=_name(sweep, folder),
        about=about(folder),
        facts=_facts(sweep),
        tiles=_tiles(sweep, groups),
        sections=[section for section in sections if section.tables or section.plots or section.texts],
    )


def _groups(sweep: Sweep) -> list[list[Point]]:
    """Finished points that differ in the seed only, in the order of the scenario."""
    groups: dict[str, list[Point]] = {}
    for point in sweep.done:
        groups.setdefault(repr(sorted(point.values.items())), []).append(point)
    return list(groups.values())


def _figures(sweep: Sweep, groups: Sequence[Sequence[Point]], known: Sequence[Measure]) -> list[Plot]:
    """Accuracy always; other measures where the sweep changes them."""
    plots = []
    for measure in known:
        means = [mean_and_spread(values)[0] for group in groups if (values := _values(group, measure.key))]
        changes = max(means) - min(means) > _NOTEWORTHY * max(map(abs, means))
        if measure is ACCURACY or (sweep.axes and changes):
            plots += sweep_figures.figures(sweep, measure)
    return plots


def _values(points: Sequence[Point], key: str) -> list[float]:
    return [value for value in (point.get(key) for point in points) if value is not None]


def _name(sweep: Sweep, folder: Path) -> str:
    names = {
        str(point.metrics["name"]) for point in sweep.done if point.metrics and point.metrics.get("name")
    }
    return names.pop() if len(names) == 1 else folder.name


def _facts(sweep: Sweep) -> list[tuple[str, str]]:
    counts = {
        status: sum(p.status == status for p in sweep.points) for status in ("done", "failed", "pending")
    }
    swept = [f"{axis.name}: {len(axis.steps)} values" for axis in sweep.axes]
    repeats = len({point.repeat for point in sweep.points})
    facts = [("Swept", "; ".join(swept)), ("Repeats", str(repeats) if repeats > 1 else "")]
    facts += [("Points", f"{counts['done']} done")]
    facts += [
        (status.capitalize(), str(counts[status])) for status in ("failed", "pending") if counts[status]
    ]
    seconds = _values(sweep.done, "seconds")
    facts.append(("Simulation time", words.duration(sum(seconds)) if seconds else ""))
    return [(label, value) for label, value in facts if value]


def _tiles(sweep: Sweep, groups: Sequence[Sequence[Point]]) -> list[Tile]:
    means = []
    for group in groups:
        values = _values(group, "accuracy")
        if values:
            means.append((mean_and_spread(values), group[0]))
    tiles = []
    if means:
        (high, spread), best = max(means, key=lambda item: item[0][0])
        (low, _), worst = min(means, key=lambda item: item[0][0])
        note = f"± {words.percent(spread)}; " if spread else ""
        tiles.append(Tile("Best accuracy", words.percent(high), note + place(sweep, best), "hardware"))
        if len(means) > 1:
            tiles.append(Tile("Lowest accuracy", words.percent(low), place(sweep, worst)))
    ideal = _values(sweep.done, "baseline.accuracy")
    if ideal:
        tiles.insert(1, Tile("Ideal weights", words.percent(mean_and_spread(ideal)[0]), "mean", "ideal"))
    failed = sum(point.status == "failed" for point in sweep.points)
    note = f"of {len(sweep.points)}" + (f", {failed} failed" if failed else "")
    tiles.append(Tile("Points done", str(len(sweep.done)), note))
    return tiles


def _means(sweep: Sweep, groups: Sequence[Sequence[Point]], known: Sequence[Measure]) -> list[Table]:
    """One row for each setting, repeats taken together; left out where there is one run each."""
    if not sweep.axes or not any(len(group) > 1 for group in groups):
        return []
    head = [axis.name for axis in sweep.axes] + ["Runs", *(measure.brief for measure in known)]
    rows = []
    for group in groups:
        cells = [
            axis.steps[step] if (step := axis.step(group[0])) is not None else words.NOTHING
            for axis in sweep.axes
        ]
        cells.append(str(len(group)))
        for measure in known:
            values = _values(group, measure.key)
            if not values:
                cells.append(words.NOTHING)
                continue
            mean, spread = mean_and_spread(values)
            cells.append(measure.shown(mean) + (f" ± {measure.shown(spread)}" if spread else ""))
        rows.append(cells)
    caption = "Mean ± standard deviation over repeats"
    folded = f"{caption}: {len(rows)} settings" if len(rows) > _FOLDED else ""
    return [Table(head, rows, "" if folded else caption, keys=len(sweep.axes), folded=folded)]


def _failures(sweep: Sweep) -> list[Table]:
    failed = [point for point in sweep.points if point.status == "failed"]
    if not failed:
        return []
    rows = [
        [point.hash, *_settings(sweep, point), str(point.seed), point.error or "no reason given"]
        for point in failed
    ]
    head = ["Point", *(words.short_path(path, sweep.paths) for path in sweep.paths), "Seed", "Error"]
    return [Table(head, rows, keys=len(head))]


def _points(sweep: Sweep, known: Sequence[Measure], folded: bool) -> Table:
    head = ["Point", *(words.short_path(path, sweep.paths) for path in sweep.paths), "Seed", "State"]
    keys = len(head)
    columns = [measure.brief for measure in known]
    rows = []
    for point in sweep.points:
        cells = [point.hash, *_settings(sweep, point), str(point.seed), point.status]
        cells += [measure.shown(point.get(measure.key)) for measure in known]
        if sweep.has("baseline.accuracy"):
            cells.append(words.percent(point.get("baseline.accuracy")))
        rows.append(cells)
    if sweep.has("baseline.accuracy"):
        columns.append("Ideal weights")
    line = f"Table of all {len(rows)} points" if folded or len(rows) > _FOLDED else ""
    return Table([*head, *columns], rows, keys=keys, folded=line)


def _settings(sweep: Sweep, point: Point) -> list[str]:
    return [
        words.setting(point.values[path]) if path in point.values else words.NOTHING for path in sweep.paths
    ]
