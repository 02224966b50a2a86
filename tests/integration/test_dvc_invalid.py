"""Invalid files of a DVC repository are errors with a place and a hint."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.dvc_small import PIPELINE, change

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.shell import Folder


def conflicted(text: str) -> str:
    """A text with the markers of a merge conflict around its middle line."""
    lines = text.splitlines(keepends=True)
    middle = len(lines) // 2
    both = ["<<<<<<< HEAD\n", lines[middle], "=======\n", "  x: 1\n", ">>>>>>> theirs\n"]
    return "".join([*lines[:middle], *both, *lines[middle + 1 :]])


def with_base(text: str) -> str:
    return conflicted(text).replace("=======\n", "||||||| base\n  y: 1\n=======\n")


def ignored_lock(folder: Folder) -> None:
    folder.write(".gitignore", "dvc.lock\n/out\n/raw\n")
    folder.git("rm", "-q", "--cached", "dvc.lock")


def _output_in_a_hidden_folder(folder: Folder) -> None:
    folder.write("dvc.yaml", PIPELINE.replace("[out]", "[sub/deep/out]"))
    folder.write("sub/.dvcignore", "deep/\n")
    (folder / "sub/deep").mkdir()


RESTORE = "git checkout -- dvc.lock"
BROKEN: dict[str, tuple[Callable[[Folder], object], str, str, str]] = {
    "a conflict in dvc.lock": (
        change("dvc.lock", conflicted),
        "`dvc.lock` has an unresolved merge conflict",
        "dvc.lock:8:1",
        "git checkout --theirs dvc.lock` (or `--ours`), then run `mlgit run`",
    ),
    "a conflict with its base": (
        change("dvc.lock", with_base),
        "`dvc.lock` has an unresolved merge conflict",
        "dvc.lock:8:1",
        "mlgit run",
    ),
    "a conflict in dvc.yaml": (
        change("dvc.yaml", conflicted),
        "`dvc.yaml` has an unresolved merge conflict",
        "dvc.yaml:3:1",
        "git checkout --theirs",
    ),
    "a conflict in a .dvc file": (
        change("raw.dvc", conflicted),
        "`raw.dvc` has an unresolved merge conflict",
        "raw.dvc:3:1",
        "*.dvc merge=dvc",
    ),
    "a lock cut off after a key": (
        change("dvc.lock", lambda text: text[: text.index("deps:") + 6]),
        "`stages.s.deps` in `dvc.lock` is not a list",
        "dvc.lock:5:5",
        RESTORE,
    ),
    "a lock cut off inside a word": (
        change("dvc.lock", lambda text: text[: text.index("deps:") + 2]),
        "`dvc.lock` is not valid YAML",
        "dvc.lock:",
        RESTORE,
    ),
    "an empty lock": (
        change("dvc.lock", lambda _: ""),
        "`dvc.lock` is not a lock file that DVC wrote",
        "dvc.lock",
        RESTORE,
    ),
    "a lock of tomorrow": (
        change("dvc.lock", lambda text: text.replace("2.0", "3.0")),
        "`schema` in `dvc.lock` is not `'2.0'`",
        "dvc.lock:1:1",
        RESTORE,
    ),
    "a lock that Git ignores": (
        ignored_lock,
        "`dvc.lock` is ignored by Git",
        "dvc.lock",
        "git check-ignore -v dvc.lock",
    ),
    "an output that is hidden": (
        lambda folder: folder.write(".dvcignore", "# nothing\n*.tmp\n/raw\n"),
        "Output `raw` of `raw.dvc` is hidden by a `.dvcignore`",
        ".dvcignore:3:1",
        "remove the pattern",
    ),
    "an output whose folder is hidden": (
        _output_in_a_hidden_folder,
        "Output `sub/deep/out` of `s` is hidden by a `.dvcignore`",
        "sub/.dvcignore:1:1",
        "add a line with `!`",
    ),
    "an unknown key": (
        change("dvc.yaml", lambda text: text + "stagez: 1\n"),
        "DVC does not know the key `stagez` in `dvc.yaml`",
        "dvc.yaml:6:1",
        "did you mean `stages`?",
    ),
    "an unknown key of a stage": (
        change("dvc.yaml", lambda text: text + "    outz: [x]\n"),
        "DVC does not know the key `stages.s.outz` in `dvc.yaml`",
        "dvc.yaml:6:5",
        "did you mean `outs`?",
    ),
    "a switch that is text": (
        change("dvc.yaml", lambda text: text + "    frozen: yes\n"),
        "`stages.s.frozen` in `dvc.yaml`: expected bool",
        "dvc.yaml:6:5",
        "",
    ),
    "a list left empty": (
        change("dvc.yaml", lambda text: text.replace("[in]", "")),
        "`stages.s.deps` in `dvc.yaml` is not a list",
        "dvc.yaml:4:5",
        "",
    ),
    "no stages under stages": (
        change("dvc.yaml", lambda _: "stages:\n"),
        "`stages` in `dvc.yaml` is not a mapping",
        "dvc.yaml:1:1",
        "",
    ),
    "a key twice": (
        change("dvc.yaml", lambda text: text + PIPELINE[8:]),
        "The key `s` appears twice",
        "dvc.yaml:6:3",
        "",
    ),
    "an unknown variable": (
        change("dvc.yaml", lambda text: text.replace("cp in", "cp ${in}")),
        "could not find `in`",
        "dvc.yaml:3:5",
        "define `in` in `params.yaml`",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_file_that_dvc_cannot_read_is_an_error_with_place_and_hint(small: Folder, case: str) -> None:
    breaking, message, place, hint = BROKEN[case]
    breaking(small)
    with pytest.raises(AssertionError, match="dvc"):
        small.dvc("status", "--json")
    failures = small.here("status", "--json").json()["failures"]
    assert [each["part"] for each in failures] == ["pipeline"]
    assert message in failures[0]["message"]
    assert failures[0]["location"].startswith(place)
    assert hint in (failures[0]["hint"] or "")


UNFIT: dict[str, tuple[str, str]] = {
    "a name that is a number": (PIPELINE.replace("  s:", "  1:"), "stages.1"),
    "a working directory of nothing": (f"{PIPELINE}    wdir:\n", "wdir"),
    "a description that is a number": (f"{PIPELINE}    desc: 1\n", "desc"),
    "a switch in words": (PIPELINE.replace("[out]", "[out: {persist: 'yes'}]"), "persist"),
    "push in words": (PIPELINE.replace("[out]", "[out: {push: 'no'}]"), "push"),
    "a remote that is a number": (PIPELINE.replace("[out]", "[out: {remote: 1}]"), "remote"),
    "a label": (PIPELINE.replace("[out]", "[out: {labels: a}]"), "labels"),
    "plots of nothing": (f"{PIPELINE}plots:\n", "plots"),
    "a plot that is a number": (f"{PIPELINE}plots: [{{out: 1}}]\n", "plots"),
    "a plot with another key": (f"{PIPELINE}plots: [{{out: {{foo: 1}}}}]\n", "foo"),
    "an artifact with another key": (f"{PIPELINE}artifacts: {{m: {{path: out, foo: 1}}}}\n", "foo"),
    "an artifact whose type is a number": (f"{PIPELINE}artifacts: {{m: {{path: out, type: 1}}}}\n", "type"),
}


@pytest.mark.parametrize("case", UNFIT)
def test_a_file_against_dvcs_schema_is_an_error_with_its_place(small: Folder, case: str) -> None:
    text, word = UNFIT[case]
    small.write("dvc.yaml", text)
    with pytest.raises(AssertionError, match="dvc"):
        small.dvc("status", "--json")
    failures = small.here("status", "--json").json()["failures"]
    assert [each["part"] for each in failures] == ["pipeline"]
    assert word in failures[0]["message"]
    assert failures[0]["location"].startswith("dvc.yaml:")


@pytest.mark.parametrize(
    "text",
    [
        "stages: {a: {cmd: x}}\nstages: {}\n",
        "stages: {a: {cmd: x, metrics: [{m.csv: null}]}}\n",
        "stages: {a: {cmd: x\n",
        "stages: {a: {cmd: echo ${nothing}}}\n",
    ],
)
@pytest.mark.parametrize("file", ["dvc.yaml", "dvc.lock", "deeper/dvc.yaml", "x.dvc"])
def test_an_invalid_file_inside_an_output_is_not_looked_at(project: Folder, file: str, text: str) -> None:
    declared = (project / "dvc.yaml").read_text()
    copied = "  copied: {cmd: 'true', outs: [copy: {cache: false}]}\nartifacts:\n"
    project.write("dvc.yaml", declared.replace("artifacts:\n", copied))
    project.write(f"copy/{file}", text)
    project.dvc("status")
    done = project.here("status", "--json")
    assert done.json()["failures"] == []
    assert done.json()["pipeline_stages"] == 4
    project.write(f"other/{file}", text)
    if file.endswith("dvc.yaml"):
        assert project.here("status", "--json").json()["failures"] != []
