"""`neurosim run` and `neurosim sweep`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from neurosim.cli import tables
from neurosim.cli.progress import reporter
from neurosim.errors import InputError, Problem
from neurosim.scenarios import environment, store
from neurosim.scenarios.study import Study, load

STOPPED = 130


def run(scenario: str, changes: Sequence[str], folder: Path, jobs: int | None, *, again: bool) -> int:
    """Run a scenario and return the exit code."""
    return _run(load(scenario, changes), folder, jobs, again=again)


def sweep(scenario: str, changes: Sequence[str], folder: Path, jobs: int | None, *, again: bool) -> int:
    """Run a scenario that has a sweep and return the exit code."""
    study = load(scenario, changes)
    if study.scenario.sweep is None:
        hint = f"`neurosim run {scenario}` runs it once"
        raise InputError(
            Problem(f"{scenario} has no sweep", expected="a key 'sweep' with grid, zip or list", hint=hint)
        )
    return _run(study, folder, jobs, again=again)


def _run(study: Study, folder: Path, jobs: int | None, *, again: bool) -> int:
    jobs = jobs or max(1, environment.cores() - 1)
    try:
        with reporter(len(study.points)) as progress:
            study = study.run(jobs, folder, again=again, progress=progress)
    except KeyboardInterrupt:
        print("stopped; what was finished stays, and the same command goes on from there", file=sys.stderr)
        return STOPPED
    assert study.folder is not None
    if study.scenario.sweep is None:
        tables.print_run(study.scenario, study.results[0])
    else:
        tables.print_sweep(study)
    print(f"results: {study.folder}")
    if (study.folder / store.REPORT).is_file():
        print(f"report:  {study.folder / store.REPORT}")
    if study.failures:
        print(f"{len(study.failures)} of {len(study.points)} points failed:", file=sys.stderr)
        for outcome in study.failures[:20]:
            values = ", ".join(f"{path} = {value}" for path, value in outcome.point.values.items())
            print(f"  {values}, seed {outcome.point.scenario.seed}: {outcome.error}", file=sys.stderr)
        return 1
    return 0
