"""Tag event: the meaning of a pushed tag, whether it is verified, and its deployment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mlgit.core.record import record
from mlgit.core.registry.tags import parse_tag
from mlgit.core.wording import listed, word
from mlgit.errors import Exit

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlgit.core.deploy.deployment import DeployReport, State
    from mlgit.core.registry.state import EnvironmentState, ModelState, RegisteredVersion, TagFact
    from mlgit.core.registry.tags import Action
    from mlgit.core.trust.proof import Proof

Event = Literal["registration", "deregistration", "assignment", "unassignment", "deprecation"]
EVENTS: dict[Action, Event] = {
    "register": "registration",
    "deregister": "deregistration",
    "assign": "assignment",
    "unassign": "unassignment",
    "deprecate": "deprecation",
}
OUTPUTS = (
    *("event", "name", "version", "stage", "type", "path", "description"),
    *("environment", "tag", "commit", "deploy", "superseded"),
)
"""The first line has gto-action's names, so that its workflows continue to work; the second is mlgit's."""
# In bytes: GitLab refuses a dotenv file of more than 5 KB.
_LONGEST_DESCRIPTION = 2_000


@record
class TagDeployment:
    """The result of a deployment; `recorded`: the forge has it, too."""

    state: State
    exit_code: int = Exit.DONE
    before: str | None = None
    superseded_by: str | None = None
    message: str | None = None
    hint: str | None = None
    recorded: bool = False
    notes: tuple[str, ...] = ()


@record
class TagEvent:
    """The meaning of a tag.

    `version` is None for a commit without a version, `environment` for a tag without one. `type`, `path` and
    `description` are the model's annotation. `deploy`: the tag is verified, and its environment holds it now.
    `superseded` is the tag that replaces it.
    """

    tag: str
    event: Event
    name: str
    version: str | None = None
    environment: str | None = None
    commit: str | None = None
    type: str | None = None
    path: str | None = None
    description: str | None = None
    verified: bool = False
    deploy: bool = False
    superseded: str | None = None
    proofs: tuple[Proof, ...] = ()
    deployment: TagDeployment | None = None
    notes: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """1 if the tag is not verified, otherwise that of the deployment."""
        if not self.verified:
            return Exit.BLOCKED
        return Exit.DONE if self.deployment is None else self.deployment.exit_code


def newest_change(found: TagEvent, read: Callable[[str], TagEvent]) -> TagEvent:
    """The tag to deploy for `found`: the newest assignment of its environment; `found` if that is empty now.

    A forge may cancel the job of a newer tag when the job of an older one comes to the queue after it: of
    those that wait for an environment, GitHub keeps the last. So any job must be enough for all tags.
    """
    newest = found
    while newest.verified and newest.event == "assignment" and newest.superseded is not None:
        newest = read(newest.superseded)
    return newest if newest.event == "assignment" else found


def outputs_of(event: TagEvent | None) -> dict[str, str]:
    """The values for later jobs; all empty for a tag that does not count."""
    if event is None or not event.verified:
        return {name: "false" if name == "deploy" else "" for name in OUTPUTS}
    values = {
        "event": event.event,
        "name": event.name,
        # As in gto: a commit without a version is named by its id.
        "version": event.version or (event.commit if event.environment is not None else None),
        # As in gto-action: a job that reads the stage wants to deploy there.
        "stage": event.environment if event.event == "assignment" else None,
        "type": event.type,
        "path": event.path,
        "description": (event.description or "")
        .encode(errors="ignore")[:_LONGEST_DESCRIPTION]
        .decode(errors="ignore"),
        "environment": event.environment,
        "tag": event.tag,
        "commit": event.commit,
        "deploy": "true" if event.deploy else "false",
        "superseded": event.superseded,
    }
    return {name: values[name] or "" for name in OUTPUTS}


def version_of_tag(fact: TagFact, state: ModelState) -> RegisteredVersion | None:
    """The version that a tag is about."""
    if fact.name.version is not None:
        return state.find(fact.name.version)
    here = state.at_commit(fact.commit)
    version = fact.parsed_summary.version if fact.name.action == "assign" else None
    return next((each for each in here if str(each.version) == version), here[-1] if here else None)


def uncounted_changes(fact: TagFact, accepted: ModelState) -> tuple[str, ...]:
    """What a tag's run says about newer tags of its environment that do not count."""
    environment = fact.name.environment
    if environment is None:
        return ()
    here = accepted.environment(environment)
    refused = {
        each.fact.tag: each.fact for each in accepted.refused if each.fact.name.environment == environment
    }
    if here.holder is None or here.holder.tag != fact.tag:
        return ()
    newer = [tag for tag, each in refused.items() if (each.name.counter or 0) > (fact.name.counter or 0)]
    if not newer:
        return ()
    verb = "does not count and changes" if len(newer) == 1 else "do not count and change"
    return (f"{listed(newer)} {verb} nothing; `mlgit doctor` shows why",)


def effect_of_refused(tag: str, accepted: ModelState, *, superseded: str | None = None) -> str:
    """What a tag that the job refuses changes all the same; `accepted` has only tags that count.

    A tag counts for the other commands although a check of the job failed, such as that of the gates.
    """
    name = parse_tag(tag)
    environment = None if name is None else name.environment
    here = accepted.environment(environment or "")
    if all(each.tag != tag for each in accepted.facts):
        return _effect_of_uncounted(tag, here)
    if superseded is not None:
        return f"`{superseded}` superseded it"
    if name is not None and name.action == "register":
        command = f"mlgit deregister {word(f'{name.model}@{name.version}')} -m REASON"
        return f"Other commands, such as `mlgit get`, take it all the same; to end that, run `{command}`"
    if here.holder is not None and here.holder.tag == tag:
        command = f"mlgit rollback {word(accepted.name)} --env {word(here.environment)} -m REASON"
        return (
            f"`{environment}` holds {here.label} by this tag, and other commands deploy it all the same; "
            f"to end that, run `{command}`"
        )
    return "Other commands count it all the same"


def _effect_of_uncounted(tag: str, here: EnvironmentState) -> str:
    if here.doubt is not None and here.doubt.fact.tag == tag:
        return f"It leaves unknown what `{here.environment}` holds; `mlgit doctor` shows what ends that"
    if here.doubt is None and here.holder is not None:
        return f"`{here.environment}` does not change: `{here.holder.tag}` decides what it holds"
    return "It changes nothing"


def deployment_of(report: DeployReport, *, recorded: bool) -> TagDeployment | None:
    """The one deployment that a tag asked for; None if there was none."""
    if not report.deployments:
        return None
    found = report.deployments[0]
    failure = found.failure
    return TagDeployment(
        state=found.state,
        exit_code=report.exit_code,
        before=found.before,
        superseded_by=found.superseded_by,
        message=None if failure is None else failure.message,
        hint=None if failure is None else failure.hint,
        recorded=recorded,
        notes=found.notes,
    )
