"""Filled: what DVC made of templated dvc.yaml files of many commits, remembered by the trees of the commits.

`resolved` remembers a few answers for the state one works on; a leaderboard would push those out.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mlgit.adapters.dvc.files.shapes import Shape

if TYPE_CHECKING:
    from mlgit.core.progress import Progress
    from mlgit.core.tree import Tree

_FORMAT = 1
_FILE = "templates.json"
MAX_BYTES = 8 << 20


class Filled:
    """Answers of DVC, by tree and path.

    Args:
        root: the root of the working tree.
        folder: where answers are kept between runs; None keeps none.
        progress: told when DVC has to be asked, which loads it.
    """

    def __init__(self, root: str, folder: str | None, progress: Progress) -> None:
        self._root = root
        self._file = None if folder is None else os.path.join(folder, _FILE)
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
            path: where it stands.

        Raises:
            ConfigError: DVC says that it is invalid.
        """
        from mlgit.adapters.dvc.files.declared import needs_dvc

        said = needs_dvc(shape)
        if said is None:
            return shape
        name = f"{oid}:{path}"
        if name not in self._used:
            known = self._load()
            if name in known:
                self._used[name] = known[name]
            else:
                from mlgit.adapters.dvc.pipeline.resolved import resolved

                if not self._asked:
                    self._asked = True
                    self._progress.start("asking DVC what templates mean at these commits")
                _, self._used[name] = resolved(
                    tree, shape, path=path, said=said, root=self._root, folder=None
                )
        return Shape(self._used[name], name=shape.name, content=shape.content)

    def save(self) -> None:
        """Nothing more will be asked; remember the answers of this run."""
        if not self._asked:
            return
        self._asked = False
        self._progress.end()
        if self._file is None:
            return
        import json
        import tempfile

        folder = os.path.dirname(self._file)
        try:
            text = _written(self._load() | self._used)
            if len(text) > MAX_BYTES:
                text = _written(self._used)
            # Keys that are numbers would come back as text.
            back = json.loads(text)["documents"]
            if len(text) > MAX_BYTES or any(back[name] != used for name, used in self._used.items()):
                return
            os.makedirs(folder, exist_ok=True)
            with tempfile.NamedTemporaryFile(
                "w", encoding="utf-8", dir=folder, prefix="templates-", delete=False
            ) as file:
                file.write(text)
            os.replace(file.name, self._file)
        except (OSError, ValueError, TypeError):
            return

    def _load(self) -> dict[str, object]:
        if self._known is None:
            self._known = {}
            import json

            try:
                if self._file is not None:
                    with open(self._file, encoding="utf-8") as file:
                        found = json.load(file)
                    if found["format"] == _FORMAT and isinstance(found["documents"], dict):
                        self._known = found["documents"]
            except (OSError, ValueError, KeyError, TypeError, RecursionError):
                self._known = {}
        return self._known


def _written(documents: dict[str, object]) -> str:
    import json

    return json.dumps({"format": _FORMAT, "documents": documents})
