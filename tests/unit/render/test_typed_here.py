"""Typed here: the commands of a page that name paths work below the root, and outside the repository."""

from __future__ import annotations

import pytest

from mlgit.render.console import plain
from mlgit.render.page import Span, line
from mlgit.render.typed_here import typed_here

UP = "(cd ../.. && "
SAME = [
    "run `mlgit run`",
    "git fetch --tags origin",
    "`models/m.bin` is missing",
    "mlgit check --rev m@v1.0.0",
]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("git add -f a.json", f"{UP}git add -f a.json)"),
        ("run `git add -f a` and commit it", f"run `{UP}git add -f a)` and commit it"),
        (
            "run `dvc add a` or `dvc checkout a`",
            f"run `{UP}dvc add a)` or `{UP}dvc checkout a)`",
        ),
        ("git rm a && git commit", f"{UP}git rm a && git commit)"),
        ("git sparse-checkout add .dvc", f"{UP}git sparse-checkout add .dvc)"),
        ("git checkout -- dvc.yaml", f"{UP}git checkout -- dvc.yaml)"),
        (f"{UP}dvc add a)", f"{UP}dvc add a)"),
        *((text, text) for text in SAME),
    ],
)
def test_below_the_root(text: str, shown: str) -> None:
    page = typed_here([line(Span("hint: ", "dim"), text)], "/work/src/deep", root="/work")
    assert plain(page).strip() == f"hint: {shown}"


def test_outside_the_repository() -> None:
    (shown,) = typed_here([line("run `dvc add a b`")], "/elsewhere", root="/my work")
    assert plain([shown]).strip() == "run `(cd '/my work' && dvc add a b)`"
