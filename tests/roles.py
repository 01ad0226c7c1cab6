# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""What tests of the roles share: inventories with every variable in its place, and plays that include a role in some way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from support import API_TOKEN, CLIENT_ID, CLIENT_SECRET, PASSWORD, Play, ansible_playbook, leaks

from sandbox import Sandbox

SETUP, VERIFY = "snow_ops.spokes.qualtrics_setup", "snow_ops.spokes.qualtrics_verify"
INSTALL, REMOVE = "snow_ops.spokes.setup_endpoint", "snow_ops.spokes.setup_endpoint_remove"
LOCAL = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
LOGIN = {"host": "https://{{ inventory_hostname }}.service-now.com", "username": "spoke.setup", "password": PASSWORD}
VARIABLES = {
    "qualtrics_spoke_instance": LOGIN,
    "qualtrics_spoke_api_token": API_TOKEN,
    "qualtrics_spoke_client_id": CLIENT_ID,
    "qualtrics_spoke_client_secret": CLIENT_SECRET,
}
ENVIRONMENT = {
    "SN_USERNAME": "spoke.setup",
    "SN_PASSWORD": PASSWORD,
    "QUALTRICS_API_TOKEN": API_TOKEN,
    "QUALTRICS_CLIENT_ID": CLIENT_ID,
    "QUALTRICS_CLIENT_SECRET": CLIENT_SECRET,
}


class Plays:
    """Runs playbooks against the sandbox, in a folder of its own."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox, self.folder = sandbox, folder

    def inventory(self, *hosts: str, variables: dict[str, Any] | None = None) -> None:
        """Write the inventory: ``hosts`` in the group servicenow, with what a set-up needs unless ``variables`` says otherwise."""
        entry = {"hosts": dict.fromkeys(hosts), "vars": {**LOCAL, **(VARIABLES if variables is None else variables)}}
        (self.folder / "hosts.yml").write_text(yaml.safe_dump({"servicenow": entry}))

    def book(self, *tasks: dict[str, Any], **play: Any) -> str:
        """Write a playbook of ``tasks`` on the group servicenow; ``play`` are further keywords."""
        path = self.folder / "play.yml"
        path.write_text(
            yaml.safe_dump([{"hosts": "servicenow", "gather_facts": False, **play, "tasks": list(tasks)}], width=10000)
        )
        return str(path)

    def __call__(self, playbook: str, *arguments: str, settings: dict[str, str] | None = None) -> Play:
        """Run ``playbook`` with the inventory, if there is one; nothing of it may give a secret away."""
        self.sandbox.control.clear_requests()
        inventory = ["-i", "hosts.yml"] if (self.folder / "hosts.yml").exists() else []
        play = ansible_playbook(
            self.sandbox.environment, self.folder, playbook, *inventory, *arguments, settings=settings
        )
        assert leaks(play.stdout + play.stderr) == []
        return play


def role(
    name: str = "qualtrics_spoke", tasks_from: str = "main", apply: dict[str, Any] | None = None, **task: Any
) -> dict[str, Any]:
    """A task that includes a role; ``task`` are further keywords, such as ``vars`` and ``loop``."""
    include = {"name": f"snow_ops.spokes.{name}", "tasks_from": tasks_from, **({"apply": apply} if apply else {})}
    return {"ansible.builtin.include_role": include, **task}


def messages(play: Play) -> list[str]:
    """The messages of the tasks that failed."""
    return [entry["result"]["msg"] for entry in play.results if entry["result"]["failed"] and "msg" in entry["result"]]


def facts(play: Play, name: str = "qualtrics_spoke_result") -> list[Any]:
    """The values that a fact took in the course of a play."""
    found = [entry["result"].get("ansible_facts") or {} for entry in play.results]
    return [values[name] for values in found if name in values]
