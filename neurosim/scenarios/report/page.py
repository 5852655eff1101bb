"""Write a report: decide what kind of folder it is, fill the page, put it in place in one step."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from neurosim.errors import InputError
from neurosim.scenarios import store


def write(folder: Path | str) -> Path:
    """Write report.html into the folder of a run or a sweep, from the folder's own files.

    Parameters
    ----------
    folder : path
        A run folder, a sweep folder, or one point of a sweep.

    Returns
    -------
    Path
        The written file.

    Raises
    ------
    InputError
        When the folder holds no results, or its files cannot be read.
    RunError
        When the report cannot be written.
    """
    folder = Path(folder)
    if store.is_sweep(folder):
        from neurosim.scenarios.report import sweep_content

        content = sweep_content.page(folder)
    elif store.is_finished(folder):
        from neurosim.scenarios.report import run_content

        content = run_content.page(folder)
    else:
        raise InputError(
            f"{folder} is not a run folder: it holds neither {store.METRICS} nor {store.SWEEP}"
            if folder.is_dir()
            else f"{folder}: no such folder"
        )
    from jinja2 import Environment, StrictUndefined

    from neurosim import __version__

    files = resources.files(__package__)
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    template = environment.from_string((files / "page.html").read_text(encoding="utf-8"))
    style = (files / "style.css").read_text(encoding="utf-8")
    path = folder / store.REPORT
    store.write_text(path, template.render(page=content, style=style, version=__version__))
    return path
