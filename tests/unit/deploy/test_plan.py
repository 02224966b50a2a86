"""Plan: the action follows from the state of the folder, and is right after every crash."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgit.core.deploy.deployment import DeployedFile, Desired
from mlgit.core.deploy.journal import Entry, Journal, entry, read_journal, write_entry
from mlgit.core.deploy.manifest import Manifest, manifest_of
from mlgit.core.deploy.plan import Plan, ReleaseFolder, TargetState, plan, staged_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlgit.core.deploy.deployment import Step

FILE = DeployedFile(path="line.json", sha256="a" * 64, size_bytes=1)


def wanted(version: int, sequence: int = 1) -> Desired:
    return Desired(
        model="line",
        environment="prod",
        tag=f"line#prod#{sequence}",
        oid=f"{sequence:06x}{version:06x}".ljust(40, "0"),
        sequence=sequence,
        action="promote",
        commit=f"{version:040x}",
        version=f"v{version}.0.0",
        release_tag=f"line@v{version}.0.0",
        release_oid=f"{version + 100:040x}",
    )


def kept(version: int, *, name: str | None = None, sound: bool = True) -> ReleaseFolder:
    return ReleaseFolder(
        name=name or f"v{version}.0.0", manifest=manifest_of(wanted(version), [FILE]), sound=sound
    )


def entries(desired: Desired, *steps: str, release: str | None = None) -> list[Entry]:
    name = release or f"{desired.version}"
    return [
        entry(desired, step, at="2026-05-03T12:00:00Z", release=name, before=None)  # type: ignore[arg-type]
        for step in steps
    ]


def state(
    current: str | None, *releases: ReleaseFolder, journal: list[Entry], more: frozenset[str] = frozenset()
) -> TargetState:
    return TargetState(
        current=current,
        releases=releases,
        taken=frozenset(each.name for each in releases) | more,
        journal=Journal(entries=tuple(journal)),
    )


ONE, TWO = wanted(1, 1), wanted(2, 2)
DONE_ONE, DONE_TWO = entries(ONE, "intent", "switched", "done"), entries(TWO, "intent", "switched", "done")


def test_an_empty_target_gets_its_first_release() -> None:
    found = plan(ONE, TargetState(), keep=3)
    assert found == Plan(action="fetch", release="v1.0.0")
    assert found.steps == ("intent", "fetched", "verified", "switched", "done")


def test_a_served_and_recorded_release_needs_nothing() -> None:
    found = plan(ONE, state("v1.0.0", kept(1), journal=DONE_ONE), keep=3)
    assert (found.action, found.steps) == ("already", ())


def test_a_release_that_is_served_under_another_tag_is_recorded() -> None:
    again = wanted(1, 5)
    assert plan(again, state("v1.0.0", kept(1), journal=DONE_ONE), keep=3).steps == ("done",)


def test_a_whole_kept_release_is_served_again() -> None:
    back = wanted(1, 3)
    found = plan(back, state("v2.0.0", kept(1), kept(2), journal=DONE_ONE + DONE_TWO), keep=3)
    assert (found.action, found.release, found.before) == ("switch", "v1.0.0", "v2.0.0")


def test_a_damaged_kept_release_is_fetched_under_another_name_and_removed() -> None:
    back = wanted(1, 3)
    target = state("v2.0.0", kept(1, sound=False), kept(2), journal=DONE_ONE + DONE_TWO)
    found = plan(back, target, keep=9)
    assert (found.action, found.release, found.remove) == ("fetch", "v1.0.0~2", ("v1.0.0",))


def test_a_damaged_served_release_stays_until_the_next_one() -> None:
    found = plan(ONE, state("v1.0.0", kept(1, sound=False), journal=DONE_ONE), keep=1)
    assert (found.action, found.release, found.remove) == ("fetch", "v1.0.0~2", ())


def test_a_name_that_is_taken_gets_a_number() -> None:
    taken = frozenset({"v1.0.0", "v1.0.0~2"})
    assert plan(ONE, TargetState(taken=taken), keep=3).release == "v1.0.0~3"


def test_a_commit_that_is_not_a_version_is_named_by_its_id() -> None:
    bare = replace(ONE, version=None, release_tag=None, release_oid=None)
    assert plan(bare, TargetState(), keep=3).release == ONE.commit


@pytest.mark.parametrize("last", ["switched", "done"])
def test_a_later_switch_supersedes(last: str) -> None:
    journal = DONE_ONE + entries(TWO, "intent", last)
    found = plan(ONE, state("v2.0.0", kept(1), kept(2), journal=journal), keep=3)
    assert (found.action, found.superseded_by, found.steps) == ("superseded", "line#prod#2", ())


def test_a_later_deployment_that_never_switched_does_not_supersede() -> None:
    journal = DONE_ONE + entries(TWO, "intent", "failed")
    assert plan(ONE, state("v1.0.0", kept(1), journal=journal), keep=3).action == "already"


def test_the_same_sequence_with_another_object_is_deployed() -> None:
    moved = replace(wanted(2, 1), oid="f" * 40)
    assert plan(moved, state("v1.0.0", kept(1), journal=DONE_ONE), keep=3).action == "fetch"


def test_an_interrupted_deployment_is_resumed() -> None:
    journal = DONE_ONE + entries(TWO, "intent", "fetched")
    found = plan(TWO, state("v1.0.0", kept(1), journal=journal), keep=3)
    assert (found.action, found.resumed) == ("fetch", True)


@pytest.mark.parametrize(("keep", "removed"), [(1, ("v2.0.0", "v1.0.0")), (3, ("v1.0.0",)), (4, ()), (9, ())])
def test_the_least_recently_used_releases_are_removed_first(keep: int, removed: tuple[str, ...]) -> None:
    journal = [*DONE_ONE, *DONE_TWO, *entries(wanted(3, 3), "done")]
    found = state("v3.0.0", kept(1), kept(2), kept(3), journal=journal)
    assert plan(wanted(4, 4), found, keep=keep).remove == removed


def test_a_deployment_resumed_after_the_switch_keeps_the_previous_release() -> None:
    journal = DONE_ONE + entries(TWO, "intent", "fetched", "verified", "switched")
    found = plan(TWO, state("v2.0.0", kept(1), kept(2), journal=journal), keep=1)
    assert (found.action, found.remove) == ("record", ())


def test_folders_of_killed_deployments_are_removed_except_the_resumed_one() -> None:
    theirs = ".incoming-ffffffffffff"
    journal = entries(ONE, "intent") + entries(TWO, "intent")
    staged = frozenset({staged_name(ONE.oid), staged_name(TWO.oid), theirs})
    found = state(None, journal=journal, more=staged)
    assert plan(TWO, found, keep=3).leftovers == (staged_name(ONE.oid),)


@dataclass
class Disk:
    """A target in memory: the data that survives a crash."""

    journal: str = ""
    current: str | None = None
    releases: dict[str, Manifest | None] = field(default_factory=dict)
    damaged: set[str] = field(default_factory=set)
    foreign: frozenset[str] = frozenset({"v2.0.0", "theirs"})

    def state(self) -> TargetState:
        journal = read_journal(self.journal)
        ours = sorted(journal.releases & self.releases.keys())
        return TargetState(
            current=self.current,
            releases=tuple(
                ReleaseFolder(name=name, manifest=self.releases[name], sound=name not in self.damaged)
                for name in ours
            ),
            taken=frozenset(self.releases) | self.foreign,
            journal=journal,
        )


def carry_out(disk: Disk, desired: Desired, keep: int) -> Iterator[None]:
    """Deploy step by step like the real deployment; a caller that stops iterating kills it there."""
    chosen = plan(desired, disk.state(), keep=keep)

    def record(step: Step) -> None:
        disk.journal = disk.journal[: disk.journal.rfind("\n") + 1]
        disk.journal += write_entry(
            entry(desired, step, at="2026-05-03T12:00:00Z", release=chosen.release, before=chosen.before)
        )

    for name in chosen.leftovers:
        yield
        disk.releases.pop(name)
    for step in chosen.steps:
        yield
        assert chosen.release is not None
        if step == "fetched":
            disk.releases[staged_name(desired.oid)] = None
            yield
        elif step == "verified" and chosen.action == "fetch":
            assert chosen.release not in disk.releases.keys() | disk.foreign
            disk.releases.pop(staged_name(desired.oid))
            disk.releases[chosen.release] = manifest_of(desired, [FILE])
            disk.damaged.discard(chosen.release)
            yield
        elif step == "switched":
            disk.current = chosen.release
            yield
        elif step == "done":
            for name in chosen.remove:
                assert name != disk.current
                disk.releases.pop(name)
                yield
        record(step)
    yield


def run(disk: Disk, desired: Desired, keep: int, *, moments: int | None = None) -> None:
    for number, _ in enumerate(carry_out(disk, desired, keep)):
        if number == moments:
            return


@given(
    st.lists(st.tuples(st.integers(1, 4), st.none() | st.integers(0, 8), st.integers(0, 40)), max_size=12),
    st.integers(1, 4),
)
def test_after_any_crashes_one_whole_run_serves_the_desired_release(
    history: list[tuple[int, int | None, int]], keep: int
) -> None:
    disk = Disk()
    for sequence, (version, killed_at, torn) in enumerate(history, start=1):
        before = disk.current
        run(disk, wanted(version, sequence), keep, moments=killed_at)
        disk.journal += write_entry(entries(wanted(version, sequence), "intent")[0])[:torn] if torn else ""
        assert disk.current is None or disk.releases[disk.current] is not None
        if before is not None and disk.current != before:
            assert before in disk.releases
    last = wanted(5, len(history) + 1)
    run(disk, last, keep)
    assert disk.current is not None
    manifest = disk.releases[disk.current]
    assert manifest is not None
    assert manifest.fits(last)
    assert plan(last, disk.state(), keep=keep).action == "already"
    assert not [name for name in disk.releases if name.startswith(".")]
    assert len(disk.releases) <= max(keep, 2) + 1
    assert not disk.releases.keys() & disk.foreign


@given(st.lists(st.integers(1, 3), min_size=1, max_size=8), st.sets(st.integers(1, 3)), st.integers(1, 3))
def test_damage_is_never_served_again(versions: list[int], damaged: set[int], keep: int) -> None:
    disk = Disk()
    for sequence, version in enumerate(versions, start=1):
        run(disk, wanted(version, sequence), keep)
    disk.damaged = {
        name
        for name, manifest in disk.releases.items()
        if manifest is not None and any(manifest.fits(wanted(each)) for each in damaged)
    }
    for version in (1, 2, 3):
        desired = wanted(version, len(versions) + version)
        run(disk, desired, keep)
        assert disk.current not in disk.damaged
        manifest = disk.releases[str(disk.current)]
        assert manifest is not None
        assert manifest.fits(desired)
