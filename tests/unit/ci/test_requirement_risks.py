"""Requirements that give away a secret, that the jobs cannot have, or that others can replace."""

from __future__ import annotations

import pytest

from mlgit.core.ci.requirement import checked_requirement, findings
from mlgit.errors import UsageError

COMMIT, DIGEST = "5" * 40, "a" * 64
ARCHIVE = "mlgit@https://forge.example/tools/mlgit/archive"


@pytest.mark.parametrize(
    "word",
    [
        "mlgit@git+https://user:hidden@forge.example/mlgit.git@main",
        f"mlgit@git+https://hidden@forge.example/mlgit.git@{COMMIT}",
        f"mlgit@https://user:hidden@forge.example/mlgit.zip#sha256={DIGEST}",
        "git+ssh://git:hidden@forge.example/mlgit.git",
    ],
)
def test_a_secret_is_refused_and_not_repeated(word: str) -> None:
    with pytest.raises(UsageError, match="a user or a token") as caught:
        checked_requirement([word])
    assert "hidden" not in f"{caught.value.message} {caught.value.expected} {caught.value.hint}"


@pytest.mark.parametrize(
    "word",
    ["mlgit.whl", "mlgit-1.0-py3-none-any.whl", "requirements.txt", "mlgit@file:mlgit.whl", "file:m.zip"],
)
def test_a_file_of_the_checkout_is_refused(word: str) -> None:
    with pytest.raises(UsageError, match="cannot be a requirement"):
        checked_requirement([word])


@pytest.mark.parametrize(
    ("word", "note"),
    [
        (f"{ARCHIVE}/refs/heads/main.zip", "has no hash and no commit"),
        ("hg+https://forge.example/mlgit", "has no hash and no commit"),
        ("mlgit@git+file:///srv/mlgit@main", "has no hash and no commit"),
        ("mlgit@git+https://forge.example/mlgit@main", "is not pinned to a commit"),
        (f"{ARCHIVE}/{COMMIT}.zip", None),
        (f"{ARCHIVE}/main.zip#sha256={DIGEST}", None),
        (f"mlgit@git+ssh://git@forge.example:8443/g/mlgit.git@{COMMIT}", None),
        ("file:///srv/mlgit.whl", None),
        ("/srv/mlgit.whl", None),
        ("dvc-s3>=3", None),
    ],
)
def test_what_others_can_replace_is_named(word: str, note: str | None) -> None:
    assert checked_requirement([word]) == word
    found = findings(word)
    assert len(found) == (note is not None)
    assert note is None or note in found[0]
