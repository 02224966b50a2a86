"""Promotion: which version a promotion or rollback takes, and whether it is allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.registry.completeness import doubtful_refusal, refused_releases
from mlgit.core.registry.moves import held_last, qualified, require_history, stack
from mlgit.core.registry.semver import Version
from mlgit.core.registry.state import EnvironmentState, ModelState, RegisteredVersion, version_of
from mlgit.core.wording import listed, word
from mlgit.errors import AnswerNo, StateError, UnknownReference, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mlgit.core.config.file import Environment
    from mlgit.core.registry.state import Refusal, TagFact


def split_target(text: str) -> tuple[str, str | None]:
    """Split `tumor@v1.2.0` into the model and the text after `@`, which is None without an `@`."""
    model, at, version = text.rpartition("@")
    return (model, version) if at else (text, None)


def wanted_version(text: str) -> Version:
    """Parse a version that the user wrote; the `v` may be left out.

    Raises:
        UsageError: it is not a version.
    """
    version = Version.parse(text) or Version.parse(f"v{text}")
    if version is None:
        short = Version.parse(f"v{text.removeprefix('v')}.0") or Version.parse(
            f"v{text.removeprefix('v')}.0.0"
        )
        hint = None if short is None else f"write all three numbers, such as `{short}`"
        raise UsageError(
            f"`{text}` is not a version", expected="a semantic version such as `v1.2.0`", hint=hint
        )
    return version


def require_version(state: ModelState, text: str) -> RegisteredVersion:
    """The registered version that `text` (`v1.2.0` or `latest`) names.

    Raises:
        AnswerNo: its tag does not count, or that of a newer one if it is `latest`.
        UnknownReference: it is not registered.
    """
    doubt = doubtful_refusal(state) if text == "latest" else None
    if doubt is not None:
        raise doubt.error()
    wanted = None if text == "latest" else wanted_version(text)
    found = state.latest if wanted is None else state.find(wanted)
    if found is None:
        refused = [each for each in refused_releases(state) if each.fact.name.version == wanted]
        if refused:
            raise refused[-1].error()
        raise UnknownReference(
            f"There is no version `{text}` of `{state.name}`", hint=f"run `mlgit show {state.name}`"
        )
    return found


def require_counting(accepted: ModelState, here: Sequence[RegisteredVersion]) -> None:
    """Refuse to take a version of a commit for released whose tag does not count.

    Raises:
        StateError: there is one.
    """
    tags = {version.fact.tag: version.commit for version in here}
    for refusal in accepted.refused:
        if refusal.fact.tag in tags:
            raise StateError(
                f"`{refusal.fact.tag}` is at this commit ({tags[refusal.fact.tag][:7]}) and does not count: "
                f"{refusal.why}",
                hint=f"run `mlgit release {accepted.name} --commit`, which adds an empty commit",
            )


def choose_version(state: ModelState, environment: Environment, wanted: str | None) -> RegisteredVersion:
    """The version to promote: the named one, or the one that `from` holds, or the highest final one.

    Raises:
        AnswerNo: the tag of the named one or of the one in `from` does not count.
        UnknownReference: the named one is not registered.
        StateError: there is nothing to promote.
    """
    if wanted is not None:
        return require_version(state, wanted)
    if environment.source is not None:
        source = state.environment(environment.source)
        if source.doubt is not None:
            raise source.doubt.doubt()
        if source.version is None:
            what = f"nothing of `{state.name}`" if source.commit is None else "a commit that is not a version"
            raise StateError(
                f"`{environment.source}`, from where `{environment.name}` is promoted, holds {what}",
                hint=f"run `mlgit promote {state.name} --to {environment.source}` first",
            )
        return source.version
    finals = [each for each in state.versions if each.version.final and not each.deregistered]
    refused = refused_releases(state)
    if not finals and refused:
        raise refused[-1].error()
    if not finals:
        raise StateError(
            f"There is no final version of `{state.name}` to promote",
            hint=f"run `mlgit release {state.name}`, or name one: `mlgit promote {state.name}@VERSION`",
        )
    return finals[-1]


def check_promotion(
    state: ModelState, environment: Environment, version: RegisteredVersion, *, downgrade: bool
) -> None:
    """Check the rules of a promotion; gates are evaluated only after this.

    Raises:
        AnswerNo: it was rejected, is a pre-release, has not been in `from`, or is lower than the current one.
        StateError: it is not known what `from` holds: its newest tag may have rolled the version back.
    """
    label = f"{state.name}@{version.version}"
    if version.deregistered:
        raise AnswerNo(
            f"`{label}` is deregistered and cannot be promoted",
            details=() if version.rejection_counts else (_uncounted_rejection(version),),
            hint=_end_of_rejection(version) or "promote another version",
        )
    if not version.version.final and not environment.pre:
        raise AnswerNo(
            f"`{label}` is a pre-release, and `{environment.name}` does not accept pre-releases",
            hint=f"release the final version, or declare `pre: true` for `{environment.name}`",
        )
    source = environment.source
    doubt = None if source is None else state.environment(source).doubt
    if doubt is not None:
        raise doubt.doubt()
    if source is not None and version.commit not in qualified(state.environment(source)):
        first = f"run `mlgit promote {label} --to {word(source)}` first"
        require_history(state, source, otherwise=first, version=str(version.version))
        raise AnswerNo(
            f"`{label}` does not qualify for `{environment.name}`: it is not in `{source}` and did not "
            "leave it by a later promotion",
            hint=first,
        )
    if not downgrade:
        _require_not_lower(state, environment.name, version)


def _require_not_lower(state: ModelState, name: str, version: RegisteredVersion) -> None:
    """Refuse a version lower than the one that is there, or that was there last if it is empty."""
    there = state.environment(name)
    last = held_last(there, state)
    here = there.version if last is None else version_of(last[0], there.registered)
    if here is not None and version.version < here.version:
        raise AnswerNo(
            f"`{state.name}@{version.version}` is lower than `{here.version}`, which `{name}` "
            f"{'holds' if last is None else 'held last'}",
            hint="use `mlgit rollback` to go back, or `--downgrade` to promote it anyway",
        )


def require_changeable(here: EnvironmentState, version: str | None) -> None:
    """Refuse to change an environment while its newest tag cannot be read, or is half of another change.

    Raises:
        StateError: it is not known what the environment holds.
    """
    doubt = here.doubt
    if doubt is not None and doubt.unread and (version is None or doubt.stated != version):
        raise doubt.doubt()


def rollback_target(
    state: ModelState,
    environment: EnvironmentState,
    to: str | None = None,
    *,
    counts: Callable[[RegisteredVersion], bool] = lambda _: True,
) -> RegisteredVersion:
    """The version a rollback takes the environment to.

    Where the newest tag is refused, that is what counted before it, even if that is what the tag states.
    `counts` says whether a promotion that counts put a version there.

    Raises:
        StateError: there is no earlier version, or `to` is not one of them.
        AnswerNo: `to` is deregistered.
    """
    candidates, name = _candidates(state, environment), environment.environment
    if to is not None:
        wanted = require_version(state, to)
        if wanted.deregistered:
            raise AnswerNo(
                f"`{state.name}@{wanted.version}` is deregistered and cannot be put back",
                details=() if wanted.rejection_counts else (_uncounted_rejection(wanted),),
                hint=_end_of_rejection(wanted),
            )
        if wanted not in candidates or not counts(wanted):
            promote = f"run `mlgit promote {state.name}@{wanted.version} --to {word(name)}`"
            require_history(state, name, otherwise=promote, version=str(wanted.version))
            raise StateError(f"`{name}` cannot go back to `{state.name}@{wanted.version}`", hint=promote)
        return wanted
    usable = (each for each in candidates if not each.deregistered and counts(each))
    found = next(usable, None)
    named = f"name the version: `mlgit rollback {state.name} --env {word(name)} --to VERSION -m REASON`"
    require_history(state, name, otherwise=named, after=found and found.commit)
    if found is None:
        raise _nothing_before(state, environment, [each for each in candidates if each.deregistered])
    return found


def _candidates(state: ModelState, environment: EnvironmentState) -> list[RegisteredVersion]:
    """What an environment held before, the newest first."""
    left = environment.commit if environment.doubt is None else None
    earlier = [commit for commit in stack(environment) if commit != left]
    registered = {each.commit: each for each in state.versions}
    # If a commit has two versions, the statement of the environment's own tag decides.
    for change in environment.changes:
        stated = change.assigned and version_of(change.assigned, environment.registered)
        if stated is not None:
            registered[stated.commit] = state.find(stated.version) or stated
    return [registered[commit] for commit in reversed(earlier) if commit in registered]


def _nothing_before(
    state: ModelState, environment: EnvironmentState, rejected: Sequence[RegisteredVersion]
) -> StateError:
    name = environment.environment
    if rejected:
        first = rejected[0]
        return StateError(
            f"Every version that `{name}` can go back to is deregistered: "
            f"{listed(each.tag for each in rejected)}",
            details=() if first.rejection_counts else (_uncounted_rejection(first),),
            hint=_end_of_rejection(first) or f"run `mlgit promote {state.name}@VERSION --to {word(name)}`",
        )
    refused = refused_assignments(state, environment)[-1:]
    hint = f"promote another one, or run `mlgit unassign {word(state.name)} --env {word(name)}`"
    before = "" if environment.label is None else f" before {environment.label}"
    return StateError(
        f"`{name}` has no version of `{state.name}`{before} to go back to",
        details=tuple(each.sentence for each in refused),
        hint=refused[0].hint if refused else hint,
    )


def _uncounted_rejection(version: RegisteredVersion) -> str:
    tag = "" if version.rejected is None else version.rejected.tag
    return f"the tag `{tag}` does not count, but keeps its version out of environments"


def _end_of_rejection(version: RegisteredVersion) -> str | None:
    """What ends a rejection that does not count; None if it counts."""
    if version.rejection_counts or version.rejected is None:
        return None
    return f"if that was a mistake, delete `{version.rejected.tag}` here and on the remote"


def passed_over(
    state: ModelState, environment: EnvironmentState, target: RegisteredVersion
) -> tuple[str, ...]:
    """The note of a rollback that goes further back because tags in between do not count."""
    assigned = (each.assigned for each in environment.changes)
    there = [_counter(fact) for fact in assigned if fact is not None and fact.commit == target.commit]
    between = [
        each.fact.tag
        for each in refused_assignments(state, environment)
        if max(there, default=0) < _counter(each.fact)
    ]
    if not between:
        return ()
    verb = "does not count and is" if len(between) == 1 else "do not count and are"
    return (f"{listed(between)} {verb} skipped; `mlgit doctor` shows why",)


def refused_assignments(state: ModelState, environment: EnvironmentState) -> tuple[Refusal, ...]:
    """The assignments before the environment's newest change that do not count, by ascending counter."""
    newest = max((_counter(each.fact) for each in environment.changes), default=0)
    found = [
        each
        for each in state.refused
        if each.fact.name.action == "assign"
        and each.fact.name.environment == environment.environment
        and _counter(each.fact) < newest
    ]
    return tuple(sorted(found, key=lambda each: _counter(each.fact)))


def _counter(fact: TagFact) -> int:
    return fact.name.counter or 0
