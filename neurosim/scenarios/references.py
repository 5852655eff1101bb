"""References to cards: `device: {use: NAME, set: {…}}` becomes the card itself, with the changes in it.

The card and its changes are then checked as one, each key and value still at its own place: a mistake in
the card is reported in the card's file, one in `set:` in the scenario.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from neurosim import documents, library
from neurosim.devices.card import SHORT_FORMS, unfold
from neurosim.documents import Document, Keys
from neurosim.errors import InputError, Location, Problem, did_you_mean
from neurosim.scenarios import tree
from neurosim.scenarios.overrides import is_card
from neurosim.scenarios.schema import DEFAULT_MAPPING

ABSENT = Location("")
"""The place of a card that could not be found; what is wrong with it is said where it is named."""

_KINDS: dict[str, library.Kind] = {"device": "devices", "mapping": "mappings"}
_KEYS = ("use", "set")


class References:
    """Puts cards where they are referred to; every card file is read once.

    Parameters
    ----------
    folder : Path
        Where cards are looked up first when they are named on the command line.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._files: dict[Path, Document] = {}

    def put_in(self, document: Document, kind: str) -> list[Problem]:
        """Replace the reference `hardware.KIND` of a scenario by its card; return what is wrong with it."""
        path: Keys = ("hardware", kind)
        hardware = tree.get(document.data, path[:1])
        if not isinstance(hardware, dict) or not isinstance(hardware.get(kind), dict | None):
            return []
        if kind == "mapping" and (hardware.get(kind) or {}).keys() <= {"set"}:
            where = document.where(path, key=True)
            tree.put(document, (*path, "use"), tree.placed(DEFAULT_MAPPING, where), [where] * 3)
        reference = tree.part(document, path)
        if not isinstance(reference.data, dict) or is_card(reference.data):
            return []
        problems, card = self._card(reference, kind)
        places = [document.where(path[: n + 1], key=True) for n in range(2)]
        tree.put(document, path, card or Document(None, "", values={(): ABSENT}), places)
        return problems

    def _card(self, reference: Document, kind: str) -> tuple[list[Problem], Document | None]:
        """The card that `{use: NAME, set: {…}}` stands for, if there is one."""
        problems = [_unknown(key, reference) for key in reference.data if key not in _KEYS]
        name, where = reference.data.get("use"), reference.where(("use",))
        changes = tree.part(reference, ("set",))
        if name is None:
            expected = "use: NAME, and changes of it below set:"
            return [*problems, Problem(f"'use' is missing: which {kind} card?", where, expected)], None
        if not isinstance(name, str):
            expected = f"the name of a {kind} card"
            return [*problems, Problem(f"use: {name!r:.60} is not accepted", where, expected)], None
        if changes.data is not None and not isinstance(changes.data, dict):
            message = f"set: {changes.data!r:.60} is not accepted"
            problems.append(Problem(message, changes.where(()), "keys and values"))
        try:
            card = tree.copy(self._read(name, _KINDS[kind], where))
            if isinstance(changes.data, dict) and isinstance(card.data, dict):
                tree.merge(card, changes, whole=False)
        except InputError as error:
            return [*problems, *at(where, error)], None
        if kind == "device" and isinstance(card.data, dict):
            _write_out(card)
        return problems, None if problems else card

    def _read(self, name: str, kind: library.Kind, where: Location) -> Document:
        path = library.find(kind, name, near=folder_of(where, self.folder))
        if path not in self._files:
            self._files[path] = documents.load(path)
        return self._files[path]


def pin(path: str, value: Any, folder: Path) -> Any:
    """A swept value whose name or path, if it has one, means the same in every folder.

    Parameters
    ----------
    path : str
        The swept path.
    value : Any
    folder : Path
        Where the value was written.
    """
    if path in ("data.path", "data.test_path") and isinstance(value, str):
        return str((folder / Path(value).expanduser()).resolve())
    first, _, kind = path.partition(".")
    if first == "hardware" and kind.removesuffix(".use") in _KINDS:
        if isinstance(value, dict) and "use" in value:
            return {**value, "use": pin(path, value["use"], folder)}
        if isinstance(value, str):
            shelf = _KINDS[kind.removesuffix(".use")]
            try:
                found = library.find(shelf, value, near=folder)
            except InputError:  # named in a file that is extended, beside which it was found
                return value
            return value if found.parent == library.root(shelf) else str(found.resolve())
    return value


def folder_of(where: Location, otherwise: Path) -> Path:
    """The folder of the file that a value stands in; the working folder for values of the command line."""
    if where.line is None:
        return Path.cwd()
    path = Path(where.file)
    return path.parent if path.is_file() else otherwise


def at(where: Location, error: InputError) -> list[Problem]:
    """The problems of an error; those without a place of their own are put at `where`."""
    return [Problem(p.message, p.where or where, p.expected, p.hint) for p in error.problems]


def _unknown(key: str, reference: Document) -> Problem:
    expected = "only 'use' and 'set' beside each other; keys of the card go below 'set'"
    where = reference.where((key,), key=True)
    return Problem(f"unknown key '{key}'", where, expected, did_you_mean(key, _KEYS))


def _write_out(card: Document) -> None:
    """Write short forms of a device card (`g_max`) out (`conductance.max`), every value with its place."""
    written = {id(card.data[key]): card.where((key,)) for key in SHORT_FORMS if key in card.data}
    before, card.data = card.data, unfold(card.data)
    for path in tree.paths(card.data):
        value = tree.get(card.data, path)
        if id(value) in written and tree.get(before, path) is not value:
            place = written[id(value)]
            card.keys[path] = card.values[path] = card.values[path[:-1]] = place
