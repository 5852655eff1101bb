r"""Weights as conductances, and back.

With g_min and g_max the nominal range of the device, S = g_max - g_min, M the middle of the range, Z the
conductance of a single device at weight zero, and u the *unit weight*, the weight of one device
difference that spans the full range (one for a whole connection, or one for every column):

    differential   W = u (G+ - G-) / S      rest: middle   G+- = M +- S W / (2 u)
                                            rest: low      G+- = g_min + S max(+-W, 0) / u
    reference      W = u (G - R) / S        G = Z + S W / u,  R = Z: a column of devices in each tile
    own-reference  W = u (G - R) / S        G = Z + S W / u,  R = Z: a device beside every weight
    offset         W = u (G - Z) / S        G = Z + S W / u

The range r of a mapping card is the weight at the end of the conductance range: u = r for a pair, and
u = 2 r for a single device, which has half the range on either side of zero. Z is where the device card
puts the reference (`reference.at`), and the middle of the range where it says nothing; with references
of their own, weights have each their own Z, such as the symmetry point of their device.

Differential pairs: Burr et al., IEEE Trans. Electron Devices 62, 3498 (2015). W = 100 (G+ - G-) of
Neko's Material is `differential` with r = 100 S.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from neurosim.devices.card import Card
from neurosim.mappings.card import Weights

Array = npt.NDArray[Any]

# Neko draws G+ and G- with a standard deviation of 1 % of half the range, which makes their difference
# sqrt(2) * 0.5 % of the full range.
MID_SPREAD = 0.01 * 0.5 * 2**0.5


@dataclass(frozen=True)
class Range:
    """The conductances between which weights are held, nominal values.

    Parameters
    ----------
    low, high : float
        Ends of the range, S.
    zero : float
        The conductance of a single device at weight zero, S.
    """

    low: float
    high: float
    zero: float

    @property
    def span(self) -> float:
        """Width of the range, S."""
        return self.high - self.low


def conductance_range(device: Card) -> Range:
    """The nominal range of a device, and where single devices hold zero."""
    at = "middle" if device.reference is None else device.reference.at
    match at:
        case "middle":
            zero = (device.g_min + device.g_max) / 2
        case "symmetry":
            zero = device.symmetry_point
        case _:
            zero = at
    return Range(device.g_min, device.g_max, zero)


def unit_weights(card: Weights, weights: Array) -> Array:
    """The weight of a full-range device difference, for every column: (n_out,).

    Parameters
    ----------
    card : Weights
    weights : (n_in, n_out)
        The initial weights, from which an automatic range is taken.
    """
    devices = 1.0 if card.scheme == "differential" else 2.0
    if card.range != "auto":
        ranges = np.full(weights.shape[1], card.range)
    else:
        largest = np.abs(weights).max() or 1.0
        columns = np.abs(weights).max(axis=0) if card.per == "column" else np.zeros(weights.shape[1])
        # A column of zeros, such as an untrained one, gets the range of the connection.
        ranges = card.headroom * np.where(columns > 0, columns, largest)
    return (devices * ranges).astype(weights.dtype)


def shrunk(weights: Array, unit: Array) -> Array:
    """The weights, scaled to the spread with which devices start around their middle (`initial: mid`)."""
    spread = float(np.sqrt(np.mean(np.square(weights / unit))))
    return weights * weights.dtype.type(MID_SPREAD / spread) if spread > 0 else weights


def targets(
    card: Weights, weights: Array, unit: Array, device: Range, zero: Array | float
) -> tuple[Array, ...]:
    """The conductances (S) that stand for the weights, each (n_in, n_out): plus and minus, or one.

    They may lie beyond the range, where no device can follow. `zero` (S) is where single devices hold
    weight zero, one for all or (n_in, n_out).
    """
    part = (weights / unit).astype(np.float64)
    if card.scheme != "differential":
        return (zero + device.span * part,)
    if card.rest == "low":
        return device.low + device.span * np.maximum(part, 0), device.low + device.span * np.maximum(-part, 0)
    middle = (device.low + device.high) / 2
    return middle + device.span * part / 2, middle - device.span * part / 2


def differences(plus: Array, minus: Array | float, span: float, out: Array) -> Array:
    """(G+ - G-) / S into `out` (n_in, n_out): what weights and currents are proportional to.

    `minus` may be the other array of a pair, the reference of every row or weight, or the conductance Z.
    """
    np.subtract(plus, minus, out=out)
    out *= out.dtype.type(1 / span)
    return out
