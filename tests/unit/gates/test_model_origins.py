"""What makes a model: every other origin of it is a finding, but a renamed stage is not."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from mlgit.core.gates.evaluate import Case
from mlgit.core.gates.resolved.findings import compare_resolved
from mlgit.core.gates.resolved.model_origins import Maker, ModelOrigin, compare_origins, model_origin
from mlgit.core.gates.resolved.resolution import ResolvedGate, resolve_case
from mlgit.core.pipeline.inputs import EMPTY, Places
from mlgit.core.pipeline.origin import HAND, LINKS, link_of, origin_of
from mlgit.core.pipeline.stages import Output, Pipeline, Stage
from tests.support.verdicts import absolute, metric_file
from tests.unit.pipeline.test_inputs import origin as recorded

MODEL = "models/m.bin"
OWNERS = ("train", "renamed", "export", "moved", "a.dvc", "git", "nothing")
"""`renamed` is `train` by another name; `moved` has its command in another folder."""


def stage(name: str, cmd: str, *, deps: tuple[str, ...] = (), outs: tuple[str, ...] = ()) -> Stage:
    made = tuple(Output(path=path, owner=name) for path in outs)
    wdir = "sub" if name == "moved" else "."
    return Stage(address=name, name=name, file="dvc.yaml", wdir=wdir, cmd=(cmd,), deps=deps, outs=made)


def origin(*owners: str, path: str | None = MODEL, deps: tuple[str, ...] = ("raw.csv",)) -> ModelOrigin:
    """The model of a pipeline in which these owners have its path."""
    commands = {"train": "run", "renamed": "run", "moved": "run", "export": "other"}
    stages = tuple(
        stage(each, commands[each], deps=deps, outs=(MODEL,)) for each in owners if each in commands
    )
    tracked = tuple(Output(path=MODEL, owner=each) for each in owners if each.endswith(".dvc"))
    paths = [MODEL] if "git" in owners else ["README.md", "models/m.bin.txt"]
    return model_origin("m", path, Pipeline(stages=stages, tracked=tracked), paths)


def codes(old: ModelOrigin, new: ModelOrigin) -> list[str]:
    return [each.code for each in compare_origins([old], [new])]


@pytest.mark.parametrize(("old", "new"), [*product(OWNERS, OWNERS)])
def test_another_owner_of_a_model_that_a_stage_made_is_a_finding(old: str, new: str) -> None:
    same = {old, new} <= {"train", "renamed"} or old == new
    expected = ["evidence_weakened"] if old in {"train", "renamed", "export", "moved"} and not same else []
    assert codes(origin(old), origin(new)) == expected


@pytest.mark.parametrize("second", ["export", "a.dvc"])
def test_a_second_owner_is_a_finding_in_words(second: str) -> None:
    (found,) = compare_origins([origin("train")], [origin("train", second)])
    words = {"export": "made by stage export", "a.dvc": "tracked by a.dvc"}[second]
    was = f"Model `m` (`{MODEL}`) was made by stage train"
    assert found.text == f"{was}; it is now {words} and made by stage train"
    assert (found.subjects, found.model, found.whole, found.kind) == (("m",), "m", True, "model")
    assert codes(origin("train", second), origin("train", second)) == []


def test_a_renamed_stage_with_fewer_inputs_is_another_one() -> None:
    assert codes(origin("train"), origin("renamed", deps=())) == ["evidence_weakened"]
    assert codes(origin("train"), origin("renamed", deps=("raw.csv", "more"))) == []


@pytest.mark.parametrize(
    ("owners", "text"),
    [
        (("train",), "Model `m` (made by stage train) proves less: dep raw.csv was dropped"),
        (("train", "export"), None),
    ],
)
def test_a_model_that_is_made_from_less_is_a_finding(owners: tuple[str, ...], text: str | None) -> None:
    new = origin(*owners, deps=("more.csv",))
    found = list(compare_origins([origin("train")], [new]))
    assert [each.code for each in found] == ["evidence_weakened"]
    assert text is None or found[0].text == text
    assert list(compare_origins([origin("train")], [origin("train", deps=("raw.csv", "more"))])) == []


def test_a_dropped_input_is_one_finding_of_the_gates_or_the_model() -> None:
    old, new = origin("train", deps=("a", "b")), origin("train", deps=())
    dropped = [f"dep {name} was dropped" for name in ("a", "b")]
    (found,) = compare_origins([old], [new], covered=dropped[:1])
    assert found.text == "Model `m` (made by stage train) proves less: dep b was dropped"
    assert list(compare_origins([old], [new], covered=dropped)) == []


def test_an_input_with_another_name_is_dropped_if_both_were_there() -> None:
    def made(name: str) -> ModelOrigin:
        maker = Maker(origin=recorded({}, {"params.yaml": {name: 0.3}}), run=("run",))
        return ModelOrigin(name="m", path=MODEL, makers=(maker,))

    old, new = made("lr"), made("rate")
    there = Places(param="params.yaml:rate".__eq__)
    assert list(compare_origins([old], [new], places=(EMPTY, there))) == []
    (found,) = compare_origins([old], [new], places=(there, EMPTY))
    assert found.text == "Model `m` (made by stage train) proves less: param params.yaml:lr was dropped"


@pytest.mark.parametrize("split", [("prepare", "train"), ("sub/dvc.yaml:train",), ("train@0",)])
@pytest.mark.parametrize("dropped", [False, True])
def test_a_dropped_input_is_found_whatever_becomes_of_the_stage(
    split: tuple[str, ...], *, dropped: bool
) -> None:
    deps = ("params.py",) if dropped else ("params.py", "raw.csv")
    if len(split) == 1:
        made = (Output(path=MODEL, owner=split[0]),)
        stages = [stage("train", "run", deps=deps)._replace(address=split[0], outs=made)]
    else:
        stages = [
            stage("prepare", "prepare", deps=deps[1:], outs=("clean.csv",)),
            stage("train", "run", deps=(deps[0], "clean.csv"), outs=(MODEL,)),
        ]
    new = model_origin("m", MODEL, Pipeline(stages=tuple(stages)), [])
    old = origin("train", deps=("params.py", "raw.csv"))
    assert codes(old, new) == (["evidence_weakened"] if dropped else [])


@pytest.mark.parametrize(
    ("path", "repeated", "expected"),
    [
        ("other.bin", False, ["gate_repointed", "evidence_weakened"]),
        (None, False, ["gate_repointed"]),
        ("other.bin", True, ["evidence_weakened"]),
        (None, True, []),
    ],
)
def test_another_path_is_reported_once(path: str | None, repeated: bool, expected: list[str]) -> None:  # noqa: FBT001 (a table)
    found = compare_origins(
        [origin("train")], [origin("train", path=path)], reported={"m"} if repeated else ()
    )
    assert [each.code for each in found] == expected
    assert codes(origin("train", path=None), origin("train")) == []
    assert list(compare_origins([origin("train")], [])) == []


def test_another_path_and_what_no_stage_makes_are_named_in_words() -> None:
    texts = [
        next(iter(compare_origins([origin("train")], [new]))).text
        for new in (origin("train", path=None), origin("train", path="x.bin"), origin("nothing"))
    ]
    assert texts == [
        f"Model `m` was `{MODEL}`; it now has no path",
        f"Model `m` was `{MODEL}`; it is now `x.bin`",
        f"Model `m` (`{MODEL}`) was made by stage train; it is now {HAND.words}",
    ]
    assert origin("git").by_hand == (MODEL,)


def test_another_file_of_dvc_next_to_the_stage_is_another_maker() -> None:
    assert codes(origin("train", "a.dvc"), origin("train", "b.dvc")) == ["evidence_weakened"]
    (maker,) = origin("train").makers
    tracked = replace(maker, origin=replace(maker.origin, kind="import"), run=())
    assert codes(origin("train"), replace(origin("train"), makers=(tracked,))) == ["evidence_weakened"]


FOLDER = Pipeline(
    stages=(
        stage("train", "run")._replace(
            outs=(
                Output(path="models/m.bin", owner="train"),
                Output(path="models/kept", owner="train", cached=False),
            ),
        ),
    )
)


def in_folder(*paths: str) -> ModelOrigin:
    return model_origin("m", "models/", FOLDER, paths, measured={"models/m.json"})


@pytest.mark.parametrize(
    ("paths", "text"),
    [
        (("models/a.bin",), "`models/a.bin` in it is made by no stage"),
        (("models/a.bin", "models/b/c"), "`models/a.bin`, `models/b/c` in it are made by no stage"),
        (("models/.gitignore", "models/m.bin", "models/kept", "models/kept/x", "models/m.json"), None),
        (("models/m.bin/more",), "`models/m.bin/more` in it is made by no stage"),
        (("models/x.dvc", "models/dvc.yaml", "models/dvc.lock", "modelsx"), None),
    ],
)
def test_a_file_by_hand_in_the_folder_of_a_model_is_a_finding(
    paths: tuple[str, ...], text: str | None
) -> None:
    found = [each.text for each in compare_origins([in_folder()], [in_folder(*paths)])]
    assert found == ([] if text is None else [f"Model `m` was made by stage train; {text}"])
    assert codes(in_folder(*paths), in_folder(*paths)) == []


def linked(link: str) -> Pipeline:
    """Numbers whose stages read the model, come with it, or do not know it."""
    outs = {"reads": (MODEL,), "beside": (MODEL, "base.bin"), "none": ("base.bin",)}[link]
    reads = MODEL if link == "reads" else "base.bin"
    more = (stage("export", "echo", outs=(MODEL,)),) if link == "none" else ()
    return Pipeline(
        stages=(
            stage("train", "run", deps=("raw.csv",), outs=outs),
            stage("evaluate", "test", deps=(reads,), outs=("m.json",)),
            *more,
        )
    )


def gate(link: str, path: str | None = MODEL, model: str | None = "m") -> ResolvedGate:
    rule = absolute("g", "m.json:auc", low="0.5")
    case = Case(model, (rule,), (metric_file(path="m.json", stage="evaluate", auc="0.9"),), {})
    (found,) = resolve_case(case, linked(link), path=path)
    return found


@pytest.mark.parametrize(("old", "new"), [*product(LINKS, LINKS)])
def test_numbers_that_know_the_model_less_prove_less(old: str, new: str) -> None:
    found = [(each.code, each.text) for each in compare_resolved([gate(old)], [gate(new)])]
    names: list[str] = [*LINKS]
    if names.index(new) >= names.index(old):
        assert found == []
        return
    was = {"reads": "from", "beside": "along with"}[old]
    now = {"beside": "only along with it", "none": "without it"}[new]
    text = f"its number was made {was} the model `{MODEL}` (stage evaluate)"
    text = f"{text}; it is now made {now} (stage evaluate)"
    assert found == [("evidence_weakened", text)]


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        (MODEL, None, f"the model was `{MODEL}`; it now has no path"),
        (MODEL, "base.bin", f"the model was `{MODEL}`; it is now `base.bin`"),
        (None, MODEL, None),
        (
            None,
            "x.bin",
            "the model had no path; it is now `x.bin`, which stage evaluate neither makes nor reads",
        ),
    ],
)
def test_a_path_that_comes_or_goes(old: str | None, new: str | None, text: str | None) -> None:
    found = [each.text for each in compare_resolved([gate("reads", old)], [gate("reads", new)])]
    assert text in found if text else not found


def test_a_model_without_a_name_is_compared_with_the_one_that_gets_a_name() -> None:
    named, unnamed = gate("reads", "other.bin"), gate("reads", model=None)
    for old, new in ((named, unnamed), (unnamed, named)):
        assert {each.code for each in compare_resolved([old], [new])} >= {"gate_repointed"}
    assert compare_resolved([gate("reads")], [gate("reads", model=None)]) == ()
    assert compare_resolved([gate("reads")], [replace(named, model="other")]) == ()


def test_only_numbers_of_a_stage_know_a_model() -> None:
    pipeline = linked("reads")
    assert link_of(None, origin_of("m.json", pipeline), pipeline) == "none"
    assert link_of(MODEL, origin_of("by-hand.json", pipeline), pipeline) == "none"
    assert link_of("models/", origin_of("m.json", pipeline), pipeline) == "reads"


def places_of(**files: bytes) -> Places:
    paths = {name.replace("__", "/") + ".py": text for name, text in files.items()}
    return Places(
        file=paths.__contains__,
        paths=lambda: frozenset(paths),
        read=lambda wanted: {path: paths[path] for path in wanted if path in paths},
    )


def trained_by(name: str, script: str, cmd: str | None = None, *, also: str = "") -> ModelOrigin:
    deps = (f"src/{script}.py", "raw.csv")
    stages = [stage(name, cmd or f"python src/{script}.py", deps=deps, outs=(MODEL,))]
    if also:
        stages.append(stage(also, f"python src/{also}.py"))
    return model_origin("m", MODEL, Pipeline(stages=tuple(stages), tracked=()), [])


@pytest.mark.parametrize(
    ("new", "now", "found"),
    [
        (trained_by("fit", "fit"), {"src__fit": b"a"}, []),
        (trained_by("fit", "fit"), {"src__fit": b"other"}, ["evidence_weakened"]),
        (trained_by("fit", "fit"), {"src__fit": b"a", "src__train": b"a"}, ["evidence_weakened"]),
        (trained_by("fit", "fit", "cp best.bin models"), {"src__fit": b"a"}, ["evidence_weakened"]),
        (trained_by("fit", "fit", also="train"), {"src__fit": b"a"}, ["evidence_weakened"]),
    ],
)
def test_a_stage_may_be_renamed_with_its_script(
    new: ModelOrigin, now: dict[str, bytes], found: list[str]
) -> None:
    old = trained_by("train", "train")
    places = places_of(src__train=b"a"), places_of(**now)
    assert [each.code for each in compare_origins([old], [new], places=places)] == found


@pytest.mark.parametrize(
    ("deps", "path", "found"),
    [
        ((MODEL,), "models/m.onnx", ["gate_repointed"]),
        (("raw.csv",), "models/m.onnx", ["gate_repointed", "evidence_weakened"]),
    ],
)
def test_a_model_that_is_made_from_the_one_before_has_only_another_path(
    deps: tuple[str, ...], path: str, found: list[str]
) -> None:
    export = stage("export", "python export.py", deps=deps, outs=(path,))
    train = stage("train", "run", deps=("raw.csv",), outs=(MODEL,))
    old = model_origin("m", MODEL, Pipeline(stages=(train,), tracked=()), [])
    new = model_origin("m", path, Pipeline(stages=(train, export), tracked=()), [])
    assert codes(old, new) == found
