"""Git files: what Git has of a model, with links followed to what they lead to."""

from __future__ import annotations

import os
import posixpath
from typing import TYPE_CHECKING

from mlgit.adapters.dvc.files.paths import folders_above
from mlgit.adapters.dvc.pipeline.pointers import LOCK_FILE
from mlgit.adapters.git.objects import CommitTree
from mlgit.core.pipeline.model_files import is_content, meets
from mlgit.core.pipeline.stages import output_at
from mlgit.project.pipeline.evidence import evidence
from mlgit.project.pipeline.large_files import content_id
from mlgit.project.pipeline.local_files import cached_listing

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from mlgit.core.pipeline.stages import Output, Pipeline
    from mlgit.project.open import Project


_POINTER_BYTES = 1 << 10


def git_files(project: Project, commit: str | None, path: str) -> Mapping[str, str]:
    """Path -> id of the content of each file at or below `path`; on disk as `git add` would store it.

    A link has the id of what it leads to at the same state; a submodule has that of its commit.
    """
    path = path.rstrip("/")
    return dict(_on_disk(project, path)) if commit is None else _committed(project, commit, path)


def changed_files(project: Project, old: str, new: str | None) -> frozenset[str]:
    """Every path of which Git has another content in two states; `new` None is the working tree."""
    head = project.head
    commits = {old, new or head.commit}
    ends = [_every(project, each) for each in commits] if len(commits) > 1 else [{}, {}]
    found = {path for path in {*ends[0], *ends[1]} if ends[0].get(path) != ends[1].get(path)}
    if new is None:
        found |= {*head.changed, *head.conflicted, *untracked_files(project)}
    return frozenset(found)


def untracked_files(project: Project) -> frozenset[str]:
    """The files that Git neither tracks nor ignores, also those in folders that are all new."""
    names = frozenset(project.head.untracked)
    folders = tuple(name for name in names if name.endswith("/"))
    if not folders:
        return names
    return names.difference(folders) | {path for path in project.worktree.paths() if path.startswith(folders)}


def new_results(project: Project) -> tuple[str, ...]:
    """What runs wrote and Git does not track yet; a new folder with nothing else is named alone."""
    files = untracked_files(project)
    found = results_among(project, files)
    others = files.difference(found)
    folders = tuple(
        name
        for name in project.head.untracked
        if name.endswith("/") and not any(path.startswith(name) for path in others)
    )
    inside = [name.rstrip("/") for name in folders if any(path.startswith(name) for path in found)]
    return (*(path for path in found if not path.startswith(folders)), *inside)


def without_mergetool(project: Project, pipeline: Pipeline, conflicted: Sequence[str]) -> tuple[str, ...]:
    """The files in conflict that a run of the pipeline writes, or that someone has resolved."""
    if not conflicted:
        return ()
    from mlgit.adapters.git.attributes.conflicts import resolved

    by_run = results_among(project, conflicted) if pipeline.stages else ()
    return (*by_run, *resolved(project.git, project.root, conflicted))


def cached_and_tracked(project: Project, owners: Collection[str]) -> str | None:
    """The first output of these stages that DVC should cache and Git tracks: DVC refuses to run its stage."""
    outputs = evidence(project, None, staleness=False).pipeline.outputs
    mine = {out.path for out in outputs if out.cached and out.owner in owners}
    tracked = [] if not mine else [*project.worktree.paths()]
    untracked = {*untracked_files(project)} if mine else set()
    for path in tracked:
        found = next((each for each in (path, *folders_above(path)) if each in mine), None)
        if found is not None and path not in untracked:
            return found
    return None


def results_among(project: Project, paths: Iterable[str]) -> tuple[str, ...]:
    """Those of these files that a run of the pipeline writes and Git keeps.

    DVC writes its lock files, the outputs that Git keeps, and a `.gitignore` next to those that DVC keeps.
    """
    outputs = evidence(project, None, staleness=False).pipeline.outputs
    kept_by_git = {out.path for out in outputs if not out.cached}
    ignores = {posixpath.join(posixpath.dirname(out.path), ".gitignore") for out in outputs if out.cached}
    mine = ignores | kept_by_git
    return tuple(
        path
        for path in sorted(paths)
        if posixpath.basename(path) == LOCK_FILE
        or path in mine
        or any(folder in kept_by_git for folder in folders_above(path))
    )


def changed_inputs(project: Project, old: str, new: str | None) -> tuple[str, ...]:
    """The files and folders that stages read, that DVC does not keep, and that differ in two states.

    Of the working tree, only what is known without hashing: what the last run recorded, and uncommitted
    changes.
    """
    sides = [evidence(project, each, staleness=False).pipeline for each in (old, new)]
    outputs = {out.path for side in sides for out in side.outputs}
    stages = [stage for side in sides for stage in side.stages]
    deps = {dep for stage in stages for dep in stage.deps if "://" not in dep}
    kept = {dep for dep in deps if any(meets(dep, out) for out in outputs)}
    own = deps - kept
    if new is not None:
        trees = [_every(project, each) for each in (old, new)]
        paths = {path for path in {*trees[0], *trees[1]} if trees[0].get(path) != trees[1].get(path)}
        return tuple(sorted(dep for dep in own if any(meets(dep, path) for path in paths)))
    before, after = map(_recorded, sides)
    edited = (*project.head.changed, *project.head.untracked)
    rerun = {dep for dep in own & before.keys() & after.keys() if before[dep] != after[dep]}
    return tuple(sorted(rerun | {dep for dep in own if any(meets(dep, path) for path in edited)}))


def _recorded(pipeline: Pipeline) -> Mapping[str, str | None]:
    """The hash of each input at the last run."""
    deps = [each for stage in pipeline.stages if stage.locked for each in stage.locked.deps.items()]
    return {dep: None if pointer is None else pointer.md5 for dep, pointer in deps}


def _every(project: Project, commit: str | None) -> Mapping[str, str]:
    tree = None if commit is None else project.tree(commit)
    return {**tree.blobs(), **tree.submodules()} if isinstance(tree, CommitTree) else {}


def added_files(
    project: Project, commit: str | None, path: str, outputs: Iterable[Output]
) -> Mapping[str, str]:
    """Like `git_files`, of what a release hands out next to what DVC's outputs have.

    The listing of an output says whether it has such a file itself; if it is not here, the file counts.
    """
    found = {name: oid for name, oid in git_files(project, commit, path).items() if is_content(name)}
    by_path = {out.path: out for out in outputs} if found else {}
    listings: dict[str, Collection[str]] = {}
    for name in tuple(found):
        out = output_at(name, by_path)
        if out is None:
            continue
        if out.path not in listings:
            listings[out.path] = cached_listing(project, out) or ()
        if out.path == name or name[len(out.path) + 1 :] in listings[out.path]:
            del found[name]
    return found


def unusable_files(project: Project, commit: str | None, path: str) -> Iterator[tuple[str, str]]:
    """(path, why) of what at or below `path` no release could hand out as the stages read it.

    These are links that lead out of Git, submodules, and files that git rewrites on their way to the disk.
    """
    path = path.rstrip("/")
    tree = project.tree(commit)
    if isinstance(tree, CommitTree):
        files = {each for each in tree.blobs() if _below(each, path)}
        leads_on = files & tree.targets(files, files_only=True).keys()
        links = {each for each in files if tree.identity(each) is None} - leads_on
        submodules = {each for each in tree.submodules() if _below(each, path)}
    else:
        listed = {each.rstrip("/") for each in tree.paths()}
        root = os.path.realpath(project.root)
        places = {each: os.path.join(root, each) for each in listed if _below(each, path)}
        linked = {each for each, place in places.items() if os.path.islink(place)}
        real = {each: os.path.realpath(places[each]) for each in linked}
        links = {
            each
            for each in linked
            if not os.path.isfile(real[each]) or os.path.relpath(real[each], root) not in listed
        }
        submodules = {each for each in places.keys() - linked if os.path.isdir(places[each])}
        files = places.keys() - linked - submodules
    for each in sorted(links):
        yield each, "is a link that leads to no file in Git"
    for each in sorted(submodules):
        yield each, "is a submodule, which `release`, `get` and `deploy` leave out"
    from mlgit.adapters.git.attributes.checkout import Checkout

    checkout = Checkout(project.git, tree, git_dir=project.git_dir, common_dir=project.common_dir)
    for each, attribute in sorted(checkout.rewritten(sorted(files)).items()):
        yield each, f"is kept in another form than Git writes it to disk (`{attribute}` in .gitattributes)"


def lfs_pointers(project: Project, commit: str, path: str) -> tuple[str, ...]:
    """The files at or below `path` in Git that are only pointers of Git LFS."""
    files = list(git_files(project, commit, path))
    small = project.tree(commit).read_many(files, most_bytes=_POINTER_BYTES)
    return tuple(each for each, content in small.items() if content_id(content) is not None)


def _committed(project: Project, commit: str, path: str) -> Mapping[str, str]:
    tree = project.tree(commit)
    if not isinstance(tree, CommitTree):  # pragma: no cover (a commit's tree is one)
        return {}
    known = {**tree.blobs(), **tree.submodules()}
    mine = [each for each in known if _below(each, path)]
    return {each: known[each] for each in mine} | tree.targets(mine)


def _on_disk(project: Project, path: str) -> Iterator[tuple[str, str]]:
    """Like `_committed`; the id of a changed link or submodule may be empty."""
    commit = project.head.commit
    head = {} if commit is None else _committed(project, commit, path)
    tree = None if commit is None else project.tree(commit)
    blobs = tree.blobs() if isinstance(tree, CommitTree) else {}
    changed, here = {*project.head.changed, *project.head.conflicted}, project.worktree.paths()
    root, fresh = os.path.realpath(project.root), {}
    for each in (name.rstrip("/") for name in here if _below(name.rstrip("/"), path)):
        place = os.path.join(root, each)
        real = os.path.relpath(os.path.realpath(place), root)
        if real == each and each in head and each not in changed:
            yield each, head[each]
        elif os.path.isfile(place) and (real == each or real in here):
            if real in blobs and real not in changed:
                yield each, blobs[real]
            else:
                fresh[each] = real
        elif os.path.islink(place):
            same = not any(_below(other, each) or _below(other, real) for other in changed)
            yield each, head.get(each, "") if same else ""
        elif os.path.isdir(place):
            yield each, project.git.try_text("-C", place, "rev-parse", "HEAD") or ""
    if fresh:
        # A filter, such as Git LFS's, may store a pointer in place of the content.
        oids = project.git.run_text("hash-object", "--", *fresh.values()).split()
        yield from zip(fresh, oids, strict=True)


def _below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")
