"""The response of a device card as a picture: potentiation and depression with their spread over devices."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from neurosim import units
from neurosim.devices import population
from neurosim.devices.array import DeviceArray
from neurosim.devices.card import Card
from neurosim.devices.directions import NonlinearDirection, Way
from neurosim.devices.variation import Faults, Variation
from neurosim.random import stream

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_DEVICES = 400
_POINTS = 120  # at most, on the way up and on the way down
_LONGEST = 20_000  # pulses

_UP, _DOWN, _INK, _FAINT = "#2166ac", "#b2432f", "#262626", "#8c8c8c"
_COLOURS: dict[Way, str] = {"up": _UP, "down": _DOWN}


def response(card: Card, seed: int = 0) -> Figure:
    """Draw how devices of a card answer pulses.

    On the left the conductance under a train of potentiation and then of depression pulses: the nominal
    device as a line, the middle half and 95 % of 400 devices with all their noise as bands, single devices
    as thin lines. On the right the mean step of a pulse against conductance, cut at the bounds, with the
    spread over devices. Stuck devices are left out.

    Parameters
    ----------
    card : Card
    seed : int
        Of the devices that are drawn.

    Returns
    -------
    matplotlib.figure.Figure
        Not known to pyplot; `figure.savefig(path)` writes it.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10.0, 4.4), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=(1.75, 1.0))
    working = card.model_copy(update={"faults": Faults()})
    _draw_train(left, working, seed)
    _draw_steps(right, working, seed)
    right.legend(
        *left.get_legend_handles_labels(),
        frameon=False, fontsize=9, loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=2, labelcolor=_INK,
    )  # fmt: skip
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
        axes.spines[["left", "bottom"]].set_color(_FAINT)
        axes.tick_params(color=_FAINT, labelcolor=_INK, labelsize=9)
        axes.grid(color="#e6e6e6", linewidth=0.7)
        axes.set_axisbelow(True)
    left.set_title(card.name, loc="left", pad=24, fontsize=13, fontweight="bold", color=_INK)
    left.text(0, 1.035, _summary(card), transform=left.transAxes, fontsize=9, color="#595959")
    return figure


def _draw_train(axes: Axes, card: Card, seed: int) -> None:
    stride, points = _rhythm(card)
    nominal = _trajectory(_without_variation(card), 1, stride, points, seed)
    devices = _trajectory(card, _DEVICES, stride, points, seed)
    scale, unit = _scale(max(card.g_max, float(devices.max())))
    pulses = stride * np.arange(2 * points + 1)
    ways: tuple[tuple[Way, str, slice], ...] = (
        ("up", "potentiation", slice(0, points + 1)),
        ("down", "depression", slice(points, 2 * points + 1)),
    )
    for way, name, part in ways:
        colour, x = _COLOURS[way], pulses[part]
        low, quarter, rest, high = scale * np.percentile(devices[part], (2.5, 25, 75, 97.5), axis=1)
        if float((high - low).max()) > 1e-3 * scale * card.conductance.span:
            axes.fill_between(x, low, high, color=colour, alpha=0.13, linewidth=0)
            axes.fill_between(x, quarter, rest, color=colour, alpha=0.20, linewidth=0)
            axes.plot(x, scale * devices[part, :3], color=colour, linewidth=0.6, alpha=0.65)
        axes.plot(x, scale * nominal[part, 0], color=colour, linewidth=2.2, label=name)
    for bound in (card.g_min, card.g_max):
        axes.axhline(scale * bound, color=_FAINT, linewidth=0.8, linestyle=(0, (4, 3)))
    axes.set_xlim(0, pulses[-1])
    if axes.get_ylim()[0] < 0.1 * scale * card.g_max:
        axes.set_ylim(bottom=min(0.0, axes.get_ylim()[0]))
    axes.set_xlabel("pulses", color=_INK)
    axes.set_ylabel(f"conductance ({unit})", color=_INK)


def _draw_steps(axes: Axes, card: Card, seed: int) -> None:
    g = np.linspace(card.g_min, card.g_max, 61)
    scale, unit = _scale(card.g_max)
    room = {"up": card.g_max - g, "down": g - card.g_min}
    steps = {way: np.minimum([card.step(value, way) for value in g], room[way]) for way in _COLOURS}
    largest = max(float(values.max()) for values in steps.values())
    size, size_unit = _scale(largest)
    for way, colour in _COLOURS.items():
        spread = _device_steps(card, g, way, seed)
        if spread is not None:
            low, high = size * np.nanpercentile(spread, (2.5, 97.5), axis=1)
            axes.fill_between(scale * g, low, high, color=colour, alpha=0.13, linewidth=0)
        axes.plot(scale * g, size * steps[way], color=colour, linewidth=2.2)
    meeting = card.symmetry_point
    if card.g_min < meeting < card.g_max and not _alike(card):
        height = size * card.step(meeting, "up")
        axes.plot(scale * meeting, height, "o", color=_INK, markersize=5, markerfacecolor="white")
        below = height > 0.3 * axes.get_ylim()[1]
        axes.annotate(
            "symmetry point", (scale * meeting, height),
            xytext=(0, -9 if below else 9), textcoords="offset points",
            ha="center", va="top" if below else "bottom", fontsize=8, color=_INK,
            bbox={"facecolor": "white", "edgecolor": "none", "alpha": 0.75, "pad": 1.0},
        )  # fmt: skip
    axes.set_xlim(scale * card.g_min, scale * card.g_max)
    axes.set_ylim(0, max(axes.get_ylim()[1], 1.1 * size * largest))
    axes.set_xlabel(f"conductance ({unit})", color=_INK)
    axes.set_ylabel(f"mean step of a pulse ({size_unit})", color=_INK)


def _rhythm(card: Card) -> tuple[int, int]:
    """Pulses between two points of the picture, and points on the way up (and as many down).

    As many pulses as the card says for its window, else as many as take the nominal device through 98 % of
    it; whichever way is longer.
    """

    def needed(way: Way) -> int:
        direction = card.potentiation if way == "up" else card.depression
        if isinstance(direction, NonlinearDirection):
            return math.ceil(direction.pulses)
        travelled, goal = 0.0, 0.98 * card.conductance.span
        for pulses in range(_LONGEST):
            if travelled >= goal:
                return pulses
            at = card.g_min + travelled if way == "up" else card.g_max - travelled
            travelled += card.step(at, way)
        return _LONGEST

    pulses = max(5, *(needed(way) for way in _COLOURS))
    stride = math.ceil(pulses / _POINTS)
    return stride, math.ceil(pulses / stride)


def _trajectory(card: Card, devices: int, stride: int, points: int, seed: int) -> NDArray[Any]:
    """Conductances (S) after every `stride` pulses, first up, then down: (2 points + 1, devices)."""
    array = DeviceArray(card, 1, devices, seed=seed, name="figure", dtype="float64", initial="min")
    course = [array.conductance[0].copy()]
    for way in (1, -1):
        for _ in range(points):
            array.pulse(np.full((1, devices), way * stride, np.int32))
            course.append(array.conductance[0].copy())
    return np.array(course)


def _device_steps(card: Card, g: NDArray[Any], way: Way, seed: int) -> NDArray[Any] | None:
    """The mean steps (S) of devices at conductances g: (conductances, devices); None if all are alike."""
    quiet = card.variation.model_copy(update={"cycle": 0.0, "additive": 0.0, "state": 0.0})
    if quiet == Variation(distribution=quiet.distribution):
        return None
    own = population.draw(card, 1, _DEVICES, stream(seed, "figure", "variation"), np.float64)
    step, rate = (own.step_up, own.rate_up) if way == "up" else (own.step_down, own.rate_down)
    travelled = g[:, None] - own.lo if way == "up" else own.hi - g[:, None]
    if own.family == "affine":
        steps: NDArray[Any] = np.maximum(step - rate * travelled, 0.0)
    else:
        start, end = (card.g_min, card.g_max) if way == "up" else (card.g_max, card.g_min)
        parts = np.linspace(0.0, 1.0, 257)
        nominal = np.array([card.step(start + x * (end - start), way) for x in parts])
        alike = population.draw(_without_variation(card), 1, 1, stream(seed), np.float64)
        relative = step / (alike.step_up if way == "up" else alike.step_down)
        steps = relative * np.interp(travelled / (own.hi - own.lo), parts, nominal)
    steps = np.minimum(steps, own.hi - g[:, None] if way == "up" else g[:, None] - own.lo)
    reachable = (own.lo <= g[:, None]) & (g[:, None] <= own.hi)
    return np.where(reachable | ~reachable.any(axis=1, keepdims=True), steps, np.nan)


def _without_variation(card: Card) -> Card:
    return card.model_copy(update={"variation": Variation()})


def _scale(largest: float) -> tuple[float, str]:
    """Factor and unit in which a conductance reads as a number from 1 to 1000."""
    power = min(max(math.floor(math.log10(largest) / 3 + 1e-9), -5), 0)
    return 1000.0**-power, ("S", "mS", "µS", "nS", "pS", "fS")[-power]


def _summary(card: Card) -> str:
    window = " … ".join(units.show(g, "conductance", 4).replace("u", "µ") for g in (card.g_min, card.g_max))
    parts = [card.model, window]
    if card.g_min > 0:
        parts.append(f"on/off {_number(card.g_max / card.g_min)}")
    parts.append(f"{_number(card.states)} states")
    return "   ·   ".join(parts)


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _alike(card: Card) -> bool:
    """Whether a step up and a step down are equally large everywhere."""
    ends = card.g_min, (card.g_min + card.g_max) / 2, card.g_max
    return all(math.isclose(card.step(g, "up"), card.step(g, "down"), rel_tol=1e-6) for g in ends)
