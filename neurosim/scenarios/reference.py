"""The reference tables of the documentation, written from the schemas themselves.

`python -m neurosim.scenarios.reference` renews the tables in docs/, between the lines
`<!-- reference: NAME -->` and `<!-- end of reference -->`; `--check` only says whether they are current.
"""

from __future__ import annotations

import re
import sys
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from neurosim import documents, library, units
from neurosim.devices.card import SHORT_FORMS, Card, DeviceCard
from neurosim.devices.card import load as load_device
from neurosim.mappings.card import MappingCard
from neurosim.scenarios.schema import DEFAULT_MAPPING, Scenario
from neurosim.schema import Unit

PAGES = {"scenario": "scenarios.md", "device": "device-cards.md", "mapping": "mapping-cards.md"}
"""Which table stands in which page of docs/."""

_LIBRARIES: dict[str, library.Kind] = {"devices": "devices", "mappings": "mappings", "scenarios": "scenarios"}
_ELSEWHERE = {"hardware.device": "device-cards.md", "hardware.mapping": "mapping-cards.md"}
_FILLED_IN = {"hardware.mapping": f"`{DEFAULT_MAPPING}`"}
_PRACTICALLY_NO_LIMIT = 1e15
_BLOCK = re.compile(r"(<!-- reference: (\w+) -->\n).*?(<!-- end of reference -->)", re.DOTALL)
_SHORT = {"g_min": "conductance", "g_max": "conductance", "states": "number, above 0"}
_TOP = {"scenario": "a scenario", "device": "a device card", "mapping": "a mapping card"}

Part = tuple[str, type[BaseModel], frozenset[str]]
"""A heading, the model it is about, and fields that are described elsewhere."""


def reference(name: str) -> str:
    """The reference of "scenario", "device" or "mapping" as Markdown: a table for each group of keys."""
    parts: list[Part]
    if name == "device":
        shared = frozenset(Card.model_fields)
        own = frozenset({"model", "potentiation", "depression"})
        parts = [*_walk("", Card, own), *_families(shared)]
    else:
        parts = list(_walk("", Scenario if name == "scenario" else MappingCard, frozenset()))
    return "\n".join(_section(_TOP[name], *part) for part in parts)


def library_table(kind: library.Kind) -> str:
    """A table of the cards or scenarios that come with neurosim, as Markdown."""
    heads = (
        ["name", "model", "window", "states", "what it is"] if kind == "devices" else ["name", "what it is"]
    )
    rows = []
    for path in sorted(library.root(kind).glob("*.yaml")):
        data = documents.load(path).data
        cells = [f"`{data['name']}`", *(_device_cells(path) if kind == "devices" else [])]
        about = " ".join(data.get("about", "").split()).partition(". ")[0].rstrip(".")
        rows.append(f"| {' | '.join([*cells, about])} |")
    return "\n".join([f"| {' | '.join(heads)} |", "|---" * len(heads) + "|", *rows, ""])


def _device_cells(path: Path) -> list[str]:
    device = load_device(path)
    low, high = (units.show(g, "conductance", 3) for g in (device.g_min, device.g_max))
    states = device.states
    return [device.model, f"{low} … {high}", f"{states:,.0f}" if states >= 100 else f"{states:.3g}"]


def renew(text: str) -> str:
    """A page with its reference tables made anew."""
    return _BLOCK.sub(lambda match: f"{match[1]}\n{_table(match[2])}\n{match[3]}", text)


def _table(name: str) -> str:
    return library_table(_LIBRARIES[name]) if name in _LIBRARIES else reference(name)


def _families(shared: frozenset[str]) -> Iterator[Part]:
    """For every device model, the keys of one direction; both directions have the same."""
    for family in get_args(get_args(DeviceCard)[0]):
        (word,) = get_args(family.model_fields["model"].annotation)
        direction = family.model_fields["potentiation"].annotation
        yield f"model: {word}", family, shared | {"model", "potentiation", "depression"}
        yield "potentiation, depression", direction, frozenset({"pulse"})
    yield "pulse", _model_of(direction.model_fields["pulse"].annotation)[0], frozenset()


def _walk(path: str, model: type[BaseModel], left_out: frozenset[str]) -> Iterator[Part]:
    """A model, and the models below it in the order of its fields."""
    yield path, model, left_out
    for name, field in model.model_fields.items():
        below = f"{path}.{name}" if path else name
        if name in left_out or below in _ELSEWHERE:
            continue
        models = _model_of(field.annotation)
        for branch in models:
            tag = _tag(branch) if len(models) > 1 else ""
            yield from _walk(f"{below}, {tag}" if tag else below, branch, frozenset())


def _model_of(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    if get_origin(annotation) is Literal:
        return []
    return [model for argument in get_args(annotation) for model in _model_of(argument)]


def _tag(model: type[BaseModel]) -> str:
    """The word that chooses this branch of several: "rule: manhattan"."""
    for name, field in model.model_fields.items():
        words = get_args(field.annotation) if get_origin(field.annotation) is Literal else ()
        if len(words) == 1:
            return f"{name}: {words[0]}"
    return ""


def _section(top: str, path: str, model: type[BaseModel], left_out: frozenset[str]) -> str:
    heading = f"### `{path}`" if path else f"### The top of {top}"
    about = _first_sentence(model)
    rows = [_row(path, name, field) for name, field in model.model_fields.items() if name not in left_out]
    if model is Card:
        rows += [f"| `{name}` | {_SHORT[name]} |  | {text} |" for name, text in SHORT_FORMS.items()]
    lines = [heading, "", about, ""]
    if rows:
        lines += ["| key | value | default | meaning |", "|---|---|---|---|", *rows, ""]
    return "\n".join(lines)


def _first_sentence(model: type[BaseModel]) -> str:
    """The first paragraph of a model's docstring, in one line."""
    return " ".join((model.__doc__ or "").split("\n\n")[0].split())


def _row(path: str, name: str, field: FieldInfo) -> str:
    below = f"{path}.{name}" if path else name
    kind = _kind(field.annotation, field.metadata)
    if below in _ELSEWHERE:
        kind = f"a name, `use:` and `set:`, or [a card]({_ELSEWHERE[below]})"
    models = _model_of(field.annotation)
    text = field.description or (_first_sentence(models[0]) if models else "")
    cells = (f"`{name}`", kind, _FILLED_IN.get(below) or _default(field), " ".join(text.split()))
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _kind(annotation: Any, metadata: list[Any]) -> str:
    """What may be written there, in words."""
    dimension = next((mark.dimension for mark in metadata if isinstance(mark, Unit)), None)
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _kind(arguments[0], [*arguments[1:], *metadata])
    if origin in (Union, types.UnionType):
        kinds = [_kind(argument, metadata) for argument in arguments if argument is not type(None)]
        return " or ".join(dict.fromkeys(kinds))
    if origin is Literal:
        return ", ".join(f"`{word}`" for word in arguments)
    if origin in (list, tuple):
        return f"list of {_kind(arguments[0], [])}"
    if dimension is not None:
        word = "number or %" if dimension == "ratio" else dimension
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "keys below"
    else:
        word = {int: "whole number", float: "number", str: "text", bool: "`true`, `false`"}.get(
            annotation, "keys and values" if origin is dict else "any value"
        )
    limits = _limits(metadata, dimension)
    return f"{word}, {limits}" if limits else word


def _limits(metadata: list[Any], dimension: str | None) -> str:
    found = []
    marks = [part for mark in metadata for part in (mark.metadata if isinstance(mark, FieldInfo) else [mark])]
    for mark in marks:
        for key, words in (("gt", "above"), ("ge", "at least"), ("lt", "below"), ("le", "at most")):
            bound = getattr(mark, key, None)
            if bound is not None and abs(bound) < _PRACTICALLY_NO_LIMIT:
                found.append(f"{words} {_number(bound, dimension)}")
    return ", ".join(found)


def _default(field: FieldInfo) -> str:
    value = field.default
    if field.is_required():
        return "**required**"
    if value is None or value is PydanticUndefined or isinstance(value, BaseModel) or value in ("", {}, []):
        return ""
    dimension = next((mark.dimension for mark in field.metadata if isinstance(mark, Unit)), None)
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, (int, float)):
        return f"`{_number(value, dimension)}`"
    if isinstance(value, (list, tuple)):
        return f"`[{', '.join(map(str, value))}]`"
    return f"`{value}`"


def _number(value: float, dimension: str | None) -> str:
    if value == 0:
        return "0"
    if dimension is not None:
        return units.show(value, dimension)
    return f"{value:,}" if isinstance(value, int) and value < 10**12 else f"{value:g}"


def main(arguments: list[str]) -> int:
    """Renew or check the pages; return the exit code."""
    folder = Path(__file__).parents[2] / "docs"
    if not folder.is_dir():
        print(f"{folder} is not here: this renews the documentation of a checkout")
        return 1
    stale = []
    for page in PAGES.values():
        path = folder / page
        text = path.read_text(encoding="utf-8")
        fresh = renew(text)
        if fresh != text:
            stale.append(page)
            if "--check" not in arguments:
                path.write_text(fresh, encoding="utf-8")
    if stale:
        print(("not current: " if "--check" in arguments else "renewed: ") + ", ".join(stale))
    return int(bool(stale) and "--check" in arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
