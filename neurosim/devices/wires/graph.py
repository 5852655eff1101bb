"""A circuit as nodes and resistive branches: what the netlist prints and the Newton solver balances.

Nodes joined by wires without resistance are one node. Numbers below `nodes` are unknown voltages; after
them come the sources: first those of the word lines, then those of the bit lines. Where a line floats,
its source is joined to nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import connected_components

from neurosim.devices.wires.circuit import Circuit
from neurosim.errors import InputError

Array = NDArray[Any]


@dataclass(frozen=True)
class Graph:
    """Nodes and branches of an array in a circuit.

    Attributes
    ----------
    nodes : int
        Unknown node voltages.
    word, bit : ndarray (rows, cols) int
        The nodes of every cell.
    first, second : ndarray (branches,) int
        The ends of every wire branch.
    resistance : ndarray (branches,) ohm
        Above 0.
    direct : bool
        Whether every a_ij and b_ij is an unknown node of its own, numbered 0 … 2 rows cols.
    """

    nodes: int
    word: Array
    bit: Array
    first: Array
    second: Array
    resistance: Array

    @property
    def direct(self) -> bool:
        return self.nodes == 2 * self.word.size

    def laplacian(self) -> csr_array:
        """Wire conductances (nodes, nodes + sources) S: times all voltages, the currents out of the nodes."""
        size = self.nodes + sum(self.word.shape)
        i, j, g = self.first, self.second, 1 / self.resistance
        rows, cols = np.concatenate([i, j, i, j]), np.concatenate([i, j, j, i])
        values = np.concatenate([g, g, -g, -g])
        return csr_array(coo_array((values, (rows, cols)), shape=(size, size)))[: self.nodes]


def graph(circuit: Circuit, floating_rows: Array, floating_cols: Array) -> Graph:
    """The graph of a circuit whose lines float where the masks (rows,) and (cols,) say so."""
    m, n = len(floating_rows), len(floating_cols)
    a = np.arange(m * n).reshape(m, n)
    b = a + m * n
    source, ground = 2 * m * n + np.arange(m), 2 * m * n + m + np.arange(n)
    joined = ~floating_rows, ~floating_cols
    first_end, last_end = circuit.driver + circuit.word, circuit.sense + circuit.bit
    branches = [(a[:, :-1], a[:, 1:], circuit.word), (b[:-1], b[1:], circuit.bit)]
    for side, column in (("left", 0), ("right", n - 1)):
        if circuit.driven in (side, "both"):
            branches.append((source[joined[0]], a[joined[0], column], first_end))
    for side, row in (("top", 0), ("bottom", m - 1)):
        if circuit.sensed in (side, "both"):
            branches.append((b[row, joined[1]], ground[joined[1]], last_end))
    first = np.concatenate([ends.ravel() for ends, _, _ in branches])
    second = np.concatenate([ends.ravel() for _, ends, _ in branches])
    resistance = np.concatenate([np.full(ends.size, ohms) for ends, _, ohms in branches])

    wire = resistance > 0
    every = 2 * m * n + m + n
    merged = coo_array((np.ones((~wire).sum()), (first[~wire], second[~wire])), shape=(every, every))
    count, label = connected_components(merged, directed=False)
    number = np.full(count, -1)
    number[label[2 * m * n :]] = -2
    nodes = int((number == -1).sum())
    number[number == -1] = np.arange(nodes)
    number[label[2 * m * n :]] = nodes + np.arange(m + n)
    name = number[label]
    return Graph(nodes, name[a], name[b], name[first[wire]], name[second[wire]], resistance[wire])


def check_grounded(net: Graph, conducting: Array) -> None:
    """Refuse a circuit in which a line floats that no conducting device joins to the rest.

    Raises
    ------
    InputError
        Naming a line.
    """
    sources = sum(net.word.shape)
    size = net.nodes + sources
    one = np.concatenate([net.first, net.word[conducting], np.full(sources - 1, net.nodes)])
    other = np.concatenate([net.second, net.bit[conducting], np.arange(net.nodes + 1, size)])
    _, label = connected_components(coo_array((np.ones(one.size), (one, other)), shape=(size, size)), False)
    for kind, nodes, axis in (("word", net.word, 1), ("bit", net.bit, 0)):
        lost = (label[nodes] != label[net.nodes]).any(axis=axis)
        if lost.any():
            raise InputError(
                f"{kind} line {int(lost.argmax())} floats and no conducting device joins it to a source: "
                "its voltage is undetermined"
            )
