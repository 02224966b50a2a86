"""Every construct of DVC's files is answered as by DVC, or differently for a reason."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from filelock import FileLock

from mlgit.adapters.dvc.pipeline.pointers import read_pipeline
from mlgit.adapters.git.binary import Git
from mlgit.adapters.git.worktree import WorkingTree
from tests.support import dvc_constructs
from tests.support.dvc_answers import dvc_data, dvc_reasons, mlgit_data, mlgit_reasons
from tests.support.dvc_constructs import CONSTRUCTS
from tests.support.dvc_index import resolve_pipeline

if TYPE_CHECKING:
    from pathlib import Path

    from mlgit.core.pipeline.stages import Pipeline
    from tests.support.shell import Folder

Answers = dict[str, dict[str, Any]]


@pytest.fixture(scope="session")
def answers(shared_folder: Path) -> dict[str, Answers]:
    """The answers of DVC and mlgit about all constructs, clean and edited, by construct; once per run."""
    place = shared_folder / "dvc-constructs"
    known = shared_folder / "dvc-constructs.json"
    with FileLock(f"{place}.lock"):
        if not known.exists():
            root = dvc_constructs.build(place / "work")
            clean = _answers(root)
            dvc_constructs.edit(root)
            known.write_text(json.dumps({"clean": clean, "edited": _answers(root)}), encoding="utf-8")
    found: dict[str, Answers] = json.loads(known.read_text(encoding="utf-8"))
    return found


def _answers(root: Folder) -> Answers:
    tree = WorkingTree(Git(str(root.path)), str(root.path))
    output = root.here("-v", "status").out
    return {
        "dvc": _listed(dvc_constructs.reasons_by_construct(root, dvc_reasons(root))),
        "mlgit": _listed(dvc_constructs.reasons_by_construct(root, mlgit_reasons(root))),
        "dvc data": dvc_constructs.by_construct(dvc_data(root)),
        "mlgit data": dvc_constructs.by_construct(mlgit_data(root)),
        "dvc index": _pipeline(resolve_pipeline(str(root.path), None)),
        "mlgit pipeline": _pipeline(replace(read_pipeline(tree, root=str(root.path)), handed_over=())),
        "asked": dict(
            line.strip().removeprefix("asked DVC: ").split("/dvc.yaml ", 1)
            for line in output.splitlines()
            if line.strip().startswith("asked DVC: ")
        ),
    }


def _listed(found: dict[str, dict[str, set[str]]]) -> dict[str, Any]:
    return {
        name: {address: sorted(reasons) for address, reasons in addresses.items()}
        for name, addresses in found.items()
    }


def _pipeline(found: Pipeline) -> dict[str, list[str]]:
    """All declarations as texts, by construct."""
    shown: dict[str, list[str]] = {}
    for stage in found.stages:
        shown.setdefault(stage.file.split("/")[0], []).append(repr(stage))
    for out in found.tracked:
        shown.setdefault(out.owner.split("/")[0], []).append(repr(out._replace(origin=None)))
    for path in (*found.metrics, *found.params, *found.plots):
        shown.setdefault(path.split("/")[0], []).append(path)
    for artifact in found.artifacts:
        shown.setdefault(artifact.name.split(":")[0], []).append(repr(artifact))
    return {name: sorted(lines) for name, lines in shown.items()}


@pytest.mark.parametrize("name", CONSTRUCTS)
def test_a_clean_repository_is_as_stale_as_dvc_says(answers: dict[str, Answers], name: str) -> None:
    clean = answers["clean"]
    assert clean["mlgit"].get(name, {}) == clean["dvc"].get(name, {})
    assert _as_sets(clean["mlgit"].get(name, {})) == CONSTRUCTS[name].clean


@pytest.mark.parametrize("name", CONSTRUCTS)
def test_after_an_edit_the_same_stages_are_stale_as_dvc_says(answers: dict[str, Answers], name: str) -> None:
    edited = answers["edited"]
    ours, theirs = edited["mlgit"].get(name, {}), edited["dvc"].get(name, {})
    assert _as_sets(ours) == CONSTRUCTS[name].edited
    for address, reasons in list(ours.items()):
        if reasons == ["never run"]:  # DVC has nothing to compare with
            assert theirs.pop(address)
            del ours[address]
    assert ours == theirs


def _as_sets(found: dict[str, list[str]]) -> dict[str, set[str]]:
    return {address: set(reasons) for address, reasons in found.items()}


@pytest.mark.parametrize("name", CONSTRUCTS)
def test_changed_data_is_as_dvc_says(answers: dict[str, Answers], name: str) -> None:
    for state in answers.values():
        assert state["mlgit data"].get(name, {}) == state["dvc data"].get(name, {})


@pytest.mark.parametrize("name", CONSTRUCTS)
def test_everything_declared_is_in_dvcs_own_index(answers: dict[str, Answers], name: str) -> None:
    for state in answers.values():
        assert state["mlgit pipeline"].get(name, []) == state["dvc index"].get(name, [])


def test_only_constructs_that_need_dvc_are_handed_over_and_shown_on_request(
    answers: dict[str, Answers],
) -> None:
    expected = {name: each.handed for name, each in CONSTRUCTS.items() if each.handed}
    assert answers["clean"]["asked"] == expected
