"""Deploy to a folder: look, plan, fetch, verify, switch, clear away, with every step in the journal."""

from __future__ import annotations

import os
import posixpath
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.adapters.target.journal import locked
from mlgit.adapters.target.local import LocalFolder, whole_file
from mlgit.core.deploy.deployment import failure
from mlgit.core.deploy.journal import entry
from mlgit.core.deploy.manifest import manifest_of
from mlgit.core.deploy.plan import ReleaseFolder, TargetState, plan, staged_name, suitable
from mlgit.errors import MlgitError, ToolError
from mlgit.project.deploy.job import refused
from mlgit.project.deploy.staging import sha256_of, sums_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgit.core.config.file import LocalTarget
    from mlgit.core.deploy.deployment import DeployedFile, Deployment, State, Step
    from mlgit.core.deploy.journal import EntryStep
    from mlgit.core.deploy.manifest import Manifest
    from mlgit.core.deploy.plan import Action, Plan
    from mlgit.core.registry.statement import FileDigest, ReleaseStatement
    from mlgit.project.deploy.job import Job

WAIT_S = 600.0
_SETTLED: Mapping[Action, State] = {"superseded": "superseded", "already": "already"}


def deploy_local(
    job: Job, target: LocalTarget, *, place: str, dry_run: bool, wait_s: float = WAIT_S
) -> Deployment:
    """Make the folder serve what is desired; what goes wrong is in the answer's `failure`."""
    folder = LocalFolder(place, job.desired.environment)
    deployment = _LocalDeployment(job, folder, target)
    try:
        return deployment.run(dry_run=dry_run, wait_s=wait_s)
    except MlgitError as error:
        return deployment.failed(error)
    except OSError as error:
        return deployment.failed(refused(error))


class _LocalDeployment:
    """One way through the steps, and what is known about it when it ends."""

    def __init__(self, job: Job, folder: LocalFolder, target: LocalTarget) -> None:
        self._job = job
        self._folder = folder
        self._keep = target.keep
        self._plan: Plan | None = None
        self._before: str | None = None
        self._noted: list[Step] = []
        self._files: tuple[DeployedFile, ...] = ()
        self._removed: list[str] = []

    def run(self, *, dry_run: bool, wait_s: float) -> Deployment:
        self._folder.check()
        # A look without the lock: a target that needs nothing need not be writable, nor free.
        chosen = self._look(only_current=not dry_run)
        if chosen.action in _SETTLED:
            return self._told(_SETTLED[chosen.action])
        if dry_run:
            return self._told("planned")
        self._folder.prepare()
        with locked(self._folder.lock, holder=self._holder(), wait_s=wait_s, progress=self._job.progress):
            chosen = self._look(only_current=False)
            if chosen.action in _SETTLED:
                return self._told(_SETTLED[chosen.action])
            return self._carry_out(chosen)

    def _look(self, *, only_current: bool) -> Plan:
        """See what stands there and decide; digests are taken only of what might be served."""
        state = self._folder.state()
        self._require_own(state)
        if state.journal.unreadable:
            self._job.notes.append(f"`{self._folder.journal.path}` has a line that cannot be read")
        served = next((release for release in state.releases if release.name == state.current), None)
        manifest = None if served is None else served.manifest
        self._before = state.current if manifest is None else manifest.version or manifest.commit[:7]
        chosen = plan(self._job.desired, state, keep=self._keep)
        if chosen.action == "superseded":
            self._job.notes.append(
                f"`{chosen.superseded_by}`, deployed here, has a higher number than any tag of this clone: "
                "run `git fetch --tags`; if it was deleted for good, move the journal "
                f"`{self._folder.journal.path}` away"
            )
        else:
            state = self._examined(state, only_current=only_current)
            chosen = plan(self._job.desired, state, keep=self._keep)
        self._plan = chosen
        return chosen

    def _require_own(self, state: TargetState) -> None:
        owner = state.journal.done
        if owner is not None and owner.model != self._job.desired.model:
            raise ToolError(
                f"`{self._folder.root}` belongs to the model `{owner.model}`",
                hint="write `{model}` into `path` under `deploy:`, or deploy to another folder",
            )

    def _examined(self, state: TargetState, *, only_current: bool) -> TargetState:
        """The same state, with the first whole release of what is desired marked as sound."""
        candidates = sorted(
            suitable(self._job.desired, state.releases), key=lambda release: release.name != state.current
        )
        for release in candidates:
            if release.manifest is None or (only_current and release.name != state.current):
                continue
            problem = _damage(self._folder.release_path(release.name), release.manifest, self._job.statement)
            if problem is None:
                self._files = release.manifest.files
                sound = ReleaseFolder(name=release.name, manifest=release.manifest, sound=True)
                return TargetState(
                    current=state.current,
                    releases=tuple(sound if each is release else each for each in state.releases),
                    taken=state.taken,
                    journal=state.journal,
                )
            if not only_current:
                self._job.notes.append(f"`releases/{release.name}` is damaged ({problem}) and was not used")
        return state

    def _carry_out(self, chosen: Plan) -> Deployment:
        folder, release = self._folder, chosen.release
        assert release is not None  # noqa: S101 (whatever is carried out has a release)
        for name in chosen.leftovers:
            folder.unstage(name)
        if chosen.action != "record":
            self._note("intent")
            if chosen.action == "fetch":
                self._fetch(release)
            self._enter("verified")
            self._note("verified")
            self._enter("switched")
            folder.switch(release)
            self._note("switched")
        self._enter("done")
        self._clear_away(chosen)
        self._note("done")
        return self._told("already" if chosen.action == "record" and not chosen.resumed else "deployed")

    def _fetch(self, release: str) -> None:
        job, folder = self._job, self._folder
        staged = staged_name(job.desired.oid)
        try:
            self._enter("fetched")
            sums = job.fetch(folder.stage(staged))
            self._note("fetched")
            self._enter("verified")
            self._files = job.verify(sums)
            folder.publish(staged, release, manifest_of(job.desired, self._files))
        except (MlgitError, OSError):
            with suppress(OSError):
                folder.unstage(staged)
            raise

    def _clear_away(self, chosen: Plan) -> None:
        """Old releases go; one that cannot is no failure, the new one is served already."""
        for name in chosen.remove:
            try:
                gone = self._folder.remove(name, self._folder.manifest(name))
            except OSError as error:
                self._job.notes.append(f"`releases/{name}` could not be removed: {error.strerror}")
                continue
            if gone:
                self._removed.append(name)
            else:
                self._job.notes.append(
                    f"`releases/{name}` stays: files are in it that mlgit did not put there"
                )

    def _enter(self, step: Step) -> None:
        self._job.step = step

    def _note(self, step: Step) -> None:
        self._enter(step)
        self._write(step)
        self._noted.append(step)

    def _write(self, step: EntryStep, *, during: Step | None = None, error: str | None = None) -> None:
        chosen = self._plan
        self._folder.journal.append(
            entry(
                self._job.desired,
                step,
                at=self._job.at(),
                release=None if chosen is None else chosen.release,
                before=None if chosen is None else chosen.before,
                during=during,
                error=error,
            )
        )

    def failed(self, error: MlgitError) -> Deployment:
        """The answer when a step went wrong; the journal learns of it when it can."""
        if self._noted:
            with suppress(OSError):
                self._write("failed", during=self._job.step, error=error.message)
        told = self._told("failed")
        error.details = (*error.details, f"step: {self._job.step}", *self._where())
        return replace(told, failure=failure(self._job.step, error))

    def _where(self) -> tuple[str, ...]:
        """What is served in spite of a failure, and where to read on."""
        try:
            current = self._folder.current()
        except (MlgitError, OSError):
            current = None
        served = "nothing was served before" if current is None else f"still served: releases/{current}"
        journal = self._folder.journal.path
        return (served, f"journal: {journal}") if os.path.exists(journal) else (served,)

    def _told(self, state: State) -> Deployment:
        chosen = self._plan
        steps: tuple[Step, ...] = tuple(self._noted)
        removed = tuple(self._removed)
        if chosen is not None and state == "planned":
            steps, removed = chosen.steps, chosen.remove
        return replace(
            self._job.answer("local", state),
            before=self._before,
            superseded_by=None if chosen is None else chosen.superseded_by,
            folder=self._folder.root,
            release=None if chosen is None else chosen.release,
            journal=self._folder.journal.path,
            kept=chosen is not None and chosen.action in {"switch", "record", "already"},
            resumed=chosen is not None and chosen.resumed,
            files=self._files,
            removed=removed,
            steps=steps,
        )

    def _holder(self) -> str:
        return f"pid {os.getpid()} on {os.uname().nodename}, {self._job.desired.tag}, since {self._job.at()}"


def _damage(release: str, manifest: Manifest, statement: ReleaseStatement | None) -> str | None:
    """Why a release is not what its manifest, and what was stated, say; None when it is whole."""
    stated = _stated_by_name(statement)
    for file in manifest.files:
        place = whole_file(release, file.path)
        if place is None:
            return f"`{file.path}` is missing"
        said = stated.get(file.path)
        if sha256_of(place) != file.sha256 or (said is not None and not _is_as_stated(place, file, said)):
            return f"`{file.path}` has another content"
    return None


def _is_as_stated(place: str, file: DeployedFile, stated: FileDigest) -> bool:
    """Whether a file is the one that the release stated; its md5 is only asked where that is all there is."""
    if stated.sha256 is not None:
        return stated.sha256 == file.sha256
    return stated.md5 is None or stated.md5 == sums_of(place).md5


def _stated_by_name(statement: ReleaseStatement | None) -> Mapping[str, FileDigest]:
    """Path below a release -> what was stated about it, for models that are one file."""
    files = () if statement is None else statement.files
    return {posixpath.basename(file.path): file for file in files if not (file.md5 or "").endswith(".dir")}
