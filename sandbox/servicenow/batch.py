# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Several Table API calls in one request (servicenow-rest 2)."""

from __future__ import annotations

import base64
import binascii
import gzip
import json
import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from ..web import Request, Response
from .answers import ApiError

BATCH_PATH = re.compile(r"/api/now(?:/v\d+)?/batch/?")


def run_batch(request: Request, answer: Callable[[Request], Response], mode: str = "open") -> Response:
    """Answer the items of ``request`` one after another with ``answer``; nothing is rolled back. Raises `ApiError`.

    ``mode`` is the value of the switch ``servicenow.batch``.
    """
    if mode == "closed":
        raise ApiError(403, "User Not Authorized", "Failed API level ACL Validation")
    try:
        document = request.json()
        items = [(item, _request_of(item, request)) for item in document["rest_requests"]]
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error):
        raise ApiError(400, "Exception while reading request", "The payload is not valid JSON.") from None
    left_out = items[1::2] if mode == "unserviced" else []
    serviced = [
        _serviced(item, answer(sub_request)) for item, sub_request in items if (item, sub_request) not in left_out
    ]
    return Response.of_json(
        200,
        {
            "batch_request_id": str(document.get("batch_request_id", "")),
            "serviced_requests": serviced,
            "unserviced_requests": [str(item.get("id", "")) for item, _request in left_out],
        },
    )


def items_of(request: Request) -> list[Request]:
    """The requests in the batch ``request``; none where it is not a batch that can be read."""
    if not BATCH_PATH.fullmatch(request.path):
        return []
    try:
        return [_request_of(item, request) for item in request.json()["rest_requests"]]
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error):
        return []


def with_item(
    answer: Response, request: Request, index: int, change: Callable[[Response], Response | None]
) -> Response:
    """The ``answer`` to the batch ``request`` with what ``change`` makes of its item ``index``; None was not serviced."""
    is_packed = any(name.lower() == "content-encoding" for name, _value in answer.headers)
    document = json.loads(gzip.decompress(answer.body) if is_packed else answer.body)
    number = str(request.json()["rest_requests"][index].get("id", ""))
    serviced = []
    for entry in document["serviced_requests"]:
        if entry["id"] != number:
            serviced.append(entry)
            continue
        headers = [(header["name"], header["value"]) for header in entry.get("headers", [])]
        changed = change(Response(entry["status_code"], base64.b64decode(entry["body"]), headers))
        if changed is None:
            document["unserviced_requests"].append(number)
        else:
            serviced.append(_serviced({"id": number}, changed))
    return Response.of_json(answer.status, dict(document, serviced_requests=serviced))


def _request_of(item: dict[str, Any], batch: Request) -> Request:
    path, _separator, query = item["url"].partition("?")
    # The caller is the batch's; compression is for the whole of it.
    headers = {str(header["name"]).lower(): str(header["value"]) for header in item.get("headers", [])}
    headers.pop("accept-encoding", None)
    body = base64.b64decode(item.get("body") or "", validate=True)
    return Request(str(item["method"]).upper(), batch.host, path, query, headers, body)


def _serviced(item: dict[str, Any], response: Response) -> dict[str, Any]:
    answer = {
        "id": str(item.get("id", "")),
        "status_code": response.status,
        "status_text": HTTPStatus(response.status).phrase,
        "body": base64.b64encode(response.body).decode(),
        "execution_time": 1,
    }
    if not item.get("exclude_response_headers"):
        answer["headers"] = [{"name": name, "value": value} for name, value in response.headers]
    return answer
