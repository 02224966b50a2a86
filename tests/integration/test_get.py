"""`mlgit get`: the files of a version, checked, from cache, remote, another clone or a URL."""

from __future__ import annotations

import hashlib
import shlex
import shutil
import sys
from pathlib import Path

import pytest

from mlgit.core.registry.message import write_message
from mlgit.core.registry.statement import Builder, FileDigest, GateOutcome, ReleaseStatement
from mlgit.errors import Exit
from tests.support.registry import allow_foreign_tags
from tests.support.schema import assert_valid
from tests.support.shell import Folder

MODEL = '{"slope": 1.99}'


@pytest.fixture
def released(project: Folder) -> Folder:
    """The project with one pushed version tag as GTO writes it."""
    project.git("tag", "-a", "line@v1.0.0", "-m", "First")
    project.git("push", "-q", "origin", "line@v1.0.0")
    project.dvc("remote", "modify", "storage", "url", str(project.path.parent / "storage"))
    project.commit("Name the storage absolutely")
    allow_foreign_tags(project)
    return project


@pytest.fixture
def other_clone(released: Folder, tmp_path: Path) -> Folder:
    """A second clone without the data."""
    released.git("clone", "-q", str(released.path.parent / "origin.git"), str(tmp_path / "other"))
    return Folder(tmp_path / "other")


def cached_model(folder: Folder) -> Path:
    md5 = hashlib.md5(MODEL.encode()).hexdigest()  # noqa: S324 (DVC's hash)
    return folder / ".dvc" / "cache" / "files" / "md5" / md5[:2] / md5[2:]


def left_over(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*")) if folder.exists() else []


def test_a_version_is_written_with_its_digests(released: Folder, tmp_path: Path) -> None:
    done = released.here("get", "line@v1.0.0", "-o", str(tmp_path / "out"), "--json")
    assert done.status == Exit.DONE, done.err
    record = done.json()
    assert_valid(record, "get")
    assert (tmp_path / "out" / "line.json").read_text() == MODEL
    (file,) = record["files"]
    assert file["path"] == "models/line.json"
    assert file["state"] == "written"
    assert file["sha256"] == hashlib.sha256(MODEL.encode()).hexdigest()
    assert file["size_bytes"] == len(MODEL)
    assert left_over(tmp_path / "out") == ["line.json"]


def test_the_second_run_finds_the_files_there(released: Folder, tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    released.here("get", "line@v1.0.0", "-o", out)
    done = released.here("get", "line@v1.0.0", "-o", out)
    assert done.status == Exit.DONE
    assert "already there" in done.out


def test_other_content_is_kept_without_force(released: Folder, tmp_path: Path) -> None:
    place = tmp_path / "out" / "line.json"
    place.parent.mkdir()
    place.write_text("mine")
    done = released.here("get", "line@v1.0.0", "-o", str(place.parent))
    assert done.status == Exit.STATE
    assert "--force" in done.err
    assert place.read_text() == "mine"
    assert left_over(place.parent) == ["line.json"]
    assert released.here("get", "line@v1.0.0", "-o", str(place.parent), "--force").status == Exit.DONE
    assert place.read_text() == MODEL


def test_a_clone_with_an_empty_cache_fetches_from_the_remote(other_clone: Folder, tmp_path: Path) -> None:
    done = other_clone.here("get", "line@v1.0.0", "-o", str(tmp_path / "out"))
    assert done.status == Exit.DONE, done.err
    assert (tmp_path / "out" / "line.json").read_text() == MODEL
    assert not (other_clone / "models" / "line.json").exists()


def test_the_remote_is_used_if_the_cache_is_damaged(released: Folder, tmp_path: Path) -> None:
    cached = cached_model(released)
    cached.chmod(0o644)
    cached.write_text("damaged")
    assert released.here("get", "line@v1.0.0", "-o", str(tmp_path / "out")).status == Exit.DONE
    assert (tmp_path / "out" / "line.json").read_text() == MODEL


def test_damage_in_cache_and_remote_is_an_error_and_writes_nothing(released: Folder, tmp_path: Path) -> None:
    cached = cached_model(released)
    stored = released.path.parent / "storage" / Path(*cached.parts[-4:])
    for place in (cached, stored):
        place.chmod(0o644)
        place.write_text("damaged")
    done = released.here("get", "line@v1.0.0", "-o", str(tmp_path / "out"), "--json")
    assert done.status == Exit.TOOL
    assert "damaged" in done.err
    assert_valid(done.json(), "error")
    assert left_over(tmp_path / "out") == []


def test_a_missing_remote_is_a_tool_error(other_clone: Folder, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "project" / "storage")
    done = other_clone.here("get", "line@v1.0.0", "-o", str(tmp_path / "out"))
    assert done.status == Exit.TOOL
    assert "storage" in done.err
    assert left_over(tmp_path / "out") == []


def test_a_host_that_does_not_answer_is_a_tool_error(other_clone: Folder, tmp_path: Path) -> None:
    other_clone.dvc("remote", "modify", "storage", "url", "http://127.0.0.1:9/")
    done = other_clone.here("get", "line@v1.0.0", "-o", str(tmp_path / "out"))
    assert done.status == Exit.TOOL
    assert "127.0.0.1:9" in done.err
    assert left_over(tmp_path / "out") == []


def test_an_unknown_reference_is_a_state_error(released: Folder) -> None:
    done = released.here("get", "line@v9.0.0")
    assert done.status == Exit.STATE
    assert "line@v9.0.0" in done.err


def test_missing_data_without_a_remote_is_a_state_error(other_clone: Folder, tmp_path: Path) -> None:
    other_clone.dvc("remote", "remove", "storage")
    done = other_clone.here("get", "line@v1.0.0", "-o", str(tmp_path / "out"))
    assert done.status == Exit.STATE
    assert "dvc remote add" in done.err


def test_a_url_is_enough(released: Folder, tmp_path: Path) -> None:
    nowhere = Folder(tmp_path / "nowhere")
    nowhere.path.mkdir()
    url = f"file://{released.path.parent}/origin.git"
    done = nowhere.here("get", "main", "--repo", url)
    assert done.status == Exit.DONE, done.err
    assert (nowhere / "line.json").read_text() == MODEL
    assert left_over(nowhere.path) == ["line.json"]


def test_another_clone_on_this_machine_uses_its_cache(released: Folder, tmp_path: Path) -> None:
    shutil.rmtree(released.path.parent / "storage")
    nowhere = Folder(tmp_path / "nowhere")
    nowhere.path.mkdir()
    done = nowhere.here("get", "line@v1.0.0", "--repo", str(released.path))
    assert done.status == Exit.DONE, done.err
    assert (nowhere / "line.json").read_text() == MODEL


def test_a_shallow_repository_is_refused_and_starts_few_processes(released: Folder, tmp_path: Path) -> None:
    url = f"file://{released.path.parent}"
    released.git("clone", "-q", "--depth", "1", f"{url}/origin.git", str(tmp_path / "shallow"))
    released.git("-C", str(tmp_path / "shallow"), "fetch", "-q", "--depth", "1", "--tags")
    get = shlex.join([sys.executable, "-m", "mlgit", "get", "line", "--repo", f"file://{tmp_path}/shallow"])
    # With a limit, because git once asked the shallow repository again and again, in thousands of processes.
    done = released.run("sh", "-c", f"ulimit -u 4000; exec timeout 60 {get} -o out")
    assert done.status == Exit.STATE
    assert "its history is shallow" in done.err
    assert not (released / "out").exists()


def test_a_url_that_cannot_be_cloned_is_a_tool_error(tmp_path: Path) -> None:
    done = Folder(tmp_path).here("get", "main", "--repo", "file:///no/such/place.git")
    assert done.status == Exit.TOOL
    assert "cannot be cloned" in done.err


@pytest.mark.parametrize("url", ["nowhere.git", "--upload-pack=touch ran"])
def test_the_hint_about_a_repository_runs_no_option(staged: Folder, url: str) -> None:
    done = staged.here("get", "line@v1.0.0", "--repo", url)
    command = done.err.rpartition("hint: try `")[2].partition("`")[0]
    assert command.startswith("git ls-remote ")
    assert staged.run("sh", "-c", command).status != 0
    assert not (staged / "ran").exists()


def test_a_command_instead_of_a_url_is_not_run(tmp_path: Path) -> None:
    # git refuses `ext::` by default; these user settings would allow it.
    allowed = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "protocol.ext.allow",
        "GIT_CONFIG_VALUE_0": "always",
    }
    done = Folder(tmp_path).here("get", "main", "--repo", f"ext::touch {tmp_path}/owned", env=allowed)
    assert done.status == Exit.TOOL
    assert not (tmp_path / "owned").exists()


@pytest.fixture
def directory_model(released: Folder) -> Folder:
    """The model is now a directory with files in two levels."""
    released.write(
        "dvc.yaml",
        "stages:\n  train:\n    cmd: python make.py\n    deps: [make.py]\n    outs: [models/bert]\n",
    )
    released.write(
        "make.py",
        "import os\n"
        "os.makedirs('models/bert/deep', exist_ok=True)\n"
        "open('models/bert/a.bin', 'w').write('a')\n"
        "open('models/bert/deep/b.bin', 'w').write('b')\n",
    )
    released.write("mlgit.yaml", "version: 1\nmodels:\n  line: {path: models/bert}\n")
    (released / "dvc.lock").unlink()
    released.dvc("repro", "-q")
    released.dvc("push", "-q")
    released.commit("A directory")
    return released


def test_a_directory_is_fetched_completely_from_the_remote(directory_model: Folder, tmp_path: Path) -> None:
    shutil.rmtree(directory_model / ".dvc" / "cache")
    done = directory_model.here("get", "HEAD", "-o", str(tmp_path / "out"), "--json")
    assert done.status == Exit.DONE, done.err
    assert_valid(done.json(), "get")
    assert (tmp_path / "out" / "bert" / "a.bin").read_text() == "a"
    assert (tmp_path / "out" / "bert" / "deep" / "b.bin").read_text() == "b"
    again = directory_model.here("get", "HEAD", "-o", str(tmp_path / "out"), "--json")
    assert {file["state"] for file in again.json()["files"]} == {"already"}


def test_an_extra_file_in_a_directory_is_other_content(directory_model: Folder, tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    assert directory_model.here("get", "HEAD", "-o", out).status == Exit.DONE
    stray = tmp_path / "out" / "bert" / "old.bin"
    stray.write_text("of another version")
    assert directory_model.here("get", "HEAD", "-o", out).status == Exit.STATE
    assert stray.exists()
    assert directory_model.here("get", "HEAD", "-o", out, "--force").status == Exit.DONE
    assert left_over(tmp_path / "out") == ["bert", "bert/a.bin", "bert/deep", "bert/deep/b.bin"]


def forge(directory_model: Folder, listing: str) -> None:
    """Commit another listing of the directory, as if DVC had written it."""
    md5 = hashlib.md5(listing.encode()).hexdigest()  # noqa: S324 (DVC's hash)
    place = directory_model / ".dvc" / "cache" / "files" / "md5" / md5[:2] / f"{md5[2:]}.dir"
    place.parent.mkdir(exist_ok=True)
    place.write_text(listing)
    lock = directory_model / "dvc.lock"
    before = next(line for line in lock.read_text().splitlines() if line.strip().endswith(".dir"))
    lock.write_text(lock.read_text().replace(before.split()[-1], f"{md5}.dir"))
    directory_model.commit("Forged")


def test_a_listing_that_leads_out_of_the_folder_is_refused(directory_model: Folder, tmp_path: Path) -> None:
    forge(directory_model, '[{"md5": "0cc175b9c0f1b6a831c399e269772661", "relpath": "../../escaped"}]')
    done = directory_model.here("get", "HEAD", "-o", str(tmp_path / "out"))
    assert done.status == Exit.STATE
    assert "outside" in done.err
    assert not (tmp_path / "escaped").exists()


def test_a_listing_that_dvc_did_not_write_is_an_error_and_not_a_bug(
    directory_model: Folder, tmp_path: Path
) -> None:
    hostile = (
        # A hash becomes part of a path: this one would be `/etc/passwd`.
        '[{"md5": "xx/etc/passwd", "relpath": "a"}]',
        '[{"md5": 5, "relpath": "a"}]',
        '[{"md5": "0cc175b9c0f1b6a831c399e269772661", "relpath": 5}]',
        '{"a": 1}',
        '[{"relpath": "a"}]',
        "[" * 100_000,
    )
    for listing in hostile:
        forge(directory_model, listing)
        done = directory_model.here("get", "HEAD", "-o", str(tmp_path / "out"))
        assert done.status == Exit.TOOL, (listing[:60], done.err)
        assert "was not written by DVC" in done.err


def test_a_link_that_leads_out_of_the_folder_is_refused(directory_model: Folder, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out" / "bert").symlink_to(tmp_path / "elsewhere")
    done = directory_model.here("get", "HEAD", "-o", str(tmp_path / "out"), "--force")
    assert done.status == Exit.STATE
    assert left_over(tmp_path / "elsewhere") == []


def test_a_model_in_git_is_fetched_from_git(released: Folder, tmp_path: Path) -> None:
    released.write("mlgit.yaml", "version: 1\nmodels:\n  line: {path: params.yaml}\n")
    released.commit("A tiny model")
    done = released.here("get", "HEAD", "-o", str(tmp_path / "out"), "--json")
    assert done.status == Exit.DONE, done.err
    assert (tmp_path / "out" / "params.yaml").read_text() == (released / "params.yaml").read_text()


def test_a_file_that_is_not_the_released_one_is_refused(released: Folder, tmp_path: Path) -> None:
    head = released.git("rev-parse", "HEAD")
    message = write_message(
        "line v1.1.0",
        "",
        ReleaseStatement(
            model="line",
            version="v1.1.0",
            commit=head,
            tree=released.git("rev-parse", "HEAD^{tree}"),
            at="2026-03-01T12:00:00Z",
            files=(FileDigest(path="models/line.json", sha256="0" * 64),),
            gates=tuple(GateOutcome(gate=name, outcome="pass") for name in ("mae-vs-base", "r2-floor")),
            builder=Builder(kind="local"),
        ),
    )
    released.git("tag", "-a", "line@v1.1.0", "--cleanup=verbatim", "-m", message)
    done = released.here("get", "line@v1.1.0", "-o", str(tmp_path / "out"))
    assert done.status == Exit.BLOCKED
    assert "not the file that was released" in done.err
    assert left_over(tmp_path / "out") == []


def test_the_statement_of_the_release_is_checked(project: Folder, tmp_path: Path) -> None:
    made = project.here("release", "line")
    assert made.status == Exit.DONE, made.err
    record = project.here("get", "line@v1.0.0", "-o", str(tmp_path / "out"), "--json").json()
    assert record["stated"] is True
    assert record["version"] == "v1.0.0"
    screen = project.here("get", "line@v1.0.0", "-o", str(tmp_path / "again")).out
    assert "1 of 1 file written, sha256 checked" in screen


def test_no_digest_is_claimed_where_the_release_states_none(released: Folder, tmp_path: Path) -> None:
    screen = released.here("get", "line@v1.0.0", "-o", str(tmp_path / "out")).out
    assert "file written" in screen
    assert "checked" not in screen
