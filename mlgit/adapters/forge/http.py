"""HTTP: asking a forge with patience: waits when told to, comes back after faults, does nothing twice."""

from __future__ import annotations

import re
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from mlgit.adapters.forge.failure import SERVER_ERROR, ForgeFailed, Words, error_text, refusal
from mlgit.adapters.forge.waiting import PATIENCE_S, TRIES, fault_pause_s, limit_pause_s, limited
from mlgit.adapters.forge.wire import Answer, Lost, Request, Wire
from mlgit.core.record import record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mlgit.adapters.forge.wire import Pairs

MAX_PAGES = 200
_TOKEN = re.compile(r"[\x21-\x7e]+")


@record
class _Trouble:
    """Why there is no good answer; `pause_s` is None when asking again does not help.

    `doubtful`: what was asked may have been done all the same.
    """

    failure: ForgeFailed
    pause_s: float | None
    doubtful: bool


class Client:
    """A forge's REST interface below one address. Every method may raise ForgeFailed.

    Args:
        api: the address, without a slash at the end.
        token: never shown; what a forge echoes of it is blotted out.
        header: name and form of the header that carries the token: `("Authorization", "Bearer {}")`.
        words: how to speak of the forge in errors.
        more: further headers of every request.
        sleep: how to wait, in seconds.
    """

    def __init__(
        self,
        api: str,
        *,
        token: str,
        header: tuple[str, str],
        words: Words,
        more: Mapping[str, str],
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if not _TOKEN.fullmatch(token):
            # requests would refuse the header and quote it.
            raise ForgeFailed(
                f"`{words.token}` has characters that no token has",
                hint="a line break or a blank may have slipped in; set it again",
            )
        self.words = words
        self._token = token
        self._wire = Wire(api, token=token, signed={header[0]: header[1].format(token)}, more=more)
        self._sleep = sleep

    def get(self, path: str, *, what: str, query: Pairs = ()) -> Any:  # noqa: ANN401 (any JSON)
        """One document."""
        return self.ask(Request(method="GET", path=path, what=what, query=query)).content

    def pages(self, path: str, *, what: str, query: Pairs = (), rows: str | None = None) -> Iterator[Any]:
        """The rows of all pages; `rows` names the list where an answer is an object round it.

        Of the link to the next page only the query is used, so that nothing is asked of another place.
        """
        seen: set[Pairs] = set()
        while len(seen) < MAX_PAGES and query not in seen:
            seen.add(query)
            answer = self.ask(Request(method="GET", path=path, what=what, query=query))
            with understood(self.words):
                found = answer.content if rows is None else answer.content[rows]
                if not isinstance(found, list):
                    raise TypeError(rows)
                following = _next_query(answer.headers.get("link", ""))
            yield from found
            if following is None:
                return
            query = following
        raise ForgeFailed(f"{self.words.name} does not come to an end with the pages to {what}")

    def send(self, method: str, path: str, body: Mapping[str, object] | None = None, *, what: str) -> Any:  # noqa: ANN401
        """Change something where doing it twice is as good as once; the answer's JSON."""
        return self.ask(Request(method=method, path=path, what=what, body=body)).content

    def create(self, path: str, body: Mapping[str, object], *, what: str, found: Callable[[], Any]) -> Any:  # noqa: ANN401
        """Make something new, once: `found` looks for it before it is asked for again."""
        return self.ask(Request(method="POST", path=path, what=what, body=body, found=found)).content

    def ask(self, request: Request) -> Answer:
        """A good answer, asked for again after what passes."""
        left_s, attempt = PATIENCE_S, 0
        while True:
            outcome = self._once(request, attempt)
            if isinstance(outcome, Answer):
                return outcome
            attempt += 1
            found = request.found if outcome.doubtful else None
            pause_s = outcome.pause_s
            last = pause_s is None or pause_s > left_s or attempt == TRIES
            if last and found is None:
                raise outcome.failure
            wait_s = fault_pause_s(0) if last or pause_s is None else pause_s
            self._sleep(wait_s)
            left_s -= wait_s
            done = None if found is None else found()
            if done is not None:
                return Answer(status=200, headers={}, content=done)
            if last:
                raise outcome.failure

    def _once(self, request: Request, attempt: int) -> Answer | _Trouble:
        try:
            answer = self._wire.exchange(request)
        except Lost as lost:
            failure = ForgeFailed(
                self._hidden(f"{self.words.name} {lost}"),
                hint=lost.hint,
                details=(self._wire.asked(request),),
            )
            pause_s = None if lost.final else fault_pause_s(attempt)
            return _Trouble(failure=failure, pause_s=pause_s, doubtful=lost.sent)
        status, headers = answer.status, answer.headers
        if status // 100 == 2:  # noqa: PLR2004 (a success)
            return answer
        failure = refusal(
            status,
            words=self.words,
            what=request.what,
            content=answer.content,
            headers=headers,
            asked=self._wire.asked(request),
        )
        failure = ForgeFailed(
            self._hidden(failure.message), status=status, hint=failure.hint, details=failure.details
        )
        if limited(status, headers, error_text(answer.content)):
            return self._limited(failure, limit_pause_s(headers, attempt))
        if status >= SERVER_ERROR:
            told_s = limit_pause_s(headers, attempt) if "retry-after" in headers else fault_pause_s(attempt)
            return _Trouble(failure=failure, pause_s=told_s, doubtful=True)
        return _Trouble(failure=failure, pause_s=None, doubtful=False)

    def _limited(self, failure: ForgeFailed, pause_s: float) -> _Trouble:
        told = ForgeFailed(
            f"{self.words.name} was asked too often: {failure.message}",
            status=failure.status,
            hint=f"it wants to be left alone for {pause_s:.0f} s; run the job again after that",
            details=failure.details,
        )
        return _Trouble(failure=told, pause_s=pause_s, doubtful=False)

    def _hidden(self, text: str) -> str:
        return text.replace(self._token, "***")


@contextmanager
def understood(words: Words) -> Iterator[None]:
    """Makes an answer of another form than documented a failure instead of a bug."""
    try:
        yield
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise ForgeFailed(
            f"{words.name} answers in a form that mlgit does not know ({type(error).__name__})",
            hint="is the address that of a REST interface?",
        ) from None


def _next_query(link: str) -> Pairs | None:
    """The query of the next page, from a Link header (RFC 8288)."""
    if not link:
        return None
    from requests.utils import parse_header_links

    for each in parse_header_links(link):
        if "next" in each.get("rel", "").split():
            return tuple(parse_qsl(urlsplit(each["url"]).query, keep_blank_values=True))
    return None
