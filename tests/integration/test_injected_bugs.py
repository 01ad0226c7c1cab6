# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""A fault of the collection's own, at the places where all secrets are at hand, gives none of them away: not in message or traceback."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml
from connections import install_endpoint
from support import (
    CLIENT_ID,
    PASSWORD,
    PROPERTY,
    ROOT,
    ansible_playbook,
    leaks,
    login,
    other_python,
    qualtrics_connection,
)

from sandbox import Sandbox

UTILS = "plugins/module_utils"
# Quotes, backslashes and letters that every form writes in another way.
API_TOKEN = "sandbox\"Token'with\\quotes<&>ü-fake"
CLIENT_SECRET = "sandbox/Secret+with%signs&=\\n'\"-fake"
SECRETS = (PASSWORD, API_TOKEN, CLIENT_SECRET)
# Appended to the file: what it does instead when the task's environment names it.
BUGS = {
    "core": (
        "_servicenow/cores/connection_alias.py",
        "run",
        "lambda params, *_others: (params, repr(params), __import__('json').dumps(params))",
    ),
    "wire": (
        "_wire/session.py",
        "HttpSession._exchange",
        "lambda _self, prepared, *_others: (prepared.headers, list(prepared.body or []), prepared.url)",
    ),
    "plan": (
        "_servicenow/connection/decision.py",
        "decide_present",
        "lambda *arguments: [getattr(one, '__dict__', one) for one in reversed(arguments)]",
    ),
    "writer": (
        "_servicenow/reconcile/writer.py",
        "Writer.run",
        "lambda self: [(step.secret_values, vars(step)) for step in self._plan.steps]",
    ),
    "endpoint": ("_servicenow/endpoint/client.py", "Endpoint.configure", "lambda _self, _alias, form, *_others: form"),
}
INJECTION = """

import os as _os

def _unless_named(original, shown):
    def broken(*arguments):
        if _os.environ.get("INJECTED_BUG") == "{name}":
            raise RuntimeError(shown(*arguments))
        return original(*arguments)

    return broken


{target} = _unless_named({target}, {shown})
"""
# As variables: of a task that failed Ansible itself shows the source.
LOGIN = login(password="{{ the_password }}")
OAUTH = dict(qualtrics_connection()["oauth"], client_secret="{{ the_client_secret }}")
CONNECTION = qualtrics_connection(instance=LOGIN, oauth=OAUTH, secret_attributes={"X-API-TOKEN": "{{ the_api_token }}"})
TASKS = [
    *(("snow_connection_alias", {**CONNECTION, "route": "records"}, bug) for bug in ("core", "wire", "plan", "writer")),
    *(
        ("snow_connection_alias", {**CONNECTION, "route": "endpoint"}, bug)
        for bug in ("core", "wire", "plan", "endpoint")
    ),
    ("snow_sys_property", {"instance": LOGIN, "name": PROPERTY, "secret_value": "{{ the_client_secret }}"}, "wire"),
    (
        "qualtrics_oauth_client",
        {"client_id": CLIENT_ID, "client_secret": "{{ the_client_secret }}", "datacenter_id": "fra1"},
        "wire",
    ),
]


def broken_collection(folder: Path) -> Path:
    """A copy of the collection with all the bugs, and the collections path that leads to it."""
    copy = folder / "collections" / "ansible_collections" / "snow_ops" / "spokes"
    for part in ("plugins", "meta", "galaxy.yml"):
        (shutil.copytree if (ROOT / part).is_dir() else shutil.copy)(ROOT / part, copy / part)
    for name, (file, target, shown) in BUGS.items():
        with (copy / UTILS / file).open("a") as code:
            code.write(INJECTION.format(name=name, target=target, shown=shown))
    return folder / "collections"


@pytest.mark.sampled
@pytest.mark.parametrize("path", ["fast", "module"])
def test_no_secret_is_in_the_report_of_a_bug(sandbox: Sandbox, tmp_path: Path, path: str) -> None:
    install_endpoint(sandbox)
    tasks = [
        {"name": bug, f"snow_ops.spokes.{module}": options, "environment": {"INJECTED_BUG": bug}, "ignore_errors": True}
        for module, options, bug in TASKS
    ]
    (tmp_path / "play.yml").write_text(
        yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}], width=10000)
    )
    secrets = {"the_password": PASSWORD, "the_api_token": API_TOKEN, "the_client_secret": CLIENT_SECRET}
    python = "{{ ansible_playbook_python }}" if path == "fast" else str(other_python(tmp_path))
    (tmp_path / "variables.yml").write_text(yaml.safe_dump({**secrets, "ansible_python_interpreter": python}))
    settings = {
        "ANSIBLE_COLLECTIONS_PATH": str(broken_collection(tmp_path)),
        "ANSIBLE_CALLBACKS_ENABLED": "results_file,junit",
        "JUNIT_OUTPUT_DIR": str(tmp_path / "junit"),
        "ANSIBLE_DISPLAY_TRACEBACK": "always",
    }
    play = ansible_playbook(
        sandbox.environment, tmp_path, "play.yml", "-e", "@variables.yml", "-vvvv", "--diff", settings=settings
    )
    assert ("AnsiballZ" in play.stdout) == (path == "module")
    assert len(play.results) == len(TASKS), play.stdout
    for entry in play.results:
        assert "RuntimeError" in entry["result"]["msg"]
        assert "********" in str(entry["result"])
        assert "report it" in entry["result"]["msg"]
    reports = "".join(file.read_text() for file in (tmp_path / "junit").glob("*.xml"))
    assert "RuntimeError" in reports
    assert leaks(play.stdout + play.stderr + str(play.results) + reports, SECRETS) == []
