# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""qualtrics_oauth_client with a client that exists: what proving it sends, and what faults on the way do to it."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire import session as wire
from rounds import OVERLAP_MS, rounds_of
from support import API_TOKEN, CLIENT_ID, CLIENT_SECRET, DIRECTORY, SECRETS, leaks, run_task

from sandbox import Sandbox

TOKEN_PATH = "/oauth2/token"
READ_ONLY = {
    "client_id": "5a4d00000000000000000000004eadff",
    "client_secret": "sandboxReadOnlySecret" + "0" * 39 + "fake",
}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Less patience than a real run has."""
    monkeypatch.setattr(wire, "ATTEMPTS", 2)


def prove(check_mode: bool = False, **options: Any) -> dict[str, Any]:
    given = {"datacenter_id": "fra1", "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, **options}
    return run_task("qualtrics_oauth_client", given, check_mode)


def test_a_proof_is_one_token_and_what_it_opens(sandbox: Sandbox) -> None:
    result = prove(check_mode=True)
    assert (result["proven"], result["changed"]) == (True, False)
    assert result["directory_ids"] == [DIRECTORY, "POOL_0000001acmefake"]
    assert [(entry["method"], entry["path"]) for entry in sandbox.control.requests()] == [
        ("POST", TOKEN_PATH),
        ("GET", "/API/v3/directories"),
        ("GET", "/API/v3/whoami"),
        ("GET", "/API/v3/whoami"),
    ]
    assert [entry["host"] for entry in sandbox.control.requests()] == ["fra1.qualtrics.com"] * 3 + [
        "acme.qualtrics.com"
    ]


def test_where_the_organization_is_known_the_connection_url_says_whose_the_client_is(sandbox: Sandbox) -> None:
    result = prove(organization_id="acme", api_token=API_TOKEN, api_token_organization_id="acme")
    assert (result["proven"], result["organization_id"], result["warnings"]) == (True, "acme", [])
    first, *together = [(entry["host"], entry["path"]) for entry in sandbox.control.requests()]
    assert first == ("fra1.qualtrics.com", TOKEN_PATH)
    assert sorted(together) == [("acme.qualtrics.com", "/API/v3/whoami"), ("fra1.qualtrics.com", "/API/v3/directories")]


def test_an_api_token_of_a_known_organization_is_compared_and_not_sent(sandbox: Sandbox) -> None:
    result = prove(api_token=API_TOKEN, api_token_organization_id="globex")
    assert "belongs to the organization acme, the API token to globex" in result["msg"]
    assert [entry["path"] for entry in sandbox.control.requests()] == [
        TOKEN_PATH,
        "/API/v3/directories",
        "/API/v3/whoami",
    ]


def test_a_connection_url_that_refuses_costs_the_question_at_the_datacenter(sandbox: Sandbox) -> None:
    sandbox.control.fault("status", host="acme.qualtrics.com", status=404)
    result = prove(organization_id="acme")
    assert (result["proven"], result["organization_id"]) == (True, "acme")
    assert "does not answer as it should" in result["warnings"][0]
    asked = [(entry["host"], entry["path"]) for entry in sandbox.control.requests()]
    assert (len(asked), asked[-1]) == (4, ("fra1.qualtrics.com", "/API/v3/whoami"))


def test_no_token_secret_or_login_is_in_a_result(sandbox: Sandbox) -> None:
    results = [prove(api_token=API_TOKEN), prove(client_secret="sandbox-wrong-secret"), prove(organization_id="globex")]
    issued = tuple(sandbox.world.cloud.access_tokens)
    assert len(issued) == 2
    assert leaks(str(results), (*SECRETS, *issued)) == []


def test_the_environment_gives_the_client(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QUALTRICS_CLIENT_ID", CLIENT_ID)
    monkeypatch.setenv("QUALTRICS_CLIENT_SECRET", CLIENT_SECRET)
    monkeypatch.setenv("QUALTRICS_DATACENTER_ID", "fra1")
    assert run_task("qualtrics_oauth_client", {})["proven"]


@pytest.mark.parametrize("path", ["^/oauth2/token$", "^/API/v3/whoami$", "^/API/v3/directories$"])
@pytest.mark.parametrize("kind", ["reset", "status", "rate_limited", "garbled", "accepted_202"])
def test_a_passing_fault_is_outlived(sandbox: Sandbox, path: str, kind: str) -> None:
    sandbox.control.fault(kind, when="after", path=path)
    assert prove()["proven"]
    assert [rule["fired"] for rule in sandbox.control.faults()] == [1]


@pytest.mark.parametrize(
    ("options", "fault", "kind", "parts"),
    [
        (
            {"token_url": "https://fra1.qualtrics.com/oauth2/tokn"},
            {},
            "unexpected_answer",
            ["did not return a token", "HTTP 404", "Check the token URL"],
        ),
        (
            {},
            {"kind": "html", "path": TOKEN_PATH},
            "unexpected_answer",
            ["web page instead of data", "POST /oauth2/token"],
        ),
        ({}, {"kind": "login_redirect", "path": TOKEN_PATH}, "unexpected_answer", ["redirects (302)"]),
        ({}, {"kind": "status", "status": 503, "times": 0, "path": TOKEN_PATH}, "unexpected_answer", ["HTTP 503"]),
        (
            {},
            {"kind": "status", "status": 401, "path": "whoami"},
            "login",
            ["does not accept the OAuth token on this host", "Datacenter ID"],
        ),
        (
            {},
            {"kind": "status", "status": 403, "path": "directories"},
            "access",
            ["The OAuth token may not use this API", "scope it lacks"],
        ),
        (
            {**READ_ONLY, "scopes": ["read:users"]},
            {},
            "access",
            ["The OAuth token may not use this API", "read:directories"],
        ),
        ({"client_secret": CLIENT_SECRET + "\n"}, {}, "input", ["client_secret contains", "white space at an end"]),
        ({"client_id": "unbekannt-ł"}, {}, "login", ["does not accept the OAuth client ********"]),
        (
            {"client_id": "5a4d00000000000000000000000000ff"},
            {},
            "login",
            ["does not accept the OAuth client 5a4d00000000000000000000000000ff"],
        ),
        ({"token_url": "https://user:pw@fra1.qualtrics.com/oauth2/token"}, {}, "input", ["token_url carries a login"]),
        ({"datacenter_id": "fra1.qualtrics.com.evil.example"}, {}, "input", ["datacenter_id is not an id"]),
        ({"organization_id": "a b"}, {}, "input", ["organization_id is not an id"]),
        ({"client_id": None}, {}, "input", ["client_id and client_secret go together"]),
    ],
)
def test_what_keeps_a_client_from_being_proven_is_explained(
    sandbox: Sandbox, options: dict[str, Any], fault: dict[str, Any], kind: str, parts: list[str]
) -> None:
    if fault:
        sandbox.control.fault(**fault)
    result = prove(**options)
    assert result["error"]["kind"] == kind
    assert [part for part in parts if part not in result["msg"]] == []
    assert leaks(str(result)) == []


def test_a_refused_client_is_tried_once(sandbox: Sandbox) -> None:
    assert prove(client_secret="sandbox-wrong-secret")["failed"]
    assert [entry["path"] for entry in sandbox.control.requests()] == [TOKEN_PATH]


def prove_of_account(no_log: bool = False, **options: Any) -> dict[str, Any]:
    """A proof of the client together with the account of the API token, of which nothing else is known."""
    given = {"api_token": API_TOKEN, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, **options}
    return run_task("qualtrics_oauth_client", {**given, "read_account": True}, no_log=no_log)


def test_the_account_is_read_beside_the_proof(sandbox: Sandbox) -> None:
    alone = run_task("qualtrics_account_info", {"api_token": API_TOKEN, "datacenter_id": "fra1"})
    proof = prove(organization_id="acme", api_token=API_TOKEN, api_token_organization_id="acme")
    sandbox.control.clear_requests()
    sandbox.control.latency(OVERLAP_MS)
    result = prove_of_account(datacenter_id="fra1")
    assert result == {**alone, **proof}
    log = sandbox.control.requests()
    assert (len(log), rounds_of(log)) == (5, 3), "whoami; directories and a token; whoami and directories with it"


@pytest.mark.parametrize(
    ("options", "kind"),
    [
        ({"client_secret": "sandbox-wrong-secret"}, "login"),
        ({"client_id": None, "client_secret": None}, "manual_step"),
        ({"client_id": "unbekannt-\u0142"}, "login"),
        ({**READ_ONLY}, "access"),
    ],
)
def test_where_only_the_client_is_wrong_the_account_is_told_nevertheless(
    sandbox: Sandbox, options: dict[str, Any], kind: str
) -> None:
    result = prove_of_account(**options)
    assert (result["failed"], result["error"]["kind"]) == (True, kind)
    assert (result["organization_id"], result["datacenter_id"]) == ("acme", "fra1")
    # Ansible shows the whole result of a task that failed, and anybody may read the log.
    assert {"user", "directories", "api_token"} & set(result) == set()
    assert leaks(str(result)) == []
    assert "unbekannt" not in str(result)


@pytest.mark.parametrize(
    "options",
    [{"api_token": "sandbox-unknown-token"}, {"organization_id": "globex"}, {"directory_id": "POOL_none"}],
)
def test_where_the_account_is_wrong_nothing_is_told_of_it(sandbox: Sandbox, options: dict[str, Any]) -> None:
    result = prove_of_account(**options)
    assert result["failed"]
    assert {"organization_id", "proven", "default_directory_id"} & set(result) == set()
    alone = run_task("qualtrics_account_info", {"api_token": API_TOKEN, **options})
    assert (result["error"]["what"], result["error"]["advice"]) == (alone["error"]["what"], alone["error"]["advice"])


def test_a_client_reads_the_api_token_of_the_account_as_well(sandbox: Sandbox) -> None:
    result = prove_of_account(no_log=True, api_token=None, datacenter_id="fra1")
    assert (result["api_token"], result["proven"], result["organization_id"]) == (API_TOKEN, True, "acme")
    shown = prove_of_account(api_token=None, datacenter_id="fra1")
    assert "The result would carry the API token" in shown["msg"]
    sandbox.control.fault("status", status=403, path="directories", times=0)
    refused = prove_of_account(no_log=True, api_token=None, datacenter_id="fra1")
    assert refused["failed"]
    assert leaks(str(refused)) == []


@pytest.mark.parametrize(
    "options",
    [
        {"state": "absent"},
        {"api_token_organization_id": "globex"},
        {"client_secret": None},
        {"registration_url": "https://oauth-gateway.qualtrics.com/register", "client_id": None, "client_secret": None},
        {"registration_client_uri": "https://oauth-gateway.qualtrics.com/register/1"},
    ],
)
def test_nothing_is_written_beside_reading_the_account(sandbox: Sandbox, options: dict[str, Any]) -> None:
    message = prove_of_account(no_log=True, **options)["msg"]
    assert "read_account does not go with" in message or "client_id and client_secret go together" in message
    assert sandbox.control.requests() == []


def test_a_client_of_another_organization_is_told_whose_datacenter_was_asked(sandbox: Sandbox) -> None:
    refused = prove_of_account(client_secret="sandbox-wrong-secret")
    assert "The datacenter is that of the API token's organization, acme" in refused["error"]["why"]
    assert "The datacenter is" not in prove_of_account(client_secret="sandbox-wrong", datacenter_id="fra1")["msg"]


def test_a_directory_of_the_environment_is_for_tasks_that_read_the_account(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QUALTRICS_DIRECTORY_ID", "no directory")
    assert prove()["proven"]
    assert "directory_id is not a Directory ID" in prove_of_account()["msg"]


def test_waits_that_overlap_count_once(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both halves of the task are asked to wait for more than half of what a task may."""
    monkeypatch.setattr(wire, "RETRY_BUDGET_SECONDS", 1.5)
    for path in ("^/oauth2/token$", "^/API/v3/directories$"):
        sandbox.control.fault("rate_limited", retry_after=1, path=path)
    assert prove_of_account(datacenter_id="fra1")["proven"]
    for path in ("^/API/v3/whoami$", "^/API/v3/directories$"):
        sandbox.control.fault("rate_limited", retry_after=1, path=path)
    assert prove_of_account(datacenter_id="fra1")["error"]["kind"] == "rate_limited"
