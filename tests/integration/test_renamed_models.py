"""A model that was renamed on trunk is compared with what its old name has in the environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.checks import check, results
from tests.support.recorded import reproduce
from tests.support.registry import change, train, train_into

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.shell import Folder

CONFIG = """\
version: 1
models:
  {name}: {{path: {path}}}
gates:
  mae-vs-prod: {{metric: mae, vs: prod, max_rise: 0.1, when: promote}}
environments:
  prod: {{}}
"""


def declare(project: Folder, name: str, path: str = "models/line.json") -> None:
    project.write("mlgit.yaml", CONFIG.format(name=name, path=path))
    project.commit(f"Declare {name}")
    project.git("push", "-q")


@pytest.fixture
def live(project: Folder) -> Folder:
    """`line@v1.0.0` lives in prod."""
    declare(project, "line")
    train_into(project, "2.0", "prod")
    return project


def test_a_worse_model_does_not_replace_its_old_name(live: Folder) -> None:
    declare(live, "curve")
    train(live, "1.9")
    change(live, "release", "curve")
    done = live.here("promote", "curve", "--to", "prod")
    assert done.status == Exit.BLOCKED, done.out + done.err
    assert "mae-vs-prod failed" in done.err
    live.git("switch", "-qc", "topic")
    live.write("mlgit.yaml", (live / "mlgit.yaml").read_text().replace(", when: promote", ""))
    verdict = check(live, status=Exit.BLOCKED)
    assert results(verdict)["curve/mae-vs-prod"] == ("fail", "max_rise_broken", "block")
    (baseline,) = [each for each in verdict["baselines"] if each["vs"] == "prod"]
    assert (baseline["state"], baseline["label"]) == ("found", "prod (line@v1.0.0)")


def test_a_model_as_good_does_and_is_the_baseline_from_then_on(live: Folder) -> None:
    declare(live, "curve")
    train(live, "1.995")
    change(live, "release", "curve")
    report = change(live, "promote", "curve", "--to", "prod")
    hint = "`prod` holds `line@v1.0.0`, which no declared model has"
    assert any(note.startswith(hint) for note in report["notes"])
    change(live, "unassign", "line", "--env", "prod")
    train(live, "2.0")
    change(live, "release", "curve")
    later = change(live, "promote", "curve", "--to", "prod")
    assert not any("line@" in note for note in later["notes"])


def test_a_model_at_another_path_is_another_model_and_the_promotion_says_so(live: Folder) -> None:
    declare(live, "table", "metrics/test.json")
    train(live, "1.9")
    change(live, "release", "table")
    report = change(live, "promote", "table", "--to", "prod")
    assert any("`prod` holds `line@v1.0.0`, which no declared model has" in note for note in report["notes"])
    assert any("mlgit unassign line --env prod" in note for note in report["notes"])


def test_a_promoted_model_is_not_named_as_left_behind_itself(live: Folder) -> None:
    train(live, "1.995")
    change(live, "release", "line")
    declare(live, "table", "metrics/test.json")
    report = change(live, "promote", "line@v1.0.1", "--to", "prod")
    assert any("does not declare `line`" in note for note in report["notes"])
    assert not any("`prod` holds" in note for note in report["notes"])


def test_a_model_that_is_still_declared_is_not_an_old_name(live: Folder) -> None:
    text = CONFIG.format(name="line", path="models/line.json")
    live.write("mlgit.yaml", text.replace("gates:", "  table: {path: metrics/test.json}\ngates:"))
    live.commit("Two models")
    live.git("push", "-q")
    train(live, "1.9")
    change(live, "release", "table")
    report = change(live, "promote", "table", "--to", "prod")
    assert not any("which no declared model has" in note for note in report["notes"])


@pytest.mark.parametrize("names", [("line", "curve"), ("curve", "line")])
@pytest.mark.parametrize("at", [None, "2026-03-02T10:00:00+00:00"], ids=["later", "in one second"])
def test_of_two_old_names_at_the_path_the_newer_assignment_is_meant(
    project: Folder, names: tuple[str, str], at: str | None
) -> None:
    dates = {} if at is None else {"GIT_COMMITTER_DATE": at}
    for name, slope in zip(names, ("2.0", "1.995"), strict=True):
        declare(project, name)
        train(project, slope)
        for argv in (("release", name), ("promote", name, "--to", "prod")):
            done = project.here(*argv, env=dates)
            assert not done.status, done.err
    declare(project, "third")
    train(project, "1.9")
    change(project, "release", "third")
    done = project.here("promote", "third", "--to", "prod")
    assert done.status == Exit.BLOCKED, done.out + done.err
    assert "mae-vs-prod failed: mae 0.0275" in done.err


def test_an_old_name_that_was_taken_out_is_not_nothing(live: Folder) -> None:
    declare(live, "curve")
    change(live, "unassign", "line", "--env", "prod")
    train(live, "1.9")
    change(live, "release", "curve")
    done = live.here("promote", "curve", "--to", "prod")
    assert done.status == Exit.BLOCKED
    assert "mae-vs-prod failed: mae 0 → 0.55" in done.err  # compared with what was there last


def move(project: Folder) -> None:
    """Move the model's file from models/line.json to models/curve.json, with the same content."""
    for file in ("dvc.yaml", "src/train.py", "src/evaluate.py"):
        project.write(file, (project / file).read_text().replace("models/line.json", "models/curve.json"))
    reproduce(project, push=True)


def at_once(project: Folder) -> None:
    move(project)
    declare(project, "curve", "models/curve.json")


def by_a_merge(project: Folder) -> None:
    """First another content, then another name: only the merge has both models with one content."""
    project.git("switch", "-qc", "topic")
    text = CONFIG.format(name="line", path="models/line.json")
    more = "  curve: {path: metrics/test.json}\ngates:"
    project.write("mlgit.yaml", text.replace("gates:", more))
    project.commit("A second model")
    move(project)
    project.write("mlgit.yaml", CONFIG.format(name="curve", path="models/curve.json"))
    project.commit("One model again")
    project.git("switch", "-q", "main")
    project.git("merge", "-q", "--no-ff", "--no-edit", "topic")
    project.git("push", "-q")
    project.dvc("checkout", "-q")


def by_two_names(project: Folder) -> None:
    declare(project, "table")
    at_once(project)


def gone_before(project: Folder) -> None:
    """The old name goes in one change and the new one, with the held content, comes in another."""
    declare(project, "other", "metrics/test.json")
    at_once(project)


def with_many_other_edits(project: Folder) -> None:
    at_once(project)
    for number in range(3):
        text = CONFIG.format(name="curve", path="models/curve.json")
        project.write("mlgit.yaml", f"{text}# Edit {number}\n")
        project.commit(f"Edit {number}")
    project.git("push", "-q")


@pytest.mark.parametrize("rename", [at_once, by_a_merge, by_two_names, gone_before, with_many_other_edits])
def test_a_model_whose_file_moved_with_its_name_is_compared_after_the_merge(
    live: Folder, rename: Callable[[Folder], None]
) -> None:
    rename(live)
    train(live, "1.9")
    done = live.here("release", "curve")
    assert done.status == Exit.DONE, done.err
    done = live.here("promote", "curve", "--to", "prod")
    assert done.status == Exit.BLOCKED, done.out + done.err
    assert "mae-vs-prod failed" in done.err


def test_a_model_with_the_same_content_is_not_the_one_that_was_renamed(project: Folder) -> None:
    stages = (project / "dvc.yaml").read_text().replace("outs: [models/", "outs: [models/copy.json, models/")
    project.write("dvc.yaml", stages.replace("clean.csv, models/", "clean.csv, models/copy.json, models/"))
    script = (project / "src/train.py").read_text()
    project.write("src/train.py", script + script.replace("models/line.json", "models/copy.json"))
    train(project, "2.0")
    both = CONFIG.replace("gates:", "  copy: {{path: models/copy.json}}\ngates:")
    for name in ("line", "curve"):
        project.write("mlgit.yaml", both.format(name=name, path="models/line.json"))
        project.commit(f"Declare {name} and a copy")
        project.git("push", "-q")
        if name == "line":
            change(project, "release", "line")
            change(project, "promote", "line", "--to", "prod")
    train(project, "1.9")
    for name in ("copy", "curve"):
        change(project, "release", name)
    done = project.here("promote", "curve", "--to", "prod")
    assert done.status == Exit.BLOCKED, done.out + done.err
    report = change(project, "promote", "copy", "--to", "prod")
    assert report["verdict"]["summary"]["skipped"] == 1


def lightweight(project: Folder) -> None:
    project.git("tag", "-f", "line#prod#1", "line@v1.0.0^{}")


def all_lightweight(project: Folder) -> None:
    for tag in ("line#prod#1", "line@v1.0.0"):
        project.git("tag", "-f", tag, f"{tag}^{{}}")


def moved(project: Folder) -> None:
    project.git("tag", "-f", "-am", "Another one", "line@v1.0.0", "main")


def by_hand(project: Folder) -> None:
    project.git("tag", "-f", "-am", "By hand", "line#prod#1", "line@v1.0.0^{}")


@pytest.mark.parametrize("harm", [lightweight, all_lightweight, moved, by_hand])
@pytest.mark.parametrize("renamed", [declare, at_once])
def test_what_an_old_name_has_is_not_known_if_its_tags_leave_it_open(
    live: Folder, renamed: Callable[..., None], harm: Callable[[Folder], None]
) -> None:
    if renamed is declare:
        declare(live, "curve")
    else:
        at_once(live)
    harm(live)
    live.git("switch", "-qc", "topic")
    live.write("mlgit.yaml", (live / "mlgit.yaml").read_text().replace(", when: promote", ""))
    verdict = check(live, status=Exit.BLOCKED)
    assert results(verdict)["curve/mae-vs-prod"] == ("error", "unknown_here", "block")
    (baseline,) = [each for each in verdict["baselines"] if each["vs"] == "prod"]
    assert "`line#prod#1` does not count" in baseline["message"]


def test_a_model_of_dvc_yaml_without_a_declaration_is_compared_with_its_old_name(project: Folder) -> None:
    gates = CONFIG.format(name="", path="").partition("gates:")[2].replace(", when: promote", "")
    project.write("mlgit.yaml", f"version: 1\ngates:{gates}")
    stages = (project / "dvc.yaml").read_text().partition("artifacts:")[0]
    artifact = "artifacts:\n  {}:\n    path: models/line.json\n    type: model\n"
    project.write("dvc.yaml", stages + artifact.format("line"))
    train_into(project, "2.0", "prod")
    project.write("dvc.yaml", stages + artifact.format("curve"))
    train(project, "1.9")
    verdict = check(project, status=Exit.BLOCKED)
    (baseline,) = [each for each in verdict["baselines"] if each["vs"] == "prod"]
    assert (baseline["state"], baseline["label"]) == ("found", "prod (line@v1.0.0)")


@pytest.mark.parametrize("linked", [False, True])
def test_a_model_of_dvc_yaml_whose_name_and_path_changed_is_compared(
    project: Folder, *, linked: bool
) -> None:
    gates = CONFIG.format(name="", path="").partition("gates:")[2].replace(", when: promote", "")
    project.write("mlgit.yaml", f"version: 1\ngates:{gates}")
    train_into(project, "2.0", "prod")
    if linked:
        (project / "pipelines").mkdir()
        project.git("mv", "dvc.yaml", "pipelines/main.yaml")
        (project / "dvc.yaml").symlink_to("pipelines/main.yaml")
        project.commit("Keep pipelines in one folder")
    project.write("dvc.yaml", (project / "dvc.yaml").read_text().replace("  line: {path", "  curve: {path"))
    project.commit("Another name")
    move(project)
    project.commit("Another path")
    project.git("push", "-q")
    train(project, "1.9")
    verdict = check(project, status=Exit.BLOCKED)
    (baseline,) = [each for each in verdict["baselines"] if each["vs"] == "prod"]
    assert (baseline["state"], baseline["label"]) == ("found", "prod (line@v1.0.0)")


@pytest.mark.parametrize(
    ("options", "tag", "says"),
    [
        (("-a", "-m", "By hand"), "line#prod#9", "`prod` holds line@v1.0.0"),
        (("-a", "-m", "By hand"), "line#dev#1", "`dev` holds a version that is not known here (the tag"),
        ((), "line#prod#9", "`prod` holds a version that is not known here (the tag `line#prod#9` does not"),
    ],
)
def test_the_finding_about_a_renamed_model_names_only_what_counts(
    live: Folder, options: tuple[str, ...], tag: str, says: str
) -> None:
    live.commit("Later")
    live.git("tag", *options, tag, "HEAD")
    live.write("mlgit.yaml", CONFIG.format(name="curve", path="models/line.json"))
    done = live.here("check", "--json")
    (note,) = [each for each in done.json()["verdict"]["notes"] if "was renamed" in each["message"]]
    assert says in note["message"]
    assert live.git("rev-parse", "--short=7", "HEAD") not in note["message"]


def test_status_does_not_propose_to_promote_what_is_there_under_the_old_name(live: Folder) -> None:
    declare(live, "curve")
    change(live, "release", "curve")
    assert (live.here("status", "--json").json()["next"] or {}).get(
        "command"
    ) != "mlgit promote curve --to prod"
    train(live, "1.995")
    change(live, "release", "curve")
    assert live.here("status", "--json").json()["next"]["command"] == "mlgit promote curve --to prod"
