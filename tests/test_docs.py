"""The documentation cannot rot: every example and command in it is run, every table made anew.

Console blocks run in a folder of the page's own, with copies of the scenarios; YAML blocks whose first line
names a file are written there first, and Python blocks of a page share their names. Comments before a block:

    <!-- file: NAME -->      write the block to this file
    <!-- test: exit N -->    the last command ends with this code
    <!-- test: output -->    the block is what the last command printed
    <!-- test: long -->      takes too long: only the command and its scenario are checked
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from neurosim.cli.app import app
from neurosim.scenarios import reference

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(
    r"^(?:<!-- (?P<mark>(?:file|test): [^>]*?) -->\n)?```(?P<kind>\w*)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """One fenced block of a page."""

    kind: str
    text: str
    mark: str
    line: int


def blocks(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    return [
        Block(m["kind"], m["text"], m["mark"] or "", text[: m.start()].count("\n") + 1)
        for m in FENCE.finditer(text)
    ]


def commands(block: Block) -> list[list[str]]:
    """The neurosim commands of a console block; installing is what the continuous integration does."""
    lines = [line.removeprefix("$ ") for line in block.text.splitlines() if line.startswith("$ ")]
    return [shlex.split(line, comments=True) for line in lines if line.startswith("neurosim ")]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder as a reader has it: the repository's scenarios in it, nothing else."""
    shutil.copytree(ROOT / "scenarios", tmp_path / "scenarios")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("NEUROSIM_THREADS", "2")
    return tmp_path


def run(words: list[str]) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=280,
    )
    return done


def check_only(words: list[str]) -> subprocess.CompletedProcess[str]:
    changes = [part for word in words[3:] if "=" in word for part in ("--set", word)]
    assert run([*words[:2], "--help"]).returncode == 0
    return run(["neurosim", "check", words[2], *changes])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_example_runs(page, folder):
    names: dict[str, object] = {"__name__": "example"}
    printed = ""
    for block in blocks(page):
        where = f"{page.name}:{block.line}"
        file = re.match(r"# ([\w-]+\.yaml)$", block.text.splitlines()[0]) if block.kind == "yaml" else None
        if file or block.mark.startswith("file: "):
            Path(file[1] if file else block.mark.removeprefix("file: ")).write_text(block.text)
        elif block.mark == "test: output":
            assert block.text.strip() == printed.strip(), where
        elif block.kind == "python":
            exec(compile("\n" * block.line + block.text, str(page), "exec", dont_inherit=True), names)
        elif block.kind == "console":
            for words in commands(block):
                done = check_only(words) if block.mark == "test: long" else run(words)
                expected = int(block.mark.removeprefix("test: exit ")) if "exit" in block.mark else 0
                assert done.returncode == expected, f"{where}: {' '.join(words)}\n{done.stdout}"
                printed = done.stdout


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_block_says_what_it_is(page):
    for block in blocks(page):
        where = f"{page.name}:{block.line}"
        assert block.kind in ("console", "python", "yaml", "text"), where
        if block.kind == "yaml":
            assert re.match(r"# [\w-]+\.yaml$", block.text.splitlines()[0]), f"{where} names no file"
        if block.kind == "console":
            assert all(line.startswith("$ ") for line in block.text.splitlines()), where
    assert page.read_text(encoding="utf-8").count("```") == 2 * len(blocks(page)), page.name


def test_readme_begins_with_the_two_commands():
    first, second = [block.text for block in blocks(PAGES[0]) if block.kind == "console"][:2]
    assert first.count("\n") == second.count("\n") == 1
    assert first.endswith(".venv/bin/neurosim run scenarios/digits-manhattan.yaml\n")
    assert second.endswith('pip install -e ".[dev]" && .venv-dev/bin/python -m pytest\n')


def test_every_command_is_described():
    text = (ROOT / "docs" / "quickstart.md").read_text(encoding="utf-8")
    for command in app.registered_commands:
        name = command.name or command.callback.__name__
        assert f"| `neurosim {name}" in text, name


@pytest.mark.parametrize(("name", "page"), reference.PAGES.items())
def test_reference_tables_are_current(name, page):
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    assert f"<!-- reference: {name} -->" in text and f"<!-- reference: {name}s -->" in text
    assert reference.renew(text) == text, "run python -m neurosim.scenarios.reference"


@pytest.mark.parametrize("name", reference.PAGES)
def test_every_key_of_the_schema_has_a_meaning(name):
    rows = [line for line in reference.reference(name).splitlines() if line.startswith("| `")]
    assert len(rows) > 20
    for row in rows:
        assert re.fullmatch(r"\| `\w+` \| .+ \| .* \| .*\w.* \|", row), row


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if not target.startswith(("http://", "https://", "#")):
            assert (page.parent / target.partition("#")[0]).exists(), f"{page.name}: {target}"


def test_site_builds_and_needs_no_network(tmp_path):
    pytest.importorskip("mkdocs", reason="mkdocs is not installed: the site is not built")
    site = tmp_path / "site"
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(site)]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, env={**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    )
    assert done.returncode == 0, done.stderr
    pages = list(site.glob("*.html"))
    assert len(pages) >= len(PAGES) - 1
    for path in pages:
        loaded = re.findall(
            r'<(?:script|link|img|iframe)[^>]*(?:src|href)="([^"]+)"', path.read_text(encoding="utf-8")
        )
        assert not [address for address in loaded if address.startswith(("http", "//"))], path.name
