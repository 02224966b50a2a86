"""Data health: files that Git should not track, or sees otherwise here, DVC's remote, missing contents."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from mlgit.adapters.dvc.files.paths import folders_above
from mlgit.adapters.git.refs import list_refs
from mlgit.adapters.git.tags.objects import REPLACED
from mlgit.core.overview.doctor import Finding, fault, remark, warning
from mlgit.core.wording import listed, word, words
from mlgit.project.overview.data_states import declared_in, unseen_owners
from mlgit.project.pipeline.evidence import evidence
from mlgit.project.pipeline.local_files import cache_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlgit.core.pipeline.stages import Output
    from mlgit.project.open import Project

_SHOWN = 5
# A pattern, which may be in quotes, with an attribute that changes what Git stores of a file.
_STORING = re.compile(
    r"\s*(?!#)(?:\"[^\"]*\"|\S+)\s(?:.*\s)?[-!]?(?:filter|text|eol|crlf|binary|ident|working-tree-encoding)(?:=\S*)?(?:\s|$)"
)
_CHANGED_ENDS = re.compile(r"i/lf +w/(?:crlf|mixed) +attr/ *\t(.*)", re.DOTALL)


def check_tracked_files(project: Project) -> Iterator[Finding]:
    """Files that Git should not track: secrets, DVC's cache, outputs of DVC."""
    listing = project.git.run("ls-files", "-z").decode("utf-8", "surrogateescape")
    tracked = {path for path in listing.split("\0") if path}
    for path in sorted(tracked):
        if path.endswith(".dvc/config.local"):
            yield fault(
                "secrets_committed",
                f"`{path}` is committed, although it holds credentials",
                repair=f"run `git rm --cached {word(path)}`, commit, and change the credentials in it",
                subjects=(path,),
            )
    inside = [path for path in sorted(tracked) if re.search(r"(?:^|/)\.dvc/(?:cache|tmp)/", path)]
    if inside:
        yield warning(
            "cache_committed",
            f"DVC's own files are committed: {listed(inside)}",
            repair="git rm -r --cached --ignore-unmatch '*.dvc/cache/*' '*.dvc/tmp/*'",
            subjects=tuple(inside[:_SHOWN]),
        )
    taken = tracked | {folder for path in tracked for folder in folders_above(path)}
    both = [out.path for out in evidence(project, None).pipeline.outputs if out.cached and out.path in taken]
    if both:
        yield fault(
            "output_in_git",
            f"Tracked by both DVC and Git: {listed(both)}",
            repair=f"git rm -r --cached {words(both[:_SHOWN])}",
            subjects=tuple(both),
        )


def check_old_files(project: Project) -> Iterator[Finding]:
    """Files of older versions of DVC, which mlgit reads and today's DVC refuses."""
    for path, what in evidence(project, None).pipeline.refused:
        yield warning(
            "refused_by_dvc",
            f"`{path}` {what}: mlgit reads it, but DVC refuses every command, and `mlgit run` fails",
            repair=f"edit `{path}`, or `git rm {word(path)}` if nothing needs it",
            subjects=(path,),
        )


def check_data(project: Project) -> Iterator[Finding]:
    """Whether DVC has a default remote, and outputs that are not in the cache.

    Raises:
        ConfigError: DVC refuses its configuration, and so every command.
    """
    from mlgit.adapters.dvc.engine.transfer import has_remote

    remote = has_remote(project.root)
    outputs = _recorded_outputs(project)
    if not outputs:
        return
    yield from _remote_here(project, remote=remote)
    unseen = unseen_owners(project, outputs)
    yield from _passed_over(project, [out for out in outputs if out.owner in unseen])
    absent = []
    for out in outputs:
        if out.owner in unseen:
            continue
        cache = cache_of(project, out.path)
        if out.pointer is not None and cache is not None and not cache.has(out.pointer):
            absent.append(out.path)
    if absent:
        yield remark(
            "outputs_not_in_cache",
            f"Not in this clone's DVC cache: {listed(absent)}",
            # Without a remote there is nothing to pull from.
            repair="dvc pull" if remote else "mlgit run",
            subjects=tuple(absent),
        )


def _remote_here(project: Project, *, remote: bool) -> Iterator[Finding]:
    from mlgit.adapters.dvc.engine.transfer import remote_command

    if project.left_out.holds(".dvc/config"):
        yield warning(
            "dvc_left_out",
            "The sparse checkout leaves out `.dvc`: DVC finds neither its remote nor its cache here",
            repair="git sparse-checkout add .dvc",
        )
    elif not remote:
        yield warning(
            "no_dvc_remote",
            "DVC has no default remote: no one else can fetch the data and models of this repository",
            repair=remote_command(project.root),
        )


def _passed_over(project: Project, outputs: list[Output]) -> Iterator[Finding]:
    """A warning for each file that declares these outputs: DVC passes over what Git ignores."""
    of_file: dict[str, list[str]] = {}
    for out in outputs:
        of_file.setdefault(declared_in(out.owner), []).append(out.path)
    for file, paths in of_file.items():
        found = project.git.try_text("check-ignore", "--verbose", "--no-index", "--", file) or ""
        where = re.match(r"(.*):(\d+):(.*)\t", found)
        rule = "Git ignores it" if where is None else f"line {where[2]} of `{where[1]}` ignores it"
        pattern = "the pattern" if where is None else f"`{where[3]}` in `{where[1]}`"
        yield warning(
            "ignored_by_git",
            f"`{file}` is in Git, but {rule}, so DVC passes over it, and fetches no {listed(paths)}",
            repair=f"remove {pattern}, or make it narrower: it must not match `{file}`",
            subjects=(file,),
        )


def check_remote_data(project: Project) -> Iterator[Finding]:
    """Outputs whose contents the DVC remote lacks."""
    from mlgit.adapters.dvc.engine.remotes import query_remotes
    from mlgit.adapters.dvc.engine.store import missing_in_remote
    from mlgit.adapters.dvc.engine.transfer import has_remote

    outputs = _recorded_outputs(project)
    if not outputs or not has_remote(project.root):
        return
    missing = missing_in_remote(project.root, outputs, even_private=False)
    notes = query_remotes(project.root, outputs).notes if missing else ()
    gone = next((note for note in notes if note.startswith("The folder of the DVC remote")), None)
    if gone is not None:
        yield warning(
            "dvc_remote_not_there",
            f"{gone}; without it, no one can fetch {listed(missing)}",
            repair="mount its disk; if nothing was pushed to it yet, `dvc push`",
            subjects=missing,
        )
    elif missing:
        yield warning(
            "outputs_not_pushed",
            f"The DVC remote does not have: {listed(missing)}",
            repair="dvc push",
            subjects=missing,
        )


def _recorded_outputs(project: Project) -> list[Output]:
    """The outputs that DVC keeps and whose content is recorded."""
    return [out for out in evidence(project, None).pipeline.outputs if out.cached and out.pointer is not None]


def check_overlays(project: Project) -> Iterator[Finding]:
    """What git shows in this clone in place of what the commits and the files have."""
    listing = project.git.run("ls-files", "-z", "-v", "--full-name", ":/").decode("utf-8", "surrogateescape")
    marks = "" if project.left_out.is_sparse else "S"
    unwatched = [name[2:] for name in listing.split("\0") if name and (name[0].islower() or name[0] in marks)]
    if unwatched:
        yield warning(
            "unwatched_files",
            f"These files may have changed unseen, because Git does not look at them: {listed(unwatched, 3)}",
            repair=f"git update-index --no-assume-unchanged {words(unwatched)} && "
            f"git update-index --no-skip-worktree {words(unwatched)}",
            subjects=tuple(unwatched),
        )
    replaced = [ref.removeprefix(REPLACED) for ref in list_refs(project.git, REPLACED)]
    if replaced:
        yield warning(
            "replaced_objects",
            f"`git replace` shows other content for {listed([oid[:7] for oid in replaced], 3)} here; "
            "mlgit reads what every other clone has",
            repair=f"git replace -d {words(replaced)}",
            subjects=tuple(replaced),
        )
    grafts = os.path.join(project.common_dir, "info", "grafts")
    if os.path.exists(grafts):
        yield warning(
            "grafts",
            "A file of grafts gives commits other parents here; mlgit reads those that every other clone has",
            repair=f"rm {word(grafts)}",
        )
    yield from _own_attributes(project)
    yield from _line_ends(project)


def _own_attributes(project: Project) -> Iterator[Finding]:
    """Attributes of this clone or machine alone with which `git add` stores other content than elsewhere."""
    of_user = project.git.try_text("config", "--path", "core.attributesFile")
    home = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    own = os.path.join(project.common_dir, "info", "attributes")
    for path in (own, of_user or os.path.join(home, "git", "attributes")):
        try:
            with open(path, encoding="utf-8", errors="replace") as file:
                found = [" ".join(line.split()) for line in file if _STORING.match(line)]
        except OSError:
            continue
        if found:
            yield remark(
                "own_attributes",
                f"Git may store other content here than in other clones, by {word(path)}: {listed(found, 3)}",
                repair=f"move those lines to `.gitattributes`, or delete them from {word(path)}",
            )


def _line_ends(project: Project) -> Iterator[Finding]:
    """Files whose line ends `core.autocrlf` changes between the disk and Git, where no attribute says so."""
    setting = project.git.try_text("config", "core.autocrlf")
    if setting is None or setting.lower() in {"false", "no", "off", "0"}:
        return
    output = project.git.run("ls-files", "--eol", "-z", ":/").decode("utf-8", "surrogateescape")
    found = [match[1] for match in map(_CHANGED_ENDS.fullmatch, output.split("\0")) if match]
    if found:
        yield warning(
            "line_ends_changed",
            f"`core.autocrlf={setting}` stores other line ends than files have here: {listed(found, 3)}",
            repair="git config core.autocrlf false",
            subjects=tuple(found),
        )
