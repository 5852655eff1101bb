"""Worker processes for a sweep: each point in a process of its own kind, none able to harm another.

Every worker is a fresh Python (`python -m neurosim.scenarios.worker`) that reads tasks from its standard
input and answers on its standard output, one JSON object a line. Nothing is pickled, and the caller's
main module is never imported again, so a study can be run from a script, a notebook or the command line
alike. A worker that dies, however it dies, fails the one task it had and is replaced. A worker whose
parent dies ends itself.
"""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

Event = dict[str, Any]

ONE_THREAD = (
    "NEUROSIM_THREADS",
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
)


@dataclass(frozen=True)
class Task:
    """One run for a worker.

    Parameters
    ----------
    key : str
        Names it in the events.
    message : dict
        What the worker is sent (see `worker.py`).
    after : str, optional
        The key of a task that must have ended before this one begins.
    """

    key: str
    message: dict[str, Any]
    after: str | None = None


def run(tasks: Sequence[Task], jobs: int) -> Generator[Event, None, None]:
    """Run tasks in `jobs` processes and yield what happens, in the order in which it happens.

    Every event has "task" (the key) and "event": "started" (with "pid"), "progress" (see `worker.py`),
    "done", or "failed" (with "error"). Every task ends in "done" or "failed". When the generator is closed
    early, the workers are ended and unfinished tasks are lost.
    """
    events: queue.SimpleQueue[Event] = queue.SimpleQueue()
    board = _Board(tasks)
    workers = [_Worker(board, events.put) for _ in range(max(1, min(jobs, len(tasks))))]
    threads = [threading.Thread(target=worker.work, daemon=True) for worker in workers]
    open_tasks = len(tasks)
    try:
        for thread in threads:
            thread.start()
        while open_tasks:
            try:
                event = events.get(timeout=0.2)  # short, so that Ctrl-C is felt on every system
            except queue.Empty:
                continue
            open_tasks -= event["event"] in ("done", "failed")
            yield event
    finally:
        board.close()
        for worker in workers:
            worker.kill()
        for thread in threads:
            thread.join(timeout=5)


class _Board:
    """The tasks that wait. `take` blocks until one may begin and returns None when none is left."""

    def __init__(self, tasks: Sequence[Task]) -> None:
        self._waiting = list(tasks)
        self._unfinished = {task.key for task in tasks}
        self._changed = threading.Condition()

    def take(self) -> Task | None:
        with self._changed:
            while self._waiting:
                for task in self._waiting:
                    if task.after not in self._unfinished:
                        self._waiting.remove(task)
                        return task
                self._changed.wait()
            return None

    def finish(self, task: Task) -> None:
        with self._changed:
            self._unfinished.discard(task.key)
            self._changed.notify_all()

    def close(self) -> None:
        with self._changed:
            self._waiting.clear()
            self._changed.notify_all()


class _Worker:
    """One process at a time, and the thread that talks with it."""

    def __init__(self, board: _Board, report: Callable[[Event], None]) -> None:
        self.board = board
        self.report = report
        self.process: subprocess.Popen[str] | None = None
        self.errors: IO[str] = tempfile.TemporaryFile("w+", errors="replace")  # noqa: SIM115 (see `work`)
        self.killed = False

    def work(self) -> None:
        """Do tasks until none is left or the worker is killed."""
        with self.errors:
            while (task := self.board.take()) is not None and not self.killed:
                try:
                    self._do(task)
                except OSError as error:  # no process could be made, or its pipe broke before it began
                    self._fail(task, f"the worker process could not be used: {error}")
                self.board.finish(task)
            self._dismiss()

    def kill(self) -> None:
        """End the process at once, from another thread."""
        self.killed = True
        process = self.process
        if process is not None:
            process.kill()

    def _dismiss(self) -> None:
        """End the process and let go of its pipes."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            for pipe in (self.process.stdin, self.process.stdout):
                with contextlib.suppress(OSError):  # what was still to be written to a dead process
                    if pipe is not None:
                        pipe.close()
        self.process = None

    def _do(self, task: Task) -> None:
        process = self._running()
        assert process.stdin is not None and process.stdout is not None
        self.report({"task": task.key, "event": "started", "pid": process.pid})
        process.stdin.write(json.dumps(task.message) + "\n")
        process.stdin.flush()
        for line in process.stdout:
            event = json.loads(line)
            self.report({"task": task.key, **event})
            if event["event"] in ("done", "failed"):
                return
        self._fail(task, _cause(process.wait(), self._last_words()))

    def _running(self) -> subprocess.Popen[str]:
        if self.process is None or self.process.poll() is not None:
            self._dismiss()
            self.errors.seek(0)
            self.errors.truncate()
            self.process = subprocess.Popen(
                [sys.executable, "-m", "neurosim.scenarios.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self.errors,
                text=True,
                encoding="utf-8",
                env=_environment(),
            )
            if self.killed:
                self.process.kill()
        return self.process

    def _fail(self, task: Task, error: str) -> None:
        self.report({"task": task.key, "event": "failed", "error": error})

    def _last_words(self) -> str:
        self.errors.seek(0)
        return "\n".join(self.errors.read().strip().splitlines()[-5:])


def _environment() -> dict[str, str]:
    """One thread in every library, and this neurosim found first."""
    package = str(Path(__file__).resolve().parents[2])
    paths = [package, *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, **dict.fromkeys(ONE_THREAD, "1"), "PYTHONPATH": os.pathsep.join(paths)}


def _cause(code: int, last_words: str) -> str:
    if code < 0:
        name = signal.Signals(-code).name if -code in set(signal.Signals) else str(-code)
        cause = f"its process was killed by signal {name}"
        if name == "SIGKILL":
            cause += " (often the system's answer to too little memory)"
    else:
        cause = f"its process ended with exit code {code}"
    return f"{cause}\n{last_words}" if last_words else cause
