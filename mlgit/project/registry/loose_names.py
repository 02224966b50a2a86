"""Loose names: what an incomplete name means, such as `v1.2.0` alone, or the error for an unknown one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlgit.core.registry.semver import Version
from mlgit.core.wording import listed, near, word
from mlgit.errors import UnknownReference, UsageError

if TYPE_CHECKING:
    from mlgit.project.open import Project

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

    owner, _, name = text.rpartition("@")
    number = Version.parse(name) or Version.parse(f"v{name}")
    models = read_registry(project).models
    if number is not None:
        names = [f"{state.name}@{number}" for state in models.values() if state.find(number) is not None]
        names = [each for each in names if not owner or each.rpartition("@")[0] == owner]
    elif text == "latest":
        names = [f"{state.name}@latest" for state in models.values() if state.latest is not None]
    else:
        names = [f"{state.name}#{text}" for state in models.values() if _holds(state.environments.get(text))]
    if len(names) > 1:
        raise UnknownReference(f"Several models have `{text}`", hint=f"choose one: {listed(names, None)}")
    return names[0] if names and names[0] != text else None


def _holds(environment: object) -> bool:
    return getattr(environment, "commit", None) is not None


def unknown(project: Project, text: str) -> UnknownReference:
    """The error for a text that names nothing, with what to write instead."""
    from mlgit.core.registry.tags import parse_tag
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
    known = [f"{name}@{each.version}" for name, state in models.items() for each in state.versions]
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
