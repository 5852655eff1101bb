"""The JSON Schema that editors use agrees with what neurosim reads."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from small import on_hardware, scenario

from neurosim import documents, library
from neurosim.cli.starter import STARTER
from neurosim.scenarios.json_schema import KINDS, json_schema

FILES = [
    (kind, name)
    for kind, shelf in (("scenario", "scenarios"), ("device", "devices"), ("mapping", "mappings"))
    for name in library.names(shelf)  # type: ignore[arg-type]
]


def validator(kind: Any) -> jsonschema.Draft7Validator:
    schema = json_schema(kind)
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


@pytest.mark.parametrize(("kind", "name"), FILES)
def test_every_file_of_the_library_fits(kind: str, name: str) -> None:
    shelf: Any = kind + "s"
    assert not list(validator(kind).iter_errors(documents.load(library.find(shelf, name)).data))


def test_the_starter_fits() -> None:
    data = documents.loads(STARTER.format(name="mine", schema="x")).data
    assert not list(validator("scenario").iter_errors(data))


@pytest.mark.parametrize(
    "data",
    [
        scenario(sede=1),
        scenario(seed=-1),
        scenario(measure=["beauty"]),
        scenario(data={"use": "digit"}),
        scenario(hardware={"device": {"use": "hfo2-rram", "sett": {}}}),
        scenario(hardware={"mapping": "differential-tiles"}),
        {"neurosim": 1, "name": "x"},
    ],
    ids=str,
)
def test_mistakes_are_seen_by_an_editor(data: dict[str, Any]) -> None:
    assert list(validator("scenario").iter_errors(data))


def test_a_card_in_the_scenario_fits(tmp_path: object) -> None:
    card = {"name": "mine", "model": "ideal", "conductance": {"min": "1 uS", "max": "10 uS"}}
    data = on_hardware(sweep={"repeat": 2})
    data["hardware"]["device"] = card
    assert not list(validator("scenario").iter_errors(data))


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_is_described(kind: Any) -> None:
    schema = json_schema(kind)
    groups = [schema, *schema["$defs"].values()]
    silent = [
        f"{group.get('title')}.{key}"
        for group in groups
        for key, entry in group.get("properties", {}).items()
        if not entry.get("description") and "$ref" not in entry
    ]
    assert silent == []
