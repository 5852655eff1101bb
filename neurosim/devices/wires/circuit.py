"""The circuit around the devices of an array.

    V_i --driver--word-- a_i0 --word-- a_i1 ... a_i,n-1
                          |             |            devices a_ij -> b_ij, each with its access transistor
                         b_0j --bit-- b_1j ... b_m-1,j --bit--sense-- virtual ground

Word line i and bit line j meet at device ij. The drawing is of driven="left" and sensed="bottom".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from neurosim import checks


@dataclass(frozen=True)
class Circuit:
    """Resistances of wires and of their ends, all 0 or more.

    Parameters
    ----------
    word, bit : float
        Of one segment of a word line and of a bit line (ohm).
    driver : float
        Between a voltage source and the first segment of its word line (ohm).
    sense : float
        Between the last segment of a bit line and its virtual ground (ohm).
    driven : {"left", "right", "both"}
        Ends of the word lines that have a source.
    sensed : {"bottom", "top", "both"}
        Ends of the bit lines that are sensed.
    access : float
        On-resistance of the access transistor in series with every device (ohm).

    Raises
    ------
    InputError
        For a negative resistance or an unknown end.
    """

    word: float = 0.0
    bit: float = 0.0
    driver: float = 0.0
    sense: float = 0.0
    driven: Literal["left", "right", "both"] = "left"
    sensed: Literal["bottom", "top", "both"] = "bottom"
    access: float = 0.0

    def __post_init__(self) -> None:
        for name in ("word", "bit", "driver", "sense", "access"):
            checks.number(name, getattr(self, name), low=0.0)
        checks.choice("driven", self.driven, ("left", "right", "both"))
        checks.choice("sensed", self.sensed, ("bottom", "top", "both"))
