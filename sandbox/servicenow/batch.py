# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Several Table API calls in one request (servicenow-rest 2)."""
from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from ..web import Request, Response
from .answers import ApiError


def run_batch(request: Request, answer: Callable[[Request], Response]) -> Response:
    """Answer the items of ``request`` one after another with ``answer``; nothing is rolled back. Raises `ApiError`."""
    try:
        document = request.json()
        items = [(item, _request_of(item, request)) for item in document["rest_requests"]]
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error):
        raise ApiError(400, "Exception while reading request", "The payload is not valid JSON.") from None
    serviced = [_serviced(item, answer(sub_request)) for item, sub_request in items]
    batch_id = str(document.get("batch_request_id", ""))
    return Response.of_json(200, {"batch_request_id": batch_id, "serviced_requests": serviced, "unserviced_requests": []})


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
