"""An environment that was renamed on trunk is compared with what its old name holds."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from mlgit.project.registry import former_environments
from mlgit.project.trust.accept import accepted_model
from tests.support.checks import check, notes, results
from tests.support.registry import change, opened, train, train_into

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.shell import Folder

CONFIG = """\
version: 1
models:
  {model}: {{path: models/line.json}}
gates:
  mae-vs-env: {{metric: mae, vs: {vs}, max_rise: 0.1}}
environments: {{{environments}}}
"""


def declare(project: Folder, *environments: str, vs: str | None = None, model: str = "line") -> None:
    text = ", ".join(f"{name}: {{}}" for name in environments)
    project.write("mlgit.yaml", CONFIG.format(model=model, vs=vs or environments[-1], environments=text))
    project.commit(f"Declare {text}")
    project.git("push", "-q", "origin", "HEAD:main")


@pytest.fixture
def live(project: Folder) -> Folder:
    """`line@v1.0.0` is in prod."""
    declare(project, "prod")
    train_into(project, "2.0", "prod")
    return project


def at_once(project: Folder) -> None:
    declare(project, "live")


def by_a_merge(project: Folder) -> None:
    """One commit adds the new environment, another one takes the old one away."""
    project.git("switch", "-qc", "rename")
    project.write("mlgit.yaml", CONFIG.format(model="line", vs="prod", environments="live: {}, prod: {}"))
    project.commit("Add live")
    project.write("mlgit.yaml", CONFIG.format(model="line", vs="live", environments="live: {}"))
    project.commit("Remove prod")
    project.git("switch", "-q", "main")
    project.git("merge", "-q", "--no-ff", "--no-edit", "rename")
    project.git("push", "-q")


def with_another_source(project: Folder) -> None:
    declare(project, "staging", "prod")
    text = (project / "mlgit.yaml").read_text()
    text = text.replace("prod: {}", "live: {from: staging}").replace("vs: prod", "vs: live")
    project.write("mlgit.yaml", text)
    project.commit("live takes the place of prod")
    project.git("push", "-q")


def twice(project: Folder) -> None:
    declare(project, "live2", vs="live2")
    declare(project, "live")


def with_the_model(project: Folder) -> None:
    declare(project, "live", model="curve")


WAYS = [at_once, by_a_merge, with_another_source, twice, with_the_model]


def worse(project: Folder) -> None:
    project.git("switch", "-qc", "topic")
    train_here(project)


def train_here(project: Folder) -> None:
    project.write("params.yaml", "train:\n  slope: 1.9\n")
    project.dvc("repro", "-q")
    project.commit("Worse")


@pytest.mark.parametrize("rename", WAYS)
def test_a_worse_model_is_compared_with_the_environment_before_the_rename(
    live: Folder, rename: Callable[[Folder], None]
) -> None:
    rename(live)
    worse(live)
    verdict = check(live, status=Exit.BLOCKED)
    ((outcome, reason, _),) = results(verdict).values()
    assert (outcome, reason) == ("fail", "max_rise_broken")
    (baseline,) = verdict["baselines"]
    assert (baseline["state"], baseline["label"]) == ("found", "prod (line@v1.0.0)")
    assert baseline["rule"] == "what is in `prod`, which `live` replaced"
    (note,) = [each for each in verdict["notes"] if each["code"] == "baseline_renamed"]
    assert "compares with what is in `prod`, which `live` replaced on trunk" in note["message"]
    command = None if rename is with_the_model else "run `mlgit promote line@v1.0.0 --to live`"
    assert (note["hint"] or "").endswith(command or "")
    assert (note["hint"] is None) == (command is None)


def test_a_worse_model_is_not_promoted_and_one_as_good_ends_it(live: Folder) -> None:
    declare(live, "live")
    live.write("mlgit.yaml", (live / "mlgit.yaml").read_text().replace("0.1}", "0.1, when: promote}"))
    train(live, "1.9")
    change(live, "release", "line")
    done = live.here("promote", "line", "--to", "live")
    assert done.status == Exit.BLOCKED, done.out + done.err
    assert "mae-vs-env failed" in done.err
    report = change(live, "promote", "line@v1.0.0", "--to", "live")
    (note,) = report["notes"]
    assert note.startswith("`prod` holds `line@v1.0.0`, but trunk put `live` in its place")
    change(live, "unassign", "line", "--env", "prod")
    live.write("mlgit.yaml", (live / "mlgit.yaml").read_text().replace(", when: promote", ""))
    verdict = check(live, status=Exit.BLOCKED)
    assert verdict["baselines"][0]["label"] == "live (line@v1.0.0)"


def test_a_gate_that_names_the_old_environment_is_a_finding(live: Folder) -> None:
    live.write("mlgit.yaml", CONFIG.format(model="line", vs="prod", environments="live: {}"))
    verdict = check(live, status=Exit.DONE)
    (text,) = [each["message"] for each in verdict["notes"] if each["code"] == "gates_loosened"]
    assert text == (
        "Environment `prod` was renamed to `live`, which holds nothing of it; "
        "`mae-vs-env` still compares with what it held last"
    )
    declare(live, "live", vs="prod")
    change(live, "promote", "line@v1.0.0", "--to", "live")
    worse(live)
    verdict = check(live, status=Exit.BLOCKED)
    assert results(verdict)["line/mae-vs-env"][0] == "fail"
    (note,) = [each for each in verdict["notes"] if each["code"] == "baseline_frozen"]
    assert note["effect"] == "warn"
    assert note["message"] == (
        "`mae-vs-env` of `line`: it compares with prod (line@v1.0.0), and nothing enters `prod` any more: "
        "trunk does not declare it, and has `live` in its place"
    )
    live.write("mlgit.yaml", (live / "mlgit.yaml").read_text().replace("vs: prod", "vs: live"))
    verdict = check(live, status=Exit.BLOCKED)
    assert [each for each in verdict["notes"] if each["code"] == "baseline_frozen"] == []


def test_a_gate_on_an_environment_that_was_removed_is_a_finding(live: Folder) -> None:
    live.write("mlgit.yaml", CONFIG.format(model="line", vs="prod", environments=""))
    live.commit("No environment")
    live.git("push", "-q")
    worse(live)
    verdict = check(live, status=Exit.BLOCKED)
    (note,) = [each for each in verdict["notes"] if each["code"] == "baseline_frozen"]
    assert note["message"].endswith("nothing enters `prod` any more: trunk does not declare it")


def test_what_the_old_environment_holds_is_not_known_if_its_tags_leave_it_open(live: Folder) -> None:
    declare(live, "live")
    live.git("tag", "-f", "line#prod#1", "line@v1.0.0^{}")
    worse(live)
    verdict = check(live, status=Exit.BLOCKED)
    assert results(verdict)["line/mae-vs-env"] == ("error", "unknown_here", "block")
    assert "`line#prod#1` does not count" in verdict["baselines"][0]["message"]


def added_first(project: Folder) -> None:
    declare(project, "prod", "live")
    declare(project, "live")


def removed_first(project: Folder) -> None:
    declare(project, "other")
    declare(project, "other", "live")


@pytest.mark.parametrize("replace", [added_first, removed_first])
def test_an_environment_that_took_over_in_two_changes_is_a_finding(
    live: Folder, replace: Callable[[Folder], None]
) -> None:
    replace(live)
    worse(live)
    verdict = check(live, status=Exit.DONE)
    assert results(verdict)["line/mae-vs-env"][:2] == ("skipped", "no_baseline")
    assert ("baseline_emptied", "warn") in notes(verdict)
    assert verdict["first_model"] is False
    done = live.here("check")
    text = " ".join(done.out.split())
    assert "`prod`, which trunk no longer declares, holds v1.0.0 of `line`" in text
    assert "mlgit promote line@v1.0.0 --to live" in text


def test_an_old_environment_in_doubt_is_a_finding_too(live: Folder) -> None:
    added_first(live)
    live.git("tag", "-f", "line#prod#1", "line@v1.0.0^{}")
    worse(live)
    verdict = check(live, status=Exit.DONE)
    (message,) = [each["message"] for each in verdict["notes"] if each["code"] == "baseline_emptied"]
    assert "may hold it: the tag `line#prod#1` does not count" in message


def test_a_new_environment_next_to_others_has_nothing_yet(live: Folder) -> None:
    declare(live, "prod", "live")
    worse(live)
    verdict = check(live, status=Exit.DONE)
    assert results(verdict)["line/mae-vs-env"][:2] == ("skipped", "no_baseline")
    assert notes(verdict) == [("no_gates", "note")]


def test_a_history_that_is_longer_than_what_is_read_leaves_open_what_was_replaced(
    live: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once(live)
    for number in range(2):
        live.write("mlgit.yaml", f"{(live / 'mlgit.yaml').read_text()}# Edit {number}\n")
        live.commit(f"Edit {number}")
    live.git("push", "-q")
    for most in (1000, 2):
        monkeypatch.setattr(former_environments, "_MOST_COMMITS", most)
        project = opened(live)
        read = partial(accepted_model, project)
        held = former_environments.earlier_holders(project, "line", "live", None, read)
        assert [(each.environment, each.label) for each in held] == [("prod", "v1.0.0")], most
        # Whether trunk declared it before is then not known, and nothing enters it in any case.
        assert former_environments.taken_over(project, "prod") is not None
        assert former_environments.taken_over(project, "never") is None
