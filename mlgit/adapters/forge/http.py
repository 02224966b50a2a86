"""HTTP: a client for a forge's REST interface that waits and retries, but never creates anything twice."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from mlgit.adapters.forge.failure import SERVER_ERROR, ForgeFailed, Words, error_text, refusal
from mlgit.adapters.forge.waiting import PATIENCE_S, TRIES, fault_pause_s, limit_pause_s, limited
from mlgit.adapters.forge.wire import NoResponse, Request, Response, Wire
from mlgit.core.record import record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mlgit.adapters.forge.wire import Pairs

MAX_PAGES = 200
_TOKEN = re.compile(r"[\x21-\x7e]+")


@record
class _Failed:
    """One failed try. `pause_s` is the wait before the next one, None if a repetition does not help.

    `doubtful`: the forge may have carried out the request.
    """

    failure: ForgeFailed
    pause_s: float | None
    doubtful: bool


class Client:
    """A forge's REST interface below one address. Every method may raise ForgeFailed.

    `api` has no slash at the end. `token` is never shown: it is masked in responses that repeat it. `header`
    is the name and template of the header that carries it: `("Authorization", "Bearer {}")`; `more` are
    further headers of every request.
    """

    def __init__(
        self,
        api: str,
        *,
        token: str,
        header: tuple[str, str],
        words: Words,
        more: Mapping[str, str],
        sleep: Callable[[float], None],
    ) -> None:
        if not _TOKEN.fullmatch(token):
            # requests would refuse the header and quote it.
            raise ForgeFailed(
                f"`{words.token}` has characters that a token cannot have",
                hint="it may contain a space or a line break; set it again",
            )
        self._words = words
        self._token = token
        self._wire = Wire(api, token=token, signed={header[0]: header[1].format(token)}, more=more)
        self._sleep = sleep

    def get(self, path: str, *, what: str, query: Pairs = ()) -> Any:  # noqa: ANN401 (any JSON)
        """Read one document."""
        return self.request(Request(method="GET", path=path, what=what, query=query)).content

    def pages(self, path: str, *, what: str, query: Pairs = (), rows: str | None = None) -> Iterator[Any]:
        """The rows of all pages; `rows` names the list if a response is an object around it.

        Only the query of the link to the next page is used, so that no other server is asked.
        """
        seen: set[Pairs] = set()
        while len(seen) < MAX_PAGES and query not in seen:
            seen.add(query)
            response = self.request(Request(method="GET", path=path, what=what, query=query))
            with self.expected_form():
                found = response.content if rows is None else response.content[rows]
                if not isinstance(found, list):
                    raise TypeError(rows)
                following = _next_query(response.headers.get("link", ""))
            yield from found
            if following is None:
                return
            query = following
        raise ForgeFailed(f"{self._words.name} returns pages without end to {what}")

    def send(self, method: str, path: str, body: Mapping[str, object] | None = None, *, what: str) -> Any:  # noqa: ANN401
        """Make a change that is safe to repeat; the response's JSON."""
        return self.request(Request(method=method, path=path, what=what, body=body)).content

    def create(self, path: str, body: Mapping[str, object], *, what: str, found: Callable[[], Any]) -> Any:  # noqa: ANN401
        """Create something once: `found` looks for it before the request is repeated."""
        return self.request(Request(method="POST", path=path, what=what, body=body, found=found)).content

    def request(self, request: Request) -> Response:
        """A successful response; the request is repeated after temporary failures."""
        left_s, attempt = PATIENCE_S, 0
        while True:
            outcome = self._try(request, attempt)
            if isinstance(outcome, Response):
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
                return Response(status=200, headers={}, content=done)
            if last:
                raise outcome.failure

    def _try(self, request: Request, attempt: int) -> Response | _Failed:
        asked = self._wire.asked(request)
        try:
            response = self._wire.exchange(request)
        except NoResponse as error:
            failure = ForgeFailed(
                self._hidden(f"{self._words.name} {error}"), hint=error.hint, details=(asked,)
            )
            pause_s = None if error.final else fault_pause_s(attempt)
            return _Failed(failure=failure, pause_s=pause_s, doubtful=error.sent)
        status, headers, content = response.status, response.headers, response.content
        if status // 100 == 2:  # noqa: PLR2004 (a success)
            return response
        text = self._hidden(error_text(content))
        failure = refusal(
            status, words=self._words, what=request.what, text=text, headers=headers, asked=asked
        )
        limit_s = limit_pause_s(headers, attempt)
        if limited(status, headers, text):
            hint = f"it wants to be left alone for {limit_s:.0f} s; run the job again after that"
            message = f"{self._words.name} limits requests: {failure.message}"
            failure = ForgeFailed(message, status=status, hint=hint, details=failure.details)
            return _Failed(failure=failure, pause_s=limit_s, doubtful=False)
        if status >= SERVER_ERROR:
            pause_s = limit_s if "retry-after" in headers else fault_pause_s(attempt)
            return _Failed(failure=failure, pause_s=pause_s, doubtful=True)
        return _Failed(failure=failure, pause_s=None, doubtful=False)

    def _hidden(self, text: str) -> str:
        return text.replace(self._token, "***")

    @contextmanager
    def expected_form(self) -> Iterator[None]:
        """Turn the errors of reading a response in an undocumented form into ForgeFailed."""
        try:
            yield
        except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
            raise ForgeFailed(
                f"{self._words.name} returned a response that mlgit does not know ({type(error).__name__})",
                hint="check that the address is that of the REST API",
            ) from None


class allowed:  # noqa: N801 (used as `suppress` is)
    """Ignores a failure with one of these HTTP statuses; None is a failure without a response."""

    def __init__(self, *statuses: int | None) -> None:
        self._statuses = statuses

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: object, error: BaseException | None, __: object) -> bool:
        return isinstance(error, ForgeFailed) and error.status in self._statuses


def _next_query(link: str) -> Pairs | None:
    """The query of the next page, from a Link header (RFC 8288)."""
    if not link:
        return None
    from requests.utils import parse_header_links

    for each in parse_header_links(link):
        if "next" in each.get("rel", "").split():
            return tuple(parse_qsl(urlsplit(each["url"]).query, keep_blank_values=True))
    return None
