# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""The core of qualtrics_account_info: the Qualtrics IDs that the spoke's form asks for (qualtrics 3, 4, 5)."""

from __future__ import annotations

from typing import Any

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import InputError, Mismatch, SpokesError
from ansible_collections.snow_ops.spokes.plugins.module_utils._input.checks import check_credentials, check_text
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.client import (
    DISCOVERY_DATACENTER,
    DOMAIN,
    Qualtrics,
    datacenter_of,
    default_directory_of,
    normalise_id,
)
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
    token = params["api_token"] or ""
    if not token.strip() or token != token.strip() or any(char.isspace() for char in token):
        raise InputError("api_token is empty or contains white space", advice="Copy it again from Account Settings > Qualtrics IDs > API")
    check_credentials(params, (), ("api_token",))
    check_text(params.get("directory_id") or "", "directory_id")
    asked = normalise_id(params["datacenter_id"], "datacenter_id") if params.get("datacenter_id") else ""
    expected_brand = normalise_id(params["organization_id"], "organization_id") if params.get("organization_id") else ""

    budget = Budget()
    first_label = asked or expected_brand or DISCOVERY_DATACENTER
    client = Qualtrics(f"{first_label}.{DOMAIN}", params, secrets, budget, api_token=token)
    user, notice = client.whoami()
    brand, datacenter = user["brandId"], datacenter_of(user, notice, first_label)
    if expected_brand and brand.lower() != expected_brand:
        raise Mismatch(
            f"The API token belongs to the organization {brand}, not to {expected_brand}",
            f"Qualtrics {client.host}, /API/v3/whoami",
            advice="Use a token of that organization, or correct organization_id",
        )
    if asked and datacenter != asked:
        raise Mismatch(
            f"The organization {brand} lives at the datacenter {datacenter}, not at {asked}",
            f"Qualtrics {client.host}, /API/v3/whoami",
            f"Qualtrics says: {notice}" if notice else "",
            f"Set datacenter_id to {datacenter}, or leave it out",
        )
    if client.host != f"{datacenter}.{DOMAIN}":
        client = Qualtrics(f"{datacenter}.{DOMAIN}", params, secrets, budget, api_token=token)
    directories = client.directories()
    is_checked = first_label == brand.lower()
    warnings = [] if is_checked else _check_connection_url(brand, params, secrets, budget, token)
    return {
        "changed": False,
        "organization_id": brand,
        "datacenter_id": datacenter,
        "default_directory_id": _directory(directories, params.get("directory_id")),
        "directories": [_describe(entry) for entry in directories],
        "user": {ours: user.get(theirs) for theirs, ours in USER_FIELDS.items()},
        "connection_url": connection_url(brand),
        "token_url": token_url(datacenter),
        "warnings": warnings,
    }


def connection_url(organization_id: str) -> str:
    """The Connection URL of the spoke's form."""
    return f"https://{organization_id.lower()}.{DOMAIN}/API/v3"


def token_url(datacenter_id: str) -> str:
    """The Token URL of the spoke's form."""
    return f"https://{datacenter_id}.{DOMAIN}/oauth2/token"


def _check_connection_url(brand: str, params: dict[str, Any], secrets: Secrets, budget: Budget, token: str) -> list[str]:
    """The spoke will call the brand's own host name: say so now if it does not lead to the same brand (qualtrics 5)."""
    try:
        user, _notice = Qualtrics(f"{brand.lower()}.{DOMAIN}", params, secrets, budget, api_token=token).whoami()
    except SpokesError as error:
        return [f"The connection URL {connection_url(brand)} does not answer as it should: {error}"]
    if user["brandId"] != brand:
        return [f"The connection URL {connection_url(brand)} leads to the organization {user['brandId']}, not to {brand}"]
    return []


def _directory(directories: list[dict[str, Any]], wanted: str | None) -> str | None:
    if not wanted:
        return default_directory_of(directories)
    known = [entry["directoryId"] for entry in directories]
    if wanted not in known:
        raise Mismatch(
            f"The organization has no directory {wanted}",
            "Qualtrics, /API/v3/directories",
            f"It has: {', '.join(known)}" if known else "It has none (no XM Directory)",
            "Correct directory_id",
        )
    return wanted


def _describe(entry: dict[str, Any]) -> dict[str, Any]:
    return {"directory_id": entry["directoryId"], "name": entry.get("name"), "is_default": entry.get("isDefault") is True}
