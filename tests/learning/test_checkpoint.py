from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from types import SimpleNamespace

import numpy as np
import pytest

import neurosim as ns
from neurosim.errors import InputError, RunError
from neurosim.learning import CosineDecay, TrainingDiverged, checkpoint
from neurosim.networks import IdealSynapses, Sequential
from neurosim.random import stream

RNG = np.random.default_rng(5)
X, Y = RNG.normal(size=(90, 6)).astype(np.float32), RNG.integers(0, 3, 90)
DATA = SimpleNamespace(x_train=X[:70], y_train=Y[:70], x_test=X[70:], y_test=Y[70:])
RULES = [ns.SGD(0.05, momentum=0.9), ns.RMSprop(), ns.Adam(0.01), ns.Manhattan(0.01)]


class Noisy(IdealSynapses):
    """Synapses with keyed read noise, which go on drawing where their state says."""

    def __init__(self, weights, name):
        super().__init__(weights)
        self._stream, self._reads = stream(1, name), 0

    def read(self, x):
        self._reads += 1
        y = super().read(x)
        return y + np.float32(0.1) * self._stream.normals(y.shape, draw=self._reads)

    def state(self):
        return {**super().state(), "reads": self._reads}

    def restore(self, state):
        super().restore(state)
        self._reads = state["reads"]


def noisy_network():
    ideal = Sequential(6, [ns.relu(8), ns.linear(3)], seed=1)
    return ideal.with_synapses(
        [Noisy(layer.synapses.effective_weights(), layer.name) for layer in ideal.layers]
    )


def train(model, epochs=6, update=ns.SGD(), **options):  # noqa: B008 - parameters are frozen
    return ns.train(model, DATA, update=update, epochs=epochs, batch=16, seed=3, **options)


def same_bits(one, other):
    one, other = one.state(), other.state()
    assert one.keys() == other.keys()
    for name, value in one.items():
        assert np.asarray(value).tobytes() == np.asarray(other[name]).tobytes(), name


def values(history):
    columns = history.to_dict()
    return {name: columns[name] for name in columns if name not in ("seconds", "samples_per_second")}


@pytest.mark.parametrize("update", RULES)
def test_killed_and_resumed_is_bit_for_bit_the_training_that_ran_through(update, tmp_path):
    through, killed, resumed = noisy_network(), noisy_network(), noisy_network()
    expected = train(through, update=update, schedule=CosineDecay())

    def kill(report):
        if (report.epoch, report.batch) == (4, 3):
            raise MemoryError("as good as a kill: nothing of this process is used again")

    path = tmp_path / "training.npz"
    with pytest.raises(MemoryError):
        train(killed, update=update, schedule=CosineDecay(), checkpoint=path, progress=kill)
    history = train(resumed, update=update, schedule=CosineDecay(), checkpoint=path)
    same_bits(through, resumed)
    assert values(history) == values(expected)


def test_three_epochs_and_three_more_are_six(tmp_path):
    through, halves = noisy_network(), noisy_network()
    expected = train(through)
    train(halves, epochs=3, checkpoint=tmp_path / "half.npz")
    again = noisy_network()
    history = train(again, checkpoint=tmp_path / "half.npz")
    same_bits(through, again)
    assert values(history) == values(expected)


def test_a_real_kill_in_the_middle_of_an_epoch_loses_only_that_epoch(tmp_path):
    path = tmp_path / "training.npz"
    script = """
        import os, signal, sys
        import numpy as np
        import neurosim as ns

        def progress(report):
            if sys.argv[2] == "kill" and (report.epoch, report.batch) == (4, 2):
                os.kill(os.getpid(), signal.SIGKILL)

        rng = np.random.default_rng(5)
        x, y = rng.normal(size=(64, 6)), rng.integers(0, 3, 64)
        network = ns.networks.Sequential(6, [ns.relu(8), ns.linear(3)], seed=1)
        history = ns.train(network, (x, y), update=ns.Adam(), epochs=6, batch=16,
                           checkpoint=sys.argv[1], progress=progress)
        print(network.forward(x).tobytes().hex())
    """
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}

    def run(file, mode):
        return subprocess.run(
            [sys.executable, "-c", textwrap.dedent(script), str(file), mode],
            capture_output=True,
            text=True,
            check=False,
            env=environment,
        )

    assert run(path, "kill").returncode == -9
    _, record = checkpoint.load(path)
    assert len(record["history"]["train_loss"]) == 3
    resumed, through = run(path, "go on"), run(tmp_path / "other.npz", "run through")
    assert resumed.returncode == through.returncode == 0, resumed.stderr + through.stderr
    assert resumed.stdout == through.stdout


def test_a_finished_training_is_not_trained_again(tmp_path):
    path = tmp_path / "done.npz"
    first, again = noisy_network(), noisy_network()
    expected = train(first, checkpoint=path)
    history = train(again, checkpoint=path, progress=lambda report: pytest.fail("trained again"))
    same_bits(first, again)
    assert history.to_dict() == expected.to_dict()


def test_a_diverged_training_leaves_the_last_checkpoint(tmp_path):
    path = tmp_path / "training.npz"
    train(noisy_network(), epochs=2, checkpoint=path)
    before = path.read_bytes()

    def broken(model, x, labels, loss):
        return SimpleNamespace(loss=float("nan"))

    broken.__name__ = "backprop"
    with pytest.raises(TrainingDiverged, match="epoch 3, batch 1") as caught:
        train(noisy_network(), checkpoint=path, gradient=broken)
    assert len(caught.value.history) == 2
    assert path.read_bytes() == before


def test_a_checkpoint_of_another_training_is_refused_with_what_differs(tmp_path):
    path = tmp_path / "training.npz"
    train(noisy_network(), epochs=1, checkpoint=path)
    with pytest.raises(InputError, match="batch 16, not 32"):
        ns.train(noisy_network(), DATA, update=ns.SGD(), batch=32, seed=3, checkpoint=path)
    with pytest.raises(InputError, match=r"update SGD\(.*\), not Adam\("):
        train(noisy_network(), update=ns.Adam(), checkpoint=path)
    other = Sequential(6, [ns.relu(9), ns.linear(3)])
    with pytest.raises(InputError, match="network 6-8-3, not 6-9-3"):
        train(other, checkpoint=path)


@pytest.mark.parametrize("content", [b"", b"junk", b"PK\x03\x04" + b"\0" * 50])
def test_a_file_that_is_no_checkpoint_is_refused(content, tmp_path):
    path = tmp_path / "junk.npz"
    path.write_bytes(content)
    with pytest.raises(InputError, match="is not a checkpoint"):
        train(noisy_network(), checkpoint=path)
    assert path.read_bytes() == content


def test_archives_and_arrays_of_others_are_refused(tmp_path):
    np.savez(tmp_path / "other.npz", weights=np.ones(3))
    np.save(tmp_path / "array.npy", np.ones(3))
    for name in ("other.npz", "array.npy"):
        with pytest.raises(InputError, match="is not a checkpoint"):
            train(noisy_network(), checkpoint=tmp_path / name)


def test_a_folder_that_cannot_be_written_to_is_told(tmp_path):
    with pytest.raises(RunError, match=r"cannot write the checkpoint .*: No such file"):
        train(noisy_network(), checkpoint=tmp_path / "nowhere" / "training.npz")


def test_saving_replaces_the_file_at_once_and_leaves_nothing_else(tmp_path, monkeypatch):
    path = tmp_path / "training.npz"
    checkpoint.save(path, {"network/w": np.arange(3.0), "slots/n": 2}, {"history": {}})
    before = path.read_bytes()

    def full(file, **arrays):
        file.write(b"half of it")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(RunError, match="No space left on device"):
        checkpoint.save(path, {}, {})
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]
    state, record = checkpoint.load(path)
    assert (state["network/w"].tolist(), state["slots/n"], record) == ([0, 1, 2], 2, {"history": {}})
