"""The index is a copy of the run folders: whatever happens to it, the table is right."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from neurosim.errors import InputError
from neurosim.scenarios import index, store


def add(root: Path, name: str, accuracy: float) -> None:
    with store.writing(root / name) as partial:
        store.write_json(
            partial / store.METRICS, {"name": name, "accuracy": accuracy, "baseline": {"accuracy": 0.9}}
        )


def found(root: Path) -> dict[str, float]:
    return {row["folder"]: row["accuracy"] for row in index.rows(root)}


def test_it_follows_the_folders(tmp_path: Path) -> None:
    add(tmp_path, "a", 0.1)
    assert found(tmp_path) == {"a": 0.1}
    add(tmp_path, "b", 0.2)
    add(tmp_path, "a", 0.3)
    assert found(tmp_path) == {"a": 0.3, "b": 0.2}
    shutil.rmtree(tmp_path / "a")
    assert found(tmp_path) == {"b": 0.2}
    assert index.rows(tmp_path)[0]["baseline_accuracy"] == 0.9


def test_points_of_a_sweep_carry_their_values(tmp_path: Path) -> None:
    add(tmp_path / "sweep" / "points", "0123456789", 0.1)
    points = [{"hash": "0123456789", "values": {"seed": 1}}]
    store.write_json(tmp_path / "sweep" / store.SWEEP, {"axes": [], "points": points})
    assert index.rows(tmp_path)[0]["values"] == {"seed": 1}


@pytest.mark.parametrize("damage", [b"", b"junk" * 1000, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_index_is_made_anew(tmp_path: Path, damage: bytes) -> None:
    add(tmp_path, "a", 0.1)
    found(tmp_path)
    (tmp_path / index.FILE).write_bytes(damage)
    assert found(tmp_path) == {"a": 0.1}
    assert sqlite3.connect(tmp_path / index.FILE).execute("SELECT count(*) FROM runs").fetchone() == (1,)


def test_every_cut_off_index_is_made_anew(tmp_path: Path) -> None:
    for name in "abcdef":
        add(tmp_path, name, 0.1)
    found(tmp_path)
    whole = (tmp_path / index.FILE).read_bytes()
    for length in range(0, len(whole), 997):
        (tmp_path / index.FILE).write_bytes(whole[:length])
        assert len(found(tmp_path)) == 6


def test_an_index_of_another_version_is_made_anew(tmp_path: Path) -> None:
    database = sqlite3.connect(tmp_path / index.FILE)
    database.execute("CREATE TABLE runs (something TEXT)")
    database.execute("PRAGMA user_version = 99")
    database.commit()
    database.close()
    add(tmp_path, "a", 0.1)
    assert found(tmp_path) == {"a": 0.1}


def test_a_damaged_run_is_left_out(tmp_path: Path) -> None:
    add(tmp_path, "a", 0.1)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / store.METRICS).write_text("{")
    assert found(tmp_path) == {"a": 0.1}


def test_where_nothing_can_be_written_it_works_in_memory(tmp_path: Path) -> None:
    add(tmp_path, "a", 0.1)
    (tmp_path / index.FILE).mkdir()
    assert found(tmp_path) == {"a": 0.1}
    index.update(tmp_path)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such folder"):
        index.rows(tmp_path / "none")
