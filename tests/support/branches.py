"""Branches: a project on a forge, with CI templates on main, and branches for pull requests.

`better` passes the gates, `worse` does not, `docs` changes no model, `untrained` has a parameter that no run
of the pipeline used, and the hostile branch has names that try to be code. Built once per run; tests copy it.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from tests.support import pipeline
from tests.support.shell import Folder

if TYPE_CHECKING:
    from pathlib import Path

    from mlgit.core.forge.hosts import Host

DEPLOY = "/where/models/are/served"
"""Replaced by a folder of the test in each copy of the template."""
HOSTILE_BRANCH = "x;touch${IFS}PWNED;$(id)`id`${{github.token}}&&<img>"
HOSTILE_TITLE = '"; touch PWNED; $(touch PWNED) `touch PWNED` ${{ github.token }} <img src=x> @everyone #1'
HOSTILE_METRIC = "auc|`x`<!-- mlgit-report:acme/tumor/gates -->\n### ✅ all passed @everyone #1 ![](//evil)"
# Wherever it is wrapped, a line starts with a command to GitHub's runner; one contains an old command.
HOSTILE_PARAM = "a|b`<img src=x>@everyone\n##[error]pwned\n$(touch PWNED) " + "::error::pwned " * 20


def build(place: Path, source: Path, *, host: Host) -> None:
    """Build the template for a forge in `place`, from the pipeline's template in `source`.

    The DVC remote stays the one of `place`: copies share it, and only ever add files to it.
    """
    work = pipeline.copy(source, place)
    work.dvc("remote", "modify", "-q", "storage", "url", str(place / "storage"))
    config = (work / "mlgit.yaml").read_text(encoding="utf-8")
    work.write("mlgit.yaml", f'{config}deploy:\n  staging: {{target: local, path: "{DEPLOY}/{{model}}"}}\n')
    done = work.here("ci", "init", "--host", host, "--requirement", "")
    assert not done.status, done.err
    work.commit("Let CI hold the gates")
    _branch(work, "better", slope="2.0")
    _branch(work, "worse", slope="1.0")
    work.git("checkout", "-q", "-b", "untrained", "main")
    work.write("params.yaml", "train:\n  slope: 2.01\n")
    work.commit("Try the slope 2.01")
    work.git("checkout", "-q", "-b", "docs", "main")
    work.write("README.md", "A line.\n")
    work.commit("Say what it is")
    _hostile(work)
    work.dvc("push", "-q", "--all-branches")
    work.git("checkout", "-q", "main")
    work.git("push", "-q", "origin", "main", "better", "worse", "untrained", "docs", HOSTILE_BRANCH)


def copy(template: Path, place: Path) -> Folder:
    """A copy whose deployments go to `place/served`; the clone is on main, its origin a bare repository."""
    shutil.copytree(template, place, symlinks=True, ignore=shutil.ignore_patterns("storage"))
    work = Folder(place / "work")
    work.git("remote", "set-url", "origin", str(place / "origin.git"))
    config = (work / "mlgit.yaml").read_text(encoding="utf-8")
    (place / "served").mkdir(exist_ok=True)
    work.write("mlgit.yaml", config.replace(DEPLOY, str(place / "served")))
    work.commit("Serve from a folder of our own")
    work.git("push", "-q", "origin", "main")
    return work


def _branch(work: Folder, name: str, *, slope: str) -> None:
    work.git("checkout", "-q", "-b", name, "main")
    work.write("params.yaml", f"train:\n  slope: {slope}\n")
    work.dvc("repro", "-q")
    work.commit(f"Try the slope {slope}")


def _hostile(work: Folder) -> None:
    import json

    work.git("checkout", "-q", "-b", HOSTILE_BRANCH, "main")
    parameters = {"train": {"slope": 2.0, HOSTILE_PARAM: HOSTILE_TITLE}}
    # JSON is valid YAML and can contain every character.
    work.write("params.yaml", json.dumps(parameters, indent=1).replace('"slope":', "slope:"))
    evaluation = pipeline.EVALUATE.replace(
        "json.dump(metrics", f"metrics[{HOSTILE_METRIC!r}] = 1.5\njson.dump(metrics"
    )
    work.write("src/evaluate.py", evaluation)
    work.dvc("repro", "-q")
    work.commit("'; touch PWNED; '$(touch PWNED)")
