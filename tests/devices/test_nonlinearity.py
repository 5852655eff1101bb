from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurosim.devices.nonlinearity import LARGEST, SCALE, curvature, label, pulse_line

labels = st.floats(1e-6, LARGEST)


def sampled_label(k: float) -> float:
    """The label by searching the largest distance on a fine grid."""
    x = np.linspace(0, 1, 2_000_001)
    return float(1000 / 99 * np.max(np.expm1(-k * x) / np.expm1(-k) - x))


@pytest.mark.parametrize(("nl", "a"), [(2.4, 0.4992), (4.88, 0.2003)])
def test_labels_have_the_entries_of_neurosims_table(nl, a):
    assert 1 / curvature(nl) == pytest.approx(a, abs=5e-5)


@pytest.mark.parametrize("nl", [0.04, 0.105, 0.5, 0.63, 1.46, 1.94, 3.68, 6.76, 8.9])
def test_labels_solve_the_stated_equation(nl):
    assert sampled_label(curvature(nl)) == pytest.approx(nl, rel=1e-9)


@given(labels)
def test_curvature_inverts_the_label(nl):
    assert label(curvature(nl)) == pytest.approx(nl, rel=1e-12)


@given(labels)
def test_both_functions_are_odd(nl):
    assert curvature(-nl) == -curvature(nl)
    assert label(-curvature(nl)) == -label(curvature(nl))


def test_small_curvatures_join_the_closed_form_without_a_jump():
    below, above = label(math.nextafter(1e-2, 0)), label(1e-2)
    assert below == pytest.approx(above, rel=1e-12)
    assert label(1e-8) == pytest.approx(SCALE * 1e-8 / 8, rel=1e-12)
    assert label(0.0) == curvature(0.0) == 0


@pytest.mark.parametrize("wrong", [9.01, -11, math.nan, math.inf])
def test_labels_beyond_nine_are_refused(wrong):
    with pytest.raises(ValueError, match="between -9 and 9"):
        curvature(wrong)


@given(st.floats(-LARGEST, LARGEST), st.integers(1, 300))
def test_the_line_leads_through_the_range_in_its_number_of_pulses(nl, pulses):
    step, rate = pulse_line(curvature(nl), pulses)
    travelled = 0.0
    for _ in range(pulses):
        travelled += step - rate * travelled
    assert travelled == pytest.approx(1, rel=1e-9)
