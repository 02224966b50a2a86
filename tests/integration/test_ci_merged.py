"""`mlgit ci merged` in real clones, as runners make them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support import pipeline
from tests.support.checkouts import (
    BOT,
    dotenv,
    github_checkout,
    github_pull_request,
    github_push,
    gitlab_checkout,
    gitlab_push,
    outputs,
)
from tests.support.registry import origin, tags_of
from tests.support.schema import assert_valid

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.shell import Done, Folder

TWO_MODELS = """\
version: 1
models:
  bias: {path: models/bias.txt, metrics: [metrics/bias.json]}
  line: {path: models/line.json, metrics: [metrics/test.json]}
gates:
  r2-floor: {model: line, metric: r2, min: 0.5}
  bias-roof: {model: bias, metric: bias, max: 1}
environments:
  prod: {from: staging, auto: true}
  staging: {auto: true}
"""
AUTO = "environments:\n  staging: {auto: true}\n"


def merge(project: Folder, *, slope: str | None = None, **files: str) -> str:
    """A merge to main; with a slope, the model is trained again and pushed. Returns the new commit."""
    for name, text in files.items():
        project.write(name.replace("__", "/").replace("_DOT_", "."), text)
    if slope is not None:
        pipeline.train(project, slope)
    commit = project.commit(f"Merge {slope or 'words'}")
    project.git("push", "-q", "origin", "HEAD:main")
    return commit


def merged(runner: Folder, *more: str, env: dict[str, str] | None = None) -> Done:
    return runner.here("ci", "merged", *more, env=BOT if env is None else env)


def steps(done: Done) -> list[tuple[str, str | None, str, str | None]]:
    document = done.json()
    assert_valid(document, "ci-merged")
    return [
        (step["model"], step["environment"], step["outcome"], step["version"]) for step in document["steps"]
    ]


def test_the_first_merge_is_released_promoted_and_handed_to_later_jobs(
    project: Folder, tmp_path: Path
) -> None:
    runner = github_checkout(project, "runner")
    variables = github_push(tmp_path / "job")
    done = merged(runner, env=variables)
    assert done.status == Exit.DONE, done.err
    counts = "1 of 2 gates passed, 1 skipped (no earlier version to compare with)"
    assert done.out.splitlines()[1:] == [
        f"  done      release line@v1.0.0: {counts}",
        "  done      promote line@v1.0.0 to staging: 1 of 1 gate passed",
    ]
    assert sorted(tags_of(origin(project))) == ["line#staging#1", "line@v1.0.0"]
    assert outputs(variables) == {
        "changed": "true",
        "released": '["line@v1.0.0"]',
        "tags": '["line#staging#1"]',
    }
    assert dotenv(runner) == {
        "MLGIT_CHANGED": "true",
        "MLGIT_RELEASED": '["line@v1.0.0"]',
        "MLGIT_TAGS": '["line#staging#1"]',
    }
    assert "    main at " in (tmp_path / "job" / "summary.md").read_text(encoding="utf-8")
    message = runner.git("cat-file", "-p", "line@v1.0.0")
    # The model was fetched for it, because the release states its sha256.
    assert '"sha256"' in message.partition('"subject"')[2]
    assert (
        '"builder":{"kind":"github","run":"https://github.example.org/example/line/actions/runs/42"}'
        in message
    )
    assert "tagger bot <bot@example.org>" in message


def test_the_same_run_again_does_nothing_and_names_the_tags_that_its_deployment_needs(
    project: Folder,
) -> None:
    runner = gitlab_checkout(project, "runner")
    assert merged(runner, env=gitlab_push()).status == Exit.DONE
    before = tags_of(origin(project))
    again = merged(gitlab_checkout(project, "again"), env=gitlab_push())
    assert again.status == Exit.DONE
    assert again.out.count("\n") == 1
    assert again.out.startswith("Nothing to do for main at ")
    assert again.out.endswith(": line@v1.0.0 is released already\n")
    assert tags_of(origin(project)) == before
    found = dotenv(project.__class__(project.path.parent / "again"))
    assert found == {"MLGIT_CHANGED": "false", "MLGIT_RELEASED": "[]", "MLGIT_TAGS": '["line#staging#1"]'}


def test_a_merge_without_a_model_is_one_line_and_nothing_to_deploy(project: Folder) -> None:
    before = project.git("rev-parse", "HEAD")
    assert merged(gitlab_checkout(project, "first"), env=gitlab_push()).status == Exit.DONE
    tags = tags_of(origin(project))
    merge(project, README_DOT_md="words\n")
    runner = gitlab_checkout(project, "second")
    done = merged(runner, env=gitlab_push(before=before))
    assert (done.status, done.out.count("\n")) == (Exit.DONE, 1)
    assert tags_of(origin(project)) == tags
    assert dotenv(runner)["MLGIT_TAGS"] == "[]"


def test_a_push_of_several_commits_deploys_the_releases_of_all_of_them(project: Folder) -> None:
    before = project.git("rev-parse", "HEAD")
    merge(project, slope="1.98")
    assert merged(gitlab_checkout(project, "first"), env=gitlab_push(before=before)).status == Exit.DONE
    merge(project, README_DOT_md="words\n")
    # The run was killed before it could report. It starts again, and trunk has moved.
    runner = gitlab_checkout(project, "again")
    assert merged(runner, env=gitlab_push(before=before)).status == Exit.DONE
    assert dotenv(runner)["MLGIT_TAGS"] == '["line#staging#1"]'


def test_a_new_model_becomes_the_next_version_and_its_number_says_why(staged: Folder) -> None:
    merge(staged, slope="2.01")
    done = merged(gitlab_checkout(staged, "second"), "--json")
    assert steps(done) == [("line", None, "done", "v1.1.0"), ("line", "staging", "done", "v1.1.0")]
    assert done.json()["steps"][0]["details"] == [
        "v1.1.0 because models/line.json and 1 more changed since v1.0.0"
    ]


def test_a_model_that_a_merge_restored_is_released_again(staged: Folder) -> None:
    merge(staged, slope="2.01")
    assert merged(gitlab_checkout(staged, "second")).status == Exit.DONE
    staged.git("revert", "--no-edit", "HEAD")
    staged.git("push", "-q", "origin", "HEAD:main")
    done = merged(gitlab_checkout(staged, "third"), "--json")
    assert steps(done) == [("line", None, "done", "v1.2.0"), ("line", "staging", "done", "v1.2.0")]


def test_a_rejected_model_does_not_return_with_another_merge(staged: Folder) -> None:
    assert staged.here("unassign", "line", "--env", "staging").status == Exit.DONE
    assert staged.here("deregister", "line@v1.0.0").status == Exit.DONE
    merge(staged, README_DOT_md="words\n")
    done = merged(gitlab_checkout(staged, "second"), "--json")
    assert done.status == Exit.DONE
    assert steps(done)[0] == ("line", None, "left", None)
    assert "deregistered as v1.0.0" in done.json()["steps"][0]["message"]


def test_a_run_from_an_old_checkout_uses_the_tip_of_trunk_and_restores_the_checkout(
    project: Folder,
) -> None:
    runner = github_checkout(project, "runner")
    old = runner.git("rev-parse", "HEAD")
    tip = merge(project, slope="2.01")
    done = merged(runner, "--json")
    assert done.status == Exit.DONE, done.err
    assert done.json()["commit"] == tip
    assert runner.git("rev-parse", "line@v1.0.0^{commit}") == tip
    assert runner.git("symbolic-ref", "--short", "HEAD") == "main"
    assert runner.git("rev-parse", "HEAD") == old


def test_a_dirty_checkout_is_refused_and_nothing_is_written(project: Folder) -> None:
    runner = github_checkout(project, "runner")
    merge(project, README_DOT_md="words\n")
    runner.write("params.yaml", "train:\n  slope: 3\n")
    done = merged(runner)
    assert done.status == Exit.STATE
    assert "The working tree differs from HEAD" in done.err
    assert (runner.path / "params.yaml").read_text(encoding="utf-8") == "train:\n  slope: 3\n"
    assert tags_of(origin(project)) == {}


def test_a_dry_run_reports_the_same_and_writes_nothing(project: Folder) -> None:
    runner = github_checkout(project, "runner")
    merge(
        project, mlgit_DOT_yaml=TWO_MODELS, models__bias_DOT_txt="1\n", metrics__bias_DOT_json='{"bias": 3}'
    )
    done = merged(runner, "--dry-run", "--json")
    assert done.status == Exit.BLOCKED
    assert steps(done) == [
        ("bias", None, "blocked", None),
        ("line", None, "planned", "v1.0.0"),
        ("line", "staging", "planned", "v1.0.0"),
        ("line", "prod", "planned", "v1.0.0"),
    ]
    assert tags_of(origin(project)) == {}
    assert tags_of(runner) == {}


def test_a_blocked_model_does_not_stop_the_others(project: Folder) -> None:
    merge(
        project, mlgit_DOT_yaml=TWO_MODELS, models__bias_DOT_txt="1\n", metrics__bias_DOT_json='{"bias": 3}'
    )
    done = merged(gitlab_checkout(project, "runner"))
    assert done.status == Exit.BLOCKED
    assert "blocked   release bias: The gates block the release of `bias`" in done.out
    assert "bias-roof failed:" in done.out
    assert sorted(tags_of(origin(project))) == ["line#prod#1", "line#staging#1", "line@v1.0.0"]


def test_gates_that_block_a_promotion_are_named_and_the_release_stays(project: Folder) -> None:
    gate = "gates:\n  r2-floor: {metric: r2, min: 2, when: promote}\n"
    merge(project, mlgit_DOT_yaml=f"version: 1\nmodels:\n  line: {{path: models/line.json}}\n{gate}{AUTO}")
    done = merged(gitlab_checkout(project, "runner"))
    assert done.status == Exit.BLOCKED
    assert "blocked   promote line@v1.0.0 to staging: The gates block the promotion to `staging`" in done.out
    assert "r2-floor failed:" in done.out
    assert sorted(tags_of(origin(project))) == ["line@v1.0.0"]


def test_a_held_environment_is_left_alone_and_the_release_still_happens(staged: Folder) -> None:
    merge(staged, slope="2.01")
    assert merged(gitlab_checkout(staged, "second")).status == Exit.DONE
    assert staged.here("rollback", "line", "--env", "staging", "-m", "bad").status == Exit.DONE
    merge(staged, slope="2.005")
    done = merged(gitlab_checkout(staged, "third"))
    assert done.status == Exit.DONE
    assert "done      release line@v1.2.0" in done.out
    assert "held      promote line@v1.2.0 to staging: `staging` is held by a rollback of Ada" in done.out
    assert "line#staging#4" not in tags_of(origin(staged))
    assert staged.here("promote", "line", "--to", "staging").status == Exit.DONE
    merge(staged, slope="2.004")
    assert "done      promote line@v1.3.0 to staging" in merged(gitlab_checkout(staged, "fourth")).out


def test_a_version_that_was_taken_out_explicitly_does_not_return_automatically(staged: Folder) -> None:
    merge(staged, slope="2.01")
    assert merged(gitlab_checkout(staged, "second")).status == Exit.DONE
    back = staged.here("promote", "line@v1.0.0", "--to", "staging", "--downgrade")
    assert back.status == Exit.DONE, back.err
    merge(staged, README_DOT_md="words\n")
    done = merged(gitlab_checkout(staged, "third"))
    assert done.status == Exit.DONE
    assert "left      promote line@v1.1.0 to staging: `line@v1.1.0` was in `staging`" in done.out
    assert "Ada (line#staging#3)" in done.out


@pytest.mark.parametrize("kind", ["pull request", "another branch"])
def test_a_run_that_is_not_about_trunk_is_refused(project: Folder, tmp_path: Path, kind: str) -> None:
    variables = (
        github_pull_request(tmp_path)
        if kind == "pull request"
        else github_push(tmp_path, ref="refs/heads/topic")
    )
    done = merged(github_checkout(project, "runner"), env=variables)
    assert done.status == Exit.STATE
    assert "Versions are released from the default branch" in done.err
    assert tags_of(origin(project)) == {}


def test_a_run_on_trunk_that_a_merged_pull_request_started_is_about_trunk(
    project: Folder, tmp_path: Path
) -> None:
    event = {"GITHUB_EVENT_NAME": "pull_request_target", "GITHUB_REF": "refs/heads/main"}
    done = merged(github_checkout(project, "runner"), env=github_pull_request(tmp_path) | event)
    assert done.status == Exit.DONE, done.err


def test_a_default_branch_of_any_name_is_trunk(project: Folder, tmp_path: Path) -> None:
    project.git("push", "-q", "origin", "HEAD:refs/heads/develop")
    project.git("fetch", "-q", "origin")
    runner = github_checkout(project, "runner", branch="develop")
    variables = github_push(tmp_path, ref="refs/heads/develop", default_branch="develop")
    project.write("README.md", "words\n")
    tip = project.commit("On develop only")
    project.git("push", "-q", "origin", "HEAD:develop")
    done = merged(runner, "--json", env=variables)
    assert done.status == Exit.DONE, done.err
    assert (done.json()["trunk"], done.json()["commit"]) == ("develop", tip)


def test_a_shallow_clone_fetches_its_history_before_gates_compare(staged: Folder, tmp_path: Path) -> None:
    merge(staged, slope="1.5")
    runner = github_checkout(staged, "runner", depth=1)
    done = merged(runner, "--json", env=github_push(tmp_path))
    # Compared with the earlier release, which a shallow history would hide, the error rose too far.
    assert done.status == Exit.BLOCKED
    assert "mae-vs-base failed" in json.dumps(done.json()["steps"])


def test_metrics_that_dvc_keeps_are_fetched_for_the_gates(project: Folder) -> None:
    project.write(
        "dvc.yaml", (project / "dvc.yaml").read_text(encoding="utf-8").replace(": {cache: false}", "")
    )
    project.git("rm", "-q", "--cached", "metrics/test.json")
    merge(project, slope="1.991")
    assert project.git("ls-files", "metrics") == "metrics/.gitignore"
    assert merged(gitlab_checkout(project, "first")).status == Exit.DONE
    merge(project, slope="1.5")
    done = merged(gitlab_checkout(project, "second"))
    assert done.status == Exit.BLOCKED
    # Both numbers are there: those of the tip and of the release it is compared with.
    assert "line/mae-vs-base" not in done.err
    assert "mae-vs-base failed: mae" in done.out
    merge(project, slope="2.005")
    assert merged(gitlab_checkout(project, "third")).status == Exit.DONE


def test_existing_data_is_neither_used_nor_replaced(project: Folder) -> None:
    laptop = github_checkout(project, "laptop")
    laptop.write("models/line.json", "mine")
    merge(project, slope="2.005")
    done = merged(laptop)
    assert done.status == Exit.DONE, done.err
    assert (laptop / "models/line.json").read_text(encoding="utf-8") == "mine"
    assert '"sha256"' not in laptop.git("cat-file", "-p", "line@v1.0.0").partition('"subject"')[2]


def test_models_of_a_monorepo_and_models_that_git_keeps_are_released_too(project: Folder) -> None:
    config = (
        'version: 1\nmodels:\n  "vision:faces": {path: vision/faces, metrics: [metrics/bias.json]}\n'
        "environments:\n  staging: {auto: true}\n"
    )
    merge(project, mlgit_DOT_yaml=config, vision__faces__a_DOT_txt="1", metrics__bias_DOT_json='{"bias": 1}')
    assert merged(gitlab_checkout(project, "first")).status == Exit.DONE
    merge(project, README_DOT_md="words\n")
    assert merged(gitlab_checkout(project, "second")).out.count("\n") == 1
    merge(project, vision__faces__a_DOT_txt="2")
    done = merged(gitlab_checkout(project, "third"), "--json")
    assert done.json()["released"] == ["vision=faces@v1.0.1"]
    assert done.json()["tags"] == ["vision=faces#staging#2"]
    event = gitlab_checkout(project, "fourth").here("ci", "tag", "vision=faces#staging#2", "--json").json()
    assert (event["name"], event["path"], event["deploy"]) == ("vision:faces", "vision/faces", True)


def test_a_run_that_fails_as_a_whole_leaves_nothing_for_later_jobs(project: Folder, tmp_path: Path) -> None:
    runner = gitlab_checkout(project, "runner")
    merge(project, mlgit_DOT_yaml="version: 2\n")
    variables = github_push(tmp_path)
    done = merged(runner, env=variables)
    assert done.status == Exit.CONFIG
    assert outputs(variables) == {"changed": "false", "released": "[]", "tags": "[]"}


def test_a_model_whose_data_was_not_pushed_is_not_released(project: Folder) -> None:
    pipeline.train(project, "2.005", push=False)
    project.commit("Forget to push the data")
    project.git("push", "-q", "origin", "HEAD:main")
    done = merged(gitlab_checkout(project, "runner"))
    assert done.status == Exit.STATE
    assert "`models/line.json` is not in the DVC remote" in done.out
    assert tags_of(origin(project)) == {}
