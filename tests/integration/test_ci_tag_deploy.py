"""`mlgit ci tag --deploy`: the deployment, and its record at the forge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.checkouts import github_push, outputs, tag_checkout
from tests.support.forge import started
from tests.support.registry import train
from tests.support.schema import assert_valid

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.forge import FakeForge
    from tests.support.shell import Done, Folder

SECRET = "ghs_" + "secret"


@pytest.fixture
def forge() -> Iterator[FakeForge]:
    with started() as found:
        yield found


@pytest.fixture
def project(staged: Folder) -> Folder:
    """A project whose v1.0.0 is in staging."""
    return staged


@pytest.fixture
def served(project: Folder, tmp_path: Path) -> Path:
    """A folder that staging is deployed to; v1.0.0 is in staging and in prod, which has no target."""
    place = tmp_path / "served"
    place.mkdir()
    config = (project / "mlgit.yaml").read_text(encoding="utf-8")
    project.write("mlgit.yaml", f"{config}deploy:\n  staging: {{target: local, path: '{place}/{{model}}'}}\n")
    project.commit("Say where staging is")
    project.git("push", "-q", "origin", "main")
    done = project.here("promote", "line", "--to", "prod")
    assert done.status == Exit.DONE, done.err
    return place / "line"


def deploy(project: Folder, tag: str, env: dict[str, str], *, name: str = "runner") -> Done:
    done = tag_checkout(project, name, tag).here("ci", "tag", "--deploy", "--json", env=env)
    if done.status in {Exit.DONE, Exit.BLOCKED, Exit.TOOL}:
        assert_valid(done.json(), "ci-tag")
    return done


def job(forge: FakeForge, folder: Path, project: Folder, tag: str) -> dict[str, str]:
    commit = project.git("rev-parse", f"refs/tags/{tag}^{{commit}}")
    if not forge.state.pulls:
        # The fake has no git, so a tag is on the commit of its first pull request.
        forge.add_pull(1, branch="merged", sha=commit)
    return forge.github_job(folder, event="push", ref=f"refs/tags/{tag}", sha=commit)


def test_a_current_tag_is_deployed_and_the_forge_knows(
    project: Folder, served: Path, forge: FakeForge, tmp_path: Path
) -> None:
    variables = job(forge, tmp_path / "job", project, "line#staging#1")
    done = deploy(project, "line#staging#1", variables)
    assert done.status == Exit.DONE, done.err
    assert (served / "current" / "line.json").read_text(encoding="utf-8") == '{"slope": 1.99}'
    deployment = done.json()["deployment"]
    assert (deployment["state"], deployment["recorded"]) == ("deployed", True)
    (known,) = forge.deployments("staging")
    assert (known.ref, known.state) == ("line#staging#1", "success")
    assert outputs(variables)["deploy"] == "true"


def test_the_same_tag_again_is_already_deployed(
    project: Folder, served: Path, forge: FakeForge, tmp_path: Path
) -> None:
    assert (
        deploy(project, "line#staging#1", job(forge, tmp_path / "1", project, "line#staging#1")).status
        == Exit.DONE
    )
    again = deploy(
        project, "line#staging#1", job(forge, tmp_path / "2", project, "line#staging#1"), name="again"
    )
    assert (again.status, again.json()["deployment"]["state"]) == (Exit.DONE, "already")
    assert served.is_dir()
    assert [each.state for each in forge.deployments("staging")] == ["success"]


def test_without_a_token_it_is_deployed_and_the_skipped_record_is_reported(
    project: Folder, served: Path, tmp_path: Path
) -> None:
    done = deploy(project, "line#staging#1", github_push(tmp_path / "job", ref="refs/tags/line#staging#1"))
    assert done.status == Exit.DONE, done.err
    assert (served / "current").exists()
    assert done.json()["deployment"]["recorded"] is False
    assert done.json()["notes"] == ["The deployment is not recorded at the forge: `GITHUB_TOKEN` is not set"]


def test_a_forge_that_refuses_does_not_stop_the_deployment_and_the_token_is_nowhere(
    project: Folder, served: Path, forge: FakeForge, tmp_path: Path
) -> None:
    variables = job(forge, tmp_path / "job", project, "line#staging#1") | {"GITHUB_TOKEN": SECRET}
    done = deploy(project, "line#staging#1", variables)
    assert done.status == Exit.DONE, done.err
    assert (served / "current").exists()
    assert done.json()["deployment"]["recorded"] is False
    assert SECRET not in done.out + done.err
    assert forge.deployments("staging") == []


def test_a_deployment_that_fails_is_a_failure_at_the_forge_too(
    project: Folder, served: Path, forge: FakeForge, tmp_path: Path
) -> None:
    served.write_text("a file where the folder should be", encoding="utf-8")
    done = deploy(project, "line#staging#1", job(forge, tmp_path / "job", project, "line#staging#1"))
    assert done.status not in {0, 70}
    (known,) = forge.deployments("staging")
    assert known.state == "failure"


def test_an_environment_without_a_deployment_target_is_reported_and_is_not_an_error(
    project: Folder, served: Path, forge: FakeForge, tmp_path: Path
) -> None:
    done = deploy(project, "line#prod#1", job(forge, tmp_path / "job", project, "line#prod#1"))
    assert done.status == Exit.DONE, done.err
    assert done.json()["deployment"] is None
    assert done.json()["notes"] == ["Nothing was deployed: `deploy:` on trunk does not declare `prod`"]
    assert not served.exists()
    assert forge.deployments("prod") == []


def test_a_tag_made_for_another_name_deploys_nothing_and_supersedes_nothing(
    project: Folder, served: Path, forge: FakeForge, tmp_path: Path
) -> None:
    oid = project.git("rev-parse", "refs/tags/line#prod#1")
    project.git("push", "-q", "origin", f"{oid}:refs/tags/line#staging#9")
    spoofed = deploy(
        project,
        "line#staging#9",
        job(forge, tmp_path / "1", project, "line#prod#1") | {"GITHUB_REF": "refs/tags/line#staging#9"},
    )
    assert spoofed.status == Exit.BLOCKED
    assert not served.exists()
    assert forge.deployments() == []
    own = deploy(project, "line#staging#1", job(forge, tmp_path / "2", project, "line#staging#1"), name="own")
    assert own.status == Exit.DONE, own.err
    assert (own.json()["tag"], own.json()["superseded"]) == ("line#staging#1", None)
    assert [each.ref for each in forge.deployments("staging")] == ["line#staging#1"]


def test_the_run_of_a_superseded_tag_deploys_the_newest_change(
    project: Folder, served: Path, forge: FakeForge, tmp_path: Path
) -> None:
    train(project, "2.0")
    for argv in (("release", "line"), ("promote", "line", "--to", "staging")):
        done = project.here(*argv)
        assert done.status == Exit.DONE, done.err
    newest = "line#staging#2"
    done = deploy(project, "line#staging#1", job(forge, tmp_path / "1", project, "line#staging#1"))
    assert done.status == Exit.DONE, done.err
    found = done.json()
    assert (found["tag"], found["deployment"]["state"]) == (newest, "deployed")
    assert any("`line#staging#1`" in note for note in found["notes"])
    assert [each.ref for each in forge.deployments("staging")] == [newest]
    assert (served / "current" / "line.json").read_text(encoding="utf-8") == '{"slope": 2.0}'


def test_the_run_of_a_tag_deploys_nothing_where_the_environment_is_empty_now(
    project: Folder, served: Path, forge: FakeForge, tmp_path: Path
) -> None:
    assert project.here("unassign", "line", "--env", "staging").status == Exit.DONE
    done = deploy(project, "line#staging#1", job(forge, tmp_path / "1", project, "line#staging#1"))
    assert (done.status, done.json()["deployment"]) == (Exit.DONE, None)
    assert done.json()["superseded"] == "line#staging!#2"
    assert not served.exists()
