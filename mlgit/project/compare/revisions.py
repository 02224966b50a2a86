"""Revisions: the commits of a leaderboard, each with all its names."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlgit.core.compare.leaderboard import Name, NameKind, RowState
from mlgit.core.record import NamedTuple
from mlgit.core.registry.tags import TAGS, parse_tag
from mlgit.core.wording import nearest
from mlgit.errors import StateError, UnknownReference

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mlgit.project.open import Project

_REFS = (
    "for-each-ref",
    "--format=%(refname)%00%(objectname)%00%(objecttype)%00%(symref)",
    "refs/heads",
    "refs/remotes",
    "refs/tags",
    "refs/exps",
    "refs/pull",
    "refs/merge-requests",
)
_EXPERIMENT = re.compile(r"refs/exps/([0-9a-f]{2})/([0-9a-f]{38}|[0-9a-f]{62})/([^/]+)")
# Refs of a clone that fetches `refs/pull/*/head` or GitLab's `refs/merge-requests/*/head`.
_PULLS = (
    (re.compile(r"refs/pull/(\d+)/head"), "#"),
    (re.compile(r"refs/remotes/[^/]+/(?:pr|pull|pulls)/(\d+)(?:/head)?"), "#"),
    (re.compile(r"refs/merge-requests/(\d+)/head"), "!"),
    (re.compile(r"refs/remotes/[^/]+/(?:mr|merge-requests)/(\d+)(?:/head)?"), "!"),
)
_QUEUES: Mapping[str, RowState] = {"refs/exps/celery/stash": "queued", "refs/exps/celery/failed": "failed"}
_QUEUED = re.compile(r"commit: dvc-exp:[0-9a-f]+:([0-9a-f]+):([^~^:\\?\[\]*]*)(?::.+)?")
_KINDS: Mapping[str, frozenset[NameKind]] = {
    "branches": frozenset({"branch", "remote_branch"}),
    "tags": frozenset({"version", "environment", "tag"}),
    "experiments": frozenset({"experiment"}),
    "pull-requests": frozenset({"pull_request"}),
}


class Revision(NamedTuple):
    """A commit for one row; `baseline` and `state` are those of a DVC experiment."""

    commit: str
    names: tuple[Name, ...] = ()
    baseline: str | None = None
    state: RowState = "done"


class RevisionQuery(NamedTuple):
    """Which commits to list.

    By default these are `revisions`, or the tips of all refs; with `number`, that many first-parent commits
    of each of `revisions`, or of HEAD; with `history`, every commit of branches and tags. `kinds` keeps only
    commits with a name of these kinds.
    """

    revisions: tuple[str, ...] = ()
    number: int | None = None
    history: bool = False
    kinds: tuple[str, ...] = ()

    @property
    def everything(self) -> bool:
        return not self.revisions and self.number is None


class _Refs:
    """The names that refs give to commits, from one listing."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self.names: dict[str, dict[tuple[NameKind, str], tuple[str, ...]]] = {}
        self.baselines: dict[str, str] = {}
        self.experiments: dict[str, list[str]] = {}
        self.queues: list[str] = []
        self._tags: dict[str, tuple[str, str]] = {}
        for line in project.git.run(*_REFS).decode("utf-8", "surrogateescape").splitlines():
            ref, oid, kind, link = line.split("\0")
            if not link:
                self._take(ref, oid, kind)
        self._name_tags()

    def _take(self, ref: str, oid: str, kind: str) -> None:
        if ref.startswith(TAGS):
            self._tags[ref] = oid, kind
        elif ref.startswith("refs/exps/"):
            found = _EXPERIMENT.fullmatch(ref)
            if found is not None:
                self.baselines[oid] = found[1] + found[2]
                self.experiments.setdefault(found[3], []).append(oid)
                self._add(oid, "experiment", found[3], ref)
            elif ref in _QUEUES:
                self.queues.append(ref)
        elif ref.startswith("refs/heads/"):
            self._add(oid, "branch", ref.removeprefix("refs/heads/"), ref)
        else:
            pull = next((sign + hit[1] for shape, sign in _PULLS if (hit := shape.fullmatch(ref))), None)
            if pull is not None:
                self._add(oid, "pull_request", pull, ref)
            elif ref.startswith("refs/remotes/"):
                self._add_remote(oid, ref)

    def _add(self, commit: str, kind: NameKind, text: str, ref: str) -> None:
        names = self.names.setdefault(commit, {})
        names[kind, text] = (*names.get((kind, text), ()), ref)

    def _add_remote(self, oid: str, ref: str) -> None:
        """Add a branch of a remote, under the local branch's name if both are at the same commit."""
        text = ref.removeprefix("refs/remotes/")
        _, _, local = text.partition("/")
        if "/" in local:  # a slash of the branch's name, or of the remote's
            remotes = (name for name in self._project.remotes if text.startswith(f"{name}/"))
            local = text.removeprefix(f"{max(remotes, key=len, default='')}/")
        if ("branch", local) in self.names.get(oid, {}):
            self._add(oid, "branch", local, ref)
        else:
            self._add(oid, "remote_branch", text, ref)

    def _name_tags(self) -> None:
        known = {ref for ref in self._tags if parse_tag(ref.removeprefix(TAGS)) is not None}
        others = {ref: tag for ref, tag in self._tags.items() if ref not in known}
        # Only plain tags are resolved here; the registry caches those of models.
        specs = {ref: f"{oid}^{{commit}}" for ref, (oid, kind) in others.items() if kind != "commit"}
        hits = self._project.objects.get_many(specs.values())
        for ref, (oid, kind) in others.items():
            hit = hits.get(specs.get(ref, ""))
            commit = oid if kind == "commit" else None if hit is None else hit.oid
            if commit is not None:
                self._add(commit, "tag", ref.removeprefix(TAGS), ref)
        if known:
            self._name_versions()

    def _name_versions(self) -> None:
        from mlgit.project.registry.read import read_registry

        models = read_registry(self._project).models
        for state in models.values():
            for version in state.versions:
                if not version.deregistered:
                    self._add(
                        version.commit, "version", f"{state.name}@{version.version}", TAGS + version.tag
                    )
            for name, environment in state.environments.items():
                if environment.commit is not None and environment.holder is not None:
                    text = name if len(models) == 1 else f"{state.name}#{name}"
                    self._add(environment.commit, "environment", text, TAGS + environment.holder.tag)


def find_revisions(project: Project, query: RevisionQuery) -> tuple[Revision, ...]:
    """The commits, each once, in the order of the history.

    Raises:
        UnknownReference: one of `revisions` is not known.
        StateError: `number` is set and there is no commit.
    """
    refs = _Refs(project)
    queued = {each.commit: each for each in _queued(project, refs)}
    resolved = {text: _resolved(project, refs, text, queued.values()) for text in query.revisions}
    commits = list(dict.fromkeys(_commits(project, refs, query, resolved)))
    chosen = set(commits)
    if not query.everything:
        commits += [
            commit for commit, base in refs.baselines.items() if base in chosen and commit not in chosen
        ]
    found = {
        commit: queued[commit]
        if commit in queued and commit not in refs.names
        else Revision(commit, _names(project, refs, commit, resolved), refs.baselines.get(commit))
        for commit in commits
    }
    for each in queued.values():
        if each.commit not in found and (query.everything or each.baseline in chosen):
            found[each.commit] = each
    return tuple(each for each in found.values() if _is_wanted(each, query.kinds))


def _names(project: Project, refs: _Refs, commit: str, resolved: Mapping[str, str]) -> tuple[Name, ...]:
    if commit in refs.names:
        return tuple(Name(kind=kind, text=text, refs=own) for (kind, text), own in refs.names[commit].items())
    texts = [text for text, found in resolved.items() if found == commit]
    if not texts and commit == project.head.commit:
        texts = ["HEAD"]
    return tuple(Name(kind="revision", text=text) for text in texts)


def _commits(
    project: Project, refs: _Refs, query: RevisionQuery, resolved: Mapping[str, str]
) -> Iterator[str]:
    head = project.head.commit
    if query.number is not None:
        starts = list(dict.fromkeys(resolved.values())) or ([] if head is None else [head])
        if not starts:
            raise StateError("There is no commit yet", hint="commit something first")
        for start in starts:
            yield from project.git.run_text(
                "rev-list", "--first-parent", f"--max-count={query.number}", start
            ).split()
        return
    if resolved:
        yield from resolved.values()
        return
    if head is not None:
        yield head
    if query.history:
        tips = [] if head is None else ["HEAD"]
        yield from project.git.run_text("rev-list", "--branches", "--remotes", "--tags", *tips).split()
    for commit in refs.names:
        yield commit
        # The numbers of an experiment are compared with its baseline.
        if commit in refs.baselines:
            yield refs.baselines[commit]


def _resolved(project: Project, refs: _Refs, text: str, queued: Iterable[Revision]) -> str:
    """The commit of an environment, a version, a revision, or an experiment by DVC's name."""
    from mlgit.project.trust.compared import compared_reference

    try:
        return compared_reference(project, text).commit
    except UnknownReference as error:
        waiting: dict[str, list[str]] = {}
        for each in queued:
            waiting.setdefault(each.names[0].text, []).append(each.commit)
        known = waiting | refs.experiments
        hits = known.get(text, [])
        if len(hits) == 1:
            return hits[0]
        if hits:
            raise UnknownReference(
                f"`{text}` is the name of {len(hits)} experiments",
                hint="choose one: " + ", ".join(f"`{commit[:7]}`" for commit in hits),
            ) from error
        experiment = nearest(text, known)
        if experiment and not (error.hint or "").startswith("did you mean"):
            raise UnknownReference(
                f"`{text}` is not an environment, version, revision or experiment of this repository",
                hint=f"did you mean the experiment `{experiment}`?",
            ) from error
        raise


def _queued(project: Project, refs: _Refs) -> Iterator[Revision]:
    """Queued and failed experiments of DVC: the entries of two reflogs."""
    for ref in refs.queues:
        output = project.git.try_run("log", "--walk-reflogs", "--format=%H%x00%gs", ref, "--").stdout
        for line in output.decode("utf-8", "surrogateescape").splitlines():
            commit, _, message = line.partition("\0")
            found = _QUEUED.fullmatch(message.strip())
            if found is not None:
                name = Name(kind="experiment", text=found[2] or commit[:7], refs=(ref,))
                yield Revision(commit, (name,), found[1], _QUEUES[ref])


def _is_wanted(revision: Revision, kinds: Iterable[str]) -> bool:
    wanted: set[NameKind] = {kind for each in kinds for kind in _KINDS[each]}
    return not wanted or any(name.kind in wanted for name in revision.names)
