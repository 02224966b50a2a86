"""No verdict: the reports of a run that is not finished, or that failed before its verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlgit.core.ci.report import Failure, failure_of
from mlgit.render.escape import code, prose
from mlgit.render.report.footer import marker, run_link
from mlgit.render.report.layout import ReportContext

if TYPE_CHECKING:
    from mlgit.errors import MlgitError

_MOST = 20
_LOCAL = ReportContext()


def running(commit: str | None, *, key: str = "mlgit", run_url: str | None = None) -> str:
    """The report of a run that is not finished, so that an older verdict is not taken as the current one."""
    where = f" on {code(commit[:7])}" if commit else ""
    link = "".join(f" · {link}" for link in run_link(run_url))
    lines = [f"### ⏳ Running{where}", "", f"The verdict will appear here{link}", "", marker(key), ""]
    return "\n".join(lines)


def failure(error: MlgitError | Failure, context: ReportContext = _LOCAL) -> str:
    """The report when there is no verdict, so that no older green report remains."""
    why = failure_of(error)
    place = f" ({code(why.place)})" if why.place else ""
    fork = " · computed by fork code" if context.untrusted else ""
    bullets = [f"- expected: {prose(why.expected)}"] if why.expected else []
    bullets += [f"- {prose(detail)}" for detail in why.details[:_MOST]]
    bullets += [f"- hint: {prose(why.hint)}"] if why.hint else []
    bullets += [f"- Not checked: {prose(reason)}" for reason in context.skipped[:_MOST]]
    parts = [code(context.commit[:7])] if context.commit else []
    parts += [*run_link(context.run_url), f"exit code {why.exit_code}"]
    lines = [f"### ❌ No verdict: {prose(why.message)}{place}{fork}", ""]
    lines += [*bullets, ""] if bullets else []
    command = "mlgit run" if context.mode == "run" else "mlgit check"
    lines += ["```sh", "# the same in your clone", command, "```", ""]
    lines += [f"<sub>{' · '.join(parts)}</sub>", "", marker(context.key), ""]
    return "\n".join(lines)
