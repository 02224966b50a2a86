"""GitHub checks: a check run with annotations, or a commit status if check runs are not allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlgit.adapters.forge import fields
from mlgit.adapters.forge.failure import FORBIDDEN, NOT_FOUND
from mlgit.adapters.forge.http import Client, allowed
from mlgit.adapters.forge.limits import commit, sendable, shortened, web_address
from mlgit.adapters.forge.wire import Request

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlgit.core.forge.protocol import Annotation, CheckRun, CheckState

ANNOTATIONS_PER_REQUEST = 50
MAX_ANNOTATIONS = 500
MAX_SUMMARY, MAX_TITLE, MAX_MESSAGE, MAX_DESCRIPTION, MAX_URL = 65_000, 250, 15_000, 140, 2_000
# The states of a status that differ. It cannot require an action, but a pending one stops a merge as well.
_STATES: dict[CheckState, str] = {"running": "pending", "action_required": "pending"}


def set_check(client: Client, path: str, check: CheckRun, *, login: Callable[[], str]) -> str | None:
    """Set the check run of that name, or the status if check runs are not allowed; the address of its page.

    Annotations beyond MAX_ANNOTATIONS are left out; the summary and the comment have all of them.
    """
    commit(check.sha)
    # Only apps may create check runs, and only with the right to do so. Some servers have none at all; if the
    # commit is what is missing, the status is refused as well.
    with allowed(FORBIDDEN, NOT_FOUND):
        return _CheckRun(client, path, check, login=login()).set()
    return _set_status(client, path, check)


class _CheckRun:
    """The check run of one name on one commit, below the `path` of its repository."""

    def __init__(self, client: Client, path: str, check: CheckRun, *, login: str) -> None:
        self._client = client
        self._path = path
        self._check = check
        self._login = login

    def set(self) -> str | None:
        """Continue this user's run if it is not completed, or create one; the address of its page.

        GitHub adds the annotations of an update to the existing ones, so a completed run is not changed. The
        newest run of a name is the one that counts.
        """
        client, check = self._client, self._check
        first, *others = _batches(check)
        body = _body(check, first)
        newest = self._newest()
        with client.expected_form():
            unfinished = newest is not None and fields.text(newest, "status") != "completed"
            path = f"{self._path}/check-runs/{fields.number(newest, 'id')}" if unfinished else ""
        if unfinished:
            row = client.send("PATCH", path, body, what="change a check")
        else:
            body |= {"name": shortened(check.name, MAX_TITLE), "head_sha": check.sha}
            path = f"{self._path}/check-runs"
            row = client.create(path, body, what="create a check", found=self._created)
        with client.expected_form():
            path = f"{self._path}/check-runs/{fields.number(row, 'id')}"
        for done, batch in enumerate(others, start=1):
            self._add(path, batch, known=done * ANNOTATIONS_PER_REQUEST)
        return fields.text_or_none(row, "html_url")

    def _add(self, path: str, batch: list[dict[str, object]], *, known: int) -> None:
        """Send a further batch, once; `known` is how many annotations the run has before."""
        client = self._client

        def added() -> Any:  # noqa: ANN401 (any JSON)
            row = client.get(path, what="read the check")
            with client.expected_form():
                return row if fields.number(row, "output", "annotations_count") > known else None

        body = {"output": {**_output(self._check), "annotations": batch}}
        what = "add annotations to a check"
        client.request(Request(method="PATCH", path=path, what=what, body=body, found=added))

    def _created(self) -> Any:  # noqa: ANN401
        """The newest run, if it has the state of the check."""
        row = self._newest()
        state = fields.text_or_none(row, "conclusion") or "running"
        return row if row is not None and state == self._check.state else None

    def _newest(self) -> Any:  # noqa: ANN401
        """The user's newest run of that name; None if there is none."""
        check = self._check
        query = (("check_name", shortened(check.name, MAX_TITLE)), ("filter", "latest"), ("per_page", "100"))
        path = f"{self._path}/commits/{check.sha}/check-runs"
        rows = list(self._client.pages(path, what="read the checks", query=query, rows="check_runs"))
        own = [row for row in rows if f"{fields.text_or_none(row, 'app', 'slug')}[bot]" == self._login]
        with self._client.expected_form():
            return max(own, key=lambda row: fields.number(row, "id"), default=None)


def _set_status(client: Client, path: str, check: CheckRun) -> str | None:
    address = web_address(check.url, MAX_URL)
    body = {
        "state": _STATES.get(check.state, check.state),
        "context": shortened(check.name, MAX_TITLE),
        "description": shortened(check.title, MAX_DESCRIPTION),
        **({"target_url": address} if address else {}),
    }
    # A repetition shows the same.
    client.send("POST", f"{path}/statuses/{check.sha}", body, what="set a commit status")
    return address


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
    starts = range(0, max(1, len(rows)), ANNOTATIONS_PER_REQUEST)
    return [rows[start : start + ANNOTATIONS_PER_REQUEST] for start in starts]


def _annotation(annotation: Annotation) -> dict[str, object]:
    return {
        "path": sendable(annotation.path),
        "start_line": annotation.line,
        "end_line": annotation.line,
        "annotation_level": annotation.level,
        "title": shortened(annotation.title, MAX_TITLE),
        "message": shortened(annotation.message, MAX_MESSAGE) or annotation.level,
    }
