"""Carrying out a study: which runs are needed, in which order, and what is written when.

Of a sweep, points and baselines that are finished already are not run again: a folder carries the
content hash of what is in it. A baseline runs before the points that share it. What a point needs to go
on is on disk the moment it is finished, so that killing the study, in whatever way, loses nothing finished.
"""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from neurosim.errors import InputError, NeurosimError
from neurosim.scenarios import index, pool, runner, store
from neurosim.scenarios import sweep as sweeps
from neurosim.scenarios.loader import Loaded, Point
from neurosim.scenarios.resolved import as_yaml, content_hash
from neurosim.scenarios.schema import Scenario
from neurosim.scenarios.study import SHORT, Outcome, Progress

IDEAL = "ideal weights"

_SECONDS_BETWEEN_NOTES = 2.0


def run_single(
    loaded: Loaded, root: Path, *, jobs: int, again: bool, tell: Progress
) -> tuple[Path, tuple[Outcome, ...]]:
    """Run a scenario without a sweep in this process."""
    point = loaded.points[0]
    scenario = point.scenario
    folder = root / f"{scenario.name}-{point.hash[:SHORT]}"
    _prepare(root)
    if again or not store.is_finished(folder):
        baseline = None
        if scenario.baseline and scenario.hardware is not None:
            tell({"task": IDEAL, "event": "started", "baseline": True})
            baseline = runner.run(scenario.ideal, progress=_told(tell, IDEAL))
            tell({"task": IDEAL, "event": "done", "baseline": True})
        tell({"task": scenario.name, "event": "started"})
        checkpoint = root / f".checkpoint-{point.hash[:SHORT]}.npz"
        runner.run_into(
            scenario, folder, baseline=baseline, checkpoint=checkpoint, progress=_told(tell, scenario.name)
        )
        tell({"task": scenario.name, "event": "done"})
    else:
        tell({"task": scenario.name, "event": "skipped", "folder": str(folder)})
    index.update(root)
    _report(folder)
    return folder, (Outcome(point, "done", folder),)


def run_sweep(
    loaded: Loaded, root: Path, *, jobs: int, again: bool, tell: Progress
) -> tuple[Path, tuple[Outcome, ...]]:
    """Run all points of a sweep in processes of their own."""
    folder = root / f"{loaded.scenario.name}-{_sweep_hash(loaded.scenario)[:SHORT]}"
    for place in (root, folder, folder / "points", folder / "baselines"):
        _prepare(place)
    store.write_text(folder / store.SCENARIO, as_yaml(loaded.portable))
    record = _Record(loaded, folder)
    baselines, points = _needed(loaded.points, folder, again=again)
    waiting = {point.hash for point in points}
    for point in {point.hash: point for point in loaded.points if point.hash not in waiting}.values():
        record.note(point.hash, "done")
        tell({"task": _label(point), "event": "skipped"})
    record.write()
    _fetch(points)
    labels = {
        **{key: f"{IDEAL}, seed {ideal.seed}" for key, ideal in baselines.items()},
        **{point.hash: _label(point) for point in points},
    }
    tasks = [*_baseline_tasks(baselines, folder), *_point_tasks(points, folder)]
    try:
        with closing(pool.run(tasks, jobs)) as events:
            for event in events:
                key = event["task"]
                if key in waiting and event["event"] in ("done", "failed"):
                    record.note(key, event["event"], event.get("error"))
                    record.write_now_and_then()
                tell({**event, "task": labels[key], "baseline": key in baselines})
    finally:
        record.write()
        index.update(root)
    _report(folder)
    return folder, record.outcomes()


class _Record:
    """What sweep.json says."""

    def __init__(self, loaded: Loaded, folder: Path) -> None:
        self.loaded = loaded
        self.folder = folder
        self.ended: dict[str, tuple[str, str | None]] = {}
        self.written = 0.0

    def note(self, key: str, status: str, error: str | None = None) -> None:
        self.ended[key] = (status, error)

    def write_now_and_then(self) -> None:
        if time.monotonic() - self.written > _SECONDS_BETWEEN_NOTES:
            self.write()

    def write(self) -> None:
        plan = self.loaded.scenario.sweep
        assert plan is not None
        points = []
        for point in self.loaded.points:
            status, error = self.ended.get(point.hash, ("pending", None))
            entry = {
                "hash": point.hash[:SHORT],
                "values": point.values,
                "repeat": point.repeat,
                "seed": point.scenario.seed,
            }
            points.append({**entry, "status": status, "error": error})
        store.write_json(self.folder / store.SWEEP, {"axes": sweeps.axes(plan), "points": points})
        self.written = time.monotonic()

    def outcomes(self) -> tuple[Outcome, ...]:
        outcomes = []
        for point in self.loaded.points:
            status, error = self.ended.get(point.hash, ("pending", None))
            place = self.folder / "points" / point.hash[:SHORT] if status == "done" else None
            outcomes.append(Outcome(point, status, place, error))
        return tuple(outcomes)


def _needed(points: Iterable[Point], folder: Path, *, again: bool) -> tuple[dict[str, Scenario], list[Point]]:
    """The baselines (by hash) and the points that have to be run; equal ones once."""
    wanted = {
        point.hash: point
        for point in points
        if again or not store.is_finished(folder / "points" / point.hash[:SHORT])
    }
    baselines = {}
    for point in wanted.values():
        key = _baseline(point)
        if key is not None and (again or not store.is_finished(folder / "baselines" / key[:SHORT])):
            baselines[key] = point.scenario.ideal
    return baselines, list(wanted.values())


def _fetch(points: Iterable[Point]) -> None:
    """Load every data set once before the workers do: a download happens once, and what is missing is said
    once. A data set that is missing beside others fails only its own points.

    Raises
    ------
    InputError
        When no point has data.
    """
    from neurosim import datasets

    specs = {
        (spec.use, spec.path, spec.test_path): spec for spec in (point.scenario.data for point in points)
    }
    errors = []
    for spec in specs.values():
        try:
            datasets.load(spec)
        except InputError as error:
            errors.append(error)
    if errors and len(errors) == len(specs):
        raise errors[0]


def _baseline(point: Point) -> str | None:
    """The hash of a point's baseline, if it has one."""
    scenario = point.scenario
    return content_hash(scenario.ideal) if scenario.baseline and scenario.hardware is not None else None


def _baseline_tasks(baselines: dict[str, Scenario], folder: Path) -> list[pool.Task]:
    return [
        pool.Task(key, _message(scenario, folder / "baselines" / key[:SHORT]))
        for key, scenario in baselines.items()
    ]


def _point_tasks(points: Iterable[Point], folder: Path) -> list[pool.Task]:
    tasks = []
    for point in points:
        key = _baseline(point)
        beside = None if key is None else str(folder / "baselines" / key[:SHORT])
        message = _message(point.scenario, folder / "points" / point.hash[:SHORT])
        tasks.append(pool.Task(point.hash, {**message, "baseline": beside}, after=key))
    return tasks


def _message(scenario: Scenario, place: Path) -> dict[str, Any]:
    text = scenario.model_dump_json(exclude_unset=True)
    return {"scenario": text, "folder": str(place.absolute()), "baseline": None}


def _sweep_hash(scenario: Scenario) -> str:
    """The name of a sweep's folder. More values on its axes do not change it: finished points are kept."""
    return hashlib.sha256(f"sweep of {content_hash(scenario)}".encode()).hexdigest()


def _label(point: Point) -> str:
    from neurosim.scenarios.study import short

    parts = [f"{path.rpartition('.')[2]}={short(value)}" for path, value in point.values.items()]
    parts += [f"seed {point.scenario.seed}"] if point.repeat else []
    return " ".join(parts) or point.scenario.name


def _told(tell: Progress, task: str) -> Any:
    return lambda step: tell({"task": task, "event": "progress", **step})


def _prepare(place: Path) -> None:
    with store.disk_errors(place):
        place.mkdir(parents=True, exist_ok=True)
    store.tidy(place)


def _report(folder: Path) -> None:
    """Write the report. The results are safe by now; without a report the study is still a success."""
    from neurosim.scenarios import report

    try:
        report.write(folder)
    except (NeurosimError, OSError) as error:
        print(f"the report could not be written: {error}", file=sys.stderr)
