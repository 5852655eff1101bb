"""Current-voltage laws: slopes, limits, and arrays of them."""

from __future__ import annotations

import numpy as np
import pytest

from neurosim.devices.wires.circuit import Circuit
from neurosim.devices.wires.conduction import Diode, Linear, Polynomial, Selector, Sinh, Table, in_series
from neurosim.devices.wires.newton import solve
from neurosim.errors import InputError, RunError

LAWS = [
    Linear(),
    Sinh(3.0),
    Polynomial((0.1, 0.25)),
    Table((-1.0, 0.0, 0.4, 1.0), (-0.5, 0.0, 0.4, 2.0)),
    Selector(0.4),
    Diode(),
]
G = np.array([[1e-6, 1e-4]])


@pytest.mark.parametrize("law", LAWS, ids=lambda law: type(law).__name__)
def test_slope_is_the_derivative_and_the_origin_carries_no_current(law):
    u, h = np.array([[0.313, 0.721]]), 1e-6
    _, slope = law.current(G, u)
    numeric = (law.current(G, u + h)[0] - law.current(G, u - h)[0]) / (2 * h)
    np.testing.assert_allclose(slope, numeric, rtol=1e-6)
    assert np.abs(law.current(G, 0 * u)[0]).max() < 1e-18


@pytest.mark.parametrize("law", LAWS, ids=lambda law: type(law).__name__)
def test_transistor_and_device_share_the_voltage(law):
    u = np.array([[-0.6, 0.9]])
    current, _, across = in_series(law, G, u, 3000.0)
    np.testing.assert_allclose(across + 3000.0 * current, u, rtol=1e-12)


@pytest.mark.parametrize("law", LAWS, ids=lambda law: type(law).__name__)
def test_currents_balance_in_an_array(law):
    rng = np.random.default_rng(1)
    g, v = rng.uniform(1e-6, 1e-4, (8, 6)), rng.uniform(0, 1, 8)
    done = solve(Circuit(word=5.0, bit=5.0), g, v, model=law, tolerance=1e-11)
    np.testing.assert_allclose(done.bit[-1] / 5.0, done.output, rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(((v - done.word[:, 0]) / 5.0).sum(), done.output.sum(), rtol=1e-8)


def test_failure_names_the_most_strained_device():
    with pytest.raises(RunError, match=r"after 1 Newton steps.*device is \(0, 0\)"):
        solve(Circuit(word=5.0, bit=5.0), [[1e-4]], [3.0], model=Sinh(9.0), most=1)


def test_tables_that_do_not_rise_are_refused():
    with pytest.raises(InputError, match="both rising"):
        Table((0.0, 1.0, 0.5), (0.0, 1.0, 2.0))
