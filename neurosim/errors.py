"""Errors that tell a user what was wrong, where, what was expected, and the nearest fix.

Two kinds reach the user. `InputError` means that the user's input is wrong: a scenario, a card, an
argument (exit code 2). `RunError` means that the input was right and the run failed: a full disk, a
loss that became infinite (exit code 1). Neither is ever shown as a traceback.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass


class NeurosimError(Exception):
    """What neurosim raises on purpose; its text is written for the user."""

    exit_code = 1


@dataclass(frozen=True)
class Location:
    """A place in a file (`line` and `column` count from 1) or on the command line.

    Parameters
    ----------
    file : str
        The file's path as the user would write it, or a description such as "command line".
    line, column : int, optional
        Where in the file.
    text : str, optional
        The line itself, shown under the message with a caret.
    """

    file: str
    line: int | None = None
    column: int | None = None
    text: str | None = None

    def __str__(self) -> str:
        parts = [self.file, self.line, self.column]
        return ":".join(str(part) for part in parts if part is not None)


@dataclass(frozen=True)
class Problem:
    """One mistake: what is wrong, where, what was expected, and a fix if one is near."""

    message: str
    where: Location | None = None
    expected: str | None = None
    hint: str | None = None

    def __str__(self) -> str:
        lines = [f"{self.where}: {self.message}" if self.where else self.message]
        if self.where and self.where.text is not None:
            lines += _excerpt(self.where.text, self.where.column)
        if self.expected:
            lines.append(f"    expected: {self.expected}")
        if self.hint:
            lines.append(f"    {self.hint}")
        return "\n".join(lines)


class InputError(NeurosimError, ValueError):
    """The user's input is wrong. Carries every mistake that was found, not only the first.

    Parameters
    ----------
    problems : str or iterable of Problem
        A single message, or all the mistakes of one input.
    """

    exit_code = 2

    def __init__(self, problems: str | Problem | Iterable[Problem]) -> None:
        if isinstance(problems, str):
            problems = [Problem(problems)]
        elif isinstance(problems, Problem):
            problems = [problems]
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))

    def __reduce__(self) -> tuple[type[InputError], tuple[tuple[Problem, ...]]]:
        # Errors cross process borders in a sweep; the default would pickle only the joined text.
        return type(self), (self.problems,)


class RunError(NeurosimError):
    """The input was right and the run failed."""


def did_you_mean(word: object, options: Iterable[str]) -> str | None:
    """Return "did you mean 'x'?" for the option nearest to `word`, or None when none is near."""
    names = [str(option) for option in options]
    lowered = {name.lower(): name for name in reversed(names)}
    near = difflib.get_close_matches(str(word).lower(), lowered, n=1, cutoff=0.6)
    return f"did you mean '{lowered[near[0]]}'?" if near else None


def one_of(options: Iterable[str], most: int = 30) -> str:
    """Write a list of allowed words: "one of a, b, c"."""
    names = list(options)
    shown = ", ".join(names[:most])
    return f"one of {shown}, …" if len(names) > most else f"one of {shown}"


def _excerpt(text: str, column: int | None, width: int = 100) -> list[str]:
    """The source line with a caret under the column, cut to `width` around it."""
    text = "".join(char if char.isprintable() else " " for char in text)
    start = 0
    if column is not None and column > width - 20:
        start = column - width // 2
    shown = text[start : start + width]
    lines = [f"    | {shown.rstrip()}"]
    if column is not None:
        lines.append(f"    | {' ' * (column - 1 - start)}^")
    return lines
