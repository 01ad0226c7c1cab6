# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""The core of qualtrics_account_info: the Qualtrics IDs that the spoke's form asks for (qualtrics 3, 4, 5)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import Mismatch, SpokesError
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.access import Credential
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.api_token import (
    api_at,
    no_credential,
    read_token_of_client,
    require_hidden_output,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.client import Qualtrics
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.connection_url import (
    check_connection_url,
    judge_connection_url,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.home import Home, find_home, host_of
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.options import AccountOptions, hides_unproven
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.urls import token_url
from ansible_collections.snow_ops.spokes.plugins.module_utils._secrets import Secrets
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire.session import Budget

USER_FIELDS = {
    "userId": "user_id",
    "userName": "user_name",
    "accountType": "account_type",
    "firstName": "first_name",
    "lastName": "last_name",
    "email": "email",
}


def run(params: dict[str, Any], check_mode: bool, secrets: Secrets) -> dict[str, Any]:
    """Read and check the account that ``params`` (the module's options) give access to; nothing is ever written."""
    with hides_unproven(params, secrets):
        return _read_account(params, secrets)


def _read_account(params: dict[str, Any], secrets: Secrets) -> dict[str, Any]:
    options, budget = AccountOptions.read(params, secrets), Budget()

    def describe(home: Home, credential: Credential) -> dict[str, Any]:
        account = describe_account(home, credential, options, budget)
        if params["check_connection_url"]:
            account["warnings"] = _check_url(account["connection_url"], home, options, credential, budget)
        return account

    return of_account(options, secrets, budget, describe)


def of_account(
    options: AccountOptions,
    secrets: Secrets,
    budget: Budget,
    use: Callable[[Home, Credential], dict[str, Any]],
) -> dict[str, Any]:
    """What ``use`` makes of the account that the API token gives access to, and of the token.

    Where none is given, the one of the OAuth client's user is read, and comes along as ``api_token``. It is not among
    ``secrets`` unless this fails, since the hidden result is how its caller gets it. Raises `SpokesError`.
    """
    if options.api_token:
        return use(*_account_of(options.api_token, options, budget))
    if options.client is None:
        raise no_credential()
    require_hidden_output(secrets)
    api_token = read_token_of_client(options, options.client, secrets, budget)
    try:
        return {**use(*_account_of(api_token, options, budget)), "api_token": api_token}
    except SpokesError:
        secrets.add(api_token)
        raise


def _account_of(api_token: str, options: AccountOptions, budget: Budget) -> tuple[Home, Credential]:
    credential = Credential.of_api_token(api_token)
    home = find_home(
        options.target,
        lambda host: api_at(host, credential, options, budget).whoami(),
        lambda host: api_at(host, credential, options, budget).directories(),
    )
    return home, credential


def describe_account(home: Home, credential: Credential, options: AccountOptions, budget: Budget) -> dict[str, Any]:
    """The Qualtrics IDs of the account at ``home``, as the result of a task. Raises `Mismatch` where no directory is
    the one to use.
    """
    listed = home.directories or api_at(host_of(home.target.datacenter_id), credential, options, budget).directories()
    directories = listed.entries
    return {
        "changed": False,
        "organization_id": home.target.organization_id,
        "datacenter_id": home.target.datacenter_id,
        "default_directory_id": _directory(directories, options.directory_id),
        "directories": [_describe(entry) for entry in directories],
        "user": {ours: home.identity.user.get(theirs) for theirs, ours in USER_FIELDS.items()},
        "connection_url": options.connection_url_of(home.target.organization_id),
        "token_url": token_url(home.target.datacenter_id),
        "warnings": [],
    }


def _check_url(url: str, home: Home, options: AccountOptions, credential: Credential, budget: Budget) -> list[str]:
    """The spoke will call this URL: say so now if it does not lead to the organization, or only by way of a proxy."""
    if home.at_own_host and not options.connection_url:
        return judge_connection_url(url, home.at_own_host, home.target, is_given=False)
    api = Qualtrics(url, credential, options.access, budget)
    return check_connection_url(api, home.target, is_given=bool(options.connection_url))


def _directory(directories: list[dict[str, Any]], wanted: str) -> str | None:
    if not wanted:
        return _default_directory(directories)
    known = [entry["directoryId"] for entry in directories]
    if wanted not in known:
        raise Mismatch(
            f"The organization has no directory {wanted}",
            "Qualtrics, /API/v3/directories",
            f"It has: {', '.join(known)}" if known else "It has none (no XM Directory)",
            "Correct directory_id",
        )
    return wanted


def _default_directory(directories: list[dict[str, Any]]) -> str | None:
    """The default directory's id, None if there is none. Raises `Mismatch` if none of several is the default."""
    if not directories:
        return None
    flagged: list[str] = [entry["directoryId"] for entry in directories if entry.get("isDefault") is True]
    if len(flagged) == 1:
        return flagged[0]
    if len(directories) == 1:
        return str(directories[0]["directoryId"])
    marked = "marks several directories" if flagged else "marks none of several directories"
    raise Mismatch(
        f"Qualtrics {marked} as the default",
        "Qualtrics, /API/v3/directories",
        "; ".join(f"{entry['directoryId']} ({entry.get('name') or 'no name'})" for entry in directories),
        "Choose one and give its id in directory_id",
    )


def _describe(entry: dict[str, Any]) -> dict[str, Any]:
    is_default = entry.get("isDefault") is True
    return {"directory_id": entry["directoryId"], "name": entry.get("name"), "is_default": is_default}
