"""Brief: reports without a verdict: still running, or none can be formed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.ci.report import failure_of
from mlgit.render.escape import code, prose
from mlgit.render.report.footer import marker, run_link

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlgit.core.ci.report import Failure, Mode
    from mlgit.errors import MlgitError

_MOST = 20


def running(commit: str | None, *, key: str = "mlgit", run_url: str | None = None) -> str:
    """The report while the run goes on, so that no verdict of an earlier commit is taken for this one's."""
    where = f" on {code(commit[:7])}" if commit else ""
    link = "".join(f" · {link}" for link in run_link(run_url))
    lines = [f"### ⏳ Running{where}", "", f"The verdict will stand here{link}", "", marker(key), ""]
    return "\n".join(lines)


def failure(
    error: MlgitError | Failure,
    *,
    key: str = "mlgit",
    run_url: str | None = None,
    untrusted: bool = False,
    skipped: Sequence[str] = (),
    commit: str | None = None,
    mode: Mode = "check",
) -> str:
    """The report when no verdict can be formed, so that no green one of before remains.

    Args:
        error: what went wrong.
        key: whose comment it is.
        run_url: the run's page.
        untrusted: whether a fork's code said so.
        skipped: what could not be looked at, a line each.
        commit: what was to be judged.
        mode: whether the pipeline was run.
    """
    told = failure_of(error)
    place = f" ({code(told.place)})" if told.place else ""
    fork = " · computed by fork code" if untrusted else ""
    bullets = [f"- expected: {prose(told.expected)}"] if told.expected else []
    bullets += [f"- {prose(detail)}" for detail in told.details[:_MOST]]
    bullets += [f"- hint: {prose(told.hint)}"] if told.hint else []
    bullets += [f"- Not checked: {prose(reason)}" for reason in skipped[:_MOST]]
    parts = [code(commit[:7])] if commit else []
    parts += [*run_link(run_url), f"exit code {told.exit_code}"]
    lines = [f"### ❌ No verdict: {prose(told.message)}{place}{fork}", ""]
    lines += [*bullets, ""] if bullets else []
    lines += ["```sh", "# the same in your clone", "mlgit run" if mode == "run" else "mlgit check", "```", ""]
    lines += [f"<sub>{' · '.join(parts)}</sub>", "", marker(key), ""]
    return "\n".join(lines)
