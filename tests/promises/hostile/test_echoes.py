# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Servers that repeat what they were sent, in whatever form and at whatever place: no secret is shown, and a failure stays one."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire import session as wire
from support import API_TOKEN, CLIENT_ID, CLIENT_SECRET, PASSWORD, SPOKE_SCOPE, lead_to, leaks, login, run_task

from promises.hostile.every_host import HostileServer, Reply
from sandbox.web import Request, Response

ODD = 's:e/c+r=e&t"%20\\ü'
TASKS: dict[str, tuple[str, dict[str, Any]]] = {
    "instance": ("snow_spoke_info", {"instance": login(), "scope": SPOKE_SCOPE}),
    "account": ("qualtrics_account_info", {"api_token": API_TOKEN}),
    "client": (
        "qualtrics_oauth_client",
        {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "datacenter_id": "fra1"},
    ),
    "account and client": (
        "qualtrics_oauth_client",
        {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "api_token": API_TOKEN, "read_account": True},
    ),
}
SECRETS = {"instance": PASSWORD, "account": API_TOKEN, "client": CLIENT_SECRET, "account and client": API_TOKEN}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[HostileServer]:
    """A server that answers as itself until told otherwise."""
    monkeypatch.setattr(wire, "ATTEMPTS", 1)
    with HostileServer(lambda _request, _genuine: None) as running:
        lead_to(running.environment, monkeypatch)
        yield running
    assert running.failures == []


def says(server: HostileServer, message: str, status: int = 400) -> None:
    """Have every answer be an error with ``message``, in the form of whoever is asked."""
    error = {"message": message, "detail": message, "errorMessage": message, "error_description": message}
    document = {"error": error, "meta": {"error": error, "requestId": message}, "error_description": message}
    server.spoil = lambda _request, _genuine: Reply.of_json(document, ("X-Transaction-ID", "sandbox"), status=status)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("before", [0, 485, 490, 499, 985, 990, 999, 9990, 30000])
def test_a_secret_is_masked_before_a_message_is_cut(server: HostileServer, task: str, before: int) -> None:
    secret = SECRETS[task]
    says(server, "p" * before + secret)
    result = run_task(*TASKS[task])
    assert result["failed"]
    for length in range(8, len(secret)):
        assert secret[:length] not in json.dumps(result)
    assert len(result["msg"]) < 10000


@pytest.mark.parametrize("task", TASKS)
def test_a_message_moves_no_terminal_and_forges_no_line(server: HostileServer, task: str) -> None:
    says(server, "A\x1b[31mRED\x1b[2J\nfatal: [x]: FAKE LINE")
    result = run_task(*TASKS[task])
    assert "\x1b" not in result["msg"]
    assert "\n" not in result["msg"]
    assert "\\x1b[31mRED" in result["msg"]


@pytest.mark.parametrize("password", ["fail", "failed", "error", "changed", "kind", "rror"])
@pytest.mark.parametrize("place", ["password", "custom_headers"])
def test_a_failure_stays_one_whatever_the_secrets_are(server: HostileServer, password: str, place: str) -> None:
    changes = (
        {"password": password}
        if place == "password"
        else {"password": "sandbox-wrong-fake", "custom_headers": {"X-On-Error": password}}
    )
    result = run_task("snow_spoke_info", {"instance": login(**changes), "scope": SPOKE_SCOPE})
    assert result["failed"] is True
    assert {"msg", "error"} <= set(result)
    assert set(result["error"]) == {"kind", "what", "where", "why", "advice", "request_id"}


def test_a_registration_shows_no_secret_that_the_service_made_a_name_of(server: HostileServer) -> None:
    token = "sandbox-initial-access-token-fake"
    client = {"client_id": "x", "client_secret": "sandbox-new-fake", token: "1", f"x {token}": "2"}
    server.spoil = lambda request, _genuine: Reply.of_json(client, status=201) if request.path == "/register" else None
    options = {
        "datacenter_id": "fra1",
        "registration_url": "https://oauth-gateway.qualtrics.com/register",
        "initial_access_token": token,
    }
    assert leaks(json.dumps(run_task("qualtrics_oauth_client", options, no_log=True)), (token,)) == []


def test_id_and_secret_of_a_client_are_sent_as_rfc_6749_says(server: HostileServer) -> None:
    sent: list[Request] = []

    def spoil(request: Request, _genuine: Response) -> None:
        sent.append(request)

    server.spoil = spoil
    run_task("qualtrics_oauth_client", {**TASKS["client"][1], "client_secret": ODD})
    scheme, login_text = sent[0].headers["authorization"].split()
    assert scheme == "Basic"
    assert base64.b64decode(login_text).decode() == f"{CLIENT_ID}:s%3Ae%2Fc%2Br%3De%26t%22%2520%5C%C3%BC"
