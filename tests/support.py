# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""What component and integration tests share: tasks run in this process, playbooks run as a user runs them."""

from __future__ import annotations

import base64
import html
import importlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

from tools.docs import catalogue

if TYPE_CHECKING:
    import pytest

    from sandbox import Sandbox

ROOT = Path(__file__).resolve().parent.parent
INVENTORY = ROOT / "examples" / "inventory"
VAULT_PASSWORD_FILE = ROOT / "tools" / "demo" / "vault_password"

PASSWORD = "sandbox-Password-1"
API_TOKEN = "sandboxAcmeToken00000000000000000000fake"
CLIENT_ID = "5a4d0000000000000000000000acfa4e"
CLIENT_SECRET = "sandboxAcmeClientSecret" + "0" * 37 + "fake"
OTHER_SECRET = "sandboxOtherClientSecret" + "0" * 36 + "fake"
DIRECTORY = "POOL_0000000acmefake"
PROPERTY = "sn_qualtrics_spoke.qualtrics_directory"
SPOKE_SCOPE = "sn_qualtrics_spoke"
SECRETS = (PASSWORD, API_TOKEN, CLIENT_SECRET)


# The task of the role that does everything on both sides.
SETS_UP = "Set up | Read both sides, configure the connection and set the directory"
# What is sent with POST and changes nothing.
READ_PATHS = ("/oauth2/token", "/oauth_token.do", "/state", "/test")


def login(name: str = "acmedev", **changes: Any) -> dict[str, Any]:
    """The ``instance`` option for an instance of the sandbox."""
    return {"host": f"https://{name}.service-now.com", "username": "spoke.setup", "password": PASSWORD, **changes}


def qualtrics_connection(name: str = "acmedev", **changes: Any) -> dict[str, Any]:
    """The options of snow_connection_alias as the role gives them."""
    options: dict[str, Any] = {
        "instance": login(name),
        "scope": SPOKE_SCOPE,
        "preferred_alias_name": "Qualtrics",
        "connection": {"name": "Qualtrics", "url": "https://acme.qualtrics.com/API/v3"},
        "secret_attributes": {"X-API-TOKEN": API_TOKEN},
        "oauth": {
            "name": "Qualtrics OAuth",
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
            "token_url": "https://fra1.qualtrics.com/oauth2/token",
            "scopes": ["manage:all"],
        },
    }
    return {**options, **changes}


def set_up(name: str = "acmedev", **changes: Any) -> dict[str, Any]:
    """The options of qualtrics_spoke as the role gives them."""
    options: dict[str, Any] = {
        "instance": login(name),
        "api_token": API_TOKEN,
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "connection": {"name": "Qualtrics"},
        "oauth": {"name": "Qualtrics OAuth"},
    }
    return {**options, **changes}


def lead_to(environment: Mapping[str, str], patch: pytest.MonkeyPatch) -> None:
    """Have every client in this process go where the variables of ``environment`` lead."""
    for name, value in environment.items():
        patch.setenv(name, value)


def run_task(module: str, options: dict[str, Any], check_mode: bool = False, no_log: bool = False) -> dict[str, Any]:
    """Run a module's core in this process, as the fast path does; return the task's result."""
    package = "ansible_collections.snow_ops.spokes.plugins"
    code = importlib.import_module(f"{package}.modules.{module}")
    task = importlib.import_module(f"{package}.module_utils._task")
    validated = task.validate(module, code.MODULE_SPEC, options)
    secrets = task.Secrets(validated.no_log_values, no_log)
    result: dict[str, Any] = task.run_validated(code.run, validated, check_mode, secrets)
    if "error" in result:
        kind, what = result["error"]["kind"], result["error"]["what"]
        assert catalogue.knows(kind, what), (
            f"The page 'When it fails' does not have this message of the kind {kind}: {what}"
        )
    return result


@dataclass
class Play:
    """A finished ansible-playbook: ``results`` has one entry per task and host, in order, ``custom_stats`` what set_stats left."""

    returncode: int
    stdout: str
    stderr: str
    results: list[dict[str, Any]]
    stats: dict[str, dict[str, int]]
    custom_stats: dict[str, Any]

    def result(self, task: str, host: str | None = None) -> dict[str, Any]:
        """The last result of the task whose name ends with ``task``."""
        return [
            entry["result"] for entry in self.results if entry["task"].endswith(task) and host in (None, entry["host"])
        ][-1]


def ansible_playbook(
    environment: dict[str, str],
    tmp_path: Path,
    *arguments: str,
    settings: dict[str, str] | None = None,
    seconds: float = 180,
) -> Play:
    """Run ansible-playbook with the sandbox's ``environment``, for ``seconds`` at most, and return what came of it."""
    results_file = tmp_path / "results.json"
    results_file.unlink(missing_ok=True)
    bin_folder = Path(sys.executable).parent
    variables = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("SN_", "QUALTRICS_", "PYTEST"))},
        **environment,
        "ANSIBLE_CALLBACK_PLUGINS": str(ROOT / "tests" / "integration" / "callback_plugins"),
        "ANSIBLE_CALLBACKS_ENABLED": "results_file",
        "RESULTS_FILE": str(results_file),
        "ANSIBLE_LOCAL_TEMP": str(tmp_path / "ansible-local"),
        "ANSIBLE_REMOTE_TEMP": str(tmp_path / "ansible-remote"),
        "ANSIBLE_RETRY_FILES_ENABLED": "false",
        "ANSIBLE_NOCOLOR": "1",
        "PATH": f"{bin_folder}:{os.environ['PATH']}",
        **(settings or {}),
    }
    command = [str(bin_folder / "ansible-playbook"), *arguments]
    done = subprocess.run(
        command, env=variables, cwd=tmp_path, capture_output=True, text=True, timeout=seconds, check=False
    )
    report = (
        json.loads(results_file.read_text()) if results_file.exists() else {"results": [], "stats": {}, "custom": {}}
    )
    return Play(done.returncode, done.stdout, done.stderr, report["results"], report["stats"], report["custom"])


def example_inventory() -> list[str]:
    """The arguments that make ansible-playbook use the example inventory with its vault."""
    return ["-i", str(INVENTORY), "--vault-password-file", str(VAULT_PASSWORD_FILE)]


def other_python(folder: Path) -> Path:
    """The same Python under a path that the fast path does not take for the controller's own, so that tasks become module processes."""
    wrapper = folder / "bin" / "python3"
    wrapper.parent.mkdir()
    wrapper.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    wrapper.chmod(0o755)
    return wrapper


def is_write(entry: dict[str, Any]) -> bool:
    """Whether a logged request can have changed anything; a batch of reads cannot."""
    is_read = entry["method"] == "GET" or entry["path"].endswith(READ_PATHS)
    return not is_read and not (entry["items"] and all(item.startswith("GET ") for item in entry["items"]))


def writes(sandbox: Sandbox) -> list[str]:
    """The requests that can have changed anything, as method, host and path, in their order."""
    return [
        f"{entry['method']} {entry['host']}{entry['path']}" for entry in sandbox.control.requests() if is_write(entry)
    ]


def reads(log: list[dict[str, Any]]) -> list[str]:
    """What was read: method and address of every GET, alone or in a batch."""
    asked = [
        item for entry in log for item in entry["items"] or [f"{entry['method']} {entry['path']}?{entry['query']}"]
    ]
    return [item for item in asked if item.startswith("GET ")]


def leaks(text: str, secrets: tuple[str, ...] = SECRETS) -> list[str]:
    """The secrets that ``text`` gives away in plain, url-encoded, JSON-, Python- or XML-escaped or base64 form."""
    found = []
    for secret in secrets:
        raw = secret.encode()
        # Base64 of a longer text that holds the secret differs by where the secret starts; each alignment has a common middle.
        aligned = [base64.b64encode(b"\0" * shift + raw).decode()[4 * bool(shift) : -4] for shift in range(3)]
        escaped = (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1])
        twice = [json.dumps(form)[1:-1] for form in escaped]
        pages = [html.escape(form, quote) for form in (secret, *escaped) for quote in (False, True)]
        forms = {secret, quote(secret, safe=""), quote_plus(secret), *escaped, *twice, *pages, *aligned}
        found += [secret for form in forms if form in text]
    return found
