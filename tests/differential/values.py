"""Changes of metrics and parameters since HEAD, as both tools report them."""

from __future__ import annotations

import math
import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mlgit.errors import Exit
from tests.differential.oracle import ask, opened
from tests.differential.translation import passed_over
from tests.support.shell import Folder

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable

_IGNORED = "ignored-by-git"  # what DVC does not see may name these values

Pair = tuple[object, object]
Place = tuple[str, str]


@dataclass(slots=True)
class Values:
    """(file, key) -> (old, new); the files that the tool reported as unreadable, and where links lead."""

    pairs: dict[Place, Pair] = field(default_factory=dict)
    unread: set[str] = field(default_factory=set)
    links: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    refused: str | None = None


def compare_values(folder: Folder, part: str, explained: Counter[str]) -> list[str]:
    """One line per value on which they differ without a reason in docs/disagreements.md.

    Args:
        folder: the repository.
        part: `metrics` or `params`.
        explained: counts the disagreements that have a name.
    """
    theirs, ours = dvc_values(folder, part), mlgit_values(folder, part)
    if (folder / "nested/.dvc").is_dir():
        inner = dvc_values(Folder(folder / "nested"), part)
        theirs.pairs |= {(f"nested/{file}", key): pair for (file, key), pair in inner.pairs.items()}
        theirs.unread |= {f"nested/{file}" for file in inner.unread}
        theirs.refused = theirs.refused or inner.refused
    if theirs.refused is not None:
        return []
    hidden = passed_over(folder)
    if ours.refused is not None:
        return [f"{part}: mlgit refuses ({ours.refused}), DVC says {theirs.pairs}"]
    lines = []
    for place in sorted({*theirs.pairs, *ours.pairs}):
        one, other = theirs.pairs.get(place), ours.pairs.get(place)
        if _text(one) == _text(other):
            continue
        name = _explain(place, theirs, ours) or (_IGNORED if hidden else "")
        if name:
            explained[name] += 1
        else:
            lines.append(f"{part} {place}: DVC {one}, mlgit {other}")
    return lines


def dvc_values(folder: Folder, part: str) -> Values:
    """The function behind `dvc metrics diff` or `dvc params diff`, with the files that it could not read."""
    with opened(folder) as (repo, shut):
        if repo is None:
            return Values(refused=shut)
        answer, refused = ask(lambda: getattr(repo, part).diff())
    if answer is None:
        return Values(refused=refused)
    found = Values()
    for where in answer.get("errors", {}).values():
        if not isinstance(where, dict):
            return Values(refused=str(where))
        found.unread.update(where)
    for file, keys in answer.get("diff", {}).items():
        for key, pair in keys.items():
            found.pairs[file, str(key)] = _plain(pair["old"]), _plain(pair["new"])
        if (folder / file).is_symlink():
            found.links[file] = os.readlink(folder / file)
    return found


def mlgit_values(folder: Folder, part: str) -> Values:
    """`mlgit diff HEAD`."""
    done = folder.here("diff", "HEAD", "--json", f"--{part}")
    if done.status != Exit.DONE:
        return Values(refused=done.err)
    document = done.json()
    # A null that disappears is a change for mlgit but not for DVC: "null-goes-away".
    pairs = {(each["file"], each["key"]): (each["old"], each["new"]) for each in document[part] or ()}
    return Values(pairs=pairs, problems=document["problems"])


def _plain(value: Any) -> Any:  # noqa: ANN401 (a JSON value)
    """A value as in mlgit's JSON: NaN and infinities are text, and tuples are text like lists."""
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return str(value) if isinstance(value, (list, tuple)) else value


def _text(pair: Pair | None) -> str:
    """So that 1, 1.0 and true are three values."""
    return repr(pair)


def _explain(place: Place, theirs: Values, ours: Values) -> str:
    for name, applies in EXPLANATIONS.items():
        if applies(place, theirs, ours):
            return name
    return ""


def _dvc_cannot_read(place: Place, theirs: Values, _: Values) -> bool:
    return place[0] in theirs.unread


def _mlgit_says_why_not(place: Place, _: Values, ours: Values) -> bool:
    return any(f"`{place[0]}`" in problem for problem in ours.problems)


def _nan_is_not_itself(place: Place, theirs: Values, ours: Values) -> bool:
    return theirs.pairs.get(place) == ("NaN", "NaN") and place not in ours.pairs


def _true_is_one(place: Place, theirs: Values, ours: Values) -> bool:
    old, new = ours.pairs.get(place, (None, None))
    return place not in theirs.pairs and old == new and {type(old), type(new)} & {bool} == {bool}


def _null_goes_away(place: Place, theirs: Values, ours: Values) -> bool:
    return place not in theirs.pairs and ours.pairs.get(place) == (None, None)


def _empty_group(place: Place, theirs: Values, ours: Values) -> bool:
    one, other = theirs.pairs.get(place, (None, None)), ours.pairs.get(place, (None, None))
    return "{}" in other and one == tuple(None if each == "{}" else each for each in other)


def _dates(place: Place, theirs: Values, ours: Values) -> bool:
    one, other = theirs.pairs.get(place, (None, None)), ours.pairs.get(place, (None, None))
    return all(
        repr(mine) == repr(other) or (mine is None and re.match(r"\d{4}-\d\d-\d\d", str(other)))
        for mine, other in zip(one, other, strict=True)
    )


def _a_number_alone(place: Place, theirs: Values, ours: Values) -> bool:
    file = place[0]
    return (file, "") in ours.pairs or any(
        "unable to parse" in pair for (where, _), pair in theirs.pairs.items() if where == file
    )


def _a_link_is_its_text(place: Place, theirs: Values, ours: Values) -> bool:
    """DVC takes where a link of a commit leads for its content; on disk it follows the link."""
    link = theirs.links.get(place[0])
    return place not in ours.pairs and link is not None and theirs.pairs[place][0] == link


EXPLANATIONS: dict[str, Callable[[Place, Values, Values], bool]] = {
    "dvc-cannot-read-a-file": _dvc_cannot_read,
    "mlgit-says-why-not": _mlgit_says_why_not,
    "nan-is-not-itself": _nan_is_not_itself,
    "true-is-one": _true_is_one,
    "null-goes-away": _null_goes_away,
    "empty-group": _empty_group,
    "dates": _dates,
    "a-number-alone": _a_number_alone,
    "a-link-is-its-text": _a_link_is_its_text,
}
"""Name, as in docs/disagreements.md -> whether it is behind a difference."""
