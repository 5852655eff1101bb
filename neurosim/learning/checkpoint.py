"""Checkpoints: the whole state of a training in one file, replaced atomically.

The file is a NumPy archive without pickles. Its arrays lie under "network/…" and "slots/…"; "record"
holds the history and what the training was started with as JSON.
"""

from __future__ import annotations

import contextlib
import json
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from neurosim.errors import InputError, RunError
from neurosim.networks.synapses import State


def save(path: Path, state: State, record: Mapping[str, Any]) -> None:
    """Write a checkpoint; whenever this is cut short, the file is the old one or the new one.

    Raises
    ------
    RunError
        When the file cannot be written.
    """
    partial = path.with_name(f".{path.name}.partial")
    arrays: dict[str, Any] = {**state, "record": np.array(json.dumps(record))}
    try:
        with partial.open("wb") as file:
            np.savez(file, **arrays)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            partial.unlink()
        raise RunError(f"cannot write the checkpoint {path}: {error.strerror}") from None


def load(path: Path) -> tuple[State, dict[str, Any]]:
    """Read what `save` wrote: the state, and the record.

    Raises
    ------
    InputError
        When the file is no checkpoint.
    """
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        record = json.loads(str(arrays.pop("record")))
    except OSError as error:
        raise InputError(f"cannot read the checkpoint {path}: {error.strerror or error}") from None
    except (ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile):
        raise InputError(f"{path} is not a checkpoint of a training") from None
    return {name: value if value.ndim else value.item() for name, value in arrays.items()}, record


def under(prefix: str, state: State) -> State:
    """Return the entries below "prefix/", without it."""
    start = prefix + "/"
    return {name.removeprefix(start): value for name, value in state.items() if name.startswith(start)}
