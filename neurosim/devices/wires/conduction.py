"""Current through a device against the voltage across it.

    Linear      I = G u
    Sinh        I = G sinh(a u) / a
    Polynomial  I = G (u + c2 u² + c3 u³ + …)
    Table       I = G s(u), s piecewise linear through given points
    Selector    I = G [l u + (1 - l) w (log(1 + e^((u - t)/w)) - log(1 + e^((-u - t)/w)))]
    Diode       I = G (u - v), I = I_s (e^(v/V) - 1): a diode in series with a conductance G

G is the device's conductance (rows, cols) S. The selector conducts the part l below its threshold t and
G above, over a width w. The diode's equation is solved by Wright's function (Banwell and Jayakumar 2000,
Electron. Lett. 36, 291): I = G V ω(log(I_s/(G V)) + (u + I_s/G)/V) - I_s.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim import checks
from neurosim.errors import InputError, RunError

Array = NDArray[Any]


class Conduction(ABC):
    """A current-voltage law that passes through the origin."""

    @abstractmethod
    def current(self, conductance: Array, voltage: Array) -> tuple[Array, Array]:
        """Currents (A) and derivatives by the voltage (S), for G (rows, cols) S and u (rows, cols) V."""


@dataclass(frozen=True)
class Linear(Conduction):
    """Ohm's law."""

    def current(self, conductance: Array, voltage: Array) -> tuple[Array, Array]:
        return conductance * voltage, conductance


@dataclass(frozen=True)
class Sinh(Conduction):
    """I = G sinh(a u)/a.

    Parameters
    ----------
    alpha : float
        a (1/V), above 0.
    """

    alpha: float

    def __post_init__(self) -> None:
        checks.number("alpha", self.alpha, above=0.0)

    def current(self, conductance: Array, voltage: Array) -> tuple[Array, Array]:
        # One sinh instead of two functions. Beyond 350 the square of the sine would overflow; a search
        # for the solution may pass there, a solution does not lie there.
        s = np.sinh(np.clip(self.alpha * voltage, -350.0, 350.0))
        return conductance * (s / self.alpha), conductance * np.sqrt(1 + s * s)


@dataclass(frozen=True)
class Polynomial(Conduction):
    """I = G (u + c2 u² + c3 u³ + …).

    Parameters
    ----------
    coefficients : tuple of float
        c2, c3, … (V^-1, V^-2, …). Where the current falls with the voltage the solver may fail.
    """

    coefficients: tuple[float, ...]

    def current(self, conductance: Array, voltage: Array) -> tuple[Array, Array]:
        shape = np.polynomial.Polynomial((0.0, 1.0, *self.coefficients))
        return conductance * shape(voltage), conductance * shape.deriv()(voltage)


@dataclass(frozen=True)
class Table(Conduction):
    """I = G s(u), linear between points and beyond the last ones.

    Parameters
    ----------
    voltages, shape : tuple of float
        The points (V), both rising and through (0, 0); s(u) = u where the device has its conductance.
    """

    voltages: tuple[float, ...]
    shape: tuple[float, ...]

    def __post_init__(self) -> None:
        u = checks.array("voltages", self.voltages, shape=(None,), dtype=np.float64)
        s = checks.array("shape", self.shape, shape=u.shape, dtype=np.float64)
        if u.size < 2 or (np.diff(u) <= 0).any() or (np.diff(s) <= 0).any():
            raise InputError("a table of currents needs at least 2 points, voltages and currents both rising")
        if not any(x == 0 and y == 0 for x, y in zip(u, s, strict=True)):
            raise InputError("a table of currents must pass through (0, 0)")

    def current(self, conductance: Array, voltage: Array) -> tuple[Array, Array]:
        u, s = np.asarray(self.voltages), np.asarray(self.shape)
        slope = np.diff(s) / np.diff(u)
        at = np.clip(np.searchsorted(u, voltage) - 1, 0, slope.size - 1)
        return conductance * (s[at] + slope[at] * (voltage - u[at])), conductance * slope[at]


@dataclass(frozen=True)
class Selector(Conduction):
    """A device with a threshold selector, smooth and the same in both directions.

    Parameters
    ----------
    threshold : float
        t (V).
    width : float
        w (V), over which it opens.
    leak : float
        l, the part of G that conducts below the threshold, above 0.
    """

    threshold: float
    width: float = 0.02
    leak: float = 1e-4

    def __post_init__(self) -> None:
        checks.number("threshold", self.threshold, low=0.0)
        checks.number("width", self.width, above=0.0)
        checks.number("leak", self.leak, above=0.0, high=1.0)

    def current(self, conductance: Array, voltage: Array) -> tuple[Array, Array]:
        up, down = (voltage - self.threshold) / self.width, (-voltage - self.threshold) / self.width
        opened = self.width * (np.logaddexp(0, up) - np.logaddexp(0, down))
        slope = 0.5 * (2 + np.tanh(up / 2) + np.tanh(down / 2))  # the two logistic functions
        on = 1 - self.leak
        return (
            conductance * (self.leak * voltage + on * opened),
            conductance * (self.leak + on * slope),
        )


@dataclass(frozen=True)
class Diode(Conduction):
    """A diode in series with the conductance G (1D1R); it conducts for u > 0.

    Parameters
    ----------
    saturation : float
        I_s (A).
    thermal : float
        V, the ideality factor times kT/q (V).
    """

    saturation: float = 1e-9
    thermal: float = 0.026

    def __post_init__(self) -> None:
        checks.number("saturation", self.saturation, above=0.0)
        checks.number("thermal", self.thermal, above=0.0)

    def current(self, conductance: Array, voltage: Array) -> tuple[Array, Array]:
        from scipy.special import wrightomega

        g = np.maximum(conductance, np.finfo(float).tiny)
        level = self.saturation / (g * self.thermal)
        with np.errstate(over="ignore"):  # an open device: level is infinite, its current is set to 0
            w = wrightomega(np.log(level) + voltage / self.thermal + level)
            current = g * self.thermal * (w - level)
            slope = g * w / (1 + w)
        on = conductance > self.saturation * 1e-9 / self.thermal
        return np.where(on, current, 0.0), np.where(on, slope, 0.0)


def in_series(
    model: Conduction, conductance: Array, voltage: Array, resistance: float, most: int = 200
) -> tuple[Array, Array, Array]:
    """A device in series with a resistance (the access transistor).

    Solves v + R I(v) = u for the voltage v across the device, which lies between 0 and u: Newton's steps,
    halving where they leave the bracket.

    Returns
    -------
    current (A), derivative by the outer voltage (S), voltage across the device (V) : ndarray (rows, cols)

    Raises
    ------
    RunError
        If the division does not settle.
    """
    if resistance == 0 or isinstance(model, Linear):
        share = 1 / (1 + resistance * conductance) if isinstance(model, Linear) else 1.0
        current, slope = model.current(conductance, voltage * share)
        return current, slope * share, voltage * share
    low, high = np.minimum(voltage, 0.0), np.maximum(voltage, 0.0)
    v = voltage / (1 + resistance * conductance)
    for _ in range(most):
        current, slope = model.current(conductance, v)
        excess = v + resistance * current - voltage
        if (np.abs(excess) <= 4e-16 * (np.abs(voltage) + np.abs(v))).all():
            break
        low, high = np.where(excess < 0, v, low), np.where(excess > 0, v, high)
        step = v - excess / (1 + resistance * slope)
        moved = np.where((step > low) & (step < high), step, (low + high) / 2)
        if (np.abs(moved - v) <= 2e-16 * np.abs(v)).all():
            break
        v = moved
    else:
        raise RunError("the voltage between a device and its access transistor did not settle")
    current, slope = model.current(conductance, v)
    return current, slope / (1 + resistance * slope), v
