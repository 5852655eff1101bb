"""What the benchmarks share: taking turns, medians, and one process for each number of threads."""

from __future__ import annotations

import argparse
import os
import platform
import subprocess
import sys
import time
from collections.abc import Callable
from statistics import median

# Libraries read these when they are loaded, so every number of threads gets a process of its own.
_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NEUROSIM_THREADS")


def main(about: str, run: Callable[[int], None]) -> None:
    """Run the benchmark, in this process if it is told a number of threads, else in one for each."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, help="only with this number of threads (default: 1, then 2)")
    threads = parser.parse_args().threads
    if threads is not None and os.environ.get("NEUROSIM_THREADS") == str(threads):
        run(threads)
        return
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}", flush=True)
    for count in (1, 2) if threads is None else (threads,):
        environment = os.environ | {name: str(count) for name in _VARIABLES}
        code = subprocess.call([sys.executable, sys.argv[0], "--threads", str(count)], env=environment)
        if code:
            sys.exit(code)


def take_turns(
    contenders: dict[str, Callable[[], object]],
    rounds: int,
    *,
    prepare: dict[str, Callable[[], object]] | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, list[float]]:
    """Time all contenders, one after the other in each round, so that a busy machine slows all alike.

    The first call of each is not counted but printed: it compiles kernels.
    """
    times: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(rounds + 1):
        for name, call in contenders.items():
            if prepare and name in prepare:
                prepare[name]()
            begin = clock()
            call()
            seconds = clock() - begin
            if number:
                times[name].append(seconds)
            else:
                print(f"    first call of {name}: {seconds:.3g} s", flush=True)
    return times


def table(title: str, times: dict[str, list[float]], *, unit: str = "ms", work: float | None = None) -> None:
    """Print least, median and greatest time of each, and the ratio of the medians to the last one's.

    With `work`, also the work done in a second at the median.
    """
    scale = {"ms": 1e3, "s": 1.0}[unit]
    print(f"  {title}")
    reference = median(list(times.values())[-1])
    for name, seconds in times.items():
        least, middle, most = (scale * f(seconds) for f in (min, median, max))
        line = f"    {name:<28} min {least:9.3f}   median {middle:9.3f}   max {most:9.3f} {unit}"
        if len(times) > 1:
            line += f"   x {median(seconds) / reference:.3f}"
        if work is not None:
            line += f"   {work / median(seconds):,.0f} /s"
        print(line, flush=True)


def have(package: str) -> bool:
    """Whether a peer is installed; says so when it is not."""
    import importlib.util

    found = importlib.util.find_spec(package) is not None
    if not found:
        print(f"    ({package} is not installed: neurosim alone)")
    return found
