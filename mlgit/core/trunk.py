"""Trunk: which remote has the registry, and which of its branches policy is read from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.wording import word
from mlgit.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

MAIN_NAMES = ("main", "master")
HEADS = "refs/heads/"
_REMOTES = "refs/remotes/"


def choose_remote(
    remotes: Sequence[str],
    *,
    upstream: str | None,
    branches: Collection[str],
    links: Mapping[str, str],
    trunk: str | None,
) -> str | None:
    """The remote of releases; None if none can be chosen.

    It is the only one, otherwise the one whose trunk the current branch tracks (`upstream`, such as
    `upstream/main`), otherwise `origin`, otherwise the one of the tracked branch. `branches` are full ref
    names, `links` what symbolic ones point to. `trunk` is the name that `mlgit.trunk` states.
    """
    if len(remotes) == 1:
        return remotes[0]
    # A remote's name may contain a slash, so that the longest name is the right one.
    tracked = max(
        (name for name in remotes if (upstream or "").startswith(f"{name}/")), key=len, default=None
    )
    if tracked is not None:
        names = trunk_refs(tracked, trunk=trunk, default_branch=None, links=links, fetched=True)
        first = next((name for name in names if name in branches), None)
        if first == f"{_REMOTES}{upstream}":
            return tracked
    return "origin" if "origin" in remotes else tracked


def trunk_refs(
    remote: str | None,
    *,
    trunk: str | None,
    default_branch: str | None,
    links: Mapping[str, str],
    fetched: bool,
    mirror: bool = False,
) -> tuple[str, ...]:
    """The refs that may be trunk, best first; in a `mirror`, only the own branch that the user states.

    `trunk` is the name that `mlgit.trunk` states; `default_branch` is the forge's, in CI. `fetched`: the
    remote has branches in this clone. Then a local branch named `main` is not trunk: anyone may make one.
    """
    base = f"{_REMOTES}{remote}/"
    if trunk is not None:
        name = trunk.removeprefix(HEADS).removeprefix(f"{remote}/")
        return (HEADS + name,) if remote is None or mirror else (base + name, HEADS + name)
    if mirror:
        return ()
    names = [HEADS + main for main in MAIN_NAMES]
    if remote is None:
        return tuple(names)
    stated = [] if default_branch is None else [base + default_branch]
    there = [*stated, links.get(f"{base}HEAD", ""), *(base + main for main in MAIN_NAMES)]
    return tuple(name for name in (*there, *(() if fetched else names)) if name)


def is_guess(
    remote: str | None, *, stated: str | None, links: Mapping[str, str], branches: Collection[str]
) -> bool:
    """Whether nothing names trunk (`stated`: the setting or the forge), but the remote has several branches.

    Anyone who can push may have made the one that is named `main`.
    """
    head = f"{_REMOTES}{remote}/HEAD"
    if remote is None or stated is not None or links.get(head) in branches:
        return False
    return sum(ref.startswith(f"{_REMOTES}{remote}/") and ref != head for ref in branches) > 1


def head_of(listing: str) -> str | None:
    """The default branch in the output of `git ls-remote --symref REMOTE HEAD`."""
    for line in listing.split("\n"):
        ref, _, name = line.removeprefix("ref: ").partition("\t")
        if name == "HEAD" and ref.startswith(HEADS):
            return ref.removeprefix(HEADS)
    return None


def unknown_remote(name: str) -> StateError:
    return StateError(
        f"There is no Git remote `{name}`, which `mlgit.remote` names",
        hint=f"run `git remote add {word(name)} URL`, "
        "or `git config mlgit.remote NAME` with one of `git remote`",
    )


def remote_not_chosen(remotes: Collection[str]) -> StateError:
    """The error for several remotes, none of which is `origin` or has what the current branch tracks."""
    names = " or ".join(f"`{name}`" for name in remotes)
    return StateError(
        f"Cannot choose a remote: {names}", hint="run `git config mlgit.remote NAME` with one of them"
    )


def no_remote_in_ci() -> StateError:
    """The error of a CI job that fetched one branch by an address: it has neither trunk nor tags."""
    return StateError(
        "This clone has no remote: trunk and tags are not known",
        hint="run `git remote add origin URL && git fetch --tags origin` before mlgit",
    )


def stated_trunk_missing(trunk: str, remote: str | None) -> StateError:
    """The error for a trunk that `mlgit.trunk` names and that is not in this clone."""
    short = trunk if remote is None else f"{remote}/{trunk.removeprefix(HEADS).removeprefix(f'{remote}/')}"
    look = "git branch --list" if remote is None else f"git fetch {word(remote)}"
    return StateError(
        f"`{short}`, which `mlgit.trunk` names, is not in this clone",
        hint=f"run `{look}`, or `git config mlgit.trunk NAME` with the right branch",
    )


def default_branch_missing(remote: str, branch: str) -> StateError:
    """The error of a CI job that has not fetched the forge's default branch."""
    return StateError(
        f"`{remote}/{branch}`, where policy is read, is not in this clone",
        hint="check out all branches: `fetch-depth: 0` (GitHub), `GIT_DEPTH: 0` (GitLab)",
    )


def trunk_moved(remote: str, branch: str, name: str) -> StateError:
    """The error that the remote has another default branch, `name`, than this clone takes for trunk."""
    return StateError(
        f"The default branch of `{remote}` is `{name}`, and this clone takes `{remote}/{branch}` for trunk",
        hint=f"run `git fetch {word(remote)} && git remote set-head {word(remote)} --auto`; if `{branch}` is "
        f"trunk, run `git config mlgit.trunk {word(branch)}`",
    )


def trunk_gone(remote: str, branch: str) -> StateError:
    """The error that the remote has no branch any more of trunk's name here."""
    return StateError(
        f"`{remote}` has no branch `{branch}` any more, which this clone takes for trunk",
        hint=f"run `git fetch --prune {word(remote)} && git remote set-head {word(remote)} --auto`",
    )


def target_missing(remote: str, branch: str) -> StateError:
    """The error of a CI job that has not fetched the branch that its change is for."""
    refspec = f"+refs/heads/{branch}:refs/remotes/{remote}/{branch}"
    return StateError(
        f"`{remote}/{branch}`, which this change will be merged into, is not in this clone",
        hint=f"run `git fetch {word(remote)} {word(refspec)}`, or check out all branches: "
        "`fetch-depth: 0` (GitHub), `GIT_DEPTH: 0` (GitLab)",
    )


def target_behind(remote: str, branch: str, commit: str) -> StateError:
    """The error of a CI job whose clone has an earlier state of a branch, and that cannot fetch it."""
    refspec = f"+refs/heads/{branch}:refs/remotes/{remote}/{branch}"
    return StateError(
        f"`{remote}/{branch}` here lacks `{commit[:7]}`, which this run names, and it cannot be fetched",
        hint=f"run `git fetch {word(remote)} {word(refspec)}` before mlgit, in a step that "
        f"may read `{remote}`",
    )


def branch_not_asked(remote: str, branch: str, *, repair: str) -> StateError:
    """The error of a CI job that cannot ask for a branch with which a gate compares."""
    return StateError(
        f"A gate compares with the branch `{branch}`, and it is not known where it is on `{remote}` now",
        hint=f"run `{repair}` before mlgit, in a step that may read `{remote}`",
    )


def branch_gone(remote: str, branch: str) -> StateError:
    """The error of a CI job whose clone has a branch that the remote has no more, for a gate."""
    return StateError(
        f"A gate compares with `{remote}/{branch}`, and `{remote}` has no branch `{branch}` any more",
        hint=f"let the gate compare with something else, or push that branch; "
        f"`git fetch --prune {word(remote)}` takes it away here",
    )


def mirrors(spec: str) -> bool:
    """Whether a refspec puts the remote's branches in the place of this clone's own."""
    place = spec.partition(":")[2]
    return place == "refs/*" or place.startswith("refs/heads/")


def has_no_copy(specs: Collection[str], remote: str) -> bool:
    """Whether the remote's branches only take the place of own ones: what is below its name never moves."""
    copies = any(spec.partition(":")[2].startswith(f"{_REMOTES}{remote}/") for spec in specs)
    return not copies and any(map(mirrors, specs))


def kept_apart(remote: str) -> str:
    """The command after which a mirror keeps the remote's branches apart from its own."""
    key = f"remote.{remote}"
    spec = f"+refs/heads/*:refs/remotes/{remote}/*"
    return (
        f"git config --replace-all {word(f'{key}.mirror')} false && "
        f"git config --replace-all {word(f'{key}.fetch')} {word(spec)}"
    )


def fetch_every_branch(remote: str, *, fetch: str) -> str:
    """The command that fetches all branches, and then has each fetch do so."""
    spec = word(f"+refs/heads/*:refs/remotes/{remote}/*")
    return f"{fetch} {spec} && git remote set-branches --add {word(remote)} '*'"


def unknown_trunk(remote: str, *, refspecs: str) -> StateError:
    """The error if no branch of this clone is known to be trunk; `refspecs` are those that are fetched."""
    fetch = f"git fetch {word(remote)}"
    if any(mirrors(spec) for spec in refspecs.split("\n")):
        fetch = f"{kept_apart(remote)} && {fetch}"
    elif "refs/heads/*:refs/remotes/" not in refspecs:
        fetch = fetch_every_branch(remote, fetch=f"git fetch --tags {word(remote)}")
    return StateError(
        f"It is not known which branch of `{remote}` is trunk, where policy is read",
        details=(f"`{remote}/HEAD` is not in this clone, and anyone may push a branch named `main`",),
        hint=f"run `{fetch} && git remote set-head {word(remote)} --auto`",
    )
