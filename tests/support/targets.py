"""Targets: a project with three released versions, and readers of its deployment folder."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from typing import TYPE_CHECKING, Any

from mlgit.errors import Exit
from tests.support.recorded import reproduce

if TYPE_CHECKING:
    from pathlib import Path

    from mlgit.core.deploy.deployment import Deployment
    from tests.support.shell import Folder

# Version -> content of `models/line.json`.
CONTENTS = {
    "v1.0.0": '{"slope": 1.99}',
    "v1.0.1": '{"slope": 2.0}',
    "v1.0.2": '{"slope": 2.001}',
}
FOREIGN = "foreign_tags: allow\n"
DEPLOY = "deploy:\n  prod: {target: local, path: 'served/{model}', keep: 2}\n"


def build(work: Folder) -> None:
    """Release three versions of the project of tests/support/pipeline.py; `prod` holds the first."""
    work.write(".gitignore", "/served\n")
    work.write("mlgit.yaml", (work / "mlgit.yaml").read_text(encoding="utf-8") + FOREIGN + DEPLOY)
    for version, content in CONTENTS.items():
        slope = json.loads(content)["slope"]
        work.write("params.yaml", f"train:\n  slope: {slope}\n")
        reproduce(work, push=True)
        work.commit(f"Slope {slope}")
        work.git("push", "-q")
        done = work.here("release", f"line@{version}")
        assert done.status == Exit.DONE, done.err
    assign(work, "v1.0.0")


def assign(work: Folder, version: str, *, environment: str = "prod") -> str:
    """Assign a version to an environment with a tag as GTO writes it; the tag."""
    tags = work.git("tag", "--list", f"line#{environment}#*").split()
    tag = f"line#{environment}#{len(tags) + 1}"
    work.git("tag", "-a", tag, "-m", "Promote", f"line@{version}^{{commit}}")
    return tag


def go_live(work: Folder) -> None:
    """Promote the other versions through `staging` to `prod`, and deploy the newest."""
    from tests.support.registry import change

    work.git("push", "-q", "--tags")
    for version in ("v1.0.1", "v1.0.2"):
        for environment in ("staging", "prod"):
            change(work, "promote", f"line@{version}", "--to", environment)
    done = work.here("deploy", "--env", "prod")
    assert done.status == Exit.DONE, done.err


def without_times(work: Folder, text: str) -> str:
    """The text of a screen with other words for what differs from run to run."""
    text = text.replace(str(folder_of(work)), "/srv/models/line")
    return re.sub(r"\d+ s ago", "2 s ago", re.sub(r"in \d+\.\d s", "in 0.4 s", text))


def configure(work: Folder, deploy: str) -> None:
    """Declare another `deploy:` on trunk."""
    kept = (work / "mlgit.yaml").read_text(encoding="utf-8").partition("deploy:\n")[0]
    work.write("mlgit.yaml", kept + deploy)
    work.commit("Deploy elsewhere")
    work.git("push", "-q")


def deploy_here(work: Folder, **more: Any) -> Deployment:  # noqa: ANN401 (passed on)
    """Deploy in this process; the one deployment."""
    from mlgit.operations.deploy import deploy
    from mlgit.project.opening import open_project
    from tests.support.registry import NOON

    project = open_project(str(work.path), now=NOON)
    try:
        (only,) = deploy(project, "prod", **more).deployments
    finally:
        project.close()
    return only


def folder_of(work: Folder) -> Path:
    """The folder that `prod` is deployed to."""
    return work / "served" / "line"


def served(place: Path) -> str | None:
    """The version that a reader finds, checked to be whole; None if there is none."""
    if not os.path.lexists(place / "current"):
        return None
    release = (place / "current").resolve(strict=True)
    manifest = json.loads((release / "manifest.json").read_text(encoding="utf-8"))
    content = (release / "line.json").read_bytes()
    (file,) = manifest["files"]
    assert hashlib.sha256(content).hexdigest() == file["sha256"]
    version: str = manifest["version"]
    assert content.decode() == CONTENTS[version]
    return version


def lines(place: Path, environment: str = "prod") -> list[dict[str, Any]]:
    """The lines of the journal."""
    text = (place / "deployments" / f"{environment}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def steps(place: Path) -> list[str]:
    """The steps of the journal."""
    return [line["step"] for line in lines(place)]


def releases(place: Path) -> list[str]:
    """The folders below `releases/`."""
    return sorted(os.listdir(place / "releases"))


def forge_digest(work: Folder, tag: str) -> None:
    """Replace the sha256 of the model that a release's tag states."""
    message = work.git("tag", "-l", "--format=%(contents)", tag)
    commit = work.git("rev-parse", f"{tag}^{{commit}}")
    start = message.index('"sha256":"', message.index("models/line.json") - 200) + len('"sha256":"')
    forged = message[:start] + "0" * 64 + message[start + 64 :]
    work.git("tag", "-f", "-a", tag, "--cleanup=verbatim", "-m", forged, commit)


def forget_data(work: Folder) -> None:
    """Remove the cache and the DVC remote, so that nothing can be fetched."""
    shutil.rmtree(work / ".dvc" / "cache")
    shutil.rmtree(work.path.parent / "storage")
