"""Places: whether a file or a parameter is at one side of a change, also one that no stage reads."""

from __future__ import annotations

import posixpath
from bisect import bisect_left
from functools import cached_property, partial
from typing import TYPE_CHECKING

from mlgit.adapters.dvc.data.hashes import bytes_md5
from mlgit.adapters.dvc.files.paths import folders_above, folders_of
from mlgit.adapters.dvc.files.values import MAX_BYTES
from mlgit.adapters.dvc.pipeline.params import ParamFiles, Stored
from mlgit.adapters.git.objects import CommitTree
from mlgit.core.pipeline.inputs import LinkTarget, Places
from mlgit.core.pipeline.model_files import meets
from mlgit.core.pipeline.stages import output_at
from mlgit.project.pipeline.declared import outside
from mlgit.project.pipeline.large_files import content_or_pointer
from mlgit.project.pipeline.local_files import cached_listing, local_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mlgit.core.pipeline.evidence import Evidence
    from mlgit.core.tree import Tree
    from mlgit.project.open import Project


def places_at(project: Project, known: Evidence) -> Places:
    """What a side has. What cannot be known counts as there, so that nothing is taken for gone by mistake."""
    found = _Side(project, known)
    return Places(
        file=found.file,
        param=found.param,
        data=found.data,
        paths=lambda: found.in_git,
        read=found.read,
        link=found.link,
        links=found.links,
        submodules=lambda: found.submodules,
        written=found.written,
        listing=found.listing,
    )


class _Side:
    def __init__(self, project: Project, known: Evidence) -> None:
        self._project = project
        self._outputs = {out.path: out for out in known.pipeline.outputs}
        self._tree = project.tree(known.commit)
        stored = Stored(partial(content_or_pointer, project))
        self._params = ParamFiles(self._tree, local_files(project).documents, stored)

    @cached_property
    def in_git(self) -> frozenset[str]:
        return frozenset(self._tree.paths())

    @cached_property
    def _sorted(self) -> list[str]:
        return sorted(self._tree.paths())

    def read(self, paths: Iterable[str]) -> Mapping[str, bytes]:
        return self._tree.read_many(paths, most_bytes=MAX_BYTES)

    @cached_property
    def submodules(self) -> frozenset[str]:
        tree = self._committed
        known = tree.submodules() if isinstance(tree, CommitTree) else {}
        here = None if self._tree.commit is not None else self.in_git
        return frozenset(path for path in known if here is None or path in here)

    @cached_property
    def _committed(self) -> Tree | None:
        """The side's commit, or that of the working tree."""
        commit = self._tree.commit or self._project.head.commit
        return None if commit is None else self._project.tree(commit)

    def written(self, paths: Iterable[str]) -> Mapping[str, str]:
        """A text for the bytes that Git writes to disk for files of the commit; a filter is not run."""
        if self._committed is None:
            return {}
        from mlgit.adapters.git.attributes.checkout import Checkout

        project = self._project
        checkout = Checkout(
            project.git, self._committed, git_dir=project.git_dir, common_dir=project.common_dir
        )
        contents = checkout.read_many(paths)
        filters = checkout.filters(contents)
        return {path: f"{bytes_md5(content)} {filters[path]}" for path, content in contents.items()}

    def _is_link(self, path: str) -> bool:
        return self._tree.identity(path) is None and path not in self.submodules

    def link(self, path: str) -> LinkTarget | None:
        found = [each for each in (path, *folders_above(path)) if each in self.in_git and self._is_link(each)]
        if not found:
            return None
        from mlgit.project.pipeline.beyond import link_target

        target = link_target(self._project, self._tree.commit, found[0])
        return LinkTarget(path=posixpath.join(target, path[len(found[0]) + 1 :]).rstrip("/"), content="")

    def links(self, folder: str) -> Mapping[str, LinkTarget]:
        # `0` follows `/` in ASCII, so this is the end of the range.
        start, end = (bisect_left(self._sorted, f"{folder}{last}") for last in "/0")
        names = self._sorted[start:end]
        links = [name for name in names if self._is_link(name)]
        if not links:
            return {}
        from mlgit.project.pipeline.beyond import link_target
        from mlgit.project.pipeline.git_files import git_files

        return {
            name: LinkTarget(
                path=link_target(self._project, self._tree.commit, name),
                content=git_files(self._project, self._tree.commit, name).get(name, ""),
            )
            for name in links
        }

    def listing(self, path: str) -> Mapping[str, str] | None:
        out = output_at(path, self._outputs)
        names = None if out is None else cached_listing(self._project, out)
        if out is None or names is None:
            return None
        start = f"{path[len(out.path) + 1 :]}/".lstrip("/")
        return {name[len(start) :]: md5 for name, md5 in names.items() if name.startswith(start)}

    def data(self, path: str) -> bool:
        return any(out.cached and meets(place, path) for place, out in self._outputs.items())

    @cached_property
    def _paths(self) -> frozenset[str]:
        paths = {*self._tree.paths(), *self._outputs}
        return frozenset(paths | folders_of(paths))

    def file(self, path: str) -> bool:
        if outside(path) or path in self._paths:
            return True
        out = output_at(path, self._outputs)
        if out is None:
            return False
        names = cached_listing(self._project, out)
        below = path[len(out.path) + 1 :]
        return names is None or any(f"{name}/".startswith(f"{below}/") for name in names)

    def param(self, name: str) -> bool:
        file, _, key = name.partition(":")
        if outside(file) or output_at(file, self._outputs) is not None:
            return True
        return self._params.has(file, key) or self._leads_to_data(file)

    def _leads_to_data(self, file: str) -> bool:
        target = self.link(file)
        return target is not None and output_at(target.path, self._outputs) is not None
