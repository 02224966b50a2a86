"""A change of a program that a deployment runs is named, also of one that its command does not name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from mlgit.core.config.file import Config, Deploy, Model
from mlgit.core.gates.unmeasured.deployed import program_notes
from tests.support.measured_data import places
from tests.unit.gates.test_setting_changes import command

if TYPE_CHECKING:
    from collections.abc import Mapping

PROD = "`mlgit deploy --env prod`"
MAKE = "ship: pack\n\tbash deploy/ship.sh\npack:\n\ttar c models\ntest:\n\tbash deploy/test.sh\n"


def config(*entries: Deploy) -> Config:
    models = {name: Model(name=name) for name in ("one", "two")}
    return Config(models=models, deploy={each.environment: each for each in entries})


def named(old: Config, new: Config, was: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """The notes of two configs with these files of Git."""
    changed = {path for path in {*was, *now} if was.get(path) != now.get(path)}
    notes = [*program_notes(old, new, (places({**was}), places({**now})), lambda: changed)]
    assert {each.code for each in notes} <= {"program_edited"}
    return [each.message for each in notes]


FILES = {"serve.sh": "a", "conf/a.yaml": "a", "other.sh": "a", "ship": "a"}


@pytest.mark.parametrize(
    ("edited", "expected"),
    [
        ((), []),
        (("other.sh",), []),
        (
            ("serve.sh",),
            [f"`serve.sh` was edited, and {PROD}, `mlgit deploy --env qa` run it after the merge"],
        ),
        (
            ("conf/a.yaml",),
            ["`conf/a.yaml` was edited, and `mlgit deploy --env qa` uses it after the merge"],
        ),
    ],
)
def test_what_a_command_names_is_named(edited: tuple[str, ...], expected: list[str]) -> None:
    known = command("prod", "./serve.sh", "{path}"), command("qa", "sh", "serve.sh")
    local = Deploy(environment="dir", target="local", keys={"path": "serve.sh"})
    now = known[0], command("qa", "sh", "serve.sh", "conf/a.yaml"), command("new", "sh", "other.sh"), local
    files = FILES | dict.fromkeys(edited, "b")
    assert named(config(*known, local), config(*now), FILES, files) == expected
    assert named(config(local), config(local), FILES, files) == []


@pytest.mark.parametrize(
    "words",
    [
        ("python", "tools/deploy.py"),
        ("./tools/deploy.py",),
        ("python", "-m", "tools.deploy"),
        ("bash", "-c", "cd / && python -m tools.deploy {path}"),
        ("bash", "-c", "python 'tools/deploy.py' --now"),
        ("run", "--with=tools/deploy.py"),
        ("run", "--with", "@tools/deploy.py"),
        ("bash", "-euc", "cd tools && python deploy.py"),
        ("tools/{environment}/{model}.sh",),
        ("make", "-C", "deploy", "ship"),
    ],
)
def test_a_program_is_named_however_a_command_runs_it(words: tuple[str, ...]) -> None:
    files = {
        "tools/deploy.py": "a",
        "tools/prod/two.sh": "python tools/deploy.py",
        "deploy/Makefile": "ship:\n\tpython ../tools/deploy.py\n",
    }
    both = config(command("prod", *words))
    found = named(both, both, files, files | {"tools/deploy.py": "b"})
    assert found == [f"`tools/deploy.py` was edited, and {PROD} runs it after the merge"]


@pytest.mark.parametrize("file", ["tools/deploy/__init__.py", "tools/deploy/__main__.py"])
def test_a_module_that_is_a_package_is_named(file: str) -> None:
    both = config(command("prod", "python", "-m", "tools.deploy"))
    assert named(both, both, {file: "a"}, {file: "b"})


AB = {"a/b.py": "import a.c", "a/c.py": "import d"}
NPM = {"package.json": '{"scripts": {"ship": "node ship.js"}}', "ship.js": "require('./lib')"}
REACHED = {
    "imported": ("python deploy.py", {"deploy.py": "from lib import send"}, "lib/send.py", "runs"),
    "imported by it": ("python -m a.b", AB, "d.py", "runs"),
    "sourced": ("./ship.sh", {"ship.sh": "source lib.sh"}, "lib.sh", "runs"),
    "sourced from here": ("./ship.sh", {"ship.sh": '. "$(dirname "$0")/lib.sh"'}, "lib.sh", "may run"),
    "by make": ("make ship", {"Makefile": MAKE}, "deploy/ship.sh", "runs"),
    "of another target": ("make ship", {"Makefile": MAKE}, "deploy/test.sh", ""),
    "by npm": ("npm run ship", NPM, "lib.js", "may run"),
    "of a text": ("bash -c", {"deploy/ship.sh": ". lib.sh"}, "deploy/lib.sh", "runs"),
    "by a script without an ending": ("./ship", {"ship": "#!/bin/sh\n. ./lib.sh"}, "lib.sh", "runs"),
    "by one of Python": ("x/ship", {"x/ship": "#!/usr/bin/env python3\nimport lib"}, "x/lib.py", "runs"),
    "by one of uv": (
        "x/ship",
        {"x/ship": "#!/usr/bin/env -S uv run --script\nimport lib"},
        "x/lib.py",
        "runs",
    ),
    "by data": ("cat ship", {"ship": ". ./lib.sh"}, "lib.sh", ""),
    "not run": ("python deploy.py", {"deploy.py": "import json"}, "lib/send.py", ""),
}


@pytest.mark.parametrize("case", REACHED)
def test_what_a_program_runs_is_named(case: str) -> None:
    text, files, path, verb = REACHED[case]
    more = ("cd deploy && ./ship.sh",) if case == "of a text" else ()
    both = config(command("prod", *text.split(), *more))
    found = named(both, both, {**files, path: "a = 1"}, {**files, path: "a = 2"})
    assert found == ([f"`{path}` was edited, and {PROD} {verb} it after the merge"] if verb else [])
    if path.endswith(".py") and verb:  # what is written for people does not count
        assert named(both, both, {**files, path: "a = 1"}, {**files, path: "a = 1  # one"}) == []


FOLDERS = {
    "kubectl apply -f k8s/": ("k8s/a.yaml", "k8s/b/c.yaml", "k8s/tool.py"),
    "kubectl apply -k ./k8s": ("k8s/a.yaml",),
    "kubectl apply -k .": ("kustomization.yaml",),
    "helm upgrade line ./chart": ("chart/values.yaml", "chart/templates/a.yaml"),
    "terraform -chdir=infra apply": ("infra/main.tf",),
    "terraform apply": ("main.tf",),
    "cat k8s/*.yaml": ("k8s/a.yaml",),
    "apply k8s/{environment}/": ("k8s/prod/a.yaml",),
    "docker build .": ("Dockerfile",),
    "docker compose up": ("compose.yaml", "docker-compose.prod.yml"),
    "databricks bundle deploy": ("databricks.yml",),
    "docker buildx bake": ("docker-bake.hcl",),
    "sam deploy": ("template.yaml", "samconfig.toml"),
    "bentoml deploy .": ("bentofile.yaml",),
}
NOT_USED = {
    "kubectl apply -f k8s/": ("k8s2/a.yaml", "k8s/README.md", "src/k8s.yaml", "k8s/.gitignore"),
    "docker build .": ("src/train.py", "params.yaml", "sub/Dockerfile"),
    "PYTHONPATH=src python -m tool": ("src/train.py",),
    "make -C ops ship": ("ops/notes.yaml",),
    "rsync models/ host": ("models/line.json.dvc", "models/dvc.lock"),
}


@pytest.mark.parametrize("command_text", FOLDERS)
def test_what_is_in_a_folder_or_of_a_pattern_that_the_command_names_is_named(command_text: str) -> None:
    both = config(command("prod", *command_text.split()))
    for path in FOLDERS[command_text]:
        use = "run" if path.endswith(("py", "Dockerfile")) else "use"
        is_, merge = f"and {PROD} may", "it after the merge"
        assert named(both, both, {path: "a"}, {path: "b"}) == [f"`{path}` was edited, {is_} {use} {merge}"]
        assert named(both, both, {}, {path: "b"}) == [f"`{path}` is new, {is_} {use} {merge}"]
        used = "run" if use == "run" else "used"
        assert named(both, both, {path: "a"}, {}) == [f"`{path}` is gone, {is_} have {used} it"]


@pytest.mark.parametrize("path", ["one/train.yaml", "prod/x.json"])
def test_the_name_of_a_model_or_environment_does_not_mean_a_folder(path: str) -> None:
    both = config(command("prod", "ops/deploy.sh", "{model}", "{environment}"))
    assert named(both, both, {path: "a"}, {path: "b"}) == []
    both = config(command("prod", "ops/deploy.sh", "one", "prod"))
    assert len(named(both, both, {path: "a"}, {path: "b"})) == 1


@pytest.mark.parametrize("command_text", NOT_USED)
def test_a_folder_that_a_command_only_works_in_is_not_meant(command_text: str) -> None:
    both = config(command("prod", *command_text.split()))
    for path in NOT_USED[command_text]:
        assert named(both, both, {path: "a"}, {path: "b"}) == []


def test_a_part_of_a_makefile_counts_if_the_command_runs_it() -> None:
    both = config(command("prod", "make", "ship"))
    edited = MAKE.replace("tar c", "tar cz")
    assert named(both, both, {"Makefile": MAKE}, {"Makefile": edited}) == [
        f"`Makefile` was edited, and {PROD} runs it after the merge"
    ]
    other = MAKE.replace("test.sh", "tests.sh")
    assert named(both, both, {"Makefile": MAKE}, {"Makefile": other}) == []


@pytest.mark.parametrize(
    ("words", "makefile", "used", "unused"),
    [
        (("make", "ship"), "ship:\n\tkubectl apply -f k8s/a.yaml\n", ("k8s/a.yaml",), ("k8s/b.yaml",)),
        (("make", "ship"), "ship:\n\tkubectl apply -f k8s/\n", ("k8s/a.yaml", "k8s/b.yaml"), ("ops/c.yaml",)),
        (("make", "ship"), "ship:\n\tcd ops && kubectl apply -f c.yaml\n", ("ops/c.yaml",), ("ops/d.yaml",)),
        (("make", "ship"), f"{MAKE}all:\n\tkubectl apply -f k8s/\n", (), ("k8s/a.yaml",)),
        (("bash", "-c", "cd ops && helm upgrade x ./chart"), "", ("ops/chart/v.yaml",), ("ops/v.yaml",)),
    ],
)
def test_what_the_lines_of_a_recipe_or_in_another_folder_name_is_named(
    words: tuple[str, ...], makefile: str, used: tuple[str, ...], unused: tuple[str, ...]
) -> None:
    both = config(command("prod", *words))
    for path in (*used, *unused):
        files = [{"Makefile": makefile, path: letter} for letter in "ab"]
        found = named(both, both, *files)
        assert [text.partition(" was edited")[0] for text in found] == [f"`{path}`"] * (path in used)


def test_what_an_overlay_is_made_of_is_named() -> None:
    both = config(command("prod", "kubectl", "apply", "-k", "k8s/overlays/prod"))
    files = {
        "k8s/overlays/prod/kustomization.yaml": "resources:\n  - ../../base\npatches:\n  - path: p.yaml\n",
        "k8s/base/kustomization.yaml": "resources:\n- a.yaml\n- ../more\n",
        "k8s/base/a.yaml": "a",
        "k8s/more/b.yaml": "a",
        "k8s/overlays/qa/c.yaml": "a",
    }
    for path in ("k8s/base/a.yaml", "k8s/more/b.yaml"):
        (text,) = named(both, both, files, files | {path: "b"})
        assert text == f"`{path}` was edited, and {PROD} may use it after the merge"
    assert named(both, both, files, files | {"k8s/overlays/qa/c.yaml": "b"}) == []


def test_what_comes_and_goes_is_named() -> None:
    both = config(command("prod", "./ship.sh"))
    was = {"ship.sh": ". a.sh", "a.sh": "a"}
    assert named(both, both, was, {"ship.sh": ". b.sh", "b.sh": "b"}) == [
        f"`ship.sh` was edited, and {PROD} runs it after the merge",
        f"`a.sh` is gone, and {PROD} ran it",
        f"`b.sh` is new, and {PROD} runs it after the merge",
    ]
    assert named(both, both, was, {"a.sh": "a"}) == [f"`ship.sh` is gone, and {PROD} ran it"]


def test_many_edits_do_not_hide_what_the_command_names() -> None:
    both = config(command("prod", "python", "zz.py"))
    others = {f"a{number:02}.py": "a" for number in range(20)}
    files = {"zz.py": "\n".join(f"import a{number:02}" for number in range(20)), **others}
    now = {path: f"{text}\nb" for path, text in files.items()}
    (text,) = named(both, both, files, now)
    assert text.startswith("`zz.py`, `a00.py`, ")
    assert text.endswith(f" and 9 more were edited, and {PROD} runs them after the merge")
