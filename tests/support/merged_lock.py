"""Two branches whose runs git merges in dvc.lock line by line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.checks import check, results

if TYPE_CHECKING:
    from tests.support.shell import Folder

MERGED = ("error", "stale", "block")


def code(project: Folder) -> None:
    """Change the code of a stage, with the same result."""
    text = (project / "src/train.py").read_text()
    project.write("src/train.py", f"{text}\n# A remark that changes nothing\n")


def parameter(project: Folder) -> None:
    project.write("params.yaml", "train:\n  slope: 1.995\n")


def fork(project: Folder) -> Folder:
    """Branches `a` and `b`, each run and committed: one has another parameter, the other has other code."""
    project.write(
        "dvc.yaml",
        (project / "dvc.yaml").read_text().replace("[data/clean.csv, src/train.py]", "[src/train.py]"),
    )
    project.dvc("repro", "-q")
    project.commit("Depend on the code only")
    project.git("push", "-q")
    for name, edit in (("a", parameter), ("b", code)):
        project.git("switch", "-qc", name, "main")
        edit(project)
        project.dvc("repro", "-q")
        project.commit(f"Run {name}")
    project.dvc("push", "-q", "--all-commits")
    return project


def merge(project: Folder, *options: str) -> None:
    project.git("switch", "-qc", "both", "a")
    project.git("merge", "-q", "--no-edit", *options, "b")
    project.dvc("checkout", "-q")


def gate(project: Folder, status: int, *argv: str) -> tuple[str, str | None, str]:
    return results(check(project, *argv, status=status))["line/r2-floor"]


def run_other_code(forked: Folder, slope: str) -> None:
    """Change and run the code of branch `b`."""
    forked.git("switch", "-q", "b")
    text = (forked / "src/train.py").read_text()
    forked.write("src/train.py", text.replace('"slope": slope', slope))
    forked.dvc("repro", "-q")
    forked.commit("Other code")
