"""Mapping cards: those that are shipped, and what is refused."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pydantic
import pytest
from mapping_builders import mapping

from neurosim import library
from neurosim.errors import InputError
from neurosim.mappings import load


@pytest.mark.parametrize("name", library.names("mappings"))
def test_shipped_cards_are_valid_named_and_sourced(name: str) -> None:
    card = load(name)
    assert card.name == name
    assert card.about and card.source


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"weights": {"rest": "low", "scheme": "offset"}}, "rest: low"),
        ({"weights": {"rest": "low", "initial": "mid"}}, "initial: mid"),
        ({"dac": {"bits": "ideal", "encoding": "bit-serial"}}, "bit-serial"),
        ({"tile": {"cols": 1}}, "holds no weight"),
        ({"adc": {"bits": 1}}, "greater than or equal to 2"),
        ({"weights": {"range": 0.0}}, "greater than 0"),
        ({"weights": {"headroom": 0.5}}, "greater than or equal to 1"),
        ({"write": {"tolerance": 0.0}}, "greater than 0"),
        ({"adc": {"noise": -0.1}}, "greater than or equal to 0"),
    ],
)
def test_cards_that_make_no_sense_are_refused(parts: dict[str, Any], message: str) -> None:
    with pytest.raises(pydantic.ValidationError, match=message):
        mapping(**parts)


def test_all_mistakes_of_a_card_are_told_at_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        "neurosim: 1\nname: mine\nweights: {scheme: diferential}\ntile: {rows: 0}\n"
        "adc: {bitz: 6}\ncosts: {read_time: 10}\n"
    )
    with pytest.raises(InputError) as refusal:
        load(str(path))
    text = str(refusal.value)
    assert "did you mean 'differential'" in text and "did you mean 'bits'" in text
    assert [problem.where.line for problem in refusal.value.problems if problem.where] == [3, 4, 5, 6]


def test_reading_a_card_needs_no_compiler() -> None:
    code = (
        "import sys; from neurosim.mappings import card; card.load('differential-tiles');"
        "print(sorted({'numba', 'scipy', 'matplotlib', 'numpy.linalg'} & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() in ("[]", "['numpy.linalg']")
