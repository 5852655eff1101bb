from __future__ import annotations

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from threadpoolctl import threadpool_info

from neurosim.backend import (
    available,
    default_threads,
    device_function,
    kernel,
    launch,
    single_threaded_blas,
    to_backend,
    to_numpy,
)
from neurosim.errors import InputError

COSTLY = 1.0  # seconds an element: always worth all threads


@device_function
def mixed(a, b):
    return a * b + a / b


@kernel
def relax(first, last, state, speed, step):
    x = state[first:last]
    v = speed[first:last]
    one = state.dtype.type(1.0)
    for i in range(x.size):
        x[i] += step * mixed(one - x[i], v[i] + one)


@kernel
def count(first, last, visits):
    part = visits[first:last]
    for i in range(part.size):
        part[i] += 1


@kernel(dimensions=2)
def count_cells(row_first, row_last, col_first, col_last, visits):
    for i in range(row_first, row_last):
        row = visits[i, col_first:col_last]
        for j in range(row.size):
            row[j] += 1


@kernel(dimensions=2)
def add_outer(row_first, row_last, col_first, col_last, out, x, y):
    for i in range(row_first, row_last):
        row = out[i, col_first:col_last]
        part = y[col_first:col_last]
        for j in range(row.size):
            row[j] += x[i] * part[j]


@kernel
def fail_in_the_middle(first, last, visits):
    for i in range(first, last):
        visits[i] += 1
        if i == visits.size // 2:
            raise ValueError("the middle")


@kernel
def copy(first, last, source, target):
    for i in range(first, last):
        target[i] = source[i]


def relaxed(state, speed, step):
    """The kernel `relax` in NumPy."""
    one = state.dtype.type(1)
    return state + step * ((one - state) * (speed + one) + (one - state) / (speed + one))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_kernel_gives_the_bits_of_numpy_on_every_backend(backend, dtype):
    rng = np.random.default_rng(1)
    state, speed = rng.random((2, 150)).astype(dtype)
    expected = relaxed(state, speed, dtype(0.1))
    launch(relax, state.size, state, speed, dtype(0.1), backend=backend)
    rounding = 0 if backend == "cpu" else 4 * np.finfo(dtype).eps  # a GPU fuses products and sums
    np.testing.assert_allclose(state, expected, rtol=rounding)


@given(st.integers(1, 5000), st.integers(1, 9))
def test_bits_do_not_depend_on_the_number_of_threads(length, threads):
    rng = np.random.default_rng(length)
    state, speed = rng.random((2, length), np.float32)
    expected = relaxed(state, speed, np.float32(0.1))
    launch(relax, length, state, speed, np.float32(0.1), threads=threads, cost=COSTLY)
    np.testing.assert_array_equal(state, expected)


@given(st.integers(0, 3000), st.integers(1, 9))
def test_every_element_is_visited_once(length, threads):
    visits = np.zeros(length, np.int32)
    launch(count, length, visits, threads=threads, cost=COSTLY)
    assert (visits == 1).all()


@given(st.integers(0, 40), st.integers(0, 700), st.integers(1, 9))
def test_every_cell_is_visited_once(rows, cols, threads):
    visits = np.zeros((rows, cols), np.int32)
    launch(count_cells, (rows, cols), visits, threads=threads, cost=COSTLY)
    assert (visits == 1).all()


@pytest.mark.parametrize("shape", [(1, 1), (3, 50), (5, 33), (0, 4), (4, 0)])
def test_a_grid_of_two_dimensions_visits_every_cell_once(backend, shape):
    visits = np.zeros(shape, np.int32)
    launch(count_cells, shape, visits, backend=backend)
    assert (visits == 1).all()


def test_rows_and_columns_are_not_mixed_up(backend):
    x, y = np.arange(3, dtype=np.float32), np.arange(35, dtype=np.float32)
    out = np.ones((3, 35), np.float32)
    launch(add_outer, out.shape, out, x, y, backend=backend)
    np.testing.assert_array_equal(out, 1 + np.outer(x, y))


def test_arrays_that_are_views_are_written_in_place(backend):
    visits = np.zeros((6, 10), np.int32)
    launch(count_cells, (3, 5), visits[::2, ::2], backend=backend)
    assert visits.sum() == 15
    assert (visits[::2, ::2] == 1).all()


def test_arrays_of_the_backend_are_used_in_place(backend):
    visits = to_backend(np.zeros(20, np.int32), backend)
    for _ in range(2):
        launch(count, 20, visits, backend=backend)
    assert to_backend(visits, backend) is visits
    assert (to_numpy(visits) == 2).all()


def test_read_only_arrays_may_be_read(backend):
    source, target = np.arange(9.0), np.zeros(9)
    source.flags.writeable = False
    launch(copy, 9, source, target, backend=backend)
    np.testing.assert_array_equal(target, source)


def test_a_mistake_inside_a_kernel_reaches_the_caller_and_leaves_the_threads_usable():
    for threads in (1, 4):
        with pytest.raises(ValueError, match="the middle"):
            launch(fail_in_the_middle, 4000, np.zeros(4000), threads=threads, cost=COSTLY)
    with pytest.raises(Exception, match="visits"):
        launch(count, 4000, "not an array", threads=4, cost=COSTLY)
    visits = np.zeros(4000)
    launch(count, visits.size, visits, threads=4, cost=COSTLY)
    assert (visits == 1).all()


def test_several_threads_may_launch_at_once():
    def work(_):
        visits = np.zeros(2000, np.int32)
        for _ in range(50):
            launch(count, visits.size, visits, threads=3, cost=COSTLY)
        return (visits == 50).all()

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(16)))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_a_forked_process_gets_threads_of_its_own():
    visits = np.zeros(4000, np.int32)
    launch(count, visits.size, visits, threads=4, cost=COSTLY)
    child = os.fork()
    if child == 0:
        launch(count, visits.size, visits, threads=4, cost=COSTLY)
        os._exit(0 if (visits == 2).all() else 1)
    ended = threading.Event()
    guard = threading.Timer(30, lambda: ended.is_set() or os.kill(child, 9))
    guard.start()
    status = os.waitpid(child, 0)[1]
    ended.set()
    guard.cancel()
    assert status == 0


def test_little_work_stays_on_the_calling_thread():
    seen = set()

    class Recorder:
        dimensions = 1

        @staticmethod
        def compiled(first, last):
            seen.add(threading.current_thread().name)

    launch(Recorder, 1000, threads=4, cost=1e-9)
    assert seen == {threading.current_thread().name}
    launch(Recorder, 100_000, threads=1, cost=1e-3)
    assert seen == {threading.current_thread().name}


def test_threads_come_from_the_environment_or_leave_one_core(monkeypatch):
    monkeypatch.delenv("NEUROSIM_THREADS", raising=False)
    assert default_threads() >= 1
    monkeypatch.setenv("NEUROSIM_THREADS", "3")
    assert default_threads() == 3
    for wrong in ("0", "-1", "two", "1.5", ""):
        monkeypatch.setenv("NEUROSIM_THREADS", wrong)
        with pytest.raises(InputError, match="NEUROSIM_THREADS is"):
            default_threads()


def test_an_unknown_backend_is_refused_with_the_nearest_name():
    with pytest.raises(InputError, match="did you mean 'cuda'") as error:
        launch(count, 3, np.zeros(3), backend="cudda")
    assert "expected: one of cpu, cuda" in str(error.value)
    with pytest.raises(InputError, match="unknown backend 'tpu'"):
        to_backend(np.zeros(3), "tpu")


def test_a_shape_of_the_wrong_dimension_is_refused():
    with pytest.raises(InputError, match="2 dimensions"):
        launch(count_cells, 5, np.zeros((5, 1)))


def test_without_a_gpu_the_error_tells_how_to_get_cuda():
    program = (
        "import numpy as np\n"
        "from neurosim.backend import available, to_backend\n"
        "from neurosim.errors import InputError\n"
        "assert available() == ('cpu',)\n"
        "try:\n    to_backend(np.zeros(3), 'cuda')\n"
        "except InputError as error:\n    print(error)\n"
    )
    environment = {**os.environ, "NUMBA_ENABLE_CUDASIM": "0", "CUDA_VISIBLE_DEVICES": ""}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, check=True, capture_output=True, text=True
    )
    assert 'pip install "neurosim[cuda12]"' in done.stdout


def test_the_cpu_is_always_available():
    assert available()[0] == "cpu"


def blas_threads() -> list[int]:
    return [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]


def test_blas_is_held_to_one_thread_until_the_outermost_block_ends():
    before = blas_threads()
    assert before, "NumPy's BLAS was not found"
    with single_threaded_blas():
        with single_threaded_blas():
            assert set(blas_threads()) == {1}
        assert set(blas_threads()) == {1}
    assert blas_threads() == before
    with pytest.raises(RuntimeError), single_threaded_blas():
        raise RuntimeError
    assert blas_threads() == before


def test_defining_a_kernel_imports_no_compiler():
    program = (
        "import sys\nfrom neurosim.backend import kernel\n"
        "@kernel\ndef nothing(first, last):\n    pass\n"
        "assert 'numba' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_a_kernel_that_cannot_be_kept_on_disk_still_runs():
    names = {}
    exec("def fill(first, last, out):\n    for i in range(first, last):\n        out[i] = 3\n", names)
    out = np.zeros(4)
    launch(kernel(names["fill"]), 4, out)
    assert (out == 3).all()


def test_kept_machine_code_is_renewed_when_a_helper_in_another_module_changes(tmp_path):
    (tmp_path / "kernels.py").write_text(
        "import numpy as np\n"
        "import helpers\n"
        "from neurosim.backend import kernel, launch\n"
        "@kernel\n"
        "def fill(first, last, out):\n"
        "    for i in range(first, last):\n"
        "        out[i] = helpers.outer(i)\n"
        "out = np.zeros(1)\n"
        "launch(fill, 1, out)\n"
        "print(out[0], sum(fill.compiled.stats.cache_hits.values()))\n"
    )

    def run(value):
        (tmp_path / "helpers.py").write_text(
            "from neurosim.backend import device_function\n"
            f"@device_function\ndef inner(i):\n    return {value}\n"
            "@device_function\ndef outer(i):\n    return inner(i)\n"
        )
        command = [sys.executable, str(tmp_path / "kernels.py")]
        path = os.pathsep.join([str(tmp_path), *sys.path])
        environment = {**os.environ, "PYTHONPATH": path, "NUMBA_CACHE_DIR": str(tmp_path / "cache")}
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout

    assert run(1).split() == ["1.0", "0"]
    assert run(1).split() == ["1.0", "1"]
    assert run(2).split() == ["2.0", "0"]
