"""JUnit: one test case a gate's result, as the widgets of forges read it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

if TYPE_CHECKING:
    from mlgit.core.verdict import Check, Note, Result
    from mlgit.errors import MlgitError

# Everything that XML 1.0 cannot hold, not even escaped.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>'


def junit(record: Check) -> str:
    """The verdict as XML; only what blocks is a failure or an error."""
    verdict = record.verdict
    cases = [_result_case(result) for result in verdict.results]
    cases += [_note_case(note) for note in verdict.notes if note.effect == "block"]
    errors = [result for result in verdict.results if result.effect == "block" and result.outcome == "error"]
    skipped = [result for result in verdict.results if result.outcome == "skipped"]
    return _document(
        cases,
        failures=verdict.summary.blocking - len(errors),
        errors=len(errors),
        skipped=len(skipped),
        output=[f"{note.effect}: {note.message}" for note in verdict.notes],
    )


def failure(error: MlgitError) -> str:
    """The document when no verdict can be formed: one case, in error."""
    where = "" if error.location is None else f"{error.location}: "
    details = "\n".join([f"{where}{error.message}", *error.details])
    case = _case("mlgit", "verdict", f"    <error{_message(error.message)}>{_text(details)}</error>")
    return _document([case], failures=0, errors=1, skipped=0, output=[])


def _result_case(result: Result) -> str:
    inner = ""
    message = _message(result.message)
    if result.effect == "block":
        tag = "error" if result.outcome == "error" else "failure"
        reason = quoteattr(_legal(result.reason or result.outcome))
        inner = f"    <{tag}{message} type={reason}>{_details(result)}</{tag}>"
    elif result.outcome == "skipped":
        inner = f"    <skipped{message}/>"
    elif result.outcome != "pass":
        word = f"waived by {result.waiver}" if result.waiver else result.effect
        inner = f"    <system-out>{_text(f'{result.outcome} ({word}): {result.message}')}</system-out>"
    return _case(result.model or "gates", result.gate, inner)


def _note_case(note: Note) -> str:
    return _case(note.model or "gates", note.code, f"    <failure{_message(note.message)}/>")


def _details(result: Result) -> str:
    lines = [
        f"candidate: {result.candidate} from {result.file}:{result.key}",
        f"baseline: {result.baseline} from {result.baseline_file}:{result.baseline_key}",
        f"hint: {result.hint}",
    ]
    shown = [line for line in lines if "None from" not in line and line != "hint: None"]
    return _text("\n".join([result.message, *shown]))


def _case(group: str, name: str, inner: str) -> str:
    start = f"  <testcase classname={quoteattr(_legal(group))} name={quoteattr(_legal(name))}"
    return f"{start}>\n{inner}\n  </testcase>" if inner else f"{start}/>"


def _document(cases: list[str], *, failures: int, errors: int, skipped: int, output: list[str]) -> str:
    counts = f'tests="{len(cases)}" failures="{failures}" errors="{errors}" skipped="{skipped}"'
    log = [f"  <system-out>{_text(chr(10).join(output))}</system-out>"] if output else []
    return "\n".join(
        [
            _HEAD,
            f'<testsuites name="mlgit" {counts}>',
            f'<testsuite name="mlgit check" {counts}>',
            *cases,
            *log,
            "</testsuite>",
            "</testsuites>",
            "",
        ]
    )


def _message(text: str) -> str:
    return f" message={quoteattr(_legal(text))}"


def _text(text: str) -> str:
    return escape(_legal(text))


def _legal(text: str) -> str:
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)
