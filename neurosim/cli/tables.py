"""Result tables for the terminal."""

from __future__ import annotations

import math
import statistics
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from neurosim import units
from neurosim.scenarios.schema import Scenario
from neurosim.scenarios.study import Study, short

_WIDTH_OF_A_PIPE = 1000


def _percent(value: float) -> str:
    return f"{100 * value:.2f} %"


def _count(value: float) -> str:
    return f"{value:,.0f}"


def _quantity(dimension: str) -> Callable[[float], str]:
    return lambda value: units.show(value, dimension, 4)


Line = tuple[str, str, Callable[[float], str]]

LINES: dict[str, list[Line]] = {
    "accuracy": [
        ("accuracy", "accuracy", _percent),
        ("best_accuracy", "best accuracy", _percent),
    ],
    "loss": [("loss", "loss", lambda value: f"{value:.4f}")],
    "energy": [
        ("write_energy", "write energy", _quantity("energy")),
        ("read_energy", "read energy", _quantity("energy")),
        ("converter_energy", "converter energy", _quantity("energy")),
    ],
    "latency": [("latency", "latency", _quantity("time"))],
    "pulses": [("pulses", "pulses", _count)],
    "saturation": [("saturation", "devices at a bound", _percent)],
}


def print_run(scenario: Scenario, metrics: dict[str, Any]) -> None:
    """The table of one run, beside its baseline when there is one."""
    baseline = metrics.get("baseline")
    hardware = scenario.hardware
    own = f"{hardware.device.name}, {hardware.mapping.name}" if hardware else "ideal weights"
    heads = [scenario.name, own, *(["ideal weights"] if baseline else [])]
    rows = []
    for key, name, write in [*_lines(scenario), ("seconds", "time", lambda value: f"{value:.1f} s")]:
        cells = [_cell(write, group.get(key)) for group in (metrics, *([baseline] if baseline else []))]
        if any(cells):
            rows.append([name, *cells])
    print_table(heads, rows)


def print_sweep(study: Study) -> None:
    """One row for every combination of swept values: mean and spread (standard deviation) over the seeds."""
    paths = list(dict.fromkeys(path for point in study.points for path in point.values))
    lines = _lines(study.scenario)
    groups: dict[str, list[Any]] = {}
    for outcome in study.outcomes:
        groups.setdefault(str(outcome.point.values), []).append(outcome)
    baseline = any((result.get("baseline") or {}) for result in study.results)
    heads = [*(path.split(".", 1)[-1] for path in paths), *(name for _, name, _ in lines)]
    heads += ["ideal accuracy"] if baseline else []
    rows = []
    for outcomes in groups.values():
        values = outcomes[0].point.values
        done = [outcome.metrics for outcome in outcomes if outcome.status == "done"]
        row = [str(short(values[path])) if path in values else "" for path in paths]
        row += [_spread(write, [metrics.get(key) for metrics in done]) for key, _, write in lines]
        if baseline:
            row.append(
                _spread(_percent, [(metrics.get("baseline") or {}).get("accuracy") for metrics in done])
            )
        if not done:
            row[len(paths)] = "failed"
        rows.append(row)
    print_table(heads, rows)


def print_table(heads: Sequence[str], rows: Iterable[Sequence[str]], left: Sequence[str] = ()) -> None:
    """Print a plain table; the first column and those named in `left` start left, the others end right."""
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for index, head in enumerate(heads):
        table.add_column(
            head, justify="left" if index == 0 or head in left else "right", overflow="fold", no_wrap=True
        )
    for row in rows:
        table.add_row(*row)
    width = None if sys.stdout.isatty() else _WIDTH_OF_A_PIPE
    console = Console(width=width, markup=False, highlight=False, emoji=False, file=sys.stdout)
    with console.capture() as text:
        console.print(table)
    print("\n".join(line.rstrip() for line in text.get().splitlines()))


def _lines(scenario: Scenario) -> list[Line]:
    return [line for measure in dict.fromkeys(scenario.measure) for line in LINES.get(measure, [])]


def _cell(write: Callable[[float], str], value: Any) -> str:
    return write(value) if isinstance(value, (int, float)) and math.isfinite(value) else ""


def _spread(write: Callable[[float], str], values: Sequence[Any]) -> str:
    numbers = [value for value in values if isinstance(value, (int, float))]
    if not numbers:
        return ""
    mean = statistics.fmean(numbers)
    text = write(mean)
    number, _, unit = text.partition(" ")
    if len(numbers) == 1 or mean == 0:
        return text
    scale = float(number.replace(",", "")) / mean
    decimals = len(number.partition(".")[2])
    return f"{number} ± {scale * statistics.stdev(numbers):,.{decimals}f} {unit}".rstrip()
