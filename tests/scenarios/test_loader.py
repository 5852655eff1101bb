"""Scenarios are read, put together and checked as a user expects, and mistakes are found where they stand."""

from __future__ import annotations

from pathlib import Path

import pytest
from small import on_hardware, scenario, write

from neurosim.errors import InputError
from neurosim.scenarios import loader


def mistakes(path: Path, changes: list[str] | None = None) -> list[str]:
    """The first lines of all problems, with the file's folder cut off."""
    with pytest.raises(InputError) as caught:
        loader.load(path, changes or [])
    return [str(problem).splitlines()[0].replace(f"{path.parent}/", "") for problem in caught.value.problems]


def test_defaults_are_filled_in(tmp_path: Path) -> None:
    loaded = loader.load(write(tmp_path, scenario()))
    assert loaded.scenario.learning.loss == "cross-entropy"
    assert loaded.scenario.hardware is None
    assert [point.scenario.seed for point in loaded.points] == [3]


def test_a_name_is_found_in_the_library() -> None:
    assert loader.load("digits-manhattan").scenario.name == "digits-manhattan"


def test_a_card_can_be_named_or_changed(tmp_path: Path) -> None:
    named = loader.load(write(tmp_path, on_hardware())).scenario.hardware
    device = {"use": "hfo2-rram", "set": {"g_max": "50 uS", "variation.cycle": "20 %"}}
    changed = loader.load(write(tmp_path, scenario(hardware={"device": device}))).scenario.hardware
    assert named is not None and changed is not None
    assert named.device.g_max == 80e-6
    assert (changed.device.g_max, changed.device.variation.cycle) == (50e-6, 0.2)
    assert changed.device.variation.device == named.device.variation.device
    assert changed.mapping.name == "differential-tiles"


def test_a_card_beside_the_scenario_is_found(tmp_path: Path) -> None:
    card = {"name": "mine", "model": "ideal", "conductance": {"min": "1 uS", "max": "10 uS"}}
    write(tmp_path, card, "devices/mine.yaml")
    hardware = loader.load(write(tmp_path, scenario(hardware={"device": "mine"}))).scenario.hardware
    assert hardware is not None and hardware.device.g_max == 1e-5


class TestExtends:
    def test_ours_wins_and_the_rest_is_inherited(self, tmp_path: Path) -> None:
        write(tmp_path, scenario(), "base.yaml")
        path = write(tmp_path, {"extends": "base", "name": "child", "learning": {"epochs": 9}})
        child = loader.load(path).scenario
        assert (child.name, child.learning.epochs, child.learning.batch) == ("child", 9, 32)

    def test_another_choice_replaces_the_group(self, tmp_path: Path) -> None:
        write(tmp_path, scenario(), "base.yaml")
        path = write(tmp_path, {"extends": "base", "learning": {"update": {"rule": "manhattan"}}})
        assert loader.load(path).scenario.learning.update.rule == "manhattan"

    def test_a_card_changed_in_the_parent_is_changed_further(self, tmp_path: Path) -> None:
        device = {"use": "hfo2-rram", "set": {"variation.cycle": "20 %"}}
        write(tmp_path, scenario(hardware={"device": device}), "base.yaml")
        path = write(
            tmp_path, {"extends": "base", "hardware": {"device": {"set": {"variation": {"device": "1 %"}}}}}
        )
        hardware = loader.load(path).scenario.hardware
        assert hardware is not None
        assert (hardware.device.variation.cycle, hardware.device.variation.device) == (0.2, 0.01)

    def test_null_takes_away(self, tmp_path: Path) -> None:
        write(tmp_path, on_hardware(), "base.yaml")
        assert loader.load(write(tmp_path, {"extends": "base", "hardware": None})).scenario.hardware is None

    def test_a_circle_is_refused(self, tmp_path: Path) -> None:
        write(tmp_path, {"extends": "two"}, "one.yaml")
        write(tmp_path, {"extends": "one"}, "two.yaml")
        found = mistakes(tmp_path / "one.yaml")
        assert any("circle: one.yaml extends two.yaml extends one.yaml" in line for line in found)

    def test_mistakes_of_the_parent_are_found_in_its_file(self, tmp_path: Path) -> None:
        write(tmp_path, scenario(seed=-1), "base.yaml")
        found = mistakes(write(tmp_path, {"extends": "base", "name": "Child"}))
        assert [line.rpartition(": ")[0].split(":")[0] for line in found] == ["small.yaml", "base.yaml"]

    def test_a_missing_parent_is_named_at_its_line(self, tmp_path: Path) -> None:
        found = mistakes(write(tmp_path, {"name": "x", "extends": "nowhere"}))
        assert "small.yaml:2:10: there is no scenario 'nowhere'" in found


class TestOverrides:
    def test_values_are_read_as_yaml(self, tmp_path: Path) -> None:
        path = write(tmp_path, on_hardware())
        changes = [
            "learning.epochs=7",
            "hardware.device.g_max=50 uS",
            "network.layers.0.size=5",
            "about=x: y",
        ]
        found = loader.load(path, changes[:3]).scenario
        assert (found.learning.epochs, found.network.layers[0].size) == (7, 5)
        assert found.hardware is not None and found.hardware.device.g_max == 5e-5

    def test_hardware_can_be_chosen_and_changed_in_any_order(self, tmp_path: Path) -> None:
        changes = ["hardware.device.variation.cycle=1 %", "hardware.device=hfo2-rram"]
        hardware = loader.load(write(tmp_path, scenario()), changes).scenario.hardware
        assert hardware is not None and hardware.device.variation.cycle == 0.01

    def test_a_mapping_of_python_values(self, tmp_path: Path) -> None:
        found = loader.load(
            write(tmp_path, scenario()), {"learning.update": {"rule": "adam"}, "seed": 5}
        ).scenario
        assert (found.learning.update.rule, found.seed) == ("adam", 5)

    def test_mistakes_name_the_command_line(self, tmp_path: Path) -> None:
        path = write(tmp_path, scenario())
        assert mistakes(path, ["learning.epochs=2x"]) == [
            "command line: learning.epochs=2x: learning.epochs: '2x' is not accepted"
        ]
        assert mistakes(path, ["learning.epoch=2"]) == ["command line: learning.epoch=2: unknown key 'epoch'"]
        assert mistakes(path, ["seed.x=2"]) == [
            "command line: seed.x=2: 'seed' is the value 3; there is nothing below it"
        ]
        assert mistakes(path, ["epochs"]) == ["command line: epochs: not an override"]
        assert mistakes(path, ["network.layers.7.size=2"])[0].endswith(
            "'network.layers' is a list of 2; it has no '7'"
        )

    def test_a_swept_path_cannot_be_fixed(self, tmp_path: Path) -> None:
        path = write(tmp_path, scenario(sweep={"grid": {"seed": [1, 2]}}))
        assert "'seed' is swept" in mistakes(path, ["seed=3"])[0]
        assert len(loader.load(path, ["sweep=null", "seed=3"]).points) == 1


class TestSweep:
    def test_points_come_in_the_order_of_the_file(self, tmp_path: Path) -> None:
        sweep = {"grid": {"learning.epochs": [1, 2], "learning.batch": [8, 16]}, "repeat": 2}
        points = loader.load(write(tmp_path, scenario(sweep=sweep))).points
        assert [(*point.values.values(), point.repeat) for point in points] == [
            (1, 8, 0), (1, 8, 1), (1, 16, 0), (1, 16, 1), (2, 8, 0), (2, 8, 1), (2, 16, 0), (2, 16, 1),
        ]  # fmt: skip
        assert [point.scenario.learning.batch for point in points[:4]] == [8, 8, 16, 16]

    def test_zip_varies_together_and_list_one_by_one(self, tmp_path: Path) -> None:
        sweep = {
            "zip": {"learning.epochs": [1, 2], "learning.batch": [8, 16]},
            "list": [{"seed": 5}, {"data.train": 200, "seed": 6}],
        }
        points = loader.load(write(tmp_path, scenario(sweep=sweep))).points
        assert [tuple(point.values.values()) for point in points] == [
            (1, 8, 5),
            (1, 8, 200, 6),
            (2, 16, 5),
            (2, 16, 200, 6),
        ]

    def test_repeats_keep_their_seeds_when_there_are_more(self, tmp_path: Path) -> None:
        few = loader.load(write(tmp_path, scenario(sweep={"repeat": 2}))).points
        many = loader.load(write(tmp_path, scenario(sweep={"repeat": 4}))).points
        seeds = [point.scenario.seed for point in many]
        assert seeds[:2] == [point.scenario.seed for point in few]
        assert seeds[0] == 3 and len(set(seeds)) == 4

    def test_whole_cards_and_their_keys_can_be_swept_together(self, tmp_path: Path) -> None:
        grid = {"hardware.device.variation.cycle": ["0 %", "5 %"], "hardware.device": ["hfo2-rram"]}
        points = loader.load(write(tmp_path, on_hardware(sweep={"grid": grid}))).points
        cycles = [
            point.scenario.hardware.device.variation.cycle for point in points if point.scenario.hardware
        ]
        assert cycles == [0.0, 0.05]

    def test_ideal_weights_can_be_a_value(self, tmp_path: Path) -> None:
        grid = {"hardware": [None, {"device": "hfo2-rram"}]}
        points = loader.load(write(tmp_path, scenario(sweep={"grid": grid}))).points
        assert [point.scenario.hardware is None for point in points] == [True, False]

    def test_every_wrong_value_is_found_at_its_place(self, tmp_path: Path) -> None:
        path = tmp_path / "small.yaml"
        write(tmp_path, scenario())
        text = path.read_text() + (
            "sweep:\n  grid:\n    learning.epochs: [1, 0, 2]\n"
            "    learning.update.rat: [0.1]\n    seed: [1, x]\n"
        )
        path.write_text(text)
        line = text.splitlines().index("sweep:") + 1
        assert mistakes(path) == [
            f"small.yaml:{line + 2}:26: learning.epochs: 0 is not accepted",
            f"small.yaml:{line + 3}:21: unknown key 'rat'",
            f"small.yaml:{line + 4}:15: seed: 'x' is not accepted",
        ]

    @pytest.mark.parametrize(
        ("sweep", "message"),
        [
            ({"zip": {"seed": [1, 2], "learning.epochs": [1]}}, "has 1 values beside 'seed' with 2"),
            ({"grid": {"seed": [1]}, "zip": {"seed": [1]}}, "'seed' is swept twice"),
            ({"grid": {"seed": list(range(400)), "learning.epochs": list(range(1, 400))}}, "159,600 points"),
            ({"grid": {"seed": []}}, "a list of 0 is not accepted"),
            ({"repeat": 0}, "sweep.repeat: 0 is not accepted"),
            ({"gird": {"seed": [1]}}, "unknown key 'gird'"),
            ({"grid": {"hardware.device.g_mx": ["1 uS"]}}, "'use' is missing: which device card?"),
        ],
    )
    def test_sweeps_that_make_no_sense_are_refused(self, tmp_path: Path, sweep: object, message: str) -> None:
        assert any(message in line for line in mistakes(write(tmp_path, scenario(sweep=sweep))))


class TestPartsThatDoNotFit:
    def test_the_last_layer_must_have_a_neuron_a_class(self, tmp_path: Path) -> None:
        layers = [{"neurons": "linear", "size": 9}]
        found = mistakes(write(tmp_path, scenario(network={"layers": layers}, seed=-1)))
        assert len(found) == 2 and "9 neurons, but 'digits' has 10 classes" in found[1]

    @pytest.mark.parametrize(
        "update", [{"rule": "manhattan"}, {"rule": "adam"}, {"rule": "sgd", "momentum": 0.9}]
    )
    def test_coincident_pulses_need_the_gradients_factors(
        self, tmp_path: Path, update: dict[str, object]
    ) -> None:
        mapping = {"use": "differential-tiles", "set": {"write.scheme": "coincidence"}}
        data = scenario(hardware={"device": "hfo2-rram", "mapping": mapping}, learning={"update": update})
        assert "coincident pulses cannot carry out" in mistakes(write(tmp_path, data))[0]

    def test_a_missing_data_file_is_found_at_its_line(self, tmp_path: Path) -> None:
        path = write(tmp_path, scenario(data={"use": "csv", "path": "none.csv"}))
        assert mistakes(path) == ["small.yaml:6:9: data.path: there is no none.csv"]

    def test_data_beside_the_scenario_are_found_from_anywhere(self, tmp_path: Path) -> None:
        (tmp_path / "mine.csv").write_text("a,b,class\n1,2,0\n")
        found = loader.load(write(tmp_path, scenario(data={"use": "csv", "path": "mine.csv"})))
        assert found.scenario.data.path == str(tmp_path / "mine.csv")


def test_a_mistake_in_a_card_is_found_in_the_cards_file(tmp_path: Path) -> None:
    card = {"name": "mine", "model": "ideal", "conductance": {"min": "1 uS", "max": "10 us"}}
    write(tmp_path, card, "mine.yaml")
    found = mistakes(
        write(tmp_path, scenario(hardware={"device": {"use": "mine", "set": {"read.noise": "-1 %"}}}))
    )
    assert [line.split(": ")[0] for line in found] == ["small.yaml:24:19", "mine.yaml:5:8"]


def test_an_unknown_card_says_where_it_was_looked_for(tmp_path: Path) -> None:
    path = write(tmp_path, scenario(hardware={"device": "hfo2-ram"}))
    with pytest.raises(InputError, match="did you mean 'hfo2-rram'") as caught:
        loader.load(path)
    assert str(tmp_path) in str(caught.value)


def test_a_newer_schema_says_so(tmp_path: Path) -> None:
    assert "written in schema 2" in mistakes(write(tmp_path, scenario(neurosim=2)))[0]
