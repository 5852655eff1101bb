"""One epoch of a training: shuffled batches, and what every batch does to the network."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, is_dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim import random
from neurosim.errors import RunError
from neurosim.learning.evaluation import Labels, accuracy, measure
from neurosim.learning.gradients import Gradient, GradientSource
from neurosim.learning.history import History
from neurosim.learning.losses import Loss
from neurosim.learning.schedules import Schedule
from neurosim.learning.updates import Update
from neurosim.networks.network import Layer, Network
from neurosim.networks.synapses import State

Array = npt.NDArray[Any]
Slots = dict[str, State]


class TrainingDiverged(RunError):
    """The loss became NaN or infinite; `history` holds the epochs that were finished before."""

    def __init__(self, text: str, history: History) -> None:
        super().__init__(text)
        self.history = history

    def __reduce__(self) -> tuple[type[TrainingDiverged], tuple[str, History]]:
        return type(self), (str(self), self.history)


@dataclass(frozen=True)
class Progress:
    """Where a training stands, after a batch or (with `row`) after an epoch.

    Parameters
    ----------
    epoch, epochs, batch, batches : int
        Counted from 1.
    loss : float
        Mean over the epoch so far.
    samples_per_second : float
        Of this epoch so far.
    row : dict or None
        The epoch's row of the history, once it is finished.
    """

    epoch: int
    epochs: int
    batch: int
    batches: int
    loss: float
    samples_per_second: float
    row: dict[str, Any] | None = None


@dataclass(frozen=True, eq=False)
class Run:
    """What stays the same during one training."""

    network: Network
    x: Array
    y: Labels
    validation: tuple[Array, Labels] | None
    gradient: GradientSource
    update: Update
    loss: Loss
    epochs: int
    batch: int
    seed: int
    schedule: Schedule
    progress: Callable[[Progress], object] | None
    stop: Callable[[], bool] | None

    @property
    def batches(self) -> int:
        """Number of batches in an epoch."""
        return math.ceil(len(self.x) / self.batch)

    def settings(self) -> dict[str, Any]:
        """Return what a checkpoint must agree with."""
        widths = [self.network.n_in, *(layer.neurons.size for layer in self.network.layers)]
        settings: dict[str, Any] = {"network": "-".join(map(str, widths)), "samples": len(self.x)}
        settings |= {"batch": self.batch, "seed": self.seed}
        for name in ("gradient", "update", "loss", "schedule"):
            settings[name] = _describe(getattr(self, name))
        return settings


def _describe(part: object) -> str:
    """A text that is the same in another process: not a default repr, which holds an address."""
    if is_dataclass(part):
        return repr(part)
    return getattr(part, "__name__", type(part).__name__)


def run_epoch(run: Run, slots: Slots, history: History) -> dict[str, Any] | None:
    """Train one epoch and return its row of the history, or None when asked to stop."""
    epoch = len(history)
    scale = run.schedule.scale(epoch, run.epochs)
    total, hits, seen = 0.0, 0.0, 0
    begin = time.perf_counter()
    for number, (x, y) in enumerate(_batches(run, epoch), start=1):
        if number == 1:
            run.network.calibrate(x)
        result = run.gradient(run.network, x, y, run.loss)
        if not math.isfinite(result.loss):
            history.ended = "diverged"
            raise TrainingDiverged(
                f"the loss became {result.loss} in epoch {epoch + 1}, batch {number}; "
                "a smaller learning rate may help",
                history,
            )
        for layer, gradient in zip(run.network.layers, result.gradients, strict=True):
            _update(run, layer, gradient, slots, scale)
        total += result.loss * len(y)
        hits += accuracy(result.outputs, y) * len(y)
        seen += len(y)
        if run.progress is not None:
            speed = seen / (time.perf_counter() - begin)
            run.progress(Progress(epoch + 1, run.epochs, number, run.batches, total / seen, speed))
        if run.stop is not None and run.stop():
            return None
    seconds = time.perf_counter() - begin
    tested = None if run.validation is None else measure(run.network, *run.validation, run.loss)
    counters = run.network.counters()
    return {
        "train_loss": total / seen,
        "train_accuracy": hits / seen,
        "test_loss": None if tested is None else tested.loss,
        "test_accuracy": None if tested is None else tested.accuracy,
        "rate": scale,
        "pulses": counters.get("pulses", 0.0),
        "write_energy": counters.get("write_energy", 0.0),
        "seconds": seconds,
        "samples_per_second": seen / seconds,
    }


def _batches(run: Run, epoch: int) -> Iterator[tuple[Array, Labels]]:
    """The shuffled batches of an epoch; the inputs of one are overwritten by the next."""
    order = random.stream(run.seed, "shuffle").permutation(len(run.x), draw=epoch)
    buffer = np.empty((min(run.batch, len(order)), run.x.shape[1]), run.x.dtype)
    for first in range(0, len(order), run.batch):
        chosen = order[first : first + run.batch]
        x = buffer[: len(chosen)]
        np.take(run.x, chosen, axis=0, out=x, mode="clip")  # "clip" writes to out directly
        yield x, run.y[chosen]


def _update(run: Run, layer: Layer, gradient: Gradient, slots: Slots, scale: float) -> None:
    weights = layer.synapses.effective_weights
    request = run.update.request(gradient, slots[f"{layer.name}/weights"], scale, weights)
    layer.synapses.write(request)
    bias = layer.bias
    if bias is not None:
        memory = slots[f"{layer.name}/bias"]
        request = run.update.request(gradient.of_bias(), memory, scale, lambda: bias[None, :])
        bias += request.dense(bias.dtype)[0]


def make_slots(network: Network, update: Update) -> Slots:
    """Return the update's memory of every weight matrix and bias, as it is before the first update."""
    slots = {}
    for layer in network.layers:
        slots[f"{layer.name}/weights"] = update.slots(layer.synapses.shape, network.dtype)
        if layer.bias is not None:
            slots[f"{layer.name}/bias"] = update.slots((1, layer.neurons.size), network.dtype)
    return slots
