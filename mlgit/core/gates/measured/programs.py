"""Programs: which files are source code, or written for people, by their names; all others are data."""

from __future__ import annotations

import posixpath
import re

ENDINGS = {
    ".py": "Python",
    ".pyi": "types of a Python module",
    ".ipynb": "a notebook of cells that run",
    ".r": "R",
    ".rmd": "R in a text",
    ".jl": "Julia",
    ".sh": "commands of a shell",
    ".bash": "commands of a shell",
    ".sql": "a query",
    ".java": "Java",
    ".scala": "Scala",
    ".c": "C",
    ".h": "declarations of C that are compiled in",
    ".cc": "C++",
    ".cpp": "C++",
    ".hpp": "declarations of C++ that are compiled in",
    ".cu": "CUDA",
    ".rs": "Rust",
    ".go": "Go",
    ".js": "JavaScript",
    ".mjs": "a module of JavaScript",
    ".cjs": "a module of JavaScript",
    ".pl": "Perl",
    ".pm": "a module of Perl",
    ".rb": "Ruby",
    ".lua": "Lua",
    ".kt": "Kotlin",
    ".cs": "C#",
    ".php": "PHP",
    ".mk": "commands that `make` includes",
    ".smk": "commands that `snakemake` includes",
    ".just": "commands that `just` imports",
}
"""Ending -> why such a file is run or compiled. `.ts` is not here: it is also a format of time series."""
NAMES = {
    **dict.fromkeys(("Makefile", "makefile", "GNUmakefile"), "commands that `make` runs"),
    **dict.fromkeys(("justfile", "Justfile", ".justfile"), "commands that `just` runs"),
    **dict.fromkeys(("Taskfile.yml", "Taskfile.yaml"), "commands that `task` runs"),
    "Snakefile": "commands that `snakemake` runs",
    "Rakefile": "commands that `rake` runs",
    "Dockerfile": "commands that build an image",
}


def is_program(path: str) -> bool:
    """Whether a file is run or compiled, by its name: a stage that reads any other one reads it as data."""
    name = posixpath.basename(path)
    return name in NAMES or posixpath.splitext(name)[1].lower() in ENDINGS


TEXTS = (".md", ".rst", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".pdf", ".css")
"""Endings of what is written or drawn for people."""
_SETTINGS = re.compile(
    r"mlgit\.yaml|\.mlgit/waivers\.yaml|\.gitlab-ci\.yml"
    r"|\.github/(?:workflows/[^/]+\.ya?ml|actions/.*|ISSUE_TEMPLATE/.*|CODEOWNERS"
    r"|(?:dependabot|FUNDING|labeler|release|settings|stale)\.ya?ml)"
)
COMPILED = (".pyc", ".so", ".pyd")
"""Endings of modules of Python that are compiled."""


def is_setting(path: str) -> bool:
    """Whether a file is one of mlgit's or a forge's own settings; others may be next to these."""
    return _SETTINGS.fullmatch(path) is not None


def is_code(path: str) -> bool:
    """Whether a file is a program, or a module of Python that is compiled."""
    return is_program(path) or path.endswith(COMPILED)


_ABOUT = re.compile(
    r"(?i)(?:readme|licen[cs]e|copying|notice|authors|contributing|code_of_conduct|security|changelog|changes|history"
    r")(?:\.(?:md|rst|txt|adoc))?"
    r"|codeowners|citation\.cff"
    r"|\.(?:editorconfig|git(?:keep|modules|attributes)|keep|ds_store|pre-commit-config\.yaml|prettierrc|prettierignore"
    r"|markdownlint\.(?:json|yaml)|dockerignore)"
)


def is_about(path: str) -> bool:
    """Whether a file is about the folder that it is in, by its name: for people, Git or an editor."""
    return _ABOUT.fullmatch(posixpath.basename(path)) is not None


def is_surely_about(path: str) -> bool:
    """The same, without what may be a text of the data: people write the names of the others in capitals."""
    name = posixpath.basename(path)
    return is_about(path) and not re.fullmatch(r"[a-z_]+(?:\.txt)?", name)
