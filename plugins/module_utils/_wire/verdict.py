# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""Judges an answer before its status means anything: who gave it, and whether it is one at all.

Both services answer in JSON of a known form, whatever the status (servicenow-rest 1.4, qualtrics 5). A web page, a
plain text or another form comes from somebody on the way, or from a part of the platform in front of the API: an IP
access control, a filter, a login portal, a proxy.
"""

from __future__ import annotations

import html
import re

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import (
    NotTheService,
    OutcomeUnknown,
    RateLimited,
    UnexpectedAnswer,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire.answer import Answer
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire.failures import RUN_AGAIN, refused_login
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire.proxies import PROXY_LOGIN_REFUSED, Proxy
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire.retries import Retryable

# The error answers of ServiceNow, OAuth and RFC 7591 have an error, those of Qualtrics a meta; a result is there beside
# some errors.
MEMBERS_OF_A_SERVICE = ("error", "meta", "result")
PAGE_ADVICE = (
    "Open the address from the machine that the task ran on to see whose page it is. If it is the instance's IP "
    "Address Access Control, have this machine's address allowed there; if it is a web filter, a proxy or a login "
    "portal, have the host let through or correct the host and the proxy; a sleeping developer instance has to be "
    "woken. Nothing is known yet about the account: neither its password nor its roles were judged"
)


def judge(answer: Answer, where: str, is_read: bool, proxy: Proxy) -> None:
    """Raise for the answers that no service of ours gives a meaning to: `Retryable` where another try does no harm.

    Raises `NotTheService` for what somebody else answered, `UnexpectedAnswer`, and for writes whose fate is open
    `OutcomeUnknown`.
    """
    request_id = answer.headers.get("X-Transaction-ID", "")
    if answer.status == 429:
        advice = "Run again later or with fewer forks"
        error = RateLimited(
            "The server refuses more requests for now (429)", where, advice=advice, request_id=request_id
        )
        raise Retryable(error, answer.retry_after)
    if answer.status == PROXY_LOGIN_REFUSED:
        raise refused_login(where, "HTTP 407, which only proxies answer", proxy)
    if 300 <= answer.status < 400:
        raise UnexpectedAnswer(
            f"The server redirects ({answer.status}) instead of answering",
            where,
            "A login page, a hibernating instance or a wrong host name does that; credentials are never sent after a "
            "redirect",
            "Open the address in a browser to see where it leads; wake the instance or correct the host",
            request_id,
        )
    stranger = _stranger(answer, where, proxy, request_id)
    if answer.status >= 500 or answer.status == 202:
        raise _unfinished(answer, where, is_read, stranger, request_id)
    if stranger is not None:
        raise stranger
    if answer.ok and answer.status != 204 and answer.document is None:
        raise _unfinished(answer, where, is_read, None, request_id)


def _unfinished(
    answer: Answer, where: str, is_read: bool, stranger: NotTheService | None, request_id: str
) -> Exception:
    """The error for an answer that leaves open whether the request was carried out."""
    if answer.status == 202:
        why = "HTTP 202: the request was queued and may never run"
    elif answer.status >= 500:
        why = f"HTTP {answer.status}"
    elif "Transaction cancelled" in answer.text:
        why = "the server cancelled the transaction midway"
    else:
        why = "the answer is not valid JSON"
    if is_read:
        again = UnexpectedAnswer(
            "The server failed to answer", where, why, "Run again when the service is healthy", request_id
        )
        return Retryable(stranger or again)
    why = f"{why}, {stranger.why}" if stranger is not None else why
    return OutcomeUnknown("The server did not say whether a write was done", where, why, RUN_AGAIN, request_id)


def _stranger(answer: Answer, where: str, proxy: Proxy, request_id: str) -> NotTheService | None:
    """The error for an answer that is not the service's own; None for one that can be."""
    if answer.looks_like_html:
        what, kind = "Something other than the service answered, with a web page instead of data", "a web page"
    elif answer.status < 400 or not answer.text.strip():
        # What a success has to look like is the caller's to know; of nothing nobody can say whose it is.
        return None
    elif answer.document is None:
        what, kind = "Something other than the service answered, with a text", f"the text {answer.text.strip()!r}"
    elif not isinstance(answer.document, dict) or not any(name in answer.document for name in MEMBERS_OF_A_SERVICE):
        what, kind = "Something other than the service answered", "JSON that is not an error of this service"
    else:
        return None
    parts = [f"HTTP {answer.status} with {kind}", _title(answer), proxy.story]
    stranger = NotTheService(what, where, "; ".join(part for part in parts if part), PAGE_ADVICE, request_id)
    stranger.status = answer.status
    return stranger


def _title(answer: Answer) -> str:
    """What a page says of itself."""
    if "hibernat" in answer.text.lower():
        return "this is the hibernation page of a developer instance"
    found = re.search(r"<title[^>]{0,200}>([^<]*)", answer.text[:100000], re.IGNORECASE)
    # Not cut here: a secret has to be whole to be masked.
    title = " ".join(html.unescape(found[1]).split()) if found else ""
    return f"its title is {title!r}" if title else ""
