"""Quantities with units: "10 uS", "2.5 ohm", "5 %", read and written, with the dimension checked.

quantiphy knows the SI prefixes; the dimension is checked here, because "10 uS" (siemens) and
"10 us" (seconds) differ in one letter and both are plausible in a device card. Inside neurosim every
quantity is a plain float in the SI base unit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from neurosim.errors import InputError, Problem, did_you_mean


@dataclass(frozen=True)
class Dimension:
    """A physical dimension: its SI unit, other spellings of it, and an example for messages."""

    name: str
    unit: str
    example: str
    spellings: tuple[str, ...] = ()


DIMENSIONS = {
    dimension.name: dimension
    for dimension in (
        Dimension("conductance", "S", "10 uS"),
        Dimension("resistance", "ohm", "2.5 ohm", ("Ω", "Ohm", "ohms")),
        Dimension("voltage", "V", "200 mV"),
        Dimension("current", "A", "50 uA"),
        Dimension("time", "s", "100 ns"),
        Dimension("energy", "J", "10 fJ"),
        Dimension("power", "W", "1 mW"),
        Dimension("capacitance", "F", "1 fF"),
        Dimension("frequency", "Hz", "10 Hz"),
        Dimension("length", "m", "40 nm"),
        Dimension("area", "m2", "1600 nm2", ("m²", "m^2")),
        Dimension("temperature", "K", "300 K"),
        Dimension("ratio", "", "5 %"),
    )
}

_PREFIXES = ("", "f", "p", "n", "u", "µ", "μ", "m", "k", "M", "G", "T", "a")
_AREA_PREFIXES = {"n": 1e-18, "u": 1e-12, "µ": 1e-12, "μ": 1e-12, "m": 1e-6, "": 1.0}


def parse(value: object, dimension: str) -> float:
    """Read a quantity and return it in the SI base unit.

    Parameters
    ----------
    value : str, int or float
        Text such as "10 uS"; a bare number is taken only where the dimension is a ratio.
    dimension : str
        A key of `DIMENSIONS`.

    Returns
    -------
    float
        The value in the dimension's SI unit ("5 %" gives 0.05).

    Raises
    ------
    InputError
        If the unit is missing, unknown or of another dimension, or the number is not finite.

    Examples
    --------
    >>> parse("10 uS", "conductance")
    1e-05
    >>> parse("5 %", "ratio")
    0.05
    """
    kind = DIMENSIONS[dimension]
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        raise _wrong(f"{_shown(value)} is not a {_noun(kind)}", kind)
    if isinstance(value, (int, float)):
        if kind.unit:
            raise _wrong(f"{value} has no unit", kind, f"write the unit, for example {value} {kind.unit}")
        return _finite(float(value), value, kind)
    number, unit = _split(value, kind)
    if dimension == "ratio":
        return _finite(_ratio(number, unit, value, kind), value, kind)
    if dimension == "area":
        return _finite(_area(number, unit, value, kind), value, kind)
    if not unit:
        raise _wrong(f"{value!r} has no unit", kind, f"write the unit, for example {number} {kind.unit}")
    prefix = _prefix(unit, kind)
    if prefix is None:
        raise _unknown_unit(value, unit, kind)
    return _finite(_scaled(number, prefix), value, kind)


def show(value: float, dimension: str, digits: int = 6) -> str:
    """Write a quantity for people: show(1.2e-6, "conductance") is "1.2 uS"."""
    kind = DIMENSIONS[dimension]
    if dimension == "ratio":
        return f"{_plain(value * 100, digits)} %"
    if not math.isfinite(value):
        return f"{value} {kind.unit}"
    if dimension in ("area", "temperature") or value == 0:
        return f"{_plain(value, digits)} {kind.unit}"
    from quantiphy import Quantity

    text = Quantity(value, kind.unit).fixed(prec=digits) if 1 <= abs(value) < 1000 else None
    if text is None:
        text = Quantity(value, kind.unit).render(prec=digits - 1)
    return text.replace("µ", "u").replace("μ", "u")


def exact(value: float, dimension: str) -> str:
    """Write a quantity so that `parse` gives back the same bits: "80 uS", "5 %", "1.2345678e-07 s"."""
    kind = DIMENSIONS[dimension]
    if not math.isfinite(value):
        raise InputError(f"{value} is not a finite {_noun(kind)}")
    if dimension == "ratio":
        percent = f"{_plain(value * 100, 12)} %"
        return percent if parse(percent, dimension) == value else repr(value)
    candidate = show(value, dimension, 12)
    return candidate if parse(candidate, dimension) == value else f"{value!r} {kind.unit}"


def _plain(value: float, digits: int) -> str:
    text = f"{value:.{digits}g}"
    return text if "e" not in text else repr(float(text))


def _split(text: str, kind: Dimension) -> tuple[str, str]:
    """Cut "10 uS" into "10" and "uS"; the number must be one that `float` reads."""
    stripped = text.strip()
    end = len(stripped)
    while end and not _is_number(stripped[:end]):
        end -= 1
    number = stripped[:end].strip()
    if not number or len(stripped) > 64:
        raise _wrong(f"{_shown(text)} is not a {_noun(kind)}", kind)
    return number, stripped[end:].strip()


def _is_number(text: str) -> bool:
    # float() also takes "nan", "infinity" and "1_000"; none of them is a quantity in a card.
    if not text.strip() or text.strip()[-1] not in "0123456789.":
        return False
    if "_" in text:
        return False
    try:
        float(text)
    except ValueError:
        return False
    return True


def _prefix(unit: str, kind: Dimension) -> str | None:
    for spelling in (kind.unit, *kind.spellings):
        if unit.endswith(spelling) and unit[: -len(spelling)] in _PREFIXES:
            return unit[: -len(spelling)]
    return None


def _scaled(number: str, prefix: str) -> float:
    from quantiphy import Quantity

    # quantiphy multiplies in decimal text, so that "10 u" is 1e-05 and not 9.999999999999999e-06.
    return float(Quantity(f"{number} {prefix}x", ignore_sf=False)) if prefix else float(number)


def _ratio(number: str, unit: str, text: str, kind: Dimension) -> float:
    if unit == "":
        return float(number)
    if unit == "%":
        return _shifted(number, -2)
    if unit in ("ppm",):
        return _shifted(number, -6)
    raise _wrong(f"{text!r} has a unit, a ratio has none", kind, "write a bare number or a percentage")


def _shifted(number: str, power: int) -> float:
    """The decimal number times ten to `power`, rounded once."""
    mantissa, _, exponent = number.lower().partition("e")
    return float(f"{mantissa}e{int(exponent or 0) + power}")


def _area(number: str, unit: str, text: str, kind: Dimension) -> float:
    for spelling in (kind.unit, *kind.spellings):
        if unit.endswith(spelling) and unit[: -len(spelling)] in _AREA_PREFIXES:
            return float(number) * _AREA_PREFIXES[unit[: -len(spelling)]]
    raise _unknown_unit(text, unit, kind)


def _finite(result: float, value: object, kind: Dimension) -> float:
    if not math.isfinite(result):
        raise _wrong(f"{_shown(value)} is not finite", kind)
    return result


def _unknown_unit(text: str, unit: str, kind: Dimension) -> InputError:
    other = next((d for d in DIMENSIONS.values() if d.unit and _prefix(unit, d) is not None), None)
    allowed = [prefix + kind.unit for prefix in _PREFIXES]
    if other is not None and other.name != kind.name:
        message = f"{text!r} is a {_noun(other)}, not a {_noun(kind)}"
    else:
        message = f"{text!r} has an unknown unit '{unit}'"
    return _wrong(message, kind, did_you_mean(unit, allowed))


def _wrong(message: str, kind: Dimension, hint: str | None = None) -> InputError:
    return InputError(Problem(message, expected=f"a {_noun(kind)} such as {kind.example}", hint=hint))


def _noun(kind: Dimension) -> str:
    return kind.name


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
