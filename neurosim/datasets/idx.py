"""The idx format of MNIST: whole arrays of bytes with a short header.

    bytes 0-1  zero
    byte  2    element type (0x08: unsigned byte, the only one here)
    byte  3    number of axes
    then       one big-endian 32-bit length per axis, then the elements, last axis fastest

Source: Y. LeCun, C. Cortes and C. J. C. Burges, "The MNIST database of handwritten digits", file formats.
"""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from neurosim.errors import InputError

_UNSIGNED_BYTE = 0x08
_MOST = 2**32  # elements; far above any real file, and small enough to be read


def read_idx(path: Path | str, first: int | None = None) -> npt.NDArray[np.uint8]:
    """Read an idx file of bytes, plain or gzip-compressed (name ending in .gz).

    Parameters
    ----------
    path : path
    first : int, optional
        Read only so many entries of the first axis.

    Returns
    -------
    ndarray
        uint8, of the shape in the file's header.

    Raises
    ------
    InputError
        When the file cannot be read, is not an idx file of bytes, or ends too early.
    """
    path = Path(path)
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            head = file.read(4)
            if len(head) < 4 or head[:2] != b"\0\0" or head[2] != _UNSIGNED_BYTE or not 1 <= head[3] <= 3:
                raise InputError(f"{path} is not an idx file of bytes")
            lengths = file.read(4 * head[3])
            if len(lengths) < 4 * head[3]:
                raise InputError(f"{path} ends inside its header")
            shape = list(struct.unpack(f">{head[3]}I", lengths))
            if first is not None:
                shape[0] = min(first, shape[0])
            size = math.prod(shape)
            if size > _MOST:
                raise InputError(f"{path} claims {size} elements in its header; is it damaged?")
            data = file.read(size)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path} cannot be read: {error}") from None
    if len(data) < size:
        raise InputError(f"{path} ends after {len(data)} of {size} elements")
    return np.frombuffer(data, dtype=np.uint8).reshape(shape)


def write_idx(path: Path | str, values: npt.NDArray[np.uint8]) -> None:
    """Write an array of bytes as a plain idx file."""
    header = bytes([0, 0, _UNSIGNED_BYTE, values.ndim]) + struct.pack(f">{values.ndim}I", *values.shape)
    Path(path).write_bytes(header + np.ascontiguousarray(values, dtype=np.uint8).tobytes())
