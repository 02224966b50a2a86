"""Attempts: the last deployment of a model from this clone: a program keeps no journal, nor does a full disk.

It is in `.git/mlgit/`, so that it is known on this machine alone, and may be lost with that folder.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from mlgit.adapters.memory import Memory
from mlgit.core.registry.entries import Attempt, Unseen
from mlgit.core.stated_time import parse_time, write_time
from mlgit.core.wording import after_colon, cut
from mlgit.errors import ConfigError, MlgitError, as_known

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlgit.core.deploy.deployment import Deployment
    from mlgit.core.registry.entries import Served
    from mlgit.core.registry.state import EnvironmentState
    from mlgit.project.deploy.job import Job
    from mlgit.project.open import Project

_FORMAT = 1
_ERROR = 160  # characters of an error in one line


def attempted(job: Job, deploy: Callable[[], Deployment]) -> Deployment:
    """Deploy, and keep whether that failed, or that it began, if it is killed."""
    desired = job.desired
    memory = _memory(job.project, desired.model, desired.environment)
    begun = {"oid": desired.oid, "label": desired.version or desired.commit[:7], "at": job.at()}
    begun |= {"folder": deployed_to(job.project, desired.model, desired.environment) or ""}
    memory.write_json(begun)
    try:
        made = deploy()
    except (MlgitError, OSError) as error:
        known = as_known(error)
        memory.write_json({**begun, "at": job.at(), "error": known.message, "hint": known.hint})
        raise
    except KeyboardInterrupt:
        memory.write_json({**begun, "at": job.at(), "error": "it was interrupted"})
        raise
    ended: dict[str, object] = {"done": True, "folder": made.folder}
    if made.failure is not None:
        ended = {"error": made.failure.message, "hint": made.failure.hint}
    memory.write_json({**begun, "at": job.at(), **ended})
    return made


def deployed_to(project: Project, model: str, environment: str) -> str | None:
    """The folder that this clone deployed to last; None if it never did, or that is not known."""
    kept = _memory(project, model, environment).read_json()
    return str(kept.get("folder") or "") or None if isinstance(kept, dict) else None


def unfinished(project: Project, here: EnvironmentState, found: Served | None) -> Attempt | None:
    """The last deployment from this clone of what an environment holds, unless it succeeded.

    None if it is not known what the environment holds, trunk declares no target for it, or the target itself,
    which was `found`, shows what became of it.
    """
    return known_here(project, here, found)[0]


def known_here(
    project: Project, here: EnvironmentState, found: Served | None
) -> tuple[Attempt | None, Unseen | None]:
    """What `unfinished` returns; and where the target was not found here, what is known instead."""
    try:
        declared = here.environment in project.trunk_config.deploy
    except ConfigError:
        declared = False
    shown = found is not None and (found.right or found.failed is not None)
    if not declared or here.holder is None or here.doubt is not None or shown:
        return None, None
    unseen = Unseen() if found is None else None
    kept = _memory(project, here.model, here.environment).read_json()
    if not isinstance(kept, dict) or kept.get("oid") != here.holder.oid:
        return None, unseen
    at, error = parse_time(str(kept.get("at"))), kept.get("error")
    if at is None:
        return None, unseen
    if "done" in kept or "left" in kept:
        left = "left" in kept
        return None, unseen and Unseen(deployed_at=None if left else at, left=left)
    why = None if error is None else cut(after_colon(str(error)), _ERROR)
    hint = None if error is None else kept.get("hint")
    return Attempt(label=str(kept.get("label")), at=at, error=why, hint=hint and str(hint)), None


def keep_left(project: Project, here: EnvironmentState) -> None:
    """Keep that a change from this clone has yet to be deployed, if its target is not seen here."""
    if here.holder is None:
        return
    memory = _memory(project, here.model, here.environment)
    kept = memory.read_json()
    before = kept if isinstance(kept, dict) else {}
    if before.get("oid") != here.holder.oid:
        left = {"oid": here.holder.oid, "label": here.label, "at": write_time(project.now), "left": True}
        memory.write_json({**left, "folder": before.get("folder", "")})


def _memory(project: Project, model: str, environment: str) -> Memory:
    name = hashlib.sha256(f"{model}#{environment}".encode()).hexdigest()[:16]
    return Memory(project.cache_dir, f"deployed-{name}", format_number=_FORMAT)
