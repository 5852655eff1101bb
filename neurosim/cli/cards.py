"""`neurosim devices`, `neurosim mappings` and `neurosim compile`: cards, and what they make of a network."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurosim import checks, library, units
from neurosim.cli.tables import print_table
from neurosim.errors import InputError
from neurosim.scenarios import store

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PICTURES = (".png", ".svg", ".pdf")


def devices(name: str | None, output: Path | None) -> None:
    """List the device cards, or show one and draw its response."""
    from neurosim.devices import card as cards

    if name is None:
        _list("devices", cards.load, ("model", "from", "to", "states"), _device_cells)
        return
    from neurosim.scenarios.resolved import as_yaml

    path = _picture(output, name)
    card = cards.load(name, Path.cwd())
    from neurosim.devices.figure import response

    print(as_yaml(card), end="")
    print(f"# states between the bounds: {card.states:.4g}")
    for way, step in (("up", card.step_up), ("down", card.step_down)):
        print(f"# mean step {way} at mid range: {units.show(step, 'conductance', 4)}")
    _draw(response(card), path)


def mappings(name: str | None) -> None:
    """List the mapping cards, or show one."""
    from neurosim.mappings import card as cards

    if name is None:
        _list("mappings", cards.load, ("scheme", "tile", "DAC", "ADC", "write"), _mapping_cells)
        return
    from neurosim.scenarios.resolved import as_yaml

    print(as_yaml(cards.load(name, Path.cwd())), end="")


def compile_scenario(scenario: str, changes: Sequence[str], output: Path | None) -> None:
    """Lay a scenario's network on its hardware and show the placement."""
    from neurosim.scenarios.study import load

    study = load(scenario, changes)
    first = study.points[0].scenario
    path = _picture(output, f"{first.name}-chip")
    if first.hardware is None:
        raise InputError(f"{scenario} has no hardware: its weights are ideal, so there is nothing to lay out")
    from neurosim.scenarios.runner import chip_of

    chip = chip_of(first)
    rows = chip.placement.table()
    print_table(list(rows[0]), [[_short(value) for value in row.values()] for row in rows])
    print(
        f"{len(chip.tiles)} tiles, {chip.utilisation:.1%} of their devices in use, "
        f"{units.show(chip.costs().inference_time, 'time', 4)} a forward pass"
    )
    if len(study.points) > 1:
        print(f"(the first of the sweep's {len(study.points)} points)")
    _draw(chip.plot(), path)


def _list(
    kind: library.Kind,
    load: Callable[[str, Path], Any],
    heads: Sequence[str],
    cells: Callable[[Any], list[str]],
) -> None:
    here = Path.cwd()
    rows = []
    for name in library.names(kind, here):
        try:
            card = load(name, here)
        except InputError as error:
            rows.append([name, *[""] * len(heads), f"wrong: {error.problems[0].message}"])
        else:
            rows.append([name, *cells(card), card.about.partition(". ")[0].removesuffix(".")])
    print_table(["name", *heads, "about"], rows, left=("about",))


def _device_cells(card: Any) -> list[str]:
    low, high = (units.show(g, "conductance", 4) for g in (card.g_min, card.g_max))
    return [card.model, low, high, f"{card.states:.4g}"]


def _mapping_cells(card: Any) -> list[str]:
    converters = [str(converter.bits) for converter in (card.dac, card.adc)]
    return [card.weights.scheme, f"{card.tile.rows} × {card.tile.cols}", *converters, card.write.scheme]


def _picture(output: Path | None, name: str) -> Path:
    """Where the picture goes; refused before any work when its format is not known."""
    path = output or Path(f"{Path(name).stem}.png")
    checks.choice("the picture's format", path.suffix.lower(), PICTURES)
    return path


def _draw(figure: Figure, path: Path) -> None:
    with store.disk_errors(path, option="--output"):
        figure.savefig(path, bbox_inches="tight")
    print(f"picture: {path}")


def _short(value: Any) -> str:
    return f"{value:.1%}" if isinstance(value, float) else str(value)
