"""A stage that writes what a measurement imports, and does not declare that, is named if it changes."""

from __future__ import annotations

import time

import pytest

from mlgit.core.gates.unmeasured.written import written_files, written_notes
from mlgit.core.pipeline.stages import Pipeline
from tests.support.measured_data import Hashes, gate, places, side, stage

FILES = {"src/e.py": "import rows\n", "gen.py": "", "t.py": ""}
START = "Stage `gen` may write `src/rows.py`, which stage `evaluate` may run, and does not declare that: "
OPEN = 'open("src/rows.py", "w").write("most = 1")'


def pipeline(cmd: str | None, *outs: str) -> Pipeline:
    """A model with its number, and a stage with this command that is before neither."""
    clean, train, evaluate = side({}).stages
    more = [] if cmd is None else [stage("gen", {}, dict.fromkeys(outs, "o"))._replace(cmd=(cmd,))]
    train, evaluate = train._replace(cmd=("python t.py",)), evaluate._replace(cmd=("python src/e.py",))
    return Pipeline(stages=(clean, train, evaluate, *more))


def messages(old: Pipeline, new: Pipeline, was: Hashes, now: Hashes) -> list[str]:
    changed = {path for path in {*was, *now} if was.get(path) != now.get(path)}
    both = places(was), places(now)
    notes = [
        *written_notes([gate(old)], [gate(new)], (old, new), places=both, changed=lambda: changed),
    ]
    assert {(each.code, each.effect) for each in notes} <= {("code_changed", "note")}
    return [each.message for each in notes]


WRITES = {
    "open": OPEN,
    "by a path": 'Path("src/rows.py").write_text("most = 1")',
    "opened by a path": "Path('src/rows.py').open('w')",
    "a copy": 'shutil.copyfile("other.py", "src/rows.py")',
    "another name": 'os.replace("other.py", "src/rows.py")',
    "in lines": 'shutil.copy(\n    root / "other.py",\n    "src/rows.py",\n)',
    "by a constant": 'TARGET = "src/rows.py"\nwith open(TARGET, "w") as file: file.write(a)',
    "by the name of a path": 'TARGET = Path("src/rows.py")\nTARGET.write_text("most = 1")',
    "opened by its name": 'TARGET = Path("src") / "rows.py"\nTARGET.open(mode="w")',
    "put together": 'open(os.path.join("src", "rows.py"), mode="a")',
    "from its own place": '(Path(__file__).parent / "src" / "rows.py").write_bytes(a)',
    "below a root that is not known": 'open(root / "src" / "rows.py", "w")',
    "in a way that is not known": 'open(f"src/rows.py", mode)',
    "to a constant": 'TO = "src/rows.py"\nshutil.copyfile(a, dst=TO)',
    "to a path": "Path(a).replace(f\"{'src'}/rows.py\")",
    "after a call": 'print(1); shutil.move(a, "src/rows.py")',
}
COMMANDS = (
    "echo 'most = 1' > src/rows.py",
    "cat other.txt >> src/rows.py",
    "cp -f other.txt src/rows.py && true",
    "mv other.txt src/rows.py",
    "sed -i s/1/2/ src/rows.py",
    "sed -Ei.bak s/1/2/ src/rows.py",
    "sed -e s/1/2/ --in-place src/rows.py",
    "(cp other.txt src/rows.py) || true",
    "echo a | tee src/rows.py",
    "jinja rows.j2 -o src/rows.py",
)
NOT_WRITTEN = (
    "python src/rows.py",
    "ruff check src/rows.py",
    "cp src/rows.py dist/other.py",
    "cp src/rows.py backup",
    "sed s/1/2/ src/rows.py",
    "copy_of(1) or f(a, 'src/rows.py')",
    "cp a b; ls src/rows.py",
    "echo a > src/other.py",
    "echo a > src/rows.csv",
)


@pytest.mark.parametrize("case", WRITES)
@pytest.mark.parametrize("in_git", [True, False])
def test_a_program_that_writes_a_module_is_named_if_it_changes(case: str, *, in_git: bool) -> None:
    files = FILES | ({"src/rows.py": "most = 2"} if in_git else {})
    known = pipeline("python gen.py")
    edited = files | {"gen.py": WRITES[case]}
    assert messages(known, known, files, edited) == [f"{START}`gen.py` changed"]
    assert messages(known, known, edited, edited | {"README.md": "a"}) == []
    assert messages(known, known, edited, edited | {"t.py": "a = 1"}) == []


@pytest.mark.parametrize("cmd", COMMANDS)
def test_a_command_that_writes_a_module_is_named_if_it_is_new_or_another(cmd: str) -> None:
    assert messages(pipeline(None), pipeline(cmd), FILES, FILES) == [f"{START}it is new"]
    assert messages(pipeline("true"), pipeline(cmd), FILES, FILES) == [f"{START}it runs another command"]
    assert messages(pipeline(cmd), pipeline(cmd), FILES, FILES) == []


@pytest.mark.parametrize("cmd", NOT_WRITTEN)
def test_what_a_stage_only_reads_or_writes_elsewhere_is_not_named(cmd: str) -> None:
    files = FILES | {"src/rows.py": "most = 2"}
    assert messages(pipeline(None), pipeline(cmd), files, files) == []


ONLY_READ = {
    "by a constant": 'TARGET = "src/rows.py"\nopen(TARGET).read()',
    "as bytes": 'open(Path("src") / "rows.py", "rb")',
    "from there": 'FROM = "src/rows.py"\nshutil.copy(FROM, "other.py")',
    "elsewhere": 'open(os.path.join(out, "cols.py"), "w")',
    "another end": 'open(f"{name}rows.py", "w")',
    "in a comment": '# TARGET = "src/rows.py"\nopen(TARGET, "w")',
}


@pytest.mark.parametrize("case", ONLY_READ)
def test_a_program_that_only_reads_it_is_not_named(case: str) -> None:
    files = FILES | {"src/rows.py": "most = 2"}
    known = pipeline("python gen.py")
    assert messages(known, known, files, files | {"gen.py": ONLY_READ[case]}) == []


LONG = (
    *("copy(", "copy(a, ", "cp a ", "sed -i ", "sed a ", "sed ", "sed -a ", "tee -a ", "tee -tee ", "tee "),
    *("open('", " -o ", "> ", ">", "a.", "cp a.b ", " a.b", ",'a.b' ", "'a.b'", "'a.b').", "\n", " ", "("),
)


@pytest.mark.parametrize("start", ["", "cp ", "copy("])
@pytest.mark.parametrize("part", LONG)
def test_a_long_line_takes_time_in_proportion(part: str, start: str) -> None:
    began = time.process_time()
    assert not {*written_files(f"{start}{part * (60_000 // len(part))}x")} & {"src/rows.py"}
    assert time.process_time() - began < 1  # with other patterns, some took 10 s


def test_what_a_stage_declares_is_not_named() -> None:
    assert messages(pipeline(None), pipeline(COMMANDS[0], "src/rows.py"), FILES, FILES) == []


def test_a_module_of_python_itself_is_not_meant() -> None:
    files = FILES | {"src/e.py": "import json\n"}
    assert messages(pipeline(None), pipeline("echo > src/json.py"), files, files) == []
