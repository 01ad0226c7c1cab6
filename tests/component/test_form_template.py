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


def change_form(sandbox: Sandbox, path: str, changes: dict[str, str], kind: str = "") -> None:
    """Let the form's input X-API-TOKEN fill ``path`` and be of that ``kind``, if given; ``changes`` are those of the attribute's own definition."""
    (template,) = [
        row for row in sandbox.control.records(INSTANCE, "sys_alias_templates") if "Qualtrics" in row["name"]
    ]
    schema = json.loads(template["dynamic_data_schema"])
    for part in schema.values():
        for field in part:
            if field["label"] == "X-API-TOKEN":
                field.update(name=path, type=kind or field["type"])
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
    assert result["error"]["kind"] == ("input" if is_unknown else "mismatch")
    assert own_records(sandbox, "http_connection", instance=INSTANCE) == []
    assert "sys_alias_templates" in result["error"]["advice"] or path.startswith("credential.oauth_entity")


@pytest.mark.parametrize("route", ["records", "endpoint"])
@pytest.mark.parametrize("kind", ["string", "url", "", "password3"])
def test_a_secret_of_the_form_is_not_kept_in_clear_unless_that_is_declared(
    sandbox: Sandbox, route: str, kind: str
) -> None:
    if route == "endpoint":
        install_endpoint(sandbox, INSTANCE)
    (definition,) = attributes(sandbox)
    sandbox.control.put(INSTANCE, "connection_attributes", definition["sys_id"], {"internal_type": kind})
    options = qualtrics_connection(INSTANCE, route=route)
    refused = run_task(MODULE, options)
    assert refused["error"]["kind"] == "mismatch"
    assert "connection_attributes" in refused["error"]["where"]
    assert "connection.unencrypted_attributes" in refused["error"]["advice"]
    assert own_records(sandbox, "http_connection", instance=INSTANCE) == []
    if kind == "string":
        options["connection"]["unencrypted_attributes"] = ["X-API-TOKEN"]
        assert not run_task(MODULE, options).get("failed")


@pytest.mark.parametrize("route", ["records", "endpoint"])
def test_a_secret_does_not_go_to_an_attribute_of_another_name(sandbox: Sandbox, route: str) -> None:
    if route == "endpoint":
        install_endpoint(sandbox, INSTANCE)
    (definition,) = attributes(sandbox)
    note = {**definition, "element": "note", "column_label": "Note", "label": "", "internal_type": "string"}
    sandbox.control.put(INSTANCE, "connection_attributes", "b" * 32, {**note, "sys_id": "b" * 32})
    change_form(sandbox, "connection.extended_attributes.note", {}, kind="text")
    refused = run_task(MODULE, qualtrics_connection(INSTANCE, route=route))
    assert refused["error"]["kind"] == "mismatch"
    assert "sys_alias_templates" in refused["error"]["where"]
    assert own_records(sandbox, "http_connection", instance=INSTANCE) == []


def attributes(sandbox: Sandbox) -> list[dict[str, str]]:
    """The definitions of the alias's attributes."""
    return [
        row for row in sandbox.control.records(INSTANCE, "connection_attributes") if row["element"] == "x_api_token"
    ]


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
