"""Tag objects: listed by name and id, taken apart, written by `git mktag`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.adapters.git.binary import GitFailed
from mlgit.adapters.git.refs import list_refs, parse_refs, start_listing_refs
from mlgit.core.record import record
from mlgit.core.registry.tags import TAGS, parse_tag
from mlgit.errors import StateError, ToolError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

    from mlgit.adapters.git.binary import Git
    from mlgit.adapters.git.objects import Objects
    from mlgit.adapters.git.push import BranchMove


REPLACED = "refs/replace/"
# What git says of a ref whose file holds no object id, and goes on without it.
_BROKEN = "ignoring broken ref "
_LONGEST_CLOCK = 15  # digits; what is longer is no time


@record
class TagHeader:
    """What stands before the message of a tag object."""

    object: str
    type: str
    tag: str
    tagger: str
    email: str
    tagged_at_s: int


def list_tags(git: Git, model: str | None = None) -> Mapping[str, str]:
    """Tag name -> object id, of all tags or of one model's only; no contents are asked for."""
    return _by_tag(list_refs(git, *_patterns(model)))


def start_listing_tags(git: Git, model: str | None = None) -> Callable[[], bytes]:
    """Ask for the same ahead, and for what `git replace` did; the answer is for `parse_tags`."""
    said: list[bytes] = []
    answer = start_listing_refs(git, *_patterns(model), REPLACED, warned=said.append)
    return lambda: without_broken_tags(answer, said)


def without_broken_tags(answer: Callable[[], bytes], said: Collection[bytes]) -> bytes:
    """A listing of tags that git did not leave any of ours out of; `said` is what it warned of.

    Raises:
        ToolError: a tag's file is empty or cut, as a crash leaves it: git only warns, and without that tag
            an environment would be taken to hold what it held before.
    """
    listing = answer()
    for line in b"".join(said).decode("utf-8", "surrogateescape").split("\n"):
        _, found, tag = line.partition(f"{_BROKEN}{TAGS}")
        if found and parse_tag(tag) is not None:
            raise ToolError(
                f"The tag `{tag}` is broken: git cannot read its ref",
                hint=f"delete the file `{TAGS}{tag}` in the Git directory, then run `git fetch --tags`",
            )
    return listing


def parse_tags(answer: bytes) -> tuple[Mapping[str, str], frozenset[str]]:
    """Tag name -> object id, and the ids of objects for which `git replace` put others in place."""
    refs = dict(parse_refs(answer))
    replaced = [ref for ref in refs if ref.startswith(REPLACED)]
    for ref in replaced:
        del refs[ref]
    return _by_tag(refs), frozenset(ref.removeprefix(REPLACED) for ref in replaced)


def _patterns(model: str | None) -> tuple[str, ...]:
    if model is None:
        return (TAGS,)
    name = model.replace(":", "=")
    # In patterns of for-each-ref `*` stops at `/`, which names of environments may contain.
    return f"{TAGS}{name}@*", f"{TAGS}{name}#*", f"{TAGS}{name}#*/**"


def _by_tag(refs: Mapping[str, str]) -> Mapping[str, str]:
    return {ref[len(TAGS) :]: oid for ref, oid in refs.items()}


def read_message(objects: Objects, oid: str) -> str:
    """The message of a tag object, with a signature if it has one."""
    found = objects.get(oid)
    if found is None:
        raise ToolError(f"The tag object `{oid}` is missing", hint="run `git fsck`")
    return found.content.partition(b"\n\n")[2].decode("utf-8", "replace")


def parse_header(content: bytes) -> TagHeader | None:
    """The header of a tag object, None when it is none; a clock that is no number is 0."""
    lines = content.partition(b"\n\n")[0].decode("utf-8", "replace").split("\n")
    fields = dict(reversed([line.partition(" ")[::2] for line in lines]))
    if not {"object", "type", "tag"} <= fields.keys():
        return None
    who, _, clock = fields.get("tagger", "").rpartition("> ")
    name, _, email = who.partition("<")
    seconds = clock.partition(" ")[0]
    return TagHeader(
        object=fields["object"],
        type=fields["type"],
        tag=fields["tag"],
        tagger=name.strip(),
        email=email,
        tagged_at_s=int(seconds)
        if seconds.isascii() and seconds.isdigit() and len(seconds) <= _LONGEST_CLOCK
        else 0,
    )


def tag_content(*, tag: str, commit: str, tagger: str, at_s: int, message: str) -> bytes:
    """A tag object on a commit; `tagger` is `Name <email>`, the time is told in UTC."""
    head = f"object {commit}\ntype commit\ntag {tag}\ntagger {tagger} {at_s} +0000\n\n"
    return (head + message).encode("utf-8", "surrogateescape")


def tagger_identity(git: Git) -> str:
    """Who writes tags here, as `Name <email>`.

    Raises:
        StateError: git does not know who we are.
    """
    try:
        identity = git.run_text("var", "GIT_COMMITTER_IDENT")
    except GitFailed as error:
        raise StateError(
            "git does not know who you are",
            hint='run `git config --global user.name "…"` and `git config --global user.email "…"`',
            details=error.details,
        ) from error
    return identity.rpartition("> ")[0] + ">"


def object_id(git: Git, content: bytes) -> str:
    """The id that a tag object would have; nothing is written."""
    return git.run("hash-object", "-t", "tag", "--stdin", stdin=content).decode().strip()


def make_tag(git: Git, content: bytes) -> str:
    """Write a tag object; no ref points at it yet."""
    return git.run("mktag", stdin=content).decode().strip()


def create_tag_refs(git: Git, tags: Mapping[str, str], *, moved: BranchMove | None = None) -> None:
    """Create local tags and move a branch along, all or nothing; a tag that exists already is an error.

    Raises:
        StateError: a tag of that name exists.
    """
    commands = "".join(f"create {TAGS}{tag}\0{oid}\0" for tag, oid in tags.items())
    if moved is not None:
        commands += f"update {moved.ref}\0{moved.new}\0{moved.old}\0"
    done = git.try_run("update-ref", "-z", "--stdin", stdin=f"start\0{commands}prepare\0commit\0".encode())
    if done.returncode:
        existing = sorted(set(tags).intersection(local_tags(git, tags)))
        if existing:
            hint = "look with `mlgit history` and `mlgit doctor`"
            raise StateError(f"The tag `{existing[0]}` exists already", hint=hint)
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise ToolError("git could not write the tags", details=tuple(lines))


def local_tags(git: Git, tags: Iterable[str]) -> Mapping[str, str]:
    """Name -> object id of those tags that exist here."""
    found = list_refs(git, *(f"{TAGS}{tag}" for tag in tags))
    return {ref.removeprefix(TAGS): oid for ref, oid in found.items()}
