# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Qualtrics' secrets in the place of ids and names, on both paths with everything Ansible shows: neither shown nor part of a host name."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
import yaml
from support import API_TOKEN, CLIENT_ID, CLIENT_SECRET, ansible_playbook, leaks, other_python

from sandbox import Sandbox

# Secrets that no other option of the task holds.
TOKEN, SECRET = "sandboxOther1Token0000000000000000000fak", "sandboxOther1Secret" + "0" * 41 + "fake"
ACCOUNT = {"api_token": "{{ api_token }}"}
CLIENT = {"client_id": CLIENT_ID, "client_secret": "{{ client_secret }}", "datacenter_id": "fra1"}
REGISTER = {
    "registration_url": "https://oauth-gateway.qualtrics.com/register",
    "datacenter_id": "fra1",
    "initial_access_token": "{{ initial }}",
}
MODULES: dict[str, dict[str, Any]] = {
    "qualtrics_account_info": ACCOUNT,
    "qualtrics_oauth_client": CLIENT,
    "qualtrics_api_token": CLIENT,
}
# Checked by code that the modules share, so that one of them stands for all.
SHARED = ("organization_id", "datacenter_id", "client_id", "token_url", "proxy", "ca_path", "timeout", "validate_certs")
OWN = {
    "qualtrics_account_info": (*SHARED, "directory_id", "connection_url"),
    "qualtrics_oauth_client": ("datacenter_id", "name", "state", "registration_url", "registration_client_uri"),
    "qualtrics_api_token": ("organization_id", "new_api_token"),
}


def tasks() -> list[tuple[str, dict[str, Any]]]:
    """Options that are no secrets, with a secret in each: one that no option holds, or one that is in the right place as well."""
    values = itertools.cycle(["{{ token }}", "{{ secret }}", "{{ given }}"])
    found = [(module, {**MODULES[module], option: next(values)}) for module in MODULES for option in OWN[module]]
    address = "https://{{ %s }}.qualtrics.com/API/v3"
    found += [
        ("qualtrics_account_info", {**ACCOUNT, "organization_id": address % "token"}),
        ("qualtrics_account_info", {**ACCOUNT, "organization_id": address % "given"}),
        ("qualtrics_account_info", {**ACCOUNT, "connection_url": address % "given"}),
        ("qualtrics_oauth_client", {**CLIENT, "token_url": address % "token"}),
        ("qualtrics_oauth_client", {**CLIENT, "scopes": ["manage:all", "{{ token }}"]}),
        ("qualtrics_oauth_client", {**CLIENT, "clientsecret": "{{ token }}"}),
        ("qualtrics_oauth_client", {**CLIENT, "client_id": "{{ client_secret }}", "client_secret": CLIENT_ID}),
        ("qualtrics_oauth_client", {**REGISTER, "organization_id": "{{ token }}"}),
        ("qualtrics_oauth_client", {**REGISTER, "name": "{{ initial }}"}),
        ("qualtrics_account_info", {"datacenter_id": "{{ secret }}", "organization_id": "{{ token }}"}),
        ("qualtrics_api_token", {"client_id": "{{ secret }}", "organization_id": "{{ token }}"}),
    ]
    return found


TASKS = tasks()


@pytest.mark.sampled
@pytest.mark.parametrize("path", ["fast", "module"])
def test_a_secret_in_another_place_is_refused_and_goes_nowhere(sandbox: Sandbox, tmp_path: Path, path: str) -> None:
    play_tasks = [
        {"name": str(number), f"snow_ops.spokes.{module}": options, "ignore_errors": True}
        for number, (module, options) in enumerate(TASKS)
    ]
    (tmp_path / "play.yml").write_text(
        yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "tasks": play_tasks}], width=10000)
    )
    python = "{{ ansible_playbook_python }}" if path == "fast" else str(other_python(tmp_path))
    variables = {
        "token": TOKEN,
        "secret": SECRET,
        # The one that the task has in the right place as well.
        "given": API_TOKEN,
        "api_token": API_TOKEN,
        "client_secret": CLIENT_SECRET,
        "initial": "sandbox-initial-access-token-fake",
        "ansible_python_interpreter": python,
    }
    (tmp_path / "variables.yml").write_text(yaml.safe_dump(variables))
    done = ansible_playbook(
        sandbox.environment, tmp_path, "play.yml", "-e", "@variables.yml", "-vvvv", "--diff", seconds=580
    )
    assert len(done.results) == len(TASKS), done.stdout
    assert [TASKS[number] for number, entry in enumerate(done.results) if not entry["result"].get("failed")] == []
    secrets = (TOKEN, SECRET, API_TOKEN, CLIENT_SECRET, "sandbox-initial-access-token-fake")
    secrets += tuple(secret.lower() for secret in secrets)
    for number, entry in enumerate(done.results):
        assert leaks(str(entry["result"]), secrets) == [], TASKS[number]
        assert "exception" not in entry["result"] or "Traceback" not in str(entry["result"]["exception"]), TASKS[number]
    told = (done.stdout + done.stderr).split("\nTASK [")
    for number, text in enumerate(told[1:]):
        assert leaks(text, secrets) == [], TASKS[number]
    asked = {entry["host"] for entry in sandbox.control.requests()}
    assert leaks(str(asked).lower(), tuple(secret.lower() for secret in secrets)) == []
    assert ("AnsiballZ" in done.stdout) == (path == "module")
