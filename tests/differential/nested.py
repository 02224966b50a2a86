"""Nested: the answer of DVC in a repository below another one, joined to that of the outer one."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, TypeVar

from tests.differential.answers import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping

T = TypeVar("T")

_OF_A_PATH = re.compile(r"((?:changed|deleted|new) (?:dep|output|params file) )(.*)", re.DOTALL)


def together(outer: Answer, inner: Answer, folder: str) -> Answer:
    """Both answers, with paths from the root; a part that one of them refuses is refused."""
    return Answer(
        reasons=_both(outer.reasons, _reasons(inner.reasons, folder)),
        upstream=_both(outer.upstream, _upstream(inner.upstream, folder)),
        data=_both(outer.data, _by_path(inner.data, folder)),
        respelled=dict(outer.respelled)
        | {
            _address(stage, folder): frozenset(_path(path, folder) for path in paths)
            for stage, paths in inner.respelled.items()
        },
        passed_over=outer.passed_over | {_path(path, folder) for path in inner.passed_over},
        complaint=outer.complaint or inner.complaint,
    )


def _both(outer: Mapping[str, T] | None, inner: Mapping[str, T] | None) -> Mapping[str, T] | None:
    return None if outer is None or inner is None else {**outer, **inner}


def _reasons(found: Mapping[str, frozenset[str]] | None, folder: str) -> Mapping[str, frozenset[str]] | None:
    def reason(text: str) -> str:
        return _OF_A_PATH.sub(lambda parts: parts[1] + _path(parts[2], folder), text)

    if found is None:
        return None
    return {_address(stage, folder): frozenset(map(reason, each)) for stage, each in found.items()}


def _upstream(found: Mapping[str, frozenset[str]] | None, folder: str) -> Mapping[str, frozenset[str]] | None:
    if found is None:
        return None
    return {
        _address(stage, folder): frozenset(_address(each, folder) for each in before)
        for stage, before in found.items()
    }


def _by_path(found: Mapping[str, T] | None, folder: str) -> Mapping[str, T] | None:
    return None if found is None else {_path(path, folder): value for path, value in found.items()}


def _address(stage: str, folder: str) -> str:
    if stage.endswith(".dvc") or ":" in stage:
        return _path(stage, folder)
    return f"{folder}/dvc.yaml:{stage}"


def _path(path: str, folder: str) -> str:
    return path if path.startswith("/") else posixpath.normpath(posixpath.join(folder, path))
