from __future__ import annotations

from pathlib import Path

import pytest

from neurosim import library
from neurosim.errors import InputError


def test_a_name_is_found_beside_its_user_then_in_the_search_path_then_in_the_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    near, path = tmp_path / "near", tmp_path / "path"
    for folder in (near / "devices", path / "devices"):
        folder.mkdir(parents=True)
    monkeypatch.setenv("NEUROSIM_PATH", str(path))
    assert library.find("devices", "hfo2-rram") == library.root("devices") / "hfo2-rram.yaml"
    (path / "devices" / "hfo2-rram.yaml").touch()
    assert library.find("devices", "hfo2-rram") == path / "devices" / "hfo2-rram.yaml"
    (near / "devices" / "hfo2-rram.yaml").touch()
    assert library.find("devices", "hfo2-rram", near) == near / "devices" / "hfo2-rram.yaml"
    (near / "hfo2-rram.yaml").touch()
    assert library.find("devices", "hfo2-rram", near) == near / "hfo2-rram.yaml"


def test_a_missing_name_says_where_it_looked_and_what_is_near(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        library.find("devices", "hfo2-ram", tmp_path)
    text = str(caught.value)
    assert "no device card 'hfo2-ram'" in text
    assert str(tmp_path) in text
    assert "did you mean 'hfo2-rram'?" in text


@pytest.mark.parametrize(
    "name", ["", "../secrets", "a\0b", ".hidden", "x" * 300, "no-such.yaml", "/no/such.yaml"]
)
def test_odd_names_are_refused_like_missing_ones(name: str) -> None:
    with pytest.raises(InputError, match="there is no"):
        library.find("mappings", name)


def test_a_path_is_taken_relative_to_the_file_that_uses_it(tmp_path: Path) -> None:
    card = tmp_path / "mine.yaml"
    card.touch()
    assert library.find("devices", "mine.yaml", tmp_path) == card
    assert library.find("devices", str(card)) == card


def test_the_library_holds_all_three_kinds() -> None:
    assert "hfo2-rram" in library.names("devices")
    assert "differential-tiles" in library.names("mappings")
    assert "digits-manhattan" in library.names("scenarios")
