"""Sources: which files of a commit have metrics and parameters; found once per content of DVC files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.adapters.dvc.data.ignore import IGNORE_FILE
from mlgit.adapters.dvc.files.documents import Documents
from mlgit.adapters.dvc.files.outline import outline
from mlgit.adapters.dvc.files.shapes import Shape
from mlgit.adapters.dvc.pipeline.filled import Filled
from mlgit.adapters.dvc.pipeline.hidden import Hidden
from mlgit.adapters.dvc.pipeline.pointers import (
    DEFAULT_PARAMS,
    LOCK_FILE,
    PIPELINE_FILE,
    POINTER_SUFFIX,
    assemble,
)
from mlgit.core.config.file import CONFIG_FILE
from mlgit.core.pipeline.stages import Output, Pipeline, output_at
from mlgit.core.record import NamedTuple
from mlgit.errors import ConfigError
from mlgit.project.pipeline.declared import DVCLIVE, metric_globs, param_keys

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mlgit.adapters.git.promised import Promised
    from mlgit.adapters.git.trees import Trees
    from mlgit.core.progress import Progress
    from mlgit.project.open import Project

_DVC_FOLDER = ".dvc"
_DVC_CONFIG = f"{_DVC_FOLDER}/config"
_TEMPLATE_WORDS = (b"${", b"foreach", b"matrix", b"vars")
_AT_ONCE = 512

Files = tuple[tuple[str, str], ...]
"""(path, blob id) of files that DVC or mlgit reads."""


class Sources(NamedTuple):
    """Where the numbers of a commit are.

    `metrics` are paths of files or folders, `globs` patterns of mlgit.yaml; `params` maps a file to the
    dotted keys to read, None for all. `outputs` are those of stages, by path; `cut` says that outputs with
    templates in their paths are missing.
    """

    metrics: tuple[str, ...] = ()
    globs: tuple[str, ...] = ()
    params: Mapping[str, tuple[str, ...] | None] = {}
    outputs: Mapping[str, Output] = {}
    cut: bool = False


class _Read(NamedTuple):
    """The pipeline of some files; `cut` is as in `Sources`, `filled_in` says that DVC filled in templates."""

    pipeline: Pipeline
    cut: bool
    filled_in: bool


def is_source(name: str) -> bool:
    """Whether a file of this name may declare where numbers are."""
    return name in {PIPELINE_FILE, LOCK_FILE, CONFIG_FILE, IGNORE_FILE, "config"} or (
        name.endswith(POINTER_SUFFIX) and name != POINTER_SUFFIX
    )


class SourceFinder:
    """Finds the sources of many commits of one project.

    `trees` are loaded with the trees of the commits and list the files of `is_source`. `promised` fetches
    objects that a partial clone lacks. `progress` shows when DVC itself has to read a file, which is slow.
    """

    def __init__(self, project: Project, trees: Trees, promised: Promised, *, progress: Progress) -> None:
        self._project = project
        self._trees = trees
        self._promised = promised
        self._documents = Documents(None)
        self._contents: dict[str, bytes] = {}
        self._files: dict[str, Files] = {}
        self._hidden: dict[Files, Hidden] = {}
        # Filled-in templates also depend on the parameters in the tree, so they are kept per tree.
        self._sources: dict[tuple[Files, str], Sources | ConfigError] = {}
        self._pipelines: dict[tuple[Files, bool, str], _Read] = {}
        self._filled = Filled(project.root, project.cache_dir, progress)

    def prepare(self, roots: Iterable[str]) -> None:
        """Read the files that declare where the numbers of these trees are, in few round trips."""
        for root in roots:
            if root not in self._files:
                self._files[root] = tuple(each for each in self._trees.noticed(root) if _is_read(each[0]))
        wanted = {
            oid
            for files in self._files.values()
            for path, oid in files
            if not path.endswith((LOCK_FILE, _DVC_CONFIG))
        }
        self._fetch(wanted - self._contents.keys())

    def sources(self, commit: str, root: str) -> Sources:
        """Where the numbers of a commit are.

        Raises:
            ConfigError: dvc.yaml or a .dvc file with metrics is invalid there.
        """
        self._files[root] = self._seen_by_dvc(commit, self._files[root])
        files = tuple(
            (path, oid)
            for path, oid in self._files[root]
            if not path.endswith((LOCK_FILE, POINTER_SUFFIX)) or b"metric" in self._contents.get(oid, b"")
        )
        known = self._sources.get((files, ""), self._sources.get((files, root)))
        if known is None:
            try:
                known, filled_in = self._read_sources(commit, root, files)
            except ConfigError as error:
                known, filled_in = error, True
            self._sources[files, root if filled_in else ""] = known
        if isinstance(known, ConfigError):
            raise known
        return known

    def recorded(self, commit: str, root: str, path: str, sources: Sources) -> Output | None:
        """The output at or above a path that Git does not have, with the content that DVC recorded."""
        out = output_at(path, sources.outputs)
        files = self._files[root]
        if out is not None and out.pointer is not None:
            return out
        if out is not None and not out.owner.endswith(POINTER_SUFFIX):
            folder = out.owner.rpartition(":")[0].removesuffix(PIPELINE_FILE)
            own = {f"{folder}{PIPELINE_FILE}", f"{folder}{LOCK_FILE}"}
            files = tuple(each for each in files if each[0] in own)
            read = self._pipeline(commit, root, files, templates=False)
        else:
            read = self._pipeline(commit, root, files, templates=sources.cut)
        return output_at(path, {each.path: each for each in read.pipeline.outputs})

    def _seen_by_dvc(self, commit: str, files: Files) -> Files:
        """Leave out the `.dvcignore` files and the files that they hide."""
        ignores = tuple(each for each in files if each[0].rpartition("/")[2] == IGNORE_FILE)
        if not ignores:
            return files
        if ignores not in self._hidden:
            self._hidden[ignores] = Hidden(self._project.tree(commit), [path for path, _ in ignores])
        hides = self._hidden[ignores].hides
        return tuple(
            (path, oid)
            for path, oid in files
            if (path, oid) not in ignores
            and (path == CONFIG_FILE or path.endswith(_DVC_CONFIG) or not hides(path))
        )

    def end(self) -> None:
        """Save what DVC filled in."""
        self._filled.save()

    def _read_sources(self, commit: str, root: str, files: Files) -> tuple[Sources, bool]:
        """The sources, and whether DVC filled in templates for them."""
        read = self._pipeline(commit, root, files, templates=False)
        pipeline = read.pipeline
        metrics = [out.path for out in pipeline.outputs if out.metric]
        roots = [path.removesuffix(_DVC_CONFIG) for path, _ in files if path.endswith(_DVC_CONFIG)]
        sources = Sources(
            metrics=tuple(dict.fromkeys((*metrics, *pipeline.metrics, DVCLIVE))),
            globs=self._globs(dict(files).get(CONFIG_FILE)),
            params=param_keys(pipeline) | dict.fromkeys(f"{folder}{DEFAULT_PARAMS}" for folder in roots),
            outputs={out.path: out for out in pipeline.outputs},
            cut=read.cut,
        )
        return sources, read.filled_in

    def _pipeline(self, commit: str, root: str, files: Files, *, templates: bool) -> _Read:
        """The pipeline; with `templates`, DVC fills them in even if no number depends on them."""
        for key in ((files, templates, ""), (files, templates, root)):
            if key in self._pipelines:
                return self._pipelines[key]
        self._fetch({oid for _, oid in files} - self._contents.keys())
        shapes = {}
        cut = filled_in = False
        for path, oid in files:
            if path == CONFIG_FILE or path.endswith(_DVC_CONFIG):
                continue
            content = self._contents.get(oid)
            if content is None:
                raise ConfigError(f"`{path}` is in the commit, but its content is not in this clone")
            shape = Shape(self._documents.parse(content, name=path), name=path, content=content)
            if path.rpartition("/")[2] == PIPELINE_FILE and any(word in content for word in _TEMPLATE_WORDS):
                plain = None if templates else outline(shape, content)
                if plain is None:
                    tree = self._project.tree(commit)
                    shape, filled_in = self._filled.fill(tree, shape, path=path), True
                else:
                    shape, cut = plain, True
            shapes[path] = shape
        read = _Read(assemble(shapes), cut=cut, filled_in=filled_in)
        self._pipelines[files, templates, root if filled_in else ""] = read
        return read

    def _globs(self, oid: str | None) -> tuple[str, ...]:
        content = self._contents.get(oid or "", b"")
        if b"metrics" not in content:
            return ()
        from mlgit.adapters.config.loader import load

        try:
            return metric_globs(load(content, name=CONFIG_FILE, cache_dir=self._project.cache_dir))
        except ConfigError:  # callers that need the config get this error themselves
            return ()

    def _fetch(self, oids: Iterable[str]) -> None:
        wanted = sorted(oids)
        self._promised.fetch(wanted)
        for start in range(0, len(wanted), _AT_ONCE):
            for oid, found in self._project.objects.get_many(wanted[start : start + _AT_ONCE]).items():
                if found is not None:
                    self._contents[oid] = found.content


def _is_read(path: str) -> bool:
    """Whether DVC or mlgit reads a file with such a name in this folder."""
    folder, _, name = path.rpartition("/")
    if name == "config":
        return folder == _DVC_FOLDER or folder.endswith(f"/{_DVC_FOLDER}")
    if name == CONFIG_FILE:
        return not folder
    return f"/{_DVC_FOLDER}/" not in f"/{path}"
