"""Figures as inline SVG that takes its colours from the page, so that one drawing suits light and dark.

Matplotlib draws with stand-in colours (`INK`, `HARDWARE`, …); in the SVG text they become CSS variables,
and the letters are left as text in the page's own font.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK, MUTED, GRID = "#010101", "#020202", "#030303"
HARDWARE, IDEAL, ON_HARDWARE = "#040404", "#050505", "#060606"
_VARIABLES = {
    INK: "ink",
    MUTED: "muted",
    GRID: "grid",
    HARDWARE: "hardware",
    IDEAL: "ideal",
    ON_HARDWARE: "on-hardware",
}
SATURATED = "#d55e00"
"""Fixed colour of the pixels in maps, which lie in an embedded picture and cannot follow the page."""

SEQUENTIAL = "cividis"
"""Colour map of heat maps: even to the eye, and the same to colour-blind eyes."""

WIDTH = 4.8
"""Width of a figure in inches: its letters stay readable when a phone shows it 9 cm wide."""

_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "neurosim",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9.5,
    "text.color": INK,
    "text.parse_math": False,  # names of cards and keys may hold any sign
    "axes.labelcolor": INK,
    "axes.edgecolor": MUTED,
    "axes.facecolor": "none",
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 9.5,
    "axes.titlecolor": INK,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "legend.labelcolor": INK,
    "figure.facecolor": "none",
    "image.interpolation": "nearest",
}


def draw(paint: Callable[[Figure], None], height: float, width: float = WIDTH) -> str:
    """Draw a figure and return it as an `<svg>` element for the page.

    Parameters
    ----------
    paint : callable
        Draws on an empty matplotlib Figure.
    height, width : float
        In inches; the page scales the figure and keeps the proportion.
    """
    text = io.StringIO()
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        paint(figure)
        # A fixed date and salt: the same numbers give the same bytes.
        figure.savefig(text, format="svg", metadata={"Date": None}, transparent=True)
    return _inline(text.getvalue())


def grid(axes: Axes, which: str = "y") -> None:
    """Quiet lines to read values by."""
    axes.grid(True, axis="both" if which == "both" else "x" if which == "x" else "y")
    axes.tick_params(length=0 if which == "y" else 3, axis="y")


def _inline(svg: str) -> str:
    svg = svg[svg.index("<svg ") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'(<svg [^>]*?)width="[^"]*" height="[^"]*"', r'\1aria-hidden="true"', svg, count=1)
    svg = re.sub(r" ?font-family: [^;\"]*;?", "", svg)
    svg = re.sub(r"font: ([0-9.]+px) [^;\"]*", r"font-size: \1", svg)
    for stand_in, variable in _VARIABLES.items():
        svg = svg.replace(stand_in, f"var(--{variable})")
    return re.sub(r">\s+<", "><", _own_names(svg))


def _own_names(svg: str) -> str:
    """Keep only the ids that are referred to, renamed so that no two figures of a page share one."""
    used = set(re.findall(r'(?:url\(#|xlink:href="#)([^")]+)', svg))
    mark = hashlib.sha256(svg.encode()).hexdigest()[:8]
    svg = re.sub(r' id="([^"]+)"', lambda m: f' id="{mark}-{m[1]}"' if m[1] in used else "", svg)
    return re.sub(r'(url\(#|xlink:href="#)', rf"\g<1>{mark}-", svg)
