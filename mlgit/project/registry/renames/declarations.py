"""Declarations: the models before and after each commit that changed which ones are declared."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from mlgit.adapters.git.binary import GitFailed
from mlgit.adapters.git.refs import parents
from mlgit.core.config.file import CONFIG_FILE
from mlgit.core.pipeline.known_models import KnownModel, with_gone
from mlgit.core.record import NamedTuple
from mlgit.errors import ConfigError
from mlgit.project.registry.models import known_models

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mlgit.project.open import Project

    _Models = Mapping[str, KnownModel]
    _Pair = tuple[str, str]


class Declarations(NamedTuple):
    """The models before and after each change. Not `whole`: there are more commits than are read, or here."""

    steps: Sequence[tuple[_Models, _Models]]
    whole: bool


class _Line(NamedTuple):
    """Commits on the first-parent line of a tip, newest first, and others that it also comes after."""

    first: list[str]
    others: list[str]


# Commits never change, so that all baselines of a run share what was found in a history, whole or cut off.
_FOUND: WeakKeyDictionary[Project, dict[tuple[bool, tuple[str, ...]], Declarations]] = WeakKeyDictionary()
_MOST_COMMITS = 1000
_MOST_STEPS = 300
_PIPELINES = ":(glob)**/dvc.yaml"


def declarations(project: Project, tips: Sequence[str]) -> Declarations:
    """What the histories of some commits declared; each is read up to its own limit.

    Otherwise, a change with many commits would hide what trunk's own history shows.
    """
    known = _FOUND.setdefault(project, {})
    if (key := (project.shallow, tuple(tips))) not in known:
        known[key] = _read(project, tips)
    return known[key]


def _read(project: Project, tips: Sequence[str]) -> Declarations:
    files = [f":(literal){CONFIG_FILE}"]
    lines = [_line(project, tip, files) for tip in tips]
    pairs = _pairs(project, lines)
    models = _models(project, {*tips, *(each for pair in pairs for each in pair)})
    linked = not all(names_all_paths(value) for value in models.values())
    if linked:
        files += [_PIPELINES, *_linked(project, tips)]
        lines = [_line(project, tip, files) for tip in tips]
        pairs = _pairs(project, lines)
        models = _models(project, {each for pair in pairs for each in pair})
    elsewhere = _other_artifacts(project, pairs, files[1:]) if linked else set()
    changed = [
        pair for pair in pairs if pair[1] in elsewhere or repr(models[pair[0]]) != repr(models[pair[1]])
    ]
    most = _MOST_STEPS * len(tips)
    whole = (
        not project.shallow
        and len(changed) <= most
        and all(len(line.first) < _MOST_COMMITS for line in lines)
    )
    here: dict[str, _Models] = {}
    for each in (each for pair in changed[:most] for each in pair):
        if each not in here:
            here[each] = known_models(project, each)
    steps = {pair: (here[pair[0]], here[pair[1]]) for pair in changed[:most]}
    first = {each: (parent, each) for parent, each in reversed(pairs)}
    gone: list[tuple[_Models, _Models]] = []
    for line in lines:
        own = [first[each] for each in reversed(line.first) if each in first]
        gone += with_gone([steps[pair] for pair in own if pair in steps])
    return Declarations([*steps.values(), *gone], whole)


def _line(project: Project, tip: str, files: Sequence[str]) -> _Line:
    # A merge that only trunk sees as a change is in the first listing.
    first, others = (
        project.git.run_text("rev-list", option, f"--max-count={_MOST_COMMITS}", tip, "--", *files).split()
        for option in ("--first-parent", "--topo-order")
    )
    return _Line(first, others)


def _pairs(project: Project, lines: Sequence[_Line]) -> list[_Pair]:
    """Each commit with each of its parents, its first one first.

    Trunk's line, whose tip is the last one, is before that of a change, which may be long.
    """
    commits: dict[str, None] = {}
    for each in (*(line.first for line in reversed(lines)), *(line.others for line in lines)):
        commits |= dict.fromkeys(each)
    return [(parent, each) for each in commits for parent in parents(project.objects, each)]


def _models(project: Project, commits: Iterable[str]) -> Mapping[str, object]:
    """What `models:` of mlgit.yaml are at each commit; all of the file if it cannot be read."""
    specs = {each: f"{each}:{CONFIG_FILE}" for each in commits}
    found = project.objects.get_many(specs.values())
    return {
        each: under("models", one.content if (one := found[spec]) else b"") for each, spec in specs.items()
    }


def names_all_paths(models: object) -> bool:
    """Whether no dvc.yaml can declare more: there are models, and each has its path."""
    if not isinstance(models, dict) or not models:
        return False
    return all(isinstance(each, dict) and each.get("path") for each in models.values())


def under(key: str, text: bytes) -> object:
    """The value of a key of a YAML file; all of the text if it is not plain YAML or is filled in later."""
    if not any(each in text for each in (key.encode(), b"\\", b"\0")):  # nor escaped, nor in UTF-16
        return None
    from mlgit.yaml12 import load

    try:
        value = load(text, name=key, strict=False)
    except ConfigError:
        return text
    found = value.get(key) if isinstance(value, dict) else None
    return text if "${" in str(found) else found


def _other_artifacts(project: Project, pairs: Iterable[_Pair], files: Sequence[str]) -> set[str]:
    """The commits that changed `artifacts:` in one of the files, as far as their texts show it."""
    lines = "".join(f"{each} {parent}\n" for parent, each in pairs)
    options = ("--stdin", "-r", "--raw", "--no-abbrev", "--no-renames")
    try:
        listed = project.git.run("diff-tree", *options, "--", *files, stdin=lines.encode())
    except GitFailed:  # a shallow clone lacks a parent
        return {each for _, each in pairs}
    found: list[tuple[str, list[str]]] = []
    commit = ""
    for line in listed.decode("utf-8", "replace").split("\n"):
        if line.startswith(":"):
            found.append((commit, line[1:].split(None, 4)[:4]))
        else:
            commit = line or commit
    oids = [oid for _, (_, _, *sides) in found for oid in sides if oid.strip("0")]
    blobs = project.objects.get_many(oids)

    def artifacts(oid: str) -> str:
        blob = blobs.get(oid)
        return repr(under("artifacts", b"" if blob is None else blob.content))

    known = {oid: artifacts(oid) for _, (_, _, *sides) in found for oid in dict.fromkeys(sides)}
    return {
        commit
        for commit, (one, other, before, after) in found
        if "120000" in {one, other} or known[before] != known[after]
    }


def _linked(project: Project, commits: Iterable[str]) -> list[str]:
    """Pathspecs of the files that links named dvc.yaml lead to."""
    from mlgit.project.pipeline.lock_entries import linked_files

    found: set[str] = set()
    for each in commits:
        paths = project.tree(each).paths()
        found.update(
            linked_files(project, each, [path for path in paths if path.rpartition("/")[2] == "dvc.yaml"])
        )
    return [f":(literal){path}" for path in sorted(found)]
