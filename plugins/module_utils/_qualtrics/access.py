# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""How to reach a service, and with which credentials."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Union

from ansible_collections.snow_ops.spokes.plugins.module_utils._wire.session import Budget, HttpSession


@dataclass(frozen=True)
class Access:
    """How to reach a service: the options about TLS, proxy and time."""

    verify: Union[bool, str]
    proxy: Union[str, None]
    timeout: float

    @classmethod
    def read(cls, params: dict[str, Any]) -> Access:
        """The options of a task."""
        verify: Union[bool, str] = params.get("ca_path") or True
        return cls(verify if params["validate_certs"] else False, params.get("proxy"), params["timeout"])

    def session(self, service: str, login: Callable[[], dict[str, str]], budget: Budget) -> HttpSession:
        """A session to ``service``. Raises `InputError` for files, a proxy and a time-out that cannot be used."""
        return HttpSession(service, login, budget, verify=self.verify, proxy=self.proxy, read_timeout=self.timeout)


@dataclass(frozen=True)
class Credential:
    """What a request to Qualtrics' API is authenticated with; ``kind`` names it in messages."""

    kind: str
    headers: dict[str, str]

    @classmethod
    def of_api_token(cls, api_token: str) -> Credential:
        """The credential of a user."""
        return cls("API token", {"X-API-TOKEN": api_token})

    @classmethod
    def of_bearer(cls, bearer: str) -> Credential:
        """The credential of an OAuth client."""
        return cls("OAuth token", {"Authorization": f"Bearer {bearer}"})
