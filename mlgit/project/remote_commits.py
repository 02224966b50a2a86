"""Remote commits: what shows that a remote has commits, and when this clone last saw them."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Protocol
from weakref import WeakKeyDictionary

from mlgit.adapters.git.refs import resolve_commit
from mlgit.core.trunk import has_no_copy, no_remote_in_ci, remote_not_chosen
from mlgit.project.settings import configuration, configured_refspecs, configured_remotes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping
    from datetime import datetime

    from mlgit.adapters.git.binary import Git
    from mlgit.adapters.git.objects import Objects


_MOST_BYTES = 4 << 20
_TAG = re.compile(rb"^([0-9a-f]+)\t[^\t\n]*\ttag '[^\n]*' of ([^\n]+)$", re.MULTILINE)
_CLOCK_TOLERANCE_S = 600
_LONGEST_ENTRY = 4096
_SAME_FETCH_S = 5
_FETCHED_FROM: WeakKeyDictionary[Clone, dict[str, str]] = WeakKeyDictionary()


class Clone(Protocol):
    """What has to be known of a project; `remote` is the one of releases."""

    git: Git
    objects: Objects
    git_dir: str
    common_dir: str

    @property
    def remote(self) -> str | None: ...
    @property
    def remotes(self) -> Mapping[str, str]: ...
    @property
    def branches(self) -> Mapping[str, str]: ...


def shows_commits(clone: Clone) -> bool:
    """Whether something shows that the remote has commits; a CI checks out what someone has pushed.

    What was fetched last may be another remote's, if that one has branches here.
    """
    if clone.remote is None or resolve_commit(clone.objects, "HEAD") is None:
        return False
    from mlgit.core.registry.completeness import in_ci

    if in_ci(os.environ):
        return True
    others = tuple(f"refs/remotes/{name}/" for name in clone.remotes if name != clone.remote)
    if any(ref.startswith(others) for ref in clone.branches):
        return False
    if not has_refspec(clone):  # of `git clone --bare`, for example, whose branches look like own ones
        return True
    return any(is_filled(os.path.join(folder, "FETCH_HEAD")) for folder in (clone.git_dir, clone.common_dir))


def has_branches(clone: Clone) -> bool:
    """Whether branches of the remote are here, apart from those of another one that is named below it."""
    remote = clone.remote or ""
    found = [ref for ref in clone.branches if ref.startswith(f"refs/remotes/{remote}/")]
    if not found:
        return False
    named = configured_remotes(git_dir=clone.git_dir, common_dir=clone.common_dir)
    below = tuple(f"refs/remotes/{name}/" for name in named if name.startswith(f"{remote.lower()}/"))
    return not all(ref.lower().startswith(below) for ref in found)


def require_chosen(clone: Clone) -> None:
    """Refuse a clone that has a remote, of which it is not known which one, or where.

    Raises:
        StateError: none of several remotes is chosen; or CI fetched by an address, without a remote.
    """
    if clone.remote is not None:
        return
    if clone.remotes:
        raise remote_not_chosen(clone.remotes)
    from mlgit.core.registry.completeness import in_ci

    if in_ci(os.environ) and is_filled(os.path.join(clone.git_dir, "FETCH_HEAD")):
        raise no_remote_in_ci()


def is_filled(file: str) -> bool:
    """Whether there is a file, and something in it."""
    try:
        return os.stat(file).st_size > 0
    except OSError:
        return False


def has_refspec(clone: Clone) -> bool:
    """Whether a fetch leaves branches below the remote's name, which then show it; not in a mirror."""
    texts = configuration(git_dir=clone.git_dir, common_dir=clone.common_dir)
    return any(re.search(rb"^\s*fetch\s*=.*:refs/remotes/|include", text, re.MULTILINE) for text in texts)


def is_mirror(clone: Clone) -> bool:
    """Whether the remote's branches only take the place of this clone's own ones."""
    remote = clone.remote or ""
    specs = configured_refspecs(remote, git_dir=clone.git_dir, common_dir=clone.common_dir)
    return has_no_copy(specs, remote.lower())


def fetched_at_s(clone: Clone, folder: str, trunk: str | None, *, now_s: float) -> int | None:
    """When the newest fetch in a git directory ended, in epoch seconds.

    None if it failed, did not bring `trunk` (a branch of the remote), was of another remote, or is dated in
    the future: none of these shows which tags the remote has.
    """
    try:
        with open(os.path.join(folder, "FETCH_HEAD"), "rb") as file:
            at_s, text = int(os.fstat(file.fileno()).st_mtime), file.read(_MOST_BYTES)
    except OSError:
        return None
    start = "" if trunk is None else f"branch '{trunk}' of "
    sources = re.findall(rb"\t" + re.escape(os.fsencode(start)) + rb"([^\t\n]+)$", text, re.MULTILINE)
    if not sources or at_s > now_s + _CLOCK_TOLERANCE_S or _names_branches(clone, text, trunk, at_s):
        return None
    # With `--append`, the time is that of the fetch that added lines last.
    every = {_address_in(line) for line in text.splitlines()}
    named = _addresses(clone, every)
    is_own = named.get((clone.remote or "").lower()) in {os.fsdecode(each).lower() for each in sources}
    return at_s if is_own and every <= {*named.values()} else None


def stayed_since(clone: Clone, upstream: str | None, then: datetime | None) -> bool:
    """Whether a branch of the remote did not move here since then, as by a push, by its file and its log.

    A clone packs the branches and begins a log of none of them but `HEAD`.
    """
    if upstream is None or then is None or not upstream.startswith(f"{clone.remote}/"):
        return False
    ref, times = os.path.join("refs", "remotes", upstream), list[float]()
    for path in (ref, os.path.join("logs", ref)):
        with suppress(OSError):
            times.append(os.stat(os.path.join(clone.common_dir, path)).st_mtime)
    if not times:
        return os.path.isfile(
            os.path.join(clone.common_dir, "logs", "refs", "remotes", clone.remote or "", "HEAD")
        )
    return all(int(each) <= then.timestamp() for each in times)


@contextmanager
def keeping_last_fetch(clone: Clone) -> Iterator[None]:
    """Put back FETCH_HEAD, with its time, after a fetch that failed: git empties it before it connects."""
    file = os.path.join(clone.git_dir, "FETCH_HEAD")
    text, times = b"", (0, 0)
    with suppress(OSError), open(file, "rb") as before:
        facts = os.fstat(before.fileno())
        text, times = before.read(), (facts.st_atime_ns, facts.st_mtime_ns)
    try:
        yield
    except BaseException:
        if text and not is_filled(file):
            with suppress(OSError):
                with open(file, "wb") as after:
                    after.write(text)
                os.utime(file, ns=times)
        raise


def was_fetched_last(clone: Clone) -> bool:
    """Whether the last fetch in this working tree brought something from the remote."""
    try:
        with open(os.path.join(clone.git_dir, "FETCH_HEAD"), "rb") as file:
            every = {_address_in(line) for line in file.read(_MOST_BYTES).splitlines()}
    except OSError:
        return False
    return _addresses(clone, every).get((clone.remote or "").lower()) in every


def _address_in(line: bytes) -> str:
    what = os.fsdecode(line.rpartition(b"\t")[2])
    found = re.fullmatch(r"(?:remote-tracking branch|branch|tag) '.*' of (.*)", what)
    return (what if found is None else found[1]).lower()


def _addresses(clone: Clone, found: Collection[str]) -> Mapping[str, str]:
    """Name -> address of the remotes as FETCH_HEAD has it, in lower case.

    Git is only asked where `insteadOf` may have made one of the addresses that were `found` there.
    """
    own = configured_remotes(git_dir=clone.git_dir, common_dir=clone.common_dir)
    usual = {name: shown_address(address) for name, address in own.items()}
    if set(found) <= set(usual.values()):
        return usual
    return {name.lower(): shown_address(_fetched_from(clone, name)).lower() for name in clone.remotes}


def _fetched_from(clone: Clone, name: str) -> str:
    known = _FETCHED_FROM.setdefault(clone, {})
    if name not in known:
        known[name] = clone.git.try_text("ls-remote", "--get-url", name) or ""
    return known[name]


def _names_branches(clone: Clone, text: bytes, trunk: str | None, at_s: int) -> bool:
    """Whether a fetch had the names of branches to bring: then git follows no tags.

    Such a fetch lacks branches that are here, or moved trunk, and git's log has its command. Nothing shows it
    if the remote has one branch and that did not move.
    """
    if _TAG.search(text) or b"\tnot-for-merge\tbranch '" in text or trunk is None:
        return False
    start = f"refs/remotes/{clone.remote}/"
    command = _fetching(os.path.join(clone.common_dir, "logs", f"{start}{trunk}"), at_s)
    if command:
        return not {trunk, "--no-tags", "-n"}.isdisjoint(command[1:])
    fetched = {os.fsdecode(each) for each in re.findall(rb"\tbranch '([^\n]*)' of ", text)}
    here = {ref.removeprefix(start) for ref in clone.branches if ref.startswith(start)}
    return bool(here - fetched - {"HEAD"})


def _fetching(file: str, at_s: int) -> list[str]:
    """The words of the command that moved a branch at that time, by git's log; empty if none did."""
    try:
        with open(file, "rb") as log:
            facts = os.fstat(log.fileno())
            log.seek(max(0, facts.st_size - _LONGEST_ENTRY))
            lines = log.read().splitlines()
    except OSError:
        return []
    if not lines or abs(int(facts.st_mtime) - at_s) > _SAME_FETCH_S:
        return []
    return lines[-1].decode("utf-8", "replace").partition("\t")[2].rpartition(": ")[0].split()


def fetched_tags(clone: Clone) -> Iterator[tuple[str, str]]:
    """The object id of each tag that the last fetches named, with the address that it came from.

    git names the tags that a fetch brought; with `--tags`, all that are there.
    """
    for folder in dict.fromkeys((clone.git_dir, clone.common_dir)):
        try:
            with open(os.path.join(folder, "FETCH_HEAD"), "rb") as file:
                text = file.read(_MOST_BYTES)
        except OSError:
            continue
        for oid, address in _TAG.findall(text):
            yield oid.decode(), os.fsdecode(address)


def shown_address(url: str) -> str:
    """A remote's address as git writes it into FETCH_HEAD."""
    scheme, mark, rest = url.partition("://")
    if mark:
        host, slash, path = rest.partition("/")
        url = f"{scheme}://{host.rpartition('@')[2]}{slash}{path}"
    return url.rstrip("/").removesuffix(".git")


def was_cloned_elsewhere(project: Clone, addresses: Iterable[str]) -> bool:
    """Whether git's log of HEAD begins with a clone from a place that has none of these addresses.

    One place has several, by ssh and https.
    """
    try:
        with open(os.path.join(project.common_dir, "logs", "HEAD"), "rb") as file:
            how = os.fsdecode(file.readline()).rstrip("\n").partition("\t")[2]
    except OSError:
        return False
    word, _, address = how.partition(" from ")
    return word == "clone:" and _place(address) not in {_place(each) for each in addresses}


def _place(address: str) -> str:
    """Host and path of an address, without what depends on the way there; a folder as it is."""
    shown = shown_address(address).removeprefix("file://")
    if shown.startswith("/"):
        return shown
    _, mark, rest = shown.partition("://")
    host, _, path = (rest if mark else shown.replace(":", "/", 1)).partition("/")
    return f"{host.rpartition('@')[2].partition(':')[0]}/{path.lstrip('/')}".lower()
