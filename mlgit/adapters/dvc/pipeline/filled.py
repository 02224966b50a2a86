"""Filled: templated dvc.yaml files of many commits as DVC fills them in, cached by the trees of the commits.

`resolved` caches a few results for the current state; those of a leaderboard would push them out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.adapters.dvc.files.needs_dvc import needs_dvc
from mlgit.adapters.dvc.files.shapes import Shape
from mlgit.adapters.memory import Memory, Table

if TYPE_CHECKING:
    from mlgit.core.progress import Progress
    from mlgit.core.tree import Tree

_FORMAT = 2
MAX_BYTES = 8 << 20


class Filled:
    """Results of DVC by tree and path, kept between runs in `folder`, unless it is None."""

    def __init__(self, root: str, folder: str | None, progress: Progress) -> None:
        self._root = root
        memory = Memory(folder, "templates", format_number=_FORMAT, limit_bytes=MAX_BYTES)
        self._table = Table(memory, room_bytes=MAX_BYTES // 8)
        self._progress = progress
        self._asked = False

    def fill(self, tree: Tree, oid: str, shape: Shape, *, path: str) -> Shape:
        """The file with its templates filled in.

        The id of the commit's tree, `oid`, decides everything that a template may read.

        Raises:
            ConfigError: DVC says that it is invalid.
        """
        doubt = needs_dvc(shape)
        if doubt is None:
            return shape
        name = f"{oid}:{path}"
        known = self._table.get(name)
        if known is None:
            from mlgit.adapters.dvc.pipeline.resolved import resolved

            if not self._asked:
                self._asked = True
                self._progress.start("DVC fills in the templates at these commits")
            known = resolved(tree, shape, path=path, doubt=doubt, root=self._root, folder=None)[1:]
            self._table.learn(name, known[0])
        return Shape(known[0], name=shape.name, content=shape.content)

    def save(self) -> None:
        """Keep the results of this run; `fill` is not called again."""
        if self._asked:
            self._asked = False
            self._progress.end()
            self._table.save()
