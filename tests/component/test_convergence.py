# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""snow_connection_alias ends in the same state wherever it starts, and check mode says beforehand how it gets there."""

from __future__ import annotations

import pytest
from connections import (
    MODULE,
    TABLES,
    assert_configured,
    attempt,
    configure,
    delete_by_hand,
    install_endpoint,
    one,
    own_records,
    predicted,
)
from support import CLIENT_SECRET, OTHER_SECRET, login, qualtrics_connection, run_task, writes

from sandbox import Sandbox


@pytest.fixture(params=["records", "endpoint"])
def route(request: pytest.FixtureRequest, sandbox: Sandbox) -> str:
    """The route that tasks take by themselves, since the setup endpoint is there or not."""
    if request.param == "endpoint":
        install_endpoint(sandbox)
    return request.param


def test_a_fresh_instance_is_configured_and_a_second_run_writes_nothing(sandbox: Sandbox, route: str) -> None:
    first = configure()
    assert (first["changed"], first["route"]) == (True, route)
    assert {step["action"] for step in first["records"]} == {"create"}
    assert_configured(sandbox)
    assert CLIENT_SECRET not in one(sandbox, "oauth_entity")["client_secret"]
    sandbox.control.clear_requests()
    second = configure()
    assert not second["changed"]
    assert second["diff"] == []
    assert writes(sandbox) == []


def test_check_mode_on_a_fresh_instance_predicts_every_record_and_sends_no_write(sandbox: Sandbox, route: str) -> None:
    before = configure(check_mode=True)
    assert writes(sandbox) == []
    after = configure()
    assert predicted(before) == predicted(after)
    assert before["diff"] == after["diff"]
    differing = [one["role"] for one, two in zip(before["records"], after["records"]) if one["sys_id"] != two["sys_id"]]
    made_by_platform = {"records": ["profile"], "endpoint": [step["role"] for step in after["records"]]}
    assert differing == made_by_platform[route]
    assert [(step["what"], step["why"], step["how"]) for step in before["manual_steps"]] == [
        (step["what"], step["why"], step["how"]) for step in after["manual_steps"]
    ]
    assert (before["token"], before["alias"]) == (after["token"], after["alias"])


@pytest.mark.sampled(every=3)
@pytest.mark.parametrize("table", TABLES)
def test_a_record_that_is_gone_is_made_again(sandbox: Sandbox, table: str, route: str) -> None:
    configure()
    # sys_ids that the form's builder chose are not chosen again, so that what is left pointing to one would stay for ever.
    remove = (
        sandbox.control.delete if route == "records" else lambda _instance, *record: delete_by_hand(sandbox, *record)
    )
    remove("acmedev", table, own_records(sandbox, table)[0]["sys_id"])
    before, after = configure(check_mode=True), configure()
    assert after["changed"]
    assert predicted(before) == predicted(after)
    assert_configured(sandbox)
    assert not configure()["changed"]


@pytest.mark.sampled(every=3)
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
def test_what_was_changed_by_hand_is_put_right(
    sandbox: Sandbox, table: str, values: dict[str, str], route: str
) -> None:
    configure()
    sandbox.control.put("acmedev", table, one(sandbox, table)["sys_id"], values)
    # A URL of another organization is a person's to decide.
    changes = {"replace_foreign_connection": "connection_url" in values}
    before, after = configure(check_mode=True, **changes), configure(**changes)
    assert after["changed"]
    assert predicted(before) == predicted(after)
    assert_configured(sandbox)
    assert not configure()["changed"]


@pytest.mark.sampled(every=5)
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
def test_disputed_behaviours_lead_to_the_same_end(sandbox: Sandbox, switches: dict[str, str], route: str) -> None:
    sandbox.control.behaviour(switches)
    assert configure()["changed"]
    assert_configured(sandbox)
    assert not configure()["changed"]
    removed = run_task(MODULE, {"instance": login(), "scope": "sn_qualtrics_spoke", "state": "absent"})
    assert removed["changed"]
    assert [table for table in TABLES if own_records(sandbox, table)] == []


@pytest.mark.sampled(every=3)
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("table", ["oauth_entity", "oauth_2_0_credentials", "http_connection", "sys_variable_value"])
@pytest.mark.parametrize("kind", ["reset", "close", "garbled", "accepted_202", "status"])
def test_a_create_whose_answer_is_lost_is_settled_by_looking(
    sandbox: Sandbox, kind: str, table: str, when: str
) -> None:
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


def test_comments_of_other_people_stay(sandbox: Sandbox, route: str) -> None:
    configure()
    registry = one(sandbox, "oauth_entity")
    sandbox.control.put(
        "acmedev",
        "oauth_entity",
        registry["sys_id"],
        {"comments": "first line\n" + registry["comments"] + "\nlast line"},
    )
    assert not configure()["changed"]
    configure(update_secret="on_change")
    lines = one(sandbox, "oauth_entity")["comments"].splitlines()
    assert (lines[0], lines[2]) == ("first line", "last line")
    assert lines[3].startswith("snow_ops.spokes client_secret=scrypt$14-8-5$")


def test_the_other_spoke_is_configured_by_its_own_labels(sandbox: Sandbox, route: str) -> None:
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
    assert sorted(row["oauth_entity_scope"] for row in own_records(sandbox, "oauth_entity_scope")) == [
        "tickets:read",
        "tickets:write",
    ]
    assert one(sandbox, "sys_variable_value")["value"] == "acme"
    assert not run_task(MODULE, options)["changed"]
    missing = run_task(
        MODULE,
        {**options, "instance": login("acmetest"), "attributes": {}, "oauth": {**options["oauth"], "auth_url": ""}},
    )
    assert "Tenant (attributes)" in missing["msg"]
    assert "Consent page (oauth.auth_url)" in missing["msg"]


@pytest.mark.parametrize("cascade", ["cascade", "keep"])
@pytest.mark.parametrize("skip", range(7))
def test_a_removal_that_was_cut_off_is_completed_by_the_next_run(sandbox: Sandbox, skip: int, cascade: str) -> None:
    sandbox.control.behaviour({"servicenow.cascade_delete": cascade})
    configure()
    options = {"instance": login(), "scope": "sn_qualtrics_spoke", "state": "absent"}
    sandbox.control.fault("status", status=403, method="DELETE", skip=skip, times=0)
    assert run_task(MODULE, options)["failed"]
    sandbox.control.clear_faults()
    assert run_task(MODULE, options)["changed"]
    assert [table for table in TABLES if own_records(sandbox, table)] == []
    assert not run_task(MODULE, options)["changed"]


def test_a_rotation_that_was_cut_off_before_the_secret_was_stored_is_completed_by_the_next_run(
    sandbox: Sandbox,
) -> None:
    configure(update_secret="on_change")
    rotated = {"oauth": dict(qualtrics_connection()["oauth"], client_secret=OTHER_SECRET), "update_secret": "on_change"}
    sandbox.control.fault("status", status=403, method="PATCH", table="oauth_entity", skip=1, times=0)
    attempt(**rotated)
    sandbox.control.clear_faults()
    sandbox.control.fault("status", status=403, method="PATCH", table="oauth_entity", times=1)
    attempt(**rotated)
    configure(**rotated)
    assert one(sandbox, "oauth_entity", plain=True)["client_secret"] == OTHER_SECRET
    assert not configure(**rotated)["changed"]


@pytest.mark.parametrize("kind", ["reset", "html"])
def test_a_rotation_that_was_cut_off_and_taken_back_leaves_the_right_secret(sandbox: Sandbox, kind: str) -> None:
    rotated = dict(qualtrics_connection()["oauth"], client_secret=OTHER_SECRET)
    configure(update_secret="on_change", route="records")
    writing = {"method": "PATCH", "table": "oauth_entity"}
    # The secret is stored, and neither its answer nor anything after it gets through.
    sandbox.control.fault(kind, when="after", skip=1, times=0, **writing)
    sandbox.control.fault("refused", skip=30, times=0)
    assert attempt(update_secret="on_change", route="records", oauth=rotated)["failed"]
    assert one(sandbox, "oauth_entity", plain=True)["client_secret"] == OTHER_SECRET
    sandbox.control.clear_faults()
    configure(update_secret="on_change", route="records")
    assert one(sandbox, "oauth_entity", plain=True)["client_secret"] == CLIENT_SECRET
    assert not configure(update_secret="on_change", route="records")["changed"]
