# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The role setup_endpoint as a user runs it, and the set-up that becomes complete with it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from connections import OPERATIONS, endpoint_script, install_endpoint, one
from support import Play, ansible_playbook, example_inventory, leaks, writes

from sandbox import Sandbox

INSTALL, REMOVE = "snow_ops.spokes.setup_endpoint", "snow_ops.spokes.setup_endpoint_remove"


def play(sandbox: Sandbox, folder: Path, playbook: str, *arguments: str) -> Play:
    done = ansible_playbook(sandbox.environment, folder, playbook, *example_inventory(), "-l", "acmedev", *arguments)
    assert leaks(done.stdout + done.stderr) == []
    return done


def test_it_is_installed_shown_repaired_and_removed(sandbox: Sandbox, tmp_path: Path) -> None:
    foretold = play(sandbox, tmp_path, INSTALL, "--check", "--diff")
    assert sandbox.control.records("acmedev", "sys_ws_definition") == []
    first = play(sandbox, tmp_path, INSTALL, "--diff")
    second = play(sandbox, tmp_path, INSTALL)
    assert [done.returncode for done in (foretold, first, second)] == [0, 0, 0], first.stdout
    assert [done.stats["acmedev"]["changed"] for done in (foretold, first, second)] == [1, 1, 0]
    assert foretold.result("Install the setup endpoint")["diff"] == first.result("Install the setup endpoint")["diff"]
    assert "+// POST /token: what" in first.stdout
    path = one(sandbox, "sys_ws_definition")["base_uri"]
    kept = second.result("Keep its path for the tasks that follow")["ansible_facts"]
    assert kept == {"setup_endpoint_path": path, "setup_endpoint_paths": {"acmedev.service-now.com": path}}
    rows = sandbox.control.records("acmedev", "sys_ws_operation")
    assert {row["name"]: row["operation_script"].rstrip() for row in rows} == {
        name: endpoint_script(name).rstrip() for name in OPERATIONS
    }
    by_hand = rows[0]["operation_script"].replace("MOST_ROWS = 200", "MOST_ROWS = 2000000")
    sandbox.control.put("acmedev", "sys_ws_operation", rows[0]["sys_id"], {"operation_script": by_hand})
    repaired = play(sandbox, tmp_path, INSTALL, "--diff")
    assert [line for line in repaired.stdout.splitlines() if line.startswith(("+ ", "- "))][0].startswith(
        "-  var MOST_ROWS"
    )
    assert play(sandbox, tmp_path, REMOVE).stats["acmedev"]["changed"] == 1
    assert sandbox.control.records("acmedev", "sys_ws_operation") == []
    assert play(sandbox, tmp_path, REMOVE).stats["acmedev"]["changed"] == 0


@pytest.mark.parametrize("playbook", [INSTALL, REMOVE])
def test_nothing_is_written_on_another_instance_than_the_expected_one(
    sandbox: Sandbox, tmp_path: Path, playbook: str
) -> None:
    if playbook == REMOVE:
        install_endpoint(sandbox)
    sandbox.control.clear_requests()
    for guard, said in (
        ("qualtrics_spoke_expected_purpose=production", "acmedev expects a production instance"),
        ("qualtrics_spoke_expected_instance_name=acmeprod", "acmedev expects another instance"),
        ("qualtrics_spoke_expected_purpose=Production", "qualtrics_spoke_expected_purpose has to be one of production"),
    ):
        refused = play(sandbox, tmp_path, playbook, "-e", guard)
        assert refused.returncode == 2
        assert said in refused.stdout
    assert writes(sandbox) == []
    right = ("qualtrics_spoke_expected_purpose=non_production", "qualtrics_spoke_expected_instance_name=acmedev")
    taken = play(sandbox, tmp_path, playbook, *(word for guard in right for word in ("-e", guard)))
    assert (taken.returncode, taken.stats["acmedev"]["changed"]) == (0, 1), taken.stdout


def test_a_wrong_login_is_named_by_the_variable_that_it_came_from(sandbox: Sandbox, tmp_path: Path) -> None:
    login = {"host": "acmedev", "username": "spoke.setup", "validate_certs": "perhaps"}
    for name, other in (
        ("qualtrics_spoke_instance", "setup_endpoint_instance"),
        ("setup_endpoint_instance", "qualtrics_spoke_instance"),
    ):
        refused = play(sandbox, tmp_path, INSTALL, "-e", json.dumps({name: login}))
        assert f"{name}.validate_certs" in refused.stdout
        assert f"{other}." not in refused.stdout


def test_with_both_roles_in_one_play_the_path_is_not_looked_up(sandbox: Sandbox, tmp_path: Path) -> None:
    playbook = tmp_path / "complete.yml"
    playbook.write_text(
        "- hosts: servicenow\n  gather_facts: false\n  tasks:\n"
        "    - ansible.builtin.include_role: {name: snow_ops.spokes.setup_endpoint}\n"
        "    - ansible.builtin.include_role: {name: snow_ops.spokes.qualtrics_spoke}\n"
        "      vars: {qualtrics_spoke_require_complete: true}\n"
    )
    first = play(sandbox, tmp_path, str(playbook))
    assert (first.returncode, first.stats["acmedev"]["changed"]) == (0, 2), first.stdout
    sandbox.control.clear_requests()
    second = play(sandbox, tmp_path, str(playbook))
    assert second.stats["acmedev"]["changed"] == 0
    asked = [[entry["path"], *entry["items"]] for entry in sandbox.control.requests()]
    looked_up = [part for parts in asked for part in parts if "/sys_ws_definition" in part]
    assert len(looked_up) == 1, "by the role setup_endpoint itself"
