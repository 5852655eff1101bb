"""The trainer: gradient source x update policy over shuffled batches, epoch after epoch.

    for every epoch e:   order <- permutation e of the stream (seed, "shuffle")
        calibrate the synapses on the first batch
        for every batch: gradient of the loss -> request of the update -> write of the synapses
        validate; note the history; save the checkpoint

Everything that goes on from one epoch to the next is in the checkpoint, and everything random is
keyed, so a training that was killed and resumed ends with the same bits as one that ran through.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from neurosim import checks
from neurosim.backend import single_threaded_blas
from neurosim.errors import InputError
from neurosim.learning import checkpoint as checkpoints
from neurosim.learning.epoch import Progress, Run, Slots, make_slots, run_epoch
from neurosim.learning.evaluation import network_of, samples
from neurosim.learning.gradients import GradientSource, gradient_source
from neurosim.learning.history import History
from neurosim.learning.losses import Loss, loss_function
from neurosim.learning.schedules import ConstantRate, Schedule
from neurosim.learning.stopping import EarlyStop
from neurosim.learning.updates import Update
from neurosim.networks.synapses import State


def train(
    model: Any,
    data: Any,
    *,
    update: Update,
    gradient: str | GradientSource = "backprop",
    loss: str | Loss = "cross-entropy",
    epochs: int = 10,
    batch: int = 128,
    seed: int = 0,
    validation: Literal["test"] | tuple[npt.ArrayLike, npt.ArrayLike] | None = "test",
    schedule: Schedule | None = None,
    early_stop: EarlyStop | None = None,
    checkpoint: str | Path | None = None,
    progress: Callable[[Progress], object] | None = None,
    stop: Callable[[], bool] | None = None,
) -> History:
    """Train a network or chip, in place.

    Parameters
    ----------
    model : Network or Chip
    data : Dataset or (x, y)
        x (samples, n_in), y (samples,) classes from 0.
    update : Update
        What becomes of the gradient: `Manhattan()`, `SGD()`, `Adam()`, …
    gradient : str or function
        "backprop", or a function such as `gradients.backprop`.
    loss : str or function
        "cross-entropy", "mse", "mae", or a function such as those in `losses`.
    epochs : int
        Epochs in all, those of a resumed checkpoint included.
    batch : int
        Samples for one update; the last batch of an epoch may be smaller.
    seed : int
        Of the order of the samples.
    validation : "test", (x, y) or None
        What is measured after every epoch: the test part of the data set (nothing for plain (x, y)),
        other samples, or nothing.
    schedule : Schedule, optional
        Changes the learning rate over the epochs.
    early_stop : EarlyStop, optional
    checkpoint : path, optional
        File for the state after every epoch; when it is there already, the training goes on from it.
    progress : function, optional
        Called with a `Progress` after every batch and every epoch.
    stop : function, optional
        Asked after every batch whether to stop; the epoch that is cut short enters no history.

    Returns
    -------
    History
        Also after Ctrl-C, with the epochs finished so far; `History.ended` says how it ended.

    Raises
    ------
    InputError
        For data that do not fit the network, unknown names, or a checkpoint of another training.
    TrainingDiverged
        A `RunError`: the loss became NaN or infinite. It carries the history so far; the checkpoint
        stays at the last finished epoch.
    """
    network = network_of(model)
    if not isinstance(update, Update):
        raise InputError(f"update must be an update policy such as Manhattan(), got {update!r}")
    x, y = (data.x_train, data.y_train) if hasattr(data, "x_train") else _pair("data", data)
    if validation == "test":
        validation = (data.x_test, data.y_test) if hasattr(data, "x_test") else None
    if validation is None and early_stop is not None and early_stop.monitor.startswith("test"):
        raise InputError(f"early stop watches {early_stop.monitor}, but there are no validation data")
    run = Run(
        network,
        *samples("train", network, x, y),
        validation=None if validation is None else samples("test", network, *_pair("validation", validation)),
        gradient=gradient_source(gradient),
        update=update,
        loss=loss_function(loss),
        epochs=checks.whole("epochs", epochs, low=1),
        batch=checks.whole("batch", batch, low=1),
        seed=checks.whole("seed", seed),
        schedule=schedule or ConstantRate(),
        progress=progress,
        stop=stop,
    )
    path = None if checkpoint is None else Path(checkpoint)
    slots = make_slots(network, update)
    history = History()
    if path is not None and path.exists():
        history = _resume(path, run, slots)
    # Overflow is found in the loss, where it can be named.
    with single_threaded_blas(), np.errstate(over="ignore", invalid="ignore"):
        try:
            history.ended = _train(run, slots, history, early_stop, path)
        except KeyboardInterrupt:
            history.ended = "interrupted"
    return history


def _train(run: Run, slots: Slots, history: History, early_stop: EarlyStop | None, path: Path | None) -> str:
    while len(history) < run.epochs:
        if early_stop is not None and early_stop.reached(history):
            return "early stop"
        row = run_epoch(run, slots, history)
        if row is None:
            return "stopped"
        history.append(row)
        if path is not None:
            _save(path, run, slots, history)
        if run.progress is not None:
            loss, speed = row["train_loss"], row["samples_per_second"]
            run.progress(Progress(len(history), run.epochs, run.batches, run.batches, loss, speed, row))
    return "finished"


def _pair(name: str, value: Any) -> tuple[Any, Any]:
    if not isinstance(value, tuple | list) or len(value) != 2:
        raise InputError(f"{name} must be a data set or a pair (x, y), got {type(value).__name__}")
    return value[0], value[1]


def _save(path: Path, run: Run, slots: Slots, history: History) -> None:
    state: State = {f"network/{name}": value for name, value in run.network.state().items()}
    for matrix, memory in slots.items():
        state.update({f"slots/{matrix}/{name}": value for name, value in memory.items()})
    checkpoints.save(path, state, {"settings": run.settings(), "history": history.to_dict()})


def _resume(path: Path, run: Run, slots: Slots) -> History:
    """Put network and slots where the checkpoint left them, and return its history."""
    state, record = checkpoints.load(path)
    wanted, found = run.settings(), record["settings"]
    changed = [
        f"{name} {found.get(name)}, not {wanted[name]}" for name in wanted if found.get(name) != wanted[name]
    ]
    if changed:
        raise InputError(
            f"the checkpoint {path} belongs to another training: {'; '.join(changed)}. "
            "Give the same settings or another file"
        )
    run.network.restore(checkpoints.under("network", state))
    for matrix, memory in slots.items():
        memory.update(checkpoints.under(f"slots/{matrix}", state))
    return History.from_dict(record["history"])
