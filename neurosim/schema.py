"""The common base of every YAML schema: cards and scenarios are pydantic models of this kind.

A model is frozen, refuses unknown keys, and takes quantities as text with a unit ("10 uS") when it is
read from YAML, or as a plain SI float when it is made in Python. `validate` turns everything that
pydantic finds wrong into located problems, all of one file together.
"""

from __future__ import annotations

import types
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

import pydantic
from pydantic import BaseModel, BeforeValidator, ConfigDict, WithJsonSchema
from pydantic_core import ErrorDetails, PydanticCustomError

from neurosim import units
from neurosim.documents import Document, Keys
from neurosim.errors import InputError, Problem, did_you_mean, one_of

IDEAL = "ideal"
Ideal = Literal["ideal"]


class Model(BaseModel):
    """A part of a card or scenario: frozen, every key known, every number finite."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, use_attribute_docstrings=True
    )


class Unit:
    """Marks a field's dimension, for messages, for writing the value back with its unit, and for docs."""

    def __init__(self, dimension: str) -> None:
        self.dimension = dimension


def _quantity(dimension: str) -> Any:
    kind = units.DIMENSIONS[dimension]

    def read(value: object, info: pydantic.ValidationInfo) -> object:
        from_yaml = bool(info.context and info.context.get("yaml"))
        if not from_yaml and isinstance(value, (int, float)) and not isinstance(value, bool):
            return float(value)
        try:
            return units.parse(value, dimension)
        except InputError as error:
            problem = error.problems[0]
            raise PydanticCustomError(
                "quantity",
                "{message}",
                {"message": problem.message, "expected": problem.expected, "hint": problem.hint},
            ) from None

    json_schema: dict[str, Any] = {
        "type": "string" if kind.unit else ["number", "string"],
        "description": f"a {dimension}" + (f" in {kind.unit}" if kind.unit else ", a number or a percentage"),
        "examples": [kind.example],
    }
    if kind.unit and dimension != "area":
        spellings = "|".join((kind.unit, *kind.spellings))
        json_schema["pattern"] = rf"^\s*[-+]?[0-9.]+([eE][-+]?[0-9]+)?\s*[afpnuµμmkMGT]?({spellings})\s*$"
        json_schema["patternErrorMessage"] = f"a {dimension} such as {kind.example}"
    return Annotated[float, BeforeValidator(read), WithJsonSchema(json_schema), Unit(dimension)]


Conductance = _quantity("conductance")
Resistance = _quantity("resistance")
Voltage = _quantity("voltage")
Current = _quantity("current")
Time = _quantity("time")
Energy = _quantity("energy")
Power = _quantity("power")
Capacitance = _quantity("capacitance")
Frequency = _quantity("frequency")
Length = _quantity("length")
Area = _quantity("area")
Temperature = _quantity("temperature")
Ratio = _quantity("ratio")

M = TypeVar("M", bound=BaseModel)


def validate(model: type[M], document: Document) -> M:
    """Make the model from a document's data.

    Raises
    ------
    InputError
        With one located problem for every mistake in the document.
    """
    data = document.data
    if not isinstance(data, dict):
        found = "text" if isinstance(data, str) else _brief(data)
        raise InputError(
            Problem(f"found {found}", document.where(()), "keys and values, one `key: value` a line")
        )
    try:
        return model.model_validate(data, context={"yaml": True})
    except pydantic.ValidationError as error:
        raise InputError(problems(model, document, error)) from None


def problems(model: type[BaseModel], document: Document, error: pydantic.ValidationError) -> list[Problem]:
    """Translate pydantic's findings into located problems, in the order of the file."""
    details = [(_data_path(document.data, d["loc"]), d) for d in error.errors(include_url=False)]
    found: dict[tuple[Any, ...], list[Problem]] = {}
    for path, detail in details:
        # A union reports every branch: where one branch fits well enough to complain about something
        # inside the value, the others' "expected text" about the whole value is noise.
        deeper = any(path == other[: len(path)] != other for other, _ in details)
        if deeper and detail["type"] in _WRONG_KIND:
            continue
        identity = (*path, detail["type"], detail["loc"][-1]) if detail["type"] == "missing" else path
        found.setdefault(identity, []).append(_problem(model, document, detail, path))
    kept = [_joined(ones) for ones in found.values()]

    def order(problem: Problem) -> tuple[int, int]:
        where = problem.where
        return (where.line or 0, where.column or 0) if where else (0, 0)

    return sorted(kept, key=order)


def _joined(ones: list[Problem]) -> Problem:
    """One problem for one value: what the branches of a union expected, joined by "or"."""
    first = ones[0]
    expected = list(dict.fromkeys(one.expected for one in ones if one.expected))
    return Problem(first.message, first.where, " or ".join(expected) or None, first.hint)


def _value_at(data: Any, path: Keys) -> Any:
    for part in path:
        data = data[part]
    return data


def _problem(model: type[BaseModel], document: Document, detail: ErrorDetails, path: Keys) -> Problem:
    kind = detail["type"]
    context: Mapping[str, Any] = detail.get("ctx", {})
    last = str(detail["loc"][-1]) if detail["loc"] else ""
    if kind == "extra_forbidden":
        options = _fields_at(model, document.data, path[:-1])
        where = document.where(path, key=True)
        hint = did_you_mean(path[-1], options)
        return Problem(f"unknown key '{path[-1]}'", where, one_of(options) if options else None, hint)
    where = document.where(path)
    name = ".".join(str(part) for part in path) or "the document"
    if kind == "missing":
        return Problem(f"'{last}' is missing", where, f"a key '{last}' in {name}")
    if kind == "quantity":
        return Problem(f"{name}: {context['message']}", where, context["expected"], context["hint"])
    value = _brief(_value_at(document.data, path))
    if kind in ("literal_error", "enum", "union_tag_invalid"):
        options = _words(str(context.get("expected") or context.get("expected_tags")))
        tag = context.get("tag", _value_at(document.data, path))
        if kind == "union_tag_invalid":
            discriminator = str(context["discriminator"]).strip("'")
            where = document.where((*path, discriminator))
            name, value = f"{name}.{discriminator}" if path else discriminator, _brief(tag)
        return Problem(f"{name}: {value} is not known", where, one_of(options), did_you_mean(tag, options))
    if kind == "union_tag_not_found":
        discriminator = str(context["discriminator"]).strip("'")
        return Problem(f"'{discriminator}' is missing", where, f"a key '{discriminator}' in {name}")
    if kind == "value_error":
        return Problem(f"{name}: {context['error']}" if path else str(context["error"]), where)
    return Problem(f"{name}: {value} is not accepted", where, _expected(detail))


_WRONG_KIND = {"quantity", "literal_error", "string_type", "float_type", "int_type", "bool_type", "list_type"}

_EXPECTED = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "string_type": "text",
    "list_type": "a list",
    "dict_type": "keys and values",
    "model_type": "keys and values",
    "model_attributes_type": "keys and values",
    "finite_number": "a finite number",
}


def _expected(detail: ErrorDetails) -> str:
    kind = detail["type"]
    if kind in _EXPECTED:
        return _EXPECTED[kind]
    context = detail.get("ctx", {})
    for key, words in (("gt", "greater than"), ("ge", "at least"), ("lt", "less than"), ("le", "at most")):
        if key in context and kind in ("greater_than", "greater_than_equal", "less_than", "less_than_equal"):
            return f"a value {words} {context[key]:g}"
    if kind == "string_pattern_mismatch":
        return f"text that matches {context['pattern']}"
    if kind == "too_short":
        return f"at least {context['min_length']} item(s)"
    if kind == "too_long":
        return f"at most {context['max_length']} item(s)"
    message = detail["msg"]
    return message.removeprefix("Input should be ").removeprefix("Value error, ")


def _data_path(data: Any, location: tuple[int | str, ...]) -> Keys:
    """pydantic's location without the names of union branches, which do not stand in the file."""
    path: list[str | int] = []
    for index, part in enumerate(location):
        in_group = isinstance(data, dict) and part in data
        in_list = isinstance(data, list) and isinstance(part, int) and part < len(data)
        if in_group or in_list:
            data = data[part]
        elif index == len(location) - 1 or not isinstance(data, (dict, list)):
            break
        else:
            continue
        path.append(part)
    return tuple(path)


def _fields_at(annotation: Any, data: Any, path: Keys) -> list[str]:
    """The keys that the schema knows at `path` of the data."""
    names: list[str] = []
    for model in _models(annotation, data):
        if path:
            below: Any = _value_at(data, path[:1]) if isinstance(data, (dict, list)) else None
            for annotation_below in _step(model, path[0]):
                names += _fields_at(annotation_below, below, path[1:])
        elif isinstance(model, type) and issubclass(model, BaseModel):
            names += list(model.model_fields)
    return list(dict.fromkeys(names))


def _models(annotation: Any, data: Any) -> Iterator[Any]:
    """The branches of an annotation that can describe the data."""
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _models(get_args(annotation)[0], data)
    elif origin in (Union, types.UnionType):
        branches = [branch for arg in get_args(annotation) for branch in _models(arg, data)]
        fitting = [branch for branch in branches if _tag_fits(branch, data)]
        yield from fitting or branches
    else:
        yield annotation


def _tag_fits(branch: Any, data: Any) -> bool:
    if not (isinstance(branch, type) and issubclass(branch, BaseModel) and isinstance(data, dict)):
        return False
    tags = {
        n: get_args(f.annotation)
        for n, f in branch.model_fields.items()
        if get_origin(f.annotation) is Literal
    }
    return any(data.get(name) in words for name, words in tags.items())


def _step(model: Any, key: str | int) -> Iterator[Any]:
    if isinstance(model, type) and issubclass(model, BaseModel):
        if key in model.model_fields:
            yield model.model_fields[str(key)].annotation
    elif get_origin(model) in (list, tuple, dict):
        yield get_args(model)[-1]


def _words(text: str) -> list[str]:
    return [
        word.strip().strip("'\"") for part in text.split(" or ") for word in part.split(",") if word.strip()
    ]


def _brief(value: Any) -> str:
    if isinstance(value, dict):
        return "a group of keys"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if value is None:
        return "nothing"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
