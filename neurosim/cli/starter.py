"""`neurosim new` and `neurosim schema`: how a user's own scenario begins."""

from __future__ import annotations

import json
import re
from pathlib import Path

from neurosim import checks
from neurosim.errors import InputError, Problem
from neurosim.scenarios import store
from neurosim.scenarios.json_schema import KINDS, json_schema

SCHEMA_FILE = "scenario.schema.json"

STARTER = """\
# yaml-language-server: $schema={schema}
# Check it with `neurosim check {name}.yaml`, run it with `neurosim run {name}.yaml`.
neurosim: 1                       # version of the scenario schema
name: {name}
about: What this experiment asks
seed: 1                           # all random numbers of a run come from it

data: {{use: digits}}               # digits | mnist | mnist1d | csv | npz

network:
  layers:
    - {{neurons: relu, size: 32}}
    - {{neurons: linear, size: 10}} # one neuron a class

learning:
  update: {{rule: manhattan}}       # manhattan | sgd | rmsprop | adam
  loss: cross-entropy
  epochs: 10
  batch: 64

hardware:                         # leave this part out for ideal weights
  device: {{use: hfo2-rram, set: {{variation.cycle: 10 %}}}}      # `neurosim devices` lists the cards
  mapping: {{use: differential-tiles, set: {{adc.bits: 8}}}}      # `neurosim mappings` lists the cards

baseline: true                    # train the same with ideal weights beside it
measure: [accuracy, energy, latency, pulses, saturation, conductances]

# sweep:                          # `neurosim sweep {name}.yaml -j 4` runs all points
#   grid:
#     hardware.mapping.adc.bits: [4, 6, 8, ideal]
#   repeat: 3                     # independent seeds of every point
"""


def new(name: str) -> None:
    """Write NAME.yaml in the working folder, and the JSON Schema beside it if it is not there."""
    name = name.removesuffix(".yaml")
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]{0,79}", name):
        raise InputError(
            Problem(
                f"{name!r:.100} cannot be the name of a scenario",
                expected="lower case letters, digits, hyphens",
            )
        )
    path, schema = Path(f"{name}.yaml"), Path(SCHEMA_FILE)
    if path.exists():
        raise InputError(f"{path} exists already; choose another name")
    store.write_text(path, STARTER.format(name=name, schema=f"./{SCHEMA_FILE}"))
    if not schema.exists():
        store.write_text(schema, json.dumps(json_schema("scenario"), indent=1) + "\n")
    print(f"wrote {path}; now: neurosim run {path}")


def print_schema(kind: str) -> None:
    """Print a JSON Schema."""
    chosen = next(known for known in KINDS if known == checks.choice("the kind of schema", kind, KINDS))
    print(json.dumps(json_schema(chosen), indent=1))
