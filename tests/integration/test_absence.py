"""Nothing is called absent in a clone that cannot know it: kinds of clones, commands, and states of tags."""

from __future__ import annotations

import json
from itertools import product
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit
from tests.support.clone_kinds import CUT, STATES, WHOLE, build, cloned

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.shell import Folder

NOTHING = ("no version", "   none", "holds    nothing", "empty", "Nothing happened")
NEVER = ("first model", "No release", "no release", "Nothing of `net`", "tracks no outputs", "| new |")


@pytest.fixture(scope="module")
def origins(tmp_path_factory: pytest.TempPathFactory) -> Path:
    top = tmp_path_factory.mktemp("origins")
    build(top)
    return top


def _damage(clone: Folder) -> None:
    """Cut the files of tags off, as a crash does."""
    folder = clone.path / clone.git("rev-parse", "--git-common-dir")
    for tag in ("net@v1.0.0", "net#prod#1"):
        (folder / "refs" / "tags" / tag).write_text("")


def _expected(kind: str, state: str) -> set[str]:
    """The outcomes and reasons that are right."""
    if kind in CUT or state in {"lightweight", "damaged"}:
        return {"error:unknown_here"}
    if state == "none":
        return {"skipped:no_baseline"}
    # Whether another tool's tags count is another rule; nothing may pass because of them.
    return {"fail:max_drop_broken"} if state == "present" else {"fail:max_drop_broken", "error:unknown_here"}


def _require_no_false_words(kind: str, state: str, clone: Folder) -> None:
    """`models`, `status`, `show` and `history` do not call empty what they cannot know."""
    done = clone.here("models", "--json")
    if state == "damaged":
        assert done.status == Exit.TOOL
        return
    known = "no" if kind in CUT or state == "lightweight" else "yes"
    (model,) = done.json()["models"]
    assert {model["known"], *(each["known"] for each in model["environments"])} == {known}
    found = clone.here("status", "--json").json()
    assert found["models"][0]["known"] == known
    assert (found["tags_known"]["known"] == "no") is (kind in CUT)
    assert found["next"] is None or "release" not in found["next"]["command"] or known == "yes"
    if known == "no":
        for argv in (("models",), ("status",), ("show", "net"), ("show", "net#prod")):
            done = clone.here(*argv)
            assert any(word in done.out + done.err for word in ("not known", "unknown", "?")), argv
            assert [words for words in NOTHING if words in done.out] == [], argv
        _require_refusals(clone)


def _require_refusals(clone: Folder) -> None:
    """What compares or fetches does not take an environment or the latest version from what may be old."""
    for text in ("net#prod", "net@latest"):
        for argv in (["diff", text], ["get", text], ["report", "--base", text]):
            done = clone.here(*argv)
            assert done.status in ({Exit.STATE} if argv[0] == "diff" else {Exit.STATE, Exit.BLOCKED}), argv
            reasons = ("not known", "does not count", "It is not known which branch")
            assert any(words in done.err for words in reasons), argv
            assert any(way in done.err for way in ("`git ", "`mlgit ", "`foreign_tags: allow`")), argv


@pytest.fixture(params=list(product((*WHOLE, *CUT), STATES)), ids="-".join)
def case(request: pytest.FixtureRequest, origins: Path, tmp_path: Path) -> tuple[str, str, Folder]:
    kind, state = request.param
    clone = cloned(origins, tmp_path, kind, state)
    if state == "damaged":
        _damage(clone)
    return kind, state, clone


def test_a_worse_model_passes_only_where_it_is_known_that_nothing_is_there(
    case: tuple[str, str, Folder],
) -> None:
    kind, state, clone = case
    done = clone.here("check", "--json")
    verdict = json.loads(done.out)["verdict"]
    for result in verdict["results"]:
        found = f"{result['outcome']}:{result['reason']}"
        assert found in _expected(kind, state), result
        assert result["outcome"] != "error" or "`" in result["hint"]
    first = kind in WHOLE and state == "none"
    assert verdict["first_model"] is first
    assert done.status == (Exit.DONE if first else Exit.BLOCKED)
    _require_no_false_words(kind, state, clone)
    report = clone.here("report", "--format", "markdown")
    assert report.status == done.status
    if not first:
        assert [words for words in NEVER if words in report.out] == []
