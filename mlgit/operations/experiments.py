"""`mlgit experiments`: metrics and parameters of many revisions in one table."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlgit.core.compare.changes import value_changes
from mlgit.core.compare.columns import fits, named, unknown_name, value_reader
from mlgit.core.compare.leaderboard import (
    Column,
    Leaderboard,
    Name,
    Row,
    SortKey,
    below_baselines,
    columns_of,
    in_order,
    pareto_front,
)
from mlgit.core.compare.row_filter import Condition, parse_condition
from mlgit.core.pipeline.metrics import number
from mlgit.core.progress import Progress, Silent
from mlgit.core.record import NamedTuple
from mlgit.core.wording import count
from mlgit.errors import ConfigError, UsageError
from mlgit.project.compare.revision_values import RevisionReader
from mlgit.project.compare.revisions import RevisionQuery, find_revisions
from mlgit.project.pipeline.evidence import evidence

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mlgit.core.config.file import Config, Direction
    from mlgit.core.pipeline.evidence import ProblemCode, Value
    from mlgit.project.open import Project

_HERE = Name(kind="working_tree", text="working tree")


class RowOptions(NamedTuple):
    """How rows are filtered and sorted, and which columns are shown: see the options of the command."""

    sort: tuple[str, ...] = ()
    reverse: bool = False
    where: tuple[str, ...] = ()
    pareto: tuple[str, ...] = ()
    limit: int | None = None
    metrics: tuple[str, ...] = ()
    params: tuple[str, ...] = ()


def experiments(
    project: Project, query: RevisionQuery, options: RowOptions, *, progress: Progress | None = None
) -> Leaderboard:
    """The leaderboard of the commits in `query`; nothing is run and nothing is fetched.

    Raises:
        UnknownReference: a revision is not known.
        UsageError: no column has a name in `options`, or several columns have it.
    """
    notes: list[str] = []
    conditions = [parse_condition(text) for text in options.where]
    rows = _rows(project, query, progress or Silent(), notes)
    config = _config(project, notes)
    columns = columns_of(rows, config.directions)
    considered = len(rows)
    keys = [_key(columns, rows, name, options, notes) for name in options.sort]
    rows = _filtered(columns, rows, conditions, options.pareto)
    sorting = [(value_of, key.descending) for key, value_of in keys]
    ordered = in_order(rows, sorting) if keys else below_baselines(rows)
    if (query.number is not None or query.history) and project.shallow:
        notes.append("this clone is shallow: older commits are not in it")
    picked = _picked(columns, options)
    ordered = ordered[: options.limit]
    if len(picked) < len(columns):
        ordered = tuple(_cut(row, picked) for row in ordered)
    return Leaderboard(
        rows=ordered,
        columns=picked,
        considered=considered,
        head=project.head.commit,
        sort=tuple(key for key, _ in keys),
        where=tuple(condition.text for condition in conditions),
        pareto=options.pareto,
        important=_important(columns, options, [each.name for each in conditions], config),
        notes=tuple(notes),
        told_at=project.now,
    )


def _filtered(
    columns: Sequence[Column], rows: list[Row], conditions: Sequence[Condition], pareto: Sequence[str]
) -> list[Row]:
    for condition in conditions:
        value_of = value_reader(columns, rows, condition.name, "--where")
        rows = [row for row in rows if condition.holds(value_of(row))]
    if not pareto:
        return rows
    axes = [_axis(columns, rows, name) for name in pareto]
    points = [[number(value_of(row)) for value_of, _ in axes] for row in rows]
    front = pareto_front(points, [direction for _, direction in axes])
    return [row for position, row in enumerate(rows) if position in front]


def _rows(project: Project, query: RevisionQuery, progress: Progress, notes: list[str]) -> list[Row]:
    revisions = find_revisions(project, query)
    reader = RevisionReader(project, progress)
    done = reader.read([each.commit for each in revisions if each.state == "done"])
    # The metric files of a queued or failed experiment are those of the commit it started from.
    unfinished = reader.read([each.commit for each in revisions if each.state != "done"], metrics=())
    values = done | unfinished
    rows = [
        Row(
            names=each.names,
            commit=each.commit,
            baseline=each.baseline,
            created_at=found.facts.created_at,
            subject=found.facts.subject,
            state=each.state,
            metrics=found.metrics,
            params=found.params,
            unread=found.unread,
            problems=found.problems,
        )
        for each in revisions
        if (found := values.get(each.commit)) is not None
    ]
    lost = sum(each.commit not in values for each in revisions)
    if lost:
        notes.append(f"{f'{lost} commits are' if lost > 1 else 'one commit is'} not in this clone")
    if query.revisions:
        return rows
    shown = [row for row in rows if _has_values(row) or row.commit == project.head.commit]
    hidden = len(rows) - len(shown)
    if hidden:
        many = count(hidden, "revision is", "revisions are")
        notes.append(f"{many} left out, because they have no metrics and no parameters")
    return shown if query.kinds or query.number is not None else _with_working_tree(project, shown)


def _has_values(row: Row) -> bool:
    return bool(row.metrics or row.params or row.unread or row.problems)


def _with_working_tree(project: Project, rows: Sequence[Row]) -> list[Row]:
    """The rows and the working tree, which has its own row if its numbers differ from those of HEAD."""
    here = _working_tree(project)
    for row in rows:
        if row.commit == project.head.commit and _alike(row, here):
            return [replace(each, names=(*each.names, _HERE)) if each is row else each for each in rows]
    return [here, *rows] if rows or here.metrics or here.params or here.problems else []


def _working_tree(project: Project) -> Row:
    try:
        here = evidence(project, None, staleness=False)
    except ConfigError as error:
        return Row(names=(_HERE,), commit=None, metrics={}, params={}, problems=(error.message,))
    unread: dict[str, ProblemCode] = {}
    problems = [problem.message for problem in here.problems if problem.code == "unreadable"]
    for file in here.metric_files:
        for problem in file.problems:
            if problem.code in {"missing", "not_fetched", "unreadable"}:
                unread[file.path] = problem.code
            if problem.code == "unreadable":
                problems.append(problem.message)
    return Row(
        names=(_HERE,),
        commit=None,
        metrics={file.path: file.values for file in here.metric_files if file.path not in unread},
        params=here.params,
        unread=unread,
        problems=tuple(problems),
    )


def _alike(one: Row, other: Row) -> bool:
    return set(other.problems) <= set(one.problems) and all(
        left.keys() == right.keys() and not value_changes(left, right)
        for left, right in ((one.metrics, other.metrics), (one.params, other.params))
    )


def _config(project: Project, notes: list[str]) -> Config:
    """`mlgit.yaml` of the working tree, for its directions and gates."""
    try:
        return project.config(None)
    except ConfigError as error:
        from mlgit.core.config.file import Config

        notes.append(f"the better direction is only guessed from names: {error.message}")
        return Config()


def _key(
    columns: Sequence[Column], rows: Sequence[Row], name: str, options: RowOptions, notes: list[str]
) -> tuple[SortKey, Callable[[Row], Value]]:
    """Best first, by the direction; without one, the largest metric or the smallest parameter first."""
    value_of = value_reader(columns, rows, name, "--sort")
    meant = named(columns, name)
    direction = next((each.direction for each in meant if each.direction), None)
    if direction is None and any(each.kind == "metric" for each in meant):
        notes.append(
            f"the better direction of `{name}` is not declared: the largest value comes first; "
            f"declare it under `directions:` in `mlgit.yaml`, or add `--reverse`"
        )
    descending = direction == "up" if direction else meant[0].kind == "metric"
    return SortKey(name=name, descending=descending != options.reverse), value_of


def _axis(
    columns: Sequence[Column], rows: Sequence[Row], name: str
) -> tuple[Callable[[Row], Value], Direction]:
    value_of = value_reader(columns, rows, name, "--pareto")
    meant = named(columns, name)
    if all(each.kind == "param" for each in meant):
        raise UsageError(
            f"`{name}` is a parameter, and `--pareto` compares metrics",
            hint=f"`--where` and `--sort {name}` also take parameters",
        )
    direction = next((each.direction for each in meant if each.direction), None)
    if direction is None:
        raise UsageError(
            f"`--pareto` needs a direction for `{name}`",
            hint=f"declare it in `mlgit.yaml`: `directions: {{{name}: down}}`",
        )
    return value_of, direction


def _picked(columns: Sequence[Column], options: RowOptions) -> tuple[Column, ...]:
    """The columns that the globs match; a kind without a glob keeps all its columns."""
    globs: Mapping[str, tuple[str, ...]] = {"metric": options.metrics, "param": options.params}
    for kind, patterns in globs.items():
        for pattern in patterns:
            if not any(each.kind == kind and fits(each, pattern) for each in columns):
                raise unknown_name([each for each in columns if each.kind == kind], pattern, f"--{kind}s")
    return tuple(
        each
        for each in columns
        if not globs[each.kind] or any(fits(each, pattern) for pattern in globs[each.kind])
    )


def _cut(row: Row, columns: Sequence[Column]) -> Row:
    tables: dict[str, dict[str, dict[str, Value]]] = {"metric": {}, "param": {}}
    for column in columns:
        table = row.metrics if column.kind == "metric" else row.params
        if column.key in table.get(column.file, {}):
            tables[column.kind].setdefault(column.file, {})[column.key] = table[column.file][column.key]
    return replace(row, metrics=tables["metric"], params=tables["param"])


def _important(
    columns: Sequence[Column], options: RowOptions, compared: Sequence[str], config: Config
) -> tuple[str, ...]:
    """Full names of the columns that a narrow page shows first: those in options, then those of gates."""
    chosen = [
        each
        for kind, patterns in (("metric", options.metrics), ("param", options.params))
        for pattern in patterns
        if not set(pattern) & set("*?[")
        for each in columns
        if each.kind == kind and fits(each, pattern)
    ]
    names = [*options.sort, *compared, *options.pareto]
    found = [each for name in names for each in named(columns, name)] + chosen
    found += [each for gate in config.gates.values() for each in named(columns, gate.metric)]
    return tuple(dict.fromkeys(each.full_name for each in found))
