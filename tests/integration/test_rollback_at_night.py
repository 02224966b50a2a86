"""`mlgit rollback` at night: what is served afterwards, and what happens if it is done twice."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from mlgit.errors import ConfigError, Exit
from mlgit.operations.promote import promote
from mlgit.operations.rollback import RolledBackBefore, rollback
from tests.support.registry import NOON, change, clone, close_all, opened, tags_of, train_into, valid
from tests.support.targets import (
    configure,
    folder_of,
    forget_data,
    go_live,
    served,
    without_times,
)
from tests.support.terminal import typed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from mlgit.core.release.tag_plan import ChangeReport
    from tests.support.shell import Folder

ONCE = "v1.0.1 will be served once `mlgit deploy --env prod`"
BACK = ("rollback", "--env", "prod", "-m", "p95 alarm")


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    close_all()


@pytest.fixture
def live(deployable: Folder) -> Folder:
    """`prod` holds v1.0.2 after v1.0.1 and v1.0.0, and its folder serves it."""
    go_live(deployable)
    return deployable


def test_a_rollback_ends_with_what_is_still_served_and_the_command_that_ends_that(live: Folder) -> None:
    done = live.here(*BACK)
    assert done.status == Exit.DONE, done.err
    assert without_times(live, done.out) == (
        "Rolled back prod of line from v1.0.2 to v1.0.1\n"
        "  tags  line#prod!#4, line#prod#4, pushed to origin\n"
        "  held: no automatic promotion to prod until someone promotes\n"
        "! /srv/models/line still serves v1.0.2\n"
        "next: mlgit deploy --env prod\n"
    )
    command = done.out.splitlines()[-1].removeprefix("next: mlgit ").split()
    assert live.here(*command).status == Exit.DONE
    assert served(folder_of(live)) == "v1.0.1"


def test_a_rollback_that_deploys_ends_with_the_old_version_served(live: Folder) -> None:
    done = live.here(*BACK, "--deploy")
    assert done.status == Exit.DONE, done.err
    assert without_times(live, done.out) == (
        "Rolled back prod of line from v1.0.2 to v1.0.1\n"
        "  tags  line#prod!#4, line#prod#4, pushed to origin\n"
        "  held: no automatic promotion to prod until someone promotes\n"
        "Deployed line@v1.0.1 to prod in 0.4 s (was v1.0.2)\n"
    )
    assert served(folder_of(live)) == "v1.0.1"
    record = valid(live.here("promote", "line", "--to", "prod", "--json"), "change")
    assert (record["served"]["label"], record["served"]["matches"]) == ("v1.0.1", False)
    record = valid(live.here("rollback", "--env", "prod", "-m", "x", "--deploy", "--json"), "change")
    assert (record["served"]["label"], record["served"]["matches"], record["next"]) == ("v1.0.1", True, None)


def test_a_rollback_whose_deployment_fails_says_what_is_still_served(live: Folder) -> None:
    forget_data(live)
    done = live.here(*BACK, "--deploy")
    assert done.status == Exit.TOOL
    assert done.out.endswith(f"! {folder_of(live)} still serves v1.0.2\nnext: mlgit deploy --env prod\n")


def test_a_rollback_is_reported_even_if_the_deployment_cannot_start(
    live: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ConfigError("The folder is shared")

    monkeypatch.setattr("mlgit.flows.rollback.deploy", broken)
    done = live.here(*BACK, "--deploy")
    assert (done.status, "error: The folder is shared" in done.err) == (Exit.CONFIG, True)
    assert done.out.startswith("Rolled back prod of line from v1.0.2 to v1.0.1\n")
    assert done.out.endswith(f"! {folder_of(live)} still serves v1.0.2\nnext: mlgit deploy --env prod\n")


def test_what_is_served_cannot_make_a_written_change_an_error(
    live: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ConfigError("Invalid")

    monkeypatch.setattr("mlgit.project.ci.after_change.deploy_command", broken)
    assert change(live, *BACK)["version"] == "v1.0.1"


def test_tags_that_are_only_here_are_deployed_without_the_remote(live: Folder) -> None:
    done = live.here(*BACK, "--local")
    todo = "mlgit deploy --env prod --offline"
    assert done.out.endswith(f"next: {todo}\n")
    assert live.here("status").out.endswith(f"next: {todo}\n")
    assert live.here("show", "prod").out.endswith(f"next: {todo}\n")
    assert f"repair: {todo}\n" in live.here("doctor").out


def test_a_rollback_that_cannot_deploy_writes_nothing(live: Folder) -> None:
    configure(live, "")
    before = tags_of(live)
    done = live.here(*BACK, "--deploy")
    assert (done.status, "add `deploy:" in done.err) == (Exit.STATE, True)
    assert tags_of(live) == before


@pytest.mark.parametrize(
    ("deploy", "shown"),
    [
        ("", ""),
        (
            "deploy:\n  prod: {target: command, command: [sh, deploy.sh]}\n",
            f"! {ONCE} has succeeded\nnext: mlgit deploy --env prod\n",
        ),
        (
            "deploy:\n  prod: {target: local, path: '/nowhere/{model}'}\n",
            f"! {ONCE} has succeeded on the machine that serves from `/nowhere/line`\n",
        ),
    ],
)
def test_other_targets_are_served_once_a_deployment_has_succeeded(
    live: Folder, deploy: str, shown: str
) -> None:
    configure(live, deploy)
    done = live.here(*BACK)
    held = "  held: no automatic promotion to prod until someone promotes\n"
    assert done.out.partition(held)[2] == shown


def test_a_promotion_says_what_it_replaced_and_what_is_still_served(live: Folder) -> None:
    assert live.here(*BACK, "--deploy").status == Exit.DONE
    done = live.here("promote", "line", "--env", "prod")
    assert without_times(live, done.out) == (
        "Promoted line@v1.0.2 to prod (was v1.0.1), 1 of 1 gate passed\n"
        "  tags  line#prod!#5, line#prod#5, pushed to origin\n"
        '  note: v1.0.2 was in `prod`; Ada rolled it back 2 s ago: "p95 alarm"\n'
        "  note: this ends the hold on `prod`\n"
        "! /srv/models/line still serves v1.0.1\n"
        "next: mlgit deploy --env prod\n"
    )


def back(live: Folder, now: datetime, **more: Any) -> ChangeReport:  # noqa: ANN401 (passed on)
    return rollback(opened(live, now=now), "line", environment="prod", reason="worse", **more)


def test_a_second_rollback_within_the_hour_is_refused_and_names_the_first(live: Folder) -> None:
    assert live.here(*BACK).status == Exit.DONE
    before = tags_of(live)
    done = live.here(*BACK)
    assert done.status == Exit.STATE
    assert without_times(live, done.err) == (
        'error: Ada rolled back `prod` from v1.0.2 to v1.0.1 2 s ago: "p95 alarm"; nothing was written\n'
        "  the target serves v1.0.2; to deploy v1.0.1, run `mlgit deploy --env prod`\n"
        "  hint: to go back further, to v1.0.0, run `mlgit rollback --env prod -m 'p95 alarm' --again`\n"
    )
    assert tags_of(live) == before
    assert live.here(*BACK, "--json").json()["error"]["code"] == "rolled_back_before"
    assert change(live, *BACK, "--again")["version"] == "v1.0.0"
    done = live.here(*BACK)
    assert without_times(live, done.err) == (
        "error: Nothing is left that `prod` can go back to: v1.0.1 was rolled back\n"
        '  Ada rolled back `prod` from v1.0.1 to v1.0.0 2 s ago: "p95 alarm"\n'
        "  the target serves v1.0.2\n"
        "  hint: to deploy v1.0.0, run `mlgit deploy --env prod`\n"
    )
    assert live.here("deploy", "--env", "prod").status == Exit.DONE
    assert "hint: run `mlgit unassign line --env prod`, which only records" in live.here(*BACK).err


@pytest.mark.parametrize(("minutes", "refused"), [(59, True), (-59, True), (60, False), (-500_000, True)])
def test_only_the_last_hour_counts_and_what_a_clock_dates_ahead(
    live: Folder, minutes: int, *, refused: bool
) -> None:
    late = NOON + timedelta(days=400)
    back(live, late)
    if refused:
        with pytest.raises(RolledBackBefore):
            back(live, late + timedelta(minutes=minutes))
    else:
        assert back(live, late + timedelta(minutes=minutes)).version == "v1.0.0"


def test_what_is_named_or_came_after_a_promotion_is_not_the_same_rollback(live: Folder) -> None:
    late = NOON + timedelta(days=400)
    back(live, late)
    assert back(live, late, to="v1.0.1").already
    assert back(live, late, to="v1.0.0").version == "v1.0.0"
    promote(opened(live, now=late), "line", environment="prod")
    assert back(live, late).version == "v1.0.0"


@pytest.mark.parametrize(
    ("answer", "status", "holds"), [("y\n", Exit.DONE, "v1.0.0"), ("\n", Exit.STATE, "v1.0.1")]
)
def test_a_terminal_is_asked(live: Folder, answer: str, status: int, holds: str) -> None:
    assert live.here(*BACK).status == Exit.DONE
    done = typed(live, f"{answer}still too slow\n", "rollback", "--env", "prod")
    assert done.status == status, done.err
    asked = "Roll back prod of line from v1.0.1 to v1.0.0. Why? It is recorded in the tag"
    assert (asked in done.err) is (status == Exit.DONE)
    assert "Ada rolled back `prod` from v1.0.2 to v1.0.1" in done.err
    assert "Roll back again, to v1.0.0? [y/N]" in done.err
    shown = valid(live.here("show", "prod", "--json"), "show")
    assert shown["environment"]["version"] == holds
    if status == Exit.DONE:
        assert shown["events"][0]["reason"] == "still too slow"


@pytest.mark.parametrize(
    ("argv", "version"),
    [
        (("rollback", "line@v1.0.0", "--env", "prod", "-m", "x"), "v1.0.0"),
        (("rollback", "line@v1.0.0", "--to", "v1.0.0", "--env", "prod", "-m", "x"), "v1.0.0"),
        (("promote", "--env", "prod"), "v1.0.2"),
        (("unassign", "--env", "prod"), "v1.0.2"),
    ],
)
def test_a_version_after_the_model_is_understood_and_the_only_model_may_be_left_out(
    live: Folder, argv: tuple[str, ...], version: str
) -> None:
    assert change(live, *argv)["version"] == version


def test_the_only_model_is_shown_without_its_name(live: Folder) -> None:
    assert valid(live.here("show", "--json"), "show")["reference"] == "line"


def test_with_several_models_the_error_says_how_to_name_one(live: Folder) -> None:
    config = (live / "mlgit.yaml").read_text(encoding="utf-8")
    live.write("mlgit.yaml", config.replace("models:\n", "models:\n  area: {path: models/area.json}\n"))
    live.commit("Declare another model")
    live.git("push", "-q")
    done = live.here(*BACK)
    assert done.status == Exit.USAGE
    assert "There are several models: `area`, `line`" in done.err
    # The other one was never in this environment.
    assert "hint: run `mlgit rollback line --env prod -m 'p95 alarm'`\n" in done.err


def test_two_versions_are_wrong_usage(live: Folder) -> None:
    done = live.here("rollback", "line@v1.0.0", "--to", "v1.0.1", "--env", "prod", "-m", "x")
    assert (done.status, "name two versions" in done.err) == (Exit.USAGE, True)


def test_models_and_show_say_what_is_served_instead(live: Folder) -> None:
    assert live.here(*BACK).status == Exit.DONE
    assert without_times(live, live.here("models").out).startswith(
        "model  prod         staging  latest  versions\n"
        "line   v1.0.1 held  v1.0.2   v1.0.2         3\n"
        "! prod: /srv/models/line still serves v1.0.2\n"
    )
    shown = without_times(live, live.here("show", "line#prod").out.replace("\n          ", " "))
    commit = live.git("rev-parse", "--short=7", "line@v1.0.1^{commit}")
    assert shown.startswith(
        f"prod of line: v1.0.1 at {commit}\n"
        "  since   2 s ago, rolled back from v1.0.2 by Ada\n"
        "  served  ! no: /srv/models/line still serves v1.0.2\n"
        '  held    no automatic promotion: "p95 alarm"\n'
        "History\n"
    )
    assert "prod  ← v1.0.1 (was v1.0.2)  rollback  Ada  p95 alarm\n" in shown
    assert shown.endswith("next: mlgit deploy --env prod\n")
    assert "! /srv/models/line still serves v1.0.2" in without_times(live, live.here("show", "line").out)
    assert live.here("deploy", "--env", "prod").status == Exit.DONE
    assert "still serves" not in live.here("models").out + live.here("show", "line").out
    shown = without_times(live, live.here("show", "line#prod").out.replace("\n          ", " "))
    assert "  served  yes, by /srv/models/line, deployed 2 s ago\n" in shown
    assert "next:" not in shown


def test_show_says_who_promoted_and_who_emptied_an_environment(live: Folder) -> None:
    shown = without_times(live, live.here("show", "line#prod").out)
    assert "  since   2 s ago, promoted by Ada (was v1.0.1)\n" in shown
    emptied = live.here("unassign", "--env", "prod").out
    assert without_times(live, emptied) == (
        "Took line@v1.0.2 out of prod\n"
        "  tags  line#prod!#4, pushed to origin\n"
        "  note: `dvc artifacts get --stage prod` still returns v1.0.2: DVC knows no empty stage\n"
        "! /srv/models/line still serves v1.0.2; `rm /srv/models/line/current` ends that\n"
    )
    shown = without_times(live, live.here("show", "line#prod").out.replace("\n          ", " "))
    assert shown.startswith(
        "prod of line: empty\n"
        "  since   2 s ago, emptied by Ada (was v1.0.2)\n"
        "  served  ! no: /srv/models/line still serves v1.0.2; `rm /srv/models/line/current` ends that\n"
        "History\n"
    )
    assert shown.endswith("\nnext: rm /srv/models/line/current\n")
    valid(live.here("models", "--json"), "models")


def test_a_deployment_asks_origin_for_newer_tags_unless_it_is_offline(live: Folder) -> None:
    other = clone(live, "other")
    change(other, "rollback", "line", "--env", "prod", "-m", "p95 alarm")
    done = live.here("deploy", "--env", "prod", "--offline")
    assert done.out.startswith("Already: line@v1.0.2 is deployed to prod\n")
    done = live.here("deploy", "--env", "prod")
    assert without_times(live, done.out) == "Deployed line@v1.0.1 to prod in 0.4 s (was v1.0.2)\n"


def test_a_late_deployment_says_what_superseded_it(live: Folder) -> None:
    change(live, *BACK)
    done = live.here("deploy", "--env", "prod", "--tag", "line#prod#3")
    assert done.out == "Superseded: line#prod#3 by line#prod#4 (v1.0.1); nothing was done\n"


def test_a_failed_deployment_says_what_is_still_served(live: Folder) -> None:
    change(live, *BACK)
    forget_data(live)
    done = live.here("deploy", "--env", "prod")
    assert done.status == Exit.TOOL
    lines = without_times(live, done.err).splitlines()
    assert any(line.startswith("error: `line@v1.0.1` was not deployed: ") for line in lines)
    assert "  still served: v1.0.2, deployed 2 s ago" in lines


def test_a_promotion_that_gates_block_says_what_the_environment_keeps(live: Folder) -> None:
    change(live, *BACK)
    config = (live / "mlgit.yaml").read_text(encoding="utf-8")
    live.write("mlgit.yaml", config.replace("gates:\n", "gates:\n  never: {metric: r2, min: 2}\n"))
    live.commit("Ask for too much")
    live.git("push", "-q")
    done = live.here("promote", "line", "--to", "prod")
    assert done.status == Exit.BLOCKED
    assert "; nothing was written; `prod` keeps v1.0.1\n" in done.err


def hosted(live: Folder, host: str) -> None:
    """Have the CI templates of a forge in a new release, and the origin at an address of its own."""
    done = live.here("ci", "init", "--host", host, "--requirement", "")
    assert done.status == Exit.DONE, done.err
    live.commit("Deploy in CI")
    live.git("push", "-q")
    train_into(live, "1.999", "staging")
    change(live, "promote", "line", "--to", "prod")
    origin = live.path.parent / "origin.git"
    live.git("remote", "set-url", "origin", f"https://{host}.com/acme/line.git")
    live.git("config", f"url.{origin}.insteadOf", f"https://{host}.com/acme/line.git")


@pytest.mark.parametrize(("host", "job"), [("github", "mlgit-deploy.yml"), ("gitlab", "mlgit-deploy-prod")])
def test_where_ci_deploys_the_job_that_the_tag_starts_is_named(live: Folder, host: str, job: str) -> None:
    configure(live, "deploy:\n  prod: {target: command, command: [sh, deploy.sh]}\n")
    hosted(live, host)
    change(live, *BACK)
    done = live.here("promote", "line", "--to", "prod")
    assert done.status == Exit.DONE, done.err
    when = f"`{job}`, started by the tag `line#prod#6`, has finished"
    assert done.out.endswith(f"! v1.0.3 will be served once {when}\n")
    done = live.here(*BACK)
    # The commit of the older release has no such job.
    left = ONCE.replace("v1.0.1", "v1.0.2")
    assert done.out.endswith(f"! {left} has succeeded\nnext: mlgit deploy --env prod\n")
    change(live, "promote", "line", "--to", "prod")
    in_ci = live.here("rollback", "--env", "prod", "--to", "v1.0.1", "-m", "x", env={"CI": "true"})
    assert "has finished" not in in_ci.out
