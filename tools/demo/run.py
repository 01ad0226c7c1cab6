# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""``make demo``: the setup playbook on three instances of the sandbox, twice; then with the setup endpoint; and what is there in the end."""
from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT)]

from sandbox import Sandbox  # noqa: E402

INSTANCES = ("acmedev", "acmetest", "acmeprod")
PROPERTY = "sn_qualtrics_spoke.qualtrics_directory"
SETUP, VERIFY, ENDPOINT = "qualtrics_setup", "qualtrics_verify", "setup_endpoint"
INVENTORY = ["-i", "examples/inventory", "--vault-password-file", "tools/demo/vault_password"]
COMPLETE = ["-e", '{"qualtrics_spoke_require_complete": true}']


def main() -> int:
    """The exit status: 0 only if every run succeeded and the second changed nothing."""
    with Sandbox() as sandbox:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("SN_", "QUALTRICS_"))},
            **sandbox.environment,
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".venv" / "collections"),
            "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml",
            "ANSIBLE_LOCALHOST_WARNING": "false",
        }
        title("First run: set up the Qualtrics spoke on dev, test and prod")
        first, _output = play(environment, SETUP, "--diff")
        requests = len(sandbox.control.requests())
        sandbox.control.clear_requests()
        title("Second run: the same playbook again")
        second, output = play(environment, SETUP)
        writes = sum(entry["method"] != "GET" and "/oauth2/token" not in entry["path"] for entry in sandbox.control.requests())
        title("Third run: with the setup endpoint nothing is left to a person")
        third = [play(environment, playbook, *options)[0] for playbook, options in ((ENDPOINT, []), (SETUP, COMPLETE), (VERIFY, COMPLETE))]
        title("What is on the instances now")
        for name in INSTANCES:
            show(sandbox, name)
        unchanged = output.count("changed=0") == len(INSTANCES)
        print(f"First run {'succeeded' if first == 0 else 'FAILED'}, with {requests} requests.")
        print(f"Second run {'succeeded' if second == 0 else 'FAILED'}, {'changed=0 on every instance' if unchanged else 'WITH CHANGES'}, {writes} writes.")
        print(f"Third run {'succeeded: token fetched, Qualtrics called through the connection' if not any(third) else 'FAILED'}.")
        if sandbox.world.errors:
            print("The sandbox itself failed; see above.")
    return 0 if first == second == 0 and not any(third) and unchanged and not writes and not sandbox.world.errors else 1


def title(text: str) -> None:
    """Print a heading."""
    print(f"\n{text}\n{'=' * len(text)}", flush=True)


def play(environment: dict[str, str], playbook: str, *options: str) -> tuple[int, str]:
    """Run a playbook of the collection, its output shown as it comes; exit status and output."""
    command = [str(Path(sys.executable).parent / "ansible-playbook"), f"snow_ops.spokes.{playbook}", *INVENTORY, *options]
    print(f"$ ansible-playbook {' '.join(command[1:])}\n", flush=True)
    started = time.monotonic()
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        print(line, end="", flush=True)
    status = process.wait()
    print(f"({time.monotonic() - started:.1f} s)", flush=True)
    return status, "".join(lines)


def show(sandbox: Sandbox, name: str) -> None:
    """Print the form's fields of one instance, as its records hold them."""

    def one(table: str, **wanted: str) -> dict[str, str]:
        return next((row for row in sandbox.control.records(name, table) if all(row[key] == value for key, value in wanted.items())), {})

    connection = one("http_connection", name="Qualtrics")
    credential = one("oauth_2_0_credentials", sys_id=connection.get("credential", ""))
    profile = one("oauth_entity_profile", sys_id=credential.get("oauth_entity_profile", ""))
    registry = one("oauth_entity", sys_id=profile.get("oauth_entity", ""))
    attribute = one("sys_variable_value", document_key=connection.get("sys_id", ""))
    secret = registry.get("client_secret", "")
    token = one("oauth_credential", peer=registry.get("sys_id", ""))
    fields = {
        "Connection Name": connection.get("name"),
        "Connection URL": connection.get("connection_url"),
        "X-API-TOKEN": f"set, {len(attribute['value'])} characters" if attribute.get("value") else None,
        "OAuth Name": registry.get("name"),
        "Client ID": registry.get("client_id"),
        "Client Secret": f"set, stored encrypted ({len(secret)} characters)" if secret else None,
        "Token URL": registry.get("token_url"),
        "Property": f"{PROPERTY} = {one('sys_properties', name=PROPERTY).get('value')}",
        "OAuth token": f"until {token['expires']}" if token.get("expires") else None,
    }
    width = max(len(label) for label in fields)
    print(f"  {name}.service-now.com")
    for label, value in fields.items():
        print(f"    {label:<{width}}  {value or 'NOT SET'}")
    print()


if __name__ == "__main__":
    sys.exit(main())
