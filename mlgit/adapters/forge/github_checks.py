"""GitHub checks: a check run with annotations, or a commit status where check runs are not allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlgit.adapters.forge import fields
from mlgit.adapters.forge.failure import FORBIDDEN, ForgeFailed
from mlgit.adapters.forge.http import Client, understood
from mlgit.adapters.forge.limits import commit, sendable, shortened, web_address
from mlgit.adapters.forge.wire import Request

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlgit.core.forge.protocol import Annotation, CheckRun, CheckState

ANNOTATIONS_A_REQUEST = 50
MAX_ANNOTATIONS = 500
MAX_SUMMARY, MAX_TITLE, MAX_MESSAGE, MAX_DESCRIPTION, MAX_URL = 65_000, 250, 15_000, 140, 2_000
_STATES: dict[CheckState, str] = {
    "running": "pending",
    "success": "success",
    "failure": "failure",
    # A status knows no third colour; a neutral check does not hold up a merge either.
    "neutral": "success",
}


def set_check(client: Client, place: str, check: CheckRun, *, login: Callable[[], str]) -> str | None:
    """Set the check run, else the status, of that name; the address of its page.

    Annotations beyond MAX_ANNOTATIONS are left out; the summary and the comment have them all.
    """
    commit(check.sha)
    try:
        return _check_run(client, place, check, login=login)
    except ForgeFailed as failure:
        # Only apps may have check runs, and only with the right to.
        if failure.status != FORBIDDEN:
            raise
    return _status(client, place, check)


def _check_run(client: Client, place: str, check: CheckRun, *, login: Callable[[], str]) -> str | None:
    """A run of ours that is not completed is taken further, else a new one is made.

    GitHub adds the annotations of an update to those there are, so that a completed run is not touched;
    the newest run of a name is the one that counts.
    """
    batches = _batches(check)
    run = _unfinished(client, place, check, login=login())
    body = _body(check, batches[0])
    if run is None:
        body |= {"name": shortened(check.name, MAX_TITLE), "head_sha": check.sha}
        row = client.create(
            f"{place}/check-runs",
            body,
            what="create a check",
            found=lambda: _written(client, place, check, login=login()),
        )
    else:
        row = client.send("PATCH", f"{place}/check-runs/{run}", body, what="change a check")
    with understood(client.words):
        run, url = fields.number(row, "id"), fields.text_or_none(row, "html_url")
    for done, batch in enumerate(batches[1:], start=1):
        _add(client, f"{place}/check-runs/{run}", check, batch, known=done * ANNOTATIONS_A_REQUEST)
    return url


def _body(check: CheckRun, annotations: list[dict[str, object]]) -> dict[str, object]:
    running = check.state == "running"
    state = {"status": "in_progress"} if running else {"status": "completed", "conclusion": check.state}
    address = web_address(check.url, MAX_URL)
    return {
        **state,
        **({"details_url": address} if address else {}),
        "output": {**_output(check), **({"annotations": annotations} if annotations else {})},
    }


def _output(check: CheckRun) -> dict[str, object]:
    title = shortened(check.title, MAX_TITLE) or check.state
    return {"title": title, "summary": shortened(check.summary, MAX_SUMMARY) or title}


def _batches(check: CheckRun) -> list[list[dict[str, object]]]:
    rows = [_annotation(each) for each in check.annotations[:MAX_ANNOTATIONS]]
    starts = range(0, max(1, len(rows)), ANNOTATIONS_A_REQUEST)
    return [rows[start : start + ANNOTATIONS_A_REQUEST] for start in starts]


def _annotation(annotation: Annotation) -> dict[str, object]:
    return {
        "path": sendable(annotation.path),
        "start_line": annotation.line,
        "end_line": annotation.line,
        "annotation_level": annotation.level,
        "title": shortened(annotation.title, MAX_TITLE),
        "message": shortened(annotation.message, MAX_MESSAGE) or annotation.level,
    }


def _add(client: Client, path: str, check: CheckRun, batch: list[dict[str, object]], *, known: int) -> None:
    """Send a further batch, once."""

    def added() -> Any:  # noqa: ANN401 (any JSON)
        row = client.get(path, what="read the check")
        with understood(client.words):
            return row if fields.number(row, "output", "annotations_count") > known else None

    body = {"output": {**_output(check), "annotations": batch}}
    what = "add annotations to a check"
    client.ask(Request(method="PATCH", path=path, what=what, body=body, found=added))


def _unfinished(client: Client, place: str, check: CheckRun, *, login: str) -> int | None:
    """The newest run of ours by that name, unless it is completed."""
    row = _newest(client, place, check, login=login)
    with understood(client.words):
        return None if row is None or fields.text(row, "status") == "completed" else fields.number(row, "id")


def _written(client: Client, place: str, check: CheckRun, *, login: str) -> Any:  # noqa: ANN401
    """The run that was made, if its state is what was asked for."""
    row = _newest(client, place, check, login=login)
    state = fields.text_or_none(row, "conclusion") or "running"
    return row if row is not None and state == check.state else None


def _newest(client: Client, place: str, check: CheckRun, *, login: str) -> Any:  # noqa: ANN401
    query = (("check_name", shortened(check.name, MAX_TITLE)), ("filter", "latest"), ("per_page", "100"))
    path = f"{place}/commits/{check.sha}/check-runs"
    rows = list(client.pages(path, what="read the checks", query=query, rows="check_runs"))
    ours = [row for row in rows if f"{fields.text_or_none(row, 'app', 'slug')}[bot]" == login]
    with understood(client.words):
        return max(ours, key=lambda row: fields.number(row, "id"), default=None)


def _status(client: Client, place: str, check: CheckRun) -> str | None:
    address = web_address(check.url, MAX_URL)
    body = {
        "state": _STATES[check.state],
        "context": shortened(check.name, MAX_TITLE),
        "description": shortened(check.title, MAX_DESCRIPTION),
        **({"target_url": address} if address else {}),
    }
    # Setting it twice shows the same.
    client.send("POST", f"{place}/statuses/{check.sha}", body, what="set a commit status")
    return address
