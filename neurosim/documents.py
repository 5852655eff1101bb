"""YAML read as data, with the place of every key and value kept.

A scenario or a card is read from the YAML event stream into plain dicts, lists and scalars:

- scalars follow YAML 1.2 (`1e-6` is a number, `on` and `no` are text, `010` is ten),
- a key that stands twice is a mistake, and so are tags, merge keys and more than one document,
- files that are too large, too deep, or that grow through aliases are refused before they grow,
- every key and value remembers file, line and column, so that a later check can point at it.

All the mistakes of a file that the reader can see are reported together.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from neurosim.errors import InputError, Location, Problem

MAX_BYTES = 4_000_000
MAX_DEPTH = 40
MAX_NODES = 100_000
_TOO_MANY = f"more than {MAX_NODES:,} values once aliases are expanded"

Keys = tuple[str | int, ...]
Event = Any  # a yaml.Event; what it holds depends on its kind, which the type stubs do not say

_INT = re.compile(r"[-+]?[0-9]+$")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$")
_SPECIAL = {".inf": float("inf"), "+.inf": float("inf"), "-.inf": float("-inf"), ".nan": float("nan")}
_WORDS: dict[str, object] = {"null": None, "~": None, "": None, "true": True, "false": False}


@dataclass
class Document:
    """A read file: its data and the place of every key and value.

    Parameters
    ----------
    data : dict, list or scalar
    name : str
        How messages name the file.
    path : Path, optional
        Where it was read from; None for text.
    keys, values : dict
        Key path, such as ("network", "layers", 0), to the place of the key and of its value.
    """

    data: Any
    name: str
    path: Path | None = None
    keys: dict[Keys, Location] = field(default_factory=dict)
    values: dict[Keys, Location] = field(default_factory=dict)

    def where(self, path: Keys, *, key: bool = False) -> Location:
        """The place of the value at `path` (of its key with `key=True`), or of the nearest parent."""
        if key and path in self.keys:
            return self.keys[path]
        for length in range(len(path), -1, -1):
            if path[:length] in self.values:
                return self.values[path[:length]]
        return Location(self.name)


def load(path: str | Path) -> Document:
    """Read a YAML file.

    Raises
    ------
    InputError
        If the file is missing, unreadable, too large, or not the YAML described above.
    """
    path = Path(path)
    try:
        if path.is_dir():
            raise InputError(f"{path} is a folder, not a YAML file")
        if path.exists() and not path.is_file():
            raise InputError(f"{path} is not a regular file")
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise InputError(f"{path} is {size / 1e6:.1f} MB; a YAML file may have {MAX_BYTES / 1e6:.0f} MB")
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"there is no file {path}") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not a text file (byte {error.start} is not UTF-8)") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputError(f"cannot read {str(path)!r}: {reason}") from None
    return loads(text, str(path), path)


def loads(text: str, name: str = "text", path: Path | None = None) -> Document:
    """Read YAML text; `name` stands for the file in messages."""
    lines = text.splitlines()
    try:
        events = list(_checked_events(text, name))
        return _Builder(events, lines, name, path).build()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = _location(name, lines, mark) if mark else Location(name)
        raise InputError(Problem(_sentence(error), where, expected="YAML 1.2")) from None
    except yaml.reader.ReaderError as error:
        position = error.position if isinstance(error.position, int) else 0
        line = text.count("\n", 0, position) + 1
        raise InputError(Problem("a character that YAML does not allow", Location(name, line))) from None


def _checked_events(text: str, name: str) -> Iterator[Event]:
    """The events, cut off as soon as the text is deeper or longer than any scenario."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    depth = 0
    events: Iterator[Event] = yaml.parse(text, Loader=loader)
    for count, event in enumerate(events):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH or count > 2 * MAX_NODES:
            where = Location(name, getattr(event.start_mark, "line", 0) + 1)
            too = f"nested deeper than {MAX_DEPTH} levels" if depth > MAX_DEPTH else _TOO_MANY
            raise InputError(Problem(too, where))
        yield event


class _Builder:
    """Builds the data from the events; recursion is bounded by MAX_DEPTH."""

    def __init__(self, events: list[Event], lines: list[str], name: str, path: Path | None) -> None:
        self.events = iter(events)
        self.lines = lines
        self.problems: list[Problem] = []
        self.anchors: dict[str, tuple[Any, int, dict[Keys, Any], dict[Keys, Any]]] = {}
        self.nodes = 0
        self.document = Document(None, name, path)

    def build(self) -> Document:
        documents = 0
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents == 2:
                    self._wrong(event, "a second document starts here", "one document in a file")
                    break
                self.document.data = self._node(next(self.events), ())
        if self.problems:
            raise InputError(self.problems)
        return self.document

    def _node(self, event: Event, path: Keys) -> Any:
        self._count(event)
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, path)
        before = self.nodes
        self.document.values[path] = _location(self.document.name, self.lines, event.start_mark)
        tag = getattr(event, "tag", None)
        if tag is not None and tag != "!":
            self._wrong(event, f"the tag {tag!r} is not allowed: a scenario is data", "a plain value")
        if isinstance(event, yaml.MappingStartEvent):
            value: Any = self._mapping(path)
        elif isinstance(event, yaml.SequenceStartEvent):
            value = self._sequence(path)
        else:
            value = _scalar(event)
        anchor = getattr(event, "anchor", None)
        if anchor:
            keys = _below(self.document.keys, path)
            values = _below(self.document.values, path)
            self.anchors[anchor] = (value, self.nodes - before + 1, keys, values)
        return value

    def _mapping(self, path: Keys) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for event in self.events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            key = self._key(event)
            place = _location(self.document.name, self.lines, event.start_mark)
            value = self._node(next(self.events), (*path, key))
            if key in result:
                first = self.document.keys[(*path, key)].line
                self._wrong(event, f"'{key}' stands twice (first in line {first})", "every key once")
                continue
            self.document.keys[(*path, key)] = place
            result[key] = value
        return result

    def _key(self, event: Event) -> str:
        self._count(event)
        if isinstance(event, yaml.ScalarEvent):
            if event.value == "<<" and event.implicit[0]:
                self._wrong(event, "merge keys (<<) are not part of YAML 1.2", "`extends:` or plain keys")
            return str(event.value)
        self._wrong(event, "a key must be a word", "a word followed by a colon")
        if isinstance(event, yaml.CollectionStartEvent):
            self._skip()
        return f"?{self.nodes}"

    def _skip(self) -> None:
        depth = 1
        while depth:
            event = next(self.events)
            depth += isinstance(event, yaml.CollectionStartEvent)
            depth -= isinstance(event, yaml.CollectionEndEvent)

    def _sequence(self, path: Keys) -> list[Any]:
        result: list[Any] = []
        for event in self.events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            result.append(self._node(event, (*path, len(result))))
        return result

    def _alias(self, event: Event, path: Keys) -> Any:
        anchor = str(event.anchor)
        if anchor not in self.anchors:
            self._wrong(event, f"there is no anchor '&{anchor}' before this", "an anchor that stands above")
            return None
        value, size, keys, values = self.anchors[anchor]
        self.nodes += size
        self._count(event)
        self.document.keys.update({path + tail: place for tail, place in keys.items() if tail})
        self.document.values.update({path + tail: place for tail, place in values.items()})
        return _copied(value)

    def _count(self, event: Event) -> None:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            place = _location(self.document.name, self.lines, event.start_mark)
            raise InputError(Problem(_TOO_MANY, place))

    def _wrong(self, event: Event, message: str, expected: str) -> None:
        place = _location(self.document.name, self.lines, event.start_mark)
        self.problems.append(Problem(message, place, expected))


def _scalar(event: Event) -> object:
    text: str = event.value
    if not event.implicit[0]:  # quoted: always text
        return text
    if text.lower() in _WORDS and text in (text.lower(), text.capitalize(), text.upper()):
        return _WORDS[text.lower()]
    if _INT.match(text) and len(text) <= 300:
        return int(text)
    if _FLOAT.match(text):
        return float(text)
    return _SPECIAL.get(text.lower(), text)


def _below(places: dict[Keys, Any], path: Keys) -> dict[Keys, Any]:
    return {key[len(path) :]: place for key, place in places.items() if key[: len(path)] == path}


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_copied(item) for item in value]
    return value


def _location(name: str, lines: list[str], mark: Any) -> Location:
    text = lines[mark.line] if mark.line < len(lines) else ""
    return Location(name, mark.line + 1, mark.column + 1, text)


def _sentence(error: yaml.MarkedYAMLError) -> str:
    parts = [part for part in (error.context, error.problem) if part]
    return "not valid YAML: " + ", ".join(parts)
