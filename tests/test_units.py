from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neurosim.errors import InputError
from neurosim.units import DIMENSIONS, exact, parse, show


@pytest.mark.parametrize(
    ("text", "dimension", "expected"),
    [
        ("10 uS", "conductance", 1e-05),
        ("10uS", "conductance", 1e-05),
        ("10 µS", "conductance", 1e-05),
        ("2.5 ohm", "resistance", 2.5),
        ("5kΩ", "resistance", 5e3),
        ("100 ns", "time", 1e-07),
        ("-49 mV", "voltage", -0.049),
        ("1e-6 S", "conductance", 1e-06),
        ("1 MHz", "frequency", 1e6),
        ("10 fJ", "energy", 1e-14),
        ("5 %", "ratio", 0.05),
        ("50 ppm", "ratio", 5e-05),
        (0.25, "ratio", 0.25),
        (3, "ratio", 3.0),
        ("2 um2", "area", 2e-12),
        ("300 K", "temperature", 300.0),
    ],
)
def test_reads_quantities_in_si(text: object, dimension: str, expected: float) -> None:
    assert parse(text, dimension) == expected


@pytest.mark.parametrize(
    ("text", "dimension", "says"),
    [
        ("10 US", "conductance", "did you mean 'uS'"),
        ("10 us", "conductance", "is a time, not a conductance"),
        ("10 S", "time", "is a conductance, not a time"),
        ("10", "time", "write the unit, for example 10 s"),
        (10, "time", "10 has no unit"),
        ("10 u", "conductance", "unknown unit 'u'"),
        ("5 kg", "ratio", "a ratio has none"),
        ("nan S", "conductance", "not a conductance"),
        ("inf", "ratio", "not a ratio"),
        ("1e999 S", "conductance", "not finite"),
        ("", "voltage", "not a voltage"),
        ("1_0 V", "voltage", "unknown unit '_0 V'"),
        (True, "ratio", "not a ratio"),
        (None, "voltage", "not a voltage"),
        ([1], "voltage", "not a voltage"),
        ("9" * 500 + " V", "voltage", "not a voltage"),
    ],
)
def test_refuses_what_is_not_this_quantity(text: object, dimension: str, says: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(text, dimension)
    assert says in str(caught.value)
    assert f"a {dimension} such as" in str(caught.value)


@given(
    st.sampled_from(sorted(DIMENSIONS)),
    st.floats(allow_nan=False, allow_infinity=False, min_value=-1e12, max_value=1e12, allow_subnormal=False),
)
def test_exact_text_reads_back_to_the_same_bits(dimension: str, value: float) -> None:
    assert parse(exact(value, dimension), dimension) == value


def test_shows_quantities_for_people() -> None:
    assert show(1.2e-6, "conductance") == "1.2 uS"
    assert show(0.05, "ratio") == "5 %"
    assert show(0.0, "energy") == "0 J"
    assert show(12.5, "voltage") == "12.5 V"
    assert show(1 / 3 * 1e-9, "time", 4) == "333.3 ps"
