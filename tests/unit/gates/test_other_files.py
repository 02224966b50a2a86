"""Other files: all that changed together with numbers is named, unless something else is known about it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from mlgit.core.gates.measured.data import compare_data
from mlgit.core.gates.unmeasured.made import Mentions
from mlgit.core.gates.unmeasured.other_files import other_files
from mlgit.core.gates.verdict import Note
from mlgit.core.pipeline.stages import Output
from tests.support.measured_data import Hashes, gate, places, pointer, side, stage

if TYPE_CHECKING:
    from mlgit.core.pipeline.stages import Pipeline, Stage

START = "Other files changed as well, and it is not known whether the numbers depend on them: "
READS = {"tasks": "t", "src/evaluate.py": "e"}


def trained(number: str = "n", *, clean: str = "c") -> Pipeline:
    """The stages of a side, the last of which made this number; training reads a program of its own."""
    known = side(READS, train={"src/train.py": "s"}, clean=clean)
    last = stage("evaluate", {"models/line.json": "m", **READS}, {"m.json": number})
    return replace(known, stages=(*known.stages[:2], last))


def named(before: Hashes, after: Hashes, *, number: str = "o", notes: tuple[Note, ...] = ()) -> list[str]:
    """The files in the note about a change of these files, which made this number of an `n`."""
    sides = trained(), trained(number)
    changed = {path for path in {*before, *after} if before.get(path) != after.get(path)}
    found = other_files(
        [gate(sides[0])],
        [gate(sides[1])],
        sides,
        places=(places(before), places(after)),
        changed=lambda: changed,
        notes=notes,
    )
    texts = [note.message for note in found]
    assert all(text.startswith(START) for text in texts)
    assert len(texts) <= 1
    return [name for text in texts for name in text.removeprefix(START).split(", ")]


@pytest.mark.parametrize(
    "path",
    [
        "eval.env",
        "bin/score",
        "Makefile",
        "sql/mae.sql",
        "src/exact.py",
        "lib",
        "tasks/easy_1.py",
        "tasks/test_1.py",
        "tasks/README.md",
        "package.json",
        "setup.cfg",
        "conf/a.yaml",
        "lib/__pycache__/rows.cpython-311.pyc",
        "docs.txt",
        "test/score.py",
        ".dvc/eval.txt",
        ".mlgit/eval.txt",
        ".github/eval.txt",
        ".github/workflows/eval.json",
        "mlgit.yaml.txt",
        ".gitlab-ci.yml.txt",
    ],
)
@pytest.mark.parametrize("edit", ["changed", "new", "gone"])
def test_any_file_may_be_the_reason_for_another_number(path: str, edit: str) -> None:
    here = {"changed": ({path: "a"}, {path: "b"}), "new": ({}, {path: "b"}), "gone": ({path: "a"}, {})}
    assert named(*here[edit]) == [f"`{path}`"]
    assert named(*here[edit], number="n") == []


@pytest.mark.parametrize(
    "path",
    [
        *("m.json", "models/line.json", "data/clean.csv", "data/raw.csv", "src/train.py"),
        *(
            "dvc.yaml",
            "dvc.lock",
            "sub/data.csv.dvc",
            ".dvc/config",
            ".dvc/plots/a.json",
            ".dvcignore",
            "data/.gitignore",
        ),
        *("mlgit.yaml", ".mlgit/waivers.yaml", ".github/workflows/a.yml", ".gitlab-ci.yml", ".gitattributes"),
        *("README.md", "docs/a.png", "LICENSE", "tests/a.txt", "lib/test_a.py", "a_test.py", "conftest.py"),
    ],
)
def test_what_something_else_is_known_about_is_not_named(path: str) -> None:
    assert named({path: "a"}, {path: "b"}) == []


@pytest.mark.parametrize(
    ("path", "was", "now", "is_named"),
    [
        ("lib/a.py", "x = 1\n", "x = 1  # one\n", False),
        ("lib/a.py", "x = 1\n", "x = 2\n", True),
        ("run.sh", "#SBATCH --export=A=1\n", "#SBATCH --export=A=2\n", True),
    ],
)
def test_a_comment_counts_in_a_script_and_not_in_a_program(
    path: str, was: str, now: str, *, is_named: bool
) -> None:
    assert named({path: was}, {path: now}) == ([f"`{path}`"] if is_named else [])


@pytest.mark.parametrize("reads", ["doctest.testmod(tasks)", "inspect.getsource(tasks)", "tasks.f.__doc__"])
def test_a_comment_that_the_measurement_may_read_may_be_the_reason(reads: str) -> None:
    before = {"lib/a.py": "x = 1\n", "src/evaluate.py": reads}
    assert named(before, {**before, "lib/a.py": "x = 1  # one\n"}) == ["`lib/a.py`"]


def test_what_another_note_names_is_not_named_again() -> None:
    note = Note(code="code_changed", message="The numbers are measured with other code: `a.py` changed")
    assert named({"a.py": "a", "b.py": "a"}, {"a.py": "b", "b.py": "b"}, notes=(note,)) == ["`b.py`"]


EDITED = {"zz_limits.json": ("a", "b"), "zz_limits.py": ("k = 1", "k = 2"), "zz_gone.json": ("a", None)}


@pytest.mark.parametrize("path", EDITED)
def test_what_was_there_before_comes_before_what_is_new(path: str) -> None:
    was, now = EDITED[path]
    more = {f"app/mod{number:02}{end}": "a" for number in range(14) for end in (".py", ".json")}
    found = named({path: was} if was else {}, more | ({path: now} if now else {}))
    assert found[0] == f"`{path}`"
    assert found[1] == "`app/mod00.py`"
    assert found[-1].endswith(" and 17 more")


def test_what_a_measurement_names_comes_before_all_others() -> None:
    files = {f"a{number:02}.json": "a" for number in range(14)} | {"src/evaluate.py": "open('zz.txt')"}
    found = named(
        files, dict.fromkeys(files, "b") | {"src/evaluate.py": files["src/evaluate.py"], "zz.txt": "b"}
    )
    assert found[:2] == ["`zz.txt`", "`a00.json`"]


OTHERS: dict[str, str | Stage] = {
    # path -> the stage that makes it, with what this reads; or the file that tracks it
    "test.csv": "test.csv.dvc",
    "scale.json": stage("calibrate", {}, {"scale.json": "o"}),
    "late.json": stage("late", {"models/line.json": "m"}, {"late.json": "o"}),
    "later.json": stage("later", {"late.txt": "m"}, {"later.json": "o"}),
    "early.json": stage("clean", {"data/raw.csv": "r"}, {"data/clean.csv": "c", "early.json": "o"}),
    "report.html": stage("late", {"m.json": "n"}, {"report.html": "o"}),
    "chart.png": stage("draw", {}, {"chart.png": "o"}),
    "tasks": "tasks.dvc",
    "data": "data.dvc",
    "models/line.json": "models/line.json.dvc",
}


def of_other_data(path: str, kind: str, *, reads: str = "") -> list[str]:
    """The note about another output or tracked file that is edited, new or gone, with this program."""
    made = OTHERS[path]
    both = []
    for number, letter in (("n", "o"), ("o", "p")):
        known = trained(number)
        known = replace(known, stages=(*known.stages, stage("middle", {"m.json": "n"}, {"late.txt": "o"})))
        if (kind, number) not in {("new", "n"), ("gone", "o")}:
            if isinstance(made, str):
                known = replace(known, tracked=(Output(path=path, owner=made, pointer=pointer(letter)),))
            else:
                out = next(each for each in made.outs if each.path == path)
                others = [each for each in known.stages if each.address != made.address]
                outs = (*(each for each in made.outs if each != out), out._replace(pointer=pointer(letter)))
                known = replace(known, stages=(made._replace(outs=outs), *others))
        both.append(known)
    files = places({"src/evaluate.py": reads})
    gates = [gate(both[0])], [gate(both[1])]
    found = other_files(*gates, (both[0], both[1]), places=(files, files))
    return [each.message.removeprefix(START) for each in found]


@pytest.mark.parametrize("kind", ["edited", "new", "gone"])
@pytest.mark.parametrize("path", OTHERS)
def test_data_of_dvc_that_no_stage_of_the_number_declares_is_named(path: str, kind: str) -> None:
    assert of_other_data(path, kind) == ([f"`{path}`"] if path in {"test.csv", "scale.json"} else [])
    by_name = {"late.json", "later.json", "early.json", "report.html"}
    named = [f"`{path}`"] if path in {"test.csv", "scale.json"} | by_name else []
    assert of_other_data(path, kind, reads=f"open(root / '{path}')") == named


def test_a_name_that_is_not_utf8_is_named_among_many() -> None:
    files = {f"a{number:02}.json": "b" for number in range(13)}
    (*_, last) = named({}, {**files, "caf\udce9.json": "b"})
    assert last == "`a11.json` and 2 more"


@pytest.mark.parametrize(
    ("path", "is_named"), [("held/1.png", True), ("docs/1.png", False), ("models/line.json", False)]
)
def test_images_are_data_and_a_model_that_is_declared_is_known(path: str, *, is_named: bool) -> None:
    assert named({path: "a"}, {path: "b"}) == ([f"`{path}`"] if is_named else [])


def test_what_another_note_has_no_room_for_is_not_named() -> None:
    both = [{f"tasks/{number:02}.csv": letter for number in range(14)} for letter in "ab"]
    old, new = (side(rows) for rows in both)
    (note,) = compare_data([gate(old)], [gate(new)], (old, new)).notes
    assert note.message.endswith("`tasks/11.csv` changed and 2 more")
    assert named({**both[0], "eval.env": "a"}, {**both[1], "eval.env": "b"}, notes=(note,)) == ["`eval.env`"]


def test_what_the_measurement_reads_comes_first_and_most_are_counted() -> None:
    many = {f"a/{number}.txt": "b" for number in range(20)}
    found = named({}, {**many, "zz.py": "b", "tasks/z.txt": "b"})
    assert found[:3] == ["`tasks/z.txt`", "`zz.py`", "`a/0.txt`"]
    assert found[-1].endswith(" and 10 more")


@pytest.mark.parametrize("both", [True, False])
def test_what_a_stage_declares_that_is_not_of_the_model_is_named(*, both: bool) -> None:
    more = stage("lint", {"eval.env": "e"}, {})
    now = trained("o")
    sides = trained(), replace(now, stages=(*now.stages, more))
    sides = (replace(sides[0], stages=(*sides[0].stages, more)) if both else sides[0]), sides[1]
    found = other_files([gate(sides[0])], [gate(sides[1])], sides, changed=lambda: {"eval.env"})
    assert [each.message for each in found] == [f"{START}`eval.env`"]


def test_what_only_the_training_of_the_change_declares_is_named() -> None:
    sides = trained(), trained("o")
    train = sides[1].stages[1]
    more = train._replace(deps=(*train.deps, "plugins/zz.py"))
    sides = sides[0], replace(sides[1], stages=(sides[1].stages[0], more, sides[1].stages[2]))
    changed = {"plugins/zz.py", "src/train.py"}
    found = other_files([gate(sides[0])], [gate(sides[1])], sides, changed=lambda: changed)
    assert [each.message for each in found] == [f"{START}`plugins/zz.py`"]


def test_what_only_the_change_makes_does_not_hide_a_file_that_was_there() -> None:
    sides = trained(), trained("o")
    out = Output(path="limit.json", owner="draw", pointer=None, plot=True)
    draw = stage("draw", {}, {})._replace(outs=(out,))
    sides = sides[0], replace(sides[1], stages=(*sides[1].stages, draw))
    gates = [gate(sides[0])], [gate(sides[1])]
    for before, names in (({"limit.json": "a"}, [f"{START}`limit.json`"]), ({}, [])):
        both = places(before), places({"limit.json": "b"})
        found = other_files(*gates, sides, places=both, changed=lambda: {"limit.json"})
        assert [each.message for each in found] == names


def test_what_a_new_stage_declares_is_known() -> None:
    sides = trained(), trained("o")
    train = sides[1].stages[1]
    deps = {**dict.fromkeys(train.deps, "a"), "train2.py": "a"}
    more = stage("retrain", deps, {"models/line.json": "m"})._replace(params={"p2.yaml": ("n",)})
    sides = sides[0], replace(sides[1], stages=(sides[1].stages[0], more, sides[1].stages[2]))
    both = places({}), places({"train2.py": "a", "p2.yaml": "a", "own.py": "a"})
    gates = [gate(sides[0])], [gate(sides[1])]
    found = other_files(*gates, sides, places=both, changed=lambda: {"train2.py", "p2.yaml", "own.py"})
    assert [each.message for each in found] == [f"{START}`own.py`"]


def test_a_number_that_is_not_here_hides_nothing_about_the_stages_before_it() -> None:
    sides = trained(), trained("o")
    before, after = gate(sides[0]), gate(sides[1])
    assert before.source is not None
    unread = replace(before, source=None, reason="not_fetched", unread=(before.source,))
    changed = {"src/train.py", "lib/own.py"}
    (note,) = other_files([unread], [after], sides, changed=lambda: changed)
    assert note.message.endswith(": `lib/own.py`")


def test_who_makes_a_file_does_not_read_it_by_naming_it() -> None:
    maker = stage("clean", {}, {"early.json": "o"})._replace(cmd=("python clean.py --to early.json",))
    reader = stage("evaluate", {}, {"m.json": "n"})._replace(cmd=("python evaluate.py early.json",))
    assert not Mentions([maker], places({})).has("early.json", maker="clean")
    assert Mentions([maker], places({})).has("early.json")
    assert Mentions([maker, reader], places({})).has("early.json", maker="clean")
