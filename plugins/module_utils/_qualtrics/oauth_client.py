# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""The core of qualtrics_oauth_client: prove a client, or say how an administrator makes one (qualtrics 1, 2, 8).

Qualtrics publishes no API to manage OAuth clients. Registration by RFC 7591 / RFC 7592 is for sites that put such a
service of their own before Qualtrics; it is used only when its address is given.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import InputError, ManualStepNeeded
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.identifiers import DOMAIN
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.options import (
    AccountOptions,
    Client,
    hides_unproven,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.proof import prove
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.registration import Registration
from ansible_collections.snow_ops.spokes.plugins.module_utils._secrets import Secrets
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire.session import Budget


def run(params: dict[str, Any], check_mode: bool, secrets: Secrets) -> dict[str, Any]:
    """Make sure that the OAuth client of ``params`` (the module's options) exists and works; return the result."""
    with hides_unproven(params, secrets):
        return _client(params, check_mode, secrets)


def _client(params: dict[str, Any], check_mode: bool, secrets: Secrets) -> dict[str, Any]:
    options = AccountOptions.read(params, secrets)
    registers = bool(params.get("registration_url") or params.get("registration_client_uri"))
    _check_options(params, options, registers)
    budget = Budget()
    if params["state"] == "absent":
        if not registers:
            raise _no_public_api("delete", params, options)
        return Registration(params, options.access, secrets, budget).remove(check_mode)
    if registers and options.client is None:
        return _registered(params, options, check_mode, secrets, budget)
    if bool(params.get("client_id")) != bool(params.get("client_secret")):
        raise InputError(
            "client_id and client_secret go together",
            advice="Give both, or neither to be told how to create the client",
        )
    if options.client is None:
        raise _no_public_api("create", params, options)
    result: dict[str, Any] = {"changed": False, "diff": [], "warnings": []}
    if params.get("registration_client_uri"):
        result.update(Registration(params, options.access, secrets, budget).ensure(check_mode))
    elif params.get("registration_url"):
        warning = "registration_url was not used: client_id and client_secret are those of a client that exists"
        result["warnings"].append(warning)
    return _with_proof(result, prove(options, options.client, secrets, budget))


def _check_options(params: dict[str, Any], options: AccountOptions, registers: bool) -> None:
    """Raise `InputError` for what cannot work, before anything is sent."""
    if not params["name"].strip():
        raise InputError("name is empty", advice="Give the client's name")
    if not params["scopes"]:
        raise InputError("scopes is empty", advice="Give the scopes that the client needs, such as manage:all")
    is_new = params["state"] == "present" and registers and not params.get("registration_client_uri")
    if is_new and not options.target.datacenter_id:
        raise InputError("datacenter_id is not given", advice="Give it: the new client is tried out there")


def _registered(
    params: dict[str, Any], options: AccountOptions, check_mode: bool, secrets: Secrets, budget: Budget
) -> dict[str, Any]:
    """Register a client, or bring a registered one up to date, and prove it once it is known."""
    result = Registration(params, options.access, secrets, budget).ensure(check_mode)
    made = result.get("registration") or {}
    if made.get("client_secret"):
        client = Client(made["client_id"], made["client_secret"], tuple(params["scopes"]), options.token_url)
        # Not registered among the secrets to mask: the hidden result is how its caller gets it.
        return _with_proof(result, prove(options, client, Secrets(), budget))
    return result


def _with_proof(result: dict[str, Any], proof: dict[str, Any]) -> dict[str, Any]:
    return {**result, **proof, "warnings": [*result.get("warnings", []), *proof["warnings"]]}


def _no_public_api(verb: str, params: dict[str, Any], options: AccountOptions) -> ManualStepNeeded:
    """The click that is left, spelled out with the values to enter."""
    labels = [label for label in options.target if label]
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
        f"{', '.join(params['scopes'])}, Grant Type Client Credentials; then store Client ID and Client Secret, which "
        "may be shown only once, in your vault, give them as client_id and client_secret (QUALTRICS_CLIENT_ID, "
        "QUALTRICS_CLIENT_SECRET), and run again",
    )
