"""Forward products: a 512 x 512 array, 64 inputs, 7-bit DAC, 9-bit ADC, output noise.

Peer: aihwkit 1.2.0, AnalogTile with its default IOParameters (the same converters), and NumPy's bare
product of matrices in the same precision.
"""

from __future__ import annotations

import numpy as np
from timing import have, main, table, take_turns

SIZE, BATCH, ROUNDS = 512, 64, 200


def run(threads: int) -> None:
    """Time one number of threads."""
    from neurosim import compile, linear
    from neurosim.backend import single_threaded_blas
    from neurosim.networks import Sequential

    print(f"\n{threads} thread(s)")
    rng = np.random.default_rng(1234)
    w = rng.uniform(-0.3, 0.3, (SIZE, SIZE)).astype(np.float32)
    x = rng.uniform(-1, 1, (BATCH, SIZE)).astype(np.float32)

    network = Sequential(SIZE, [linear(SIZE)], initial=w, bias=False)
    synapses = compile(network, "ideal", "aihwkit-io").network.layers[0].synapses
    contenders = {
        "neurosim forward": lambda: synapses.read(x),
        "neurosim backward": lambda: synapses.read_transposed(x),
        "numpy x @ w": lambda: x @ w,
    }
    if have("aihwkit"):
        contenders |= aihwkit(w, x, threads)
    if threads == 1:
        with single_threaded_blas():
            times = take_turns(contenders, ROUNDS)
    else:
        times = take_turns(contenders, ROUNDS)
    table(f"{SIZE} x {SIZE}, {BATCH} inputs", times, work=BATCH)


def aihwkit(w, x, threads):
    """The peer's forward and backward product."""
    import torch
    from aihwkit.simulator.configs import ConstantStepDevice, SingleRPUConfig
    from aihwkit.simulator.tiles import AnalogTile

    torch.set_num_threads(threads)
    device = ConstantStepDevice(w_max_dtod=0.0, w_min_dtod=0.0)
    tile = AnalogTile(SIZE, SIZE, SingleRPUConfig(device=device))
    tile.set_weights(torch.from_numpy(w.T.copy()))
    inputs = torch.from_numpy(x)
    return {
        "aihwkit backward": lambda: tile.backward(inputs),
        "aihwkit forward": lambda: tile.forward(inputs),
    }


if __name__ == "__main__":
    main(__doc__, run)
