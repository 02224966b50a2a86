"""Tag objects: list tags by name and id, parse their headers, and write them with `git mktag`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.adapters.git.binary import Git, GitFailed
from mlgit.adapters.git.refs import list_refs, parse_refs, start_listing_refs
from mlgit.adapters.git.tags.listed import Started
from mlgit.core.record import record
from mlgit.core.registry.tags import TAGS, parse_tag
from mlgit.errors import StateError, ToolError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from mlgit.adapters.git.objects import Objects
    from mlgit.adapters.git.push import BranchMove


REPLACED = "refs/replace/"
# git warns of a ref whose file does not hold an object id, and then ignores the ref.
_BROKEN = "ignoring broken ref "
_LONGEST_CLOCK = 15  # digits; anything longer is not a time


@record
class TagHeader:
    """The fields before the message of a tag object."""

    object: str
    type: str
    tag: str
    tagger: str
    email: str
    tagged_at_s: int


def list_tags(git: Git, model: str | None = None) -> Mapping[str, str]:
    """Tag name -> object id, of all tags or of one model's."""
    return _by_tag(list_refs(git, *_patterns(model)))


def start_listing_tags(git: Git, model: str | None = None) -> Started:
    """Start the same query and that for replaced objects in the background; for `parse_tags`."""
    warnings: list[bytes] = []
    started = Started(lambda: require_no_broken_tag(finish(), warnings))
    finish = start_listing_refs(git, *_patterns(model), REPLACED, warned=warnings.append)
    return started


def require_no_broken_tag(listing: bytes, warnings: Collection[bytes]) -> bytes:
    """Return a listing of tags from which git left out none of ours.

    Raises:
        ToolError: a tag's file is empty or cut off, as after a crash. git only warns, but without that tag an
            environment would seem to hold its previous version.
    """
    for line in b"".join(warnings).decode("utf-8", "surrogateescape").split("\n"):
        _, found, tag = line.partition(f"{_BROKEN}{TAGS}")
        if found and parse_tag(tag) is not None:
            raise ToolError(
                f"The tag `{tag}` is broken: git cannot read its ref",
                hint=f"delete the file `{TAGS}{tag}` in the Git directory, then run `git fetch --tags`",
            )
    return listing


def parse_tags(listing: bytes) -> tuple[Mapping[str, str], frozenset[str]]:
    """Tag name -> object id, and the ids of the objects that `git replace` replaces."""
    refs = dict(parse_refs(listing))
    replaced = [ref for ref in refs if ref.startswith(REPLACED)]
    for ref in replaced:
        del refs[ref]
    return _by_tag(refs), frozenset(ref.removeprefix(REPLACED) for ref in replaced)


def _patterns(model: str | None) -> tuple[str, ...]:
    if model is None:
        return (TAGS,)
    name = model.replace(":", "=")
    # In a pattern of for-each-ref `*` does not match `/`, but names of environments may contain it.
    return f"{TAGS}{name}@*", f"{TAGS}{name}@*/**", f"{TAGS}{name}#*", f"{TAGS}{name}#*/**"


def _by_tag(refs: Mapping[str, str]) -> Mapping[str, str]:
    return {ref[len(TAGS) :]: oid for ref, oid in refs.items()}


def read_message(objects: Objects, oid: str) -> str:
    """The message of a tag object, including its signature if it has one."""
    found = objects.get(oid)
    if found is None:
        raise ToolError(f"The tag object `{oid}` is missing", hint="run `git fsck`")
    return found.content.partition(b"\n\n")[2].decode("utf-8", "replace")


def parse_header(content: bytes) -> TagHeader | None:
    """Parse a tag header; None if it is not one. An invalid time becomes 0."""
    lines = content.partition(b"\n\n")[0].decode("utf-8", "replace").split("\n")
    fields = dict(reversed([line.partition(" ")[::2] for line in lines]))
    if not {"object", "type", "tag"} <= fields.keys():
        return None
    who, _, clock = fields.get("tagger", "").rpartition("> ")
    name, _, email = who.partition("<")
    seconds = clock.partition(" ")[0]
    valid = seconds.isascii() and seconds.isdigit() and len(seconds) <= _LONGEST_CLOCK
    return TagHeader(
        object=fields["object"],
        type=fields["type"],
        tag=fields["tag"],
        tagger=name.strip(),
        email=email,
        tagged_at_s=int(seconds) if valid else 0,
    )


def tag_content(*, tag: str, commit: str, tagger: str, at_s: int, message: str) -> bytes:
    """The content of a tag object on a commit; `tagger` is `Name <email>`, the time is in UTC."""
    head = f"object {commit}\ntype commit\ntag {tag}\ntagger {tagger} {at_s} +0000\n\n"
    return (head + message).encode("utf-8", "surrogateescape")


def user_identity(git: Git, variable: str = "GIT_COMMITTER_IDENT") -> str:
    """The user's identity as `Name <email>`; the committer is also the tagger.

    Raises:
        StateError: git does not know it.
    """
    try:
        identity = git.run_text("var", variable)
    except GitFailed as error:
        raise StateError(
            "git does not know who you are",
            hint='run `git config --global user.name "…"` and `git config --global user.email "…"`',
            details=error.details,
        ) from error
    return identity.rpartition("> ")[0] + ">"


def object_id(git: Git, content: bytes) -> str:
    """The id that a tag object would have; does not write it."""
    return git.run("hash-object", "-t", "tag", "--stdin", stdin=content).decode().strip()


def make_tag(git: Git, content: bytes) -> str:
    """Write a tag object without a ref."""
    return git.run("mktag", stdin=content).decode().strip()


def create_tag_refs(git: Git, tags: Mapping[str, str], *, moved: BranchMove | None = None) -> None:
    """Create local tags and move a branch, all or nothing.

    Raises:
        StateError: one of the tags exists already.
        ToolError: git could not write them.
    """
    commands = "".join(f"create {TAGS}{tag}\0{oid}\0" for tag, oid in tags.items())
    if moved is not None:
        commands += f"update {moved.ref}\0{moved.new}\0{moved.old}\0"
    done = git.try_run("update-ref", "-z", "--stdin", stdin=f"start\0{commands}prepare\0commit\0".encode())
    if done.returncode:
        existing = sorted(set(tags).intersection(local_tags(git, tags)))
        if existing:
            hint = "look with `mlgit history` and `mlgit doctor`"
            raise StateError(f"The tag `{existing[0]}` already exists", hint=hint)
        lines = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise ToolError("git could not write the tags", details=tuple(lines))


def delete_tag_refs(git: Git, tags: Mapping[str, str]) -> None:
    """Delete local tags (name -> object id), except those that have moved meanwhile.

    Raises:
        GitFailed: git could not write.
    """
    commands = "".join(f"delete {TAGS}{tag}\0{oid}\0" for tag, oid in tags.items())
    git.run("update-ref", "-z", "--stdin", stdin=commands.encode("utf-8", "surrogateescape"))


def tagger_of(objects: Objects, oid: str) -> str:
    """The tagger's e-mail address; empty if it is another object."""
    found = objects.get(oid)
    header = None if found is None or found.type != "tag" else parse_header(found.content)
    return "" if header is None else header.email


def local_tags(git: Git, tags: Iterable[str]) -> Mapping[str, str]:
    """Name -> object id of the tags that exist here."""
    return _by_tag(list_refs(git, *(f"{TAGS}{tag}" for tag in tags)))
