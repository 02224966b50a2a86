"""Requirement: what the jobs install as mlgit, pinned so that no one else can provide it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from mlgit.core.ci.requirement_form import COMMIT, EXAMPLE, digest_command, refuse_wrong_form, right_name
from mlgit.core.wording import word
from mlgit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

_FRAGMENT = r"(?:#(?:sha256=[0-9a-f]{64}|(?:egg|subdirectory)=[A-Za-z0-9._/-]+))?"
_WORD = re.compile(rf"[A-Za-z0-9/][A-Za-z0-9._/\[\],<>=!~+@:%&?-]*{_FRAGMENT}")
# A name, perhaps with versions or an address after `@`; or an address; or a path from the machine's root.
_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(?:\[[^\]]*\])?(?:[<>=!~,@].*)?|[a-z+]+://.*|/.*")
_INDEXED = re.compile(r"mlgit(?:\[[^\]]*\])?((?:[<>=!~].*)?)", re.IGNORECASE)
_SHORT = re.compile(r"[0-9a-f]{4,39}")
_NAMED = re.compile(r"[^:/@]+@[a-z+]+://")
_ARCHIVE = re.compile(r"\.(?:whl|zip|tgz|tar\.\w+)$")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_ADDRESS = re.compile(r"https://[^@\s#'\"]+")
# `mlgit @ git+https://…` is one requirement, as pip takes it.
_SPACED = re.compile(r"(?:\s+@\s*|@\s+)(?=[a-z+]+://)")
_GIT = re.compile(
    r"(?P<start>(?:[^@:]+@)?git\+(?P<url>[a-z+]+://[^/]+/[^@#]+))(?:@(?P<commit>[^#]*))?(?:#.*)?"
)
# Words of an example, to be replaced by the user's own.
_PLACEHOLDER = re.compile(r"[<>…]|://HOST(?:[:/]|$)|/(?:OWNER|REPO|REPOSITORY)/|@(?!HEAD$)[A-Z_]+$|@0+$")
# What a template must not have, because everyone who reads the repository reads it.
_SECRET = re.compile(r"https?://[^/@]+@|://[^/@:]*:[^/@]*@(?!\d)")
# A file of the checkout, which the jobs do not have: they install from an empty folder.
_RELATIVE = re.compile(r"(?:^|@)(?:file:(?!//)|[^/:@]+\.(?:whl|zip|gz|bz2|txt)$)")
_HASH = re.compile(r"#sha256=|(?<![0-9a-f])[0-9a-f]{40}(?![0-9a-f])|^/|file://")
_HINT = "add `--requirement ''` if the machines of CI have mlgit already"


def checked_requirement(words: Iterable[str]) -> str:
    """The requirements that the jobs install, as one text separated by blanks.

    Raises:
        UsageError: a word cannot be a requirement in a template, is a path in the checkout, whose code must
            not run next to a token, is mlgit's name alone, has a placeholder of an example, or is not what
            its author means.
    """
    split = [each for text in words for each in _SPACED.sub("@", text).split()]
    for each in split:
        if _SECRET.search(each):
            raise UsageError(
                "The requirement has a user or a token in its address, and the templates are committed",
                expected="an address without them",
                hint="let the jobs read the token from a variable, such as with git's `insteadOf`",
            )
        placeholder = _placeholder(each)
        if placeholder is not None:
            raise UsageError(
                f"`{each}` has the placeholder `{placeholder}`",
                expected="the address and the commit of the mlgit that CI installs",
                hint=f"`git ls-remote {word(_address(each))} HEAD` shows the 40 digits of the newest commit",
            )
        refuse_wrong_form(each)
        if not _WORD.fullmatch(each) or not _SAFE.fullmatch(each) or _RELATIVE.search(each):
            raise UsageError(
                f"`{each}` cannot be a requirement in the templates",
                expected="such as `mlgit==1.0.0`, `dvc-s3>=3`, `mlgit@git+https://…` or `/srv/mlgit.whl`",
            )
        if is_bare(each):
            raise UsageError(
                f"`{each}` would install whatever the package index has under that name",
                expected=f"`--requirement '{EXAMPLE}'`",
                hint=_HINT,
            )
    return " ".join(split)


def is_bare(requirement: str) -> bool:
    """Whether the requirement names mlgit without one exact version or an address."""
    found = [_INDEXED.fullmatch(word) for word in requirement.split()]
    return any(each is not None and re.fullmatch(r"===?[^,*]+", each[1]) is None for each in found)


def findings(requirement: str) -> tuple[str, ...]:
    """What is wrong with a requirement that templates have, one line each."""
    if is_bare(requirement):
        risk = "anyone who registers that name on the package index runs code in the jobs"
        return (f"`{requirement}`: {risk}; pin it with `mlgit ci init --requirement {word(EXAMPLE)}`",)
    words = requirement.split()
    found = tuple(each for word in words for each in (_misnamed(word), _unpinned(word)) if each is not None)
    if any(_INDEXED.fullmatch(word) for word in words):
        rest = (
            "write `mlgit@ADDRESS#sha256=` with the address of that file and the 64 digits of `pip hash FILE`"
        )
        return (f"`{requirement}` has no hash: {rest}, or an address in Git with a commit", *found)
    return found


def recorded(direct_url: str | None) -> str | None:
    """The requirement for what pip installed, by its `direct_url.json`; None if no one else could install it.

    pip records the repository and commit of an installation from Git, and the address and hash of an archive.
    A folder, an editable installation and one from an index have neither.
    """
    try:
        tree: Any = json.loads(direct_url or "null")
    except ValueError:
        return None
    if not isinstance(tree, dict) or not isinstance(tree.get("url"), str):
        return None
    address = tree["url"].partition("#")[0]
    if not _ADDRESS.fullmatch(address):
        return None
    word = _from_git(tree, address) or _from_archive(tree, address)
    return word if word is not None and _WORD.fullmatch(word) else None


def _placeholder(word: str) -> str | None:
    """The part of an address that an example leaves to the user."""
    address = word.partition("#")[0]
    found = _PLACEHOLDER.search(address) if "://" in address else None
    return None if found is None else found[0].strip(":/@")


def _address(word: str) -> str:
    """The address of a repository, if nothing in it is left to the user."""
    found = _GIT.fullmatch(word)
    return "ADDRESS" if found is None or _PLACEHOLDER.search(found["url"]) else found["url"]


def _unpinned(text: str) -> str | None:
    """What to write instead of an address in Git that has no commit; None for any other word."""
    found = _GIT.fullmatch(text)
    if found is None:
        if "://" not in text or (_HASH.search(text) and "+file:" not in text):
            return None
        risk = "anyone who can change it runs code in the jobs"
        return f"`{text}` has no hash and no commit: {risk}; write {_pinned(text)}"
    if COMMIT.fullmatch(found["commit"] or ""):
        return None
    named = found["commit"] or "HEAD"
    if _SHORT.fullmatch(named):
        return (
            f"`{named}` in `{text}` is not a whole commit id, and a branch or tag may get that name; write "
            f"`{found['start']}@` and all 40 digits, as `git rev-parse {word(named)}` shows them in a clone"
        )
    return (
        f"`{text}` is not pinned to a commit, so anyone who pushes there runs code in the jobs; write "
        f"`{found['start']}@` and the 40 digits that `git ls-remote {found['url']} {named}` shows"
    )


def _misnamed(text: str) -> str | None:
    right = right_name(text)
    if right is None:
        return None
    return f"`{text}` names another package than `mlgit`; write `mlgit ci init --requirement {word(right)}`"


def _pinned(text: str) -> str:
    """The form of an address that no one can replace."""
    name, _, address = text.rpartition("@") if _NAMED.match(text) else ("mlgit", "", text)
    if "+" in address.partition("://")[0]:
        return "an address in Git with a commit"
    if _ARCHIVE.search(address):
        return f"`{text}#sha256=` and the 64 digits that `{digest_command(text)}` shows"
    return f"`{name}@git+{address}@` and the 40 digits that `git ls-remote {word(address)} HEAD` shows"


def missing_requirement() -> UsageError:
    """The error for an mlgit that nothing can pin."""
    return UsageError(
        "It is unknown what CI should install: pip recorded neither a commit nor a hash of this mlgit",
        expected=f"`--requirement '{EXAMPLE}'`",
        hint=_HINT,
    )


def _from_git(tree: dict[str, Any], address: str) -> str | None:
    info = tree.get("vcs_info")
    if not isinstance(info, dict) or info.get("vcs") != "git":
        return None
    commit, folder = str(info.get("commit_id")), tree.get("subdirectory")
    inside = f"#subdirectory={folder}" if folder else ""
    return f"mlgit@git+{address}@{commit}{inside}" if COMMIT.fullmatch(commit) else None


def _from_archive(tree: dict[str, Any], address: str) -> str | None:
    info = tree.get("archive_info")
    if not isinstance(info, dict):
        return None
    hashes = info.get("hashes")
    digest = hashes.get("sha256") if isinstance(hashes, dict) else None
    digest = str(digest or str(info.get("hash")).removeprefix("sha256="))
    return f"mlgit@{address}#sha256={digest}" if _SHA256.fullmatch(digest) else None
