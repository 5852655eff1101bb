"""When to stop before the last epoch: after some epochs without a better value."""

from __future__ import annotations

from dataclasses import dataclass

from neurosim import checks
from neurosim.learning.history import History

MONITORS = ("train_loss", "train_accuracy", "test_loss", "test_accuracy")


@dataclass(frozen=True)
class EarlyStop:
    """Stop when the monitored value has not become better for `patience` epochs.

    Parameters
    ----------
    patience : int
    monitor : str
        "train_loss", "train_accuracy", "test_loss" or "test_accuracy"; a loss should fall and an
        accuracy rise.
    change : float
        A value counts as better when it beats the best one so far by more than this.
    """

    patience: int = 5
    monitor: str = "test_loss"
    change: float = 0.0

    def __post_init__(self) -> None:
        checks.whole("patience", self.patience, low=1)
        checks.choice("monitor", self.monitor, MONITORS)
        checks.number("change", self.change, low=0.0)

    def reached(self, history: History) -> bool:
        """Whether the training should stop after the last epoch of `history`."""
        sign = 1.0 if self.monitor.endswith("accuracy") else -1.0
        best, since = -float("inf"), 0
        for value in history[self.monitor]:
            since += 1
            if sign * value > best + self.change:
                best, since = sign * value, 0
        return since >= self.patience
