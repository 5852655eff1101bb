"""A run folder is there whole or not at all, whatever happens while it is written."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from small import environment

from neurosim.errors import InputError, RunError
from neurosim.scenarios import store


def fill(folder: Path, text: str = "{}") -> None:
    with store.writing(folder) as partial:
        (partial / store.METRICS).write_text(text)


def test_a_folder_appears_when_it_is_complete(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with store.writing(folder) as partial:
        (partial / store.METRICS).write_text("{}")
        assert not folder.exists()
    assert store.is_finished(folder)
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_after_an_error_nothing_is_left(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), store.writing(tmp_path / "run") as partial:
        (partial / store.METRICS).write_text("{}")
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_a_finished_run_is_replaced_in_one_step(tmp_path: Path) -> None:
    fill(tmp_path / "run", '{"a": 1}')
    fill(tmp_path / "run", '{"a": 2}')
    assert store.read_json(tmp_path / "run" / store.METRICS) == {"a": 2}
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_a_replacement_that_was_cut_short_is_undone(tmp_path: Path) -> None:
    fill(tmp_path / ".replaced-run-abc-999999999")
    (tmp_path / ".partial-other-999999999").mkdir()
    store.tidy(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["run-abc"]


def test_the_work_of_a_living_process_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / ".partial-other-1").mkdir()
    store.tidy(tmp_path)
    assert (tmp_path / ".partial-other-1").is_dir()


def test_what_is_not_finite_becomes_null(tmp_path: Path) -> None:
    store.write_json(
        tmp_path / "a.json", {"a": float("nan"), "b": [np.float32(1.5), float("inf")], "c": np.int64(3)}
    )
    assert json.loads((tmp_path / "a.json").read_text()) == {"a": None, "b": [1.5, None], "c": 3}


def test_arrays_read_back(tmp_path: Path) -> None:
    store.write_arrays(tmp_path / store.ARRAYS, {"conductances/layer1/plus": np.eye(2)})
    assert np.array_equal(store.read_arrays(tmp_path)["conductances/layer1/plus"], np.eye(2))


@pytest.mark.parametrize("text", ["", "[1]", "{", "[" * 100_000, "\0"])
def test_damaged_files_are_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.json").write_text(text)
    (tmp_path / store.ARRAYS).write_text(text)
    with pytest.raises(InputError, match=r"a\.json"):
        store.read_json(tmp_path / "a.json")
    with pytest.raises(InputError, match=r"arrays\.npz"):
        store.read_arrays(tmp_path)


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match=r"cannot write .*file/run"):
        fill(tmp_path / "file" / "run")
    with pytest.raises(RunError, match="cannot write"):
        fill(Path("/proc/neurosim/run"))


def test_a_full_disk_is_said_and_leaves_nothing(tmp_path: Path) -> None:
    script = """
import resource, sys
from pathlib import Path
from neurosim.errors import RunError
from neurosim.scenarios import store
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    with store.writing(Path(sys.argv[1]) / "run") as partial:
        store.write_text(partial / "metrics.json", "x" * 5000)
except RunError as error:
    print(error)
"""
    command = [sys.executable, "-c", script, str(tmp_path)]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=True)
    assert "cannot write" in done.stdout and "--folder" in done.stdout
    assert list(tmp_path.iterdir()) == []
