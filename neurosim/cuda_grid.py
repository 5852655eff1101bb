"""The GPU's half of `neurosim.backend`: a span kernel as a CUDA grid. Importing it imports numba.cuda.

Every GPU thread calls the body for a span of length one. Threads of a warp lie side by side along
the columns, so neighbouring threads read neighbouring memory. The GPU's compiler fuses a product
and a sum into one rounding, so floats may differ from the CPU's in the last place; whole numbers
(and with them all random words) are the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import cuda as _numba_cuda

cuda: Any = _numba_cuda  # its type stubs lack most of it
cuda.config.CUDA_LOW_OCCUPANCY_WARNINGS = 0  # a small array makes a small grid, and that is meant

_BLOCKS = {1: (128,), 2: (32, 4)}


def grid_of(body: Callable[..., None], dimensions: int) -> Any:
    """The CUDA kernel of a span function of one or two dimensions."""
    span = cuda.jit(device=True)(body)

    if dimensions == 1:

        @cuda.jit
        def grid(length, args):  # type: ignore[no-untyped-def]
            i = cuda.grid(1)
            if i < length:
                span(i, i + 1, *args)
    else:

        @cuda.jit
        def grid(rows, cols, args):  # type: ignore[no-untyped-def]
            col, row = cuda.grid(2)
            if row < rows and col < cols:
                span(row, row + 1, col, col + 1, *args)

    return grid


def launch_grid(grid: Any, extent: tuple[int, ...], args: tuple[Any, ...]) -> None:
    """Run a grid over `extent`; NumPy arrays travel to the GPU and, if writeable, back."""
    block = _BLOCKS[len(extent)]
    blocks = tuple(-(-length // size) for length, size in zip(reversed(extent), block, strict=True))
    there = tuple(_argument(arg) for arg in args)
    grid[blocks, block](*extent, there)
    for here, device in zip(args, there, strict=True):
        if isinstance(here, np.ndarray) and here.flags.writeable:
            here[...] = device.copy_to_host()
    cuda.synchronize()


def _argument(arg: Any) -> Any:
    if isinstance(arg, np.ndarray):
        return cuda.to_device(np.ascontiguousarray(arg))
    if hasattr(arg, "__cuda_array_interface__"):
        return cuda.as_cuda_array(arg)  # Numba knows CuPy's arrays by their own type only at the top level
    return arg


def to_gpu(array: Any) -> Any:
    """A GPU array as it is; any other copied to CuPy's array, or to Numba's own without CuPy."""
    if hasattr(array, "__cuda_array_interface__") or hasattr(array, "copy_to_host"):
        return array  # CuPy's, Numba's, or the simulator's, which has only the method
    try:
        import cupy
    except ImportError:
        return cuda.to_device(np.ascontiguousarray(array))
    return cupy.asarray(array)
