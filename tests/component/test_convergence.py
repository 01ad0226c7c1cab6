# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""snow_connection_alias ends in the same state wherever it starts, and check mode says beforehand how it gets there."""
from __future__ import annotations

from typing import Any

import pytest
from sandbox import Sandbox
from support import API_TOKEN, CLIENT_ID, CLIENT_SECRET, OTHER_SECRET, login, qualtrics_connection, run_task

MODULE = "snow_connection_alias"
TABLES = (
    "oauth_entity",
    "oauth_entity_profile",
    "oauth_entity_scope",
    "oauth_entity_profile_scope",
    "oauth_2_0_credentials",
    "http_connection",
    "sys_variable_value",
)
WRITES = ("POST", "PUT", "PATCH", "DELETE")


def configure(check_mode: bool = False, **changes: Any) -> dict[str, Any]:
    result = run_task(MODULE, qualtrics_connection(**changes), check_mode)
    assert not result.get("failed"), result["msg"]
    return result


def own_records(sandbox: Sandbox, table: str, plain: bool = False) -> list[dict[str, str]]:
    """The records of a table but for the inbound OAuth client that every instance has."""
    return [row for row in sandbox.control.records("acmedev", table, plain) if row.get("name") != "api.client"]


def one(sandbox: Sandbox, table: str, plain: bool = False) -> dict[str, str]:
    (row,) = own_records(sandbox, table, plain)
    return row


def predicted(result: dict[str, Any]) -> list[tuple[Any, ...]]:
    """The records of a result without the sys_ids, which only the platform knows before it makes a record."""
    return [(step["role"], step["table"], step["action"], step["before"], step["after"]) for step in result["records"]]


def assert_configured(sandbox: Sandbox) -> None:
    registry, profile, scope = (one(sandbox, table, plain=True) for table in TABLES[:3])
    link, credential, connection, value = (one(sandbox, table) for table in TABLES[3:])
    assert registry["name"] == "Qualtrics OAuth"
    assert registry["client_id"] == CLIENT_ID
    assert registry["client_secret"] == CLIENT_SECRET
    assert registry["token_url"] == "https://fra1.qualtrics.com/oauth2/token"
    assert registry["default_grant_type"] == profile["grant_type"] == "client_credentials"
    assert profile["oauth_entity"] == scope["oauth_entity"] == registry["sys_id"]
    assert scope["oauth_entity_scope"] == "manage:all"
    assert (link["oauth_entity_profile"], link["oauth_entity_scope"]) == (profile["sys_id"], scope["sys_id"])
    assert credential["oauth_entity_profile"] == profile["sys_id"]
    assert connection["name"] == "Qualtrics"
    assert connection["connection_url"] == "https://acme.qualtrics.com/API/v3"
    assert connection["credential"] == credential["sys_id"]
    assert connection["active"] == "true"
    assert value["document_key"] == connection["sys_id"]
    assert value["value"] == API_TOKEN


def test_a_fresh_instance_is_configured_and_a_second_run_writes_nothing(sandbox: Sandbox) -> None:
    first = configure()
    assert first["changed"]
    assert {step["action"] for step in first["records"]} == {"create"}
    assert_configured(sandbox)
    assert CLIENT_SECRET not in one(sandbox, "oauth_entity")["client_secret"]
    sandbox.control.clear_requests()
    second = configure()
    assert not second["changed"]
    assert second["diff"] == []
    assert [entry for entry in sandbox.control.requests() if entry["method"] in WRITES] == []


def test_check_mode_on_a_fresh_instance_predicts_every_record_and_sends_no_write(sandbox: Sandbox) -> None:
    before = configure(check_mode=True)
    assert [entry for entry in sandbox.control.requests() if entry["method"] in WRITES] == []
    after = configure()
    assert predicted(before) == predicted(after)
    assert before["diff"] == after["diff"]
    differing = [one["role"] for one, two in zip(before["records"], after["records"]) if one["sys_id"] != two["sys_id"]]
    assert differing == ["profile"], "the platform itself makes the profile"
    assert {name: before[name] for name in ("manual_steps", "token", "alias", "connection_sys_id")} == {
        name: after[name] for name in ("manual_steps", "token", "alias", "connection_sys_id")
    }


@pytest.mark.parametrize("table", TABLES)
def test_a_record_that_is_gone_is_made_again(sandbox: Sandbox, table: str) -> None:
    configure()
    sandbox.control.delete("acmedev", table, own_records(sandbox, table)[0]["sys_id"])
    before, after = configure(check_mode=True), configure()
    assert after["changed"]
    assert predicted(before) == predicted(after)
    assert_configured(sandbox)
    assert not configure()["changed"]


@pytest.mark.parametrize(
    ("table", "values"),
    [
        ("oauth_entity", {"client_id": "another"}),
        ("oauth_entity", {"client_secret": ""}),
        ("oauth_entity", {"token_url": "https://iad1.qualtrics.com/oauth2/token", "active": "false"}),
        ("oauth_entity_profile", {"grant_type": "authorization_code"}),
        ("oauth_2_0_credentials", {"oauth_entity_profile": "", "active": "false"}),
        ("http_connection", {"connection_url": "https://wrong.qualtrics.com/API/v3"}),
        ("http_connection", {"credential": ""}),
        ("http_connection", {"name": "Renamed by hand"}),
        ("http_connection", {"active": "false"}),
        ("sys_variable_value", {"value": "another token"}),
    ],
)
def test_what_was_changed_by_hand_is_put_right(sandbox: Sandbox, table: str, values: dict[str, str]) -> None:
    configure()
    sandbox.control.put("acmedev", table, one(sandbox, table)["sys_id"], values)
    before, after = configure(check_mode=True), configure()
    assert after["changed"]
    assert predicted(before) == predicted(after)
    assert_configured(sandbox)
    assert not configure()["changed"]


@pytest.mark.parametrize(
    "switches",
    [
        {"servicenow.insert_sys_id": "ignore"},
        {"servicenow.default_profile": "late"},
        {"servicenow.unknown_query_field": "forbid"},
        {"servicenow.password2_plain_write": "clear"},
        {"servicenow.cascade_delete": "keep"},
        {"servicenow.total_count": "absent"},
        {"servicenow.error_detail": "null"},
        {"servicenow.connection_name": "not_unique"},
        {"servicenow.insert_scope": "honour"},
    ],
)
def test_disputed_behaviours_lead_to_the_same_end(sandbox: Sandbox, switches: dict[str, str]) -> None:
    sandbox.control.behaviour(switches)
    assert configure()["changed"]
    assert_configured(sandbox)
    assert not configure()["changed"]
    removed = run_task(MODULE, {"instance": login(), "scope": "sn_qualtrics_spoke", "state": "absent"})
    assert removed["changed"]
    assert [table for table in TABLES if own_records(sandbox, table)] == []


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("table", ["oauth_entity", "oauth_2_0_credentials", "http_connection", "sys_variable_value"])
@pytest.mark.parametrize("kind", ["reset", "close", "garbled", "accepted_202", "status"])
def test_a_create_whose_answer_is_lost_is_settled_by_looking(sandbox: Sandbox, kind: str, table: str, when: str) -> None:
    sandbox.control.fault(kind, when=when, method="POST", table=table)
    configure()
    assert [fault["fired"] for fault in sandbox.control.faults()] == [1]
    assert_configured(sandbox)
    assert not configure()["changed"]


def test_secrets_follow_update_secret(sandbox: Sandbox) -> None:
    rotated = dict(qualtrics_connection()["oauth"], client_secret=OTHER_SECRET)
    configure(update_secret="on_change")
    assert not configure(update_secret="on_change")["changed"]
    assert not configure(oauth=rotated)["changed"], "on_create leaves a secret that is there"
    assert configure(oauth=rotated, update_secret="on_change")["changed"]
    assert one(sandbox, "oauth_entity", plain=True)["client_secret"] == OTHER_SECRET
    assert not configure(oauth=rotated, update_secret="on_change")["changed"]
    always = configure(oauth=rotated, update_secret="always")
    assert [step["role"] for step in always["records"] if step["action"] != "none"] == ["registry"]
    assert not configure(oauth=rotated)["changed"]


def test_comments_of_other_people_stay(sandbox: Sandbox) -> None:
    configure()
    registry = one(sandbox, "oauth_entity")
    sandbox.control.put("acmedev", "oauth_entity", registry["sys_id"], {"comments": "first line\n" + registry["comments"] + "\nlast line"})
    assert not configure()["changed"]
    configure(update_secret="on_change")
    lines = one(sandbox, "oauth_entity")["comments"].splitlines()
    assert (lines[0], lines[2]) == ("first line", "last line")
    assert lines[3].startswith("snow_ops.spokes client_secret=scrypt$")


def test_the_other_spoke_is_configured_by_its_own_labels(sandbox: Sandbox) -> None:
    options = {
        "instance": login(),
        "scope": "x_acme_tickets",
        "connection": {"name": "Tickets", "url": "https://tickets.acme.example/api"},
        "attributes": {"Tenant": "acme"},
        "oauth": {
            "name": "Tickets OAuth",
            "client_id": "tickets-client",
            "client_secret": "sandbox-tickets-secret-fake",
            "token_url": "https://tickets.acme.example/token",
            "auth_url": "https://tickets.acme.example/authorize",
        },
    }
    result = run_task(MODULE, options)
    assert result["changed"]
    assert one(sandbox, "oauth_entity_profile")["grant_type"] == "authorization_code"
    assert sorted(row["oauth_entity_scope"] for row in own_records(sandbox, "oauth_entity_scope")) == ["tickets:read", "tickets:write"]
    assert one(sandbox, "sys_variable_value")["value"] == "acme"
    assert not run_task(MODULE, options)["changed"]
    missing = run_task(MODULE, {**options, "instance": login("acmetest"), "attributes": {}, "oauth": {**options["oauth"], "auth_url": ""}})
    assert "Tenant (attributes)" in missing["msg"]
    assert "Consent page (oauth.auth_url)" in missing["msg"]
