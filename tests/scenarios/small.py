"""Small scenarios that the tests of this folder share."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from neurosim.scenarios.resolved import dump

ROOT = Path(__file__).resolve().parents[2]


def scenario(**changes: Any) -> dict[str, Any]:
    """The data of a scenario that trains in a fraction of a second on ideal weights."""
    data: dict[str, Any] = {
        "neurosim": 1,
        "name": "small",
        "seed": 3,
        "data": {"use": "digits", "train": 300, "test": 100},
        "network": {"layers": [{"neurons": "relu", "size": 8}, {"neurons": "linear", "size": 10}]},
        "learning": {"update": {"rule": "sgd", "rate": 0.1}, "epochs": 2, "batch": 32},
    }
    return {**data, **changes}


def on_hardware(**changes: Any) -> dict[str, Any]:
    """The same on memristors, with the Manhattan rule and a baseline."""
    learning = {"update": {"rule": "manhattan", "step": 1e-3}, "epochs": 1, "batch": 64}
    hardware = {"device": "hfo2-rram", "mapping": "differential-tiles"}
    return scenario(learning=learning, hardware=hardware, baseline=True, **changes)


def write(folder: Path, data: dict[str, Any], name: str = "small.yaml") -> Path:
    """Write a scenario or card as YAML."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(dump(data), encoding="utf-8")
    return path


def environment() -> dict[str, str]:
    """The environment of a neurosim process that imports the code under test."""
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def neurosim(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    command = [sys.executable, "-m", "neurosim", *map(str, arguments)]
    return subprocess.run(
        command, cwd=cwd, env=environment(), capture_output=True, text=True, timeout=200, check=False
    )
