# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""The wire: one pooled HTTP session with TLS, proxy, time-outs, bounded retries and outcome classes.

Retried is only what cannot have run: a request whose body was never read from us, 429, and reads. A write whose fate is open
raises `OutcomeUnknown`; the caller settles it by looking (servicenow-rest 4 "Which retries are safe").
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlencode, urlsplit

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import (
    InputError,
    OutcomeUnknown,
    RateLimited,
    UnexpectedAnswer,
    Unreachable,
)

try:
    import requests
    from requests.adapters import HTTPAdapter
    from requests.auth import AuthBase

    # Everything else that requests raises is about a value we gave it.
    TRANSPORT_FAILURES = (
        requests.exceptions.ConnectionError,
        requests.exceptions.Timeout,
        requests.exceptions.ChunkedEncodingError,
        requests.exceptions.ContentDecodingError,
    )
    REQUESTS_IMPORT_ERROR = None
except ImportError as error:  # the task reports it with the name of the missing library
    REQUESTS_IMPORT_ERROR = error
    AuthBase = object

CONNECT_TIMEOUT_SECONDS = 10.0
# Above the 60 s after which ServiceNow cancels a transaction: giving up earlier abandons writes that still commit.
READ_TIMEOUT_SECONDS = 75.0
# What one task may wait in all between attempts, however politely the server asks for more.
RETRY_BUDGET_SECONDS = 60.0
ATTEMPTS = 5
BACKOFF_SECONDS = 0.25
LARGEST_BODY_BYTES = 32 * 1024 * 1024
POOL_SIZE = 4
STANDARD_HEADERS = {"Accept": "application/json", "User-Agent": "snow_ops.spokes"}
RUN_AGAIN = "Run again: what was stored is found and not made twice"


class Answer:
    """One HTTP answer: ``status``, ``headers`` (any case), ``text``, and ``document``, the body's JSON (None where it is none)."""

    def __init__(self, status: int, headers: Any, body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.text = body.decode("utf-8", "replace")
        try:
            self.document = json.loads(self.text)
        except (ValueError, RecursionError):
            self.document = None

    @property
    def ok(self) -> bool:
        """Whether the status is a 2xx."""
        return 200 <= self.status < 300

    @property
    def looks_like_html(self) -> bool:
        """Whether the body is a page for people, whatever the headers claim."""
        return self.text.lstrip()[:1] == "<"


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

    ``service`` names it in errors ("instance acmedev.service-now.com"). ``login`` gives the headers that authenticate a request,
    fresh for each attempt. ``verify`` is True, False or a CA bundle's path; ``cert`` a client certificate as requests takes it.
    """

    def __init__(
        self,
        service: str,
        login: Callable[[], dict[str, str]],
        verify: Any = True,
        cert: Any = None,
        proxy: str | None = None,
        read_timeout: float = READ_TIMEOUT_SECONDS,
    ) -> None:
        self.service = service
        self._read_timeout = read_timeout
        self._budget = RETRY_BUDGET_SECONDS
        self._login = _NoStoredLogins(login)
        self._session = requests.Session()
        self._session.mount("https://", HTTPAdapter(pool_maxsize=POOL_SIZE))
        # A session cookie shared by parallel requests makes the server queue them (servicenow-rest 3.6).
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._verify = verify
        if verify is False:
            # Whoever turned the check off knows; a line on standard error for each request would only drown the result.
            requests.packages.urllib3.disable_warnings()
        self._cert = cert
        self._proxies = {"https": proxy, "http": proxy} if proxy else {}

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
        Without ``with_login`` no header of the login goes along. Raises `InputError` for what cannot be sent, `Unreachable`,
        `RateLimited`, `UnexpectedAnswer` (5xx on a read, redirects, oversize) and, for writes only, `OutcomeUnknown`.
        """
        is_read = method == "GET" if is_read is None else is_read
        where = f"{self.service}, {method} {urlsplit(url).path}"
        body, content_type = None, {}
        if document is not None:
            body, content_type = _Body(json.dumps(document).encode("utf-8")), {"Content-Type": "application/json"}
        elif form is not None:
            body, content_type = _Body(urlencode(form).encode("utf-8")), {"Content-Type": "application/x-www-form-urlencoded"}
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
            except _Again as again:
                attempt += 1
                pause = again.wait_seconds
                if pause is None:
                    pause = min(BACKOFF_SECONDS * 2**attempt, 8.0) * random.uniform(0.5, 1.0)
                if attempt == ATTEMPTS or pause > self._budget:
                    raise _final(again.error, pause)
                self._budget -= pause
                time.sleep(pause)

    def _attempt(self, request: Any, body: _Body | None, where: str, is_read: bool) -> Answer:
        if body is not None:
            body.was_read = False
        try:
            prepared = self._session.prepare_request(request)
            settings = self._session.merge_environment_settings(prepared.url, dict(self._proxies), True, self._verify, self._cert)
            timeout = (min(CONNECT_TIMEOUT_SECONDS, self._read_timeout), self._read_timeout)
            response = self._session.send(prepared, allow_redirects=False, timeout=timeout, **settings)
            content = self._read(response, where)
        except TRANSPORT_FAILURES as error:
            raise self._failure(error, where, is_read or (body is not None and not body.was_read)) from error
        except (requests.exceptions.RequestException, OSError, ValueError) as error:
            # ValueError: what http.client and urllib3 refuse to send, such as a token with a line break or a time-out of 0.
            advice = "Check host name, credentials, headers, CA bundle, certificate files, proxy and timeout"
            raise InputError("The request could not be made", where, _reason(error), advice) from error
        answer = Answer(response.status_code, response.headers, content)
        self._judge(answer, where, is_read)
        return answer

    def _read(self, response: Any, where: str) -> bytes:
        """The whole body, decompressed, bounded in size and time."""
        deadline = time.monotonic() + 2 * self._read_timeout
        chunks, size = [], 0
        for chunk in response.iter_content(65536):
            size += len(chunk)
            chunks.append(chunk)
            if size > LARGEST_BODY_BYTES or time.monotonic() > deadline:
                response.close()
                raise UnexpectedAnswer("The answer is too large or comes too slowly to be one of this service", where)
        return b"".join(chunks)

    def _failure(self, error: Exception, where: str, is_harmless: bool) -> Exception:
        """What a transport failure means: final, worth another try, or a write of unknown outcome."""
        reason = _reason(error)
        if "CERTIFICATE_VERIFY_FAILED" in reason:
            return Unreachable(
                "The TLS certificate of the server could not be verified",
                where,
                reason,
                "If a company CA signs it, name the bundle in ca_path or REQUESTS_CA_BUNDLE; turn validate_certs off only to find the cause",
            )
        if is_harmless:
            advice = "Check the host name, the proxy and that the service is up; then run again"
            return _Again(Unreachable("No answer from the server", where, reason, advice))
        return OutcomeUnknown("The answer to a write was lost", where, reason, RUN_AGAIN)

    def _judge(self, answer: Answer, where: str, is_read: bool) -> None:
        """Raise for the answers that no service of ours gives a meaning to."""
        request_id = answer.headers.get("X-Transaction-ID", "")
        if answer.status == 429:
            advice = "Run again later or with fewer forks"
            error = RateLimited("The server refuses more requests for now (429)", where, advice=advice, request_id=request_id)
            raise _Again(error, _retry_after(answer.headers))
        if 300 <= answer.status < 400:
            raise UnexpectedAnswer(
                f"The server redirects ({answer.status}) instead of answering",
                where,
                "A login page, a hibernating instance or a wrong host name does that; credentials are never sent after a redirect",
                "Open the address in a browser to see where it leads; wake the instance or correct the host",
                request_id,
            )
        why = ""
        if answer.status >= 500:
            why = f"HTTP {answer.status}"
        elif answer.status == 202:
            why = "HTTP 202: the request was queued and may never run"
        elif answer.ok and answer.looks_like_html:
            raise UnexpectedAnswer(
                "The server answered with a web page instead of data",
                where,
                "This is the hibernation page of a developer instance"
                if "hibernat" in answer.text.lower()
                else "A login page, a proxy's page or a hibernating instance does that",
                "Wake the instance or correct the host, then run again",
                request_id,
            )
        elif answer.ok and answer.status != 204 and answer.document is None:
            cancelled = "Transaction cancelled" in answer.text
            why = "the server cancelled the transaction midway" if cancelled else "the answer is no valid JSON"
        if not why:
            return
        if is_read:
            raise _Again(UnexpectedAnswer("The server failed to answer", where, why, "Run again when the service is healthy", request_id))
        raise OutcomeUnknown("The server did not say whether a write was done", where, why, RUN_AGAIN, request_id)


class _Again(Exception):
    """Inside this file: the attempt failed harmlessly. ``wait_seconds`` is what the server asked for, if it did."""

    def __init__(self, error: Exception, wait_seconds: float | None = None) -> None:
        super().__init__(str(error))
        self.error = error
        self.wait_seconds = wait_seconds


def _final(error: Exception, pause: float) -> Exception:
    """The error to end with: one about a rate limit says when to come back."""
    if not isinstance(error, RateLimited) or pause <= 0:
        return error
    again_at = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(time.time() + pause))
    what = f"The server refuses more requests for another {pause:.0f} s; a task waits {RETRY_BUDGET_SECONDS:.0f} s at most in all"
    return RateLimited(what, error.where, advice=f"Run again after {again_at}, or with fewer forks", request_id=error.request_id)


def _retry_after(headers: Any) -> float | None:
    """Seconds a 429 asks to wait: Retry-After in seconds, else X-RateLimit-Reset as a time (servicenow-rest 4)."""
    for name, base in (("Retry-After", 0.0), ("X-RateLimit-Reset", time.time())):
        try:
            # An endless wait is no less than a very long one.
            return min(max(0.0, float(headers[name]) - base), 1e9)
        except (KeyError, ValueError):
            continue
    return None


def _reason(error: BaseException) -> str:
    """The innermost readable cause of a transport error, without addresses of Python objects."""
    while True:
        inner = getattr(error, "reason", None) or next((arg for arg in error.args if isinstance(arg, BaseException)), None)
        if not isinstance(inner, BaseException):
            break
        error = inner
    text = str(error.args[-1]) if error.args else type(error).__name__
    return f"{type(error).__name__}: {text}"
