"""Git changes: what files of Git say about data, parameters and models that DVC does not know."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from mlgit.core.wording import joined, listed, quoted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from mlgit.core.pipeline.stages import Pipeline, Stage

UNCHANGED = "unchanged"
PARTS = ("params", "data", "model", "outputs")
"""The parts of a change in the order in which people read them."""
_DATA = frozenset(
    """
    .csv .tsv .jsonl .ndjson .parquet .feather .arrow .avro .orc .xlsx .xls .npy .npz .h5 .hdf5 .mat .db
    .sqlite .zip .gz .tar .tgz .png .jpg .jpeg .gif .bmp .tif .tiff .dcm .nii .wav .mp3 .flac .mp4 .avi
    """.split()  # noqa: SIM905 (a word list reads better than 30 quoted lines)
)
_CODE = frozenset(
    """
    .py .pyi .ipynb .r .rmd .jl .sh .bash .sql .java .scala .c .cc .cpp .h .hpp .cu .rs .go .js .ts .css
    .html .md .rst .svg .cfg .lock .dvc .j2 .tex .bib .log
    """.split()  # noqa: SIM905 (a word list reads better than 30 quoted lines)
)
_SETTINGS = frozenset((".yaml", ".yml", ".toml", ".json", ".ini", ".conf", ".properties"))
_OWN = frozenset(
    """
    mlgit.yaml dvc.yaml dvc.lock .gitignore .dvcignore .gitattributes .gitlab-ci.yml pyproject.toml LICENSE
    Makefile Dockerfile .pre-commit-config.yaml .mailmap CODEOWNERS package.json
    """.split()  # noqa: SIM905 (as above)
)
_OWN_FOLDERS = (".github/", ".gitlab/", ".dvc/", ".mlgit/", ".vscode/", ".idea/")


def with_git_changes(
    lines: Mapping[str, str],
    changed: Iterable[str],
    *,
    known: Collection[str],
    models: bool,
    there: tuple[Collection[str], Collection[str]] = ((), ()),
) -> dict[str, str]:
    """The lines without what the changed files of Git may contradict, and with the data files among them.

    `known` are the paths that the lines or the metrics are about, also as folders. `models`: the path of
    every model is known, so that no other file of Git is one. `there` are the files of Git on both sides.
    """
    unknown = [path for path in sorted(changed) if not _is_known(path, known)]
    data = [path for path in unknown if _ending(path) in _DATA]
    others = [path for path in unknown if path not in data and not is_code(path)]
    settings = [path for path in others if _ending(path) in _SETTINGS]
    found = dict(lines)
    if data and "data" in found:
        texts = [] if found["data"] == UNCHANGED else [found["data"]]
        found["data"] = joined([*texts, *(f"{quoted(path)} {_verb(path, *there)}" for path in data)])
    for part, doubts in (
        ("data", [path for path in others if path not in settings]),
        ("params", settings),
        ("model", [] if models else [*data, *others]),
    ):
        if doubts and found.get(part) == UNCHANGED:
            del found[part]
    return found


def with_elsewhere(lines: Mapping[str, str], old: Pipeline, new: Pipeline) -> dict[str, str]:
    """The lines, with data outside of the repository of which DVC recorded another mark than an MD5."""
    before, after = (
        {dep: mark for stage in side.stages if stage.locked for dep, mark in stage.locked.marks.items()}
        for side in (old, new)
    )
    changed = [dep for dep in sorted(before.keys() & after.keys()) if before[dep] != after[dep]]
    found = dict(lines)
    if changed and "data" in found:
        texts = [] if found["data"] == UNCHANGED else [found["data"]]
        found["data"] = joined([*texts, *(f"{quoted(dep)} changed" for dep in changed)])
    return found


def with_other_inputs(lines: Mapping[str, str], old: Pipeline, new: Pipeline) -> Mapping[str, str]:
    """The lines with the data files that a stage reads in place of others, or next to them."""
    made = {out.path for side in (old, new) for stage in side.stages for out in stage.outs}
    before = {stage.address: stage for stage in old.stages}
    texts = []
    for stage in new.stages:
        was, now = _inputs(before.get(stage.address, stage)), _inputs(stage)
        if (was ^ now) - made:
            texts.append(
                f"{quoted(stage.address)} {_reads(listed(sorted(now - was)), listed(sorted(was - now)))}"
            )
    if not texts or "data" not in lines:
        return lines
    known = [] if lines["data"] == UNCHANGED else [lines["data"]]
    return {**lines, "data": "; ".join([*known, *texts])}


def _inputs(stage: Stage) -> set[str]:
    return {path for path in stage.deps if not is_code(path)}


def _reads(more: str, fewer: str) -> str:
    if not more:
        return f"no longer reads {fewer}"
    return f"reads {more} in place of {fewer}" if fewer else f"also reads {more}"


def _verb(path: str, before: Collection[str], after: Collection[str]) -> str:
    if (path in before) == (path in after):
        return "changed"
    return "gone" if path in before else "new"


def _is_known(path: str, known: Collection[str]) -> bool:
    return path in known or any(f"{path}/".startswith(f"{each}/") for each in known)


def is_code(path: str) -> bool:
    """Whether a file is code or a text about it, by its name, and neither data nor settings."""
    name = posixpath.basename(path)
    named = name in _OWN or path.startswith(_OWN_FOLDERS) or name.startswith("requirements")
    return named or _ending(path) in _CODE or name.upper().startswith(("README", "LICENSE"))


def _ending(path: str) -> str:
    return posixpath.splitext(path)[1].lower()
