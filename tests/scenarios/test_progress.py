"""What is said during a run: plain lines where there is no terminal, bars where there is one."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from small import environment, neurosim, on_hardware, scenario, write

from neurosim.cli import progress
from neurosim.cli.progress import Lines


def step(fraction: float) -> dict[str, object]:
    return {"task": "a", "event": "progress", "epoch": 1, "epochs": 2, "fraction": fraction, "rate": 1234.5}


def test_lines_come_now_and_then(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: clock[0])
    with Lines(1) as lines:
        for seconds in (1.0, 2.0, 11.0, 12.0, 30.0):
            clock[0] = seconds
            lines(step(0.5))
    assert capsys.readouterr().err.splitlines() == [
        "a: epoch 1 of 2, 1,234 samples/s, 11 s left",
        "a: epoch 1 of 2, 1,234 samples/s, 30 s left",
    ]


def test_lines_count_points_and_not_baselines(capsys: pytest.CaptureFixture[str]) -> None:
    with Lines(3) as lines:
        lines({"task": "c", "event": "skipped"})
        lines({"task": "ideal", "event": "done", "baseline": True})
        lines({"task": "a", "event": "done"})
        lines({"task": "b", "event": "failed", "error": "reason"})
    assert capsys.readouterr().err.splitlines() == [
        "[0/2] ideal: done",
        "[1/2] a: done",
        "[2/2] b: failed: reason",
        "1 finished before, not run again (--again runs it)",
    ]


def test_a_run_without_a_terminal_says_little(tmp_path: Path) -> None:
    done = neurosim("run", write(tmp_path, on_hardware()), cwd=tmp_path)
    assert done.stderr.splitlines() == ["ideal weights: training", "small: training"]
    assert "\x1b" not in done.stdout + done.stderr


def test_a_terminal_gets_bars(tmp_path: Path) -> None:
    parent, child = pty.openpty()
    path = write(tmp_path, scenario(sweep={"grid": {"learning.update.rate": [0.1, 1e30]}}))
    command = [sys.executable, "-m", "neurosim", "sweep", str(path), "-j", "1"]
    process = subprocess.Popen(
        command, cwd=tmp_path, env=environment(), stdin=child, stdout=subprocess.DEVNULL, stderr=child
    )
    os.close(child)
    said = b""
    try:
        while chunk := os.read(parent, 4096):
            said += chunk
    except OSError:  # the terminal is closed when the process ends
        pass
    os.close(parent)
    assert process.wait() == 1
    text = said.decode(errors="replace")
    assert "all runs" in text and "rate=0.1" in text and "failed" in text
