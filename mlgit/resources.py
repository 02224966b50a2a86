"""Resources: find schemas/ and ci-templates/, in a wheel and in a checkout."""

from __future__ import annotations

import os

_PACKAGE = os.path.dirname(os.path.abspath(__file__))


def folder(name: str) -> str:
    """The absolute path of `schemas` or `ci-templates`.

    Raises:
        FileNotFoundError: the installation is broken.
    """
    for parent in (os.path.join(_PACKAGE, "_shipped"), os.path.dirname(_PACKAGE)):
        candidate = os.path.join(parent, name)
        if os.path.isdir(candidate):
            return candidate
    raise FileNotFoundError(name)


def schema_text(name: str) -> str:
    """The text of `schemas/<name>.schema.json`."""
    with open(os.path.join(folder("schemas"), f"{name}.schema.json"), encoding="utf-8") as file:
        return file.read()


def schema_names() -> list[str]:
    """The names that `schema_text` takes, sorted."""
    ending = ".schema.json"
    return sorted(
        each.removesuffix(ending) for each in os.listdir(folder("schemas")) if each.endswith(ending)
    )
