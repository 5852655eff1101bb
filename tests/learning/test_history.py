from __future__ import annotations

import json

import pytest

from neurosim.errors import InputError
from neurosim.learning import EarlyStop, History
from neurosim.learning.history import COLUMNS


def history(**columns):
    made = History()
    for epoch in range(len(next(iter(columns.values())))):
        made.append({name: columns.get(name, [None] * 99)[epoch] for name in COLUMNS})
    return made


def test_best_is_the_first_epoch_of_highest_test_accuracy():
    best = history(train_accuracy=[0.9, 0.8, 0.7], test_accuracy=[0.5, 0.6, 0.6]).best
    assert best["epoch"] == 2
    assert best["train_accuracy"] == 0.8


def test_best_goes_by_training_accuracy_without_test_data():
    assert history(train_accuracy=[0.5, 0.7, 0.6]).best["epoch"] == 2


def test_best_of_nothing_is_refused():
    with pytest.raises(InputError, match="no epoch"):
        _ = History().best


def test_a_history_survives_json():
    made = history(train_accuracy=[0.1, 0.30000000000000004], test_accuracy=[None, None])
    made.ended = "stopped"
    again = History.from_dict(json.loads(json.dumps(made.to_dict())))
    assert again.to_dict() == made.to_dict()
    assert len(again) == 2
    assert again["train_accuracy"] == (0.1, 0.30000000000000004)


def test_early_stop_counts_epochs_without_a_better_value():
    stop = EarlyStop(patience=2, monitor="test_loss")
    losses = [3.0, 2.0, 2.5, 1.9, 1.9, 1.95]
    reached = [stop.reached(history(test_loss=losses[:n])) for n in range(1, 7)]
    assert reached == [False, False, False, False, False, True]


def test_early_stop_wants_accuracies_to_rise_by_more_than_the_change():
    stop = EarlyStop(patience=2, monitor="train_accuracy", change=0.05)
    assert stop.reached(history(train_accuracy=[0.5, 0.54, 0.55]))
    assert not stop.reached(history(train_accuracy=[0.5, 0.54, 0.56]))


def test_early_stop_refuses_what_it_cannot_watch():
    with pytest.raises(InputError, match="did you mean 'test_loss'"):
        EarlyStop(monitor="tset_loss")
    with pytest.raises(InputError, match="patience"):
        EarlyStop(patience=0)
