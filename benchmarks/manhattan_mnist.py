"""Epochs of the Manhattan rule on MNIST: 784-64-32-10 relu, batch 128, each with an evaluation of 10,000.

The images come from the folder $NEUROSIM_DATA (see `datasets.mnist`), else 70,000 random images of the
same size and density are used. The times are CPU seconds, so that waiting threads count.

plain       w <- w -+ 1e-4, on ideal weights
material    W = 100 (G+ - G-), steps of 10 uS within 1 uS to 2 mS, biases on devices too

Peer: Neko's rules (arXiv 2105.00324; cortical-team/neko) written from their recipe in torch, without the
overhead of its own framework: gradients by autograd, then a step against the sign of every gradient, where
a gradient of zero counts as negative; loss and accuracy of every batch and of the test images.
"""

from __future__ import annotations

import time

import numpy as np
from timing import have, main, table, take_turns

BATCH, EPOCHS, ROUNDS = 128, 3, 5
STEP = 1e-4
G_STEP, G_MIN, G_MAX, W_FACTOR = 1e-5, 1e-6, 2e-3, 100.0


def data():
    """MNIST, or random images."""
    import neurosim as ns
    from neurosim.datasets import Dataset

    try:
        return ns.datasets.load("mnist")
    except (ns.InputError, ns.RunError):
        print("    (no MNIST in $NEUROSIM_DATA: random images)")
    rng = np.random.default_rng(0)
    x = (rng.random((70_000, 784), np.float32) * (rng.random((70_000, 784)) < 0.19)).astype(np.float32)
    y = rng.integers(0, 10, len(x))
    return Dataset("random", x[:60_000], y[:60_000], x[60_000:], y[60_000:], 10, (28, 28))


def run(threads: int) -> None:
    """Time one number of threads."""
    import neurosim as ns

    print(f"\n{threads} thread(s)")
    images = data()
    neurons = [ns.relu(64), ns.relu(32), ns.relu(10)]
    network = ns.networks.Sequential(784, neurons, seed=0)
    rule = ns.Manhattan(step=STEP, zero_gradient="potentiate")

    def train(model, dataset=images):
        ns.train(model, dataset, update=rule, epochs=EPOCHS, batch=BATCH)

    plain = {"neurosim, plain": lambda: train(network)}
    chip = ns.compile(network, "neko-material", "neko-pairs")
    material = {"neurosim, material": lambda: train(chip)}
    if have("torch"):
        plain |= {"Neko in torch, plain": neko(images, threads, on_material=False)}
        material |= {"Neko in torch, material": neko(images, threads, on_material=True)}
    for contenders in (plain, material):
        times = take_turns(contenders, ROUNDS, clock=time.process_time)
        table(f"CPU seconds of {EPOCHS} epochs", times, unit="s", work=EPOCHS * len(images.x_train))


def neko(images, threads, on_material):
    """The peer's epochs."""
    import torch

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    layers = [torch.nn.Linear(784, 64), torch.nn.Linear(64, 32), torch.nn.Linear(32, 10)]
    model = torch.nn.Sequential(*(part for layer in layers for part in (layer, torch.nn.ReLU())))
    parameters = list(model.parameters())
    loss = torch.nn.CrossEntropyLoss()
    x, y = torch.from_numpy(images.x_train), torch.from_numpy(images.y_train)
    x_test, y_test = torch.from_numpy(images.x_test), torch.from_numpy(images.y_test)
    pairs = []
    if on_material:
        middle, spread = (G_MIN + G_MAX) / 2, (G_MAX - G_MIN) / 2 / 100
        pairs = [tuple(middle + spread * torch.randn_like(w) for _ in range(2)) for w in parameters]

    def step() -> None:
        with torch.no_grad():
            for index, weight in enumerate(parameters):
                sign = torch.where(weight.grad > 0, -1.0, 1.0)
                if not on_material:
                    weight += STEP * sign
                    continue
                plus, minus = pairs[index]
                plus += G_STEP * sign
                minus -= G_STEP * sign
                plus.clamp_(G_MIN, G_MAX)
                minus.clamp_(G_MIN, G_MAX)
                weight.copy_((plus - minus) * W_FACTOR)

    def measured(outputs, labels, value) -> tuple[float, int]:
        return value.item() * len(labels), int((outputs.argmax(1) == labels).sum())

    def train() -> None:
        for _ in range(EPOCHS):
            results = []
            for chosen in torch.randperm(len(x)).split(BATCH):
                model.zero_grad()
                labels = y[chosen]
                outputs = model(x[chosen])
                value = loss(outputs, labels)
                value.backward()
                step()
                results.append(measured(outputs, labels, value))
            with torch.no_grad():
                for part, labels in zip(x_test.split(1000), y_test.split(1000), strict=True):
                    outputs = model(part)
                    results.append(measured(outputs, labels, loss(outputs, labels)))

    return train


if __name__ == "__main__":
    main(__doc__, run)
