"""Random numbers keyed by (seed, stream name, draw, element), never by the order of the work.

A `Stream` belongs to one purpose ("layer1", "cycle noise") and has its own key, so adding a stream
shifts no other. Within it, a *draw* is a whole array of numbers, and element e of draw d is lane
e mod 4 of

    philox4x32-10(counter = (e div 4 low, e div 4 high, d low, d high), key)

so the same element has the same bits however the work is split over threads and workers, and
whatever the length of the array. On a GPU the words and uniforms are the same bits and the normals
may differ in the last one. The scalar functions `philox`, `uniform` and `normal4` give the
same numbers inside kernels; they are described in `neurosim.philox`.
"""

from __future__ import annotations

import hashlib
import json
import math
import operator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from neurosim.backend import Kernel, launch, to_backend, to_numpy
from neurosim.errors import InputError

if TYPE_CHECKING:
    from neurosim.philox import normal4, philox, uniform

__all__ = ["Stream", "draw_words", "normal4", "philox", "stream", "uniform"]


@dataclass(frozen=True)
class Stream:
    """One named source of random numbers; two streams of different seed or name are independent.

    Parameters
    ----------
    seed : int
    name : tuple of (str or int)
        What the numbers are for, from the general to the particular.

    Attributes
    ----------
    key0, key1 : np.uint32
        The key for `philox` and `normal4`.
    """

    seed: int
    name: tuple[str | int, ...]
    key0: np.uint32 = field(init=False, repr=False, compare=False)
    key1: np.uint32 = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        seed = _whole("seed", self.seed)
        name = tuple(part if isinstance(part, str) else _whole("stream name", part) for part in self.name)
        # JSON keeps the parts apart: ("a", "b") is not ("ab",), and "1" is not 1.
        digest = hashlib.blake2b(json.dumps([seed, *name]).encode(), digest_size=8).digest()
        object.__setattr__(self, "seed", seed)
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "key0", np.uint32(int.from_bytes(digest[:4], "little")))
        object.__setattr__(self, "key1", np.uint32(int.from_bytes(digest[4:], "little")))

    def child(self, *name: str | int) -> Stream:
        """The stream of the same seed whose name goes on with `name`."""
        return Stream(self.seed, (*self.name, *name))

    def normals(
        self,
        shape: int | tuple[int, ...],
        draw: int = 0,
        dtype: DTypeLike = np.float32,
        backend: str = "cpu",
    ) -> Any:
        """Independent standard normals.

        Parameters
        ----------
        shape : int or tuple of int
        draw : int
            Which array of the stream; any whole number from 0, below 2**64.
        dtype : {float32, float64}
            Drawn as float32; float64 only widens.
        backend : {"cpu", "cuda"}
            Where they are made.

        Returns
        -------
        ndarray
            Of `shape`; a GPU array on "cuda".
        """
        from neurosim.philox import fill_normals

        values = self._fill(fill_normals, shape, draw, 4e-9, backend)
        return (
            values if np.dtype(dtype) == np.float32 else to_backend(to_numpy(values).astype(dtype), backend)
        )

    def uniforms(self, shape: int | tuple[int, ...], draw: int = 0, backend: str = "cpu") -> Any:
        """Independent uniform float32 numbers strictly between 0 and 1; parameters as of `normals`."""
        from neurosim.philox import fill_uniforms

        return self._fill(fill_uniforms, shape, draw, 2e-9, backend)

    def permutation(self, n: int, draw: int = 0) -> NDArray[np.int64]:
        """A random order of 0 … n-1, (n,) int64."""
        words = self._bits(draw).random_raw(n)
        return np.argsort(words, kind="stable")

    def generator(self, draw: int = 0) -> np.random.Generator:
        """A NumPy generator of this stream, for rare draws of other distributions on the host."""
        return np.random.Generator(self._bits(draw))

    def _bits(self, draw: int) -> np.random.Philox:
        low, high = draw_words(draw)
        # The draw is the uppermost word of the 256-bit counter: no draw runs into another.
        return np.random.Philox(
            key=int(self.key0) | int(self.key1) << 32, counter=(int(low) | int(high) << 32) << 192
        )

    def _fill(
        self, kernel: Kernel, shape: int | tuple[int, ...], draw: int, cost: float, backend: str
    ) -> Any:
        extent = (shape,) if isinstance(shape, int | np.integer) else tuple(shape)
        size = math.prod(extent)
        groups = -(-size // 4)
        out = to_backend(np.empty(4 * groups, np.float32), backend)
        launch(kernel, groups, out, *draw_words(draw), self.key0, self.key1, backend=backend, cost=cost)
        return out[:size].reshape(extent)


def stream(seed: int, *name: str | int) -> Stream:
    """The random stream of a seed and a name of one or more parts, such as `stream(7, "layer1", "cycle")`."""
    return Stream(seed, name)


def __getattr__(name: str) -> Any:
    # The scalar functions need Numba, which takes long to import and which most users of streams
    # do not need.
    if name in ("normal4", "philox", "uniform"):
        from neurosim import philox

        return getattr(philox, name)
    raise AttributeError(f"module 'neurosim.random' has no attribute '{name}'")


def _whole(name: str, value: Any) -> int:
    try:
        return int(operator.index(value))
    except TypeError:
        raise InputError(f"{name} is {value!r}; expected a whole number") from None


def draw_words(draw: int) -> tuple[np.uint32, np.uint32]:
    """The two counter words (low, high) that name a draw inside kernels."""
    draw = _whole("draw", draw)
    if not 0 <= draw < 2**64:
        raise InputError(f"draw is {draw}; expected a whole number from 0, below 2**64")
    return np.uint32(draw & 0xFFFFFFFF), np.uint32(draw >> 32)
