"""Files: write the step's summary, and files and values for later jobs."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def append_summary(variables: Mapping[str, str], markdown: str) -> None:
    """Add to the page of the run (GitHub's step summary), if there is one."""
    path = variables.get("GITHUB_STEP_SUMMARY")
    if path:
        with open(path, "a", encoding="utf-8", errors="replace") as file:
            file.write(markdown if markdown.endswith("\n") else f"{markdown}\n")


def write_outputs(
    variables: Mapping[str, str], outputs: Mapping[str, str], *, dotenv: str | None = None
) -> None:
    """Hand values to later steps and jobs.

    GitHub reads them from its output file, each with a random delimiter, so that no value can add another.
    `dotenv` is a file for GitLab's `artifacts:reports:dotenv`: names in capitals after `MLGIT_`. It cannot
    contain a value of several lines, so that one is left out.
    """
    path = variables.get("GITHUB_OUTPUT")
    if path:
        with open(path, "a", encoding="utf-8", errors="replace") as file:
            for name, value in outputs.items():
                delimiter = f"mlgit_{os.urandom(16).hex()}"
                file.write(f"{name}<<{delimiter}\n{value}\n{delimiter}\n")
    if dotenv:
        folder, name = os.path.split(os.path.abspath(dotenv))
        write_folder(folder, {name: dotenv_text(outputs)})


def dotenv_text(outputs: Mapping[str, str]) -> str:
    """The text of a dotenv file, as `write_outputs` writes it."""
    lines = [
        f"MLGIT_{name.upper().replace('-', '_')}={value}"
        for name, value in outputs.items()
        if "\n" not in value and "\r" not in value
    ]
    return "".join(f"{line}\n" for line in lines)


def publish_files(
    files: Mapping[str, str],
    *,
    folder: str,
    summary: str,
    outputs: Mapping[str, str],
    variables: Mapping[str, str],
) -> None:
    """Publish the results of a run: files (name -> text) in a folder, the summary (Markdown), and values."""
    write_folder(folder, files)
    append_summary(variables, summary)
    write_outputs(variables, outputs)


def write_folder(folder: str, files: Mapping[str, str]) -> None:
    """Write these files (name -> text) into a folder, which is made if it is missing; see `write_whole`."""
    os.makedirs(folder, exist_ok=True)
    write_whole({os.path.join(folder, name): text for name, text in files.items()})


def write_whole(files: Mapping[str, str], *, errors: str = "replace") -> None:
    """Write these files (path -> text), each whole or not at all.

    All of them are written next to their places before the first one is replaced, so that a full disk
    leaves the old files. A link stays, and its file is replaced; devices and pipes are written into. `errors`
    says how to encode half characters.
    """
    halves: dict[str, str] = {}
    try:
        for path, text in files.items():
            kept = _is_kept(path)
            half = path if kept else f"{os.path.realpath(path)}.{os.getpid()}.new"
            if not kept:
                halves[half] = os.path.realpath(path)
            with open(half, "a" if kept else "w", encoding="utf-8", errors=errors, newline="") as file:
                file.write(text)
        for half, path in halves.items():
            os.replace(half, path)
    finally:
        for half in halves:
            if os.path.exists(half):
                os.remove(half)


def _is_kept(path: str) -> bool:
    """Whether something is at a path that no file may replace: a device, a pipe, an open file."""
    try:
        found = os.stat(path)
    except OSError:
        return False
    return not stat.S_ISREG(found.st_mode) or os.path.abspath(path).startswith(("/dev/", "/proc/"))
