"""Config health: what is declared and could not be used, what is live and not declared, and unread files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.config.file import CONFIG_FILE
from mlgit.core.overview.doctor import Finding, remark, warning
from mlgit.core.registry.readiness import command_of
from mlgit.core.wording import word, words
from mlgit.project.deploy.attempts import unfinished
from mlgit.project.deploy.served import deploy_command, served
from mlgit.project.pipeline.evidence import evidence
from mlgit.project.registry.completeness import doubts
from mlgit.project.registry.former_names import names_before, undeclared
from mlgit.project.registry.models import declared_models
from mlgit.project.registry.read import read_model, read_registry_tags, tags_only_here
from mlgit.project.registry.readiness import unready
from mlgit.project.trust.accept import accept
from mlgit.project.trust.marks import trust_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlgit.core.registry.state import ModelState
    from mlgit.project.open import Project


def check_readiness(project: Project) -> Iterator[Finding]:
    """Models, environments and files of the working tree that no release or promotion could use."""
    for each in unready(project, None):
        where = "" if each.line is None else f"{CONFIG_FILE}:{each.line}: "
        yield Finding(
            each.code,
            where + each.message,
            severity=each.severity,
            repair=command_of(each.hint),
            subjects=(each.subject,),
        )


def check_targets(project: Project) -> Iterator[Finding]:
    """Folders that do not serve what their environments hold, and deployments that failed here."""
    registry, ignored = read_registry_tags(project)
    unsure = doubts(project, ignored)
    unpushed = tags_only_here(project, registry) or ()
    for state in registry.models.values():
        trust = trust_in(project, state)
        for name, raw in state.environments.items():
            here = trust.instead.get(name, raw)
            command = deploy_command(project, state.name, name, unpushed=unpushed)
            what = f"{state.name}#{name}"
            found = served(project, here)
            attempt = unfinished(project, here, found)
            if attempt is not None:
                failed = attempt.text(project.now, f"to `{name}` of `{state.name}`")
                moved = None if found is None or attempt.error is None else found.repair
                repair = moved or attempt.repair(command)
                yield warning("deployment_failed", f"D{failed[1:]}", repair=repair, subjects=(what,))
            text = None if found is None else found.wrong(f"`{found.folder}`")
            if found is None or text is None:
                continue
            # A tag that is not here may have put there what the target serves.
            if unsure.environment(state, name) == "no" and found.problem is None and not found.matches:
                continue
            way = found.repair or found.stop or command
            if found.later is not None and project.remote is not None:
                way = f"git fetch --tags {word(project.remote)}"
            yield warning("not_served", f"`{what}`: {text}", repair=way, subjects=(what,))


def check_commands(project: Project) -> Iterator[Finding]:
    """Deployments of trunk that run one command for all models, where a program of it is here."""
    trunk, config = project.trunk, project.trunk_config
    if trunk is None or not config.deploy:
        return
    from mlgit.core.gates.unmeasured.one_command import HINT, shared_commands
    from mlgit.project.gates.places import places_at

    models = declared_models(project, trunk.commit)
    places = places_at(project, evidence(project, trunk.commit, staleness=False))
    for each in shared_commands(config, models, places):
        found = warning if each.sure else remark
        yield found("one_command", each.message, repair=HINT, subjects=(each.environment,))


def check_undeclared(project: Project) -> Iterator[Finding]:
    """Each environment that holds a retired model; one that only has another name now is needed there."""
    trunk = project.trunk
    names = {} if trunk is None else declared_models(project, trunk.commit)
    if trunk is None or not names:
        return

    def read(name: str) -> ModelState:
        return accept(project, read_model(project, name))

    held = [
        each
        for environment in project.trunk_config.environments
        for each in undeclared(project, environment, read)
        if each.version is not None and each.doubt is None
    ]
    former = {old for name in names for old in names_before(project, name, trunk.commit)} if held else set()
    for each in held:
        if each.model not in former and each.version is not None:
            text = f"`{each.environment}` holds `{each.version.tag}`, and {CONFIG_FILE} on {trunk.short}"
            command = words(
                ("mlgit", "unassign", each.model, "--env", each.environment, "-m", "it is retired")
            )
            yield remark(
                "undeclared_and_live",
                f"{text} no longer declares that model",
                repair=f"if it is retired, run `{command}`",
                subjects=(each.version.tag,),
            )
