"""Target plug-in: a deploy target, installed as a distribution into a folder."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

MODULE = '''\
"""Target `share`: copy the files into a folder of a file share."""

import os
import shutil
import tempfile
from dataclasses import replace
from typing import NamedTuple

from mlgit.core.deploy.folders import fill
from mlgit.core.deploy.targets import Target


class Share(NamedTuple):
    mount: str


def deploy(job, target, *, dry_run):
    if dry_run:
        return replace(job.result("planned"), steps=("fetched", "verified", "done"))
    mount = fill(target.mount, model=job.desired.model, environment=job.desired.environment)
    with tempfile.TemporaryDirectory() as folder:
        job.enter("fetched")
        job.fetch(folder)
        job.finish("fetched")
        job.enter("verified")
        job.verify()
        job.finish("verified")
        job.enter("done")
        shutil.copytree(folder, os.path.join(job.project.root, mount), dirs_exist_ok=True)
        job.finish("done")
    return job.result("deployed")


TARGET = Target(
    required=("mount",),
    filled=("mount",),
    read=lambda keys: Share(keys["mount"]),
    deployer="mlgit_share:deploy",
    schema={"mount": {"title": "Folder of the share", "type": "string", "minLength": 1}},
)
'''


def install(
    folder: Path,
    *,
    distribution: str = "mlgit-share",
    row: str = "mlgit_share:TARGET",
    module: str = MODULE,
) -> None:
    """Install or update the plug-in as pip does: the module and its `dist-info`."""
    (folder / "mlgit_share.py").write_text(module, encoding="utf-8")
    info = folder / f"{distribution.replace('-', '_')}-1.0.dist-info"
    info.mkdir(exist_ok=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[mlgit.targets]\nshare = {row}\n")


def uninstall(folder: Path) -> None:
    """Remove what `install` wrote into a folder, as pip does."""
    shutil.rmtree(folder)
    folder.mkdir()
