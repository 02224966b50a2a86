"""A model that was never in an environment, where one that trunk no longer declares still is."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from mlgit.errors import Exit
from mlgit.project.compare.baseline_files import none_at
from mlgit.project.compare.renames.never_there import never_released, never_there
from mlgit.project.registry.read import read_model
from mlgit.project.registry.renames import declarations, versions
from mlgit.project.trust.accept import accept
from tests.integration.test_renamed_models import CONFIG, declare, move
from tests.support.checks import check, notes, results
from tests.support.registry import change, opened, train, train_into
from tests.support.shell import Folder

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlgit.core.gates.verdict import Baseline
    from mlgit.project.open import Project

GATES = (
    CONFIG.replace(", when: promote", "")
    .replace("environments:\n", "  mae-vs-rel: {{metric: mae, vs: release, max_rise: 0.1}}\nenvironments:\n")
    .replace("prod: {{}}", "{environment}: {{}}")
)


def declares(project: Folder, name: str, path: str, environment: str = "prod", more: str = "") -> None:
    project.write("mlgit.yaml", GATES.format(name=name, path=path, environment=environment) + more)
    project.commit(f"Declare {name}")
    project.git("push", "-q")


@pytest.fixture
def replaced(project: Folder) -> Folder:
    """`line@v1.0.0` is in prod; trunk declares `curve` with another path, content and history."""
    declare(project, "line")
    train_into(project, "2.0", "prod")
    declare(project, "table", "metrics/test.json")
    train(project, "1.9")
    move(project)
    project.commit("Another file")
    declares(project, "curve", "models/curve.json")
    return project


def found(verdict: Any) -> list[str]:  # noqa: ANN401 (it is JSON)
    return [each["message"] for each in verdict["notes"] if each["code"] == "baseline_emptied"]


def taken_out(verdict: Any) -> list[str]:  # noqa: ANN401 (it is JSON)
    return [each["message"] for each in verdict["notes"] if each["code"] == "baseline_taken_out"]


def test_a_model_that_was_never_there_is_a_finding_while_an_undeclared_one_is(replaced: Folder) -> None:
    verdict = check(replaced, status=Exit.DONE)
    assert results(verdict)["curve/mae-vs-prod"][:2] == ("skipped", "no_baseline")
    environment, release = sorted(found(verdict))
    nothing = "nothing is compared, because `curve`"
    other = "but `line`, which trunk no longer declares, has v1.0.0"
    assert environment.startswith(
        f"`mae-vs-prod` of `curve`: {nothing} was never in `prod`, {other} there, by the tags of this clone"
    )
    assert release.startswith(
        f"`mae-vs-rel` of `curve`: {nothing} has no release yet, {other} in `prod`, by the tags of this clone"
    )
    assert verdict["first_model"] is False
    (hint,) = {each["hint"] for each in verdict["results"]}
    assert hint == "if `line` is another model, run `mlgit unassign line --env prod`"
    assert "yet to compare" not in replaced.here("check").out


def test_once_the_other_one_was_taken_out_a_note_names_who_did_until_the_model_is_there(
    replaced: Folder,
) -> None:
    declares(replaced, "curve", "models/curve.json", more="on_loosened: fail\n")
    change(replaced, "unassign", "line", "--env", "prod")
    verdict = check(replaced, status=Exit.DONE)
    assert found(verdict) == []
    release, environment = sorted(taken_out(verdict))
    who = "trunk no longer declares: Ada took v1.0.0 of `line` out on "
    assert environment.startswith(f"`curve` was never in `prod`, but a model was there that {who}")
    assert " UTC (`line#prod!#2`)" in environment
    assert release.startswith(f"`curve` has no release yet, but a model was in an environment that {who}")
    assert ("baseline_taken_out", "note") in notes(verdict)
    train_into(replaced, "1.9", "prod", model="curve")
    assert taken_out(check(replaced, status=Exit.DONE)) == []


def test_there_is_no_finding_once_the_model_is_there_itself(replaced: Folder) -> None:
    train_into(replaced, "1.9", "prod", model="curve")
    assert found(check(replaced, status=Exit.DONE)) == []


def test_it_blocks_with_on_loosened(replaced: Folder) -> None:
    declares(replaced, "curve", "models/curve.json", more="on_loosened: fail\n")
    assert ("baseline_emptied", "block") in notes(check(replaced, status=Exit.BLOCKED))


@pytest.mark.parametrize("steps", [False, True])
def test_it_is_a_finding_in_an_environment_with_another_name_too(replaced: Folder, *, steps: bool) -> None:
    if steps:
        declares(replaced, "curve", "models/curve.json", "prod: {}\n  live")
    declares(replaced, "curve", "models/curve.json", "live")
    text = (replaced / "mlgit.yaml").read_text().replace("vs: prod", "vs: live")
    replaced.write("mlgit.yaml", text)
    environment, _ = sorted(found(check(replaced, status=Exit.DONE)))
    where = "which it no longer declares" if steps else "whose place `live` took"
    assert f"has v1.0.0 in `prod`, {where}" in environment


def test_a_tag_that_does_not_count_leaves_it_open(replaced: Folder) -> None:
    replaced.git("tag", "-f", "line#prod#1", "line@v1.0.0^{}")
    environment, *_ = sorted(found(check(replaced, status=Exit.DONE)))
    assert "may have something there: the tag `line#prod#1` does not count" in environment


def test_a_promotion_says_so(replaced: Folder) -> None:
    change(replaced, "release", "curve")
    # Its release is there, and is not one to compare with.
    nothing = none_at("base", "curve", "`base`", "the newest release before it", "Nothing is before it")
    message = of_release(opened(replaced), nothing).message or ""
    assert message.startswith("`curve` has no release before this commit, but `line`")
    clone = Folder(replaced.path.parent / "clone")  # it has no tag of `line` before that
    replaced.git("clone", "-q", "--no-tags", "../origin.git", str(clone.path))
    clone.git("config", "remote.origin.url", str(replaced.path.parent / "origin.git"))
    done = clone.here("promote", "curve", "--to", "prod")
    assert done.status == Exit.DONE, done.err
    text = "nothing to compare with: `curve` was never in `prod`, but `line`, which trunk no longer declares"
    assert text in done.out + done.err


def of_environment(project: Project, found: Baseline) -> Baseline:
    read = partial(read_model, project)
    return never_there(
        project, found, name="curve", candidate=None, read=lambda name: accept(project, read(name))
    )


def of_release(project: Project, found: Baseline) -> Baseline:
    read = partial(read_model, project)
    return never_released(project, found, name="curve", read=lambda name: accept(project, read(name)))


@pytest.mark.parametrize("ask", [of_environment, of_release])
@pytest.mark.parametrize(
    ("module", "limit"),
    [(declarations, "_MOST_COMMITS"), (declarations, "_MOST_STEPS"), (versions, "_MOST_VERSIONS")],
)
def test_a_history_that_is_not_read_whole_leaves_it_open(
    replaced: Folder,
    monkeypatch: pytest.MonkeyPatch,
    ask: Callable[[Project, Baseline], Baseline],
    module: Any,  # noqa: ANN401 (it is a module)
    limit: str,
) -> None:
    nothing = none_at("prod", "curve", "`prod`", "what is in `prod` now", "Nothing is there")
    assert (ask(opened(replaced), nothing).state, ask(opened(replaced), nothing).reason) == (
        "none",
        "emptied",
    )
    monkeypatch.setattr(module, limit, 0)
    found = ask(opened(replaced), nothing)
    assert found.state == "unknown"
    assert "whether it was named `line` before is not known" in (found.message or "")


def test_an_old_name_that_is_nowhere_is_a_finding_if_the_history_is_not_read_whole(
    replaced: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    change(replaced, "unassign", "line", "--env", "prod")
    nothing = none_at("release", "curve", "release", "the newest release", "No release")
    assert of_release(opened(replaced), nothing).reason == "baseline_taken_out"
    monkeypatch.setattr(declarations, "_MOST_STEPS", 0)
    found = of_release(opened(replaced), nothing)
    assert (found.state, found.reason) == ("none", "emptied")
    assert of_environment(opened(replaced), nothing) == nothing
