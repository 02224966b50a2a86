"""CI templates: fill bundled workflow files for a repository, and find out whether a file was edited.

The first line of every file names its template and the hash of everything below it::

    # mlgit-template: github/workflows/mlgit-pr.yml version=0.1.0 sha256=…

Settings are in single quotes on lines that end with `# ci init: NAME`, so that the bundled file works as it
is, and the settings can be read from an installed file.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from mlgit.core.digest import sha256_hex
from mlgit.core.forge.hosts import HOSTS, Host
from mlgit.core.record import record

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


PipelineMode = Literal["verify", "run"]
Status = Literal["create", "update", "replace", "same", "edited", "conflict", "missing", "left"]

_MARK = re.compile(r"# mlgit-template: (\S+) version=(\S+) sha256=([0-9a-f]{64})")
_SETTING = re.compile(r"'([^'\n]*)'([^'\n]* # ci init: (pipeline|requirement|branch))$", re.MULTILINE)
_FOR_EACH = re.compile(
    r"^ *# ci init: one for each environment[^\n]*\n(.*?)^ *# ci init: end\n", re.MULTILINE | re.DOTALL
)
_ENVIRONMENT = re.compile(r"(environment: )'[^'\n]*'")
_PIN = re.compile(r"mlgit==\S+")


@record
class Settings:
    """The settings that fill the templates.

    `requirement` lists what the jobs install, separated by blanks; empty if their machines have mlgit.
    `branch` is the default branch. `environments` are those that get a deployment job of their own.
    """

    pipeline: PipelineMode
    requirement: str
    branch: str
    environments: tuple[str, ...] = ()


@record
class Stamp:
    """The first line of an installed file; `intact` if nothing below it was edited."""

    template: str
    version: str
    digest: str
    intact: bool


@record
class TemplateFile:
    """One file of the templates in a repository.

    `status` is what is or would be done: create it, update it (it was not edited), replace it (edited, and
    `--force` was given), or why it stays: same, edited (and the template did not change), conflict (edited,
    and the template changed), missing (`ci update` does not restore files), left (it is the user's).
    `difference` is a unified diff from the file to the template.
    """

    path: str
    template: str
    status: Status
    difference: str | None = None

    @property
    def is_written(self) -> bool:
        return self.status in {"create", "update", "replace"}


@record
class TemplateSet:
    """What `mlgit ci init` or `mlgit ci update` did, or would do.

    `include` are the lines that the user must add to an entry file of their own.
    """

    host: Host
    version: str
    pipeline: PipelineMode
    requirement: str
    dry_run: bool
    files: tuple[TemplateFile, ...]
    include: str | None = None
    notes: tuple[str, ...] = ()
    next: tuple[str, ...] = ()


def destination(host: Host, template: str) -> str | None:
    """The path of a bundled file in a repository; None if `ci init` does not write it."""
    for start, folder in HOSTS[host].templates:
        if template == start:
            return folder
        if start.endswith("/") and template.startswith(start):
            return folder + template.removeprefix(start)
    return None


def fill(text: str, settings: Settings) -> str:
    """The text of a bundled file with the settings in it."""
    values = {"pipeline": settings.pipeline, "requirement": settings.requirement, "branch": settings.branch}

    def one(block: re.Match[str]) -> str:
        lines = block.group(0).splitlines(keepends=True)
        copies = [_ENVIRONMENT.sub(rf"\g<1>'{name}'", block.group(1)) for name in settings.environments]
        return "".join([lines[0], *copies, lines[-1]])

    text = _FOR_EACH.sub(one, text)
    return _SETTING.sub(lambda found: f"'{values[found[3]]}'{found[2]}", text)


def settings_in(texts: Sequence[str]) -> Mapping[str, str]:
    """The settings in installed files, by name; the first file that has one counts."""
    found: dict[str, str] = {}
    for text in texts:
        for value, _, name in _SETTING.findall(text):
            found.setdefault(name, value)
    return found


def stamped(template: str, body: str, *, version: str) -> str:
    """The file as it is written: the first line and the filled text."""
    return f"# mlgit-template: {template} version={version} sha256={_digest(body)}\n{body}"


def read_stamp(text: str) -> Stamp | None:
    """The first line of an installed file; None if mlgit did not write it."""
    found = _MARK.fullmatch(text.partition("\n")[0].rstrip("\r"))
    if found is None:
        return None
    intact = _digest(_body(text)) == found[3]
    return Stamp(template=found[1], version=found[2], digest=found[3], intact=intact)


def status_of(existing: str | None, wanted: str) -> Status:
    """The status of one file without `--force`, from its text (None: missing) and the stamped template."""
    if existing is None:
        return "create"
    if _body(existing) == _body(wanted):
        return "same"
    stamp = read_stamp(existing)
    if stamp is None:
        return "conflict"
    if stamp.intact:
        return "update"
    return "edited" if stamp.digest == _digest(_body(wanted)) else "conflict"


def difference(path: str, existing: str | None, wanted: str) -> str | None:
    """A unified diff from the file to the template; None if they are the same."""
    from difflib import unified_diff

    before = (existing or "").replace("\r\n", "\n").splitlines(keepends=True)
    name = f"a/{path}" if existing is not None else "/dev/null"
    lines = unified_diff(before, wanted.splitlines(keepends=True), fromfile=name, tofile=f"b/{path}")
    return "".join(line if line.endswith("\n") else f"{line}\n" for line in lines) or None


def repinned(requirement: str, version: str) -> str:
    """The requirement, with its pin of mlgit, if it has one, moved to `version`."""
    return " ".join(f"mlgit=={version}" if _PIN.fullmatch(word) else word for word in requirement.split())


def includes_mlgit(host: Host, entry: str) -> bool:
    """Whether the text of a host's entry file includes one of mlgit's files."""
    folders = [path for _, path in HOSTS[host].templates if path.endswith("/")]
    lines = [line.partition("#")[0] for line in entry.splitlines()]
    return any(folder in line for line in lines for folder in folders)


def stage_inputs(stages: Sequence[str]) -> Mapping[str, str]:
    """The inputs of GitLab's templates where the entry file's `stages:` lack `test` or `deploy`.

    Jobs that look go into the last stage that does not deploy, because the files they read are made before.
    """
    if not stages:
        return {}
    deploy = "deploy" if "deploy" in stages else stages[-1]
    others = [stage for stage in stages if stage != deploy]
    test = "test" if "test" in stages else (others or [deploy])[-1]
    return {
        name: stage
        for name, stage, default in (("test_stage", test, "test"), ("deploy_stage", deploy, "deploy"))
        if stage != default
    }


def _body(text: str) -> str:
    """Everything below mlgit's first line, or the whole text without one. Git may change line breaks."""
    text = text.replace("\r\n", "\n")
    first, _, rest = text.partition("\n")
    return rest if _MARK.fullmatch(first) else text


def _digest(body: str) -> str:
    return sha256_hex(body.encode("utf-8", "surrogateescape"))
