"""Recorded: the hash of a dependency that is not on this machine, or of which a part is not.

dvc.lock and .dvc files have the hashes of outputs; the files of a folder that DVC tracks are in its listing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.adapters.dvc.data.hashes import UNKNOWN, listing_md5
from mlgit.core.pipeline.evidence import NotHere

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mlgit.adapters.dvc.data.hashes import Hashes
    from mlgit.adapters.dvc.pipeline.ancestry import OutputsByPath
    from mlgit.core.pipeline.stages import Output


class RecordedHashes:
    """Hashes of paths by the records of the outputs at, above and below them."""

    def __init__(
        self, made: OutputsByPath, hashes: Hashes, listing: Callable[[Output], Mapping[str, str] | None]
    ) -> None:
        self._made = made
        self._hashes = hashes
        self._listing = listing

    def content(self, path: str, kept: Callable[[Output, str], bytes | None]) -> bytes | None:
        """The content that DVC keeps for a file which is not on disk; None if nothing records one.

        `kept` returns the file at a path of an output.

        Raises:
            Unreadable: nothing here has the content, or it cannot be read.
        """
        place = self._hashes.resolved(path)
        out = self._made.at(place) or self._made.around(place)
        if out is None or not out.cached or out.pointer is None:
            return None
        try:
            return kept(out, place)
        except NotHere as error:
            link = "" if place == path else f"(a link to an output of {out.owner}) "
            raise NotHere(f"{link}was not checked: it is not here") from error

    def md5(self, path: str) -> str | None:
        """The hash of a path that is not on disk; None if nothing records it, or it is not known here."""
        producer = self._made.at(path)
        if producer is not None:
            return producer.pointer.md5 if producer.pointer is not None and producer.cached else None
        above = self._made.around(path)
        files = None if above is None or not above.cached else self._listing(above)
        if above is None or files is None:
            return None
        below = path[len(above.path) + 1 :]
        if below in files:
            return files[below]
        start = f"{below}/"
        inside = {name[len(start) :]: md5 for name, md5 in files.items() if name.startswith(start)}
        return listing_md5(inside.items()) if inside else None

    def completed(self, folder: str, *, legacy: bool) -> str | None:
        """The hash of a folder with the outputs in it that are not on disk; None if all of them are.

        `UNKNOWN` if the listing of one of them is not here.
        """
        inside = self._made.inside(folder)
        absent = [
            out
            for out in inside
            if out.cached and out.pointer is not None and self._hashes.md5(out.path) is None
        ]
        there = self._hashes.files(folder, legacy=legacy) if absent else None
        if there is None:
            return None
        found = dict(there)
        for out in absent:
            name = out.path[len(folder) + 1 :]
            if out.pointer is None or out.pointer.legacy != legacy:
                return UNKNOWN
            if not out.pointer.directory:
                found[name] = out.pointer.md5
                continue
            files = self._listing(out)
            if files is None:
                return UNKNOWN
            found |= {f"{name}/{each}": md5 for each, md5 in files.items()}
        return listing_md5(found.items())
