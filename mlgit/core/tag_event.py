"""Tag event: what a pushed tag means, whether it is what it says, and what follows from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from mlgit.core.record import record
from mlgit.core.statement import MARK, EnvironmentStatement, ReleaseStatement, encode, parse_message

if TYPE_CHECKING:
    from mlgit.core.deployment import DeployReport, State
    from mlgit.core.registry import ModelState, RegisteredVersion, TagFact
    from mlgit.core.statement import Statement
    from mlgit.core.tags import Action

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
_SIGNATURE = "-----BEGIN "

ProofState = Literal["pass", "fail", "skip"]


@record
class Proof:
    """One thing that was held against the repository; `skip` when there was nothing to hold."""

    tag: str
    check: str
    state: ProofState
    message: str


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


class Stated(NamedTuple):
    """The statement in a message, and what is wrong with it; neither when there is none."""

    statement: Statement | None
    problem: str | None


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


def stated(message: str) -> Stated:
    """The statement of a tag's message, held against the one way in which mlgit writes it."""
    head, mark, rest = f"\n{message}".rpartition(f"\n{MARK}\n")
    if not mark:
        return Stated(None, None)
    statement = parse_message(message)
    if statement is None or not head.strip():
        return Stated(None, "its statement cannot be understood")
    line, _, following = rest.partition("\n")
    if encode(statement) != line:
        return Stated(statement, "its statement is not written canonically, or has fields of its own")
    if following.strip() and not following.startswith(_SIGNATURE):
        return Stated(statement, "something follows its statement")
    return Stated(statement, None)


def claims_problem(fact: TagFact, statement: Statement) -> str | None:
    """Where a statement and the tag that it stands in differ."""
    name = fact.name
    if isinstance(statement, ReleaseStatement):
        if name.action != "register":
            return "it is no release, and states one"
        claimed: tuple[object, ...] = (statement.model, statement.version, statement.commit)
        found: tuple[object, ...] = (name.model, str(name.version), fact.commit)
    else:
        if name.environment is None:
            return "it is about no environment, and states one"
        if name.action == "assign" and statement.action == "unassign":
            return "it puts a version there, and states that one was taken out"
        claimed = (statement.model, statement.environment, statement.sequence)
        found = (name.model, name.environment, name.counter)
    differing = [
        f"{each} instead of {other}" for each, other in zip(claimed, found, strict=True) if each != other
    ]
    return f"it states {', '.join(differing)}" if differing else None


def release_problem(fact: TagFact, statement: EnvironmentStatement, state: ModelState) -> str | None:
    """Why an environment's tag and the release that it names do not fit together."""
    named = statement.release
    if named is None:
        return None
    found = next((each for each in state.facts if each.tag == named.tag), None)
    if found is None or found.name.action != "register":
        return f"it names the release `{named.tag}`, which is not there"
    if found.oid != named.oid:
        return (
            f"it names another `{named.tag}` ({named.oid[:7]}) than the one that is there ({found.oid[:7]})"
        )
    if str(found.name.version) != statement.version:
        return f"it states {statement.version}, and its release is `{named.tag}`"
    if fact.name.action == "assign" and found.commit != fact.commit:
        return f"it stands on {fact.commit[:7]}, and its release `{named.tag}` on {found.commit[:7]}"
    return None


def version_of_tag(fact: TagFact, state: ModelState) -> RegisteredVersion | None:
    """The version that a tag is about."""
    if fact.name.version is not None:
        return state.find(fact.name.version)
    here = state.at_commit(fact.commit)
    said = fact.gist.version if fact.name.action == "assign" else None
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
