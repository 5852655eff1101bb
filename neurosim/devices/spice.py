"""Netlists of arrays for SPICE, so that results can be checked with another simulator.

Wires and linear devices are resistors, nonlinear devices are behavioural current sources, and bit line j
ends in the ammeter Vo<j>, which also holds its voltage.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from neurosim import checks
from neurosim.devices.wires.circuit import Circuit
from neurosim.devices.wires.conduction import Conduction, Linear, Polynomial, Sinh
from neurosim.devices.wires.graph import graph
from neurosim.errors import InputError


def netlist(
    circuit: Circuit,
    conductance: ArrayLike,
    rows: ArrayLike,
    cols: ArrayLike | None = None,
    *,
    model: Conduction | None = None,
) -> str:
    """Write an array as an ngspice netlist that prints the current of every bit line, `i(vo<j>)`.

    Parameters are those of `neurosim.devices.wires.newton.solve`.

    Raises
    ------
    InputError
        For wrong shapes, and a model that has no netlist.
    """
    g = checks.array("conductance", conductance, shape=(None, None), dtype=np.float64, low=0.0)
    m, n = g.shape
    v = np.asarray(rows, float)
    c = np.zeros(n) if cols is None else np.asarray(cols, float)
    if v.shape != (m,) or c.shape != (n,):
        raise InputError(
            f"the lines' voltages have shapes {v.shape} and {c.shape}; expected ({m},) and ({n},)"
        )
    net = graph(circuit, np.isnan(v), np.isnan(c))
    names = [f"n{i}" for i in range(net.nodes)] + [f"s{i}" for i in range(m)] + [f"o{j}" for j in range(n)]
    text = ["* crossbar"]
    text += [f"Vs{i} s{i} 0 DC {float(v[i])!r}" for i in range(m) if not np.isnan(v[i])]
    text += [f"Vo{j} o{j} 0 DC {float(c[j])!r}" for j in range(n) if not np.isnan(c[j])]
    branches = zip(net.first, net.second, net.resistance, strict=True)
    text += [f"Rw{k} {names[p]} {names[q]} {float(r)!r}" for k, (p, q, r) in enumerate(branches)]
    for i, j in np.argwhere(g > 0):
        a, b, cell = names[net.word[i, j]], names[net.bit[i, j]], f"{i}_{j}"
        if circuit.access:
            text.append(f"Ra{cell} {a} x{cell} {circuit.access!r}")
            a = f"x{cell}"
        text.append(_device(model or Linear(), cell, a, b, float(g[i, j])))
    text += [".options reltol=1e-12 abstol=1e-20 vntol=1e-16 gmin=1e-20", ".control", "set numdgt=16", "op"]
    text += [f"print i(vo{j})" for j in range(n) if not np.isnan(c[j])]
    return "\n".join([*text, "quit", ".endc", ".end", ""])


def _device(model: Conduction, cell: str, a: str, b: str, g: float) -> str:
    """The line of one device between the nodes a and b."""
    u = f"V({a},{b})"
    match model:
        case Linear():
            return f"Rd{cell} {a} {b} {1 / g!r}"
        case Sinh(alpha):
            return f"Bd{cell} {a} {b} I={g!r}*sinh({alpha!r}*{u})/{alpha!r}"
        case Polynomial(coefficients):
            # By Horner's rule: ngspice's power of a negative number is that of its magnitude.
            inner = "0"
            for factor in reversed((1.0, *coefficients)):
                inner = f"{u}*({factor!r}+{inner})"
            return f"Bd{cell} {a} {b} I={g!r}*{inner}"
    raise InputError(f"{type(model).__name__} devices have no netlist; expected Linear, Sinh or Polynomial")
