# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Runs the live tests with the sandbox in the place of the instance and the organization."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

from support import CLIENT_ID, ROOT

from roles import ENVIRONMENT
from sandbox import Sandbox
from sandbox.world import DEFAULT_SEED, load_seed

TEST = "tests/live/test_instance.py"
NEW_CLIENT = "5a4d0000000000000000000000acfa4f"
NEW_SECRET = "sandboxAcmeSecondSecret0000000000000000000000000000000000000fake"


def seed_with_two_clients() -> dict[str, Any]:
    """The seed, with an OAuth client more in the organization, to which a rotation can go."""
    seed = load_seed(DEFAULT_SEED)
    (clients,) = [
        brand["oauth_clients"]
        for brand in seed["qualtrics"]["brands"]
        if any(client["client_id"] == CLIENT_ID for client in brand.get("oauth_clients", []))
    ]
    first = next(client for client in clients if client["client_id"] == CLIENT_ID)
    clients.append(dict(first, client_id=NEW_CLIENT, client_secret=NEW_SECRET, name="Second"))
    return seed


def run(sandbox: Sandbox, **variables: str) -> subprocess.CompletedProcess[str]:
    """The live tests as somebody starts them."""
    # An own rootdir's conftest would lead them to a sandbox of their own.
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SN_", "QUALTRICS_", "PYTEST", "SNOW_OPS"))
    }
    environment = {**kept, **sandbox.environment, **ENVIRONMENT, **variables}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", TEST]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=600, check=False)


def records(sandbox: Sandbox) -> dict[str, list[str]]:
    """What is on the instance that the live tests could leave there: sys_ids by table."""
    tables = (
        "http_connection",
        "oauth_entity",
        "oauth_2_0_credentials",
        "sys_variable_value",
        "sys_ws_definition",
        "sys_ws_operation",
    )
    return {table: sorted(row["sys_id"] for row in sandbox.control.records("acmedev", table)) for table in tables}
