"""Nothing of the checkout runs in a job of the templates, except what the pipeline itself is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.github_host import GitHub
    from tests.support.gitlab_host import GitLab
    from tests.support.shell import Folder
    from tests.support.team import Team

MODULES = ("pip", "mlgit", "dvc", "json", "runpy", "sitecustomize", "usercustomize", "site", "subprocess")
PACKAGES = ("pip", "mlgit", "dvc")
PROGRAMS = ("git", "mlgit", "dvc", "python", "pip", "mktemp", "tr")


def plant(work: Folder, seen: Path) -> None:
    """Write files that leave a trace in `seen` if anything runs them or follows them."""
    seen.mkdir()
    job = "os.environ.get('GITHUB_JOB') or os.environ.get('CI_JOB_NAME', '')"
    for name in MODULES:
        trace = f"{seen}/{name}.py "
        work.write(f"{name}.py", f"import os\nopen({trace!r} + ({job}), 'w').close()\n")
    for name in PACKAGES:
        work.write(f"{name}/__init__.py", f"open({f'{seen}/{name}/'.replace('/', '_')!r}, 'w').close()\n")
        work.write(f"{name}/__main__.py", f"open({f'{seen}/{name} main'!r}, 'w').close()\n")
    work.write("evil.pth", f"import os; os.mkdir({f'{seen}/pth'!r})\n")
    for name in (*PROGRAMS, "hooks/post-checkout", ".githooks/post-checkout", "filter"):
        path = work.write(
            f"{name}.sh" if name in PACKAGES else name, f"#!/bin/sh\necho >'{seen}/{name[-4:]}'\n"
        )
        path.chmod(0o755)
    work.write("pip.conf", f"[install]\ntarget = {seen}/target\n")
    work.write("setup.cfg", f"[global]\nlog = {seen}/log\n[install]\nprefix = {seen}/prefix\n")
    work.write(".pydistutils.cfg", f"[install]\nprefix = {seen}/prefix\n")
    work.write(".env", f"PYTHONPATH=.\nPIP_TARGET={seen}/target\n")
    work.write(".gitattributes", "*.json filter=evil diff=evil merge=evil\n")
    work.write(".gitconfig", f'[filter "evil"]\nsmudge = {work.path}/filter\n')


def traces(seen: Path) -> list[str]:
    return sorted(path.name for path in seen.iterdir())


def planted_branch(team: Team, seen: Path, *, into: str) -> None:
    """A branch with the better model and the planted files, pushed as `into`."""
    team.work.git("fetch", "-q", "origin")
    team.work.git("checkout", "-q", "-B", "planted", "origin/main")
    team.work.git("merge", "-q", "--no-ff", "-m", "Better", "origin/better")
    plant(team.work, seen)
    team.work.commit("Plant")
    team.push(f"HEAD:refs/heads/{into}")


@pytest.mark.parametrize("into", ["topic", "main"])
def test_on_github_nothing_of_the_checkout_runs(
    github_team: tuple[Team, GitHub], tmp_path: Path, into: str
) -> None:
    team, github = github_team
    team.reinstall("github", "--requirement", "click>=8")
    github.variables["MLGIT_CACHE"] = "true"
    planted_branch(team, tmp_path / "seen", into=into)
    if into == "topic":
        runs = github.open_pull(7, into)
        ran = {"announce", "gates", "report"}
    else:
        runs = [*github.settle(), *github.schedule()]
        ran = {"merged", "cache", "deploy/parse", "deploy/deploy", "monitor"}
    assert {name: result for run in runs for name, result in run.jobs.items()} == dict.fromkeys(
        ran, "success"
    )
    assert traces(tmp_path / "seen") == []


@pytest.mark.parametrize("into", ["topic", "main"])
def test_on_gitlab_nothing_of_the_checkout_runs(
    gitlab_team: tuple[Team, GitLab], tmp_path: Path, into: str
) -> None:
    team, gitlab = gitlab_team
    team.reinstall("gitlab", "--requirement", "click>=8")
    gitlab.settings["MLGIT_CACHE"] = "true"
    planted_branch(team, tmp_path / "seen", into=into)
    if into == "topic":
        pipelines = gitlab.open_merge_request(7, into)
        ran = {"mlgit-announce", "mlgit-gates", "mlgit-report"}
    else:
        pipelines = [*gitlab.settle(), *gitlab.schedule()]
        ran = {"mlgit-merged", "mlgit-cache", "mlgit-tag", "mlgit-deploy-staging", "mlgit-monitor"}
    results = {name: result for each in pipelines for name, result in each.jobs.items()}
    assert results == dict.fromkeys(ran, "success"), "\n".join(each.log for each in pipelines)
    assert traces(tmp_path / "seen") == []


ACTION = ".github/actions/mlgit-setup/action.yml"
SPY = "import json, os, sys; json.dump(dict(os.environ), open(sys.argv[1] + '/' + sys.argv[2], 'w'))"


def test_on_github_a_changed_action_reaches_only_the_job_without_a_token(
    github_team: tuple[Team, GitHub], tmp_path: Path
) -> None:
    team, github = github_team
    (tmp_path / "seen").mkdir()
    team.work.git("checkout", "-q", "-B", "topic", "origin/better")
    text = (team.work / ACTION).read_text(encoding="utf-8")
    spy = f"""python -c "{SPY}" {tmp_path}/seen "$GITHUB_JOB" """
    step = f"    - shell: bash\n      run: |\n        {spy}\n"
    team.work.write(ACTION, text.replace("  steps:\n", f"  steps:\n{step}"))
    team.work.commit("Look around")
    team.push("HEAD:refs/heads/topic")
    github.open_pull(7, "topic")
    assert traces(tmp_path / "seen") == ["gates"]
    found = json.loads((tmp_path / "seen" / "gates").read_text(encoding="utf-8"))
    assert not [name for name, value in found.items() if "ghs_" in value]


# What a stage can read of the processes above it, which mlgit's own care for its children does not cover.
ANCESTORS = """\
import os
pid = os.getpid()
while pid > 1:
    try:
        environment = open(f"/proc/{{pid}}/environ", "rb").read()
        parent = open(f"/proc/{{pid}}/stat").read().rpartition(")")[2].split()[1]
    except OSError:
        break
    open(f"{}/{{pid}}", "wb").write(environment)
    pid = int(parent)
"""


def test_on_gitlab_the_job_that_runs_the_branch_has_no_token_of_the_api(
    gitlab_team: tuple[Team, GitLab], tmp_path: Path
) -> None:
    team, gitlab = gitlab_team
    team.reinstall("gitlab", "--pipeline", "run")
    (tmp_path / "seen").mkdir()
    team.work.git("fetch", "-q", "origin")
    team.work.git("checkout", "-q", "-B", "topic", "origin/main")
    script = next(path for path in (team.work / "src").iterdir() if path.suffix == ".py")
    script.write_text(
        ANCESTORS.format(tmp_path / "seen") + script.read_text(encoding="utf-8"), encoding="utf-8"
    )
    team.work.commit("Look around")
    team.push("HEAD:refs/heads/topic")
    gitlab.open_merge_request(7, "topic")
    environments = [path.read_bytes() for path in (tmp_path / "seen").iterdir()]
    assert any(b"MLGIT_PIPELINE=run" in each for each in environments)
    assert not any(b"glpat" in each for each in environments)
