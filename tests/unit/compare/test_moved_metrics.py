"""Numbers of a file that only moved are neither gone nor new; a key of several files has its file."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from mlgit.core.compare.change_lines import change_lines
from mlgit.core.compare.changes import ContentChange, Diff, Side, shared_keys, value_changes
from mlgit.core.compare.metric_tables import metric_tables
from mlgit.core.compare.moved_metrics import moved_metrics
from mlgit.core.gates.metric_changes import metric_changes
from mlgit.render.console import plain
from mlgit.render.pages.diff import page
from tests.support.verdicts import metric_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgit.core.pipeline.evidence import Value

SIDE = Side(text="base", label="base", commit=None)
Sides = dict[str, tuple[str, ...]]


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        # a project that moved into a folder
        (
            {"metrics/eval.json": ("auc",)},
            {"ml/metrics/eval.json": ("auc",)},
            {"ml/metrics/eval.json": "metrics/eval.json"},
        ),
        # several: the longest common end decides
        (
            {"a/eval.json": ("auc",), "b/eval.json": ("auc",)},
            {"ml/a/eval.json": ("auc",), "ml/b/eval.json": ("auc",)},
            {"ml/a/eval.json": "a/eval.json", "ml/b/eval.json": "b/eval.json"},
        ),
        # a name with the time, and a key that is new or gone
        (
            {"r/results_05-01.json": ("acc", "err")},
            {"r/results_05-08.json": ("acc", "err")},
            {"r/results_05-08.json": "r/results_05-01.json"},
        ),
        ({"r/1.json": ("acc", "err", "f1")}, {"r/2.json": ("acc", "err", "mcc")}, {"r/2.json": "r/1.json"}),
        (
            {"eval.json": ("acc", "err")},
            {"m/eval.json": ("acc", "f1", "mcc", "r2")},
            {"m/eval.json": "eval.json"},
        ),
        # other numbers, a file that is still there, and two that could be meant
        ({"a.json": ("acc",)}, {"b.json": ("p95",)}, {}),
        ({"a.json": ("acc", "err")}, {"b.json": ("acc", "p95", "p99")}, {}),
        ({"a.json": ("acc",)}, {"a.json": ("acc",), "b.json": ("acc",)}, {}),
        ({"a.json": ("acc",)}, {"b.json": ("acc",), "c.json": ("acc",)}, {}),
        ({"a/x.json": ("acc",), "b/x.json": ("acc",)}, {"c/x.json": ("acc",)}, {}),
        ({"a.json": ()}, {"b.json": ()}, {}),
        ({}, {"b.json": ("acc",)}, {}),
    ],
)
def test_a_file_that_moved_is_found_unless_another_may_be_meant(
    old: Sides, new: Sides, found: dict[str, str]
) -> None:
    assert moved_metrics(old, new) == found


def test_the_numbers_of_a_file_that_moved_are_compared() -> None:
    old = [metric_file(path="metrics/eval.json", auc="0.91", loss="0.5")]
    new = [metric_file(path="ml/metrics/eval.json", auc="0.91", loss="0.4")]
    changes = metric_changes(new, old, model=None, directions={})
    shown = [(each.file, each.key, each.appearance, each.changed) for each in changes]
    assert shown == [("ml/metrics/eval.json", "auc", "", False), ("ml/metrics/eval.json", "loss", "", True)]
    before, after, _ = metric_tables(old, new)
    kinds = [
        (each.key, each.kind) for each in value_changes(before, after, directions={}, show_unchanged=True)
    ]
    assert kinds == [("auc", "unchanged"), ("loss", "modified")]


def params(old: Mapping[str, Mapping[str, Value]], new: Mapping[str, Mapping[str, Value]]) -> Diff:
    return Diff(old=SIDE, new=SIDE, params=value_changes(old, new), shared_params=shared_keys(old, new))


ONE, TWO = {"lr": Decimal(1)}, {"lr": Decimal(2)}


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ({"a.yaml": ONE}, {"a.yaml": TWO}, "`lr` 1 → 2"),
        ({"a.yaml": ONE, "b.yaml": ONE}, {"a.yaml": TWO, "b.yaml": ONE}, "`a.yaml:lr` 1 → 2"),
        ({"a.yaml": ONE, "b.yaml": ONE}, {"b.yaml": ONE}, "`a.yaml:lr` gone"),
        ({"b.yaml": ONE}, {"a.yaml": ONE, "b.yaml": ONE}, "`a.yaml:lr` new: 1"),
        ({"a.yaml": ONE}, {"b.yaml": ONE}, "`lr` moved to `b.yaml`"),
        ({"a.yaml": ONE}, {"b.yaml": TWO}, "`lr` 1 → 2, now in `b.yaml`"),
        (
            {"a.yaml": ONE},
            {"b.yaml": ONE, "c.yaml": ONE},
            "`a.yaml:lr` gone, `b.yaml:lr` new: 1, `c.yaml:lr` new: 1",
        ),
    ],
)
def test_a_parameter_that_several_files_have_is_named_with_its_file(
    old: Mapping[str, Mapping[str, Value]], new: Mapping[str, Mapping[str, Value]], line: str
) -> None:
    assert change_lines(params(old, new)) == {"params": line}


def test_a_row_of_a_diff_has_its_file_if_an_unchanged_file_has_that_key() -> None:
    found = params({"a.yaml": ONE, "b.yaml": ONE}, {"a.yaml": TWO, "b.yaml": ONE})
    assert "a.yaml:lr  1 → 2" in plain(page(found), width=80)
    assert "a.yaml" not in plain(page(params({"a.yaml": ONE}, {"a.yaml": TWO})), width=80)


@pytest.mark.parametrize(
    ("kind", "shown", "hidden"),
    [("added", "v2.0.0", "v1.0.0"), ("removed", "v1.0.0", "v2.0.0"), ("modified", "v1.0.0 → v2.0.0", "was")],
)
def test_a_version_is_only_shown_for_the_side_that_has_it(kind: str, shown: str, hidden: str) -> None:
    change = ContentChange(path="m.bin", kind=kind, model="m", old_version="v1.0.0", new_version="v2.0.0")  # type: ignore[arg-type]
    text = plain(page(Diff(old=SIDE, new=SIDE, models=(change,))), width=80)
    assert (shown in text, hidden in text) == (True, False)


def test_a_content_without_a_version_does_not_get_that_of_the_other_side() -> None:
    change = ContentChange(path="m.bin", kind="modified", model="m", old_version="v1.0.0")
    assert "was v1.0.0" in plain(page(Diff(old=SIDE, new=SIDE, models=(change,))), width=80)


def out(path: str, kind: str, md5: str | None, model: str | None = None) -> ContentChange:
    old, new = (md5 if kind == side else None for side in ("removed", "added"))
    return ContentChange(path=path, kind=kind, old_md5=old, new_md5=new, model=model)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        (
            [out("raw.csv", "removed", "1"), out("ml/raw.csv", "added", "1")],
            "`raw.csv` moved to `ml/raw.csv`",
        ),
        (
            [out("raw.csv", "removed", "1"), out("ml/raw.csv", "added", "2")],
            "`raw.csv` gone, `ml/raw.csv` new",
        ),
        ([out("raw.csv", "removed", None), out("new.csv", "added", None)], "`raw.csv` gone, `new.csv` new"),
        (
            [out("a", "removed", "1"), out("b", "added", "1"), out("c", "added", "1")],
            "`a` gone, `b` new, `c` new",
        ),
    ],
)
def test_data_with_the_same_content_at_another_path_moved(changes: list[ContentChange], line: str) -> None:
    found = Diff(old=SIDE, new=SIDE, data=tuple(changes))
    assert change_lines(found) == {"data": line}
    assert change_lines(found, made={each.path for each in changes})["outputs"] == line


def test_a_model_with_the_same_content_at_another_path_moved() -> None:
    changes = out("m.bin", "removed", "1", "m"), out("ml/m.bin", "added", "1", "m")
    assert change_lines(Diff(old=SIDE, new=SIDE, models=changes)) == {"model": "`m` moved to `ml/m.bin`"}
    changes = out("m.bin", "removed", "1", "m"), out("n.bin", "added", "1", "n")
    line = "`m.bin` of `m` gone, `n.bin` of `n` new"
    assert change_lines(Diff(old=SIDE, new=SIDE, models=changes)) == {"model": line}
