# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""ansible-navigator and molecule run the playbooks against the sandbox; part of ``make ecosystem``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from support import ROOT, leaks

from ecosystem.check_rulebook import LOGIN
from sandbox import Sandbox

BIN = Path(sys.executable).parent
PROJECT = ROOT / "examples" / "controller" / "project"


def run(sandbox: Sandbox, folder: Path, cwd: Path, *command: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run a tool with the sandbox's environment and the login."""
    environment = {
        "PATH": f"{BIN}:/usr/bin:/bin",
        "HOME": str(folder),
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "collections"),
        **sandbox.environment,
        **LOGIN,
        **settings,
    }
    done = subprocess.run(
        [str(BIN / command[0]), *command[1:]],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert leaks(done.stdout + done.stderr) == []
    return done


def test_navigator_runs_the_projects_playbook_without_an_execution_environment(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    before = set(PROJECT.rglob("*"))
    done = run(
        sandbox,
        tmp_path,
        PROJECT,
        "ansible-navigator",
        "run",
        "set_up.yml",
        "--limit",
        "dev",
        "--execution-environment",
        "false",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "acmedev" in done.stdout
    assert len(sandbox.control.records("acmedev", "http_connection")) == 1
    assert sandbox.control.records("acmetest", "http_connection") == []
    assert set(PROJECT.rglob("*")) == before, "it left something in the project"


def test_molecule_converges_finds_nothing_to_change_and_verifies(sandbox: Sandbox, tmp_path: Path) -> None:
    done = run(
        sandbox,
        tmp_path,
        ROOT,
        "molecule",
        "test",
        "--scenario-name",
        "default",
        MOLECULE_EPHEMERAL_DIRECTORY=str(tmp_path / "molecule"),
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-5000:]
    for name in ("acmedev", "acmeprod"):
        assert len(sandbox.control.records(name, "http_connection")) == 1
