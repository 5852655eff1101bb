"""`neurosim results` and `neurosim report`: what is in run folders."""

from __future__ import annotations

import csv as csv_writer
import sys
from pathlib import Path
from typing import Any

from neurosim import units
from neurosim.errors import InputError, Problem
from neurosim.scenarios import index, store


def table(folder: Path, *, csv: bool, rebuild: bool) -> None:
    """Print all finished runs below a folder."""
    if rebuild and folder.is_dir():
        index.rebuild(folder)
    rows = index.rows(folder)
    if csv:
        _print_csv(rows)
        return
    from neurosim.cli.tables import print_table

    if not rows:
        print(f"no finished runs in {folder}")
        return
    heads = ["folder", "accuracy", "best", "ideal", "device", "pulses", "write energy", "time", "finished"]
    print_table(heads, [_cells(row) for row in rows])


def report(folder: Path) -> None:
    """Write the report of a run folder and print its path."""
    if not store.is_finished(folder) and not store.is_sweep(folder):
        hint = "`neurosim results` lists the run folders"
        raise InputError(
            Problem(f"{folder} is no run folder", expected=f"a folder with {store.METRICS}", hint=hint)
        )
    from neurosim.scenarios import report as reports

    with store.disk_errors(folder / store.REPORT):
        print(reports.write(folder))


def _print_csv(rows: list[dict[str, Any]]) -> None:
    swept = list(dict.fromkeys(path for row in rows for path in row["values"]))
    writer = csv_writer.writer(sys.stdout, lineterminator="\n")
    writer.writerow([*index.COLUMNS, *swept])
    for row in rows:
        writer.writerow(
            [*(row[column] for column in index.COLUMNS), *(row["values"].get(path, "") for path in swept)]
        )


def _cells(row: dict[str, Any]) -> list[str]:
    return [
        row["folder"],
        *(_percent(row[key]) for key in ("accuracy", "best_accuracy", "baseline_accuracy")),
        row["device"] or "ideal",
        "" if row["pulses"] is None else f"{row['pulses']:,.0f}",
        "" if row["write_energy"] is None else units.show(row["write_energy"], "energy", 3),
        "" if row["seconds"] is None else f"{row['seconds']:.1f} s",
        (row["finished"] or "")[:16].replace("T", " "),
    ]


def _percent(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.2f} %"
