"""A sweep: which values vary together, in which order, with which seeds.

The points are the product of

- every path of `grid` (each varies alone),
- `zip` as one axis (its paths vary together, entry by entry),
- `list` as one axis (its entries are points that need not share their paths),
- `repeat` seeds.

The order is that of the file: the first axis varies slowest, the seed quickest. Repeat 0 runs with the
scenario's own seed s; repeat k runs with the seed read from the first four bytes (big end first) of
BLAKE2b("neurosim/s/repeat/k"), so that more repeats never change the earlier ones.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from typing import Any

from neurosim.documents import Document, Keys
from neurosim.errors import InputError, Problem
from neurosim.scenarios.schema import Sweep

MAX_POINTS = 100_000

FIXED = ("neurosim", "name", "about", "measure", "extends", "sweep")
"""Keys whose values are the same for all points."""

Cell = dict[str, Keys]
"""What one axis sets in one of its steps: dotted path to where its value stands below `sweep`."""


def combinations(sweep: Sweep, document: Document) -> Iterator[Cell]:
    """Yield, for every point but for the repeats, the swept paths and where their values stand.

    Raises
    ------
    InputError
        If `zip` lists differ in length, a path is swept twice, or there are too many points.
    """
    axes = list(_axes(sweep, document))
    count = sweep.repeat
    for axis in axes:
        count *= len(axis)
    if count > MAX_POINTS:
        raise InputError(
            Problem(
                f"the sweep has {count:,} points",
                document.where(("sweep",), key=True),
                f"at most {MAX_POINTS:,}",
            )
        )
    for cells in itertools.product(*axes):
        yield {path: place for cell in cells for path, place in cell.items()}


def axes(sweep: Sweep) -> list[dict[str, Any]]:
    """The axes as they are stored: [{"path", "values"}], one for each path of `grid` and `zip`."""
    return [
        {"path": path, "values": list(values)}
        for axis in (sweep.grid, sweep.zip)
        for path, values in (axis or {}).items()
    ]


def repeat_seed(seed: int, repeat: int) -> int:
    """The seed of repeat number `repeat` of a scenario with seed `seed`."""
    if repeat == 0:
        return seed
    digest = hashlib.blake2b(f"neurosim/{seed}/repeat/{repeat}".encode(), digest_size=4).digest()
    return int.from_bytes(digest, "big")


def _axes(sweep: Sweep, document: Document) -> Iterator[list[Cell]]:
    seen: dict[str, Keys] = {}
    problems = []

    def note(path: str, place: Keys) -> None:
        if path.partition(".")[0] in FIXED:
            where = document.where(place, key=True)
            problems.append(
                Problem(f"'{path}' cannot be swept", where, "a path that changes what a run does")
            )
        if seen.setdefault(path, place[:3]) != place[:3]:
            where = document.where(place, key=True)
            problems.append(
                Problem(f"'{path}' is swept twice", where, "every path in one place of the sweep")
            )

    result: list[list[Cell]] = []
    for path, values in (sweep.grid or {}).items():
        note(path, ("sweep", "grid", path))
        result.append([{path: ("sweep", "grid", path, n)} for n in range(len(values))])
    if sweep.zip:
        lengths = {path: len(values) for path, values in sweep.zip.items()}
        first, wanted = next(iter(lengths.items()))
        for path, length in lengths.items():
            note(path, ("sweep", "zip", path))
            if length != wanted:
                where = document.where(("sweep", "zip", path))
                problems.append(
                    Problem(
                        f"'{path}' has {length} values beside '{first}' with {wanted}",
                        where,
                        "lists of one length",
                    )
                )
        steps = range(min(lengths.values()))
        result.append([{path: ("sweep", "zip", path, n) for path in sweep.zip} for n in steps])
    if sweep.list:
        for path in dict.fromkeys(path for entry in sweep.list for path in entry):
            place = next(n for n, entry in enumerate(sweep.list) if path in entry)
            note(path, ("sweep", "list", place, path))
        result.append(
            [{path: ("sweep", "list", n, path) for path in entry} for n, entry in enumerate(sweep.list)]
        )
    if problems:
        raise InputError(problems)
    yield from result
