"""What ideal weights reach on MNIST, which hardware is measured against."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import neurosim as ns
from neurosim import datasets
from neurosim.networks import Sequential

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def mnist():
    folder = os.environ.get("NEUROSIM_DATA")
    if folder is None:
        pytest.skip("MNIST is looked for in the folder NEUROSIM_DATA, which is not set")
    return datasets.load("mnist", path=str(Path(folder) / "mnist"))


@pytest.mark.parametrize(
    ("update", "epochs", "wanted"), [(ns.Adam(), 30, 0.974), (ns.Manhattan(1e-4), 100, 0.950)]
)
def test_the_best_epoch_reaches_the_published_accuracy(mnist, update, epochs, wanted):
    network = Sequential(784, [ns.relu(64), ns.relu(32), ns.linear(10)], seed=1)
    history = ns.train(network, mnist, update=update, epochs=epochs, seed=1)
    assert history.best["test_accuracy"] >= wanted
