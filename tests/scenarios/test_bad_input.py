"""Wrong scenarios and cards, generated from the schema: every constraint violated once, and worse.

Each case changes one line of a right file. `neurosim check` must leave with exit code 2, name the file and
that line, and never show a traceback. The line is found by comparing the wrong text with the right one, so
it does not depend on the reader under test.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args, get_origin

import annotated_types
import pydantic
import pytest
from small import neurosim, on_hardware, scenario, write

from neurosim import documents, library, units
from neurosim.cli import main
from neurosim.devices import card as device_cards
from neurosim.mappings import card as mapping_cards
from neurosim.scenarios import loader, tree
from neurosim.scenarios.resolved import as_data, dump
from neurosim.schema import Unit

Keys = tuple[str | int, ...]


class Case(NamedTuple):
    """A right file's data, and what to put where."""

    name: str
    data: dict[str, Any]
    path: Keys
    value: Any


def check(path: Path, capsys: pytest.CaptureFixture[str], *changes: str) -> str:
    """Check a file and return what was said about it; it must be wrong."""
    options = [part for change in changes for part in ("--set", change)]
    with pytest.raises(SystemExit) as left:
        main(["check", str(path), *options])
    said = capsys.readouterr().err
    assert left.value.code == 2, said
    assert "Traceback" not in said
    return said


@cache
def right_files() -> dict[str, tuple[pydantic.BaseModel, dict[str, Any]]]:
    """A scenario with every default and both cards written out, a card of every family, a mapping card."""
    data = on_hardware(about="x")
    data["learning"] |= {"early_stop": {"patience": 3}, "schedule": {"use": "step", "every": 2}}
    with tempfile.TemporaryDirectory() as folder:
        whole = loader.load(write(Path(folder), data)).scenario
    files: dict[str, tuple[pydantic.BaseModel, dict[str, Any]]] = {"scenario": (whole, as_data(whole))}
    for name in library.names("devices"):
        card = device_cards.load(name)
        files.setdefault(f"devices/{card.model}", (card, as_data(card)))
    mapping = mapping_cards.load("differential-tiles")
    return {**files, "mappings/differential-tiles": (mapping, as_data(mapping))}


def fields(
    model: pydantic.BaseModel, path: Keys = ()
) -> Iterator[tuple[Keys, pydantic.fields.FieldInfo, Any]]:
    """All fields of a model and of the models in it, with their paths and values."""
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        yield (*path, name), field, value
        for index, item in enumerate(value if isinstance(value, (list, tuple)) else ()):
            if isinstance(item, pydantic.BaseModel):
                yield from fields(item, (*path, name, index))
        if isinstance(value, pydantic.BaseModel):
            yield from fields(value, (*path, name))


def marks(annotation: Any) -> Iterator[Any]:
    """The marks in an annotation: units and bounds, also in its branches."""
    for argument in get_args(annotation):
        if isinstance(argument, (Unit, annotated_types.BaseMetadata)):
            yield argument
        elif isinstance(argument, pydantic.fields.FieldInfo):
            yield from argument.metadata
        elif get_origin(annotation) is not Literal:
            yield from marks(argument)


def wrong_values(field: pydantic.fields.FieldInfo, value: Any) -> Iterator[tuple[str, Any]]:
    """Values that the field must refuse: one for each of its constraints, and of other kinds."""
    found = [*field.metadata, *marks(field.annotation)]
    dimension = next((mark.dimension for mark in found if isinstance(mark, Unit)), None)
    if isinstance(value, (str, int, float)) and not isinstance(value, bool):
        yield "list", [1, 2]
    if isinstance(value, bool) or (isinstance(value, (int, float)) and dimension is None):
        yield "text", "several"
    if field.annotation is str or get_origin(field.annotation) is Literal:
        yield "number", 17
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        yield "nan", float("nan")
        yield "infinite", float("inf")
    if isinstance(value, int) and not isinstance(value, bool) and dimension is None:
        yield "fraction", 2.5
    if dimension is not None and isinstance(value, float):
        other = "time" if dimension != "time" else "voltage"
        yield "unit", units.DIMENSIONS[other].example
        yield "unknown unit", "3 furlongs"
        if dimension != "ratio":
            yield "no unit", 3.5
    if get_origin(field.annotation) is Literal:
        yield "word", f"{get_args(field.annotation)[0]}x"
    unit = units.DIMENSIONS[dimension].unit if dimension else ""
    for mark in found:
        for kind, step in (("gt", 0.0), ("ge", -1.0), ("lt", 0.0), ("le", 1.0)):
            bound = getattr(mark, kind, None)
            if bound is not None and isinstance(value, (int, float)) and not isinstance(value, bool):
                beyond = bound + step
                number = int(beyond) if isinstance(value, int) else float(beyond)
                yield kind, f"{number} {unit}" if unit else number


def own(name: str, path: Keys) -> bool:
    """Whether a field is tested in this file: what many files share is tested in one of them."""
    if name == "scenario":
        return path[0] != "hardware" or path[-1] in ("name", "min", "bits")
    if name.startswith("devices") and name != "devices/soft-bounds":
        return path[0] in ("potentiation", "depression")
    return True


def cases() -> Iterator[Case]:
    """All wrong files: every field of a scenario, and of cards of every family, with every wrong value."""
    for name, (model, data) in right_files().items():
        for path, field, value in fields(model):
            if tree.get(data, path) is None:
                continue  # left out of the file
            if not own(name, path):
                continue
            for kind, wrong in wrong_values(field, value):
                yield Case(f"{name}:{'.'.join(map(str, path))}:{kind}", data, path, wrong)


def changed(data: dict[str, Any], path: Keys, value: Any) -> dict[str, Any]:
    """A copy with another value at a path."""
    copy = documents.loads(dump(data)).data
    place = copy
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return copy


def first_difference(right: str, wrong: str) -> int:
    """The number of the first line in which two texts differ."""
    lines = zip(right.splitlines(), wrong.splitlines(), strict=False)
    return next(number for number, (a, b) in enumerate(lines, start=1) if a != b)


GENERATED = list(cases())


def test_there_are_enough_cases() -> None:
    assert len(GENERATED) >= 200


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in GENERATED])
def test_a_wrong_value_is_found_in_its_line(
    case: Case, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    right, wrong = dump(case.data), dump(changed(case.data, case.path, case.value))
    path = tmp_path / (f"{case.name.split(':')[0]}.yaml")
    path.parent.mkdir(exist_ok=True)
    path.write_text(wrong, encoding="utf-8")
    assert f"{path}:{first_difference(right, wrong)}:" in check(path, capsys)


def keys(data: Any, path: Keys = ()) -> Iterator[Keys]:
    """The paths of all keys."""
    for key, value in data.items() if isinstance(data, dict) else enumerate(data):
        if isinstance(key, str):
            yield (*path, key)
        if isinstance(value, (dict, list)):
            yield from keys(value, (*path, key))


TYPOS = [
    pytest.param(name, path, id=f"{name}:{'.'.join(map(str, path))}")
    for name, (_, data) in right_files().items()
    for path in keys(data)
    if len(str(path[-1])) > 3 and own(name, path) and path[-1] != "model"  # without it a card is of no kind
]


@pytest.mark.parametrize(("name", "path"), TYPOS)
def test_a_misspelt_key_is_found_and_the_right_one_named(
    name: str, path: Keys, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _, data = right_files()[name]
    word = str(path[-1])
    typo = word[:-2] + word[-1] + word[-2] if word[-1] != word[-2] else word + "x"
    copy = documents.loads(dump(data)).data
    parent = tree.get(copy, path[:-1])
    entries = [(typo if key == word else key, value) for key, value in parent.items()]
    parent.clear()
    parent.update(entries)
    wrong = tmp_path / f"{name}.yaml"
    wrong.parent.mkdir(exist_ok=True)
    wrong.write_text(dump(copy))
    said = check(wrong, capsys)
    line = first_difference(dump(data), dump(copy))
    assert f"{wrong}:{line}:" in said
    assert f"'{word}'" in said or "did you mean" in said


UNREADABLE: dict[str, bytes] = {
    "empty": b"",
    "only a comment": b"# nothing\n",
    "a number": b"3\n",
    "a list": b"- 1\n- 2\n",
    "text": b"just words\n",
    "binary junk": bytes(range(256)) * 40,
    "a picture": b"\x89PNG\r\n\x1a\n" + b"\0" * 1000,
    "utf-16": "neurosim: 1\n".encode("utf-16"),
    "latin-1": "about: Größe\n".encode("latin-1"),
    "NUL": b"name: a\0b\n",
    "10 MB": b"about: " + b"x" * 10_000_000 + b"\n",
    "deep flow": b"a: " + b"[" * 10_000,
    "deep groups": b"".join(b" " * n + b"a:\n" for n in range(2000)),
    "alias bomb": b"a: &a [x, x, x, x, x, x, x, x, x]\n"
    + b"".join(b"%c: &%c [*%c, *%c, *%c, *%c, *%c, *%c]\n" % ((n, n) + (n - 1,) * 6) for n in range(98, 110)),
    "itself": b"a: &a [*a]\n",
    "tab": b"neurosim: 1\n\tname: x\n",
    "unclosed quote": b'neurosim: 1\nname: "x\n',
    "unclosed bracket": b"neurosim: 1\ndata: {use: digits\n",
    "two documents": b"neurosim: 1\n---\nneurosim: 1\n",
    "python tag": b"name: !!python/object/apply:os.system [echo]\n",
    "merge key": b"a: &a {b: 1}\nc: {<<: *a}\n",
    "key twice": b"neurosim: 1\nneurosim: 1\n",
    "key that is a list": b"? [a, b]\n: 1\n",
    "missing anchor": b"a: *nowhere\n",
    "colon in a value": b"about: a: b\n",
    "huge number": b"seed: 1" + b"0" * 5000 + b"\n",
    "huge exponent": b"seed: 1e999999\n",
    "control character": b"name: a\x07b\n",
    "wrong indentation": b"data:\n  use: digits\n train: 5\n",
}


@pytest.mark.parametrize("kind", UNREADABLE)
@pytest.mark.parametrize("folder", ["scenarios", "devices", "mappings"])
def test_what_is_no_scenario_or_card_is_refused(
    kind: str, folder: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / folder / "wrong.yaml"
    path.parent.mkdir()
    path.write_bytes(UNREADABLE[kind])
    assert str(path) in check(path, capsys)


def test_a_million_keys_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "wrong.yaml").write_bytes(b"".join(b"k%d: 1\n" % n for n in range(150_000)))
    assert "wrong.yaml" in check(tmp_path / "wrong.yaml", capsys)


LINES = {  # what stands in the file, and the line that must be named
    "tab": 2,
    "unclosed quote": 3,
    "two documents": 2,
    "python tag": 1,
    "merge key": 2,
    "key twice": 2,
    "missing anchor": 1,
    "wrong indentation": 3,
}


@pytest.mark.parametrize("kind", LINES)
def test_broken_yaml_is_found_in_its_line(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_bytes(UNREADABLE[kind])
    assert f"{path}:{LINES[kind]}" in check(path, capsys)


@pytest.mark.parametrize("kind", UNREADABLE)
def test_a_scenario_that_uses_an_unreadable_card_is_refused(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.yaml").write_bytes(UNREADABLE[kind])
    path = write(tmp_path, scenario(hardware={"device": "mine"}))
    assert "mine.yaml" in check(path, capsys) or "hardware.device" in check(path, capsys)


@pytest.mark.parametrize("kind", UNREADABLE)
def test_a_scenario_that_extends_an_unreadable_one_is_refused(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "base.yaml").write_bytes(UNREADABLE[kind])
    check(write(tmp_path, {"extends": "base", "name": "child"}), capsys)


@pytest.mark.parametrize(
    "changes",
    [
        {"hardware": "hfo2-rram"},
        {"hardware": []},
        {"hardware": {}},
        {"hardware": {"device": 3}},
        {"hardware": {"device": ["hfo2-rram"]}},
        {"hardware": {"device": {"use": ["hfo2-rram"]}}},
        {"hardware": {"device": {"set": {"g_max": "1 uS"}}}},
        {"hardware": {"device": {"use": "hfo2-rram", "set": 3}}},
        {"hardware": {"device": {"use": "hfo2-rram", "set": {"g_max": 3}}}},
        {"hardware": {"device": {"use": "hfo2-rram", "set": {"conductance": 3}}}},
        {"hardware": {"device": {"use": "hfo2-rram", "set": {"conductance.min.x": 3}}}},
        {"hardware": {"device": {"use": "hfo2-rram", "set": {"g_max": "1 nS"}}}},
        {"hardware": {"device": {"use": "hfo2-rram", "set": {"model": "nonlinear"}}}},
        {"hardware": {"device": {"use": "hfo2-rram", "sett": {}}}},
        {"hardware": {"device": {"use": "../../etc/passwd"}}},
        {"hardware": {"device": {"use": "/etc/passwd"}}},
        {"hardware": {"device": {"use": "none.yaml"}}},
        {"hardware": {"device": {"use": ""}}},
        {"hardware": {"device": {"use": "a\0b"}}},
        {"hardware": {"device": "hfo2-rram", "mapping": "nowhere"}},
        {
            "hardware": {
                "device": "hfo2-rram",
                "mapping": {"use": "differential-tiles", "set": {"tile.rows.x": 1}},
            }
        },
        {"hardware": {"mapping": "differential-tiles"}},
        {"hardware": {"device": "hfo2-rram", "chip": 1}},
        {"network": {"layers": []}},
        {"network": {"layers": {"size": 10}}},
        {"network": {"layers": [{"neurons": "softmax", "size": 8}, {"neurons": "linear", "size": 10}]}},
        {"network": {"layers": [{"neurons": "linear", "size": 7}]}},
        {"network": {"layers": [{"neurons": "linear", "size": 10, "initial": {"use": "zeros", "std": 1.0}}]}},
        {"network": None},
        {"data": "digits"},
        {"data": {}},
        {"data": {"use": "csv"}},
        {"data": {"use": "csv", "path": "none.csv"}},
        {"data": {"use": "npz", "path": "none.npz"}},
        {"data": {"use": "mnist", "path": "nowhere"}},
        {"data": {"use": "digits", "path": "x.csv"}},
        {"data": {"use": "csv", "path": 3}},
        {"data": {"use": "csv", "path": "a\0b"}},
        {"learning": {}},
        {"learning": {"update": "sgd"}},
        {"learning": {"update": {"rate": 0.1}}},
        {"learning": {"update": {"rule": "adam", "momentum": 0.9}}},
        {"learning": {"update": {"rule": "sgd"}, "schedule": {"use": "step"}}},
        {"measure": []},
        {"measure": "accuracy"},
        {"measure": ["accuracy", "beauty"]},
        {"extends": 3},
        {"extends": "small.yaml"},
        {"extends": "nowhere.yaml"},
        {"extends": "/"},
        {"sweep": 3},
        {"sweep": {"grid": 3}},
        {"sweep": {"grid": {"seed": 3}}},
        {"sweep": {"grid": {"": [1]}}},
        {"sweep": {"grid": {".": [1]}}},
        {"sweep": {"grid": {"seed.": [1]}}},
        {"sweep": {"grid": {"network.layers.5.size": [1]}}},
        {"sweep": {"grid": {"network.layers.-1.size": [1]}}},
        {"sweep": {"grid": {"network.layers.x.size": [1]}}},
        {"sweep": {"grid": {"sweep.repeat": [1]}}},
        {"sweep": {"grid": {"extends": ["x"]}}},
        {"sweep": {"grid": {"data": [None]}}},
        {"sweep": {"list": []}},
        {"sweep": {"list": [3]}},
        {"sweep": {"list": {"seed": 1}}},
        {"sweep": {"zip": {"seed": [1, 2], "learning.epochs": [1]}}},
        {"sweep": {"repeat": 10**9}},
        {"sweep": {"grid": {f"a{n}": list(range(10)) for n in range(30)}}},
        {"sweep": {"grid": {"hardware.device": [{"use": "nowhere"}]}}},
        {"sweep": {"grid": {"hardware.device.g_max": ["1 uS", "80 us"]}}},
    ],
    ids=str,
)
def test_parts_of_the_wrong_shape_are_refused(
    changes: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path, scenario(**changes))
    said = check(path, capsys)
    assert f"{path}:" in said or "hfo2-rram.yaml:" in said


@pytest.mark.parametrize(
    "change",
    [
        "learning.epochs=2x", "learning.epoch=2", "learning.epochs", "=3", "learning..epochs=3", "a b=3",
        "learning.epochs=[", "learning.epochs={", "learning.epochs=*a", "learning.epochs=!!x 1", ".=1",
        "network.layers.9.size=1", "network.layers.size=1", "network=3", "data=null", "seed.x.y.z=1",
        "hardware.device.g_max=3", "hardware.mapping.adc.bits=99", "hardware.device.set.g_max=3 V", "=",
        "learning.epochs=" + "[" * 5000, "seed=1e5", "seed=-1", "neurosim=2", "neurosim=x", "",
        "sweep.repeat=0", "extends=digits-manhattan", "hardware.device=nowhere",
    ],
)  # fmt: skip
def test_wrong_overrides_are_named(change: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = check(write(tmp_path, on_hardware()), capsys, change)
    assert "command line: " in said


@pytest.mark.parametrize(
    "arguments",
    [
        [], ["fly"], ["run"], ["check"], ["run", "nowhere"], ["run", "nowhere.yaml"], ["run", "."],
        ["sweep", "digits-manhattan"], ["show", "nowhere"], ["compile", "mnist-backprop-adam"],
        ["mappings", "nowhere"], ["devices", "hfo2-rram", "-o", "x.txt"], ["report", "."],
        ["report", "nowhere"], ["devices", "nowhere"], ["run", "/dev/null"],
        ["results", "nowhere"], ["schema", "cat"], ["new", "Bad Name"], ["new", "../up"], ["new", ""],
        ["run", "digits-manhattan", "-j", "0"], ["run", "digits-manhattan", "-j", "many"], ["run", "a\0b"],
        ["check", "x" * 5000], ["run", "digits-manhattan", "--faster"],
    ],
    ids=str,
)  # fmt: skip
def test_wrong_commands_are_refused(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as left:
        main(arguments)
    said = capsys.readouterr()
    assert left.value.code == 2
    assert (said.err or said.out) and "Traceback" not in said.err
    assert list(tmp_path.iterdir()) == []


def test_a_few_in_a_process_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "junk.yaml").write_bytes(UNREADABLE["binary junk"])
    write(tmp_path, scenario(seed=-1), "seed.yaml")
    for arguments in (["check", "junk.yaml"], ["run", "seed.yaml"], ["sweep", "none.yaml"]):
        done = neurosim(*arguments, cwd=tmp_path)
        assert done.returncode == 2
        assert arguments[1] in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("text", "message"),
    [("a,b,class\n1,x,0\n", "x"), ("a,b,class\n", ""), ("", ""), ("a,b,class\n1,2,0\n1,2\n", "")],
)
def test_data_that_cannot_be_used_are_the_users_mistake(
    text: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "mine.csv").write_text(text)
    layers = [{"neurons": "linear", "size": 2}]
    path = write(tmp_path, scenario(data={"use": "csv", "path": "mine.csv"}, network={"layers": layers}))
    with pytest.raises(SystemExit) as left:
        main(["run", str(path), "-f", str(tmp_path / "runs")])
    said = capsys.readouterr().err
    assert left.value.code == 2 and "mine.csv" in said and message in said and "Traceback" not in said
