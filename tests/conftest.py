"""What all tests share: a GPU or its simulator, and the fixture that runs a test on every backend."""

from __future__ import annotations

import ctypes
import os

import pytest
from hypothesis import settings


def gpu_present() -> bool:
    """Whether the NVIDIA driver finds a GPU; asked without importing Numba."""
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return False
    count = ctypes.c_int()
    return driver.cuInit(0) == 0 and driver.cuDeviceGetCount(ctypes.byref(count)) == 0 and count.value > 0


# Numba reads these once, when it is imported.
if not gpu_present():
    os.environ["NUMBA_ENABLE_CUDASIM"] = "1"
os.environ.setdefault("MPLBACKEND", "Agg")

# The first example of a test may compile kernels, which takes seconds. Examples are the same on every run.
settings.register_profile("neurosim", deadline=None, derandomize=True)
settings.load_profile("neurosim")


@pytest.fixture(params=["cpu", "cuda"])
def backend(request: pytest.FixtureRequest) -> str:
    """Every backend in turn. Keep arrays small: without a GPU, "cuda" is simulated thread by thread."""
    from neurosim.backend import available

    name: str = request.param
    if name not in available():
        pytest.skip(f"no backend {name} here")
    return name
