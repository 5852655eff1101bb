"""The command line does what its help says, answers quickly, and leaves with the right exit code."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from neurosim import documents, library
from neurosim.cli import main
from neurosim.scenarios import loader

SMALL = """\
neurosim: 1
name: small
data: {use: digits, train: 200, test: 100}
network: {layers: [{neurons: relu, size: 8}, {neurons: linear, size: 10}]}
learning: {update: {rule: manhattan, step: 1e-3}, epochs: 1, batch: 64}
hardware: {device: hfo2-rram}
baseline: true
measure: [accuracy, energy, pulses, saturation]
"""
SWEEP = "sweep: {grid: {hardware.mapping.adc.bits: [5, ideal]}, repeat: 2}\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a small scenario."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.yaml").write_text(SMALL)
    (tmp_path / "sweep.yaml").write_text(SMALL + SWEEP)
    return tmp_path


def neurosim(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    """Run a command and return what it printed."""
    with pytest.raises(SystemExit) as left:
        main(arguments)
    said = capsys.readouterr()
    assert left.value.code in (code, None if code == 0 else code), said.err
    return said.out


def test_run_prints_a_table_beside_the_ideal_weights(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = neurosim(capsys, "run", "small.yaml")
    lines = said.splitlines()
    assert lines[0].split() == ["small", "hfo2-rram,", "differential-tiles", "ideal", "weights"]
    assert any(line.startswith("accuracy") and line.count("%") == 2 for line in lines)
    assert any(line.startswith("write energy") and line.endswith("J") for line in lines)
    assert (here / lines[-1].split()[-1]).name == "report.html"
    assert (here / lines[-1].split()[-1]).is_file()


def test_overrides_follow_the_scenario(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = neurosim(capsys, "run", "small.yaml", "hardware=null", "name=other", "-f", "elsewhere")
    assert "ideal weights" in said
    assert [path.name.partition("-")[0] for path in (here / "elsewhere").iterdir() if path.is_dir()] == [
        "other"
    ]


def test_sweep_shows_mean_and_spread_and_goes_on(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = neurosim(capsys, "sweep", "sweep.yaml", "-j", "2")
    assert first.splitlines()[0].split()[0] == "mapping.adc.bits"
    assert [line.split()[0] for line in first.splitlines()[2:4]] == ["5", "ideal"]
    assert first.splitlines()[2].count("±") >= 3
    main_again = neurosim(capsys, "run", "sweep.yaml")
    assert main_again == first


def test_a_sweep_with_a_failing_point_leaves_with_1(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = SMALL.replace("{rule: manhattan, step: 1e-3}", "{rule: sgd}").replace("hardware", "# hardware")
    (here / "failing.yaml").write_text(text + "sweep: {grid: {learning.update.rate: [0.1, 1e+30]}}\n")
    said = neurosim(capsys, "sweep", "failing.yaml", code=1)
    assert "failed" in said and "%" in said


def test_check_says_what_a_file_is(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cards = [str(library.find("devices", "hfo2-rram")), str(library.find("mappings", "differential-tiles"))]
    said = neurosim(capsys, "check", "sweep.yaml", *cards).splitlines()
    assert said[0] == "sweep.yaml: fine, scenario 'small', a sweep of 4 points (2 × 2 seeds)"
    assert said[1].endswith("fine, device card 'hfo2-rram'")
    assert said[2].endswith("fine, mapping card 'differential-tiles'")


def test_check_tells_cards_by_their_keys(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "a.yaml").write_text(library.find("devices", "hfo2-rram").read_text())
    (here / "b.yaml").write_text("name: b\nadc: {bits: 4}\n")
    said = neurosim(capsys, "check", "a.yaml", "b.yaml")
    assert "device card 'hfo2-rram'" in said and "mapping card 'b'" in said


def test_all_mistakes_of_all_files_are_reported_at_once(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "one.yaml").write_text(SMALL.replace("epochs: 1", "epochs: 0").replace("relu", "rlu"))
    (here / "two.yaml").write_text(SMALL.replace("hfo2-rram", "hfo2"))
    with pytest.raises(SystemExit) as left:
        main(["check", "one.yaml", "two.yaml"])
    said = capsys.readouterr().err
    assert left.value.code == 2
    assert [line.partition(" ")[0] for line in said.splitlines() if line.startswith(("one", "two"))] == [
        "one.yaml:4:30:", "one.yaml:5:59:", "two.yaml:6:20:",
    ]  # fmt: skip
    assert said.splitlines()[-1] == "3 mistakes"
    assert "    |" + " " * 30 + "^" in said  # under the wrong word
    assert "did you mean 'relu'?" in said


def test_show_prints_a_scenario_that_can_be_run(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = neurosim(capsys, "show", "sweep.yaml")
    assert "cycle: 5 %" in said and "# a sweep of 4 points" in said
    (here / "shown.yaml").write_text(said)
    shown, own = loader.load("shown.yaml"), loader.load("sweep.yaml")
    assert [point.hash for point in shown.points] == [point.hash for point in own.points]


def test_new_writes_a_scenario_that_is_right(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    neurosim(capsys, "new", "mine")
    assert loader.load("mine.yaml").scenario.name == "mine"
    assert json.loads((here / "scenario.schema.json").read_text())["$schema"]
    assert (
        (here / "mine.yaml").read_text().startswith("# yaml-language-server: $schema=./scenario.schema.json")
    )
    neurosim(capsys, "new", "mine", code=2)


def test_the_sweep_of_the_starter_is_right_too(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    neurosim(capsys, "new", "mine")
    text = (here / "mine.yaml").read_text()
    head, _, tail = text.partition("# sweep:")
    (here / "mine.yaml").write_text(
        head + "\n".join(f"{line}".removeprefix("# ") for line in f"# sweep:{tail}".splitlines())
    )
    assert len(loader.load("mine.yaml").points) == 12


def test_devices_lists_cards_and_draws_one(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    listed = neurosim(capsys, "devices")
    assert all(
        any(line.startswith(name) for line in listed.splitlines()) for name in library.names("devices")
    )
    said = neurosim(capsys, "devices", "hfo2-rram", "-o", "response.svg")
    assert documents.loads(said.partition("picture:")[0]).data["model"] == "soft-bounds"
    assert (here / "response.svg").read_text().count("<path") > 5


def test_mappings_lists_cards_and_shows_one(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    listed = neurosim(capsys, "mappings")
    assert all(
        any(line.startswith(name) for line in listed.splitlines()) for name in library.names("mappings")
    )
    assert documents.loads(neurosim(capsys, "mappings", "differential-tiles")).data["tile"]["rows"] == 128


def test_a_wrong_card_does_not_hide_the_others(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "devices").mkdir()
    (here / "devices" / "broken.yaml").write_text("name: broken\nmodel: magic\n")
    listed = neurosim(capsys, "devices")
    assert "wrong: model: 'magic' is not known" in listed and "hfo2-rram" in listed


def test_compile_shows_where_the_weights_land(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = neurosim(capsys, "compile", "small.yaml", "hardware.mapping.tile.rows=32", "-o", "chip.png")
    assert [line.split()[:4] for line in said.splitlines()[2:5]] == [
        ["0", "layer1", "0-31", "0-7"], ["1", "layer1", "32-63", "0-7"], ["2", "layer2", "0-7", "0-9"],
    ]  # fmt: skip
    assert "3 tiles" in said
    assert (here / "chip.png").stat().st_size > 1000


@pytest.mark.parametrize("command", ["compile", "run"])
def test_what_does_not_fit_is_said_at_once(
    command: str, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as left:
        main([command, "small.yaml", "hardware.mapping.tile.count=1"])
    said = capsys.readouterr().err
    assert left.value.code == 2
    assert said.startswith("command line: hardware.mapping.tile.count=1: ") and "2 tiles" in said


def test_results_lists_all_runs(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    neurosim(capsys, "run", "small.yaml", "hardware=null")
    neurosim(capsys, "run", "small.yaml", "hardware=null", "seed=1")
    assert neurosim(capsys, "results").count("small-") == 2
    rows = list(csv.DictReader(io.StringIO(neurosim(capsys, "results", "runs", "--csv"))))
    assert [row["name"] for row in rows] == ["small", "small"]
    assert all(0 <= float(row["accuracy"]) <= 1 for row in rows)
    (here / "runs" / "index.sqlite").write_bytes(b"junk")
    assert neurosim(capsys, "results", "--rebuild").count("small-") == 2


def test_report_is_written_anew(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    neurosim(capsys, "run", "small.yaml", "hardware=null")
    (report,) = (here / "runs").glob("*/report.html")
    report.unlink()
    assert neurosim(capsys, "report", str(report.parent)).strip().endswith("report.html")
    assert report.is_file()


@pytest.mark.parametrize("kind", ["scenario", "device", "mapping"])
def test_schema_is_json(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "$defs" in json.loads(neurosim(capsys, "schema", kind))


def test_doctor_finds_something(capsys: pytest.CaptureFixture[str]) -> None:
    said = neurosim(capsys, "doctor")
    assert all(word in said for word in ("neurosim", "numpy", "cores", "cpu: ready", "NEUROSIM_PATH"))


def test_version_and_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert neurosim(capsys, "--version").startswith("neurosim ")
    said = neurosim(capsys, "--help")
    commands = [
        "run",
        "sweep",
        "check",
        "show",
        "new",
        "devices",
        "mappings",
        "compile",
        "report",
        "results",
        "schema",
        "doctor",
    ]
    assert all(f"\n  {command} " in said for command in commands)


def test_check_is_quick_because_it_imports_nothing_heavy(here: Path) -> None:
    script = """
import sys
from neurosim.cli import main
try:
    main(["check", *sys.argv[1:]])
finally:
    heavy = {"numba", "scipy", "matplotlib", "sklearn", "pandas", "rich", "jinja2"} & set(sys.modules)
    print("heavy:", sorted(heavy))
"""
    cards = [str(library.find("devices", "hfo2-rram")), str(library.find("mappings", "differential-tiles"))]
    command = [sys.executable, "-c", script, "small.yaml", "sweep.yaml", *cards]
    root = str(Path(__file__).resolve().parents[1])
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={"PYTHONPATH": root})
    assert done.returncode == 0, done.stderr
    assert "heavy: []" in done.stdout


def test_all_scenarios_of_the_library_are_right(capsys: pytest.CaptureFixture[str]) -> None:
    names = library.names("scenarios")
    assert "digits-manhattan" in names
    assert neurosim(capsys, "check", *names).count("fine") == len(names)
