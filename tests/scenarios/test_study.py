"""Single runs and sweeps leave the folders that `store` describes, and go on where they were stopped."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small import on_hardware, scenario, write

import neurosim as ns
from neurosim.errors import InputError, RunError
from neurosim.scenarios import index, loader, store
from neurosim.scenarios.study import Study


class Events(list[dict[str, Any]]):
    def __call__(self, event: dict[str, Any]) -> None:
        self.append(event)

    def count(self, kind: str) -> int:  # type: ignore[override]
        return sum(event["event"] == kind for event in self)


def run(folder: Path, data: dict[str, Any], **options: Any) -> tuple[Study, Events]:
    events = Events()
    study = ns.load(write(folder, data)).run(folder=folder / "runs", progress=events, **options)
    return study, events


@pytest.fixture(scope="module")
def single(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return run(tmp_path_factory.mktemp("single"), on_hardware(measure=["accuracy", "conductances"]))[0]


SWEEP = {"grid": {"learning.update.rate": [0.1, 0.3]}, "repeat": 2}


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return run(tmp_path_factory.mktemp("swept"), scenario(sweep=SWEEP), jobs=2)[0]


class TestSingleRun:
    def test_leaves_the_described_files(self, single: Study) -> None:
        assert single.folder is not None
        assert single.folder.name == f"small-{single.points[0].hash[:10]}"
        names = {path.name for path in single.folder.iterdir()}
        assert names == {
            "scenario.yaml",
            "metrics.json",
            "history.json",
            "arrays.npz",
            "environment.json",
            "report.html",
        }

    def test_metrics_are_complete(self, single: Study) -> None:
        (metrics,) = single.results
        assert 0 <= metrics["accuracy"] <= metrics["best_accuracy"] <= 1
        assert (metrics["name"], metrics["seed"], metrics["epochs"]) == ("small", 3, 1)
        assert (metrics["device"], metrics["mapping"]) == ("hfo2-rram", "differential-tiles")
        assert all(
            metrics[key] > 0
            for key in ("pulses", "write_energy", "read_energy", "converter_energy", "latency")
        )
        parts = sum(metrics[key] for key in ("write_energy", "read_energy", "converter_energy"))
        assert metrics["energy"] == pytest.approx(parts)
        assert metrics["baseline"]["accuracy"] > 0 and metrics["baseline"]["pulses"] is None
        assert metrics["weights"] == 64 * 8 + 8 * 10

    def test_history_has_a_value_an_epoch(self, single: Study) -> None:
        assert single.folder is not None
        history = store.read_json(single.folder / store.HISTORY)
        assert history["epoch"] == [1]
        assert len(history["test_accuracy"]) == len(history["baseline_history"]["test_accuracy"]) == 1

    def test_arrays_agree_with_the_metrics(self, single: Study) -> None:
        assert single.folder is not None
        arrays, (metrics,) = store.read_arrays(single.folder), single.results
        assert np.trace(arrays["confusion"]) / arrays["confusion"].sum() == pytest.approx(metrics["accuracy"])
        assert arrays["baseline_confusion"].sum() == 100
        assert arrays["conductances/layer1/plus"].shape == arrays["saturation/layer1"].shape == (64, 8)
        assert arrays["bounds"] == pytest.approx([2e-6, 80e-6])
        maps = [arrays[f"saturation/layer{n}"] for n in (1, 2)]
        assert metrics["saturation"] == pytest.approx(sum(m.sum() for m in maps) / sum(m.size for m in maps))

    def test_its_scenario_runs_to_the_same_numbers(self, single: Study, tmp_path: Path) -> None:
        assert single.folder is not None
        again = ns.load(single.folder / store.SCENARIO).run(folder=tmp_path)
        assert again.folder is not None and again.folder.name == single.folder.name
        first, second = store.read_arrays(single.folder), store.read_arrays(again.folder)
        assert all(np.array_equal(first[name], second[name]) for name in first)

    def test_is_not_run_again(self, tmp_path: Path) -> None:
        _, first = run(tmp_path, scenario())
        study, second = run(tmp_path, scenario())
        _, third = run(tmp_path, scenario(), again=True)
        assert [events.count("started") for events in (first, second, third)] == [1, 0, 1]
        assert study.results[0]["accuracy"] > 0

    def test_is_in_the_index(self, single: Study) -> None:
        assert single.folder is not None
        rows = index.rows(single.folder.parent)
        assert [row["folder"] for row in rows] == [single.folder.name]

    def test_leaves_no_checkpoint_behind(self, single: Study) -> None:
        assert single.folder is not None
        assert sorted(path.name for path in single.folder.parent.iterdir()) == [
            "index.sqlite",
            single.folder.name,
        ]

    def test_a_diverging_training_is_a_run_error(self, tmp_path: Path) -> None:
        with pytest.raises(RunError, match="the loss became"):
            run(tmp_path, scenario(learning={"update": {"rule": "sgd", "rate": 1e30}}))
        assert not any(store.is_finished(path) for path in (tmp_path / "runs").iterdir())

    def test_a_place_that_cannot_be_written_is_a_run_error(self, tmp_path: Path) -> None:
        (tmp_path / "runs").write_text("")
        with pytest.raises(RunError, match="cannot write"):
            run(tmp_path, scenario())

    def test_a_stopped_training_goes_on_from_its_last_epoch(self, tmp_path: Path) -> None:
        data = on_hardware()
        data["learning"]["epochs"] = 3
        data["baseline"] = False
        (tmp_path / "whole").mkdir()
        whole, _ = run(tmp_path / "whole", data)

        def stop(event: dict[str, Any]) -> None:
            if event["event"] == "progress" and event["epoch"] == 2 and "accuracy" in event:
                raise KeyboardInterrupt

        study = ns.load(write(tmp_path, data))
        with pytest.raises(KeyboardInterrupt):
            study.run(folder=tmp_path / "runs", progress=stop)
        events = Events()
        resumed = study.run(folder=tmp_path / "runs", progress=events)
        assert min(event["epoch"] for event in events if event["event"] == "progress") == 3
        assert whole.folder is not None and resumed.folder is not None
        first, second = store.read_arrays(whole.folder), store.read_arrays(resumed.folder)
        assert all(np.array_equal(first[name], second[name]) for name in first)


class TestSweep:
    def test_every_point_has_its_folder(self, swept: Study) -> None:
        assert swept.folder is not None
        points = swept.folder / "points"
        assert {path.name for path in points.iterdir()} == {point.hash[:10] for point in swept.points}
        assert all(store.is_finished(path) for path in points.iterdir())
        assert (swept.folder / store.REPORT).is_file() and (swept.folder / store.SCENARIO).is_file()

    def test_sweep_json_says_what_was_swept(self, swept: Study) -> None:
        assert swept.folder is not None
        record = json.loads((swept.folder / store.SWEEP).read_text())
        assert record["axes"] == [{"path": "learning.update.rate", "values": [0.1, 0.3]}]
        found = [(p["values"]["learning.update.rate"], p["repeat"], p["status"]) for p in record["points"]]
        assert found == [
            (0.1, 0, "done"), (0.1, 1, "done"), (0.3, 0, "done"), (0.3, 1, "done"),
        ]  # fmt: skip

    def test_the_table_has_a_row_a_point(self, swept: Study) -> None:
        rows = swept.rows
        assert [row["learning.update.rate"] for row in rows] == [0.1, 0.1, 0.3, 0.3]
        assert all(row["status"] == "done" and row["accuracy"] > 0 for row in rows)
        assert len(swept.table) == 4

    def test_a_point_gives_the_bits_of_a_single_run(self, swept: Study, tmp_path: Path) -> None:
        alone, _ = run(
            tmp_path, scenario(learning={"update": {"rule": "sgd", "rate": 0.3}, "epochs": 2, "batch": 32})
        )
        assert alone.folder is not None and swept.outcomes[2].folder is not None
        assert alone.points[0].hash == swept.points[2].hash
        first, second = store.read_arrays(alone.folder), store.read_arrays(swept.outcomes[2].folder)
        assert np.array_equal(first["confusion"], second["confusion"])

    def test_only_the_rest_is_run(self, swept: Study, tmp_path: Path) -> None:
        assert swept.folder is not None
        shutil.copytree(swept.folder.parent, tmp_path / "runs")
        shutil.rmtree(tmp_path / "runs" / swept.folder.name / "points" / swept.points[1].hash[:10])
        study, events = run(tmp_path, scenario(sweep=SWEEP))
        assert (events.count("skipped"), events.count("done")) == (3, 1)
        assert len(study.results) == 4

    def test_a_longer_sweep_keeps_what_is_finished(self, swept: Study, tmp_path: Path) -> None:
        assert swept.folder is not None
        shutil.copytree(swept.folder.parent, tmp_path / "runs")
        longer = {"grid": {"learning.update.rate": [0.1, 0.2, 0.3]}, "repeat": 2}
        study, events = run(tmp_path, scenario(sweep=longer), jobs=2)
        assert (events.count("skipped"), events.count("done")) == (4, 2)
        assert study.folder is not None and study.folder.name == swept.folder.name

    def test_a_failing_point_does_not_stop_the_others(self, tmp_path: Path) -> None:
        sweep = {"grid": {"learning.update.rate": [0.1, 1e30, 0.3]}}
        study, _ = run(tmp_path, scenario(sweep=sweep), jobs=2)
        assert [outcome.status for outcome in study.outcomes] == ["done", "failed", "done"]
        assert "the loss became" in (study.failures[0].error or "")
        assert study.folder is not None
        record = store.read_json(study.folder / store.SWEEP)
        assert "the loss became" in record["points"][1]["error"]
        assert study.table is not None

    def test_baselines_are_shared(self, tmp_path: Path) -> None:
        data = on_hardware(sweep={"grid": {"hardware.mapping.adc.bits": [5, 8]}})
        study, events = run(tmp_path, data, jobs=2)
        assert study.folder is not None
        assert len(list((study.folder / "baselines").iterdir())) == 1
        assert sum(e["event"] == "done" and e["baseline"] for e in events) == 1
        accuracies = {metrics["baseline"]["accuracy"] for metrics in study.results}
        assert len(accuracies) == 1

    def test_data_that_cannot_be_read_are_said_once(self, tmp_path: Path) -> None:
        (tmp_path / "mine.csv").write_text("a,class\nx,0\n")
        data = scenario(data={"use": "csv", "path": "mine.csv"}, sweep={"grid": {"seed": [1, 2]}})
        with pytest.raises(InputError, match=r"mine\.csv"):
            run(tmp_path, data)
        mixed = scenario(sweep={"grid": {"data": [{"use": "csv", "path": "mine.csv"}, {"use": "digits"}]}})
        study, _ = run(tmp_path, mixed, jobs=2)
        assert [outcome.status for outcome in study.outcomes] == ["failed", "done"]

    def test_equal_points_are_run_once(self, tmp_path: Path) -> None:
        study, events = run(tmp_path, scenario(sweep={"grid": {"learning.epochs": [1, 1]}}))
        assert events.count("done") == 1
        assert [outcome.status for outcome in study.outcomes] == ["done", "done"]


def test_the_sweep_of_a_run_folder_reads_back_although_it_uses_cards_of_the_user(tmp_path: Path) -> None:
    card = {"name": "mine", "model": "ideal", "conductance": {"min": "1 uS", "max": "10 uS"}}
    write(tmp_path, card, "mine.yaml")
    grid = {"hardware.device": ["hfo2-rram", "mine", {"use": "mine", "set": {"g_max": "20 uS"}}]}
    data = on_hardware(sweep={"grid": grid})
    study, _ = run(tmp_path, {**data, "baseline": False}, jobs=2)
    assert study.folder is not None
    again = loader.load(study.folder / store.SCENARIO)
    assert [point.hash for point in again.points] == [point.hash for point in study.points]
    assert [row["hardware.device"] for row in study.rows] == ["hfo2-rram", "mine", "mine"]


def test_overrides_from_python(tmp_path: Path) -> None:
    study = ns.load(write(tmp_path, scenario()), {"learning.epochs": 1}).run(folder=tmp_path)
    assert study.results[0]["epochs"] == 1


@pytest.mark.parametrize("jobs", [0, -1, 1.5, "2", True])
def test_jobs_must_be_a_count(tmp_path: Path, jobs: Any) -> None:
    with pytest.raises(InputError, match="jobs must be a whole number"):
        ns.load(write(tmp_path, scenario())).run(jobs=jobs)


@pytest.mark.parametrize("changes", ["learning.epochs=1", 3, {"": 1}, {3: 1}, ["x"]])
def test_overrides_of_the_wrong_kind_are_refused(tmp_path: Path, changes: Any) -> None:
    with pytest.raises(InputError):
        ns.load(write(tmp_path, scenario()), changes)


def test_points_do_not_depend_on_the_number_of_jobs(swept: Study) -> None:
    assert [point.hash for point in loader.load(swept.loaded.path).points] == [
        point.hash for point in swept.points
    ]
