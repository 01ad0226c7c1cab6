# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The fields of the Configure form, as the records of an instance of the sandbox hold them."""

from __future__ import annotations

from sandbox import Sandbox

PROPERTY = "sn_qualtrics_spoke.qualtrics_directory"


def form_of(sandbox: Sandbox, name: str) -> dict[str, str | None]:
    """Label and value of each field of the instance ``name``; secrets by their length only, None for what is not set."""

    def one(table: str, **wanted: str) -> dict[str, str]:
        return next(
            (
                row
                for row in sandbox.control.records(name, table)
                if all(row[key] == value for key, value in wanted.items())
            ),
            {},
        )

    connection = one("http_connection", name="Qualtrics")
    credential = one("oauth_2_0_credentials", sys_id=connection.get("credential", ""))
    profile = one("oauth_entity_profile", sys_id=credential.get("oauth_entity_profile", ""))
    registry = one("oauth_entity", sys_id=profile.get("oauth_entity", ""))
    attribute = one("sys_variable_value", document_key=connection.get("sys_id", ""))
    secret = registry.get("client_secret", "")
    token = one("oauth_credential", peer=registry.get("sys_id", ""))
    return {
        "Connection Name": connection.get("name"),
        "Connection URL": connection.get("connection_url"),
        "X-API-TOKEN": f"set, {len(attribute['value'])} characters" if attribute.get("value") else None,
        "OAuth Name": registry.get("name"),
        "Client ID": registry.get("client_id"),
        "Client Secret": f"set, stored encrypted ({len(secret)} characters)" if secret else None,
        "Token URL": registry.get("token_url"),
        PROPERTY.rpartition(".")[2]: one("sys_properties", name=PROPERTY).get("value"),
        "OAuth token": f"until {token['expires'][:16]}" if token.get("expires") else None,
    }
