"""Status: the command that makes sense next."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mlgit.core.config.file import CONFIG_FILE, WAIVERS_FILE
from mlgit.core.overview.next_step import next_step
from mlgit.core.overview.status import DataState, Failure, NextStep, Status, VerdictCounts
from mlgit.core.pipeline.evidence import StageState
from mlgit.core.pipeline.remote_data import Elsewhere, RemoteData, RemoteOutput
from mlgit.core.registry.readiness import unread_files

CLEAN = Status(
    branch="main",
    commit="1" * 40,
    upstream="origin/main",
    ahead=0,
    behind=0,
    changed=(),
    untracked=(),
    conflicted=(),
    remote="origin",
    remote_seen_at=None,
    remote_seen_age_s=None,
    pipeline_stages=1,
    stages=(),
    data=(),
    base=None,
    base_rule=None,
    metrics=(),
    verdict=None,
    models=(),
    unpushed_tags=(),
    waivers=(),
    problems=(),
    failures=(),
)
LOST = DataState(path="a", owner="s", workspace="absent", in_cache=False)
EDITED = DataState(path="raw", owner="raw.dvc", workspace="modified", in_cache=True)
BLOCKED = VerdictCounts(decision="block", headline="", gates=1, blocking=1, warnings=0)

# From the least to the most urgent: each state also has the problems of those before it.
URGENT: list[tuple[str, Status]] = []
STEPS: list[tuple[str, dict[str, Any]]] = [
    ("mlgit push", {"unpushed_tags": ("m@v1.0.0",)}),
    ("mlgit push", {"ahead": 1}),
    ("git pull --no-rebase", {"behind": 2}),
    ("git commit -a", {"changed": ("a",)}),
    ("mlgit check", {"verdict": BLOCKED}),
    ("mlgit run", {"stages": (StageState(address="train", reasons=("changed cmd",)),)}),
    ("dvc add raw", {"data": (EDITED,)}),
    ("dvc pull", {"data": (EDITED, LOST)}),
    ("mlgit doctor", {"failures": (Failure(part="config", code="config_invalid", message="bad"),)}),
    ("git mergetool", {"conflicted": ("a",)}),
]
for command, change in STEPS:
    URGENT.append((command, replace(URGENT[-1][1] if URGENT else CLEAN, **change)))


@pytest.mark.parametrize(("command", "found"), URGENT, ids=[command for command, _ in URGENT])
def test_the_most_urgent_step_comes_first(command: str, found: Status) -> None:
    step = next_step(found, declared=True)
    assert step is not None
    assert step.command == command


ADDED: list[tuple[tuple[str, ...], tuple[str, ...], str | None]] = [
    (("mlgit.yaml",), (), "git add mlgit.yaml && git commit"),
    (
        ("a/dvc.yaml", "dvc.lock", "data.csv.dvc"),
        (),
        "git add a/dvc.yaml dvc.lock data.csv.dvc && git commit",
    ),
    (("mlgit.yaml", "notes.txt"), ("a.py",), "git add mlgit.yaml && git commit -a"),
    (("a b/mlgit.yaml",), (), "git add 'a b/mlgit.yaml' && git commit"),
    ((".dvcignore",), (), "git add .dvcignore && git commit"),
    (("notes.txt", "models/", "mlgit.yaml.bak"), (), None),
    (("notes.txt",), ("a.py",), "git commit -a"),
]


@pytest.mark.parametrize(("untracked", "changed", "command"), ADDED)
def test_untracked_files_that_mlgit_reads_are_to_be_committed(
    untracked: tuple[str, ...], changed: tuple[str, ...], command: str | None
) -> None:
    found = replace(CLEAN, untracked=untracked, changed=changed)
    step = next_step(found, declared=True)
    assert (None if step is None else step.command) == command


def test_a_clean_repository_needs_nothing() -> None:
    assert next_step(CLEAN, declared=True) is None


def test_without_a_config_init_is_offered() -> None:
    step = next_step(CLEAN, declared=False)
    assert step is not None
    assert step.command == "mlgit init"


UNBORN = replace(CLEAN, commit=None, upstream=None, remote=None, ahead=None, behind=None)


def test_before_the_first_commit_files_are_to_be_committed_if_there_are_any() -> None:
    step = next_step(replace(UNBORN, untracked=("train.py",)), declared=True)
    assert step is not None
    assert step.command == "git add -A && git commit"
    assert next_step(UNBORN, declared=True) is None


def test_a_branch_that_is_only_behind_is_pulled() -> None:
    step = next_step(replace(CLEAN, behind=2), declared=True)
    assert step is not None
    assert step.command == "git pull"


def test_files_staged_before_the_first_commit_are_to_be_committed() -> None:
    step = next_step(replace(UNBORN, changed=("train.py",)), declared=True)
    assert step is not None
    assert step.command.startswith("git commit")


def test_a_changed_dvc_file_is_not_a_stage_to_run() -> None:
    tracked = replace(CLEAN, stages=(StageState(address="raw.dvc", reasons=("changed output raw",)),))
    assert tracked.stale == ()


def test_a_branch_without_upstream_is_offered_push() -> None:
    step = next_step(replace(CLEAN, upstream=None), declared=True)
    assert step is not None
    assert step.command == "mlgit push"


def unpushed(elsewhere: Elsewhere, *, path: str = "a", owner: str = "s") -> RemoteData:
    """The state of a remote that lacks one output."""
    output = RemoteOutput(path=path, owner=owner, remote="r", presence="missing", elsewhere=elsewhere)
    return RemoteData(outputs=(output,))


@pytest.mark.parametrize(
    ("elsewhere", "change", "command"),
    [
        ("cache", {}, "mlgit push"),
        ("partly", {}, "mlgit push"),
        ("cache", {"remote": None, "upstream": None}, "dvc push"),
        ("cache", {"branch": None}, "dvc push"),
        ("workspace", {}, "dvc commit s"),
        ("nowhere", {}, None),
    ],
)
def test_missing_remote_data_is_the_least_urgent_step(
    elsewhere: Elsewhere, change: dict[str, Any], command: str | None
) -> None:
    found = replace(CLEAN, remote_data=unpushed(elsewhere), **change)
    step = next_step(found, declared=True)
    assert (None if step is None else step.command) == command
    edited = replace(found, changed=("a",))
    step = next_step(edited, declared=True)
    assert step is not None
    assert step.command == "git commit -a"


@pytest.mark.parametrize(("owner", "command"), [("s", "mlgit run"), ("a.dvc", None)])
def test_an_output_that_is_nowhere_is_made_again_instead_of_pulled(owner: str, command: str | None) -> None:
    lost = replace(LOST, owner=owner)
    found = replace(CLEAN, data=(lost,), remote_data=unpushed("nowhere", owner=owner))
    step = next_step(found, declared=True)
    assert (None if step is None else step.command) == command
    other = replace(found, remote_data=unpushed("nowhere", path="b"))
    step = next_step(other, declared=True)
    assert step is not None
    assert step.command == "dvc pull"


def test_the_first_of_several_edited_files_is_named_and_the_others_are_counted() -> None:
    found = replace(CLEAN, data=(EDITED, replace(EDITED, path="b"), replace(EDITED, path="c")))
    step = next_step(found, declared=True)
    assert step == NextStep(command="dvc add raw", reason="`raw` and 2 more were changed")


@pytest.mark.parametrize(
    ("owner", "expected"),
    [
        ("make", NextStep(command="mlgit run", reason="1 output not here, and DVC has no remote")),
        ("raw.dvc", None),  # nothing can bring it back
    ],
)
def test_nothing_is_pulled_without_a_remote(owner: str, expected: NextStep | None) -> None:
    found = replace(CLEAN, data=(replace(LOST, owner=owner),))
    assert next_step(found, declared=True, can_pull=False) == expected


def test_a_config_under_another_name_is_renamed_before_a_new_one_is_written() -> None:
    (unread,) = unread_files(["mlgit.yml"], config=CONFIG_FILE, waivers=WAIVERS_FILE)
    step = next_step(replace(CLEAN, unready=(unread,)), declared=False)
    assert step == NextStep(
        command="git add mlgit.yml && git mv mlgit.yml mlgit.yaml", reason="`mlgit.yml` is not read"
    )


def test_a_reason_for_which_several_parts_failed_is_one_error() -> None:
    parts = [("metrics", "gone"), ("models", "gone"), ("tags", "locked"), ("metrics", "locked")]
    failures = tuple(Failure(part=part, code="tool_failed", message=why) for part, why in parts)
    errors = replace(CLEAN, failures=failures).errors
    assert [(each.part, each.message) for each in errors] == [("metrics", "gone"), ("tags", "locked")]
