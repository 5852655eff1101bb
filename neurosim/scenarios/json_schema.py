"""JSON Schema of scenarios, device cards and mapping cards, for completion and checking in editors.

Only keywords of draft 07 are relied on, which is what editors know best.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import TypeAdapter

from neurosim.devices.card import DeviceCard
from neurosim.mappings.card import MappingCard
from neurosim.scenarios.overrides import CARDS
from neurosim.scenarios.schema import Scenario

Kind = Literal["scenario", "device", "mapping"]
KINDS: tuple[Kind, ...] = ("scenario", "device", "mapping")

_MODELS: dict[Kind, Any] = {"scenario": Scenario, "device": DeviceCard, "mapping": MappingCard}


def json_schema(kind: Kind) -> dict[str, Any]:
    """The JSON Schema of one kind of file."""
    schema: dict[str, Any] = TypeAdapter(_MODELS[kind]).json_schema()
    if kind == "scenario":
        _references(schema)
        required = schema.pop("required")
        schema["anyOf"] = [{"required": ["extends"]}, {"required": required}]
    return {"$schema": "http://json-schema.org/draft-07/schema#", **schema}


def _references(schema: dict[str, Any]) -> None:
    """Cards may be named, or named and changed, instead of written out."""
    hardware = schema["$defs"]["Hardware"]
    hardware["required"] = ["device"]
    for card in CARDS:
        whole = hardware["properties"][card]
        changed = {
            "type": "object",
            "properties": {
                "use": {"type": "string", "description": f"Name or path of a {card} card."},
                "set": {"type": "object", "description": "Changes of the card, with dotted or nested keys."},
            },
            "additionalProperties": False,
        }
        named = {"type": "string", "description": f"Name or path of a {card} card."}
        hardware["properties"][card] = {
            "description": whole.pop("description", ""),
            "anyOf": [named, changed, whole],
        }
