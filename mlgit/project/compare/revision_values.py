"""Revision values: metrics and parameters of many commits; each content is read and parsed once."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, TypeVar

from mlgit.adapters.dvc.data.hashes import LFS_POINTER
from mlgit.adapters.dvc.files.numbers import Numbers, Wanted
from mlgit.adapters.dvc.files.values import MAX_BYTES, selected, too_large, unread
from mlgit.adapters.git.promised import Promised
from mlgit.adapters.git.trees import Entry, Trees
from mlgit.core.pipeline.evidence import Problem, ProblemCode, Value
from mlgit.core.record import NamedTuple
from mlgit.core.stated_time import as_time
from mlgit.errors import ConfigError, StateError
from mlgit.project.compare.revision_sources import SourceFinder, Sources, is_source
from mlgit.project.pipeline.declared import DVCLIVE, matching, outside
from mlgit.project.pipeline.local_files import cache_of, recorded_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from mlgit.adapters.git.objects import GitObject
    from mlgit.core.compare.leaderboard import ValueKind
    from mlgit.core.progress import Progress
    from mlgit.project.open import Project

T = TypeVar("T")

_AT_ONCE = 512
_SHOW_PROGRESS = 2_000
_PATH = "{path}"
_LOST = Problem(
    code="unreadable", message=f"`{_PATH}` is in the commit, but its content is not in this clone"
)
_HEAD = re.compile(rb"tree ([0-9a-f]+)\n(?:.*\n)*?committer .*> ?(-?\d+)")


class CommitFacts(NamedTuple):
    """A commit object: the id of its tree, its time, the first line of its message."""

    tree: str
    created_at: datetime
    subject: str


class RevisionValues(NamedTuple):
    """The numbers of one commit, by file and dotted key.

    `unread` maps metric files that could not be read to the code of the problem; `problems` are sentences.
    """

    facts: CommitFacts
    metrics: Mapping[str, Mapping[str, Value]]
    params: Mapping[str, Mapping[str, Value]]
    unread: Mapping[str, ProblemCode]
    problems: tuple[str, ...]


class _Draft:
    """One commit before its contents are read."""

    def __init__(self) -> None:
        self.metrics: dict[str, Wanted] = {}
        self.params: dict[str, tuple[Wanted, tuple[str, ...] | None]] = {}
        self.unread: dict[str, ProblemCode] = {}
        self.problems: list[str] = []


class RevisionReader:
    """Reads commits of one project."""

    def __init__(self, project: Project, progress: Progress) -> None:
        self._project = project
        self._progress = progress
        self._trees = Trees(project.objects, is_source)
        self._promised = Promised(project.git, os.path.join(project.common_dir, "config"))
        self._finder = SourceFinder(project, self._trees, self._promised, progress=progress)
        self._numbers = Numbers(project.cache_dir)
        self._values: dict[Wanted, Mapping[str, Value] | Problem] = {}
        self._selected: dict[tuple[Wanted, tuple[str, ...]], Mapping[str, Value]] = {}

    def read(
        self, commits: Iterable[str], *, metrics: Sequence[str] | None = None, params: bool = True
    ) -> dict[str, RevisionValues]:
        """Commit -> its numbers, for the ids that are commits in this clone.

        Args:
            commits: full ids.
            metrics: only these metric files, declared or not; None for all files declared in the commit.
            params: whether parameters are read.

        Raises:
            StateError: a part of a commit is not in this clone.
            ToolError: this clone is partial, and the remote does not answer.
        """
        facts = self.facts(commits)
        self._promised.note_absent(facts)
        if self._promised.fetch(each.tree for each in facts.values()):
            self._promised.note_absent(facts)
        self._trees.load(each.tree for each in facts.values())
        self._finder.prepare(each.tree for each in facts.values())
        try:
            drafts = {
                commit: self._draft(commit, each.tree, metrics=metrics, params=params)
                for commit, each in facts.items()
            }
        finally:
            self._finder.end()
        self._read_contents(drafts.values())
        return {commit: self._finished(facts[commit], draft) for commit, draft in drafts.items()}

    def facts(self, commits: Iterable[str]) -> dict[str, CommitFacts]:
        """Commit -> its facts, for the ids that are commits in this clone."""
        found = {}
        for part in _parts(list(dict.fromkeys(commits))):
            for commit, hit in self._project.objects.get_many(part).items():
                head = None if hit is None or hit.type != "commit" else _HEAD.match(hit.content)
                if hit is None or head is None:
                    continue
                subject = hit.content.partition(b"\n\n")[2].lstrip(b"\n").partition(b"\n")[0]
                found[commit] = CommitFacts(
                    head[1].decode(), as_time(int(head[2][:15])), subject.decode("utf-8", "replace")
                )
        return found

    def _draft(self, commit: str, tree: str, *, metrics: Sequence[str] | None, params: bool) -> _Draft:
        draft = _Draft()
        sources = Sources()
        try:
            sources = self._finder.sources(commit, tree)
        except ConfigError as error:
            draft.problems.append(error.message)
        for path in self._metric_paths(tree, sources) if metrics is None else metrics:
            try:
                self._find(draft, commit, tree, path, sources)
            except ConfigError as error:
                draft.unread[path] = "unreadable"
                draft.problems.append(error.message)
        for path, keys in sources.params.items() if params else ():
            entry = None if outside(path) else self._trees.find(tree, path)
            wanted = None if entry is None else self._wanted(entry, commit, path, "param")
            if wanted is not None:
                draft.params[path] = wanted, keys
        return draft

    def _metric_paths(self, tree: str, sources: Sources) -> Iterator[str]:
        """Declared files and folders, and the matches of the globs in mlgit.yaml."""
        yield from sources.metrics
        globs = (glob for glob in sources.globs if glob not in sources.metrics)
        yield from matching(globs, lambda: [*(path for path, _ in self._trees.files(tree)), *sources.outputs])

    def _find(self, draft: _Draft, commit: str, tree: str, path: str, sources: Sources) -> None:
        if path in draft.metrics or path in draft.unread or outside(path):
            return
        entry = self._trees.find(tree, path)
        if entry is None:
            if path != DVCLIVE:
                self._find_in_cache(draft, commit, tree, path, sources)
        elif entry.kind == "tree":
            for name, below in sorted(self._trees.files(entry.oid)):
                if below.kind == "blob":
                    draft.metrics[f"{path}/{name}"] = Wanted(below.oid, "metric", f"{path}/{name}")
        elif (wanted := self._wanted(entry, commit, path, "metric")) is not None:
            draft.metrics[path] = wanted

    def _wanted(self, entry: Entry, commit: str, path: str, kind: ValueKind) -> Wanted | None:
        """The content of a file, or of the file that a link in the commit leads to."""
        if entry.kind == "blob":
            return Wanted(entry.oid, kind, path)
        found = self._project.objects.get(f"{commit}:{path}")
        return Wanted(found.oid, kind, path) if found is not None and found.type == "blob" else None

    def _find_in_cache(self, draft: _Draft, commit: str, tree: str, path: str, sources: Sources) -> None:
        """Find a metric file that Git does not have: DVC keeps it, or no run has made it yet."""
        out = self._finder.recorded(commit, tree, path, sources)
        if out is None or out.pointer is None or not out.cached:
            draft.unread[path] = "missing"
            return
        cache = cache_of(self._project, path)
        for name, pointer in recorded_files(self._project, out, path):
            try:
                content = (
                    None if cache is None or pointer is None else cache.read(pointer, most_bytes=MAX_BYTES)
                )
            except OSError as error:
                draft.unread[name] = "unreadable"
                draft.problems.append(unread(name, error).message)
                continue
            except StateError as error:
                draft.unread[name] = "unreadable"
                draft.problems.append(f"`{name}` cannot be trusted: {error.message}")
                continue
            if content is None or pointer is None:
                draft.unread[name] = "not_fetched"
                continue
            wanted = Wanted(pointer.md5, "metric", name)
            if wanted not in self._values:
                self._values[wanted] = self._numbers.read(wanted, content)
            draft.metrics[name] = wanted

    def _read_contents(self, drafts: Iterable[_Draft]) -> None:
        wanted: dict[Wanted, None] = {}
        for draft in drafts:
            wanted.update(dict.fromkeys(draft.metrics.values()))
            wanted.update(dict.fromkeys(each for each, _ in draft.params.values()))
        missing = [each for each in wanted if each not in self._values]
        self._values.update(self._numbers.cached(missing))
        missing = [each for each in missing if each not in self._values]
        self._promised.fetch(each.oid for each in missing)
        shown = len(missing) >= _SHOW_PROGRESS
        if shown:
            self._progress.start("reading metrics", total=len(missing))
        try:
            for part in _parts(missing):
                contents = self._project.objects.get_many((each.oid for each in part), most_bytes=MAX_BYTES)
                for each in part:
                    self._values[each] = self._read_content(each, contents[each.oid])
                if shown:
                    self._progress.advance(len(part))
        finally:
            if shown:
                self._progress.end()
        self._numbers.save()

    def _read_content(self, each: Wanted, found: GitObject | None) -> Mapping[str, Value] | Problem:
        if found is None:
            return _LOST
        if found.too_large:
            return Problem(code="unreadable", message=f"`{each.path}` {too_large(each.path)}")
        content: bytes | Problem = found.content
        if found.content.startswith(LFS_POINTER):
            from mlgit.project.pipeline.large_files import fetched

            content = fetched(self._project, found.content, each.path)
        return content if isinstance(content, Problem) else self._numbers.read(each, content)

    def _finished(self, facts: CommitFacts, draft: _Draft) -> RevisionValues:
        metrics: dict[str, Mapping[str, Value]] = {}
        params: dict[str, Mapping[str, Value]] = {}
        for path, wanted in draft.metrics.items():
            values = self._values[wanted]
            if isinstance(values, Problem):
                draft.unread[path] = values.code
                draft.problems.append(values.message.replace(_PATH, path))
            else:
                metrics[path] = values
        for path, (wanted, keys) in draft.params.items():
            values = self._values[wanted]
            if isinstance(values, Problem):
                draft.problems.append(values.message.replace(_PATH, path))
            else:
                params[path] = self._only(wanted, values, keys)
        return RevisionValues(facts, metrics, params, draft.unread, tuple(dict.fromkeys(draft.problems)))

    def _only(
        self, wanted: Wanted, values: Mapping[str, Value], keys: tuple[str, ...] | None
    ) -> Mapping[str, Value]:
        if keys is None:
            return values
        if (wanted, keys) not in self._selected:
            self._selected[wanted, keys] = selected(values, keys)
        return self._selected[wanted, keys]


def _parts(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), _AT_ONCE):
        yield items[start : start + _AT_ONCE]
