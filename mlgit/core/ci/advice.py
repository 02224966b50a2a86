"""CI advice: what the DVC remotes require of CI, and the steps left for a person."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mlgit.core.config.file import CONFIG_FILE
from mlgit.core.forge.hosts import HOSTS, Host

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


# Scheme of a DVC remote's URL -> package with DVC's plug-in, and the secrets that the templates pass on.
_REMOTES: dict[str, tuple[str | None, tuple[str, ...]]] = {
    "s3": ("dvc-s3", ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")),
    "azure": ("dvc-azure", ("AZURE_STORAGE_CONNECTION_STRING",)),
    "gdrive": ("dvc-gdrive", ("GDRIVE_CREDENTIALS_DATA",)),
    "gs": ("dvc-gs", ()),
    "ssh": ("dvc-ssh", ()),
    "oss": ("dvc-oss", ()),
    "hdfs": ("dvc-hdfs", ()),
    "webdav": ("dvc-webdav", ()),
    "webdavs": ("dvc-webdav", ()),
    "webhdfs": ("dvc-webhdfs", ()),
    "http": (None, ()),
    "https": (None, ()),
}
_LOCAL = "local"
_REMOTE_URL = re.compile(r"""^\s*url\s*=\s*["']?(?:([A-Za-z][A-Za-z0-9+.-]*)://)?\S""", re.MULTILINE)
_BRANCH = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*")


def is_plain_branch(name: str) -> bool:
    """Whether a branch's name has no special characters of GitHub's filters."""
    return _BRANCH.fullmatch(name) is not None


def environment_jobs(host: Host, names: Iterable[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The environments that get a job of their own, and those that need one but whose names do not fit."""
    allowed = HOSTS[host].environment_job
    if allowed is None:
        return (), ()
    known = tuple(names)
    fit = tuple(name for name in known if allowed.fullmatch(name))
    return fit, tuple(name for name in known if name not in fit)


def remote_kinds(dvc_config: str) -> tuple[str, ...]:
    """The schemes of the DVC remotes (`s3`, `ssh` …), `local` for folders; each once."""
    found = (match[1].lower() if match[1] else _LOCAL for match in _REMOTE_URL.finditer(dvc_config))
    return tuple(dict.fromkeys(_LOCAL if kind == "file" else kind for kind in found))


def plugins(kinds: Iterable[str]) -> tuple[str, ...]:
    """The packages that DVC needs for these remotes."""
    names = (_REMOTES.get(kind, (None, ()))[0] for kind in kinds)
    return tuple(dict.fromkeys(name for name in names if name is not None))


def remarks(kinds: Sequence[str]) -> tuple[str, ...]:
    """Notes about DVC remotes that CI cannot use."""
    if not kinds:
        return ("there is no DVC remote in `.dvc/config`, so CI cannot fetch what DVC tracks",)
    if set(kinds) == {_LOCAL}:
        return ("the DVC remote is a folder that only a runner on this machine or network can read",)
    return ()


def next_steps(
    host: Host,
    *,
    kinds: Sequence[str],
    environments: Sequence[str],
    branch: str,
    config_committed: bool = True,
) -> tuple[str, ...]:
    """What a person still has to do at the forge, one sentence each."""
    row = HOSTS[host]
    paths = (*(() if config_committed else (CONFIG_FILE,)), *row.committed)
    *others, last = (f"`{path}`" for path in paths)
    where = f"{', '.join(others)} and {last}" if others else last
    steps = [f"look at the files, commit {where}, and open a {row.request} request with them"]
    if secrets := _secrets_step(host, kinds):
        steps.append(secrets)
    steps += [step.format(branch=branch) for step in row.steps]
    if environments and row.environments_step is not None:
        names = ", ".join(f"`{name}`" for name in environments)
        steps.append(row.environments_step.format(environments=names))
    return tuple(steps)


def _secrets_step(host: Host, kinds: Sequence[str]) -> str | None:
    """The step that adds credentials of the DVC remotes, if they need any."""
    names = [name for kind in kinds for name in _REMOTES.get(kind, (None, ()))[1]]
    if names:
        return f"add {', '.join(names)} for the DVC remote ({HOSTS[host].secrets_page})"
    others = ", ".join(kind for kind in kinds if kind not in {_LOCAL, "http", "https"})
    return (
        f"give the jobs credentials for the DVC remote ({others}): docs/guides/{host}.md" if others else None
    )
