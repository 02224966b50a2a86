"""Tokens that the code of a branch must not see."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.core.ci.visible_tokens import visible_tokens

if TYPE_CHECKING:
    from mlgit.core.forge.hosts import Host


@pytest.mark.parametrize(
    ("host", "variables", "names"),
    [
        ("gitlab", {"MLGIT_GITLAB_TOKEN": "s3cret"}, "`MLGIT_GITLAB_TOKEN` can"),
        ("gitlab", {"GITLAB_TOKEN": "s3cret"}, "`GITLAB_TOKEN` can"),
        (
            "gitlab",
            {"GITLAB_TOKEN": "s3cret", "MLGIT_GITLAB_TOKEN": "s3cret"},
            "`MLGIT_GITLAB_TOKEN`, `GITLAB_TOKEN` can",
        ),
        ("gitlab", {"GITLAB_TOKEN": "", "CI_JOB_TOKEN": "s3cret"}, None),
        ("github", {"GITHUB_TOKEN": "s3cret", "GITLAB_TOKEN": "s3cret"}, None),
        (None, {"GITLAB_TOKEN": "s3cret"}, None),
    ],
)
def test_a_token_of_another_job_is_a_warning(
    host: Host | None, variables: dict[str, str], names: str | None
) -> None:
    notes = visible_tokens(host, variables)
    if names is None:
        assert notes == ()
        return
    (note,) = notes
    assert (note.code, note.effect) == ("token_visible", "warn")
    assert note.message.startswith(names)
    assert "s3cret" not in f"{note.message}{note.hint}"
    assert "`mlgit-report`" in str(note.hint)
