# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The playbook qualtrics_probe, from a user's inventory to a sandbox that behaves as was found."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from support import ROOT, writes

from roles import Plays, messages
from sandbox import Sandbox
from sandbox.probe import ProbeError, load_probe

PROBE = "snow_ops.spokes.qualtrics_probe"


@pytest.fixture
def plays(sandbox: Sandbox, tmp_path: Path) -> Plays:
    return Plays(sandbox, tmp_path)


def test_the_playbook_shows_and_keeps_what_it_found(sandbox: Sandbox, plays: Plays, tmp_path: Path) -> None:
    plays.inventory("acmedev")
    sandbox.control.behaviour({"servicenow.batch": "closed"})
    file = tmp_path / "probe.yml"
    # A path that is not absolute is below the folder in which the playbook is started.
    play = plays(PROBE, "-e", "probe_file=probe.yml", "-e", "probe_wrong_client=true")
    assert play.returncode == 0, play.stdout + play.stderr
    assert writes(plays.sandbox) == []
    shown = play.result("Show what was found")["msg"]
    assert shown == yaml.safe_load(file.read_text())
    assert "acme" not in file.read_text().lower()
    assert "ok: [acmedev]" in play.stdout
    assert shown["switches"]["servicenow.batch"] == "closed"
    assert "wrong client" in {entry["point"] for entry in shown["qualtrics"]}
    assert load_probe(file)["switches"] == shown["switches"]
    shown_by_ansible = tmp_path / "shown.txt"
    _before, _task, result = play.stdout.rpartition("Show what was found")
    shown_by_ansible.write_text(result.partition("\n")[2].partition("\n}\n")[0] + "\n}\n")
    assert load_probe(shown_by_ansible) == shown
    command = [sys.executable, "-m", "sandbox", "--probe", str(file)]
    running = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert running.stdout is not None
        assert running.stdout.readline().startswith("export HTTPS_PROXY=")
    finally:
        running.send_signal(signal.SIGTERM)
        assert running.wait(30) == 0


def test_one_file_is_for_one_instance(plays: Plays, tmp_path: Path) -> None:
    plays.inventory("acmedev", "acmetest")
    play = plays(PROBE, "-e", f"probe_file={tmp_path}/probe.yml")
    assert play.returncode != 0
    assert "Use --limit" in play.stdout
    assert plays.sandbox.control.requests() == []


@pytest.mark.parametrize("form", ["instance", "problem"])
def test_issues_ask_for_the_file_since_the_screen_names_the_host(form: str) -> None:
    body = yaml.safe_load((ROOT / ".github" / "ISSUE_TEMPLATE" / f"{form}.yml").read_text())["body"]
    (asked,) = [part["attributes"] for part in body if part["attributes"].get("label") == "What the probe found"]
    assert asked["description"].startswith("The file that")
    assert "probe_file" in asked["description"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("probe_file=/nonexistent/probe.yml", "probe_file is in a folder that does not exist on this machine"),
        ("probe_file=.", "probe_file is a folder"),
        ("probe_wrong_client=maybe", "probe_wrong_client has to be one of true, yes"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_asked(plays: Plays, given: str, said: str) -> None:
    plays.inventory("acmedev")
    play = plays(PROBE, "-e", given)
    assert play.returncode != 0
    (message,) = messages(play)
    assert message.startswith("Nothing was done.")
    assert said in message
    assert plays.sandbox.control.requests() == []


def test_a_file_that_is_not_a_probe_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "no.yml"
    file.write_text("servicenow: {}\n")
    with pytest.raises(ProbeError, match="probe_file"):
        load_probe(file)
    file.write_text("{servicenow: [], qualtrics: [], seed: {}, switches: {no.such: 1}}\n")
    with pytest.raises(ProbeError, match="another version"):
        load_probe(file)
