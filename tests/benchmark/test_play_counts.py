# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Ceilings for what the setup playbook costs an instance; counted, never timed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from connections import install_endpoint
from rounds import OVERLAP_MS, rounds_of
from support import ROOT, Play, ansible_playbook, example_inventory, is_write

from sandbox import Sandbox

# Requests to the instance: of a first run, of it without its writes, and of a run without changes.
CEILINGS = {
    ("open", "records"): (14, 6, 2),
    ("open", "endpoint"): (7, 4, 3),
    ("closed", "records"): (34, 26, 15),
    # With the guard of the example inventory: who the instance is, is asked before it gets proofs of the secrets.
    ("closed", "endpoint"): (14, 11, 10),
}
# Qualtrics' part, and with the endpoint what the instance itself asks there: a token, and the call that proves the connection.
QUALTRICS, BY_THE_INSTANCE = 5, {"records": 0, "endpoint": 2}
TASKS = 5
# What a run without changes compiles: most of the CPU time of a worker that does not talk to anything.
TEMPLATES = 100
# Where batches are taken: one connection to each host, and how many requests wait for another one, first and again.
CONNECTIONS = 3
ROUNDS = {"records": (16, 4), "endpoint": (9, 5)}


def check_wire(sandbox: Sandbox, rounds: int) -> None:
    """What the last run opened and waited for; calls of the instance's own have no connection of ours."""
    own = [entry for entry in sandbox.control.requests() if entry["connection"]]
    assert len({entry["connection"] for entry in own}) <= CONNECTIONS
    assert rounds_of(own) <= rounds


def run(
    sandbox: Sandbox, folder: Path, route: str, settings: dict[str, str] | None = None
) -> tuple[int, int, int, Play]:
    """Requests to the instance, writes among them, and requests to Qualtrics of one set-up."""
    sandbox.control.clear_requests()
    options = [*example_inventory(), "-l", "acmedev", "-e", f"qualtrics_spoke_route={route}"]
    play = ansible_playbook(sandbox.environment, folder, "snow_ops.spokes.qualtrics_setup", *options, settings=settings)
    assert play.returncode == 0, play.stdout
    log = sandbox.control.requests()
    own = [entry for entry in log if entry["host"] == "acmedev.service-now.com"]
    return len(own), sum(map(is_write, own)), len(log) - len(own), play


@pytest.mark.parametrize(("batch", "route"), CEILINGS)
def test_the_setup_playbook(sandbox: Sandbox, tmp_path: Path, batch: str, route: str) -> None:
    if route == "endpoint":
        install_endpoint(sandbox)
    sandbox.control.behaviour({"servicenow.batch": batch})
    sandbox.control.latency(OVERLAP_MS if batch == "open" else 0)
    most, most_reads, most_again = CEILINGS[batch, route]
    requests, writes, qualtrics, first = run(sandbox, tmp_path, route)
    assert requests <= most
    assert requests - writes <= most_reads
    assert qualtrics <= QUALTRICS + BY_THE_INSTANCE[route]
    if batch == "open":
        check_wire(sandbox, ROUNDS[route][0])
    requests, writes, qualtrics, again = run(sandbox, tmp_path, route)
    assert qualtrics <= QUALTRICS + BY_THE_INSTANCE[route] // 2
    if batch == "open":
        check_wire(sandbox, ROUNDS[route][1])
    assert requests <= most_again
    assert writes == 0
    assert again.stats["acmedev"]["changed"] == 0
    assert max(play.stdout.count("\nTASK [") for play in (first, again)) <= TASKS


def test_the_templates_of_a_run_without_changes(sandbox: Sandbox, tmp_path: Path) -> None:
    run(sandbox, tmp_path, "records")
    counted = tmp_path / "templates"
    folders = (ROOT / "tests" / folder / "callback_plugins" for folder in ("integration", "benchmark"))
    settings = {
        "ANSIBLE_CALLBACK_PLUGINS": ":".join(map(str, folders)),
        "ANSIBLE_CALLBACKS_ENABLED": "results_file,templates",
        "COUNTED_TEMPLATES": str(counted),
    }
    _requests, writes, _qualtrics, _play = run(sandbox, tmp_path, "records", settings)
    assert writes == 0
    assert 0 < counted.stat().st_size <= TEMPLATES


# What is tracked after an action plugin was loaded, in the process that workers are forks of: and what of it is left to collect.
LOADED = """
import gc, sys
from ansible.plugins.loader import action_loader, init_plugin_loader
init_plugin_loader([sys.argv[1]])
action_loader.get(sys.argv[2], class_only=True)
print(gc.get_freeze_count(), len(gc.get_objects()))
"""


@pytest.mark.parametrize("name", ["qualtrics_spoke", "snow_sys_property"])
def test_no_worker_looks_for_garbage_among_what_was_there_before_it(name: str) -> None:
    command = [sys.executable, "-c", LOADED, str(ROOT / "collections"), f"snow_ops.spokes.{name}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    frozen, left = map(int, done.stdout.split())
    assert frozen > 10_000
    assert left < frozen / 20
