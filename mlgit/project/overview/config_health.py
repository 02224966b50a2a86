"""Config health: what is declared and could not be used, and files that are not read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.config.file import CONFIG_FILE
from mlgit.core.overview.doctor import Finding, warning
from mlgit.core.registry.readiness import command_of
from mlgit.core.wording import word
from mlgit.project.deploy.served import deploy_command, served
from mlgit.project.registry.read import read_registry
from mlgit.project.registry.readiness import unready

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    """Folders on this machine that do not serve what their environments hold."""
    for state in read_registry(project).models.values():
        for name, here in state.environments.items():
            found = served(project, here)
            text = None if found is None else found.wrong(f"`{found.folder}`")
            if found is None or text is None:
                continue
            repair = found.repair or found.stop or deploy_command(project, state.name, name)
            if found.later is not None and project.remote is not None:
                repair = f"git fetch --tags {word(project.remote)}"
            what = f"{state.name}#{name}"
            yield warning("not_served", f"`{what}`: {text}", repair=repair, subjects=(what,))
