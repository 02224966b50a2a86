"""DVC fails or differs, and mlgit differs from it explicitly: see docs/disagreements.md."""

from __future__ import annotations

import json
import re
import shutil
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from mlgit.core.pipeline.evidence import OLD_LOCK, OLD_STAGE
from tests.support.dvc_answers import dvc_json, dvc_reasons, mlgit_reasons
from tests.support.dvc_small import change
from tests.support.shell import Folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


RESTORE = "git checkout -- dvc.lock"


def refused(folder: Folder) -> str:
    """DVC's error message."""
    with pytest.raises(AssertionError) as caught:
        folder.dvc("status", "--json")
    return str(caught.value) + str(caught.value.__context__)


def failure(folder: Folder) -> dict[str, Any]:
    (found,) = folder.here("status", "--json").json()["failures"]
    assert isinstance(found, dict)
    return found


def unproven(folder: Folder, stage: str) -> list[str]:
    """Why the results of a stage come from no run."""
    stages = folder.here("status", "--json").json()["stages"]
    (found,) = [each["unproven"] for each in stages if each["address"] == stage]
    assert isinstance(found, list)
    return found


def test_a_lock_of_dvc_1_is_read_although_dvc_no_longer_reads_it(small: Folder) -> None:
    lock = (small / "dvc.lock").read_text().split("stages:\n")[1]
    small.write("dvc.lock", re.sub("(?m)^  ", "", lock))
    assert "required key not provided" in refused(small)
    assert mlgit_reasons(small) == {}
    assert unproven(small, "s") == [OLD_LOCK]
    small.write("in", "2")
    assert mlgit_reasons(small) == {"s": {"changed dep in"}}


def test_a_stage_in_a_dvc_file_is_read_although_dvc_no_longer_reads_it(small: Folder) -> None:
    small.write("old.dvc", "cmd: make\ndeps:\n- path: in\n  md5: c4ca4238a0b923820dcc509a6f75849b\n")
    assert "extra keys not allowed" in refused(small)
    assert mlgit_reasons(small) == {}
    assert unproven(small, "old.dvc") == [OLD_STAGE]
    small.write("in", "2")
    assert mlgit_reasons(small) == {"s": {"changed dep in"}, "old.dvc": {"changed dep in"}}


def test_an_unknown_key_in_a_dvc_file_is_ignored(small: Folder) -> None:
    change("raw.dvc", lambda text: f"{text}stuff: 1\n")(small)
    assert "extra keys not allowed" in refused(small)
    small.write("in", "2")
    assert mlgit_reasons(small) == {"s": {"changed dep in"}}


def test_a_cut_hash_is_an_error_and_not_a_change(small: Folder) -> None:
    change("dvc.lock", lambda text: text[: text.index("md5: c4ca") + 9])(small)
    assert dvc_json(small, "status", "--json") == {
        "s": [{"changed deps": {"in": "modified"}}, {"changed outs": {"out": "modified"}}]
    }
    assert failure(small)["message"] == "`stages.s.deps.0.md5` in `dvc.lock` is not a hash of DVC's"
    assert RESTORE in failure(small)["hint"]


def test_a_hash_in_capitals_is_an_error(small: Folder) -> None:
    change(
        "raw.dvc", lambda text: re.sub("md5: .*", lambda found: found[0].upper().replace("MD5", "md5"), text)
    )(small)
    assert dvc_json(small, "status", "--json")["raw.dvc"] == [{"changed outs": {"raw": "not in cache"}}]
    assert failure(small)["location"] == "raw.dvc:2:3"


def test_an_ignore_file_in_tracked_data_is_a_change_of_that_data_only(small: Folder) -> None:
    small.write("many/a", "1")
    small.dvc("add", "-q", "many")
    small.write("many/.dvcignore", "*.tmp\n")
    assert "should not be in collected dir path" in refused(small)
    assert mlgit_reasons(small) == {"many.dvc": {"changed output many"}}


@pytest.mark.parametrize("text", ["- 1\n", "a: [\n"])
def test_an_unused_default_parameter_file_may_be_anything(small: Folder, text: str) -> None:
    small.write("params.yaml", text)
    assert "params.yaml" in refused(small)
    assert mlgit_reasons(small) == {}


def test_without_dvc_init_stages_are_still_compared(small: Folder) -> None:
    shutil.rmtree(small / ".dvc")
    small.write("in", "2")
    assert "not inside of a DVC repository" in refused(small)
    assert mlgit_reasons(small) == {"s": {"changed dep in"}}


def test_an_import_is_never_checked_for_updates(small: Folder, tmp_path: Path) -> None:
    theirs = Folder(tmp_path / "theirs")
    shutil.copytree(small.path, theirs.path, symlinks=True)
    small.dvc("import", "-q", str(theirs.path), "in", "-o", "got")
    theirs.write("in", "2")
    theirs.commit("News")
    (reasons,) = dvc_json(small, "status", "--json")["got.dvc"]
    assert list(reasons["changed deps"].values()) == ["update available"]
    stages = small.here("status", "--json").json()["stages"]
    assert [(each["address"], each["reasons"], each["unchecked"]) for each in stages] == [
        ("got.dvc", [], ["upstream of got was not checked: that needs the network"])
    ]


def test_an_import_that_was_never_downloaded_is_absent_and_not_stale(small: Folder, tmp_path: Path) -> None:
    source = Folder(tmp_path).write("source.txt", "far")
    small.dvc("remote", "add", "-q", "-d", "storage", str(tmp_path / "storage"))
    small.dvc("import-url", "-q", "--no-download", str(source), "later")
    small.dvc("import-url", "-q", "--to-remote", str(source), "there")
    theirs = dvc_json(small, "status", "--json")
    assert theirs["later.dvc"] == [{"changed outs": {"later": "deleted"}}]
    assert mlgit_reasons(small) == {}
    data = small.here("status", "--json").json()["data"]
    assert {each["path"]: (each["workspace"], each["in_cache"]) for each in data} == {
        "later": ("absent", None),
        "there": ("absent", False),
    }


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Folder, str]]:
    """A folder and the address that serves it."""
    folder = Folder(tmp_path / "served")
    folder.write("data.txt", "1")

    class Quiet(SimpleHTTPRequestHandler):
        def end_headers(self) -> None:
            self.send_header("ETag", f'"{(folder / "data.txt").read_text()}"')
            super().end_headers()

        def log_message(self, *_: object) -> None:
            """Write no log."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder.path)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield folder, f"http://127.0.0.1:{server.server_port}/data.txt"
    server.shutdown()
    server.server_close()
    thread.join()


def test_the_web_is_not_asked_for_updates_of_an_import(small: Folder, served: tuple[Folder, str]) -> None:
    source, url = served
    small.dvc("import-url", "-q", url, "got")
    change("got.dvc", lambda text: text.replace("frozen: true\n", ""))(small)
    assert dvc_reasons(small) == {}
    source.write("data.txt", "2")
    assert dvc_json(small, "status", "--json")["got.dvc"] == [{"changed deps": {url: "modified"}}]
    assert mlgit_reasons(small) == {}
    stages = small.here("status", "--json").json()["stages"]
    assert [(each["address"], each["unchecked"]) for each in stages] == [
        ("got.dvc", ["upstream of got was not checked: that needs the network"])
    ]
    small.write("got", "mine")
    assert mlgit_reasons(small) == {"got.dvc": {"changed output got"}}


def test_data_that_is_not_in_the_cache_is_lost_and_not_stale(small: Folder) -> None:
    shutil.rmtree(small / ".dvc/cache")
    assert dvc_json(small, "status", "--json") == {
        "s": [{"changed outs": {"out": "not in cache"}}],
        "raw.dvc": [{"changed outs": {"raw": "not in cache"}}],
    }
    assert mlgit_reasons(small) == {}
    small.write("raw", "other")  # DVC still reports only "not in cache"
    assert json.dumps(dvc_json(small, "status", "--json")["raw.dvc"]).count("modified") == 0
    assert mlgit_reasons(small) == {"raw.dvc": {"changed output raw"}}
