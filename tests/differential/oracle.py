"""Oracle: DVC's answer without any of its caches, translated into mlgit's words.

DVC keeps the hashes of files in a state database by inode, modification time and size; with a database
that knows nothing it has to look.
"""

from __future__ import annotations

import contextlib
import copy
import io
import json
import logging
import os
import shutil
import tempfile
from typing import TYPE_CHECKING, Any, TypeVar
from unittest import mock

from tests.differential.answers import Answer
from tests.differential.nested import together
from tests.differential.translation import Facts, passed_over
from tests.support.shell import Folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")

_PARSED: dict[tuple[str, str], Any] = {}
_MOST_TEXTS = 500


def dvc_answer(folder: Folder) -> Answer:
    """The answers of DVC in all its repositories: it looks at one at a time."""
    answer = _answer_in(folder)
    if not (folder / "nested/.dvc").is_dir():
        return answer
    return together(answer, _answer_in(Folder(folder / "nested")), "nested")


def _answer_in(folder: Folder) -> Answer:
    """The answers of `dvc status` and `dvc data status --granular`, in mlgit's words.

    Both are asked through the functions that DVC's command line calls, with one look at the pipeline for
    both; `same_on_the_command_line` holds them against the command line.
    """
    with opened(folder) as (repo, shut):
        if repo is None:
            return Answer(complaint=shut)
        data, refused = ask(lambda: _data_status(repo))
        # Second, because it removes damaged objects from the cache.
        status, complaint = ask(lambda: repo.status(check_updates=False))
        if status is None and data is None:
            return Answer(complaint=complaint)
        facts = Facts(repo)
        reported = None if data is None else facts.data(data)
        # DVC reads what it reports only as `not in cache`, and may crash on it.
        reasons, died = (None, complaint) if status is None else ask(lambda: facts.all_reasons(status))
        if reasons is None:
            return Answer(data=reported, passed_over=passed_over(folder), complaint=died)
        return Answer(
            reasons=reasons,
            upstream=facts.before(),
            data=reported,
            respelled=facts.respelled(),
            passed_over=passed_over(folder),
            complaint=refused,
        )


def same_on_the_command_line(folder: Folder) -> list[str]:
    """The differences to DVC's command line; there should be none."""
    with opened(folder) as (repo, _):
        data, _ = (None, "") if repo is None else ask(lambda: _data_status(repo))
        status, _ = (None, "") if repo is None else ask(lambda: repo.status(check_updates=False))
    lines = []
    with no_memory(), parsed_once():
        for expected, argv in (
            (data, ("data", "status", "--granular", "--json")),
            (status, ("status", "--json")),
        ):
            try:
                document = json.loads(folder.dvc(*argv).strip().splitlines()[-1])
            except AssertionError as died:
                # It also asks Git, which crashes on a file where the folder of a .gitignore was.
                if argv[0] == "data" and "[Errno 20]" in str(died):
                    continue
                document = None
            if _plain(document) != _plain(expected):
                lines.append(f"dvc {' '.join(argv)}: {document}, in process {expected}")
    return lines


def _plain(document: Any) -> Any:  # noqa: ANN401 (a JSON value)
    """Lists in any order, without empty ones."""
    if isinstance(document, dict):
        kept = {
            str(key): _plain(value)
            for key, value in document.items()
            if key not in {"git", "unchanged", "committed"}
        }
        return {key: value for key, value in kept.items() if value}
    return sorted(map(str, map(_plain, document))) if isinstance(document, (list, tuple)) else document


@contextlib.contextmanager
def opened(folder: Folder) -> Iterator[tuple[Any, str | None]]:
    """The DVC repository, locked, without caches; None and the reason if DVC refuses to open it."""
    with no_memory(), parsed_once(), contextlib.chdir(folder.path), _quiet():
        from dvc.repo import Repo, lock_repo

        repo, refused = ask(lambda: Repo("."))
        if repo is None:
            yield None, refused
            return
        with repo, lock_repo(repo):
            yield repo, None


def _data_status(repo: Any) -> dict[str, Any]:  # noqa: ANN401
    with (
        # The comparison with HEAD and Git is not needed, and takes half of the time.
        mock.patch("dvc.repo.data._diff_head_to_index", return_value={}),
        mock.patch("dvc.repo.data._git_info", return_value={}),
    ):
        return dict(repo.data_status(granular=True))


def ask(question: Callable[[], T]) -> tuple[T | None, str | None]:
    """The answer, or the reason why there is none, in the words of DVC's command line."""
    from dvc.exceptions import DvcException

    try:
        return question(), None
    except DvcException as refused:
        return None, f"ERROR: {refused}"
    except Exception as crash:  # noqa: BLE001 (DVC calls it an unexpected error)
        return None, f"ERROR: unexpected error - {crash}"


@contextlib.contextmanager
def no_memory() -> Iterator[None]:
    """An empty state database and an empty data index."""
    from dvc_data.hashfile.state import StateNoop

    folder = tempfile.mkdtemp(prefix="dvc-site-")
    try:
        with (
            mock.patch.dict(os.environ, {"DVC_SITE_CACHE_DIR": folder}),
            mock.patch("dvc_data.hashfile.state.State", return_value=StateNoop()),
        ):
            yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def parsed_once() -> Iterator[None]:
    """Let DVC parse each YAML text once: it takes two thirds of the time, and depends only on the text."""
    with mock.patch("dvc.utils.strictyaml.parse_yaml", _parse):
        yield


def _parse(text: str, path: str, typ: str = "safe") -> Any:  # noqa: ANN401
    from dvc.utils.serialize import parse_yaml

    if (text, typ) not in _PARSED:
        if len(_PARSED) > _MOST_TEXTS:
            _PARSED.clear()
        _PARSED[text, typ] = parse_yaml(text, path, typ)
    return copy.deepcopy(_PARSED[text, typ])


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    import warnings

    with (
        contextlib.redirect_stderr(io.StringIO()),
        contextlib.redirect_stdout(io.StringIO()),
        warnings.catch_warnings(),
        mock.patch.object(logging.getLogger("dvc"), "disabled", new=True),
    ):
        warnings.simplefilter("ignore")
        yield
