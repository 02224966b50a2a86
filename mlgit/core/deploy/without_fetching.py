"""Without fetching: what can be done where the files of a release cannot be fetched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.registry.semver import Version
from mlgit.core.release.going_back import rollback_target
from mlgit.core.wording import listed, words
from mlgit.errors import MlgitError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlgit.core.deploy.deployment import Desired
    from mlgit.core.registry.state import ModelState


def ways_without_fetching(
    state: ModelState, desired: Desired, served: str | None, on_target: Iterable[str | None]
) -> tuple[str, ...]:
    """Sentences: keep what is `served`, or serve another release of the target.

    Only with commands that a rollback accepts, by `state`, which has only the tags that count.
    """
    kept: tuple[str, ...] = ()
    # What a higher version was to replace is still good; otherwise someone wanted it away.
    before, wanted = Version.parse(served or ""), Version.parse(desired.version or "")
    good = desired.action == "promote" and served == desired.previous
    if good and before and wanted and before < wanted and _goes_back(state, desired, served):
        kept = (f"to keep it in `{desired.environment}`, run `{_rollback(desired, str(served))}`",)
    others = [each for each in on_target if each not in {None, desired.version, served}]
    versions = [each for each in others if _goes_back(state, desired, each)]
    if not versions:
        return kept
    command = f"{_rollback(desired, str(versions[-1]) if len(versions) == 1 else 'VERSION')} --deploy"
    return (*kept, f"without fetching, `{command}` serves {listed(map(str, versions))}")


def _goes_back(state: ModelState, desired: Desired, version: str | None) -> bool:
    try:
        rollback_target(state, state.environment(desired.environment), version)
    except MlgitError:
        return False
    return True


def _rollback(desired: Desired, version: str) -> str:
    named = f"{desired.model}@{version}"
    return words(("mlgit", "rollback", named, "--env", desired.environment, "-m", "REASON"))
