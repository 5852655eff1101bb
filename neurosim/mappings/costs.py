r"""What a chip spent: energy, time, operations and pulses, from its counters and the card's numbers.

For a connection of n inputs and m outputs on R × C tiles (rows × columns of tiles), P conversions an
input (1 for amplitudes, bits - 1 bit-serially), every forward vector takes

    operations   2 n m                                   a multiplication and an addition a weight
    DAC          n C e_bit bits                          every column of tiles has its own drivers;
                                                         bits of the DAC, or P of one bit each
    ADC          m R P 2^bits e_step                     Walden's figure of merit: IEEE J. Sel. Areas
                                                         Commun. 17, 539 (1999), with ENOB = bits
    additions    m (R P - 1) e_add                       row tiles and bit planes added up
    time         P (t_read + min(c, m_tile) t_ADC)       c outputs of a tile take turns on one ADC;
                                                         tiles work at once

and a transposed vector the same with inputs and outputs exchanged. An ideal converter costs nothing.
Energy in the devices is counted read by read as t_read sum_i V_i^2 G_i, with G_i the conductance of all
devices on line i; write energy pulse by pulse by the arrays (NeuroSim's families, e.g. Chen, Peng and Yu,
IEEE Trans. CAD 37, 3067 (2018)). Peripheral leakage, wires and buffers are not part of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

from neurosim.mappings.card import MappingCard
from neurosim.mappings.placement import input_blocks, output_blocks
from neurosim.mappings.synapses import CrossbarSynapses


@dataclass(frozen=True)
class LayerCosts:
    """What one connection spent. Energies in J, times in s.

    Parameters
    ----------
    layer : str
    tiles : int
    vectors, vectors_transposed : float
        Forward and backward reads, in samples.
    operations : float
        Multiplications and additions.
    device_energy, dac_energy, adc_energy, addition_energy : float
        Energy of all reads, by where it went.
    write_energy : float
    read_time, write_time : float
        One vector after the other, one row after the other.
    pulses : float
    """

    layer: str
    tiles: int
    vectors: float
    vectors_transposed: float
    operations: float
    device_energy: float
    dac_energy: float
    adc_energy: float
    addition_energy: float
    write_energy: float
    read_time: float
    write_time: float
    pulses: float

    @property
    def read_energy(self) -> float:
        """Energy of all reads, converters included."""
        return self.device_energy + self.dac_energy + self.adc_energy + self.addition_energy


@dataclass(frozen=True)
class Costs:
    """What a chip spent, connection by connection.

    Parameters
    ----------
    layers : tuple of LayerCosts
    inference_time : float
        Time of one forward pass of one sample, layer after layer, s.
    """

    layers: tuple[LayerCosts, ...]
    inference_time: float

    @property
    def read_energy(self) -> float:
        """Energy of all reads, J."""
        return sum(layer.read_energy for layer in self.layers)

    @property
    def write_energy(self) -> float:
        """Energy of all pulses, J."""
        return sum(layer.write_energy for layer in self.layers)

    @property
    def energy(self) -> float:
        """Energy of all reads and writes, J."""
        return self.read_energy + self.write_energy

    @property
    def latency(self) -> float:
        """Time of all reads and writes, layer after layer, s."""
        return sum(layer.read_time + layer.write_time for layer in self.layers)

    @property
    def pulses(self) -> float:
        """Pulses on all devices."""
        return sum(layer.pulses for layer in self.layers)

    @property
    def operations(self) -> float:
        """Multiplications and additions of all reads."""
        return sum(layer.operations for layer in self.layers)

    def table(self) -> list[dict[str, float | str]]:
        """One row a connection, all fields of LayerCosts and `read_energy`."""
        names = [field.name for field in fields(LayerCosts)]
        return [{name: getattr(layer, name) for name in [*names, "read_energy"]} for layer in self.layers]

    def to_dict(self) -> dict[str, float]:
        """The totals, for metrics files."""
        names = ("energy", "read_energy", "write_energy", "latency", "inference_time", "pulses", "operations")
        parts = ("device_energy", "dac_energy", "adc_energy", "addition_energy", "read_time", "write_time")
        sums = {name: float(sum(getattr(layer, name) for layer in self.layers)) for name in parts}
        return {name: float(getattr(self, name)) for name in names} | sums


@dataclass(frozen=True)
class VectorCosts:
    """What one vector takes in one direction, devices apart."""

    dac_energy: float
    adc_energy: float
    addition_energy: float
    time: float


def vector_costs(
    card: MappingCard, inputs: int, outputs: int, tiles_along: int, tiles_across: int, tile_outputs: int
) -> VectorCosts:
    """What one vector takes, by the formulas above.

    Parameters
    ----------
    card : MappingCard
    inputs, outputs : int
        Lines that are driven and sensed, in weights.
    tiles_along, tiles_across : int
        Tiles along the inputs (their results are added) and across the outputs.
    tile_outputs : int
        Outputs of the largest tile.
    """
    dac, adc, costs = card.dac.bits, card.adc.bits, card.costs
    serial = card.dac.encoding == "bit-serial" and dac != "ideal"
    planes = dac - 1 if dac != "ideal" and serial else 1
    sent = 0 if dac == "ideal" else (planes if serial else dac)
    conversions = outputs * tiles_along * planes
    return VectorCosts(
        dac_energy=inputs * tiles_across * sent * costs.dac_bit,
        adc_energy=0.0 if adc == "ideal" else conversions * 2.0**adc * costs.adc_step,
        addition_energy=(conversions - outputs) * costs.addition,
        time=planes
        * (
            costs.read_time
            + (0.0 if adc == "ideal" else min(costs.adc_columns, tile_outputs) * costs.adc_time)
        ),
    )


def chip_costs(card: MappingCard, synapses: Sequence[CrossbarSynapses]) -> Costs:
    """What all connections of a chip spent so far."""
    layers, inference = [], 0.0
    for connection in synapses:
        costs, forward = _layer_costs(card, connection)
        layers.append(costs)
        inference += forward.time
    return Costs(tuple(layers), inference)


def _layer_costs(card: MappingCard, synapses: CrossbarSynapses) -> tuple[LayerCosts, VectorCosts]:
    n, m = synapses.shape
    rows, columns = input_blocks(card, n), output_blocks(card, m)
    tallest, widest = (max(last - first for first, last in blocks) for blocks in (rows, columns))
    forward = vector_costs(card, n, m, len(rows), len(columns), widest)
    backward = vector_costs(card, m, n, len(columns), len(rows), tallest)
    counters = synapses.counters()
    ways = ((counters["vectors"], forward), (counters["vectors_transposed"], backward))
    costs = LayerCosts(
        layer=synapses.name,
        tiles=len(rows) * len(columns),
        vectors=counters["vectors"],
        vectors_transposed=counters["vectors_transposed"],
        operations=2.0 * n * m * sum(vectors for vectors, _ in ways),
        device_energy=counters["read_energy"],
        dac_energy=sum(vectors * way.dac_energy for vectors, way in ways),
        adc_energy=sum(vectors * way.adc_energy for vectors, way in ways),
        addition_energy=sum(vectors * way.addition_energy for vectors, way in ways),
        write_energy=counters["write_energy"],
        read_time=sum(vectors * way.time for vectors, way in ways),
        write_time=counters["write_time"],
        pulses=counters["pulses"],
    )
    return costs, forward
