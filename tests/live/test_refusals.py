# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The live tests themselves: no instance but the named one is touched, and on the sandbox they pass and clean up."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from support import ROOT, leaks

from live.instances import named_instance
from roles import ENVIRONMENT
from sandbox import Sandbox

TEST = "tests/live/test_instance.py"


def test_the_named_instance_is_the_only_one() -> None:
    assert named_instance({"SNOW_OPS_LIVE_INSTANCE": "acmedev"}) == "https://acmedev.service-now.com"
    assert named_instance(
        {"SNOW_OPS_LIVE_INSTANCE": "acmedev.service-now.com", "SN_HOST": "https://ACMEDEV.service-now.com/"}
    )
    for environment in (
        {},
        {"SN_HOST": "acmedev"},
        {"SNOW_OPS_LIVE_INSTANCE": "acmedev", "SN_HOST": "https://acmeprod.service-now.com"},
    ):
        with pytest.raises(ValueError, match="SNOW_OPS_LIVE_INSTANCE"):
            named_instance(environment)


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


def test_without_a_name_nothing_is_sent(sandbox: Sandbox) -> None:
    done = run(sandbox, SN_HOST="acmedev")
    assert done.returncode == 0
    assert "1 skipped" in done.stdout
    assert sandbox.control.requests() == []


def test_another_instance_than_the_named_one_is_refused(sandbox: Sandbox) -> None:
    done = run(sandbox, SN_HOST="acmeprod", SNOW_OPS_LIVE_INSTANCE="acmedev")
    assert done.returncode != 0
    assert "allows acmedev.service-now.com only" in done.stdout
    assert sandbox.control.requests() == []


def test_they_pass_on_the_sandbox_and_leave_nothing(sandbox: Sandbox) -> None:
    done = run(sandbox, SNOW_OPS_LIVE_INSTANCE="acmedev")
    assert done.returncode == 0, done.stdout + done.stderr
    assert leaks(done.stdout + done.stderr) == []
    assert sandbox.control.records("acmedev", "http_connection") == []
    assert sandbox.control.records("acmedev", "sys_ws_definition") == []
    assert {entry["host"] for entry in sandbox.control.requests() if entry["host"].endswith("service-now.com")} == {
        "acmedev.service-now.com"
    }
