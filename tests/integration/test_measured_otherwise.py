"""A number that is measured with other parameters or other data than trunk's says so in the first lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.checks import check
from tests.support.pipeline import DVC_YAML, EVALUATE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.support.shell import Folder

DEPS = "[data/clean.csv, models/line.json, src/evaluate.py]"
ROWS = "x,y\n" + "".join(f"{x},{2 * x}\n" for x in range(1, 11))
FEW = "x,y\n1,2\n"
PARAMS = """\
split: {rows: 10}
eval: {limit: 10, model: models/line.json}
train:
  slope: 1.99
"""
PREPARE = """\
import yaml
rows = open("data/raw.csv").read().split()
most = yaml.safe_load(open("params.yaml")).get("split", {}).get("rows", 99)
open("data/clean.csv", "w").write("\\n".join(rows[: most + 1]) + "\\n")
"""
LIMITED = """\
import yaml
params = yaml.safe_load(open("params.yaml")).get("eval", {})
"""


def with_limits() -> dict[str, str]:
    """Files with parameters that choose the rows and the model."""
    measure = EVALUATE.replace('"models/line.json"', 'params["model"]')
    stages = DVC_YAML.replace(DEPS, f"{DEPS.replace('models/line.json', 'models')}\n    params: [eval]")
    return {
        "dvc.yaml": stages.replace(
            "    outs: [data/clean", "    params: [split.rows]\n    outs: [data/clean"
        ),
        "params.yaml": PARAMS,
        "src/prepare.py": PREPARE,
        "src/evaluate.py": LIMITED + measure.replace("[1:]]", '[1:]][: params["limit"]]'),
        "models/ideal.json": '{"slope": 2.0}',
    }


def changed(
    project: Folder, before: Mapping[str, str], after: Mapping[str, str | None]
) -> list[tuple[str, str]]:
    """The notes, by code, of a branch that changes trunk's files, runs the pipeline and is not worse.

    Without the one about all other files.
    """
    for name, text in before.items():
        project.write(name, text)
    project.dvc("repro", "-q")
    project.commit("Measure otherwise")
    project.git("push", "-q")
    project.git("checkout", "-qb", "topic")
    for name, content in after.items():
        if content is None:
            (project / name).unlink()
        else:
            project.write(name, content)
    project.dvc("repro", "-q")
    project.commit("Edit")
    notes = check(project, status=Exit.DONE)["notes"]
    return [(each["code"], each["message"]) for each in notes if each["code"] != "other_files_changed"]


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("slope: 1.99", "slope: 1.985", None),
        ("rows: 10", "rows: 1", "`params.yaml:split.rows` 10 -> 1 (stage prepare)"),
        ("limit: 10", "limit: 1", "`params.yaml:eval.limit` 10 -> 1 (stage evaluate)"),
        (
            "models/line.json",
            "models/ideal.json",
            "`params.yaml:eval.model` models/line.json -> models/ideal.json (stage evaluate)",
        ),
    ],
)
def test_parameters_that_choose_what_is_measured_are_named(
    project: Folder, old: str, new: str, text: str | None
) -> None:
    files = with_limits()
    found = changed(project, files, {"params.yaml": PARAMS.replace(old, new)})
    start = "The numbers were computed with different parameters: "
    assert found == ([] if text is None else [("params_changed", start + text)])


def test_test_data_in_a_parameter_file_is_named(project: Folder) -> None:
    rows = "rows: ['x,y', '1,2', '10,20']\n"
    lines = 'open("data/clean.csv").read().splitlines()'
    measure = EVALUATE.replace(lines, '__import__("yaml").safe_load(open("eval/rows.yaml"))["rows"]')
    before = {
        "dvc.yaml": DVC_YAML.replace(DEPS, "[models/line.json]\n    params: [{eval/rows.yaml: null}]"),
        "src/evaluate.py": measure,
        "eval/rows.yaml": rows,
    }
    ((code, text),) = changed(project, before, {"eval/rows.yaml": rows.replace(", '10,20'", "")})
    assert code == "params_changed"
    assert "`eval/rows.yaml:rows` " in text


DATA: dict[str, tuple[str, dict[str, str], dict[str, str | None], str]] = {
    "a file in a folder in which a stage makes another": (
        "data",
        {"data/test.csv": ROWS, "data/.gitignore": "/raw.csv\n/clean.csv\n"},
        {"data/test.csv": FEW},
        "`data/test.csv` changed",
    ),
    "a file that joins what stages make": (
        "data",
        {"data/.gitignore": "/raw.csv\n/clean.csv\n"},
        {"data/more.csv": FEW},
        "`data/more.csv` is new",
    ),
    "a file in the folder of the model": (
        "models",
        {"models/test.csv": ROWS},
        {"models/test.csv": FEW},
        "`models/test.csv` changed",
    ),
    "a file of a folder": (
        "tests",
        {"tests/a.csv": FEW, "tests/b.csv": ROWS},
        {"tests/b.csv": None},
        "`tests/b.csv` is gone",
    ),
    "a text": ("eval/cases.md", {"eval/cases.md": ROWS}, {"eval/cases.md": FEW}, "`eval/cases.md` changed"),
    "a dependency that is wider now": (
        "tests/test.csv",
        {"tests/test.csv": ROWS},
        {"tests/test.csv": FEW, "dvc.yaml": DVC_YAML.replace(DEPS, "[tests, models/line.json]")},
        "`tests/test.csv` changed, `tests` is read now",
    ),
    "another name": (
        "tests/test.csv",
        {"tests/test.csv": ROWS},
        {
            "tests/test.csv": None,
            "holdout/test.csv": ROWS[:-6],
            "dvc.yaml": DVC_YAML.replace(DEPS, "[holdout/test.csv, models/line.json]"),
        },
        "`tests/test.csv` is now `holdout/test.csv`, with other content",
    ),
    "a folder around the same file": (
        "test.csv",
        {"test.csv": ROWS},
        {
            "test.csv": None,
            "holdout/test.csv": ROWS,
            "dvc.yaml": DVC_YAML.replace(DEPS, "[holdout, models/line.json]"),
        },
        "`test.csv` is now `holdout`",
    ),
}


@pytest.mark.parametrize("name", DATA)
def test_other_data_that_the_number_is_measured_on_is_named(project: Folder, name: str) -> None:
    dep, files, edits, text = DATA[name]
    before = {"dvc.yaml": DVC_YAML.replace(DEPS, f"[{dep}, models/line.json]"), **files}
    found = changed(project, before, edits)
    assert found == [("data_changed", f"The numbers were computed on different data: {text}")]


def test_a_model_that_is_newly_made_from_its_test_data_is_named(project: Folder) -> None:
    stages = DVC_YAML.replace(DEPS, "[tests/test.csv, models/line.json]")
    before = {"dvc.yaml": stages, "tests/test.csv": ROWS}
    after = {"dvc.yaml": stages.replace("[data/clean.csv, src/train.py]", "[data/clean.csv, tests]")}
    found = [text for code, text in changed(project, before, after) if code == "data_changed"]
    assert found == ["`models/line.json` is now made from `tests/test.csv`, which it is measured on"]


def test_data_behind_a_link_in_a_folder_that_is_read_is_named(project: Folder) -> None:
    (project / "tests").mkdir()
    (project / "tests/more").symlink_to("../pool")
    stages = DVC_YAML.replace(DEPS, "[tests, models/line.json]")
    before = {"dvc.yaml": stages, "tests/a.csv": ROWS, "pool/hard.csv": ROWS}
    # DVC sees no change in the folder, so that something else has to start the stage
    after = {"pool/hard.csv": FEW, "params.yaml": "train:\n  slope: 1.985\n"}
    text = "The numbers were computed on different data: what the link `tests/more` leads to changed"
    assert changed(project, before, after) == [("data_changed", text)]


PARTED = EVALUATE.replace("data/clean.csv", "parts/rows.csv")
OPTIONAL = """\
import os, sys
if os.path.exists(sys.argv[1]):
    error *= json.load(open(sys.argv[1]))
metrics = {"""


def test_a_file_that_appears_where_a_command_names_it_is_named(project: Folder) -> None:
    before = {
        "dvc.yaml": DVC_YAML.replace("src/evaluate.py\n", "src/evaluate.py conf/more.json\n"),
        "src/evaluate.py": EVALUATE.replace("metrics = {", OPTIONAL),
    }
    after = {"conf/more.json": "0.5", "src/evaluate.py": f"# optional settings\n{before['src/evaluate.py']}"}
    text = "`conf/more.json` is new (stage evaluate names it and does not declare it)"
    assert changed(project, before, after) == [
        ("data_changed", f"The numbers were computed on different data: {text}")
    ]


def test_data_of_dvc_that_a_command_names_without_declaring_it_is_named(project: Folder) -> None:
    measure = EVALUATE.replace('open("data/clean.csv")', 'open(__import__("sys").argv[1])')
    project.write("dvc.yaml", DVC_YAML.replace("src/evaluate.py\n", "src/evaluate.py pool/rows.csv\n"))
    for rows, more in ((ROWS, ""), (FEW, "# again\n")):
        project.write("pool/rows.csv", rows)
        project.dvc("add", "-q", "pool/rows.csv")
        project.write("src/evaluate.py", more + measure)
        project.dvc("repro", "-q")
        project.commit("Measure")
        if rows == ROWS:
            project.git("push", "-q")
            project.git("checkout", "-qb", "topic")
    text = "`pool/rows.csv` changed (stage evaluate names it and does not declare it)"
    notes = check(project, status=Exit.DONE)["notes"]
    assert [each["message"] for each in notes if each["code"] == "data_changed"] == [
        f"The numbers were computed on different data: {text}"
    ]


PARTS = """\
  part:
    foreach: [eu, us]
    do:
      cmd: cp models/line.json parts/${item}.json
      deps: [models/line.json]
      outs: ["parts/${item}.json"]
  evaluate:
"""
JOINED = """\
  {name}:
    cmd: cat {deps} > parts/rows.csv
    deps: [{deps}]
    outs: [{out}]
  evaluate:
"""


def test_a_new_maker_of_a_folder_without_an_input_of_the_former_one_is_a_finding(project: Folder) -> None:
    train = "deps: [data/clean.csv, src/train.py]"
    stages = DVC_YAML.replace(train, train.replace("src/train.py", "more.csv, src/train.py"))
    stages = stages.replace(DEPS, "[parts, models/line.json]")
    was, now = (
        stages.replace("  evaluate:\n", JOINED.format(name=name, deps=deps, out=out))
        for name, deps, out in (
            ("part", "data/clean.csv more.csv", "parts/rows.csv"),
            ("whole", "data/clean.csv", "parts: {cache: false}"),
        )
    )
    was = was.replace("[data/clean.csv more.csv]", "[data/clean.csv, more.csv]")
    before = {"dvc.yaml": was, "more.csv": "11,22\n", "parts/.gitignore": "", "src/evaluate.py": PARTED}
    found = changed(
        project, before, {"dvc.yaml": now.replace("cat", "mkdir -p parts && cat"), "parts/.gitignore": None}
    )
    (text,) = [text for code, text in found if code == "evidence_weakened"]
    assert text.endswith(
        "parts/rows.csv was made by stage part; it is now made by stage whole, without dep more.csv"
    )


HARD = """\
  hard:
    cmd: tail -n 3 data/clean.csv > data/hard.csv
    deps: [data/clean.csv]
    outs: [data/hard.csv]
  evaluate:
"""


def test_a_part_of_the_number_that_no_stage_makes_any_more_is_a_finding(project: Folder) -> None:
    stages = DVC_YAML.replace("  evaluate:\n", PARTS).replace(DEPS, "[data/clean.csv, parts]")
    before = {"dvc.yaml": stages, "parts/.gitignore": ""}
    after = {"dvc.yaml": stages.replace("[eu, us]", "[eu]"), "parts/us.json": None}
    ((code, text),) = changed(project, before, after)
    assert code == "evidence_weakened"
    assert text.endswith(": parts/us.json was made by stage part@us; it is now gone from parts")


def test_a_stage_that_chose_the_rows_and_is_gone_is_named(project: Folder) -> None:
    stages = DVC_YAML.replace("  evaluate:\n", HARD).replace(DEPS, DEPS.replace("clean", "hard"))
    found = changed(project, {"dvc.yaml": stages}, {"dvc.yaml": DVC_YAML})
    command = "tail -n 3 data/clean.csv > data/hard.csv"
    text = f"Stage `hard`, which ran `{command}`, no longer comes before a gate's number"
    assert found == [("stage_changed", text)]


def test_test_data_in_the_program_that_measures_is_named_as_other_code(project: Folder) -> None:
    rows = EVALUATE.replace("rows = [row", 'rows = [["1", "2"]] or [row')
    found = changed(project, {"README.md": ""}, {"src/evaluate.py": rows})
    text = "The numbers are measured with other code: `src/evaluate.py` changed (stage evaluate)"
    assert found == [("code_changed", text)]
    assert text in " ".join(project.here("report").out.partition("✓ pass")[0].split())


def test_what_stages_make_after_a_number_or_without_an_output_is_named(project: Folder) -> None:
    stages = "  export: {cmd: python src/export.py, deps: [models/line.json], outs: [models/line.onnx]}\n"
    stages += "  gen: {cmd: python src/gen.py, deps: [src/gen.py]}\n"
    program = 'open("models/line.onnx", "w").write(open("models/line.json").read())\n'
    gen = 'open("src/rows.py", "w").write("# one\\n")\n'
    before = {
        "dvc.yaml": DVC_YAML.replace("stages:\n", f"stages:\n{stages}"),
        "src/export.py": program,
        "src/gen.py": gen,
        "src/rows.py": "# one\n",
        "src/evaluate.py": f"import rows\n{EVALUATE}",
        "mlgit.yaml": (project / "mlgit.yaml").read_text().replace("models/line.json", "models/line.onnx"),
    }
    after = {
        "src/export.py": program.replace("read()", 'read().replace("1", "2")'),
        "src/gen.py": f"{gen}a = 1\n",
    }
    notes = [text for code, text in changed(project, before, after) if code == "code_changed"]
    exported = "No gate reads a number that is measured on `models/line.onnx`, and what makes it changed"
    written = "Stage `gen` may write `src/rows.py`, which stage `evaluate` may run, and does not declare that"
    assert notes == [
        f"{exported}: `src/export.py` changed (stage export)",
        f"{written}: `src/gen.py` changed",
    ]


def test_a_value_that_a_program_reads_and_no_stage_declares_is_named(project: Folder) -> None:
    before = with_limits()
    before["dvc.yaml"] = before["dvc.yaml"].replace("\n    params: [eval]", "")
    notes = changed(project, before, {"params.yaml": PARAMS.replace("limit: 10", "limit: 1")})
    start = "`params.yaml` has other values that no stage which measures declares"
    text = f"{start}, and `src/evaluate.py` (stage evaluate) names it: `eval.limit` 10 -> 1"
    assert ("params_changed", text) in notes
