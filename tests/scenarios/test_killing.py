"""Processes are killed in the middle of everything: what was finished stays, the rest can be done."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from small import environment, neurosim, on_hardware, scenario, write

import neurosim as ns
from neurosim.scenarios import index, store

POINTS = 6


def slow_sweep(folder: Path) -> Path:
    """A sweep whose points take a few tenths of a second each."""
    data = scenario(sweep={"repeat": POINTS})
    data["learning"]["epochs"] = 15
    return write(folder, data)


def finished(folder: Path) -> dict[str, int]:
    """The finished points below a runs folder, with the time at which each was written."""
    found = folder.glob("runs/*/points/[0-9a-f]*/metrics.json")
    return {path.parent.name: path.stat().st_mtime_ns for path in found}


def start(path: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "neurosim", "sweep", str(path), "-j", "2"]
    quiet = subprocess.DEVNULL
    return subprocess.Popen(command, cwd=path.parent, env=environment(), stdout=quiet, stderr=quiet)


def kill_again_and_again(folder: Path, kills: int) -> None:
    path = slow_sweep(folder)
    dice = random.Random(4)
    for _ in range(kills):
        process = start(path)
        time.sleep(dice.uniform(0.5, 5.0))
        process.send_signal(signal.SIGKILL)
        process.wait()
        kept = finished(folder)
        for run in folder.glob("runs/*/points/[0-9a-f]*"):
            assert set(json.loads((run / store.METRICS).read_text())) >= {"accuracy", "hash"}
            assert {entry.name for entry in run.iterdir()} >= {store.ARRAYS, store.HISTORY, store.SCENARIO}
        if (folder / "runs").is_dir():
            assert len(index.rows(folder / "runs")) == len(kept)
        if dice.random() < 0.3 and (folder / "runs" / index.FILE).exists():
            (folder / "runs" / index.FILE).unlink()
    before = finished(folder)
    done = neurosim("sweep", path, "-j", "2", cwd=folder)
    assert done.returncode == 0, done.stderr
    after = finished(folder)
    assert len(after) == POINTS
    assert {name: after[name] for name in before} == before  # nothing finished was run again
    assert len(index.rows(folder / "runs")) == POINTS
    assert not list(folder.glob("runs/**/.partial-*"))


def test_a_sweep_survives_being_killed(tmp_path: Path) -> None:
    kill_again_and_again(tmp_path, kills=3)


@pytest.mark.slow
def test_a_sweep_survives_being_killed_twenty_times(tmp_path: Path) -> None:
    kill_again_and_again(tmp_path, kills=20)


def test_workers_end_with_the_sweep_that_started_them(tmp_path: Path) -> None:
    process = start(slow_sweep(tmp_path))
    children: list[int] = []
    deadline = time.monotonic() + 20
    while len(children) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
        tasks = Path(f"/proc/{process.pid}/task")
        if not tasks.is_dir():
            pytest.skip("needs /proc")
        children = [int(pid) for task in tasks.iterdir() for pid in (task / "children").read_text().split()]
    process.kill()
    process.wait()
    while any(_runs(pid) for pid in children) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert children and not any(_runs(pid) for pid in children)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_a_killed_worker_fails_one_point_and_no_other(tmp_path: Path) -> None:
    killed: list[str] = []

    def kill_one(event: dict[str, Any]) -> None:
        if event["event"] == "started" and "seed" in event["task"] and not killed:
            killed.append(event["task"])
            os.kill(event["pid"], signal.SIGKILL)

    study = ns.load(slow_sweep(tmp_path)).run(jobs=2, folder=tmp_path / "runs", progress=kill_one)
    assert [outcome.status for outcome in study.outcomes].count("failed") == 1
    assert "SIGKILL" in (study.failures[0].error or "")
    again = ns.load(slow_sweep(tmp_path)).run(jobs=2, folder=tmp_path / "runs")
    assert [outcome.status for outcome in again.outcomes] == ["done"] * POINTS


def test_a_baseline_that_is_killed_leaves_its_points_without_one(tmp_path: Path) -> None:
    def kill_baseline(event: dict[str, Any]) -> None:
        if event["event"] == "started" and event.get("baseline"):
            os.kill(event["pid"], signal.SIGKILL)

    path = write(tmp_path, on_hardware(sweep={"grid": {"hardware.mapping.adc.bits": [6, 8]}}))
    study = ns.load(path).run(jobs=2, folder=tmp_path / "runs", progress=kill_baseline)
    assert [metrics["baseline"] for metrics in study.results] == [None, None]


@pytest.mark.parametrize("command", ["run", "sweep"])
def test_ctrl_c_stops_cleanly(tmp_path: Path, command: str) -> None:
    data = scenario(sweep={"repeat": 50}) if command == "sweep" else scenario()
    data["learning"]["epochs"] = 30 if command == "sweep" else 5000
    arguments = [sys.executable, "-m", "neurosim", command, str(write(tmp_path, data))]
    process = subprocess.Popen(arguments, cwd=tmp_path, env=environment(), stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    begun = "runs/.checkpoint-*" if command == "run" else "runs/*/points/[0-9a-f]*"
    while not list(tmp_path.glob(begun)) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "what was finished stays" in errors and "Traceback" not in errors
    if command == "sweep":
        (record,) = tmp_path.glob("runs/*/sweep.json")
        statuses = [point["status"] for point in json.loads(record.read_text())["points"]]
        assert 0 < statuses.count("done") <= len(finished(tmp_path)) < 50
