from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurosim import documents
from neurosim.errors import InputError


def test_scalars_follow_yaml_1_2() -> None:
    text = "a: 1e-6\nb: on\nc: 010\nd: '5'\ne: 1:30\nf: ~\n"
    text += "g: 1_000\nh: no\ni: true\nj: .5\nk: -3\nl: 0x10\nm: Null"
    assert documents.loads(text).data == {
        "a": 1e-6, "b": "on", "c": 10, "d": "5", "e": "1:30", "f": None, "g": "1_000", "h": "no",
        "i": True, "j": 0.5, "k": -3, "l": "0x10", "m": None,
    }  # fmt: skip


def test_every_key_and_value_remembers_its_place() -> None:
    document = documents.loads("a:\n  - {b: 1, c: two}\n", "s.yaml")
    assert str(document.where(("a", 0, "c"))) == "s.yaml:2:15"
    assert str(document.where(("a", 0, "c"), key=True)) == "s.yaml:2:12"
    assert document.where(("a", 0, "c")).text == "  - {b: 1, c: two}"
    assert str(document.where(("a", 0, "missing", 3))) == "s.yaml:2:5"


def test_an_alias_is_a_copy_with_the_places_of_its_anchor() -> None:
    document = documents.loads("a: &x {v: [1, 2]}\nb: *x\n", "s.yaml")
    document.data["a"]["v"].append(3)
    assert document.data["b"] == {"v": [1, 2]}
    assert str(document.where(("b", "v", 1))) == "s.yaml:1:15"


def test_all_mistakes_of_the_reader_come_together() -> None:
    with pytest.raises(InputError) as caught:
        documents.loads("a: 1\na: 2\n<<: 3\nb: !!python/object:os.system x\n[1]: 2\nc: *nowhere\n", "s.yaml")
    assert [problem.where.line for problem in caught.value.problems if problem.where] == [2, 3, 4, 5, 6]
    assert "first in line 1" in str(caught.value)


BOMB = "a: &a [1,1,1,1,1,1,1,1,1]\n" + "".join(
    f"{name}: &{name} [{','.join(['*' + chr(ord(name) - 1)] * 9)}]\n" for name in "bcdefghij"
)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (BOMB, "once aliases are expanded"),
        ("[" * 100_000, "nested deeper"),
        ("a: " * 3 + "1", "not valid YAML"),
        ("a: [1, 2", "not valid YAML"),
        ("a: 'x", "not valid YAML"),
        ("a: 1\n\tb: 2", "not valid YAML"),
        ("a: 1\n---\nb: 2", "second document"),
        ("\x00\x01\x02", "does not allow"),
        ("%YAML 9\n---\na: 1", "not valid YAML"),
    ],
)
def test_refuses_text_that_is_no_scenario(text: str, says: str) -> None:
    with pytest.raises(InputError, match=says):
        documents.loads(text)


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused_and_never_breaks(text: str) -> None:
    try:
        documents.loads(text)
    except InputError as error:
        assert str(error)


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    path = tmp_path_factory.mktemp("bytes") / "x.yaml"
    path.write_bytes(content)
    try:
        documents.load(path)
    except InputError as error:
        assert "x.yaml" in str(error)


def test_unreadable_files_are_refused_by_name(tmp_path: Path) -> None:
    large = tmp_path / "large.yaml"
    large.write_text("a: 1\n" * 2_000_000)
    for path, says in [(large, "10.0 MB"), (tmp_path, "folder"), (tmp_path / "no.yaml", "there is no file")]:
        with pytest.raises(InputError, match=says):
            documents.load(path)
    with pytest.raises(InputError, match="cannot read"):
        documents.load("a\0b")
