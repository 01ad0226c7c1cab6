# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""What passes between the server and the sites behind it: one request in, one response out."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import parse_qsl


@dataclass(frozen=True)
class Request:
    """One HTTP request as a site sees it.

    ``path`` is still percent-encoded and carries no query; ``headers`` has lower-case names.
    """

    method: str
    host: str
    path: str
    query: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def args(self) -> dict[str, str]:
        """The query string's parameters; of a repeated one the last wins."""
        return dict(parse_qsl(self.query, keep_blank_values=True))

    @property
    def form(self) -> dict[str, str]:
        """The parameters of an ``application/x-www-form-urlencoded`` body."""
        return dict(parse_qsl(self.body.decode("utf-8", "replace"), keep_blank_values=True))

    def json(self) -> Any:
        """The body parsed as JSON. Raises ``ValueError`` when it is not."""
        return json.loads(self.body.decode("utf-8"))


@dataclass
class Response:
    """One HTTP response. The server adds Date, Content-Length and Connection."""

    status: int
    body: bytes = b""
    headers: list[tuple[str, str]] = field(default_factory=list)

    @classmethod
    def of_json(cls, status: int, document: Any, *headers: tuple[str, str]) -> Response:
        """A response that carries ``document`` as JSON."""
        content_type = ("Content-Type", "application/json;charset=UTF-8")
        return cls(status, json.dumps(document).encode(), [content_type, *headers])


class Site(Protocol):
    """Everything that answers under one host name."""

    def respond(self, request: Request) -> Response:
        """Answer one request; called from many threads at once."""


class Clock:
    """The sandbox's own time, so that tests can let tokens expire without waiting."""

    def __init__(self) -> None:
        self.offset_seconds = 0.0

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time() + self.offset_seconds
