"""Next step: the command that makes sense after a status."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.core.overview.checkout import CHECK_OUT, bring_back_step, left_behind
from mlgit.core.overview.status import NextStep, furthest_first
from mlgit.core.overview.underway import unfinished
from mlgit.core.pipeline.evidence import MERGED
from mlgit.core.registry.tags import any_of
from mlgit.core.wording import count, word, words

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from mlgit.core.overview.status import Status
    from mlgit.core.pipeline.remote_data import RemoteData, RemoteOutput

_READ = frozenset({"mlgit.yaml", "dvc.yaml", "dvc.lock", ".dvcignore"})
_MOST_FILES = 8
# Their paths are relative to the root of the repository.
_WITH_PATHS = re.compile(
    r"(?:dvc (?:add|checkout|commit|fetch --with-deps|pull)"
    r"|git (?:add|check-ignore -v|mergetool|mv|rm|sparse-checkout|update-index)"
    r"|git checkout (?:--theirs|--ours|(?:[^ ]+ )?--)|mkdir) "
)


def next_step(
    status: Status,
    *,
    declared: bool,
    can_pull: bool = True,
    refused: Iterable[str] = (),
    unseen: Collection[str] = (),
    deleted: Collection[str] = (),
    results: Collection[str] = (),
    written: Collection[str] = (),
) -> NextStep | None:
    """The most urgent thing to do, if there is one.

    `declared`: there is a `mlgit.yaml`. `can_pull`: there is a DVC remote to pull from. `refused` are files
    because of which DVC would refuse every command, `unseen` are owners of outputs that DVC passes over.
    `deleted` are files that Git has and the disk lacks, `results` those of the pipeline that Git should have,
    and `written` those in conflict, or those that someone resolved.
    """
    passed_over = next((each.owner for each in status.data if each.owner in unseen), None)
    status = replace(status, data=tuple(each for each in status.data if each.owner not in unseen))
    outputs = _outputs(status, can_pull=can_pull)
    step = unfinished(status, written, outputs) or bring_back_step(status, deleted)
    step = step or _taken(status) or _unknown_tags(status)
    step = step or _deploy(status) or _invalid(status) or _complete(status)
    step = step or outputs or _confirm(status, results) or _blocked(status) or _commit(status, results)
    if step is not None and step.command.startswith(("dvc ", "mlgit run")):
        odd = next(iter(refused), None)
        step = step if odd is None else NextStep(command="mlgit doctor", reason=f"DVC refuses `{odd}`")
    step = step or _share(status) or _deploy(status, left=True)
    if step is None and passed_over is not None:
        return NextStep(command="mlgit doctor", reason=f"DVC passes over `{passed_over}`")
    if step is None and status.tags_known.repair is not None:
        return NextStep(command=status.tags_known.repair, reason=status.tags_known.why or "")
    return _config_step(status) if step is None and not declared else step


def last_step(status: Status) -> NextStep | None:
    """Look at the tags that leave open what is released or live, or end what is served of no environment."""
    for model in status.models:
        if model.known == "no" or any(each.known == "no" or each.in_doubt for each in model.environments):
            return NextStep(command="mlgit doctor", reason=f"a newest tag of `{model.model}` does not count")
    for _, each in furthest_first(status.models):
        found = each.served
        if each.version is None and found is not None and found.label is not None and found.stop is not None:
            reason = f"`{each.environment}` is empty, and the target serves {found.label}"
            return NextStep(command=found.stop, reason=reason)
    return None


def _config_step(status: Status) -> NextStep:
    """Rename a config that is not read, or else write one."""
    unread = [each for each in status.unready if each.code == "config_not_read" and each.hint]
    if unread:
        from mlgit.core.registry.readiness import command_of

        command = command_of(unread[0].hint) or ""
        return NextStep(command=command, reason=f"`{unread[0].subject}` is not read")
    return NextStep(command="mlgit init", reason="there is no `mlgit.yaml` yet")


def takes_paths(command: str) -> bool:
    """Whether a command names files, which git and DVC look for in the current folder."""
    return _WITH_PATHS.match(command) is not None


def typed_in(folder: str, command: str, *, root: str) -> str:
    """A command as it works in a folder, if necessary in a subshell that goes to the root first."""
    inside = f"{folder}/".startswith(f"{root}/")
    if folder == root or (inside and not takes_paths(command)):
        return command
    up = "/".join([".."] * folder[len(root) :].count("/")) if inside else root
    return f"(cd {word(up)} && {command})"


def _deploy(status: Status, *, left: bool = False) -> NextStep | None:
    """Deploy what an environment holds, after a push of what only this clone knows about another one."""
    step = _deployment(status, left=left)
    if step is None or not step.command.startswith("mlgit deploy ") or status.behind:
        return step
    for model, each in furthest_first(status.models) if " --offline" not in step.command else ():
        if any_of(status.unpushed_tags or (), model.model, each.environment):
            reason = f"no one else sees the change of `{each.environment}` yet"
            return NextStep(command="mlgit push", reason=reason)
    return step


def _deployment(status: Status, *, left: bool) -> NextStep | None:
    """Deploy what an environment holds, if its target serves something else; `left`: if that is not known."""
    for model, each in furthest_first(status.models):
        served = each.served
        if each.version is None or each.refused is not None:
            continue
        name = [model.model] if len(status.models) > 1 else []
        # Tags that are only here may mean that the remote does not answer.
        alone = any_of(status.unpushed_tags or (), model.model, each.environment)
        offline = ["--offline"] if alone else []
        deploy = words(("mlgit", "deploy", "--env", each.environment, *name, *offline))
        if served is None and each.attempt is not None and each.attempt.error is not None:
            return NextStep(command=deploy, reason="the last deployment from this clone failed")
        if served is None and left and each.unseen is not None and each.unseen.left:
            return NextStep(command=deploy, reason=f"whether {each.version} is served is not known here")
        if served is None:
            continue
        if each.known == "no" and status.tags_known.repair is None:
            continue  # half of a change: no deployment is accepted
        if served.later is not None and status.remote is not None:
            command = words(("git", "fetch", "--tags", status.remote))
            return NextStep(command=command, reason=f"{served.later} is not here")
        if not served.right:
            reason = f"the target serves {served.label or 'nothing'}"
            reason = "what the target serves is not known" if served.problem else reason
            return NextStep(command=served.repair or deploy, reason=reason)
    return None


def _unknown_tags(status: Status) -> NextStep | None:
    """Fetch tags that this clone may lack before anything is deployed by those that are here."""
    if status.tags_known.repair is None or _deploy(status) is None:
        return None
    return NextStep(command=status.tags_known.repair, reason=status.tags_known.why or "")


def _taken(status: Status) -> NextStep | None:
    """Use the remote's tags where it has others of these names: a push is refused, and so is a deployment."""
    if status.taken_repair is None:
        return None
    reason = f"{status.remote} has {count(len(status.taken_tags), 'other tag')} of a name that is here"
    return NextStep(command=status.taken_repair, reason=reason)


def _invalid(status: Status) -> NextStep | None:
    """Look at an invalid config, after what a target serves: a deployment goes by trunk's rules."""
    invalid = next((failure for failure in status.failures if failure.code == "config_invalid"), None)
    return None if invalid is None else NextStep(command="mlgit doctor", reason=invalid.message)


def _complete(status: Status) -> NextStep | None:
    """Fetch what the gates need: before data, because it is quick and may change what is compared."""
    verdict = status.verdict
    if verdict is None or verdict.repair is None:
        return None
    return NextStep(command=verdict.repair, reason="a gate needs what this clone lacks")


def _outputs(status: Status, *, can_pull: bool) -> NextStep | None:
    """Bring or make what the stages write and `.dvc` files track."""
    return _repair(status, can_pull=can_pull) or _work(status, can_pull=can_pull)


def _repair(status: Status, *, can_pull: bool) -> NextStep | None:
    missing = {output.path for output in status.remote_data.missing} if status.remote_data else frozenset()
    lost = [data for data in status.data if data.lost]
    pulled = [data for data in lost if data.path not in missing]
    if pulled and can_pull:
        return NextStep(command="dvc pull", reason=f"{count(len(pulled), 'output')} not on this machine")
    made = [data for data in lost if not data.owner.endswith(".dvc")]
    if made:
        where = "neither here nor in the DVC remote" if can_pull else "not here, and DVC has no remote"
        reason = f"{count(len(made), 'output')} {where}"
        return NextStep(command="mlgit run", reason=reason)
    return None


def _work(status: Status, *, can_pull: bool) -> NextStep | None:
    modified = [data for data in status.data if data.workspace == "modified"]
    edited = [data for data in modified if data.owner.endswith(".dvc") and data.found_in is None]
    step = _bring(status, can_pull=can_pull)
    if step is not None:
        return step
    if edited:
        others = f" and {len(edited) - 1} more were" if len(edited) > 1 else " was"
        return NextStep(
            command=f"dvc add {word(edited[0].path)}", reason=f"`{edited[0].path}`{others} changed"
        )
    if status.stale:
        return NextStep(command="mlgit run", reason=f"{count(len(status.stale), 'stage')} stale")
    return None


def _confirm(status: Status, results: Collection[str]) -> NextStep | None:
    """Confirm what git merged; that is a commit, which needs a clean working tree."""
    merged = [each.address for each in status.stages if MERGED in each.unproven]
    if not merged:
        return None
    reason = f"git merged the record of `{merged[0]}`, and no run confirmed it"
    return _commit(status, results) or NextStep(command="mlgit run --commit", reason=reason)


def _blocked(status: Status) -> NextStep | None:
    if status.verdict is not None and status.verdict.decision == "block":
        if status.tags_known.repair is not None and not status.verdict.failed:
            return NextStep(command=status.tags_known.repair, reason=status.tags_known.why or "")
        return NextStep(command="mlgit check", reason="the gates would block this")
    return None


def _bring(status: Status, *, can_pull: bool) -> NextStep | None:
    """Get what is recorded, from the cache or the DVC remote, if no stage has to run for other reasons."""
    gone = {output.path for output in status.remote_data.missing} if status.remote_data else frozenset[str]()
    data = [each for each in status.data if each.in_cache or each.path not in gone]
    behind = left_behind(status.stale, data, can_pull=can_pull)
    if behind is not None:
        return NextStep(command=behind.command, reason=behind.why)
    absent = [data for data in status.data if data.workspace == "absent" and data.in_cache]
    if status.stale or not absent:
        return None
    return NextStep(command=CHECK_OUT, reason=f"{count(len(absent), 'output')} not checked out")


def _commit(status: Status, results: Collection[str]) -> NextStep | None:
    if status.commit is None and (status.untracked or status.changed):
        add = "git add -A && " if status.untracked else ""
        return NextStep(command=f"{add}git commit", reason="nothing is committed yet")
    if status.commit is None:
        return None
    read = [*dict.fromkeys((*results, *_untracked(status)))]
    if read:
        others = " -a" if status.changed else ""
        reason = f"{count(len(read), 'file')} that mlgit reads not in Git"
        return NextStep(command=f"{words(['git', 'add', *read])} && git commit{others}", reason=reason)
    if status.changed:
        return NextStep(command="git commit -a", reason=f"{count(len(status.changed), 'file')} changed")
    return None


def _untracked(status: Status) -> list[str]:
    """The first untracked files that mlgit or DVC reads: only in a commit do they count for others."""
    metrics = {change.file for change in status.metrics}
    read = [
        path
        for path in status.untracked
        if path in metrics or path.endswith(".dvc") or path.rpartition("/")[2] in _READ
    ]
    return read[:_MOST_FILES]


def _share(status: Status) -> NextStep | None:
    if status.behind:
        reason = f"{status.upstream} has {count(status.behind, 'more commit')}"
        # Without an option or a setting, git does not merge branches that have both moved.
        return NextStep(command="git pull --no-rebase" if status.ahead else "git pull", reason=reason)
    if status.ahead:
        return NextStep(command="mlgit push", reason=f"{count(status.ahead, 'commit')} not pushed")
    if status.unpushed_tags:
        return NextStep(command="mlgit push", reason=f"{count(len(status.unpushed_tags), 'tag')} not pushed")
    alone = status.upstream is None or status.ahead is None
    if status.remote and status.branch and alone and status.commit:
        return NextStep(command="mlgit push", reason=f"`{status.branch}` is only here")
    return None if status.remote_data is None else _share_data(status, status.remote_data)


def _share_data(status: Status, data: RemoteData) -> NextStep | None:
    """The command that sends missing content to the DVC remotes, if it is on this machine."""

    def reason(outputs: list[RemoteOutput]) -> str:
        return f"{count(len(outputs), 'output')} not in the DVC remote"

    kept = [output for output in data.missing if output.elsewhere == "workspace"]
    if kept:
        # DVC pushes only from its cache.
        return NextStep(
            command=f"dvc commit {word(kept[0].owner)}", reason=f"{reason(kept)} and not in the cache"
        )
    cached = [output for output in data.missing if output.elsewhere in {"cache", "partly"}]
    if not cached:
        return None
    # `mlgit push` needs a Git remote and a branch.
    command = "mlgit push" if status.remote and status.branch else "dvc push"
    return NextStep(command=command, reason=reason(cached))
