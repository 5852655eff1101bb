"""The report of a run or a sweep: one HTML file that needs nothing beside itself.

    run folder → contents (words, tables, figures) → page.html + style.css → report.html

Only the run folder's files are read, so a report can be made again at any time, on any machine.
"""

from __future__ import annotations

from typing import Any

__all__ = ["write"]


def __getattr__(name: str) -> Any:
    if name == "write":
        from neurosim.scenarios.report.page import write

        return write
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
