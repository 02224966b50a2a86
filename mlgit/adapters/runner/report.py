"""Report: read the `report.json` of another job, perhaps of a fork's, into records.

A valid report has the right shape and does not contradict itself. Whether to believe it is up to the caller.
"""

from __future__ import annotations

import json
import os
import re
import stat
from dataclasses import fields, is_dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from mlgit.core.ci import report
from mlgit.core.ci.report import MOST_BYTES, CiReport
from mlgit.core.compare import plots
from mlgit.core.gates import verdict
from mlgit.core.gates.verdict import decision_of, effects_of, summarize
from mlgit.core.pipeline import report_context
from mlgit.errors import ConfigError, Exit, Location, StateError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jsonschema import Draft202012Validator

FILE = "report.json"
_MOST_DEPTH = 32
_MOST_DIGITS = 9
_MOST_EXPONENT = 100_000
_SCHEMA = "ci-report"
# A string without an end matches to the end of the text. Otherwise each of its quotes would start another
# search, and a few megabytes would take hours.
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")

# The records that a report may contain, by the names that annotations have for them.
_RECORDS: dict[str, type] = {
    name: kind
    for module in (report, verdict, report_context, plots)
    for name, kind in vars(module).items()
    if isinstance(kind, type) and is_dataclass(kind)
}
# The keys of each record whose text is a number.
_NUMBERS: dict[type, tuple[str, ...]] = {
    verdict.Result: ("candidate", "baseline", "change", "change_percent"),
    verdict.MetricChange: ("candidate", "baseline", "change", "change_percent"),
    verdict.Bound: ("amount", "allowed"),
    report_context.HistoryPoint: ("value",),
}

T = TypeVar("T")
Tree = dict[str, Any]


class _Refused(ValueError):  # noqa: N818 (never leaves this module)
    """The reason, as it follows `is no report: ` in the message."""


def read_report(folder: str) -> CiReport:
    """Read the report in a folder that another job left.

    Raises:
        StateError: there is no report (code `report_missing`).
        ConfigError: the report is not valid, see `load_report`.
    """
    path = os.path.join(folder, FILE)
    try:
        # Refuse a link, which may lead elsewhere, and do not wait for a pipe.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError as error:
        missing = StateError(
            "The run left no report: it was cancelled, or ended before it could write one",
            hint="look at its log",
        )
        missing.code = "report_missing"
        raise missing from error
    except OSError as error:
        raise _invalid(FILE, "it is not a readable file") from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _invalid(FILE, "it is not a plain file")
    with open(descriptor, "rb") as file:
        return load_report(file.read(MOST_BYTES + 1), name=FILE)


def load_report(content: bytes, *, name: str) -> CiReport:
    """Read a report.

    Raises:
        ConfigError: it is too large, is not JSON, breaks the schema, or contradicts itself.
    """
    if len(content) > MOST_BYTES:
        raise _invalid(name, f"it is larger than {MOST_BYTES >> 20} MiB")
    try:
        tree = _parse(content)
        _require_schema(tree)
        found = _record(CiReport, tree)
        _require_consistent(found)
    except (_Refused, RecursionError) as error:
        raise _invalid(name, str(error) or "it is nested too deeply") from error
    return found


def _invalid(name: str, why: str) -> ConfigError:
    error = ConfigError(
        f"`{name}` is not an mlgit report: {why}",
        location=Location(name),
        hint="look at the log of the job that wrote it",
    )
    error.code = "report_invalid"
    return error


def _parse(content: bytes) -> Tree:
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _Refused("it is not written in UTF-8") from error
    _require_shallow(content)
    try:
        tree = json.loads(
            text,
            object_pairs_hook=_object,
            parse_int=_whole,
            parse_float=_no_fraction,
            parse_constant=_no_fraction,
        )
        # Half a character would break every writer of the text.
        json.dumps(tree, ensure_ascii=False).encode("utf-8")
    except json.JSONDecodeError as error:
        raise _Refused(f"it is not JSON (line {error.lineno}, column {error.colno})") from error
    except UnicodeEncodeError as error:
        raise _Refused("it contains half a character") from error
    if not isinstance(tree, dict):
        raise _Refused("it is not a JSON object")
    return tree


def _require_shallow(content: bytes) -> None:
    """Refuse deep nesting before the parser recurses into it."""
    depth = 0
    for found in _BRACKET.finditer(_STRING.sub(b"", content)):
        depth += 1 if found[0] in b"[{" else -1
        if depth > _MOST_DEPTH:
            raise _Refused("it is nested too deeply")


def _object(pairs: list[tuple[str, Any]]) -> Tree:
    tree = dict(pairs)
    if len(tree) != len(pairs):
        raise _Refused("a key appears twice in an object")
    return tree


def _whole(text: str) -> int:
    if len(text) > _MOST_DIGITS:
        raise _Refused("a number has too many digits")
    return int(text)


def _no_fraction(_: str) -> NoReturn:
    # Metrics are text in a report, so that nothing rounds them.
    raise _Refused("a number is not a whole number")


def _require_schema(tree: Tree) -> None:
    """Check the document against its schema, up to the first violation: a hostile one may have very many."""
    found = next(_validator().iter_errors(tree), None)
    if found is not None:
        # Its message quotes the value, which may be of any length; the path and the rule are enough.
        where = "/".join(str(part) for part in found.absolute_path) or "the document"
        raise _Refused(f"`{where[:200]}` breaks the rule `{found.validator}` of its schema")


def _validator() -> Draft202012Validator:
    from jsonschema import Draft202012Validator
    from referencing import Registry, Resource

    from mlgit.resources import schema_text

    schemas = [json.loads(schema_text(each)) for each in (_SCHEMA, "verdict")]
    registry: Registry[Any] = Registry().with_resources(
        [(each["$id"], Resource.from_contents(each)) for each in schemas]
    )
    return Draft202012Validator(schemas[0], registry=registry)


def _record(kind: type[T], tree: Tree) -> T:
    """A record from a valid object; the records inside it are those that its annotations name."""
    _require_numbers(tree, _NUMBERS.get(kind, ()))
    values = {}
    for field in fields(kind):  # type: ignore[arg-type]  # a record is a dataclass
        key = field.metadata.get("json", field.name)
        if key in tree:
            values[field.name] = _value(str(field.type), key, tree[key])
    return kind(**values)


def _value(annotation: str, key: str, value: Any) -> Any:  # noqa: ANN401 (any JSON)
    if annotation.startswith("tuple["):
        item = annotation.removeprefix("tuple[").removesuffix(", ...]")
        return tuple(_value(item, key, each) for each in value)
    if annotation == "date":
        try:
            return date.fromisoformat(value)
        except ValueError as error:
            raise _Refused(f"`{key}` is not a date") from error
    inner = _RECORDS.get(annotation.removesuffix(" | None"))
    return value if inner is None or value is None else _record(inner, value)


def _require_numbers(tree: Tree, keys: Sequence[str]) -> None:
    """Refuse texts that are not numbers, or are numbers that cannot be computed with."""
    for key in keys:
        if tree[key] is None:
            continue
        try:
            number = Decimal(tree[key])
        except ArithmeticError as error:
            raise _Refused(f"`{key}` is not a number") from error
        if number.is_finite() and abs(number.adjusted()) > _MOST_EXPONENT:
            raise _Refused(f"`{key}` is not a number that a metric can have")


def _require_consistent(found: CiReport) -> None:
    """Refuse a report that contradicts itself: the decision must follow from results and notes."""
    check, failure = found.check, found.failure
    if (check is None) == (failure is None):
        raise _Refused("it needs either a check or a failure")
    if failure is not None and found.exit_code != failure.exit_code:
        raise _Refused("its exit code does not match its failure")
    if check is None:
        return
    made = check.verdict
    if made.decision != decision_of(effects_of(made.results, made.notes)):
        raise _Refused("its decision does not match its results and notes")
    if made.summary != summarize(made.results, made.notes):
        raise _Refused("its summary does not match its results and notes")
    if not all(curve.valid for plot in check.plots for curve in plot.curves):
        raise _Refused("a curve of its plots is not valid")
    if made.decision == "block" and found.exit_code == Exit.DONE:
        raise _Refused("its exit code allows what its verdict blocks")
    if found.exit_code >= Exit.BUG:
        raise _Refused("its exit code is that of a run without a verdict")
