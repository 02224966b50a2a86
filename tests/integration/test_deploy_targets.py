"""Deploy targets: the target contract, kept by each target of mlgit."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from mlgit.errors import Exit
from tests.contracts.targets import TargetContract

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.shell import Folder

COPY = "import os, shutil; shutil.copytree(os.environ['MLGIT_PATH'], 'copy', dirs_exist_ok=True)"


def content(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


class TestLocal(TargetContract):
    entry = "{target: local, path: 'served/{model}'}"

    def served(self, work: Folder) -> str | None:
        return content(work / "served" / "line" / "current" / "line.json")


class TestCommand(TargetContract):
    entry = json.dumps({"target": "command", "command": [sys.executable, "-c", COPY]})

    def served(self, work: Folder) -> str | None:
        return content(work / "copy" / "line.json")


def test_our_own_targets_are_used_without_looking_for_plugins(deployable: Folder) -> None:
    script = (
        "import sys; from mlgit.cli.main import run; status = run(['deploy', '--env', 'prod', '--dry-run']);"
        "sys.exit(status or 'importlib.metadata' in sys.modules and 9)"
    )
    done = deployable.run(sys.executable, "-c", script)
    assert done.status == Exit.DONE, done.err
