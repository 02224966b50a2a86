"""JUnit: one test case per result of a gate, as the widgets of forges read it.

GitLab shows the text inside `failure`, `error` and `skipped`, not their attributes. It distinguishes test
cases by suite, class and name; of two with the same name it would show one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from mlgit.core.ci.report import Failure, failure_of
from mlgit.core.config.file import CONFIG_FILE

if TYPE_CHECKING:
    from mlgit.core.gates.verdict import Check, Note, Result
    from mlgit.errors import MlgitError

# The characters that XML 1.0 cannot contain, not even escaped.
_FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>'


def junit(record: Check) -> str:
    """The verdict as XML; only what blocks is a failure or an error."""
    verdict = record.verdict
    cases = [_result_case(result) for result in verdict.results]
    cases += _note_cases([note for note in verdict.notes if note.effect == "block"])
    errors = [result for result in verdict.results if result.effect == "block" and result.outcome == "error"]
    skipped = [result for result in verdict.results if result.outcome == "skipped"]
    return _document(
        cases,
        failures=verdict.summary.blocking - len(errors),
        errors=len(errors),
        skipped=len(skipped),
        output=[f"{note.effect}: {note.message}" for note in verdict.notes],
    )


def failure(error: MlgitError | Failure) -> str:
    """The document without a verdict: one case, in error."""
    why = failure_of(error)
    where = "" if why.place is None else f"{why.place}: "
    details = "\n".join([f"{where}{why.message}", *why.details, *_hint(why.hint)])
    inner = f'    <error{_message(why.message)} type="no_verdict">{_text(details)}</error>'
    return _document([_case("mlgit", "verdict", inner)], failures=0, errors=1, skipped=0, output=[])


def _result_case(result: Result) -> str:
    inner = ""
    message = _message(result.message)
    if result.effect == "block":
        tag = "error" if result.outcome == "error" else "failure"
        # Some readers treat a `type` such as `file` or `yaml` as the type of the content.
        reason = quoteattr(f"mlgit.{_legal(result.reason or result.outcome)}")
        inner = f"    <{tag}{message} type={reason}>{_details(result)}</{tag}>"
    elif result.outcome == "skipped":
        inner = f"    <skipped{message}>{_text(result.message)}</skipped>"
    elif result.outcome != "pass":
        word = f"waived by {result.waiver}" if result.waiver else result.effect
        inner = f"    <system-out>{_text(f'{result.outcome} ({word}): {result.message}')}</system-out>"
    return _case(result.model or "gates", result.gate, inner)


def _note_cases(notes: list[Note]) -> list[str]:
    """One case per note; notes with the same code are numbered from the second on."""
    seen: dict[tuple[str, str], int] = {}
    cases = []
    for note in notes:
        group = note.model or "gates"
        number = seen[group, note.code] = seen.get((group, note.code), 0) + 1
        text = "\n".join([note.message, *_hint(note.hint)])
        start = f"<failure{_message(note.message)} type={quoteattr(f'mlgit.{_legal(note.code)}')}>"
        name = note.code if number == 1 else f"{note.code} ({number})"
        cases.append(_case(group, name, f"    {start}{_text(text)}</failure>"))
    return cases


def _details(result: Result) -> str:
    lines = [result.message]
    if result.candidate is not None:
        lines.append(f"candidate: {result.candidate} from {result.file}:{result.key}")
    if result.baseline is not None:
        lines.append(f"baseline: {result.baseline} from {result.baseline_file}:{result.baseline_key}")
    return _text("\n".join([*lines, *_hint(result.hint)]))


def _hint(hint: str | None) -> list[str]:
    return [f"hint: {hint}"] if hint else []


def _case(group: str, name: str, inner: str) -> str:
    names = f"classname={quoteattr(_legal(group))} name={quoteattr(_legal(name))}"
    start = f'  <testcase {names} file="{CONFIG_FILE}"'
    return f"{start}>\n{inner}\n  </testcase>" if inner else f"{start}/>"


def _document(cases: list[str], *, failures: int, errors: int, skipped: int, output: list[str]) -> str:
    counts = f'tests="{len(cases)}" failures="{failures}" errors="{errors}" skipped="{skipped}"'
    log = [f"  <system-out>{_text(chr(10).join(output))}</system-out>"] if output else []
    head = [_HEAD, f'<testsuites name="mlgit" {counts}>', f'<testsuite name="mlgit check" {counts}>']
    return "\n".join([*head, *cases, *log, "</testsuite>", "</testsuites>", ""])


def _message(text: str) -> str:
    return f" message={quoteattr(_legal(text))}"


def _text(text: str) -> str:
    return escape(_legal(text))


def _legal(text: str) -> str:
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)
