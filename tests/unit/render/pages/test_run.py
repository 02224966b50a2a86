"""The page of `mlgit run` where nothing ran."""

from __future__ import annotations

import pytest

from mlgit.core.overview.run import Run
from mlgit.render.console import plain
from mlgit.render.pages.run import page


@pytest.mark.parametrize(
    ("declared", "why"), [(True, "everything is up to date"), (False, "no `dvc.yaml` declares stages")]
)
def test_it_says_why_nothing_ran(why: str, *, declared: bool) -> None:
    assert plain(page(Run(dry_run=True, stages=(), declared=declared))) == f"Nothing to run: {why}\n"
