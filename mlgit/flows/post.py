"""Post: write a report to its pull requests and set its check, and report everything that failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from mlgit.adapters.runner.files import append_summary
from mlgit.core.forge.hosts import HOSTS, Host
from mlgit.core.forge.posting import Posting, PostResult, SetCheck, WrittenComment
from mlgit.errors import ToolError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mlgit.core.forge.protocol import Forge, PullRequest

T = TypeVar("T")


def post(
    posting: Posting, *, connected: Callable[[], Forge | None], variables: Mapping[str, str]
) -> PostResult:
    """Set the check first, because a merge waits for it, then write the comments.

    A refusal of the forge does not stop the rest. `connected` returns None without a token. A report that is
    on no pull request goes to the summary of the run.
    """
    work = _PostWork(posting)
    forge = work.attempt(connected)
    if forge is not None:
        work.set_check(forge)
        for pull in work.pull_requests(forge):
            work.comment(forge, pull)
    elif not work.problems:
        work.skipped.append(_without_forge(posting.host))
    if not work.comments and not posting.running:
        append_summary(variables, posting.body)
    return work.result()


def _without_forge(host: Host | None) -> str:
    if host is None:
        return "nothing was posted: `origin` is not on a known forge, or there is no token for it"
    return f"nothing was posted: `{HOSTS[host].tokens[0]}` is not set"


class _PostWork:
    """The steps of one posting, and what came of them."""

    def __init__(self, posting: Posting) -> None:
        self._posting = posting
        self._check: SetCheck | None = None
        self.comments: list[WrittenComment] = []
        self.skipped: list[str] = []
        self.problems: list[str] = []

    def attempt(self, step: Callable[[], T]) -> T | None:
        """The step's result; None if the forge refused, which is added to `problems`."""
        try:
            return step()
        except ToolError as error:
            hint = f"; {error.hint}" if error.hint else ""
            self.problems.append(f"{error.message}{hint}")
            return None

    def set_check(self, forge: Forge) -> None:
        """Set the check on its commit, if the posting has one."""
        check = self._posting.check
        if check is None:
            return
        before = len(self.problems)
        url = self.attempt(lambda: forge.set_check(check))
        if len(self.problems) == before:
            self._check = SetCheck(name=check.name, commit=check.sha, state=check.state, url=url)

    def pull_requests(self, forge: Forge) -> Sequence[PullRequest]:
        """The report's pull requests, confirmed by the forge."""
        posting = self._posting
        if posting.number is not None:
            number = posting.number
            return self._if_current(number, self.attempt(lambda: forge.pull_request(number)))
        if posting.branch is None or posting.commit is None:
            self.skipped.append("no comment was written: the run does not belong to a pull request")
            return ()
        branch, commit = posting.branch, posting.commit
        found = self.attempt(lambda: forge.pull_requests_of(branch=branch, sha=commit, owner=posting.owner))
        if found is not None and not found:
            self.skipped.append(f"no comment was written: no open pull request has {commit[:7]} as its head")
        return found or ()

    def _if_current(self, number: int, found: PullRequest | None) -> Sequence[PullRequest]:
        if found is None:
            if not self.problems:
                self.skipped.append(f"no comment was written: there is no pull request {number}")
            return ()
        if found.head_sha not in self._posting.commits:
            # The run of the newer commit writes the comment; an old report must not replace it.
            self.skipped.append(f"no comment was written: the branch is already at {found.head_sha[:7]}")
            return ()
        return (found,)

    def comment(self, forge: Forge, pull: PullRequest) -> None:
        """Write the one comment of this key on a pull request."""
        from mlgit.project.forge.comments import post as write
        from mlgit.render.report.report import marker

        posting = self._posting
        before, key = len(self.problems), marker(posting.key)
        quiet = posting.only_update is not None
        posted = self.attempt(lambda: write(forge, pull.number, posting.body, marker=key, only_update=quiet))
        if posted is not None:
            self.comments.append(WrittenComment(number=pull.number, action=posted.action, url=posted.url))
        elif len(self.problems) == before:
            self.skipped.append(f"no comment was written: {posting.only_update}")

    def result(self) -> PostResult:
        posting = self._posting
        return PostResult(
            host=posting.host,
            commit=posting.commit,
            comments=tuple(self.comments),
            check=self._check,
            skipped=tuple(self.skipped),
            problems=tuple(self.problems),
            body=posting.body,
            exit_code=ToolError.exit_code if self.problems else posting.exit_code,
        )
