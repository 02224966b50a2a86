"""Site: docs/ builds without a warning, and no page loads or links to what is not there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from filelock import FileLock

ROOT = Path(__file__).parents[2]
REPOSITORY = "https://github.com/mlgit/mlgit/blob/main/"


class _Page(HTMLParser):
    """What a page loads, where it links to, and the ids that links may name."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" and value:
                self.ids.add(value)
            elif name == "href" and tag == "a":
                self.links.append(value or "")
            elif name in {"src", "srcset"} or (name == "href" and dict(attrs).get("rel") != "canonical"):
                self.loads.append(value or "")


@pytest.fixture(scope="module")
def site(shared_folder: Path) -> Path:
    """The folder of the site, built by the first worker."""
    pytest.importorskip("material")
    place = shared_folder / "site"
    with FileLock(f"{place}.lock"):
        if not place.exists():
            done = subprocess.run(
                [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(place)],
                cwd=ROOT,
                env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stderr
    return place


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, _Page]:
    # The page for addresses that do not exist has absolute links.
    paths = [path for path in site.rglob("*.html") if path.name != "404.html"]
    return {path: _Page(path.read_text(encoding="utf-8")) for path in paths}


def test_every_page_of_the_documentation_is_in_the_site(site: Path, pages: dict[Path, _Page]) -> None:
    sources = [path.relative_to(ROOT / "docs") for path in (ROOT / "docs").rglob("*.md")]
    sources += [Path("CHANGELOG.md"), Path("CONTRIBUTING.md"), Path("schemas/index.md")]
    assert {path.relative_to(site) for path in pages} == {path.with_suffix(".html") for path in sources}


def test_every_schema_is_in_the_site_as_it_is(site: Path) -> None:
    schemas = sorted((ROOT / "schemas").glob("*.json"))
    assert schemas
    assert [
        path for path in schemas if (site / "schemas" / path.name).read_bytes() != path.read_bytes()
    ] == []


def test_a_page_loads_nothing_from_other_servers(site: Path, pages: dict[Path, _Page]) -> None:
    styles = {path: re.findall(r"url\(([^)]*)\)", path.read_text("utf-8")) for path in site.rglob("*.css")}
    loads = {path: page.loads for path, page in pages.items()} | styles
    assert sum(map(len, loads.values())) > len(pages)
    assert [
        (path, load) for path in loads for load in loads[path] if re.match(r"[\"']?(?:https?:)?//", load)
    ] == []


def test_an_option_in_a_sentence_is_not_broken_at_its_hyphens(site: Path) -> None:
    text = (site / "reference" / "cli.html").read_text(encoding="utf-8")
    assert '<code><span class="option">-q</span>, <span class="option">--quiet</span></code>' in text
    broken = re.findall(r"(?<!<span></span>)<code>[^<]*(?<![\w-])--[a-z][^<]*</code>", text)
    assert broken == []
    assert re.search(r"\n {2}-[a-z], --[a-z]+", text)  # blocks of code are as they were


def test_every_link_and_picture_leads_to_something(pages: dict[Path, _Page]) -> None:
    wrong = []
    for path, page in pages.items():
        for link in page.links + page.loads:
            parts = urlsplit(link)
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if parts.scheme in {"http", "https", "mailto", "data"}:
                file = link.partition("#")[0].removeprefix(REPOSITORY)
                if link.startswith(REPOSITORY) and not (ROOT / file).exists():
                    wrong.append((path, link))
            elif not target.exists() or (
                target in pages and parts.fragment and unquote(parts.fragment) not in pages[target].ids
            ):
                wrong.append((path, link))
    assert wrong == []
