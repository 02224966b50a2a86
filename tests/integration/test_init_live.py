"""Init where an environment already holds a version: a gate against that version."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from mlgit.adapters.config.loader import load
from mlgit.errors import Exit

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlgit.core.config.file import Gate
    from tests.support.shell import Folder


def init(folder: Folder, *options: str) -> dict[str, Any]:
    done = folder.here("init", "--json", *options)
    assert done.status == Exit.DONE, done.err
    record: dict[str, Any] = done.json()
    return record


def gates(folder: Folder) -> dict[str, Gate]:
    content = (folder / "mlgit.yaml").read_bytes()
    return dict(load(content, name="mlgit.yaml", cache_dir=None).gates)


def tag(folder: Folder, *names: str) -> None:
    """Annotated tags as GTO writes them."""
    for name in names:
        folder.git("tag", "-am", "x", name)
    folder.git("push", "-q", "--tags")


@pytest.fixture
def undeclared(project: Folder) -> Folder:
    """The project without any file of mlgit."""
    project.git("rm", "-q", "mlgit.yaml")
    project.commit("Forget mlgit")
    project.git("push", "-q")
    return project


@pytest.mark.parametrize(
    ("environments", "vs"),
    [
        (["prod"], "prod"),
        (["staging"], "staging"),
        (["staging", "prod", "dev"], "prod"),
        (["dev", "staging"], "staging"),
        (["canary", "staging"], "canary"),
        (["production", "live"], "production"),
        ([], None),
    ],
)
def test_the_gate_compares_with_the_environment_that_users_see(
    undeclared: Folder, environments: list[str], vs: str | None
) -> None:
    tag(undeclared, "line@v1.0.0", *(f"line#{name}#1" for name in environments))
    record = init(undeclared)
    assert not any("is a comment" in each for each in record["offers"])
    expected = ["r2-vs-base"] if vs is None else [f"r2-vs-{vs}", "r2-vs-base"]
    assert list(gates(undeclared)) == expected
    undeclared.commit("Adopt mlgit")
    undeclared.git("push", "-q")
    checked = undeclared.here("check", "--json").json()["verdict"]
    assert [each["outcome"] for each in checked["results"]] == ["pass"] * len(expected)


def test_environments_are_declared_in_the_order_of_a_promotion(undeclared: Folder) -> None:
    names = ("prod", "canary", "staging", "dev")
    tag(undeclared, "line@v1.0.0", *(f"line#{name}#1" for name in names))
    record = init(undeclared)
    found = [each["name"] for each in record["found"] if each["kind"] == "environment"]
    assert found == ["dev", "staging", "canary", "prod"]
    undeclared.commit("Adopt mlgit")
    undeclared.git("push", "-q")
    live = undeclared.here("status").out.partition("Branch")[0].split("\n")
    assert [each.removeprefix("Live").split()[0] for each in live if each.strip()] == found[::-1]


def test_the_new_gate_blocks_a_change_that_is_worse_than_the_version(undeclared: Folder) -> None:
    tag(undeclared, "line@v1.0.0", "line#prod#1")
    screen = undeclared.here("init").out
    assert "2 gates, 1 environment\n  r2-vs-prod  passes now\n  r2-vs-base  passes now\n" in screen
    undeclared.commit("Adopt mlgit")
    undeclared.git("push", "-q")
    undeclared.write("params.yaml", "train:\n  slope: 1.5\n")
    undeclared.dvc("repro", "-q")
    done = undeclared.here("check", "--json")
    results = {each["gate"]: each["outcome"] for each in done.json()["verdict"]["results"]}
    assert (done.status, results["r2-vs-prod"]) == (Exit.BLOCKED, "fail")


def test_a_version_that_mlgit_promoted_is_compared_with(staged: Folder) -> None:
    init(staged, "--force")
    assert list(gates(staged)) == ["r2-vs-staging", "r2-vs-base"]
    assert staged.here("check").status == Exit.DONE


def _empty_again(folder: Folder) -> None:
    tag(folder, "line#prod!#2")


def _hold_another_model(folder: Folder) -> None:
    tag(folder, "other@v1.0.0", "other#staging#1", "line#prod!#2")


def _reserve_the_name(folder: Folder) -> None:
    tag(folder, "line#release#1", "line#prod!#2")


@pytest.mark.parametrize("change", [_empty_again, _hold_another_model, _reserve_the_name])
def test_without_a_version_of_the_model_there_is_no_such_gate(
    undeclared: Folder, change: Callable[[Folder], None]
) -> None:
    tag(undeclared, "line@v1.0.0", "line#prod#1")
    change(undeclared)
    record = init(undeclared)
    assert [each["id"] for each in record["gates"]] == ["r2-vs-base"]


def _measure_nothing(folder: Folder) -> None:
    _release_then_restore(folder, "dvc.yaml", "    metrics:\n      - metrics/test.json: {cache: false}\n", "")


def _name_the_metric_otherwise(folder: Folder) -> None:
    _release_then_restore(folder, "src/evaluate.py", '"r2"', '"score"')


def _release_then_restore(folder: Folder, path: str, old: str, new: str) -> None:
    """Release v1.0.0 with a changed file, and undo the change."""
    before = (folder / path).read_text(encoding="utf-8")
    assert old in before
    folder.write(path, before.replace(old, new))
    folder.dvc("repro", "-q")
    if path == "dvc.yaml":
        folder.git("rm", "-q", "--cached", "metrics/test.json")
        folder.write("metrics/.gitignore", "/test.json\n")
    folder.commit("Measure otherwise")
    folder.git("push", "-q")
    tag(folder, "line@v1.0.0", "line#prod#1")
    (folder / "metrics" / "test.json").unlink()
    folder.git("revert", "--no-edit", "HEAD")
    folder.dvc("repro", "-q")
    folder.git("push", "-q")


def _release_from_a_branch(folder: Folder) -> None:
    folder.git("switch", "-q", "--detach")
    folder.write("README.md", "Not on main\n")
    folder.commit("Try something")
    tag(folder, "line@v1.0.0", "line#prod#1")
    folder.git("switch", "-q", "main")


def _be_worse(folder: Folder) -> None:
    tag(folder, "line@v1.0.0", "line#prod#1")
    folder.write("params.yaml", "train:\n  slope: 1.5\n")
    folder.dvc("repro", "-q")
    folder.commit("Worse")
    folder.git("push", "-q")


NEW = "would compare nothing now: `r2` is new: prod (line@v1.0.0) does not have it"


@pytest.mark.parametrize(
    ("before", "reason"),
    [
        (_measure_nothing, NEW),
        (_name_the_metric_otherwise, NEW),
        (_release_from_a_branch, "would block now: The tag `line#prod#1` does not count"),
        (_be_worse, "would block now: r2 0.945 → -1.75"),
    ],
)
def test_a_gate_that_compares_nothing_or_blocks_is_a_comment_with_the_reason(
    undeclared: Folder, before: Callable[[Folder], None], reason: str
) -> None:
    before(undeclared)
    record = init(undeclared)
    assert "r2-vs-prod" not in gates(undeclared)
    (line,) = (each for each in record["content"].splitlines() if each.startswith("  # r2-vs-prod: {"))
    assert f"}}  # {reason}" in line
    (offer,) = (each for each in record["offers"] if "`r2-vs-prod` is a comment" in each)
    assert f"because it {reason}" in offer


def test_numbers_that_are_not_on_this_machine_do_not_make_a_gate_active(undeclared: Folder) -> None:
    text = (undeclared / "dvc.yaml").read_text(encoding="utf-8")
    undeclared.write("dvc.yaml", text.replace("{cache: false}", "{cache: true}"))
    undeclared.git("rm", "-q", "--cached", "metrics/test.json")
    undeclared.dvc("repro", "-qf")
    undeclared.commit("Let DVC keep the metrics")
    tag(undeclared, "line@v1.0.0", "line#prod#1")
    undeclared.write("params.yaml", "train:\n  slope: 1.995\n")
    undeclared.dvc("repro", "-q")
    undeclared.commit("Better")
    keep = (undeclared / "metrics" / "test.json").read_bytes()
    shutil.rmtree(undeclared / ".dvc" / "cache")
    undeclared.write("metrics/test.json", keep.decode())
    record = init(undeclared)
    (offer,) = (each for each in record["offers"] if "`r2-vs-prod` is a comment" in each)
    assert "not" in offer


def test_each_of_two_models_has_a_gate_against_its_own_environment(undeclared: Folder) -> None:
    text = (undeclared / "dvc.yaml").read_text(encoding="utf-8").split("artifacts:")[0]
    undeclared.write(
        "dvc.yaml",
        text + "  other:\n    cmd: python other.py\n    deps: [other.py]\n    outs: [models/other.json]\n"
        "    metrics: [{metrics/other.json: {cache: false}}]\n"
        "artifacts:\n  line: {path: models/line.json, type: model}\n"
        "  other: {path: models/other.json, type: model}\n",
    )
    undeclared.write(
        "other.py",
        "open('models/other.json', 'w').write('1')\nopen('metrics/other.json', 'w').write('{\"r2\": 0.5}')\n",
    )
    undeclared.dvc("repro", "-q")
    undeclared.commit("Another model")
    tag(undeclared, "line@v1.0.0", "line#prod#1", "line#staging#1", "other@v1.0.0", "other#staging#1")
    init(undeclared)
    found = {name: (gate.vs, gate.models) for name, gate in gates(undeclared).items()}
    assert found == {
        "r2-line-vs-prod": ("prod", ("line",)),
        "r2-line-vs-base": ("base", ("line",)),
        "r2-other-vs-staging": ("staging", ("other",)),
        "r2-other-vs-base": ("base", ("other",)),
    }
    assert undeclared.here("check").status == Exit.DONE


@pytest.mark.parametrize(("declared", "vs"), [("prod: {}", "prod"), ("staging: {}", None), ("", None)])
def test_a_file_without_gates_gets_one_against_an_environment_that_it_declares(
    undeclared: Folder, declared: str, vs: str | None
) -> None:
    tag(undeclared, "line@v1.0.0", "line#prod#1")
    undeclared.write(
        "mlgit.yaml",
        "version: 1\nmodels:\n  line: {path: models/line.json}\nforeign_tags: allow\n"
        f"environments: {{{declared}}}\n",
    )
    undeclared.commit("Declare the model")
    undeclared.git("push", "-q")
    assert init(undeclared)["added"] is True
    assert list(gates(undeclared)) == ["r2-vs-base"] if vs is None else [f"r2-vs-{vs}", "r2-vs-base"]


def _without_tags(folder: Folder) -> None:
    folder.git("config", "remote.origin.tagOpt", "--no-tags")


def _cut_off(folder: Folder) -> None:
    folder.git("fetch", "-q", "--depth", "1", f"file://{folder.git('remote', 'get-url', 'origin')}")


@pytest.mark.parametrize("change", [_without_tags, _cut_off])
def test_a_clone_that_may_lack_tags_is_named_with_the_command_that_fetches_them(
    undeclared: Folder, change: Callable[[Folder], None]
) -> None:
    tag(undeclared, "line@v1.0.0", "line#prod#1")
    undeclared.git("tag", "-d", "line@v1.0.0", "line#prod#1")
    change(undeclared)
    (offer,) = (each for each in init(undeclared)["offers"] if "what tags hold is not known" in each)
    fetch, again = re.findall(r"`([^`]+)`", offer.partition("; run ")[2])
    undeclared.ok("sh", "-c", fetch)
    assert again == "mlgit init --force"
    offers = init(undeclared, "--force")["offers"]
    assert not any("what tags hold is not known" in each for each in offers)
    assert list(gates(undeclared)) == ["r2-vs-prod", "r2-vs-base"]


def test_a_gate_that_is_not_added_to_a_file_is_not_called_a_comment(undeclared: Folder) -> None:
    _be_worse(undeclared)
    undeclared.write(
        "mlgit.yaml",
        "version: 1\nmodels:\n  line: {path: models/line.json}\n"
        "foreign_tags: allow\nenvironments: {prod: {}}\n",
    )
    undeclared.commit("Declare the model")
    undeclared.git("push", "-q")
    record = init(undeclared)
    assert "r2-vs-prod" not in record["content"]
    assert any("`r2-vs-prod` is left out, because it would block now: " in each for each in record["offers"])
