# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Loads the example into a controller, as its administrator does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml
from support import API_TOKEN, CLIENT_ID, CLIENT_SECRET, PASSWORD, ROOT, leaks

EXAMPLE = ROOT / "examples" / "controller"
SECRETS = {
    "spoke_logins": {name: {"username": "spoke.setup", "password": PASSWORD} for name in ("dev", "test", "prod")},
    "spoke_qualtrics_account": {"api_token": API_TOKEN, "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET},
}


def load(
    address: str,
    example: Path,
    folder: Path,
    given: dict[str, Any] | None = None,
    settings: dict[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run the loading playbook of ``example``; the variables ``given`` count before its own, ``settings`` are those of Ansible."""
    secrets = folder / "secrets.yml"
    secrets.write_text(yaml.safe_dump({**SECRETS, **(given or {})}))
    environment = {
        **{
            name: value
            for name, value in os.environ.items()
            if "proxy" not in name.lower() and not name.startswith("ANSIBLE")
        },
        "CONTROLLER_HOST": address,
        "CONTROLLER_OAUTH_TOKEN": "sandbox-token-of-a-controller",
        "ANSIBLE_LOCAL_TEMP": str(folder / "local"),
        "ANSIBLE_REMOTE_TEMP": str(folder / "remote"),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_NOCOLOR": "1",
        **(settings or {}),
    }
    command = [str(Path(sys.executable).parent / "ansible-playbook"), "load.yml", "-e", f"@{secrets}"]
    done = subprocess.run(
        command, cwd=example, env=environment, capture_output=True, text=True, timeout=1200, check=False
    )
    assert leaks(done.stdout + done.stderr) == []
    return done
