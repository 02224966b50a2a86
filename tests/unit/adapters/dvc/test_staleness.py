"""Stages are stale because of their own changes or of stages before them; checked without files."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlgit.adapters.dvc.data.hashes import listing_md5
from mlgit.adapters.dvc.files.documents import Documents
from mlgit.adapters.dvc.pipeline.ancestry import OutputsByPath
from mlgit.adapters.dvc.pipeline.staleness import stage_states
from mlgit.core.pipeline.stages import LockedStage, Origin, Output, Pipeline, Pointer, Stage

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mlgit.core.pipeline.evidence import StageState

SAME = Pointer(md5="0" * 32)
OTHER = "1" * 32


class Contents:
    """Hashes on disk: everything as recorded, except for these paths."""

    def __init__(
        self,
        changed: Iterable[str] = (),
        absent: Iterable[str] = (),
        links: Mapping[str, str] | None = None,
    ) -> None:
        self._changed = frozenset(changed)
        self._links = links or {}
        self._absent = frozenset(absent)

    def exists(self, path: str) -> bool:
        return path not in self._absent

    def md5(self, path: str, *, legacy: bool = False) -> str | None:
        assert not legacy
        if path in self._absent:
            return None
        return OTHER if path in self._changed else SAME.md5

    def files(self, folder: str, *, legacy: bool) -> Mapping[str, str]:
        """One file of Git in every folder."""
        assert not legacy
        return {} if folder in self._absent else {"kept.txt": OTHER}

    def resolved(self, path: str) -> str:
        return self._links.get(path, path)

    def covers(self, _: str, __: str) -> bool:
        """Nothing is ignored."""
        return True

    def doubt(self, _: str) -> None:
        """Git keeps every file as it is."""


class NoFiles:
    """A tree in which nothing is read."""

    label = "nothing"
    commit = None

    def prepare(self) -> None:
        """There is nothing to prepare."""

    def paths(self) -> Sequence[str]:
        return ()

    def identity(self, _: str) -> None:
        """Files have no identity."""

    def read(self, _: str, *, most_bytes: int | None = None) -> bytes | None:  # noqa: ARG002
        return None

    def read_many(self, _: Iterable[str], *, most_bytes: int | None = None) -> Mapping[str, bytes]:  # noqa: ARG002
        return {}


def stage(name: str, *deps: str, frozen: bool = False, made: Pointer | None = SAME) -> Stage:
    out = Output(path=f"{name}/out", owner=name, pointer=made)
    lock = LockedStage(cmd=(name,), deps=dict.fromkeys(deps, SAME), params={}, outs={out.path: made})
    return Stage(
        address=name,
        name=name,
        file="dvc.yaml",
        wdir=".",
        cmd=(name,),
        deps=deps,
        outs=(out,),
        frozen=frozen,
        locked=lock,
    )


def states(
    pipeline: Pipeline, contents: Contents, listing: Mapping[str, str] | None = None
) -> dict[str, StageState]:
    found = stage_states(
        pipeline, tree=NoFiles(), hashes=contents, documents=Documents(None), listing=lambda _: listing
    )
    return {state.address: state for state in found}


EDGES = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=25)


@given(EDGES, st.sets(st.integers(0, 9)), st.sets(st.integers(0, 9)))
def test_upstream_is_every_stale_stage_that_can_be_reached(
    edges: list[tuple[int, int]], edited: set[int], frozen: set[int]
) -> None:
    before = {one: {other for other, to in edges if to == one and other < one} for one in range(10)}
    stages = tuple(
        stage(f"s{one}", f"in{one}", *(f"s{other}/out" for other in before[one]), frozen=one in frozen)
        for one in range(10)
    )
    found = states(Pipeline(stages=stages), Contents(f"in{one}" for one in edited))

    def reached(one: int) -> set[int]:
        direct = set() if one in frozen else before[one]
        return direct | {far for other in direct for far in reached(other)}

    stale = edited - frozen
    for one in range(10):
        assert found[f"s{one}"].reasons == ((f"changed dep in{one}",) if one in stale else ())
        assert set(found[f"s{one}"].upstream) == {f"s{other}" for other in reached(one) & stale}


@pytest.mark.parametrize("edited", ["a", "b", "c"])
def test_a_stale_stage_in_a_circle_is_upstream_of_all_in_and_after_it(edited: str) -> None:
    stages = (
        stage("a", "c/out", "in a"),
        stage("b", "a/out", "in b"),
        stage("c", "b/out", "in c"),
        stage("d", "c/out"),
    )
    found = states(Pipeline(stages=stages), Contents([f"in {edited}"]))
    assert {name: state.upstream for name, state in found.items()} == {
        name: () if name == edited else (edited,) for name in "abcd"
    }


def test_the_nearest_stages_come_first() -> None:
    stages = (stage("a", "x"), stage("b", "a/out", "y"), stage("c", "b/out"))
    assert states(Pipeline(stages=stages), Contents(["x", "y"]))["c"].upstream == ("b", "a")


@pytest.mark.parametrize(
    ("absent", "made", "reasons", "unchecked"),
    [
        (["in"], SAME, ("deleted dep in",), ()),
        (["a/out"], SAME, (), ()),
        (["a/out"], Pointer(md5=OTHER), ("changed dep a/out",), ()),
        (["a/out"], None, ("deleted dep a/out",), ()),
    ],
    ids=["nobody makes it", "it is on record", "another one is on record", "nothing is on record"],
)
def test_a_missing_dep_counts_as_recorded_by_its_producer(
    absent: list[str], made: Pointer | None, reasons: tuple[str, ...], unchecked: tuple[str, ...]
) -> None:
    stages = (stage("a", made=made), stage("b", "a/out", "in"))
    found = states(Pipeline(stages=stages), Contents(absent=absent))["b"]
    assert (found.reasons, found.unchecked) == (reasons, unchecked)


@pytest.mark.parametrize(
    ("dep", "absent", "reason"),
    [
        ("in", (), "changed dep in"),
        ("../in", (), "changed dep ../in"),
        ("a/out", (), "changed dep a/out"),
        ("a/out", ("a/out",), "changed dep a/out"),
        ("in", ("in",), "deleted dep in"),
        ("../in", ("../in",), "deleted dep ../in"),
    ],
)
def test_a_dep_whose_record_has_no_md5_is_stale(dep: str, absent: tuple[str, ...], reason: str) -> None:
    """Otherwise it would never be compared again, whatever it becomes."""
    reader = stage("b", dep)
    assert reader.locked is not None
    reader = reader._replace(locked=reader.locked._replace(deps={dep: None}))
    found = states(Pipeline(stages=(stage("a"), reader)), Contents(absent=absent))["b"]
    assert (found.reasons, found.unchecked) == ((reason,), ())


def test_a_part_of_a_directory_without_its_listing_is_unchecked() -> None:
    folder = Output(path="many", owner="many.dvc", pointer=Pointer(md5=f"{OTHER}.dir"))
    pipeline = Pipeline(stages=(stage("a", "many/sub/x"),), tracked=(folder,))
    found = states(pipeline, Contents(absent=["many", "many/sub/x"]))["a"]
    assert found.unchecked == found.unknown == ("dep many/sub/x was not checked: it is not here",)


KEPT = listing_md5([("kept.txt", OTHER), ("m/deep", SAME.md5), ("n", SAME.md5)])
LISTED = {"deep": SAME.md5}


@pytest.mark.parametrize(
    ("recorded", "absent", "listing", "expected"),
    [
        (KEPT, ["all/m", "all/n"], LISTED, ((), ())),
        (KEPT, ["all/m"], LISTED, (("changed dep all",), ())),
        (KEPT, ["all/m", "all/n"], {"deep": OTHER}, (("changed dep all",), ())),
        (KEPT, ["all/m", "all/n"], None, ((), ("dep all was not checked: it is not here",))),
        (listing_md5([("m/deep", SAME.md5), ("n", SAME.md5)]), ["all", "all/m", "all/n"], LISTED, ((), ())),
        (SAME.md5, [], None, ((), ())),
    ],
)
def test_a_folder_is_compared_with_the_outputs_in_it_that_are_not_on_disk(
    recorded: str,
    absent: list[str],
    listing: Mapping[str, str] | None,
    expected: tuple[tuple[str, ...], tuple[str, ...]],
) -> None:
    outs = (
        Output(path="all/m", owner="m.dvc", pointer=Pointer(md5=f"{OTHER}.dir")),
        Output(path="all/n", owner="n.dvc", pointer=SAME),
        Output(path="all/new", owner="new.dvc"),
        Output(path="all/git", owner="git.dvc", pointer=SAME, cached=False),
    )
    reader = stage("a", "all")
    assert reader.locked is not None
    reader = reader._replace(locked=reader.locked._replace(deps={"all": Pointer(md5=recorded)}))
    found = states(Pipeline(stages=(reader,), tracked=outs), Contents(absent=[*absent, "all/git"]), listing)[
        "a"
    ]
    assert (found.reasons, found.unknown) == expected


@pytest.mark.parametrize(
    ("target", "md5", "expected"),
    [("out", SAME.md5, ()), ("out", OTHER, ("changed dep link",)), ("gone", SAME.md5, ("deleted dep link",))],
)
def test_a_link_to_what_is_not_on_disk_is_compared_by_its_record(
    target: str, md5: str, expected: tuple[str, ...]
) -> None:
    out = Output(path="out", owner="out.dvc", pointer=Pointer(md5=md5))
    contents = Contents(absent=["link", "out", "gone"], links={"link": target})
    found = states(Pipeline(stages=(stage("a", "link"),), tracked=(out,)), contents)["a"]
    assert (found.reasons, found.unknown) == (expected, ())


@pytest.mark.parametrize("place", ["a/out", "a", "a/out/deep"])
@pytest.mark.parametrize("owner", ["x.dvc", "z"])
def test_an_output_with_two_owners_proves_nothing_after_it(place: str, owner: str) -> None:
    """DVC refuses to run anything then, so that no run made what is recorded."""
    other = Output(path=place, owner=owner, pointer=SAME)
    stages = [stage("a"), stage("b", "a/out"), stage("c", "b/out"), stage("d", "in")]
    if owner == "z":
        stages.append(stage("z")._replace(outs=(other,)))
        found = states(Pipeline(stages=tuple(stages)), Contents())
    else:
        found = states(Pipeline(stages=tuple(stages), tracked=(other,)), Contents())
    inner = max(place, "a/out", key=len)
    text = f"`{inner}` is an output of `a` and of `{owner}`, and only one of them can make it"
    for name in ("a", "b", owner):
        assert found[name].unproven[:1] == (text,)
        assert found[name].reasons == ()
    assert set(found["c"].unproven) >= {"upstream b", "upstream a"}
    assert found["d"].unproven == ()


def test_one_owner_may_have_a_path_twice_and_stages_come_before_files() -> None:
    made, tracked = (Output(path="a/out", owner=owner) for owner in ("a", "x.dvc"))
    assert OutputsByPath([made, made, Output(path="a/out/b", owner="a")]).shared() == {}
    both = OutputsByPath([made, tracked])
    assert both.at("a/out") is made
    assert both.shared() == {"a/out": ["a", "x.dvc"]}


@pytest.mark.parametrize(("absent", "word"), [((), "changed"), (("../source",), "deleted")])
def test_a_local_import_without_a_recorded_hash_is_stale(absent: tuple[str, ...], word: str) -> None:
    origin = Origin(path="../source", pointer=None)
    out = Output(path="got", owner="got.dvc", pointer=SAME, source="../source", origin=origin)
    found = states(Pipeline(tracked=(out,)), Contents(absent=absent))
    assert found["got.dvc"].reasons == (f"{word} dep ../source",)


@pytest.mark.parametrize("frozen", [False, True])
def test_a_local_import_is_compared_unless_it_is_frozen(*, frozen: bool) -> None:
    origin = Origin(path="../source", pointer=SAME, frozen=frozen)
    out = Output(path="got", owner="got.dvc", pointer=SAME, source="../source", origin=origin)
    pipeline = Pipeline(stages=(stage("a", "got"),), tracked=(out,))
    assert states(pipeline, Contents()).keys() == {"a"}
    edited = states(pipeline, Contents(["../source"]))
    gone = states(pipeline, Contents(absent=["../source"]))
    if frozen:
        assert edited.keys() == gone.keys() == {"a"}
    else:
        assert edited["got.dvc"].reasons == ("changed dep ../source",)
        assert gone["got.dvc"].reasons == ("deleted dep ../source",)
        assert edited["a"].upstream == ("got.dvc",)


def test_a_remote_import_and_the_stages_after_it_are_unchecked() -> None:
    out = Output(path="got", owner="got.dvc", pointer=SAME, source="https://example.org", foreign=True)
    found = states(Pipeline(stages=(stage("a", "got"), stage("b", "a/out")), tracked=(out,)), Contents())
    unchecked = ("upstream of got was not checked: that needs the network",)
    assert {name: state.unchecked for name, state in found.items()} == {
        "a": unchecked,
        "b": unchecked,
        "got.dvc": unchecked,
    }
    assert not any(state.stale for state in found.values())


def test_outputs_are_found_by_paths_inside_and_above_them() -> None:
    outs = [Output(path=path, owner=path) for path in ("a", "a.b", "c/d/e", "c/d/f/g")]
    made = OutputsByPath(outs)

    def touching(path: str) -> list[str]:
        return [out.path for out in made.touching(path)]

    assert touching("a") == ["a"]
    assert touching("a/x/y") == ["a"]
    assert touching("c") == touching("c/d") == ["c/d/e", "c/d/f/g"]
    assert touching("c/d/f") == ["c/d/f/g"]
    assert touching("ab") == touching("c/d/x") == []
    around = made.around("a/x")
    assert around is not None
    assert around.path == "a"
    assert made.around("a") is None
