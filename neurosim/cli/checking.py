"""`neurosim check` and `neurosim show`: what a file says, without running it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from neurosim import documents
from neurosim.errors import InputError, Problem
from neurosim.scenarios import loader

_SHOWN_POINTS = 5


def check(names: Sequence[str], changes: Sequence[str]) -> None:
    """Check files of any kind and say what they are; all problems of all files are raised together."""
    problems: list[Problem] = []
    for name in names:
        try:
            print(f"{name}: {_check(name, changes)}")
        except InputError as error:
            problems += error.problems
    if problems:
        count = f"{len(problems)} mistake{'s' if len(problems) > 1 else ''}"
        sys.stdout.flush()
        print("\n".join(str(problem) for problem in problems), file=sys.stderr)
        print(count, file=sys.stderr)
        sys.exit(InputError.exit_code)


def show(name: str, changes: Sequence[str]) -> None:
    """Print the resolved scenario, and what its sweep stands for."""
    from neurosim.scenarios.resolved import as_yaml

    loaded = loader.load(name, changes)
    print(as_yaml(loaded.scenario), end="")
    if loaded.scenario.sweep is None:
        print(f"# hash {loaded.points[0].hash[:10]}")
        return
    print(f"# {_count(loaded)}:")
    for number, point in enumerate(loaded.points[:_SHOWN_POINTS], start=1):
        values = ", ".join(f"{path} = {value}" for path, value in point.values.items())
        print(f"# {number}. {values or 'as above'}, seed {point.scenario.seed}, hash {point.hash[:10]}")
    if len(loaded.points) > _SHOWN_POINTS:
        print("# …")


def _check(name: str, changes: Sequence[str]) -> str:
    kind = _kind(name)
    if kind == "device":
        from neurosim.devices.card import check as check_device

        return f"fine, device card '{check_device(documents.load(name)).name}'"
    if kind == "mapping":
        from neurosim.mappings.card import check as check_mapping

        return f"fine, mapping card '{check_mapping(documents.load(name)).name}'"
    loaded = loader.load(name, changes)
    return f"fine, scenario '{loaded.scenario.name}'" + (
        f", {_count(loaded)}" if loaded.scenario.sweep else ""
    )


def _kind(name: str) -> str:
    """What kind of file it is, by the folder it lies in, else by its keys; in doubt a scenario."""
    path = Path(name)
    if not os.path.isfile(name):  # noqa: PTH113 (pathlib raises where a name is too long)
        return "scenario"
    if path.parent.name in ("devices", "mappings"):
        return path.parent.name.removesuffix("s")
    keys = documents.load(path).data
    keys = set(keys) if isinstance(keys, dict) else set()
    marks = {
        "scenario": {"data", "network", "learning", "extends", "hardware"},
        "device": {"model", "conductance", "potentiation", "depression"},
        "mapping": {"weights", "tile", "adc", "dac"},
    }
    scores = {kind: len(keys & words) for kind, words in marks.items()}
    return max(scores, key=lambda kind: scores[kind])


def _count(loaded: loader.Loaded) -> str:
    points = len(loaded.points)
    repeats = loaded.scenario.sweep.repeat if loaded.scenario.sweep else 1
    seeds = f" ({points // repeats} × {repeats} seeds)" if repeats > 1 else ""
    return f"a sweep of {points} point{'s' if points > 1 else ''}{seeds}"
