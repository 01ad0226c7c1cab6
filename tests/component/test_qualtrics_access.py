# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Proxy, CA bundle, certificate check and time-out of the Qualtrics modules: each works, at every service that a task talks to."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire import session as wire
from support import API_TOKEN, CLIENT_ID, CLIENT_SECRET, run_task

from sandbox import Sandbox

CLIENT = {"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "datacenter_id": "fra1"}
REGISTER = {
    "registration_url": "https://oauth-gateway.qualtrics.com/register",
    "initial_access_token": "sandbox-initial-access-token-fake",
    "datacenter_id": "fra1",
}
TASKS: dict[str, tuple[str, dict[str, Any]]] = {
    "account": ("qualtrics_account_info", {"api_token": API_TOKEN}),
    "account of a client": ("qualtrics_account_info", CLIENT),
    "client": ("qualtrics_oauth_client", {**CLIENT, "api_token": API_TOKEN}),
    "registration": ("qualtrics_oauth_client", REGISTER),
    "token": ("qualtrics_api_token", {**CLIENT, "api_token": API_TOKEN, "new_api_token": True}),
}


def run(task: str, **options: Any) -> dict[str, Any]:
    module, given = TASKS[task]
    return run_task(module, {**given, **options}, no_log=True)


@pytest.fixture
def unled(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """The sandbox, with nothing in the environment that leads there."""
    for name in sandbox.environment:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(wire, "ATTEMPTS", 1)
    return sandbox


@pytest.mark.parametrize("task", TASKS)
def test_proxy_and_ca_path_are_enough(unled: Sandbox, task: str) -> None:
    result = run(task, proxy=unled.proxy_url, ca_path=unled.ca_file)
    assert "msg" not in result, result["msg"]
    assert result["warnings"] == [] or task == "token"


@pytest.mark.parametrize("task", TASKS)
def test_without_the_ca_nothing_is_trusted_unless_told_so(unled: Sandbox, task: str) -> None:
    result = run(task, proxy=unled.proxy_url)
    assert result["error"]["kind"] == "unreachable"
    assert "certificate" in result["msg"]
    assert "msg" not in run(task, proxy=unled.proxy_url, validate_certs=False)


@pytest.mark.parametrize("task", TASKS)
def test_the_timeout_is_kept(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, task: str) -> None:
    monkeypatch.setattr(wire, "ATTEMPTS", 1)
    sandbox.control.latency(800)
    result = run(task, timeout=0.3)
    assert result["error"]["kind"] in ("unreachable", "outcome_unknown")
    sandbox.control.latency(0)
    assert "msg" not in run(task, timeout=20)


@pytest.mark.parametrize(
    "proxy", ["http://sandboxOther1Token0000000000000000000fak:3128", "sandboxOther1Token0000000000000000000fak"]
)
@pytest.mark.parametrize("task", TASKS)
def test_a_secret_in_the_place_of_a_proxy_is_not_looked_up(sandbox: Sandbox, task: str, proxy: str) -> None:
    result = run(task, proxy=proxy)
    assert result["error"]["kind"] == "input"
    assert "sandboxother1token" not in str(result).lower()
