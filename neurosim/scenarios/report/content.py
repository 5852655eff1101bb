"""What stands on the page: tiles with one number each, tables, and figures with the same in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Tile:
    """One number of the headline; `kind` colours it."""

    label: str
    value: str
    note: str = ""
    kind: str = ""


@dataclass(frozen=True)
class Table:
    """Rows of text. The first `keys` columns are words, the others numbers."""

    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    caption: str = ""
    keys: int = 1
    folded: str = ""
    """When given, the table is folded away under this line."""
    beside: bool = False
    """Whether the table stands in a row with the figures."""


@dataclass(frozen=True)
class Plot:
    """A figure as an `<svg>` element, what it shows, and the same in words."""

    title: str
    svg: str
    alt: str
    note: str = ""
    wide: bool = False


@dataclass(frozen=True)
class Text:
    """Text kept as it is, such as YAML."""

    text: str
    label: str


@dataclass(frozen=True)
class Section:
    """A heading with its tables and figures."""

    title: str
    tables: Sequence[Table] = ()
    plots: Sequence[Plot] = ()
    texts: Sequence[Text] = ()
    lead: str = ""


@dataclass(frozen=True)
class Page:
    """The whole report."""

    title: str
    about: str
    facts: Sequence[tuple[str, str]]
    tiles: Sequence[Tile]
    sections: Sequence[Section] = field(default_factory=tuple)
