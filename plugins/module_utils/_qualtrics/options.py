# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""The options of the Qualtrics modules, checked once and turned into values before anything is sent."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Union

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import InputError
from ansible_collections.snow_ops.spokes.plugins.module_utils._input.checks import (
    check_credentials,
    check_secret,
    check_text,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.access import Access
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.identifiers import (
    Target,
    check_client_id,
    check_directory_id,
    check_name,
    check_proxy_url,
    check_url,
    merge,
    read_address,
    shows_client_id,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.urls import documented_url, read_connection_url
from ansible_collections.snow_ops.spokes.plugins.module_utils._secrets import Secrets

HEADER_SECRETS = ("api_token", "initial_access_token", "registration_access_token")
SECRETS = (*HEADER_SECRETS, "client_secret")
# RFC 6749 3.3
SCOPE_PATTERN = re.compile(r"[!#-\[\]-~]{1,200}")
CHECKS: dict[str, Callable[[str, str], Any]] = {
    "organization_id": read_address,
    "datacenter_id": read_address,
    "api_token_organization_id": read_address,
    "directory_id": check_directory_id,
    "connection_url": read_connection_url,
    "client_id": check_client_id,
    "name": check_name,
    "token_url": check_url,
    "registration_url": check_url,
    "registration_client_uri": check_url,
    "ca_path": check_name,
    "proxy": check_proxy_url,
}


@dataclass(frozen=True)
class Client:
    """An OAuth client, with the scopes to ask for and where; ``token_url`` is empty for the datacenter's own."""

    client_id: str
    client_secret: str
    scopes: tuple[str, ...]
    token_url: str = ""


@dataclass(frozen=True)
class AccountOptions:
    """The options that the Qualtrics modules share; empty where they are not given, and ``client`` is None."""

    target: Target
    access: Access
    api_token: str
    client: Union[Client, None]
    token_url: str
    connection_url: str
    directory_id: str
    api_token_organization: str = ""

    def connection_url_of(self, organization_id: str) -> str:
        """The Connection URL that is given, else the documented one of the organization."""
        return self.connection_url or documented_url(organization_id)

    @classmethod
    def read(cls, params: dict[str, Any], secrets: Secrets) -> AccountOptions:
        """The options of a task. Raises `InputError`; what it refuses is among ``secrets`` then: it may be one."""
        for name in SECRETS:
            secrets.add(params.get(name))
        found = _checked(params, secrets)
        check_credentials(params, ("client_id", "client_secret"), HEADER_SECRETS)
        for name in SECRETS:
            if params.get(name):
                check_secret(params[name], name)
        for name in ("name", "directory_id"):
            check_text(params.get(name) or "", name)
        return cls(
            target=merge(found.get("organization_id", Target()), found.get("datacenter_id", Target())),
            access=Access.read(params),
            api_token=params.get("api_token") or "",
            client=_client(params, found),
            token_url=found.get("token_url", ""),
            connection_url=found.get("connection_url", ""),
            directory_id=found.get("directory_id", ""),
            api_token_organization=found.get("api_token_organization_id", Target()).organization_id,
        )


def _checked(params: dict[str, Any], secrets: Secrets) -> dict[str, Any]:
    """The values of `CHECKS` that are given, as their checks return them.

    All are looked at before the first refusal is raised, so that none is shown with the options of the failed task.
    """
    found: dict[str, Any] = {}
    refusals: list[InputError] = []
    for option, check in CHECKS.items():
        value = params.get(option)
        if not value:
            continue
        try:
            found[option] = check(value, option)
        except InputError as refusal:
            secrets.add(value)
            refusals.append(refusal)
    for index, scope in enumerate(params.get("scopes") or ()):
        try:
            _check_scope(scope, f"scopes[{index}]")
        except InputError as refusal:
            secrets.add(scope)
            refusals.append(refusal)
    if refusals:
        raise refusals[0]
    return found


@contextmanager
def hides_unproven(params: dict[str, Any], secrets: Secrets) -> Iterator[None]:
    """Around a core: where it fails, a Client ID of another form than Qualtrics makes is hidden: it may be a secret."""
    try:
        yield
    except Exception:
        client_id = params.get("client_id") or ""
        if not shows_client_id(client_id):
            secrets.add(client_id)
        raise


def _check_scope(scope: str, option: str) -> None:
    if not SCOPE_PATTERN.fullmatch(scope) or scope.lower().startswith("javascript:"):
        raise InputError(f"{option} is not a scope", advice="Give one scope per entry, such as manage:all")
    check_name(scope, option)


def _client(params: dict[str, Any], found: dict[str, Any]) -> Client | None:
    client_id, client_secret = found.get("client_id", ""), params.get("client_secret") or ""
    if not client_id or not client_secret:
        return None
    return Client(client_id, client_secret, tuple(params.get("scopes") or ()), found.get("token_url", ""))
