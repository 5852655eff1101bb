"""Stochastic coincidence updates of noisy soft-bounds devices: 512 x 512, a batch of 64.

Light: about one time slot a sample, 1.3 million pulses a batch. Heavy: 30 slots, 67 million pulses.
The time includes drawing the pulse trains.

Peer: aihwkit 1.2.0, AnalogTile.update with SoftBoundsDevice() (dw_min 0.001, weights from -0.6 to 0.6,
spread of steps and bounds 30 %, cycle-to-cycle noise 30 %), whose update runs on one thread in any case.
"""

from __future__ import annotations

import numpy as np
from timing import have, main, table, take_turns

SIZE, BATCH = 512, 64
LOADS = {"light": (0.01, 0.02, 15), "heavy": (0.1, 0.1, 7)}
UNIT = 100e-6 / 1.2  # S a unit of weight


def run(threads: int) -> None:
    """Time one number of threads."""
    from neurosim import devices
    from neurosim.random import stream

    print(f"\n{threads} thread(s)")
    card = devices.SoftBounds(
        g_min=100e-6, g_max=200e-6, pulses=1200, device=0.3, bounds=0.15, symmetry=0.01, cycle=0.3
    )
    peer = have("aihwkit")
    for name, (rate, scale, rounds) in LOADS.items():
        rng = np.random.default_rng(4321)
        w = rng.uniform(-0.3, 0.3, (SIZE, SIZE)).astype(np.float32)
        x = rng.uniform(-1, 1, (BATCH, SIZE)).astype(np.float32)
        d = (scale * rng.standard_normal((BATCH, SIZE))).astype(np.float32)
        array = devices.DeviceArray(card, SIZE, SIZE, seed=1, initial=150e-6 + w * UNIT)
        source, draws = stream(1, "trains"), iter(range(10**6))

        def update(x=x, d=d, rate=rate, array=array, source=source, draws=draws):
            array.coincide(devices.pulse_trains(x, d, rate, 1e-3, source, next(draws)))

        contenders = {"neurosim": update}
        if peer:
            contenders |= aihwkit(w, x, d, rate, threads)
        times = take_turns(contenders, rounds)
        pulses = (array.pulses_up.sum() + array.pulses_down.sum()) / (rounds + 1)
        table(f"{name}: {pulses:.3g} pulses a batch", times, work=pulses)


def aihwkit(w, x, d, rate, threads):
    """The peer's update."""
    import torch
    from aihwkit.simulator.configs import SingleRPUConfig, SoftBoundsDevice
    from aihwkit.simulator.tiles import AnalogTile

    torch.set_num_threads(threads)
    tile = AnalogTile(SIZE, SIZE, SingleRPUConfig(device=SoftBoundsDevice()))
    tile.set_weights(torch.from_numpy(w.T.copy()))
    tile.set_learning_rate(rate)
    inputs, changes = torch.from_numpy(x), torch.from_numpy(d)
    return {"aihwkit": lambda: tile.update(inputs, changes)}


if __name__ == "__main__":
    main(__doc__, run)
