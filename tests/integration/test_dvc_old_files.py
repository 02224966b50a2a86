"""Files of older versions of DVC, which DVC refuses today: mlgit reads them, and says so."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.dvc_answers import mlgit_reasons
from tests.support.dvc_small import PIPELINE, change

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.shell import Folder


def _live(folder: Folder) -> None:
    """A stage of DVC 2 in an old folder, as DVCLive wrote it."""
    folder.write(
        "old/dvc.yaml", "stages:\n  t:\n    cmd: echo\n    live:\n      logs: {summary: true, cache: false}\n"
    )
    folder.write("old/logs.json", '{"auc": 0.8}')


def _old_lock(folder: Folder) -> None:
    lock = (folder / "dvc.lock").read_text().split("stages:\n")[1]
    folder.write("dvc.lock", re.sub("(?m)^  ", "", lock))


OLD: dict[str, tuple[Callable[[Folder], object], str]] = {
    "live": (_live, "`old/dvc.yaml` has the key `stages.t.live`"),
    "plots": (
        change("dvc.yaml", lambda text: f"{text}plots:\n  out: {{x: a}}\n"),
        "`dvc.yaml` has `plots` as a mapping",
    ),
    "lock": (_old_lock, "`dvc.lock` lacks `schema`"),
    "stage": (lambda folder: folder.write("old.dvc", "cmd: make\n"), "`old.dvc` has the key `cmd`"),
    "key": (change("raw.dvc", lambda text: f"{text}stuff: 1\n"), "`raw.dvc` has the key `stuff`"),
}


@pytest.mark.parametrize("case", OLD)
def test_the_doctor_names_what_dvc_refuses_and_nothing_proposes_a_command_of_dvc(
    small: Folder, case: str
) -> None:
    make, named = OLD[case]
    make(small)
    with pytest.raises(AssertionError):
        small.dvc("status", "--json")
    small.write("in", "2")
    step = small.here("status", "--json").json()["next"]
    assert step["command"] == "mlgit doctor"
    found = {each["id"]: each["message"] for each in small.here("doctor", "--json").json()["findings"]}
    assert found["refused_by_dvc"].startswith(named)


def test_a_stage_of_dvc_2_with_live_has_its_plots_and_metrics(small: Folder) -> None:
    _live(small)
    assert mlgit_reasons(small) == {"old/dvc.yaml:t": {"never run"}}
    metrics = small.here("status", "--json").json()["metrics"]
    assert [each["file"] for each in metrics] == ["old/logs.json"]


@pytest.mark.parametrize("key", ["live: 1", "lives: {}", "cmds: x"])
def test_what_tags_say_needs_no_valid_stage(small: Folder, key: str) -> None:
    small.write("dvc.yaml", f"{PIPELINE}artifacts:\n  net: {{path: out, type: model}}\n")
    small.write("old/dvc.yaml", f"stages:\n  t:\n    cmd: echo\n    {key}\n")
    small.commit("Declare it")
    small.git("tag", "-am", "r", "net@v1.0.0")
    for command in (["models"], ["show", "net"], ["history"]):
        assert small.here(*command).status == Exit.DONE
    (failure,) = small.here("status", "--json").json()["failures"]
    assert f"stages.t.{key.partition(':')[0]}` in `old/dvc.yaml`" in failure["message"]


def test_artifacts_with_templates_are_those_of_dvc(small: Folder) -> None:
    small.write("params.yaml", "place: out\n")
    small.write("dvc.yaml", f"{PIPELINE}artifacts:\n  net: {{path: '${{place}}', type: model}}\n")
    assert small.here("show", "net").out.splitlines()[1].strip() == "path: out"
