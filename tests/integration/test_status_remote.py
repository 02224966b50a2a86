"""`mlgit status --remote` tells what the DVC remotes lack; it lists each once and brings nothing here."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from mlgit.adapters.dvc.engine.remotes import set_timeouts, without_credentials
from tests.support.counting import counting
from tests.support.remotes import needs, s3_remote, ssh_remote
from tests.support.schema import assert_valid

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.shell import Done, Folder


def asked(folder: Folder, *, status: int = 0) -> Any:  # noqa: ANN401 (a JSON document)
    """The whole answer of `mlgit status --remote --json`, held against its schema."""
    done = folder.here("status", "--remote", "--json")
    assert done.status == status, done.err
    assert_valid(done.json(), "status")
    return done.json()


def outputs(folder: Folder) -> dict[str, Any]:
    return {each["path"]: each for each in asked(folder)["remote_data"]["outputs"]}


def storage(folder: Folder) -> Path:
    return folder.path.parent / "storage"


def place(top: Path, md5: str) -> Path:
    return top / "files" / "md5" / md5[:2] / md5[2:]


def recorded(folder: Folder, path: str) -> str:
    """The hash of a tracked file or directory as its .dvc file has it."""
    text = (folder / f"{path}.dvc").read_text()
    return text.partition("md5: ")[2].split()[0]


def md5_of(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


@pytest.fixture
def directory(project: Folder) -> Folder:
    """The project with a pushed directory of three files, committed."""
    for name in "abc":
        project.write(f"data/many/{name}.txt", name * 100)
    project.dvc("add", "-q", "data/many")
    project.dvc("push", "-q")
    project.commit("Track many")
    project.git("push", "-q")
    return project


def test_nothing_is_asked_without_the_option(project: Folder) -> None:
    shutil.rmtree(storage(project))
    done = project.here("status", "--json")
    assert done.json()["remote_data"] is None
    assert "Remote" not in project.here("status").out


def test_when_everything_is_there_one_line_says_so(directory: Folder) -> None:
    found = asked(directory)["remote_data"]
    assert found["outputs"] == found["notes"] == []
    assert found["remotes"] == [{"remote": "storage", "outputs": 4, "missing": 0, "answered": True}]
    assert "\nRemote  storage has all 4 outputs\n" in directory.here("status", "--remote").out


def test_what_is_only_in_the_cache_is_offered_to_push_and_then_there(directory: Folder) -> None:
    place(storage(directory), md5_of("b" * 100)).unlink()
    (found,) = outputs(directory).values()
    assert (found["path"], found["presence"], found["elsewhere"]) == ("data/many", "missing", "cache")
    assert (found["missing_files"], found["files"], found["missing_bytes"]) == (1, 3, 100)
    assert (found["size_bytes"], found["listing_missing"]) == (300, False)
    done = directory.here("status", "--remote")
    assert "storage lacks 1 of 4 outputs\n  data/many  1 of 3 files, 100 B  in the cache here\n" in done.out
    assert "next: mlgit push  (1 output not in the DVC remote)" in done.out
    assert directory.here("push").status == 0
    assert outputs(directory) == {}


def test_without_a_git_remote_dvc_is_the_one_to_push(directory: Folder) -> None:
    directory.git("remote", "remove", "origin")
    place(storage(directory), md5_of("b" * 100)).unlink()
    assert asked(directory)["next"]["command"] == "dvc push"


def test_what_only_the_working_tree_has_goes_to_the_cache_first(directory: Folder) -> None:
    for top in (storage(directory), directory / ".dvc" / "cache"):
        place(top, md5_of("b" * 100)).unlink()
    (found,) = outputs(directory).values()
    assert (found["elsewhere"], found["missing_bytes"]) == ("workspace", None)
    step = asked(directory)["next"]["command"]
    assert step == "dvc commit data/many.dvc"
    directory.ok(*step.split())
    assert asked(directory)["next"]["command"] == "mlgit push"
    assert directory.here("push").status == 0
    assert outputs(directory) == {}


def test_what_is_nowhere_is_told_with_who_recorded_it(directory: Folder) -> None:
    commit = directory.git("rev-parse", "HEAD")
    directory.commit("Something else")
    shutil.rmtree(directory / ".dvc" / "cache")
    shutil.rmtree(directory / "data" / "many")
    model_md5 = md5_of((directory / "models" / "line.json").read_text())
    (directory / "models" / "line.json").unlink()
    place(storage(directory), recorded(directory, "data/many")).unlink()
    place(storage(directory), model_md5).unlink()
    found = outputs(directory)
    assert set(found) == {"data/many", "models/line.json"}
    assert {each["elsewhere"] for each in found.values()} == {"nowhere"}
    many = found["data/many"]
    assert many["recorded"] == {"commit": commit, "author": "Ada"}
    assert (many["files"], many["missing_files"], many["listing_missing"]) == (3, None, True)
    done = directory.here("status", "--remote")
    assert f"not on this machine; recorded by Ada in {commit[:7]}" in done.out
    assert "its listing, so all of it" in done.out
    # Nothing could pull them; what a stage makes can be made again.
    assert "next: mlgit run  (1 output neither here nor in the DVC remote)" in done.out


def test_a_part_of_a_directory_that_is_here_is_told_apart(directory: Folder) -> None:
    shutil.rmtree(directory / "data" / "many")
    for name in "ab":
        place(storage(directory), md5_of(name * 100)).unlink()
    place(directory / ".dvc" / "cache", md5_of("a" * 100)).unlink()
    (found,) = outputs(directory).values()
    assert (found["elsewhere"], found["missing_files"], found["missing_bytes"]) == ("partly", 2, None)


def test_a_listing_that_is_only_in_the_remote_is_read_and_nothing_is_written(directory: Folder) -> None:
    shutil.rmtree(directory / ".dvc" / "cache")
    shutil.rmtree(directory / "data" / "many")
    place(storage(directory), md5_of("c" * 100)).unlink()

    def everything() -> dict[str, str]:
        return {
            str(path): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(directory.path.parent.rglob("*"))
            if path.is_file() and not {".git", "origin.git"} & set(path.parts)
        }

    before = everything()
    (found,) = outputs(directory).values()
    assert (found["missing_files"], found["files"], found["listing_missing"]) == (1, 3, False)
    assert everything() == before


def test_a_damaged_listing_in_the_cache_is_read_from_the_remote_instead(directory: Folder) -> None:
    listing = place(directory / ".dvc" / "cache", recorded(directory, "data/many"))
    listing.chmod(0o644)
    listing.write_text("[]")
    place(storage(directory), md5_of("c" * 100)).unlink()
    (found,) = outputs(directory).values()
    assert (found["missing_files"], found["files"]) == (1, 3)


def test_a_damaged_file_of_a_local_remote_is_left_alone(directory: Folder) -> None:
    # `dvc status --cloud` would take the hash of what is writable, and remove what differs.
    damaged = place(storage(directory), md5_of("c" * 100))
    damaged.chmod(0o644)
    damaged.write_text("damaged")
    assert outputs(directory) == {}
    assert damaged.read_text() == "damaged"


def test_what_stays_here_and_what_is_imported_is_expected_in_no_remote(project: Folder) -> None:
    text = (project / "dvc.yaml").read_text()
    project.write(
        "dvc.yaml", text.replace("outs: [models/line.json]", "outs: [models/line.json: {push: false}]")
    )
    project.write(
        "data/theirs.csv.dvc",
        f"deps:\n- path: theirs.csv\n  repo: {{url: https://example.org/r, rev_lock: {'a' * 40}}}\n"
        f"outs:\n- {{md5: {'b' * 32}, size: 3, hash: md5, path: theirs.csv}}\n",
    )
    shutil.rmtree(storage(project))
    storage(project).mkdir()
    found = outputs(project)
    assert {path: each["presence"] for path, each in found.items()} == {
        "data/clean.csv": "missing",
        "data/raw.csv": "missing",
        "data/theirs.csv": "foreign",
        "models/line.json": "private",
    }
    done = project.here("status", "--remote").out
    assert "storage lacks 2 of 2 outputs" in done
    assert "kept out of it by `push: false`: models/line.json" in done
    assert "in the remote of another repository: data/theirs.csv" in done


def test_what_stays_here_is_not_pushed(project: Folder) -> None:
    text = (project / "dvc.yaml").read_text()
    project.write(
        "dvc.yaml", text.replace("outs: [models/line.json]", "outs: [models/line.json: {push: false}]")
    )
    project.commit("Keep the model")
    shutil.rmtree(storage(project))
    assert project.here("push", "--json").json()["data"]["paths"] == ["data/clean.csv", "data/raw.csv"]
    assert {path for path, each in outputs(project).items()} == {"models/line.json"}
    assert not place(storage(project), md5_of((project / "models" / "line.json").read_text())).exists()


def test_an_output_is_asked_for_at_its_own_remote(directory: Folder, tmp_path: Path) -> None:
    directory.dvc("remote", "add", "-q", "other", str(tmp_path / "other"))
    (tmp_path / "other").mkdir()
    pointer = directory / "data" / "many.dvc"
    pointer.write_text(pointer.read_text() + "  remote: other\n")
    found = asked(directory)["remote_data"]
    assert [(each["remote"], each["outputs"], each["missing"]) for each in found["remotes"]] == [
        ("other", 1, 1),
        ("storage", 3, 0),
    ]
    assert found["outputs"][0]["remote"] == "other"
    assert "Remote  other lacks 1 of 1 output; storage has all 3 outputs" in (
        directory.here("status", "--remote").out
    )
    # It is not the default one that `mlgit push` sends it to.
    directory.commit("Another remote")
    assert directory.here("push").status == 0
    assert asked(directory)["remote_data"]["outputs"] == []


def test_a_repository_below_has_its_own_remote(directory: Folder, tmp_path: Path) -> None:
    (directory / "sub").mkdir()
    sub = type(directory)(directory / "sub")
    sub.dvc("init", "-q", "--subdir")
    sub.dvc("remote", "add", "-q", "-d", "below", str(tmp_path / "below"))
    sub.write("inner.txt", "inner")
    sub.dvc("add", "-q", "inner.txt")
    sub.dvc("push", "-q")
    found = asked(directory)["remote_data"]
    assert {each["remote"]: each["missing"] for each in found["remotes"]} == {"below": 0, "storage": 0}
    place(tmp_path / "below", md5_of("inner")).unlink()
    assert outputs(directory)["sub/inner.txt"]["remote"] == "below"


def test_contents_of_dvc_2_are_looked_for_where_dvc_2_put_them(project: Folder) -> None:
    project.write("data/old.txt", "old")
    pointer = f"outs:\n- md5: {md5_of('old')}\n  size: 3\n  path: old.txt\n"
    project.write("data/old.txt.dvc", pointer)
    project.dvc("commit", "-q", "-f", "data/old.txt.dvc")
    project.write("data/old.txt.dvc", pointer)
    assert outputs(project)["data/old.txt"]["missing_files"] == 1
    legacy = storage(project) / md5_of("old")[:2] / md5_of("old")[2:]
    legacy.parent.mkdir(parents=True)
    legacy.write_text("old")
    assert outputs(project) == {}


def test_without_a_remote_a_note_says_so_and_the_exit_code_is_0(project: Folder) -> None:
    project.dvc("remote", "remove", "storage")
    found = asked(project)
    assert found["failures"] == []
    assert {each["presence"] for each in found["remote_data"]["outputs"]} == {"unknown"}
    assert "No default DVC remote is configured (`dvc remote add -d NAME URL`)" in (
        project.here("status", "--remote").out
    )


def test_a_remote_folder_that_is_not_there_is_told(project: Folder) -> None:
    shutil.rmtree(storage(project))
    found = asked(project)["remote_data"]
    assert len(found["outputs"]) == 3
    assert "folder of the DVC remote `storage` is not there" in found["notes"][0]


def test_there_may_be_nothing_to_ask_for(empty_repository: Folder) -> None:
    empty_repository.write("README", "x")
    empty_repository.commit("first")
    found = asked(empty_repository)["remote_data"]
    assert found == {"remotes": [], "outputs": [], "notes": []}


def test_a_remote_that_does_not_answer_is_a_failure_among_all_the_rest(directory: Folder) -> None:
    directory.dvc("remote", "add", "-q", "far", "http://ada:secret@127.0.0.1:9/")
    pointer = directory / "data" / "many.dvc"
    pointer.write_text(pointer.read_text() + "  remote: far\n")
    found = asked(directory, status=5)
    (failure,) = found["failures"]
    assert (failure["part"], failure["code"]) == ("remote_data", "tool_failed")
    assert "The DVC remote `far` could not be asked" in failure["message"]
    assert "secret" not in json.dumps(found["failures"])
    assert [(each["remote"], each["answered"]) for each in found["remote_data"]["remotes"]] == [
        ("far", False),
        ("storage", True),
    ]
    (unknown,) = found["remote_data"]["outputs"]
    assert (unknown["path"], unknown["presence"]) == ("data/many", "unknown")
    assert (found["pipeline_stages"], found["branch"]) == (3, "main")
    done = directory.here("status", "--remote")
    assert (done.status, done.err) == (5, "")
    assert "far did not answer; storage has all 3 outputs" in done.out


def test_a_remote_that_nobody_configured_is_a_failure(project: Folder) -> None:
    pointer = project / "data" / "raw.csv.dvc"
    pointer.write_text(pointer.read_text() + "  remote: nowhere\n")
    found = asked(project, status=5)
    assert "`nowhere` could not be asked" in found["failures"][0]["message"]
    assert found["remote_data"]["remotes"][1]["answered"] is True
    project.dvc("remote", "default", "-q", "storage")
    config = project / ".dvc" / "config"
    config.write_text(config.read_text().replace("remote = storage", "remote = gone"))
    found = asked(project, status=5)
    assert found["remote_data"]["remotes"] == [
        {"remote": "nowhere", "outputs": 1, "missing": 0, "answered": False}
    ]
    pointer.unlink()
    done = project.here("status", "--remote")
    assert "\nRemote  it cannot be told\n" in done.out
    assert "The default DVC remote could not be asked" in done.out


@contextmanager
def http_server(handler: Any) -> Iterator[int]:  # noqa: ANN401 (a handler class or what makes one)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


def test_a_web_server_is_asked_once_for_each_content(directory: Folder) -> None:
    # It cannot be listed. `raw` and `clean` are the same content; many are three files and their listing.
    place(storage(directory), md5_of("b" * 100)).unlink()
    with (
        http_server(partial(_Quiet, directory=str(storage(directory)))) as port,
        counting(port) as door,
    ):
        directory.dvc("remote", "modify", "storage", "url", f"http://127.0.0.1:{door.port}/")
        (found,) = outputs(directory).values()
        assert (found["path"], found["missing_files"]) == ("data/many", 1)
        # One more, for what cannot be there.
        assert len(door.requests) == len(set(door.requests)) == 1 + 1 + 4 + 1
        assert door.written == []


class _Refusing(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_error(403)

    def log_message(self, *_: object) -> None:
        pass


def test_a_web_server_that_refuses_is_no_empty_remote(project: Folder) -> None:
    with http_server(_Refusing) as port:
        project.dvc("remote", "modify", "storage", "url", f"http://127.0.0.1:{port}/")
        found = asked(project, status=5)
    assert "403" in found["failures"][0]["message"]
    assert {each["presence"] for each in found["remote_data"]["outputs"]} == {"unknown"}


class _LogIn(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path != "/log-in":
            self.send_response(302)
            self.send_header("Location", "/log-in")
            self.end_headers()
            return
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"Who are you?")

    def log_message(self, *_: object) -> None:
        pass


def test_a_web_server_that_wants_a_log_in_does_not_have_everything(project: Folder) -> None:
    with http_server(_LogIn) as port:
        project.dvc("remote", "modify", "storage", "url", f"http://127.0.0.1:{port}/")
        found = asked(project, status=5)
    assert "a page for everything" in found["failures"][0]["message"]
    assert {each["presence"] for each in found["remote_data"]["outputs"]} == {"unknown"}


def test_no_credential_of_a_url_is_told_where_it_refuses() -> None:
    shown = without_credentials("403, url='http://ada:se@cret@host:1/x?sig=secret/files/md5/ab', twice")
    assert shown == "403, url='http://host:1/x', twice"
    assert without_credentials("s3://b/k?a=secret and https://u:secret@c/d") == "s3://b/k and https://c/d"
    assert without_credentials("who? ada@b.c") == "who? ada@b.c"


@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_ends_it_while_a_server_keeps_silent(project: Folder, times: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        project.dvc("remote", "modify", "storage", "url", url)
        running = subprocess.Popen(
            [sys.executable, "-m", "mlgit", "status", "--remote"],
            cwd=project.path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        silent.settimeout(60)
        guest, _ = silent.accept()
        with guest:
            guest.recv(1)
            running.send_signal(signal.SIGINT)
            assert running.stderr is not None
            told = next(line for line in running.stderr if line == "Interrupted\n")
            for _ in range(times - 1):  # the first has been told, and the silence is still waited for
                running.send_signal(signal.SIGINT)
            out, err = running.communicate(timeout=30)
    assert running.returncode in ({130} if times == 1 else {130, -signal.SIGINT})
    assert (told, out, err) == ("Interrupted\n", "", "")


def test_a_bucket_is_listed_once_however_many_outputs_there_are(
    project: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with s3_remote(tmp_path / "server") as remote:
        port = int(remote.options["endpointurl"].rpartition(":")[2])
        for name, value in remote.secrets.items():
            monkeypatch.setenv(name, value)
        with counting(port) as door:
            project.dvc("remote", "modify", "storage", "url", remote.url)
            project.dvc("remote", "modify", "storage", "endpointurl", f"http://127.0.0.1:{door.port}")
            counts = []
            # For three or four objects DVC asks for each instead, which is cheaper.
            for numbers in (range(5), range(50)):
                for number in numbers:
                    project.write(f"data/{number}.bin", f"content {number}")
                project.dvc("add", "-q", *(f"data/{number}.bin" for number in numbers))
                project.dvc("push", "-q")
                door.requests.clear()
                assert asked(project)["remote_data"]["outputs"] == []
                assert door.written == []
                counts.append(len(door.requests))
            # The first tells DVC how large the bucket is, the second is the listing.
            assert counts == [2, 2]
            shutil.rmtree(place(remote.files / "store", md5_of("content 7")))
            assert list(outputs(project)) == ["data/7.bin"]
            monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
            found = asked(project, status=5)
            assert "`storage` could not be asked" in found["failures"][0]["message"]


def test_a_folder_over_ssh_is_asked(
    directory: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ssh_remote(tmp_path / "server") as remote:
        monkeypatch.setenv("HOME", str(remote.home))
        directory.dvc("remote", "modify", "storage", "url", remote.url)
        directory.dvc("push", "-q")
        assert outputs(directory) == {}
        place(remote.files, md5_of("b" * 100)).unlink()
        shutil.rmtree(directory / ".dvc" / "cache")
        (found,) = outputs(directory).values()
        assert (found["path"], found["missing_files"], found["elsewhere"]) == ("data/many", 1, "workspace")


def test_a_remote_with_versions_of_its_own_is_told_by_what_is_recorded(project: Folder) -> None:
    project.dvc("remote", "modify", "storage", "url", "s3://bucket/path")
    project.dvc("remote", "modify", "storage", "version_aware", "true")
    found = asked(project)["remote_data"]
    assert "keeps versions itself" in found["notes"][0]
    assert {each["presence"] for each in found["outputs"]} == {"missing"}


def test_of_a_directory_with_versions_only_the_files_without_one_are_missing(directory: Folder) -> None:
    directory.dvc("remote", "modify", "storage", "url", "s3://bucket/path")
    directory.dvc("remote", "modify", "storage", "version_aware", "true")
    found = outputs(directory)["data/many"]
    assert (found["missing_files"], found["files"], found["elsewhere"]) == (3, 3, "cache")
    assert "3 of 3 files, 300 B  in the cache here" in directory.here("status", "--remote").out
    lines = ["outs:", "- path: many", "  hash: md5", "  files:"]
    for name in "abc":
        lines += [f"  - relpath: {name}.txt", f"    md5: {md5_of(name * 100)}", "    size: 100"]
        if name != "b":  # as DVC writes down what it pushed
            lines += ["    cloud:", "      storage:", f"        version_id: version-of-{name}"]
    directory.write("data/many.dvc", "\n".join(lines) + "\n")
    found = outputs(directory)["data/many"]
    assert (found["missing_files"], found["missing_bytes"], found["files"]) == (1, 100, 3)


def test_a_bucket_that_keeps_silent_is_not_waited_for_five_times(
    project: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs("dvc_s3")
    for name, value in (("ACCESS_KEY_ID", "any"), ("SECRET_ACCESS_KEY", "any"), ("MAX_ATTEMPTS", "1")):
        monkeypatch.setenv(f"AWS_{name}", value)
    guests = []
    with socket.create_server(("127.0.0.1", 0), backlog=100) as silent:

        def listen() -> None:
            with suppress(OSError):
                while True:
                    guests.append(silent.accept()[0])

        threading.Thread(target=listen, daemon=True).start()
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}"
        settings = {"url": "s3://bucket/path", "endpointurl": endpoint, "read_timeout": "1"}
        for name, value in settings.items():
            project.dvc("remote", "modify", "storage", name, value)
        contents = len(asked(project, status=5)["remote_data"]["outputs"])
        silent.shutdown(socket.SHUT_RDWR)
    for guest in guests:
        guest.close()
    assert 1 <= len(guests) <= contents


def test_a_silent_web_server_is_waited_for_as_long_as_is_configured_or_a_little() -> None:
    remotes: dict[str, dict[str, Any]] = {
        "web": {"url": "http://example.org/x"},
        "slow": {"url": "https://example.org/x", "read_timeout": 7},
        "folder": {"url": "/mnt/x"},
    }
    set_timeouts({"remote": remotes})
    assert remotes["web"] == {"url": "http://example.org/x", "connect_timeout": 10, "read_timeout": 30}
    assert (remotes["slow"]["read_timeout"], remotes["slow"]["connect_timeout"]) == (7, 10)
    assert remotes["folder"] == {"url": "/mnt/x"}


def told(done: Done) -> set[str]:
    return set(done.out.split())


def test_the_option_is_completed(project: Folder) -> None:
    env = {"_MLGIT_COMPLETE": "bash_complete", "COMP_WORDS": "mlgit status --re", "COMP_CWORD": "2"}
    assert "plain,--remote" in told(project.run(sys.executable, "-m", "mlgit", env=os.environ | env))
