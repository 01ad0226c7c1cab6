# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Uses the artefact as somebody does who has no checkout: an environment with ansible-core and requests, and what Ansible needs of it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

from sandbox import Sandbox
from tools import sbom
from tools.checkout import ROOT
from tools.demo.playbook import Run, play
from tools.environments import make_environment

NEEDED = {"meta", "plugins", "roles", "playbooks"}
INSTANCES = {"acmedev", "acmetest", "acmeprod"}
COMPLETE = ("-e", json.dumps({"qualtrics_spoke_require_complete": True}))


class Silence:
    """Hears of a run and keeps it for itself."""

    def progress(self, text: str) -> None:
        """A task has started."""

    def log(self, line: str) -> None:
        """Ansible printed a line."""


def works(artefact: Path, folder: Path) -> bool:
    """Whether ``artefact``, installed under ``folder``, sets up the sandbox: by the fast path and by module processes."""
    python = environment(folder / "venv")
    subprocess.run(
        [
            python.with_name("ansible-galaxy"),
            "collection",
            "install",
            artefact,
            "--offline",
            "-p",
            folder / "collections",
        ],
        cwd=folder,
        env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(folder / "collections")},
        check=True,
        stdout=subprocess.DEVNULL,
    )
    strip(folder / "collections" / "ansible_collections" / "snow_ops" / "spokes")
    # Elsewhere than the Python itself, so that no task takes the fast path.
    wrapper = folder / "python-for-modules"
    wrapper.write_text(f'#!/bin/sh\nexec "{python}" "$@"\n', encoding="utf-8")
    wrapper.chmod(0o755)
    fast = use(python, folder, "the fast path")
    return use(python, folder, "module processes", "-e", f"ansible_python_interpreter={wrapper}") and fast


def environment(folder: Path) -> Path:
    """Make a virtual environment with ansible-core, requests and what these need, as they are pinned; its Python."""
    folder.mkdir(parents=True, exist_ok=True)
    requirements = folder / "requirements.txt"
    requirements.write_text("\n".join(package.pin for package in sbom.needed().values()) + "\n", encoding="utf-8")
    return make_environment(folder, requirements, "--no-deps") / "python"


def strip(installed: Path) -> None:
    """Take away what Ansible does not need at run time."""
    for entry in installed.iterdir():
        if entry.name not in NEEDED:
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()


def use(python: Path, folder: Path, how: str, *options: str) -> bool:
    """Set up a fresh sandbox with the playbooks, twice, install the endpoint, verify, remove the endpoint; whether all went well."""
    with Sandbox() as sandbox:
        variables = {
            **{
                name: value
                for name, value in os.environ.items()
                if not name.startswith(("ANSIBLE_", "PYTHON", "SN_", "QUALTRICS_"))
            },
            **sandbox.environment,
            "PATH": "/usr/bin:/bin",
            "HOME": str(folder),
            "ANSIBLE_COLLECTIONS_PATH": str(folder / "collections"),
            "ANSIBLE_LOCALHOST_WARNING": "false",
        }

        def run(playbook: str, *more: str) -> Run:
            command = [
                str(python.with_name("ansible-playbook")),
                f"snow_ops.spokes.{playbook}",
                *inventory(),
                *options,
                *more,
            ]
            return play(command, folder, variables, Silence())

        steps = {
            "set-up": run("qualtrics_setup"),
            "set-up again": run("qualtrics_setup"),
            "setup endpoint": run("setup_endpoint"),
            "set-up with it": run("qualtrics_setup", *COMPLETE),
            "verification": run("qualtrics_verify", *COMPLETE),
            "removal of the endpoint": run("setup_endpoint_remove"),
        }
        errors = sandbox.control.errors()
    bad = [name for name, step in steps.items() if step.status or set(step.recap) != INSTANCES]
    for name in bad:
        print(f"The {name} failed, with {how}. The end of its output:", *steps[name].lines[-30:], sep="\n")
    for name in ("set-up again", "verification"):
        if any(counts["changed"] for counts in steps[name].recap.values()):
            bad.append(name)
            print(f"The {name} changed something, with {how}.", *steps[name].lines[-30:], sep="\n")
    if errors:
        print("The sandbox itself failed:", *errors, sep="\n")
    if not bad and not errors:
        print(f"{len(steps)} playbooks on {len(INSTANCES)} instances with {how}: fine", flush=True)
    return not bad and not errors


def inventory() -> list[str]:
    """The arguments that name the example inventory and the password of its vault."""
    return [
        "-i",
        str(ROOT / "examples" / "inventory"),
        "--vault-password-file",
        str(ROOT / "tools" / "demo" / "vault_password"),
    ]
