# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Runs a job template's jobs as a controller does: AWX's own injectors render the credentials, ansible-runner starts the playbook."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from awx_plugins.interfaces._temporary_private_api import ManagedCredentialType
from awx_plugins.interfaces._temporary_private_credential_api import Credential
from awx_plugins.interfaces._temporary_private_inject_api import inject_credential
from support import ROOT, leaks

from controller.api import Controller
from sandbox import Sandbox

BIN = Path(sys.executable).parent


@dataclass
class Job:
    """A finished job."""

    number: int
    folder: Path
    returncode: int
    events: list[dict[str, Any]]
    # What the controller would keep of the environment for its database.
    safe_environment: dict[str, Any]

    @property
    def artifacts(self) -> dict[str, Any]:
        """What it leaves to the jobs that follow in a workflow."""
        return next(
            (
                event["event_data"].get("artifact_data", {})
                for event in self.events
                if event["event"] == "playbook_on_stats"
            ),
            {},
        )

    @property
    def report(self) -> dict[str, Any]:
        return self.artifacts[f"snow_ops_spokes_{self.number}"]

    @property
    def stdout(self) -> str:
        return (self.folder / "artifacts" / str(self.number) / "stdout").read_text()

    @property
    def messages(self) -> str:
        """What tasks that failed said."""
        return "\n".join(
            str(event["event_data"]["res"].get("msg")) for event in self.events if event["event"] == "runner_on_failed"
        )


@dataclass
class Jobs:
    """Launches jobs of a loaded controller against the sandbox."""

    controller: Controller
    sandbox: Sandbox
    folder: Path
    number: int = 0
    # What a test gives instead of a credential's inputs, by the credential's name.
    inputs: dict[str, dict[str, str]] = field(default_factory=dict)

    def launch(
        self, template: str, artifacts: dict[str, Any] | None = None, inventory: Path | None = None, **prompts: Any
    ) -> Job:
        """Launch the job template called ``template``; ``artifacts`` are those of the jobs before it in a workflow."""
        self.number += 1
        (identity,) = [
            number
            for number, item in self.controller.items["job_templates"].items()
            if item["name"] == f"Qualtrics spoke - {template}"
        ]
        job = self.controller.launch(identity, prompts)
        folder = self.folder / f"job{self.number}"
        (folder / "env").mkdir(parents=True)
        shutil.copytree(self.controller.project, folder / "project")
        shutil.copytree(inventory or self.controller.project / "inventory", folder / "inventory")
        environment, safe = self._injected(identity, folder)
        meta = {"awx_job_id": self.number, "awx_job_template_name": template}
        (folder / "env" / "extravars").write_text(json.dumps({**job["extra_vars"], **(artifacts or {}), **meta}))
        options = ["--check"] * (job["job_type"] == "check") + ["--diff"] * bool(job["diff_mode"]) + ["--forks", "10"]
        command = [
            str(BIN / "ansible-runner"),
            "run",
            str(folder),
            "-p",
            job["playbook"],
            "--ident",
            str(self.number),
            "-q",
        ]
        command += ["--cmdline", " ".join(options), *(["--limit", job["limit"]] if job["limit"] else [])]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=3600, check=False)
        events = [
            json.loads(path.read_text())
            for path in (folder / "artifacts" / str(self.number) / "job_events").glob("*.json")
        ]
        events.sort(key=lambda event: event["counter"])
        result = Job(self.number, folder, done.returncode, events, safe)
        assert "playbook_on_stats" in {event["event"] for event in events} or done.returncode, done.stdout + done.stderr
        assert secrets_in(result) == []
        return result

    def _injected(self, template: int, folder: Path) -> tuple[dict[str, str], dict[str, Any]]:
        """The environment of a job: the execution environment's own, the way to the sandbox, and what the credentials inject."""
        environment = {
            "PATH": f"{BIN}:/usr/bin:/bin",
            "HOME": str(folder),
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "collections"),
            "PYTHONDONTWRITEBYTECODE": "1",
            **self.sandbox.environment,
        }
        safe: dict[str, Any] = {}
        for number in self.controller.associations.get(("job_templates", template, "credentials"), []):
            credential = self.controller.items["credentials"][number]
            kind = self.controller.items["credential_types"][credential["credential_type"]]
            rendered = ManagedCredentialType("", kind["name"], kind["kind"], kind["inputs"], kind["injectors"])
            inputs = self.inputs.get(credential["name"], credential["inputs"])
            inject_credential(rendered, Credential(inputs), environment, safe, [], str(folder))
        return environment, safe


def secrets_in(job: Job) -> list[str]:
    """Where a job left a secret: any file but that in which runner keeps the command with its environment, and the masked environment."""
    files = [
        Path(parent) / name
        for parent, _folders, names in os.walk(job.folder / "artifacts")
        for name in names
        if name != "command"
    ]
    texts = {str(path): path.read_text(errors="replace") for path in files}
    return [
        place
        for place, text in {**texts, "masked environment": json.dumps(job.safe_environment)}.items()
        if leaks(text)
    ]
