"""One door to every data set."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from neurosim.datasets.dataset import Dataset, rescale, stratified
from neurosim.datasets.spec import BUILT_IN_CLASSES, DataSpec
from neurosim.errors import InputError

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
    spec = use if isinstance(use, DataSpec) else _spec(use, options)
    if isinstance(use, DataSpec) and options:
        raise InputError("options belong to a name; a DataSpec already holds them")
    if spec.use == "csv":
        data = _read_csv(spec, folder)
    elif spec.use == "npz":
        data = _read_npz(spec, folder)
    else:
        data = {"digits": _digits, "mnist": _mnist, "mnist1d": _mnist1d}[spec.use](spec, folder)
    return data.first(spec.train, spec.test)
