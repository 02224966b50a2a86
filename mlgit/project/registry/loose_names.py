"""Loose names: what an incomplete name means, such as `v1.2.0` alone, or the error for an unknown one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlgit.core.registry.semver import Version
from mlgit.core.registry.tags import parse_tag
from mlgit.core.wording import listed, near, word
from mlgit.errors import UnknownReference, UsageError

if TYPE_CHECKING:
    from mlgit.core.registry.replay import Registry
    from mlgit.project.open import Project

_EXPERIMENT = re.compile(r"refs/exps/[0-9a-f]{2}/(?:[0-9a-f]{38}|[0-9a-f]{62})/([^/]+)")
_STEPS = re.compile(r"(.+?)(?:[~^]\d*)+")


def named_loosely(project: Project, text: str) -> str | None:
    """The full name (`tumor@v1.2.0`, `tumor#dev`) of a version or environment as screens show it.

    A version may lack its model or its `v`; an environment may be known from tags only.

    Raises:
        UnknownReference: several models have it.
        UsageError: the text is empty.
    """
    if not text.strip():
        raise UsageError("A revision is empty", hint="a variable in the command may not be set")
    from mlgit.project.registry.read import read_registry

    registry = read_registry(project)
    names = [name for name, commit in _versions(registry, text) if commit is not None]
    if not names and text != "latest" and _number(text) is None:
        models = registry.models.values()
        names = [f"{state.name}#{text}" for state in models if _holds(state.environments.get(text))]
    if len(names) > 1:
        raise UnknownReference(f"Several models have `{text}`", hint=f"choose one: {listed(names, None)}")
    return names[0] if names and names[0] != text else None


def version_at(project: Project, text: str, commit: str) -> str | None:
    """The full name of the version that `text` means besides a revision of Git, if it is at the same commit.

    Raises:
        UnknownReference: it is elsewhere, or it is not known where; anyone can push a tag with that name.
    """
    if text != "latest" and _number(text) is None:
        return None
    from mlgit.project.registry.read import read_registry

    versions = _versions(read_registry(project), text)
    if any(there != commit for _, there in versions):
        ref = "heads" if f"refs/heads/{text}" in project.branches else "tags"
        what = "branch" if ref == "heads" else "tag"
        names = [name for name, _ in versions] + [f"{ref}/{text}"]
        raise UnknownReference(
            f"`{text}` is a version and the name of a {what}", hint=f"choose one: {listed(names, None)}"
        )
    return versions[0][0] if len(versions) == 1 and versions[0][0] != text else None


def _number(text: str) -> Version | None:
    name = text.rpartition("@")[2]
    return Version.parse(name) or Version.parse(f"v{name}")


def _versions(registry: Registry, text: str) -> list[tuple[str, str | None]]:
    """The full names of the versions that `text` may mean, with their commits; None if one is lightweight."""
    models, number = registry.models.values(), _number(text)
    if text == "latest":
        newest = [(state.name, state.latest) for state in models]
        return [(f"{name}@latest", each.commit) for name, each in newest if each is not None]
    if number is None:
        return []
    owner = text.rpartition("@")[0]
    every = [(state.name, each) for state in models if (each := state.find(number)) is not None]
    found: dict[str, str | None] = {f"{name}@{number}": each.commit for name, each in every}
    for tag in registry.ignored:
        parsed = parse_tag(tag)
        if parsed is not None and parsed.version == number and parsed.action == "register":
            found.setdefault(f"{parsed.model}@{number}", None)
    return [each for each in found.items() if not owner or each[0].rpartition("@")[0] == owner]


def _holds(environment: object) -> bool:
    return getattr(environment, "commit", None) is not None


def experiment(project: Project, text: str) -> str | None:
    """The commit of the DVC experiment of that name.

    Raises:
        UnknownReference: several have it.
    """
    from mlgit.adapters.git.refs import list_refs

    hits = {
        oid
        for ref, oid in list_refs(project.git, "refs/exps/").items()
        if (found := _EXPERIMENT.fullmatch(ref)) is not None and found[1] == text
    }
    if len(hits) > 1:
        names = listed(sorted(oid[:7] for oid in hits), None)
        raise UnknownReference(
            f"`{text}` is the name of {len(hits)} experiments", hint=f"choose one: {names}"
        )
    return next(iter(hits), None)


def unknown(project: Project, text: str) -> UnknownReference:
    """The error for a text that names nothing, with what to write instead."""
    from mlgit.project.registry.completeness import doubts, unknown_here
    from mlgit.project.registry.read import read_registry_tags

    registry, ignored = read_registry_tags(project)
    model = text.replace("#", "@").rpartition("@")[0]
    doubted = any(name.model == model for name in map(parse_tag, ignored) if name is not None)
    if doubted or doubts(project, {}).clone.known == "no":
        return unknown_here(project, f"`{text}`")
    revision = _of_git(project, text)
    if revision is not None:
        return revision
    models = registry.models
    if text in models and models[text].latest is not None:
        return UnknownReference(
            f"`{text}` is a model", hint=f"write one of its versions, such as `{text}@latest`"
        )
    known = [
        f"{name}@{each.version}"
        for name, state in models.items()
        for each in state.versions
        if not each.deregistered
    ]
    known += [f"{name}#{each}" for name, state in models.items() for each in state.environments]
    known += list(project.trunk_config.environments)
    known += [ref.removeprefix("refs/heads/") for ref in project.branches if ref.startswith("refs/heads/")]
    short = next((each for each in known if each in {f"{text}.0", f"{text}.0.0"}), None)
    return UnknownReference(
        f"`{text}` is not an environment, version or revision of this repository",
        hint=near(short or text, known) or "see `mlgit models` and `git branch --all`",
    )


def _of_git(project: Project, text: str) -> UnknownReference | None:
    """The error for what Git reads, but not as one commit that is here."""
    several = _several_commits(text)
    if several is not None:
        return several
    revision, colon, path = text.partition(":")
    if revision == "" and path.startswith("/"):
        message = f"No commit in this clone has `{path[1:]}` in its message"
        return UnknownReference(message, hint="see `git log --oneline --all`")
    if colon and path and project.commit(revision or "HEAD") is not None:
        hint = f"write only the commit: `{revision or 'HEAD'}`"
        return UnknownReference(f"`{text}` is a file, not a commit", hint=hint)
    branch = re.sub(r"(?i)@\{(?:u|upstream|push)\}$", "", text)
    if branch != text and (
        not branch or branch in {"@", "HEAD"} or f"refs/heads/{branch}" in project.branches
    ):
        hint = "run `git push -u origin HEAD`, or name the branch, such as `origin/main`"
        return UnknownReference(f"`{text}` is not known: the branch has no upstream", hint=hint)
    steps = _STEPS.fullmatch(text)
    if steps is None or project.commit(steps[1]) is None:
        return None
    message = f"`{steps[1]}` has no commit `{text}` in this clone"
    return UnknownReference(message, hint=f"see `git log --oneline {word(steps[1])}`")


def _several_commits(text: str) -> UnknownReference | None:
    start, dots, end = text.partition("..")
    if dots and not text.startswith(":/"):
        last = end.removeprefix(".") or "HEAD"
        hint = f"write one commit, such as `{last}`; `mlgit diff {word(text)}` compares both ends"
        alone = not start and not end.strip(".")
        return UnknownReference(
            f"`{text}` is a range of commits", hint="write one commit, such as `HEAD`" if alone else hint
        )
    found = re.fullmatch(r"\^(.+)|(.+)\^[!@-]\d*", text)
    if found is None:
        return None
    hint = f"write one commit, such as `{found[1] or found[2]}`"
    return UnknownReference(f"`{text}` is a set of commits", hint=hint)
