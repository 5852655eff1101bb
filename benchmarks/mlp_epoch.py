"""One epoch of training on arrays: 784-256-128-10, sigmoid, cross-entropy, SGD 0.05, batch 64.

Noisy soft-bounds devices, 7-bit DAC, 9-bit ADC and output noise in forward and backward products,
stochastic coincidence updates. The data are 60,000 made-up images of ten classes, 22 % of their pixels
active.

Peer: aihwkit 1.2.0, AnalogLinear with SoftBoundsDevice() and AnalogSGD.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from timing import have, main, table, take_turns

SAMPLES, BATCH, RATE, ROUNDS = 60_000, 64, 0.05, 3
LAYERS = (784, 256, 128, 10)


def images() -> tuple[np.ndarray, np.ndarray]:
    """Ten prototypes with 22 % of their pixels active, seen through noise: x (samples, 784), y (samples,)."""
    rng = np.random.default_rng(7)
    prototypes = (rng.random((10, LAYERS[0])) < 0.22) * rng.uniform(0.3, 1, (10, LAYERS[0]))
    y = rng.integers(0, 10, SAMPLES)
    x = prototypes[y] * rng.uniform(0.5, 1, (SAMPLES, LAYERS[0]))
    return x.astype(np.float32), y


def run(threads: int) -> None:
    """Time one number of threads."""
    import neurosim as ns

    print(f"\n{threads} thread(s)")
    x, y = images()
    card = ns.devices.SoftBounds(
        g_min=100e-6, g_max=200e-6, pulses=1200, device=0.3, bounds=0.15, symmetry=0.01, cycle=0.3
    )
    neurons = [ns.sigmoid(LAYERS[1]), ns.sigmoid(LAYERS[2]), ns.linear(LAYERS[3])]
    network = ns.networks.Sequential(LAYERS[0], neurons, initial="lecun_uniform")

    def epoch(x=x, y=y):
        chip = ns.compile(network, card, "aihwkit-io")
        ns.train(chip, (x, y), update=ns.SGD(RATE), epochs=1, batch=BATCH, validation=None)

    epoch(x[:BATCH], y[:BATCH])  # compiles all kernels
    contenders = {"neurosim": epoch}
    if have("aihwkit"):
        contenders |= aihwkit(x, y, threads)
    times = take_turns(contenders, ROUNDS)
    table(f"{'-'.join(map(str, LAYERS))}, {SAMPLES} samples", times, unit="s", work=SAMPLES)


def aihwkit(x, y, threads):
    """The peer's epoch."""
    import torch
    from aihwkit.nn import AnalogLinear, AnalogSequential
    from aihwkit.optim import AnalogSGD
    from aihwkit.simulator.configs import SingleRPUConfig, SoftBoundsDevice

    torch.set_num_threads(threads)
    inputs, labels = torch.from_numpy(x), torch.from_numpy(y)

    def epoch():
        torch.manual_seed(0)
        layers = []
        for n_in, n_out in pairwise(LAYERS):
            layers.append(AnalogLinear(n_in, n_out, rpu_config=SingleRPUConfig(device=SoftBoundsDevice())))
            layers.append(torch.nn.Sigmoid() if n_out != LAYERS[-1] else torch.nn.LogSoftmax(dim=1))
        model = AnalogSequential(*layers)
        optimiser = AnalogSGD(model.parameters(), lr=RATE)
        optimiser.regroup_param_groups(model)
        loss = torch.nn.NLLLoss()
        for chosen in torch.randperm(SAMPLES).split(BATCH):
            optimiser.zero_grad()
            loss(model(inputs[chosen]), labels[chosen]).backward()
            optimiser.step()

    return {"aihwkit": epoch}


if __name__ == "__main__":
    main(__doc__, run)
