# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Access control: what is refused aloud, and what silently does not happen."""

from __future__ import annotations

import pytest

from sandbox.servicenow.caller import Caller, basic

PASSWORD = "sandbox-Password-fake"


@pytest.fixture
def acme() -> Caller:
    users = [
        {"user_name": "spoke.setup", "password": "sandbox-Password-1", "roles": ["admin"]},
        {"user_name": "connector", "password": PASSWORD, "roles": ["connection_admin"]},
        {"user_name": "nobody", "password": PASSWORD},
    ]
    return Caller(changes={"users": users})


def login(acme: Caller, user_name: str) -> None:
    acme.headers = basic(user_name, PASSWORD)


def deny(acme: Caller, name: str, operation: str, condition: str = "") -> None:
    values = {"name": name, "operation": operation, "condition": condition, "decision_type": "deny"}
    acme.farm.put_record("acmedev", "sys_security_acl", f"{len(acme.stored('sys_security_acl')):032}", values)


@pytest.mark.parametrize("table", ["sys_alias", "sys_user", "sys_properties", "sys_scope", "oauth_entity"])
def test_a_user_without_roles_sees_no_rows_and_no_error(acme: Caller, table: str) -> None:
    total = acme.table("GET", table).headers["x-total-count"]
    sys_id = acme.stored(table)[0]["sys_id"]
    login(acme, "nobody")
    answer = acme.table("GET", table)
    assert (answer.status, answer.result, answer.headers["x-total-count"]) == (200, [], total)
    hidden = acme.table("GET", table, sys_id)
    assert (hidden.status, hidden.error[0]) == (404, "No Record found")


def test_a_role_opens_its_tables_and_no_others(acme: Caller) -> None:
    login(acme, "connector")
    assert acme.names("sys_alias", "sys_scope.scope=sn_qualtrics_spoke", "id") == ["sn_qualtrics_spoke.Qualtrics"]
    assert acme.names("sys_properties", "name=instance_name", "value") == ["acmedev"]
    assert acme.table("GET", "oauth_entity").result == []
    sys_id = acme.insert("http_connection", name="one")
    assert acme.table("PATCH", "http_connection", sys_id, {"name": "two"}).status == 200
    assert acme.table("DELETE", "http_connection", sys_id).status == 204
    refused = acme.table("POST", "oauth_entity", body={"name": "x"})
    assert (refused.status, refused.error) == (
        403,
        ("Operation Failed", "ACL Exception Insert Failed due to security constraints"),
    )
    row = acme.names("sys_properties", "name=instance_name", "sys_id")[0]
    refused = acme.table("PATCH", "sys_properties", row, {"value": "x"})
    assert refused.error[1] == "ACL Exception Update Failed due to security constraints"
    assert (
        acme.table("DELETE", "sys_properties", row).error[1]
        == "ACL Exception Delete Failed due to security constraints"
    )
    assert acme.stored("sys_properties", name="instance_name")[0]["sys_mod_count"] == "0"


def test_dot_walking_stops_at_what_may_not_be_read(acme: Caller) -> None:
    credential = acme.insert("oauth_2_0_credentials", name="cred")
    acme.insert("http_connection", name="one", credential=credential)
    acme.insert("http_connection", name="two")
    login(acme, "connector")
    rows = acme.table("GET", "http_connection", query="credential.name=cred", fields="name,credential.name").result
    assert rows == [{"name": "one"}, {"name": "two"}]


@pytest.mark.parametrize("table", ["sys_store_app", "sys_plugins"])
def test_tables_closed_to_web_services_refuse_even_admin(acme: Caller, table: str) -> None:
    answer = acme.table("GET", table)
    assert (answer.status, answer.error) == (403, ("User Not Authorized", "Failed API level ACL Validation"))
    description = acme.stored("sys_db_object", name=table)[0]["sys_id"]
    acme.farm.put_record("acmedev", "sys_db_object", description, {"ws_access": "true"})
    assert acme.table("GET", table).result
    # The parent shows the rows either way.
    assert "sys_store_app" in acme.names("sys_scope", "scope=sn_qualtrics_spoke", "sys_class_name")


def test_what_nobody_may_do_admin_may_not_either(acme: Caller) -> None:
    assert acme.table("POST", "sys_security_acl", body={"name": "x"}).status == 403
    assert acme.table("POST", "v_plugin", body={"id": "x"}).status == 403


def test_a_field_denial_drops_the_field_and_takes_the_rest(acme: Caller) -> None:
    deny(acme, "http_connection.connection_url", "write")
    answer = acme.table("POST", "http_connection", body={"name": "one", "connection_url": "https://a.invalid"})
    assert (answer.status, answer.result["name"], answer.result["connection_url"]) == (201, "one", "")
    changed = acme.table(
        "PATCH", "http_connection", answer.result["sys_id"], {"name": "two", "connection_url": "https://a.invalid"}
    )
    assert (changed.status, changed.result["name"], changed.result["connection_url"]) == (200, "two", "")


def test_field_denials_come_with_the_seed_and_bind_children() -> None:
    acme = Caller(changes={"denied_fields": {"sys_connection": ["connection_alias"]}})
    assert (
        acme.read("http_connection", acme.insert("http_connection", name="one", connection_alias="x"))[
            "connection_alias"
        ]
        == ""
    )


def test_a_field_that_may_not_be_read_is_left_out_and_cannot_be_queried(acme: Caller) -> None:
    acme.insert("http_connection", name="one")
    acme.insert("http_connection", name="two")
    deny(acme, "sys_connection.name", "read")
    assert all("name" not in row for row in acme.table("GET", "http_connection").result)
    assert acme.table("GET", "http_connection", query="name=one").headers["x-total-count"] == "2"


def test_hidden_rows_vanish_after_the_limit_was_applied(acme: Caller) -> None:
    for number in range(4):
        acme.insert("http_connection", name=f"c{number}")
    deny(acme, "http_connection", "read", "nameINc0,c1")
    pages = [
        acme.table("GET", "http_connection", query="ORDERBYname", limit="2", offset=offset, fields="name")
        for offset in ("0", "2")
    ]
    assert [page.result for page in pages] == [[], [{"name": "c2"}, {"name": "c3"}]]
    assert pages[0].headers["x-total-count"] == "4"


def test_rows_can_be_denied_for_writing(acme: Caller) -> None:
    sys_id = acme.insert("http_connection", name="one")
    deny(acme, "sys_connection", "write", "name=one")
    assert (
        acme.table("PATCH", "http_connection", sys_id, {"name": "two"})
        .error[1]
        .startswith("ACL Exception Update Failed")
    )
    deny(acme, "http_connection", "create")
    assert (
        acme.table("POST", "http_connection", body={"name": "two"}).error[1].startswith("ACL Exception Insert Failed")
    )
