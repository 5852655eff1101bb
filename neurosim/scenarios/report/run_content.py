"""The report of one run: headline, result table, figures, scenario, environment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from neurosim.errors import InputError
from neurosim.scenarios import store
from neurosim.scenarios.report import run_figures, words
from neurosim.scenarios.report.content import Page, Plot, Section, Table, Text, Tile

_ROWS: tuple[tuple[str, str, Callable[[Any], str]], ...] = (
    ("Test accuracy after training", "accuracy", lambda value: words.percent(value, 2)),
    ("Best test accuracy", "best_accuracy", lambda value: words.percent(value, 2)),
    ("Best epoch", "best_epoch", words.count),
    ("Test loss after training", "loss", words.decimal),
    ("Write pulses", "pulses", words.count),
    ("Write energy", "write_energy", lambda value: words.quantity(value, "energy")),
    ("Read energy", "read_energy", lambda value: words.quantity(value, "energy")),
    ("Converter energy", "converter_energy", lambda value: words.quantity(value, "energy")),
    ("Latency of the training", "latency", lambda value: words.quantity(value, "time")),
    ("Devices at a bound", "saturation", words.percent),
    ("Simulation time", "seconds", words.duration),
)


def page(folder: Path) -> Page:
    """Read a run folder and say what its report shows."""
    metrics = store.read_json(folder / store.METRICS)
    history = _optional(folder / store.HISTORY)
    arrays = store.read_arrays(folder) if (folder / store.ARRAYS).is_file() else {}
    on_hardware = metrics.get("device") is not None
    baseline = metrics.get("baseline") or {}

    def plots(*candidates: Plot | None) -> list[Plot]:
        return [plot for plot in candidates if plot is not None]

    beside = history.get("baseline_history")
    sections = [
        Section(
            "Result",
            tables=[_results(metrics, baseline, on_hardware)],
            plots=plots(run_figures.learning(history, beside, "accuracy", on_hardware)),
        ),
        Section(
            "Learning",
            plots=plots(
                run_figures.learning(history, beside, "loss", on_hardware), run_figures.pulses(history)
            ),
        ),
        Section("Mistakes", plots=_confusions(arrays, on_hardware)),
        Section(
            "Devices",
            plots=plots(
                run_figures.conductances(arrays),
                run_figures.saturation(arrays),
                run_figures.energy(metrics),
            ),
        ),
        *provenance(folder),
    ]
    return Page(
        title=str(metrics.get("name", folder.name)),
        about=about(folder),
        facts=_facts(metrics),
        tiles=_tiles(metrics, baseline, on_hardware),
        sections=[section for section in sections if section.tables or section.plots or section.texts],
    )


def about(folder: Path) -> str:
    """The scenario's own sentence about itself."""
    return str(_scenario(folder).get("about") or "")


def provenance(folder: Path) -> list[Section]:
    """The sections that say how to get the same numbers again: the resolved scenario and the environment."""
    sections = []
    scenario = folder / store.SCENARIO
    if scenario.is_file():
        text = scenario.read_text(encoding="utf-8", errors="replace")
        lead = "Every default filled in, every card written out. Save it and run it to repeat this result."
        sections.append(Section("Scenario", texts=[Text(text, "Resolved scenario")], lead=lead))
    environment = _optional(folder / store.ENVIRONMENT)
    if environment:
        packages = environment.pop("packages", None) or {}
        rows = [(key, words.setting(value)) for key, value in {**environment, **packages}.items()]
        sections.append(Section("Environment", tables=[Table(("", ""), rows, keys=2)]))
    return sections


def _facts(metrics: Mapping[str, Any]) -> list[tuple[str, str]]:
    facts = [
        ("Device", metrics.get("device") or "ideal weights"),
        ("Mapping", metrics.get("mapping")),
        ("Weights", words.count(metrics["weights"]) if metrics.get("weights") else None),
        ("Epochs", metrics.get("epochs")),
        ("Seed", metrics.get("seed")),
        ("Hash", str(metrics.get("hash", ""))[:10] or None),
        ("Finished", str(metrics.get("finished") or "").replace("T", " ")[:16] or None),
    ]
    return [(label, str(value)) for label, value in facts if value is not None]


def _tiles(metrics: Mapping[str, Any], baseline: Mapping[str, Any], on_hardware: bool) -> list[Tile]:
    accuracy, ideal = metrics.get("accuracy"), baseline.get("accuracy")
    best = f"best {words.percent(metrics.get('best_accuracy'))}"
    tiles = [
        Tile("Hardware accuracy" if on_hardware else "Accuracy", words.percent(accuracy), best, "hardware")
    ]
    if ideal is not None:
        note = f"best {words.percent(baseline.get('best_accuracy'))}"
        tiles.append(Tile("Ideal weights", words.percent(ideal), note, "ideal"))
        if accuracy is not None:
            tiles.append(Tile("Difference", words.points(accuracy - ideal), "points of accuracy"))
    if metrics.get("write_energy") is not None:
        note = f"{words.count(metrics.get('pulses'))} pulses"
        tiles.append(Tile("Write energy", words.quantity(metrics["write_energy"], "energy"), note))
    if metrics.get("latency") is not None:
        tiles.append(Tile("Latency", words.quantity(metrics["latency"], "time"), "of the training, on chip"))
    if metrics.get("saturation") is not None:
        tiles.append(Tile("Saturated", words.percent(metrics["saturation"]), "of devices at a bound"))
    return tiles


def _results(metrics: Mapping[str, Any], baseline: Mapping[str, Any], on_hardware: bool) -> Table:
    rows = []
    for label, key, shown in _ROWS:
        if metrics.get(key) is None and baseline.get(key) is None:
            continue
        cells = [label, shown(metrics.get(key))]
        if baseline:
            cells.append(shown(baseline.get(key)))
        rows.append(cells)
    head = ["", "Hardware" if on_hardware else "Ideal weights"] + (["Ideal weights"] if baseline else [])
    return Table(head, rows, beside=True)


def _confusions(arrays: Mapping[str, Any], on_hardware: bool) -> list[Plot]:
    plots = []
    if "confusion" in arrays:
        title = "Confusion on hardware" if on_hardware else "Confusion"
        plots.append(run_figures.confusion(arrays["confusion"], title))
    if "baseline_confusion" in arrays:
        plots.append(run_figures.confusion(arrays["baseline_confusion"], "Confusion with ideal weights"))
    return plots


def _optional(path: Path) -> dict[str, Any]:
    return store.read_json(path) if path.is_file() else {}


def _scenario(folder: Path) -> dict[str, Any]:
    """The stored scenario as plain data; a report does without it when it cannot be read."""
    from neurosim import documents

    try:
        data = documents.load(folder / store.SCENARIO).data
    except InputError:
        return {}
    return data if isinstance(data, dict) else {}
