# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The examples of the modules' documentation run as they are, against the sandbox."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import yaml
from connections import install_endpoint
from support import API_TOKEN, CLIENT_ID, CLIENT_SECRET, PASSWORD, ROOT, ansible_playbook

from sandbox import Sandbox

# The one that makes a new API token, which voids that of the others, comes last.
MODULES = sorted(
    (path.stem for path in (ROOT / "plugins" / "modules").glob("*.py")),
    key=lambda name: (name == "qualtrics_api_token", name),
)
VARIABLES = {
    "qualtrics_api_token": API_TOKEN,
    "qualtrics_client_id": CLIENT_ID,
    "qualtrics_client_secret": CLIENT_SECRET,
    "servicenow_username": "spoke.setup",
    "servicenow_password": PASSWORD,
    "gateway_token": "sandbox-initial-access-token-fake",
}
SETTINGS = {"SN_HOST": "acmedev.service-now.com", "SN_USERNAME": "spoke.setup", "SN_PASSWORD": PASSWORD}
# The one address that has to differ: a site's own registration service.
GATEWAYS = ("https://oauth-gateway.example.com/register", "https://oauth-gateway.qualtrics.com/register")


def examples(module: str) -> list[dict[str, Any]]:
    code = importlib.import_module(f"ansible_collections.snow_ops.spokes.plugins.modules.{module}")
    return yaml.safe_load(code.EXAMPLES.replace(*GATEWAYS))


def test_every_example_runs(sandbox: Sandbox, tmp_path: Path) -> None:
    tasks = [task for module in MODULES for task in examples(module)]
    assert len(tasks) >= 2 * len(MODULES) - 1
    playbook = tmp_path / "examples.yml"
    playbook.write_text(yaml.safe_dump([{"hosts": "all", "gather_facts": False, "vars": VARIABLES, "tasks": tasks}]))
    inventory = tmp_path / "hosts.yml"
    host = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    inventory.write_text(yaml.safe_dump({"all": {"hosts": {"here": host}}}))
    install_endpoint(sandbox)
    play = ansible_playbook(sandbox.environment, tmp_path, str(playbook), "-i", str(inventory), settings=SETTINGS)
    assert play.returncode == 0, play.stdout + play.stderr
    assert play.stats["here"]["ok"] == len(tasks)
