"""Promotion: which version a promotion takes, and whether it is allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.registry.completeness import lost_releases
from mlgit.core.registry.moves import departure, earlier_versions, held_last, qualified, require_history
from mlgit.core.registry.semver import Version
from mlgit.core.registry.state import Change, EnvironmentState, ModelState, RegisteredVersion, version_of
from mlgit.core.trust.marks import as_another
from mlgit.core.trust.newest_release import doubtful_refusal, lost_refusal, refused_releases
from mlgit.core.wording import cut, format_since, word, words
from mlgit.errors import Absent, AnswerNo, StateError, UnknownReference, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from mlgit.core.config.file import Environment
    from mlgit.core.registry.state import TagFact

_REASON = 60  # characters of a reason in one line


class NotQualified(AnswerNo):
    """A version was not in the environment that a promotion takes from, by the tags that are here."""


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
        StateError: only tags of environments name it, and its own is lost.
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
        lost = None if wanted is None else lost_releases(state).get(wanted)
        naming = next((each for each in state.refused if lost is not None and each.fact == lost), None)
        if naming is not None:
            raise naming.error()
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
        StateError: there is nothing to promote, or no tag registers the highest one any more.
    """
    if wanted is not None:
        return require_version(state, wanted)
    if environment.source is not None:
        source = state.environment(environment.source)
        if source.doubt is not None:
            raise source.doubt.doubt()
        if source.version is None:
            what = (
                f"no version of `{state.name}`" if source.commit is None else "a commit that is not a version"
            )
            raise Absent(
                f"`{environment.name}` is promoted from `{environment.source}`, which holds {what}",
                hint=f"run `mlgit promote {state.name} --to {environment.source}` first",
            )
        return source.version
    finals = [each for each in state.versions if each.version.final and not each.deregistered]
    refused = refused_releases(state)
    lost = lost_refusal(state)
    if lost is not None:
        raise lost.error()
    if not finals and refused:
        raise refused[-1].error()
    if not finals:
        raise _nothing_final(state, environment)
    return finals[-1]


def _nothing_final(state: ModelState, environment: Environment) -> StateError:
    """Nothing to promote: everything final is deregistered, or nothing final was released yet."""
    rejected = [each for each in state.versions if each.version.final]
    if rejected:
        from mlgit.core.registry.entries import rejection_notes

        return StateError(
            f"Every final version of `{state.name}` is deregistered",
            details=rejection_notes(rejected[-1]),
            hint=f"train another model, then run `mlgit release {state.name}`",
        )
    if not state.versions:
        hint = f"run `mlgit release {word(state.name)}` first"
        return Absent(f"There is no version of `{state.name}` to promote yet", hint=hint)
    hint = f"run `mlgit release {word(state.name)}`"
    if environment.pre:
        named = f"{state.name}@{state.versions[-1].version}"
        hint += f", or `{words(('mlgit', 'promote', named, '--to', environment.name))}`"
    return Absent(f"There are only pre-releases of `{state.name}`", hint=hint)


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
            details=() if version.rejection_counts else (uncounted_rejection(version),),
            hint=end_of_rejection(version) or "promote another version",
        )
    require_not_rejected(state, version)
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
        change = departure(version.commit, state.environment(source))
        left = None if change is None else "taken out of" if change.action == "unassign" else "rolled back in"
        why = "has not been in" if left is None else f"was {left}"
        raise NotQualified(f"`{label}` {why} `{source}`, which comes before `{environment.name}`", hint=first)
    if not downgrade:
        _require_not_lower(state, environment.name, version)


def require_not_rejected(state: ModelState, version: RegisteredVersion, *, instead: str = "") -> None:
    """Refuse to promote a version, or to put it back, whose commit was rejected as another one.

    What was in an environment before that counts, but only by its date, which anyone may choose for a tag.

    Raises:
        AnswerNo: it was, by tags that count.
    """
    here = state.at_commit(version.commit)
    other = next((each for each in here if each.withdrawn and each.tag != version.tag), None)
    if other is not None:
        raise AnswerNo(
            f"`{version.tag}` cannot be promoted or put back: {as_another(other)}",
            hint=f"if `{other.tag}` is the mistake, delete it and `{other.tag}!` here and on the remote; "
            f"otherwise {instead or f'promote another version of `{state.name}`'}",
        )


def _require_not_lower(state: ModelState, name: str, version: RegisteredVersion) -> None:
    """Refuse a version lower than the one that is there, or that was there last if it is empty."""
    here, last = _higher(state, name)
    if here is not None and version.version < here.version:
        there = state.environment(name)
        doubt = there.doubt
        held = "held last" if last else "holds"
        if doubt is not None:
            held = f"held by the tags before `{doubt.fact.tag}`, which does not count"
        label = f"{state.name}@{version.version}"
        back = words(("mlgit", "rollback", label, "--env", name, "-m", "REASON"))
        way = f"run `{back}` to go back, or " if version in earlier_versions(there, state) else ""
        raise AnswerNo(
            f"`{label}` is lower than `{here.version}`, which `{name}` {held}",
            hint=f"{way}add `--downgrade` to promote it anyway",
        )


def _higher(state: ModelState, name: str) -> tuple[RegisteredVersion | None, bool]:
    """The version that a promotion is compared with, and whether the environment is empty since it."""
    there = state.environment(name)
    last = held_last(there, state)
    return (there.version if last is None else version_of(last[0], there.registered)), last is not None


def promotion_command(state: ModelState, name: str, version: RegisteredVersion) -> str:
    """The command that promotes a version, also if it is lower than the one there."""
    here, _ = _higher(state, name)
    lower = here is not None and version.version < here.version
    command = f"mlgit promote {state.name}@{version.version} --to {word(name)}"
    return f"{command} --downgrade" if lower else command


def require_changeable(here: EnvironmentState, version: str | None) -> None:
    """Refuse to change an environment while its newest tag cannot be read, or is half of another change.

    Raises:
        StateError: it is not known what the environment holds.
    """
    doubt = here.doubt
    if doubt is not None and doubt.unread and (version is None or doubt.stated != version):
        raise doubt.doubt()


def uncounted_rejection(version: RegisteredVersion) -> str:
    tag = "" if version.rejected is None else version.rejected.tag
    return f"the tag `{tag}` does not count, but keeps its version out of environments"


def end_of_rejection(version: RegisteredVersion) -> str | None:
    """What ends a rejection that does not count; None if it counts."""
    if version.rejection_counts or version.rejected is None:
        return None
    return f"if that was a mistake, delete `{version.rejected.tag}` here and on the remote"


def was_taken_out(environment: EnvironmentState, version: RegisteredVersion) -> Change | None:
    """The newest change that took a version out of an environment, if there is one."""
    return next((each for each in reversed(environment.changes) if each.before == version.commit), None)


def same_model_note(
    version: RegisteredVersion,
    other: RegisteredVersion,
    change: Change | None,
    environment: str,
    now: datetime,
) -> str:
    """The note that the model of a version is that of another one, which a change took out of `environment`.

    Without a change, the other one is deregistered.
    """
    fact = other.rejected if change is None else change.fact
    assert fact is not None  # noqa: S101 (it is deregistered, or a change took it out)
    did = "deregistered" if change is None else f"took out of `{environment}`"
    if change is not None and change.action == "rollback":
        did = f"rolled back in `{environment}`"
    who = f"{fact.tagger} {did} {when_and_why(fact, now)}"
    return f"{version.version} is the same model as {other.version}, which {who}"


def when_and_why(fact: TagFact, now: datetime) -> str:
    """For example `3 min ago: "false alarms"`."""
    reason = fact.parsed_summary.reason
    return format_since(fact.at, now) + (f': "{cut(reason, _REASON)}"' if reason else "")
