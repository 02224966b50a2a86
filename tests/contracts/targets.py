"""Target contract: facts that every deploy target keeps, ours and those of plug-ins.

The author of a plug-in subclasses the contract in a file of their own; README.md in this folder says how to
run it::

    class TestMine(TargetContract):
        entry = "{target: mine, host: example.org}"

        def served(self, work: Folder) -> str | None:
            return …  # the content of the served file `line.json`, None if nothing is served
"""

from __future__ import annotations

import json
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

from mlgit.core.deploy.targets import GROUP, TARGETS, Target
from mlgit.errors import Exit
from mlgit.plugins import plugin
from mlgit.resources import schema_text
from mlgit.yaml12 import load
from tests.support.schema import assert_valid
from tests.support.targets import CONTENTS, assign, configure, forge_digest, forget_data

if TYPE_CHECKING:
    from tests.support.shell import Folder


class TargetContract:
    """Facts of one target; `entry` is its entry under `deploy:`, with every required key."""

    entry: str

    def served(self, work: Folder) -> str | None:
        """The content of the served `line.json`; None if nothing is served."""
        raise NotImplementedError

    @pytest.fixture
    def work(self, deployable: Folder) -> Folder:
        """A project with three releases, whose environment `prod` is deployed to this target."""
        configure(deployable, f"deploy:\n  prod: {self.entry}\n")
        return deployable

    @property
    def keys(self) -> dict[str, Any]:
        found = load(self.entry, name="entry")
        assert isinstance(found, dict)
        return found

    @property
    def row(self) -> Target:
        name = self.keys["target"]
        found = TARGETS.get(name) or plugin(GROUP, name, Target)
        assert found is not None, f"no installed distribution adds `{name}` to `{GROUP}`"
        return found

    def test_its_deployer_can_be_imported(self) -> None:
        module, _, name = self.row.deployer.partition(":")
        assert callable(getattr(import_module(module), name))

    def test_each_of_its_keys_has_a_schema(self) -> None:
        ours = json.loads(schema_text("mlgit"))["$defs"]["deploy"]["properties"]
        assert set(self.row.keys) <= {*ours, *self.row.schema}
        assert set(self.row.filled) <= set(self.row.keys)

    def test_a_missing_required_key_is_an_error(self, deployable: Folder) -> None:
        for key in self.row.required:
            keys = {name: value for name, value in self.keys.items() if name != key}
            configure(deployable, f"deploy:\n  prod: {json.dumps(keys)}\n")
            done = deployable.here("check")
            assert done.status == Exit.CONFIG
            assert f"`prod` has `target: {self.keys['target']}` and no `{key}`" in done.err

    def test_an_unknown_key_is_an_error(self, deployable: Folder) -> None:
        configure(deployable, f"deploy:\n  prod: {json.dumps({**self.keys, 'no_such_key': 1})}\n")
        done = deployable.here("check")
        assert done.status == Exit.CONFIG
        assert "There is no key `no_such_key`" in done.err

    def test_a_dry_run_plans_its_steps_and_changes_nothing(self, work: Folder) -> None:
        planned = deployment(work, "--dry-run")
        assert planned["state"] == "planned"
        assert planned["steps"][-1] == "done"
        assert self.served(work) is None

    def test_the_desired_version_is_served(self, work: Folder) -> None:
        deployed = deployment(work)
        assert (deployed["target"], deployed["state"]) == (self.keys["target"], "deployed"), deployed
        assert deployed["steps"][-1] == "done"
        assert [each["path"] for each in deployed["files"]] == ["line.json"]
        assert self.served(work) == CONTENTS["v1.0.0"]

    def test_deploying_twice_is_safe(self, work: Folder) -> None:
        deployment(work)
        assert deployment(work)["state"] in {"deployed", "already"}
        assert self.served(work) == CONTENTS["v1.0.0"]

    def test_going_forward_and_back_serves_each_version(self, work: Folder) -> None:
        for version in ("v1.0.0", "v1.0.1", "v1.0.0"):
            if version != "v1.0.0" or self.served(work) is not None:
                assign(work, version)
            assert deployment(work)["state"] == "deployed"
            assert self.served(work) == CONTENTS[version]

    def test_a_failed_fetch_is_reported_and_changes_nothing(self, work: Folder) -> None:
        deployment(work)
        assign(work, "v1.0.1")
        forget_data(work)
        failed = deployment(work, exit_code=Exit.TOOL)
        assert (failed["state"], failed["failure"]["step"]) == ("failed", "fetched")
        assert self.served(work) == CONTENTS["v1.0.0"]

    def test_a_file_that_was_not_released_is_refused(self, work: Folder) -> None:
        deployment(work)
        forge_digest(work, "line@v1.0.1")
        assign(work, "v1.0.1")
        failed = deployment(work, exit_code=Exit.BLOCKED)
        assert (failed["state"], failed["failure"]["step"]) == ("failed", "verified")
        assert self.served(work) == CONTENTS["v1.0.0"]


def deployment(work: Folder, *options: str, exit_code: int = Exit.DONE) -> dict[str, Any]:
    """Deploy `prod`; its one deployment, whose JSON is valid."""
    done = work.here("deploy", "--env", "prod", "--offline", "--json", *options)
    assert done.status == exit_code, done.err
    record = done.json()
    assert_valid(record, "deploy")
    (only,) = record["deployments"]
    found: dict[str, Any] = only
    return found
