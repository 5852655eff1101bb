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
        _inheritance(schema)
    return {"$schema": "http://json-schema.org/draft-07/schema#", **schema}


def _inheritance(schema: dict[str, Any]) -> None:
    """Nothing is required of a scenario that extends another one, neither at its top nor in its groups."""
    whole: dict[str, Any] = {"required": schema.pop("required"), "properties": {}}
    for key in ("data", "network", "learning"):
        group = schema["$defs"][schema["properties"][key]["$ref"].rpartition("/")[2]]
        whole["properties"][key] = {"required": group.pop("required")}
    schema["anyOf"] = [{"required": ["extends"]}, whole]


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
