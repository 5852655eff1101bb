"""Where device cards, mapping cards and scenarios are found.

A name such as `hfo2-rram` is looked up, in this order, in the folder of the file that uses it, in the
folders of the environment variable NEUROSIM_PATH, and in the library that comes with neurosim. In each
folder both `NAME.yaml` and `KIND/NAME.yaml` count. A name that ends in .yaml is a path.
"""

from __future__ import annotations

import atexit
import functools
import os
import shutil
import tempfile
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Literal

from neurosim.errors import InputError, Problem, did_you_mean

Kind = Literal["devices", "mappings", "scenarios"]

_NOUN = {"devices": "device card", "mappings": "mapping card", "scenarios": "scenario"}


@functools.cache
def root(kind: Kind) -> Path:
    """The folder of the library that came with neurosim (in the wheel, or the checkout's top folder)."""
    packaged = resources.files("neurosim") / "library" / kind
    if not packaged.is_dir():
        return Path(__file__).resolve().parents[1] / kind
    return packaged if isinstance(packaged, Path) else _unpacked(packaged)


def folders(kind: Kind, near: Path | None = None) -> list[Path]:
    """The folders in which a name of this kind is looked up, in order.

    Parameters
    ----------
    kind : {"devices", "mappings", "scenarios"}
    near : Path, optional
        The folder of the file that uses the name.
    """
    bases = [near] if near is not None else []
    searched = os.environ.get("NEUROSIM_PATH", "").split(os.pathsep)
    bases += [Path(part).expanduser() for part in searched if part]
    return [folder for base in bases for folder in (base, base / kind)] + [root(kind)]


def find(kind: Kind, name: str, near: Path | None = None) -> Path:
    """The file of a card or scenario.

    Raises
    ------
    InputError
        If there is none; lists where it looked and the nearest name.
    """
    if name.endswith((".yaml", ".yml")):
        path = Path(name).expanduser()
        candidates = [path] if path.is_absolute() else [*([near / path] if near else []), path]
        for candidate in candidates:
            if candidate.is_file():
                return candidate
        looked = "a file; looked for " + ", ".join(str(candidate) for candidate in candidates)
        raise InputError(Problem(f"there is no {_NOUN[kind]} file {name!r}", expected=looked))
    searched = folders(kind, near)
    if _is_plain(name):
        for folder in searched:
            candidate = folder / f"{name}.yaml"
            if candidate.is_file():
                return candidate
    known = names(kind, near)
    raise InputError(
        Problem(
            f"there is no {_NOUN[kind]} {name!r}",
            expected="a name found in " + ", ".join(str(folder) for folder in searched),
            hint=did_you_mean(name, known) or (f"known: {', '.join(known)}" if known else None),
        )
    )


def names(kind: Kind, near: Path | None = None) -> list[str]:
    """The names of the library, and of the folders called `kind` beside `near` and in NEUROSIM_PATH."""
    own = [folder for folder in folders(kind, near) if folder.name == kind and folder.is_dir()]
    return sorted({path.stem for folder in own for path in folder.glob("*.yaml")})


def _is_plain(name: str) -> bool:
    return 0 < len(name) < 200 and name[0] != "." and not set(name) & set("\0/\\:")


def _unpacked(packaged: Traversable) -> Path:
    """A copy of a library folder of a zipped package, kept while the process runs."""
    base = Path(tempfile.mkdtemp(prefix="neurosim-library-"))
    atexit.register(shutil.rmtree, base, ignore_errors=True)
    folder = base / packaged.name
    folder.mkdir()
    for item in packaged.iterdir():
        if item.name.endswith(".yaml"):
            (folder / item.name).write_bytes(item.read_bytes())
    return folder
