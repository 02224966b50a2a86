"""Completeness: what a clone's configuration and tags say about what it may lack."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from mlgit.core.fetch_settings import Obstacle
from mlgit.core.registry.completeness import (
    CI_VARIABLES,
    KNOWN,
    NO_DOUBTS,
    UNMARKED,
    CloneFacts,
    Doubts,
    Known,
    Trust,
    compare_tags,
    deciding_tag,
    doubtful_environment,
    doubtful_release,
    in_ci,
    knows_tags,
    parse_listing,
    repair,
    target_of_fork,
)
from mlgit.core.registry.replay import replay
from mlgit.core.registry.semver import Version
from mlgit.core.registry.state import ModelState, Refusal
from tests.support.tags import fact

NEVER_TAGS = Obstacle("no_tags", "remote.origin.tagOpt", "it never fetches tags", "git config --unset …")
NARROW = Obstacle(
    "narrow", "remote.origin.fetch", "it fetches only some branches", "git remote set-branches …"
)
LIGHT = "it is lightweight"


@pytest.mark.parametrize(
    ("shallow", "hidden", "fetched"),
    list(product([False, True], [(), (NEVER_TAGS,), (NEVER_TAGS, NARROW)], [True, False])),
)
def test_a_clone_knows_its_tags_only_if_nothing_keeps_them_away(
    *, shallow: bool, hidden: tuple[Obstacle, ...], fetched: bool
) -> None:
    clone = CloneFacts(remote="origin", shallow=shallow, obstacles=hidden, fetched=fetched)
    found = knows_tags(clone)
    whole = not shallow and not hidden and fetched
    assert (found.known == "yes") is whole
    assert whole or (found.why or "").startswith("this clone may lack tags: ")
    assert all(each.why in (found.why or "") for each in hidden)
    first, *others = repair(clone).split(" && ")
    assert first == f"git fetch {'--unshallow ' if shallow else ''}--tags origin"
    assert others == [each.repair for each in hidden]


def test_a_setting_that_no_option_overrides_is_changed_before_the_fetch() -> None:
    clone = CloneFacts(remote="origin", obstacles=(NARROW, NARROW._replace(kind="hidden", repair="show")))
    assert repair(clone) == f"show && git fetch --tags origin && {NARROW.repair}"


def test_a_step_that_ends_two_obstacles_is_run_once() -> None:
    clone = CloneFacts(remote="origin", obstacles=(NARROW, NARROW))
    assert repair(clone) == f"git fetch --tags origin && {NARROW.repair}"


def test_without_a_remote_nothing_can_be_elsewhere() -> None:
    assert knows_tags(CloneFacts(remote=None, obstacles=(NARROW,), fetched=False)) == KNOWN
    cut = knows_tags(CloneFacts(remote=None, shallow=True))
    assert (cut.known, cut.repair) == ("no", "git fetch --unshallow --tags REMOTE")


@pytest.mark.parametrize("name", CI_VARIABLES)
@pytest.mark.parametrize(
    ("value", "found"),
    [("true", True), ("1", True), ("woodpecker", True), ("false", False), ("0", False), (" ", False)],
)
def test_any_variable_of_a_ci_that_is_true_makes_it_one(name: str, value: str, *, found: bool) -> None:
    assert in_ci({name: value, "HOME": "/root"}) is found
    assert not in_ci({"HOME": "/root"})


@pytest.mark.parametrize("name", CI_VARIABLES[1:])
@pytest.mark.parametrize(("value", "found"), [("false", False), ("0", False), ("", True), (" ", True)])
def test_a_machine_is_kept_out_of_ci_by_the_variable_of_all(name: str, value: str, *, found: bool) -> None:
    assert in_ci({name: "true", "CI": value}) is found


def test_trunk_is_named_by_the_last_step_of_a_repair() -> None:
    assert repair(CloneFacts(remote="up"), set_head=True).endswith("&& git remote set-head up --auto")


@pytest.mark.parametrize(
    ("model", "here", "there", "why"),
    [
        ("net", {}, {}, None),
        ("net", {"net@v1.0.0": "a"}, {"net@v1.0.0": "a"}, None),
        ("net", {"net@v1.0.0": "a", "net#prod#1": "b"}, {"net@v1.0.0": "a"}, None),
        ("net", {}, {"other@v1.0.0": "a", "v1.0.0": "c", "nightly": "d"}, None),
        (None, {}, {"other@v1.0.0": "a"}, "other@v1.0.0"),
        ("net", {}, {"net#prod#1": "a"}, "net#prod#1"),
        ("net", {"net#prod#1": "b"}, {"net#prod#1": "a"}, "here differs from the one in"),
    ],
)
def test_tags_here_must_be_those_that_the_remote_lists(
    model: str | None, here: dict[str, str], there: dict[str, str], why: str | None
) -> None:
    found = compare_tags(model, here=here, there=there, source="`origin`", repair="git fetch --tags origin")
    assert (found == KNOWN) is (why is None)
    assert (why or "") in (found.why or "")
    assert why is None or "git fetch --tags origin" in (found.repair or "")


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("", {}),
        ("1\trefs/tags/net@v1.0.0\n2\trefs/tags/net@v1.0.0^{}\n", {"net@v1.0.0": "1"}),
        ("1\tHEAD\n1\trefs/heads/main\n", {}),
        ("1\trefs/heads/main\n2\trefs/tags/net#prod#1\n", {"net#prod#1": "2"}),
        ("fatal: no such remote\n", None),
        ("1 refs/heads/main\n", None),
        ("\trefs/heads/main\n", None),
        ("From\trefs/heads/main\n", None),
        ("1\tmain\n", None),
        ("1\trefs/tags/net@v1.0.0\nfatal: the connection broke\n", None),
    ],
)
def test_a_listing_of_the_remote_is_parsed_or_refused(text: str, tags: dict[str, str] | None) -> None:
    assert parse_listing(text) == tags


def _state(counter: int) -> ModelState:
    return replay([fact(f"net#prod#{counter}", 1)] if counter else []).model("net")


@pytest.mark.parametrize(
    ("tag", "counter", "doubtful"),
    [
        ("net#prod#1", 0, True),
        ("net#prod#1", 1, True),
        ("net#prod!#2", 1, True),
        ("net#prod#1", 2, False),
        ("net#prod", 0, True),
        ("net#prod", 1, False),
        ("net#staging#9", 0, False),
        ("other#prod#9", 0, False),
        ("net@v1.0.0", 0, False),
        ("net@created", 0, False),
    ],
)
def test_a_newest_tag_that_does_not_count_leaves_an_environment_open(
    tag: str, counter: int, *, doubtful: bool
) -> None:
    found = doubtful_environment("net", "prod", state=_state(counter), ignored={tag: LIGHT})
    assert (found == tag) is doubtful


def test_without_a_model_the_tags_of_all_models_count() -> None:
    assert doubtful_environment(None, "prod", state=None, ignored={"any#prod#1": LIGHT}) == "any#prod#1"
    assert doubtful_release(None, latest=None, ignored={"any@v1.0.0": LIGHT}) == "any@v1.0.0"


@pytest.mark.parametrize(
    ("tag", "latest", "doubtful"),
    [
        ("net@v1.0.0", None, True),
        ("net@v1.0.0-rc.1", None, True),
        ("net@v1.1.0", "v1.0.0", True),
        ("net@v1.0.0!", "v1.0.0", True),
        ("net@v0.9.0", "v1.0.0", False),
        ("net@v2.0.0-rc.1", "v1.0.0", False),
        ("net@v2.0.0-rc.2", "v2.0.0-rc.1", True),
        ("net#prod#1", None, False),
        ("other@v9.0.0", "v1.0.0", False),
    ],
)
def test_a_newer_version_that_does_not_count_leaves_the_release_open(
    tag: str, latest: str | None, *, doubtful: bool
) -> None:
    version = None if latest is None else Version.parse(latest)
    assert (doubtful_release("net", latest=version, ignored={tag: LIGHT}) == tag) is doubtful


def test_an_environment_is_decided_by_the_tag_that_filled_or_emptied_it() -> None:
    model = replay([fact("m@v1.0.0", 1), fact("m#prod#1", 1), fact("m#old#2", 1), fact("m#old!#3", 1)]).model(
        "m"
    )
    deciding = {name: deciding_tag(model.environment(name)) for name in ("prod", "old", "never")}
    assert {name: None if tag is None else tag.tag for name, tag in deciding.items()} == {
        "prod": "m#prod#1",
        "old": "m#old!#3",
        "never": None,
    }


def test_what_counts_instead_is_what_commands_take() -> None:
    model = replay(
        [fact("m@v1.0.0", 1), fact("m@v2.0.0", 2), fact("m#prod#1", 1), fact("m#prod#2", 2)]
    ).model("m")
    shown = model.environment("prod")
    before = replay(each for each in model.facts if each.tag != "m#prod#2").model("m").environment("prod")
    doubtful = replace(before, doubt=Refusal(model.facts[-1], "it is forged"))
    assert UNMARKED.counts(shown) == "v2.0.0"
    assert UNMARKED.refused(shown) is None
    assert Trust(instead={"prod": before}).counts(shown) == "v1.0.0"
    assert Trust(instead={"prod": doubtful}).counts(shown) is None


def test_a_clone_without_anything_special_knows_its_tags() -> None:
    assert knows_tags(CloneFacts(remote="origin")) == KNOWN


def test_a_tag_without_a_number_leaves_an_unknown_model_open() -> None:
    assert doubtful_environment("m", "prod", state=None, ignored={"m#prod": LIGHT}) == "m#prod"


@pytest.mark.parametrize(
    ("ignored", "environment", "release"),
    [
        ({}, None, None),
        ({"m#prod#2": LIGHT}, "no", None),
        ({"m#prod#1": LIGHT, "other#prod#9": LIGHT}, None, None),
        ({"m@v1.1.0": LIGHT}, None, "no"),
        ({"m@v0.9.0": LIGHT}, None, None),
    ],
)
@pytest.mark.parametrize("clone", [KNOWN, Known(known="no", why="cut off")])
def test_a_doubt_is_a_clone_that_lacks_tags_or_a_newer_tag_that_does_not_count(
    ignored: dict[str, str], environment: str | None, release: str | None, clone: Known
) -> None:
    tags = [fact("m@v1.0.0", 1), fact("m#prod#2", 1, seconds=2)]
    state = replay([each for each in tags if each.tag not in ignored]).model("m")
    if "m#prod#2" in ignored:
        assert state.environment("prod").counter == 0
    doubts = Doubts(clone=clone, ignored=ignored)
    assert doubts.environment(state, "prod") == (environment or clone.known)
    assert doubts.release(state) == (release or clone.known)
    assert NO_DOUBTS.release(replay([]).model("m")) == "yes"


@pytest.mark.parametrize(
    ("more", "address"),
    [
        ({}, None),
        ({"CI_MERGE_REQUEST_PROJECT_PATH": "fork/tumor"}, None),
        ({"CI_MERGE_REQUEST_PROJECT_PATH": "acme/tumor"}, "/dev/null/acme/tumor.git"),
        (
            {
                "CI_MERGE_REQUEST_PROJECT_PATH": "acme/tumor",
                "CI_MERGE_REQUEST_PROJECT_URL": "https://x/acme/tumor",
            },
            "https://x/acme/tumor.git",
        ),
    ],
)
def test_a_pipeline_in_a_fork_never_asks_its_own_clone(more: dict[str, str], address: str | None) -> None:
    assert target_of_fork({"CI_PROJECT_PATH": "fork/tumor", **more}) == address
