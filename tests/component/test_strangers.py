# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Who answered comes before what was answered: a web page, a text or a foreign JSON is never the service, whatever its status."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire import session as wire
from promises.hostile.every_host import HostileServer, Reply
from support import (
    API_TOKEN,
    CLIENT_ID,
    CLIENT_SECRET,
    DIRECTORY,
    PASSWORD,
    PROPERTY,
    SPOKE_SCOPE,
    lead_to,
    login,
    qualtrics_connection,
    run_task,
)

from sandbox import Sandbox

INBOUND = {"client_id": "0b6e3a7c4d5f4e0f8a1b2c3d4e5ffa4e", "client_secret": "sandbox-Client-Secret-1"}
TASKS: dict[str, tuple[str, dict[str, Any]]] = {
    "spoke": ("snow_spoke_info", {"instance": login(), "scope": SPOKE_SCOPE}),
    "spoke with a token": ("snow_spoke_info", {"instance": login(**INBOUND), "scope": SPOKE_SCOPE}),
    "connection": ("snow_connection_alias", qualtrics_connection()),
    "connection by the endpoint": (
        "snow_connection_alias",
        qualtrics_connection(route="endpoint", endpoint_path="/api/1/x"),
    ),
    "property": ("snow_sys_property", {"instance": login(), "name": PROPERTY, "value": DIRECTORY}),
    "account": ("qualtrics_account_info", {"api_token": API_TOKEN}),
    "client": (
        "qualtrics_oauth_client",
        {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "datacenter_id": "fra1", "api_token": API_TOKEN},
    ),
}
STATUSES = (200, 400, 401, 403, 404, 405, 414, 451, 500, 502, 503)
PAGE = b"<html><head><title>Access &amp; Policy</title></head><body>Blocked</body></html>"
OTHERS = {
    "page": ("text/html", PAGE),
    "page with a mark before it": ("application/json", b"\xef\xbb\xbf \r\n" + PAGE),
    "page that begins with words": ("text/html; charset=utf-16", b"Blocked by the filter"),
    "text": ("text/plain", b"Access denied by policy 7"),
    "foreign JSON": ("application/json", b'{"message": "Forbidden"}'),
    "a list": ("application/json", b'["Forbidden"]'),
}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[HostileServer]:
    """A server whose answers a test exchanges."""
    monkeypatch.setattr(wire, "ATTEMPTS", 2)
    monkeypatch.setattr(wire, "BACKOFF_SECONDS", 0.01)
    with HostileServer(lambda _request, _genuine: None) as running:
        lead_to(running.environment, monkeypatch)
        yield running
    assert running.failures == []


def most_requests(task: str, status: int) -> int:
    """How many requests settle who is there: one, and one more to learn whether it is in the way of batches only, but after a 401 none."""
    tries = 2 if status >= 500 else 1
    return 2 * tries if task in ("spoke", "connection") and status != 401 else tries


def answers(server: HostileServer, status: int, kind: str, body: bytes) -> None:
    """Have every answer be that."""
    server.spoil = lambda _request, _genuine: Reply(status, [("Content-Type", kind)], [body], len(body))


@pytest.mark.sampled(every=5)
@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("task", TASKS)
def test_a_page_is_never_the_service(server: HostileServer, task: str, status: int) -> None:
    answers(server, status, *OTHERS["page"])
    result = run_task(*TASKS[task])
    assert result["error"]["kind"] == "unexpected_answer"
    assert "a web page instead of data" in result["error"]["what"]
    assert f"HTTP {status} with a web page; its title is 'Access & Policy'" in result["error"]["why"]
    assert "IP Address Access Control" in result["error"]["advice"]
    assert "neither its password nor its roles were judged" in result["error"]["advice"]
    # A page from on the way is met again by every further request, and a 401 must not be tried again in any case.
    assert len(server.seen) <= most_requests(task, status)


@pytest.mark.sampled(every=5)
@pytest.mark.parametrize("status", [400, 401, 403, 404])
@pytest.mark.parametrize("other", OTHERS)
@pytest.mark.parametrize("task", ["spoke", "spoke with a token", "account", "client"])
def test_nor_is_a_text_or_a_foreign_json(server: HostileServer, task: str, other: str, status: int) -> None:
    answers(server, status, *OTHERS[other])
    result = run_task(*TASKS[task])
    assert result["error"]["what"].startswith("Something other than the service answered")
    assert len(server.seen) <= most_requests(task, status)


@pytest.mark.parametrize("task", TASKS)
def test_a_407_within_the_tunnel_is_a_proxys(server: HostileServer, task: str) -> None:
    answers(server, 407, *OTHERS["page"])
    result = run_task(*TASKS[task])
    assert "The proxy does not accept its login (407)" in result["msg"]
    assert len(server.seen) == 1


@pytest.mark.parametrize("status", [401, 403])
def test_the_services_own_refusals_stay_what_they_are(server: HostileServer, status: int) -> None:
    body = json.dumps({"error": {"message": "No", "detail": None}, "status": "failure"}).encode()
    answers(server, status, "text/html", body)
    assert run_task(*TASKS["property"])["error"]["kind"] == {401: "login", 403: "access"}[status]


def test_an_empty_401_is_a_refused_login(server: HostileServer) -> None:
    answers(server, 401, "text/html", b"")
    assert run_task(*TASKS["property"])["error"]["kind"] == "login"


@pytest.mark.parametrize("status", [200, 401, 403, 503])
def test_a_page_in_answer_to_a_write_is_settled_or_ends_the_task(sandbox: Sandbox, status: int) -> None:
    sandbox.control.fault(
        "html", status=status, method="PATCH", path="sys_properties", when="after" if status == 503 else "before"
    )
    result = run_task(*TASKS["property"])
    if status == 503:
        assert result["changed"]
    else:
        assert "hibernation page" in result["error"]["why"]
    assert [entry["method"] for entry in sandbox.control.requests()].count("PATCH") == 1


def test_a_secret_in_a_page_is_not_shown(server: HostileServer) -> None:
    for kind, body in (
        ("text/html", f"<title>{PASSWORD.upper()} &#115;</title>"),
        ("text/plain", "x" * 150 + PASSWORD + "y" * 50),
    ):
        answers(server, 403, kind, body.encode())
        assert PASSWORD[:12].lower() not in json.dumps(run_task(*TASKS["spoke"])).lower()
