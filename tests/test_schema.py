from __future__ import annotations

from typing import Annotated, Literal

import pytest
from pydantic import Field

from neurosim import documents
from neurosim.errors import InputError
from neurosim.schema import Conductance, Ideal, Model, Ratio, Time, validate


class Step(Model):
    step: Conductance = Field(gt=0)


class Soft(Model):
    model: Literal["soft-bounds"]
    up: Step


class Constant(Model):
    model: Literal["constant-step"]
    pulses: int = Field(3, ge=1)


class Card(Model):
    name: str
    device: Annotated[Soft | Constant, Field(discriminator="model")]
    layers: list[Step] = Field(min_length=1)
    noise: Ratio | Ideal = 0.1
    kind: Literal["relu", "tanh"] = "relu"
    width: Time | None = None


RIGHT = """\
name: a
device:
  model: soft-bounds
  up: {step: 1 uS}
layers: [{step: 2 uS}, {step: 3 uS}]
noise: ideal
width: 5 ns
"""


def problems_of(text: str) -> dict[str, str]:
    with pytest.raises(InputError) as caught:
        validate(Card, documents.loads(text, "c.yaml"))
    return {str(problem.where): str(problem) for problem in caught.value.problems}


def test_reads_a_right_document() -> None:
    card = validate(Card, documents.loads(RIGHT))
    assert isinstance(card.device, Soft)
    assert card.device.up.step == 1e-6
    assert card.noise == "ideal"
    assert card.width == 5e-9


def test_python_gives_si_floats_without_units() -> None:
    assert Step(step=2e-6).step == 2e-6
    assert Step(step="2 uS").step == 2e-6


@pytest.mark.parametrize(
    ("old", "new", "place", "says"),
    [
        ("name: a", "name: 3", "1:7", "expected: text"),
        ("name: a", "nme: a", "1:1", "did you mean 'name'?"),
        ("soft-bounds", "soft-bound", "3:10", "did you mean 'soft-bounds'?"),
        ("step: 1 uS", "stp: 1 uS", "4:8", "did you mean 'step'?"),
        ("step: 2 uS", "step: 2 us", "5:17", "is a time, not a conductance"),
        ("step: 3 uS", "step: -3 uS", "5:31", "expected: a value greater than 0"),
        ("step: 3 uS", "step: 3", "5:31", "has no unit"),
        ("[{step: 2 uS}, {step: 3 uS}]", "[]", "5:9", "at least 1 item"),
        ("[{step: 2 uS}, {step: 3 uS}]", "3", "5:9", "expected: a list"),
        ("[{step: 2 uS}, {step: 3 uS}]", "[{step: 2 uS}, 7]", "5:24", "keys and values"),
        ("noise: ideal", "noise: 5 kg", "6:8", "a ratio such as 5 % or one of ideal"),
        ("noise: ideal", "noise: .nan", "6:8", "finite"),
        ("noise: ideal", "kind: rely", "6:7", "did you mean 'relu'?"),
        ("model: soft-bounds", "mode: soft-bounds", "3:3", "'model' is missing"),
    ],
)
def test_points_at_the_mistake(old: str, new: str, place: str, says: str) -> None:
    found = problems_of(RIGHT.replace(old, new, 1))
    assert says in found[f"c.yaml:{place}"]


def test_reports_all_mistakes_of_a_file_in_its_order() -> None:
    text = RIGHT.replace("name: a", "name: 3").replace("step: 1 uS", "stp: 1 uS").replace("5 ns", "5 nS")
    found = problems_of(text)
    assert list(found) == ["c.yaml:1:7", "c.yaml:4:7", "c.yaml:4:8", "c.yaml:7:8"]


def test_two_missing_keys_of_one_group_are_two_problems() -> None:
    with pytest.raises(InputError) as caught:
        validate(Card, documents.loads("kind: relu"))
    assert [problem.message for problem in caught.value.problems] == [
        "'name' is missing",
        "'device' is missing",
        "'layers' is missing",
    ]


@pytest.mark.parametrize("text", ["", "3", "- a", "just words"])
def test_a_document_that_is_no_group_of_keys_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="keys and values"):
        validate(Card, documents.loads(text))


def test_json_schema_describes_quantities() -> None:
    schema = Card.model_json_schema()
    step = schema["$defs"]["Step"]["properties"]["step"]
    assert step["type"] == "string"
    assert "10 uS" in step["examples"]
