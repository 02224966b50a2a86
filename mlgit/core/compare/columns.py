"""Column names: find the columns that a name on the command line means."""

from __future__ import annotations

from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from mlgit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from mlgit.core.compare.leaderboard import Column, Row
    from mlgit.core.pipeline.evidence import Value

_MOST_NAMES = 5


def named(columns: Iterable[Column], name: str) -> tuple[Column, ...]:
    """The columns that a name can mean, by the same rule as metrics of gates: a dotted suffix or file:key.

    A parameter has the name only if no metric has it.
    """
    found = [
        column
        for column in columns
        if column.key == name or column.key.endswith(f".{name}") or name in {column.full_name, column.name}
    ]
    exact = [column for column in found if column.full_name == name]
    metrics = [column for column in found if column.kind == "metric"]
    return tuple(exact[:1] or metrics or found)


def value_reader(
    columns: Sequence[Column], rows: Iterable[Row], name: str, option: str
) -> Callable[[Row], Value]:
    """A function that reads the value of a name from a row.

    A moved file gives two columns with one name; that is fine as long as each row has only one of them.

    Raises:
        UsageError: no column has the name, or a row has several.
    """
    meant = named(columns, name)
    if not meant:
        raise unknown_name(columns, name, option)
    for row in rows if len(meant) > 1 else ():
        hits = [each for each in meant if each.value_in(row) is not None]
        if len(hits) > 1:
            raise UsageError(
                f"`{name}` in `{option}` may mean {len(hits)} columns",
                details=tuple(each.full_name for each in hits[:_MOST_NAMES]),
                hint=f"name one, such as `{option} {hits[0].full_name}`",
            )

    def value_of(row: Row) -> Value:
        return next((value for each in meant if (value := each.value_in(row)) is not None), None)

    return value_of


def unknown_name(columns: Sequence[Column], name: str, option: str) -> UsageError:
    known = {each.name: each for each in columns}
    last = name.rpartition(":")[2].lower()
    near = get_close_matches(name, known, n=_MOST_NAMES, cutoff=0.5)
    near += [each for each in known if last and last in each.lower() and each not in near]
    hint = "there are no metrics at all: declare them in `dvc.yaml`"
    if near:
        hint = "did you mean " + " or ".join(f"`{each}`" for each in near[:_MOST_NAMES]) + "?"
    elif known:
        hint = "there are " + ", ".join(f"`{each}`" for each in list(known)[:_MOST_NAMES])
    return UsageError(f"No revision has a metric or parameter `{name}` (`{option}`)", hint=hint)


def fits(column: Column, pattern: str) -> bool:
    """Whether a name or a glob means the column; `*` also matches `.` and `/`."""
    if named((column,), pattern):
        return True
    return any(fnmatchcase(text, pattern) for text in (column.key, column.full_name))
