"""A file that a stage names and does not declare may be renamed; another one in its place is a finding."""

from __future__ import annotations

import pytest

from mlgit.core.gates.resolved.stage_changes import undeclared_files
from mlgit.core.pipeline.stages import Pipeline, Stage
from tests.unit.gates.test_stage_changes import edited, gates_of, rebuilt
from tests.unit.pipeline.test_moved import side

TEXT = b"".join(b"line %d\n" % number for number in range(8))
EDITED = TEXT.replace(b"line 1\n", b"import os\n")
OTHER = b"another\nfile\n"


def texts(old: Pipeline, new: Pipeline, before: dict[str, bytes], now: dict[str, bytes]) -> list[str]:
    places = side(before), side(now)
    gates = gates_of(old), gates_of(new)
    return [each.text for each in undeclared_files(old, new, gates, set(now), places=places)]


def finding(path: str, stage: str = "evaluate") -> list[str]:
    return [f"Stage `{stage}` now names `{path}`, which is not among its dependencies"]


def running(*words: str) -> Pipeline:
    return edited("evaluate", cmd=(f"python {' '.join(words)}",))


@pytest.mark.parametrize(
    ("cmd", "before", "now", "expected"),
    [
        ("src/run.py", {"src/gen.py": TEXT}, {"src/run.py": TEXT}, None),
        ("pkg/gen.py", {"src/gen.py": TEXT}, {"pkg/gen.py": TEXT}, None),
        ("pkg/gen.py", {"src/gen.py": TEXT}, {"pkg/gen.py": EDITED}, None),
        ("pkg/gen.py", {"src/gen.py": TEXT}, {"pkg/gen.py": OTHER}, "pkg/gen.py"),
        ("src/run.py", {"src/gen.py": TEXT}, {"src/run.py": EDITED}, "src/run.py"),
        ("src/run.py", {"src/gen.py": TEXT}, {"src/run.py": TEXT, "src/gen.py": TEXT}, "src/run.py"),
        ("src/run.py", {"src/gen.py": TEXT, "src/run.py": TEXT}, {"src/run.py": TEXT}, "src/run.py"),
        ("pkg/gen.py", {"src/gen.py": TEXT}, {"pkg/gen.py": EDITED, "lib/gen.py": TEXT}, "pkg/gen.py"),
        ("easy.json", {"src/gen.py": TEXT}, {"src/run.py": TEXT, "easy.json": OTHER}, "easy.json"),
        ("easy.json", {"src/gen.py": TEXT, "x": OTHER}, {"y.py": TEXT, "easy.json": OTHER}, "easy.json"),
        ("src/run.py easy.json", {"src/gen.py": TEXT}, {"src/run.py": TEXT, "easy.json": OTHER}, "easy.json"),
    ],
    ids=[
        "another name", "another folder", "another folder, and edited", "another file of the same name",
        "another name, and edited", "a copy", "a file that was there", "a copy elsewhere", "another file",
        "a file that no stage named, renamed", "another file besides",
    ],
)  # fmt: skip
def test_only_a_file_that_is_gone_and_came_to_the_new_place_is_the_same(
    cmd: str, before: dict[str, bytes], now: dict[str, bytes], expected: str | None
) -> None:
    found = texts(running("src/gen.py"), running(cmd), before, now)
    assert found == ([] if expected is None else finding(expected))


def test_a_renamed_stage_may_name_the_renamed_file() -> None:
    old = running("src/gen.py")
    new = rebuilt("evaluate", "score", cmd=("python pkg/gen.py",), make="test.json")
    assert texts(old, new, {"src/gen.py": TEXT}, {"pkg/gen.py": TEXT}) == []
    assert texts(old, new, {"src/gen.py": TEXT}, {"pkg/gen.py": OTHER}) == finding("pkg/gen.py", "score")


def test_what_another_stage_named_is_not_its_own() -> None:
    def both(train: str, evaluate: str) -> Pipeline:
        stages: list[Stage] = [*edited("train", cmd=(f"python {train}",)).stages]
        stages[1] = running(evaluate).stages[1]
        return Pipeline(stages=tuple(stages))

    old, new = both("src/gen.py", "src/test.py"), both("src/other.py", "src/run.py")
    before = {"src/gen.py": TEXT, "src/test.py": OTHER}
    assert texts(old, new, before, {"src/run.py": TEXT, "src/test.py": OTHER}) == finding("src/run.py")
