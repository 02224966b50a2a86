"""Other tools: find uses of CML, setup-dvc, gto-action and DVC Studio, and their equivalents in mlgit."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlgit.core.record import record

if TYPE_CHECKING:
    from collections.abc import Mapping


GUIDE = "mlgit's docs/start/from-dvc-cml-gto.md"
# Pattern in a line of a workflow, usual name, equivalent in mlgit.
_KNOWN: tuple[tuple[str, str, str], ...] = (
    (
        r"\bcml[ -](?:comment|send-comment)\b",
        "cml comment",
        "`mlgit ci pr` writes the report, `mlgit ci comment` puts it on the pull request",
    ),
    (r"\bcml[ -]pr\b", "cml pr", "`mlgit ci pr --pipeline run --commit` pushes what the pipeline wrote"),
    (
        r"\bcml[ -](?:runner|cloud)\b",
        "cml runner",
        "nothing here starts machines; the variable MLGIT_RUNNER names a runner of your own",
    ),
    (
        r"\bcml[ -](?:asset|check|ci|publish|repo|rerun-workflow|tensorboard|tensorboard-dev|workflow)\b",
        "other cml commands",
        f"see {GUIDE}",
    ),
    (
        r"\biterative/setup-cml@|@dvcorg/cml\b|\b(?:dvcorg|iterativeai)/cml\b|\bghcr\.io/iterative/cml\b",
        "setup-cml",
        "the set-up of `mlgit ci init` installs what its commands need",
    ),
    (r"\biterative/setup-dvc@", "setup-dvc", "DVC comes with mlgit; the set-up adds the remote's plug-in"),
    (
        r"\biterative/gto-action@|\bgto check-ref\b",
        "gto-action",
        "`mlgit ci tag` verifies the tag first and has outputs of the same names",
    ),
    (
        r"\b(?:DVC_)?STUDIO_TOKEN\b|\bstudio\.(?:iterative|datachain)\.ai\b|\bstudio\.dvc\.",
        "DVC Studio",
        f"models, history and reports come from Git; live metrics do not: see {GUIDE}",
    ),
)


@record
class ForeignUse:
    """A feature of another tool that a CI file uses, and its equivalent in mlgit."""

    path: str
    thing: str
    equivalent: str


def foreign_uses(texts: Mapping[str, str]) -> tuple[ForeignUse, ...]:
    """The uses in these CI files (path -> text) outside comments, each once per file."""
    return tuple(
        ForeignUse(path=path, thing=thing, equivalent=equivalent)
        for path, text in texts.items()
        for pattern, thing, equivalent in _KNOWN
        if any(re.search(pattern, re.sub(r"(?:^|\s)#.*", "", line)) for line in text.splitlines())
    )
