# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The API token that was read or made: handed on inside a run, on both paths, and in nothing that the run leaves behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from support import API_TOKEN, CLIENT_ID, CLIENT_SECRET, ansible_playbook, leaks, other_python

from sandbox import Sandbox

CLIENT = {"client_id": CLIENT_ID, "client_secret": "{{ client_secret }}", "datacenter_id": "fra1"}


def run(sandbox: Sandbox, folder: Path, path: str, tasks: list[dict[str, Any]], *arguments: str) -> Any:
    (folder / "play.yml").write_text(
        yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}], width=10000)
    )
    python = "{{ ansible_playbook_python }}" if path == "fast" else str(other_python(folder))
    variables = {"api_token": API_TOKEN, "client_secret": CLIENT_SECRET, "ansible_python_interpreter": python}
    (folder / "variables.yml").write_text(yaml.safe_dump(variables))
    return ansible_playbook(
        sandbox.environment, folder, "play.yml", "-e", "@variables.yml", "-vvvv", "--diff", *arguments
    )


@pytest.mark.sampled
@pytest.mark.parametrize("path", ["fast", "module"])
def test_a_token_is_handed_on_and_not_shown(sandbox: Sandbox, tmp_path: Path, path: str) -> None:
    old = "old: {{ account.api_token == api_token }}"
    tasks = [
        {"name": "read", "snow_ops.spokes.qualtrics_account_info": CLIENT, "register": "account", "no_log": True},
        {"name": "use", "snow_ops.spokes.qualtrics_account_info": {"api_token": "{{ account.api_token }}"}},
        {
            "name": "replace",
            "snow_ops.spokes.qualtrics_api_token": {
                **CLIENT,
                "api_token": "{{ account.api_token }}",
                "new_api_token": True,
            },
            "register": "replaced",
            "no_log": True,
        },
        {
            "name": "use the new one",
            "snow_ops.spokes.qualtrics_account_info": {"api_token": "{{ replaced.api_token }}"},
        },
        {
            "name": "compare",
            "ansible.builtin.debug": {
                "msg": [old, "new: {{ replaced.api_token == api_token }}", "{{ replaced.changed }}"]
            },
        },
    ]
    done = run(sandbox, tmp_path, path, tasks)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.result("compare")["msg"] == ["old: True", "new: False", True]
    assert ("AnsiballZ" in done.stdout) == (path == "module")
    made = sandbox.control.brand("acme")["users"][0]["api_token"]
    issued = tuple(sandbox.world.cloud.access_tokens)
    assert leaks(done.stdout + done.stderr + str(done.results), (API_TOKEN, made, CLIENT_SECRET, *issued)) == []


@pytest.mark.sampled
@pytest.mark.parametrize("path", ["fast", "module"])
def test_check_mode_makes_none_and_an_open_output_reads_none(sandbox: Sandbox, tmp_path: Path, path: str) -> None:
    options = {**CLIENT, "api_token": "{{ api_token }}", "new_api_token": True}
    tasks = [
        {"name": "open", "snow_ops.spokes.qualtrics_account_info": CLIENT, "ignore_errors": True},
        {"name": "open too", "snow_ops.spokes.qualtrics_api_token": options, "ignore_errors": True},
        {"name": "hidden", "snow_ops.spokes.qualtrics_api_token": options, "no_log": True, "register": "predicted"},
        {
            "name": "told",
            "ansible.builtin.debug": {"msg": ["{{ predicted.changed }}", "{{ predicted.api_token is defined }}"]},
        },
    ]
    done = run(sandbox, tmp_path, path, tasks, "--check")
    for name in ("open", "open too"):
        assert "Set no_log: true on the task" in done.result(name)["msg"]
    assert done.result("told")["msg"] == [True, False]
    assert sandbox.control.brand("acme")["users"][0]["api_token"] == API_TOKEN
    assert "POST" not in {
        entry["method"] for entry in sandbox.control.requests() if entry["path"].endswith("/apitoken")
    }
    assert leaks(done.stdout + done.stderr, (API_TOKEN, CLIENT_SECRET)) == []
