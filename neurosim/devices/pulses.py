"""Counts of pulses applied to all devices of an array, in the fastest way that is right.

- A single pulse is one step of the family's kernel.
- Several pulses of an affine family without noise are one closed form, exact for every rate below 1.
- Several noisy pulses of an affine family are the closed form with one normal deviate for all (see
  neurosim.devices.response), where three things are small:
    the noise of a pulse, c = cycle + additive / step, at most `NOISIEST`: fewer than two pulses in a
      thousand go backwards, so that the bounds hardly cut what only the single pulses would show;
    what the noise of n pulses adds up to beside the mean, c rate sqrt(n), at most `FARTHEST`: the
      distribution is then normal to its width, and its variance right to 1 %;
    and no noise that grows with the state.
- Everything else is applied pulse by pulse, device by device where only some are too steep.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neurosim.backend import Kernel, launch, to_backend
from neurosim.devices.card import Card
from neurosim.devices.population import Population
from neurosim.random import Stream, draw_words

NOISIEST = 1 / 3
FARTHEST = 0.1

_STEEPEST = 0.999  # beyond it, ln(1 - rate) is no use
_FINE = 2.5e-9  # about how long one element takes (s)
_COARSE = 8e-9


@dataclass
class State:
    """What pulses change, (devices,) each, on the backend."""

    conductance: Any
    """Conductance (S)."""

    pulses_up: Any
    """Potentiation pulses so far, int32."""

    pulses_down: Any
    """Depression pulses so far, int32."""

    energy: Any
    """Write energy so far (J), float64."""


class Pulser:
    """Applies pulses to the devices of one array. It holds parameters and scratch memory, no state.

    Parameters
    ----------
    card : Card
    devices : Population
    source : Stream
        Of the cycle-to-cycle noise.
    backend : {"cpu", "cuda"}
    """

    def __init__(self, card: Card, devices: Population, source: Stream, backend: str) -> None:
        variation, real = card.variation, devices.lo.dtype.type
        self.devices = devices
        self.source = source
        self.backend = backend
        self.noisy = bool(variation.cycle or variation.additive or variation.state)
        self.cycle = real(variation.cycle)
        self.additive = real(variation.additive * card.conductance.span)
        self.state = real(variation.state)
        self.energies = tuple(real(card.write_energy(way) or 0.0) for way in ("up", "down"))
        smallest = max(min(card.step_up, card.step_down), 1e-30)
        loudness = variation.cycle + variation.additive * card.conductance.span / smallest
        self._loudness = np.inf if variation.state else loudness
        self.kernel, self._parameters = self._family()

    def apply(self, state: State, counts: NDArray[np.signedinteger[Any]], draw: int) -> int:
        """Apply pulses; returns how many draws of noise were used.

        Parameters
        ----------
        state : State
            Changed in place.
        counts : ndarray (rows, cols) int8 or int32
            Pulses of every device, up above zero and down below.
        draw : int
            The first draw of the noise stream that may be used.
        """
        most = max(int(counts.max(initial=0)), -int(counts.min(initial=0)))
        if most <= 1:
            return self._step(state, counts.reshape(-1), 0, draw) if most else 0
        if self.devices.family != "affine" or (self.noisy and self._loudness > NOISIEST):
            return self._one_by_one(state, counts, most, draw)
        steepest = min(_STEEPEST, FARTHEST / (self._loudness * most**0.5)) if self.noisy else _STEEPEST
        if self._steepest <= steepest:
            return self._burst(state, counts, draw)
        steep = np.maximum(np.abs(self.devices.rate_up), np.abs(self.devices.rate_down)) > steepest
        used = self._burst(state, np.where(steep, counts.dtype.type(0), counts), draw)
        rest = np.where(steep, counts, counts.dtype.type(0))
        most = max(int(rest.max(initial=0)), -int(rest.min(initial=0)))
        return used + self._one_by_one(state, rest, most, draw + used)

    def _family(self) -> tuple[Kernel, tuple[Any, ...]]:
        """The kernel of one step and the parameters that it takes."""
        from neurosim.devices import response

        devices = self.devices
        bounds, shape = (devices.lo, devices.hi), devices.shape
        if devices.family == "affine":
            own = (devices.step_up, devices.rate_up, devices.step_down, devices.rate_down)
            return response.affine_step, self._placed(*bounds, *own)
        if devices.family == "power":
            own = (devices.step_up, devices.rate_up, devices.step_down, devices.rate_down)
            return response.power_step, self._placed(*bounds, *own)
        kernel = response.exponential_step if devices.family == "exponential" else response.table_step
        return kernel, self._placed(*bounds, devices.step_up, devices.step_down, *shape)

    def _placed(self, *parameters: Any) -> tuple[Any, ...]:
        return tuple(
            to_backend(p.reshape(-1), self.backend) if isinstance(p, np.ndarray) else p for p in parameters
        )

    @cached_property
    def _steepest(self) -> float:
        devices = self.devices
        return float(max(np.abs(devices.rate_up).max(initial=0), np.abs(devices.rate_down).max(initial=0)))

    @cached_property
    def _exponents(self) -> tuple[Any, ...]:
        """-ln(1 - rate) up and down; of devices that are too steep for it, any number."""
        dtype = self.devices.lo.dtype
        rates = (self.devices.rate_up, self.devices.rate_down)
        return self._placed(
            *(-np.log1p(-np.minimum(rate, _STEEPEST).astype(np.float64)).astype(dtype) for rate in rates)
        )

    @cached_property
    def _scratch(self) -> Any:
        """Memory for one normal a device, in whole groups of four."""
        return to_backend(np.zeros(-(-self.devices.lo.size // 4) * 4, np.float32), self.backend)

    def _noise(self, draw: int) -> Any:
        from neurosim.philox import fill_normals

        if self.noisy:
            words = draw_words(draw)
            keys = self.source.key0, self.source.key1
            groups = self._scratch.size // 4
            launch(fill_normals, groups, self._scratch, *words, *keys, backend=self.backend, cost=4e-9)
        return self._scratch

    def _step(self, state: State, counts: Any, threshold: int, draw: int) -> int:
        launch(
            self.kernel, self.devices.lo.size, state.conductance, *self._parameters,
            counts, counts.dtype.type(threshold),
            self._noise(draw), self.noisy, self.cycle, self.additive, self.state,
            state.pulses_up, state.pulses_down, state.energy, *self.energies,
            backend=self.backend, cost=_FINE,
        )  # fmt: skip
        return int(self.noisy)

    def _one_by_one(self, state: State, counts: NDArray[Any], most: int, draw: int) -> int:
        placed = to_backend(counts.reshape(-1), self.backend)
        return sum(self._step(state, placed, k, draw + k) for k in range(most))

    def _burst(self, state: State, counts: NDArray[Any], draw: int) -> int:
        from neurosim.devices.response import affine_burst

        low, high, step_up, rate_up, step_down, rate_down = self._parameters
        exponent_up, exponent_down = self._exponents
        launch(
            affine_burst, self.devices.lo.size, state.conductance,
            low, high, step_up, rate_up, exponent_up, step_down, rate_down, exponent_down,
            counts.reshape(-1), self._noise(draw), self.noisy, self.cycle, self.additive,
            state.pulses_up, state.pulses_down, state.energy, *self.energies,
            backend=self.backend, cost=_COARSE,
        )  # fmt: skip
        return int(self.noisy)
