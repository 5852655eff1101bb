"""The commands and their options; what they do stands in the modules beside this one.

Nothing heavy is imported here: `neurosim check` answers before NumPy's compiler would have been loaded.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    help="neurosim: what does this hardware do to this network and this learning rule?",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

ScenarioName = Annotated[
    str, typer.Argument(metavar="SCENARIO", help="A scenario file, or the name of one in the library.")
]
Changes = Annotated[
    list[str] | None, typer.Argument(metavar="[PATH=VALUE]…", help="Overrides, such as learning.epochs=2.")
]
Folder = Annotated[Path, typer.Option("--folder", "-f", help="Where run folders are kept.")]
Jobs = Annotated[
    int | None, typer.Option("--jobs", "-j", min=1, help="Points at once; default: all cores but one.")
]
Again = Annotated[bool, typer.Option("--again", help="Run again what is finished already.")]
Picture = Annotated[
    Path | None, typer.Option("--output", "-o", help="The picture to write: .png, .svg or .pdf.")
]

RUNS = Path("runs")


def _version(wanted: bool) -> None:
    if wanted:
        from neurosim import __version__

        typer.echo(f"neurosim {__version__}")
        raise typer.Exit


@app.callback()
def _top(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    pass


@app.command()
def run(
    scenario: ScenarioName,
    changes: Changes = None,
    folder: Folder = RUNS,
    jobs: Jobs = None,
    again: Again = False,
) -> None:
    """Run a scenario (with a sweep: all its points) and write its run folder and report."""
    from neurosim.cli import running

    raise typer.Exit(running.run(scenario, changes or [], folder, jobs, again=again))


@app.command()
def sweep(
    scenario: ScenarioName,
    changes: Changes = None,
    folder: Folder = RUNS,
    jobs: Jobs = None,
    again: Again = False,
) -> None:
    """Run all points of a scenario's sweep in parallel; finished points are not run again."""
    from neurosim.cli import running

    raise typer.Exit(running.sweep(scenario, changes or [], folder, jobs, again=again))


@app.command()
def check(
    files: Annotated[
        list[str], typer.Argument(metavar="FILE…", help="Scenarios, device cards, mapping cards.")
    ],
    changes: Annotated[
        list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="An override.")
    ] = None,
) -> None:
    """Find all mistakes of scenarios and cards, without running anything."""
    from neurosim.cli import checking

    checking.check(files, changes or [])


@app.command()
def show(scenario: ScenarioName, changes: Changes = None) -> None:
    """Print the resolved scenario: all defaults filled in, all cards written out, the sweep counted."""
    from neurosim.cli import checking

    checking.show(scenario, changes or [])


@app.command()
def new(name: Annotated[str, typer.Argument(help="Name of the scenario; NAME.yaml is written.")]) -> None:
    """Write a commented starter scenario, and the JSON Schema for completion in editors."""
    from neurosim.cli import starter

    starter.new(name)


@app.command()
def devices(
    name: Annotated[str | None, typer.Argument(help="A device card.")] = None, output: Picture = None
) -> None:
    """List the device cards, or show one with its response curve as a picture."""
    from neurosim.cli import cards

    cards.devices(name, output)


@app.command()
def mappings(name: Annotated[str | None, typer.Argument(help="A mapping card.")] = None) -> None:
    """List the mapping cards, or show one."""
    from neurosim.cli import cards

    cards.mappings(name)


@app.command(name="compile")
def compile_(scenario: ScenarioName, changes: Changes = None, output: Picture = None) -> None:
    """Show where every weight lands: tiles, utilisation, what does not fit; and draw it."""
    from neurosim.cli import cards

    cards.compile_scenario(scenario, changes or [], output)


@app.command()
def report(folder: Annotated[Path, typer.Argument(help="A run folder.")]) -> None:
    """Write the report of a run folder anew: one self-contained HTML file."""
    from neurosim.cli import results

    results.report(folder)


@app.command(name="results")
def results_(
    folder: Annotated[Path, typer.Argument(help="The folder that holds the run folders.")] = RUNS,
    csv: Annotated[bool, typer.Option("--csv", help="Print comma-separated values.")] = False,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Make the index anew from the folders first.")
    ] = False,
) -> None:
    """Show a table of all finished runs."""
    from neurosim.cli import results

    results.table(folder, csv=csv, rebuild=rebuild)


@app.command()
def schema(
    kind: Annotated[
        str, typer.Argument(metavar="[scenario|device|mapping]", help="Of which kind of file.")
    ] = "scenario",
) -> None:
    """Print the JSON Schema, for completion and checking in editors."""
    from neurosim.cli import starter

    starter.print_schema(kind)


@app.command()
def doctor() -> None:
    """Show what neurosim finds on this machine: versions, backends, threads, folders."""
    from neurosim.cli import doctor as examination

    examination.doctor()
