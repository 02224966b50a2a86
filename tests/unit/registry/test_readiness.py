"""What no release or promotion could use after the merge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.core.config.file import CONFIG_FILE, WAIVERS_FILE, Config, Environment, Model
from mlgit.core.pipeline.stages import Output, Pipeline, Pointer, Stage
from mlgit.core.registry.readiness import (
    Files,
    KnownNames,
    Unready,
    command_of,
    kept_back,
    model_problem,
    refused_names,
    ungated_models,
    unread_files,
)
from tests.support.verdicts import absolute

if TYPE_CHECKING:
    from collections.abc import Callable

MADE = Pointer(md5="0" * 32)
FOLDER = Pointer(md5=f"{'1' * 32}.dir")


def pipeline(*outputs: Output) -> Pipeline:
    stage = Stage(address="train", name="train", file="dvc.yaml", wdir=".", cmd=("run",), outs=outputs)
    return Pipeline(stages=(stage,))


def output(path: str, pointer: Pointer | None = MADE, *, cached: bool = True, owner: str = "train") -> Output:
    return Output(path=path, owner=owner, pointer=pointer, cached=cached)


def problem(
    path: str | None, *outputs: Output, paths: tuple[str, ...] = (), members: tuple[str, ...] | None = None
) -> Callable[[], Unready | None]:
    """What asks for the problem; a table asks nothing while it is built."""
    files = Files(label="at 1a2b3c4", paths=paths, members=lambda _: members)
    return lambda: model_problem("net", path, pipeline(*outputs), files, line=3)


@pytest.mark.parametrize(
    "found",
    [
        problem("net.bin", output("net.bin")),
        problem("models/net.bin", output("models", FOLDER)),
        problem("models/net.bin", output("models", FOLDER), members=("net.bin",)),
        problem("models/deep", output("models", FOLDER), members=("deep/net.bin",)),
        problem("models", output("models/a.bin"), output("models/b.bin")),
        problem("models/", output("models/a.bin")),
        problem("net.bin", paths=("net.bin",)),
        problem("models", paths=("models/a.bin",)),
        problem("net.bin", output("net.bin", cached=False), paths=("net.bin",)),
    ],
)
def test_an_output_or_a_file_in_git_can_be_released(found: Callable[[], Unready | None]) -> None:
    assert found() is None


@pytest.mark.parametrize(
    ("outputs", "paths", "hint"),
    [
        ((), ("models/net.bin",), "did you mean `models/net.bin`?"),
        ((), ("models/net.bni.d/x", "modelz/net.bin"), "correct `path:`"),
        ((output("models/net.bin"),), (), "did you mean `models/net.bin`?"),
        ((output("models/net.bin")._replace(metric=True),), (), "correct `path:`"),
    ],
)
def test_an_output_or_a_file_of_that_name_or_folder_is_proposed_and_never_a_metric_file(
    outputs: tuple[Output, ...], paths: tuple[str, ...], hint: str
) -> None:
    found = problem("models/net.bni", *outputs, paths=paths)()
    assert found is not None
    assert (found.hint or "").startswith(hint)


@pytest.mark.parametrize(
    ("asked", "code", "severity", "message", "hint"),
    [
        (
            problem("gone.bin"),
            "model_not_found",
            "error",
            "`gone.bin` is neither a DVC output nor a file in Git at 1a2b3c4",
            "correct `path:`, or add the model with `dvc add` or `git add` and commit it",
        ),
        (
            problem("models/nett.bin", output("models/net.bin")),
            "model_not_found",
            "error",
            "`models/nett.bin` is neither a DVC output nor a file in Git at 1a2b3c4",
            "did you mean `models/net.bin`?",
        ),
        (
            problem("model/net.bin", paths=("models/net.bin", "models/other.bin")),
            "model_not_found",
            "error",
            "`model/net.bin` is neither a DVC output nor a file in Git at 1a2b3c4",
            "did you mean `models/net.bin`?",
        ),
        (
            problem("net.bin/a", output("net.bin")),
            "model_not_found",
            "error",
            "`net.bin` at 1a2b3c4 does",
            "",
        ),
        (problem("net", paths=("network/a.bin",)), "model_not_found", "error", "`net` is neither", "correct"),
        (
            problem("net.bin", output("net.bin", cached=False)),
            "model_not_found",
            "error",
            "(`cache: false`)",
            "",
        ),
        (
            problem("models/nett.bin", output("models", FOLDER), members=("net.bin",)),
            "model_not_found",
            "error",
            "`models` at 1a2b3c4 does not have `nett.bin`",
            "did you mean `net.bin`?",
        ),
        (
            problem("net.bin", output("net.bin", None)),
            "model_not_made",
            "warn",
            "but no content of it is recorded",
            "`mlgit run`",
        ),
        (
            problem("net.bin", output("net.bin", None, owner="net.bin.dvc")),
            "model_not_made",
            "warn",
            "but no content of it is recorded",
            "`dvc update net.bin.dvc`",
        ),
        (
            problem("models", output("models/a.bin"), output("models/b.bin", None)),
            "model_not_made",
            "warn",
            "`models/b.bin` is declared at 1a2b3c4",
            "",
        ),
        (problem("s3://bucket/net.bin"), "model_elsewhere", "info", "outside the repository", ""),
        (problem("/srv/net.bin"), "model_elsewhere", "info", "outside the repository", ""),
        (problem(None), "path_not_declared", "info", "No path is declared for `net`", "models: {net: {path"),
    ],
)
def test_what_no_one_could_fetch_is_not_ready(
    asked: Callable[[], Unready | None], code: str, severity: str, message: str, hint: str
) -> None:
    found = asked()
    assert found is not None
    assert (found.code, found.severity, found.subject, found.line) == (code, severity, "net", 3)
    assert message in found.message
    assert hint in (found.hint or "")


def names(config: Config, *, artifacts: tuple[str, ...] = (), tagged: KnownNames | None = None) -> list[str]:
    found = refused_names(
        config, artifacts=artifacts, tagged=lambda: tagged or KnownNames(models=(), environments=())
    )
    return [f"{each.line}: {each.subject} {each.severity} {each.hint}" for each in found]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("risk_score", "rename it to `risk-score` in `mlgit.yaml`"),
        ("Net", "rename it to `net` in `mlgit.yaml`"),
        ("a/b", "rename it to `a-b` in `mlgit.yaml`"),
        ("eu:Net", "rename it to `eu:net` in `mlgit.yaml`"),
        ("n" * 64, f"rename it to `{'n' * 63}` in `mlgit.yaml`"),
        ("___", "None"),
    ],
)
def test_the_name_of_a_new_model_is_checked(name: str, hint: str) -> None:
    config = Config(models={name: Model(name=name, path="m", line=3)})
    assert names(config) == [f"3: {name} error {hint}"]
    assert names(config, artifacts=(name,)) == []
    assert names(config, tagged=KnownNames(models=(name,), environments=())) == []
    assert names(config, tagged=KnownNames(models=(), environments=(name,))) != []


@pytest.mark.parametrize("name", ["net", "eu:net", "n2"])
def test_a_plain_name_needs_no_tag(name: str) -> None:
    def tagged() -> KnownNames:
        raise AssertionError

    config = Config(models={name: Model(name=name)}, environments={"prod": Environment(name="prod")})
    assert list(refused_names(config, artifacts=(), tagged=tagged)) == []


def test_the_name_of_a_new_environment_is_checked() -> None:
    config = Config(environments={"Staging": Environment(name="Staging", line=4)})
    assert names(config) == ["4: Staging error rename it to `staging` in `mlgit.yaml`"]
    assert names(config, tagged=KnownNames(models=(), environments=("Staging",))) == []
    assert names(config, tagged=KnownNames(models=("Staging",), environments=())) != []
    assert names(Config(environments={"latest": Environment(name="latest")})) != []


def test_names_in_dvc_yaml_only_warn_and_only_where_mlgit_yaml_declares_no_model() -> None:
    assert names(Config(), artifacts=("risk_score", "a b")) == ["None: a b warn None"]
    assert names(Config(models={"net": Model(name="net")}), artifacts=("a b",)) == []


def unread(*paths: str) -> list[tuple[str, str, str | None]]:
    found = unread_files(paths, config=CONFIG_FILE, waivers=WAIVERS_FILE)
    return [(each.subject, each.severity, each.hint) for each in found]


@pytest.mark.parametrize("path", ["mlgit.yml", ".mlgit.yaml", "MLGit.YAML", "sub/mlgit.yaml", "mlgit.json"])
def test_a_config_under_another_name_or_in_a_folder_is_not_read(path: str) -> None:
    assert unread("dvc.yaml", path) == [(path, "warn", f"run `git add {path} && git mv {path} mlgit.yaml`")]
    assert unread(path, "mlgit.yaml") == [(path, "info" if "/" in path else "warn", None)]


@pytest.mark.parametrize("path", ["waivers.yaml", ".mlgit/waivers.yml", ".mlgit/waiver.yaml"])
def test_waivers_under_another_name_are_not_read(path: str) -> None:
    assert unread(path) == [
        (path, "warn", f"run `mkdir -p .mlgit && git add {path} && git mv {path} .mlgit/waivers.yaml`")
    ]
    assert unread(path, ".mlgit/waivers.yaml") == [(path, "warn", None)]


def test_other_files_are_left_alone() -> None:
    paths = ("mlgit.yaml", ".mlgit/waivers.yaml", "docs/mlgit.md", "src/waivers.yaml", "mlgit/x.yaml")
    assert unread(*paths) == []


def test_a_command_to_paste_quotes_its_path() -> None:
    assert (
        unread("my dir/mlgit.yaml")[0][2]
        == "run `git add 'my dir/mlgit.yaml' && git mv 'my dir/mlgit.yaml' mlgit.yaml`"
    )


def test_a_declared_model_without_a_gate_is_found() -> None:
    config = Config(
        models={"a": Model(name="a", line=3), "b": Model(name="b", line=4)},
        gates={"floor": absolute(low="0", models=("a",))},
    )
    assert [(each.code, each.subject, each.line) for each in ungated_models(config)] == [("no_gates", "b", 4)]


@pytest.mark.parametrize(
    ("hint", "command"),
    [
        (None, None),
        ("run `git mv a b`", "git mv a b"),
        ("run `a`, commit, then release", "run `a`, commit, then release"),
        ("run `a`, or `b`", "run `a`, or `b`"),
        ("run `a` twice", "run `a` twice"),
        ("did you mean `a`?", "did you mean `a`?"),
    ],
)
def test_a_hint_that_is_only_a_command_can_be_run(hint: str | None, command: str | None) -> None:
    assert command_of(hint) == command


def test_a_model_that_dvc_does_not_push_is_named() -> None:
    found = kept_back("net", "models/", pipeline(output("models/net.bin")._replace(push=False)), line=3)
    assert found is not None
    assert (found.code, found.severity, found.subject, found.line) == ("model_kept_back", "info", "net", 3)
    assert found.message.startswith(
        "`models/net.bin` has `push: false`, so the DVC remote has no release of `net`"
    )
    assert kept_back("net", "models", pipeline(output("models/net.bin"))) is None
    assert kept_back("net", None, pipeline(output("other")._replace(push=False))) is None
