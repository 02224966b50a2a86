"""Many tags: the commands of git, the limits of the cache, and every way to store refs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from mlgit.adapters.git.tags.cache import TagCache
from mlgit.errors import Exit
from mlgit.project.registry.read import read_registry, tags_as_of, tags_seen_at
from tests.support import tools
from tests.support.registry import close_all, opened, tags_of
from tests.support.shell import Folder
from tests.support.tag_import import START_S, LoggedGit, NewTag, commits, history_of, import_tags

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    close_all()


@pytest.fixture
def many(empty_repository: Folder) -> Folder:
    """Two models with twelve versions each, promoted one after the other."""
    return filled(empty_repository)


def filled(folder: Folder) -> Folder:
    places = commits(folder, 12)
    tree = folder.git("rev-parse", "HEAD^{tree}").strip()
    import_tags(folder, [*history_of("a", places, tree), *history_of("b", places, tree)])
    return folder


def cache_of(folder: Folder) -> Path:
    return folder / ".git" / "mlgit" / "tag-facts"


def answers(folder: Folder) -> list[str]:
    """The output of the reading commands."""
    logged = [folder.here(*argv) for argv in (("models", "--json"), ("history",), ("show", "a@v1.3.0"))]
    assert [done.status for done in logged] == [Exit.DONE] * 3, logged
    return [done.out.split('"told_at"')[0] for done in logged]


def test_the_second_read_uses_only_the_cache(many: Folder, tmp_path: Path) -> None:
    logged = LoggedGit.make(tmp_path / "logged")
    argvs = (("models",), ("status",))
    first = [many.here(*argv, env=logged.env).out for argv in argvs]
    assert set(logged.objects) >= set(tags_of(many).values())
    logged.clear()
    second = [many.here(*argv, env=logged.env).out for argv in argvs]
    assert not set(logged.objects) & set(tags_of(many).values())
    assert first == second


def test_every_tag_is_read_and_verified_once_and_by_one_process(many: Folder, tmp_path: Path) -> None:
    logged = LoggedGit.make(tmp_path / "logged")
    assert many.here("models", env=logged.env).status == Exit.DONE
    oids = set(tags_of(many).values())
    asked = Counter(oid for oid in logged.objects if oid in oids)
    assert asked.keys() == oids
    assert max(asked.values()) <= 2
    assert len([line for line in logged.commands if "cat-file" in line]) == 1


@pytest.mark.parametrize(
    "argv",
    [
        ("models", "a"),
        ("show", "a"),
        ("show", "a@latest"),
        ("show", "a@v1.2.0"),
        ("show", "a#prod"),
        ("history", "a"),
        ("history", "a", "--env", "prod"),
        ("history", "a", "--at", "2025-07-01"),
        ("diff", "a@v1.1.0", "a@v1.2.0"),
        ("rollback", "a", "--env", "prod", "-m", "why"),
        ("unassign", "a", "--env", "prod"),
        ("release", "a", "--dry-run"),
    ],
    ids=" ".join,
)
def test_only_the_tags_of_the_named_model_are_listed_and_read(
    many: Folder, tmp_path: Path, argv: tuple[str, ...]
) -> None:
    others = {oid for tag, oid in tags_of(many).items() if tag.startswith("b")}
    logged = LoggedGit.make(tmp_path / "logged")
    many.here(*argv, env=logged.env)
    listings = [line for line in logged.commands if "for-each-ref" in line and "refs/tags" in line]
    assert listings
    assert all(" refs/tags/a@* refs/tags/a@*/** refs/tags/a#* refs/tags/a#*/** " in line for line in listings)
    assert not others & set(logged.objects)


def test_getting_a_file_reads_only_its_models_tags(staged: Folder, tmp_path: Path) -> None:
    import_tags(staged, history_of("other", [staged.git("rev-parse", "HEAD")]))
    logged = LoggedGit.make(tmp_path / "logged")
    done = staged.here("get", "line@v1.0.0", "-o", str(tmp_path / "files"), env=logged.env)
    assert done.status == Exit.DONE, done.err
    oids = {tag: oid for tag, oid in tags_of(staged).items() if tag.startswith("other")}
    assert not set(oids.values()) & set(logged.objects)
    assert not [line for line in logged.commands if line.endswith("refs/tags/ refs/replace/")]


def damaged(content: bytes) -> dict[str, bytes]:
    """Damage a file in one of several ways."""
    head, _, body = content.partition(b"\n")
    place = body.index(b"\t") + 1
    return {
        "empty": b"",
        "torn": content[: len(content) // 2],
        "one digit of a commit": head
        + b"\n"
        + body[:place]
        + (b"0" if body[place : place + 1] != b"0" else b"1")
        + body[place + 1 :],
        "a newer format": content.replace(b"cache 2 ", b"cache 3 "),
        "another program's": b"\x00\xff" * 500,
        "nothing but its first line": head + b"\n",
    }


@pytest.mark.parametrize("what", [*damaged(b"x\na\tb\n"), "a folder", "cut lines with the right checksum"])
def test_a_cache_with_changed_content_is_ignored(many: Folder, what: str) -> None:
    before = answers(many)
    path = cache_of(many)
    content = path.read_bytes()
    if what == "a folder":
        path.unlink()
        path.mkdir()
    elif what.startswith("cut"):
        TagCache(str(path.parent)).write({}, keep=set())
        from binascii import crc32

        body = b"abc\tdef"
        path.write_bytes(b"mlgit cache 2 %08x\n" % crc32(body) + body)
    else:
        path.write_bytes(damaged(content)[what])
    assert answers(many) == before
    if what != "a folder":
        assert path.stat().st_size == len(content)


def test_reading_works_in_a_clone_that_is_not_writable(many: Folder) -> None:
    before = answers(many)
    cache_of(many).unlink()
    (many / ".git" / "mlgit" / "tag-facts.half").mkdir()  # not even root can write there
    assert answers(many) == before
    assert not cache_of(many).exists()


def test_old_files_of_a_killed_writer_are_removed(many: Folder) -> None:
    half = many / ".git" / "mlgit" / "tag-facts.half"
    half.parent.mkdir(parents=True)
    half.write_bytes(b"mlgit cach")
    assert many.here("models").status == Exit.DONE
    assert not cache_of(many).exists()  # another process seems to be writing
    os.utime(half, (START_S, START_S))
    assert many.here("models").status == Exit.DONE
    assert cache_of(many).exists()
    assert not half.exists()


def test_readers_that_run_at_once_all_see_the_same_and_leave_a_whole_cache(many: Folder) -> None:
    expected = answers(many)[1]
    cache_of(many).unlink()
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "mlgit", "history"], cwd=many.path, stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    assert {process.communicate()[0] for process in running} == {expected}
    known = TagCache(str(cache_of(many).parent)).read(set(tags_of(many).values()))
    assert len(known) == len(tags_of(many))


def test_objects_without_a_tag_are_dropped_from_the_cache(many: Folder) -> None:
    answers(many)
    size = cache_of(many).stat().st_size
    for tag in tags_of(many):
        if tag.startswith("b"):
            many.git("tag", "-d", tag)
    import_tags(many, [NewTag("a@v9.0.0", many.git("rev-parse", "HEAD"))])
    assert many.here("models", "a").status == Exit.DONE  # a look at one model knows nothing of the others
    assert cache_of(many).stat().st_size > size
    import_tags(many, [NewTag("a@v9.1.0", many.git("rev-parse", "HEAD~1"))])
    assert many.here("models").status == Exit.DONE
    assert cache_of(many).stat().st_size < size * 0.6


def test_a_cache_with_mostly_unknown_tags_is_rewritten(many: Folder) -> None:
    cache = TagCache(str(cache_of(many).parent))
    answers(many)
    known = cache.read(set(tags_of(many).values()))
    one = next(iter(known.values()))
    cache.write({f"{number:040x}": one for number in range(1100)}, keep=None)
    assert many.here("models").status == Exit.DONE
    assert len(cache_of(many).read_bytes().splitlines()) == len(known) + 1


def test_a_replaced_tag_is_read_as_every_other_clone_has_it(many: Folder) -> None:
    places = many.git("rev-list", "--reverse", "main").split()
    import_tags(many, [NewTag("elsewhere", places[0])])
    original, other = (many.git("rev-parse", ref) for ref in ("refs/tags/a@v1.5.0", "refs/tags/elsewhere"))
    many.git("replace", original, other)
    for _ in ("without a cache", "with one"):
        shown = many.here("show", "a@v1.5.0", "--json").json()
        assert shown["version"]["commit"] == places[5]


def test_a_tag_moved_by_force_is_another_object_and_is_read_again(many: Folder) -> None:
    answers(many)
    many.git("tag", "-f", "-am", "moved", "a@v1.5.0", "main")
    assert many.here("show", "a@v1.5.0", "--json").json()["version"]["commit"] == many.git(
        "rev-parse", "main"
    )


def test_working_trees_share_the_cache(many: Folder, tmp_path: Path) -> None:
    before = many.here("models").out
    many.git("worktree", "add", "-q", "--detach", str(tmp_path / "second"))
    logged = LoggedGit.make(tmp_path / "logged")
    second = Folder(tmp_path / "second")
    assert second.here("models", env=logged.env).out == before
    assert not set(logged.objects) & set(tags_of(many).values())


def test_garbage_collection_and_packing_change_nothing(many: Folder) -> None:
    before = answers(many)
    many.git("gc", "-q", "--prune=now")
    assert not list((many / ".git" / "refs" / "tags").iterdir())
    assert answers(many) == before
    cache_of(many).unlink()
    assert answers(many) == before


def test_the_cache_works_in_a_sha256_repository(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "long")
    folder.path.mkdir()
    folder.git("init", "-q", "-b", "main", "--object-format=sha256")
    filled(folder)
    first = answers(folder)
    assert answers(folder) == first
    state = opened(folder)
    assert len(state.commit("a@v1.3.0") or "") == 64
    done = folder.here("promote", "a@v1.11.0", "--to", "prod", "--downgrade", "-m", "x")
    assert done.status == Exit.DONE, done.err
    assert read_registry(state, model="a").model("a").environment("prod").label == "v1.11.0"


def reftable_env() -> dict[str, str]:
    """A git that can keep refs in a table; skips the test without one."""
    git = tools.find("git-with-reftable") or tools.find("git")
    assert git is not None
    done = subprocess.run([git, "init", "-h"], capture_output=True, text=True, check=False)
    if "--ref-format" not in done.stdout + done.stderr:
        pytest.skip("`git-with-reftable` is not installed, and `git` is older than 2.45")
    return {"MLGIT_TEST_GIT": git}


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """An empty repository with its refs in a table, and on PATH a git that can read it."""
    git = reftable_env()["MLGIT_TEST_GIT"]
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "git").symlink_to(git)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    folder = Folder(tmp_path / "table")
    folder.path.mkdir()
    folder.git("init", "-q", "-b", "main", "--ref-format=reftable")
    return folder


def test_the_cache_works_with_refs_in_a_table(table: Folder, tmp_path: Path) -> None:
    filled(table)
    first = answers(table)
    assert answers(table) == first
    origin = tmp_path / "origin.git"
    table.git("init", "-q", "--bare", "-b", "main", "--ref-format=reftable", str(origin))
    table.git("remote", "add", "origin", str(origin))
    table.git("push", "-q", "-u", "origin", "main", "--tags")
    done = table.here("promote", "a@v1.10.0", "--to", "prod", "--downgrade")
    assert done.status == Exit.DONE, done.err
    table.git("clone", "-q", "--ref-format=reftable", str(origin), str(tmp_path / "clone"))
    clone = Folder(tmp_path / "clone")
    logged = clone.here("models")
    assert "tags of this clone" in logged.out
    assert clone.here("history", "-n", "1", "-v").out.splitlines()[1].split()[2:4] == ["promote", "a@v1.10.0"]
    assert clone.here("doctor").status in {Exit.DONE, Exit.BLOCKED}


LATER = datetime(2100, 1, 1, tzinfo=UTC)


def test_when_tags_were_fetched_is_known_in_every_working_tree(project: Folder, tmp_path: Path) -> None:
    project.git("fetch", "-q")
    seen = tags_as_of(opened(project, now=LATER))
    assert seen is not None
    project.git("worktree", "add", "-q", "--detach", str(tmp_path / "second"))
    second = Folder(tmp_path / "second")
    assert tags_as_of(opened(second, now=LATER)) == seen
    second.git("fetch", "-q")
    os.utime(project / ".git" / "FETCH_HEAD", (START_S, START_S))
    newest = tags_as_of(opened(second, now=LATER))
    assert newest is not None
    assert newest >= seen


def test_what_a_clone_that_never_fetched_saw_is_as_old_as_the_clone(project: Folder, tmp_path: Path) -> None:
    project.git("clone", "-q", str(project.path.parent / "origin.git"), str(tmp_path / "fresh"))
    fresh = Folder(tmp_path / "fresh")
    assert not (fresh / ".git" / "FETCH_HEAD").exists()
    assert tags_as_of(opened(fresh)) is None
    made = tags_seen_at(opened(fresh))
    assert made is not None
    assert abs(made.timestamp() - (fresh / ".git" / "index").stat().st_mtime) < 60


def test_a_model_in_a_folder_is_listed_by_its_own_tags(many: Folder, tmp_path: Path) -> None:
    head = many.git("rev-parse", "HEAD")
    import_tags(
        many, [NewTag("x/y=a@v2.0.0", head), NewTag("x/y=ab@v3.0.0", head), NewTag("x/y=a#eu/prod#1", head)]
    )
    logged = LoggedGit.make(tmp_path / "logged")
    done = many.here("show", "x/y:a", env=logged.env)
    assert done.status == Exit.DONE, done.err
    assert "eu/prod: v2.0.0" in done.out
    assert "v3.0.0" not in done.out
    oids = tags_of(many)
    assert set(logged.objects) & set(oids.values()) == {oids["x/y=a@v2.0.0"], oids["x/y=a#eu/prod#1"]}


def test_a_long_reason_is_shown_whole_though_it_is_not_cached(many: Folder) -> None:
    reason = "é" * 3000
    import_tags(
        many,
        [NewTag("a@v1.0.0!", many.git("rev-parse", "a@v1.0.0^{}"), START_S + 500, f"No\n\n{reason}\n")],
    )
    for _ in range(2):
        events = many.here("history", "a", "--json").json()["events"]
        assert [each["reason"] for each in events if each["action"] == "deregister"] == [reason]
    assert cache_of(many).stat().st_size < 20_000


def test_a_pattern_lists_the_models_that_match(many: Folder) -> None:
    import_tags(many, [NewTag(f"lung-{number}@v1.0.0", many.git("rev-parse", "HEAD")) for number in range(3)])

    def names(pattern: str) -> list[str]:
        return [each["name"] for each in many.here("models", pattern, "--json").json()["models"]]

    assert names("lung-*") == ["lung-0", "lung-1", "lung-2"]
    assert names("lung-[02]") == ["lung-0", "lung-2"]
    assert names("?") == ["a", "b"]
    done = many.here("models", "brain-*")
    assert done.status == Exit.STATE
    assert "No model matches `brain-*`" in done.err


def test_last_limits_the_events_or_versions_to_the_newest(many: Folder) -> None:
    whole = many.here("history", "--json").json()["events"]
    assert many.here("history", "-n", "5", "--json").json()["events"] == whole[:5]
    assert many.here("history", "--last", "1000", "--json").json()["events"] == whole
    for argv in (("-n", "0"), ("-n", "2", "--at", "2026-01-01")):
        assert many.here("history", *argv).status == Exit.USAGE


def test_a_model_with_many_versions_is_shown_on_a_screen(many: Folder) -> None:
    import_tags(many, [NewTag(f"a@v2.{n}.0", c) for n, c in enumerate(commits(many, 30))])
    out = many.here("show", "a").out
    assert "and 22 lower; see `mlgit history a`" in out
    assert "v2.10.0" in out
    assert "v2.9.0" not in out
    assert len(many.here("show", "a", "--json").json()["versions"]) == 42
