# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Outbound REST of scripts: the call really goes to the host that it names. A status from 400 on counts as an error, and so does silence."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urljoin

from .engine import HostFunction
from .oauth_client import OAuthClient, send

if TYPE_CHECKING:
    from ..instance import Instance


REDIRECTS = (
    HTTPStatus.MOVED_PERMANENTLY,
    HTTPStatus.FOUND,
    HTTPStatus.TEMPORARY_REDIRECT,
    HTTPStatus.PERMANENT_REDIRECT,
)


class RestMessages:
    """The host function of sn_ws.RESTMessageV2."""

    def __init__(self, instance: Instance, tokens: OAuthClient) -> None:
        self._instance = instance
        self._tokens = tokens

    def functions(self) -> dict[str, HostFunction]:
        """By the name that the prelude uses."""
        return {"rest_message": self.execute}

    def execute(self, message: dict[str, Any]) -> dict[str, Any]:
        """Send ``message``; status, headers, body and the error message, empty for none. Raises `HostError` where no bearer can be had."""
        headers = {name.lower(): value for name, value in message["headers"].items()}
        if message["profile"]:
            context, requestor_id = message["requestor"]
            headers["authorization"] = "Bearer " + self._tokens.bearer(message["profile"], (context, requestor_id))
        query = urlencode(message["query"])
        endpoint = message["endpoint"]
        if query:
            endpoint += ("&" if "?" in endpoint else "?") + query
        try:
            answer = send(self._instance, message["method"].upper(), endpoint, headers, message["body"].encode())
            target = next((value for name, value in answer.headers if name.lower() == "location"), "")
            if message["followsRedirects"] and answer.status in REDIRECTS and target:
                answer = send(self._instance, "GET", urljoin(endpoint, target), headers, b"")
        except OSError as error:
            return {"status": 0, "headers": {}, "body": "", "error": str(error)}
        error = ""
        if answer.status >= HTTPStatus.BAD_REQUEST:
            path = endpoint.partition("?")[0].split("/", 3)[-1]
            combo = " - Invalid username/password combo" if answer.status == HTTPStatus.UNAUTHORIZED else ""
            error = f"Method failed: (/{path}) with code: {answer.status}{combo}"
        received = {name.lower(): value for name, value in answer.headers}
        return {
            "status": answer.status,
            "headers": received,
            "body": answer.body.decode("utf-8", "replace"),
            "error": error,
        }
