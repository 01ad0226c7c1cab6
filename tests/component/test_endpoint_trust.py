# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Who is the setup endpoint: no secret goes to an API whose scripts are not those of this collection, and none can stop a run."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.endpoint import digests, trust
from connections import (
    OPERATIONS,
    assert_configured,
    attempt,
    configure,
    endpoint_script,
    install_endpoint,
    session_to,
)
from support import API_TOKEN, CLIENT_SECRET, login, run_task

from sandbox import Sandbox
from tools import endpoint_digests

EVIL_SCOPE = "e" * 32
# Writes all that it is sent into the log, and answers as the genuine one would.
FAKE = """
(function process(request, response) {
  gs.info('LOOT ' + request.body.dataString);
  response.setBody({ version: '2', connection_sys_id: '', state: { tables: {}, denied: [] } });
}(request, response));
"""
Rows = dict[str, dict[str, str]]


def operations(sandbox: Sandbox) -> Rows:
    """The installed operations by name."""
    return {row["name"]: row for row in sandbox.control.records("acmedev", "sys_ws_operation")}


def definition(sandbox: Sandbox) -> dict[str, str]:
    """The installed API."""
    return sandbox.control.records("acmedev", "sys_ws_definition")[0]


def make_api(sandbox: Sandbox, script: str, **changes: str) -> str:
    """An API with the endpoint's ID that somebody who may make such APIs made; returns its sys_id."""
    tables = "https://acmedev.service-now.com/api/now/table"
    with session_to(sandbox) as session:
        values = {"name": "Harmless", "service_id": "spoke_connection_setup"}
        made = session.post(f"{tables}/sys_ws_definition", json=values, timeout=30).json()["result"]["sys_id"]
        for name in OPERATIONS:
            values = {
                "name": name,
                "web_service_definition": made,
                "http_method": "POST",
                "relative_path": f"/{name}",
                "operation_script": script,
            }
            answer = session.post(f"{tables}/sys_ws_operation", json=values, timeout=30)
            if changes.get("base_uri"):
                uri = {"operation_uri": f"{changes['base_uri']}/{name}"}
                sandbox.control.put("acmedev", "sys_ws_operation", answer.json()["result"]["sys_id"], uri)
    sandbox.control.put("acmedev", "sys_scope", EVIL_SCOPE, {"scope": "x_evil", "name": "Evil", "active": "true"})
    sandbox.control.put("acmedev", "sys_ws_definition", made, changes)
    sandbox.control.clear_requests()
    return made


FOREIGN = {"sys_scope": EVIL_SCOPE, "namespace": "x_evil", "base_uri": "/api/x_evil/spoke_connection_setup"}


def loot(sandbox: Sandbox) -> list[str]:
    """What the fake was sent."""
    return [line["message"] for line in sandbox.control.log("acmedev") if line["message"].startswith("LOOT")]


def test_the_digests_that_are_shipped_are_those_of_the_scripts() -> None:
    assert endpoint_digests.TARGET.read_text() == endpoint_digests.source(), "run tools/endpoint_digests.py"
    assert len(digests.CURRENT) == len(OPERATIONS) == 6
    assert digests.VERSION not in digests.EARLIER
    assert digests.CURRENT not in digests.EARLIER.values()


@pytest.mark.parametrize(
    "change",
    [lambda text: text.replace("\n", "\r\n"), lambda text: text + "\n\n ", lambda text: text.replace("\n", " \n")],
)
def test_what_storing_a_script_can_change_makes_no_other_digest(change: Callable[[str], str]) -> None:
    script = endpoint_script("state")
    assert trust.script_digest(change(script)) == trust.script_digest(script)
    assert trust.script_digest(change(script) + "x") != trust.script_digest(script)


@pytest.mark.parametrize("place", [FOREIGN, {}], ids=["another scope", "global"])
@pytest.mark.parametrize("path", [False, True], ids=["looked up", "given"])
def test_an_api_with_our_id_gets_nothing_and_stops_nothing(sandbox: Sandbox, place: dict[str, str], path: bool) -> None:
    make_api(sandbox, FAKE, **place)
    options = {"endpoint_path": definition(sandbox)["base_uri"]} if path else {}
    result = configure(**options)
    assert result["route"] == "records"
    assert result["endpoint"] is None
    (warning,) = result["warnings"]
    assert "spoke.setup on 20" in warning, "who and when"
    assert ("application x_evil" in warning) == bool(place)
    refused = attempt(route="endpoint", **options)
    assert refused["error"]["kind"] == "mismatch"
    assert loot(sandbox) == []
    assert_configured(sandbox)


def test_trusting_a_path_is_a_persons_choice_and_sends_it_the_secrets(sandbox: Sandbox) -> None:
    make_api(sandbox, FAKE, **FOREIGN)
    options = {"endpoint_trust": "path", "route": "endpoint"}
    refused = attempt(**options)
    assert (refused["error"]["kind"], loot(sandbox)) == ("input", [])
    attempt(endpoint_path=FOREIGN["base_uri"], **options)
    (sent,) = loot(sandbox)
    assert CLIENT_SECRET not in sent, "which is proven and not sent"
    assert API_TOKEN not in sent


@pytest.mark.parametrize("route", ["auto", "endpoint"])
def test_a_second_api_of_another_scope_does_not_stop_the_right_one(sandbox: Sandbox, route: str) -> None:
    path = install_endpoint(sandbox)
    make_api(sandbox, FAKE, **FOREIGN)
    result = configure(route=route)
    assert (result["route"], result["endpoint_path"]) == ("endpoint", path)
    assert result["endpoint"]["scope"] == "global"
    assert result["endpoint"]["is_verified"]
    assert re.fullmatch("[0-9a-f]{64}", result["endpoint"]["digest"])
    assert loot(sandbox) == []


def test_a_second_api_of_the_global_scope_is_ambiguous_and_stops_nothing(sandbox: Sandbox) -> None:
    install_endpoint(sandbox)
    make_api(sandbox, FAKE)
    assert attempt(route="endpoint")["error"]["kind"] == "ambiguous"
    result = configure()
    assert result["route"] == "records"
    assert "more than one setup endpoint" in result["warnings"][0]


CLAIMS = {
    "operation_uri": "{path}/state",
    "default_operation_uri": "{path}/update",
    "a trailing slash": "{path}/state/",
    "in capitals": "/API{rest}/State",
    "a parameter": "{path}/{{operation}}",
}


@pytest.mark.parametrize("claim", CLAIMS)
@pytest.mark.parametrize("given", [False, True], ids=["looked up", "given"])
def test_an_operation_of_another_api_that_claims_the_path_is_told_and_gets_nothing(
    sandbox: Sandbox, claim: str, given: bool
) -> None:
    path = install_endpoint(sandbox)
    made = make_api(sandbox, FAKE, **{**FOREIGN, "service_id": "harmless", "base_uri": "/api/x_evil/harmless"})
    (row,) = [
        entry
        for entry in sandbox.control.records("acmedev", "sys_ws_operation")
        if entry["web_service_definition"] == made and entry["name"] == "state"
    ]
    column = claim if claim in row else "operation_uri"
    address = CLAIMS[claim].format(path=path, rest=path.removeprefix("/api"))
    sandbox.control.put("acmedev", "sys_ws_operation", row["sys_id"], {column: address, "sys_updated_by": "mallory"})
    options = {"endpoint_path": path} if given else {}
    refused = attempt(route="endpoint", **options)
    assert refused["error"]["kind"] == "mismatch"
    assert f"an operation of another API ({row['sys_id']}) claims the path of POST /" in refused["error"]["why"]
    assert "mallory" in refused["error"]["why"]
    assert configure(**options)["route"] == "records"
    assert loot(sandbox) == []


def test_an_api_whose_path_only_contains_ours_is_left_alone(sandbox: Sandbox) -> None:
    install_endpoint(sandbox)
    make_api(
        sandbox,
        FAKE,
        **{**FOREIGN, "service_id": "harmless", "base_uri": "/api/x_evil/harmless/spoke_connection_setup"},
    )
    assert configure()["route"] == "endpoint"


OPERATION_CHANGES: dict[str, dict[str, str]] = {
    "script": {"operation_script": endpoint_script("state").replace("MOST_ROWS = 200", "MOST_ROWS = 201")},
    "no script": {"operation_script": ""},
    "inactive": {"active": "false"},
    "no login": {"requires_authentication": "false"},
    "no access control": {"requires_acl_authorization": "false"},
    "external users": {"requires_snc_internal_role": "false"},
    "version": {"web_service_version": "a" * 32},
    "method": {"http_method": "GET"},
    "path": {"relative_path": "/status"},
    "address": {"operation_uri": "/api/x_evil/other/state"},
    "default address": {"default_operation_uri": "/api/x_evil/other/state"},
    "access controls": {"enforce_acl": "a" * 32},
    "no access control of its own": {"enforce_acl": ""},
    "takes no JSON": {"consumes": "text/xml"},
    "takes nothing": {"consumes": ""},
    "gives no JSON": {"produces": "text/html"},
}


@pytest.mark.parametrize("change", OPERATION_CHANGES)
def test_any_change_of_an_operation_is_told_with_who_and_when(sandbox: Sandbox, change: str) -> None:
    install_endpoint(sandbox)
    row = operations(sandbox)["state"]
    changes = {**OPERATION_CHANGES[change], "sys_updated_by": "mallory"}
    sandbox.control.put("acmedev", "sys_ws_operation", row["sys_id"], changes)
    refused = attempt(route="endpoint")
    assert refused["error"]["kind"] == "mismatch"
    assert "changed by mallory on 20" in refused["error"]["why"]
    assert "/state" in refused["error"]["why"] or "/status" in refused["error"]["why"]
    assert configure()["route"] == "records"


@pytest.mark.parametrize(
    "script", ["", "response.setStatus(200);", "response.getStreamWriter().writeString('<html>hello</html>');"]
)
def test_what_answers_without_our_form_at_a_trusted_path_is_no_endpoint(sandbox: Sandbox, script: str) -> None:
    path = install_endpoint(sandbox)
    sandbox.control.put(
        "acmedev", "sys_ws_operation", operations(sandbox)["state"]["sys_id"], {"operation_script": script}
    )
    result = configure(endpoint_path=path, endpoint_trust="path")
    assert result["route"] == "records"
    assert "snow_ops.spokes.setup_endpoint" in result["warnings"][0]


API_CHANGES: list[dict[str, str]] = [
    {"active": "false"},
    {"is_versioned": "true"},
    {"enforce_acl": "a" * 32},
    {"enforce_acl": ""},
    {"base_uri": "/api/x_evil/spoke_connection_setup"},
    {"base_uri": "/api/x_evil/spoke_connection_setup", "namespace": "x_evil"},
    {"sys_scope": EVIL_SCOPE},
]


@pytest.mark.parametrize("changes", API_CHANGES, ids=str)
def test_a_changed_api_is_not_used_and_the_message_says_who_changed_it(
    sandbox: Sandbox, changes: dict[str, str]
) -> None:
    install_endpoint(sandbox)
    told = {**changes, "sys_updated_by": "mallory", "sys_updated_on": "2026-01-01 00:00:00"}
    sandbox.control.put("acmedev", "sys_ws_definition", definition(sandbox)["sys_id"], told)
    refused = attempt(route="endpoint")
    assert refused["error"]["kind"] == "mismatch"
    assert "changed by mallory on 2026-01-01 00:00:00 UTC" in refused["error"]["why"]
    assert ("spoke.setup" in refused["error"]["why"]) == ("namespace" in changes), (
        "which of the two was changed is open"
    )
    result = configure(check_mode=True)
    assert (result["route"], "mallory" in result["warnings"][0]) == ("records", True)


@pytest.mark.parametrize("path", ["/state", "/more"])
def test_an_operation_more_is_told(sandbox: Sandbox, path: str) -> None:
    install_endpoint(sandbox)
    row = operations(sandbox)["state"]
    kept = ("web_service_definition", "http_method", "active", "requires_authentication", "operation_script")
    values = {**{name: row[name] for name in kept}, "name": "more", "relative_path": path}
    sandbox.control.put("acmedev", "sys_ws_operation", "9" * 32, values)
    refused = attempt(route="endpoint")
    assert ("more than once" if path == "/state" else "POST /more is not part of it") in refused["error"]["why"]


def test_an_operation_less_is_told(sandbox: Sandbox) -> None:
    install_endpoint(sandbox)
    sandbox.control.delete("acmedev", "sys_ws_operation", operations(sandbox)["token"]["sys_id"])
    assert "POST /token is missing" in attempt(route="endpoint")["error"]["why"]


def test_the_scripts_of_an_earlier_release_are_old_and_not_tampered_with(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    install_endpoint(sandbox)
    earlier = {key: digests.CURRENT[key] for key in digests.CURRENT}
    monkeypatch.setattr(trust, "EARLIER", {"0": earlier})
    monkeypatch.setattr(trust, "CURRENT", dict.fromkeys(digests.CURRENT, "0" * 64))
    refused = attempt(route="endpoint")
    assert refused["msg"].startswith("The setup endpoint on the instance is that of an earlier release (version 0).")
    assert configure()["route"] == "records"


def test_an_account_that_may_not_read_scripts_is_told_and_does_without(sandbox: Sandbox) -> None:
    path = install_endpoint(sandbox)
    for name in ("sys_ws_operation", "sys_ws_operation.operation_script"):
        sandbox.control.put(
            "acmedev",
            "sys_security_acl",
            "a" * 32,
            {"name": name, "operation": "read", "decision_type": "deny", "active": "true"},
        )
        result = configure()
        assert result["route"] == "records"
        assert any(
            text.startswith("The account may not read the scripts of the setup endpoint") for text in result["warnings"]
        )
        refused = attempt(route="endpoint")
        assert refused["error"]["kind"] == "access"
        assert "web_service_admin" in refused["error"]["advice"]
    trusting = configure(route="endpoint", endpoint_path=path, endpoint_trust="path")
    assert trusting["endpoint"] == {"path": path, "scope": None, "digest": None, "is_verified": False}


@pytest.mark.parametrize("live", ["at_once", "late"])
def test_a_new_endpoint_is_waited_for(sandbox: Sandbox, live: str) -> None:
    sandbox.control.behaviour({"servicenow.operation_live": live})
    install_endpoint(sandbox)
    assert configure()["route"] == "endpoint"


def test_the_script_that_is_asked_is_read_once_a_task(sandbox: Sandbox) -> None:
    install_endpoint(sandbox)
    configure()
    asked = [entry["path"].rpartition("/")[2] for entry in sandbox.control.requests()]
    assert asked == ["sys_ws_operation", "state", "configure"]


@pytest.mark.parametrize("installed", ["nothing", "ours", "changed", "foreign", "earlier"])
def test_the_report_says_what_is_there(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, installed: str) -> None:
    if installed == "foreign":
        make_api(sandbox, FAKE, **FOREIGN)
    elif installed != "nothing":
        install_endpoint(sandbox)
    if installed == "changed":
        sandbox.control.put(
            "acmedev", "sys_ws_operation", operations(sandbox)["state"]["sys_id"], OPERATION_CHANGES["script"]
        )
    if installed == "earlier":
        monkeypatch.setattr(trust, "EARLIER", {"0": dict(digests.CURRENT)})
    report = run_task("snow_spoke_info", {"instance": login(), "scope": "sn_qualtrics_spoke"})
    expected = {
        "nothing": "missing",
        "ours": "present",
        "changed": "untrusted",
        "foreign": "untrusted",
        "earlier": "outdated",
    }[installed]
    assert report["setup_endpoint"]["status"] == expected
    assert report["setup_endpoint"]["is_verified"] == (installed == "ours")
    told = [problem["what"] for problem in report["problems"] if "setup endpoint" in problem["what"]]
    assert bool(told) == (expected in ("untrusted", "outdated"))
    assert report["ready"], "the Table API does without"


def test_the_report_takes_a_path_at_its_word_if_told_to(sandbox: Sandbox) -> None:
    path = install_endpoint(sandbox)
    options = {"instance": login(), "scope": "sn_qualtrics_spoke", "endpoint_trust": "path"}
    assert run_task("snow_spoke_info", options)["error"]["kind"] == "input"
    report = run_task("snow_spoke_info", {**options, "endpoint_path": path})
    assert report["setup_endpoint"]["status"] == "present"
    assert not report["setup_endpoint"]["is_verified"]
