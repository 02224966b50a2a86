"""Parameters with which a model is measured are named; those that it is trained with never are."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from mlgit.core.gates.measured.measuring import pairs
from mlgit.core.gates.measured.parameters import parameter_notes
from mlgit.core.gates.resolved.resolution import ResolvedGate, Source
from mlgit.core.pipeline.origin import link_of, origin_of
from mlgit.core.pipeline.stages import LockedStage, Output, Pipeline, Stage

if TYPE_CHECKING:
    from collections.abc import Mapping

MODEL = "models/line.json"
FILE = "params.yaml"
Values = dict[str, object]


def stage(
    name: str, deps: str, outs: str, params: Mapping[str, object] | None = None, *, whole: bool = False
) -> Stage:
    """A stage whose last run had these values of its parameters."""
    values = dict(params or {})
    locked = LockedStage(cmd=(name,), deps={}, params={FILE: values} if values else {}, outs={})
    return Stage(
        address=name,
        name=name,
        file="dvc.yaml",
        wdir=".",
        cmd=(name,),
        deps=tuple(deps.split()),
        params={FILE: None if whole else (*values,)} if values else {},
        outs=tuple(Output(path=path, owner=name) for path in outs.split()),
        locked=locked,
    )


def pipeline(values: Mapping[str, Values], *, whole: bool = False) -> Pipeline:
    """Data that is cleaned, a model of it, another one, what the first predicts, and a number."""
    known: dict[str, Values] = {
        **{name: {} for name in ("clean", "train", "other", "predict", "evaluate")},
        **values,
    }
    return Pipeline(
        stages=(
            stage("clean", "raw.csv", "clean.csv", known["clean"]),
            stage("features", "train.csv", "train.bin", {"features.size": known["train"].get("size", 1)}),
            stage("train", "clean.csv train.bin", MODEL, known["train"]),
            stage("train_other", "clean.csv", "models/other.json", known["other"]),
            stage("predict", f"{MODEL} clean.csv", "predicted.csv", known["predict"]),
            stage(
                "report", "predicted.csv", "report.html", {"report.width": known["evaluate"].get("size", 1)}
            ),
            stage("evaluate", "predicted.csv models/other.json", "m.json", known["evaluate"], whole=whole),
        )
    )


def gates(known: Pipeline, paths: tuple[str | None, ...] = (MODEL,)) -> list[ResolvedGate]:
    origin = origin_of("m.json", known)
    return [
        ResolvedGate(
            gate=str(number),
            model=path,
            metric="mae",
            path=path,
            source=Source(file="m.json", key="mae", origin=origin, link=link_of(path, origin, known)),
        )
        for number, path in enumerate(paths)
    ]


def message(old: Pipeline, new: Pipeline, paths: tuple[str | None, ...] = (MODEL,)) -> str:
    """What is named; empty if nothing is."""
    found = parameter_notes(gates(old, paths), gates(new, paths), (old, new))
    if not found:
        return ""
    (note,) = found
    start = "The numbers were computed with different parameters: "
    assert (note.code, note.effect) == ("params_changed", "note")
    assert note.message.startswith(start)
    return note.message.removeprefix(start)


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ({}, {}, ""),
        # of the stages that make a model, and of those before them
        ({"train": {"slope": 1, "size": 1}}, {"train": {"slope": 2, "size": 2}}, ""),
        # of those that make another model which comes before the number
        (
            {"other": {"slope": 1}},
            {"other": {"slope": 2}},
            "`params.yaml:slope` 1 -> 2 (stage train_other)",
        ),
        # of the stages between the model and its number, and of the one that makes the data
        ({"clean": {"rows": 10}}, {"clean": {"rows": 1}}, "`params.yaml:rows` 10 -> 1 (stage clean)"),
        ({"predict": {"at": 0.5}}, {"predict": {"at": 0.1}}, "`params.yaml:at` 0.5 -> 0.1 (stage predict)"),
        (
            {"evaluate": {"eval": {"model": "a", "n": 1}}},
            {"evaluate": {"eval": {"model": "b", "n": 1}}},
            "`params.yaml:eval.model` a -> b (stage evaluate)",
        ),
        (
            {"evaluate": {"eval": {"n": 1}}},
            {"evaluate": {"eval": {"p": 3}}},
            "`params.yaml:eval.n` is gone (stage evaluate), `params.yaml:eval.p` is new: 3 (stage evaluate)",
        ),
        # declared more narrowly or more widely
        (
            {"evaluate": {"eval.n": 9}},
            {"evaluate": {"eval": {"n": 1}}},
            "`params.yaml:eval.n` 9 -> 1 (stage evaluate)",
        ),
        # new for the stage
        ({}, {"evaluate": {"limit": 1}}, "`params.yaml:limit` is new: 1 (stage evaluate)"),
        # only renamed, or dropped, which is its own finding
        ({"evaluate": {"limit": 7}}, {"evaluate": {"most": 7}}, ""),
        ({"evaluate": {"limit": 7}}, {}, ""),
        # a parameter of both counts for both
        (
            {"clean": {"seed": 1}, "train": {"seed": 1}},
            {"clean": {"seed": 2}, "train": {"seed": 2}},
            "`params.yaml:seed` 1 -> 2 (stage clean)",
        ),
    ],
)
def test_parameters_between_a_model_and_its_number_are_named(
    old: dict[str, Values], new: dict[str, Values], text: str
) -> None:
    assert message(pipeline(old), pipeline(new)) == text


@pytest.mark.parametrize(
    ("paths", "text"),
    [
        ((MODEL,), "`params.yaml:rows` 10 -> 1 (stage clean)"),
        # declared as a model as well, with a gate of its own
        ((MODEL, "clean.csv"), "`params.yaml:rows` 10 -> 1 (stage clean of model `clean.csv`)"),
    ],
)
def test_data_that_is_declared_as_a_model_is_what_another_one_is_measured_on(
    paths: tuple[str, ...], text: str
) -> None:
    sides = pipeline({"clean": {"rows": 10}}), pipeline({"clean": {"rows": 1}})
    assert message(*sides, paths) == text


def test_the_training_of_another_model_that_comes_before_a_number_is_named_last() -> None:
    paths = (MODEL, "models/other.json")
    old: dict[str, Values] = {"other": {"a": 1}, "clean": {"z": 1}}
    new: dict[str, Values] = {"other": {"a": 2}, "clean": {"z": 2}}
    text = "`params.yaml:a` 1 -> 2 (stage train_other of model `models/other.json`)"
    assert message(pipeline(old), pipeline(new), paths) == f"`params.yaml:z` 1 -> 2 (stage clean), {text}"


ROWS: tuple[Values, Values] = ({"rows": 10, "part": 1}, {"rows": 1, "part": 1})


@pytest.mark.parametrize(
    ("train", "evaluate", "text"),
    [
        ("prepare.rows", "prepare", "stage evaluate declares all of `params.yaml:prepare`"),
        ("prepare.rows", "", "stage evaluate declares all of `params.yaml`"),
        ("prepare", "", "stage evaluate declares all of `params.yaml`"),
        ("prepare.rows", "prepare.rows", "stage evaluate"),
        ("prepare", "prepare", "stage evaluate"),
        ("prepare", "prepare.rows", "stage evaluate"),
        ("", "prepare.rows", "stage evaluate"),
        ("", "prepare", "stage evaluate"),
        ("", "", "stage evaluate"),
        ("prepare.rows", None, None),
    ],
)
def test_a_parameter_of_training_counts_if_a_stage_that_measures_declares_it_or_more(
    train: str, evaluate: str | None, text: str | None
) -> None:
    def side(prepare: Values) -> Pipeline:
        values: Mapping[str, Values] = {
            "": {"prepare": prepare},
            "prepare": {"prepare": prepare},
            "prepare.rows": {"prepare.rows": prepare["rows"]},
        }
        return Pipeline(
            stages=(
                stage("train", "train.csv", MODEL, values[train], whole=not train),
                stage(
                    "evaluate",
                    MODEL,
                    "m.json",
                    None if evaluate is None else values[evaluate],
                    whole=not evaluate,
                ),
            )
        )

    found = message(side(ROWS[0]), side(ROWS[1]))
    assert found == ("" if text is None else f"`params.yaml:prepare.rows` 10 -> 1 ({text})")


def test_a_parameter_that_only_the_training_may_read_is_named_after_the_others() -> None:
    old: Values = {"train": {"slope": 1}, "features": {"size": 1}, "rows": {"0": "a", "1": "b"}}
    new: Values = {"train": {"slope": 2}, "features": {"size": 2}, "rows": {"0": "a"}}
    sides = (
        pipeline({"train": {"train.slope": 1}, "evaluate": old}, whole=True),
        pipeline({"train": {"train.slope": 2, "size": 2}, "evaluate": new}, whole=True),
    )
    end = "1 -> 2 (stage evaluate declares all of `params.yaml`)"
    others = f"`params.yaml:features.size` {end}, `params.yaml:train.slope` {end}"
    assert message(*sides) == f'`params.yaml:rows."1"` is gone (stage evaluate), {others}'


def test_a_change_does_not_make_a_parameter_one_of_the_training() -> None:
    old = pipeline({"train": {"slope": 1}, "evaluate": {"eval": {"n": 9}}})
    new = pipeline({"train": {"slope": 1, "eval.n": 1}, "evaluate": {"eval": {"n": 1}}})
    assert message(old, new) == "`params.yaml:eval.n` 9 -> 1 (stage evaluate)"


def test_a_stage_that_makes_the_model_and_its_number_has_no_parameter_that_only_measures() -> None:
    sides = [
        Pipeline(stages=(stage("train", "raw.csv", f"{MODEL} m.json", {"limit": number}),))
        for number in (9, 1)
    ]
    assert message(sides[0], sides[1], (MODEL,)) == ""


def test_of_another_model_than_the_measured_one_no_parameter_is_named() -> None:
    sides = pipeline({"predict": {"at": 1}}), pipeline({"predict": {"at": 2}})
    assert message(sides[0], sides[1], ("models/export.json",)) == ""


def test_without_a_model_every_parameter_that_the_numbers_are_made_with_is_named() -> None:
    old: dict[str, Values] = {"predict": {"at": 1}, "train": {"slope": 1}}
    sides = pipeline(old), pipeline({"predict": {"at": 2}, "train": {"slope": 2}})
    (note,) = parameter_notes(gates(sides[0], (None,)), gates(sides[1], (None,)), sides)
    text = "`params.yaml:at` 1 -> 2 (stage predict), `params.yaml:slope` 1 -> 2 (stage train)"
    assert note.message == f"The numbers were made with different parameters: {text}"


KEYS: list[tuple[Values, Values, str]] = [
    # a key with a dot is not two keys
    (
        {"rows": {"most": 10}},
        {"rows": {"most": 1}, "rows.most": 10},
        '`e.rows.most` 10 -> 1, `e."rows.most"` is new: 10',
    ),
    ({"rows": {"most": 10}}, {"rows.most": 10}, '`e.rows.most` is gone, `e."rows.most"` is new: 10'),
    # and text is not a number, nor a truth value
    ({1: 10}, {"1": 10}, '`e.1` is gone, `e."1"` is new: 10'),  # type: ignore[dict-item]
    ({"all": True}, {"all": "true"}, '`e.all` true -> "true"'),
    ({"n": [{1: 2}]}, {"n": [{"1": 2}]}, '`e.n` [{1: 2}] -> [{"1": 2}]'),
    ({"n": [{1: "a", "b": 1}]}, {"n": [{"b": 1, 1: "a"}]}, "the keys of `e.n` have another order"),
    ({"n": float("nan")}, {"n": float("nan")}, ""),
    # a sentence is not one of ours
    ({"a": "b"}, {"a": "1 (stage evaluate); no more"}, '`e.a` b -> "1 (stage evaluate); no more"'),
    # what is new comes last
    ({"b": 1}, {"a": 1, "b": 2}, "`e.b` 1 -> 2, `e.a` is new: 1"),
]


@pytest.mark.parametrize(("old", "new", "text"), KEYS)
def test_keys_and_values_that_only_look_the_same_are_not(old: Values, new: Values, text: str) -> None:
    found = message(pipeline({"evaluate": {"e": old}}), pipeline({"evaluate": {"e": new}}))
    assert (
        found.replace("params.yaml:", "")
        .removesuffix(" (stage evaluate)")
        .replace(" (stage evaluate), ", ", ")
        == text
    )


@pytest.mark.parametrize(
    ("there", "text"),
    [
        (None, "`params.yaml:limit` is new: 1 (stage evaluate)"),
        ("10", "`params.yaml:limit` 10 -> 1 (stage evaluate, which did not declare it)"),
        ("1", None),
    ],
)
def test_a_value_that_a_stage_newly_declares_is_new_only_if_the_file_did_not_have_it(
    there: str | None, text: str | None
) -> None:
    both = pipeline({}), pipeline({"evaluate": {"limit": 1}})
    found = parameter_notes(gates(both[0]), gates(both[1]), both, there=lambda _: there)
    start = "The numbers were computed with different parameters: "
    assert [each.message for each in found] == ([] if text is None else [start + text])


def test_long_values_are_cut_where_they_differ() -> None:
    rows = ["1,2", "3,4"] * 30
    old = pipeline({"evaluate": {"rows": rows}})
    found = message(old, pipeline({"evaluate": {"rows": [*rows[:-1], "x"]}}))
    assert len(found) < 160
    assert "x" in found


def test_twelve_parameters_are_named_and_the_others_counted() -> None:
    old, new = (pipeline({"evaluate": {f"p{each:02}": number for each in range(14)}}) for number in (1, 2))
    found = message(old, new)
    assert found.count("1 -> 2") == 12
    assert found.endswith(" and 2 more")


def test_the_training_of_a_model_that_moved_is_not_named() -> None:
    (old,), (new,) = (gates(pipeline({"train": {"slope": number}}), (MODEL,)) for number in (1, 2))
    moved = pipeline({"train": {"slope": 2}})
    stages = [
        each._replace(
            deps=tuple(dep.replace("line", "curve") for dep in each.deps),
            outs=tuple(out._replace(path=out.path.replace("line", "curve")) for out in each.outs),
        )
        for each in moved.stages
    ]
    sides = pipeline({"train": {"slope": 1}}), Pipeline(stages=tuple(stages))
    assert parameter_notes([old], [replace(new, path="models/curve.json")], sides) == ()


@pytest.mark.parametrize(
    ("edits", "named"),
    [
        ({"gate": "floor"}, ["`params.yaml:rows` 10 -> 1 (stage evaluate)"]),
        ({"gate": "floor", "metric": "m.json:mae"}, ["`params.yaml:rows` 10 -> 1 (stage evaluate)"]),
        ({"gate": "floor", "model": "other"}, []),
    ],
)
def test_a_gate_that_is_renamed_and_edited_is_compared_with_the_one_that_is_gone(
    edits: dict[str, str], named: list[str]
) -> None:
    sides = pipeline({"evaluate": {"rows": 10}}), pipeline({"evaluate": {"rows": 1}})
    (old,), (new,) = (gates(side) for side in sides)
    found = parameter_notes([old], [replace(new, **edits)], sides)  # type: ignore[arg-type]
    assert [each.message.partition(": ")[2] for each in found] == named


def test_a_new_gate_is_not_compared_with_one_that_is_still_there() -> None:
    sides = pipeline({}), pipeline({})
    (old,), (new,) = (gates(side) for side in sides)
    added = replace(new, gate="floor", path="models/other.json")
    assert [*pairs([old], [new, added])] == [(old, new)]
