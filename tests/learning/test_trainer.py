from __future__ import annotations

import math
import pickle
from types import SimpleNamespace

import numpy as np
import pytest

import neurosim as ns
from neurosim.errors import InputError, RunError
from neurosim.learning import CosineDecay, EarlyStop, TrainingDiverged, backprop
from neurosim.networks import Delta, IdealSynapses, Sequential
from neurosim.random import stream

RNG = np.random.default_rng(5)
CENTRES = RNG.normal(size=(3, 6))
Y = RNG.integers(0, 3, 90)
X = (CENTRES[Y] + 0.3 * RNG.normal(size=(90, 6))).astype(np.float32)
DATA = SimpleNamespace(x_train=X[:70], y_train=Y[:70], x_test=X[70:], y_test=Y[70:])


def network(**options):
    return Sequential(6, [ns.relu(8), ns.linear(3)], seed=1, **options)


def weights(model):
    return np.concatenate([layer.synapses.effective_weights().ravel() for layer in model.layers])


@pytest.mark.parametrize(
    "update",
    [ns.SGD(0.2), ns.SGD(0.05, momentum=0.9), ns.RMSprop(0.01), ns.Adam(0.01), ns.Manhattan(0.01)],
)
@pytest.mark.parametrize("loss", ["cross-entropy", "mse", "mae"])
def test_every_rule_learns_with_every_loss(update, loss):
    history = ns.train(network(), DATA, update=update, loss=loss, epochs=40, batch=16)
    assert history.ended == "finished"
    assert history["train_loss"][-1] < 0.7 * history["train_loss"][0]
    assert history["test_accuracy"][-1] > 0.8


def test_a_softmax_read_out_learns_what_logits_learn():
    logits = Sequential(6, [ns.relu(8), ns.linear(3)], seed=1, dtype="float64")
    probabilities = Sequential(6, [ns.relu(8), ns.softmax(3)], seed=1, dtype="float64")
    for model in (logits, probabilities):
        ns.train(model, DATA, update=ns.SGD(0.1), epochs=3, batch=16)
    np.testing.assert_allclose(weights(probabilities), weights(logits), rtol=1e-9)


def test_batches_follow_the_keyed_permutation_of_every_epoch():
    seen = []

    def watch(model, x, labels, loss):
        seen.append((x.copy(), labels.copy()))
        return backprop(model, x, labels, loss)

    ns.train(network(), DATA, update=ns.SGD(), gradient=watch, epochs=2, batch=32, seed=11)
    assert [len(labels) for _, labels in seen] == [32, 32, 6] * 2
    for epoch in range(2):
        order = stream(11, "shuffle").permutation(70, draw=epoch)
        np.testing.assert_array_equal(np.concatenate([x for x, _ in seen[3 * epoch :][:3]]), X[:70][order])
        np.testing.assert_array_equal(np.concatenate([y for _, y in seen[3 * epoch :][:3]]), Y[:70][order])


def test_the_same_seed_gives_the_same_bits_and_another_seed_does_not():
    models = [network() for _ in range(3)]
    for model, seed in zip(models, (1, 1, 2), strict=True):
        ns.train(model, DATA, update=ns.Adam(), epochs=2, batch=16, seed=seed)
    np.testing.assert_array_equal(weights(models[0]), weights(models[1]))
    assert not np.array_equal(weights(models[0]), weights(models[2]))


def test_history_holds_means_over_the_epoch_and_the_test_after_it():
    model = network()
    losses = []

    def watch(model, x, labels, loss):
        result = backprop(model, x, labels, loss)
        losses.append((result.loss, len(labels), np.sum(result.outputs.argmax(axis=1) == labels)))
        return result

    history = ns.train(
        model, DATA, update=ns.SGD(), gradient=watch, epochs=4, batch=32, schedule=CosineDecay()
    )
    last = history.row(-1)
    assert last["train_loss"] == pytest.approx(sum(loss * n for loss, n, _ in losses[-3:]) / 70)
    assert last["train_accuracy"] == pytest.approx(sum(hits for _, _, hits in losses[-3:]) / 70)
    tested = ns.evaluate(model, DATA.x_test, DATA.y_test)
    assert (last["test_loss"], last["test_accuracy"]) == (tested.loss, tested.accuracy)
    assert history["rate"] == pytest.approx([1, 0.5 + math.sqrt(0.125), 0.5, 0.5 - math.sqrt(0.125)])
    assert last["pulses"] == last["write_energy"] == 0
    assert last["samples_per_second"] == pytest.approx(70 / last["seconds"])


def test_validation_can_be_left_out_or_given():
    history = ns.train(network(), DATA, update=ns.SGD(), epochs=1, validation=None)
    assert history["test_accuracy"] == (None,)
    history = ns.train(network(), (X, Y), update=ns.SGD(), epochs=1)
    assert history["test_accuracy"] == (None,)
    history = ns.train(network(), (X, Y), update=ns.SGD(), epochs=1, validation=(X[:5], Y[:5]))
    assert history["test_accuracy"][0] in (0, 0.2, 0.4, 0.6, 0.8, 1)


def test_early_stop_ends_the_training():
    history = ns.train(
        network(), DATA, update=ns.SGD(0.3), epochs=500, early_stop=EarlyStop(3, "test_accuracy")
    )
    assert history.ended == "early stop"
    accuracies = history["test_accuracy"]
    assert len(accuracies) < 500
    assert max(accuracies[-3:]) <= max(accuracies[:-3])


def test_progress_reports_every_batch_and_every_epoch():
    reports = []
    ns.train(network(), DATA, update=ns.SGD(), epochs=2, batch=32, progress=reports.append)
    steps = [(report.epoch, report.batch, report.row is None) for report in reports]
    assert steps == [(e, b, row) for e in (1, 2) for b, row in ((1, True), (2, True), (3, True), (3, False))]
    assert all(report.batches == 3 and report.epochs == 2 for report in reports)
    assert all(report.samples_per_second > 0 for report in reports)
    assert reports[-1].row["train_loss"] == reports[-1].loss


def test_stop_ends_the_training_with_the_finished_epochs():
    calls = iter([False] * 7 + [True])
    history = ns.train(network(), DATA, update=ns.SGD(), epochs=5, batch=32, stop=lambda: next(calls))
    assert history.ended == "stopped"
    assert len(history) == 2


@pytest.mark.parametrize(("batch", "finished", "epochs"), [(2, False, 2), (3, True, 3)])
def test_ctrl_c_stops_cleanly_with_the_finished_epochs(batch, finished, epochs):
    def press(report):
        if (report.epoch, report.batch, report.row is not None) == (3, batch, finished):
            raise KeyboardInterrupt

    history = ns.train(network(), DATA, update=ns.SGD(), epochs=5, batch=32, progress=press)
    assert history.ended == "interrupted"
    assert len(history) == epochs


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_loss_that_is_no_number_ends_the_run_and_keeps_what_was_finished(value):
    def broken(model, x, labels, loss):
        broken.calls += 1
        result = backprop(model, x, labels, loss)
        return result if broken.calls < 8 else type(result)(value, result.outputs, result.gradients)

    broken.calls = 0
    with pytest.raises(TrainingDiverged, match=f"the loss became {value} in epoch 3, batch 2") as caught:
        ns.train(network(), DATA, update=ns.SGD(), gradient=broken, epochs=5, batch=32)
    assert isinstance(caught.value, RunError)
    assert len(caught.value.history) == 2
    assert caught.value.history.ended == "diverged"
    sent = pickle.loads(pickle.dumps(caught.value))
    assert str(sent) == str(caught.value)
    assert sent.history.to_dict() == caught.value.history.to_dict()


def test_an_exploding_training_is_told_without_numpys_warnings():
    with pytest.raises(TrainingDiverged):
        ns.train(network(), DATA, update=ns.SGD(1e30), epochs=20, batch=16)


def test_synapses_are_calibrated_on_the_first_batch_of_every_epoch():
    seen = []

    class Watching(IdealSynapses):
        def calibrate(self, x):
            seen.append(x.copy())

    model = network()
    first = Watching(model.layers[0].synapses.effective_weights())
    model = model.with_synapses([first, model.layers[1].synapses])
    ns.train(model, DATA, update=ns.SGD(), epochs=2, batch=32, seed=3)
    for epoch, batch in enumerate(seen):
        np.testing.assert_array_equal(batch, X[:70][stream(3, "shuffle").permutation(70, draw=epoch)[:32]])


def test_a_chip_is_trained_through_its_network_and_its_counters_enter_the_history():
    class Counting(IdealSynapses):
        def write(self, request):
            self.writes = getattr(self, "writes", 0) + 1
            super().write(request)

        def counters(self):
            return {"pulses": float(self.writes), "write_energy": 1e-12 * self.writes}

    model = network()
    counting = [Counting(layer.synapses.effective_weights()) for layer in model.layers]
    chip = SimpleNamespace(network=model.with_synapses(counting))
    history = ns.train(chip, DATA, update=ns.Manhattan(), epochs=2, batch=32)
    assert history["pulses"] == (6, 12)
    assert history["write_energy"] == pytest.approx((6e-12, 12e-12))


def test_digital_biases_follow_the_update_like_the_row_of_a_constant_input():
    digital = network(dtype="float64")
    stacked = [
        IdealSynapses(np.vstack([layer.synapses.effective_weights(), layer.bias])) for layer in digital.layers
    ]
    rows = digital.with_synapses(stacked)
    for model in (digital, rows):
        ns.train(model, DATA, update=ns.SGD(0.1, momentum=0.5, weight_decay=0.01), epochs=2, batch=16)
    for one, other in zip(digital.layers, rows.layers, strict=True):
        np.testing.assert_allclose(one.bias, other.synapses.effective_weights()[-1], rtol=1e-9)


def test_a_rule_of_ones_own_is_one_class():
    class Clipped(ns.learning.Update):
        def slots(self, shape, dtype):
            return {"writes": 0}

        def request(self, gradient, slots, scale, weights):
            slots["writes"] += 1
            return Delta((-0.5 * scale * gradient.dense()).clip(-0.01, 0.01))

    history = ns.train(network(), DATA, update=Clipped(), epochs=20, batch=16)
    assert history["test_accuracy"][-1] > 0.8


def test_wrong_arguments_are_refused_by_name():
    cases = [
        ({"update": "adam"}, "update must be an update policy"),
        ({"epochs": 0}, "epochs"),
        ({"batch": 0}, "batch"),
        ({"loss": "cross-entrpy"}, "did you mean 'cross-entropy'"),
        ({"gradient": "backprob"}, "did you mean 'backprop'"),
        ({"validation": None, "early_stop": EarlyStop()}, "no validation data"),
        ({"validation": (X[:, :2], Y)}, r"x_test has shape \(90, 2\)"),
    ]
    for options, message in cases:
        with pytest.raises(InputError, match=message):
            ns.train(network(), DATA, **{"update": ns.SGD(), **options})
    with pytest.raises(InputError, match="y_train must be from 0 to 2"):
        ns.train(network(), (X, Y + 1), update=ns.SGD())
    with pytest.raises(InputError, match="data must be a data set or a pair"):
        ns.train(network(), X, update=ns.SGD())
    with pytest.raises(InputError, match="x_train must be finite"):
        ns.train(network(), (np.full_like(X, np.nan), Y), update=ns.SGD())
