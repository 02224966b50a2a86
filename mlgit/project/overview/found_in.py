"""Found in: the branch that records the content of an output that is not the recorded one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mlgit.project.open import Project

_MOST_REFS = 40
_MOST_BYTES = 4 << 20


def found_in(project: Project, contents: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    """Path -> branch, from path -> owner and MD5 on disk; only the first few refs are looked at."""
    if not contents:
        return {}
    refs = list(_refs(project))
    files = {path: _record(owner) for path, (owner, _) in contents.items()}
    specs = [f"{commit}:{file}" for _, commit in refs for file in set(files.values())]
    records = project.objects.get_many(specs, most_bytes=_MOST_BYTES)
    found: dict[str, str] = {}
    for path, (_, md5) in contents.items():
        line = f"md5: {md5}\n".encode()
        for name, commit in refs:
            record = records.get(f"{commit}:{files[path]}")
            if record is not None and line in record.content:
                found[path] = name
                break
    return found


def _record(owner: str) -> str:
    """The file that records an output: its .dvc file, or the dvc.lock of its stage."""
    if owner.endswith(".dvc"):
        return owner
    folder = owner.rpartition(":")[0].rpartition("/")[0]
    return f"{folder}/dvc.lock" if folder else "dvc.lock"


def _refs(project: Project) -> Iterator[tuple[str, str]]:
    """The newest commits of branches, those here first, each once."""
    seen = {project.head.commit}
    order = sorted(project.branches.items(), key=lambda item: not item[0].startswith("refs/heads/"))
    for ref, commit in order[:_MOST_REFS]:
        if commit not in seen:
            seen.add(commit)
            yield ref.removeprefix("refs/heads/").removeprefix("refs/remotes/"), commit
