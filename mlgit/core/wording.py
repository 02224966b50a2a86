"""Wording: counts, lists, ages, sizes and near names as messages write them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

_MINUTE_S, _HOUR_S, _DAY_S = 60, 3600, 86400
_UNIT_STEP = 1024
_SHORTEST = 3  # letters of a name with which another one begins
_COUNTED = 24
_QUOTED = re.compile(r"`([^`]+)`")
_LONG_NAME = re.compile(rf"`[^`\s]{{{_COUNTED - 1},}}`")
_SAFE = str.maketrans(dict.fromkeys("@%+=:,./-_", "a"))


def count(number: int, singular: str, plural: str | None = None) -> str:
    """`1 file`, `3 files`; `plural` if the word changes otherwise, or a verb follows it."""
    return f"{number} {singular if number == 1 else plural or f'{singular}s'}"


def first(texts: Iterable[str], most: int = 5) -> tuple[str, ...]:
    """The first texts and, if there are others, how many: `("a", "b", "and 3 more")`."""
    every = tuple(texts)
    return every if len(every) <= most else (*every[:most], f"and {len(every) - most} more")


def joined(texts: Iterable[str], most: int | None = 5) -> str:
    """The first texts in one line and, if there are others, how many: `a, b and 3 more`."""
    every = list(texts)
    rest = 0 if most is None else len(every) - most
    return ", ".join(every[:most]) + (f" and {rest} more" if rest > 0 else "")


def quoted(name: str) -> str:
    """A name between backticks; between more of them than it has in a row, so that its own stay in it."""
    if "`" not in name:
        return f"`{name}`"
    runs = {len(run) for run in re.findall("`+", name)}
    fence = "`" * next(length for length in range(1, len(runs) + 2) if length not in runs)
    pad = " " if name.startswith("`") or name.endswith("`") else ""
    return f"{fence}{pad}{name}{pad}{fence}"


def listed(names: Iterable[str], most: int | None = 5) -> str:
    """Like `joined`, each name between backticks; all names if `most` is None."""
    return joined(map(quoted, names), most)


def quoted_in(texts: Iterable[str]) -> frozenset[str]:
    """The names between single backticks in texts."""
    return frozenset(name for text in texts for name in _QUOTED.findall(text))


def cut(text: str, most: int, *, apart_from: str | None = None) -> str:
    """The text, or a part of it with `…` where something is left out; another text is cut differently."""
    if len(text) <= most:
        return text
    start = f"{text[: most - 1]}…"
    if apart_from is None or apart_from == text or start != f"{apart_from[: most - 1]}…":
        return start
    differs = next(
        (at for at, (one, other) in enumerate(zip(text, apart_from, strict=False)) if one != other),
        min(len(text), len(apart_from)),
    )
    tail = text[max(0, differs - most // 2) :]
    return f"…{tail}" if len(tail) < most else f"…{tail[: most - 2]}…"


def first_clauses(text: str, most: int) -> str:
    """The text; of a long one the beginning, if possible whole clauses, which ends with `…`.

    A long name between backticks is whole and counts as a short one: it does not take the place of a reason.
    """
    names: list[str] = []

    def short(name: re.Match[str]) -> str:
        names.append(name[0])
        return f"`{chr(len(names))}{'0' * (_COUNTED - 3)}`"

    kept = _LONG_NAME.sub(short, text)
    if len(kept) > most:
        kept = kept[:most]
        clause = max(kept.rfind("; "), kept.rfind(": "))
        kept = kept[:clause] if clause >= len(kept) // 2 else kept.rpartition(" ")[0]
        kept = f"{kept.rpartition('`')[0].rstrip() if kept.count('`') % 2 else kept}…"
    for number, name in enumerate(names, start=1):
        kept = kept.replace(f"`{chr(number)}{'0' * (_COUNTED - 3)}`", name)
    return kept


def after_colon(sentence: str) -> str:
    """A sentence as it is written after a colon: with a small letter, unless the first word is a name."""
    first_word = sentence.partition(" ")[0]
    return (
        sentence[:1].lower() + sentence[1:] if first_word[1:].islower() or len(first_word) == 1 else sentence
    )


def word(text: str) -> str:
    """A text as one word for a shell: as it is if that is safe, otherwise in single quotes.

    bash replaces `!` also between double quotes, so that a tag such as `m#prod!#2` needs single ones. zsh
    replaces a `=` at the start.
    """
    plain = text.isascii() and text.translate(_SAFE).isalnum() and text[0] != "="
    return text if plain else "'" + text.replace("'", "'\"'\"'") + "'"


def words(texts: Iterable[str]) -> str:
    """Texts as words for a shell."""
    return " ".join(map(word, texts))


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that is most like an unknown one; None if none is alike."""
    from difflib import get_close_matches

    names = list(dict.fromkeys(known))
    alike = next(iter(get_close_matches(name, names, n=1)), None)
    if alike is not None or len(name) < _SHORTEST:
        return alike
    # `production` and `prod` have too few letters in common.
    begun = [
        each for each in names if each.startswith(name) or (name.startswith(each) and len(each) >= _SHORTEST)
    ]
    return begun[0] if len(begun) == 1 else None


def near(name: str, known: Iterable[str]) -> str | None:
    """A hint with the nearest known name, if there is one."""
    found = nearest(name, known)
    return None if found is None else f"did you mean `{found}`?"


def format_age(seconds: float) -> str:
    """`3 s ago`, `5 min ago`, `3 h ago`, `2 days ago`."""
    if seconds < 0:
        return "0 s ago"
    whole = int(seconds)
    if whole < _MINUTE_S:
        return f"{whole} s ago"
    if whole < _HOUR_S:
        return f"{whole // _MINUTE_S} min ago"
    return f"{whole // _HOUR_S} h ago" if whole < 2 * _DAY_S else f"{whole // _DAY_S} days ago"


def is_ahead(then: datetime, now: datetime) -> bool:
    """Whether a time is more than a minute ahead of `now`."""
    return (now - then).total_seconds() <= -_MINUTE_S


def format_since(then: datetime, now: datetime) -> str:
    """The age of a time; its date if that is ahead of `now`, which is in UTC: one of the two is wrong."""
    if not is_ahead(then, now):
        return format_age((now - then).total_seconds())
    return f"on {then.astimezone(now.tzinfo):%Y-%m-%d %H:%M} UTC (dated ahead)"


def format_size(size_bytes: int) -> str:
    """`512 B`, `1.5 KiB`."""
    if size_bytes < _UNIT_STEP:
        return f"{size_bytes} B"
    amount = float(size_bytes)
    for unit in ("KiB", "MiB", "GiB"):
        amount /= _UNIT_STEP
        if amount < _UNIT_STEP:
            return f"{amount:.1f} {unit}"
    return f"{amount / _UNIT_STEP:.1f} TiB"
