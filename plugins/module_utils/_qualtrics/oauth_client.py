# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""The core of qualtrics_oauth_client: prove a client, or say how a person makes one (qualtrics 1, 2, 8).

Qualtrics publishes no API to manage OAuth clients. Registration by RFC 7591 / RFC 7592 is for sites that put such a service of
their own before Qualtrics; it is used only when its address is given.
"""

from __future__ import annotations

import re
from typing import Any

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import AccessDenied, InputError, ManualStepNeeded, Mismatch
from ansible_collections.snow_ops.spokes.plugins.module_utils._input.checks import check_credentials, check_text
from ansible_collections.snow_ops.spokes.plugins.module_utils._input.urls import check_base_url
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.account import token_url
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.client import DOMAIN, Qualtrics, datacenter_of, normalise_id
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.registration import Registration
from ansible_collections.snow_ops.spokes.plugins.module_utils._secrets import Secrets
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire.session import Budget


def run(params: dict[str, Any], check_mode: bool, secrets: Secrets) -> dict[str, Any]:
    """Make sure that the OAuth client of ``params`` (the module's options) exists and works; return the task's result."""
    for name in ("client_secret", "api_token", "initial_access_token", "registration_access_token"):
        secrets.add(params.get(name))
    _check_options(params)
    budget = Budget()
    registers = bool(params.get("registration_url") or params.get("registration_client_uri"))
    if params["state"] == "absent":
        if not registers:
            raise _no_public_api("delete", params)
        return Registration(params, secrets, budget).remove(check_mode)
    if registers and not (params.get("client_id") and params.get("client_secret")):
        return _registered(params, check_mode, secrets, budget)
    if bool(params.get("client_id")) != bool(params.get("client_secret")):
        raise InputError("client_id and client_secret go together", advice="Give both, or none to be told how to create the client")
    if not params.get("client_id"):
        raise _no_public_api("create", params)
    result: dict[str, Any] = {"changed": False, "diff": []}
    if params.get("registration_client_uri"):
        result = Registration(params, secrets, budget).ensure(check_mode)
    elif params.get("registration_url"):
        result["warnings"] = ["registration_url was not used: client_id and client_secret are those of a client that exists"]
    return dict(result, **_prove(params, secrets, budget, params["client_id"], params["client_secret"]))


def _check_options(params: dict[str, Any]) -> None:
    """Raise `InputError` for what cannot work, before anything is sent."""
    check_credentials(params, ("client_id", "client_secret"), ("api_token", "initial_access_token", "registration_access_token"))
    for option in ("organization_id", "datacenter_id"):
        if params.get(option):
            normalise_id(params[option], option)
    for option in ("token_url", "registration_url", "registration_client_uri"):
        if params.get(option):
            check_base_url(params[option], option)
    check_text(params["name"], "name")
    if not params["name"].strip():
        raise InputError("name is empty", advice="Give the client's name")
    if not params["scopes"]:
        raise InputError("scopes is empty", advice="Give the scopes that the client needs, such as manage:all")
    for index, scope in enumerate(params["scopes"]):
        # RFC 6749 3.3
        if not re.fullmatch(r"[!#-\[\]-~]{1,200}", scope) or scope.lower().startswith("javascript:"):
            raise InputError(f"scopes[{index}] is no scope", advice="Give one scope per entry, such as manage:all")
    is_new = params["state"] == "present" and params.get("registration_url") and not params.get("registration_client_uri")
    if is_new and not params.get("datacenter_id"):
        raise InputError("datacenter_id is not given", advice="Give it: the new client is tried out there")


def _registered(params: dict[str, Any], check_mode: bool, secrets: Secrets, budget: Budget) -> dict[str, Any]:
    """Register a client, or bring a registered one up to date, and prove it once it is known."""
    result = Registration(params, secrets, budget).ensure(check_mode)
    client = result.get("registration") or {}
    if client.get("client_secret"):
        # Not registered among the secrets to mask: the hidden result is how its caller gets it.
        result.update(_prove(params, Secrets(), budget, client["client_id"], client["client_secret"]))
    return result


def _prove(params: dict[str, Any], secrets: Secrets, budget: Budget, client_id: str, client_secret: str) -> dict[str, Any]:
    """Get a token, use it, and compare whom it belongs to with what was given. Raises what is wrong with the client."""
    if not params.get("datacenter_id"):
        raise InputError("datacenter_id is not given", advice="Give it, for instance from qualtrics_account_info")
    asked = normalise_id(params["datacenter_id"], "datacenter_id")
    expected_brand = normalise_id(params["organization_id"], "organization_id") if params.get("organization_id") else ""
    url = check_base_url(params["token_url"], "token_url") if params.get("token_url") else token_url(asked)
    scopes = params["scopes"]
    host = f"{asked}.{DOMAIN}"
    token = Qualtrics(host, params, secrets, budget).fetch_token(url, client_id, client_secret, scopes)
    granted = token["scope"].split() if isinstance(token.get("scope"), str) else None
    if granted is not None and not set(scopes) <= set(granted):
        raise AccessDenied(
            f"The OAuth client {client_id} was granted {' '.join(granted) or 'no scope'} instead of {' '.join(scopes)}",
            f"Qualtrics {host}, {url}",
            advice="Give it the scopes in Qualtrics under Admin > OAuth Client Manager",
        )
    bearer = Qualtrics(host, params, secrets, budget, bearer=token["access_token"])
    user, notice = bearer.whoami()
    brand, datacenter = user["brandId"], datacenter_of(user, notice, asked)
    if datacenter != asked:
        raise Mismatch(
            f"The OAuth client belongs to the datacenter {datacenter}, not to {asked}",
            f"Qualtrics {host}",
            notice,
            f"Set datacenter_id to {datacenter}",
        )
    if expected_brand and brand.lower() != expected_brand:
        raise Mismatch(
            f"The OAuth client belongs to the organization {brand}, not to {expected_brand}",
            f"Qualtrics {host}, /API/v3/whoami",
            advice="Use a client of that organization, or correct organization_id",
        )
    if params.get("api_token"):
        owner, _notice = Qualtrics(host, params, secrets, budget, api_token=params["api_token"]).whoami()
        if owner["brandId"] != brand:
            raise Mismatch(
                f"The OAuth client belongs to the organization {brand}, the API token to {owner['brandId']}",
                f"Qualtrics {host}, /API/v3/whoami",
                advice="Use a client and a token of the same organization",
            )
    directories = bearer.directories()
    lifetime = token.get("expires_in")
    return {
        "client_id": client_id,
        "organization_id": brand,
        "datacenter_id": datacenter,
        "token_url": url,
        "granted_scopes": granted,
        "token_lifetime": int(min(lifetime, 1e9)) if isinstance(lifetime, (int, float)) else None,
        "directory_ids": [entry["directoryId"] for entry in directories],
        "proven": True,
    }


def _no_public_api(verb: str, params: dict[str, Any]) -> ManualStepNeeded:
    """The click that is left, spelled out with the values to enter."""
    labels = [normalise_id(params[name], name) for name in ("organization_id", "datacenter_id") if params.get(name)]
    page = f"https://{'.'.join([*labels, DOMAIN])}/admin/oauth-client-manager"
    if verb == "delete":
        return ManualStepNeeded(
            "An OAuth client can be deleted in Qualtrics by hand only",
            page,
            "Qualtrics publishes no API for it",
            f"Open {page} and delete the client {params.get('client_id') or params['name']}",
        )
    return ManualStepNeeded(
        "There is no OAuth client yet, and it can be created in Qualtrics by hand only",
        page,
        "Qualtrics publishes no API for it",
        f"Open {page} as a brand administrator, press Create client, enter Client Name {params['name']!r}, Scopes "
        f"{', '.join(params['scopes'])}, Grant Type Client Credentials; then store Client ID and Client Secret, which may be shown only "
        "once, in your vault, give them as client_id and client_secret (QUALTRICS_CLIENT_ID, QUALTRICS_CLIENT_SECRET), and run again",
    )
