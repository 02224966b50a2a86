"""The target contract, kept by the targets of mlgit and by an installed plug-in."""

from __future__ import annotations

import json
import os
import sys
from typing import TYPE_CHECKING

import pytest

from mlgit.core.deploy.targets import GROUP, TARGETS, Target
from mlgit.errors import Exit, ToolError
from mlgit.plugins import plugin, plugin_names
from mlgit.resources import schema_text
from tests.contracts.targets import TargetContract
from tests.support.target_plugin import install
from tests.support.targets import CONTENTS, configure

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.shell import Folder

COPY = "import os, shutil; shutil.copytree(os.environ['MLGIT_PATH'], 'copy', dirs_exist_ok=True)"
SHARE = "deploy:\n  prod: {target: share, mount: 'share/{model}'}\n"


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


@pytest.fixture
def installed(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder with the installed plug-in, on the path of this process and of those it starts."""
    folder = tmp_path_factory.mktemp("site")
    install(folder)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, "mlgit_share", raising=False)
    return folder


@pytest.mark.usefixtures("installed")
class TestPlugin(TargetContract):
    entry = "{target: share, mount: 'share/{model}'}"

    def served(self, work: Folder) -> str | None:
        return content(work / "share" / "line" / "line.json")


def test_a_new_process_deploys_to_an_installed_plugin(deployable: Folder, installed: Path) -> None:
    configure(deployable, SHARE)
    path = os.pathsep.join([str(installed), *os.environ.get("PYTHONPATH", "").split(os.pathsep)])
    done = deployable.mlgit("deploy", "--env", "prod", env={"PYTHONPATH": path})
    assert done.status == Exit.DONE, done.err
    assert done.out.startswith("Deployed line@v1.0.0 to prod")
    assert content(deployable / "share" / "line" / "line.json") == CONTENTS["v1.0.0"]


def test_without_the_plugin_its_name_is_an_unknown_target(deployable: Folder) -> None:
    configure(deployable, SHARE)
    done = deployable.here("check")
    assert done.status == Exit.CONFIG
    assert "`target` cannot be `share`" in done.err
    assert "expected: `local` or `command`" in done.err


@pytest.mark.usefixtures("installed")
def test_a_misspelt_target_gets_the_nearest_name_of_a_plugin(deployable: Folder) -> None:
    configure(deployable, SHARE.replace("share,", "shares,"))
    done = deployable.here("check")
    assert done.status == Exit.CONFIG
    assert "did you mean `share`?" in done.err


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ("{target: share, mount: ''}", "`mount` is empty"),
        ("{target: share, mount: '{modle}'}", "There is no placeholder `{modle}`"),
        ("{target: share, mount: a, path: b}", "`path` belongs to `target: local`"),
        ("{target: local, path: '{model}', mount: a}", "There is no key `mount`"),
    ],
)
def test_the_keys_of_a_plugin_are_checked_like_ours(deployable: Folder, entry: str, said: str) -> None:
    configure(deployable, f"deploy:\n  prod: {entry}\n")
    done = deployable.here("check")
    assert done.status == Exit.CONFIG
    assert said in done.err


def test_a_plugin_that_was_uninstalled_is_an_error_when_it_is_needed(
    deployable: Folder, installed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(deployable, SHARE)
    assert deployable.here("check").status == Exit.DONE  # the valid file is cached now
    monkeypatch.setattr(sys, "path", [path for path in sys.path if path != str(installed)])
    done = deployable.here("deploy", "--env", "prod")
    assert done.status == Exit.CONFIG
    assert "`deploy.prod` has the target `share`, which is not installed" in done.err


def test_our_own_targets_are_used_without_looking_for_plugins(deployable: Folder) -> None:
    script = (
        "import sys; from mlgit.cli.main import run; status = run(['deploy', '--env', 'prod', '--dry-run']);"
        "sys.exit(status or 'importlib.metadata' in sys.modules and 9)"
    )
    done = deployable.run(sys.executable, "-c", script)
    assert done.status == Exit.DONE, done.err


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("mlgit_share:NO_SUCH", "cannot be loaded: AttributeError"),
        ("no_such_module:TARGET", "cannot be loaded: ModuleNotFoundError"),
        ("mlgit_share:deploy", "is not a `mlgit.core.deploy.targets.Target`"),
    ],
)
def test_a_broken_plugin_is_an_error_that_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, row: str, said: str
) -> None:
    install(tmp_path, row=row)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert plugin_names(GROUP) == ["share"]
    with pytest.raises(ToolError, match=r"The plug-in `share` of `mlgit\.targets`") as caught:
        plugin(GROUP, "share", Target)
    assert said in caught.value.message


def test_two_plugins_with_one_name_are_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path)
    install(tmp_path, distribution="other-share", row="other_share:TARGET")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ToolError, match="Two plug-ins add `share`") as caught:
        plugin(GROUP, "share", Target)
    assert caught.value.details == ("mlgit_share:TARGET", "other_share:TARGET")


def test_the_schema_for_editors_has_each_target_of_the_table() -> None:
    tree = json.loads(schema_text("mlgit"))["$defs"]["deploy"]
    assert tree["properties"]["target"]["enum"] == list(TARGETS)
    kinds = {each["properties"]["target"]["const"]: each for each in tree["oneOf"]}
    for name, row in TARGETS.items():
        foreign = {key for key, rule in kinds[name]["properties"].items() if rule is False}
        assert tuple(kinds[name]["required"]) == row.required
        assert set(tree["properties"]) - foreign - {"target"} == set(row.keys)
