"""The 1,797 handwritten digits of 8x8 pixels that come with scikit-learn.

Source: E. Alpaydin and C. Kaynak, "Optical recognition of handwritten digits", UCI machine learning
repository, 1998, doi:10.24432/C50P49 (its test set): 43 writers, pixels from 0 to 16.
"""

from __future__ import annotations

import gzip
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt


def read() -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    """Return pixels (1797, 64) from 0 to 16, and classes (1797,)."""
    path = _file()
    if path is None:
        from sklearn.datasets import load_digits

        pixels, labels = load_digits(return_X_y=True)
        return pixels, labels
    with gzip.open(path, "rt", encoding="ascii") as file:
        table = np.loadtxt(file, delimiter=",", dtype=np.int64)
    return table[:, :-1], table[:, -1]


def _file() -> Path | None:
    """scikit-learn's own file: to import scikit-learn only for its path would take a second."""
    package = find_spec("sklearn")
    if package is None or package.origin is None:
        return None
    path = Path(package.origin).parent / "datasets" / "data" / "digits.csv.gz"
    return path if path.is_file() else None
