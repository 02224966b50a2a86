"""Site: which files of the repository mkdocs adds to docs/, and where the links to the others lead.

Pages link to each other as files in the repository, so that the links work on GitHub. A hook of mkdocs.yml.
"""

from __future__ import annotations

import json
import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING

from mkdocs.structure.files import File, Files

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
_PAGES = ("CHANGELOG.md", "CONTRIBUTING.md")
# Long pages about details, which a search lists last.
_DETAILS = {"CHANGELOG.md", "benchmarks.md", "disagreements.md", "proofs.md"}
# An option in inline code; browsers would break the line after its hyphens.
_INLINE = re.compile(r"(?<!<span></span>)<code>[^<]*</code>")
_OPTION = re.compile(r"(?<![\w-])--?[a-z][\w-]*")
_LINK = re.compile(r"(\]\()([^)#\s]+)")
_SCHEMAS = """\
# JSON Schemas

The shape of every file that mlgit reads and of every document that `--json` prints.

| schema | of | about |
|---|---|---|
"""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add pages from the top of the repository, the schemas, and a list of them."""
    for name in _PAGES:
        files.append(File.generated(config, name, abs_src_path=str(ROOT / name)))
    schemas = sorted((ROOT / "schemas").glob("*.json"))
    for path in schemas:
        files.append(File.generated(config, f"schemas/{path.name}", abs_src_path=str(path)))
    files.append(File.generated(config, "schemas/index.md", content=_SCHEMAS + "".join(map(_row, schemas))))
    return files


def _row(path: Path) -> str:
    schema = json.loads(path.read_text(encoding="utf-8"))
    name = path.name.removesuffix(".schema.json")
    return f"| [{name}]({path.name}) | {schema['title']} | {schema.get('description', '')} |\n"


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Lead links that leave docs/ to the page of the site, or to the repository if it is not in the site."""

    def lead(match: re.Match[str]) -> str:
        return match[1] + _target(match[2], page.file.src_uri, files, str(config.extra["repository"]))

    if page.file.src_uri in _DETAILS:
        page.meta["search"] = {"boost": 0.2}
    return _LINK.sub(lead, markdown)


def on_page_content(html: str, **_: object) -> str:
    """Keep the options of commands in one line."""

    def unbroken(code: re.Match[str]) -> str:
        return _OPTION.sub(lambda option: f'<span class="option">{option[0]}</span>', code[0])

    return _INLINE.sub(unbroken, html)


def _target(link: str, source: str, files: Files, repository: str) -> str:
    """`link` as the page `source` of the site needs it."""
    if re.match(r"[a-z]+:|/", link):
        return link
    folder = "" if source in _PAGES else "docs"
    path = posixpath.normpath(posixpath.join(folder, posixpath.dirname(source), link))
    for known in _known(path):
        if files.get_file_from_path(known):
            return posixpath.relpath(known, posixpath.dirname(source) or ".")
    return link if path.startswith("docs/") else f"{repository}/blob/main/{path}"


def _known(path: str) -> Iterator[str]:
    """Yield the names that a path of the repository may have in the site."""
    yield path.removeprefix("docs/")
    yield f"{path}/index.md"
