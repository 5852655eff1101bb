"""Numbers as a reader wants them: a few digits, with their unit."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from neurosim import units

NOTHING = "–"


def percent(value: float | None, digits: int = 1) -> str:
    """0.9254 as "92.5 %"."""
    return NOTHING if value is None else f"{value * 100:.{digits}f} %"


def quantity(value: float | None, dimension: str) -> str:
    """A physical value with three digits and its unit: "1.23 µJ"."""
    return NOTHING if value is None else units.show(float(value), dimension, 3).replace(" u", " µ")


def count(value: float | None) -> str:
    """A whole number: "12,345" or "12.3 million"."""
    if value is None:
        return NOTHING
    for size, word in ((1e12, "trillion"), (1e9, "billion"), (1e6, "million")):
        if abs(value) >= size:
            return f"{value / size:.3g} {word}"
    return f"{value:,.0f}"


def duration(seconds: float | None) -> str:
    """How long a computation took: "12.3 s", "3 min 20 s", "2 h 5 min"."""
    if seconds is None:
        return NOTHING
    if seconds < 100:
        return f"{seconds:.3g} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def decimal(value: float | None, digits: int = 3) -> str:
    """A bare number with `digits` significant digits."""
    return NOTHING if value is None else f"{value:.{digits}g}"


def points(difference: float | None) -> str:
    """A difference of two fractions in percentage points: "−4.7"."""
    if difference is None:
        return NOTHING
    text = f"{abs(difference) * 100:.1f}"
    sign = "" if text == "0.0" else "+" if difference > 0 else "−"
    return f"{sign}{text}"


def setting(value: Any) -> str:
    """A swept value as a label: a card written as `{use: NAME, set: {…}}` shows as its name."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, Mapping):
        if "use" in value:
            changes = value.get("set") or {}
            return " ".join([str(value["use"]), *(f"{key} {setting(item)}" for key, item in changes.items())])
        return ", ".join(f"{key} {setting(item)}" for key, item in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(setting(item) for item in value)
    return str(value)


def short_path(path: str, others: Sequence[str] = ()) -> str:
    """The end of a dotted path that still tells it from the others: "adc.bits", "device"."""
    parts = path.split(".")
    if len(parts) > 1 and parts[0] in ("hardware", "learning", "network", "data"):
        parts = parts[1:]
    for length in range(min(2, len(parts)), len(parts) + 1):
        short = ".".join(parts[-length:])
        if not any(other != path and other.endswith(short) for other in others):
            return short
    return path


def prefix(largest: float, unit: str) -> tuple[float, str]:
    """The factor and the prefixed unit that bring values up to `largest` to 1..1000: (1e6, "µS")."""
    if largest <= 0 or not math.isfinite(largest):
        return 1.0, unit
    power = max(-18, min(12, 3 * math.floor(math.log10(largest) / 3 + 1e-9)))
    name = {-18: "a", -15: "f", -12: "p", -9: "n", -6: "µ", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T"}[
        power
    ]
    return 10.0**-power, name + unit
