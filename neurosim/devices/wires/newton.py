"""Node voltages of an array of linear or nonlinear devices, by Newton's method.

Kirchhoff's law at every node is F(x) = -(L x) -+ I(u) = 0, with the wires L and the currents I of the
devices at u = x_word - x_bit. Every step solves J d = F with J = L + dI/du, and is halved until max|F| falls.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array, csc_array
from scipy.sparse.linalg import splu

from neurosim import checks
from neurosim.devices.wires.circuit import Circuit
from neurosim.devices.wires.conduction import Conduction, Linear, in_series
from neurosim.devices.wires.graph import check_grounded, graph
from neurosim.errors import RunError

Array = NDArray[Any]

FLOOR = 1e-12
"""The least dI/du in a step, as a part of the largest one: it keeps J regular where devices block."""


@dataclass(frozen=True)
class Balance:
    """A solved array.

    Attributes
    ----------
    output : ndarray (cols,) A
        Currents out of the bit lines.
    word, bit : ndarray (rows, cols) V
        Node voltages.
    device : ndarray (rows, cols) V
        Across every device, without its access transistor.
    current : ndarray (rows, cols) A
        Through every device.
    residuals : tuple of float
        The largest sum of currents at a node (A), at the start and after every step.
    """

    output: Array
    word: Array
    bit: Array
    device: Array
    current: Array
    residuals: tuple[float, ...]


def solve(
    circuit: Circuit,
    conductance: ArrayLike,
    rows: ArrayLike,
    cols: ArrayLike | None = None,
    *,
    model: Conduction | None = None,
    tolerance: float = 1e-12,
    most: int = 60,
) -> Balance:
    """Solve an array for the voltages of its lines.

    Parameters
    ----------
    circuit : Circuit
    conductance : array_like (rows, cols) S
        0 where a device is open or its gate off.
    rows, cols : array_like (rows,) V, (cols,) V
        Voltages of the lines' sources, NaN where a line floats; `cols` are 0 unless given.
    model : Conduction, optional
        Ohm's law unless given.
    tolerance : float
        Of the sums of currents, as a part of the largest current of a device.
    most : int
        Steps.

    Raises
    ------
    InputError
        For wrong shapes, and a floating line that nothing joins to the rest.
    RunError
        If the steps do not converge.
    """
    g = checks.array("conductance", conductance, shape=(None, None), dtype=np.float64, low=0.0)
    m, n = g.shape
    given = np.asarray(rows, float), np.zeros(n) if cols is None else np.asarray(cols, float)
    floating = np.isnan(given[0]), np.isnan(given[1])
    v = checks.array("rows", np.where(floating[0], 0.0, given[0]), shape=(m,), dtype=np.float64)
    c = checks.array("cols", np.where(floating[1], 0.0, given[1]), shape=(n,), dtype=np.float64)
    law = Linear() if model is None else model
    net = graph(circuit, *floating)
    check_grounded(net, g > 0)
    wires, k = net.laplacian(), net.nodes
    a, b = net.word.ravel(), net.bit.ravel()
    size = k + m + n

    def imbalance(x: Array) -> tuple[Array, Array, Array, Array]:
        current, slope, across = in_series(law, g, (x[a] - x[b]).reshape(m, n), circuit.access)
        into = np.bincount(b, current.ravel(), size) - np.bincount(a, current.ravel(), size)
        return into[:k] - wires @ x, current, slope, across

    x = np.concatenate([np.zeros(k), v, c])
    f, current, slope, across = imbalance(x)
    # What rounding of the node voltages leaves of the sums in wires of little resistance.
    wire = float((1 / net.resistance).max(initial=0.0))
    rounding = 16 * np.finfo(float).eps * wire * float(np.abs(x).max())
    residuals = [float(np.abs(f).max(initial=0.0))]
    while residuals[-1] > tolerance * float(np.abs(current).max(initial=0.0)) + rounding:
        d = np.maximum(slope, FLOOR * max(float(slope.max()), float(g.max()))).ravel()
        ends = np.concatenate([a, b, a, b]), np.concatenate([a, b, b, a])
        devices = coo_array((np.concatenate([d, d, -d, -d]), ends), shape=(size, size)).tocsc()
        lu = splu(
            csc_array(wires[:, :k] + devices[:k, :k]),
            permc_spec="MMD_AT_PLUS_A",
            options={"SymmetricMode": True},
        )
        move, part = lu.solve(f), 1.0
        while True:
            trial = x.copy()
            trial[:k] += part * move
            state = imbalance(trial)
            largest = float(np.abs(state[0]).max())
            if largest < (1 - 1e-4 * part) * residuals[-1] or part < 1e-6:
                break
            part /= 2
        if len(residuals) > most or part < 1e-6:
            cell = np.unravel_index(int(np.abs(across).argmax()), g.shape)
            raise RunError(
                f"no balance of currents after {len(residuals) - 1} Newton steps: {residuals[-1]:.3g} A left "
                f"at a node; the most strained device is ({cell[0]}, {cell[1]}) at {across[cell]:.3g} V"
            )
        x, (f, current, slope, across) = trial, state
        residuals.append(largest)
    return Balance(current.sum(axis=0), x[net.word], x[net.bit], across, current, tuple(residuals))
