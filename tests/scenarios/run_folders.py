"""Run folders made up for tests of the report: right in form, with numbers that look like a real run's."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np

from neurosim.scenarios import store

SCENARIO = """neurosim: 1
name: digits-manhattan
about: Manhattan rule on HfO2 pairs, handwritten digits
seed: 7
data: {use: digits}
network:
  layers:
    - {neurons: relu, size: 32}
    - {neurons: linear, size: 10}
learning:
  update: {rule: manhattan}
  epochs: 20
"""
ENVIRONMENT = {
    "neurosim": "0.1.0",
    "python": "3.11.9",
    "platform": "Linux-6.1-x86_64",
    "processor": "AMD EPYC 7B13",
    "cores": 4,
    "packages": {"numpy": "2.4.6", "numba": "0.68.1"},
}


def metrics(accuracy=0.9361, *, seed=7, hardware=True, name="digits-manhattan"):
    own = {
        "name": name,
        "hash": "3f6c1e" * 10,
        "seed": seed,
        "finished": "2026-11-21T10:20:30+00:00",
        "seconds": 8.734,
        "epochs": 20,
        "accuracy": accuracy,
        "loss": 0.2861,
        "best_accuracy": accuracy + 0.004,
        "best_epoch": 18,
        "device": "hfo2-rram" if hardware else None,
        "mapping": "differential-tiles" if hardware else None,
        "weights": 2410,
        "classes": 10,
        "saturation": 0.124 if hardware else None,
        "pulses": 1_204_882 if hardware else None,
        "write_energy": 3.11e-6 if hardware else None,
        "read_energy": 8.4e-7 if hardware else None,
        "converter_energy": 5.2e-6 if hardware else None,
        "latency": 0.0437 if hardware else None,
        "baseline": None,
    }
    if hardware:
        own["baseline"] = metrics(0.9722, seed=seed, hardware=False, name=name)
    return own


def history(final, epochs=20, hardware=True, seed=0):
    random = np.random.default_rng(seed)
    t = np.arange(1, epochs + 1)
    rise = final - 0.6 * np.exp(-t / 3) + random.normal(0, 0.004, epochs)
    loss = 0.25 + 1.8 * np.exp(-t / 2.5) + random.normal(0, 0.01, epochs)
    own = {
        "epoch": t.tolist(),
        "train_accuracy": np.clip(rise + 0.012, 0, 1).tolist(),
        "test_accuracy": np.clip(rise, 0, 1).tolist(),
        "train_loss": (loss * 0.9).tolist(),
        "test_loss": loss.tolist(),
        "pulses": (60_000 * t + 4000 * np.sqrt(t)).tolist() if hardware else [0] * epochs,
        "baseline_history": None,
    }
    if hardware:
        own["baseline_history"] = history(0.972, epochs, hardware=False, seed=seed + 1)
    return own


def arrays(seed=0, layers=((65, 32), (33, 10)), hardware=True):
    random = np.random.default_rng(seed)
    confusion = np.diag(random.integers(30, 37, 10))
    for true, taken in ((8, 1), (8, 1), (9, 3), (3, 8), (5, 9), (1, 8), (7, 4)):
        confusion[true, taken] += 1
    result = {"confusion": confusion}
    if hardware:
        result["baseline_confusion"] = np.diag(random.integers(33, 37, 10))
        result["bounds"] = np.array([2e-6, 80e-6])
        for number, shape in enumerate(layers, 1):
            for part in ("plus", "minus"):
                values = random.normal(35e-6, 16e-6, shape)
                result[f"conductances/layer{number}/{part}"] = np.clip(values, 2.2e-6, 78e-6)
            edge = np.zeros(shape, bool)
            edge[: shape[0] // 4] = random.random((shape[0] // 4, shape[1])) < 0.6
            result[f"saturation/layer{number}"] = edge | (random.random(shape) < 0.04)
    return result


def write_run(
    folder: Path, accuracy=0.9361, *, seed=7, hardware=True, epochs=20, layers=((65, 32), (33, 10))
):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / store.SCENARIO).write_text(SCENARIO)
    store.write_json(folder / store.METRICS, metrics(accuracy, seed=seed, hardware=hardware))
    store.write_json(folder / store.HISTORY, history(accuracy, epochs, hardware, seed))
    store.write_arrays(folder / store.ARRAYS, arrays(seed, layers, hardware))
    store.write_json(folder / store.ENVIRONMENT, ENVIRONMENT)
    return folder


def write_sweep(folder: Path, axes: dict[str, list], accuracy, *, repeat=3, failed=(), pending=()):
    """A sweep over the product of `axes`; `accuracy` is a function of one value per axis and a repeat."""
    folder.mkdir(parents=True, exist_ok=True)
    points = []
    products = itertools.product(itertools.product(*axes.values()), range(repeat))
    for number, (values, again) in enumerate(products):
        name = f"{number:04x}abcdef"
        status = "failed" if number in failed else "pending" if number in pending else "done"
        points.append(
            {
                "hash": name,
                "values": dict(zip(axes, values, strict=True)),
                "repeat": again,
                "seed": 7 + again,
                "status": status,
                "error": "the loss became infinite in epoch 3" if status == "failed" else None,
            }
        )
        if status == "done":
            write_run(
                folder / "points" / name, accuracy(*values, again), seed=7 + again, epochs=3, layers=((9, 4),)
            )
    (folder / store.SCENARIO).write_text(SCENARIO)
    listed = [{"path": path, "values": values} for path, values in axes.items()]
    store.write_json(folder / store.SWEEP, {"axes": listed, "points": points})
    return folder
