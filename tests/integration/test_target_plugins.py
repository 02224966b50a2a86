"""Target plug-ins: an installed one keeps the target contract, and its mistakes are errors that name it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from mlgit.core.config.file import Deploy
from mlgit.core.deploy.targets import GROUP, Target
from mlgit.core.wording import after_colon
from mlgit.errors import ConfigError, Exit, ToolError
from mlgit.plugins import plugin, plugin_names
from mlgit.project.deploy.targets import target_row
from tests.contracts.targets import TargetContract
from tests.support.shell import Folder
from tests.support.target_plugin import MODULE, install, uninstall
from tests.support.targets import CONTENTS, configure
from tests.support.templates import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.shell import Done

SHARE = "deploy:\n  prod: {target: share, mount: 'share/{model}'}\n"
SCHEMA = '{"mount": {"title": "Folder of the share", "type": "string", "minLength": 1}}'
NAMED = "The plug-in `share` of `mlgit.targets`"


def content(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def with_plugins(work: Folder, site: Path, *argv: str) -> Done:
    """Run mlgit in a new process that finds the distributions in `site`."""
    path = os.pathsep.join([str(site), *os.environ.get("PYTHONPATH", "").split(os.pathsep)])
    return work.mlgit(*argv, env={"PYTHONPATH": path})


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


OUTSIDE = """\
from tests.contracts.targets import TargetContract


class TestShare(TargetContract):
    entry = "{target: share, mount: 'share/{model}'}"

    def served(self, work):
        file = work / "share" / "line" / "line.json"
        return file.read_text() if file.exists() else None
"""


@pytest.mark.slow
def test_the_contract_runs_on_a_file_elsewhere_as_its_readme_says(tmp_path: Path) -> None:
    readme = (ROOT / "tests" / "contracts" / "README.md").read_text(encoding="utf-8")
    (command,) = (line for line in readme.splitlines() if line.startswith("python -m pytest"))
    file = tmp_path / "mine" / "test_share.py"
    file.parent.mkdir()
    file.write_text(OUTSIDE, encoding="utf-8")
    argv = command.replace("/path/to/your/test_file.py", str(file)).split()[1:]
    argv += ["-p", "no:cacheprovider", "-k", "missing_required or is_served"]
    # A run inside a worker would otherwise share its templates with every earlier run of this machine.
    argv += ["--basetemp", str(tmp_path / "run")]
    install(tmp_path)
    done = Folder(ROOT).run(sys.executable, *argv, env={"PYTHONPATH": str(tmp_path)})
    assert done.status == 0, done.out + done.err
    assert "2 passed" in done.out


def test_a_new_process_deploys_to_an_installed_plugin(deployable: Folder, installed: Path) -> None:
    configure(deployable, SHARE)
    done = with_plugins(deployable, installed, "deploy", "--env", "prod")
    assert done.status == Exit.DONE, done.err
    assert done.out.startswith("Deployed line@v1.0.0 to prod")
    assert content(deployable / "share" / "line" / "line.json") == CONTENTS["v1.0.0"]


def test_without_the_plugin_its_name_is_an_unknown_target(deployable: Folder) -> None:
    configure(deployable, SHARE)
    done = deployable.here("check")
    assert done.status == Exit.CONFIG
    assert "`target` cannot be `share`" in done.err
    assert "expected: `local` or `command`" in done.err
    assert "hint: a plug-in that adds `share` may not be installed" in done.err
    assert "`mount`" not in done.err


@pytest.mark.usefixtures("installed")
def test_a_misspelt_target_gets_the_nearest_name_of_a_plugin(deployable: Folder) -> None:
    configure(deployable, SHARE.replace("share,", "shares,"))
    done = deployable.here("check")
    assert done.status == Exit.CONFIG
    assert "did you mean `share`?" in done.err


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("{target: share, mount: ''}", "`mount` is empty"),
        ("{target: share, mount: '{modle}'}", "There is no placeholder `{modle}`"),
        ("{target: share, mount: a, path: b}", "`path` belongs to `target: local`"),
        ("{target: local, path: '{model}', mount: a}", "There is no key `mount`"),
    ],
)
def test_the_keys_of_a_plugin_are_checked_like_ours(deployable: Folder, entry: str, message: str) -> None:
    configure(deployable, f"deploy:\n  prod: {entry}\n")
    done = deployable.here("check")
    assert done.status == Exit.CONFIG
    assert message in done.err


def test_after_an_uninstall_every_command_reports_the_unknown_target(
    deployable: Folder, tmp_path: Path
) -> None:
    site = tmp_path / "site"
    site.mkdir()
    install(site)
    configure(deployable, SHARE)
    for argv in (("check",), ("doctor",), ("deploy", "--env", "prod")):
        done = with_plugins(deployable, site, *argv)
        assert done.status == Exit.DONE, done.err + done.out
    uninstall(site)
    for argv in (("check",), ("deploy", "--env", "prod"), ("check",)):
        done = with_plugins(deployable, site, *argv)
        assert (done.status, "`target` cannot be `share`" in done.err) == (Exit.CONFIG, True), done.err
    assert "`target` cannot be `share`" in with_plugins(deployable, site, "doctor").out


def test_after_an_update_that_renames_a_key_every_command_reports_the_old_one(
    deployable: Folder, tmp_path: Path
) -> None:
    install(tmp_path)
    configure(deployable, SHARE)
    assert with_plugins(deployable, tmp_path, "deploy", "--env", "prod").status == Exit.DONE
    install(tmp_path, module=MODULE.replace('"mount"', '"folder"'))
    for argv in (("check",), ("deploy", "--env", "prod")):
        done = with_plugins(deployable, tmp_path, *argv)
        assert (done.status, "There is no key `mount`" in done.err) == (Exit.CONFIG, True), done.err
    assert "There is no key `mount`" in with_plugins(deployable, tmp_path, "doctor").out


def test_a_target_that_is_uninstalled_while_mlgit_runs_is_a_config_error() -> None:
    with pytest.raises(ConfigError, match=r"`deploy\.prod` has the target `share`, which is not installed"):
        target_row(Deploy(environment="prod", target="share", keys={}))


def test_a_file_with_only_our_own_targets_is_cached(deployable: Folder) -> None:
    assert deployable.here("check").status == Exit.DONE
    assert list((deployable / ".git" / "mlgit" / "config").iterdir())


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("if dry_run:", "if 1 / 0:", "cannot deploy: ZeroDivisionError: division by zero"),
        ("return job.result", "return job.no_such", "cannot deploy: AttributeError: "),
        (
            'return job.result("deployed")',
            "return None",
            "cannot deploy: TypeError: its deployer returned `NoneType`, not a `Deployment`",
        ),
    ],
)
def test_a_deployer_that_raises_fails_its_deployment_and_names_the_plugin(
    deployable: Folder, tmp_path: Path, old: str, new: str, problem: str
) -> None:
    assert old in MODULE
    install(tmp_path, module=MODULE.replace(old, new))
    configure(deployable, SHARE)
    done = with_plugins(deployable, tmp_path, "deploy", "--env", "prod", "--json")
    assert done.status == Exit.TOOL, done.err
    (deployment,) = done.json()["deployments"]
    assert deployment["state"] == "failed"
    assert deployment["failure"]["message"].startswith(f"{NAMED} {problem}")
    assert "mlgit_share:TARGET" in deployment["failure"]["details"]


def test_a_record_without_a_field_for_its_folder_is_an_error_that_names_the_plugin(
    deployable: Folder, tmp_path: Path
) -> None:
    install(tmp_path, module=MODULE.replace('"mount"', '"path"'))
    configure(deployable, SHARE.replace("mount:", "path:"))
    done = with_plugins(deployable, tmp_path, "deploy", "--env", "prod")
    assert done.status == Exit.TOOL, done.err
    assert f"{after_colon(NAMED)} has a record without a field `path`: TypeError: " in done.out + done.err


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('keys["mount"]', 'keys["nowhere"]', "cannot read its keys: KeyError: 'nowhere'"),
        (
            "mlgit_share:deploy",
            "mlgit_share:nothing",
            "has no deployer: AttributeError: module 'mlgit_share' has no attribute 'nothing'",
        ),
        ("mlgit_share:deploy", "no_module:deploy", "has no deployer: ModuleNotFoundError: "),
        ("mlgit_share:deploy", "mlgit_share:TARGET", "has no deployer: TypeError: "),
        ("mlgit_share:deploy", "", "has no deployer: ValueError: "),
    ],
)
def test_a_plugin_that_cannot_be_used_is_an_error_that_names_it(
    deployable: Folder, tmp_path: Path, old: str, new: str, problem: str
) -> None:
    assert old in MODULE
    install(tmp_path, module=MODULE.replace(old, new))
    configure(deployable, SHARE)
    done = with_plugins(deployable, tmp_path, "deploy", "--env", "prod")
    assert done.status == Exit.TOOL, done.err
    assert f"{NAMED} {problem}" in done.err
    assert "mlgit_share:TARGET" in done.err


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('"type": "string"', '"type": "text"', "SchemaError: 'text' is not valid"),
        ('"minLength": 1', '"pattern": "("', "SchemaError: '(' is not a 'regex'"),
        ('"minLength": 1', '"$ref": "#/$defs/nowhere"', "_WrappedReferencingError: PointerToNowhere: "),
        (SCHEMA, "[1]", "AttributeError: "),
        ('required=("mount",)', 'required="mount"', "TypeError: "),
    ],
)
def test_an_invalid_row_is_an_error_that_names_the_plugin(
    deployable: Folder, tmp_path: Path, old: str, new: str, problem: str
) -> None:
    assert old in MODULE
    install(tmp_path, module=MODULE.replace(old, new))
    configure(deployable, SHARE)
    for argv in (("check",), ("deploy", "--env", "prod")):
        done = with_plugins(deployable, tmp_path, *argv)
        assert done.status == Exit.TOOL, done.err + done.out
        assert f"{NAMED} has an invalid row: " in done.err
        assert problem in done.err
        assert max(map(len, done.err.splitlines())) < 400
        assert "mlgit_share:TARGET" in done.err


def test_doctor_reports_a_plugin_that_cannot_be_used(deployable: Folder, tmp_path: Path) -> None:
    install(tmp_path, module=MODULE.replace('"type": "string"', '"type": "text"'))
    configure(deployable, SHARE)
    done = with_plugins(deployable, tmp_path, "doctor")
    assert done.status != Exit.BUG
    assert f"{NAMED} has an invalid row: " in done.out + done.err


def test_an_error_of_ours_that_a_plugin_raises_is_kept(deployable: Folder, tmp_path: Path) -> None:
    start = "def deploy(job, target, *, dry_run):\n"
    module = MODULE.replace(start, f"{start}    raise StateError('The share is full', hint='empty it')\n")
    install(
        tmp_path, module=module.replace("import os\n", "import os\nfrom mlgit.errors import StateError\n")
    )
    configure(deployable, SHARE)
    done = with_plugins(deployable, tmp_path, "deploy", "--env", "prod", "--json")
    assert done.status == Exit.STATE, done.err
    (deployment,) = done.json()["deployments"]
    assert (deployment["failure"]["message"], deployment["failure"]["hint"]) == (
        "The share is full",
        "empty it",
    )


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("mlgit_share:NO_SUCH", "cannot be loaded: AttributeError"),
        ("no_such_module:TARGET", "cannot be loaded: ModuleNotFoundError"),
        ("mlgit_share:deploy", "is not a `mlgit.core.deploy.targets.Target`"),
    ],
)
def test_a_broken_plugin_is_an_error_that_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, row: str, message: str
) -> None:
    install(tmp_path, row=row)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert plugin_names(GROUP) == ["share"]
    with pytest.raises(ToolError, match=r"The plug-in `share` of `mlgit\.targets`") as caught:
        plugin(GROUP, "share", Target)
    assert message in caught.value.message


def test_two_plugins_with_one_name_are_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path)
    install(tmp_path, distribution="other-share", row="other_share:TARGET")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ToolError, match="Two plug-ins add `share`") as caught:
        plugin(GROUP, "share", Target)
    assert caught.value.details == ("mlgit_share:TARGET", "other_share:TARGET")
