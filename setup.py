"""Copies the three YAML libraries into the wheel as neurosim/library/; everything else is in setup.cfg."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

LIBRARIES = ("devices", "mappings", "scenarios")


class BuildWithLibrary(build_py):
    """A normal build, plus the YAML files that a checkout reads from its top folders."""

    def run(self):
        super().run()
        if self.editable_mode:
            return
        for name in LIBRARIES:
            target = Path(self.build_lib) / "neurosim" / "library" / name
            shutil.rmtree(target, ignore_errors=True)
            for source in sorted(Path(name).rglob("*.yaml")):
                destination = target / source.relative_to(name)
                destination.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, destination)


setup(cmdclass={"build_py": BuildWithLibrary})
