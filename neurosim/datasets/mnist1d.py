"""MNIST-1D: ten one-dimensional "digits" of 40 values, generated from templates by a fixed recipe.

Per sample, from its digit's 12-point template (zero-mean, unit variance, starting at 0, divided by 6):

    pad with p ~ U{36..60} zeros, stretch to 72 points, scale by 1 + 0.4 (u - 1/2), rotate by k ~ U{0..47},
    fill the padding with 0.25 N(0,1) smoothed by a Gaussian of width 2, add 0.02 N(0,1) everywhere,
    subtract a ramp of height 0.75 (u - 1/2), and resample to 40 points.

500 samples per digit are shuffled and standardised together; the first 4,000 are for training. With the
published seed this gives the published data set, so the order of the random draws is part of the recipe.

Source: S. Greydanus and D. Kobak, "Scaling down deep learning with MNIST-1D", arXiv:2011.14439.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_TEMPLATES = (
    (5, 6, 6.5, 6.75, 7, 7, 7, 7, 6.75, 6.5, 6, 5),
    (5, 3, 3, 3.4, 3.8, 4.2, 4.6, 5, 5.4, 5.8, 5, 5),
    (5, 6, 6.5, 6.5, 6, 5.25, 4.75, 4, 3.5, 3.5, 4, 5),
    (5, 6, 6.5, 6.5, 6, 5, 5, 6, 6.5, 6.5, 6, 5),
    (5, 4.4, 3.8, 3.2, 2.6, 2.6, 5, 5, 5, 5, 5, 5),
    (5, 3, 3, 3, 3, 5, 6, 6.5, 6.5, 6, 4.5, 5),
    (5, 4, 3.5, 3.25, 3, 3, 3, 3, 3.25, 3.5, 4, 5),
    (5, 7, 7, 6.6, 6.2, 5.8, 5.4, 5, 4.6, 4.2, 5, 5),
    (5, 4, 3.5, 3.5, 4, 5, 5, 4, 3.5, 3.5, 4, 5),
    (5, 4, 3.5, 3.5, 4, 5, 5, 5, 5, 4.7, 4.3, 5),
)
TRAIN = 4000

_SEED = 42
_PER_CLASS = 500
_PADDING = (36, 60)
_LONG = len(_TEMPLATES[0]) + _PADDING[1]
_LENGTH = 40
_ROTATIONS = 48
_EPSILON = 1e-8  # keeps the template's own zeros apart from the padding's


def generate() -> tuple[Floats, npt.NDArray[np.int64]]:
    """Return all 5,000 samples, (5000, 40) float64 and standardised, and their classes (5000,)."""
    from scipy.ndimage import gaussian_filter1d

    count = len(_TEMPLATES) * _PER_CLASS
    # NumPy's old generator on purpose: its stream is frozen for ever, and the published set came from it.
    random = np.random.RandomState(_SEED)
    padding = np.empty(count, dtype=np.int64)
    rotation = np.empty(count, dtype=np.int64)
    stretch, ramp = np.empty(count), np.empty(count)
    smooth, white = np.empty((count, _LONG)), np.empty((count, _LONG))
    for i in range(count):
        padding[i] = _PADDING[0] + int(random.rand() * (_PADDING[1] - _PADDING[0] + 1))
        stretch[i] = 1 + 0.4 * (random.rand() - 0.5)
        rotation[i] = random.choice(_ROTATIONS)
        smooth[i] = 0.25 * random.randn(_LONG)
        white[i] = 0.02 * random.randn(_LONG)
        ramp[i] = 0.75 * (random.rand() - 0.5)
    order = random.permutation(count)

    labels = np.repeat(np.arange(len(_TEMPLATES)), _PER_CLASS)
    x = _padded(labels, padding) * stretch[:, None]
    x = np.take_along_axis(x, (np.arange(_LONG) - rotation[:, None]) % _LONG, axis=1)
    x = np.where(x != 0, x, gaussian_filter1d(smooth, 2, axis=1)) + white
    x -= ramp[:, None] * np.linspace(-0.5, 0.5, _LONG)
    x = _resample(x, _LENGTH)[order]
    return (x - x.mean()) / x.std(), labels[order]


def _padded(labels: npt.NDArray[np.int64], padding: npt.NDArray[np.int64]) -> Floats:
    """Each sample's template with its own number of zeros behind, stretched to the long length."""
    templates = np.array(_TEMPLATES)
    templates -= templates.mean(axis=1, keepdims=True)
    templates /= templates.std(axis=1, keepdims=True)
    templates -= templates[:, :1]
    templates = templates / 6 + _EPSILON
    result = np.empty((len(labels), _LONG))
    for zeros in np.unique(padding):
        chosen = np.flatnonzero(padding == zeros)
        result[chosen] = _resample(np.pad(templates[labels[chosen]], ((0, 0), (0, int(zeros)))), _LONG)
    return result


def _resample(rows: Floats, length: int) -> Floats:
    """Linear interpolation of every row to `length` points over the same interval."""
    old, new = np.linspace(0, 1, rows.shape[1]), np.linspace(0, 1, length)
    right = np.clip(np.searchsorted(old, new), 1, len(old) - 1)
    left = right - 1
    slope = (rows[:, right] - rows[:, left]) / (old[right] - old[left])
    result: Floats = slope * (new - old[left]) + rows[:, left]
    return result
