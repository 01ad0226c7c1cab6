# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""ansible-rulebook runs the rulebook against the sandbox; part of ``make ecosystem``, since it needs Java."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

import pytest
import yaml
from support import API_TOKEN, CLIENT_ID, CLIENT_SECRET, PASSWORD, PROPERTY, ROOT, leaks

from sandbox import Sandbox

BIN = Path(sys.executable).parent
TOKEN = "sandbox-token-of-the-webhook"
LOGIN = {
    "SN_USERNAME": "spoke.setup",
    "SN_PASSWORD": PASSWORD,
    "QUALTRICS_API_TOKEN": API_TOKEN,
    "QUALTRICS_CLIENT_ID": CLIENT_ID,
    "QUALTRICS_CLIENT_SECRET": CLIENT_SECRET,
}
# As a payload names it, and as the inventory calls it.
INSTANCES = {"ACME Development": "acmedev"}


@dataclass
class Rulebook:
    """A running ansible-rulebook."""

    port: int
    output: Path
    sandbox: Sandbox

    def post(self, instance: str, event: str = "changed", token: str = TOKEN) -> int:
        """Report an event as an instance does; the answer's status."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        body = json.dumps({"event": event, "instance": instance})
        connection.request(
            "POST", "/endpoint", body, {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        )
        return connection.getresponse().status

    def until(self, text: str, times: int = 1) -> None:
        """Wait until the output has ``text`` so many times."""
        wait(lambda: self.output.read_text().count(text) >= times, lambda: self.output.read_text()[-3000:])


def wait(condition: Callable[[], bool], complaint: Callable[[], str], seconds: float = 240) -> None:
    """Wait for ``condition``."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, complaint()
        time.sleep(0.3)


def listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def rulebook(sandbox: Sandbox, tmp_path: Path) -> Iterator[Rulebook]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]
    variables = {"webhook_address": "127.0.0.1", "webhook_port": port, "webhook_token": TOKEN}
    (tmp_path / "vars.yml").write_text(
        yaml.safe_dump({**variables, "spoke_instances": INSTANCES, "spoke_instance_names": list(INSTANCES)})
    )
    environment = {
        "PATH": f"{BIN}:/usr/bin:/bin",
        "HOME": str(tmp_path),
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_COLLECTIONS_PATH": str(ROOT / "collections"),
        **({"JAVA_HOME": os.environ["JAVA_HOME"]} if "JAVA_HOME" in os.environ else {}),
        **LOGIN,
        **sandbox.environment,
    }
    inventory = ROOT / "examples" / "controller" / "project" / "inventory"
    book = ROOT / "extensions" / "eda" / "rulebooks" / "qualtrics_spoke.yml"
    command = [
        str(BIN / "ansible-rulebook"),
        "--rulebook",
        str(book),
        "-i",
        str(inventory),
        "--vars",
        str(tmp_path / "vars.yml"),
        "--print-events",
    ]
    output = tmp_path / "output"
    with (
        output.open("w") as file,
        subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=file, stderr=subprocess.STDOUT) as process,
    ):
        try:
            wait(lambda: listens(port) or process.poll() is not None, output.read_text)
            yield Rulebook(port, output, sandbox)
        finally:
            process.terminate()
            process.wait(60)
    assert leaks(output.read_text()) == []


def asked(sandbox: Sandbox) -> set[str]:
    """The instances that were asked for something."""
    return {
        entry["host"].split(".")[0]
        for entry in sandbox.control.requests()
        if entry["host"].endswith(".service-now.com")
    }


def directory(sandbox: Sandbox) -> str:
    """The value of the spoke's property."""
    return next(
        (row["value"] for row in sandbox.control.records("acmedev", "sys_properties") if row["name"] == PROPERTY), ""
    )


def test_events_of_listed_instances_start_a_job_on_their_host_alone(rulebook: Rulebook) -> None:
    assert rulebook.post("ACME Development", token="sandbox-wrong-token") == 401
    for stranger in ("acmetest", "all", "servicenow:!acmedev"):
        assert rulebook.post(stranger) == 200
    rulebook.until("not in the allow-list was ignored", 3)
    assert asked(rulebook.sandbox) == set()

    assert rulebook.post("ACME Development") == 200
    rulebook.until("PLAY RECAP")
    assert asked(rulebook.sandbox) == {"acmedev"}
    assert rulebook.sandbox.control.records("acmedev", "http_connection") == []

    assert rulebook.post("ACME Development", event="cloned") == 200
    # The last that a set-up writes.
    wait(lambda: directory(rulebook.sandbox) != "", rulebook.output.read_text)
    assert len(rulebook.sandbox.control.records("acmedev", "http_connection")) == 1
    assert asked(rulebook.sandbox) == {"acmedev"}
