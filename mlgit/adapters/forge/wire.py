"""Wire: one request to a forge and its response, with limits on time, size and where the token goes."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from mlgit import __version__
from mlgit.adapters.forge.failure import ForgeFailed, clean
from mlgit.core.addresses import without_passwords
from mlgit.core.record import record

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import requests

    Pairs = tuple[tuple[str, str], ...]

CONNECT_S, READ_S, WHOLE_ANSWER_S = 10.0, 30.0, 120.0
# A page of a hundred comments of the maximum length is smaller.
MAX_ANSWER_BYTES = 64 * 1024 * 1024
_MAX_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 307, 308})
_CHUNK_BYTES = 64 * 1024
_REACH = "check the server's address and the network"


@record
class Request:
    """A request; `what` is the task, as it follows "to": `write a comment`.

    `found` is set if the request must not be done twice. When it is unclear whether it was done, `found`
    looks for the result: it returns the content that the response would have had, or None.
    """

    method: str
    path: str
    what: str
    query: Pairs = ()
    body: Mapping[str, object] | None = None
    found: Callable[[], Any] | None = None


@record
class Response:
    """A response; `headers` by lower-case name, `content` is the JSON, None without a body."""

    status: int
    headers: Mapping[str, str]
    content: Any


class NoResponse(Exception):  # noqa: N818 (never leaves this folder)
    """No readable response. `sent`: the request may have arrived. `final`: repeating it does not help."""

    def __init__(self, why: str, *, sent: bool, final: bool = False, hint: str = _REACH) -> None:
        super().__init__(why)
        self.sent = sent
        self.final = final
        self.hint = hint


class Wire:
    """A session with the server of `api`.

    `signed` are the headers that only this server may see; they contain `token`, which no error may show.
    """

    def __init__(self, api: str, *, token: str, signed: Mapping[str, str], more: Mapping[str, str]) -> None:
        if _origin(api) is None:
            raise ForgeFailed(
                "The address of the forge is not a web address", hint="it begins with `https://`"
            )
        self._api = api
        self._token = token.encode("ascii")
        self._signed = dict(signed)
        self._headers = {"User-Agent": f"mlgit/{__version__}", **more}
        self._opened: requests.Session | None = None

    def asked(self, request: Request) -> str:
        """Method and address for messages, without a query or a password."""
        split = urlsplit(self._api)
        server = split.netloc.rpartition("@")[2]
        return f"{request.method} {split.scheme}://{server}{split.path}{request.path}"

    def exchange(self, request: Request) -> Response:
        """The response, whatever its status; raises NoResponse."""
        url, query = f"{self._api}{request.path}", request.query
        for _ in range(_MAX_REDIRECTS):
            with self._response(request, url, query) as response:
                target = response.headers.get("Location")
                if response.status_code not in _REDIRECTS or not target:
                    return _read(response, self._token)
                url, query = self._followed(request, url, target), ()
        raise NoResponse("redirects without end", sent=False, final=True)

    def _followed(self, request: Request, url: str, target: str) -> str:
        """The target of a redirect; only a GET may leave the server, and it does so without the token."""
        try:
            target = urljoin(url, target)
        except ValueError:
            target = ""
        if _origin(target) is None:
            raise NoResponse("redirects to something that is not a web address", sent=False, final=True)
        if request.method != "GET" and not self._same_server(target):
            raise NoResponse(f"redirects to another server to {request.what}", sent=False, final=True)
        return target

    def _same_server(self, url: str) -> bool:
        return _origin(url) == _origin(self._api)

    def _response(self, request: Request, url: str, query: Pairs) -> requests.Response:
        import requests

        try:
            return self._session().request(
                request.method,
                url,
                params=query,
                json=request.body,
                headers=self._headers | (self._signed if self._same_server(url) else {}),
                # Otherwise a password for the host in ~/.netrc would replace the token.
                auth=_unchanged,
                timeout=(CONNECT_S, READ_S),
                stream=True,
                allow_redirects=False,
            )
        except requests.ReadTimeout:
            raise NoResponse(f"does not answer within {READ_S:.0f} s", sent=True) from None
        except requests.exceptions.SSLError as error:
            why = f"cannot be reached securely: {_reason(error)}"
            hint = "for your own certificates, set `REQUESTS_CA_BUNDLE` to the file that has them"
            raise NoResponse(why, sent=False, final=True, hint=hint) from None
        except requests.ConnectionError as error:
            sent = not _never_sent(error)
            how = "broke off the connection" if sent else "cannot be reached"
            raise NoResponse(f"{how}: {_reason(error)}", sent=sent) from None
        except (OSError, TypeError, ValueError) as error:
            # The environment may name any text as a proxy or a certificate.
            raise NoResponse(f"cannot be queried: {_reason(error)}", sent=False, final=True) from None

    def _session(self) -> requests.Session:
        if self._opened is None:
            from http.cookiejar import DefaultCookiePolicy

            import requests

            self._opened = requests.Session()
            self._opened.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        return self._opened


def _read(response: requests.Response, token: bytes) -> Response:
    import requests

    headers = {name.lower(): value for name, value in response.headers.items()}
    started_s, kept = time.monotonic(), bytearray()
    try:
        for chunk in response.iter_content(_CHUNK_BYTES):
            kept += chunk
            if len(kept) > MAX_ANSWER_BYTES:
                size = f"{MAX_ANSWER_BYTES // 1024 // 1024} MiB"
                raise NoResponse(f"returned more than {size}", sent=True, final=True)
            if time.monotonic() - started_s > WHOLE_ANSWER_S:
                raise NoResponse(f"does not end its answer within {WHOLE_ANSWER_S:.0f} s", sent=True)
    except requests.RequestException as error:
        raise NoResponse(f"broke off its response: {_reason(error)}", sent=True) from None
    status = response.status_code
    kept = kept.replace(token, b"***")
    try:
        content = json.loads(kept) if kept.strip() else None
    except (ValueError, RecursionError):
        if status // 100 == 2:  # noqa: PLR2004 (a success)
            hint = "check whether a proxy or log-in page is in front of it"
            raise NoResponse(
                "returned a response that is not JSON", sent=True, final=True, hint=hint
            ) from None
        content = None
    return Response(status=status, headers=headers, content=content)


def _origin(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port; None if it is not a web address."""
    try:
        split = urlsplit(url)
        port = split.port or {"http": 80, "https": 443}.get(split.scheme)
    except ValueError:
        return None
    return (split.scheme, split.hostname, port) if split.hostname and port else None


def _unchanged(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _never_sent(error: requests.ConnectionError) -> bool:
    """Whether there was no connection at all."""
    import requests
    from urllib3.exceptions import MaxRetryError, NewConnectionError

    if isinstance(error, (requests.ConnectTimeout, requests.exceptions.ProxyError)):
        return True
    cause = error.args[0] if error.args else None
    return isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError)


def _reason(error: Exception) -> str:
    """The innermost cause as text; the outer ones repeat addresses."""
    inner: object = error
    for _ in range(5):
        deeper = getattr(inner, "reason", None) or (getattr(inner, "args", None) or (None,))[-1]
        if not isinstance(deeper, BaseException):
            break
        inner = deeper
    text = without_passwords(str(inner) or type(inner).__name__)
    return clean(re.sub(r"<[^<>]* object at 0x[0-9a-f]+>:? ?", "", text))
