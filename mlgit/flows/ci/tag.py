"""Tag job: verify a pushed tag, report what it means, and deploy it if asked to."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.core.ci.tag_event import (
    EVENTS,
    TagEvent,
    deployment_of,
    effect_of_refused,
    newest_change,
    uncounted_changes,
    version_of_tag,
)
from mlgit.core.forge.hosts import HOSTS
from mlgit.core.registry.tags import TAGS, TagName, parse_tag
from mlgit.core.trust.proof import Proof
from mlgit.errors import ConfigError, MlgitError, StateError, ToolError, UsageError
from mlgit.project.deploy.desired_state import superseding
from mlgit.project.deploy.targets import trunk_targets
from mlgit.project.history import unshallow
from mlgit.project.pipeline.evidence import evidence
from mlgit.project.registry.read import read_model
from mlgit.project.release.fetching import refresh, refresh_compared
from mlgit.project.release.tag_rules import prove_rules
from mlgit.project.trust.accept import accept
from mlgit.project.trust.tag_proof import fetch_tag, find_tag, prove_tag

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgit.core.ci.event import CiEvent
    from mlgit.core.deploy.deployment import DeployReport
    from mlgit.core.forge.protocol import DeploymentState, Forge, ForgeDeployment
    from mlgit.core.progress import Progress
    from mlgit.core.registry.state import ModelState, TagFact
    from mlgit.project.open import Project

_EXPECTED = "a tag such as `tumor@v1.2.3`, `tumor@v1.2.3!`, `tumor#prod#3` or `tumor#prod!#3`"


class _Malformed(StateError):  # noqa: N818
    """A name that is not a model tag."""

    code = "malformed_tag"


def read_tag_event(project: Project, ref: str | None, *, event: CiEvent | None) -> TagEvent:
    """Report what a tag (None: that of this run) means, after every check that the repository allows.

    Raises:
        UsageError: no tag is given.
        StateError: the name is not a model tag, the remote does not have the tag, or what its environment
            holds is not known.
        ToolError: the remote does not answer.
    """
    tag, name = _named(ref, event)
    # A runner's checkout serves only this run; on a laptop, a local tag may be someone's work.
    fetch_tag(project, tag, force=event is not None)
    refresh(project, name.model)
    unshallow(project)  # what was there before a tag, and under which name, is in the history
    refresh_compared(project, name.model)
    state = read_model(project, name.model)
    found = find_tag(project, tag)
    known = TagEvent(tag=tag, event=EVENTS[name.action], name=name.model, environment=name.environment)
    if isinstance(found, Proof):
        version = None if name.version is None else str(name.version)
        note = effect_of_refused(tag, accept(project, state, local=False, fetch=True))
        return replace(known, version=version, proofs=(found,), notes=(note,))
    return _verified(project, known, found, state)


def deploy_tag(
    project: Project,
    found: TagEvent,
    *,
    event: CiEvent | None,
    variables: Mapping[str, str],
    progress: Progress,
) -> TagEvent:
    """Deploy what a verified assignment asks for, or the newest one that superseded it, and record it.

    Raises:
        MlgitError: the deployment could not begin; the forge records a failure.
    """
    own = found.tag
    found = newest_change(found, lambda tag: read_tag_event(project, tag, event=event))
    if found.tag != own:
        text = f"This is the run of `{own}`, which `{found.tag}` superseded"
        found = replace(found, notes=(*found.notes, text))
    if not found.deploy or found.environment is None or found.commit is None:
        return found
    if found.environment not in trunk_targets(project):
        text = f"Nothing was deployed: `deploy:` on trunk does not declare `{found.environment}`"
        return replace(found, notes=(*found.notes, text))
    from mlgit.operations.deploy import deploy

    record = _Recorder(found, event=event, variables=variables)
    record.start()
    try:
        report = deploy(project, found.environment, model=found.name, tag=found.tag, progress=progress)
    except MlgitError as error:
        record.end("failure", error.message)
        raise
    record.end(_forge_state(report))
    return replace(
        found, deployment=deployment_of(report, recorded=record.recorded), notes=(*found.notes, *record.notes)
    )


def _named(ref: str | None, event: CiEvent | None) -> tuple[str, TagName]:
    """The tag, matched in full before it is used."""
    text = ref or (None if event is None else event.tag)
    if text is None:
        raise UsageError("No tag given", hint="run `mlgit ci tag TAG`")
    tag = text.removeprefix(TAGS)
    name = parse_tag(tag)
    if name is None:
        raise _Malformed(f"`{tag}` is not a model tag", expected=_EXPECTED, hint="it changes nothing")
    return tag, name


def _verified(project: Project, known: TagEvent, fact: TagFact, raw: ModelState) -> TagEvent:
    accepted = accept(project, raw, local=False, fetch=True)
    refusal = next((each for each in accepted.refused if each.fact.tag == fact.tag), None)
    # Other tags that do not count change nothing about a tag that does.
    state = accepted if refusal is None else raw
    version = version_of_tag(fact, state)
    superseded = None if refusal is not None else _superseded(fact, accepted)
    proofs = prove_tag(project, fact, state)
    if all(proof.state != "fail" for proof in proofs):
        _fetch_metrics(project, fact)
        proofs += tuple(prove_rules(project, fact, raw, refusal, current=superseded is None))
    verified = all(proof.state != "fail" for proof in proofs)
    kind, path, description = _annotation(project, fact)
    wanted = verified and known.event == "assignment" and superseded is None
    declared = not wanted or known.environment in project.trunk_config.environments
    notes = (
        ()
        if declared
        else (f"Nothing is deployed: trunk does not declare the environment `{known.environment}`",)
    )
    effect = () if verified else (effect_of_refused(fact.tag, accepted, superseded=superseded),)
    return replace(
        known,
        version=None if version is None else str(version.version),
        commit=fact.commit,
        type=kind,
        path=path,
        description=description,
        verified=verified,
        deploy=wanted and declared,
        superseded=superseded,
        proofs=proofs,
        notes=(*notes, *effect, *uncounted_changes(fact, accepted)),
    )


def _fetch_metrics(project: Project, fact: TagFact) -> None:
    """Fetch the numbers of the gates; without them, these say what is missing."""
    from mlgit.project.ci.fetch_metrics import fetch_gate_metrics, fetch_metrics
    from mlgit.project.pipeline.proof import fetch_inputs

    if fact.name.action not in {"register", "assign"}:
        return
    with suppress(MlgitError):
        fetch_inputs(project, fact.commit)
        fetch_metrics(project, [fact.commit])
        fetch_gate_metrics(project, fact.name.model)


def _superseded(fact: TagFact, state: ModelState) -> str | None:
    """The tag that replaces this one, if there is one; `state` has only tags that count.

    Raises:
        StateError: nothing that counts replaces it, but what its environment holds is not known.
    """
    if fact.name.environment is not None:
        newer = superseding(state, fact.name.environment, fact.tag)
        doubt = state.environment(fact.name.environment).doubt
        if newer is None and doubt is not None and fact.name.action == "assign":
            raise doubt.doubt()
        return newer
    version = version_of_tag(fact, state)
    rejected = None if version is None or not version.withdrawn else version.rejected
    return None if rejected is None or rejected.tag == fact.tag else rejected.tag


def _annotation(project: Project, fact: TagFact) -> tuple[str | None, str | None, str | None]:
    """Type, path and description of the model at the tag's commit; dvc.yaml comes before mlgit.yaml."""
    model = fact.name.model
    try:
        artifacts = evidence(project, fact.commit, staleness=False).pipeline.artifacts
        declared = project.config(fact.commit).models.get(model)
    except ConfigError:  # not a fault of the tag; a deployment reports the error itself
        return None, None, None
    artifact = next((each for each in artifacts if each.name == model), None)
    kind = None if artifact is None else artifact.type
    path = None if artifact is None else artifact.path
    description = None if artifact is None else artifact.description
    if declared is not None:
        path, description = path or declared.path, description or declared.description
    return kind, path, description


def _forge_state(report: DeployReport) -> DeploymentState:
    if report.exit_code:
        return "failure"
    states = {deployment.state for deployment in report.deployments}
    return "success" if states & {"deployed", "already"} else "inactive"


class _Recorder:
    """Records a deployment at the forge; a refusal becomes a note, never a failed deployment."""

    def __init__(self, found: TagEvent, *, event: CiEvent | None, variables: Mapping[str, str]) -> None:
        self._found = found
        self._event = event
        self._variables = variables
        self._forge: Forge | None = None
        self._started: ForgeDeployment | None = None
        self.notes: tuple[str, ...] = ()

    @property
    def recorded(self) -> bool:
        """Whether the forge knows of the deployment and how it ended."""
        return self._started is not None and not self.notes

    def start(self) -> None:
        from mlgit.adapters.forge.detect import connect

        found, event = self._found, self._event
        if event is None:
            return
        try:
            self._forge = connect(event, self._variables)
            if self._forge is not None:
                self._started = self._forge.start_deployment(
                    environment=str(found.environment),
                    sha=str(found.commit),
                    ref=found.tag,
                    url=event.run_url,
                )
                return
            why = f"`{HOSTS[event.host].tokens[0]}` is not set"
        except ToolError as error:
            why = error.message
        self.notes = (f"The deployment is not recorded at the forge: {why}",)

    def end(self, state: DeploymentState, description: str = "") -> None:
        if self._forge is None or self._started is None:
            return
        try:
            self._forge.end_deployment(self._started, state, description=description)
        except ToolError as error:
            self.notes = (f"How the deployment ended is not recorded at the forge: {error.message}",)
