"""What a run ran on: versions, processor, threads. Written beside the results as environment.json."""

from __future__ import annotations

import os
import platform
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

PACKAGES = (
    "numpy",
    "scipy",
    "numba",
    "pydantic",
    "PyYAML",
    "scikit-learn",
    "matplotlib",
    "cupy",
    "numba-cuda",
)


def collect() -> dict[str, Any]:
    """Return versions, platform, processor and threads as plain values. Imports nothing heavy."""
    from neurosim import __version__
    from neurosim.backend import default_threads

    return {
        "neurosim": __version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processor": processor(),
        "cores": cores(),
        "threads": default_threads(),
        "packages": packages(),
    }


def packages() -> dict[str, str]:
    """Versions of the installed packages that decide results and speed."""
    versions = {}
    for name in PACKAGES:
        try:
            versions[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return versions


def cores() -> int:
    """Processor cores that this process may use."""
    if sys.platform == "linux":
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def processor() -> str:
    """The processor's name."""
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
