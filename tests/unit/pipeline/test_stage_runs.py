"""Which stages ran since the base, from the records in dvc.lock."""

from __future__ import annotations

from mlgit.core.pipeline.evidence import StageState
from mlgit.core.pipeline.stage_runs import stage_runs
from mlgit.core.pipeline.stages import LockedStage, Pipeline, Pointer, Stage


def locked(cmd: str = "run", *, dep: str = "1", param: object = 1, out: str = "1") -> LockedStage:
    return LockedStage(
        cmd=(cmd,),
        deps={"raw.csv": Pointer(md5=dep), "src": None},
        params={"params.yaml": {"train.C": param}},
        outs={"model": Pointer(md5=out)},
    )


def pipeline(**stages: LockedStage | None) -> Pipeline:
    return Pipeline(
        stages=tuple(
            Stage(address=name, name=name, file="dvc.yaml", wdir="", cmd=("run",), locked=lock)
            for name, lock in stages.items()
        )
    )


def runs(old: Pipeline | None, new: Pipeline, *states: StageState) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(each.stage, each.state, each.reasons) for each in stage_runs(old, new, states)]


def test_a_stage_with_the_same_record_is_cached_and_one_with_another_ran() -> None:
    old = pipeline(a=locked(), b=locked(), c=locked(), d=locked(), e=locked())
    new = pipeline(
        a=locked(), b=locked(param=2), c=locked(dep="2", out="2"), d=locked(out="2"), e=locked("go", dep="2")
    )
    assert runs(old, new) == [
        ("a", "cached", ()),
        ("b", "rerun", ("param train.C",)),
        ("c", "rerun", ("dep raw.csv",)),
        ("d", "rerun", ("out model",)),
        ("e", "rerun", ("command", "dep raw.csv")),
    ]


def test_only_the_differing_parameter_of_a_group_is_a_reason() -> None:
    groups = [{"C": 1, "solver": {"name": "lbfgs"}, "empty": {}}, {"C": 1, "solver": {"name": "saga"}}]
    locks = [LockedStage(cmd=("run",), deps={}, params={"p": {"train": group}}, outs={}) for group in groups]
    ((_, _, reasons),) = runs(pipeline(a=locks[0]), pipeline(a=locks[1]))
    assert reasons == ("param train.empty", "param train.solver.name")


def test_stages_are_added_and_removed() -> None:
    assert runs(pipeline(gone=locked()), pipeline(here=locked())) == [
        ("gone", "removed", ()),
        ("here", "new", ()),
    ]
    assert runs(pipeline(a=None), pipeline(a=locked())) == [("a", "new", ())]
    assert runs(None, pipeline(a=locked())) == [("a", "new", ())]


def test_a_stale_stage_is_stale_even_if_its_record_is_the_same() -> None:
    states = (
        StageState(address="a", reasons=("changed dep src",)),
        StageState(address="b", upstream=("a",)),
        StageState(address="c"),
    )
    same = pipeline(a=locked(), b=locked(), c=locked())
    assert runs(same, same, *states) == [
        ("a", "stale", ("changed dep src",)),
        ("b", "stale", ("runs after a, which is stale",)),
        ("c", "cached", ()),
    ]


def test_only_the_first_fifty_reasons_are_kept() -> None:
    new = LockedStage(cmd=("run",), deps={f"d{number}": None for number in range(60)}, params={}, outs={})
    ((_, _, reasons),) = runs(pipeline(a=locked()), pipeline(a=new))
    assert len(reasons) == 50


def test_code_and_data_are_named_before_parameters() -> None:
    ((_, _, reasons),) = runs(pipeline(a=locked()), pipeline(a=locked(param=2, dep="2")))
    assert reasons == ("dep raw.csv", "param train.C")
