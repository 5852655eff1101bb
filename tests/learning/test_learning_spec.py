from __future__ import annotations

import dataclasses
import doctest

import pytest

import neurosim as ns
from neurosim import documents, schema
from neurosim.errors import InputError
from neurosim.learning import ConstantRate, CosineDecay, EarlyStop, ExponentialDecay, StepDecay, build
from neurosim.learning.build import settings
from neurosim.learning.spec import LearningSpec


def read(tmp_path, text):
    path = tmp_path / "learning.yaml"
    path.write_text(text)
    return schema.validate(LearningSpec, documents.load(path))


def test_a_full_description_becomes_the_arguments_of_train(tmp_path):
    spec = read(
        tmp_path,
        """
gradient: backprop
update: {rule: manhattan, step: 2e-4, threshold: 1e-6, zero_gradient: potentiate}
loss: mse
epochs: 7
batch: 32
schedule: {use: step, every: 3, factor: 0.1}
early_stop: {patience: 2, monitor: test_accuracy, change: 0.01}
""",
    )
    assert settings(spec) == {
        "gradient": "backprop",
        "update": ns.Manhattan(2e-4, 1e-6, "potentiate"),
        "loss": "mse",
        "epochs": 7,
        "batch": 32,
        "schedule": StepDecay(3, 0.1),
        "early_stop": EarlyStop(2, "test_accuracy", 0.01),
    }


@pytest.mark.parametrize(
    ("rule", "update"),
    [("manhattan", ns.Manhattan()), ("sgd", ns.SGD()), ("rmsprop", ns.RMSprop()), ("adam", ns.Adam())],
)
def test_defaults_are_those_of_the_python_classes(rule, update):
    spec = LearningSpec.model_validate({"update": {"rule": rule}})
    assert settings(spec)["update"] == update
    assert set(type(spec.update).model_fields) - {"rule"} == {
        field.name for field in dataclasses.fields(update)
    }


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ({"use": "constant"}, ConstantRate()),
        ({"use": "step", "every": 4}, StepDecay(4)),
        ({"use": "exponential"}, ExponentialDecay()),
        ({"use": "cosine"}, CosineDecay()),
    ],
)
def test_schedules_have_the_defaults_of_the_python_classes(schedule, expected):
    spec = LearningSpec.model_validate({"update": {"rule": "sgd"}, "schedule": schedule})
    assert settings(spec)["schedule"] == expected


def test_early_stop_has_the_defaults_of_the_python_class():
    spec = LearningSpec.model_validate({"update": {"rule": "sgd"}, "early_stop": {}})
    assert settings(spec)["early_stop"] == EarlyStop()
    assert settings(LearningSpec.model_validate({"update": {"rule": "sgd"}}))["early_stop"] is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("update: {rule: manhatan}", r"learning.yaml:1:16(.|\n)*did you mean 'manhattan'"),
        ("update: {rule: adam, betta1: 0.5}", r"learning.yaml:1:22(.|\n)*did you mean 'beta1'"),
        (
            "update: {rule: manhattan, rate: 0.1}",
            r"unknown key 'rate'(.|\n)*rule, step, threshold, zero_gradient",
        ),
        ("update: {step: 1}", "'rule' is missing"),
        ("epochs: 3", "'update' is missing"),
        ("update: {rule: sgd, momentum: 1.0}", "less than 1"),
        ("update: {rule: sgd, rate: 0}", "greater than 0"),
        ("update: {rule: sgd, rate: .nan}", "finite"),
        ("update: {rule: sgd}\nschedule: {use: step}", "'every' is missing"),
        ("update: {rule: sgd}\nschedule: {use: cosin}", "did you mean 'cosine'"),
        ("update: {rule: sgd}\nearly_stop: {monitor: loss}", r"learning.yaml:2:23(.|\n)*test_loss"),
        ("update: {rule: sgd}\nepochs: 0\nbatch: 2.5", r"(.|\n)*learning.yaml:2:9(.|\n)*learning.yaml:3:8"),
    ],
)
def test_mistakes_are_located_and_explained(tmp_path, text, message):
    with pytest.raises(InputError, match=message):
        read(tmp_path, text)


def test_the_documented_example_runs():
    assert doctest.testmod(build).failed == 0
