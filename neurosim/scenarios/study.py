"""A study: a checked scenario, its runs, and their results as a table.

study = neurosim.load("scenarios/adc-study.yaml").run(jobs=4)
study.table
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from neurosim.errors import InputError
from neurosim.scenarios import index, loader, overrides, store
from neurosim.scenarios.loader import Loaded, Point
from neurosim.scenarios.schema import Scenario

Event = dict[str, Any]
"""What happens during a study: "task" (a label), "event" ("skipped", "started", "progress", "done" or
"failed"), "baseline" (true for the events of a baseline), and what `pool` and `runner` add."""

Progress = Callable[[Event], object]

SHORT = 10
"""Digits of the content hash in a folder's name."""


@dataclass(frozen=True)
class Outcome:
    """What became of one point: "done" with its folder, "failed" with the error, or "pending"."""

    point: Point
    status: str = "pending"
    folder: Path | None = None
    error: str | None = None

    @property
    def metrics(self) -> dict[str, Any]:
        """The metrics of a finished run; empty otherwise."""
        return {} if self.folder is None else store.read_json(self.folder / store.METRICS)


@dataclass(frozen=True)
class Study:
    """A checked scenario and, once it has been run, its results.

    Parameters
    ----------
    loaded : Loaded
    folder : Path, optional
        The run folder (of a sweep: the one with `points/`).
    outcomes : tuple of Outcome
        One for every point, in the order of the sweep.
    """

    loaded: Loaded
    folder: Path | None = None
    outcomes: tuple[Outcome, ...] = ()

    @property
    def scenario(self) -> Scenario:
        """The scenario, with its sweep."""
        return self.loaded.scenario

    @property
    def points(self) -> tuple[Point, ...]:
        """The points of the sweep; one for a scenario without."""
        return self.loaded.points

    def run(
        self,
        jobs: int = 1,
        folder: str | Path = "runs",
        *,
        again: bool = False,
        progress: Progress | None = None,
    ) -> Study:
        """Run what is not finished and return the study with its results.

        A scenario without a sweep runs in this process. A sweep runs in `jobs` processes of one thread
        each; a point that fails is noted and does not stop the others.

        Parameters
        ----------
        jobs : int
        folder : path
            Where run folders are kept.
        again : bool
            Run again what is finished already.
        progress : function, optional
            Called with an `Event`.

        Raises
        ------
        InputError
            When the data or the hardware of a single run do not fit.
        RunError
            When a single run fails, or the results cannot be written.
        """
        from neurosim.scenarios import execution

        if isinstance(jobs, bool) or not isinstance(jobs, int) or jobs < 1:
            raise InputError(f"jobs must be a whole number of at least 1, got {jobs!r}")
        run = execution.run_single if self.scenario.sweep is None else execution.run_sweep
        place, outcomes = run(
            self.loaded, Path(folder), jobs=jobs, again=again, tell=_silent if progress is None else progress
        )
        return replace(self, folder=place, outcomes=outcomes)

    @property
    def results(self) -> list[dict[str, Any]]:
        """The metrics of every finished point, in the order of the sweep."""
        return [outcome.metrics for outcome in self.outcomes if outcome.status == "done"]

    @property
    def failures(self) -> list[Outcome]:
        """The points that failed."""
        return [outcome for outcome in self.outcomes if outcome.status == "failed"]

    @property
    def rows(self) -> list[dict[str, Any]]:
        """One row for every point: the swept values, then seed, status and metrics."""
        return [row(outcome) for outcome in self.outcomes]

    @property
    def table(self) -> Any:
        """`rows` as a pandas DataFrame when pandas is installed, else the rows themselves."""
        try:
            import pandas
        except ImportError:
            return self.rows
        return pandas.DataFrame(self.rows)


def load(path: str | Path, changes: overrides.Overrides = ()) -> Study:
    """Read and check a scenario.

    Parameters
    ----------
    path : str or Path
        A file, or the name of a scenario in the library.
    changes : sequence of "path=value", or mapping of dotted path to value
        Overrides, with values as in YAML: {"learning.epochs": 2, "hardware.device.g_max": "80 uS"}.

    Raises
    ------
    InputError
        With every mistake of the scenario and of what it refers to, each with its place.
    """
    if isinstance(changes, str) or not isinstance(changes, (Sequence, Mapping)):
        raise InputError(f"overrides must be a list of 'path=value' or a mapping, got {changes!r:.60}")
    return Study(loader.load(path, changes))


def row(outcome: Outcome) -> dict[str, Any]:
    """A point as one flat row: swept values as short text or numbers, and the columns of the index."""
    metrics = outcome.metrics
    baseline = metrics.get("baseline") or {}
    values = {path: short(value) for path, value in outcome.point.values.items()}
    kept = {
        name: metrics.get(name)
        for name in index.COLUMNS
        if name not in ("folder", "baseline_accuracy", "name", "seed")
    }
    own = {
        "name": outcome.point.scenario.name,
        "seed": outcome.point.scenario.seed,
        "repeat": outcome.point.repeat,
    }
    return {
        **own,
        **values,
        "status": outcome.status,
        **kept,
        "baseline_accuracy": baseline.get("accuracy"),
        "folder": None if outcome.folder is None else str(outcome.folder),
        "error": outcome.error,
    }


def short(value: Any) -> Any:
    """A swept value as a table shows it: a number or a word; of a group its name, rule or card."""
    if isinstance(value, dict):
        for key in ("use", "name", "rule"):
            if key in value:
                return value[key]
    if isinstance(value, (dict, list)):
        return str(value)
    return "none" if value is None else value


def _silent(event: Event) -> None:
    pass
