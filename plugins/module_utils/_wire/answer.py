# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""One answer of a server: unpacked within limits, its JSON, and what its headers say about waiting."""

from __future__ import annotations

import json
import math
import re
import time
import zlib
from email.utils import parsedate_to_datetime
from typing import Any

DEEPEST_NESTING = 100


class Answer:
    """One HTTP answer: ``status``, ``headers`` (any case), ``text``, and ``document``, the body parsed as JSON (None if
    it is not JSON).
    """

    def __init__(self, status: int, headers: Any, body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.text = body.decode("utf-8", "replace")
        self.document = parse_json(self.text)

    @property
    def ok(self) -> bool:
        """Whether the status is a 2xx."""
        return 200 <= self.status < 300

    @property
    def looks_like_html(self) -> bool:
        """Whether the body is a page for people, whatever the headers claim."""
        return self.text.lstrip()[:1] == "<"

    @property
    def retry_after(self) -> float | None:
        """The seconds to wait that a 429 asks for: Retry-After as seconds or a date, else X-RateLimit-Reset as a time
        (servicenow-rest 4).
        """
        now = _timestamp(self.headers.get("Date", "")) or time.time()
        given = self.headers.get("Retry-After", "")
        asked = _number(given)
        if asked is None:
            until = _timestamp(given)
            if until is None:
                until = _number(self.headers.get("X-RateLimit-Reset", ""))
            if until is None:
                return None
            asked = until - now
        # An endless wait is no less than a very long one.
        return min(max(0.0, asked), 1e9)


def parse_json(text: str) -> Any:
    """``text`` parsed as JSON; None if it is not JSON, not valid Unicode, or nested too deeply."""
    try:
        document = json.loads(text, parse_constant=_refuse)
        if re.search(r"\\u[dD][89a-fA-F]", text):
            json.dumps(document, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError):
        return None
    level = [document]
    for _depth in range(DEEPEST_NESTING):
        level = [
            child
            for node in level
            if isinstance(node, (dict, list))
            for child in (node.values() if isinstance(node, dict) else node)
        ]
        if not level:
            return document
    return None


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not JSON")


class UnreadableBody(Exception):
    """A body that is broken, or packed in a way that was not asked for."""


def unpack(packed: bytes, encoding: str, most: int) -> bytes | None:
    """The body behind a Content-Encoding, None if it is larger than ``most``.

    Raises `UnreadableBody`.
    """
    if encoding.strip().lower() in ("", "identity") or not packed:
        return packed
    if encoding.strip().lower() not in ("gzip", "x-gzip"):
        raise UnreadableBody(f"the body is encoded as {encoding!r}, which was not asked for")
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        body = unpacker.decompress(packed, most + 1)
    except zlib.error as error:
        raise UnreadableBody(str(error)) from error
    if len(body) > most:
        return None
    if not unpacker.eof:
        raise UnreadableBody("the compressed body ends midway")
    return body


def _number(text: str) -> float | None:
    """The number in a header; of a header that came twice, the larger one."""
    try:
        number = max(map(float, text.split(",")))
    except ValueError:
        return None
    return None if math.isnan(number) else number


def _timestamp(text: str) -> float | None:
    """The Unix time of an HTTP date, None for anything else."""
    try:
        return parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
