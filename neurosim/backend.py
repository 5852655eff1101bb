"""Run one kernel body on CPU threads or on a GPU.

A kernel is a plain function over a *span* of elements, decorated with `kernel`:

    @kernel
    def soft_step(first, last, conductance, step):
        g = conductance[first:last]              # slice first: the loop below then vectorises
        one = conductance.dtype.type(1.0)        # a typed constant: float32 stays float32
        for i in range(g.size):
            g[i] += step * (one - g[i])

    launch(soft_step, conductance.size, conductance, np.float32(0.01))

On the CPU the elements are cut into chunks that are compiled, GIL-free loops; the calling thread
works on chunks too, and small work runs on it alone. On a GPU every thread gets a span of length
one. A kernel writes only the elements of its own span, so the result does not depend on the number
of threads, nor on the backend (but for the last bit of a float: a GPU rounds a product and a sum at
once). Bodies do not allocate, and scalars are passed typed (`np.float32(x)`), because a Python
float is a float64 and widens the arithmetic.

Numba is imported when the first kernel runs, not when this module is.
"""

from __future__ import annotations

import functools
import hashlib
import importlib
import math
import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from neurosim.errors import InputError, Problem, did_you_mean, one_of

BACKENDS = ("cpu", "cuda")

# No fastmath but for helpers that ask for fused products: where the compiler may fuse, reorder or use
# reciprocals, rounding would depend on how the work was cut. In a loop that divides by a constant,
# multiply by its reciprocal yourself.
_OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}

_FORK_SECONDS = 50e-6  # handing work to another thread and waiting for it
_CHUNKS_PER_THREAD = 4  # so that a thread that the system delays does not hold up the others
_ALIGNMENT = 64  # elements; chunks begin on cache lines and on whole vectors

Function = TypeVar("Function", bound=Callable[..., Any])


@overload
def device_function(function: Function, /) -> Function: ...
@overload
def device_function(*, fused: bool) -> Callable[[Function], Function]: ...
def device_function(function: Any = None, /, *, fused: bool = False) -> Any:
    """Compile a scalar helper so that kernels can call it, inlined, on every backend.

    It imports Numba, so modules that hold device functions should be imported only when needed.

    Parameters
    ----------
    function : callable
    fused : bool
        Let products and sums fuse into one rounding: a sixth less time in noisy updates. Only for kernels
        that work off whole rows, because the end of a cut row may be rounded otherwise than its middle.
    """
    from numba import njit

    options = _OPTIONS | ({"fastmath": {"contract"}} if fused else {})
    compile_helper = njit(forceinline=True, **options)
    return compile_helper if function is None else compile_helper(function)


class Kernel:
    """A span function and its compiled forms, each made when first needed. Made by `kernel`."""

    def __init__(self, body: Callable[..., None], dimensions: int) -> None:
        self.__name__ = body.__name__
        self.__doc__ = body.__doc__
        self.body = body
        self.dimensions = dimensions

    @functools.cached_property
    def compiled(self) -> Callable[..., None]:
        """The span function as machine code, kept on disk between runs where that is possible."""
        from numba import njit

        dispatcher: Callable[..., None]
        try:
            dispatcher = njit(cache=True, **_OPTIONS)(self.body)
        except RuntimeError:  # no folder to write the machine code to
            return njit(**_OPTIONS)(self.body)  # type: ignore[no-any-return]
        # Numba marks what it keeps with the kernel's own source file. The files of the helpers that
        # are inlined into it must count too, or an edit there would go unnoticed.
        index = getattr(getattr(dispatcher, "_cache", None), "_cache_file", None)
        if index is not None:
            index._source_stamp = (index._source_stamp, _helpers_digest(self.body), str(_OPTIONS))
        return dispatcher

    @functools.cached_property
    def grid(self) -> Any:
        """The CUDA kernel in which every GPU thread runs the body on one element."""
        return _cuda().grid_of(self.body, self.dimensions)


@overload
def kernel(body: Callable[..., None], /) -> Kernel: ...
@overload
def kernel(*, dimensions: int) -> Callable[[Callable[..., None]], Kernel]: ...
def kernel(
    body: Callable[..., None] | None = None, /, *, dimensions: int = 1
) -> Kernel | Callable[[Callable[..., None]], Kernel]:
    """Turn a module-level span function into a kernel for `launch`.

    Parameters
    ----------
    body : callable
        `body(first, last, *args)` for one dimension,
        `body(row_first, row_last, col_first, col_last, *args)` for two; returns nothing.
    dimensions : {1, 2}
    """
    if body is None:
        return lambda function: Kernel(function, dimensions)
    return Kernel(body, dimensions)


def launch(
    kernel: Kernel,
    shape: int | tuple[int, ...],
    *args: Any,
    backend: str = "cpu",
    threads: int | None = None,
    cost: float = 1e-9,
) -> None:
    """Run a kernel over all elements of `shape` and wait until it is done.

    Parameters
    ----------
    kernel : Kernel
    shape : int or tuple of int
        How many elements, or (rows, cols) of a two-dimensional kernel.
    *args
        Passed on to the body. On "cuda", NumPy arrays are copied to the GPU first, and those that
        are writeable are copied back afterwards; Numba device arrays and CuPy arrays are used in place.
    backend : {"cpu", "cuda"}
    threads : int, optional
        The most CPU threads to use; `default_threads()` unless given.
    cost : float
        About how long one element takes on one thread (s). Decides how many threads pay.

    Raises
    ------
    InputError
        If the backend is unknown or not there.
    """
    extent = shape if isinstance(shape, tuple) else (shape,)
    if len(extent) != kernel.dimensions:
        raise InputError(f"a kernel of {kernel.dimensions} dimensions cannot run over the shape {extent}")
    if min(extent) <= 0:
        return
    if backend != "cpu" and check_backend(backend) == "cuda":
        _cuda().launch_grid(kernel.grid, extent, args)
        return
    workers = int(math.prod(extent) * cost / _FORK_SECONDS)
    if workers > 1:
        workers = min(workers, default_threads() if threads is None else threads)
    if workers > 1:
        _share(kernel.compiled, deque(_chunks(extent, workers * _CHUNKS_PER_THREAD)), args, workers)
    else:
        kernel.compiled(*(bound for length in extent for bound in (0, length)), *args)


def default_threads() -> int:
    """How many CPU threads a launch may use: `$NEUROSIM_THREADS`, else all cores but one.

    Raises
    ------
    InputError
        If the environment variable is not a whole number from 1.
    """
    text = os.environ.get("NEUROSIM_THREADS")
    if text is None:
        return max(1, _cores() - 1)
    if not text.strip().isdecimal() or int(text) < 1:
        raise InputError(f"NEUROSIM_THREADS is '{text}' in the environment; expected a whole number from 1")
    return int(text)


def available() -> tuple[str, ...]:
    """The backends that work here: "cpu" always, "cuda" with a GPU (or Numba's simulator)."""
    try:
        _cuda()
    except InputError:
        return ("cpu",)
    return BACKENDS


def check_backend(backend: str) -> str:
    """Return `backend`, or raise InputError if there is none of that name."""
    if backend not in BACKENDS:
        raise InputError(
            Problem(
                f"unknown backend '{backend}'",
                expected=one_of(BACKENDS),
                hint=did_you_mean(backend, BACKENDS),
            )
        )
    return backend


def to_backend(array: Any, backend: str) -> Any:
    """The array where `backend` computes: NumPy for "cpu"; for "cuda" CuPy, or Numba without CuPy.

    An array that is already there is returned as it is.
    """
    if backend == "cpu" or check_backend(backend) == "cpu":
        return to_numpy(array)
    return _cuda().to_gpu(array)


def to_numpy(array: Any) -> NDArray[Any]:
    """The array in host memory: a copy from the GPU, or NumPy's own array itself."""
    if isinstance(array, np.ndarray):
        return array
    if hasattr(array, "copy_to_host"):
        copied: NDArray[Any] = array.copy_to_host()
        return copied
    if hasattr(array, "__cuda_array_interface__"):
        return np.asarray(array.get())
    return np.asarray(array)


@contextmanager
def single_threaded_blas() -> Iterator[None]:
    """Hold NumPy's BLAS to one thread, so that its sums do not depend on the number of cores.

    Takes microseconds and may be nested. The limit holds for the whole process, and it ends when the
    thread that was first to ask for it leaves: run simultaneous trainings in processes, not in threads.
    """
    with _blas().limit(limits=1, user_api="blas"):
        yield


@functools.cache
def _blas() -> Any:
    # Finding the loaded libraries takes milliseconds, setting their limit microseconds.
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def _cores() -> int:
    """Cores that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@functools.cache
def _pool(process: int) -> ThreadPoolExecutor:
    # Kept by process number, for a forked child inherits the pool but none of its threads.
    return ThreadPoolExecutor(max_workers=max(64, _cores()), thread_name_prefix="neurosim")


def _chunks(extent: tuple[int, ...], wanted: int) -> Iterator[tuple[int, ...]]:
    """Cut the extent into about `wanted` spans: rows first, then columns if the rows are few."""
    if len(extent) == 1:
        yield from _cut(extent[0], wanted)
        return
    rows, cols = extent
    across = list(_cut(cols, -(-wanted // rows)))
    for row in _cut(rows, wanted, alignment=1):
        for col in across:
            yield *row, *col


def _cut(length: int, wanted: int, alignment: int = _ALIGNMENT) -> Iterator[tuple[int, int]]:
    """Cut [0, length) into at most `wanted` spans that begin at multiples of `alignment`."""
    step = -(-length // (wanted * alignment)) * alignment
    for first in range(0, length, step):
        yield first, min(first + step, length)


def _share(
    compiled: Callable[..., None], chunks: deque[tuple[int, ...]], args: tuple[Any, ...], workers: int
) -> None:
    """Work off the chunks on the calling thread and on `workers - 1` others."""

    def work() -> None:
        while True:
            try:
                chunk = chunks.popleft()
            except IndexError:
                return
            try:
                compiled(*chunk, *args)
            except BaseException:
                chunks.clear()
                raise

    pool = _pool(os.getpid())
    others = [pool.submit(work) for _ in range(min(workers, len(chunks)) - 1)]
    try:
        work()
    finally:
        running = [other for other in others if not other.cancel()]
        wait(running)  # they hold the caller's arrays
    for other in running:
        other.result()


@functools.cache
def _cuda() -> ModuleType:
    """The module neurosim.cuda_grid, or an InputError that says how to get what it needs."""
    try:
        from numba import cuda

        usable = bool(cuda.is_available())  # type: ignore[no-untyped-call]
    except ImportError:
        usable = False
    if not usable:
        raise InputError(
            'the backend "cuda" needs an NVIDIA GPU and its packages: pip install "neurosim[cuda12]" '
            '(or "neurosim[cuda13]"); the backend "cpu" is always there'
        )
    return importlib.import_module("neurosim.cuda_grid")


def _helpers_digest(function: Callable[..., Any]) -> str:
    """A digest of the source files of all compiled helpers that a function calls, and they in turn."""
    found: set[Any] = set()
    pending: list[Any] = [function]
    while pending:
        current = pending.pop()
        names = current.__code__.co_names
        used = [current.__globals__.get(name) for name in names]
        used += [vars(value).get(name) for value in used if isinstance(value, ModuleType) for name in names]
        helpers = {value.py_func for value in used if hasattr(value, "py_func")} - found
        pending += helpers
        found |= helpers
    files = sorted({helper.__code__.co_filename for helper in found})
    return hashlib.sha256(b"".join(Path(file).read_bytes() for file in files)).hexdigest()
