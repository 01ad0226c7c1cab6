# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""Proving an OAuth client: get a token, use it where it will be used, and compare whom it belongs to (qualtrics 8)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any, Union
from urllib.parse import urlsplit

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import (
    AccessDenied,
    InputError,
    Mismatch,
    SpokesError,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.access import Credential
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.api_token import api_at
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.client import Directories, Identity, Qualtrics
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.connection_url import (
    ask_connection_url,
    judge_connection_url,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.home import host_of
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.identifiers import Target
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.options import AccountOptions, Client
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.token_endpoint import fetch_token
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.urls import token_url
from ansible_collections.snow_ops.spokes.plugins.module_utils._secrets import Secrets
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire.session import Budget


def prove(options: AccountOptions, client: Client, secrets: Secrets, budget: Budget) -> dict[str, Any]:
    """Prove ``client`` and return what was found. Raises what is wrong with it.

    The datacenter lists the directories for its token, and the Connection URL says whose it is: where that is the
    expected organization, nothing is left to ask.
    """
    asked = options.target.datacenter_id
    if not asked:
        raise InputError("datacenter_id is not given", advice="Give it, for instance from qualtrics_account_info")
    url, host = client.token_url or token_url(asked), host_of(asked)
    token = fetch_token(client, url, options.access, secrets, budget)
    granted = _granted(token, client, f"Qualtrics {host}, {url}")
    bearer = Credential.of_bearer(token["access_token"])
    api = api_at(host, bearer, options, budget)
    with ThreadPoolExecutor(max_workers=1) as beside:
        asked_url = beside.submit(_ask_expected_url, host, bearer, options, budget)
        directories = api.directories()
        at_url = asked_url.result()
    identity = _expected(at_url, options) or api.whoami()
    home = Target(identity.organization_id, asked)
    _check_owner(identity, directories, options, f"Qualtrics {host}, /API/v3")
    _check_api_token(identity, host, options, budget)
    return {
        "client_id": client.client_id,
        "organization_id": identity.organization_id,
        "datacenter_id": asked,
        "token_url": url,
        "granted_scopes": granted,
        "token_lifetime": _lifetime(token),
        "directory_ids": [entry["directoryId"] for entry in directories.entries],
        "proven": True,
        "warnings": _check_url(at_url, home, bearer, options, budget),
    }


def _ask_expected_url(
    host: str, bearer: Credential, options: AccountOptions, budget: Budget
) -> Union[Identity, SpokesError, None]:
    """What whoami answers at the Connection URL, or why it does not; None where that is the datacenter's own or not
    known yet.

    One call with the OAuth token, since that is how the spoke's actions call it.
    """
    expected = options.target.organization_id
    if not expected and not options.connection_url:
        return None
    url = options.connection_url_of(expected)
    if urlsplit(url).netloc == host:
        return None
    return ask_connection_url(Qualtrics(url, bearer, options.access, budget))


def _expected(answer: Union[Identity, SpokesError, None], options: AccountOptions) -> Identity | None:
    """``answer`` if it is that of the expected organization."""
    if isinstance(answer, Identity) and answer.organization_id.lower() == options.target.organization_id:
        return answer
    return None


def _granted(token: dict[str, Any], client: Client, where: str) -> list[str] | None:
    """The scopes that were granted, None where the token endpoint does not say. Raises `AccessDenied` for too few."""
    scope = token.get("scope")
    if not isinstance(scope, str):
        return None
    granted = scope.split()
    if not set(client.scopes) <= set(granted):
        raise AccessDenied(
            f"The OAuth client {client.client_id} was granted {' '.join(granted) or 'no scope'} instead of "
            f"{' '.join(client.scopes)}",
            where,
            advice="Give it the scopes in Qualtrics under Admin > OAuth Client Manager",
        )
    return granted


def _lifetime(token: dict[str, Any]) -> int | None:
    lifetime = token.get("expires_in")
    return int(min(lifetime, 1e9)) if isinstance(lifetime, (int, float)) else None


def _check_owner(identity: Identity, directories: Directories, options: AccountOptions, where: str) -> None:
    """Raise `Mismatch` where the client is not the expected one. A host that takes its token is the right one."""
    asked, expected = options.target.datacenter_id, options.target.organization_id
    home = directories.home_of(identity.organization_id)
    if home and home != asked:
        raise Mismatch(
            f"The OAuth client belongs to the datacenter {home}, not to {asked}",
            f"{where}/directories",
            directories.notice,
            f"Set datacenter_id to {home}",
        )
    if expected and identity.organization_id.lower() != expected:
        raise Mismatch(
            f"The OAuth client belongs to the organization {identity.organization_id}, not to {expected}",
            f"{where}/whoami",
            advice="Use a client of that organization, or correct organization_id",
        )


def _check_api_token(identity: Identity, host: str, options: AccountOptions, budget: Budget) -> None:
    """Raise `Mismatch` where client and API token belong to different organizations."""
    owner = options.api_token_organization
    if not owner and options.api_token:
        owner = api_at(host, Credential.of_api_token(options.api_token), options, budget).whoami().organization_id
    if owner and owner.lower() != identity.organization_id.lower():
        raise Mismatch(
            f"The OAuth client belongs to the organization {identity.organization_id}, the API token to {owner}",
            f"Qualtrics {host}, /API/v3/whoami",
            advice="Use a client and a token of the same organization",
        )


def _check_url(
    answer: Union[Identity, SpokesError, None],
    home: Target,
    bearer: Credential,
    options: AccountOptions,
    budget: Budget,
) -> list[str]:
    """What is wrong with the Connection URL, by its ``answer`` if it was asked already."""
    api = Qualtrics(options.connection_url_of(home.organization_id), bearer, options.access, budget)
    if api.host == host_of(home.datacenter_id):
        return []
    answer = answer or ask_connection_url(api)
    return judge_connection_url(api.base_url, answer, home, is_given=bool(options.connection_url))
