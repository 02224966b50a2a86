"""A stage that is stale only because of what another branch left here is ended without a run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from mlgit.core.gates.decision import decide
from mlgit.core.gates.verdict import Policy
from mlgit.core.overview.checkout import (
    LeftBehind,
    bring_back,
    deleted_files,
    left_behind,
    needs_run,
    way_back,
    with_checkout,
    with_files_back,
)
from mlgit.core.overview.status import DataState
from mlgit.core.pipeline.evidence import StageState
from tests.support.verdicts import CANDIDATE, absolute, case, rules

if TYPE_CHECKING:
    from mlgit.core.gates.verdict import Outcome, Verdict

HERE = DataState(path="a", owner="s", workspace="modified", in_cache=True, found_in="topic")
FAR = DataState(path="b", owner="s", workspace="modified", in_cache=False, found_in="topic")
EDITED = DataState(path="c", owner="s", workspace="modified", in_cache=True)


def stale(*reasons: str) -> StageState:
    return StageState(address="train", reasons=reasons)


@pytest.mark.parametrize(
    ("stages", "data", "found"),
    [
        ([stale("changed dep a")], [HERE], ("a", "dvc checkout")),
        ([stale("changed output a")], [EDITED, HERE], ("a", "dvc checkout")),
        ([stale("changed dep a/x.csv")], [HERE], ("a", "dvc checkout")),
        ([], [HERE], ("a", "dvc checkout")),
        # what the cache lacks is pulled first
        ([stale("changed dep a", "changed dep b")], [HERE, FAR], ("b", "dvc pull")),
        # another reason, another file, or none
        ([stale("changed dep a"), stale("changed cmd")], [HERE], None),
        ([stale("changed dep a", "changed dep c")], [HERE, EDITED], None),
        ([stale("changed dep a.csv")], [HERE], None),
        ([stale("changed param a")], [HERE], None),
        ([stale("changed dep c")], [EDITED], None),
        ([], [], None),
    ],
)
def test_what_another_branch_left_behind(
    stages: list[StageState], data: list[DataState], found: tuple[str, str] | None
) -> None:
    behind = left_behind(stages, data, can_pull=True)
    assert (None if behind is None else (behind.output.path, behind.command)) == found
    if behind is not None:
        assert behind.why == f"`{behind.output.path}` is that of `topic`"


def test_without_a_dvc_remote_only_the_cache_counts() -> None:
    assert left_behind([], [FAR], can_pull=False) is None
    found = left_behind([stale("changed dep a")], [FAR, HERE], can_pull=False)
    assert found is not None
    assert (found.output, found.command, found.every) == (HERE, "dvc checkout", (HERE,))


def test_only_deleted_files_that_something_reads_are_brought_back() -> None:
    stages = [stale("deleted dep src/a.py", "changed cmd"), stale("deleted params file params.yaml")]
    deleted = ("notes.md", "params.yaml", "src/a.py", "src/b.py", "sub/dvc.lock", "mlgit.yaml")
    assert deleted_files(stages, deleted) == ("params.yaml", "src/a.py", "sub/dvc.lock", "mlgit.yaml")
    assert deleted_files([], ("src/a.py",)) == ()
    assert bring_back(("a b", "c")) == "git checkout -- 'a b' c"


VERDICT = decide([case(absolute(low="0"), files=())], rules=rules(), candidate=CANDIDATE, policy=Policy())


def verdict(*hints: str | None, outcome: Outcome = "error") -> Verdict:
    """A verdict with a result for each of these hints."""
    results = tuple(replace(VERDICT.results[0], hint=each, outcome=outcome) for each in hints)
    return replace(VERDICT, results=results)


def hints(found: Verdict) -> list[str | None]:
    return [each.hint for each in found.results]


RUN, OTHER = "run `mlgit run evaluate`", "declare it in `dvc.yaml`"


def test_a_checkout_takes_the_place_of_a_run() -> None:
    found = with_checkout(verdict(RUN, OTHER, None), LeftBehind(output=HERE, command="dvc checkout"), {})
    assert hints(found) == ["run `dvc checkout`: `a` is that of `topic`", OTHER, None]
    assert [way_back(each) for each in found.results] == ["dvc checkout", None, None]
    pulled = with_checkout(verdict(RUN), LeftBehind(output=HERE, command="dvc pull"), {})
    assert way_back(pulled.results[0]) == "dvc pull"


MINE, OTHERS = "`a` is that of `topic`", "`b` is that of `main`"
ALL = "`a`, `b` are not those of this commit"


@pytest.mark.parametrize(
    ("files", "in_cache", "expected"),
    [
        (("a.json", "b.json"), True, (MINE, OTHERS)),
        (("b.json", "c.json"), True, (OTHERS, ALL)),
        (("c.json", None), True, (ALL, ALL)),
        # `dvc pull` is because of what is not in the cache
        (("a.json", "b.json"), False, (ALL, OTHERS)),
    ],
)
def test_with_several_models_each_hint_names_the_output_of_its_own_stage(
    files: tuple[str | None, ...], *, in_cache: bool, expected: tuple[str, ...]
) -> None:
    there = replace(FAR, in_cache=in_cache, found_in="main")
    stages = [
        StageState(address="train_a", reasons=("changed dep a",)),
        StageState(address="train_b", reasons=("changed dep b/x.csv",)),
        StageState(address="after", reasons=()),
    ]
    behind = left_behind(stages, [HERE, there], can_pull=True)
    assert behind is not None
    results = tuple(replace(VERDICT.results[0], hint=RUN, file=each) for each in files)
    made = {"a.json": "train_a", "b.json": "train_b", "c.json": "after"}
    found = with_checkout(replace(VERDICT, results=results), behind, made)
    assert hints(found) == [f"run `{behind.command}`: {each}" for each in expected]


@pytest.mark.parametrize(
    ("each", "needed"), [((RUN,), True), ((OTHER, RUN), True), ((OTHER, None), False), ((), False)]
)
def test_whether_a_gate_needs_a_run(each: tuple[str | None, ...], *, needed: bool) -> None:
    assert needs_run(verdict(*each)) is needed


@pytest.mark.parametrize(
    ("paths", "hint"),
    [
        (("a.py",), "run `git checkout -- a.py`: `a.py` is deleted here"),
        (("a.py", "b.py"), "run `git checkout -- a.py b.py`: `a.py`, `b.py` are deleted here"),
    ],
)
def test_deleted_files_are_brought_back_where_a_run_would_fail(paths: tuple[str, ...], hint: str) -> None:
    assert hints(with_files_back(verdict(RUN, None, OTHER), paths)) == [hint, hint, OTHER]
    assert hints(with_files_back(verdict(RUN, None, outcome="fail"), paths)) == [RUN, None]
