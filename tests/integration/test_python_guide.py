"""docs/guides/python.md: what it shows is what happens, on a real repository at the address that it names."""

from __future__ import annotations

import doctest
import re
import shlex
from pathlib import Path

import pytest

from mlgit.errors import Exit
from tests.support import service
from tests.support.shell import Folder

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "docs" / "guides" / "python.md", ROOT / "README.md"]
ADDRESS = "https://github.com/acme/tumor.git"


@pytest.fixture
def here(pipeline_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """An empty folder, where git finds a repository at the address of the guide; `tumor` is in prod."""
    work = service.build(
        pipeline_template, tmp_path / "project", model="tumor", environments=("staging", "prod")
    )
    place = tmp_path / "here"
    place.mkdir()
    monkeypatch.chdir(place)
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", f"url.{service.origin(work)}.insteadOf")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", ADDRESS)
    return Folder(place)


def examples(page: Path) -> list[str]:
    return re.findall(r"```pycon\n(.*?)```", page.read_text(encoding="utf-8"), flags=re.DOTALL)


def test_the_examples_of_the_guide_work(here: Folder) -> None:
    assert here
    for page in PAGES:
        text = "\n".join(examples(page))
        test = doctest.DocTestParser().get_doctest(text, {}, page.name, str(page), 0)
        assert test.examples
        shown: list[str] = []
        doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(test, out=shown.append)
        assert "".join(shown) == ""


def test_the_command_of_the_guide_prints_what_it_shows(here: Folder) -> None:
    (block,) = re.findall(
        r"```\n\$ mlgit (get .*?)```", PAGES[0].read_text(encoding="utf-8"), flags=re.DOTALL
    )
    command, *expected = block.rstrip().split("\n")
    done = here.here(*shlex.split(command, comments=False))
    assert done.status == Exit.DONE, done.err
    printed = re.sub(r"\([0-9a-f]{7}\)", "(4c5d6e7)", done.out).replace(f"{here.path}/", "")
    assert [line.split() for line in printed.splitlines()] == [line.split() for line in expected]
