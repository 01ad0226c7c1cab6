# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""Several reads in one request, over the Batch API where the instance lets the account use it (servicenow-rest 2).

Only reads: a batch is cut off after 30 seconds, and what of it was done by then nobody says.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from email.message import Message
from typing import Any, Union
from urllib.parse import urlencode

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import (
    NotTheService,
    SpokesError,
    UnexpectedAnswer,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.rounds import Get
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire.answer import Answer
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire.session import POOL_SIZE

PATH = "/api/now/v1/batch"
# A batch is cut off after 30 seconds, its items being run one after another.
MOST_ITEMS = 20
# What the Table API says of a read that was carried out; any other status is asked for again, alone, where it is
# retried and explained.
FINAL_STATUSES = (200, 400, 403, 404)

Outcome = Union[Answer, Exception]
Send = Callable[[str, str, Union[dict[str, str], None], Any], Answer]


class Refusals:
    """Whose batches an instance has refused, for longer than a task. Here nobody keeps that; what runs several tasks
    can (`remember_in`).

    That it is out of date costs single reads in the place of a batch, and nothing else.
    """

    def __contains__(self, who: str) -> bool:
        return False

    def add(self, who: str) -> None:
        """Keep that the batches of ``who``, an address and a login, are refused."""


_refusals = Refusals()


def remember_in(refusals: Refusals) -> None:
    """Have the tasks of this process look in ``refusals`` before they send a batch."""
    global _refusals
    _refusals = refusals


class BatchedReads:
    """The answers to reads of one instance, several of them in a request as long as the Batch API takes them.

    ``send`` makes one request: method, path, query parameters, document; ``log_in`` gets what a request needs to be
    sent. What the Batch API leaves out or may not answer is asked for singly; an instance that refuses a batch is not
    asked for another by this task, nor is one whose Batch API ``is_closed`` to the login from the start, or known to
    refuse ``who``.

    As long as the login is not proven (``is_proven``), nothing is sent beside another request, and what it refuses is
    final: several requests with a wrong password would lock the account (servicenow-rest 3.7).
    """

    def __init__(
        self, send: Send, log_in: Callable[[], None], who: str, is_closed: bool, is_proven: Callable[[], bool]
    ) -> None:
        self._send = send
        self._log_in = log_in
        self._who = who
        self._is_closed = is_closed or who in _refusals
        self._is_proven = is_proven
        self._refusal: Outcome | None = None

    def ask(self, asked: Sequence[Get]) -> list[Outcome]:
        """The answers to ``asked`` in their order, an exception where there is none."""
        if self._refusal is not None and not self._is_proven():
            return [self._refusal] * len(asked)
        try:
            self._log_in()
        except SpokesError as error:
            self._refusal = error
            return [error] * len(asked)
        found = self._in_batches(asked)
        left = [index for index in range(len(asked)) if index not in found]
        found.update(zip(left, self._singly([asked[index] for index in left])))
        answers = [found[index] for index in range(len(asked))]
        if not self._is_proven():
            self._refusal = answers[0]
        return answers

    def _in_batches(self, asked: Sequence[Get]) -> dict[int, Outcome]:
        """The answers by index, as far as batches of them give any."""
        found: dict[int, Outcome] = {}
        for start in range(0, len(asked), MOST_ITEMS):
            part = range(start, min(start + MOST_ITEMS, len(asked)))
            if len(part) > 1 and not self._is_closed and (not start or self._is_proven()):
                found.update(self._in_one_request(asked, part))
        return found

    def _singly(self, asked: Sequence[Get]) -> list[Outcome]:
        first = [] if self._is_proven() else [self._alone(get) for get in asked[:1]]
        rest = asked[len(first) :]
        if first and not self._is_proven():
            return first * len(asked)
        if len(rest) < 2:
            return [*first, *map(self._alone, rest)]
        with ThreadPoolExecutor(max_workers=POOL_SIZE) as pool:
            return [*first, *pool.map(self._alone, rest)]

    def _alone(self, get: Get) -> Outcome:
        try:
            return self._send("GET", get.path, get.params, None)
        except SpokesError as error:
            return error

    def _in_one_request(self, asked: Sequence[Get], part: range) -> dict[int, Outcome]:
        """The answers by index, as far as the Batch API gives them. Raises what concerns the instance as a whole."""
        items = [_item(str(index), asked[index]) for index in part]
        try:
            answer = self._send("POST", PATH, None, {"batch_request_id": "1", "rest_requests": items})
        except NotTheService as stranger:
            # What is in the way of batches need not be in the way of single reads; but nothing is tried again after a
            # 401.
            if stranger.status == 401 and not self._is_proven():
                return dict.fromkeys(part, stranger)
            self._is_closed = True
            return {}
        except UnexpectedAnswer:
            self._is_closed = True
            return {}
        if answer.status == 401 and not self._is_proven():
            return dict.fromkeys(part, answer)
        serviced = answer.document.get("serviced_requests") if answer.ok and isinstance(answer.document, dict) else None
        if not isinstance(serviced, list):
            self._is_closed = True
            _refusals.add(self._who)
            return {}
        answers: dict[int, Outcome] = {}
        for index, found in map(_answer_of, serviced):
            if index in part and found is not None:
                answers[index] = found
        return answers


def _item(number: str, get: Get) -> dict[str, Any]:
    return {
        "id": number,
        "method": "GET",
        "url": f"{get.path}?{urlencode(get.params)}",
        "headers": [{"name": "Accept", "value": "application/json"}],
    }


def _answer_of(entry: Any) -> tuple[int, Answer | None]:
    """The index and the answer of one entry of ``serviced_requests``; no answer where it is not a final one."""
    if not isinstance(entry, dict) or not str(entry.get("id", "")).isdecimal():
        return -1, None
    headers = Message()
    for header in entry.get("headers") or []:
        if isinstance(header, dict):
            headers[str(header.get("name"))] = str(header.get("value"))
    try:
        body = base64.b64decode(str(entry.get("body") or ""), validate=True)
    except (binascii.Error, ValueError):
        return -1, None
    status = entry.get("status_code")
    if not isinstance(status, int) or status not in FINAL_STATUSES:
        return int(entry["id"]), None
    answer = Answer(status, headers, body)
    return int(entry["id"]), answer if answer.document is not None else None
