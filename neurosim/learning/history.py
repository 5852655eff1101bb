"""What a training leaves behind, epoch by epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from neurosim.errors import InputError

COLUMNS = (
    "train_loss",
    "train_accuracy",
    "test_loss",
    "test_accuracy",
    "rate",
    "pulses",
    "write_energy",
    "seconds",
    "samples_per_second",
)


class History:
    """One value for each epoch in every column.

    `train_loss` and `train_accuracy` are means over the epoch's batches, each taken before its update;
    `test_loss` and `test_accuracy` are measured at the epoch's end (None without validation data).
    `rate` is the schedule's factor on the learning rate. `pulses` and `write_energy` (J) count from
    the beginning of the hardware's life; both are 0 for ideal weights. `seconds` is the wall time of
    the training itself, without the validation.

    Attributes
    ----------
    ended : str
        Why the training ended: "finished", "early stop", "stopped" (asked to by `stop`),
        "interrupted" (Ctrl-C), "diverged", or "running".
    """

    def __init__(self) -> None:
        self.ended = "running"
        self._columns: dict[str, list[Any]] = {name: [] for name in COLUMNS}

    def __len__(self) -> int:
        return len(self._columns["train_loss"])

    def __getitem__(self, column: str) -> Sequence[Any]:
        """Return a column, one value an epoch."""
        return tuple(self._columns[column])

    def append(self, row: Mapping[str, Any]) -> None:
        """Add the values of one more epoch."""
        for name in COLUMNS:
            self._columns[name].append(row[name])

    def row(self, epoch: int) -> dict[str, Any]:
        """Return all columns' values of an epoch, counted from 0; -1 is the last."""
        return {name: values[epoch] for name, values in self._columns.items()}

    @property
    def best(self) -> dict[str, Any]:
        """The row of the most accurate epoch, with its number "epoch" counted from 1.

        By test accuracy where there is validation data, else by training accuracy; the first such
        epoch if there are several.

        Raises
        ------
        InputError
            When no epoch has been finished.
        """
        if not len(self):
            raise InputError("no epoch has been finished, so there is no best one")
        column = "test_accuracy" if self._columns["test_accuracy"][-1] is not None else "train_accuracy"
        values = [-1.0 if value is None else value for value in self._columns[column]]
        epoch = values.index(max(values))
        return {"epoch": epoch + 1, **self.row(epoch)}

    def to_dict(self) -> dict[str, Any]:
        """Return plain lists for JSON: every column, and `ended`."""
        return {"ended": self.ended, **{name: list(values) for name, values in self._columns.items()}}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> History:
        """Make a history from what `to_dict` returned."""
        history = cls()
        history.ended = values["ended"]
        history._columns = {name: list(values[name]) for name in COLUMNS}
        return history

    def __repr__(self) -> str:
        if not len(self):
            return f"History({self.ended}: no epoch finished)"
        best = self.best
        accuracy = best["train_accuracy"] if best["test_accuracy"] is None else best["test_accuracy"]
        return f"History({self.ended}: {len(self)} epochs, best {accuracy:.2%} in epoch {best['epoch']})"
