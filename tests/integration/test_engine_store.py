"""The DVC remote itself is queried, and DVC sends to it."""

from __future__ import annotations

import shutil
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from mlgit.adapters.dvc import engine
from mlgit.core.pipeline.stages import Output, Pointer
from mlgit.errors import MlgitError, StateError, ToolError
from tests.support.dvc_index import resolve_pipeline

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.shell import Folder


def root(folder: Folder) -> str:
    return str(folder.path)


def outputs(folder: Folder) -> tuple[Output, ...]:
    return resolve_pipeline(root(folder), None).outputs


def stored(folder: Folder, path: str) -> Path:
    """The place of an output's object in the remote."""
    pointer = next(each.pointer for each in outputs(folder) if each.path == path)
    assert pointer is not None
    return folder.path.parent / "storage" / "files" / "md5" / pointer.md5[:2] / pointer.md5[2:]


@pytest.fixture
def directory(project: Folder) -> Folder:
    """The project with a directory of two files, pushed."""
    project.write("data/many/a.txt", "a")
    project.write("data/many/b.txt", "b")
    project.dvc("add", "-q", "data/many")
    project.dvc("push", "-q")
    return project


def test_after_a_push_nothing_is_missing(directory: Folder) -> None:
    assert engine.missing_in_remote(root(directory), outputs(directory)) == ()


def test_an_object_that_the_remote_lost_is_missing_although_dvc_cached_its_presence(project: Folder) -> None:
    stored(project, "models/line.json").unlink()
    assert engine.missing_in_remote(root(project), outputs(project)) == ("models/line.json",)


def test_a_directory_without_one_of_its_files_is_missing(directory: Folder) -> None:
    cache = directory / ".dvc" / "cache" / "files" / "md5" / "92" / "eb5ffee6ae2fec3ad71c777531578f"
    assert cache.read_text() == "b"
    (directory.path.parent / "storage" / "files" / "md5" / "92" / cache.name).unlink()
    assert engine.missing_in_remote(root(directory), outputs(directory)) == ("data/many",)


def test_an_output_without_a_hash_is_missing_but_not_one_in_git(project: Folder) -> None:
    found = engine.missing_in_remote(
        root(project),
        [Output(path="never", owner="x"), Output(path="in-git", owner="x", cached=False)],
    )
    assert found == ("never",)


def test_no_default_remote_is_a_state_error(project: Folder) -> None:
    project.dvc("remote", "remove", "storage")
    with pytest.raises(StateError) as caught:
        engine.missing_in_remote(root(project), outputs(project))
    assert caught.value.code == "no_dvc_remote"
    assert caught.value.hint == "run `dvc remote add -d NAME URL`"
    assert not engine.has_remote(root(project))


def test_a_silent_host_is_not_an_empty_remote(project: Folder) -> None:
    # DVC's HTTP file system does not distinguish a refused connection from a missing file.
    found = outputs(project)
    project.dvc("remote", "modify", "storage", "url", "http://127.0.0.1:9/")
    with pytest.raises(ToolError):
        engine.missing_in_remote(root(project), found)


def test_a_file_that_an_http_server_lacks_is_missing(project: Folder) -> None:
    found = outputs(project)
    stored(project, "models/line.json").unlink()
    storage = str(project.path.parent / "storage")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=storage))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        project.dvc("remote", "modify", "storage", "url", f"http://127.0.0.1:{server.server_port}/")
        assert engine.missing_in_remote(root(project), found) == ("models/line.json",)
    finally:
        server.shutdown()
        server.server_close()


def test_outputs_with_push_false_are_checked_only_on_request(project: Folder) -> None:
    text = (project / "dvc.yaml").read_text()
    project.write(
        "dvc.yaml", text.replace("outs: [models/line.json]", "outs: [models/line.json: {push: false}]")
    )
    stored(project, "models/line.json").unlink()
    found = outputs(project)
    assert engine.missing_in_remote(root(project), found) == ("models/line.json",)
    assert engine.missing_in_remote(root(project), found, even_private=False) == ()
    assert engine.push_outputs(root(project), found, even_private=False) == 0
    assert engine.push_outputs(root(project), found) == 1


def test_the_listing_of_a_directory_is_fetched_without_its_files(directory: Folder) -> None:
    shutil.rmtree(directory / ".dvc" / "cache")
    (many,) = (each for each in outputs(directory) if each.path == "data/many")
    assert engine.fetch_listings(root(directory), [many]) == 1
    found = [path for path in (directory / ".dvc" / "cache").rglob("*") if path.is_file()]
    assert [path.name[-4:] for path in found] == [".dir"]
    assert engine.fetch_listings(root(directory), [many]) == 0


def test_a_missing_plug_in_of_a_remote_is_a_tool_error_with_the_pip_command(project: Folder) -> None:
    found = outputs(project)
    project.dvc("remote", "modify", "storage", "url", "webhdfs://example.org/path")
    with pytest.raises(ToolError) as caught:
        engine.missing_in_remote(root(project), found)
    assert caught.value.hint == "run `pip install dvc-webhdfs`"


def test_outputs_are_sent_only_once(directory: Folder) -> None:
    shutil.rmtree(directory.path.parent / "storage")
    found = outputs(directory)
    sent = engine.push_outputs(root(directory), found)
    # raw and clean (which are equal), the model, two files and their listing
    assert sent == 5
    assert engine.missing_in_remote(root(directory), found) == ()
    assert engine.push_outputs(root(directory), found) == 0


def test_an_output_that_is_not_cached_stays_missing_after_sending(project: Folder) -> None:
    ghost = Output(path="ghost", owner="x", pointer=Pointer(md5="f" * 32))
    assert engine.push_outputs(root(project), [ghost]) == 0
    assert engine.missing_in_remote(root(project), [ghost]) == ("ghost",)


def test_the_own_remote_of_an_output_is_queried(project: Folder, tmp_path: Path) -> None:
    project.dvc("remote", "add", "-q", "other", str(tmp_path / "other"))
    project.write("data/own.txt", "own")
    project.dvc("add", "-q", "data/own.txt")
    pointer = project / "data" / "own.txt.dvc"
    pointer.write_text(pointer.read_text() + "  remote: other\n")
    found = [each for each in outputs(project) if each.path == "data/own.txt"]
    assert engine.missing_in_remote(root(project), found) == ("data/own.txt",)
    assert engine.push_outputs(root(project), found) == 1
    assert len([path for path in (tmp_path / "other").rglob("*") if path.is_file()]) == 1
    assert engine.missing_in_remote(root(project), found) == ()


def test_missing_inputs_of_a_stage_are_listed(project: Folder) -> None:
    (project / "data" / "raw.csv").unlink()
    (project / "models" / "line.json").unlink()
    assert set(engine.missing_here(root(project))) == {"data/raw.csv", "models/line.json"}
    assert engine.missing_here(root(project), ["prepare"]) == ("data/raw.csv",)


def test_pull_restores_lost_files_and_counts_them(project: Folder) -> None:
    shutil.rmtree(project / ".dvc" / "cache")
    (project / "models" / "line.json").unlink()
    assert engine.pull(root(project), ["models/line.json"]) == 1
    assert (project / "models" / "line.json").exists()


def test_pull_does_not_overwrite_files_that_are_not_cached(project: Folder) -> None:
    project.write("data/raw.csv", "edited by hand\n")
    with pytest.raises(MlgitError):
        engine.pull(root(project), ["data/raw.csv"])
    assert (project / "data" / "raw.csv").read_text() == "edited by hand\n"


def test_reasons_of_dvc_status_are_sentences(project: Folder) -> None:
    assert engine.status(root(project)) == {}
    project.write("params.yaml", "train:\n  slope: 1.0\n")
    project.write("src/train.py", "pass\n")
    found = engine.status(root(project))
    assert set(found["train"]) == {"changed dep src/train.py", "changed params train.slope in params.yaml"}


def test_no_output_of_dvc_reaches_stdout(project: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(project / ".dvc" / "cache")
    engine.pull(root(project))
    engine.push(root(project))
    engine.status(root(project))
    assert capsys.readouterr().out == ""
