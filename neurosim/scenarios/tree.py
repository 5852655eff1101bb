"""Located data put together from several files: scenario, its parents, cards, overrides.

A scenario that is checked is one `Document` whose parts come from different places, and every key and
value keeps the place it came from, so that a mistake is reported in the file (or on the command line)
where it was written.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from neurosim.documents import Document, Keys
from neurosim.errors import InputError, Location, Problem

CHOICES = ("use", "rule", "model")
"""Keys that choose what a group is: a group with another choice replaces the old one whole when merged."""


def split(path: str) -> Keys:
    """Split a dotted path: "network.layers.0.size" is ("network", "layers", 0, "size")."""
    return tuple(int(part) if part.isdigit() and len(part) < 6 else part for part in path.split("."))


def copied(value: Any) -> Any:
    """A deep copy of plain data."""
    if isinstance(value, Mapping):
        return {key: copied(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [copied(item) for item in value]
    return value


def copy(document: Document) -> Document:
    """A copy whose data and places can be changed without changing the original."""
    return Document(
        copied(document.data), document.name, document.path, dict(document.keys), dict(document.values)
    )


def get(data: Any, path: Iterable[str | int]) -> Any:
    """The value at `path`, or None when there is none."""
    for part in path:
        if isinstance(data, dict):
            data = data.get(str(part))
        elif isinstance(data, list) and isinstance(part, int) and part < len(data):
            data = data[part]
        else:
            return None
    return data


def paths(data: Any, path: Keys = ()) -> Iterator[Keys]:
    """The paths of all keys and list entries, parents first."""
    items: Iterable[tuple[str | int, Any]] = ()
    if isinstance(data, dict):
        items = data.items()
    elif isinstance(data, list):
        items = enumerate(data)
    for key, value in items:
        yield (*path, key)
        yield from paths(value, (*path, key))


def placed(value: Any, where: Location, name: str = "") -> Document:
    """Make a document of a plain value, every key and value of it at one place."""
    document = Document(copied(value), name or where.file)

    document.values[()] = where
    for path in paths(document.data):
        document.keys[path] = document.values[path] = where
    return document


def part(document: Document, path: Keys) -> Document:
    """The value at `path` as a document of its own."""
    values = {key[len(path) :]: place for key, place in document.values.items() if key[: len(path)] == path}
    keys = {key[len(path) :]: place for key, place in document.keys.items() if key[: len(path)] == path}
    keys.pop((), None)
    return Document(copied(get(document.data, path)), document.name, document.path, keys, values)


def remove(document: Document, path: Keys) -> None:
    """Remove the key at `path`, if it is there."""
    parent = get(document.data, path[:-1])
    if isinstance(parent, dict) and path[-1] in parent:
        del parent[path[-1]]
        _forget(document, path)


def put(document: Document, path: Keys, value: Document, places: Iterable[Location]) -> None:
    """Put `value` at `path`, replacing what is there, and make the groups on the way that are missing.

    Parameters
    ----------
    document : Document
        Changed in place.
    path : Keys
    value : Document
    places : iterable of Location
        The place of every key of the path as it was written.

    Raises
    ------
    InputError
        If the path leads through a value that has nothing below it, or past the end of a list.
    """
    data, places = document.data, list(places)
    for index, key in enumerate(path):
        here = path[: index + 1]
        last = index == len(path) - 1
        if isinstance(data, list):
            data, key = _list_step(data, key, here, places[index])
        elif isinstance(data, dict):
            key = str(key)
            if not last and (key not in data or data[key] is None):
                data[key] = {}
                document.keys[here] = document.values[here] = places[index]
        else:
            raise _nothing_below(path[:index], data, places[index])
        if last:
            _forget(document, here)
            data[key] = copied(value.data)
            document.keys[here] = places[index]
            document.keys.update({here + tail: place for tail, place in value.keys.items() if tail})
            document.values.update({here + tail: place for tail, place in value.values.items()})
        else:
            data = data[key]


def merge(base: Document, ours: Document, path: Keys = (), *, whole: bool = True) -> None:
    """Merge `ours` into `base` at `path`: groups key by key, everything else replaced by ours.

    A group whose choice differs (another `rule:`, another `use:`) replaces the old group whole, for the
    old group's other keys belong to the old choice; with `whole=False` not at the top.
    """
    mine, theirs = ours.data, get(base.data, path)
    if isinstance(mine, dict) and isinstance(theirs, list) and all(str(key).isdigit() for key in mine):
        for key in mine:
            place = ours.where((key,), key=True)
            _list_step(theirs, int(key), (*path, int(key)), place)
            merge(base, part(ours, (key,)), (*path, int(key)))
    elif isinstance(mine, dict) and isinstance(theirs, dict) and not (whole and _other_choice(mine, theirs)):
        for key in mine:
            if key in theirs:
                merge(base, part(ours, (key,)), (*path, key))
            else:
                put(base, (*path, key), part(ours, (key,)), [ours.where((key,), key=True)] * (len(path) + 1))
            base.keys[(*path, key)] = ours.where((key,), key=True)
        if mine and path:
            base.values[path] = ours.where(())  # what is wrong with the whole group came with the change
    elif not path:
        base.data, base.keys, base.values = copied(mine), dict(ours.keys), dict(ours.values)
    else:
        place = base.keys.get(path, ours.where(()))
        put(base, path, ours, [place] * len(path))


def nest(document: Document, path: Keys) -> list[Problem]:
    """Write dotted keys of the group at `path` as nested groups: {tile.rows: 8} becomes {tile: {rows: 8}}."""
    flat = part(document, path)
    if not isinstance(flat.data, dict):
        return []
    nested = placed({}, flat.where(()))
    problems: list[Problem] = []
    for key in flat.data:
        place = flat.where((key,), key=True)
        steps = tuple(str(step) for step in str(key).split("."))
        value = part(flat, (key,))
        try:
            if get(nested.data, steps) is not None and not isinstance(value.data, dict):
                raise InputError(Problem(f"'{key}' is set twice", place, "every value once"))
            merge(nested, wrapped(value, steps, [place] * len(steps)))
        except InputError as error:
            problems += error.problems
    put(document, path, nested, [document.where(path[: n + 1], key=True) for n in range(len(path))])
    return problems


def wrapped(value: Document, steps: Sequence[str | int], places: Sequence[Location]) -> Document:
    """A document that holds only `value`, below the groups `steps`."""
    document = placed({}, places[0])
    put(document, tuple(steps), value, places)
    return document


def _list_step(data: list[Any], key: str | int, path: Keys, where: Location) -> tuple[list[Any], int]:
    if isinstance(key, int) and key < len(data):
        return data, key
    name = ".".join(str(step) for step in path[:-1])
    raise InputError(
        Problem(
            f"'{name}' is a list of {len(data)}; it has no '{key}'",
            where,
            f"a number from 0 to {len(data) - 1}",
        )
    )


def _nothing_below(path: Keys, data: Any, where: Location) -> InputError:
    name = ".".join(str(step) for step in path)
    return InputError(Problem(f"'{name}' is the value {data!r:.60}; there is nothing below it", where))


def _other_choice(ours: dict[str, Any], theirs: dict[str, Any]) -> bool:
    return any(key in ours and key in theirs and ours[key] != theirs[key] for key in CHOICES)


def _forget(document: Document, path: Keys) -> None:
    size = len(path)
    for places in (document.keys, document.values):
        for key in [key for key in places if key[:size] == path]:
            del places[key]
