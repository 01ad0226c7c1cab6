# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Whoever may write the template of the Configure form cannot lead a secret into a column that others read."""

from __future__ import annotations

import json

import pytest
from connections import MODULE, configure, install_endpoint, own_records
from support import API_TOKEN, leaks, login, qualtrics_connection, run_task

from sandbox import Sandbox

INSTANCE = "acmevault"


RENAMED: dict[str, dict[str, str]] = {
    "as it was": {},
    "its column's label": {"column_label": "API key", "element": "apikey"},
    "both labels": {"column_label": "API key", "label": "API key", "element": "apikey"},
}


def change_form(sandbox: Sandbox, path: str, changes: dict[str, str]) -> None:
    """Let the form's input X-API-TOKEN fill ``path``; ``changes`` are those of the attribute's own definition."""
    (template,) = [
        row for row in sandbox.control.records(INSTANCE, "sys_alias_templates") if "Qualtrics" in row["name"]
    ]
    schema = json.loads(template["dynamic_data_schema"])
    for part in schema.values():
        for field in part:
            if field["label"] == "X-API-TOKEN":
                field["name"] = path
    sandbox.control.put(
        INSTANCE, "sys_alias_templates", template["sys_id"], {"dynamic_data_schema": json.dumps(schema)}
    )
    for row in sandbox.control.records(INSTANCE, "connection_attributes"):
        if changes and row["element"] == "x_api_token":
            sandbox.control.put(INSTANCE, "connection_attributes", row["sys_id"], changes)


@pytest.mark.parametrize("route", ["records", "endpoint"])
@pytest.mark.parametrize("renamed", RENAMED)
@pytest.mark.parametrize(
    "path",
    ["connection.host", "connection.name", "credential.name", "credential.tag", "credential.oauth_entity.comments"],
)
def test_a_secret_stays_out_of_plain_columns(sandbox: Sandbox, route: str, renamed: str, path: str) -> None:
    # With both labels gone, only the form knows X-API-TOKEN: nothing but its path says where the value goes.
    is_unknown = renamed == "both labels"
    if route == "endpoint":
        install_endpoint(sandbox, INSTANCE)
    change_form(sandbox, path, RENAMED[renamed])
    result = run_task(MODULE, qualtrics_connection(INSTANCE, route=route))
    plain = str(
        [
            own_records(sandbox, table, instance=INSTANCE)
            for table in ("http_connection", "oauth_2_0_credentials", "oauth_entity")
        ]
    )
    assert leaks(plain, (API_TOKEN,)) == []
    if is_unknown:
        assert result["error"]["kind"] == "input"
        assert own_records(sandbox, "http_connection", instance=INSTANCE) == []
    if is_unknown and not path.startswith("credential.oauth_entity"):
        assert "sys_alias_templates" in result["error"]["advice"]


def test_a_plain_attribute_may_go_where_the_form_puts_it(sandbox: Sandbox) -> None:
    (template,) = [
        row for row in sandbox.control.records("acmedev", "sys_alias_templates") if "Qualtrics" in row["name"]
    ]
    schema = json.loads(template["dynamic_data_schema"])
    schema["connection_fields"].append({"name": "connection.base_path", "label": "Base path", "type": "text"})
    sandbox.control.put(
        "acmedev", "sys_alias_templates", template["sys_id"], {"dynamic_data_schema": json.dumps(schema)}
    )
    configure(instance=login(), route="records", attributes={"Base path": "/API/v3"})
    assert own_records(sandbox, "http_connection")[0]["base_path"] == "/API/v3"
