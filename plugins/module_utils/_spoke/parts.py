# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""The parts of a set-up, each of which is what a module of the collection does, and what they are asked."""

from __future__ import annotations

from typing import Any

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import InputError
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.cores.spoke_info import PLUGINS

Params = dict[str, Any]

# In the order in which they are done.
PARTS = PREREQUISITES, ACCOUNT, CONNECTION, DIRECTORY = "prerequisites", "account", "connection", "directory"
APPLICATION_SCOPE = "sn_qualtrics_spoke"
ALIAS_NAME = "Qualtrics"
DIRECTORY_PROPERTY = "sn_qualtrics_spoke.qualtrics_directory"
TEST_PATH = "/directories"
OF_ACCOUNT = (
    *("api_token", "organization_id", "datacenter_id", "directory_id", "client_id", "client_secret", "scopes"),
    *("token_url", "connection_url", "proxy", "ca_path", "validate_certs", "timeout"),
)
OF_CONNECTION = ("route", "endpoint_trust", "update_secret", "replace_foreign_connection", "mark_adopted")
# Suboptions of the connection and of its OAuth client, and where a set-up takes them from.
TAKEN_FROM = {
    "connection.url": "connection_url",
    "oauth.client_id": "client_id",
    "oauth.client_secret": "client_secret",
    "oauth.scopes": "scopes",
    "oauth.token_url": "token_url",
}


def parts_of(params: Params, host: str) -> dict[str, Params]:
    """The options of each part by those of the set-up, ``params``, for the instance at ``host``.

    Raises `InputError` for what is given in the wrong place.
    """
    connection, oauth = params["connection"] or {}, params["oauth"] or {}
    for option, instead in TAKEN_FROM.items():
        group, _dot, name = option.partition(".")
        if (connection if group == "connection" else oauth).get(name):
            raise InputError(f"{option} is not given there", advice=f"Give {instead} instead")
    installed_at = (params["endpoint_paths"] or {}).get(host) or ""
    if not isinstance(installed_at, str):
        raise InputError(f"endpoint_paths.{host} is not a text", advice="Give a path for each host")
    instance = {"instance": params["instance"]}
    alias = {"scope": APPLICATION_SCOPE, "alias": params["alias"], "preferred_alias_name": ALIAS_NAME}
    return {
        PREREQUISITES: {
            **instance,
            **alias,
            "connection_name": connection.get("name"),
            "plugins": PLUGINS,
            "properties": [DIRECTORY_PROPERTY],
            "also": [],
            "orphans": False,
            "endpoint_trust": "digest",
        },
        ACCOUNT: {
            **{name: params[name] for name in OF_ACCOUNT},
            "read_account": True,
            "state": "present",
            "name": oauth.get("name") or "",
        },
        CONNECTION: {
            **instance,
            **alias,
            **{name: params[name] for name in OF_CONNECTION},
            "endpoint_path": params["endpoint_path"] or installed_at,
            "state": "present",
            "connection": connection,
            "oauth": {**oauth, "client_secret": params["client_secret"], "scopes": params["scopes"]},
            "secret_attributes": {params["api_token_attribute"]: params["api_token"]} if params["api_token"] else {},
            "get_token": True,
            "test_path": TEST_PATH,
            "foresees": not params["verifies"],
        },
        DIRECTORY: {
            **instance,
            "name": DIRECTORY_PROPERTY,
            "state": "present",
            "create": False,
            "update_secret": params["update_secret"],
        },
    }


def with_account(connection: Params, account: Params, attribute: str) -> Params:
    """The options of the connection with what Qualtrics says; an API token that was read with the client becomes
    ``attribute``.
    """
    read = {attribute: account["api_token"]} if account.get("api_token") else {}
    return {
        **connection,
        "connection": {**connection["connection"], "url": account["connection_url"]},
        "oauth": {
            **connection["oauth"],
            "client_id": account["client_id"],
            "token_url": account["token_url"],
        },
        "secret_attributes": {**connection["secret_attributes"], **read},
    }
