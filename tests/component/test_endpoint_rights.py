# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The setup endpoint gives nobody a right that he does not have: every table, column and record is denied in turn, and asked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.snow_ops.spokes.plugins.plugin_utils._setup_endpoint import FILES
from connections import call, configure, install_endpoint, own_records
from endpoint_calls import NONCE, SUBJECT, USER, deny, make_connection_admin, state, state_of_tables, update
from support import API_TOKEN, CLIENT_SECRET

from sandbox import Sandbox

MIX = ("credential_admin", "oauth_admin", "personalize_read_dictionary")
# What /state reads and what /update writes; fewer would mean that the walk does not find them any more.
LEAST_READABLE, LEAST_WRITABLE = 90, 53
# Reading tokens is what the endpoint can do without.
SPARED = "oauth_credential"


def listed_columns() -> dict[str, list[str]]:
    """The columns that the scripts list, by table."""
    text = (FILES / "shared" / "rows.js").read_text()
    listing = text[text.index("var COLUMNS = {") : text.index("var SECRET_COLUMNS")]
    tables: dict[str, list[str]] = {}
    for table, columns in re.findall(r"(\w+): \[([^\]]*)\]", listing):
        tables[table] = re.findall(r"'([\w.]+)'", columns)
    return tables


def readable() -> Iterator[str]:
    """Every table and column that /state reads, as access controls name them."""
    behind = {
        "sys_scope": "sys_scope",
        "configuration_template": "sys_alias_templates",
        "connection_alias": "sys_alias",
    }
    for table, columns in listed_columns().items():
        if table == SPARED:
            continue
        yield table
        for column in columns:
            start, _dot, end = column.partition(".")
            if not end:
                yield f"{table}.{column}"
            elif start in behind:
                yield f"{behind[start]}.{end}"
    yield "http_connection.extended_attributes"
    yield "sys_alias_templates"


def writable() -> Iterator[tuple[str, str]]:
    """Every table and column that /update writes."""
    for table, columns in listed_columns().items():
        if table in ("sys_alias", "connection_attributes", "sys_variable_value", SPARED):
            continue
        for column in columns:
            if "." not in column and not column.startswith("sys_"):
                yield table, column


READABLE, WRITABLE = sorted(set(readable())), sorted(set(writable()))


def existing(sandbox: Sandbox, table: str) -> str:
    """The sys_id of the set-up's record."""
    return own_records(sandbox, table)[0]["sys_id"]


def test_the_walk_finds_what_there_is() -> None:
    assert len(READABLE) >= LEAST_READABLE
    assert len(WRITABLE) >= LEAST_WRITABLE


@pytest.mark.parametrize("element_access", ["record_and_field", "field_only"])
def test_whatever_is_denied_to_read_makes_state_refuse(sandbox: Sandbox, element_access: str) -> None:
    path = install_endpoint(sandbox)
    configure(get_token=True)
    sandbox.control.behaviour({"servicenow.element_access": element_access})
    assert state(sandbox, path).status_code == 200
    for name in READABLE:
        acl = deny(sandbox, name, "read")
        answer = state(sandbox, path)
        assert answer.status_code == 403, f"{name}: {answer.text[:200]}"
        sandbox.control.delete("acmedev", "sys_security_acl", acl)
    assert state(sandbox, path).status_code == 200


@pytest.mark.parametrize("element_access", ["record_and_field", "field_only"])
def test_whatever_is_denied_to_write_makes_update_refuse(sandbox: Sandbox, element_access: str) -> None:
    path = install_endpoint(sandbox)
    configure()
    sandbox.control.behaviour({"servicenow.element_access": element_access})
    for table, column in WRITABLE:
        place = "secret" if column == "client_secret" else "values"
        for name in (table, f"{table}.{column}"):
            acl = deny(sandbox, name, "write")
            before = state_of_tables(sandbox)
            step = {"table": table, "action": "update", "sys_id": existing(sandbox, table), place: {column: "x"}}
            answer = update(sandbox, path, step)
            assert answer.status_code == 403, f"{name}: {answer.text[:200]}"
            assert state_of_tables(sandbox) == before
            sandbox.control.delete("acmedev", "sys_security_acl", acl)


def rotation(sandbox: Sandbox, *steps: dict[str, Any]) -> dict[str, Any]:
    """A call of /rotate that writes ``steps`` and the API token."""
    connection = existing(sandbox, "http_connection")
    attribute = {"table": "sys_variable_value", "element": "x_api_token", "connection": connection, "value": "x"}
    return {
        **SUBJECT,
        "connection_sys_id": connection,
        "steps": [*steps, attribute],
        "get_token": "true",
        "path": "/directories",
        "headers": {"X-API-TOKEN": "x_api_token"},
    }


# What a rotation does beside writing columns: it reads what is there, and replaces the token of the credential.
BESIDES = [
    ("http_connection.extended_attributes", "write"),
    ("sys_variable_value.value", "write"),
    ("sys_variable_value", "write"),
    ("oauth_2_0_credentials", "write"),
    ("oauth_entity.client_secret", "read"),
    ("oauth_entity.client_id", "read"),
    ("http_connection.extended_attributes", "read"),
    ("sys_variable_value.value", "read"),
    ("connection_attributes", "read"),
    ("oauth_entity_scope", "read"),
]


def test_whatever_is_denied_to_write_or_read_makes_rotate_refuse_before_it_writes(sandbox: Sandbox) -> None:
    path = install_endpoint(sandbox)
    configure(get_token=True)
    tables = ("oauth_entity", "http_connection")
    denials = [(f"{table}.{column}", "write") for table, column in WRITABLE if table in tables]
    before = state_of_tables(sandbox)
    for name, operation in [*denials, *((table, "write") for table in tables), *BESIDES]:
        acl = deny(sandbox, name, operation)
        table, _dot, column = name.partition(".")
        step = {"table": "oauth_entity", "sys_id": existing(sandbox, "oauth_entity"), "values": {"client_id": "x"}}
        if table in tables and column not in ("", "extended_attributes"):
            place = "secret" if column == "client_secret" else "values"
            step = {"table": table, "sys_id": existing(sandbox, table), place: {column: "x"}}
        elif table == "http_connection":
            step = {"table": table, "sys_id": existing(sandbox, table), "values": {"name": "x"}}
        sandbox.control.clear_requests()
        answer = call(sandbox, f"{path}/rotate", rotation(sandbox, step))
        assert answer.status_code == 403, f"{name} {operation}: {answer.text[:200]}"
        assert state_of_tables(sandbox) == before
        assert {entry["host"] for entry in sandbox.control.requests()} == {"acmedev.service-now.com"}
        sandbox.control.delete("acmedev", "sys_security_acl", acl)


STRANGERS = [
    {"table": "oauth_entity", "sys_id": "0" * 32, "values": {"client_id": "x"}},
    {"table": "oauth_2_0_credentials", "values": {"name": "x"}},
    {"table": "sys_user", "sys_id": "c" * 32, "values": {"user_name": "x"}},
    {"element": "x_api_token", "connection": "0" * 32, "value": "x"},
    {"table": "__proto__", "values": {}},
    {"values": {"name": "x"}},
]


@pytest.mark.parametrize("step", STRANGERS)
def test_rotate_writes_to_the_connection_itself_only(sandbox: Sandbox, step: dict[str, Any]) -> None:
    path = install_endpoint(sandbox)
    configure(get_token=True)
    (inbound,) = [row for row in sandbox.control.records("acmedev", "oauth_entity") if row["name"] == "api.client"]
    before = state_of_tables(sandbox)
    for other in (step, {**step, "sys_id": inbound["sys_id"]}):
        answer = call(sandbox, f"{path}/rotate", rotation(sandbox, other))
        assert (answer.status_code, "steps has to be about the connection" in answer.text) == (400, True), answer.text
    assert state_of_tables(sandbox) == before


@pytest.mark.parametrize("operation", ["create", "delete"])
def test_whatever_is_denied_to_create_or_delete_makes_update_refuse(sandbox: Sandbox, operation: str) -> None:
    path = install_endpoint(sandbox)
    configure()
    tables = sorted({table for table, _column in WRITABLE})
    assert len(tables) == 6
    for table in tables:
        deny(sandbox, table, operation)
        before = state_of_tables(sandbox)
        values = {"oauth_entity_profile": {"oauth_entity": "f" * 32}, "oauth_entity_profile_scope": {}}.get(
            table, {"name": "new"}
        )
        new = {"action": "create", "sys_id": "f" * 32, "values": values}
        step = new if operation == "create" else {"action": "delete", "sys_id": existing(sandbox, table)}
        assert update(sandbox, path, {"table": table, **step}).status_code == 403, table
        assert state_of_tables(sandbox) == before


ATTRIBUTE_RULES = [
    ("http_connection.extended_attributes", "admin"),
    ("http_connection.extended_attributes", "mix"),
    ("sys_variable_value.value", "admin"),
    ("sys_variable_value", "admin"),
    ("http_connection", "admin"),
    ("http_connection", "mix"),
]


@pytest.mark.parametrize(("name", "who"), ATTRIBUTE_RULES)
def test_attributes_are_asked_before_they_are_written(sandbox: Sandbox, name: str, who: str) -> None:
    path = install_endpoint(sandbox)
    configure()
    make_connection_admin(sandbox, *MIX)
    user = USER if who == "mix" else "spoke.setup"
    step = {
        "table": "sys_variable_value",
        "element": "x_api_token",
        "connection": existing(sandbox, "http_connection"),
        "value": "sandbox-new-fake",
    }
    deny(sandbox, name, "write")
    before = state_of_tables(sandbox)
    assert update(sandbox, path, step, user).status_code == 403
    assert state_of_tables(sandbox) == before


@pytest.mark.parametrize("name", ["http_connection.extended_attributes", "sys_variable_value.value"])
@pytest.mark.parametrize("who", ["admin", "mix"])
def test_attributes_are_asked_before_they_are_compared_or_sent(sandbox: Sandbox, name: str, who: str) -> None:
    path = install_endpoint(sandbox)
    configure(get_token=True)
    make_connection_admin(sandbox, *MIX)
    user = USER if who == "mix" else "spoke.setup"
    document = {
        "nonce": NONCE,
        "connection_sys_id": existing(sandbox, "http_connection"),
        "path": "/directories",
        "headers": {"X-API-TOKEN": "x_api_token"},
    }
    assert call(sandbox, f"{path}/test", document, user).status_code == 200
    deny(sandbox, name, "read")
    sandbox.control.clear_requests()
    assert state(sandbox, path, user).status_code == 403
    assert call(sandbox, f"{path}/test", document, user).status_code == 403
    assert {entry["host"] for entry in sandbox.control.requests()} == {"acmedev.service-now.com"}


@pytest.mark.parametrize("name", ["Qualtrics OAuth", "api.client", "No such registry", "qualtrics oauth"])
def test_a_name_tells_nobody_whether_there_is_a_record_that_he_may_not_read(sandbox: Sandbox, name: str) -> None:
    path = install_endpoint(sandbox)
    configure()
    make_connection_admin(sandbox)
    (alias,) = [row for row in sandbox.control.records("acmedev", "sys_alias") if row["name"] == "Acme_Tickets"]
    document = {"nonce": NONCE, "alias": alias["id"], "registry_name": name}
    answer = call(sandbox, f"{path}/state", document, USER)
    assert (answer.status_code, answer.json()["error"]["message"]) == (403, "The account may not read oauth_entity")


@pytest.mark.parametrize("denied", ["oauth_entity.client_secret", "oauth_entity.comments"])
def test_nor_does_a_column_or_a_row_that_he_may_not_read(sandbox: Sandbox, denied: str) -> None:
    path = install_endpoint(sandbox)
    configure()
    document = {"nonce": NONCE, "alias": "x_acme_tickets.Acme_Tickets"}
    names = ("Qualtrics OAuth", "No such registry")
    deny(sandbox, "oauth_entity", "read", "name=Qualtrics OAuth")
    answers = [call(sandbox, f"{path}/state", {**document, "registry_name": name}).text for name in names]
    assert len(set(answers)) == 1
    deny(sandbox, denied, "read")
    answers = [call(sandbox, f"{path}/state", {**document, "registry_name": name}).text for name in names]
    assert len(set(answers)) == 1
    assert f"may not read {denied}" in answers[0]


@pytest.mark.parametrize("action", ["update", "delete", "create"])
def test_a_sys_id_tells_nobody_either(sandbox: Sandbox, action: str) -> None:
    path = install_endpoint(sandbox)
    configure()
    make_connection_admin(sandbox)
    told = set()
    for sys_id in (existing(sandbox, "oauth_entity"), "0" * 32):
        answer = update(sandbox, path, {"table": "oauth_entity", "action": action, "sys_id": sys_id}, USER)
        told.add((answer.status_code, answer.text))
    assert len(told) == 1
    assert "may not read oauth_entity" in told.pop()[1]


def test_the_platforms_own_roles_decide_who_may_have_a_token_fetched(sandbox: Sandbox) -> None:
    path = install_endpoint(sandbox)
    configure(get_token=True)
    make_connection_admin(sandbox, "discovery_admin", "oauth_admin")
    document = {"nonce": NONCE, "connection_sys_id": existing(sandbox, "http_connection")}
    sandbox.control.clear_requests()
    before = len(sandbox.control.records("acmedev", "oauth_credential"))
    answer = call(sandbox, f"{path}/token", document, USER)
    assert (answer.status_code, answer.json()["error"]["message"]) == (
        403,
        "The account may not write oauth_2_0_credentials",
    )
    deny(sandbox, "oauth_2_0_credentials", "write")
    assert call(sandbox, f"{path}/token", document).status_code == 403, "admin neither"
    assert len(sandbox.control.records("acmedev", "oauth_credential")) == before
    assert {entry["host"] for entry in sandbox.control.requests()} == {"acmedev.service-now.com"}


TOKEN_URLS = [
    "http://fra1.qualtrics.com/oauth2/token",
    "https://u:p@fra1.qualtrics.com/x",
    "https://fra1.qualtrics.com/?x=1",
    "https://a.example/#x",
    "ftp://x",
    "",
]


@pytest.mark.parametrize("url", TOKEN_URLS)
def test_the_client_secret_goes_to_a_plain_https_address_only(sandbox: Sandbox, url: str) -> None:
    path = install_endpoint(sandbox)
    configure()
    sandbox.control.put("acmedev", "oauth_entity", existing(sandbox, "oauth_entity"), {"token_url": url})
    sandbox.control.clear_requests()
    answer = call(sandbox, f"{path}/token", {"nonce": NONCE, "connection_sys_id": existing(sandbox, "http_connection")})
    assert answer.status_code == 409
    assert "Token URL" in answer.json()["error"]["message"]
    assert len(sandbox.control.requests()) == 1


CONNECTION_URLS = [
    "http://acme.qualtrics.com/API/v3",
    "https://user:pw@acme.qualtrics.com/API/v3",
    "https://acme.qualtrics.com@evil.example/API/v3",
    "https://acme.qualtrics.com:8443/API/v3",
    "https://acme.qualtrics.com/API/v3?x=",
    "https://acme.qualtrics.com/API/v3#",
    "https://acme.qualtrics.com\\@evil.example/API/v3",
    "https://evil.example/ acme.qualtrics.com",
]


@pytest.mark.parametrize("url", CONNECTION_URLS)
def test_the_test_call_goes_to_a_plain_https_address_only(sandbox: Sandbox, url: str) -> None:
    path = install_endpoint(sandbox)
    configure(get_token=True)
    connection = existing(sandbox, "http_connection")
    sandbox.control.put("acmedev", "http_connection", connection, {"connection_url": url})
    sandbox.control.clear_requests()
    document = {
        "nonce": NONCE,
        "connection_sys_id": connection,
        "path": "/directories",
        "headers": {"X-API-TOKEN": "x_api_token"},
    }
    answer = call(sandbox, f"{path}/test", document)
    assert answer.status_code == 409
    assert len(sandbox.control.requests()) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "x_api_token"},
        {"X-API-TOKEN": "nothing"},
        {"X-A\nB": "x_api_token"},
        {"Host": "x_api_token"},
        {"X-A B": "x_api_token"},
    ],
)
def test_the_test_call_carries_attributes_in_headers_of_its_own_only(sandbox: Sandbox, headers: dict[str, str]) -> None:
    path = install_endpoint(sandbox)
    configure(get_token=True)
    sandbox.control.clear_requests()
    document = {
        "nonce": NONCE,
        "connection_sys_id": existing(sandbox, "http_connection"),
        "path": "/directories",
        "headers": headers,
    }
    assert call(sandbox, f"{path}/test", document).status_code == 400
    assert len(sandbox.control.requests()) == 1


def test_an_inbound_client_is_never_written(sandbox: Sandbox) -> None:
    path = install_endpoint(sandbox)
    (inbound,) = [row for row in sandbox.control.records("acmedev", "oauth_entity") if row["name"] == "api.client"]
    before = state_of_tables(sandbox)
    for step in (
        {"action": "update", "secret": {"client_secret": CLIENT_SECRET}},
        {"action": "delete"},
        {"action": "update", "values": {"name": "x"}},
    ):
        answer = update(sandbox, path, {"table": "oauth_entity", "sys_id": inbound["sys_id"], **step})
        assert (answer.status_code, "inbound client" in answer.text) == (409, True)
    assert state_of_tables(sandbox) == before


@pytest.mark.parametrize("dot_walked", ["asked", "not_asked"])
def test_what_a_reference_leads_to_is_asked_whether_or_not_dot_walking_asks(sandbox: Sandbox, dot_walked: str) -> None:
    path = install_endpoint(sandbox)
    configure()
    sandbox.control.behaviour({"servicenow.dot_walked_access": dot_walked, "servicenow.element_access": "field_only"})
    deny(sandbox, "sys_alias_templates", "read")
    answer = state(sandbox, path)
    assert answer.status_code == 403
    assert API_TOKEN not in answer.text
