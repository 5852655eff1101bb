"""One door to every data set."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from neurosim.datasets import digits, mnist, mnist1d, table
from neurosim.datasets.dataset import Dataset, rescale, stratified
from neurosim.datasets.spec import BUILT_IN_CLASSES, DataSpec
from neurosim.documents import Document
from neurosim.errors import InputError
from neurosim.schema import validate

_DIGITS_TEST = 360  # a fifth of 1,797
_DIGITS_FULL_SCALE = 16.0
_BYTE_FULL_SCALE = 255.0


def load(use: str | DataSpec, *, folder: Path | str | None = None, **options: Any) -> Dataset:
    """Load a data set.

    Parameters
    ----------
    use : str or DataSpec
        "digits", "mnist", "mnist1d", "csv", "npz", or a whole specification.
    folder : path, optional
        Where relative paths start; the current folder when left out.
    **options
        With a name: the other fields of `DataSpec` (train, test, path, scale, …).

    Returns
    -------
    Dataset

    Raises
    ------
    InputError
        When the data cannot be found or read, or an option does not fit.

    Examples
    --------
    >>> load("digits", train=500)
    Dataset(digits: 500 training and 360 test samples, 64 features, 10 classes)
    """
    if isinstance(use, DataSpec) and options:
        raise InputError(f"a DataSpec holds its own options; {', '.join(options)} cannot be given beside it")
    spec = use if isinstance(use, DataSpec) else _spec(use, options)
    path, test_path = (
        None if p is None else Path(folder or ".") / Path(p).expanduser() for p in (spec.path, spec.test_path)
    )
    if spec.use == "csv" and path is not None:
        data = table.read_csv(spec, path, test_path)
    elif spec.use == "npz" and path is not None:
        data = table.read_npz(spec, path)
    elif spec.use == "mnist":
        data = _mnist(spec, path)
    else:
        data = _digits(spec) if spec.use == "digits" else _mnist1d(spec)
    return data.first(spec.train, spec.test)


def _spec(use: str, options: dict[str, Any]) -> DataSpec:
    paths = {name: str(value) for name, value in options.items() if isinstance(value, Path)}
    return validate(DataSpec, Document({"use": use, **options, **paths}, "datasets.load"))


def _digits(spec: DataSpec) -> Dataset:
    pixels, labels = digits.read()
    order = stratified(labels, 0, "digits")
    test, train = order[:_DIGITS_TEST], order[_DIGITS_TEST:]
    x_train, x_test = rescale(
        pixels[train], pixels[test], spec.scale or "unit", full_scale=_DIGITS_FULL_SCALE
    )
    return Dataset("digits", x_train, labels[train], x_test, labels[test], BUILT_IN_CLASSES, (8, 8))


def _mnist(spec: DataSpec, path: Path | None) -> Dataset:
    images, labels, test_images, test_labels = mnist.read(path, spec.train, spec.test)
    x_train, x_test = rescale(
        images.reshape(len(images), -1),
        test_images.reshape(len(test_images), -1),
        spec.scale or "unit",
        full_scale=_BYTE_FULL_SCALE,
    )
    height, width = images.shape[1:]
    y_train, y_test = labels.astype(np.int64), test_labels.astype(np.int64)
    return Dataset("mnist", x_train, y_train, x_test, y_test, BUILT_IN_CLASSES, (height, width))


def _mnist1d(spec: DataSpec) -> Dataset:
    x, y = mnist1d.generate()
    cut = mnist1d.TRAIN
    x_train, x_test = rescale(x[:cut], x[cut:], spec.scale or "none")
    return Dataset("mnist1d", x_train, y[:cut], x_test, y[cut:], BUILT_IN_CLASSES)
