# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Faults to order: which requests they hit, how often, and what happens then (servicenow-rest 4 and 9.1, qualtrics 5)."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, fields
from http import HTTPStatus
from typing import Annotated, Any

from pydantic import AfterValidator, ConfigDict, Field, ValidationError
from pydantic.dataclasses import dataclass

from .systems import OWN_FAULTS, Refusal, system_of
from .web import Request, Response

# Before a request can be seen: only the host is known.
CONNECTION_KINDS = ("refused", "tls_failure")
# The answer is not sent.
LOST_KINDS = ("reset", "close")
ANSWER_KINDS = (
    "slow",
    "truncated",
    "garbled",
    "html",
    "login_redirect",
    "accepted_202",
    "rate_limited",
    "status",
    "wrong_content_type",
    "huge",
    "not_json",
)
KINDS = (*CONNECTION_KINDS, *LOST_KINDS, *ANSWER_KINDS, *OWN_FAULTS)
HTML = ("Content-Type", "text/html;charset=UTF-8")
HIBERNATION_PAGE = (
    b"<html><head><title>Instance Hibernating page</title></head><body>Your instance is hibernating.</body></html>"
)
HUGE_BYTES = 64 * 1024 * 1024

Count = Annotated[int, Field(ge=0)]
Seconds = Annotated[float, Field(ge=0, allow_inf_nan=False)]


def _known_status(status: int) -> int:
    """``status``, if it is one that HTTP knows. Raises `ValueError`.

    A function, since pydantic asks what it validates with for its signature, which `HTTPStatus` itself lacks since Python 3.12.
    """
    return HTTPStatus(status)


Status = Annotated[int, Field(ge=200, le=599), AfterValidator(_known_status)]


@dataclass(config=ConfigDict(strict=True))
class Rule:
    """A fault and the requests that it hits: all that match, but the first ``skip`` of them, ``times`` times (0: always).

    ``when`` tells whether the request is carried out first (``after``) or not (``before``). ``path`` is a regular expression,
    ``table`` a Table API table. ``retry_after`` and ``seconds`` belong to some kinds, and so does ``status``: of ``status`` (500 by
    default), ``html`` (200) and ``garbled`` (that of the answer). ``code`` is the errorCode of a ``status``, for systems that have one.
    Raises `ValueError`.
    """

    kind: str
    when: str = "before"
    host: str = ""
    method: str = ""
    path: str = ""
    table: str = ""
    skip: Count = 0
    times: Count = 1
    status: Status | None = None
    code: str = ""
    retry_after: Seconds | None = None
    seconds: Seconds = 0.0
    matched: int = 0
    fired: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"there is no fault {self.kind}; there is {', '.join(KINDS)}")
        if self.when not in ("before", "after"):
            raise ValueError("when is before or after")
        try:
            re.compile(self.path)
        except re.error as error:
            raise ValueError(f"path is no regular expression: {error}") from error
        self.host, self.method = self.host.lower(), self.method.upper()

    def hits(self, host: str, method: str, path: str) -> bool:
        """Whether the rule is about such a request."""
        return (
            self.host in ("", host)
            and self.method in ("", method)
            and (not self.path or re.search(self.path, path) is not None)
            and (not self.table or re.search(rf"/table/{re.escape(self.table)}(/|$)", path) is not None)
        )


class Faults:
    """The rules in force."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[Rule] = []

    def add(self, document: dict[str, Any]) -> None:
        """Add a rule from its JSON form. Raises `ValueError` for what is no rule."""
        known = {field.name for field in fields(Rule)} - {"matched", "fired"}
        unknown = sorted(set(document) - known)
        if unknown or "kind" not in document:
            raise ValueError(
                f"a fault needs kind and can have {', '.join(sorted(known))}; unknown: {', '.join(unknown) or 'none'}"
            )
        try:
            rule = Rule(**document)
        except ValidationError as error:
            problems = (
                ": ".join([*map(str, problem["loc"]), problem["msg"].removeprefix("Value error, ")])
                for problem in error.errors()
            )
            raise ValueError("; ".join(problems)) from None
        with self._lock:
            self._rules.append(rule)

    def clear(self) -> None:
        """Remove all rules."""
        with self._lock:
            self._rules.clear()

    def as_json(self) -> list[dict[str, Any]]:
        """All rules with how often they matched and fired."""
        with self._lock:
            return [asdict(rule) for rule in self._rules]

    def for_connection(self, host: str) -> Rule | None:
        """The rule that hits a new connection to ``host``."""
        return self._first(CONNECTION_KINDS, host, "", "")

    def for_request(self, request: Request) -> Rule | None:
        """The rule that hits ``request``."""
        return self._first((*LOST_KINDS, *ANSWER_KINDS, *OWN_FAULTS), request.host, request.method, request.path)

    def _first(self, kinds: tuple[str, ...], host: str, method: str, path: str) -> Rule | None:
        with self._lock:
            for rule in self._rules:
                if rule.kind not in kinds or not (
                    rule.host in ("", host) if kinds is CONNECTION_KINDS else rule.hits(host, method, path)
                ):
                    continue
                rule.matched += 1
                if rule.matched > rule.skip and (not rule.times or rule.fired < rule.times):
                    rule.fired += 1
                    return rule
        return None


def is_carried_out(rule: Rule | None) -> bool:
    """Whether a request that ``rule`` hits is carried out all the same."""
    return rule is None or rule.when == "after" or rule.kind in ("slow", *OWN_FAULTS)


def spoiled(rule: Rule, request: Request, answer: Response) -> Response:
    """What ``rule`` makes of the ``answer`` to ``request``."""
    if rule.kind in OWN_FAULTS:
        return answer
    if rule.kind == "slow":
        time.sleep(rule.seconds)
        return answer
    if rule.kind == "rate_limited":
        return _rate_limited(rule, request)
    if rule.kind in ANSWERS:
        return ANSWERS[rule.kind](rule, answer)
    status = rule.status or 500
    return system_of(request.host).refuse(Refusal(status, f"Injected {status}", rule.code))


def _truncated(_rule: Rule, answer: Response) -> Response:
    end = b'"Transaction cancelled: maximum execution time exceeded'
    return Response(200, answer.body[: len(answer.body) // 2] + end, answer.headers)


def _wrong_content_type(_rule: Rule, answer: Response) -> Response:
    others = [(name, value) for name, value in answer.headers if name.lower() != "content-type"]
    return Response(answer.status, answer.body, [("Content-Type", "text/plain"), *others])


def _huge(_rule: Rule, _answer: Response) -> Response:
    return Response(200, b'{"result": "' + b"x" * HUGE_BYTES + b'"}', [("Content-Type", "application/json")])


#: What comes in the place of an answer, by the kind of the fault.
ANSWERS: dict[str, Callable[[Rule, Response], Response]] = {
    "truncated": _truncated,
    "garbled": lambda rule, answer: Response(rule.status or answer.status, b'{"result": {', answer.headers),
    "html": lambda rule, _answer: Response(rule.status or 200, HIBERNATION_PAGE, [HTML]),
    "login_redirect": lambda _rule, _answer: Response(302, b"", [("Location", "https://login.example.com/sso")]),
    "accepted_202": lambda _rule, _answer: Response(202),
    "wrong_content_type": _wrong_content_type,
    "not_json": lambda _rule, _answer: Response(200, b"<html><body>Log in</body></html>", [HTML]),
    "huge": _huge,
}


def _rate_limited(rule: Rule, request: Request) -> Response:
    if rule.retry_after is None:
        return Response(429)
    wait = int(rule.retry_after) if rule.retry_after == int(rule.retry_after) else rule.retry_after
    system = system_of(request.host)
    headers = (("Retry-After", str(wait)), *system.rate_limit_headers(time.time() + rule.retry_after))
    detail = "Rate limit of 100 requests per hour for Table API exceeded"
    return system.refuse(Refusal(429, "Rate limit exceeded", rule.code, detail, headers))
