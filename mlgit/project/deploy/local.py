"""Target `local`: examine the folder, plan, fetch, verify, switch and clean up, each step in the journal."""

from __future__ import annotations

import os
import posixpath
import re
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.adapters.git.binary import GitFailed
from mlgit.adapters.git.push import list_remote_refs
from mlgit.adapters.git.tags.objects import local_tags
from mlgit.adapters.target.journal import locked
from mlgit.adapters.target.local import LocalFolder, whole_file
from mlgit.core.deploy.journal import EntryStep, entry
from mlgit.core.deploy.manifest import Manifest, manifest_of
from mlgit.core.deploy.plan import Action, Plan, TargetState, plan, staged_name, suitable
from mlgit.core.deploy.without_fetching import ways_without_fetching
from mlgit.core.registry.tags import TAGS
from mlgit.core.wording import after_colon, format_since, word
from mlgit.errors import MlgitError, ToolError
from mlgit.project.deploy.job import Job, as_failure
from mlgit.project.deploy.served import switched_at
from mlgit.project.deploy.staging import sha256_of, sums_of
from mlgit.project.registry.read import read_model
from mlgit.project.trust.accept import accept

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlgit.core.deploy.deployment import DeployedFile, Deployment, State, Step
    from mlgit.core.deploy.targets import LocalTarget
    from mlgit.core.registry.statement import FileDigest, ReleaseStatement

WAIT_S = 600.0
_SETTLED: Mapping[Action, State] = {"superseded": "superseded", "already": "already"}


def deploy(job: Job, target: LocalTarget, *, dry_run: bool, wait_s: float = WAIT_S) -> Deployment:
    """Make the folder serve the desired release; `target.path` is absolute."""
    folder = LocalFolder(target.path, job.desired.environment, former=job.former_environments)
    deployment = _LocalDeployment(job, folder, target.keep)
    try:
        return deployment.run(dry_run=dry_run, wait_s=wait_s)
    except (MlgitError, OSError) as error:
        return deployment.failed(error)


class _LocalDeployment:
    """One deployment into a folder, and what is known about it so far."""

    def __init__(self, job: Job, folder: LocalFolder, keep: int) -> None:
        self._job = job
        self._folder = folder
        self._keep = keep
        self._plan = Plan(action="superseded")  # until the folder is examined
        self._before: str | None = None
        self._removed: list[str] = []
        self._damaged: dict[str, str] = {}

    def run(self, *, dry_run: bool, wait_s: float) -> Deployment:
        self._folder.check()
        # Examine first without the lock: an up-to-date target may be read-only or locked.
        chosen = self._examine(only_current=not dry_run)
        if chosen.action in _SETTLED:
            return self._result(_SETTLED[chosen.action])
        if dry_run:
            return replace(self._result("planned"), steps=chosen.steps, removed=chosen.remove)
        self._folder.prepare()
        holder = (
            f"pid {os.getpid()} on {os.uname().nodename}, {self._job.desired.tag}, since {self._job.at()}"
        )
        with locked(self._folder.lock, holder=holder, wait_s=wait_s, progress=self._job.progress):
            chosen = self._examine(only_current=False)
            if chosen.action in _SETTLED:
                return self._result(_SETTLED[chosen.action])
            return self._carry_out(chosen)

    def _examine(self, *, only_current: bool) -> Plan:
        """Read the folder and plan; only releases that may be served are hashed."""
        state = self._folder.state()
        self._require_own(state)
        journal = self._folder.journal.path
        if state.journal.unreadable:
            self._job.notes.append(f"`{journal}` has a line that cannot be read")
        served = next((release for release in state.releases if release.name == state.current), None)
        manifest = None if served is None else served.manifest
        # The name of a folder is not a version: only its manifest says what is in it.
        self._before = None if manifest is None else manifest.version or manifest.commit[:7]
        chosen = plan(self._job.desired, state, keep=self._keep)
        if chosen.action == "superseded":
            self._require_existing(str(chosen.superseded_by), journal)
            self._job.notes.append(
                f"`{chosen.superseded_by}`, deployed here, has a higher number than any tag of this clone: "
                f"run `git fetch --tags`; if it was deleted for good, move the journal `{journal}` away"
            )
        else:
            state = self._hashed(state, only_current=only_current)
            chosen = plan(self._job.desired, state, keep=self._keep)
            self._note_damaged(chosen, state.current)
        self._plan = chosen
        return chosen

    def _require_existing(self, tag: str, journal: str) -> None:
        """Refuse a target whose newest deployment is of a tag that is gone, or that does not count here."""
        project, ref = self._job.project, TAGS + tag
        why = f"neither this clone nor `{project.remote}` has that tag"
        if project.remote is None:
            why = "that tag is not there"
        if local_tags(project.git, [tag]):
            why = "that tag does not count"
        elif project.remote is not None:
            try:
                if ref in list_remote_refs(project.git, project.remote, [ref]):
                    return
            except GitFailed:
                why = f"that tag is not here, and `{project.remote}` does not answer"
        raise ToolError(
            f"`{tag}` is deployed here and has a higher number than `{self._job.desired.tag}`, but {why}",
            hint=f"if it is gone for good, deploy again after `mv {word(journal)} {word(f'{journal}.old')}`",
        )

    def _require_own(self, state: TargetState) -> None:
        owner = state.journal.done
        if owner is not None and not self._job.is_model(owner.model):
            raise ToolError(
                f"`{self._folder.root}` belongs to the model `{owner.model}`",
                hint="write `{model}` into `path` under `deploy:`, or deploy to another folder",
            )

    def _hashed(self, state: TargetState, *, only_current: bool) -> TargetState:
        """The same state, with the first undamaged release of the desired version marked as sound."""
        candidates = suitable(self._job.desired, state.releases)
        for release in sorted(candidates, key=lambda each: each.name != state.current):
            if release.manifest is None or (only_current and release.name != state.current):
                continue
            problem = _damage(self._folder.release_path(release.name), release.manifest, self._job.statement)
            if problem is None:
                self._job.files = release.manifest.files
                marked = (replace(each, sound=each is release) for each in state.releases)
                return replace(state, releases=tuple(marked))
            if not only_current:
                self._damaged[release.name] = problem
        return state

    def _note_damaged(self, chosen: Plan, current: str | None) -> None:
        for name, problem in self._damaged.items():
            used = "and is not used"
            if name == current:
                used = f"and was served until now; `releases/{chosen.release}` replaces it"
            self._job.notes.append(f"`releases/{name}` is damaged ({problem}) {used}")

    def _carry_out(self, chosen: Plan) -> Deployment:
        folder, release = self._folder, chosen.release
        assert release is not None  # noqa: S101 (every plan that is carried out has a release)
        for name in chosen.leftovers:
            folder.unstage(name)
        if chosen.action != "record":
            self._finish("intent")
            if chosen.action == "fetch":
                self._fetch(release)
            self._finish("verified")
            self._job.enter("switched")
            folder.switch(release)
            self._finish("switched")
        self._job.enter("done")
        self._remove_old(chosen)
        self._finish("done")
        return self._result("already" if chosen.action == "record" and not chosen.resumed else "deployed")

    def _fetch(self, release: str) -> None:
        job, folder = self._job, self._folder
        staged = staged_name(job.desired.oid)
        try:
            job.enter("fetched")
            job.fetch(folder.stage(staged))
            self._finish("fetched")
            job.enter("verified")
            job.verify()
            folder.publish(staged, release, manifest_of(job.desired, job.files))
        except (MlgitError, OSError):
            with suppress(OSError):
                folder.unstage(staged)
            raise

    def _remove_old(self, chosen: Plan) -> None:
        """Remove old releases; if that fails, add a note only, because the new one is served already."""
        for name in chosen.remove:
            try:
                gone = self._folder.remove(name, self._folder.manifest(name))
            except OSError as error:
                self._job.notes.append(f"`releases/{name}` could not be removed: {error.strerror}")
                continue
            if gone:
                self._removed.append(name)
            else:
                note = f"`releases/{name}` stays: files are in it that mlgit did not put there"
                self._job.notes.append(note)

    def _finish(self, step: Step) -> None:
        self._job.enter(step)
        self._write(step)
        self._job.finish(step)

    def _write(self, step: EntryStep, *, during: Step | None = None, error: str | None = None) -> None:
        more = {"release": self._plan.release, "before": self._plan.before, "error": error}
        self._folder.journal.append(entry(self._job.desired, step, at=self._job.at(), during=during, **more))

    def failed(self, error: MlgitError | OSError) -> Deployment:
        """The failed deployment, with the release that is still served; noted in the journal if possible."""
        known = as_failure(error, self._folder.root, self._job.project.root)
        staged = re.escape(os.path.join(self._folder.releases, staged_name(self._job.desired.oid)))
        known.message = re.sub(f"{staged}[^`]*", lambda _: self._folder.root, known.message)
        journal = self._folder.journal.path
        where: tuple[str, ...] = ()
        if self._job.steps:
            where = (f"journal: {journal}",)
            with suppress(OSError):
                self._write("failed", during=self._job.step, error=known.message)
        deployment = self._result("failed")
        try:
            self._folder.check()
            served = self._still_served(self._folder.current())
        except (MlgitError, OSError) as problem:
            why = as_failure(problem).message
            why = "" if why == known.message else f": {after_colon(why)}"
            served = f"what is served is not known{why}"
        if self._job.step == "fetched":
            with suppress(MlgitError, OSError):
                where = (*self._kept_here(), *where)
        return self._job.failed(known, deployment, served, *where)

    def _kept_here(self) -> tuple[str, ...]:
        """What can be done without fetching: keep what is served, or serve another release of the target."""
        project, desired = self._job.project, self._job.desired
        state = accept(project, read_model(project, desired.model))
        releases = self._folder.state().releases
        made = [each.manifest.version for each in releases if each.manifest is not None]
        return ways_without_fetching(state, desired, self._before, made)

    def _still_served(self, release: str | None) -> str:
        """`still served: v1.0.0, deployed 2 days ago`."""
        if release is None:
            return "nothing was served before"
        if not os.path.lexists(self._folder.release_path(release)):
            return f"nothing is served: `current` leads to `releases/{release}`, which is not there"
        label, age = self._before or f"`releases/{release}`", ""
        with suppress(OSError):
            at = switched_at(self._folder.journal.read(), release)
            age = "" if at is None else f", deployed {format_since(at, self._job.project.now)}"
        return f"still served: {label}{age}"

    def _result(self, state: State) -> Deployment:
        return replace(
            self._job.result(state),
            before=self._before,
            superseded_by=self._plan.superseded_by,
            folder=self._folder.root,
            release=self._plan.release,
            journal=self._folder.journal.path,
            kept=self._plan.action in {"switch", "record", "already"},
            resumed=self._plan.resumed,
            removed=tuple(self._removed),
        )


def _damage(release: str, manifest: Manifest, statement: ReleaseStatement | None) -> str | None:
    """How a release differs from its manifest or its statement; None if it does not."""
    stated = _stated_by_name(statement)
    for file in manifest.files:
        path = whole_file(release, file.path)
        if path is None:
            return f"`{file.path}` is missing"
        expected = stated.get(file.path)
        if sha256_of(path) != file.sha256 or (expected and not _is_as_stated(path, file, expected)):
            return f"`{file.path}` has different content"
    return None


def _is_as_stated(path: str, file: DeployedFile, stated: FileDigest) -> bool:
    """Whether a file is as the release stated; its md5 is computed only if no sha256 was stated."""
    if stated.sha256 is not None:
        return stated.sha256 == file.sha256
    return stated.md5 is None or stated.md5 == sums_of(path).md5


def _stated_by_name(statement: ReleaseStatement | None) -> Mapping[str, FileDigest]:
    """Path below a release -> its stated digests, for models that are one file."""
    files = () if statement is None else statement.files
    return {posixpath.basename(file.path): file for file in files if not (file.md5 or "").endswith(".dir")}
