"""A sweep's points and axes, read from its folder.

Axes whose values always change together (those of `zip`) count as one, and an axis with a single value
as none; repeats of a point are gathered, since they differ in the seed only.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from neurosim import units
from neurosim.errors import InputError
from neurosim.scenarios import store
from neurosim.scenarios.report import words


@dataclass(frozen=True)
class Point:
    """One run of the sweep; `metrics` is None unless it is finished."""

    hash: str
    values: Mapping[str, Any]
    repeat: int
    seed: int | None
    status: str
    error: str | None
    metrics: Mapping[str, Any] | None

    def get(self, key: str) -> float | None:
        """A number of metrics.json. "baseline.accuracy" reaches into the baseline, "energy" is the sum."""
        source: Any = self.metrics or {}
        if key == "energy":
            parts = [source.get(f"{part}_energy") for part in ("write", "read", "converter")]
            source = sum(parts) if all(part is not None for part in parts) else parts[0]
            return None if source is None else float(source)
        for part in key.split("."):
            source = (source or {}).get(part)
        return None if source is None else float(source)


@dataclass(frozen=True)
class Axis:
    """What varies: one path, or several that change together.

    Parameters
    ----------
    paths : tuple of str
    name : str
        Short, for titles and tables.
    steps : tuple of str
        A text for each value, in the order of the scenario.
    positions : tuple of float, or None
        Where to draw the steps on a line; None when they are words without an order.
    unit : str
        Of the positions, when they are quantities.
    """

    paths: tuple[str, ...]
    name: str
    steps: tuple[str, ...]
    positions: tuple[float, ...] | None = None
    unit: str = ""

    @property
    def label(self) -> str:
        """The name with the unit, for the side of a figure."""
        return f"{self.name} in {self.unit}" if self.unit else self.name

    @property
    def to_scale(self) -> bool:
        """Whether the positions are the values themselves, and not only their order."""
        return self.positions is not None and self.positions != tuple(range(len(self.steps)))

    def step(self, point: Point) -> int | None:
        """Which of the steps a point stands at; None for a point that does not set all the paths."""
        text = _text(point.values, self.paths)
        return self.steps.index(text) if text in self.steps else None


@dataclass(frozen=True)
class Sweep:
    """All that the figures and tables of a sweep need."""

    points: Sequence[Point]
    axes: Sequence[Axis]
    paths: Sequence[str]

    @property
    def done(self) -> list[Point]:
        """The finished points."""
        return [point for point in self.points if point.metrics is not None]

    def has(self, key: str) -> bool:
        """Whether any finished point knows this number."""
        return any(point.get(key) is not None for point in self.done)


def read(folder: Path) -> Sweep:
    """Read sweep.json and the metrics of every finished point.

    Raises
    ------
    InputError
        When sweep.json cannot be read or is not what a sweep writes.
    """
    path = folder / store.SWEEP
    data = store.read_json(path)
    try:
        points = [_point(folder, entry) for entry in data["points"]]
        listed = [str(axis["path"]) for axis in data.get("axes", [])]
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: not the file that a sweep writes ({error!r})") from None
    paths = list(dict.fromkeys([*listed, *(name for point in points for name in point.values)]))
    return Sweep(points, _axes(paths, points), paths)


def _point(folder: Path, entry: Mapping[str, Any]) -> Point:
    metrics, status, error = None, str(entry["status"]), entry.get("error")
    file = folder / "points" / str(entry["hash"])[:10] / store.METRICS
    if file.is_file():
        try:
            metrics, status = store.read_json(file), "done"
        except InputError as damaged:
            status, error = "failed", str(damaged)
    elif status == "done":
        status, error = "failed", "its folder is missing"
    return Point(
        hash=str(entry["hash"])[:10],
        values=dict(entry["values"]),
        repeat=int(entry.get("repeat", 0)),
        seed=entry.get("seed"),
        status=status,
        error=error,
        metrics=metrics,
    )


def _axes(paths: Sequence[str], points: Sequence[Point]) -> list[Axis]:
    groups: list[list[str]] = []
    for path in paths:
        column = [_key(point.values.get(path)) for point in points]
        if len(set(column)) < 2:
            continue
        for group in groups:
            first = [_key(point.values.get(group[0])) for point in points]
            if len(set(zip(first, column, strict=True))) == len(set(first)) == len(set(column)):
                group.append(path)
                break
        else:
            groups.append([path])
    return [_axis(tuple(group), paths, points) for group in groups]


def _axis(group: tuple[str, ...], paths: Sequence[str], points: Sequence[Point]) -> Axis:
    present = [point.values for point in points if all(path in point.values for path in group)]
    named = {_text(values, group) or "": values[group[0]] for values in present}
    steps = tuple(named)
    name = ", ".join(words.short_path(path, paths) for path in group)
    if len(group) > 1:
        return Axis(group, name, steps)
    positions, unit = _positions(list(named.values()))
    return Axis(group, name, steps, positions, unit)


def _positions(values: Sequence[Any]) -> tuple[tuple[float, ...] | None, str]:
    """Numbers for the values of an axis, and their unit, if they have an order."""
    numbers = [value for value in values if isinstance(value, (int, float)) and not isinstance(value, bool)]
    if len(numbers) == len(values):
        return tuple(float(value) for value in numbers), ""
    if len(numbers) > 1 and len(values) == len(numbers) + 1:
        return tuple(range(len(values))), ""  # such as 4, 6, 8, ideal: an order, but no common scale
    if not all(isinstance(value, str) for value in values):
        return None, ""
    for dimension, kind in units.DIMENSIONS.items():
        try:
            parsed = [units.parse(value, dimension) for value in values]
        except InputError:
            continue
        if dimension == "ratio":
            return tuple(number * 100 for number in parsed), "%"
        factor, unit = words.prefix(max(abs(number) for number in parsed), kind.unit)
        # Rounded, so that 3e-06 S is 3 uS and not 2.9999999999999996.
        return tuple(float(f"{number * factor:.12g}") for number in parsed), unit
    return None, ""


def logarithmic(positions: Sequence[float]) -> bool:
    """Whether positions want a logarithmic axis: positive, and over a factor of ten or more."""
    ordered = sorted(positions)
    return ordered[0] > 0 and ordered[-1] / ordered[0] >= 10 and len(ordered) > 2


def mean_and_spread(values: Sequence[float]) -> tuple[float, float]:
    """The mean, and the standard deviation over repeats (0 for a single one, and for equal ones)."""
    mean = float(np.mean(values))
    spread = float(np.std(values, ddof=1)) if len(values) > 1 else 0.0
    return mean, spread if spread > 1e-9 * abs(mean) else 0.0


def place(sweep: Sweep, point: Point) -> str:
    """Where in the sweep a point stands: "adc.bits 6, cycle 5 %"."""
    steps = [(axis, axis.step(point)) for axis in sweep.axes]
    return ", ".join(f"{axis.name} {axis.steps[step]}" for axis, step in steps if step is not None)


def _text(values: Mapping[str, Any], paths: Sequence[str]) -> str | None:
    if not all(path in values for path in paths):
        return None
    return ", ".join(words.setting(values[path]) for path in paths)


def _key(value: Any) -> str:
    return json.dumps(value, sort_keys=True, default=str)
