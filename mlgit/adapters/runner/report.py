"""Report: `report.json` of another job, perhaps of a fork's, as records; or an error that says why not.

Nothing in it is believed beyond its shape and its own consistency: who sent it decides what that is worth.
"""

from __future__ import annotations

import json
import os
import re
import stat
from dataclasses import fields
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from mlgit.core.ci.report import CiReport, Failure
from mlgit.core.gates.verdict import (
    Baseline,
    Bound,
    Candidate,
    Check,
    GateChange,
    MetricChange,
    Note,
    Policy,
    Result,
    Summary,
    Verdict,
    decided,
    summarize,
)
from mlgit.core.pipeline.report_context import HistoryPoint, MetricHistory, ParamChange, StageRun
from mlgit.errors import ConfigError, Exit, Location, StateError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from jsonschema import Draft202012Validator

FILE = "report.json"
MAX_BYTES = 2 << 20
_MOST_DEPTH = 32
_MOST_DIGITS = 9
_MOST_EXPONENT = 100_000
_SCHEMA = "ci-report"
# A string that never ends reaches to the end: tried from each of its quotes, two megabytes took hours.
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")

T = TypeVar("T")
Tree = dict[str, Any]


class _Refused(ValueError):  # noqa: N818 (never leaves this module)
    """What is wrong, in words that follow `is no report: `."""


def read_report(folder: str) -> CiReport:
    """The report in a folder that another job left.

    Raises:
        StateError: there is none (code `report_missing`).
        ConfigError: it is no report, see `load_report`.
    """
    path = os.path.join(folder, FILE)
    try:
        # Neither a link that leads elsewhere nor a pipe that never ends.
        place = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except FileNotFoundError as error:
        missing = StateError(
            "The run left no report: it was cancelled, or ended before it could write one",
            hint="look at its log",
        )
        missing.code = "report_missing"
        raise missing from error
    except OSError as error:
        raise _invalid(FILE, "it is no file that can be read") from error
    if not stat.S_ISREG(os.fstat(place).st_mode):
        os.close(place)
        raise _invalid(FILE, "it is no plain file")
    with open(place, "rb") as file:
        return load_report(file.read(MAX_BYTES + 1), name=FILE)


def load_report(content: bytes, *, name: str) -> CiReport:
    """Read a report.

    Args:
        content: the file's bytes.
        name: how errors call it.

    Raises:
        ConfigError: it is too large, no JSON, not of the schema, or contradicts itself.
    """
    if len(content) > MAX_BYTES:
        raise _invalid(name, f"it is larger than {MAX_BYTES >> 20} MiB")
    try:
        tree = _parse(content)
        _hold(tree)
        report = _report(tree)
        _require_consistent(report)
    except (_Refused, RecursionError) as error:
        raise _invalid(name, str(error) or "it is nested too deeply") from error
    return report


def _invalid(name: str, why: str) -> ConfigError:
    error = ConfigError(
        f"`{name}` is no report of mlgit: {why}",
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
        # Half a character would break whoever writes the text on.
        json.dumps(tree, ensure_ascii=False).encode("utf-8")
    except json.JSONDecodeError as error:
        raise _Refused(f"it is no JSON (line {error.lineno}, column {error.colno})") from error
    except UnicodeEncodeError as error:
        raise _Refused("it holds a half character") from error
    if not isinstance(tree, dict):
        raise _Refused("it is no JSON object")
    return tree


def _require_shallow(content: bytes) -> None:
    """Refuse deep nesting before the parser goes down into it."""
    depth = 0
    for found in _BRACKET.finditer(_STRING.sub(b"", content)):
        depth += 1 if found[0] in b"[{" else -1
        if depth > _MOST_DEPTH:
            raise _Refused("it is nested too deeply")


def _object(pairs: list[tuple[str, Any]]) -> Tree:
    tree = dict(pairs)
    if len(tree) != len(pairs):
        raise _Refused("a key stands twice in an object")
    return tree


def _whole(text: str) -> int:
    if len(text) > _MOST_DIGITS:
        raise _Refused("a number has too many digits")
    return int(text)


def _no_fraction(_: str) -> NoReturn:
    # Numbers of metrics are text in a report, so that nothing is rounded on the way.
    raise _Refused("a number is no whole number")


def _hold(tree: Tree) -> None:
    """Hold the document against its schema; the first violation only, a hostile one may have very many."""
    found = next(_validator().iter_errors(tree), None)
    if found is not None:
        # Its message quotes the value, which may be of any length: the place and the rule say enough.
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


def _report(tree: Tree) -> CiReport:
    return _make(
        CiReport,
        tree,
        skipped=tuple(tree["skipped"]),
        check=None if tree["check"] is None else _check(tree["check"]),
        failure=None
        if tree["failure"] is None
        else _make(Failure, tree["failure"], details=tuple(tree["failure"]["details"])),
    )


def _check(tree: Tree) -> Check:
    return _make(
        Check,
        tree,
        verdict=_verdict(tree["verdict"]),
        metrics=_each(tree["metrics"], _metric_change),
        beside=_each(tree["beside"], lambda item: _make(Baseline, item)),
        params=_each(tree["params"], lambda item: _make(ParamChange, item)),
        stages=_each(tree["stages"], lambda item: _make(StageRun, item, reasons=tuple(item["reasons"]))),
        history=_each(tree["history"], _history),
    )


def _verdict(tree: Tree) -> Verdict:
    from datetime import date

    try:
        day = date.fromisoformat(tree["evaluated_on"])
    except ValueError as error:
        raise _Refused("`evaluated_on` is no day") from error
    return _make(
        Verdict,
        tree,
        evaluated_on=day,
        candidate=_make(Candidate, tree["candidate"]),
        baselines=_each(tree["baselines"], lambda item: _make(Baseline, item)),
        policy=_make(Policy, tree["policy"]),
        gates_changed=_each(tree["gates_changed"], lambda item: _make(GateChange, item)),
        results=_each(tree["results"], _result),
        notes=_each(tree["notes"], lambda item: _make(Note, item)),
        summary=_make(Summary, tree["summary"]),
    )


def _result(tree: Tree) -> Result:
    _require_numbers(tree, "candidate", "baseline", "change", "change_percent")
    for limit in tree["limits"]:
        _require_numbers(limit, "amount", "allowed")
    return _make(Result, tree, limits=_each(tree["limits"], lambda item: _make(Bound, item)))


def _metric_change(tree: Tree) -> MetricChange:
    _require_numbers(tree, "candidate", "baseline", "change", "change_percent")
    return _make(MetricChange, tree)


def _history(tree: Tree) -> MetricHistory:
    for point in tree["points"]:
        _require_numbers(point, "value")
    return _make(MetricHistory, tree, points=_each(tree["points"], lambda item: _make(HistoryPoint, item)))


def _make(kind: Callable[..., T], tree: Tree, **made: Any) -> T:  # noqa: ANN401 (fields of any record)
    """A record from a valid object; `made` replaces what is no plain value."""
    keys = {field.metadata.get("json", field.name): field.name for field in fields(kind)}  # type: ignore[arg-type]  # a record's class is a dataclass
    return kind(**{keys[key]: value for key, value in (tree | made).items() if key in keys})


def _each(items: Iterable[Tree], make: Callable[[Tree], T]) -> tuple[T, ...]:
    return tuple(make(item) for item in items)


def _require_numbers(tree: Tree, *names: str) -> None:
    """Text that should be a number must be one that can be computed with."""
    from decimal import Decimal

    for name in names:
        value = tree[name]
        if value is None:
            continue
        try:
            number = Decimal(value)
        except ArithmeticError as error:
            raise _Refused(f"`{name}` is no number") from error
        if number.is_finite() and abs(number.adjusted()) > _MOST_EXPONENT:
            raise _Refused(f"`{name}` is no number that a metric can have")


def _require_consistent(report: CiReport) -> None:
    """What is said twice must be the same: the decision is what results and notes give."""
    if (report.check is None) == (report.failure is None):
        raise _Refused("it needs either a check or a failure")
    if report.failure is not None:
        if report.exit_code != report.failure.exit_code:
            raise _Refused("its exit code is not its failure's")
    elif report.check is not None:
        verdict = report.check.verdict
        if verdict.decision != decided(verdict, verdict.notes):
            raise _Refused("its decision is not what its results and notes give")
        if verdict.summary != summarize(verdict.results, verdict.notes):
            raise _Refused("its summary does not count its results and notes")
        if verdict.decision == "block" and report.exit_code == 0:
            raise _Refused("its exit code allows what its verdict blocks")
        if report.exit_code >= Exit.BUG:
            raise _Refused("its exit code is that of a run without a verdict")
