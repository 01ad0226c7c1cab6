# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""snow_connection_alias through the setup endpoint: what it costs, equal records on both routes, secrets by fingerprint, the choice of route."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.endpoint.client import Endpoint
from connections import (
    MODULE,
    TABLES,
    all_records,
    assert_configured,
    attempt,
    configure,
    endpoint_script,
    install_endpoint,
    one,
    own_records,
)
from support import API_TOKEN, CLIENT_SECRET, OTHER_SECRET, login, qualtrics_connection, run_task, writes

from sandbox import Sandbox

FORM = Endpoint.configure
OTHER_TOKEN = "sandboxOtherToken0000000000000000000fake"


def paths(sandbox: Sandbox) -> list[str]:
    """The requests to the instance, each by the last part of its path."""
    return [
        entry["path"].rpartition("/")[2]
        for entry in sandbox.control.requests()
        if entry["host"].endswith(".service-now.com")
    ]


def rotated(secret: str = OTHER_SECRET) -> dict[str, Any]:
    return dict(qualtrics_connection()["oauth"], client_secret=secret)


def replace_operation(sandbox: Sandbox, operation: str, script: str) -> None:
    """Change the script of an operation past every rule."""
    (row,) = [row for row in sandbox.control.records("acmedev", "sys_ws_operation") if row["name"] == operation]
    sandbox.control.put("acmedev", "sys_ws_operation", row["sys_id"], {"operation_script": script})


def test_a_first_run_takes_four_requests_token_included_and_a_further_one_two(sandbox: Sandbox) -> None:
    path = install_endpoint(sandbox)
    first = configure(endpoint_path=path, get_token=True)
    assert (first["changed"], first["route"], first["manual_steps"], first["needs_manual_step"]) == (
        True,
        "endpoint",
        [],
        False,
    )
    assert first["token"]["status"] == "present"
    assert paths(sandbox) == ["sys_ws_operation", "state", "configure", "token"]
    assert_configured(sandbox)
    sandbox.control.clear_requests()
    second = configure(endpoint_path=path, get_token=True)
    assert (second["changed"], second["diff"]) == (False, [])
    assert (second["token"], second["connection_sys_id"]) == (first["token"], first["connection_sys_id"])
    assert paths(sandbox) == ["sys_ws_operation", "state"]


def test_without_its_path_the_endpoint_is_looked_up(sandbox: Sandbox) -> None:
    path = install_endpoint(sandbox)
    assert configure()["endpoint_path"] == path
    assert paths(sandbox) == ["sys_ws_operation", "state", "configure"]
    assert configure(route="records")["endpoint_path"] is None


def test_comments_that_the_form_could_not_write_are_written_by_an_update(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_endpoint(sandbox)
    monkeypatch.setattr(Endpoint, "configure", lambda self, alias, form, _comments: FORM(self, alias, form))
    assert configure()["changed"]
    assert paths(sandbox) == ["sys_ws_operation", "state", "configure", "update"]
    assert_configured(sandbox)
    assert not configure()["changed"]


@pytest.mark.parametrize("attribute_type", ["string", "password2"])
def test_both_routes_leave_equal_records(sandbox: Sandbox, attribute_type: str) -> None:
    for instance in ("acmedev", "acmetest"):
        (definition,) = [
            row for row in sandbox.control.records(instance, "connection_attributes") if row["element"] == "x_api_token"
        ]
        sandbox.control.put(instance, "connection_attributes", definition["sys_id"], {"internal_type": attribute_type})
    install_endpoint(sandbox)
    configure(route="endpoint")
    by_hand = configure(instance=login("acmetest"), route="records")["manual_steps"]
    left, right = all_records(sandbox, "acmedev"), all_records(sandbox, "acmetest")
    if attribute_type == "password2":
        assert by_hand[0]["what"] == "Set the connection attribute X-API-TOKEN"
        assert ([row["value"] for row in left.pop("sys_variable_value")], right.pop("sys_variable_value")) == (
            [API_TOKEN],
            [],
        )
    assert left == right


@pytest.mark.parametrize("update_secret", ["on_create", "on_change"])
@pytest.mark.parametrize("routes", [("endpoint", "records"), ("records", "endpoint")])
def test_switching_routes_changes_nothing(sandbox: Sandbox, routes: tuple[str, str], update_secret: str) -> None:
    install_endpoint(sandbox)
    assert configure(route=routes[0], update_secret=update_secret)["changed"]
    before = {table: sandbox.control.records("acmedev", table) for table in TABLES}
    for route in (routes[1], routes[0], routes[1]):
        assert not configure(route=route, update_secret=update_secret)["changed"]
    assert {table: sandbox.control.records("acmedev", table) for table in TABLES} == before


@pytest.mark.parametrize("instance", ["acmedev", "acmevault"])
@pytest.mark.parametrize("update_secret", ["on_create", "on_change", "always"])
def test_a_new_secret_is_one_change_and_the_same_secret_none(
    sandbox: Sandbox, instance: str, update_secret: str
) -> None:
    install_endpoint(sandbox, instance)
    options: dict[str, Any] = {"instance": login(instance), "update_secret": update_secret}
    configure(**options)
    assert not configure(**options)["changed"]
    for changes, role, table in (
        ({"oauth": rotated()}, "registry", "oauth_entity"),
        (
            {"oauth": rotated(), "secret_attributes": {"X-API-TOKEN": OTHER_TOKEN}},
            "attribute x_api_token",
            "sys_variable_value",
        ),
    ):
        predicted = configure(check_mode=True, **options, **changes)
        changed = configure(**options, **changes)
        assert predicted["diff"] == changed["diff"]
        assert [(step["role"], step["table"]) for step in changed["records"] if step["action"] != "none"] == [
            (role, table)
        ]
        assert not configure(**options, **changes)["changed"]
    assert one(sandbox, "oauth_entity", True, instance)["client_secret"] == OTHER_SECRET
    assert one(sandbox, "sys_variable_value", True, instance)["value"] == OTHER_TOKEN


def test_an_attribute_that_is_stored_encrypted_is_encrypted(sandbox: Sandbox) -> None:
    install_endpoint(sandbox, "acmevault")
    result = configure(instance=login("acmevault"))
    assert result["manual_steps"][0]["what"] == "Get the OAuth token"
    assert API_TOKEN not in one(sandbox, "sys_variable_value", instance="acmevault")["value"]
    assert one(sandbox, "sys_variable_value", True, "acmevault")["value"] == API_TOKEN
    assert not configure(instance=login("acmevault"))["changed"]


def test_a_secret_of_any_characters_is_compared_right(sandbox: Sandbox) -> None:
    install_endpoint(sandbox)
    secret = 'sandbox "quoted" \\ % & + é ß 日本 😀 fake'
    configure(oauth=rotated(secret))
    assert one(sandbox, "oauth_entity", True)["client_secret"] == secret
    assert not configure(oauth=rotated(secret))["changed"]


@pytest.mark.parametrize("word", ["success", "true"])
def test_the_builders_word_for_success_does_not_matter(sandbox: Sandbox, word: str) -> None:
    sandbox.control.behaviour({"servicenow.builder_status": word})
    install_endpoint(sandbox)
    assert configure()["changed"]
    assert_configured(sandbox)


def test_removal_leaves_nothing(sandbox: Sandbox) -> None:
    path = install_endpoint(sandbox)
    configure()
    sandbox.control.clear_requests()
    options = {"instance": login(), "scope": "sn_qualtrics_spoke", "state": "absent", "endpoint_path": path}
    predicted = run_task(MODULE, options, check_mode=True)
    removed = run_task(MODULE, options)
    assert predicted["records"] == removed["records"]
    assert removed["changed"]
    assert [table for table in TABLES if own_records(sandbox, table)] == []
    assert paths(sandbox) == ["sys_ws_operation", "state", "sys_ws_operation", "state", "update"]
    assert not run_task(MODULE, options)["changed"]


def test_check_mode_writes_nothing(sandbox: Sandbox) -> None:
    install_endpoint(sandbox)
    before = configure(check_mode=True, get_token=True, test_path="/directories")
    assert writes(sandbox) == []
    assert before["test"] is None
    after = configure(get_token=True, test_path="/directories")
    assert before["diff"] == after["diff"]
    assert before["diff"][-1]["after"] == {"status": "present"}
    assert [step["sys_id"] for step in before["records"]] == [None] * len(before["records"])


@pytest.mark.sampled(every=3)
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("operation", ["state", "configure", "update", "token", "test"])
@pytest.mark.parametrize("kind", ["reset", "close", "garbled", "accepted_202", "status"])
def test_a_lost_answer_is_settled_by_looking(sandbox: Sandbox, kind: str, operation: str, when: str) -> None:
    path = install_endpoint(sandbox)
    if operation == "update":
        # The form makes everything that is new, so that only what was changed by hand needs one.
        configure(get_token=True)
        registry = one(sandbox, "oauth_entity")
        sandbox.control.put("acmedev", "oauth_entity", registry["sys_id"], {"client_id": "0" * 32})
        # A token of the same second as the change would count as one from before it.
        sandbox.control.clock(5)
    sandbox.control.fault(kind, when=when, path=f"{path}/{operation}$")
    configure(get_token=True, test_path="/directories")
    assert [fault["fired"] for fault in sandbox.control.faults()] == [1]
    assert_configured(sandbox)
    assert not configure(get_token=True)["changed"]


def test_an_outdated_endpoint_is_refused_or_passed_over(sandbox: Sandbox) -> None:
    path = install_endpoint(sandbox)
    for row in sandbox.control.records("acmedev", "sys_ws_operation"):
        script = row["operation_script"].replace("VERSION = '2'", "VERSION = '0'")
        sandbox.control.put("acmedev", "sys_ws_operation", row["sys_id"], {"operation_script": script})
    options = {"endpoint_path": path, "endpoint_trust": "path"}
    refused = attempt(route="endpoint", **options)
    assert refused["msg"].startswith("The setup endpoint has version 0, this collection needs version 2.")
    assert "snow_ops.spokes.setup_endpoint" in refused["msg"]
    result = configure(**options)
    assert result["route"] == "records"
    (warning,) = result["warnings"]
    assert warning.startswith(
        "The setup endpoint has version 0, this collection needs version 2; the plain Table API is used instead."
    )
    assert "Run the playbook snow_ops.spokes.setup_endpoint" in warning


@pytest.mark.parametrize("path", ["", "/api/1234/spoke_connection_setup"])
def test_without_an_endpoint_auto_uses_the_table_api_and_endpoint_says_how_to_install_it(
    sandbox: Sandbox, path: str
) -> None:
    refused = attempt(route="endpoint", endpoint_path=path)
    assert refused["error"]["kind"] == "missing"
    assert "snow_ops.spokes.setup_endpoint" in refused["msg"]
    result = configure(endpoint_path=path)
    assert result["route"] == "records"
    assert [step["what"] for step in result["manual_steps"]] == ["Get the OAuth token"]


def test_an_account_that_may_not_use_the_endpoint_is_told(sandbox: Sandbox) -> None:
    path = install_endpoint(sandbox)
    user = login(username="itil.user", password="sandbox-Password-2")
    options = {"endpoint_path": path, "endpoint_trust": "path"}
    refused = attempt(route="endpoint", instance=user, **options)
    assert refused["error"]["kind"] == "access"
    assert "The role admin or connection_admin is needed" in refused["msg"]
    assert writes(sandbox) == []


@pytest.mark.parametrize("times_late", [0, 1])
def test_what_the_form_refuses_is_reported_with_its_reason_and_leaves_nothing(
    sandbox: Sandbox, times_late: int
) -> None:
    path = install_endpoint(sandbox)
    if times_late:
        # An endpoint that was not ready the first time is no reason to do without it the next.
        sandbox.control.fault("status", status=404, path=f"{path}/state$", times=times_late)
    (template,) = [
        row for row in sandbox.control.records("acmedev", "sys_alias_templates") if row["name"].startswith("Qualtrics")
    ]
    sandbox.control.put(
        "acmedev",
        "sys_alias_templates",
        template["sys_id"],
        {"post_process_script": "throw new Error('No such brand');"},
    )
    result = attempt()
    assert result["msg"].startswith("The instance's connection builder did not make a connection.")
    assert "No such brand" in result["msg"]
    assert [table for table in TABLES if own_records(sandbox, table)] == []


def test_a_value_that_the_instance_does_not_keep_is_an_error_that_names_it(sandbox: Sandbox) -> None:
    path = install_endpoint(sandbox)
    configure()
    column = [row for row in sandbox.control.records("acmedev", "oauth_entity") if row["name"] == "Qualtrics OAuth"][0]
    sandbox.control.put("acmedev", "oauth_entity", column["sys_id"], {"client_id": "another"})
    replace_operation(sandbox, "update", endpoint_script("update").replace("record[column].setValue(value);", ""))
    result = attempt(endpoint_path=path, endpoint_trust="path")
    assert result["error"]["kind"] == "not_stored"
    assert "table oauth_entity" in result["msg"]
    assert "field client_id" in result["msg"]
    assert CLIENT_SECRET not in str(result)


@pytest.mark.parametrize("broken", ["inactive", "deleted", "look-alike"])
def test_a_broken_endpoint_is_passed_over_with_a_warning(sandbox: Sandbox, broken: str) -> None:
    path = install_endpoint(sandbox)
    (row,) = [row for row in sandbox.control.records("acmedev", "sys_ws_operation") if row["name"] == "state"]
    if broken == "deleted":
        sandbox.control.delete("acmedev", "sys_ws_operation", row["sys_id"])
    else:
        changes = (
            {"active": "false"}
            if broken == "inactive"
            else {"operation_script": "(function () { response.setBody('hello'); }());"}
        )
        sandbox.control.put("acmedev", "sys_ws_operation", row["sys_id"], changes)
    result = configure(endpoint_path=path, endpoint_trust="path")
    assert result["route"] == "records"
    (warning,) = result["warnings"]
    assert warning.startswith("The setup endpoint does not answer at this path; the plain Table API is used instead.")
    assert "snow_ops.spokes.setup_endpoint" in warning


def test_an_operation_that_is_missing_is_named_and_what_was_done_before_is_reported(sandbox: Sandbox) -> None:
    path = install_endpoint(sandbox)
    (row,) = [row for row in sandbox.control.records("acmedev", "sys_ws_operation") if row["name"] == "token"]
    sandbox.control.delete("acmedev", "sys_ws_operation", row["sys_id"])
    result = attempt(get_token=True, endpoint_path=path, endpoint_trust="path")
    assert result["error"]["where"] == f"instance acmedev.service-now.com, {path}/token"
    assert "snow_ops.spokes.setup_endpoint" in result["error"]["advice"]
    assert result["changed"]
    assert {step["table"] for step in result["records"] if step["action"] == "create"} >= {
        "http_connection",
        "oauth_entity",
    }
    assert not attempt(get_token=True, endpoint_path=path, endpoint_trust="path")["changed"], (
        "what failed changed nothing"
    )


def test_a_state_that_cannot_be_told_is_no_write_of_unknown_outcome(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = install_endpoint(sandbox)
    monkeypatch.setattr("ansible_collections.snow_ops.spokes.plugins.module_utils._wire.session.BACKOFF_SECONDS", 0.01)
    sandbox.control.fault("status", status=500, path=f"{path}/state$", times=0)
    assert attempt()["error"]["kind"] == "unexpected_answer"


@pytest.mark.parametrize(
    ("operation", "status"), [("state", 415), ("state", 406), ("configure", 415), ("configure", 404)]
)
def test_what_is_not_the_scripts_answer_costs_the_endpoint_and_not_the_run(
    sandbox: Sandbox, operation: str, status: int
) -> None:
    path = install_endpoint(sandbox)
    sandbox.control.fault("status", status=status, path=f"{path}/{operation}$", times=0)
    refused = run_task(MODULE, qualtrics_connection(route="endpoint"))
    assert refused["failed"], "only auto leaves it open"
    result = configure()
    assert result["route"] == "records"
    assert "the plain Table API is used instead" in result["warnings"][0]
    assert_configured(sandbox)


def test_once_something_was_written_such_an_answer_ends_the_run(sandbox: Sandbox) -> None:
    path = install_endpoint(sandbox)
    sandbox.control.fault("status", status=415, path=f"{path}/token$", times=0)
    result = run_task(MODULE, qualtrics_connection(get_token=True))
    assert (result["failed"], result["route"]) == (True, "endpoint")
    assert "Something other than the setup endpoint's script answered" in result["msg"]
    assert "HTTP 415" in result["msg"]


def test_a_token_that_the_instance_does_not_keep_is_not_reported_as_present(sandbox: Sandbox) -> None:
    path = install_endpoint(sandbox)
    script = endpoint_script("token").replace(
        "answer = new sn_auth.GlideOAuthClient().requestTokenByRequest(null, ask);", ""
    )
    script = script.replace("token = answer.getToken();", "").replace(
        "Boolean(token && api.secret(api.text(token.getAccessToken())))", "true"
    )
    replace_operation(sandbox, "token", script.replace("api.text(token.getExpiresIn())", "'3600'"))
    result = attempt(get_token=True, endpoint_path=path, endpoint_trust="path")
    assert result["error"]["kind"] == "not_stored"
    assert result["token"]["status"] == "absent"


@pytest.mark.parametrize("route", ["endpoint", "records"])
@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("secret_attributes", {"X-API-TOKEN": ""}),
        ("secret_attributes", {"X-API-TOKEN": "sandboxToken\n"}),
        ("attributes", {"X-API-TOKEN": API_TOKEN}),
    ],
)
def test_a_secret_that_is_none_or_in_the_wrong_place_is_refused_before_anything_is_sent(
    sandbox: Sandbox, route: str, option: str, value: dict[str, str]
) -> None:
    install_endpoint(sandbox)
    result = run_task(MODULE, {**qualtrics_connection(route=route), "secret_attributes": {}, option: value})
    assert result["error"]["kind"] == "input"
    assert option in result["msg"]
    assert API_TOKEN not in str(result)
    assert sandbox.control.requests() == []
