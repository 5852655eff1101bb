"""Run folders: what a finished run leaves on disk, and how it gets there without ever being half there.

A single run and every point of a sweep leave the same files; `<hash10>` is the first ten digits of
the content hash of the resolved scenario (`neurosim.scenarios.resolved.content_hash`)::

    runs/<name>-<hash10>/                    a single run
        scenario.yaml      the resolved scenario: every default filled in, every card written out, quantities
                           with units; it loads again to the same hash
        metrics.json       one number or word a key (below)
        history.json       {"epoch": [1, 2, …], column: [a value an epoch, …], "baseline_history": {…} | null}
        arrays.npz         arrays by name (below)
        environment.json   versions, processor, threads
        report.html        written last, from the files above

    runs/<name>-<hash10>/                    a sweep
        scenario.yaml      the resolved scenario with its sweep
        sweep.json         {"axes": [{"path", "values"}], "points": [{"hash": <hash10>, "repeat",
                           "values": {path: value}, "seed", "status": "done" | "failed" | "pending",
                           "error": text | null}]}
        points/<hash10>/   the files of a single run, without report.html
        baselines/<hash10>/  likewise: the same scenario with ideal weights, once for all points that share it
        report.html

    runs/index.sqlite      a copy of all metrics for quick tables; rebuilt from the folders at any time

metrics.json: name, hash, seed, finished (UTC time), seconds (data, training and test, baseline excluded),
epochs, ended (why the training ended), accuracy and loss (test set, after the training), best_accuracy,
best_epoch, weights (count), classes, device and mapping (names), tiles, utilisation, saturation (part of the
devices within 1 % of a bound of their own), pulses, write_energy, read_energy (in the arrays),
converter_energy (DAC, ADC, additions), energy (their sum, J), latency (s) and operations of the training, the
test after each epoch included, inference_time (s, one sample), baseline (the same keys of the ideal run, or
null). What only hardware has is null with ideal weights, and so are values that are not finite.

history.json: epoch (from 1) and the columns of `neurosim.learning.History`.

arrays.npz: confusion (classes, classes) counts with true classes in rows; with hardware also, for each
layer, conductances/<layer>/plus and, for pairs, conductances/<layer>/minus (rows, cols) S, saturation/<layer>
(rows, cols), the part of each weight's devices at a bound, and bounds (2,) S, the nominal g_min and g_max;
with a baseline baseline_confusion.

Atomicity: a folder is written under a name that starts with `.partial-`, flushed to disk and renamed.
A process that dies leaves at worst a `.partial-` folder, which the next run removes.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurosim.errors import InputError, RunError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

SCENARIO, METRICS, HISTORY = "scenario.yaml", "metrics.json", "history.json"
ARRAYS, ENVIRONMENT, SWEEP, REPORT = "arrays.npz", "environment.json", "sweep.json", "report.html"

_PARTIAL, _REPLACED = ".partial-", ".replaced-"


def is_finished(folder: Path) -> bool:
    """Whether `folder` holds a finished run. A folder gets its final name only when it is complete."""
    return (folder / METRICS).is_file()


def is_sweep(folder: Path) -> bool:
    """Whether `folder` holds a sweep, finished or not."""
    return (folder / SWEEP).is_file()


@contextlib.contextmanager
def writing(folder: Path) -> Iterator[Path]:
    """Yield a temporary folder that becomes `folder` when the block ends without an error.

    When `folder` exists already it is replaced.

    Raises
    ------
    RunError
        If the disk is full, the place is read-only, or the like.
    """
    partial = folder.parent / f"{_PARTIAL}{folder.name}-{os.getpid()}"
    with disk_errors(folder):
        partial.mkdir(parents=True, exist_ok=True)
    try:
        with disk_errors(folder):
            yield partial
            _flush(partial)
            _take_place(partial, folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def write_json(path: Path, data: Mapping[str, Any]) -> None:
    """Write JSON in one step: a reader sees the old file or the new one. NaN and infinity become null."""
    text = json.dumps(_finite(data), indent=1, ensure_ascii=False, default=_plain)
    write_text(path, text + "\n")


def write_text(path: Path, text: str) -> None:
    """Write a text file in one step: a reader sees the old file or the new one."""
    temporary = path.with_name(f"{_PARTIAL}{path.name}-{os.getpid()}")
    with disk_errors(path):
        try:
            with temporary.open("w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def write_arrays(path: Path, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Write named arrays as a compressed .npz file."""
    import numpy as np

    with disk_errors(path), path.open("wb") as file:
        np.savez_compressed(file, **dict(arrays))  # type: ignore[arg-type]


def read_json(path: Path) -> dict[str, Any]:
    """Read a JSON object.

    Raises
    ------
    InputError
        If the file is missing, cannot be read or is not a JSON object.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; is {path.parent} a run folder?") from None
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: not valid JSON ({error})") from None
    if not isinstance(data, dict):
        raise InputError(f"{path}: expected a JSON object")
    return data


def read_arrays(folder: Path) -> dict[str, np.ndarray[Any, Any]]:
    """Read all arrays of a run folder."""
    import zipfile

    import numpy as np

    path = folder / ARRAYS
    try:
        with np.load(path, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; is {folder} a run folder?") from None
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(f"{path}: cannot be read ({error})") from None


def tidy(folder: Path) -> None:
    """Remove what dead processes left in `folder`, and put back a run whose replacement was cut short."""
    with disk_errors(folder):
        for left in folder.glob(f"{_PARTIAL}*"):
            if not _alive(left.name):
                shutil.rmtree(left, ignore_errors=True) if left.is_dir() else left.unlink(missing_ok=True)
        for left in folder.glob(f"{_REPLACED}*"):
            target = folder / left.name.removeprefix(_REPLACED).rpartition("-")[0]
            if _alive(left.name):
                continue
            if target.exists():
                shutil.rmtree(left, ignore_errors=True)
            else:
                left.rename(target)


@contextlib.contextmanager
def disk_errors(path: Path, option: str = "--folder") -> Iterator[None]:
    """Turn a full disk, a read-only folder and the like into a RunError that names the place."""
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise RunError(f"cannot write {path}: {reason}. Choose another place with {option}.") from error


def _take_place(partial: Path, folder: Path) -> None:
    replaced = folder.parent / f"{_REPLACED}{folder.name}-{os.getpid()}"
    if folder.exists():
        folder.rename(replaced)
    partial.rename(folder)
    _sync_folder(folder.parent)
    shutil.rmtree(replaced, ignore_errors=True)


def _flush(folder: Path) -> None:
    for path in folder.iterdir():
        with path.open("rb") as file:
            os.fsync(file.fileno())
    _sync_folder(folder)


def _sync_folder(folder: Path) -> None:
    if not hasattr(os, "O_DIRECTORY"):  # Windows cannot flush a folder
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _alive(name: str) -> bool:
    """Whether the process whose number ends the name of a temporary folder still runs."""
    number = name.rpartition("-")[2]
    if os.name == "nt":  # there is no harmless signal
        return True
    if not number.isdigit() or int(number) == os.getpid():
        return False
    try:
        os.kill(int(number), 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _finite(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(item) for item in value]
    if hasattr(value, "item"):  # a NumPy scalar
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def _plain(value: object) -> Any:
    return str(value)
