"""Kept: versions of models in a folder of a program, each in its own folder that is never changed.

`FOLDER/MODEL/VERSION/` holds the files and `FOLDER/MODEL/VERSION.json` their record. A commit that is not a
version is in `FOLDER/MODEL/COMMIT/` and has no record.
"""

from __future__ import annotations

import os
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from mlgit.core.addresses import without_passwords
from mlgit.core.deploy.deployment import DeployedFile
from mlgit.core.deploy.kept import KeptVersion, Tag, fixed_version, read_kept, write_kept
from mlgit.core.registry.semver import Version
from mlgit.errors import AnswerNo
from mlgit.project.deploy.staging import sha256_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlgit.core.deploy.fetching import Fetched
    from mlgit.core.registry.state import ModelState, TagFact
    from mlgit.project.registry.references import Reader, Reference


def tag_of(reference: Reference, read: Reader) -> Tag:
    """The tag that the reference led to: of an environment its assignment, of a version its release.

    Raises:
        AnswerNo: no tag led to the commit.
    """
    state = None if reference.model is None else read(reference.model)
    fact = None if state is None else _fact(state, reference)
    if fact is None:
        raise AnswerNo(
            f"{reference.label} is not a tag, so `accept` cannot be asked about it",
            hint="name a version or an environment, such as `tumor@v1.2.0` or `tumor#prod`",
        )
    return Tag(
        name=fact.tag,
        model=fact.name.model,
        version=reference.version,
        environment=fact.name.environment,
        commit=reference.commit,
        tagger=f"{fact.tagger} <{fact.email}>",
        time=fact.at,
    )


def _fact(state: ModelState, reference: Reference) -> TagFact | None:
    if reference.environment is not None:
        return state.environment(reference.environment).holder
    named = next((fact for fact in state.facts if fact.tag == reference.text), None)
    if named is not None or reference.version is None:
        return named
    version = Version.parse(reference.version)
    found = None if version is None else state.find(version)
    return None if found is None else found.fact


def version_folder(to: str, model: str, version: str) -> str:
    """The folder of a version, or of a commit."""
    return os.path.join(to, model, version)


def model_path(fetched: Fetched) -> str:
    """The path of the model: its file, or its directory."""
    below = os.path.relpath(fetched.files[0].destination, fetched.folder)
    return os.path.join(fetched.folder, below.split(os.sep, 1)[0])


def find_kept(to: str, text: str, *, repository: str) -> tuple[KeptVersion, str] | None:
    """The version that `text` names and the path of its model; None if it must be fetched or checked.

    Only `MODEL@VERSION` is found: every other reference may lead to another version tomorrow.
    """
    named = fixed_version(text)
    if named is None:
        return None
    folder = version_folder(to, *named)
    with suppress(OSError, UnicodeDecodeError), open(f"{folder}.json", encoding="utf-8") as file:
        kept = read_kept(file.read())
        if kept is None or kept.repository != without_passwords(repository):
            return None
        if (kept.tag.model, kept.tag.version) == named and _whole(folder, kept):
            return kept, os.path.join(folder, kept.files[0].path.split("/", 1)[0])
    return None


def _whole(folder: str, kept: KeptVersion) -> bool:
    """Whether the folder has exactly these files with these digests."""
    wanted = {each.path: each.sha256 for each in kept.files}
    top = os.path.join(folder, next(iter(wanted)).split("/", 1)[0])
    there = {top} if os.path.isfile(top) else set[str]()
    there |= {os.path.join(parent, name) for parent, _, names in os.walk(top) for name in names}
    if there != {os.path.join(folder, path) for path in wanted} or not all(map(os.path.isfile, there)):
        return False
    return all(sha256_of(os.path.join(folder, path)) == sha256 for path, sha256 in wanted.items())


def keep(fetched: Fetched, tag: Tag, *, repository: str) -> None:
    """Write the record of a fetched version next to its folder."""
    files = tuple(
        DeployedFile(
            path=os.path.relpath(each.destination, fetched.folder).replace(os.sep, "/"),
            sha256=each.sha256,
            size_bytes=each.size_bytes,
        )
        for each in fetched.files
    )
    record = KeptVersion(repository=without_passwords(repository), tag=tag, files=files)
    half = f"{fetched.folder}.json.half"
    with open(half, "w", encoding="utf-8") as file:
        file.write(write_kept(record))
    os.replace(half, f"{fetched.folder}.json")


@contextmanager
def one_at_a_time(folder: str) -> Iterator[None]:
    """Let one process or thread at a time fill the folder, which is made; the others wait."""
    import fcntl

    os.makedirs(folder, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
