"""Failure: the error for a refusal of a forge, with a hint what to change and without a token."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mlgit.core.record import record
from mlgit.errors import ToolError

if TYPE_CHECKING:
    from collections.abc import Mapping

UNAUTHORIZED, FORBIDDEN, NOT_FOUND = 401, 403, 404
SERVER_ERROR = 500
_LONGEST = 400
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")
# The rights of which GitHub needs one: `issues=write; pull_requests=write`.
_RIGHTS = re.compile(r"[a-z_]+=(?:read|write|admin)(?:[;,] ?[a-z_]+=(?:read|write|admin))*")


class ForgeFailed(ToolError):  # noqa: N818 (what happened, as GitFailed)
    """The forge refused, cannot be reached, or sent a response that mlgit does not understand.

    `status` is the HTTP status, None without a response.
    """

    code = "forge_failed"

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        hint: str | None = None,
        details: tuple[str, ...] = (),
    ) -> None:
        super().__init__(message, hint=hint, details=details)
        self.status = status


@record
class Words:
    """The words for a forge in errors: name, variable with the token, and the right needed to write."""

    name: str
    token: str
    right: str


def refusal(
    status: int, *, words: Words, what: str, text: str, headers: Mapping[str, str], asked: str
) -> ForgeFailed:
    """The error for a status that is not a success.

    `what` is the task, as it follows "to": `write a comment`. `text` is the forge's own message
    (`error_text`); `headers` are by lower-case name; `asked` is method and address, without a query.
    """
    problem, hint = f"refuses to {what}", None
    if status == UNAUTHORIZED:
        problem = "does not accept the token"
        hint = f"check `{words.token}`: it may have expired or belong to another server"
    elif status == FORBIDDEN:
        problem = f"does not allow this token to {what}"
        hint = _rights_hint(words, headers.get("x-accepted-github-permissions", ""))
    elif status == NOT_FOUND:
        problem = f"has nothing there to {what}"
        hint = f"it is gone, or the token in `{words.token}` may not see it"
    elif status >= SERVER_ERROR:
        problem, hint = f"fails to {what}", f"{words.name} has an internal error; run the job again later"
    message = f"{words.name} {problem} ({status}){f': {text}' if text else ''}"
    return ForgeFailed(message, status=status, hint=hint, details=(asked,))


def _rights_hint(words: Words, accepted: str) -> str:
    if _RIGHTS.fullmatch(accepted):
        rights = [
            f"`{right.strip().replace('_', '-').replace('=', ': ')}`" for right in re.split("[;,]", accepted)
        ]
        return f"the job's `permissions:` need {' or '.join(rights)}; a fork's token can only read"
    return words.right


def error_text(content: object) -> str:
    """The forge's own message: GitHub's `message` with `errors`, GitLab's `message` or `error`."""
    if not isinstance(content, dict):
        return ""
    parts = [_flat(content.get("message", content.get("error")))]
    parts += [_flat(content["error_description"])] if "error_description" in content else []
    errors = content.get("errors")
    parts += [_problem(each) for each in errors[:5]] if isinstance(errors, list) else []
    return clean(": ".join(part for part in parts if part))


def _flat(value: object) -> str:
    """A message as text: GitLab's are texts, lists, or lists by field."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {_flat(each)}" for name, each in list(value.items())[:5])
    if isinstance(value, list):
        return ", ".join(_flat(each) for each in value[:5])
    return "" if value is None else str(value)


def _problem(error: Any) -> str:  # noqa: ANN401 (any JSON)
    if not isinstance(error, dict):
        return _flat(error)
    if error.get("message"):
        return str(error["message"])
    return " ".join(str(error[key]) for key in ("field", "code") if error.get(key))


def clean(text: str) -> str:
    """An outsider's text as one line without control characters, cut if it is long."""
    line = _CONTROL.sub(" ", text).strip().rstrip(".")
    return line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…"
