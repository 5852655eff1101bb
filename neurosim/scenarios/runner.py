"""One run: from a scenario without a sweep to numbers, history and arrays.

data → network → compile onto hardware (if there is any) → train → evaluate → metrics, history, arrays
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.errors import InputError, RunError
from neurosim.scenarios import environment, store
from neurosim.scenarios.resolved import as_yaml, content_hash
from neurosim.scenarios.schema import Scenario

Step = dict[str, Any]
"""Progress: epoch (from 1), epochs, fraction of the training, rate (samples/s), accuracy (once an epoch)."""


HARDWARE_METRICS = (
    "device", "mapping", "tiles", "utilisation", "pulses", "write_energy", "read_energy", "converter_energy",
    "energy", "latency", "operations", "inference_time",
)  # fmt: skip

_SECONDS_BETWEEN_STEPS = 0.1

BOUND_MARGIN = 0.01
"""How near to a bound, in parts of its own range, a device counts as saturated."""


@dataclass(frozen=True, eq=False)
class Result:
    """What a run gives; `store` says what is in each part."""

    metrics: dict[str, Any]
    history: dict[str, Any]
    arrays: dict[str, npt.NDArray[Any]] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> Result:
        """Read the result of a finished run from its folder."""
        metrics, history = store.read_json(folder / store.METRICS), store.read_json(folder / store.HISTORY)
        return cls(metrics, history, store.read_arrays(folder))

    def beside(self, baseline: Result | None) -> Result:
        """The same result with that of its baseline in it."""
        arrays = dict(self.arrays)
        if baseline is not None:
            arrays["baseline_confusion"] = baseline.arrays["confusion"]
        metrics = {**self.metrics, "baseline": baseline and _without(baseline.metrics, "baseline")}
        history = {
            **self.history,
            "baseline_history": baseline and _without(baseline.history, "baseline_history"),
        }
        return Result(metrics, history, arrays)


def run_into(
    scenario: Scenario,
    folder: Path,
    *,
    baseline: Path | Result | None = None,
    checkpoint: Path | None = None,
    progress: Callable[[Step], object] | None = None,
) -> Result:
    """Run a scenario and leave a finished run folder, or, after an error, none.

    Parameters
    ----------
    scenario : Scenario
    folder : Path
    baseline : Path or Result, optional
        The run with ideal weights to set beside it; a folder that is not finished counts as none.
    checkpoint : Path, optional
        Where the training is saved after every epoch, and taken up again; removed in the end.
    progress : function, optional
        Called with a `Step`.

    Raises
    ------
    InputError
        When the data or the hardware do not fit.
    RunError
        When the training diverges or the results cannot be written.
    KeyboardInterrupt
        After Ctrl-C.
    """
    if isinstance(baseline, Path):
        baseline = Result.read(baseline) if store.is_finished(baseline) else None
    result = run(scenario, checkpoint=checkpoint, progress=progress).beside(baseline)
    with store.writing(folder) as partial:
        store.write_text(partial / store.SCENARIO, as_yaml(scenario))
        store.write_json(partial / store.HISTORY, result.history)
        store.write_arrays(partial / store.ARRAYS, result.arrays)
        store.write_json(partial / store.ENVIRONMENT, environment.collect())
        store.write_json(partial / store.METRICS, result.metrics)
    if checkpoint is not None:
        checkpoint.unlink(missing_ok=True)
    return result


def run(
    scenario: Scenario, *, checkpoint: Path | None = None, progress: Callable[[Step], object] | None = None
) -> Result:
    """Run a scenario and return its result; nothing is written but the checkpoint."""
    from neurosim import datasets, learning

    begin = time.perf_counter()
    data = datasets.load(scenario.data)
    network = _network(scenario, data)
    chip = None if scenario.hardware is None else _compiled(scenario, network)
    model = network if chip is None else chip
    history = _train(scenario, model, data, checkpoint, progress)
    spent = _hardware(scenario, chip)
    final = learning.evaluate(model, data.x_test, data.y_test, loss=scenario.learning.loss)
    arrays = {"confusion": final.confusion}
    saturation = None
    if chip is not None:
        arrays |= _conductances(chip)
        maps = [array for name, array in arrays.items() if name.startswith("saturation/")]
        saturation = sum(float(array.sum()) for array in maps) / sum(array.size for array in maps)
    metrics = {
        "name": scenario.name,
        "hash": content_hash(scenario),
        "seed": scenario.seed,
        "finished": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "seconds": time.perf_counter() - begin,
        "epochs": len(history),
        "accuracy": final.accuracy,
        "loss": final.loss,
        **_best(history, final.accuracy),
        "ended": history.ended,
        "weights": sum(int(np.prod(layer.synapses.shape)) for layer in network.layers),
        "classes": data.classes,
        **spent,
        "saturation": saturation,
        "baseline": None,
    }
    columns = {"epoch": list(range(1, len(history) + 1)), **history.to_dict(), "baseline_history": None}
    return Result(metrics, columns, arrays)


def chip_of(scenario: Scenario) -> Any:
    """The chip of a scenario before its training.

    Raises
    ------
    InputError
        When the data cannot be read or the network does not fit on the chip.
    """
    from neurosim import datasets

    return _compiled(scenario, _network(scenario, datasets.load(scenario.data)))


def _network(scenario: Scenario, data: Any) -> Any:
    from neurosim.networks.build import build

    return build(scenario.network, data.x_train.shape[1], data.classes, seed=scenario.seed)


def _compiled(scenario: Scenario, network: Any) -> Any:
    from neurosim import mappings

    assert scenario.hardware is not None
    device, mapping = scenario.hardware.device, scenario.hardware.mapping
    return mappings.compile(network, device, mapping, seed=scenario.seed)


def _train(
    scenario: Scenario,
    model: Any,
    data: Any,
    checkpoint: Path | None,
    progress: Callable[[Step], object] | None,
) -> Any:
    from neurosim import learning

    told = -_SECONDS_BETWEEN_STEPS

    def tell(step: learning.Progress) -> None:
        nonlocal told
        if progress is not None and (step.row or time.monotonic() - told >= _SECONDS_BETWEEN_STEPS):
            told = time.monotonic()
            done = (step.epoch - 1 + step.batch / step.batches) / step.epochs
            message: Step = {
                "epoch": step.epoch,
                "epochs": step.epochs,
                "fraction": done,
                "rate": step.samples_per_second,
            }
            if step.row is not None:
                message["accuracy"] = step.row["test_accuracy"]
            progress(message)

    def fit() -> Any:
        options = learning.settings(scenario.learning)
        return learning.train(
            model, data, seed=scenario.seed, checkpoint=checkpoint, progress=tell, **options
        )

    try:
        history = fit()
    except InputError:
        # A checkpoint that cannot be used must not stand in the way: its training begins anew.
        if checkpoint is None or not checkpoint.exists():
            raise
        checkpoint.unlink()
        history = fit()
    if history.ended == "interrupted":
        raise KeyboardInterrupt
    if not len(history):
        raise RunError("the training ended before its first epoch was finished")
    return history


def _best(history: Any, last: float) -> dict[str, Any]:
    best = history.best
    accuracy, epoch = best["test_accuracy"], best["epoch"]
    return {"best_accuracy": max(accuracy, last), "best_epoch": epoch if accuracy >= last else len(history)}


def _without(group: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in group.items() if name != key}


def _hardware(scenario: Scenario, chip: Any) -> dict[str, Any]:
    """What only hardware has; null with ideal weights."""
    if scenario.hardware is None:
        return dict.fromkeys(HARDWARE_METRICS)
    costs = chip.costs().to_dict()
    return {
        "device": scenario.hardware.device.name,
        "mapping": scenario.hardware.mapping.name,
        "tiles": len(chip.tiles),
        "utilisation": chip.utilisation,
        "pulses": costs["pulses"],
        "write_energy": costs["write_energy"],
        "read_energy": costs["device_energy"],
        "converter_energy": costs["dac_energy"] + costs["adc_energy"] + costs["addition_energy"],
        "energy": costs["energy"],
        "latency": costs["latency"],
        "operations": costs["operations"],
        "inference_time": costs["inference_time"],
    }


def _conductances(chip: Any) -> dict[str, npt.NDArray[Any]]:
    """Conductances (S) and the part of each weight's devices that sit at a bound, layer by layer."""
    arrays: dict[str, npt.NDArray[Any]] = {"bounds": np.array([chip.device.g_min, chip.device.g_max])}
    for synapses in chip.synapses:
        parts = {part: synapses.arrays[part] for part in ("plus", "minus") if part in synapses.arrays}
        for part, devices in parts.items():
            arrays[f"conductances/{synapses.name}/{part}"] = devices.conductance
        at_bound = [_at_bound(devices) for devices in parts.values()]
        arrays[f"saturation/{synapses.name}"] = np.asarray(sum(at_bound) / np.float32(len(at_bound)))
    return arrays


def _at_bound(devices: Any) -> npt.NDArray[np.float32]:
    """1 for devices (rows, cols) within a hundredth of their own range from a bound, else 0."""
    margin = BOUND_MARGIN * (devices.g_max - devices.g_min)
    g = devices.conductance
    at_bound = (g <= devices.g_min + margin) | (g >= devices.g_max - margin)
    return np.asarray(at_bound, dtype=np.float32)
