"""The bundled digits, their fixed split, and the options that every data set shares."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from sklearn.datasets import load_digits

from neurosim.datasets import Dataset, DataSpec, digits, load
from neurosim.datasets.dataset import rescale, stratified
from neurosim.documents import Document
from neurosim.errors import InputError
from neurosim.schema import validate


def test_every_sample_is_used_once_and_scaled_by_sixteen():
    data = load("digits")
    pixels, labels = load_digits(return_X_y=True)
    assert data.x_train.shape == (1437, 64) and data.x_test.shape == (360, 64)
    assert data.image_shape == (8, 8) and data.classes == 10
    ours = np.concatenate([data.x_train * 16, data.x_test * 16])
    rows = np.column_stack([ours, np.concatenate([data.y_train, data.y_test])])
    expected = np.column_stack([pixels, labels])
    np.testing.assert_array_equal(rows[np.lexsort(rows.T)], expected[np.lexsort(expected.T)])


def test_without_the_file_scikit_learn_is_asked(monkeypatch):
    fast = digits.read()
    monkeypatch.setattr(digits, "_file", lambda: None)
    for ours, theirs in zip(fast, digits.read(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_digits_are_read_without_importing_scikit_learn():
    code = "import sys; from neurosim.datasets import load; load('digits'); print('sklearn' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_split_is_fixed():
    data = load("digits")
    assert data.y_test[:12].tolist() == [3, 1, 5, 4, 6, 9, 7, 0, 2, 8, 3, 1]
    assert int((data.x_test * 16).sum()) == 111306


def test_each_class_has_its_share_in_both_parts_and_in_every_beginning():
    data = load("digits")
    share = np.bincount(np.concatenate([data.y_train, data.y_test])) / 1797
    for labels in (data.y_train, data.y_test, data.y_train[:200], data.y_test[:100]):
        assert np.abs(np.bincount(labels, minlength=10) - share * len(labels)).max() <= 1.5


def test_subset_is_the_beginning_of_the_whole():
    whole, part = load("digits"), load("digits", train=100, test=50)
    np.testing.assert_array_equal(part.x_train, whole.x_train[:100])
    np.testing.assert_array_equal(part.y_test, whole.y_test[:50])


def test_scales():
    raw = load("digits", scale="none")
    assert raw.x_train.max() == 16
    unit = load("digits", scale="unit")
    np.testing.assert_allclose(unit.x_test * 16, raw.x_test)
    standard = load("digits", scale="standardise")
    assert standard.x_train.mean(dtype=np.float64) == pytest.approx(0, abs=1e-5)
    assert standard.x_train.std(dtype=np.float64) == pytest.approx(1, abs=1e-5)


def test_scaling_by_column_leaves_a_constant_column_at_zero():
    x = np.array([[1.0, 5.0], [3.0, 5.0]])
    train, test = rescale(x, np.array([[2.0, 6.0]]), "unit", per_column=True)
    np.testing.assert_allclose(train, [[0, 0], [1, 0]])
    np.testing.assert_allclose(test, [[0.5, 0]])


def test_stratified_order_depends_on_the_seed_only():
    labels = np.array(list("aaabbbbbbc"))
    first = stratified(labels, 1, "mine")
    assert sorted(first) == list(range(10))
    np.testing.assert_array_equal(first, stratified(labels, 1, "mine"))
    assert any(not np.array_equal(first, stratified(labels, seed, "mine")) for seed in (2, 3, 4))


def test_specification_and_name_give_the_same():
    by_spec = load(DataSpec(use="digits", train=20))
    np.testing.assert_array_equal(by_spec.x_train, load("digits", train=20).x_train)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"use": "digit"}, "did you mean 'digits'"),
        ({"use": "digits", "trian": 5}, "did you mean 'train'"),
        ({"use": "digits", "train": 0}, "at least 1"),
        ({"use": "digits", "train": "many"}, "whole number"),
        ({"use": "digits", "test": 361}, "test: 361 samples wanted, and digits has 360"),
        ({"use": "digits", "scale": "log"}, "one of unit, standardise, none"),
        ({"use": "digits", "path": "x.csv"}, "belongs to mnist and csv and npz"),
        ({"use": "npz", "path": "x.npz", "label": 3}, "belongs to csv data"),
        ({"use": "csv"}, "needs a path"),
    ],
)
def test_wrong_options_are_explained(options, message):
    with pytest.raises(InputError, match=message):
        load(**options)


def test_options_beside_a_specification_are_refused():
    with pytest.raises(InputError, match="train"):
        load(DataSpec(use="digits"), train=3)


def test_mistakes_of_a_document_are_all_found_in_one_go():
    document = Document({"use": "digits", "label": "class", "tets": 3, "scale": "half"}, "data.yaml")
    with pytest.raises(InputError) as caught:
        validate(DataSpec, document)
    assert len(caught.value.problems) == 3


def test_dataset_of_ones_own_is_checked():
    x, y = np.zeros((4, 3)), np.array([0, 1, 0, 1])
    assert Dataset("mine", x, y, x, y, classes=2, class_names=("off", "on")).features == 3
    for change, message in [
        ({"y_train": np.array([0, 1, 2, 0])}, "y_train must be from 0 to 1"),
        ({"x_test": np.zeros((4, 2))}, "x_test has shape"),
        ({"x_train": np.full((4, 3), np.nan)}, "x_train must be finite"),
        ({"x_train": x[:0], "y_train": y[:0]}, "x_train holds no samples"),
        ({"image_shape": (2, 2)}, "image_shape"),
        ({"class_names": ("a",)}, "class_names"),
    ]:
        fields = {"x_train": x, "y_train": y, "x_test": x, "y_test": y, "classes": 2} | change
        with pytest.raises(InputError, match=message):
            Dataset("mine", **fields)


def test_a_specification_costs_no_heavy_import():
    code = (
        "import sys; from neurosim.datasets.spec import DataSpec; DataSpec(use='digits');"
        "print([m for m in ('numba', 'scipy', 'sklearn', 'matplotlib') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
