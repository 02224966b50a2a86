"""Templates: the CI templates, bundled and written, parsed, and GitLab's components expanded."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mlgit.core.ci.templates import destination
from mlgit.yaml12 import load

ROOT = Path(__file__).parents[2]
BUNDLED = ROOT / "ci-templates"
Tree = Any
"""What a YAML document holds."""
Texts = dict[str, str]
"""Path in a repository -> text of the file."""
Rule = Callable[[Texts], list[str]]
"""Names every place that breaks it."""
ONE_COMMAND = re.compile(r"(?:mlgit ci|python -I -m dvc) [^|&;<>()`\n]+")
"""What a job may run: a command without a shell's logic around it."""

ISOLATED = re.compile(r"python(?! -I -m )")
"""A call of Python that may import from the folder it runs in."""

_INPUT = re.compile(r"\$\[\[ inputs\.([a-z_]+) \]\]")


def bundled(host: str) -> Texts:
    """The bundled files: path in a repository -> unchanged text."""
    assert host in {"github", "gitlab"}
    texts = {}
    for file in sorted((BUNDLED / host).rglob("*.yml")):
        path = destination(host, file.relative_to(BUNDLED).as_posix())  # type: ignore[arg-type]
        assert path is not None, file
        texts[path] = file.read_text(encoding="utf-8")
    return texts


def on_disk(root: Path, host: str) -> Texts:
    """The files in a repository: the same paths -> text."""
    return {path: (root / path).read_text(encoding="utf-8") for path in bundled(host)}


def parse(text: str) -> Tree:
    """Parse a file with one document."""
    return load(text.encode(), name="template")


def parse_component(text: str) -> tuple[Tree, Tree]:
    """A GitLab component: its inputs, and its content before they are filled in."""
    head, separator, content = text.partition("\n---\n")
    if not separator:
        return {}, parse(text)
    return parse(f"{head}\n")["spec"]["inputs"], parse(content)


def expand(texts: Texts, path: str, given: dict[str, Tree]) -> dict[str, Tree]:
    """A GitLab file with its inputs filled in and its local includes merged, as GitLab would read it.

    Unknown inputs, inputs without a value and values outside the options fail.
    """
    declared, content = parse_component(texts[path])
    assert set(given) <= set(declared), f"{path} has no input {set(given) - set(declared)}"
    values = {name: given.get(name, (spec or {}).get("default")) for name, spec in declared.items()}
    for name, spec in declared.items():
        assert values[name] is not None, f"{path} needs {name}"
        assert values[name] in (spec or {}).get("options", [values[name]])
        assert re.search((spec or {}).get("regex", ""), str(values[name]))
    merged: dict[str, Tree] = {}
    own: dict[str, Tree] = _filled(content, values)
    for each in own.pop("include", []):
        merged |= expand(texts, each["local"].removeprefix("/"), each.get("inputs", {}))
    return merged | own


def jobs(pipeline: dict[str, Tree]) -> dict[str, Tree]:
    """The jobs of an expanded GitLab file."""
    return {name: job for name, job in pipeline.items() if name.startswith("mlgit-")}


def _filled(tree: Tree, values: dict[str, Tree]) -> Tree:
    if isinstance(tree, dict):
        return {_filled(key, values): _filled(value, values) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_filled(item, values) for item in tree]
    if not isinstance(tree, str):
        return tree
    whole = _INPUT.fullmatch(tree)
    return values[whole[1]] if whole else _INPUT.sub(lambda found: str(values[found[1]]), tree)
