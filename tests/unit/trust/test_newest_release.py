"""The newest release: which tags leave it open, and what ends that."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from mlgit.core.config.file import Environment
from mlgit.core.registry.completeness import Doubts
from mlgit.core.registry.replay import replay
from mlgit.core.registry.state import Refusal
from mlgit.core.release.promotion import choose_version, require_version
from mlgit.core.trust.newest_release import doubtful_refusal
from mlgit.errors import MlgitError
from tests.support.tags import fact
from tests.unit.trust.test_accept import V1, V2, ask, moved, rejection, release

if TYPE_CHECKING:
    from mlgit.core.registry.state import TagFact


@pytest.mark.parametrize(
    ("refused", "latest", "doubt"),
    [
        ((), "net@v1.0.0", None),
        (("net@v1.1.0",), "net@v1.0.0", "net@v1.1.0"),
        (("net@v0.9.0",), "net@v1.0.0", None),
        (("net@v2.0.0-rc.1",), "net@v1.0.0", None),
        (("net@v1.0.0!",), "net@v1.0.0", None),
        (("net@v1.0.0!#2", "net#prod#1", "net@deprecated"), "net@v1.0.0", None),
        (("net@v1.0.0#2",), "net@v1.0.0", None),
        (("net@v1.1.0#2",), "net@v1.0.0", "net@v1.1.0#2"),
        (("net@v1.0.0",), None, "net@v1.0.0"),
    ],
)
def test_a_newer_release_that_is_refused_leaves_the_newest_one_open(
    refused: tuple[str, ...], latest: str | None, doubt: str | None
) -> None:
    state = replay([] if latest is None else [fact(latest, 1)]).model("net")
    state = replace(state, refused=tuple(Refusal(fact(tag, 2), "it was moved") for tag in refused))
    found = doubtful_refusal(state)
    assert (None if found is None else found.fact.tag) == doubt


V3 = release("m@v3.0.0", 3)
RC = release("m@v3.0.0-rc.1", 3)


def named(tag: str, version: TagFact, action: str = "promote") -> TagFact:
    """The tag of an environment that names a release, as readers that only show see it, too."""
    at = int(version.commit, 16)
    found = moved(tag, at, version, action=action)  # type: ignore[arg-type]
    return found._replace(release=version.oid)


@pytest.mark.parametrize(
    ("tags", "doubt"),
    [
        ((V1, V2, named("m#prod#1", V2)), None),
        ((V1, named("m#prod#1", V2)), "m#prod#1"),
        ((V1, named("m#prod#1", V2), named("m#prod!#2", V2, "unassign")), "m#prod#1"),
        ((V1, named("m#prod#1", V2), named("m#prod#2", V1)), "m#prod#1"),
        ((V1, V3, named("m#prod#1", V2)), None),
        ((V1, named("m#prod#1", RC)), None),
        ((RC, named("m#prod#1", V2)), "m#prod#1"),
        ((named("m#prod#1", V2),), "m#prod#1"),
        ((V1, V2, rejection(V2), named("m#prod#1", V2)), None),
        ((V1, named("m#prod#1", V2), named("m#dev#7", V3)), "m#dev#7"),
    ],
    ids=[
        *("it is there", "it is lost", "it left", "it was replaced", "a higher one", "a pre-release"),
        *("only a pre-release is there", "nothing is there", "it is rejected", "two are lost"),
    ],
)
def test_a_release_that_only_environments_name_leaves_the_newest_one_open(
    tags: tuple[TagFact, ...], doubt: str | None
) -> None:
    state = ask(*tags)
    found = doubtful_refusal(state)
    assert (None if found is None else found.fact.tag) == doubt
    assert Doubts().release(replay(tags).model("m")) == ("yes" if doubt is None else "no")
    if found is None:
        return
    assert found.why.startswith("it names the release `m@v")
    needed = f"if no one needs `{doubt}`, `git tag -d '{doubt}'` deletes it"
    assert (found.advice or "").endswith(f"puts it back; {needed}")
    with pytest.raises(MlgitError, match="it names the release"):
        require_version(state, "latest")
    with pytest.raises(MlgitError, match="it names the release"):
        choose_version(state, Environment(name="prod"), None)
    if V1 in tags:
        assert choose_version(state, Environment(name="prod"), "v1.0.0").version == V1.name.version
