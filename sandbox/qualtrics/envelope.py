# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The JSON around every answer of Qualtrics' API, good or bad (qualtrics 5)."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from ..web import Response


class ApiError(Exception):
    """An answer other than success: status, message and, where a source knows one, the error code."""

    def __init__(self, status: HTTPStatus, message: str, code: str | None = None, *headers: tuple[str, str]) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.headers = headers


def missing_resource() -> ApiError:
    """What an unknown route answers, credentials or not: 404 without an error code (qualtrics 5)."""
    return ApiError(HTTPStatus.NOT_FOUND, "The requested resource does not exist.")


def success(result: dict[str, Any], request_id: str, notice: str | None) -> Response:
    """``result`` in the envelope of a success, with the notice of a proxied request if there is one."""
    meta = _meta(HTTPStatus.OK, request_id)
    if notice:
        meta["notice"] = notice
    return Response.of_json(HTTPStatus.OK, {"result": result, "meta": meta})


def failure(error: ApiError, request_id: str) -> Response:
    """``error`` in the envelope of a failure."""
    body = {"errorMessage": error.message}
    if error.code is not None:
        body["errorCode"] = error.code
    return Response.of_json(error.status, {"meta": _meta(error.status, request_id) | {"error": body}}, *error.headers)


def _meta(status: HTTPStatus, request_id: str) -> dict[str, Any]:
    return {"httpStatus": f"{status.value} - {status.phrase}", "requestId": request_id}
