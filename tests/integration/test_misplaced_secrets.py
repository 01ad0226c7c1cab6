# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Secrets under misspelt names, of the wrong type, in the wrong option, in a proxy's address: refused or used, and never shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from support import (
    CLIENT_ID,
    DIRECTORY,
    PROPERTY,
    SPOKE_SCOPE,
    ansible_playbook,
    leaks,
    login,
    other_python,
    qualtrics_connection,
)

from sandbox import Sandbox

SECRET = "sandboxMisplaced12/S3cret+fake"
SHOWN = "{{ secret }}"
READ = {"instance": login(), "scope": SPOKE_SCOPE}


def connection(**changes: Any) -> dict[str, Any]:
    """The options of a task that would work, but for ``changes``; ``oauth_`` and ``connection_`` lead into these."""
    options = qualtrics_connection()
    for name, value in changes.items():
        group, _sign, inner = name.partition("__")
        if inner:
            options[group] = {**options[group], inner: value}
        else:
            options[name] = value
    return options


TASKS: list[tuple[str, dict[str, Any]]] = [
    ("snow_spoke_info", {**READ, "instance": {**login(), "pasword": SHOWN}}),
    ("snow_spoke_info", {**READ, "instance": SHOWN}),
    ("snow_spoke_info", {**READ, "instance": {**login(), "timeout": SHOWN}}),
    ("snow_spoke_info", {**READ, "password": SHOWN}),
    (
        "snow_spoke_info",
        {**READ, "instance": {**login(), "host": f"https://spoke.setup:{SHOWN}@acmedev.service-now.com"}},
    ),
    ("snow_spoke_info", {**READ, "instance": {**login(), "host": f"https://acmedev.service-now.com/{SHOWN}"}}),
    ("snow_spoke_info", {**READ, "instance": {**login(), "custom_headers": {f"{SHOWN} ": "x"}}}),
    ("snow_spoke_info", {**READ, "instance": {**login(), "proxy": f"http://user:{SHOWN}@127.0.0.1:9"}}),
    ("snow_spoke_info", {**READ, "instance": {**login(), "client_id": SHOWN, "client_secret": CLIENT_ID}}),
    ("snow_spoke_info", {**READ, "instance": {**login(), "proxy": f"http://user:{SHOWN}@@127.0.0.1:9"}}),
    ("snow_spoke_info", {**READ, "instance": {**login(), "host": f"spoke.setup:{SHOWN}@acmedev.service-now.com"}}),
    ("snow_spoke_info", {**READ, "instance": {**login(), "host": f"{SHOWN}@acmedev.service-now.com"}}),
    ("snow_spoke_info", {**READ, "instance": {**login(), "proxy": f"me:{SHOWN}@127.0.0.1:1"}}),
    ("snow_spoke_info", {**READ, "instance": {**login(), "password": [SHOWN]}}),
    ("snow_spoke_info", {**READ, "instance": {**login(), "password": {"value": SHOWN}}}),
    ("snow_store_app", {"instance": login(), "scope": SPOKE_SCOPE, "base_app_version": f"{SHOWN}{SHOWN}"}),
    ("snow_connection_alias", connection(oauth__client_secret=[SHOWN])),
    ("snow_connection_alias", connection(oauth__client_secret=SHOWN, secret_attributes="{{ {secret: 'x'} }}")),
    ("snow_connection_alias", connection(environment_secrets="{{ {secret: 'X'} }}", oauth__client_secret=SHOWN)),
    ("qualtrics_account_info", {"api_token": [SHOWN]}),
    ("qualtrics_account_info", {"api_token": "sandbox-x-fake", "proxy": f"me:{SHOWN}@127.0.0.1:1"}),
    ("snow_connection_alias", connection(oauth__client_id=SHOWN, oauth__client_secret=CLIENT_ID)),
    ("snow_connection_alias", connection(client_secret=SHOWN)),
    ("snow_connection_alias", connection(oauth__clientsecret=SHOWN)),
    (
        "snow_connection_alias",
        connection(oauth__token_url=f"https://fra1.qualtrics.com/oauth2/token?client_secret={SHOWN}"),
    ),
    ("snow_connection_alias", connection(connection__url=f"https://user:{SHOWN}@acme.qualtrics.com/API/v3")),
    ("snow_connection_alias", connection(secret_attributes="{{ {secret ~ secret: 'X-API-TOKEN'} }}")),
    ("snow_connection_alias", connection(secret_attributes={}, attributes={"X-API-TOKEN": SHOWN})),
    ("qualtrics_account_info", {"api-token": SHOWN}),
    ("qualtrics_account_info", {"api_token": "sandbox-x-fake", "organization_id": SHOWN}),
    ("qualtrics_account_info", {"api_token": SHOWN, "proxy": f"http://{SHOWN}"}),
]


@pytest.mark.sampled
@pytest.mark.parametrize("path", ["fast", "module"])
def test_what_is_refused_is_not_repeated(sandbox: Sandbox, tmp_path: Path, path: str) -> None:
    tasks = [
        {"name": str(number), f"snow_ops.spokes.{module}": options, "ignore_errors": True}
        for number, (module, options) in enumerate(TASKS)
    ]
    (tmp_path / "play.yml").write_text(
        yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}], width=10000)
    )
    python = "{{ ansible_playbook_python }}" if path == "fast" else str(other_python(tmp_path))
    (tmp_path / "variables.yml").write_text(yaml.safe_dump({"secret": SECRET, "ansible_python_interpreter": python}))
    done = ansible_playbook(sandbox.environment, tmp_path, "play.yml", "-e", "@variables.yml", "-vvvv", "--diff")
    assert [entry["result"]["failed"] for entry in done.results] == [True] * len(TASKS), done.stdout
    for number, entry in enumerate(done.results):
        assert leaks(str(entry["result"]), (SECRET, "S3cret")) == [], TASKS[number]
    assert leaks(done.stdout + done.stderr, (SECRET, "S3cret")) == []


@pytest.mark.sampled
@pytest.mark.parametrize("path", ["fast", "module"])
def test_the_login_of_a_proxy_is_a_secret(sandbox: Sandbox, tmp_path: Path, path: str) -> None:
    proxy = sandbox.environment["HTTPS_PROXY"].replace("//", "//pxuser:{{ secret | urlencode }}@")
    task = {
        "name": "set",
        "snow_ops.spokes.snow_sys_property": {
            "instance": {**login(), "proxy": proxy},
            "name": PROPERTY,
            "value": DIRECTORY,
        },
    }
    wrong = {
        "instance": {**login(), "proxy": "http://pxuser:{{ secret | urlencode }}@127.0.0.1:9"},
        "name": PROPERTY,
        "value": DIRECTORY,
    }
    tasks = [task, {"name": "fail", "snow_ops.spokes.snow_sys_property": wrong, "ignore_errors": True}]
    (tmp_path / "play.yml").write_text(
        yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}], width=10000)
    )
    python = "{{ ansible_playbook_python }}" if path == "fast" else str(other_python(tmp_path))
    secret = "sandboxProxyPassword9-fake"
    (tmp_path / "variables.yml").write_text(yaml.safe_dump({"secret": secret, "ansible_python_interpreter": python}))
    done = ansible_playbook(sandbox.environment, tmp_path, "play.yml", "-e", "@variables.yml", "-vvv", "--diff")
    assert [entry["result"]["failed"] for entry in done.results] == [False, True], done.stdout
    assert leaks(done.stdout + done.stderr + str(done.results), (secret,)) == []
