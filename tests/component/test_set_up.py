# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""A set-up in one task: what is asked, what is written, and what keeps it from being done."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire import session as wire
from connections import install_endpoint, one
from rounds import OVERLAP_MS
from support import API_TOKEN, CLIENT_ID, DIRECTORY, PROPERTY, is_write, login, run_task, set_up, writes

from sandbox import Sandbox

ROUTES = ("records", "endpoint")


def act(check_mode: bool = False, **changes: Any) -> dict[str, Any]:
    return run_task("qualtrics_spoke", set_up(**changes), check_mode)


def of_instance(sandbox: Sandbox) -> list[dict[str, Any]]:
    return [entry for entry in sandbox.control.requests() if entry["host"].endswith(".service-now.com")]


def set_directory(sandbox: Sandbox, value: str) -> None:
    (row,) = [row for row in sandbox.control.records("acmedev", "sys_properties") if row["name"] == PROPERTY]
    sandbox.control.put("acmedev", "sys_properties", row["sys_id"], {"value": value})


@pytest.fixture(params=ROUTES)
def route(request: pytest.FixtureRequest, sandbox: Sandbox) -> str:
    if request.param == "endpoint":
        install_endpoint(sandbox)
        sandbox.control.clear_requests()
    return str(request.param)


def test_it_is_foretold_done_and_then_left_alone(sandbox: Sandbox, route: str) -> None:
    foretold = act(check_mode=True, route=route)
    assert (foretold["changed"], writes(sandbox)) == (True, [])
    first = act(route=route)
    assert first["changed"]
    assert foretold["diff"] == first["diff"]
    sandbox.control.clear_requests()
    second = act(route=route)
    assert (second["changed"], second["diff"], writes(sandbox)) == (False, [], [])
    (directory,) = [row for row in sandbox.control.records("acmedev", "sys_properties") if row["name"] == PROPERTY]
    assert directory["value"] == DIRECTORY
    assert second["account"]["client_id"] == CLIENT_ID


def test_in_check_mode_the_call_is_made_where_nothing_would_change_or_to_verify(sandbox: Sandbox) -> None:
    install_endpoint(sandbox)
    act(route="endpoint")
    assert act(check_mode=True, route="endpoint")["connection"]["test"]["ok"]
    sandbox.control.clear_requests()
    link = one(sandbox, "oauth_entity_profile_scope")
    sandbox.control.delete("acmedev", "oauth_entity_profile_scope", link["sys_id"])
    assert act(check_mode=True, route="endpoint")["connection"].get("test") is None
    assert act(check_mode=True, route="endpoint", verifies=True)["connection"]["test"]["ok"]
    assert writes(sandbox) == []


def test_the_systems_do_not_wait_for_each_other(sandbox: Sandbox) -> None:
    sandbox.control.latency(OVERLAP_MS)
    act(check_mode=True)
    log = sandbox.control.requests()
    first = [entry["host"] for entry in log[:2]]
    assert {host.partition(".")[2] for host in first} == {"service-now.com", "qualtrics.com"}


def test_an_api_token_that_is_read_goes_into_the_connection_and_nowhere_else(sandbox: Sandbox, route: str) -> None:
    result = act(route=route, api_token="", datacenter_id="fra1")
    assert result["changed"]
    assert API_TOKEN not in str(result)
    assert API_TOKEN in str(sandbox.control.records("acmedev", "sys_variable_value"))
    again = act(route=route, api_token="", datacenter_id="fra1")
    assert (again["changed"], API_TOKEN in str(again)) == (False, False)


@pytest.mark.parametrize(
    ("changes", "part", "kind"),
    [
        ({"instance": login(password="wrong")}, "prerequisites", "login"),
        ({"expected_instance_name": "acmeprod"}, "prerequisites", "mismatch"),
        ({"expected_purpose": "production"}, "prerequisites", "mismatch"),
        ({"api_token": "sandboxUnknownToken"}, "account", "login"),
        ({"client_secret": "sandbox-wrong-secret"}, "account", "login"),
        ({"organization_id": "globex"}, "account", "mismatch"),
    ],
)
def test_what_is_wrong_on_either_side_is_said_of_its_part_before_anything_is_written(
    sandbox: Sandbox, changes: dict[str, Any], part: str, kind: str
) -> None:
    result = act(**changes)
    assert (result["part"], result["error"]["kind"]) == (part, kind), result["msg"]
    assert result["error"]["advice"]
    assert writes(sandbox) == []


@pytest.mark.parametrize("trust", ["digest", "path"])
@pytest.mark.parametrize("batch", ["open", "closed"])
def test_a_wrong_password_is_sent_once(sandbox: Sandbox, batch: str, trust: str) -> None:
    path = install_endpoint(sandbox)
    sandbox.control.clear_requests()
    sandbox.control.behaviour({"servicenow.batch": batch})
    given = {"endpoint_path": path} if trust == "path" else {}
    result = act(instance=login(password="wrong"), route="endpoint", endpoint_trust=trust, **given)
    assert result["error"]["kind"] == "login", result["msg"]
    assert [entry["status"] for entry in of_instance(sandbox)] == [401]


@pytest.mark.parametrize("guard", [{"expected_instance_name": "acmeprod"}, {"expected_purpose": "production"}])
def test_an_instance_that_is_not_the_expected_one_gets_no_proof_of_a_secret(
    sandbox: Sandbox, guard: dict[str, str]
) -> None:
    install_endpoint(sandbox)
    sandbox.control.clear_requests()
    assert act(route="endpoint", **guard)["error"]["kind"] == "mismatch"
    assert [entry["path"] for entry in of_instance(sandbox) if entry["path"].endswith("/state")] == []


def test_several_hosts_that_mean_the_connection_are_refused_before_anything_is_sent(sandbox: Sandbox) -> None:
    result = act(claimants=["one", "two"])
    assert "one, two lead to one instance, acmedev, and mean the same connection" in result["msg"]
    assert sandbox.control.requests() == []
    assert not act(claimants=["one"]).get("failed")


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"instance": {"host": "acmedev"}}, "instance"),
        ({"client_id": ""}, "client_id"),
        ({"api_token": "line\nbreak"}, "api_token"),
        ({"connection": {"name": "Qualtrics", "url": "https://acme.qualtrics.com/API/v3"}}, "connection_url"),
        ({"oauth": {"name": "Qualtrics OAuth", "client_secret": "sandbox-other-secret"}}, "client_secret"),
        ({"connection": {"name": ""}}, "connection.name"),
        ({"connection": None}, "connection.name"),
        ({"oauth": None}, "oauth.name"),
        ({"endpoint_paths": {"acmedev.service-now.com": 5}}, "endpoint_paths.acmedev.service-now.com"),
        ({"endpoint_path": "no path", "route": "endpoint"}, "endpoint_path"),
    ],
)
def test_an_option_that_cannot_work_is_named_before_anything_is_sent(
    sandbox: Sandbox, changes: dict[str, Any], named: str
) -> None:
    result = act(**changes)
    assert result["failed"]
    assert named in result["msg"]
    assert sandbox.control.requests() == []


def test_an_instance_that_is_not_ready_names_all_that_is_missing(sandbox: Sandbox) -> None:
    for table, name in (("sys_scope", "sn_qualtrics_spoke"), ("sys_properties", PROPERTY)):
        for row in sandbox.control.records("acmedev", table):
            if name in (row.get("scope"), row["name"]):
                sandbox.control.delete("acmedev", table, row["sys_id"])
    result = act()
    assert (result["part"], result["error"]["kind"]) == ("prerequisites", "missing")
    assert "is not ready for the Qualtrics spoke. Nothing was written. " in result["msg"]
    assert PROPERTY in result["error"]["what"]
    assert result["prerequisites"]["ready"] is False
    assert writes(sandbox) == []


def test_an_account_without_a_directory_is_refused_before_anything_is_written(sandbox: Sandbox) -> None:
    sandbox.world.cloud.brands["acme"].directories.clear()
    result = act()
    assert (result["part"], result["error"]["kind"]) == ("account", "missing")
    assert "The Qualtrics organization acme has no directory" in result["msg"]
    assert writes(sandbox) == []


def test_a_record_that_changes_after_it_was_read_is_not_overlooked_by_the_next_run(sandbox: Sandbox) -> None:
    act()
    set_directory(sandbox, "POOL_byhand")
    assert act()["directory"]["changed"]
    assert any(map(is_write, sandbox.control.requests()))
    assert not act()["changed"]


def test_both_systems_make_the_task_wait_no_longer_in_all_than_one_does(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "RETRY_BUDGET_SECONDS", 2.0)
    sandbox.control.fault("rate_limited", retry_after=1.5, host="fra1.qualtrics.com", path="/API/v3/directories")
    sandbox.control.fault("rate_limited", retry_after=1.5, table="http_connection", method="POST")
    result = act()
    assert (result["part"], result["error"]["kind"]) == ("connection", "rate_limited"), result["msg"]
    assert "a task waits 2 s at most in all" in result["msg"]
