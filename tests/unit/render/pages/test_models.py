"""Page of `mlgit models`: the models that need attention come first."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from mlgit.core.registry.entries import Attempt, EnvironmentEntry, ModelEntry, ModelList, Served
from mlgit.render.console import plain
from mlgit.render.pages.models import page
from mlgit.render.pages.refused import unverified_lines

NOW = datetime(2026, 5, 3, 12, tzinfo=UTC)
EMPTY = EnvironmentEntry(
    environment="prod",
    declared=True,
    label=None,
    version=None,
    commit=None,
    since=None,
    author=None,
    held=False,
)
LIVE = replace(EMPTY, label="v1.0.0", version="v1.0.0")
PLACES = {
    "a-empty": EMPTY,
    "b-live": LIVE,
    "c-held": replace(LIVE, held=True),
    "d-served": replace(LIVE, served=Served(folder="/srv/d", label="v0.9.0")),
    "e-failed": replace(LIVE, attempt=Attempt(label="v1.0.0", at=NOW - timedelta(minutes=3), error="no")),
    "f-refused": replace(LIVE, refused="it is lightweight"),
    "g-unknown": replace(LIVE, known="no"),
    "h-right": replace(LIVE, served=Served(folder="/srv/h", label="v1.0.0", matches=True)),
}


def test_models_that_need_attention_come_first_then_those_that_are_live() -> None:
    models = [
        ModelEntry(
            name=name,
            path=name,
            declared=True,
            deprecated=False,
            versions=1,
            latest=None,
            environments=(place,),
        )
        for name, place in PLACES.items()
    ]
    shown = plain(
        page(
            ModelList(models=tuple(models), environments=("prod",), remote=None, tags_as_of=None, told_at=NOW)
        )
    )
    names = [text.split()[0] for text in shown.splitlines()[1:9]]
    assert names == [
        *("c-held", "d-served", "e-failed", "f-refused", "g-unknown"),
        *("b-live", "h-right", "a-empty"),
    ]
    assert "! deploying v1.0.0 to prod of e-failed from this clone failed 3 min ago: no\n" in shown
    assert "checked in this run" not in shown


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (["a"], "a` were checked in this run; `mlgit models a` checks them"),
        (["a", "b"], "2 models were checked in this run: a, b; `mlgit models MODEL` checks those of one"),
        (["a", "b", "c", "d"], "4 models were checked in this run: a, b, c and 1 more; `mlgit models MODEL`"),
    ],
)
def test_models_that_were_not_verified_are_named(names: list[str], sentence: str) -> None:
    assert sentence in " ".join(plain(unverified_lines(names)).split())
