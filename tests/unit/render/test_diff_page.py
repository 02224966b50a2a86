"""Diff page: the content of a file whose MD5 is not recorded."""

from __future__ import annotations

import pytest

from mlgit.core.compare.changes import ContentChange
from mlgit.render.console import plain
from mlgit.render.pages.diff import contents


@pytest.mark.parametrize(
    ("old", "new", "shown"),
    [(None, None, "-"), ("a" * 32, None, "aaaaaaa → -"), ("a" * 32, "b" * 32, "aaaaaaa → bbbbbbb")],
)
def test_a_content_without_an_md5_is_a_dash(old: str | None, new: str | None, shown: str) -> None:
    change = ContentChange(path="model.pkl", kind="modified", old_md5=old, new_md5=new)
    assert plain(contents([change])).splitlines()[-1].split("model.pkl")[1].strip() == shown
