"""Bit-line currents of a netlist by ngspice."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import numpy as np

PROGRAM = shutil.which("ngspice")


def currents(text: str, folder: Path) -> np.ndarray:
    """Run a netlist; the currents of its ammeters in order (A)."""
    path = folder / "array.cir"
    path.write_text(text)
    done = subprocess.run([PROGRAM, "-b", str(path)], capture_output=True, text=True, timeout=120)
    found = re.findall(r"i\(vo\d+\) = (\S+)", done.stdout)
    assert found, done.stdout + done.stderr
    return np.array([float(value) for value in found])
