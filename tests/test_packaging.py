"""The wheel holds the package and the three YAML libraries, and runs from a zip, away from the checkout."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PARTS = ["neurosim", "devices", "mappings", "scenarios"]
FILES = ["setup.cfg", "setup.py", "pyproject.toml", "MANIFEST.in", "README.md", "LICENSE"]
FILES += ["CHANGELOG.md", "CONTRIBUTING.md"]

pytestmark = pytest.mark.skipif(not (ROOT / "setup.cfg").exists(), reason="the tests run outside a checkout")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel made from a source distribution made from a copy of the checkout."""
    folder = tmp_path_factory.mktemp("build")
    source = folder / "source"
    source.mkdir()
    for part in PARTS:
        ignore = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / part, source / part, ignore=ignore)
    for name in FILES:
        shutil.copy(ROOT / name, source / name)
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder / "dist"), str(source)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr
    return next((folder / "dist").glob("*.whl"))


def test_the_wheel_holds_all_code_and_all_yaml(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    code = {str(path.relative_to(ROOT)) for path in (ROOT / "neurosim").rglob("*.py")}
    cards = {
        f"neurosim/library/{path.relative_to(ROOT)}"
        for part in PARTS[1:]
        for path in (ROOT / part).rglob("*.yaml")
    }
    templates = {str(path.relative_to(ROOT)) for path in (ROOT / "neurosim").rglob("*.j2")}
    assert cards
    assert code | cards | templates | {"neurosim/py.typed"} <= held
    assert not [name for name in held if not name.startswith(("neurosim/", "neurosim-"))]


def test_the_wheel_names_its_licence_and_command(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    info = next(name.split("/")[0] for name in archive.namelist() if ".dist-info/" in name)
    assert "BSD-3-Clause" in archive.read(f"{info}/METADATA").decode()
    assert "neurosim = neurosim.cli:main" in archive.read(f"{info}/entry_points.txt").decode()


def test_the_library_is_read_from_a_zipped_package(wheel: Path, tmp_path: Path) -> None:
    script = (
        "import neurosim; from neurosim import library;"
        "print(neurosim.__file__); print(neurosim.devices.load('hfo2-rram').name);"
        "print(len(library.names('scenarios')))"
    )
    environment = os.environ | {"PYTHONPATH": str(wheel), "NEUROSIM_PATH": ""}
    command = [sys.executable, "-c", script]
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    place, name, scenarios = done.stdout.split("\n")[:3]
    assert ".whl" in place
    assert name == "hfo2-rram"
    assert int(scenarios) == len(list((ROOT / "scenarios").glob("*.yaml")))
