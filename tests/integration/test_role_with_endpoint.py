# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The role on instances with and without the setup endpoint: what is left to a person, and the proof by a call."""

from __future__ import annotations

from pathlib import Path

import yaml
from connections import install_endpoint, look_up_directories, one
from support import SETS_UP, Play, ansible_playbook, example_inventory, leaks

from sandbox import Sandbox

SETUP, VERIFY = "snow_ops.spokes.qualtrics_setup", "snow_ops.spokes.qualtrics_verify"
COMPLETE = ("-e", '{"qualtrics_spoke_require_complete": true}')


def play(sandbox: Sandbox, folder: Path, playbook: str, *arguments: str) -> Play:
    done = ansible_playbook(sandbox.environment, folder, playbook, *example_inventory(), "-l", "acmedev", *arguments)
    assert leaks(done.stdout + done.stderr) == []
    return done


def failures(done: Play) -> list[str]:
    """The messages of the tasks that failed."""
    return [entry["result"]["msg"] for entry in done.results if entry["result"]["failed"]]


def test_with_the_endpoint_nothing_is_left_to_a_person_and_the_call_proves_it(sandbox: Sandbox, tmp_path: Path) -> None:
    install_endpoint(sandbox)
    foretold = play(sandbox, tmp_path, SETUP, "--check", *COMPLETE)
    first = play(sandbox, tmp_path, SETUP, *COMPLETE)
    second = play(sandbox, tmp_path, SETUP, *COMPLETE)
    assert [done.returncode for done in (foretold, first, second)] == [0, 0, 0], first.stdout
    assert [done.stats["acmedev"]["changed"] for done in (foretold, first, second)] == [1, 1, 0]
    result = first.result("Keep the result for the tasks that follow")["ansible_facts"]["qualtrics_spoke_result"]
    assert (result["route"], result["manual_steps"], result["token"]["status"]) == ("endpoint", [], "present")
    assert first.result(SETS_UP)["connection"]["test"] == {"ok": True, "http_status": 200, "error": ""}
    asked = [
        entry["path"].rpartition("/")[2]
        for entry in sandbox.control.requests()
        if entry["host"].endswith(".service-now.com")
    ]
    assert asked.count("state") == 3, "once in each run that talks to it"
    alias = first.result(SETS_UP)["connection"]["alias"]["sys_id"]
    assert look_up_directories(sandbox, alias)["http_status"] == 200
    sandbox.control.put(
        "acmedev",
        "sys_variable_value",
        one(sandbox, "sys_variable_value")["sys_id"],
        {"value": "sandbox-other-token-fake"},
    )
    (message,) = failures(play(sandbox, tmp_path, VERIFY))
    assert message.startswith("A test call through the stored connection failed.")
    assert "sys_variable_value.value (attribute x_api_token)" in message


def test_a_set_up_earlier_in_the_play_does_not_decide_how_a_later_one_is_verified(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    spoke = {"ansible.builtin.include_role": {"name": "snow_ops.spokes.qualtrics_spoke"}}
    endpoint = {"ansible.builtin.include_role": {"name": "snow_ops.spokes.setup_endpoint"}}
    verify = {"ansible.builtin.include_role": {**spoke["ansible.builtin.include_role"], "tasks_from": "verify"}}
    token = "The spoke has no token yet"
    rescued = [
        {"block": [verify], "rescue": [{"name": token, "ansible.builtin.debug": {"var": "ansible_failed_result.msg"}}]}
    ]
    book = tmp_path / "play.yml"
    tasks = [spoke, *rescued, endpoint, spoke, verify]
    book.write_text(yaml.safe_dump([{"hosts": "servicenow", "gather_facts": False, "tasks": tasks}]))
    done = play(sandbox, tmp_path, str(book))
    assert done.returncode == 0, done.stdout
    summaries = [
        entry["result"]["ansible_facts"]["qualtrics_spoke_result"]
        for entry in done.results
        if "Keep the result" in entry["task"]
    ]
    assert [(summary["route"], summary["changed"]) for summary in summaries] == [
        ("records", True),
        ("records", False),
        ("endpoint", True),
        ("endpoint", False),
    ]
    assert done.result(SETS_UP)["connection"]["test"]["ok"]


def test_check_mode_foretells_a_set_up_from_nothing_that_has_to_be_complete(sandbox: Sandbox, tmp_path: Path) -> None:
    roles = [
        {"ansible.builtin.include_role": {"name": f"snow_ops.spokes.{name}"}}
        for name in ("setup_endpoint", "qualtrics_spoke")
    ]
    book = tmp_path / "play.yml"
    book.write_text(yaml.safe_dump([{"hosts": "servicenow", "gather_facts": False, "tasks": roles}]))
    for mode, changed in ((("--check",), 2), ((), 2), ((), 0)):
        done = play(sandbox, tmp_path, str(book), *COMPLETE, *mode)
        assert done.returncode == 0, done.stdout
        assert done.stats["acmedev"]["changed"] == changed


def test_verify_says_what_it_could_not_find_out(sandbox: Sandbox, tmp_path: Path) -> None:
    play(sandbox, tmp_path, SETUP)
    registry = next(
        row for row in sandbox.control.records("acmedev", "oauth_entity") if row["name"] == "Qualtrics OAuth"
    )
    sandbox.control.put("acmedev", "oauth_entity", registry["sys_id"], {"client_secret": "sandbox-by-hand-fake"})
    blind = play(sandbox, tmp_path, VERIFY)
    assert blind.returncode == 0
    assert "Whether the stored Client Secret is the right one" in blind.result("Check that nothing differs")["msg"]
    install_endpoint(sandbox)
    seeing = play(sandbox, tmp_path, VERIFY)
    assert any("oauth_entity.client_secret" in message or "client_secret" in message for message in failures(seeing)), (
        seeing.stdout
    )


def test_without_the_endpoint_the_role_ends_with_the_clicks_or_fails_with_them(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    lenient = play(sandbox, tmp_path, SETUP)
    assert lenient.returncode == 0
    assert "Get the OAuth token: no access token has been fetched yet" in lenient.stdout
    (message,) = failures(play(sandbox, tmp_path, SETUP, *COMPLETE))
    assert "acmedev.service-now.com is configured, but not complete" in message
    assert "press Get OAuth Token under Related Links" in message
    assert "snow_ops.spokes.setup_endpoint" in message
