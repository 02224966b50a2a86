"""Docs: generated pages are current, links work, and examples load."""

from __future__ import annotations

import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from mlgit.adapters.config.loader import load
from mlgit.cli.ci.group import CI_COMMANDS
from mlgit.cli.main import COMMANDS

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])


def yaml_examples() -> list[tuple[str, str]]:
    """Every whole `mlgit.yaml` in the pages."""
    return [
        (str(page.relative_to(ROOT)), block)
        for page in PAGES
        for block in re.findall(r"```yaml\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL)
        if "version: 1" in block
    ]


def test_the_command_reference_equals_the_help() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "docs" / "generate.py"), "--check"], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_relative_links_lead_to_files(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    missing = [
        target
        for target in targets
        if not target.startswith(("http://", "https://", "mailto:")) and not (page.parent / target).exists()
    ]
    assert missing == []


def anchors(page: Path) -> set[str]:
    """The names that GitHub gives the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_to_headings_work_on_github(page: Path) -> None:
    links = re.findall(r"\]\(([^)#\s:]*)#([^)\s]+)\)", page.read_text(encoding="utf-8"))
    assert [
        (path, anchor)
        for path, anchor in links
        if anchor not in anchors(page.parent / path if path else page)
    ] == []


def lists_read_otherwise(text: str) -> list[str]:
    """The lines that are a list for GitHub or for the site, and not for the other."""
    lines = re.sub(r"^ *```.*?^ *```", "", text, flags=re.DOTALL | re.MULTILINE).splitlines()
    item = re.compile(r"(?:[-*]|\d+\.) ")
    return [
        line
        for before, line in pairwise(lines)
        if re.match(r" {1,3}(?:[-*]|\d+\.) ", line)
        or (item.match(line) and re.match(r"[^\s|#<]", before) and not item.match(before))
    ]


@pytest.mark.parametrize(
    "page", [*PAGES, ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md"], ids=lambda page: page.name
)
def test_lists_are_the_same_on_github_and_on_the_site(page: Path) -> None:
    assert lists_read_otherwise(page.read_text(encoding="utf-8")) == []


def test_lists_that_are_read_otherwise_are_found() -> None:
    assert lists_read_otherwise("1. a\n   - b\n\ntext\n- c\n\n- d\n    - e\n- f\n") == ["   - b", "- c"]


@pytest.mark.parametrize(("page", "text"), yaml_examples())
def test_examples_of_the_config_load(page: str, text: str) -> None:
    assert load(text.encode(), name=page, cache_dir=None).declared


def test_every_path_in_contributing_exists() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    paths = re.findall(r"`((?:mlgit|tests|docs|schemas|benchmarks|ci-templates)/[^`\s]*)`", text)
    real = [path for path in paths if not re.search(r"\b(?:X|NAME|WING|TOOL|FILE)\b|_(?:X|FILE)\b", path)]
    assert len(real) > 25
    assert [path for path in real if not list(ROOT.glob(path))] == []


def test_there_are_examples_to_load() -> None:
    assert len(yaml_examples()) > 2


def test_the_table_of_the_readme_has_every_command_in_its_group() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    table = text.partition("## The loop")[2].partition("\n\n##")[0]
    rows = dict(re.findall(r"^\| (\w+) \| (.*) \|$", table, flags=re.MULTILINE))
    named = {title: re.findall(r"(?:^|· )`([a-z]+)", text) for title, text in rows.items()}
    every_day = set(COMMANDS["Every day"])
    groups = {title: set(commands) for title, commands in COMMANDS.items() if title != "Every day"}
    assert {title: set(names) - every_day for title, names in named.items()} == groups
    assert every_day <= {name for names in named.values() for name in names}
    shown = set(re.findall(r"`(?:ci )?([a-z]+)`", rows["CI"]))
    assert shown == {name for group in CI_COMMANDS.values() for name in group}
