"""Every reader of tags with every kind of tag that should not count, and the right result for each kind."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from mlgit.core.registry.message import parse_message, write_message
from mlgit.core.registry.statement import EnvironmentStatement, TagPointer
from mlgit.errors import Exit
from tests.integration.test_refused_tags import plant
from tests.support.checks import check, results, train
from tests.support.registry import change

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.shell import Done, Folder

TAG = "line#staging#2"
GATES = """\
gates:
  drop: {metric: r2, vs: staging, max_drop: 0.01}
"""
DEPLOY = """\
deploy:
  staging: {target: local, path: "/srv/{model}"}
"""


def state(folder: Folder, at: str, release: str, **fields: Any) -> None:  # noqa: ANN401 (any field)
    """Push the tag with a statement like that of the assignment before, apart from some fields."""
    first = parse_message(folder.git("cat-file", "tag", "line#staging#1").partition("\n\n")[2] + "\n")
    assert isinstance(first, EnvironmentStatement)
    pointer = TagPointer(tag=release, oid=folder.git("rev-parse", f"refs/tags/{release}"))
    values = {"sequence": 2, "version": release.partition("@")[2], "policy": folder.git("rev-parse", "main")}
    statement = replace(first, release=pointer, **{**values, **fields})
    file = folder.write(".git/message", write_message("Move", "", statement))
    folder.git("tag", "-a", "--cleanup=verbatim", "-F", str(file), TAG, at)
    folder.git("push", "-q", "origin", f"refs/tags/{TAG}")


def lightweight(folder: Folder) -> None:
    folder.git("tag", TAG, "line@v1.0.1^{}")
    folder.git("push", "-q", "origin", f"refs/tags/{TAG}")


def off_trunk(folder: Folder) -> None:
    plant(folder, "line@v9.0.0", "topic")
    state(folder, "topic", "line@v9.0.0")


def moved(folder: Folder) -> None:
    change(folder, "promote", "line@v1.0.1", "--to", "staging")
    plant(folder, "line@v1.0.1", "line@v1.0.0^{}")


def half(folder: Folder) -> None:
    change(folder, "promote", "line@v1.0.1", "--to", "staging")
    folder.git("push", "-q", "origin", f":refs/tags/{TAG}")
    folder.git("tag", "-d", TAG)


KINDS: dict[str, Callable[[Folder], None]] = {
    "lightweight": lightweight,
    "no statement": lambda folder: plant(folder, TAG, "line@v1.0.1^{}"),
    "foreign statement": lambda folder: state(folder, "line@v1.0.1^{}", "line@v1.0.1", environment="prod"),
    "wrong commit": lambda folder: state(folder, "line@v1.0.0^{}", "line@v1.0.1"),
    "wrong version": lambda folder: state(folder, "line@v1.0.1^{}", "line@v1.0.1", version="v1.0.0"),
    "no outcomes": lambda folder: state(folder, "line@v1.0.1^{}", "line@v1.0.1", gates=()),
    "off trunk": off_trunk,
    "moved": moved,
    "half": half,
}
STAYS = ("no statement",)
"""Nothing follows from a tag without a statement: the environment stays as it was."""
UNREAD = ("lightweight", "half")
"""What the newest tag was to do cannot be read, so that nothing is built on it."""


@pytest.fixture
def repository(staged: Folder) -> Folder:
    """v1.0.0 in staging, v1.0.1 on trunk, rules that compare and deploy, and a worse model on a branch."""
    text = (staged / "mlgit.yaml").read_text()
    staged.write("mlgit.yaml", text.replace("gates:\n", GATES) + DEPLOY)
    staged.commit("Compare and deploy")
    staged.git("push", "-q")
    change(staged, "release", "line", "--force")
    staged.git("checkout", "-q", "-b", "topic")
    train(staged, "1.985")
    staged.commit("Worse")
    return staged


def refuses(done: Done, status: int = Exit.STATE) -> None:
    """The command ends with that code, and names a tag and a way on."""
    assert done.status == status, done.out + done.err
    assert "line#staging" in done.err
    assert "hint: " in done.err


def acts(done: Done, *, unknown: bool) -> None:
    if unknown:
        refuses(done)
    else:
        assert done.status == Exit.DONE, done.err
        assert done.json()["version"] == "v1.0.0"


def in_staging(model: Any) -> Any:  # noqa: ANN401 (it is JSON)
    (entry,) = [each for each in model["environments"] if each["environment"] == "staging"]
    return entry


def is_marked(entry: Any, *, unknown: bool) -> bool:  # noqa: ANN401 (it is JSON)
    """Whether an entry says that the newest tag does not count, and what counts instead."""
    if entry["known"] == "no":
        return unknown
    counts = None if unknown else "v1.0.0"
    return entry["refused"] is not None and entry["counts"] == counts


@pytest.mark.parametrize("kind", KINDS)
def test_those_that_act_refuse(repository: Folder, kind: str) -> None:
    KINDS[kind](repository)
    unknown = kind not in STAYS
    here = repository.here
    acts(here("get", "line#staging", "-o", "out", "--json"), unknown=unknown)
    deployed = here("deploy", "--env", "staging", "--dry-run", "--json")
    if unknown:
        refuses(deployed)
        refuses(here("promote", "line", "--to", "prod"))
    else:
        assert deployed.json()["deployments"][0]["version"] == "v1.0.0"
        assert change(repository, "promote", "line", "--to", "prod", "--dry-run")["version"] == "v1.0.0"
    back = here("rollback", "line", "--env", "staging", "-m", "Worse", "--dry-run", "--json")
    if kind in UNREAD:
        refuses(back)
    elif unknown and back.status == Exit.DONE:
        assert back.json()["version"] == "v1.0.0"
    else:
        assert back.status == Exit.STATE
    proven = here("ci", "tag", "--", TAG)
    assert proven.status in {Exit.BLOCKED, Exit.STATE}, proven.out
    assert "Verified" not in proven.out


@pytest.mark.parametrize("kind", KINDS)
def test_those_that_compare_say_that_they_do_not_know(repository: Folder, kind: str) -> None:
    KINDS[kind](repository)
    outcome = ("fail", "max_drop_broken") if kind in STAYS else ("error", "unknown_here")
    assert results(check(repository, status=Exit.BLOCKED))["line/drop"][:2] == outcome
    for argv in (["diff", "line#staging"], ["report", "--base", "line#staging"]):
        done = repository.here(*argv)
        if kind not in STAYS:
            refuses(done)
        else:
            assert done.status in {Exit.DONE, Exit.BLOCKED}, done.err
            assert "v1.0.0" in done.out
            assert "v1.0.1" not in done.out


@pytest.mark.parametrize("kind", KINDS)
def test_those_that_show_mark_it(repository: Folder, kind: str) -> None:
    KINDS[kind](repository)
    unknown = kind not in STAYS
    for argv in (("models",), ("status",), ("show", "line"), ("show", "line#staging")):
        record = repository.here(*argv, "--json").json()
        entry = in_staging(record["model"] if argv[0] == "show" else record["models"][0])
        assert is_marked(entry, unknown=unknown), (argv, entry)
    events = repository.here("history", "line", "--json").json()["events"]
    assert [each["tag"] for each in events if each["tag"] == TAG and each["refused"] is None] == []
    shown = repository.here("show", "line#staging")
    assert "not known" in shown.out + shown.err or "does not count" in shown.out


def test_what_was_verified_is_asked_again_when_trunk_goes_back(repository: Folder) -> None:
    """It is kept that all tags counted; trunk without their commits makes them count no more."""
    repository.git("checkout", "-q", "main")
    repository.git("commit", "-q", "--allow-empty", "-m", "The same rules")
    repository.git("push", "-q")
    repository.dvc("checkout", "-q")
    change(repository, "release", "line", "--force")
    change(repository, "promote", "line@v1.0.2", "--to", "staging")
    for _ in range(2):
        (model,) = repository.here("models", "--json").json()["models"]
        assert in_staging(model)["refused"] is None
    assert (repository / ".git/mlgit/verified").is_file()
    repository.git("push", "-q", "-f", "origin", "line@v1.0.1^{}:main")
    repository.git("reset", "-q", "--hard", "line@v1.0.1^{}")
    (model,) = repository.here("models", "--json").json()["models"]
    assert "is not on origin/main" in in_staging(model)["refused"]


def test_a_model_that_a_run_does_not_verify_is_named(
    repository: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where other models have the turns of a run, a tag that does not count may be shown as live."""
    KINDS["no outcomes"](repository)
    monkeypatch.setattr("mlgit.project.trust.verified._AT_ONCE", 0)
    sentence = "? not all tags of `line` were checked in this run; `mlgit models line` checks them"
    for argv in (("models",), ("status",)):
        assert sentence in " ".join(repository.here(*argv).out.split()), argv
        (model,) = repository.here(*argv, "--json").json()["models"]
        assert not model["verified"]
    assert "1 model not verified" in repository.here("status", "--short").out
    monkeypatch.undo()
    (model,) = repository.here("models", "line", "--json").json()["models"]
    assert (model["verified"], in_staging(model)["counts"]) == (True, None)


@pytest.mark.parametrize("kind", KINDS)
def test_a_release_compares_with_the_newest_release_or_does_not_know_it(
    repository: Folder, kind: str
) -> None:
    repository.git("checkout", "-q", "main")
    repository.dvc("checkout", "-q")
    repository.write("README.md", "more\n")
    repository.commit("Go on")
    repository.git("push", "-q")
    KINDS[kind](repository)
    done = repository.here("release", "line", "--force", "--dry-run", "--json")
    if done.status == Exit.DONE:
        assert kind != "moved"
        assert done.json()["version"] == ("v9.0.1" if kind == "off trunk" else "v1.0.2")
    else:
        assert "does not count" in done.err, done.err


def test_a_promotion_does_not_blame_the_release_for_a_tag_that_came_after_it(repository: Folder) -> None:
    state(repository, "line@v1.0.1^{}", "line@v1.0.1", gates=())
    done = repository.here("promote", "line@v1.0.1", "--to", "staging")
    assert done.status == Exit.BLOCKED
    assert "The gates block the promotion to `staging` of `line`" in done.err
    assert f"`{TAG}` does not count: it states no outcome of `drop`" in done.err
    assert "not here" not in done.err
    assert "keeps" not in done.err  # what is there is not known


def idle_after_lightweight(folder: Folder) -> None:
    """A lightweight tag, and after it an unassignment that takes out what was not there."""
    lightweight(folder)
    first = parse_message(folder.git("cat-file", "tag", "line#staging#1").partition("\n\n")[2] + "\n")
    assert isinstance(first, EnvironmentStatement)
    statement = replace(first, sequence=3, version="v1.0.1", action="unassign", release=None)
    file = folder.write(".git/message", write_message("Move", "", statement))
    folder.git("tag", "-a", "--cleanup=verbatim", "-F", str(file), "line#staging!#3", "line@v1.0.1^{}")
    folder.git("push", "-q", "origin", "refs/tags/line#staging!#3")


def half_of_another_name(folder: Folder) -> None:
    """The first half of a promotion, whose object was made for another name."""
    text = folder.git("cat-file", "tag", "line#staging#1").replace('"sequence":"1"', '"sequence":"2"')
    oid = folder.git("hash-object", "-t", "tag", "-w", str(folder.write(".git/object", f"{text}\n"))).strip()
    folder.git("update-ref", "refs/tags/line#staging!#2", oid)
    folder.git("push", "-q", "origin", "refs/tags/line#staging!#2")


@pytest.mark.parametrize(("kind", "known"), [(idle_after_lightweight, False), (half_of_another_name, True)])
def test_those_that_show_know_what_those_that_act_know(
    repository: Folder, kind: Callable[[Folder], None], *, known: bool
) -> None:
    kind(repository)
    got = repository.here("get", "line#staging", "-o", "out")
    assert (got.status == Exit.DONE) is known, got.err
    for argv in (("models",), ("status",), ("show", "line"), ("show", "line#staging")):
        record = repository.here(*argv, "--json").json()
        entry = in_staging(record["model"] if argv[0] == "show" else record["models"][0])
        assert (entry["known"], entry["refused"]) == ("yes" if known else "no", None), argv


def test_a_promotion_is_of_the_highest_version_of_its_commit_that_counts(empty_repository: Folder) -> None:
    folder = empty_repository
    rules = "version: 1\nforeign_tags: allow\nmodels: {net: {path: net.bin}}\nenvironments: {prod: {}}\n"
    folder.write("mlgit.yaml", rules)
    folder.write("net.bin", "one")
    folder.commit("Start")
    for tag in ("net@v1.0.0", "net#prod#1"):
        folder.git("tag", "-a", tag, "-m", "By another tool")
    folder.git("update-ref", "refs/tags/net@v2.0.0", folder.git("rev-parse", "refs/tags/net@v1.0.0").strip())
    (model,) = folder.here("models", "--json").json()["models"]
    events = folder.here("history", "--json").json()["events"]
    held = folder.here("history", "--at", "2099-01-01", "--json").json()["held"]
    shown = folder.here("show", "net#prod", "--json").json()
    got = folder.here("get", "net#prod", "--json", "-o", "out").json()
    assert {
        model["environments"][0]["version"],
        next(each["label"] for each in events if each["environment"] == "prod"),
        held[0]["label"],
        shown["version"]["version"],
        got["version"],
    } == {"v1.0.0"}
