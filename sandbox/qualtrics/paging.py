# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Lists that come in pages, each with the full URL of the next (qualtrics 4)."""

from __future__ import annotations

import base64
import binascii
from http import HTTPStatus
from typing import TypeVar
from urllib.parse import urlencode

from ..web import Request
from .envelope import ApiError

#: The default and the most (qualtrics 4).
PAGE_SIZE = 100
Row = TypeVar("Row")


def page(request: Request, rows: list[Row], scheme: str) -> tuple[list[Row], str | None]:
    """The part of ``rows`` that ``request`` asks for, and the next page's URL on the same host, or None after the last.

    ``scheme`` is the query parameter that says where to begin: ``skipToken`` (opaque) or ``offset`` (a number).
    Raises ``ApiError`` on a parameter that makes no sense.
    """
    args = request.args
    size = _number("pageSize", args.get("pageSize", str(PAGE_SIZE)))
    if not 1 <= size <= PAGE_SIZE:
        raise _invalid("pageSize")
    start = (
        _unpack(args[scheme]) if scheme == "skipToken" and scheme in args else _number(scheme, args.get(scheme, "0"))
    )
    end = start + size
    if end >= len(rows):
        return rows[start:], None
    position = _pack(end) if scheme == "skipToken" else str(end)
    query = urlencode({**args, scheme: position})
    return rows[start:end], f"https://{request.host}{request.path}?{query}"


def _number(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise _invalid(name)
    return int(text)


def _pack(position: int) -> str:
    return base64.urlsafe_b64encode(f"from:{position}".encode()).decode().rstrip("=")


def _unpack(token: str) -> int:
    try:
        text = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode("ascii")
    except (binascii.Error, ValueError):
        raise _invalid("skipToken") from None
    return _number("skipToken", text.removeprefix("from:"))


def _invalid(name: str) -> ApiError:
    return ApiError(HTTPStatus.BAD_REQUEST, f"Invalid value for the parameter {name}.")
