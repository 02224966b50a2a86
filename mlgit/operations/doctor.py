"""Doctor: check this clone, its config, its remotes and its tags."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from mlgit.adapters.git.binary import GitFailed
from mlgit.core.config.file import CONFIG_FILE, WAIVERS_FILE
from mlgit.core.dead_remote import explain
from mlgit.core.overview.doctor import Diagnosis, Finding, fault, remark, warning
from mlgit.core.wording import listed, word
from mlgit.errors import ConfigError, MlgitError
from mlgit.project.gates.rules import guesses
from mlgit.project.overview.config_health import (
    check_commands,
    check_readiness,
    check_targets,
    check_undeclared,
)
from mlgit.project.overview.data_health import (
    check_data,
    check_old_files,
    check_overlays,
    check_remote_data,
    check_tracked_files,
)
from mlgit.project.overview.git_health import (
    check_clone,
    check_default_branch,
    check_remote_tags,
    check_taken_names,
    check_unpushed_tags,
)
from mlgit.project.overview.refused_tags import check_ignored_tags, check_refused_tags
from mlgit.project.overview.tag_health import (
    check_clashes,
    check_clocks,
    check_malformed_tags,
    check_other_readers,
)
from mlgit.project.registry.completeness import clone_repair
from mlgit.project.registry.environments import gto_stages
from mlgit.project.registry.read import tags_as_of
from mlgit.project.registry.readiness import unready

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from mlgit.core.progress import Progress
    from mlgit.project.open import Project

    Check = Callable[[Project], Iterable[Finding]]

_OLDEST_GIT = (2, 38)
_OLD_VIEW_DAYS = 30
_RANK = {"error": 0, "warn": 1, "info": 2}


def diagnose(
    project: Project, *, online: bool = False, config: bool = False, progress: Progress | None = None
) -> Diagnosis:
    """Run all checks; those of the remotes only with `online`; with `config` only that its files are valid.

    A check that raises an error becomes a finding; the diagnosis itself never fails.
    """
    checks = _CONFIG if config else {**_LOCAL, **(_ONLINE if online else {})}
    found: dict[str, list[Finding]] = {}
    failures: dict[tuple[str, str | None], list[str]] = {}
    for name, check in checks.items():
        if progress is not None and name in _ONLINE:
            progress.say(f"Asking about {_named(name)}")
        try:
            found[name] = _guarded(check, project)
        except MlgitError as error:
            reason, hint = "; ".join((error.message, *error.details[:1])), error.hint
            if isinstance(error, GitFailed) and name in _ONLINE:
                _, reason, hint = explain(error.stderr, project.remote or "")
            failures.setdefault((reason, hint), []).append(name)
    if "tags_of_the_remote" in found:  # which shows more than what is recorded about it
        found = {name: each for name, each in found.items() if name not in {"taken_names", "unpushed_tags"}}
    findings = [finding for each in found.values() for finding in each]
    findings += [_unknown(names, reason, hint) for (reason, hint), names in failures.items()]
    # One broken file makes several checks fail in the same way.
    unique = {(finding.id, finding.message): finding for finding in findings}
    ordered = sorted(unique.values(), key=lambda finding: _RANK[finding.severity])
    return Diagnosis(findings=tuple(ordered), checks=tuple(checks), online=online)


def _named(check: str) -> str:
    """What a check is about; what the network shows has an article."""
    return ("the " if check in _ONLINE else "") + check.replace("_", " ")


def _unknown(names: Sequence[str], reason: str, hint: str | None) -> Finding:
    """The checks that failed for one reason."""
    *others, last = map(_named, names)
    about = f"{', '.join(others)} and {last}" if others else last
    return warning(f"{names[0]}_unknown", f"Could not check {about}: {reason}", repair=hint)


def _guarded(check: Check, project: Project) -> list[Finding]:
    try:
        return list(check(project))
    except ConfigError as error:
        problems = error.problems or (error,)
        return [
            fault(
                "invalid_file",
                _invalid(problem),
                repair=problem.hint,
                subjects=(problem.location.path,) if problem.location else (),
            )
            for problem in problems
        ]


def _invalid(problem: MlgitError) -> str:
    """What is wrong and where; what is right, if no hint says how to write it."""
    place = "" if problem.location is None else f"{problem.location}: "
    expected = f"; expected: {problem.expected}" if problem.expected and problem.hint is None else ""
    return f"{place}{problem.message}{expected}"


def _check_git(project: Project) -> Iterator[Finding]:
    version = project.git.run_text("version")
    match = re.search(r"(\d+)\.(\d+)", version)
    if match and (int(match[1]), int(match[2])) < _OLDEST_GIT:
        yield fault(
            "git_too_old", f"This is {version}; mlgit needs 2.38 or newer", repair="install a newer git"
        )
    if project.git.try_text("var", "GIT_COMMITTER_IDENT") is None:
        yield warning(
            "no_identity",
            "git does not know who you are, so no release or promotion can be written",
            repair='git config user.name "Your Name" && git config user.email you@example.org',
        )


def _check_remote(project: Project) -> Iterator[Finding]:
    if project.remote is None:
        message, repair = "There is no Git remote: releases stay in this clone", "git remote add origin URL"
        found = remark("no_remote", message, repair=repair, subjects=tuple(project.remotes))
        if len(project.remotes) > 1:
            message = "There are several Git remotes, and none is chosen for releases"
            repair = f"git config mlgit.remote {word(next(iter(project.remotes)))}"
            found = warning("no_remote", message, repair=repair, subjects=tuple(project.remotes))
        yield found
        return
    if project.head.commit is not None and project.trunk is None:
        remote = project.remote
        yield warning(
            "no_trunk",
            f"This clone has neither `{remote}/main` nor `{remote}/master`, and `{remote}/HEAD` names no "
            "branch that is here, so trunk is not known",
            repair=clone_repair(project),
        )
    for guess in guesses(project):
        first, *others = guess.commands
        repair = " or ".join(f"`{each}`" for each in guess.commands) if others else first
        yield warning("trunk_guessed", guess.message, repair=repair)
    seen = tags_as_of(project)
    if seen is not None and (project.now - seen).days > _OLD_VIEW_DAYS:
        yield remark(
            "old_view",
            f"Tags were fetched {(project.now - seen).days} days ago",
            repair=f"git fetch --tags {word(project.remote)}",
        )


def _check_config(project: Project) -> Iterator[Finding]:
    full = os.path.join(project.root, CONFIG_FILE)
    if not os.path.lexists(full):
        # A file with almost that name is a finding of its own, and `mlgit init` would not repair it.
        renamed = any(each.code == "config_not_read" for each in unready(project, None))
        repair = None if renamed else "mlgit init"
        yield remark("no_config", f"There is no `{CONFIG_FILE}`: there are no gates", repair=repair)
        return
    config = project.config(None)
    tracked = project.git.try_text("ls-files", "--error-unmatch", "--", CONFIG_FILE) is not None
    if not tracked or CONFIG_FILE in project.head.changed:
        state, add = _uncommitted(project, tracked=tracked)
        yield warning("config_not_committed", f"`{CONFIG_FILE}` {state}", repair=add, subjects=(CONFIG_FILE,))
    if project.trunk is not None:
        hidden = [name for name in config.environments if name not in project.trunk_config.environments]
        if hidden:
            yield remark(
                "environments_not_on_trunk",
                f"{listed(hidden)} cannot be promoted to yet: environments are read from "
                f"`{project.trunk.short}`, which does not declare them",
                repair=f"bring `{CONFIG_FILE}` to `{project.trunk.short}`",
                subjects=tuple(hidden),
            )


def _check_conflicts(project: Project) -> Iterator[Finding]:
    files = project.head.conflicted
    if files:
        yield fault(
            "conflict",
            f"{listed(files)} {'has' if len(files) == 1 else 'have'} a merge conflict that is not resolved",
            repair="mlgit status",
            subjects=tuple(files),
        )


def _read_config(project: Project) -> Iterable[Finding]:
    """Nothing, or the error of the file."""
    project.config(None)
    return ()


def _check_waivers(project: Project) -> Iterable[Finding]:
    """Nothing, or the error of the file."""
    content = project.policy_file(None, WAIVERS_FILE)
    if content is not None:
        from mlgit.adapters.config.waivers import load_waivers

        load_waivers(content, name=WAIVERS_FILE)
    return ()


def _uncommitted(project: Project, *, tracked: bool) -> tuple[str, str]:
    """What is wrong with a config that is not committed as it is on disk, and the repair."""
    commit = f'git commit -m "Declare gates" -- {CONFIG_FILE}'
    if tracked:
        return "differs from its committed state: no one else has it", f"git add {CONFIG_FILE} && {commit}"
    head, trunk = project.head.commit, project.trunk
    # Git may ignore the file.
    add = f"git add -f {CONFIG_FILE}"
    if head is not None and project.tree(head).read(CONFIG_FILE) is not None:
        return "is staged to be deleted: the next commit takes it from everyone", add
    if trunk is not None and project.tree(trunk.commit).read(CONFIG_FILE) is not None:
        return f"is not in this commit, although `{trunk.short}` has it", f"{add} && {commit}"
    return "is not committed: no one else has it", f"{add} && {commit}"


def _check_gto(project: Project) -> Iterator[Finding]:
    stages = gto_stages(project)
    if stages is None:
        return
    hidden = [name for name in project.config(None).environments if name not in stages]
    if hidden:
        yield warning(
            "gto_hides_environments",
            f"`stages:` in `.gto` leaves out {listed(hidden)}: gto refuses and hides it",
            repair=f"write `stages: [{', '.join((*stages, *hidden))}]` in `.gto`",
            subjects=tuple(hidden),
        )


_CONFIG: dict[str, Check] = {"config_file": _read_config, "waivers": _check_waivers}
_LOCAL: dict[str, Check] = {
    "git": _check_git,
    "conflicts": _check_conflicts,
    "history": check_clone,
    "overlays": check_overlays,
    "remote": _check_remote,
    "config": _check_config,
    "waivers": _check_waivers,
    "readiness": check_readiness,
    "targets": check_targets,
    "commands": check_commands,
    "gto": _check_gto,
    "ignored_tags": check_ignored_tags,
    "refused_tags": check_refused_tags,
    "malformed_tags": check_malformed_tags,
    "clashing_versions": check_clashes,
    "taken_names": check_taken_names,
    "unpushed_tags": check_unpushed_tags,
    "other_readers": check_other_readers,
    "undeclared_models": check_undeclared,
    "clocks": check_clocks,
    "old_files": check_old_files,
    "tracked_files": check_tracked_files,
    "data": check_data,
}
_ONLINE: dict[str, Check] = {
    "default_branch": check_default_branch,
    "tags_of_the_remote": check_remote_tags,
    "data_in_the_remote": check_remote_data,
}
