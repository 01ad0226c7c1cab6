# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""What differs between releases and instances, each a switch: Scripting Governance, where files go, labels, paths, lists of plugins."""

from __future__ import annotations

import pytest

from sandbox.servicenow.caller import Caller, basic

SCRIPT_WRITER = "snc_required_script_writer_permission"


@pytest.fixture
def acme() -> Caller:
    return Caller()


def own_id(acme: Caller, user_name: str = "spoke.setup") -> str:
    return acme.stored("sys_user", user_name=user_name)[0]["sys_id"]


def pick(acme: Caller, scope: str) -> str:
    """Let the account's application picker stand on an application."""
    (application,) = acme.stored("sys_scope", scope=scope)
    values = {"user": own_id(acme), "name": "apps.current_app", "value": application["sys_id"]}
    acme.farm.put_record("acmedev", "sys_user_preference", "a" * 32, values)
    return application["sys_id"]


def grant_scripts(acme: Caller) -> None:
    (role,) = acme.stored("sys_user_role", name=SCRIPT_WRITER)
    acme.farm.put_record("acmedev", "sys_user_has_role", "b" * 32, {"user": own_id(acme), "role": role["sys_id"]})


@pytest.mark.parametrize(("governance", "status"), [("on", 201), ("forbid", 403)])
def test_scripting_governance_keeps_admin_from_writing_scripts(acme: Caller, governance: str, status: int) -> None:
    assert acme.names("sys_user_role", f"name={SCRIPT_WRITER}") == [], "before Zurich there is no such role"
    acme.behaviour["servicenow.scripting_governance"] = governance
    assert acme.names("sys_user_role", f"name={SCRIPT_WRITER}") == [SCRIPT_WRITER]
    api = acme.insert("sys_ws_definition", name="Test", service_id="test")
    body = {
        "name": "x",
        "web_service_definition": api,
        "relative_path": "/x",
        "http_method": "GET",
        "operation_script": "mine();",
    }
    assert acme.table("POST", "sys_ws_operation", body=body).status == status
    assert "mine();" not in str(acme.stored("sys_ws_operation"))
    grant_scripts(acme)
    assert acme.table("POST", "sys_ws_operation", body={**body, "relative_path": "/y"}).status == 201
    assert acme.stored("sys_ws_operation", relative_path="/y")[0]["operation_script"] == "mine();"


def test_an_operation_without_a_script_of_its_own_has_the_default_one_and_answers(acme: Caller) -> None:
    acme.behaviour["servicenow.scripting_governance"] = "on"
    api = acme.insert("sys_ws_definition", name="Test", service_id="test")
    operation = acme.insert(
        "sys_ws_operation", name="x", web_service_definition=api, relative_path="/x", operation_script="mine();"
    )
    assert "implement resource here" in acme.read("sys_ws_operation", operation)["operation_script"]
    assert acme.send("GET", acme.read("sys_ws_operation", operation)["operation_uri"]).status == 200


@pytest.mark.parametrize(
    ("behaviour", "parameter", "lands_in"),
    [
        ({}, "", "global"),
        ({"insert_scope": "preference"}, "", "sn_qualtrics_spoke"),
        ({"insert_scope": "preference"}, "global", "global"),
        ({"insert_scope": "preference"}, "no such application", "sn_qualtrics_spoke"),
        ({"insert_scope": "preference", "transaction_scope": "ignore"}, "global", "sn_qualtrics_spoke"),
    ],
)
def test_where_a_new_file_goes(acme: Caller, behaviour: dict[str, str], parameter: str, lands_in: str) -> None:
    pick(acme, "sn_qualtrics_spoke")
    acme.behaviour.update({f"servicenow.{name}": value for name, value in behaviour.items()})
    parameters = {"transaction_scope": parameter} if parameter else {}
    answer = acme.table(
        "POST", "oauth_entity", body={"name": "x", "type": "consumer"}, fields="sys_scope.scope,sys_id", **parameters
    )
    assert answer.result["sys_scope.scope"] == lands_in
    (profile,) = acme.stored("oauth_entity_profile", oauth_entity=answer.result["sys_id"])
    assert acme.names("oauth_entity_profile", f"sys_id={profile['sys_id']}", "sys_scope.scope") == [lands_in]
    api = acme.table("POST", "sys_ws_definition", body={"name": "x", "service_id": "x"}, **parameters).result
    assert api["namespace"] == ("224240" if lands_in == "global" else lands_in)


def test_the_preference_is_that_of_the_one_who_is_logged_in(acme: Caller) -> None:
    pick(acme, "sn_qualtrics_spoke")
    acme.behaviour["servicenow.insert_scope"] = "preference"
    acme.headers = basic("outside.user", "sandbox-Password-4")
    assert (
        acme.table("POST", "sys_ws_definition", body={"name": "x", "service_id": "x"}).result["namespace"] == "224240"
    )


@pytest.mark.parametrize(
    ("rows", "active", "expected"),
    [
        ("live", "active", ["active"]),
        ("live", "true", ["true"]),
        ("stale", "active", ["inactive"]),
        ("stale", "true", ["false"]),
        ("none", "true", []),
    ],
)
def test_the_list_of_plugins(acme: Caller, rows: str, active: str, expected: list[str]) -> None:
    acme.behaviour.update({"servicenow.v_plugin_rows": rows, "servicenow.v_plugin_active": active})
    assert acme.names("v_plugin", "id=com.glide.cobject", "active") == expected


@pytest.mark.parametrize(
    ("switch", "label", "column_label"), [("both", True, True), ("column_label", False, True), ("label", True, False)]
)
def test_the_label_of_an_attribute_is_in_two_columns_or_in_one(
    acme: Caller, switch: str, label: bool, column_label: bool
) -> None:
    acme.behaviour["servicenow.attribute_label"] = switch
    shown = acme.table("GET", "connection_attributes", fields="label,column_label", query="element=x_api_token").result
    assert shown == [{"label": "X-API-TOKEN" * label, "column_label": "X-API-TOKEN" * column_label}]


def test_paths_and_ids_can_be_normalised(acme: Caller) -> None:
    assert acme.install("return 1;", "/My-path.x/{id}") == "/api/224240/test/My-path.x/{id}"
    acme.behaviour["servicenow.api_paths"] = "normalised"
    assert acme.install("return 1;", "/My-path.x/{id}/") == "/api/224240/test/My_path_x/{id}"
    api = acme.table("POST", "sys_ws_definition", body={"name": "x", "service_id": "My-Id"}).result
    assert (api["service_id"], api["base_uri"]) == ("my_id", "/api/224240/my_id")


def test_who_is_not_internal_is_refused_before_the_script_runs(acme: Caller) -> None:
    path = acme.install("return 1;")
    open_path = acme.install("return 1;", "/open", requires_snc_internal_role="false")
    acme.headers = basic("outside.user", "sandbox-Password-4")
    assert [acme.send("POST", each).status for each in (path, open_path)] == [403, 200]
    assert acme.table("GET", "sys_properties").result == []


def test_an_orphan_is_listed_and_cannot_be_opened(acme: Caller) -> None:
    sys_id = acme.insert("oauth_2_0_credentials", name="left behind")
    assert acme.farm.orphan("acmedev", "oauth_2_0_credentials", sys_id)
    assert acme.names("oauth_2_0_credentials", "name=left behind", "sys_id") == [sys_id]
    assert [acme.table(verb, "oauth_2_0_credentials", sys_id, {}).status for verb in ("GET", "PATCH", "DELETE")] == [
        404
    ] * 3
    assert acme.table("POST", "oauth_2_0_credentials", body={"sys_id": sys_id}).status == 403
    assert not acme.farm.orphan("acmedev", "oauth_2_0_credentials", "f" * 32)


@pytest.mark.parametrize(
    ("name", "version", "label"),
    [
        ("acmedev", "1.2.0", "Client ID"),
        ("acmenext", "1.3.0", "OAuth Client ID"),
        ("acmelatest", "1.4.0", "OAuth Client ID"),
    ],
)
def test_the_spoke_has_versions(name: str, version: str, label: str) -> None:
    acme = Caller(name)
    assert acme.names("sys_scope", "scope=sn_qualtrics_spoke", "version") == [version]
    (template,) = acme.stored("sys_alias_templates", name="Qualtrics Spoke template")
    assert f'"label": "{label}"' in template["dynamic_data_schema"]
    assert len(acme.stored("sys_alias", name="Qualtrics")) == 1
