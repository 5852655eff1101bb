"""`neurosim doctor`: what neurosim finds on this machine."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from neurosim import library
from neurosim.scenarios import environment


def doctor() -> None:
    """Print versions, backends, threads and folders, each with what to do where something is missing."""
    for head, lines in (
        ("versions", _versions()),
        ("machine", _machine()),
        ("backends", _backends()),
        ("folders", _folders()),
    ):
        print(f"{head}:")
        for line in lines:
            print(f"  {line}")


def _versions() -> Iterator[str]:
    found = environment.collect()
    yield f"neurosim {found['neurosim']}, Python {found['python']}"
    yield ", ".join(f"{name} {version}" for name, version in found["packages"].items())


def _machine() -> Iterator[str]:
    from neurosim import backend

    yield f"{environment.processor()}, {environment.cores()} cores"
    threads = os.environ.get("NEUROSIM_THREADS")
    yield f"{backend.default_threads()} threads" + (
        " (NEUROSIM_THREADS)" if threads else " (set NEUROSIM_THREADS for another number)"
    )


def _backends() -> Iterator[str]:
    from neurosim import backend

    found = backend.available()
    yield "cpu: ready"
    yield (
        "cuda: ready"
        if "cuda" in found
        else "cuda: no usable GPU, or no cupy and numba-cuda: pip install 'neurosim[cuda12]'"
    )


def _folders() -> Iterator[str]:
    cache = os.environ.get("NUMBA_CACHE_DIR") or str(Path(__file__).resolve().parents[1] / "__pycache__")
    writable = os.access(cache, os.W_OK)
    yield f"compiled kernels: {cache}" + (
        "" if writable else " (not writable: every start compiles anew; set NUMBA_CACHE_DIR)"
    )
    kinds: tuple[library.Kind, ...] = ("devices", "mappings", "scenarios")
    for kind in kinds:
        yield f"{kind}: {library.root(kind)} ({len(library.names(kind))} cards)"
    yield f"NEUROSIM_PATH: {os.environ.get('NEUROSIM_PATH') or 'not set (folders with cards of your own)'}"
    yield f"NEUROSIM_DATA: {os.environ.get('NEUROSIM_DATA') or 'not set (the folder with the MNIST files)'}"
    yield f"temporary files: {tempfile.gettempdir()}"
