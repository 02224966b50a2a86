"""Tag facts: neither a cache nor reading one model alone changes any result."""

from __future__ import annotations

import hashlib
import os
import resource
import time
import zlib
from binascii import crc32
from itertools import product
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mlgit.adapters.git.binary import Git
from mlgit.adapters.git.objects import Objects
from mlgit.adapters.git.tags.cache import KnownTag, TagCache
from mlgit.core.registry.message import write_message
from mlgit.core.registry.statement import Builder, EnvironmentStatement, ReleaseStatement
from mlgit.errors import Exit, ToolError
from mlgit.project.registry.read import ignored_tags, read_facts, read_registry
from tests.support.registry import close_all, opened
from tests.support.shell import Folder
from tests.support.tag_import import commits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mlgit.project.open import Project

THOROUGH = os.environ.get("MLGIT_TEST_PROFILE") == "thorough"
AT = "2026-05-03T10:00:00Z"
NAMES = (
    "a@v1.0.0",
    "a@v1.0.0!",
    "a@v1.1.0",
    "a@v1.1.0-rc.1+b#3",
    "a@deprecated",
    "a@created",
    "a@v1.0",
    "a#prod#1",
    "a#prod!#2",
    "a#prod#2",
    "a#eu/prod#1",
    "a#eu/west/prod#7",
    "a#prod",
    "ab@v1.0.0",
    "a-b@v1.0.0",
    "A@v1.0.0",
    "x/a@v1.0.0",
    "x=a@v2.0.0",
    "x/y.z=a@v3.0.0",
    "x/y.z=a#eu/prod#1",
    "x/y=a=a@v1.0.0",
    "a#pr@od#1",
    "a@v1.0.0@x",
    "v1.0.0",
)
MESSAGES = (
    b"x\n",
    b"",
    b"Reject\n\nbroken\n",
    b"Reject\n\n\xff\xfe\t\x00tab\n",
    b"Long\n\n" + "é".encode() * 3000,
    b"Torn\n\n--- mlgit/v1\n{\n",
    b"Signed\n-----BEGIN SSH SIGNATURE-----\nx\n",
    write_message(
        "Move",
        "",
        EnvironmentStatement(
            model="a", environment="prod", sequence=2, action="rollback", at=AT, version="v1.0.0", reason="é"
        ),
    ).encode(),
    write_message(
        "Release",
        "why",
        ReleaseStatement(
            model="a", version="v1.0.0", commit="0" * 40, tree="0" * 40, at=AT, builder=Builder(kind="local")
        ),
    ).encode(),
)
TAGGERS = (
    b"tagger Ada <ada@example.org> 1750000000 +0000\n",
    b"tagger Ada <ada@example.org> 1750000001 +0000\n",
    b"tagger \xff\\x4\\ <a>b> c> 99999999999999999999 +0000\n",
    b"tagger A <a> 5 x> 7 +0000\n",
    b"tagger <> -1 +0000\n",
    b"tagger nobody\n",
    b"",
)
# The number of a commit, the kind of tag, its tagger and message.
TARGETS = st.tuples(
    st.integers(0, 2),
    st.sampled_from(("tag", "tag", "tag", "lightweight", "tag of a tag", "tag of a tree")),
    st.sampled_from(TAGGERS),
    st.sampled_from(MESSAGES),
)
TAGS = st.dictionaries(st.sampled_from(NAMES), TARGETS, max_size=12)


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    close_all()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> tuple[Folder, Folder, list[str]]:
    """A repository whose tags each example replaces, and a linked working tree of it."""
    folder = Folder(tmp_path_factory.mktemp("facts") / "first")
    folder.path.mkdir()
    folder.git("init", "-q", "-b", "main")
    ids = commits(folder, 3)
    second = folder.path.parent / "second"
    folder.git("worktree", "add", "-q", "--detach", str(second))
    return folder, Folder(second), ids


def put(folder: Folder, kind: str, content: bytes) -> str:
    """Write an object, valid or not."""
    whole = f"{kind} {len(content)}\0".encode() + content
    oid = hashlib.sha1(whole, usedforsecurity=False).hexdigest()
    path = folder / ".git" / "objects" / oid[:2] / oid[2:]
    path.parent.mkdir(exist_ok=True)
    if not path.exists():
        path.write_bytes(zlib.compress(whole))
    return oid


def made(folder: Folder, ids: list[str], name: str, target: tuple[int, str, bytes, bytes]) -> str:
    """The object for a tag to name."""
    number, what, tagger, message = target
    if what == "lightweight":
        return ids[number]
    of, kind = ids[number], "commit"
    if what == "tag of a tree":
        of, kind = folder.git("rev-parse", f"{of}^{{tree}}"), "tree"
    oid = put(folder, "tag", f"object {of}\ntype {kind}\ntag {name}\n".encode() + tagger + b"\n" + message)
    if what == "tag of a tag":
        return put(folder, "tag", f"object {oid}\ntype tag\ntag {name}\n".encode() + tagger + b"\n" + message)
    return oid


def write(folder: Folder, ids: list[str], tags: dict[str, tuple[int, str, bytes, bytes]]) -> None:
    """Make these the only tags."""
    old = folder.git("for-each-ref", "--format=delete %(refname)", "refs/tags/")
    new = "".join(f"update refs/tags/{name} {made(folder, ids, name, each)}\n" for name, each in tags.items())
    for commands in (old and f"{old}\n", new):
        done = folder.run("git", "update-ref", "--stdin", stdin=commands)
        assert done.status == 0, done.err


def facts_of(folder: Folder, project: Project | None = None) -> list[object]:
    """All facts of the tags."""
    project = opened(folder) if project is None else project
    facts = [
        (*fact._replace(read=len, summary=None), fact.parsed_summary, fact.at, fact.message())  # type: ignore[arg-type]
        for fact in read_facts(project)
    ]
    return [facts, ignored_tags(project)]


def check_alone(folder: Folder) -> None:
    """Reading one model alone gives the same as reading it among all, before or after that."""
    after, before = opened(folder), opened(folder)
    registry = read_registry(after)
    for project, (name, state) in product((after, before), registry.models.items()):
        alone = read_registry(project, model=name)
        assert list(alone.models) == [name]
        found = alone.model(name)
        assert [fact.tag for fact in found.facts] == [fact.tag for fact in state.facts]
        assert {each: found.environment(each).commit for each in found.environments} == {
            each: state.environment(each).commit for each in state.environments
        }
        assert [(each.tag, each.deregistered) for each in found.versions] == [
            (each.tag, each.deregistered) for each in state.versions
        ]


@settings(
    max_examples=100 if THOROUGH else 8,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(before=TAGS, tags=TAGS)
def test_with_any_cache_the_facts_are_those_without_one(
    place: tuple[Folder, Folder, list[str]],
    before: dict[str, tuple[int, str, bytes, bytes]],
    tags: dict[str, tuple[int, str, bytes, bytes]],
) -> None:
    folder, second, ids = place
    write(folder, ids, before)
    project = opened(folder)
    facts_of(folder, project)  # now some of the cached tags are moved or deleted
    write(folder, ids, tags)
    assert facts_of(folder, project) == facts_of(folder)
    moved, warm, linked = facts_of(folder), facts_of(folder), facts_of(second)
    (folder / ".git" / "mlgit" / "tag-facts").unlink(missing_ok=True)
    check_alone(folder)
    (folder / ".git" / "mlgit" / "tag-facts").unlink(missing_ok=True)
    cold = facts_of(folder)
    assert moved == warm == linked == cold
    close_all()


def test_the_cache_of_another_clone_can_be_used(
    place: tuple[Folder, Folder, list[str]], tmp_path: Path
) -> None:
    folder, _, ids = place
    tags = {name: (0, "tag", TAGGERS[0], MESSAGES[number % 9]) for number, name in enumerate(NAMES)}
    write(folder, ids, tags)
    before = facts_of(folder)
    check_alone(folder)
    folder.git("clone", "-q", "--shared", str(folder.path), str(tmp_path / "shared"))
    other = Folder(tmp_path / "shared")
    (other / ".git" / "mlgit").mkdir(exist_ok=True)
    (other / ".git" / "mlgit" / "tag-facts").write_bytes(
        (folder / ".git" / "mlgit" / "tag-facts").read_bytes()
    )
    assert facts_of(other) == before
    (other / ".git" / "mlgit" / "tag-facts").unlink()
    assert facts_of(other) == before


def test_a_tag_with_a_missing_object_is_not_called_lightweight_and_is_read_later(
    place: tuple[Folder, Folder, list[str]],
) -> None:
    folder, _, ids = place
    write(folder, ids, {"a@v1.0.0": (0, "tag", TAGGERS[0], b"missing\n")})
    oid = folder.git("rev-parse", "refs/tags/a@v1.0.0")
    path = folder / ".git" / "objects" / oid[:2] / oid[2:]
    content = path.read_bytes()
    path.unlink()
    assert ignored_tags(opened(folder)) == {"a@v1.0.0": "its object is missing"}
    for read in (read_facts, read_registry):
        with pytest.raises(ToolError, match=r"The object of the tag `a@v1\.0\.0` is missing or damaged"):
            read(opened(folder))
    path.write_bytes(content)
    assert [fact.tag for fact in read_facts(opened(folder))] == ["a@v1.0.0"]


@pytest.mark.parametrize("left", ["", "0123456789"], ids=["empty", "cut"])
def test_a_tag_file_broken_by_a_crash_is_an_error_and_not_ignored(
    place: tuple[Folder, Folder, list[str]], left: str
) -> None:
    folder, other, ids = place
    tags = dict.fromkeys(("a@v1.0.0", "a#prod#1", "b@v1.0.0"), (0, "tag", TAGGERS[0], b"x\n"))
    write(folder, ids, tags)
    others = folder.write(".git/refs/tags/nothing-of-ours", left)
    assert {fact.tag for fact in read_facts(opened(folder))} == set(tags)
    broken = folder.write(".git/refs/tags/a#prod#2", left)
    for command in ("models", "models a", "show a#prod", "history a"):
        for where in (folder, other):
            done = where.here(*command.split())
            assert done.status == Exit.TOOL, (command, done.out)
            assert "The tag `a#prod#2` is broken" in done.err
    assert folder.here("models", "b").status == Exit.DONE
    status = folder.here("status", "--json").json()
    assert [failure["message"] for failure in status["failures"]] == [
        "The tag `a#prod#2` is broken: git cannot read its ref"
    ]
    assert status["commit"] == folder.git("rev-parse", "HEAD")
    findings = folder.here("doctor", "--json").json()["findings"]
    (found,) = [each for each in findings if each["id"].endswith("_unknown")]
    assert found["message"].endswith("and clocks: The tag `a#prod#2` is broken: git cannot read its ref")
    broken.unlink()
    others.unlink()
    assert folder.here("models").status == Exit.DONE


@pytest.mark.parametrize(
    "line",
    [
        "{oid}\t{commit}\t1\tAda \\x4\t",
        "{oid}\t{commit}\t1\tAda <a>\t99999999999999999999\t\t\t",
        "{oid}\t{commit}\t1\tAda <a>\t1\tp\t=\\x\t",
        "{oid}\t{commit}\t1" + "0" * 5000 + "\tAda <a>\t",
    ],
)
def test_foreign_cache_lines_with_the_right_checksum_break_nothing(
    place: tuple[Folder, Folder, list[str]], line: str
) -> None:
    folder, _, ids = place
    write(folder, ids, {"a@v1.0.0": (0, "tag", TAGGERS[0], b"x\n")})
    body = line.format(oid=folder.git("rev-parse", "refs/tags/a@v1.0.0"), commit=ids[0]).encode()
    (folder / ".git" / "mlgit").mkdir(exist_ok=True)
    (folder / ".git" / "mlgit" / "tag-facts").write_bytes(b"mlgit cache 2 %08x\n" % crc32(body) + body)
    for argv in (("models",), ("history",), ("show", "a")):
        done = folder.here(*argv)
        assert done.status == Exit.DONE, done.err


def test_a_large_message_is_read_completely_and_not_cached(place: tuple[Folder, Folder, list[str]]) -> None:
    folder, _, ids = place
    write(folder, ids, {"a@v1.0.0!": (0, "tag", TAGGERS[0], b"No\n\n" + b"why " * 2_500_000)})
    for _ in range(2):
        (fact,) = read_facts(opened(folder))
        assert len(fact.parsed_summary.reason or "") == 9_999_999
    assert (folder / ".git" / "mlgit" / "tag-facts").stat().st_size < 500


def test_a_full_disk_costs_only_time(tmp_path: Path) -> None:
    cache = TagCache(str(tmp_path / "mlgit"))
    known = {f"{number:040x}": KnownTag("b" * 40, 1, "Ada <a>", "") for number in range(1000)}
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, limits[1]))
        cache.write(known, keep=None)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert cache.read(known) == {}
    assert not list((tmp_path / "mlgit").iterdir())
    cache.write(known, keep=None)
    assert cache.read(known) == known


def test_after_an_unfinished_query_the_next_one_gets_its_own_response(
    place: tuple[Folder, Folder, list[str]],
) -> None:
    folder, _, ids = place
    objects = Objects(Git(str(folder.path)))
    try:
        contents = objects.each(ids)
        assert next(contents)[0] == ids[0]
        contents.close()  # type: ignore[attr-defined]
        found = objects.get(ids[2])
        assert found is not None
        assert found.oid == ids[2]
        assert [oid for oid, _ in objects.each(ids)] == ids
        assert objects.get("nothing") is None
    finally:
        objects.close()


@pytest.mark.parametrize(
    "writes",
    [
        ("update-ref", "refs/tags/a@v1.0.0", "HEAD"),
        ("update-ref", "refs/tags/a#prod#1", "HEAD~1"),
        ("update-ref", "-d", "refs/tags/a#prod#1"),
        ("update-ref", "-d", "refs/tags/a#eu/prod#1"),
        ("update-ref", "refs/tags/a#eu/prod#2", "HEAD"),
        ("update-ref", "refs/tags/new/folder@v1.0.0", "HEAD"),
        ("replace", "a#prod#1", "a#eu/prod#1"),
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("packed", [True, False])
def test_a_listing_is_kept_until_someone_writes_a_tag(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writes: tuple[str, ...], *, packed: bool
) -> None:
    folder = Folder(tmp_path)
    folder.git("init", "-q", "-b", "main")
    commits(folder, 2)
    for tag in ("a#prod#1", "a#eu/prod#1", "b@v1.0.0"):
        folder.git("tag", "-a", "-m", tag, tag)
    if packed:
        folder.git("pack-refs", "--all")
    listings = list[str]()
    begin = Git.start_in_background

    def counted(git: Git, *argv: str, warned: Callable[[bytes], None] | None = None) -> Callable[[], bytes]:
        listings.extend(set(argv) & {"refs/tags/"})
        return begin(git, *argv, warned=warned)

    monkeypatch.setattr(Git, "start_in_background", counted)
    project = opened(folder)
    time.sleep(0.1)  # before, another tag might get the same time
    for _ in range(3):
        facts_of(folder, project)
        read_registry(project, model="a")
    assert listings == ["refs/tags/"]
    folder.git(*writes)
    assert facts_of(folder, project) == facts_of(folder)
