# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""What every answer of an instance has in common: headers, error envelope, compression (servicenow-rest 1.1, 1.4)."""

from __future__ import annotations

import gzip
import os
from typing import TYPE_CHECKING, Any

from ..web import Request, Response

if TYPE_CHECKING:
    from .instance import Instance

COMPRESS_FROM = 1400


class ApiError(Exception):
    """An error answer in the platform's envelope."""

    def __init__(self, status: int, message: str, detail: str | None, *headers: tuple[str, str]) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.detail = detail
        self.headers = headers

    def response(self, instance: Instance) -> Response:
        """The answer; the switch servicenow.error_detail blanks the detail, as some releases do."""
        detail = self.detail if instance.switch("error_detail") == "text" else None
        document = {"error": {"message": self.message, "detail": detail}, "status": "failure"}
        return Response.of_json(self.status, document, *self.headers)


def result(status: int, document: Any, *headers: tuple[str, str]) -> Response:
    """A success answer."""
    return Response.of_json(status, {"result": document}, *headers)


def no_content() -> Response:
    """A success answer without body."""
    return Response(204)


def html(status: int, title: str, *headers: tuple[str, str]) -> Response:
    """A page for people, as the edge or the user interface sends it."""
    body = f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>"
    return Response(status, body.encode(), [("Content-Type", "text/html;charset=UTF-8"), *headers])


def finish(response: Response, request: Request, is_logged_in: bool) -> Response:
    """Add what the platform adds to each answer, and compress a large one if the client takes that."""
    session = os.urandom(16).hex().upper()
    response.headers += [
        ("X-Is-Logged-In", str(is_logged_in).lower()),
        ("X-Transaction-ID", os.urandom(6).hex()),
        ("X-Content-Type-Options", "nosniff"),
        ("Pragma", "no-store,no-cache"),
        ("Cache-Control", "no-cache,no-store,must-revalidate,max-age=-1"),
        ("Expires", "0"),
        ("Server", "ServiceNow"),
        ("Set-Cookie", f"JSESSIONID={session}; Path=/; HttpOnly; SameSite=None; Secure"),
        (
            "Set-Cookie",
            "glide_user=; Max-Age=0; Expires=Thu, 01-Jan-1970 00:00:10 GMT; Path=/; HttpOnly; SameSite=None; Secure",
        ),
        (
            "Set-Cookie",
            "glide_user_route=glide.455981d2bb48a9658f44c18e5f56313d; Max-Age=2147483647; Path=/; HttpOnly; SameSite=None; Secure",
        ),
        ("Set-Cookie", f"glide_session_store={session}; Max-Age=1800; Path=/; HttpOnly; SameSite=None; Secure"),
        ("Strict-Transport-Security", "max-age=63072000; includeSubDomains"),
    ]
    if len(response.body) >= COMPRESS_FROM and "gzip" in request.headers.get("accept-encoding", ""):
        response.body = gzip.compress(response.body, compresslevel=1)
        response.headers.append(("Content-Encoding", "gzip"))
    return response
