"""Static checks of the CI templates: schemas, actionlint, zizmor, gitlab-ci-local."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.support.gitlab_rules import pipeline
from tests.support.shell import Done, Folder
from tests.support.templates import bundled, jobs, on_disk
from tests.support.tools import tool

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = "version: 1\nenvironments: {staging: {auto: true}, prod: {from: staging}}\n"
# GitHub's `$/` for "this repository" is newer than act, actionlint and GitHub's own server of last year.
IGNORED_BY_ZIZMOR = {"self-repository"}


def program(name: str) -> str:
    """A program of the same environment as pytest."""
    return os.path.join(os.path.dirname(sys.executable), name)


@pytest.fixture(scope="module", params=["bundled", "verify", "run"])
def repository(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """A repository with the files of both hosts: as bundled, or as the program writes them in both modes."""
    folder = Folder(tmp_path_factory.mktemp(f"static-{request.param}"))
    folder.git("init", "-q", "-b", "main")
    folder.git("remote", "add", "origin", "https://forge.example/me/line.git")
    folder.write("mlgit.yaml", CONFIG)
    for host in ("github", "gitlab"):
        if request.param == "bundled":
            for path, text in bundled(host).items():
                folder.write(path, text)
        else:
            done = folder.here(
                "ci", "init", "--host", host, "--requirement", "", "--pipeline", str(request.param)
            )
            assert done.status == 0, done.err
    folder.commit("Add CI")
    return folder


def files(repository: Folder, pattern: str) -> list[str]:
    found = sorted(str(path) for path in repository.path.glob(pattern))
    assert found
    return found


@pytest.mark.parametrize(
    ("schema", "pattern", "count"),
    [
        ("vendor.github-workflows", ".github/workflows/*.yml", 5),
        ("vendor.github-actions", ".github/actions/*/action.yml", 1),
        ("vendor.gitlab-ci", ".gitlab-ci.yml", 1),
    ],
)
def test_files_are_valid_against_the_schema_of_their_host(
    repository: Folder, schema: str, pattern: str, count: int
) -> None:
    found = files(repository, pattern)
    assert len(found) == count
    done = repository.run(program("check-jsonschema"), "--builtin-schema", schema, *found)
    assert done.status == 0, done.out + done.err


def test_the_expanded_pipeline_is_valid_against_the_schema_of_gitlab(
    repository: Folder, tmp_path: Path
) -> None:
    expanded = pipeline(on_disk(repository.path, "gitlab"))
    assert {"mlgit-gates", "mlgit-merged", "mlgit-deploy-prod", "mlgit-monitor"} <= set(expanded)
    place = tmp_path / "expanded.json"
    place.write_text(json.dumps(expanded), encoding="utf-8")
    done = repository.run(program("check-jsonschema"), "--builtin-schema", "vendor.gitlab-ci", str(place))
    assert done.status == 0, done.out + done.err


def test_actionlint_finds_nothing(repository: Folder) -> None:
    # Its own checker of scripts runs only where shellcheck is installed; the scripts are checked below.
    done = repository.run(tool("actionlint"), "-shellcheck=", "-pyflakes=")
    assert (done.status, done.out) == (0, "")


def test_zizmor_finds_nothing(repository: Folder) -> None:
    done = repository.run(program("zizmor"), "--offline", "--format", "json", ".github")
    findings = json.loads(done.out)
    shown = [
        f"{finding['ident']}: {finding['desc']}"
        for finding in findings
        if not finding["ignored"] and finding["ident"] not in IGNORED_BY_ZIZMOR
    ]
    assert shown == []


def test_zizmor_finds_a_planted_mistake(tmp_path: Path) -> None:
    text = bundled("github")[".github/workflows/mlgit-deploy.yml"].replace(
        '-- "$MLGIT_TAG"', '-- "${{ github.ref_name }}"'
    )
    place = Folder(tmp_path).write(".github/workflows/mlgit-deploy.yml", text)
    done = Folder(tmp_path).run(program("zizmor"), "--offline", "--format", "json", str(place))
    assert "template-injection" in {finding["ident"] for finding in json.loads(done.out)}


def scripts(repository: Folder) -> list[tuple[str, str]]:
    """Shell and text of every script that the jobs run."""
    from tests.support.github_rules import each_step
    from tests.support.gitlab_rules import scripts as lines_of

    found = [
        ("bash", step["run"]) for _, step in each_step(on_disk(repository.path, "github")) if "run" in step
    ]
    for job in jobs(pipeline(on_disk(repository.path, "gitlab"))).values():
        found += [("sh", line) for line in lines_of(job)]
    return found


def test_every_script_parses_in_its_shell(repository: Folder) -> None:
    found = scripts(repository)
    assert len(found) > 20
    for shell, script in found:
        done = repository.run(shell, "-n", "-c", script)
        assert done.status == 0, f"{script}\n{done.err}"


GITLAB_EVENTS = [
    (
        "merge_request",
        {"CI_PIPELINE_SOURCE": "merge_request_event"},
        {"mlgit-announce", "mlgit-gates", "mlgit-report"},
    ),
    ("merge", {"CI_PIPELINE_SOURCE": "push"}, {"mlgit-merged"}),
    (
        "merge_with_cache",
        {"CI_PIPELINE_SOURCE": "push", "MLGIT_CACHE": "true"},
        {"mlgit-merged", "mlgit-cache"},
    ),
    ("branch", {"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": "idea"}, set()),
    ("version", {"CI_COMMIT_TAG": "line@v1.0.0"}, {"mlgit-tag"}),
    ("environment", {"CI_COMMIT_TAG": "line#prod#3"}, {"mlgit-tag", "mlgit-deploy-prod"}),
    ("left", {"CI_COMMIT_TAG": "line#staging!#4"}, set()),
    ("left_by_gto", {"CI_COMMIT_TAG": "line#staging!"}, set()),
    ("rejected", {"CI_COMMIT_TAG": "line@v1.0.0!"}, set()),
    ("named_as_the_branch", {"CI_COMMIT_TAG": "main", "CI_PIPELINE_SOURCE": "push"}, set()),
    ("folder", {"CI_COMMIT_TAG": "sub=line#staging#5"}, {"mlgit-tag", "mlgit-deploy-staging"}),
    ("another_environment", {"CI_COMMIT_TAG": "line#pre-prod#3"}, {"mlgit-tag"}),
    ("malformed", {"CI_COMMIT_TAG": "line#prod#x"}, {"mlgit-tag"}),
    ("hostile", {"CI_COMMIT_TAG": "a$(id)@v1;id"}, {"mlgit-tag"}),
    ("foreign_tag", {"CI_COMMIT_TAG": "1.2.3"}, set()),
    ("schedule", {"CI_PIPELINE_SOURCE": "schedule"}, {"mlgit-monitor"}),
    ("by_hand", {"CI_PIPELINE_SOURCE": "web"}, {"mlgit-monitor"}),
]


@pytest.mark.parametrize(
    ("variables", "expected"),
    [event[1:] for event in GITLAB_EVENTS],
    ids=[event[0] for event in GITLAB_EVENTS],
)
def test_an_event_starts_its_jobs_and_no_others(
    gitlab_project: Folder, variables: dict[str, str], expected: set[str]
) -> None:
    assert listed(gitlab_project, variables) == expected


@pytest.fixture(scope="module")
def gitlab_project(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """A repository with GitLab's files whose default branch is known."""
    tool("gitlab-ci-local")
    folder = Folder(tmp_path_factory.mktemp("gitlab") / "line")
    folder.path.mkdir()
    folder.git("init", "-q", "-b", "main")
    folder.git("remote", "add", "origin", "https://gitlab.example/me/line.git")
    folder.write("mlgit.yaml", CONFIG)
    assert folder.here("ci", "init", "--requirement", "").status == 0
    folder.git("update-ref", "refs/remotes/origin/main", folder.commit("Add CI"))
    folder.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")
    return folder


def listed(folder: Folder, variables: dict[str, str]) -> set[str]:
    """The jobs that gitlab-ci-local would run."""
    argv = [tool("gitlab-ci-local"), "--list-csv", "--force-shell-executor", "--state-dir", ".gcl"]
    for name, value in variables.items():
        argv += ["--variable", f"{name}={value}"]
    if "merge_request" in variables.get("CI_PIPELINE_SOURCE", "") or "CI_COMMIT_TAG" in variables:
        argv += ["--unset-variable", "CI_COMMIT_BRANCH"]
    run: Done = folder.run(*argv)
    assert run.status == 0, run.err
    _, header, rows = run.out.partition("name;stage;when;")
    assert header
    return {row.partition(";")[0] for row in rows.splitlines()[1:]}


def test_this_python_is_the_one_that_has_the_checkers() -> None:
    for name in ("check-jsonschema", "zizmor"):
        assert subprocess.run([program(name), "--version"], capture_output=True, check=False).returncode == 0
