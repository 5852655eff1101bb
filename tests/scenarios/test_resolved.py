"""The resolved scenario says everything, with units, and reads back to the same numbers and the same hash."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from small import on_hardware, scenario, write

from neurosim import documents
from neurosim.scenarios import loader
from neurosim.scenarios.resolved import as_data, as_yaml, content_hash, dump


def resolve(folder: Path, data: dict[str, Any], changes: dict[str, Any] | None = None) -> loader.Loaded:
    return loader.load(write(folder, data), changes or {})


conductances = st.floats(1e-9, 1e-5).map(lambda g: f"{g!r} S")
changes = st.fixed_dictionaries(
    {},
    optional={
        "seed": st.integers(0, 2**63 - 1),
        "about": st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=40),
        "learning.epochs": st.integers(1, 10**6),
        "learning.update.rate": st.floats(1e-300, 1e300),
        "hardware.device.g_min": conductances,
        "hardware.device.potentiation.step": conductances,
        "hardware.device.variation.cycle": st.floats(0, 10),
        "hardware.device.read.voltage": st.floats(1e-12, 1e6).map(lambda v: f"{v!r} V"),
        "hardware.mapping.costs.adc_step": st.floats(0, 1e-3).map(lambda e: f"{e!r} J"),
        "hardware.mapping.adc.bits": st.one_of(st.just("ideal"), st.integers(2, 24)),
        "hardware.mapping.weights.range": st.one_of(st.just("auto"), st.floats(1e-9, 1e9)),
        "hardware.mapping.tile.rows": st.one_of(st.just("unlimited"), st.integers(2, 10**6)),
    },
)


@given(changes=changes)
def test_the_resolved_scenario_reads_back_to_the_same_hash(
    changes: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("resolved")
    data = on_hardware()
    data["learning"]["update"] = {"rule": "sgd"}
    first = resolve(folder, data, changes)
    text = as_yaml(first.scenario)
    (folder / "again.yaml").write_text(text, encoding="utf-8")
    again = loader.load(folder / "again.yaml")
    assert again.points[0].hash == first.points[0].hash
    assert as_yaml(again.scenario) == text


def test_quantities_carry_their_units(tmp_path: Path) -> None:
    resolved = as_data(resolve(tmp_path, on_hardware()).scenario)
    assert resolved["hardware"]["device"]["conductance"] == {"min": "2 uS", "max": "80 uS"}
    assert resolved["hardware"]["device"]["variation"]["cycle"] == "5 %"
    assert resolved["learning"]["loss"] == "cross-entropy"


def test_every_device_card_of_the_library_reads_back(tmp_path: Path) -> None:
    from neurosim import library

    for name in library.names("devices"):
        first = resolve(tmp_path, scenario(hardware={"device": name}))
        (tmp_path / "again.yaml").write_text(as_yaml(first.scenario), encoding="utf-8")
        assert loader.load(tmp_path / "again.yaml").points[0].hash == first.points[0].hash, name


def test_every_data_set_reads_back(tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("a,b,class\n1,2,0\n")
    for data in (
        {"use": "mnist"},
        {"use": "mnist1d"},
        {"use": "csv", "path": "mine.csv", "features": ["a", "b"]},
    ):
        first = resolve(tmp_path, scenario(data=data))
        (tmp_path / "again.yaml").write_text(as_yaml(first.scenario), encoding="utf-8")
        assert loader.load(tmp_path / "again.yaml").scenario.data == first.scenario.data


class TestHash:
    def test_spelling_and_presentation_do_not_matter(self, tmp_path: Path) -> None:
        device = {"use": "hfo2-rram", "set": {"g_max": "0.08 mS"}}
        one = resolve(tmp_path, scenario(hardware={"device": "hfo2-rram"})).points[0].hash
        two = resolve(
            tmp_path, scenario(name="other", about="x", measure=["loss"], hardware={"device": device})
        )
        assert two.points[0].hash == one

    @pytest.mark.parametrize(
        "change",
        [{"seed": 4}, {"learning.epochs": 3}, {"hardware.device.read.noise": "2 %"}, {"baseline": True}],
    )
    def test_what_changes_numbers_matters(self, tmp_path: Path, change: dict[str, Any]) -> None:
        data = scenario(hardware={"device": "hfo2-rram"})
        assert resolve(tmp_path, data, change).points[0].hash != resolve(tmp_path, data).points[0].hash

    def test_the_users_data_count_by_content_and_not_by_place(self, tmp_path: Path) -> None:
        hashes = []
        for folder, text in (("one", "a,b\n1,0\n"), ("two", "a,b\n1,0\n"), ("three", "a,b\n1,1\n")):
            write(tmp_path / folder, scenario(data={"use": "csv", "path": "mine.csv"}))
            (tmp_path / folder / "mine.csv").write_text(text)
            hashes.append(content_hash(loader.load(tmp_path / folder / "small.yaml").scenario))
        assert hashes[0] == hashes[1] != hashes[2]


texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), max_size=10)
doubtful = st.sampled_from(
    [
        "on",
        "no",
        "1e-6",
        "010",
        "1_000",
        "0x10",
        "~",
        "<<",
        "1:30",
        ".5",
        "=",
        "2020-01-01",
        " a",
        "a: b",
        "null",
    ]
)
numbers = st.one_of(st.integers(-(10**12), 10**12), st.floats(allow_nan=False, allow_infinity=False))
words = st.from_regex(r"[a-z]{1,5}", fullmatch=True)
values = st.recursive(
    st.one_of(st.none(), st.booleans(), numbers, doubtful, texts),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(words, inner, max_size=3)),
    max_leaves=8,
)


@given(values)
def test_what_is_written_is_read_as_the_same_data(value: Any) -> None:
    assert documents.loads(dump({"value": value})).data == {"value": value}


def test_plain_yaml_readers_understand_it_too(tmp_path: Path) -> None:
    text = as_yaml(resolve(tmp_path, on_hardware()).scenario)
    assert yaml.safe_load(text)["hardware"]["device"]["name"] == "hfo2-rram"
