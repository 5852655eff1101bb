"""aihwkit's training presets in weight space, in plain NumPy.

Source: aihwkit 1.2.0, `simulator/presets/devices.py` for the numbers and `rpucuda` for the equations.
One pulse of a device at weight w, before it is cut at the bounds, with ξ standard normal and s dw_min_std:

    up, dn     (1 + min(up_down, 0)) dw_min and (1 - max(up_down, 0)) dw_min
    constant   dw = up                                  dw = dn
    linear     dw = up (1 - gamma w/w_max)              dw = dn (1 - gamma w/w_min)
    soft       linear with gamma = 1
    exp        dw = up max(0, 1 - A exp(gamma z))       dw = dn max(0, 1 - A exp(-gamma z))
               with z = 2 a w / (w_max - w_min) + b
    noise      s (dw + std_add + std_slope |w|) ξ, the last two for exp only; or, additive, s up ξ and s dn ξ

and over devices the bounds are w_max |1 + w_max_dtod ξ| and w_min |1 + w_min_dtod ξ|, up and dn are dw_min
|gain ± up_down_dtod ξ| with a gain of 1 + dw_min_dtod ξ or exp(dw_min_dtod ξ).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Preset:
    w_min: float
    w_max: float
    dw_min: float
    dw_min_std: float
    dw_min_dtod: float
    w_min_dtod: float
    w_max_dtod: float
    up_down_dtod: float
    up_down: float = 0.0
    gamma_up: float = 0.0
    gamma_down: float = 0.0
    a_up: float | None = None  # exp-step's A; None for the linear families
    a_down: float = 0.0
    a: float = 0.0
    b: float = 0.0
    additive: bool = False
    std_add: float = 0.0
    std_slope: float = 0.0
    log_normal: bool = False

    @property
    def span(self) -> float:
        return self.w_max - self.w_min

    def scale(self, sign: int) -> float:
        """up (sign 1) or dn (sign -1)."""
        return self.dw_min * (1 + min(self.up_down, 0) if sign > 0 else 1 - max(self.up_down, 0))

    def step(self, w: float, sign: int) -> float:
        """Size of one pulse without noise."""
        bound, gamma = (self.w_max, self.gamma_up) if sign > 0 else (self.w_min, self.gamma_down)
        if self.a_up is None:
            return self.scale(sign) * (1 - gamma * w / bound)
        z = 2 * self.a * w / self.span + self.b
        amplitude = self.a_up if sign > 0 else self.a_down
        return self.scale(sign) * max(0.0, 1 - amplitude * math.exp(sign * gamma * z))

    def noise(self, w: float, sign: int) -> float:
        """Standard deviation of one pulse."""
        if self.additive:
            return self.dw_min_std * self.scale(sign)
        return self.dw_min_std * (self.step(w, sign) + self.std_add + self.std_slope * abs(w))

    def trajectory(self, w: float, signs: list[int]) -> np.ndarray:
        """The weight before the first pulse and after each, without noise."""
        weights = [w]
        for sign in signs:
            w = min(max(w + sign * self.step(w, sign), self.w_min), self.w_max)
            weights.append(w)
        return np.array(weights)

    def bounds(self, devices: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Lower and upper bounds of a population."""
        low = self.w_min * np.abs(1 + self.w_min_dtod * rng.standard_normal(devices))
        return low, self.w_max * np.abs(1 + self.w_max_dtod * rng.standard_normal(devices))

    def scales(self, devices: int, rng: np.random.Generator) -> np.ndarray:
        """up over dw_min, of a population (with up_down at zero)."""
        gain = self.dw_min_dtod * rng.standard_normal(devices)
        gain = np.exp(gain) if self.log_normal else 1 + gain
        return np.abs(gain + self.up_down_dtod * rng.standard_normal(devices))


PRESETS = {
    "Capacitor": Preset(
        w_min=-1, w_max=1, dw_min=0.005, gamma_up=0.05, gamma_down=0.05, additive=True, dw_min_std=0.3,
        dw_min_dtod=0.1, up_down_dtod=0.06, w_min_dtod=0.07, w_max_dtod=0.07,
    ),
    "EcRam": Preset(
        w_min=-0.8276, w_max=1.1724, dw_min=0.002, gamma_up=0.1153, gamma_down=0.5085, dw_min_std=0.3,
        dw_min_dtod=0.1, up_down_dtod=0.01, w_min_dtod=0.05, w_max_dtod=0.05,
    ),
    "EcRamMO": Preset(
        w_min=-0.8286, w_max=1.1714, dw_min=2.8214e-4, gamma_up=0.4152, gamma_down=0.7342, dw_min_std=2,
        dw_min_dtod=0.1, up_down_dtod=0.01, w_min_dtod=0.05, w_max_dtod=0.05,
    ),
    "GokmenVlasov": Preset(
        w_min=-1, w_max=1, dw_min=0.0016, dw_min_std=0.3,
        dw_min_dtod=0.3, up_down_dtod=0.01, w_min_dtod=0.3, w_max_dtod=0.3,
    ),
    "Idealized": Preset(
        w_min=-1, w_max=1, dw_min=0.0002, dw_min_std=0.3,
        dw_min_dtod=0.3, up_down_dtod=0, w_min_dtod=0.3, w_max_dtod=0.3,
    ),
    "PCM": Preset(
        w_min=0, w_max=2, dw_min=0.01, a=-1, b=0, gamma_up=2.5, gamma_down=2.5, a_up=-27.235, a_down=-2.235,
        dw_min_std=0.6, std_add=0.042, std_slope=0.108,
        dw_min_dtod=0.2, up_down_dtod=0.05, w_min_dtod=0, w_max_dtod=0.1,
    ),
    "ReRamArrayHfO2": Preset(
        w_min=-1, w_max=1, dw_min=0.4622, gamma_up=1, gamma_down=1, additive=True, dw_min_std=0.2174,
        dw_min_dtod=0.7125, log_normal=True, up_down_dtod=0.01, w_min_dtod=0.599, w_max_dtod=0.4295,
    ),
    "ReRamArrayOM": Preset(
        w_min=-1, w_max=1, dw_min=0.0949, gamma_up=1, gamma_down=1, additive=True, dw_min_std=0.4158,
        dw_min_dtod=0.7829, log_normal=True, up_down_dtod=0.01, w_min_dtod=0.5695, w_max_dtod=0.3499,
    ),
    "ReRamES": Preset(
        w_min=-1, w_max=1, dw_min=0.00135, up_down=0.259359, a=-0.5, b=-0.5, gamma_up=5, gamma_down=5,
        a_up=-1.18445, a_down=-0.081404, dw_min_std=5,
        dw_min_dtod=0.2, up_down_dtod=0.05, w_min_dtod=0.3, w_max_dtod=0.3,
    ),
    "ReRamSB": Preset(
        w_min=-0.75, w_max=1.25, dw_min=0.002, gamma_up=1, gamma_down=1, additive=True, dw_min_std=3.75,
        dw_min_dtod=0.3, up_down_dtod=0.01, w_min_dtod=0.3 / 0.75, w_max_dtod=0.3 / 1.25,
    ),
}  # fmt: skip
