"""From a scenario file to checked scenarios: one for every point of its sweep.

    file → extends merged → overrides applied → cards put in → validated → sweep expanded, each point likewise

Nothing is run. All mistakes are collected, in the scenario, in the files it extends, in the cards it
uses, on the command line and in every value of the sweep, and raised together.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from neurosim import documents, library
from neurosim.documents import Document, Keys
from neurosim.errors import InputError, Location, Problem
from neurosim.scenarios import consistency, overrides, sweep, tree
from neurosim.scenarios.overrides import CARDS
from neurosim.scenarios.references import ABSENT, References, at, folder_of, pin
from neurosim.scenarios.schema import MAJOR, Scenario, Sweep
from neurosim.schema import validate

_DEEPEST = 20


@dataclass(frozen=True)
class Point:
    """One run: a scenario without a sweep, and what the sweep set in it."""

    scenario: Scenario
    values: dict[str, Any]
    repeat: int = 0

    @cached_property
    def hash(self) -> str:
        """Content hash of the scenario."""
        from neurosim.scenarios.resolved import content_hash

        return content_hash(self.scenario)


@dataclass(frozen=True)
class Loaded:
    """A checked scenario file.

    Parameters
    ----------
    path : Path
    scenario : Scenario
        With its sweep, as the file and the overrides have it.
    points : tuple of Point
        What the sweep stands for, in order; the scenario itself when there is none.
    """

    path: Path
    scenario: Scenario
    points: tuple[Point, ...]

    @property
    def portable(self) -> Scenario:
        """The scenario as it can be read from any folder: cards and files of the user by absolute path."""
        plan = self.scenario.sweep
        if plan is None:
            return self.scenario

        def pinned(path: str, values: list[Any]) -> list[Any]:
            return [pin(path, value, self.path.parent) for value in values]

        changes = {
            "grid": plan.grid and {path: pinned(path, values) for path, values in plan.grid.items()},
            "zip": plan.zip and {path: pinned(path, values) for path, values in plan.zip.items()},
            "list": plan.list
            and [{p: pin(p, v, self.path.parent) for p, v in cell.items()} for cell in plan.list],
        }
        return self.scenario.model_copy(update={"sweep": plan.model_copy(update=changes)})


def load(path: str | Path, changes: overrides.Overrides = ()) -> Loaded:
    """Read and check a scenario: a path, or the name of one in the library.

    Parameters
    ----------
    path : str or Path
    changes : sequence of "path=value", or mapping of dotted path to value
        Overrides.

    Raises
    ------
    InputError
        With every mistake of the scenario and of what it refers to, each with its place.
    """
    return _Loader(_find(path)).load(changes)


def _find(path: str | Path) -> Path:
    if isinstance(path, Path) or path.endswith((".yaml", ".yml")) or os.path.exists(path):  # noqa: PTH110
        return Path(path)  # os.path.exists takes any text, pathlib raises where a name is too long
    return library.find("scenarios", path, near=Path.cwd())


class _Loader:
    """Collects the problems of one scenario."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problems: dict[str, Problem] = {}
        self.references = References(path.parent)

    def load(self, changes: overrides.Overrides) -> Loaded:
        document = self._read(self.path, ())
        if not isinstance(document.data, dict):
            validate(Scenario, document)  # says that there are no keys and values
        self._override(document, changes)
        plan = self._plan(document)
        scenario = self._scenario(document)
        points: list[Point] = []
        if plan is not None and not self._too_much():
            points = self._points(document, plan)
        if self.problems or scenario is None:
            raise InputError(self._sorted())
        return Loaded(self.path, scenario, tuple(points) or (Point(scenario, {}),))

    def _read(self, path: Path, chain: tuple[Path, ...]) -> Document:
        """Read a file and merge it into what it extends."""
        document = documents.load(path)
        if not isinstance(document.data, dict):
            return document
        self._note(_version(document))
        self._note(overrides.reference_form(document))
        if document.data.get("extends") is None:
            tree.remove(document, ("extends",))
            return document
        parent = self._parent(document, (*chain, path.resolve()))
        tree.remove(document, ("extends",))
        if parent is None:
            return document
        tree.merge(parent, document)
        parent.name, parent.path = document.name, document.path
        parent.values[()] = document.where(())
        return parent

    def _parent(self, document: Document, chain: tuple[Path, ...]) -> Document | None:
        name, where = document.data["extends"], document.where(("extends",))
        if not isinstance(name, str):
            self._note(
                [Problem(f"extends: {name!r:.60} is not accepted", where, "the name or path of a scenario")]
            )
            return None
        try:
            path = library.find("scenarios", name, near=chain[-1].parent)
            if path.resolve() in chain or len(chain) > _DEEPEST:
                circle = " extends ".join(step.name for step in (*chain, path))
                raise InputError(Problem(f"extends goes round in a circle: {circle}", where))
            parent = self._read(path, chain)
        except InputError as error:
            self._note(at(where, error))
            return None
        return parent if isinstance(parent.data, dict) else None

    def _override(self, document: Document, changes: overrides.Overrides) -> None:
        try:
            for path, value in sorted(
                overrides.parse(changes), key=lambda change: overrides.depth(change[0])
            ):
                where = value.where(())
                if path.partition(".")[0] == "extends":
                    self._note([Problem("extends is not a value that can be overridden", where)])
                    continue
                self._apply(document, path, value, [where] * (path.count(".") + 1))
                self._note(_swept(document, path, where))
        except InputError as error:
            self._note(error.problems)

    def _apply(self, document: Document, path: str, value: Document, places: list[Location]) -> None:
        try:
            overrides.apply(document, path, value, places)
        except InputError as error:
            self._note(error.problems)

    def _plan(self, document: Document) -> Sweep | None:
        """The sweep, when there is one and its form is right; what is wrong is said with the scenario."""
        part = tree.part(document, ("sweep",))
        if part.data is None:
            return None
        try:
            return validate(Sweep, part)
        except InputError:
            return None

    def _points(self, document: Document, plan: Sweep) -> list[Point]:
        points = []
        base = tree.copy(document)
        tree.remove(base, ("sweep",))
        try:
            for cell in sweep.combinations(plan, document):
                point = tree.copy(base)
                values = dict.fromkeys(cell)
                for path in sorted(cell, key=overrides.depth):
                    place = cell[path]
                    value = tree.part(document, place)
                    key = place if isinstance(place[-1], str) else place[:-1]
                    where = document.where(key, key=True)
                    self._apply(point, path, value, overrides.path_places(where, path))
                    values[path] = value.data
                scenario = self._scenario(point)
                if scenario is not None and not self.problems:
                    points += _repeats(scenario, values, plan.repeat)
                if self._too_much():
                    break
        except InputError as error:
            self._note(error.problems)
        return points

    def _scenario(self, document: Document) -> Scenario | None:
        """Validate one complete scenario; None when there is something wrong with it."""
        document = tree.copy(document)
        for kind in CARDS:
            self._note(self.references.put_in(document, kind))
        self._note(_resolve_paths(document, self.path.parent))
        self._note(consistency.problems(document))
        try:
            scenario = validate(Scenario, document)
        except InputError as error:
            self._note(problem for problem in error.problems if problem.where is not ABSENT)
            return None
        self._note(consistency.fits(scenario, document))
        return scenario

    def _note(self, problems: Iterable[Problem]) -> None:
        for problem in problems:
            self.problems.setdefault(str(problem), problem)

    def _too_much(self) -> bool:
        return len(self.problems) >= 100

    def _sorted(self) -> list[Problem]:
        """Problems file by file, the scenario first, each from top to bottom."""
        files = dict.fromkeys([str(self.path), *(p.where.file for p in self.problems.values() if p.where)])
        rank = {file: n for n, file in enumerate(files)}

        def order(problem: Problem) -> tuple[int, int, int]:
            where = problem.where
            return (rank[where.file], where.line or 0, where.column or 0) if where else (-1, 0, 0)

        return sorted(self.problems.values(), key=order)


def _version(document: Document) -> list[Problem]:
    version = document.data.get("neurosim")
    if isinstance(version, int) and version > MAJOR:
        where = document.where(("neurosim",))
        document.data["neurosim"] = MAJOR
        return [
            Problem(
                f"this file is written in schema {version}",
                where,
                f"schema {MAJOR}",
                "a newer neurosim reads it",
            )
        ]
    return []


def _swept(document: Document, path: str, where: Location) -> list[Problem]:
    """An override of a path that the sweep sets again would do nothing."""
    plan = document.data.get("sweep")
    if not isinstance(plan, dict):
        return []
    groups = [plan.get("grid"), plan.get("zip")]
    groups += plan["list"] if isinstance(plan.get("list"), list) else []
    if any(isinstance(group, dict) and path in group for group in groups):
        hint = "sweep=null runs the scenario without its sweep"
        return [
            Problem(f"'{path}' is swept, so this value would never be used", where, "a path not swept", hint)
        ]
    return []


def _repeats(scenario: Scenario, values: dict[str, Any], count: int) -> list[Point]:
    seeds = [sweep.repeat_seed(scenario.seed, repeat) for repeat in range(count)]
    return [Point(scenario.model_copy(update={"seed": seed}), values, n) for n, seed in enumerate(seeds)]


def _resolve_paths(document: Document, folder: Path) -> list[Problem]:
    """Make the paths of data files absolute: relative ones start at the file in which they are written."""
    problems = []
    for key in ("path", "test_path"):
        path: Keys = ("data", key)
        written = tree.get(document.data, path)
        if not isinstance(written, str) or not written:
            continue
        where = document.where(path)
        if "\0" in written:
            problems.append(Problem(f"data.{key}: {written!r} is not a path", where, "a file or folder"))
            continue
        absolute = (folder_of(where, folder) / Path(written).expanduser()).resolve()
        document.data["data"][key] = str(absolute)
        if not absolute.exists():
            problems.append(
                Problem(
                    f"data.{key}: there is no {written}", where, f"a file or folder; looked for {absolute}"
                )
            )
    return problems
