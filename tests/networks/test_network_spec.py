from __future__ import annotations

import subprocess
import sys
from typing import get_args

import numpy as np
import pytest

import neurosim as ns
from neurosim import documents, schema
from neurosim.errors import InputError
from neurosim.networks import Sequential
from neurosim.networks.build import build
from neurosim.networks.initialisers import INITIALISERS
from neurosim.networks.neurons import KINDS
from neurosim.networks.spec import InitialName, InitialSpec, NetworkSpec, NeuronKind

GOOD = """
layers:
  - {neurons: leaky-relu, size: 3, slope: 0.2, initial: he_normal}
  - {neurons: tanh, size: 4, bias: false, initial: {use: normal, std: 0.3}}
  - {neurons: linear, size: 2}
"""


def read(tmp_path, text):
    path = tmp_path / "network.yaml"
    path.write_text(text)
    return schema.validate(NetworkSpec, documents.load(path))


def test_build_makes_the_network_that_sequential_makes(tmp_path):
    built = build(read(tmp_path, GOOD), 5, 2, seed=4)
    made = Sequential(
        5,
        [ns.leaky_relu(3, slope=0.2), ns.tanh(4), ns.linear(2)],
        seed=4,
        initial=["he_normal", {"use": "normal", "std": 0.3}, "he_uniform"],
        bias=[True, False, True],
    )
    x = np.random.default_rng(1).normal(size=(3, 5))
    np.testing.assert_array_equal(built.forward(x), made.forward(x))
    assert built.layers[1].bias is None


def test_the_read_out_must_have_one_neuron_for_each_class(tmp_path):
    with pytest.raises(InputError, match="last layer has 2 neurons, but the data have 10 classes"):
        build(read(tmp_path, GOOD), 5, 10)


def test_every_kind_and_initialiser_can_be_written():
    assert get_args(NeuronKind) == KINDS
    assert set(get_args(InitialName)) == set(INITIALISERS)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("layers:\n  - {neurons: rleu, size: 3}", "network.yaml:2:15(.|\n)*did you mean 'relu'"),
        ("layers:\n  - {neurons: relu, sise: 3}", "unknown key 'sise'(.|\n)*did you mean 'size'"),
        ("layers:\n  - {neurons: relu, size: 0}", "network.yaml:2:27(.|\n)*greater than 0"),
        ("layers:\n  - {neurons: relu, size: 2.5}", "whole number"),
        ("layers: []", "at least 1 item"),
        ("layers:\n  - {neurons: relu, size: 3, slope: 0.1}", "slope is for leaky-relu"),
        ("layers:\n  - {neurons: softmax, size: 3}\n  - {neurons: relu, size: 3}", "only the last one"),
        ("layers:\n  - {neurons: relu, size: 3, initial: he_unifrom}", "did you mean 'he_uniform'"),
        (
            "layers:\n  - {neurons: relu, size: 3, initial: {use: normal, low: 0.1}}",
            "normal has no 'low', only std",
        ),
        ("layers:\n  - {neurons: relu, size: 3, initial: {use: normal, sdt: 1}}", "did you mean 'std'"),
        ("layers:\n  - {neurons: relu, size: 3, initial: {std: 1}}", "'use' is missing"),
        ("layers:\n  - {neurons: relu, size: 3, initial: 5}", "network.yaml:2:39"),
        (
            "layers:\n  - {neurons: relu, size: 3, initial: {use: uniform, low: 2, high: 1}}",
            "low \\(2\\) is above",
        ),
    ],
)
def test_mistakes_are_located_and_explained(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        read(tmp_path, text)


def test_initial_parameters_reach_the_initialiser():
    for spec in (InitialSpec(use="constant", value=0.5), InitialSpec(use="orthogonal", gain=2.0)):
        layer = {"neurons": "linear", "size": 3, "initial": spec}
        network = build(NetworkSpec(layers=[layer]), 3, 3)
        weights = network.layers[0].synapses.effective_weights()
        if spec.use == "constant":
            assert np.all(weights == 0.5)
        else:
            np.testing.assert_allclose(weights.T @ weights, 4 * np.eye(3), atol=1e-5)


def test_the_scenario_parts_import_no_heavy_package():
    code = (
        "import sys, neurosim.networks, neurosim.learning, neurosim.networks.spec, neurosim.learning.spec;"
        "heavy = {'numba', 'numpy', 'scipy', 'matplotlib', 'sklearn'} & set(sys.modules);"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
