"""Settings: the modules and programs that a file of settings names, which a program may load."""

from __future__ import annotations

import re

from mlgit.core.gates.measured.programs import is_code

ENDINGS = (".yaml", ".yml", ".json", ".toml", ".ini", ".cfg", ".gin", ".jsonnet", ".conf")
_TARGET = re.compile(
    r"(?:_target_|\b(?:class_path|class|callable|target|function|func|module|entry_point|import_path))[\"']?"
    r"\s*[:=]\s*[\"']?([A-Za-z_][\w.]*)|!(?:function|module|call|new|name)[ :]([A-Za-z_][\w.]*)"
)
"""A name after a key that is usual for what is loaded."""
_DOTTED = re.compile(r"(?<![\w./@-])[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+(?![\w./@-])")
_WORD = re.compile(r"""[^\s'"=,;:|&<>()`$\[\]{}]+""")


def names(content: bytes) -> tuple[frozenset[str], frozenset[str]]:
    """(names that may be of modules or of what is in one, words that are programs) of settings."""
    text = content.decode("utf-8", "replace")
    targets = {each.rpartition(".")[0] or each for pair in _TARGET.findall(text) for each in pair if each}
    dotted = {name for each in _DOTTED.findall(text) for name in _with_package(each)}
    words = {word for word in _WORD.findall(text) if is_code(word)}
    return frozenset(targets | dotted), frozenset(words)


def _with_package(name: str) -> list[str]:
    """A name and, if that has a dot, what it is in."""
    package = name.rpartition(".")[0]
    return [name, package] if "." in package else [name]
