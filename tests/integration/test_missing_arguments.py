"""Missing arguments: the environments or versions that the repository has are named."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support import pipeline
from tests.support.registry import change

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.shell import Folder

RULES = """\
version: 1
models: {line: {path: models/line.json}}
environments: {staging: {}, prod: {}}
"""
TWO = RULES.replace("json}}", "json}, area: {path: models/area.json}}")
# A command -> the first line of its error, and the hint; for one model.
ONE_MODEL = {
    "promote prod": ("`promote` takes the environment with `--to`", "run `mlgit promote --to prod`"),
    "promote prod --dry-run": (
        "`promote` takes the environment with `--to`",
        "run `mlgit promote --dry-run --to prod`",
    ),
    "promote line": (
        "`promote` needs the environment, as `--to ENV`",
        "run `mlgit promote line --to prod` or `mlgit promote line --to staging`",
    ),
    "rollback prod -m x": (
        "`rollback` takes the environment with `--env`",
        "run `mlgit rollback -m x --env prod`",
    ),
    "rollback": (
        "`rollback` needs the environment, as `--env ENV`",
        "run `mlgit rollback --env prod -m REASON` or `mlgit rollback --env staging -m REASON`",
    ),
    "unassign prod": ("`unassign` takes the environment with `--env`", "run `mlgit unassign --env prod`"),
    "deploy prod": ("`deploy` takes the environment with `--env`", "run `mlgit deploy --env prod`"),
    "deploy": (
        "`deploy` needs the environment, as `--env ENV`",
        "run `mlgit deploy --env prod` or `mlgit deploy --env staging`",
    ),
    "promote other prod": ("There is no model `other`", "run `mlgit promote line --to prod`"),
    "promote other@v1.0.0 prod": (
        "There is no model `other`",
        "run `mlgit promote line@v1.0.0 --to prod`",
    ),
    "promote other prodd": ("There is no model `other`", "run `mlgit promote line --to prod`"),
    "promote line prodd": (
        "There is no environment `prodd` on origin/main",
        "run `mlgit promote line --to prod`",
    ),
    "promote other": (
        "There is no model `other`",
        "run `mlgit promote line --to prod` or `mlgit promote line --to staging`",
    ),
    "promote line live": (
        "There is no environment `live` on origin/main",
        "run `mlgit promote line --to prod` or `mlgit promote line --to staging`",
    ),
    "rollback other prod -m x": ("There is no model `other`", "run `mlgit rollback line -m x --env prod`"),
    "unassign other prod": ("There is no model `other`", "run `mlgit unassign line --env prod`"),
    "deploy other prod": ("There is no model `other`", "run `mlgit deploy line --env prod`"),
    "history prod": ("`prod` is an environment, not a model", "run `mlgit history --env prod`"),
    "release prod": ("There is no model `prod`, which is an environment", "there is only `line`"),
    "get": ("`get` needs a version or an environment", "run `mlgit get prod`, `mlgit get latest`"),
    "get -o out": (
        "`get` needs a version or an environment",
        "run `mlgit get prod -o out`, `mlgit get latest -o out`",
    ),
    "get line --env prod": ("`get` has no option `--env`", "run `mlgit get 'line#prod'`"),
    "get prod line -o out": ("`get` takes only `REF`, not `line`", "run `mlgit get 'line#prod' -o out`"),
    "show line --version v1.0.0": ("`show` has no option `--version`", "run `mlgit show line@v1.0.0`"),
    "show --env live": ("`show` has no option `--env`", "see `mlgit show --help`"),
    "promote --version v1.0.0": (
        "`promote` has no option `--version`",
        "run `mlgit promote v1.0.0 --to prod` or `mlgit promote v1.0.0 --to staging`",
    ),
    "deploy line v1.0.0 --env prod": (
        "`deploy` takes only `[MODEL]`, not `v1.0.0`",
        "see `mlgit deploy --help`",
    ),
    "get --repo x": ("`get` needs a version or an environment", "see `mlgit get --help`"),
}
TWO_MODELS = {
    "promote prod": (
        "`promote` takes the environment with `--to`",
        "run `mlgit promote area --to prod` or `mlgit promote line --to prod`",
    ),
    "deploy prod": ("`deploy` takes the environment with `--env`", "run `mlgit deploy --env prod`"),
    "deploy": (
        "`deploy` needs the environment, as `--env ENV`",
        "run `mlgit deploy --env prod` or `mlgit deploy --env staging`",
    ),
    "promote other prod": (
        "There is no model `other`",
        "run `mlgit promote area --to prod` or `mlgit promote line --to prod`",
    ),
    "get": (
        "`get` needs a version or an environment",
        "run `mlgit get 'line#prod'`, `mlgit get line@latest`",
    ),
}
SIX = TWO.replace(
    "json}}", "json}, " + ", ".join(f"m{n}: {{path: models/{n}.json}}" for n in range(4)) + "}", 1
)
MANY_MODELS = {
    "promote prod": (
        "`promote` takes the environment with `--to`",
        "name the model as well, for example `mlgit promote area --to prod`",
    ),
    "deploy prod": ("`deploy` takes the environment with `--env`", "run `mlgit deploy --env prod`"),
    "rollback": ("`rollback` needs the environment, as `--env ENV`", "add `--env staging` or `--env prod`"),
}


@pytest.fixture(scope="module")
def released(pipeline_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """Version v1.0.0 is in prod, and staging is empty."""
    project = pipeline.copy(pipeline_template, tmp_path_factory.mktemp("released") / "project")
    project.write("mlgit.yaml", RULES)
    project.commit("Rules")
    project.git("push", "-q")
    change(project, "release", "line")
    change(project, "promote", "line", "--to", "prod")
    return project


def error_of(project: Folder, command: str) -> tuple[str, str]:
    done = project.here(*shlex.split(command), "--json")
    error = done.json()["error"]
    return error["message"], error["hint"].replace(" --json", "")


@pytest.mark.parametrize("command", ONE_MODEL)
def test_a_hint_names_what_is_there(released: Folder, command: str) -> None:
    assert error_of(released, command) == ONE_MODEL[command]


@pytest.mark.parametrize(
    ("rules", "command", "error"),
    [(TWO, *each) for each in TWO_MODELS.items()] + [(SIX, *each) for each in MANY_MODELS.items()],
)
def test_with_several_models_a_hint_names_the_model(
    released: Folder, rules: str, command: str, error: tuple[str, str]
) -> None:
    released.write("mlgit.yaml", rules)
    try:
        assert error_of(released, command) == error
    finally:
        released.git("checkout", "-q", "mlgit.yaml")


@pytest.mark.parametrize("command", ["get", "get -o out", "history prod", "promote prod --dry-run"])
def test_what_a_hint_says_works(released: Folder, command: str) -> None:
    for each in re.findall(r"`mlgit ([^`]*)`", ONE_MODEL[command][1]):
        done = released.here(*shlex.split(each))
        assert done.status == Exit.DONE, done.err


def test_before_the_first_release_get_names_the_model_at_head(
    pipeline_template: Path, tmp_path: Path
) -> None:
    project = pipeline.copy(pipeline_template, tmp_path / "project")
    assert error_of(project, "get -o out") == (
        "`get` needs a version or an environment",
        "for the model at HEAD, run `mlgit get HEAD -o out`",
    )
    assert project.here("get", "HEAD", "-o", "out").status == Exit.DONE


def test_outside_a_repository_the_help_is_named(tmp_path: Path, released: Folder) -> None:
    done = released.here("-C", str(tmp_path), "promote", "prod")
    assert done.status == Exit.USAGE
    assert "see `mlgit promote --help`" in done.err


def test_a_deployment_is_offered_where_trunk_has_a_target_for_it(released: Folder) -> None:
    target = "deploy: {prod: {target: local, path: 'served/{model}'}}\n"
    released.write("mlgit.yaml", RULES + target)
    released.commit("Deploy")
    released.git("push", "-q")
    try:
        assert error_of(released, "deploy")[1] == "run `mlgit deploy --env prod`"
        assert error_of(released, "deploy staging")[1] == "run `mlgit deploy --env staging`"
    finally:
        released.git("reset", "-q", "--hard", "HEAD^")
        released.git("push", "-q", "--force")


def test_a_promotion_is_offered_first_where_it_needs_nothing_before(released: Folder) -> None:
    released.write("mlgit.yaml", RULES.replace("prod: {}", "prod: {from: staging}"))
    released.commit("From")
    released.git("push", "-q")
    try:
        _, hint = error_of(released, "promote line")
        assert hint == "run `mlgit promote line --to staging` or `mlgit promote line --to prod`"
        _, hint = error_of(released, "rollback")
        assert hint.startswith("run `mlgit rollback --env prod")
    finally:
        released.git("reset", "-q", "--hard", "HEAD^")
        released.git("push", "-q", "--force")
