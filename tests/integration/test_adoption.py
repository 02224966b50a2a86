"""Adoption: the change with the first `mlgit.yaml` names the tags that will not count after its merge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.support.shell import Folder

RULES = """\
version: 1
models: {line: {path: models/line.json}}
gates: {r2-vs-prod: {metric: r2, vs: prod, max_drop: 0.1}}
"""


@pytest.mark.parametrize(
    ("version", "settings", "named"),
    [
        ("v1.0.0", "environments: {prod: {}}\n", "foreign_tags: allow"),
        ("v1.0.0", "environments: {prod: {}}\nforeign_tags: allow\n", None),
        ("v1.0.0-rc.1", "environments: {prod: {}}\nforeign_tags: allow\n", "pre: true"),
        ("v1.0.0-rc.1", "environments: {prod: {pre: true}}\nforeign_tags: allow\n", None),
    ],
)
def test_tags_that_will_not_count_are_named_before_the_merge(
    project: Folder, version: str, settings: str, named: str | None
) -> None:
    project.git("rm", "-q", "mlgit.yaml")
    project.commit("Forget mlgit")
    project.git("tag", "-am", "x", f"line@{version}")
    project.git("tag", "-am", "x", "line#prod#1")
    project.git("push", "-q", "--follow-tags")
    project.write("mlgit.yaml", RULES + settings)
    project.commit("Adopt mlgit")

    found = project.here("check", "--json").json()["verdict"]
    notes = [each for each in found["notes"] if each["code"] == "tags_will_not_count"]
    assert [each["effect"] for each in notes] == ["warn"] * (named is not None)
    assert all(named in each["hint"] for each in notes if named is not None)

    project.git("push", "-q")
    after = project.here("check", "--json").json()["verdict"]
    assert [each for each in after["notes"] if each["code"] == "tags_will_not_count"] == []
    counts = after["results"][0]["outcome"] == "pass"
    assert counts == (named is None)


BOTH = "environments: {prod: {pre: true}}\nforeign_tags: allow\n"


@pytest.mark.parametrize(
    ("version", "settings", "named"),
    [
        ("v1.0.0", "environments: {prod: {pre: true}}\n", "foreign_tags: allow"),
        ("v1.0.0-rc.1", "environments: {prod: {}}\nforeign_tags: allow\n", "pre: true"),
        ("v1.0.0", "environments: {prod: {}}\nforeign_tags: allow\n", None),
    ],
)
def test_a_change_of_these_settings_names_the_tags_that_will_not_count(
    project: Folder, version: str, settings: str, named: str | None
) -> None:
    project.write("mlgit.yaml", RULES + BOTH)
    project.commit("Take tags of another tool")
    project.git("tag", "-am", "x", f"line@{version}")
    project.git("tag", "-am", "x", "line#prod#1")
    project.git("push", "-q", "--follow-tags")
    project.git("checkout", "-q", "-b", "topic")
    project.write("mlgit.yaml", RULES + settings)
    project.commit("Change the rules")

    found = project.here("check", "--json").json()["verdict"]
    notes = [each for each in found["notes"] if each["code"] == "tags_will_not_count"]
    assert [each["effect"] for each in notes] == ["warn"] * (named is not None)
    assert all("line#prod#1" in each["message"] and named in each["hint"] for each in notes if named)

    project.git("push", "-q", "origin", "topic:main")
    project.git("checkout", "-q", "-b", "later")
    after = project.here("check", "--json").json()["verdict"]
    assert (after["results"][0]["outcome"] == "pass") == (named is None)


def test_a_branch_from_before_the_settings_does_not_take_them_away(project: Folder) -> None:
    project.write("mlgit.yaml", RULES + "environments: {prod: {}}\n")
    project.commit("Have rules")
    project.git("checkout", "-q", "-b", "topic")
    project.write("mlgit.yaml", (RULES + "environments: {prod: {}}\n").replace("0.1", "0.05"))
    project.commit("Be stricter")
    project.git("checkout", "-q", "main")
    project.write("mlgit.yaml", RULES + BOTH)
    project.commit("Take tags of another tool")
    for tag in ("line@v1.0.0", "line#prod#1"):
        project.git("tag", "-am", "x", tag)
    project.git("push", "-q", "--follow-tags")
    project.git("checkout", "-q", "topic")
    found = project.here("check", "--json").json()["verdict"]
    assert "tags_will_not_count" not in {each["code"] for each in found["notes"]}
