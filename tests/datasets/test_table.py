"""The user's own data: CSV tables and npz files, and what is said of broken ones."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim.datasets import load
from neurosim.errors import InputError

FLOWERS = """length,width,note,kind
5.1,3.5,1,setosa
4.9,3.0,2,setosa
7.0,3.2,3,versicolor
6.4,3.2,4,versicolor
6.3,3.3,5,virginica
5.8,2.7,6,virginica
"""


@pytest.fixture
def flowers(tmp_path):
    path = tmp_path / "flowers.csv"
    path.write_text(FLOWERS)
    return path


def whole(data):
    """All samples with their class names, sorted: independent of the split."""
    x = np.concatenate([data.x_train, data.x_test])
    y = [data.class_names[i] for i in np.concatenate([data.y_train, data.y_test])]
    return sorted((*np.round(row, 4).tolist(), label) for row, label in zip(x, y, strict=True))


def test_last_column_is_the_label_and_a_share_of_each_class_is_set_aside(flowers):
    data = load("csv", path="flowers.csv", folder=flowers.parent, test=3)
    assert data.name == "flowers" and data.class_names == ("setosa", "versicolor", "virginica")
    assert data.features == 3
    assert sorted(data.y_test) == [0, 1, 2] and sorted(data.y_train) == [0, 1, 2]
    assert whole(data)[0] == (pytest.approx(4.9), 3.0, 2.0, "setosa")


def test_a_fifth_is_set_aside_by_default(flowers):
    assert len(load("csv", path=str(flowers)).x_test) == 1


def test_columns_by_name_and_by_number(flowers):
    named = load("csv", path=str(flowers), features=["width", "length"], label="kind")
    numbered = load("csv", path=str(flowers), features=[1, 0], label=-1)
    np.testing.assert_array_equal(named.x_train, numbered.x_train)
    assert (3.5, pytest.approx(5.1), "setosa") in whole(named)


def test_no_header_other_delimiter_and_label_in_front(tmp_path):
    (tmp_path / "ecg.txt").write_text("-1;0.5;0.25\n1;1.5;1.25\n\n-1;2.5;2.25\n1;3.5;3.25\n")
    data = load("csv", path=str(tmp_path / "ecg.txt"), header=False, delimiter=";", label=0, test=2)
    assert data.class_names == ("-1", "1")
    assert whole(data) == [(0.5, 0.25, "-1"), (1.5, 1.25, "1"), (2.5, 2.25, "-1"), (3.5, 3.25, "1")]


def test_labels_that_are_numbers_keep_their_order(tmp_path):
    (tmp_path / "t.csv").write_text("x,y\n" + "".join(f"{i},{i % 11}\n" for i in range(44)))
    assert load("csv", path=str(tmp_path / "t.csv")).class_names == tuple(str(i) for i in range(11))


def test_second_file_is_the_test_set(flowers):
    other = flowers.parent / "new.csv"
    other.write_text("length,width,note,kind\n1,2,3,virginica\n")
    data = load("csv", path=str(flowers), test_path=str(other))
    assert len(data.x_train) == 6 and data.x_test.tolist() == [[1, 2, 3]] and data.y_test.tolist() == [2]


def test_columns_are_scaled_one_by_one(flowers):
    data = load("csv", path=str(flowers), scale="unit", test=1)
    np.testing.assert_allclose(data.x_train.min(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(data.x_train.max(axis=0), 1, atol=1e-6)


def test_split_seed_changes_the_split(flowers):
    first = load("csv", path=str(flowers), test=3).x_test
    assert any(
        not np.array_equal(first, load("csv", path=str(flowers), test=3, split_seed=seed).x_test)
        for seed in (1, 2, 3)
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"label": "knd"}, "flowers.csv:1: no column 'knd'"),
        ({"label": "knd"}, "did you mean 'kind'"),
        ({"label": 9}, "no column 9"),
        ({"label": "kind", "features": ["kind", "width"]}, "cannot also be an input"),
        ({"header": False, "label": "kind"}, "no header"),
        ({"label": "length"}, "flowers.csv:2: 'setosa' in 'kind' is not a finite number"),
        ({"test": 6}, "6 samples wanted for testing, and flowers has 6 in all"),
        ({"train": 9}, "train: 9 samples wanted"),
        ({"path": "nowhere.csv"}, "nowhere.csv cannot be read"),
    ],
)
def test_wrong_columns_and_sizes_are_explained(flowers, options, message):
    with pytest.raises(InputError, match=message):
        load("csv", **{"path": str(flowers), **options})


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no samples"),
        ("x,y\n", "holds no samples"),
        ("x,y\n1,a\n2,b\n3\n", "bad.csv:4: 1 columns, and 2 in the first line"),
        ("x,y\n1,a\nnan,b\n", "bad.csv:3: 'nan' in 'x' is not a finite number"),
        ("x,y\n1,a\n1e999,b\n", "bad.csv:3: '1e999' in 'x'"),
        ("x,y\n1,a\n,b\n", "bad.csv:3: '' in 'x'"),
        ("x,y\n1,a\n2,\n", "bad.csv:3: the label in 'y' is empty"),
        ("x,y\n1,a\n2,a\n3,a\n", "expected two classes or more"),
        ("y\na\nb\n", "cannot also be an input|label"),
        ('x,y\n"1,a\n2,b\n', "bad.csv"),
    ],
)
def test_broken_tables_are_refused_with_the_line(tmp_path, text, message):
    (tmp_path / "bad.csv").write_text(text)
    with pytest.raises(InputError, match=message):
        load("csv", path=str(tmp_path / "bad.csv"))


def test_binary_junk_is_refused(tmp_path):
    (tmp_path / "junk.csv").write_bytes(bytes(range(256)) * 20)
    with pytest.raises(InputError, match=r"junk\.csv"):
        load("csv", path=str(tmp_path / "junk.csv"))


def test_unknown_class_in_the_test_file_is_refused(flowers):
    other = flowers.parent / "new.csv"
    other.write_text("length,width,note,kind\n1,2,3,rose\n")
    with pytest.raises(InputError, match="class 'rose' occurs in the test samples and never in training"):
        load("csv", path=str(flowers), test_path=str(other))


def test_npz_with_its_own_test_set(tmp_path):
    x = np.arange(24.0).reshape(4, 2, 3)
    np.savez(tmp_path / "d.npz", x_train=x, y_train=[0, 1, 0, 1], x_test=x[:1], y_test=[1])
    data = load("npz", path=str(tmp_path / "d.npz"))
    assert data.image_shape == (2, 3) and data.y_test.tolist() == [1]
    np.testing.assert_array_equal(data.x_train, x.reshape(4, 6))


def test_npz_without_a_test_set_is_split(tmp_path):
    np.savez(
        tmp_path / "d.npz", x=np.random.default_rng(0).normal(size=(50, 3)), y=np.repeat(["on", "off"], 25)
    )
    data = load("npz", path=str(tmp_path / "d.npz"))
    assert len(data.x_train) == 40 and np.bincount(data.y_test).tolist() == [5, 5]
    assert data.class_names == ("off", "on")


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"a": [1.0]}, "holds a; expected x_train"),
        ({"x": np.zeros(3), "y": np.zeros(3, int)}, r"x has shape \(3,\)"),
        ({"x": np.full((3, 2), np.inf), "y": np.array([0, 1, 1])}, "x must hold finite numbers"),
        ({"x": np.zeros((3, 2)), "y": np.array([0, 1])}, "x has 3 samples and y has 2"),
        ({"x": np.zeros((3, 2)), "y": np.array([0.5, 1, 2])}, "one whole number or name"),
        ({"x": np.array([["a", "b"]]), "y": np.array([0])}, "x must hold finite numbers"),
        ({"x": np.array([[{}]], dtype=object), "y": np.array([0])}, "plain numbers"),
    ],
)
def test_unfitting_arrays_are_refused(tmp_path, arrays, message):
    np.savez(tmp_path / "d.npz", **arrays)
    with pytest.raises(InputError, match=message):
        load("npz", path=str(tmp_path / "d.npz"))


def test_files_that_are_not_npz_are_refused(tmp_path):
    np.save(tmp_path / "one.npy", np.zeros(3))
    (tmp_path / "junk.npz").write_bytes(b"PK\x03\x04 and then nothing")
    (tmp_path / "text.npz").write_text("hello")
    for name in ("one.npy", "junk.npz", "text.npz", "missing.npz"):
        with pytest.raises(InputError, match=name):
            load("npz", path=str(tmp_path / name))
