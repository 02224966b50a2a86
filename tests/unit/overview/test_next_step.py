"""The next step with its reason, and what comes before what."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mlgit.core.compare.changes import ValueChange
from mlgit.core.overview.next_step import next_step, takes_paths, typed_in
from mlgit.core.overview.status import DataState, EnvironmentLine, Failure, ModelLine, NextStep, Status
from mlgit.core.pipeline.evidence import MERGED, StageState
from mlgit.core.registry.completeness import Known
from mlgit.core.registry.entries import Served, Unseen
from mlgit.core.registry.readiness import Unready
from tests.unit.overview.test_status import BLOCKED, CLEAN, EDITED, LOST, UNBORN, unpushed

STALE = StageState(address="train", reasons=("changed dep a.csv",))
TAGS = Known(known="no", why="this clone may lack tags", repair="git fetch --tags")
FOREIGN = DataState(path="a.csv", owner="s", workspace="modified", in_cache=True, found_in="topic")
ABSENT = DataState(path="b.csv", owner="s", workspace="absent", in_cache=True)
INVALID = Failure(part="config", code="config_invalid", message="bad")
LOCK_INVALID = Failure(part="pipeline", code="config_invalid", message="bad", location="dvc.lock:3:1")
MERGED_STAGE = StageState(address="train", unproven=(MERGED,))


def model(name: str = "m", **served: Any) -> ModelLine:  # noqa: ANN401 (fields of Served)
    here = EnvironmentLine(
        environment="prod",
        version="v1",
        commit="c",
        held=False,
        behind=0,
        served=Served(folder="/srv", **served),
    )
    return ModelLine(model=name, latest="v1", latest_commit="c", behind=0, environments=(here,))


def unseen(**known: Any) -> ModelLine:  # noqa: ANN401 (fields of Unseen)
    """A model whose target this machine does not show."""
    line = model(label=None)
    return replace(line, environments=(replace(line.environments[0], served=None, unseen=Unseen(**known)),))


def step(change: dict[str, Any] | None = None, **options: Any) -> tuple[str, str] | None:  # noqa: ANN401
    found = next_step(replace(CLEAN, **(change or {})), **{"declared": True, **options})
    return None if found is None else (found.command, found.reason)


@pytest.mark.parametrize(
    ("change", "command", "reason"),
    [
        ({"conflicted": ("a", "b")}, "git mergetool", "2 files in conflict"),
        (
            {"taken_repair": "git fetch --force --tags", "taken_tags": ("m@v1", "m@v2")},
            "git fetch --force --tags",
            "origin has 2 other tags of a name that is here",
        ),
        (
            {"verdict": replace(BLOCKED, repair="git fetch")},
            "git fetch",
            "a gate needs what this clone lacks",
        ),
        ({"verdict": BLOCKED}, "mlgit check", "the gates would block this"),
        # a gate that failed is not undone by more tags, one that could not be evaluated may be
        ({"verdict": BLOCKED, "tags_known": TAGS}, "git fetch --tags", "this clone may lack tags"),
        (
            {"verdict": replace(BLOCKED, failed=1), "tags_known": TAGS},
            "mlgit check",
            "the gates would block this",
        ),
        (
            {"verdict": BLOCKED, "tags_known": TAGS, "ahead": 1},
            "git fetch --tags",
            "this clone may lack tags",
        ),
        # trunk's rules deploy, whatever the file here says
        (
            {"models": (model(label="v2"),), "failures": (INVALID,)},
            "mlgit deploy --env prod",
            "the target serves v2",
        ),
        ({"models": (model(label="v1", matches=True),), "failures": (INVALID,)}, "mlgit doctor", "bad"),
        ({"tags_known": TAGS}, "git fetch --tags", "this clone may lack tags"),
        ({"tags_known": TAGS, "ahead": 1}, "mlgit push", "1 commit not pushed"),
        # data
        ({"data": (LOST, replace(LOST, path="b"))}, "dvc pull", "2 outputs not on this machine"),
        ({"data": (EDITED,)}, "dvc add raw", "`raw` was changed"),
        ({"data": (EDITED, EDITED)}, "dvc add raw", "`raw` and 1 more were changed"),
        ({"data": (ABSENT,)}, "dvc checkout", "1 output not checked out"),
        ({"data": (ABSENT,), "stages": (STALE,)}, "mlgit run", "1 stage stale"),
        ({"data": (FOREIGN,), "stages": (STALE,)}, "dvc checkout", "`a.csv` is that of `topic`"),
        (
            {"data": (replace(FOREIGN, in_cache=False),), "stages": (STALE,)},
            "dvc pull",
            "`a.csv` is that of `topic`",
        ),
        (
            {
                "data": (replace(FOREIGN, in_cache=False),),
                "stages": (STALE,),
                "remote_data": unpushed("nowhere", path="a.csv"),
            },
            "mlgit run",
            "1 stage stale",
        ),
        ({"data": (replace(FOREIGN, owner="a.csv.dvc"),)}, "dvc checkout", "`a.csv` is that of `topic`"),
        # in the cache, also if the DVC remote lacks it
        (
            {"data": (FOREIGN,), "stages": (STALE,), "remote_data": unpushed("cache", path="a.csv")},
            "dvc checkout",
            "`a.csv` is that of `topic`",
        ),
        # what git merged
        (
            {"stages": (MERGED_STAGE,)},
            "mlgit run --commit",
            "git merged the record of `train`, and no run confirmed it",
        ),
        ({"stages": (MERGED_STAGE,), "changed": ("a",)}, "git commit -a", "1 file changed"),
        # what mlgit reads
        (
            {
                "untracked": ("a.json", "b.json", "x/dvc.yaml"),
                "metrics": (ValueChange(file="b.json", key="auc", old=None, new=None, kind="added"),),
            },
            "git add b.json x/dvc.yaml && git commit",
            "2 files that mlgit reads not in Git",
        ),
        (
            {"untracked": tuple(f"{each}.dvc" for each in range(9))},
            "git add 0.dvc 1.dvc 2.dvc 3.dvc 4.dvc 5.dvc 6.dvc 7.dvc && git commit",
            "8 files that mlgit reads not in Git",
        ),
        # sharing
        ({"behind": 1}, "git pull", "origin/main has 1 more commit"),
        ({"behind": 1, "ahead": 1}, "git pull --no-rebase", "origin/main has 1 more commit"),
        ({"unpushed_tags": ("m@v1", "m@v2")}, "mlgit push", "2 tags not pushed"),
        ({"upstream": None}, "mlgit push", "`main` is only here"),
        ({"ahead": None}, "mlgit push", "`main` is only here"),
        ({"remote_data": unpushed("cache")}, "mlgit push", "1 output not in the DVC remote"),
        (
            {"remote_data": unpushed("workspace")},
            "dvc commit s",
            "1 output not in the DVC remote and not in the cache",
        ),
        # what is deployed
        ({"models": (model(label="v2"),)}, "mlgit deploy --env prod", "the target serves v2"),
        ({"models": (model(label=None),)}, "mlgit deploy --env prod", "the target serves nothing"),
        (
            {"models": (model(label="v1", matches=True, damaged=True),)},
            "mlgit deploy --env prod",
            "the target serves v1",
        ),
        ({"models": (model(label="v2", repair="chmod a"),)}, "chmod a", "the target serves v2"),
        (
            {"models": (model(label="v2", problem="no access"),)},
            "mlgit deploy --env prod",
            "what the target serves is not known",
        ),
        (
            {"models": (model(label="v2", later="m#prod#9"),)},
            "git fetch --tags origin",
            "m#prod#9 is not here",
        ),
        # tags that only this clone has: the remote may not answer
        (
            {"models": (model(label="v2"),), "unpushed_tags": ("m#prod!#3", "m#prod#3")},
            "mlgit deploy --env prod --offline",
            "the target serves v2",
        ),
        (
            {"models": (model(label="v2"),), "unpushed_tags": ("m#dev#3", "n#prod#3", "m@v1.0.0")},
            "mlgit deploy --env prod",
            "the target serves v2",
        ),
        (
            {"models": (model(label="v2", later="m#prod#9"),), "remote": None, "upstream": None},
            "mlgit deploy --env prod",
            "the target serves v2",
        ),
        (
            {"models": (model("a", label="v1", matches=True), model("b", label="v2"))},
            "mlgit deploy --env prod b",
            "the target serves v2",
        ),
        (
            {"models": (unseen(left=True),)},
            "mlgit deploy --env prod",
            "whether v1 is served is not known here",
        ),
        ({"models": (unseen(left=True),), "ahead": 1}, "mlgit push", "1 commit not pushed"),
        (
            {"models": (model(label="v2"),), "tags_known": TAGS},
            "git fetch --tags",
            "this clone may lack tags",
        ),
    ],
)
def test_a_step_has_its_reason(change: dict[str, Any], command: str, reason: str) -> None:
    assert step(change) == (command, reason)


@pytest.mark.parametrize(
    "change",
    [
        {"upstream": None, "remote": None},
        {"upstream": None, "branch": None},
        {"upstream": None, "commit": None, "ahead": None},
        {"models": (model(label="v1", matches=True),)},
        {"models": (unseen(),)},
        {
            "models": (
                replace(
                    model(label=None), environments=(replace(model(label=None).environments[0], served=None),)
                ),
            )
        },
        {
            "models": (
                replace(
                    model(label="v2"),
                    environments=(replace(model(label="v2").environments[0], version=None),),
                ),
            )
        },
        {
            "models": (
                replace(
                    model(label="v2"),
                    environments=(replace(model(label="v2").environments[0], refused="no"),),
                ),
            )
        },
        {"stages": (StageState(address="train", unproven=("it is frozen",)),)},
        {"data": (replace(LOST, owner="a.dvc"),), "remote_data": unpushed("nowhere", owner="a.dvc")},
        {"verdict": replace(BLOCKED, decision="allow")},
        {"failures": (Failure(part="tags", code="not_fetched", message="bad"),)},
        # changed by a stage or by hand: only a run shows which
        {"data": (replace(EDITED, owner="train"),)},
    ],
)
def test_what_needs_no_step(change: dict[str, Any]) -> None:
    assert step(change) is None


@pytest.mark.parametrize(
    ("change", "options", "expected"),
    [
        # DVC refuses a file, which does not matter for what DVC does not run
        ({"stages": (STALE,)}, {"refused": ["x.dvc", "y.dvc"]}, ("mlgit doctor", "DVC refuses `x.dvc`")),
        ({"data": (LOST,)}, {"refused": ["x.dvc"]}, ("mlgit doctor", "DVC refuses `x.dvc`")),
        ({"changed": ("a",)}, {"refused": ["x.dvc"]}, ("git commit -a", "1 file changed")),
        ({}, {"refused": ["x.dvc"]}, None),
        # data that DVC passes over is not pulled
        ({"data": (LOST,)}, {"unseen": ["s"]}, ("mlgit doctor", "DVC passes over `s`")),
        ({"data": (LOST,)}, {"unseen": ["t"]}, ("dvc pull", "1 output not on this machine")),
        ({"data": (LOST,), "ahead": 1}, {"unseen": ["s"]}, ("mlgit push", "1 commit not pushed")),
        # files that were deleted here
        (
            {"stages": (StageState(address="train", reasons=("deleted dep a.py",)),)},
            {"deleted": ("a.py", "b.py")},
            ("git checkout -- a.py", "`a.py` is deleted here"),
        ),
        (
            {},
            {"deleted": ("dvc.yaml", "x/dvc.lock", "mlgit.yaml.bak")},
            ("git checkout -- dvc.yaml x/dvc.lock", "`dvc.yaml` and 1 more are deleted here"),
        ),
        (
            {},
            {"deleted": tuple(f"{each}/dvc.yaml" for each in range(9))},
            (
                "git checkout -- " + " ".join(f"{each}/dvc.yaml" for each in range(8)),
                "`0/dvc.yaml` and 7 more are deleted here",
            ),
        ),
        ({}, {"deleted": ("a.py",)}, None),
        # without a DVC remote
        ({"data": (LOST,)}, {"can_pull": False}, ("mlgit run", "1 output not here, and DVC has no remote")),
        (
            {"data": (replace(FOREIGN, in_cache=False),), "stages": (STALE,)},
            {"can_pull": False},
            ("mlgit run", "1 stage stale"),
        ),
        ({"data": (replace(FOREIGN, in_cache=False, owner="a.csv.dvc"),)}, {"can_pull": False}, None),
        # without a mlgit.yaml
        ({}, {"declared": False}, ("mlgit init", "there is no `mlgit.yaml` yet")),
        (
            {
                "unready": (
                    Unready(
                        code="model_not_found",
                        message="x",
                        hint="run `git add x`",
                        subject="x",
                        severity="warn",
                    ),
                )
            },
            {"declared": False},
            ("mlgit init", "there is no `mlgit.yaml` yet"),
        ),
        (
            {"unready": (Unready(code="config_not_read", message="x", subject="x", severity="warn"),)},
            {"declared": False},
            ("mlgit init", "there is no `mlgit.yaml` yet"),
        ),
        ({"ahead": 1}, {"declared": False}, ("mlgit push", "1 commit not pushed")),
        ({"tags_known": TAGS}, {"declared": False}, ("git fetch --tags", "this clone may lack tags")),
    ],
)
def test_a_step_depends_on_what_dvc_and_git_can_do(
    change: dict[str, Any], options: dict[str, Any], expected: tuple[str, str] | None
) -> None:
    assert step(change, **options) == expected


def test_lost_data_that_is_nowhere_is_made_again_by_its_stage() -> None:
    found = {"data": (LOST,), "remote_data": unpushed("nowhere")}
    assert step(found) == ("mlgit run", "1 output neither here nor in the DVC remote")


@pytest.mark.parametrize(
    ("untracked", "changed", "command"),
    [(("a",), (), "git add -A && git commit"), ((), ("a",), "git commit"), ((), (), None)],
)
def test_the_first_commit(untracked: tuple[str, ...], changed: tuple[str, ...], command: str | None) -> None:
    found: Status = replace(UNBORN, untracked=untracked, changed=changed)
    expected = None if command is None else NextStep(command=command, reason="nothing is committed yet")
    assert next_step(found, declared=True) == expected


@pytest.mark.parametrize(
    ("folder", "command", "typed"),
    [
        ("/work", "git add a", "git add a"),
        ("/work/sub", "mlgit run", "mlgit run"),
        ("/work/sub", "git add a", "(cd .. && git add a)"),
        ("/work/sub/deep", "dvc add a", "(cd ../.. && dvc add a)"),
        ("/work/sub", "git checkout --theirs a/dvc.lock", "(cd .. && git checkout --theirs a/dvc.lock)"),
        ("/work/sub", "git checkout origin/main -- a", "(cd .. && git checkout origin/main -- a)"),
        ("/work/sub", "git checkout -- a", "(cd .. && git checkout -- a)"),
        ("/work/sub", "git mergetool a", "(cd .. && git mergetool a)"),
        ("/work/sub", "git check-ignore -v a", "(cd .. && git check-ignore -v a)"),
        ("/work/sub", "git checkout topic", "git checkout topic"),
        ("/work/sub", "git mergetool", "git mergetool"),
        ("/workshop", "mlgit run", "(cd /work && mlgit run)"),
        ("/else where", "git add a", "(cd /work && git add a)"),
    ],
)
def test_a_command_works_where_it_is_typed(folder: str, command: str, typed: str) -> None:
    assert typed_in(folder, command, root="/work") == typed
    assert takes_paths(command) is (" a" in command and command != "mlgit run")


MERGING = {"underway": "merge", "stages": (STALE,)}


@pytest.mark.parametrize(
    ("change", "command"),
    [
        # one side of what a run writes is as good as the other, once its stages run
        (
            {"conflicted": ("dvc.lock", "m.json"), "failures": (LOCK_INVALID,)},
            "git checkout --theirs dvc.lock",
        ),
        ({"conflicted": ("dvc.lock", "m.json"), **MERGING}, "mlgit run"),
        ({"conflicted": ("m.json",), **MERGING}, "mlgit run"),
        ({**MERGING, "data": (FOREIGN,)}, "dvc checkout"),
        (MERGING, "mlgit run"),
        # what no run writes is for people
        ({"conflicted": ("dvc.lock", "a.py"), **MERGING}, "git mergetool a.py"),
        ({"conflicted": ("a.py", "b.py"), **MERGING}, "git mergetool"),
        # once nothing is stale
        ({"conflicted": ("dvc.lock", "m.json"), "underway": "merge"}, "git add -u && git merge --continue"),
        ({"conflicted": ("dvc.lock", "m.json")}, "git add dvc.lock m.json"),
        # each commit of a rebase has the numbers that it had
        (
            {"underway": "rebase", "stages": (STALE,), "changed": ("a",)},
            "git add -u && git rebase --continue",
        ),
        # another file than the lock cannot be read
        (
            {
                "conflicted": ("dvc.lock", "dvc.yaml"),
                "failures": (replace(LOCK_INVALID, location="dvc.yaml:1"),),
            },
            "git mergetool dvc.yaml",
        ),
    ],
)
def test_what_git_has_begun_is_ended_with_numbers_of_both_sides(change: dict[str, Any], command: str) -> None:
    found = step(change, written=("m.json",))
    assert found is not None
    assert found[0] == command
