"""`mlgit.get`: a program fetches a model, keeps each version, and is asked about the tag."""

from __future__ import annotations

import json
import logging
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import mlgit
from mlgit.api.child import work as work_in_child
from mlgit.errors import Exit
from mlgit.project.deploy.kept import one_at_a_time
from tests.support import service
from tests.support.registry import allow_foreign_tags
from tests.support.schema import assert_valid

if TYPE_CHECKING:
    from tests.support.shell import Folder


@pytest.fixture(scope="module")
def released(pipeline_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """A project whose v1.0.0 is in staging; no test changes it."""
    return service.build(pipeline_template, tmp_path_factory.mktemp("service") / "project")


@pytest.fixture
def url(released: Folder, tmp_path: Path) -> str:
    """A copy of its origin, which a test may remove."""
    released.git("clone", "-q", "--mirror", service.origin(released), str(tmp_path / "copy.git"))
    return str(tmp_path / "copy.git")


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_the_model_is_in_the_folder_of_its_version(url: str, tmp_path: Path) -> None:
    path = mlgit.get("line#staging", repo=url, to=tmp_path / "models")
    assert path == tmp_path / "models" / "line" / "v1.0.0" / "line.json"
    assert path.read_text() == service.MODEL
    assert files(tmp_path / "models") == ["line/v1.0.0.json", "line/v1.0.0/line.json"]
    assert_valid(json.loads((tmp_path / "models/line/v1.0.0.json").read_text()), "kept-version")


def test_a_folder_and_a_relative_destination_work(
    released: Folder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = mlgit.get("line@latest", repo=released.path, to="models")
    assert path == tmp_path / "models" / "line" / "v1.0.0" / "line.json"


def test_a_version_is_answered_without_the_repository(url: str, tmp_path: Path) -> None:
    first = mlgit.get("line#staging", repo=url, to=tmp_path / "models")
    written = first.stat().st_mtime_ns
    shutil.rmtree(url)
    assert mlgit.get("line@v1.0.0", repo=url, to=tmp_path / "models") == first
    assert first.stat().st_mtime_ns == written


@pytest.mark.parametrize("reference", ["line#staging", "line@latest", "line@v2.0.0"])
def test_what_may_have_changed_is_never_answered_without_the_repository(
    url: str, tmp_path: Path, reference: str
) -> None:
    mlgit.get("line@v1.0.0", repo=url, to=tmp_path / "models")
    shutil.rmtree(url)
    with pytest.raises(mlgit.ToolError, match="cannot be cloned"):
        mlgit.get(reference, repo=url, to=tmp_path / "models")


def test_a_version_of_another_repository_is_not_the_same(url: str, tmp_path: Path) -> None:
    mlgit.get("line@v1.0.0", repo=url, to=tmp_path / "models")
    with pytest.raises(mlgit.ToolError, match="cannot be cloned"):
        mlgit.get("line@v1.0.0", repo=f"{url}-of-others", to=tmp_path / "models")


def test_a_damaged_file_is_an_error_and_is_not_overwritten(url: str, tmp_path: Path) -> None:
    path = mlgit.get("line@v1.0.0", repo=url, to=tmp_path / "models")
    path.write_text("another model")
    with pytest.raises(mlgit.StateError, match="already exists with other content") as caught:
        mlgit.get("line@v1.0.0", repo=url, to=tmp_path / "models")
    assert caught.value.hint == f"remove `{path.parent}` if no program uses it, then run this again"
    assert path.read_text() == "another model"
    shutil.rmtree(path.parent)
    assert mlgit.get("line@v1.0.0", repo=url, to=tmp_path / "models").read_text() == service.MODEL


def test_a_version_that_mlgit_did_not_release_is_asked_about_again(project: Folder, tmp_path: Path) -> None:
    """Other tools may move their tags."""
    allow_foreign_tags(project)
    project.git("tag", "-a", "line@v3.0.0", "-m", "By hand")
    path = mlgit.get("line@v3.0.0", repo=project.path, to=tmp_path / "models")
    assert files(tmp_path / "models") == ["line/v3.0.0/line.json"]
    assert mlgit.get("line@v3.0.0", repo=project.path, to=tmp_path / "models") == path
    project.git("tag", "-d", "line@v3.0.0")
    with pytest.raises(mlgit.UnknownReference):
        mlgit.get("line@v3.0.0", repo=project.path, to=tmp_path / "models")


def test_a_revision_is_kept_by_its_commit(released: Folder, tmp_path: Path) -> None:
    head = released.git("rev-parse", "HEAD")
    path = mlgit.get(head, repo=released.path, to=tmp_path, model="line")
    assert files(tmp_path) == [f"line/{head}/line.json"]
    assert path.read_text() == service.MODEL


def test_a_directory_is_kept_whole_or_not_at_all(project: Folder, tmp_path: Path) -> None:
    make = "import os\nos.makedirs('models/bert/deep')\nopen('models/bert/a', 'w').write('a')\n"
    project.write("make.py", f"{make}open('models/bert/deep/b', 'w').write('b')\n")
    stage = "stages:\n  train: {cmd: python make.py, deps: [make.py], outs: [models/bert]}\n"
    project.write("dvc.yaml", stage)
    project.write("mlgit.yaml", "version: 1\nmodels:\n  bert: {path: models/bert}\n")
    (project / "dvc.lock").unlink()
    project.dvc("repro", "-q")
    project.dvc("push", "-q")
    project.commit("A directory")
    project.git("push", "-q")
    done = project.here("release", "bert")
    assert done.status == Exit.DONE, done.err
    path = mlgit.get("bert@v1.0.0", repo=project.path, to=tmp_path / "models")
    assert path == tmp_path / "models" / "bert" / "v1.0.0" / "bert"
    assert files(path) == ["a", "deep/b"]
    project.git("tag", "-d", "bert@v1.0.0")
    assert mlgit.get("bert@v1.0.0", repo=project.path, to=tmp_path / "models") == path
    (path / "deep" / "extra").touch()
    with pytest.raises(mlgit.UnknownReference):
        mlgit.get("bert@v1.0.0", repo=project.path, to=tmp_path / "models")
    (path / "deep" / "extra").unlink()
    os.mkfifo(path / "deep" / "pipe")  # reading it would block
    with pytest.raises(mlgit.UnknownReference):
        mlgit.get("bert@v1.0.0", repo=project.path, to=tmp_path / "models")


def test_accept_gets_the_tag(released: Folder, url: str, tmp_path: Path) -> None:
    seen: list[mlgit.Tag] = []

    def accept(tag: mlgit.Tag) -> bool:
        seen.append(tag)
        return True

    for reference in ("line#staging", "line@v1.0.0", "line#staging#1"):
        mlgit.get(reference, repo=url, to=tmp_path / "models", accept=accept)
    promotion, release, again = seen
    head = released.git("rev-parse", "HEAD")
    assert (promotion.name, promotion.environment) == ("line#staging#1", "staging")
    assert (release.name, release.environment) == ("line@v1.0.0", None)
    assert again == promotion
    for tag in seen:
        assert (tag.model, tag.version, tag.commit) == ("line", "v1.0.0", head)
        assert tag.tagger == "Ada <ada@example.org>"
        assert tag.time.tzinfo == UTC
        assert abs((datetime.now(UTC) - tag.time).total_seconds()) < 3600  # noqa: TID251 (a test)


@pytest.mark.parametrize("answer", [False, None, 0])
def test_a_refused_tag_leaves_nothing(url: str, tmp_path: Path, answer: object) -> None:
    with pytest.raises(mlgit.AnswerNo, match="`accept` refused the tag `line#staging#1`") as caught:
        mlgit.get("line#staging", repo=url, to=tmp_path / "models", accept=lambda _: answer)
    assert caught.value.exit_code == Exit.BLOCKED
    assert not (tmp_path / "models").exists()


def test_what_accept_raises_arrives_unchanged(url: str, tmp_path: Path) -> None:
    problem = RuntimeError("Ada is on holiday")

    def accept(_: mlgit.Tag) -> bool:
        raise problem

    with pytest.raises(RuntimeError) as caught:
        mlgit.get("line#staging", repo=url, to=tmp_path / "models", accept=accept)
    assert caught.value is problem
    assert not (tmp_path / "models").exists()


def test_a_kept_version_can_be_refused(url: str, tmp_path: Path) -> None:
    mlgit.get("line@v1.0.0", repo=url, to=tmp_path / "models")
    shutil.rmtree(url)
    with pytest.raises(mlgit.AnswerNo):
        mlgit.get("line@v1.0.0", repo=url, to=tmp_path / "models", accept=lambda tag: tag.tagger == "Eve")


def test_a_commit_without_a_tag_cannot_be_accepted(released: Folder, tmp_path: Path) -> None:
    with pytest.raises(mlgit.AnswerNo, match="is not a tag"):
        mlgit.get("HEAD", repo=released.path, to=tmp_path / "models", accept=lambda _: True)


def test_a_deregistered_version_is_a_warning_of_the_logger(
    project: Folder, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    project.here("release", "line")
    done = project.here("deregister", "line@v1.0.0", "-m", "Fails on ward 3")
    assert done.status == Exit.DONE, done.err
    with caplog.at_level(logging.WARNING, "mlgit"):
        mlgit.get("line@v1.0.0", repo=project.path, to=tmp_path / "models")
    assert "deregistered" in caplog.text


def test_an_error_is_that_of_the_command(released: Folder, tmp_path: Path) -> None:
    shown = released.here("get", "line@v7.0.0", "-o", str(tmp_path), "--json").json()["error"]
    with pytest.raises(mlgit.UnknownReference) as caught:
        mlgit.get("line@v7.0.0", repo=released.path, to=tmp_path)
    error = caught.value
    assert (error.message, error.hint, error.exit_code, error.code) == (
        shown["message"],
        shown["hint"],
        shown["exit_code"],
        shown["code"],
    )


def test_no_error_shows_a_password(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(mlgit.ToolError, match="cannot be cloned") as caught:
        mlgit.get("line#staging", repo=f"http://ada:hunter2@127.0.0.1:{port}/x.git", to=tmp_path)
    error = caught.value
    assert str(port) in (error.hint or "")
    assert "hunter2" not in repr((error.args, error.message, error.hint, error.details))


def test_a_bug_has_the_traceback_of_the_child() -> None:
    with pytest.raises(mlgit.MlgitError, match="bug in mlgit: KeyError") as caught:
        work_in_child("no such verb", {})
    assert caught.value.exit_code == Exit.BUG
    assert "worker.py" in "".join(caught.value.__notes__)


def test_a_child_that_dies_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\necho out of memory >&2\nexit 9\n")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    with pytest.raises(mlgit.ToolError, match="ended with exit code 9") as caught:
        mlgit.get("line#staging", repo="https://example.invalid/x.git", to=tmp_path)
    assert caught.value.details == ("out of memory",)


def test_what_is_printed_in_the_child_does_not_matter(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text("print('{}')\n")
    monkeypatch.setenv(
        "PYTHONPATH", os.pathsep.join([str(tmp_path / "site"), os.environ.get("PYTHONPATH", "")])
    )
    assert mlgit.get("line#staging", repo=url, to=tmp_path / "models").name == "line.json"
    assert capfd.readouterr() == ("", "")


def test_an_interrupt_ends_the_child_and_leaves_nothing(tmp_path: Path) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"git://127.0.0.1:{silent.getsockname()[1]}/x.git"
        code = f"import mlgit; mlgit.get('line#staging', repo={url!r}, to={str(tmp_path / 'models')!r})"
        environment = {**os.environ, "TMPDIR": str(temporary)}
        process = subprocess.Popen(
            [sys.executable, "-c", code], env=environment, stderr=subprocess.PIPE, text=True
        )
        connection, _ = silent.accept()  # git waits for an answer
        with connection:
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=60)
    assert errors.splitlines()[-1] == "KeyboardInterrupt"
    assert list(temporary.iterdir()) == []


def test_without_python_there_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(mlgit.ToolError, match="Python cannot be started"):
        mlgit.get("line#staging", repo="https://example.invalid/x.git", to=tmp_path)


def test_one_process_or_thread_fills_a_folder_at_a_time(tmp_path: Path) -> None:
    entered = threading.Event()

    def enter() -> None:
        with one_at_a_time(str(tmp_path / "v1.0.0")):
            entered.set()

    with one_at_a_time(str(tmp_path / "v1.0.0")):
        other = threading.Thread(target=enter)
        other.start()
        assert not entered.wait(0.2)
    other.join(10)
    assert entered.is_set()


def test_two_threads_get_the_same_model_and_the_process_stays_as_it_is(
    url: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def surroundings() -> object:
        handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
        return os.getcwd(), dict(os.environ), handlers, list(sys.path)

    before, found, wrong = surroundings(), list[Path](), list[object]()
    meanwhile = threading.Event()

    def fetch() -> None:
        found.append(mlgit.get("line#staging", repo=url, to=tmp_path / "models", accept=lambda _: True))

    def watch() -> None:
        while not meanwhile.wait(0.005):
            wrong.extend([] if surroundings() == before else [surroundings()])

    watcher = threading.Thread(target=watch)
    threads = [threading.Thread(target=fetch) for _ in range(2)]
    for each in (watcher, *threads):
        each.start()
    for each in threads:
        each.join()
    meanwhile.set()
    watcher.join()
    assert found == [tmp_path / "models" / "line" / "v1.0.0" / "line.json"] * 2
    assert found[0].read_text() == service.MODEL
    assert files(tmp_path / "models") == ["line/v1.0.0.json", "line/v1.0.0/line.json"]
    assert wrong == []
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(("reference", "kind"), [(None, "None: a variable may not be set"), (5, "`int`")])
def test_a_reference_other_than_a_text_is_a_type_error(tmp_path: Path, reference: str, kind: str) -> None:
    for ask in (
        lambda: mlgit.get(reference, repo=tmp_path, to=tmp_path),
        lambda: mlgit.open(tmp_path).metrics(reference),
    ):
        with pytest.raises(TypeError, match=f"is a text such as `tumor#prod`, not {kind}"):
            ask()
