"""Streams: what stdout and stderr are changes neither the result of a command nor its exit code."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from mlgit.errors import Exit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.shell import Folder

RULES = """\
version: 1
models: {net: {path: model.bin, metrics: [scores.json]}}
gates: {impossible: {metric: acc, min: 2}}
"""
COMMANDS = {
    "status": ("status",),
    "diff": ("diff", "HEAD"),
    "check": ("check",),
    "report": ("report",),
    "markdown": ("report", "--format", "markdown"),
    "junit": ("report", "--format", "junit"),
    "experiments": ("experiments",),
    "models": ("models",),
    "help": ("--help",),
    "json verdict": ("check", "--json"),
    "usage": ("check", "--no-such-option"),
    "json failure": ("show", "--json", "no-such-model"),
}
# What a shell does with the two streams before it starts the command.
ENDS = {
    "stdout closed": ">&-",
    "stderr closed": "2>&-",
    "all closed": "<&- >&- 2>&-",
    "stderr full": "2>/dev/full",
}
AGES = {"remote_seen_age_s": None}
FULL = "No space left on device"


@pytest.fixture
def repository(empty_repository: Folder) -> Folder:
    """A blocked change, with a metric, a commit and a branch in another alphabet."""
    folder = empty_repository
    (folder / "mlgit.yaml").write_text(RULES, encoding="utf-8")
    (folder / "model.bin").write_bytes(b"1")
    (folder / "scores.json").write_text('{"точность": 0.5, "acc": 0.5}', encoding="utf-8")
    folder.git("add", ".")
    folder.git("commit", "-qm", "Более")
    folder.git("switch", "-qc", "тема")
    (folder / "scores.json").write_text('{"точность": 0.75, "acc": 0.5}', encoding="utf-8")
    return folder


def result(
    folder: Folder, command: str, *, ends: str = "", encoding: str = "utf-8"
) -> tuple[int, bytes, str]:
    """Exit code, stdout and stderr, by a shell that changes the streams."""
    done = subprocess.run(
        ["sh", "-c", f'exec "$@" {ends}', "sh", sys.executable, "-m", "mlgit", *COMMANDS[command]],
        cwd=folder.path,
        env=os.environ | {"PYTHONIOENCODING": encoding},
        capture_output=True,
        timeout=100,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr.decode(encoding)


@pytest.mark.parametrize("encoding", ["latin-1", "ascii", "utf-16"])
def test_any_encoding_shows_the_same_numbers(repository: Folder, encoding: str) -> None:
    for command, words in COMMANDS.items():
        plain = repository.here(*words)
        found = result(repository, command, encoding=encoding)
        assert (command, found[0]) == (command, plain.status)
        assert "Traceback" not in found[2]
        assert "bug in mlgit" not in found[2]
        if "json" in command:
            assert {**json.loads(found[1]), **AGES} == {**plain.json(), **AGES}
        elif command in {"markdown", "junit"}:
            assert found[1].decode() == plain.out  # documents are UTF-8
        else:
            numbers = re.findall(r"\d+\.\d+", plain.out)
            assert re.findall(r"\d+\.\d+", found[1].decode(encoding)) == numbers


def test_columns_are_aligned_in_the_characters_that_are_shown(repository: Folder) -> None:
    _, shown, _ = result(repository, "diff", encoding="ascii")
    assert b"HEAD (" in shown
    assert b") -> working tree" in shown
    lines = shown.decode("ascii").splitlines()
    ends = {len(line) for line in lines if line.startswith("  ")}
    assert len(ends) == 1, shown.decode("ascii")


@pytest.mark.parametrize("ends", ENDS.values(), ids=ENDS)
def test_a_stream_that_takes_nothing_changes_no_exit_code(repository: Folder, ends: str) -> None:
    for command, words in COMMANDS.items():
        plain = repository.here(*words)
        code, out, err = result(repository, command, ends=ends)
        assert (command, code) == (command, plain.status)
        assert "Traceback" not in err
        if ">&-" not in ends.replace("2>&-", ""):
            assert bool(out) == bool(plain.out)


def test_a_closed_stream_is_not_mixed_up_with_a_file(repository: Folder) -> None:
    """The next file that is opened would get the number of the closed stream."""
    before = dict(contents(repository))
    result(repository, "markdown", ends="<&- >&- 2>&-")
    assert dict(contents(repository)) == before


def contents(folder: Folder) -> Iterator[tuple[str, bytes]]:
    for path in sorted(folder.path.rglob("*")):
        if path.is_file() and ".git/mlgit" not in str(path):
            yield str(path), path.read_bytes()


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_broken_pipe_changes_no_exit_code(repository: Folder, stream: str) -> None:
    for command, words in COMMANDS.items():
        status = repository.here(*words).status
        reading, writing = os.pipe()
        os.close(reading)
        with os.fdopen(writing, "wb") as broken:
            pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | {stream: broken}
            done = subprocess.run(
                [sys.executable, "-m", "mlgit", *words],
                cwd=repository.path,
                timeout=100,
                check=False,
                **pipes,  # type: ignore[call-overload]
            )
        assert (command, done.returncode) == (command, status)
        assert b"Traceback" not in (done.stderr or b"")


def test_a_full_disk_is_an_error_and_never_a_verdict(repository: Folder) -> None:
    for command, words in COMMANDS.items():
        plain = repository.here(*words)
        code, _, err = result(repository, command, ends=">/dev/full")
        expected = Exit.TOOL if plain.out and plain.status in {0, 1} else plain.status
        assert (command, code) == (command, expected)
        assert "Traceback" not in err
        if code == Exit.TOOL:
            assert f"error: The output could not be written: {FULL}" in err


def test_a_promotion_is_written_although_its_messages_are_not(deployable: Folder) -> None:
    before = deployable.git("tag", "--list", "*#*").splitlines()
    reading, writing = os.pipe()
    os.close(reading)
    version = deployable.git("tag", "--list", "*@v*").splitlines()[-1]
    with os.fdopen(writing, "wb") as broken:
        done = subprocess.run(
            [sys.executable, "-m", "mlgit", "promote", version, "--to", "prod", "--no-gates"],
            cwd=deployable.path,
            stdout=broken,
            stderr=broken,
            timeout=100,
            check=False,
        )
    after = deployable.git("tag", "--list", "*#*").splitlines()
    assert (done.returncode == Exit.DONE) == (len(after) > len(before)), (done.returncode, after)


@pytest.mark.parametrize("form", ["markdown", "junit", "json"])
def test_a_report_goes_into_devices_pipes_and_through_links(repository: Folder, form: str) -> None:
    def report(place: str) -> None:
        done = repository.here("report", "--format", form, "-o", place)
        assert done.status == Exit.BLOCKED, done.err

    for name in ("whole", "link", "target", "pipe", "log"):  # a new file could be data
        with (repository / ".git/info/exclude").open("a", encoding="utf-8") as ignored:
            ignored.write(f"/{name}\n")
    report("whole")
    (repository / "target").write_text("old", encoding="utf-8")
    (repository / "link").symlink_to("target")
    report("link")
    assert (repository / "link").is_symlink()
    assert (repository / "target").read_text() == (repository / "whole").read_text()
    os.mkfifo(repository / "pipe")
    with subprocess.Popen(["cat", repository / "pipe"], stdout=subprocess.PIPE) as reader:
        report("pipe")
        assert reader.communicate()[0] == (repository / "whole").read_bytes()
    assert (repository / "pipe").is_fifo()
    command = f'"{sys.executable}" -m mlgit report --format {form} -o /dev/stdout >> log; echo after >> log'
    (repository / "log").write_text("before\n", encoding="utf-8")
    repository.ok("sh", "-c", command)
    text = (repository / "log").read_text()
    assert text == f"before\n{(repository / 'whole').read_text()}after\n"


@pytest.mark.parametrize(
    "url",
    [
        "https://robot:topsecret@127.0.0.1:9/x.git",
        "https://topsecret@127.0.0.1:9/x.git",
        "http://robot:top%40secret-topsecret@127.0.0.1:9/x.git",
    ],
)
def test_no_command_prints_a_token_of_an_address(repository: Folder, url: str) -> None:
    repository.git("remote", "add", "web", url)
    repository.git("config", "mlgit.remote", "web")
    for words in (
        ("get", "net", "--from", url),
        ("get", "net", "--from", url, "--json"),
        ("-v", "models", "--fetch"),
        ("status", "--remote"),
        ("doctor", "--online"),
        ("push",),
        ("release", "net", "--minor"),
        ("--json", "push"),
    ):
        done = repository.here(*words, env={"GIT_TERMINAL_PROMPT": "0"})
        assert "topsecret" not in done.out + done.err, words
