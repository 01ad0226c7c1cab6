# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The tables and columns of a connection: the setup endpoint's list has them all, and every option of the module leads to one."""

from __future__ import annotations

import re

import pytest
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.tables import (
    ATTRIBUTE_VALUE,
    COLUMNS,
    CONNECTION,
    REGISTRY,
    fields,
    guarded_columns,
)
from ansible_collections.snow_ops.spokes.plugins.modules.snow_connection_alias import MODULE_SPEC
from support import ROOT

SCRIPTS = "\n".join(path.read_text() for path in sorted((ROOT / "roles" / "setup_endpoint" / "files").rglob("*.js")))
# Options that fill no single column.
OTHERS = {"connection.unencrypted_attributes", "oauth.grant_type", "oauth.scopes", "oauth.credential_name"}
# What the endpoint adds to a row itself, and what every row has.
ADDED = {(ATTRIBUTE_VALUE, "value")}
FEWEST_COLUMNS = 80


def endpoint_columns(table: str) -> set[str]:
    """The columns of ``table`` in the script's list."""
    columns = re.search(r"var COLUMNS = \{(.*?)\n *\};", SCRIPTS, re.DOTALL)
    assert columns
    entry = re.search(rf"\b{table}: \[(.*?)\]", columns[1], re.DOTALL)
    assert entry, table
    return set(re.findall(r"'([\w.]+)'", entry[1]))


@pytest.mark.parametrize("table", COLUMNS)
def test_the_setup_endpoint_tells_every_column_that_is_read(table: str) -> None:
    missing = [
        name
        for name in fields(table)
        if name != "sys_id" and (table, name) not in ADDED and name not in endpoint_columns(table)
    ]
    assert missing == []


def test_there_are_as_many_columns_as_there_were() -> None:
    assert sum(len(fields(table)) for table in COLUMNS) >= FEWEST_COLUMNS
    assert all(len(set(fields(table))) == len(fields(table)) for table in COLUMNS)


def test_every_option_leads_to_a_column_and_every_column_to_an_option() -> None:
    spec = MODULE_SPEC["argument_spec"]
    offered = {f"{group}.{name}" for group in ("connection", "oauth") for name in spec[group]["options"]}
    assert {column.option for table in COLUMNS for column in COLUMNS[table] if column.option} == offered - OTHERS


@pytest.mark.parametrize(
    ("table", "names"),
    [
        (CONNECTION, "use_mid mid_selection mid_server mid_cluster host port protocol base_path mutual_auth"),
        (
            REGISTRY,
            "oauth_api_script refresh_token_url revoke_token_url auth_url redirect_url use_mutual_auth public_client send_client_credentials_as",
        ),
    ],
)
def test_what_decides_where_secrets_go_is_guarded(table: str, names: str) -> None:
    guarded = {column.name for column in guarded_columns(table, "derived", "address", "declared", "provider")}
    assert set(names.split()) <= guarded
