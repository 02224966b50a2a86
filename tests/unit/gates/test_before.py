"""What changed without a run, before the change that measures with it, is named with that run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mlgit.core.gates.measured.runs.incomplete import Possible, sentences
from mlgit.core.gates.measured.runs.last_runs import LastRuns, Made, same_records
from mlgit.core.gates.unmeasured.before import notes_before
from mlgit.core.gates.unmeasured.other_files import other_files
from mlgit.core.gates.unmeasured.undeclared import undeclared_notes
from mlgit.core.pipeline.stages import Output, Pipeline
from mlgit.yaml12 import load_both
from tests.support.measured_data import Hashes, gate, places, pointer, side, stage

SINCE = "The target's numbers are from 1a2b3c4"
OTHER = f"{SINCE}; other files changed since, and it is not known whether the numbers depend on them: "
VALUES = (
    f"{SINCE}; compared with that, `params.yaml` has other values that no stage which measures declares, and "
    "`e.py` (stage evaluate) names it: "
)
READS = 'import yaml\nlimit = yaml.safe_load(open("params.yaml"))["eval"]["limit"]\n'
PARAMS = "eval: {limit: 10, folds: 5}\n"
FILES = {"e.py": READS, "params.yaml": PARAMS, "config/limit.json": "1"}


def ran(number: str, *, rows: str = "r") -> Pipeline:
    """A side whose last stage made this number; DVC tracks other rows."""
    known = side({"src/evaluate.py": "e"}, tracked={"data/other.csv": rows})
    last = stage("evaluate", {"models/line.json": "m", "src/evaluate.py": "e"}, {"m.json": number})
    return replace(known, stages=(*known.stages[:2], last._replace(cmd=("python e.py",))))


def _load(_: str, content: bytes) -> object:
    return (load_both(content) or (None,))[0]


def named(
    made: Pipeline,
    target: Pipeline,
    now: Pipeline,
    files: tuple[Hashes, Hashes, Hashes],
    *,
    own: bool = False,
) -> list[str]:
    """The notes of three states, each with its files of Git: where the target ran, the target, the change.

    The first is where the change ran if `own`.
    """

    def differing(old: Hashes, new: Hashes) -> set[str]:
        return {path for path in {*old, *new} if old.get(path) != new.get(path)}

    then = Made(
        label="1a2b3c4",
        places=places(files[0]),
        changed=lambda: differing(files[0], files[2]),
        pipeline=made,
        own=own,
    )
    where = {"own" if own else "made": lambda _: then}
    gates = [gate(target)], [gate(now)]
    sides = (target, now), (places(files[1]), places(files[2]))
    notes = [
        *undeclared_notes(
            *gates, sides[0], places=sides[1], changed=lambda: differing(*files[1:]), load=_load
        ),
        *other_files(*gates, sides[0], places=sides[1], changed=lambda: differing(*files[1:])),
    ]
    found = notes_before(
        *gates,
        sides[0],
        places=sides[1],
        runs=LastRuns(same=same_records(target, now), **where),
        load=_load,
        both=load_both,
        notes=notes,
    )
    return [note.message for note in found]


@pytest.mark.parametrize(
    ("edited", "text"),
    [
        ({"config/limit.json": "0"}, f"{OTHER}`config/limit.json`"),
        ({"config/new.json": "0"}, f"{OTHER}`config/new.json`"),
        ({"Makefile": "all:"}, f"{OTHER}`Makefile`"),
        ({"params.yaml": PARAMS.replace("10", "12")}, f"{VALUES}`eval.limit` 10 -> 12"),
        # a stage that declares it ran with it
        ({"src/evaluate.py": "f"}, None),
        ({"README.md": "words"}, None),
    ],
)
def test_what_changed_before_the_run_is_named_with_it(edited: Hashes, text: str | None) -> None:
    later = FILES | edited
    assert named(ran("n"), ran("n"), ran("o"), (FILES, later, later)) == ([] if text is None else [text])
    # without a run of it, the number is that of before
    assert named(ran("n"), ran("n"), ran("n"), (FILES, later, later)) == []


def test_after_the_changes_own_run_what_the_measurement_names_counts() -> None:
    """What trunk changed and a merge brought is in most branches, and only seldom about the numbers."""
    files = FILES | {"e.py": f"{READS}open('config/limit.json')"}
    start = "The numbers are from 1a2b3c4; "
    made = files | {"config/limit.json": "0", "Makefile": "all:", "params.yaml": PARAMS.replace("10", "8")}
    assert named(ran("o"), ran("n"), ran("o"), (made, files, files), own=True) == [
        VALUES.replace("The target's", "The") + "`eval.limit` 8 -> 10",
        f"{start}what measures them names files that changed since: `config/limit.json`",
    ]


def test_data_of_dvc_is_named_too() -> None:
    sides = ran("n"), ran("n", rows="s"), ran("o", rows="s")
    assert named(*sides, (FILES, FILES, FILES)) == [f"{OTHER}`data/other.csv`"]


def test_what_the_change_itself_edits_is_not_named_again() -> None:
    between, later = FILES | {"config/limit.json": "2", "Makefile": "all:"}, {"config/limit.json": "0"}
    found = named(ran("n"), ran("n"), ran("o"), (FILES, between, between | later))
    assert found == [f"{OTHER}`Makefile`"]


def test_values_that_the_change_itself_edits_are_not_named_again() -> None:
    between = FILES | {"params.yaml": PARAMS.replace("5", "4")}
    assert named(ran("n"), ran("n"), ran("o"), (FILES, between, FILES)) == []
    later = FILES | {"params.yaml": PARAMS.replace("5", "3")}
    assert named(ran("n"), ran("n"), ran("o"), (FILES, between, later)) == []
    between = FILES | {"params.yaml": PARAMS.replace("10", "8")}
    later = FILES | {"params.yaml": PARAMS.replace("10", "8").replace("5", "4")}
    (text,) = named(ran("n"), ran("n"), ran("o"), (FILES, between, later))
    assert text == f"{VALUES}`eval.folds` 5 -> 4, `eval.limit` 10 -> 8"


def test_one_stage_that_trains_and_measures_counts() -> None:
    def one(number: str) -> Pipeline:
        outs = {"models/line.json": number, "m.json": number}
        return Pipeline(stages=(stage("train", {"data.csv": "d"}, outs),))

    later = FILES | {"config/limit.json": "0"}
    assert named(one("n"), one("n"), one("o"), (FILES, later, later)) == [f"{OTHER}`config/limit.json`"]


def test_only_the_runs_of_what_measures_count() -> None:
    """What was there when the model was trained says nothing of its number."""
    later = FILES | {"Makefile": "all:"}

    def trained(weights: str) -> Pipeline:
        known = ran("n")
        train = stage("train", {"data/clean.csv": weights}, {"models/line.json": "m"})
        return replace(known, stages=(known.stages[0], train, known.stages[2]))

    assert named(trained("a"), trained("a"), trained("b"), (FILES, later, later)) == []


def test_a_stage_that_is_new_has_no_run_before() -> None:
    known = ran("o")
    new = stage("split", {"data/other.csv": "r"}, {"data/test.csv": "t"})
    last = known.stages[2]._replace(deps=(*known.stages[2].deps, "data/test.csv"))
    now = replace(known, stages=(*known.stages[:2], new, last))
    later = FILES | {"Makefile": "all:"}
    assert named(ran("n"), ran("n"), now, (FILES, later, later)) == [f"{OTHER}`Makefile`"]


def test_what_came_after_the_run_is_new_since_then_and_shadows_nothing_now() -> None:
    possible = Possible(
        stage="evaluate",
        programs={"a.py": "is new"},
        reasons={"e.py": "imports by a name"},
        shadowing=frozenset({"a.py", "b.py"}),
        since="1a2b3c4",
    )
    start = "It is not known whether numbers depend on `a.py`, which is new"
    assert [*sentences([possible], ())] == [f"{start} since 1a2b3c4: `e.py` imports by a name"]
    (_, text) = sentences([replace(possible, since=None)], ())
    assert "`b.py`" in text


def test_what_is_as_it_was_is_not_named() -> None:
    between = FILES | {"config/limit.json": "2"}
    assert named(ran("n"), ran("n"), ran("o"), (FILES, between, FILES)) == []


def test_a_model_that_is_exported_from_what_the_number_is_of_counts_too() -> None:
    """Where the number does not know the model, what makes the model is what nothing measures."""

    def exported(letter: str) -> Pipeline:
        weights = stage("train", {"data/clean.csv": "c"}, {"w.bin": "w"})
        number = stage("evaluate", {"w.bin": "w"}, {"m.json": "n"})
        model = stage("export", {"w.bin": "w"}, {"models/line.json": letter})
        return Pipeline(stages=(weights, number, model))

    later = FILES | {"src/conv.py": "c"}
    found = named(exported("m"), exported("m"), exported("x"), (FILES, later, later))
    assert found == [f"{OTHER}`src/conv.py`"]


def test_outputs_that_the_commit_did_not_have_are_named() -> None:
    before = ran("n")
    now = replace(ran("o"), tracked=(Output(path="new.csv", owner="new.csv.dvc", pointer=pointer("n")),))
    target = replace(before, tracked=now.tracked)
    found = named(replace(before, tracked=()), target, now, (FILES, FILES, FILES))
    assert found == [f"{OTHER}`new.csv`"]


def test_of_many_files_those_that_the_measurement_names_come_first() -> None:
    many = {f"app/{number}.py": "p" for number in range(9)}
    later = FILES | many | {"zz.json": "0", "e.py": "import json\nopen('zz.json')\n"}
    (note,) = named(ran("n"), ran("n"), ran("o"), ({**FILES, "e.py": later["e.py"]}, later, later))
    assert note.startswith(f"{OTHER}`zz.json`, ")
    assert note.endswith("`app/3.py` and 5 more")
