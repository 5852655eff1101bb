"""Progress of a study: a bar with rate and time left on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Any, Protocol, Self

_SECONDS_BETWEEN_LINES = 10.0
_KEPT_FAILURE = 400


class Reporter(Protocol):
    """Takes the events of a study."""

    def __call__(self, event: dict[str, Any]) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def reporter(total: int) -> Reporter:
    """The reporter for this terminal (or none); `total` is the number of runs."""
    return Bars(total) if sys.stderr.isatty() else Lines(total)


class Lines:
    """One line on standard error when something begins, ends or fails, and now and then in between."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.ended = 0
        self.skipped = 0
        self.begin = self.last = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.skipped:
            print(f"{self.skipped} finished before, not run again (--again runs it)", file=sys.stderr)

    def __call__(self, event: dict[str, Any]) -> None:
        kind, task = event["event"], event["task"]
        self.skipped += kind == "skipped"
        if kind == "progress":
            self._now_and_then(task, event)
        elif kind == "done" and self.total > 1:
            self.ended += not event.get("baseline")
            self._say(f"{task}: done")
        elif kind == "failed":
            self.ended += not event.get("baseline")
            self._say(f"{task}: failed: {event['error']:.{_KEPT_FAILURE}}")
        elif kind == "started" and self.total == 1:
            self._say(f"{task}: training")

    def _now_and_then(self, task: str, event: dict[str, Any]) -> None:
        if time.monotonic() - self.last < _SECONDS_BETWEEN_LINES:
            return
        line = f"{task}: epoch {event['epoch']} of {event['epochs']}, {event['rate']:,.0f} samples/s"
        elapsed = time.monotonic() - self.begin
        if self.total == 1 and event["fraction"] > 0:
            line += f", {elapsed * (1 / event['fraction'] - 1):.0f} s left"
        self._say(line)

    def _say(self, line: str) -> None:
        if self.total > 1:
            line = f"[{self.ended}/{self.total - self.skipped}] {line}"
        print(line, file=sys.stderr, flush=True)
        self.last = time.monotonic()


class Bars:
    """A bar for every run in progress, and one over all runs of a sweep."""

    def __init__(self, total: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self.console = Console(stderr=True)
        self.bars = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %"),
            TextColumn("{task.fields[note]}", markup=False),
            TimeRemainingColumn(),
            console=self.console,
            transient=True,
        )
        self.all = self.bars.add_task("all runs", total=total, note="") if total > 1 else None
        self.tasks: dict[str, Any] = {}
        self.skipped = 0

    def __enter__(self) -> Self:
        self.bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.bars.stop()
        if self.skipped:
            self.console.print(
                f"{self.skipped} finished before, not run again (--again runs it)", markup=False
            )

    def __call__(self, event: dict[str, Any]) -> None:
        kind, task = event["event"], event["task"]
        if kind == "progress":
            note = f"epoch {event['epoch']}/{event['epochs']}  {event['rate']:,.0f} samples/s"
            self.bars.update(self._bar(task), completed=event["fraction"], note=note)
            return
        if kind == "started":
            self._bar(task)
            return
        self.skipped += kind == "skipped"
        if kind == "failed":
            self.bars.console.print(f"{task}: failed: {event['error']:.{_KEPT_FAILURE}}", markup=False)
        if task in self.tasks:
            self.bars.remove_task(self.tasks.pop(task))
        if self.all is not None and not event.get("baseline"):
            self.bars.advance(self.all)

    def _bar(self, task: str) -> Any:
        if task not in self.tasks:
            self.tasks[task] = self.bars.add_task(task[:60], total=1.0, note="")
        return self.tasks[task]
