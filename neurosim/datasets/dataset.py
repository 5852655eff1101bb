"""What every loader returns: samples with labels, split into a training and a test part."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from neurosim import checks
from neurosim.errors import InputError
from neurosim.random import stream

Scale = Literal["unit", "standardise", "none"]


@dataclass(frozen=True, eq=False)
class Dataset:
    """Samples with labels.

    Parameters
    ----------
    name : str
    x_train, x_test : array_like
        Inputs, (samples, features), kept as float32.
    y_train, y_test : array_like
        Classes counted from 0, (samples,), kept as int64.
    classes : int
        Number of classes.
    image_shape : tuple of int, optional
        (height, width) when a sample is a picture.
    class_names : tuple of str, optional
        What the classes are called; "0", "1", … when left out.

    Raises
    ------
    InputError
        When shapes do not agree, a value is not finite, or a label is not from 0 to classes - 1.
    """

    name: str
    x_train: npt.NDArray[np.float32]
    y_train: npt.NDArray[np.int64]
    x_test: npt.NDArray[np.float32]
    y_test: npt.NDArray[np.int64]
    classes: int
    image_shape: tuple[int, int] | None = None
    class_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        checks.whole("classes", self.classes, low=2)
        features = np.shape(self.x_train)[1] if np.ndim(self.x_train) == 2 else None
        for part in ("train", "test"):
            x = checks.array(f"x_{part}", getattr(self, f"x_{part}"), shape=(None, features))
            labels = getattr(self, f"y_{part}")
            y = checks.array(
                f"y_{part}", labels, shape=(len(x),), dtype=np.int64, low=0, high=self.classes - 1
            )
            if not len(x):
                raise InputError(f"x_{part} holds no samples")
            object.__setattr__(self, f"x_{part}", x)
            object.__setattr__(self, f"y_{part}", y)
        if self.image_shape is not None and np.prod(self.image_shape) != self.features:
            raise InputError(f"image_shape {self.image_shape} does not hold {self.features} features")
        names = self.class_names or tuple(str(index) for index in range(self.classes))
        if len(names) != self.classes:
            raise InputError(f"class_names has {len(names)} names for {self.classes} classes")
        object.__setattr__(self, "class_names", tuple(names))

    @property
    def features(self) -> int:
        """Number of inputs of one sample."""
        return int(self.x_train.shape[1])

    def first(self, train: int | None = None, test: int | None = None) -> Dataset:
        """Return the data set cut to its first `train` and `test` samples (None: all of them)."""
        for part, wanted, have in (("train", train, len(self.x_train)), ("test", test, len(self.x_test))):
            if wanted is not None and not 1 <= wanted <= have:
                raise InputError(f"{part}: {wanted} samples wanted, and {self.name} has {have}")
        if train is None and test is None:
            return self
        return replace(
            self,
            x_train=self.x_train[:train],
            y_train=self.y_train[:train],
            x_test=self.x_test[:test],
            y_test=self.y_test[:test],
        )

    def __repr__(self) -> str:
        return (
            f"Dataset({self.name}: {len(self.x_train)} training and {len(self.x_test)} test samples, "
            f"{self.features} features, {self.classes} classes)"
        )


def stratified(labels: npt.NDArray[Any], seed: int, name: str) -> npt.NDArray[np.int64]:
    """Return a shuffled order of the samples in which every stretch holds each class at its own share.

    The members of each class are shuffled, and member k of m is put at (k + 1/2)/m of the way: a cut
    anywhere leaves each class within one sample of its share on both sides.

    Parameters
    ----------
    labels : ndarray
        Classes, (samples,).
    seed : int
    name : str
        Names the random stream, so that two data sets never share one.

    Returns
    -------
    ndarray
        Sample numbers, (samples,).
    """
    order = stream(seed, "split", name).permutation(len(labels))
    place = np.empty(len(labels))
    for label in np.unique(labels):
        members = order[labels[order] == label]
        place[members] = (np.arange(len(members)) + 0.5) / len(members)
    return np.lexsort((labels, place)).astype(np.int64)


def rescale(
    x_train: npt.NDArray[Any],
    x_test: npt.NDArray[Any],
    scale: Scale,
    *,
    full_scale: float | None = None,
    per_column: bool = False,
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Scale both parts by what is measured on the training part.

    Parameters
    ----------
    x_train, x_test : ndarray
        (samples, features).
    scale : {"unit", "standardise", "none"}
        `unit` maps [0, full_scale] to [0, 1]; without a known full scale, the smallest and largest
        training value. `standardise` subtracts the mean and divides by the standard deviation.
    full_scale : float, optional
        The largest value that can occur, where that is known (255 for a byte).
    per_column : bool
        Measure each column by itself (tables) or all of them together (pictures, series).

    Returns
    -------
    tuple of ndarray
        Both parts as float32. A column that never changes becomes 0.
    """
    if scale == "none":
        return x_train.astype(np.float32, copy=False), x_test.astype(np.float32, copy=False)
    axis = 0 if per_column else None
    low: Any
    span: Any
    if scale == "standardise":
        low = x_train.mean(axis=axis, dtype=np.float64)
        span = x_train.std(axis=axis, dtype=np.float64)
    elif full_scale is not None:
        low, span = np.float64(0.0), np.float64(full_scale)
    else:
        low = x_train.min(axis=axis).astype(np.float64)
        span = x_train.max(axis=axis) - low
    factor = (1.0 / np.where(span > 0, span, np.inf)).astype(np.float32)
    shift = (-low).astype(np.float32) * factor
    scaled = []
    for part in (x_train, x_test):
        result = part.astype(np.float32)
        result *= factor
        result += shift
        scaled.append(result)
    return scaled[0], scaled[1]
