"""The resolved scenario: every default filled in, every card written out, quantities with their units.

It is what a run folder keeps, what `neurosim show` prints, and what the content hash is taken of. It reads
back to the same scenario with the same hash.
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError

from neurosim import units
from neurosim.scenarios.schema import Scenario
from neurosim.schema import Unit

PRESENTATION = ("name", "about", "measure", "sweep", "extends")
"""Keys of a scenario that change no number of a run, and so are not part of its hash."""

PROSE = ("about", "source")
"""Keys of cards that change no number of a run."""


def content_hash(scenario: Scenario) -> str:
    """The content hash (hex) of everything that decides the numbers of one run.

    Two scenarios that differ only in name, description or in what they show have the same hash. Data files
    of the user count by their content, wherever they lie.
    """
    data = scenario.model_dump(mode="json", exclude=set(PRESENTATION))
    for key in ("path", "test_path"):
        place = data["data"].pop(key)
        if place is not None and scenario.data.use in ("csv", "npz"):
            data["data"][key] = _fingerprint(Path(place))
    for card in (data["hardware"] or {}).values():
        for key in PROSE:
            card.pop(key, None)
    text = json.dumps(data, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _fingerprint(path: Path) -> str:
    try:
        stamp = path.stat()
        return _digest(path, stamp.st_mtime_ns, stamp.st_size)
    except OSError:
        return "unreadable"


@functools.lru_cache(maxsize=64)
def _digest(path: Path, changed: int, size: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def as_data(model: BaseModel) -> dict[str, Any]:
    """A model as plain data with units in the text, as it would be written in YAML."""
    data: dict[str, Any] = {}
    foreign = _foreign(model)
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        if name in foreign or (value is None and field.default is None):
            continue
        unit = next((mark for mark in field.metadata if isinstance(mark, Unit)), None)
        data[name] = _written(value, field.annotation, unit)
    return data


def as_yaml(model: BaseModel) -> str:
    """A model as YAML text that reads back to an equal model."""
    return dump(as_data(model))


def dump(data: Mapping[str, Any]) -> str:
    """Plain data as YAML 1.2 text: text that could be read as anything else is quoted."""
    return yaml.dump(dict(data), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)


def _foreign(model: BaseModel) -> set[str]:
    """Defaults that the model would refuse if written: options of another choice, as csv's for digits."""
    try:
        type(model).model_validate({name: getattr(model, name) for name in type(model).model_fields})
    except ValidationError as error:
        refused = {str(detail["loc"][0]) for detail in error.errors() if detail["loc"]}
        return refused - model.model_fields_set
    return set()


def _written(value: Any, annotation: Any, unit: Unit | None = None) -> Any:
    if isinstance(value, BaseModel):
        return as_data(value)
    if isinstance(value, Mapping):
        arguments = get_args(_branch(annotation, dict))
        return {key: _written(item, arguments[-1] if arguments else None) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        kinds = [kind for kind in get_args(_branch(annotation, (list, tuple))) if kind is not Ellipsis]
        kinds = kinds if len(kinds) == len(value) else kinds[:1] * len(value)
        return [_written(item, kind) for item, kind in zip(value, kinds or [None] * len(value), strict=True)]
    if isinstance(value, float):
        unit = unit or _unit(annotation)
        return units.exact(value, unit.dimension) if unit else value
    return value


def _unit(annotation: Any) -> Unit | None:
    """The dimension of an annotation, also inside `Quantity | None` and `Annotated`."""
    for argument in get_args(annotation):
        if isinstance(argument, Unit):
            return argument
        if get_origin(annotation) in (Annotated, Union, types.UnionType):
            found = _unit(argument)
            if found is not None:
                return found
    return None


def _branch(annotation: Any, kinds: type | tuple[type, ...]) -> Any:
    """The branch of an annotation that is a container of one of `kinds`."""
    origin = get_origin(annotation)
    if origin in (Annotated, Union, types.UnionType):
        for argument in get_args(annotation):
            found = _branch(argument, kinds)
            if found is not None:
                return found
        return None
    return annotation if isinstance(origin, type) and issubclass(origin, kinds) else None


class _Dumper(yaml.SafeDumper):
    """Writes YAML that means the same in YAML 1.2: text that looks like a number or a word is quoted."""

    yaml_implicit_resolvers = {}  # noqa: RUF012

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _number(dumper: yaml.SafeDumper, value: float) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:float", repr(value))


def _short_list(dumper: yaml.SafeDumper, value: list[Any]) -> yaml.SequenceNode:
    flat = not any(isinstance(item, (list, dict)) for item in value)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", value, flow_style=flat)


_Dumper.add_representer(float, _number)
_Dumper.add_representer(list, _short_list)
for _tag, _pattern in (
    ("null", r"(~|null|Null|NULL|)$"),
    ("bool", r"(true|True|TRUE|false|False|FALSE)$"),
    ("int", r"[-+]?[0-9]+$"),
    ("float", r"([-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$"),
    ("merge", r"<<$"),
):
    _Dumper.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), None)
