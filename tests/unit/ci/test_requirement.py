"""Requirement of the jobs: pinned by what pip recorded, or refused."""

from __future__ import annotations

import json

import pytest

from mlgit.core.ci.requirement import checked_requirement, findings, is_bare, missing_requirement, recorded
from mlgit.core.wording import word as quoted
from mlgit.errors import Exit, UsageError

COMMIT, DIGEST = "5" * 40, "a" * 64
PAGE = "https://forge.example/tools/mlgit"
WHEEL = "https://files.example/mlgit-1.0.0-py3-none-any.whl"
GIT = {"vcs": "git", "commit_id": COMMIT, "requested_revision": "main"}


@pytest.mark.parametrize(
    ("direct_url", "word"),
    [
        ({"url": PAGE, "vcs_info": GIT}, f"mlgit@git+{PAGE}@{COMMIT}"),
        (
            {"url": PAGE, "vcs_info": GIT, "subdirectory": "python/mlgit"},
            f"mlgit@git+{PAGE}@{COMMIT}#subdirectory=python/mlgit",
        ),
        ({"url": WHEEL, "archive_info": {"hashes": {"sha256": DIGEST}}}, f"mlgit@{WHEEL}#sha256={DIGEST}"),
        ({"url": WHEEL, "archive_info": {"hash": f"sha256={DIGEST}"}}, f"mlgit@{WHEEL}#sha256={DIGEST}"),
        (
            {"url": f"{WHEEL}#x", "archive_info": {"hash": f"sha256={DIGEST}"}},
            f"mlgit@{WHEEL}#sha256={DIGEST}",
        ),
    ],
)
def test_what_pip_recorded_is_the_requirement(direct_url: object, word: str) -> None:
    assert recorded(json.dumps(direct_url)) == word
    assert checked_requirement([word]) == word
    assert findings(word) == ()


@pytest.mark.parametrize(
    "direct_url",
    [
        {"url": "file:///work/mlgit", "dir_info": {"editable": True}},
        {"url": "file:///work/mlgit", "dir_info": {}},
        {"url": "file:///work/m.whl", "archive_info": {"hashes": {"sha256": DIGEST}}},
        {"url": "file:///work/mlgit", "vcs_info": GIT},
        {"url": "http://forge.example/mlgit", "vcs_info": GIT},
        {"url": "https://me:secret@forge.example/mlgit", "vcs_info": GIT},
        {"url": "https://forge.example/a b", "vcs_info": GIT},
        {"url": PAGE, "vcs_info": {"vcs": "hg", "commit_id": COMMIT}},
        {"url": PAGE, "vcs_info": {"vcs": "git", "commit_id": "main"}},
        {"url": PAGE, "vcs_info": {"vcs": "git"}},
        {"url": PAGE, "vcs_info": GIT, "subdirectory": "a b; id"},
        {"url": WHEEL, "archive_info": {}},
        {"url": WHEEL, "archive_info": {"hashes": {"md5": "0" * 32}}},
        {"url": WHEEL, "archive_info": {"hash": "md5=0"}},
        {"url": WHEEL, "archive_info": []},
        {"url": WHEEL},
        {"url": 1},
        [],
        None,
    ],
)
def test_what_others_cannot_install_or_verify_is_left_out(direct_url: object) -> None:
    assert recorded(json.dumps(direct_url)) is None


@pytest.mark.parametrize("text", [None, "", "{", "null"])
def test_without_a_record_there_is_no_requirement(text: str | None) -> None:
    assert recorded(text) is None
    error = missing_requirement()
    assert (error.exit_code, "add `--requirement ''`" in (error.hint or "")) == (Exit.USAGE, True)


BARE = ["mlgit", "MLGIT", "mlgit>=1", "mlgit~=1.0", "mlgit[s3]", "mlgit==1,<2", "mlgit!=1"]


@pytest.mark.parametrize("word", BARE)
def test_a_name_that_anyone_may_register_is_refused_and_found(word: str) -> None:
    assert is_bare(f"dvc-s3 {word}")
    with pytest.raises(UsageError, match="package index"):
        checked_requirement(["dvc-s3", word])
    assert "package index" in findings(word)[0]


@pytest.mark.parametrize("word", ["", "mlgit==1.0.0", "mlgit===1.0.0", "mlgit-tools", "/srv/mlgit.whl"])
def test_other_requirements_are_accepted(word: str) -> None:
    assert not is_bare(word)
    assert checked_requirement([word]) == word
    assert ("no hash" in " ".join(findings(word))) == word.startswith("mlgit=")


GIT_PAGE = f"git+{PAGE}"


@pytest.mark.parametrize(
    ("text", "word"),
    [
        (f"mlgit @ {GIT_PAGE}@{COMMIT}", f"mlgit@{GIT_PAGE}@{COMMIT}"),
        (f"mlgit@ {GIT_PAGE}@{COMMIT}", f"mlgit@{GIT_PAGE}@{COMMIT}"),
        (f"mlgit\t@{GIT_PAGE}@{COMMIT}", f"mlgit@{GIT_PAGE}@{COMMIT}"),
        (f"mlgit[demo] @ {GIT_PAGE}@{COMMIT} dvc-s3", f"mlgit[demo]@{GIT_PAGE}@{COMMIT} dvc-s3"),
        (f"{GIT_PAGE}@{COMMIT}", f"{GIT_PAGE}@{COMMIT}"),
        (f"{GIT_PAGE}.git@{COMMIT}#egg=mlgit", f"{GIT_PAGE}.git@{COMMIT}#egg=mlgit"),
        (
            f"git+ssh://git@forge.example/tools/mlgit@{COMMIT}",
            f"git+ssh://git@forge.example/tools/mlgit@{COMMIT}",
        ),
        (f"mlgit @ {WHEEL}#sha256={DIGEST}", f"mlgit@{WHEEL}#sha256={DIGEST}"),
        (f"mlgit @ {GIT_PAGE}@{DIGEST}", f"mlgit@{GIT_PAGE}@{DIGEST}"),
    ],
)
def test_an_address_with_a_commit_or_hash_is_accepted_without_a_remark(text: str, word: str) -> None:
    assert checked_requirement([text]) == word
    assert findings(word) == ()


@pytest.mark.parametrize(
    ("word", "start", "shown"),
    [
        (f"mlgit@{GIT_PAGE}@main", f"mlgit@{GIT_PAGE}", "main"),
        (f"mlgit@{GIT_PAGE}@v1.0.0", f"mlgit@{GIT_PAGE}", "v1.0.0"),
        (f"mlgit@{GIT_PAGE}@feature/x#subdirectory=python", f"mlgit@{GIT_PAGE}", "feature/x"),
        (f"{GIT_PAGE}@HEAD", GIT_PAGE, "HEAD"),
        (f"{GIT_PAGE}@", GIT_PAGE, "HEAD"),
        (GIT_PAGE, GIT_PAGE, "HEAD"),
        ("git+ssh://git@forge.example/t/mlgit@main", "git+ssh://git@forge.example/t/mlgit", "main"),
    ],
)
def test_an_address_without_a_commit_gets_a_remark_that_says_what_to_write(
    word: str, start: str, shown: str
) -> None:
    assert checked_requirement([word]) == word
    (remark,) = findings(f"dvc-s3 {word}")
    assert f"write `{start}@` and the 40 digits" in remark
    assert f"`git ls-remote {start.partition('git+')[2]} {shown}`" in remark
    assert len(findings(f"mlgit==1.0.0 {word}")) == 2


@pytest.mark.parametrize(
    ("text", "placeholder"),
    [
        ("mlgit@git+https://HOST/OWNER/mlgit@COMMIT", "HOST"),
        ("mlgit @ git+https://HOST/OWNER/mlgit@COMMIT", "HOST"),
        (f"mlgit@git+https://forge.example/OWNER/mlgit@{COMMIT}", "OWNER"),
        (f"mlgit@{GIT_PAGE}@COMMIT", "COMMIT"),
        (f"{GIT_PAGE}@SHA", "SHA"),
        (f"{GIT_PAGE}@FULL_SHA", "FULL_SHA"),
        (f"{GIT_PAGE}@<commit>", "<"),
        (f"{GIT_PAGE}@…", "…"),
        (f"{GIT_PAGE}@{'0' * 40}", "0" * 40),
    ],
)
def test_the_placeholder_of_an_example_is_refused(text: str, placeholder: str) -> None:
    with pytest.raises(UsageError, match=f"the placeholder `{placeholder}`") as error:
        checked_requirement(["dvc-s3", text])
    address = "ADDRESS" if placeholder in {"HOST", "OWNER"} else PAGE
    assert f"`git ls-remote {address} HEAD`" in (error.value.hint or "")


@pytest.mark.parametrize(
    "word", ["mlgit==1.0.0", "MLGIT==1.0.0", "/srv/OWNER/mlgit.whl", WHEEL, "dvc[s3]>=3"]
)
def test_other_words_have_no_placeholder(word: str) -> None:
    assert checked_requirement([word]) == word


@pytest.mark.parametrize(
    ("word", "right"),
    [
        (f"{name}{rest}", f"mlgit{rest}" if rest else "mlgit@git+https://HOST/OWNER/mlgit@COMMIT")
        for name in ("ml-git", "ml_git", "ML.GIT", "mlgit_", "mlgit-", "m1git", "mlg1t", "mIglt")
        for rest in ("", "==1.0.0", f"@{GIT_PAGE}@{COMMIT}")
    ],
)
def test_a_name_that_only_looks_like_mlgit_is_refused_with_the_right_form(word: str, right: str) -> None:
    with pytest.raises(UsageError, match="names another package than `mlgit`") as error:
        checked_requirement(["dvc-s3", word])
    assert error.value.expected == f"`--requirement {quoted(right)}`"
    if "HOST" not in right:
        assert checked_requirement([right]) == right
    (*_, remark) = findings(f"dvc-s3 {word}")
    assert f"`mlgit ci init --requirement {quoted(right)}`" in remark


EXAMPLE = "mlgit@git+https://HOST/OWNER/mlgit@COMMIT"
SSH = "mlgit@git+ssh://git@forge.example/tools/mlgit.git@COMMIT"


@pytest.mark.parametrize(
    ("word", "right"),
    [
        ("mlgit@1.0.0", "mlgit==1.0.0"),
        ("mlgit@v1.0.0", "mlgit==1.0.0"),
        ("mlgit[s3]@1.0.0", "mlgit[s3]==1.0.0"),
        ("dvc-s3@3.2", "dvc-s3==3.2"),
        ("mlgit@main", EXAMPLE),
        ("mlgit@latest", EXAMPLE),
        (f"mlgit@{COMMIT}", EXAMPLE.replace("COMMIT", COMMIT)),
        ("mlgit@5555555", EXAMPLE),
        (COMMIT, EXAMPLE.replace("COMMIT", COMMIT)),
        ("git@forge.example:tools/mlgit.git", SSH),
        ("mlgit@git@forge.example:tools/mlgit.git", SSH),
    ],
)
def test_a_word_without_an_address_is_refused_with_the_right_form(word: str, right: str) -> None:
    with pytest.raises(UsageError, match="has no address") as error:
        checked_requirement(["dvc-s3", word])
    assert error.value.expected == f"`--requirement {quoted(right)}`"
    if right == SSH:
        assert "`git ls-remote git@forge.example:tools/mlgit.git HEAD`" in (error.value.hint or "")


@pytest.mark.parametrize(
    "word",
    [
        f"--hash=sha256:{DIGEST}",
        f"mlgit==1.0.0#sha256={DIGEST}",
        f"{WHEEL}#md5={'0' * 32}",
        f"{WHEEL}#sha256=0123",
        f"mlgit@{WHEEL}#sha256={DIGEST.upper()}",
    ],
)
def test_a_hash_that_pip_cannot_use_there_is_refused_with_the_way_to_get_one(word: str) -> None:
    with pytest.raises(UsageError, match="hash") as error:
        checked_requirement(["mlgit==1.0.0", word])
    assert "#sha256=" in (error.value.expected or "")
    shown = f"curl -sL {WHEEL} | sha256sum" if WHEEL in word else "pip hash FILE"
    assert f"`{shown}`" in (error.value.hint or "")


@pytest.mark.parametrize("digits", [7, 12, 39])
def test_a_short_commit_id_gets_a_remark_whose_command_shows_the_whole_one(digits: int) -> None:
    word = f"mlgit@{GIT_PAGE}@{COMMIT[:digits]}"
    assert checked_requirement([word]) == word
    (remark,) = findings(word)
    assert "a branch or tag may get that name" in remark
    assert f"write `mlgit@{GIT_PAGE}@` and all 40 digits, as" in remark
    assert f"`git rev-parse {COMMIT[:digits]}` shows them in a clone" in remark


@pytest.mark.parametrize(
    ("word", "right"),
    [
        (WHEEL, f"write `{WHEEL}#sha256=` and the 64 digits that `curl -sL {WHEEL} | sha256sum` shows"),
        (
            f"mlgit@{WHEEL}",
            f"write `mlgit@{WHEEL}#sha256=` and the 64 digits that `curl -sL {WHEEL} | sha256sum` shows",
        ),
        (PAGE, f"write `mlgit@git+{PAGE}@` and the 40 digits that `git ls-remote {PAGE} HEAD` shows"),
        (
            f"mlgit@{PAGE}",
            f"write `mlgit@git+{PAGE}@` and the 40 digits that `git ls-remote {PAGE} HEAD` shows",
        ),
        (
            "mlgit==1.0.0",
            "write `mlgit@ADDRESS#sha256=` with the address of that file and the 64 digits of",
        ),
    ],
)
def test_a_word_that_is_not_pinned_gets_a_remark_with_the_right_form(word: str, right: str) -> None:
    assert checked_requirement([word]) == word
    (remark,) = findings(word)
    assert right in remark
