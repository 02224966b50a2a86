"""Desired state: the release that an environment's tags ask for, checked against their statements."""

from __future__ import annotations

from mlgit.core.deploy.deployment import Desired
from mlgit.core.record import NamedTuple
from mlgit.core.registry.state import EnvironmentState, ModelState, RegisteredVersion, TagFact, label_of
from mlgit.core.registry.statement import EnvironmentStatement
from mlgit.core.registry.tags import TagName, parse_tag
from mlgit.errors import AnswerNo, StateError, UnknownReference, UsageError


class Head(NamedTuple):
    """The release that an environment holds; `version` is None if its commit is not a version."""

    desired: Desired
    version: RegisteredVersion | None


def environment_tag(text: str, environment: str) -> TagName:
    """Parse a tag that asks for a deployment.

    Raises:
        UsageError: it is not a tag of that environment.
    """
    name = parse_tag(text)
    if name is None or name.environment is None:
        raise UsageError(f"`{text}` is not a tag of an environment", expected="a tag such as `tumor#prod#3`")
    if name.environment != environment:
        raise UsageError(
            f"`{text}` is a tag of `{name.environment}`, not of `{environment}`",
            hint=f"use `--env {name.environment}`",
        )
    return name


def superseding(state: ModelState, environment: str, tag: str) -> str | None:
    """The newer tag that supersedes `tag`; None if `tag` is the head of those that count.

    `state` is the model without the tags that do not count: such a tag supersedes nothing.

    Raises:
        AnswerNo: the tag does not count.
        StateError: the tag is half of a change, or cannot be read.
        UnknownReference: this clone does not have the tag.
    """
    refused = next((each for each in state.refused if each.fact.tag == tag), None)
    if refused is not None:
        raise refused.error()
    here = state.environment(environment)
    known = [fact.tag for change in here.changes for fact in (change.unassigned, change.assigned) if fact]
    if tag not in known:
        if here.doubt is not None:
            raise here.doubt.doubt()
        raise UnknownReference(f"There is no tag `{tag}` here", hint="run `git fetch --tags`")
    head = here.changes[-1]
    heads = {fact.tag for fact in (head.assigned, head.unassigned, here.holder) if fact is not None}
    return None if tag in heads else head.fact.tag


def desired_head(here: EnvironmentState) -> Head | None:
    """The release that an environment holds; None if it is empty.

    Raises:
        AnswerNo: a tag's statement does not match its name or commit.
        StateError: it is not known what the environment holds, or its release is not in this clone.
    """
    if here.doubt is not None:
        raise here.doubt.doubt()
    holder = here.holder
    if holder is None:
        return None
    version = here.version
    _check_environment_tag(here, holder, version)
    if version is not None and version.fact.statement is not None and version.statement is None:
        raise AnswerNo(
            f"The tag `{version.tag}` states something about another version, model or commit",
            hint="someone wrote or moved it by hand: release again",
        )
    change = next(change for change in reversed(here.changes) if change.assigned is holder)
    return Head(
        Desired(
            model=here.model,
            environment=here.environment,
            tag=holder.tag,
            oid=holder.oid,
            sequence=_sequence(here),
            action="rollback" if change.action == "rollback" else "promote",
            commit=holder.commit,
            version=None if version is None else str(version.version),
            release_tag=None if version is None else version.tag,
            release_oid=None if version is None else version.oid,
            previous=None if change.held is None else label_of(change.held, here.registered),
        ),
        version,
    )


def _sequence(here: EnvironmentState) -> int:
    """The highest number of a change that counts: others may take any number, and then vanish."""
    tags = (fact for change in here.changes for fact in (change.assigned, change.unassigned) if fact)
    return max((fact.name.counter or 0 for fact in tags), default=0)


def _check_environment_tag(
    here: EnvironmentState, holder: TagFact, version: RegisteredVersion | None
) -> None:
    statement = holder.statement
    if statement is None:
        return
    stated = isinstance(statement, EnvironmentStatement) and (statement.model, statement.environment)
    if stated != (here.model, here.environment):
        raise AnswerNo(
            f"The tag `{holder.tag}` states something about another model or environment",
            hint="someone wrote or moved it by hand: promote again",
        )
    named = statement.release if isinstance(statement, EnvironmentStatement) else None
    if named is None:
        return
    if version is None:
        raise StateError(
            f"`{holder.tag}` deploys `{named.tag}`, and that tag is not here", hint="run `git fetch --tags`"
        )
    if (named.tag, named.oid) != (version.tag, version.oid):
        raise AnswerNo(
            f"`{holder.tag}` was written for another `{named.tag}` than the one here",
            details=(f"stated {named.tag} {named.oid}", f"found  {version.tag} {version.oid}"),
            hint="someone replaced the release's tag: look at it, then promote again",
        )
