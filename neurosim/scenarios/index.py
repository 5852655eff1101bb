"""A table of all runs in a folder, kept in SQLite.

The index is a copy: the run folders are the truth. It is brought up to date from them each time it is
read, and made anew when it is missing, damaged or of another version, so that it can be deleted at any time.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from neurosim.errors import InputError
from neurosim.scenarios import store

FILE = "index.sqlite"
VERSION = 1

COLUMNS = (
    "folder", "name", "hash", "seed", "device", "mapping", "accuracy", "best_accuracy", "baseline_accuracy",
    "loss", "pulses", "write_energy", "read_energy", "converter_energy", "latency", "saturation", "epochs",
    "seconds", "finished",
)  # fmt: skip


def rows(root: Path) -> list[dict[str, Any]]:
    """Return one row of `COLUMNS` (and `values`, the swept values) for every finished run under `root`.

    Raises
    ------
    InputError
        If `root` is not a folder.
    """
    if not root.is_dir():
        raise InputError(f"{root}: no such folder; `neurosim run SCENARIO` makes one")
    with contextlib.closing(_open(root)) as database:
        _update(database, root)
        cursor = database.execute("SELECT row FROM runs ORDER BY folder")
        return [json.loads(row) for (row,) in cursor]


def update(root: Path) -> None:
    """Bring the index under `root` up to date. It is only a copy, so a full disk is no reason to fail."""
    with contextlib.suppress(sqlite3.Error, OSError), contextlib.closing(_open(root)) as database:
        _update(database, root)


def rebuild(root: Path) -> None:
    """Make the index anew from the run folders."""
    with contextlib.suppress(OSError):
        _remove(root / FILE)
    update(root)


def _open(root: Path) -> sqlite3.Connection:
    """Open the index; a damaged one is made anew, and where nothing can be written it lives in memory."""
    for attempt in range(2):
        try:
            return _connect(str(root / FILE))
        except sqlite3.Error:
            if attempt == 0:
                with contextlib.suppress(OSError):
                    _remove(root / FILE)
    return _connect(":memory:")


def _connect(path: str) -> sqlite3.Connection:
    database = sqlite3.connect(path, timeout=10)
    try:
        (version,) = database.execute("PRAGMA user_version").fetchone()
        with database:
            if version != VERSION:
                database.execute("DROP TABLE IF EXISTS runs")
            database.execute(
                "CREATE TABLE IF NOT EXISTS runs (folder TEXT PRIMARY KEY, stamp INTEGER, row TEXT)"
            )
            database.execute(f"PRAGMA user_version = {VERSION}")
            database.execute(
                "DELETE FROM runs WHERE folder IS NULL"
            )  # proves that it can be read and written
        database.execute("SELECT folder, stamp, row FROM runs LIMIT 1").fetchone()
    except sqlite3.Error:
        database.close()
        raise
    return database


def _remove(path: Path) -> None:
    for suffix in ("", "-journal", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def _update(database: sqlite3.Connection, root: Path) -> None:
    known = dict(database.execute("SELECT folder, stamp FROM runs").fetchall())
    values: dict[Path, dict[str, dict[str, Any]]] = {}
    with database:
        for folder in _finished(root):
            key = folder.relative_to(root).as_posix()
            stamp = (folder / store.METRICS).stat().st_mtime_ns
            if known.pop(key, None) != stamp:
                with contextlib.suppress(InputError):  # a damaged folder is no row
                    row = json.dumps(_row(key, folder, values))
                    database.execute("REPLACE INTO runs VALUES (?, ?, ?)", (key, stamp, row))
        database.executemany("DELETE FROM runs WHERE folder = ?", [(key,) for key in known])


def _finished(root: Path) -> Iterator[Path]:
    for folder in sorted(root.iterdir()):
        if folder.name.startswith(".") or not folder.is_dir():
            continue
        if store.is_finished(folder):
            yield folder
        points = folder / "points"
        if points.is_dir():
            yield from (p for p in sorted(points.iterdir()) if p.name[0] != "." and store.is_finished(p))


def _row(key: str, folder: Path, cache: dict[Path, dict[str, dict[str, Any]]]) -> dict[str, Any]:
    metrics = store.read_json(folder / store.METRICS)
    row = {column: metrics.get(column) for column in COLUMNS}
    baseline = metrics.get("baseline")
    row["baseline_accuracy"] = baseline.get("accuracy") if isinstance(baseline, dict) else None
    row["folder"] = key
    row["values"] = _swept(folder, cache).get(folder.name, {})
    return row


def _swept(folder: Path, cache: dict[Path, dict[str, dict[str, Any]]]) -> dict[str, dict[str, Any]]:
    """The swept values of every point of the sweep that `folder` belongs to, by point."""
    sweep = folder.parent.parent / store.SWEEP
    if folder.parent.name != "points" or not sweep.is_file():
        return {}
    if sweep not in cache:
        points = store.read_json(sweep).get("points", [])
        cache[sweep] = {
            str(p.get("hash", ""))[:10]: p.get("values", {}) for p in points if isinstance(p, dict)
        }
    return cache[sweep]
