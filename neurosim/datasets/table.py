"""The user's own data: a CSV table with one sample a line, or an npz file of arrays."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, is_zipfile

import numpy as np
import numpy.typing as npt

from neurosim.datasets.dataset import Dataset, rescale, stratified
from neurosim.datasets.spec import DataSpec
from neurosim.errors import InputError, Location, Problem, did_you_mean, one_of

_TEST_SHARE = 0.2
Column = str | int


def read_csv(spec: DataSpec, path: Path, test_path: Path | None) -> Dataset:
    """Read a CSV table (and, if given, a second one to test on) as `spec` says.

    Raises
    ------
    InputError
        Naming file, line and column of a cell that is not a number, a row of the wrong length, an
        unknown column, or a test class that never occurs in training.
    """
    x, labels = _read_table(spec, path)
    if test_path is None:
        x_train, train, x_test, test = _split(x, np.array(labels), spec, path.stem)
    else:
        x_train, train = x, np.array(labels)
        x_test, more = _read_table(spec, test_path)
        test = np.array(more)
        if x_test.shape[1] != x_train.shape[1]:
            raise InputError(
                f"{test_path} has {x_test.shape[1]} input columns and {path} has {x_train.shape[1]}"
            )
    return _dataset(spec, path.stem, x_train, train, x_test, test)


def read_npz(spec: DataSpec, path: Path) -> Dataset:
    """Read `x_train`, `y_train`, `x_test`, `y_test`, or `x` and `y`, from an npz file.

    Raises
    ------
    InputError
        When the file cannot be read, holds neither set of names, or its arrays do not fit together.
    """
    names: tuple[str, ...] = ("x_train", "y_train", "x_test", "y_test")
    if path.is_file() and not is_zipfile(path):
        raise InputError(f"{path} is not an npz file")
    try:
        with np.load(path, allow_pickle=False) as file:
            if not all(name in file for name in names):
                names = ("x", "y")
            if not all(name in file for name in names):
                raise InputError(
                    f"{path} holds {', '.join(file) or 'no arrays'}; expected x_train, y_train, x_test "
                    "and y_test, or x and y"
                )
            arrays = {name: file[name] for name in names}
    except (OSError, EOFError, BadZipFile) as error:
        raise InputError(f"{path} cannot be read: {error}") from None
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError(f"{path} is not an npz file of plain numbers: {error}") from None
    for name, values in arrays.items():
        _check_array(path, name, values)
    for x_name, y_name in zip(names[::2], names[1::2], strict=True):
        if len(arrays[x_name]) != len(arrays[y_name]):
            raise InputError(
                f"{path}: {x_name} has {len(arrays[x_name])} samples and {y_name} has {len(arrays[y_name])}"
            )
    flat = [values.reshape(len(values), -1) if values.ndim > 1 else values for values in arrays.values()]
    x_train, train, x_test, test = flat if len(flat) == 4 else _split(flat[0], flat[1], spec, path.stem)
    shape = arrays[names[0]].shape[1:]
    image_shape = (shape[0], shape[1]) if len(shape) == 2 else None
    return _dataset(spec, path.stem, x_train, train, x_test, test, image_shape)


def _check_array(path: Path, name: str, values: npt.NDArray[Any]) -> None:
    if name.startswith("x"):
        if values.ndim < 2 or values.size == 0:
            raise InputError(f"{path}: {name} has shape {values.shape}; expected (samples, features)")
        if values.dtype.kind not in "biuf" or not np.isfinite(values).all():
            raise InputError(f"{path}: {name} must hold finite numbers")
    elif values.ndim != 1 or values.dtype.kind not in "iuUSb":
        raise InputError(
            f"{path}: {name} has shape {values.shape} and type {values.dtype}; expected one whole "
            "number or name for each sample"
        )


def _read_table(spec: DataSpec, path: Path) -> tuple[npt.NDArray[np.float64], list[str]]:
    """Inputs (samples, features) and the text of every label."""
    rows: list[npt.NDArray[np.float64]] = []
    labels: list[str] = []
    names: list[str] = []
    inputs: list[int] = []
    label = 0
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file, delimiter=spec.delimiter)
            for cells in reader:
                if not cells:
                    continue
                where = Location(str(path), reader.line_num)
                if not names:
                    names = [cell.strip() for cell in cells] if spec.header else []
                    label = _find(-1 if spec.label is None else spec.label, names, len(cells), where)
                    chosen = spec.features or [i for i in range(len(cells)) if i != label]
                    inputs = [_find(column, names, len(cells), where) for column in chosen]
                    if not inputs or label in inputs:
                        raise InputError(Problem("the label cannot also be an input column", where))
                    width = len(cells)
                    if spec.header:
                        continue
                    names = [f"column {i}" for i in range(width)]
                if len(cells) != width:
                    raise InputError(Problem(f"{len(cells)} columns, and {width} in the first line", where))
                rows.append(_numbers([cells[i] for i in inputs], [names[i] for i in inputs], where))
                labels.append(cells[label].strip())
                if not labels[-1]:
                    raise InputError(Problem(f"the label in '{names[label]}' is empty", where))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path} cannot be read as a CSV table: {error}") from None
    if not rows:
        raise InputError(f"{path} holds no samples")
    return np.stack(rows), labels


def _find(column: Column, names: Sequence[str], width: int, where: Location) -> int:
    """The position of a column given by name or by number."""
    if isinstance(column, str):
        if column in names:
            return names.index(column)
        if not names:
            raise InputError(Problem(f"column '{column}' needs names, and the table has no header", where))
        raise InputError(Problem(f"no column '{column}'", where, one_of(names), did_you_mean(column, names)))
    if not -width <= column < width:
        raise InputError(Problem(f"no column {column}", where, f"a number from {-width} to {width - 1}"))
    return column % width


def _numbers(cells: list[str], names: list[str], where: Location) -> npt.NDArray[np.float64]:
    try:
        row = np.array(cells, dtype=np.float64)
        if np.isfinite(row).all():
            return row
    except ValueError:
        pass
    for cell, name in zip(cells, names, strict=True):
        try:
            finite = np.isfinite(float(cell))
        except ValueError:
            finite = False
        if not finite:
            raise InputError(Problem(f"'{cell.strip()}' in '{name}' is not a finite number", where))
    raise InputError(Problem("this line does not hold numbers", where))


def _split(
    x: npt.NDArray[Any], labels: npt.NDArray[Any], spec: DataSpec, name: str
) -> tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any]]:
    """Set a share of every class aside for testing."""
    count = spec.test if spec.test is not None else max(1, round(_TEST_SHARE * len(x)))
    if count >= len(x):
        raise InputError(f"test: {count} samples wanted for testing, and {name} has {len(x)} in all")
    order = stratified(labels, spec.split_seed, name)
    test, train = order[:count], order[count:]
    return x[train], labels[train], x[test], labels[test]


def _dataset(
    spec: DataSpec,
    name: str,
    x_train: npt.NDArray[Any],
    train: npt.NDArray[Any],
    x_test: npt.NDArray[Any],
    test: npt.NDArray[Any],
    image_shape: tuple[int, int] | None = None,
) -> Dataset:
    names = sorted({str(label) for label in train.tolist()}, key=_natural)
    numbers = {label: index for index, label in enumerate(names)}
    unseen = sorted({str(label) for label in test.tolist()} - set(names), key=_natural)
    if unseen:
        raise InputError(f"{name}: class '{unseen[0]}' occurs in the test samples and never in training")
    if len(names) < 2:
        raise InputError(
            f"{name}: all training samples are of class '{names[0]}'; expected two classes or more"
        )
    y_train, y_test = (np.array([numbers[str(label)] for label in part.tolist()]) for part in (train, test))
    x_train, x_test = rescale(x_train, x_test, spec.scale or "none", per_column=image_shape is None)
    return Dataset(name, x_train, y_train, x_test, y_test, len(names), image_shape, tuple(names))


def _natural(label: str) -> tuple[int, float, str]:
    """Sort labels that are numbers by value, and before words."""
    try:
        return 0, float(label), label
    except ValueError:
        return 1, 0.0, label
