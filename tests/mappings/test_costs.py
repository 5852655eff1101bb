"""Costs against a calculation by hand."""

from __future__ import annotations

import numpy as np
import pytest
from mapping_builders import device, mapping, synapses

import neurosim as ns
from neurosim.mappings.costs import chip_costs, vector_costs
from neurosim.networks import Sequential
from neurosim.networks.synapses import Signs

PRICES = {
    "read_time": 50e-9,
    "adc_step": 10e-15,
    "adc_time": 2e-9,
    "adc_columns": 4,
    "dac_bit": 1e-12,
    "addition": 0.5e-12,
}


def test_a_small_array_costs_what_a_calculation_by_hand_gives() -> None:
    # 4 inputs on two tiles of 2 rows, 3 outputs as pairs on one column of tiles.
    card = mapping(
        tile={"rows": 2, "cols": 6},
        weights={"range": 1.0},
        dac={"bits": 4},
        adc={"bits": 5, "range": 2.0},
        costs=PRICES,
    )
    connection = synapses(np.zeros((4, 3)), card, device(read={"voltage": 0.2}))
    connection.read(np.array([[1.0, 0.0, -1.0, 0.0], [0.0, 2.0, 0.0, 0.0]]))
    connection.read_transposed(np.array([[3.0, 3.0, 0.0]]))
    connection.write(Signs(np.ones((4, 3), np.int8), 1.0))
    (layer,) = chip_costs(card, [connection]).layers

    assert layer.tiles == 2
    assert (layer.vectors, layer.vectors_transposed) == (2, 1)
    assert layer.operations == 2 * 12 * 3
    # Three driven rows of 6 devices at 51 uS, two driven columns of 2 * 4 devices, 0.2 V for 50 ns.
    assert layer.device_energy == pytest.approx(51e-6 * (3 * 6 + 2 * 8) * 0.04 * 50e-9)
    # Forward 4 drivers on one column of tiles, backward 3 on each of two rows of tiles, 4 bits each.
    assert layer.dac_energy == pytest.approx((2 * 4 + 3 * 2) * 4 * 1e-12)
    # Forward 3 outputs on two tiles, backward 4 outputs on one, 2^5 steps each.
    assert layer.adc_energy == pytest.approx((2 * 3 * 2 + 4) * 32 * 10e-15)
    assert layer.addition_energy == pytest.approx(2 * 3 * 0.5e-12)
    # 3 outputs take turns on an ADC, backwards the 2 rows of a tile.
    assert layer.read_time == pytest.approx(2 * (50e-9 + 3 * 2e-9) + (50e-9 + 2 * 2e-9))
    # 24 pulses of 1 V and 100 ns; conductances move from 51 uS by 1 uS up or down.
    assert layer.pulses == 24
    assert layer.write_energy == pytest.approx(12 * 100e-9 * (51.5e-6 + 50.5e-6))
    # Two rows on either tile, tiles at once; up and down pulses after each other.
    assert layer.write_time == pytest.approx(2 * 2 * 100e-9)
    assert layer.read_energy == pytest.approx(
        layer.device_energy + layer.dac_energy + layer.adc_energy + layer.addition_energy
    )


def test_bit_serial_inputs_cost_a_conversion_for_every_bit() -> None:
    serial = mapping(dac={"bits": 5, "encoding": "bit-serial"}, adc={"bits": 6, "range": 1.0}, costs=PRICES)
    once = mapping(dac={"bits": 5}, adc={"bits": 6, "range": 1.0}, costs=PRICES)
    one, four = (vector_costs(card, 10, 3, 1, 1, 3) for card in (once, serial))
    assert four.adc_energy == pytest.approx(4 * one.adc_energy)
    assert four.time == pytest.approx(4 * one.time)
    assert four.dac_energy == pytest.approx(one.dac_energy * 4 / 5)
    assert four.addition_energy == pytest.approx(3 * 3 * 0.5e-12)


def test_more_outputs_than_an_adc_serves_do_not_wait_for_it() -> None:
    card = mapping(adc={"bits": 6, "range": 1.0}, costs=PRICES)
    assert vector_costs(card, 10, 100, 1, 1, 100).time == pytest.approx(50e-9 + 4 * 2e-9)


def test_ideal_converters_cost_nothing() -> None:
    costs = vector_costs(mapping(costs=PRICES), 10, 3, 1, 1, 3)
    assert (costs.dac_energy, costs.adc_energy, costs.time) == (0, 0, 50e-9)


def test_a_chip_adds_its_layers_up() -> None:
    chip = ns.compile(Sequential(6, [ns.relu(5), ns.linear(2)], seed=1), device(), mapping(costs=PRICES))
    chip.forward(np.ones((10, 6)))
    costs = chip.costs()
    assert [row["layer"] for row in costs.table()] == ["layer1", "layer2"]
    assert costs.operations == 2 * 10 * (6 * 5 + 5 * 2)
    assert costs.inference_time == pytest.approx(2 * 50e-9)
    assert costs.latency == pytest.approx(10 * costs.inference_time)
    totals = costs.to_dict()
    assert totals["energy"] == pytest.approx(costs.read_energy + costs.write_energy)
    assert totals["device_energy"] == pytest.approx(chip.counters()["read_energy"])
