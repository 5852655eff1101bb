"""Dotted overrides: `learning.epochs=2` on the command line, and the paths of a sweep.

Below `hardware.device` and `hardware.mapping` a path names a key of the card, as in
`hardware.device.variation.cycle=5 %`, and goes into the reference's `set:`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from neurosim import documents
from neurosim.documents import Document, Keys
from neurosim.errors import InputError, Location, Problem
from neurosim.scenarios import tree

CARDS = ("device", "mapping")
"""The parts of `hardware` that are cards."""

Overrides = Sequence[str] | Mapping[str, Any]

_OF_CARDS = {"neurosim", "name", "model", "conductance"}

_PATH = re.compile(r"[^\s.=]+(\.[^\s.=]+)*$")


def parse(overrides: Overrides) -> list[tuple[str, Document]]:
    """Read overrides: texts "path=value" from the command line, or a mapping of paths to values from Python.

    Raises
    ------
    InputError
        With one problem for every override that is not `path=value` or whose value is not YAML.
    """
    parsed: list[tuple[str, Document]] = []
    problems: list[Problem] = []
    for override in overrides.items() if isinstance(overrides, Mapping) else overrides:
        try:
            parsed.append(_from_text(override) if isinstance(override, str) else _from_python(*override))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return parsed


def is_card(data: Any) -> bool:
    """Whether `hardware.device` or `hardware.mapping` holds a whole card, written out, and no reference."""
    return isinstance(data, dict) and not data.keys() & {"use", "set"} and bool(data.keys() & _OF_CARDS)


def depth(path: str) -> int:
    """How deep a path leads. Shallow ones are applied first: a group first, then what changes in it."""
    return path.count(".")


def apply(document: Document, path: str, value: Document, places: Sequence[Location]) -> None:
    """Set the value at a dotted path; `places` are those of the path's parts.

    Raises
    ------
    InputError
        If the path leads through a value that has nothing below it.
    """
    keys = tree.split(path)
    kind = keys[1] if len(keys) > 1 and keys[0] == "hardware" else None
    if kind in CARDS and len(keys) > 2 and keys[2] not in ("use", "set"):
        reference_form(document)
        card = tree.get(document.data, keys[:2])
        if not is_card(card):
            keys = (*keys[:2], "set", *(str(key) for key in keys[2:]))
            places = [*places[:2], places[2], *places[2:]]
            if isinstance(tree.get(document.data, (*keys[:2], "set")), dict):
                value = tree.wrapped(value, keys[3:], places[3:])
                tree.merge(document, value, keys[:3])
                return
    tree.put(document, keys, value, places)
    reference_form(document)


def reference_form(document: Document) -> list[Problem]:
    """Write `device: NAME` as `device: {use: NAME}`, and dotted keys of `set:` as nested ones."""
    problems = []
    for kind in CARDS:
        path: Keys = ("hardware", kind)
        card = tree.get(document.data, path)
        if isinstance(card, str):
            where = document.where(path)
            places = [document.where(path[:1], key=True), document.where(path, key=True)]
            tree.put(document, path, tree.placed({"use": card}, where), places)
        elif isinstance(card, dict) and isinstance(card.get("set"), dict):
            problems += tree.nest(document, (*path, "set"))
    return problems


def path_places(where: Location, path: str) -> list[Location]:
    """The place of every part of a dotted path that is written at `where`."""
    places, offset = [], 0
    written = (
        where.text is not None
        and where.column is not None
        and where.text[where.column - 1 :].startswith(path)
    )
    for part in path.split("."):
        column = where.column + offset if written and where.column is not None else where.column
        places.append(Location(where.file, where.line, column, where.text))
        offset += len(part) + 1
    return places


def _from_text(text: str) -> tuple[str, Document]:
    where = Location(f"command line: {text}")
    path, equals, value = text.partition("=")
    path = path.strip()
    if not equals or not _PATH.match(path):
        raise InputError(Problem("not an override", where, "PATH=VALUE, for example learning.epochs=2"))
    try:
        data = documents.loads(value, where.file).data
    except InputError as error:
        problems: Iterable[Problem] = error.problems
        raise InputError([Problem(p.message, where, p.expected, p.hint) for p in problems]) from None
    return path, tree.placed(data, where)


def _from_python(path: object, value: object) -> tuple[str, Document]:
    where = Location(f"override {path}={value!r:.60}")
    if not isinstance(path, str) or not _PATH.match(path):
        raise InputError(Problem("not an override", where, "a dotted path such as 'learning.epochs'"))
    return path, tree.placed(value, where)
