# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""The wire: one pooled HTTP session with TLS, proxy, time-outs, bounded retries and outcome classes.

Retried is only what cannot have run: a request whose body was never read from us, 429, and reads. A write whose fate is
open raises `OutcomeUnknown`; the caller settles it by looking (servicenow-rest 4 "Which retries are safe").
"""

from __future__ import annotations

import json
import random
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlencode, urlsplit

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import (
    InputError,
    OutcomeUnknown,
    RateLimited,
    UnexpectedAnswer,
    reason_of,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._input.urls import check_proxy
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire.answer import Answer, UnreadableBody, unpack
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire.certificates import (
    check_certificates,
    context_trusting,
    environment_bundle,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire.failures import RUN_AGAIN, failure
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire.proxies import Proxy, ProxyLogins, choose_proxy
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire.retries import Retryable
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire.verdict import judge

try:
    import requests
    from requests.adapters import HTTPAdapter
    from requests.auth import AuthBase
    from urllib3 import disable_warnings
    from urllib3.exceptions import HTTPError

    # Everything else that requests raises is about a value we gave it.
    TRANSPORT_FAILURES = (
        requests.exceptions.ConnectionError,
        requests.exceptions.Timeout,
        requests.exceptions.ChunkedEncodingError,
        requests.exceptions.ContentDecodingError,
    )
    REQUESTS_IMPORT_ERROR: ImportError | None = None
except ImportError as error:  # the task reports it with the name of the missing library
    REQUESTS_IMPORT_ERROR = error
    AuthBase = HTTPAdapter = object  # type: ignore[assignment,misc]

# Before it, requests sent logins of a .netrc file to hosts that a URL only seemed to name (CVE-2024-47081).
OLDEST_REQUESTS = (2, 32, 4)
CONNECT_TIMEOUT_SECONDS = 10.0
# Above the 60 s after which ServiceNow cancels a transaction: giving up earlier abandons writes that still commit.
READ_TIMEOUT_SECONDS = 75.0
# What one task may wait in all between attempts, however politely the server asks for more.
RETRY_BUDGET_SECONDS = 60.0
ATTEMPTS = 5
BACKOFF_SECONDS = 0.25
# What one task takes in all: unpacked bytes, and what begins a value, since a byte of JSON can become a hundred of
# memory.
MOST_BYTES = 16 * 1024 * 1024
MOST_VALUES = 500000
LONGEST_TIMEOUT_SECONDS = 3600.0
POOL_SIZE = 4
# Only what `unpack` unpacks: libraries that unpack more do so without a limit.
STANDARD_HEADERS = {"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "snow_ops.spokes"}


def outdated_requests() -> str:
    """The version of the installed requests if it is older than needed, else empty."""
    version = tuple(int(part) for part in re.findall("[0-9]+", requests.__version__)[:3])
    return "" if version >= OLDEST_REQUESTS else requests.__version__


class Budget:
    """What one task may wait in all, and how much it may take in, over all the services that it talks to."""

    def __init__(self) -> None:
        self._seconds = RETRY_BUDGET_SECONDS
        # When the waits that go on now end.
        self._waits: list[float] = []
        self._lock = threading.Lock()
        self.bytes = MOST_BYTES
        self.values = MOST_VALUES
        self.proxy_logins = ProxyLogins()
        self._connections: dict[ssl.SSLContext | None, Any] = {}

    def wait(self, seconds: float) -> bool:
        """Wait, and return True; False, at once, where the task would wait too long in all.

        What requests that go out together wait at the same time counts once.
        """
        with self._lock:
            now = time.monotonic()
            until = now + seconds
            more = max(0.0, until - max([now, *self._waits]))
            if more > self._seconds:
                return False
            self._seconds -= more
            self._waits.append(until)
        time.sleep(seconds)
        with self._lock:
            self._waits.remove(until)
        return True

    def connections(self, context: ssl.SSLContext | None) -> Any:
        """The kept connections, which all sessions of the task share: a second one to a host costs two or three round
        trips.

        Their certificates are checked by ``context``; without one, as each request says.
        """
        if context not in self._connections:
            self._connections[context] = made = requests.Session()
            # What requests takes from the environment and the system is read here instead, and nothing else of it: see
            # proxies.
            made.trust_env = False
            made.mount("https://", _CheckingAdapter(context) if context else _Adapter())
            # A session cookie shared by parallel requests makes the server queue them (servicenow-rest 3.6).
            made.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        return self._connections[context]


class _Adapter(HTTPAdapter):
    """Sends a request's body at once through a proxy as well, where urllib3 lets it wait until the server has
    acknowledged the headers: some 40 ms each.
    """

    def __init__(self) -> None:
        super().__init__(pool_maxsize=POOL_SIZE)

    def proxy_manager_for(self, proxy: str, **settings: Any) -> Any:
        settings["socket_options"] = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]
        return super().proxy_manager_for(proxy, **settings)


class _CheckingAdapter(_Adapter):
    """Checks every certificate by one TLS context, in the place of reading the bundle again for each connection."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._context = context
        super().__init__()

    def init_poolmanager(self, *sizes: Any, **settings: Any) -> None:
        super().init_poolmanager(*sizes, **settings, ssl_context=self._context)

    def proxy_manager_for(self, proxy: str, **settings: Any) -> Any:
        settings["ssl_context"] = self._context
        if not proxy.lower().startswith("socks"):
            settings["proxy_ssl_context"] = self._context
        return super().proxy_manager_for(proxy, **settings)

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        # What stood here would be read into the context, for good, and trusted in addition.
        conn.cert_reqs, conn.ca_certs, conn.ca_cert_dir = "CERT_REQUIRED", None, None


class _NoStoredLogins(AuthBase):
    """Sets the Authorization header itself, so that requests never reads one from a .netrc file in its place."""

    def __init__(self, headers: Callable[[], dict[str, str]]) -> None:
        self._headers = headers

    def __call__(self, prepared: Any) -> Any:
        prepared.headers.update(self._headers())
        return prepared


class _Body:
    """A request body that knows whether it was ever read: unread means that the server cannot have run the request."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self.was_read = False

    def __len__(self) -> int:
        return len(self._content)

    def __iter__(self) -> Iterator[bytes]:
        self.was_read = True
        yield self._content


class HttpSession:
    """A pooled session to one service.

    ``service`` names it in errors ("instance acmedev.service-now.com"). ``login`` gives the headers that authenticate a
    request, fresh for each attempt. ``budget`` is the task's. ``verify`` is True, False or a CA bundle's path; ``cert``
    a client certificate as requests takes it. Raises `InputError` for files, a proxy and a time-out that cannot be
    used.
    """

    def __init__(
        self,
        service: str,
        login: Callable[[], dict[str, str]],
        budget: Budget,
        verify: Any = True,
        cert: Any = None,
        proxy: str | None = None,
        read_timeout: float = READ_TIMEOUT_SECONDS,
    ) -> None:
        if not 0 < read_timeout <= LONGEST_TIMEOUT_SECONDS:
            most = f"{LONGEST_TIMEOUT_SECONDS:.0f}"
            raise InputError(
                f"Invalid timeout: {read_timeout}", advice=f"Give a number of seconds above 0 and up to {most}"
            )
        variable, bundle = environment_bundle() if verify is True else ("", "")
        trusted = bundle or verify
        check_certificates(trusted, cert, variable or "ca_path")
        if proxy:
            check_proxy(proxy, "proxy")
        self.service = service
        self._read_timeout = read_timeout
        self._budget = budget
        self._proxy_option = proxy
        self._login = _NoStoredLogins(login)
        # A client certificate becomes part of the context that it is used with.
        context = None if verify is False or cert else _context(trusted)
        self._session = budget.connections(context)
        self._verify = True if context else trusted
        self._bundle = f"{trusted} ({variable or 'ca_path'})" if isinstance(trusted, str) else ""
        if verify is False:
            # Whoever turned the check off knows; a line on standard error for each request would only drown the result.
            disable_warnings()
        self._cert = cert

    def send(
        self,
        method: str,
        url: str,
        params: dict[str, str] | None = None,
        document: Any = None,
        form: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        is_read: bool | None = None,
        with_login: bool = True,
    ) -> Answer:
        """Send one request, retry where that is safe, and return the answer whatever its status below 500.

        ``document`` is sent as JSON, ``form`` form-encoded. ``is_read`` says that repeating is harmless (default: GET).
        Without ``with_login`` no header of the login goes along. Raises `InputError` for what cannot be sent,
        `Unreachable`, `RateLimited`, `UnexpectedAnswer` (5xx on a read, redirects, oversize) and, for writes only,
        `OutcomeUnknown`.
        """
        is_read = method == "GET" if is_read is None else is_read
        where = f"{self.service}, {method} {urlsplit(url).path}"
        body, content_type = _body_of(document, form)
        request = requests.Request(
            method,
            url,
            params=params,
            data=body,
            auth=self._login if with_login else _NoStoredLogins(dict),
            headers=dict(STANDARD_HEADERS, **content_type, **(headers or {})),
        )
        attempt = 0
        while True:
            try:
                return self._attempt(request, body, where, is_read)
            except Retryable as again:
                attempt += 1
                asked = again.wait_seconds or 0.0
                pause = max(asked, min(BACKOFF_SECONDS * 2**attempt, 8.0) * random.uniform(0.5, 1.0))
                if attempt == ATTEMPTS or not self._budget.wait(pause):
                    raise _final(again.error, asked, attempt)

    def _attempt(self, request: Any, body: _Body | None, where: str, is_read: bool) -> Answer:
        if body is not None:
            body.was_read = False
        proxy = choose_proxy(request.url, self._proxy_option)
        with self._budget.proxy_logins.through(proxy.url):
            return self._attempt_through(proxy, request, body, where, is_read)

    def _attempt_through(self, proxy: Proxy, request: Any, body: _Body | None, where: str, is_read: bool) -> Answer:
        try:
            prepared = self._session.prepare_request(request)
            settings = {"stream": True, "proxies": proxy.for_requests, "verify": self._verify, "cert": self._cert}
            response, content = _within(2 * self._read_timeout, lambda: self._exchange(prepared, settings, where))
            answer = Answer(response.status_code, response.headers, content)
            judge(answer, where, is_read, proxy)
        except FutureTimeout as error:
            if not is_read and (body is None or body.was_read):
                raise OutcomeUnknown("The answer to a write came too slowly", where, advice=RUN_AGAIN) from error
            raise self._flood(where) from error
        except TRANSPORT_FAILURES as error:
            is_harmless = is_read or (body is not None and not body.was_read)
            raise failure(error, where, is_harmless, proxy, self._bundle) from error
        except (requests.exceptions.RequestException, OSError, ValueError) as error:
            # ValueError: what http.client and urllib3 refuse to send, such as a token with a line break.
            advice = "Check host name, credentials, headers, CA bundle, certificate files, proxy and timeout"
            raise InputError("The request could not be made", where, reason_of(error), advice) from error
        return answer

    def _exchange(self, prepared: Any, settings: dict[str, Any], where: str) -> tuple[Any, bytes]:
        """Send the request; the response and its whole body, unpacked and bounded in size."""
        timeout = (min(CONNECT_TIMEOUT_SECONDS, self._read_timeout), self._read_timeout)
        response = self._session.send(prepared, allow_redirects=False, timeout=timeout, **settings)
        packed = bytearray()
        try:
            for chunk in response.raw.stream(65536, decode_content=False):
                packed += chunk
                if len(packed) > self._budget.bytes:
                    response.close()
                    raise self._flood(where)
            body = unpack(bytes(packed), response.headers.get("Content-Encoding", ""), self._budget.bytes)
        except (HTTPError, UnreadableBody) as error:
            raise requests.exceptions.ConnectionError(error) from error
        if body is None:
            raise self._flood(where)
        self._budget.bytes -= len(body)
        self._budget.values -= sum(body.count(sign) for sign in (b",", b"[", b"{"))
        if self._budget.values < 0:
            raise self._flood(where)
        return response, body

    def _flood(self, where: str) -> Exception:
        return UnexpectedAnswer(
            "The answer is too large or comes too slowly to be one of this service",
            where,
            advice="Check the host name and the proxy",
        )


def _body_of(document: Any, form: dict[str, str] | None) -> tuple[_Body | None, dict[str, str]]:
    """The body of a request and the header that says what it is; neither where there is nothing to send."""
    if document is not None:
        return _Body(json.dumps(document).encode("utf-8")), {"Content-Type": "application/json"}
    if form is not None:
        return _Body(urlencode(form).encode("utf-8")), {"Content-Type": "application/x-www-form-urlencoded"}
    return None, {}


def _context(verify: Any) -> ssl.SSLContext:
    """The context for what ``verify`` names. Raises `InputError`."""
    try:
        return context_trusting(verify if isinstance(verify, str) else "")
    except (OSError, ValueError) as error:
        advice = "Install the Python library certifi again, or name a bundle in ca_path or REQUESTS_CA_BUNDLE"
        raise InputError("The authorities to trust cannot be read", why=reason_of(error), advice=advice) from error


def _final(error: Exception, asked: float, attempts: int) -> Exception:
    """The error to end with: one about a rate limit says why no more is waited and, if the server ``asked`` for
    seconds, when to come back.
    """
    if not isinstance(error, RateLimited):
        return error
    if not asked:
        what = f"The server refused a request with 429, {attempts} times in a row, and did not say how long to wait"
        return RateLimited(what, error.where, advice=error.advice, request_id=error.request_id)
    again_at = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(time.time() + asked))
    limit = (
        f"{attempts} attempts are the limit"
        if attempts == ATTEMPTS
        else f"a task waits {RETRY_BUDGET_SECONDS:.0f} s at most in all"
    )
    what = f"The server refuses more requests for another {asked:.0f} s; {limit}"
    return RateLimited(
        what, error.where, advice=f"Run again after {again_at}, or with fewer forks", request_id=error.request_id
    )


def _within(seconds: float, act: Callable[[], Any]) -> Any:
    """What ``act`` returns. Raises what it raises, and `FutureTimeout` when it takes longer.

    The time-outs of sockets start anew with each byte, so that a server which sends one now and then would hold a task
    for ever. What goes on after the time ends with this process at the latest.
    """
    outcome: Future[Any] = Future()

    def work() -> None:
        try:
            outcome.set_result(act())
        except BaseException as error:
            outcome.set_exception(error)

    threading.Thread(target=work, daemon=True).start()
    return outcome.result(timeout=seconds)
