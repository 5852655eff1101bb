"""MNIST, the 70,000 handwritten digits of 28x28 pixels: found on disk, or fetched once from OpenML.

Looked for in this order, as the four idx files of the original distribution (plain or .gz):

1. the folder `path:` of the scenario,
2. `$NEUROSIM_DATA/mnist`, then `$NEUROSIM_DATA`,
3. what an earlier download left in the cache,
4. OpenML's "mnist_784" through scikit-learn, kept in the cache as idx files.

Any data set in the same four files (Fashion-MNIST, KMNIST) loads from `path:` too.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.datasets.idx import read_idx, write_idx
from neurosim.errors import InputError

_FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)
_TRAIN = 60_000  # OpenML keeps the original order: the training set first

Arrays = tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8], npt.NDArray[np.uint8], npt.NDArray[np.uint8]]


def read(path: Path | None, train: int | None, test: int | None) -> Arrays:
    """Return images (n, rows, columns) and labels (n,) for training and testing, as bytes.

    Raises
    ------
    InputError
        When the files are not found and cannot be downloaded, or are damaged.
    """
    if path is not None:
        files = _in_folder(path)
        if files is None:
            raise InputError(f"{path} does not hold the MNIST files {', '.join(_FILES)} (plain or .gz)")
        return _read_files(files, train, test)
    for folder in _folders():
        files = _in_folder(folder)
        if files is not None:
            return _read_files(files, train, test)
    images, labels = _download()
    arrays = (images[:_TRAIN], labels[:_TRAIN], images[_TRAIN:], labels[_TRAIN:])
    _keep(arrays)
    return arrays


def _folders() -> list[Path]:
    """Where the files may lie when the scenario names no folder."""
    own = os.environ.get("NEUROSIM_DATA")
    return ([Path(own) / "mnist", Path(own)] if own else []) + [_cache()]


def _cache() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "neurosim" / "mnist"


def _in_folder(folder: Path) -> list[Path] | None:
    """The four files in `folder`, or None unless all of them are there."""
    found = []
    for name in _FILES:
        present = [path for path in (folder / name, folder / f"{name}.gz") if path.is_file()]
        if not present:
            return None
        found.append(present[0])
    return found


def _read_files(files: list[Path], train: int | None, test: int | None) -> Arrays:
    parts = []
    for (images, labels), first in zip((files[:2], files[2:]), (train, test), strict=True):
        x, y = read_idx(images, first), read_idx(labels, first)
        if x.ndim != 3 or y.ndim != 1 or len(x) != len(y):
            raise InputError(f"{images} and {labels} do not belong together: shapes {x.shape} and {y.shape}")
        parts += [x, y]
    return parts[0], parts[1], parts[2], parts[3]


def _download() -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8]]:
    from sklearn.datasets import fetch_openml

    try:
        found: Any = fetch_openml("mnist_784", version=1, as_frame=False, parser="liac-arff", n_retries=1)
    except (OSError, ValueError) as error:
        looked = ", ".join(str(folder) for folder in _folders())
        raise InputError(
            "MNIST is not on this machine and could not be downloaded.\n"
            f"    Either put the files {', '.join(_FILES)} (plain or .gz)\n"
            "    into a folder and name it: `path:` under `data:` in the scenario, or the environment "
            "variable NEUROSIM_DATA;\n"
            "    or run once with a network, and scikit-learn fetches it from OpenML.\n"
            f"    Looked in: {looked}. The download said: {error}"
        ) from None
    return found.data.astype(np.uint8).reshape(-1, 28, 28), found.target.astype(np.uint8)


def _keep(arrays: Arrays) -> None:
    """Keep a download as idx files; a cache that cannot be written only costs the next run its time."""
    folder = _cache()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, values in zip(_FILES, arrays, strict=True):
            # Renamed into place, so that a broken write never looks like a finished file.
            partial = folder / f".{name}.{os.getpid()}"
            write_idx(partial, values)
            partial.replace(folder / name)
    except OSError:
        pass
