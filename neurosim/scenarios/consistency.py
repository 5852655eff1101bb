"""Mistakes that no single part of a scenario shows: parts that do not fit each other."""

from __future__ import annotations

from neurosim.documents import Document, Keys
from neurosim.errors import InputError, Problem
from neurosim.mappings.placement import place
from neurosim.scenarios.references import at
from neurosim.scenarios.schema import Scenario
from neurosim.scenarios.tree import get

CLASSES = {"digits": 10, "mnist": 10, "mnist1d": 10}
FEATURES = {"digits": 64, "mnist": 784, "mnist1d": 40}
RULES = ("manhattan", "sgd", "rmsprop", "adam")


def problems(document: Document) -> list[Problem]:
    """What does not fit, with places. The data are taken as written: one mistake does not hide another."""
    return [*_classes(document), *_write_scheme(document)]


def fits(scenario: Scenario, document: Document) -> list[Problem]:
    """Whether the network has room on the chip, where the number of inputs is known without the data."""
    inputs = FEATURES.get(scenario.data.use)
    if scenario.hardware is None or inputs is None:
        return []
    mapping = scenario.hardware.mapping
    sizes = [inputs, *(layer.size for layer in scenario.network.layers)]
    shapes = {
        f"layer{number}": (below + (layer.bias and mapping.weights.bias == "devices"), layer.size)
        for number, (below, layer) in enumerate(zip(sizes, scenario.network.layers, strict=False), start=1)
    }
    try:
        place(mapping, shapes)
    except InputError as error:
        return at(document.where(("hardware", "mapping", "tile", "count")), error)
    return []


def _classes(document: Document) -> list[Problem]:
    use, layers = get(document.data, ("data", "use")), get(document.data, ("network", "layers"))
    classes = CLASSES.get(use) if isinstance(use, str) else None
    if classes is None or not isinstance(layers, list) or not layers:
        return []
    path: Keys = ("network", "layers", len(layers) - 1, "size")
    size = get(document.data, path)
    if not isinstance(size, int) or size == classes:
        return []
    message = (
        f"network.layers.{path[2]}.size: the last layer has {size} neurons, but '{use}' has {classes} classes"
    )
    return [Problem(message, document.where(path), f"size: {classes}")]


def _write_scheme(document: Document) -> list[Problem]:
    """Coincident pulses need the two factors of the gradient, which only plain SGD hands on."""
    path: Keys = ("hardware", "mapping", "write", "scheme")
    update = get(document.data, ("learning", "update"))
    if get(document.data, path) != "coincidence" or not isinstance(update, dict):
        return []
    rule = update.get("rule")
    if rule == "sgd" and not update.get("momentum") and not update.get("weight_decay"):
        return []
    if rule not in RULES:
        return []
    what = f"'{rule}' with momentum or weight decay" if rule == "sgd" else f"'{rule}'"
    message = f"hardware.mapping.write.scheme: coincident pulses cannot carry out the rule {what}"
    expected = "the rule sgd without momentum and weight_decay, or another write scheme such as auto"
    return [Problem(message, document.where(path), expected)]
