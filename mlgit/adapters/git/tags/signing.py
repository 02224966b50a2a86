"""Signing: let git sign tags and commits as its settings say, before anything is published.

A tag gets no ref before the remote has it, but git signs a tag only while it creates the ref. So git creates
it in a temporary repository with the objects and the signing settings of the real one.
"""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING

from mlgit.adapters.git.binary import GitFailed
from mlgit.adapters.git.tags.objects import tag_content
from mlgit.errors import ToolError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgit.adapters.git.binary import Git

_TAG_SETTINGS = ("tag.gpgSign", "tag.forceSignAnnotated")
_COMMIT_SETTING = "commit.gpgSign"
# They may depend on the folder (`includeIf`), so the temporary repository cannot read them itself.
_HOW_TO_SIGN = r"^(gpg\.|user\.signingkey$)"
_SHA256_DIGITS = 64


def signs_tags(git: Git) -> bool:
    """Whether git signs annotated tags."""
    return _setting(git, _TAG_SETTINGS) is not None


def signs_commits(git: Git) -> bool:
    return _setting(git, (_COMMIT_SETTING,)) is not None


def _setting(git: Git, names: tuple[str, ...]) -> str | None:
    """The first of these settings that is true."""
    return next((name for name in names if git.try_text("config", "--type=bool", name) == "true"), None)


def make_signed_tag(git: Git, *, tag: str, commit: str, tagger: str, at_s: int, message: str) -> str:
    """Write a signed tag object without a ref in this repository; returns its id.

    Raises:
        ToolError: git could not sign it.
    """
    name, _, email = tagger.removesuffix(">").rpartition(" <")
    variables = {
        **_how_to_sign(git),
        "GIT_OBJECT_DIRECTORY": git.run_text("rev-parse", "--path-format=absolute", "--git-path", "objects"),
        "GIT_COMMITTER_NAME": name,
        "GIT_COMMITTER_EMAIL": email,
        "GIT_COMMITTER_DATE": f"@{at_s} +0000",
    }
    digest = "sha256" if len(commit) == _SHA256_DIGITS else "sha1"
    with tempfile.TemporaryDirectory(prefix="mlgit-", ignore_cleanup_errors=True) as folder:
        git.run("init", "--quiet", "--bare", "--template=", f"--object-format={digest}", "--", folder)
        variables["GIT_DIR"] = folder
        text = message.encode("utf-8", "surrogateescape")
        options = ("--sign", "--cleanup=verbatim", "--file=-")
        done = git.try_run("tag", *options, "--", tag, commit, stdin=text, env=variables)
        made = git.try_run("cat-file", "tag", f"refs/tags/{tag}", env=variables).stdout
        oid = git.try_run("rev-parse", f"refs/tags/{tag}", env=variables).stdout.decode().strip()
    wanted = tag_content(tag=tag, commit=commit, tagger=tagger, at_s=at_s, message=message)
    # git 2.39 makes an unsigned tag, with exit code 0, if ssh-keygen fails.
    if done.returncode or not made.startswith(wanted + b"-----BEGIN "):
        error = GitFailed(("tag",), done.returncode, done.stderr.decode("utf-8", "replace"))
        raise _not_signed(f"the tag `{tag}`", _setting(git, _TAG_SETTINGS), error)
    return oid


def make_signed_commit(git: Git, *, tree: str, parent: str, message: str, at_s: int) -> str:
    """Write a signed commit object without moving a branch; returns its id.

    Raises:
        ToolError: git could not sign it.
    """
    date = f"@{at_s} +0000"
    argv = ("-c", "i18n.commitEncoding=UTF-8", "commit-tree", "--gpg-sign", "-p", parent, "-F", "-", tree)
    dates = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
    try:
        return git.run(*argv, stdin=message.encode(), env=dates).decode().strip()
    except GitFailed as error:
        raise _not_signed("the commit", _COMMIT_SETTING, error) from error


def _how_to_sign(git: Git) -> Mapping[str, str]:
    """The settings for signing, as variables that git reads as configuration."""
    output = git.try_run("config", "-z", "--get-regexp", _HOW_TO_SIGN).stdout
    entries = [
        entry.partition("\n") for entry in output.decode("utf-8", "surrogateescape").split("\0") if entry
    ]
    variables = {"GIT_CONFIG_COUNT": str(len(entries))}
    for number, (key, _, value) in enumerate(entries):
        variables |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return variables


def _not_signed(what: str, setting: str | None, error: GitFailed) -> ToolError:
    return ToolError(
        f"git could not sign {what}; nothing was written",
        details=error.details,
        hint=f"see `git config user.signingKey` and `gpg.format`, or run `git config {setting} false`",
    )
