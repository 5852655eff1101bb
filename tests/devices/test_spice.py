"""Solved arrays against ngspice."""

from __future__ import annotations

import numpy as np
import pytest
from oracles import ngspice

from neurosim.devices.spice import netlist
from neurosim.devices.wires.circuit import Circuit
from neurosim.devices.wires.conduction import Linear, Polynomial, Sinh
from neurosim.devices.wires.newton import solve
from neurosim.errors import InputError

pytestmark = pytest.mark.skipif(ngspice.PROGRAM is None, reason="ngspice is not installed")

CASES = {
    "wires": (Circuit(word=1.0, bit=1.0), Linear()),
    "unequal wires, ends": (Circuit(word=0.35, bit=5.0, driver=50.0, sense=20.0), Linear()),
    "ideal bit lines": (Circuit(word=2.0), Linear()),
    "both ends": (Circuit(word=2.0, bit=3.0, driven="both", sensed="both", driver=9.0), Linear()),
    "other ends": (Circuit(word=2.0, bit=3.0, driven="right", sensed="top"), Linear()),
    "access transistors": (Circuit(word=1.0, bit=1.0, access=2000.0), Linear()),
    "sinh": (Circuit(word=1.0, bit=1.0), Sinh(3.0)),
    "sinh, access transistors": (Circuit(word=1.0, bit=1.0, access=2000.0), Sinh(3.0)),
    "cubic": (Circuit(word=1.0, bit=1.0), Polynomial((0.1, 0.25))),
}


def _array(rows: int = 16, cols: int = 12) -> tuple[np.ndarray, np.ndarray]:
    """Conductances with 5 % open and 1 % shorted, in 7 digits as ngspice reads them, and voltages."""
    rng = np.random.default_rng(5)
    g, fault = rng.uniform(1e-6, 1e-4, (rows, cols)), rng.random((rows, cols))
    g[fault < 0.05], g[fault > 0.99] = 0.0, 1e-2
    return np.vectorize(lambda x: float(f"{x:.6e}"))(g), rng.uniform(-0.5, 1.0, rows)


@pytest.mark.parametrize("name", CASES)
def test_read(name, tmp_path):
    circuit, model = CASES[name]
    g, v = _array()
    expected = ngspice.currents(netlist(circuit, g, v, model=model), tmp_path)
    got = solve(circuit, g, v, model=model).output
    scale = np.abs(expected).max()
    print(name, np.abs(got - expected).max() / scale)
    np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-11 * scale)


@pytest.mark.parametrize("rest", [0.5, np.nan], ids=["V/2", "floating"])
def test_write(rest, tmp_path):
    circuit = Circuit(word=1.0, bit=1.0, driver=50.0)
    g, _ = _array()
    rows, cols = np.full(16, rest), np.full(12, rest)
    rows[3], cols[4] = 1.0, 0.0
    expected = ngspice.currents(netlist(circuit, g, rows, cols, model=Sinh(2.0)), tmp_path)
    got = solve(circuit, g, rows, cols, model=Sinh(2.0)).output[~np.isnan(cols)]
    scale = np.abs(expected).max()
    np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-11 * scale)


def test_floating_line_without_device_is_refused():
    rows = np.array([1.0, np.nan])
    with pytest.raises(InputError, match="word line 1 floats"):
        solve(Circuit(word=1.0, bit=1.0), [[1e-5, 1e-5], [0.0, 0.0]], rows)


def test_small_alpha_is_linear_and_convergence_is_quadratic():
    g, v = _array()
    circuit = Circuit(word=1.0, bit=1.0)
    np.testing.assert_allclose(
        solve(circuit, g, v, model=Sinh(1e-5)).output, solve(circuit, g, v).output, rtol=1e-9
    )
    left = np.array(solve(circuit, g, v, model=Sinh(5.0), tolerance=1e-11).residuals)
    small = left[(left < 1e-2 * left[0]) & (left > 1e-13)]
    assert (small[1:] < 0.1 * small[:-1]).all()
