# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""What snow_connection_alias refuses, what it leaves to a person, and what it removes."""

from __future__ import annotations

from typing import Any

import pytest
from connections import MODULE, attempt, configure
from support import API_TOKEN, CLIENT_SECRET, login, qualtrics_connection, run_task, writes

from sandbox import Sandbox

CHAIN = (
    "sys_variable_value",
    "oauth_entity_profile_scope",
    "oauth_entity_scope",
    "oauth_entity",
    "oauth_entity_profile",
    "oauth_2_0_credentials",
    "http_connection",
)
BASE = qualtrics_connection()


def remove(check_mode: bool = False, **options: Any) -> dict[str, Any]:
    return run_task(
        MODULE, {"instance": login(), "scope": "sn_qualtrics_spoke", "state": "absent", **options}, check_mode
    )


def rows(sandbox: Sandbox, table: str) -> list[dict[str, str]]:
    return [row for row in sandbox.control.records("acmedev", table) if row.get("name") != "api.client"]


def second_connection(sandbox: Sandbox, **values: str) -> None:
    """Another connection of the same alias, made by hand."""
    alias = next(row for row in sandbox.control.records("acmedev", "sys_alias") if row["name"] == "Qualtrics")["sys_id"]
    sandbox.control.put(
        "acmedev",
        "http_connection",
        "d" * 32,
        {"name": "By hand", "connection_alias": alias, "active": "true", **values},
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"connection": {"name": "Qualtrics", "url": "http://acme.qualtrics.com/API/v3"}},
            "connection.url has to start with https://",
        ),
        ({"connection": {"name": "Qualtrics"}}, "connection.url is not given"),
        (
            {"connection": {"name": "a\tb", "url": "https://acme.qualtrics.com"}},
            "connection.name contains a control character",
        ),
        (
            {"oauth": {**BASE["oauth"], "token_url": "https://user:pw@fra1.qualtrics.com/oauth2/token"}},
            "oauth.token_url carries a login",
        ),
        ({"oauth": {**BASE["oauth"], "name": "javascript:gs.log(1)"}}, "oauth.name starts with javascript:"),
        ({"oauth": {**BASE["oauth"], "client_id": ""}}, "also asks for: Client ID (oauth.client_id)"),
        ({"oauth": {**BASE["oauth"], "client_secret": None}}, "also asks for: Client Secret (oauth.client_secret)"),
        ({"oauth": {**BASE["oauth"], "send_client_credentials_as": "morse"}}, "must be one of"),
        ({"oauth": {"client_id": "x"}}, "missing required arguments: name"),
        ({"secret_attributes": {}}, "also asks for: X-API-TOKEN (attributes)"),
        ({"secret_attributes": {"X-API-KEY": API_TOKEN}}, "has no attribute 'X-API-KEY'. Why: It has: X-API-TOKEN"),
        ({"secret_attributes": {"X-API-TOKEN": API_TOKEN, "x_api_token": API_TOKEN}}, "is given twice"),
        ({"secret_attributes": {"X-API-TOKEN": {"a": 1}}}, "is not a single value"),
        ({"secret_attributes": {"X-API-TOKEN": "x" * 300}}, "has 300 characters, the instance keeps 255"),
        ({"oauth": {**BASE["oauth"], "scopes": [""]}}, "oauth.scopes[0] is empty or contains white space"),
        ({"oauth": {**BASE["oauth"], "scopes": ["a b"]}}, "oauth.scopes[0] is empty or contains white space: 'a b'"),
        ({"oauth": {**BASE["oauth"], "name": ""}}, "oauth.name is not given"),
        ({"scope": "x_no_such_app"}, "The application x_no_such_app has no connection alias"),
        ({"alias": "Qualtriks"}, "The alias Qualtriks does not exist"),
        ({"scope": None}, "Neither scope nor alias is given"),
        ({"state": "gone"}, "value of state must be one of"),
        ({"connection": None}, "connection.name is not given"),
    ],
)
def test_bad_input_is_refused_before_anything_is_written(
    sandbox: Sandbox, changes: dict[str, Any], message: str
) -> None:
    result = attempt(**changes)
    assert result.get("failed")
    assert message in result["msg"]
    assert API_TOKEN not in result["msg"]
    if "the instance keeps" in message:
        assert result["error"]["where"].startswith("table connection_attributes, record ")
    assert writes(sandbox) == []


@pytest.mark.parametrize("alias", ["sn_qualtrics_spoke.Qualtrics", "Qualtrics", "qualtrics"])
def test_the_alias_can_be_named(sandbox: Sandbox, alias: str) -> None:
    assert configure(alias=alias)["alias"]["id"] == "sn_qualtrics_spoke.Qualtrics"


def test_the_alias_can_be_given_by_id_or_sys_id_alone(sandbox: Sandbox) -> None:
    sys_id = configure(scope=None, alias="sn_qualtrics_spoke.Qualtrics")["alias"]["sys_id"]
    assert not configure(scope=None, alias=sys_id)["changed"]


def test_of_several_aliases_the_preferred_one_is_taken_or_all_are_listed(sandbox: Sandbox) -> None:
    alias = next(row for row in sandbox.control.records("acmedev", "sys_alias") if row["name"] == "Qualtrics")
    copy = {name: alias[name] for name in ("type", "connection_type", "configuration_template", "sys_scope")}
    sandbox.control.put(
        "acmedev", "sys_alias", "e" * 32, {**copy, "name": "Qualtrics_EU", "id": "sn_qualtrics_spoke.Qualtrics_EU"}
    )
    assert configure(check_mode=True)["alias"]["name"] == "Qualtrics"
    result = attempt(preferred_alias_name=None)
    assert result["error"]["kind"] == "ambiguous"
    assert "sn_qualtrics_spoke.Qualtrics_EU" in result["msg"]
    assert alias["sys_id"] in result["msg"]


def test_two_active_connections_are_listed_and_not_touched(sandbox: Sandbox) -> None:
    configure()
    second_connection(sandbox)
    sandbox.control.clear_requests()
    result = attempt()
    assert result["error"]["kind"] == "ambiguous"
    assert "By hand" in result["msg"] and "d" * 32 in result["msg"]
    assert writes(sandbox) == []


def test_where_the_alias_allows_several_connections_the_name_tells_which_is_meant(sandbox: Sandbox) -> None:
    configure()
    alias = next(row for row in sandbox.control.records("acmedev", "sys_alias") if row["name"] == "Qualtrics")
    sandbox.control.put("acmedev", "sys_alias", alias["sys_id"], {"multiple_connections": "true"})
    second_connection(sandbox)
    assert configure()["changed"] is False
    assert (
        attempt(connection={"name": "Third", "url": "https://acme.qualtrics.com/API/v3"})["error"]["kind"]
        == "ambiguous"
    )


@pytest.mark.parametrize("shared", ["credential", "profile"])
def test_absent_keeps_what_another_record_still_uses(sandbox: Sandbox, shared: str) -> None:
    configure()
    credential = rows(sandbox, "oauth_2_0_credentials")[0]
    if shared == "credential":
        second_connection(sandbox, credential=credential["sys_id"], active="false")
    else:
        values = {"name": "Stray", "oauth_entity_profile": credential["oauth_entity_profile"]}
        sandbox.control.put("acmedev", "oauth_2_0_credentials", "e" * 32, values)
    removed = remove(connection={"name": "Qualtrics"})
    assert [entry.split(" ")[0] for entry in removed["kept"]] == (
        ["credential", "registry"] if shared == "credential" else ["registry"]
    )
    assert len(rows(sandbox, "oauth_entity")) == len(rows(sandbox, "oauth_entity_profile")) == 1
    assert {row["name"] for row in rows(sandbox, "http_connection")} == (
        {"By hand"} if shared == "credential" else set()
    )
    assert not remove(connection={"name": "Qualtrics"})["changed"]


@pytest.mark.parametrize("state", ["as it is", "inactive", "without credential"])
def test_a_foreign_connection_is_refused_in_every_state(sandbox: Sandbox, state: str) -> None:
    configure()
    registry = rows(sandbox, "oauth_entity")[0]
    sandbox.control.put(
        "acmedev", "oauth_entity", registry["sys_id"], {"comments": "snow_ops.spokes instance=acmeprod.service-now.com"}
    )
    if state == "inactive":
        sandbox.control.put(
            "acmedev", "http_connection", rows(sandbox, "http_connection")[0]["sys_id"], {"active": "false"}
        )
    if state == "without credential":
        sandbox.control.delete("acmedev", "oauth_2_0_credentials", rows(sandbox, "oauth_2_0_credentials")[0]["sys_id"])
    sandbox.control.clear_requests()
    result = attempt()
    assert result["error"]["kind"] == "mismatch"
    assert (
        "acmedev.service-now.com holds a connection that was configured for acmeprod.service-now.com" in result["msg"]
    )
    assert writes(sandbox) == []
    assert configure(replace_foreign_connection=True)["changed"]
    assert not configure()["changed"]


def test_a_connection_to_another_host_is_refused_when_it_is_foreign(sandbox: Sandbox) -> None:
    configure()
    result = attempt(connection={"name": "Qualtrics", "url": "https://globex.qualtrics.com/API/v3"})
    assert "leads to https://acme.qualtrics.com/API/v3 instead of https://globex.qualtrics.com/API/v3" in result["msg"]
    assert not configure()["changed"]


def test_two_registries_of_one_name_are_never_taken_for_one(sandbox: Sandbox) -> None:
    configure()
    registry = rows(sandbox, "oauth_entity")[0]
    sandbox.control.put("acmedev", "oauth_entity", "9" * 32, {"client_id": "by hand", "name": registry["name"]})
    names = {"connection": {"name": "Qualtrics"}, "oauth": {"name": "Qualtrics OAuth"}}
    assert remove(**names)["changed"]
    assert [row["sys_id"] for row in rows(sandbox, "oauth_entity") if row["name"] == "Qualtrics OAuth"] == ["9" * 32]


def test_a_value_that_is_cut_off_is_said_to_be(sandbox: Sandbox) -> None:
    result = attempt(connection={"name": "x" * 300, "url": "https://acme.qualtrics.com/API/v3"})
    assert "keeps only the first" in result["msg"]
    assert "of 300 characters" in result["msg"]


def test_a_connection_by_hand_is_adopted(sandbox: Sandbox) -> None:
    second_connection(sandbox)
    result = configure()
    assert [(step["action"], step["sys_id"]) for step in result["records"] if step["role"] == "connection"] == [
        ("update", "d" * 32)
    ]
    assert [row["name"] for row in rows(sandbox, "http_connection")] == ["Qualtrics"]


def test_a_name_that_another_alias_uses_is_refused(sandbox: Sandbox) -> None:
    second_connection(sandbox, name="Qualtrics", connection_alias="")
    result = attempt()
    assert "The connection name 'Qualtrics' is taken" in result["msg"]
    assert writes(sandbox) == []


def test_a_registry_that_others_use_is_neither_changed_nor_removed(sandbox: Sandbox) -> None:
    configure()
    profile = rows(sandbox, "oauth_entity_profile")[0]["sys_id"]
    sandbox.control.put(
        "acmedev", "oauth_2_0_credentials", "f" * 32, {"name": "Other", "oauth_entity_profile": profile}
    )
    sandbox.control.put(
        "acmedev", "http_connection", "d" * 32, {"name": "Other connection", "credential": "f" * 32, "active": "true"}
    )
    assert not configure()["changed"]
    sandbox.control.clear_requests()
    result = attempt(oauth={**BASE["oauth"], "client_id": "another", "client_secret": "sandbox-another-secret"})
    assert "is also used by: Other connection" in result["msg"]
    assert writes(sandbox) == []
    removed = remove()
    assert removed["kept"] == ["registry Qualtrics OAuth: also used by Other connection"]
    assert removed["other_connections"] == []
    assert len(rows(sandbox, "oauth_entity")) == len(rows(sandbox, "oauth_entity_profile")) == 1
    assert [row["name"] for row in rows(sandbox, "http_connection")] == ["Other connection"]


def test_absent_removes_what_belongs_to_the_connection_and_nothing_of_the_spoke(sandbox: Sandbox) -> None:
    spoke = {
        table: sandbox.control.records("acmedev", table)
        for table in ("sys_alias", "sys_alias_templates", "connection_attributes", "sys_properties")
    }
    configure()
    foretold = remove(check_mode=True)
    assert len(rows(sandbox, "http_connection")) == 1
    done = remove()
    assert foretold["records"] == done["records"]
    assert [step["table"] for step in done["records"]] == list(CHAIN)
    assert [table for table in CHAIN if rows(sandbox, table)] == []
    assert {table: sandbox.control.records("acmedev", table) for table in spoke} == spoke
    assert not remove()["changed"]


@pytest.mark.parametrize("table", CHAIN)
def test_absent_copes_with_records_that_are_gone_already(sandbox: Sandbox, table: str) -> None:
    configure()
    sandbox.control.delete("acmedev", table, rows(sandbox, table)[0]["sys_id"])
    names = {"connection": {"name": "Qualtrics"}, "oauth": {"name": "Qualtrics OAuth"}}
    assert remove(**names)["changed"]
    assert rows(sandbox, "http_connection") == rows(sandbox, "oauth_entity") == []
    assert not remove(**names)["changed"]


def test_absent_with_another_name_removes_nothing(sandbox: Sandbox) -> None:
    configure()
    sandbox.control.clear_requests()
    assert not remove(connection={"name": "Qualtrics EU"})["changed"]
    assert writes(sandbox) == []


def test_an_encrypted_attribute_is_left_to_a_person_until_it_has_a_value(sandbox: Sandbox) -> None:
    definition = next(
        row for row in sandbox.control.records("acmedev", "connection_attributes") if row["element"] == "x_api_token"
    )
    sandbox.control.put("acmedev", "connection_attributes", definition["sys_id"], {"internal_type": "password2"})
    result = configure()
    assert [(step["step"], step["what"]) for step in result["manual_steps"]] == [
        ("connection", "Set the connection attribute X-API-TOKEN"),
        ("token", "Get the OAuth token"),
    ]
    assert result["connection_sys_id"] in result["manual_steps"][0]["url"]
    assert rows(sandbox, "sys_variable_value") == []
    values = {"document_key": result["connection_sys_id"], "variable": definition["sys_id"], "value": "set by hand"}
    sandbox.control.put("acmedev", "sys_variable_value", "b" * 32, values)
    again = configure()
    assert (again["changed"], [step["what"] for step in again["manual_steps"]]) == (False, ["Get the OAuth token"])


def test_closed_attribute_values_are_a_manual_step(sandbox: Sandbox) -> None:
    table = next(
        row for row in sandbox.control.records("acmedev", "sys_db_object") if row["name"] == "sys_variable_value"
    )
    configure(check_mode=True)
    sandbox.control.put("acmedev", "sys_db_object", table["sys_id"], {"ws_access": "false"})
    assert configure()["changed"]
    result = configure()
    assert not result["changed"]
    assert "keeps the table sys_variable_value closed" in result["manual_steps"][0]["why"]


@pytest.mark.parametrize(
    ("expires", "status", "steps"), [("2999-01-01 00:00:00", "present", 0), ("2020-01-01 00:00:00", "expired", 0)]
)
def test_the_token_is_reported(sandbox: Sandbox, expires: str, status: str, steps: int) -> None:
    configure()
    credential = rows(sandbox, "oauth_2_0_credentials")[0]
    requestor = {"requestor_id": credential["sys_id"], "oauth_entity_profile": credential["oauth_entity_profile"]}
    sandbox.control.put("acmedev", "oauth_requestor_profile", "1" * 32, requestor)
    sandbox.control.put(
        "acmedev",
        "oauth_credential",
        "2" * 32,
        {"type": "access_token", "oauth_requestor_profile": "1" * 32, "expires": expires},
    )
    result = configure()
    assert (result["token"], len(result["manual_steps"])) == ({"status": status, "expires": expires}, steps)
    rotated = configure(oauth={**BASE["oauth"], "client_secret": "sandbox-rotated-secret"}, update_secret="on_change")
    assert rotated["token"]["status"] == "outdated"
    assert [step["what"] for step in rotated["manual_steps"]] == ["Get the OAuth token"]


@pytest.mark.parametrize(
    "column",
    [
        "oauth_entity.client_id",
        "oauth_entity.client_secret",
        "http_connection.connection_url",
        "sys_variable_value.value",
    ],
)
def test_a_field_that_the_instance_silently_drops_is_named(sandbox: Sandbox, column: str) -> None:
    sandbox.control.put(
        "acmedev", "sys_security_acl", "c" * 32, {"name": column, "operation": "write", "decision_type": "deny"}
    )
    result = attempt()
    table, _dot, name = column.partition(".")
    assert result["error"]["kind"] == "not_stored"
    assert f"table {table}" in result["error"]["where"] and result["error"]["where"].endswith(f"field {name}")
    assert CLIENT_SECRET not in str(result) and API_TOKEN not in str(result)


@pytest.mark.parametrize(
    "template", ["{", "[]", '"text"', '{"connection_fields": 7, "credential_fields": [1, {"name": null}]}']
)
def test_a_broken_template_is_an_error_or_is_survived(sandbox: Sandbox, template: str) -> None:
    row = next(
        row for row in sandbox.control.records("acmedev", "sys_alias_templates") if row["name"].startswith("Qualtrics")
    )
    sandbox.control.put("acmedev", "sys_alias_templates", row["sys_id"], {"dynamic_data_schema": template})
    result = attempt()
    if template.startswith("{") and len(template) > 1:
        assert result["changed"], "the attribute definitions are enough"
    else:
        assert "template of the alias is not a JSON object" in result["msg"]
        assert writes(sandbox) == []


def test_a_secret_that_was_given_as_the_name_is_not_repeated(sandbox: Sandbox) -> None:
    for value in ("X-API-TOKEN", {"mixed": "up"}):
        result = attempt(secret_attributes={API_TOKEN: value})
        assert result["error"]["kind"] == "input"
        assert API_TOKEN not in str(result)
