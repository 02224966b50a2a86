"""Tag event: what a pushed tag means, whether it is what it says, and what follows from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from mlgit.core.record import record

if TYPE_CHECKING:
    from mlgit.core.deploy.deployment import DeployReport, State
    from mlgit.core.registry.state import ModelState, RegisteredVersion, TagFact
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
"""The first line has gto-action's names, so that workflows made for it go on working; the second is ours."""
# In bytes: GitLab refuses a dotenv file of more than 5 KB.
_LONGEST_DESCRIPTION = 2_000


@record
class TagDeployment:
    """What became of a deployment; `recorded` says whether the forge knows of it."""

    state: State
    exit_code: int = 0
    before: str | None = None
    superseded_by: str | None = None
    message: str | None = None
    hint: str | None = None
    recorded: bool = False
    notes: tuple[str, ...] = ()


@record
class TagEvent:
    """What a tag means.

    `version` is None for a commit that is no version, `environment` where the tag is about none. `type`,
    `path` and `description` are the model's annotation. `deploy` says that the tag is verified and is what
    its environment holds now; `superseded` is the tag that counts instead.
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
        """1 when the tag is not what it says, else that of the deployment."""
        if not self.verified:
            return 1
        return 0 if self.deployment is None else self.deployment.exit_code


def outputs_of(event: TagEvent | None) -> dict[str, str]:
    """Values for the jobs that follow; all empty for a tag that does not count."""
    if event is None or not event.verified:
        return {name: "false" if name == "deploy" else "" for name in OUTPUTS}
    values = {
        "event": event.event,
        "name": event.name,
        # As gto has it: a commit that is no version goes by its own id.
        "version": event.version or (event.commit if event.environment is not None else None),
        # As gto-action has it: a job that asks for a stage wants to put something there.
        "stage": event.environment if event.event == "assignment" else None,
        "type": event.type,
        "path": event.path,
        "description": _cut(event.description or ""),
        "environment": event.environment,
        "tag": event.tag,
        "commit": event.commit,
        "deploy": "true" if event.deploy else "false",
        "superseded": event.superseded,
    }
    return {name: values[name] or "" for name in OUTPUTS}


def _cut(text: str) -> str:
    return text.encode(errors="ignore")[:_LONGEST_DESCRIPTION].decode(errors="ignore")


def version_of_tag(fact: TagFact, state: ModelState) -> RegisteredVersion | None:
    """The version that a tag is about."""
    if fact.name.version is not None:
        return state.find(fact.name.version)
    here = state.at_commit(fact.commit)
    said = fact.parsed_summary.version if fact.name.action == "assign" else None
    return next((each for each in here if str(each.version) == said), here[-1] if here else None)


def deployment_of(report: DeployReport, *, recorded: bool) -> TagDeployment | None:
    """The one deployment that a tag asked for, in short."""
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
