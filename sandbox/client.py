# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""A client of the control address, for tests."""

from __future__ import annotations

import json
from http.client import HTTPConnection
from typing import Any
from urllib.parse import quote, urlsplit


class ControlClient:
    """Drives a running sandbox. Every call raises `ValueError` with what the sandbox objects to."""

    def __init__(self, url: str) -> None:
        self._address = urlsplit(url).netloc

    def reset(self) -> None:
        """Bring back the seed."""
        self._call("POST", "/reset")

    def requests(self) -> list[dict[str, Any]]:
        """The request log."""
        return self._call("GET", "/requests")

    def clear_requests(self) -> None:
        """Empty the request log."""
        self._call("DELETE", "/requests")

    def records(self, instance: str, table: str, plain: bool = False) -> list[dict[str, str]]:
        """The records of a table as stored; ``plain`` decrypts secrets."""
        return self._call("GET", f"/instances/{quote(instance)}/tables/{quote(table)}{'?plain=1' if plain else ''}")

    def put(self, instance: str, table: str, sys_id: str, values: dict[str, Any]) -> None:
        """Create or change a record by hand, past every rule."""
        self._call("PUT", f"/instances/{quote(instance)}/tables/{quote(table)}/{quote(sys_id)}", values)

    def delete(self, instance: str, table: str, sys_id: str) -> None:
        """Remove a record by hand, past every rule."""
        self._call("DELETE", f"/instances/{quote(instance)}/tables/{quote(table)}/{quote(sys_id)}")

    def orphan(self, instance: str, table: str, sys_id: str) -> None:
        """Let a record be listed and not opened, as what a clone left half."""
        self._call("PUT", f"/instances/{quote(instance)}/orphans/{quote(table)}/{quote(sys_id)}")

    def log(self, instance: str) -> list[dict[str, str]]:
        """What the scripts of an instance wrote into its log."""
        return self._call("GET", f"/instances/{quote(instance)}/log")

    def latency(self, ms: float, connect_ms: float = 0.0) -> None:
        """Let every request take ``ms`` longer, and every new connection ``connect_ms``."""
        self._call("PUT", "/latency", {"ms": ms, "connect_ms": connect_ms})

    def fault(self, kind: str, **rule: Any) -> None:
        """Add a fault rule (see ``faults.Rule``)."""
        self._call("POST", "/faults", {"kind": kind, **rule})

    def faults(self) -> list[dict[str, Any]]:
        """The fault rules with how often they matched and fired."""
        return self._call("GET", "/faults")

    def clear_faults(self) -> None:
        """Remove all fault rules."""
        self._call("DELETE", "/faults")

    def behaviour(self, switches: dict[str, Any] | None = None) -> dict[str, Any]:
        """Set ``switches``, by their full names, and return all of them."""
        return self._call("PUT", "/behaviour", switches) if switches else self._call("GET", "/behaviour")

    def clock(self, offset_seconds: float) -> None:
        """Move the sandbox's time."""
        self._call("PUT", "/clock", {"offset_seconds": offset_seconds})

    def brand(self, organization_id: str) -> dict[str, Any]:
        """A brand of Qualtrics with its users, API tokens, OAuth clients and secrets."""
        return self._call("GET", f"/qualtrics/brands/{quote(organization_id)}")

    def rotate_api_token(self, organization_id: str, user_id: str = "first", api_token: str = "") -> str:
        """Give a user another API token, by hand; return it. The old one is void."""
        given = {"api_token": api_token} if api_token else {}
        return self._call("POST", f"/qualtrics/brands/{quote(organization_id)}/users/{quote(user_id)}/apitoken", given)[
            "api_token"
        ]

    def remove_api_token(self, organization_id: str, user_id: str = "first") -> None:
        """Leave a user without an API token."""
        self._call("DELETE", f"/qualtrics/brands/{quote(organization_id)}/users/{quote(user_id)}/apitoken")

    def rotate_client_secret(self, client_id: str, client_secret: str = "") -> str:
        """Give an OAuth client another secret, by hand; return it."""
        given = {"client_secret": client_secret} if client_secret else {}
        return self._call("POST", f"/qualtrics/clients/{quote(client_id)}/secret", given)["client_secret"]

    def delete_client(self, client_id: str) -> None:
        """Delete an OAuth client by hand, and its access tokens with it."""
        self._call("DELETE", f"/qualtrics/clients/{quote(client_id)}")

    def errors(self) -> list[str]:
        """Tracebacks of faults of the sandbox itself."""
        return self._call("GET", "/errors")

    def _call(self, method: str, path: str, document: Any = None) -> Any:
        connection = HTTPConnection(self._address, timeout=30)
        try:
            connection.request(method, path, None if document is None else json.dumps(document))
            answer = connection.getresponse()
            result = json.loads(answer.read())
        finally:
            connection.close()
        if answer.status != 200:
            raise ValueError(result["error"])
        return result
