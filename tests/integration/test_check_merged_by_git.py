"""Where a branch and its target both edited mlgit.yaml, the file that git makes of both is compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from mlgit.adapters.git.refs import merged_tree
from mlgit.core.gates.headline import FINDINGS
from mlgit.errors import Exit
from mlgit.project.gates import rules
from tests.support.checks import check, results

if TYPE_CHECKING:
    from mlgit.adapters.git.binary import Git
    from tests.support.shell import Folder

TOP = "version: 1\nmodels:\n  line: {path: models/line.json}\n"
GATES = "  a: {metric: r2, min: -20}\n  b: {metric: r2, max: 20}\n"
MORE = "  c: {metric: rows, min: 1}\n  d: {metric: rows, min: 2}\n"
RULES = f"{TOP}gates:\n{GATES}{MORE}"
ROOF = "  roof: {metric: mae, max: 100}\n"
MODELS = (
    "  two: {path: params.yaml, metrics: [metrics/*.json]}\n",
    "  three: {path: dvc.yaml, metrics: [metrics/*.json]}\n",
)
ONE = "  line: {path: models/line.json}\n"


def wide(lines: str) -> str:
    """The same lines for YAML, and other ones for git."""
    return lines.replace(": {", ":  {")


TEXT = 'models:\n  line: {path: models/line.json, description: "\n'
BY_GATES = f'version: 1\ngates:\n{wide(GATES + MORE)}directions: {{}}\n{TEXT}{GATES}{MORE}  "}}\n'
WITH_MODELS = f"version: 1\ngates:\n{GATES}models:\n{ONE}{MODELS[0]}{MODELS[1]}"
BY_MODELS = (
    f"version: 1\ngates:\n{GATES}models:\n{wide(''.join(MODELS))}"
    f'{TEXT.partition("models:")[2].lstrip(chr(10))}{"".join(MODELS)}  "}}\n'
)
OTHER = "  four: {path: dvc.lock, metrics: [metrics/*.json]}\n"
SWALLOWED = {
    "gate": (RULES, RULES.replace(MORE, ROOF + MORE), BY_GATES, "Gate `roof` was removed"),
    "model": (
        WITH_MODELS,
        WITH_MODELS.replace(MODELS[1], OTHER + MODELS[1]),
        BY_MODELS,
        "Model `four` was removed",
    ),
}


def findings(verdict: Any) -> list[tuple[str, str]]:  # noqa: ANN401
    return [
        (each["message"], each["effect"])
        for each in verdict["notes"]
        if each["code"] in FINDINGS and each["effect"] != "note"
    ]


def edit(project: Folder, base: str, trunk: str, branch: str, **more: tuple[str | None, str]) -> None:
    """Trunk with rules that it and a branch edit; `more` are other files that both edit."""
    project.write("mlgit.yaml", base)
    project.commit("Rules")
    project.git("checkout", "-q", "-b", "topic")
    for place, name, text in ((0, "main", trunk), (1, "topic", branch)):
        project.git("checkout", "-q", name)
        project.write("mlgit.yaml", text)
        for file, texts in more.items():
            if (content := texts[place]) is not None:
                project.write(file, content)
        project.commit(f"Edit {name}")
    project.git("push", "-q", "origin", "main")


OTHER_FILES: dict[str, dict[str, tuple[str | None, str]]] = {
    "clean": {},
    "conflict elsewhere": {"README": ("Ours", "Theirs")},
    "attributes of the branch": {".gitattributes": (None, "mlgit.yaml -merge\n")},
}


@pytest.mark.parametrize("others", OTHER_FILES)
@pytest.mark.parametrize("name", SWALLOWED)
def test_what_the_merge_would_swallow_is_found(project: Folder, name: str, others: str) -> None:
    base, trunk, branch, expected = SWALLOWED[name]
    edit(project, base, trunk, branch, **OTHER_FILES[others])
    verdict = check(project, status=Exit.DONE)
    assert (expected, "warn") in findings(verdict)
    # A forge merges in a repository without files, where a branch's attributes mean nothing.
    bare = project.__class__(project.path.parent / "bare.git")
    project.git("clone", "-q", "--bare", ".", str(bare.path))
    merge = bare.run("git", "merge-tree", "--write-tree", "--name-only", "--no-messages", "main", "topic")
    assert merge.out.split()[1:] == (["README"] if others == "conflict elsewhere" else [])


def test_a_gate_that_the_merge_would_swallow_is_still_evaluated(project: Folder) -> None:
    base, trunk, branch, _ = SWALLOWED["gate"]
    edit(project, base, trunk.replace("max: 100", "max: 0.01"), branch)
    verdict = check(project, status=Exit.BLOCKED)
    assert results(verdict)["line/roof"] == ("fail", "above_maximum", "block")


def test_a_merge_that_loses_nothing_has_no_finding(project: Folder) -> None:
    edit(project, RULES, RULES.replace(MORE, ROOF + MORE), f"{RULES}# Words\n")
    verdict = check(project, status=Exit.DONE)
    assert findings(verdict) == []
    assert {"line/roof", "line/d"} <= results(verdict).keys()


def test_a_merge_that_leaves_an_invalid_file_blocks(project: Folder) -> None:
    edit(project, RULES, RULES.replace(GATES, ROOF + GATES), RULES + ROOF.replace("100", "90"))
    verdict = check(project, status=Exit.BLOCKED)
    (note,) = [each for each in verdict["notes"] if each["code"] == "merge_config_invalid"]
    assert note["effect"] == "block"
    assert note["message"].startswith("`mlgit.yaml` is invalid after the merge with `origin/main`: ")
    assert note["hint"] == "run `git merge origin/main`, fix it, and commit that"
    project.git("merge", "-q", "-m", "Merge", "origin/main")
    assert project.here("check").status == Exit.CONFIG


def test_of_a_conflict_the_stricter_side_counts(project: Folder) -> None:
    edit(project, RULES, RULES.replace("min: -20", "min: 2"), RULES.replace("min: -20", "min: -30"))
    verdict = check(project, status=Exit.BLOCKED)
    assert results(verdict)["line/a"] == ("fail", "below_minimum", "block")
    assert findings(verdict) == [("Gate `a` was loosened: min 2 → -30", "warn")]


ONE_SIDE = {
    "nobody": (RULES, RULES, RULES),
    "trunk": (RULES, RULES + ROOF, RULES),
    "branch": (RULES, RULES, RULES + ROOF),
    "both the same": (RULES, RULES + ROOF, RULES + ROOF),
}


@pytest.mark.parametrize("name", ONE_SIDE)
def test_git_is_only_asked_if_both_sides_edited_the_file(
    project: Folder, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    asked = []

    def ask(git: Git, git_dir: str, ours: str, theirs: str) -> object:
        asked.append(ours)
        return merged_tree(git, git_dir, ours, theirs)

    monkeypatch.setattr(rules, "merged_tree", ask)
    edit(project, *ONE_SIDE[name])
    check(project, status=Exit.DONE)
    assert asked == []
    project.write("mlgit.yaml", f"{RULES}# Words\n")
    project.commit("Edit")
    check(project, status=Exit.DONE)
    assert len(asked) == (name in {"trunk", "both the same"})
