"""Filled: templated dvc.yaml files of many commits as DVC fills them in, cached by the trees of the commits.

`resolved` caches a few results for the state one works on; a leaderboard would push those out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.adapters.dvc.files.needs_dvc import needs_dvc
from mlgit.adapters.dvc.files.shapes import Shape
from mlgit.adapters.memory import Memory, survives_json

if TYPE_CHECKING:
    from mlgit.adapters.dvc.files.shapes import Path
    from mlgit.core.progress import Progress
    from mlgit.core.tree import Tree

_FORMAT = 2
MAX_BYTES = 8 << 20


class Filled:
    """Results of DVC, by tree and path.

    Args:
        root: the root of the working tree.
        folder: where results are kept between runs; None keeps none.
        progress: shows that DVC is asked, which loads it.
    """

    def __init__(self, root: str, folder: str | None, progress: Progress) -> None:
        self._root = root
        self._memory = Memory(folder, "templates", format_number=_FORMAT, limit_bytes=MAX_BYTES)
        self._progress = progress
        self._known: dict[str, object] | None = None
        self._used: dict[str, object] = {}
        self._asked = False

    def fill(self, tree: Tree, oid: str, shape: Shape, *, path: str) -> Shape:
        """The file with its templates filled in.

        Args:
            tree: the commit's files.
            oid: the id of the commit's tree, which decides everything a template may read.
            shape: the file.
            path: its path from the root.

        Raises:
            ConfigError: DVC says that it is invalid.
        """
        doubt = needs_dvc(shape)
        if doubt is None:
            return shape
        name = f"{oid}:{path}"
        if name not in self._used:
            known = self._load()
            self._used[name] = known[name] if name in known else self._ask(tree, shape, path, doubt)
        return Shape(self._used[name], name=shape.name, content=shape.content)

    def _ask(self, tree: Tree, shape: Shape, path: str, doubt: tuple[str, Path]) -> object:
        from mlgit.adapters.dvc.pipeline.resolved import resolved

        if not self._asked:
            self._asked = True
            self._progress.start("asking DVC what templates mean at these commits")
        return resolved(tree, shape, path=path, doubt=doubt, root=self._root, folder=None)[1]

    def save(self) -> None:
        """Keep the results of this run; `fill` is not called again."""
        if not self._asked:
            return
        self._asked = False
        self._progress.end()
        used = {name: document for name, document in self._used.items() if survives_json(document)}
        if not self._memory.write_json(self._load() | used):
            self._memory.write_json(used)

    def _load(self) -> dict[str, object]:
        if self._known is None:
            cached = self._memory.read_json()
            self._known = cached if isinstance(cached, dict) else {}
        return self._known
