# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The role as a user runs it: ansible-playbook, the playbooks by FQCN, the example inventory with its vault."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support import (
    API_TOKEN,
    CLIENT_ID,
    CLIENT_SECRET,
    DIRECTORY,
    PASSWORD,
    PROPERTY,
    SETS_UP,
    Play,
    ansible_playbook,
    example_inventory,
    leaks,
    writes,
)

from sandbox import Sandbox

SETUP, VERIFY = "snow_ops.spokes.qualtrics_setup", "snow_ops.spokes.qualtrics_verify"
INSTANCES = ("acmedev", "acmetest", "acmeprod")


class Runner:
    """Runs playbooks against the sandbox and keeps what they print."""

    def __init__(self, sandbox: Sandbox, folder: Path) -> None:
        self.sandbox, self.folder = sandbox, folder

    def __call__(
        self, playbook: str, *arguments: str, limit: str = "acmedev", settings: dict[str, str] | None = None
    ) -> Play:
        self.sandbox.control.clear_requests()
        play = ansible_playbook(
            self.sandbox.environment,
            self.folder,
            playbook,
            *example_inventory(),
            "-l",
            limit,
            *arguments,
            settings=settings,
        )
        assert leaks(play.stdout + play.stderr) == []
        return play

    def row(self, table: str, **wanted: str) -> dict[str, str]:
        """The one record of acmedev with these values."""
        rows = self.sandbox.control.records("acmedev", table)
        (row,) = [row for row in rows if all(row[name] == value for name, value in wanted.items())]
        return row


@pytest.fixture
def run(sandbox: Sandbox, tmp_path: Path) -> Runner:
    return Runner(sandbox, tmp_path)


def failure(play: Play) -> str:
    """The message of the one task that failed."""
    assert play.returncode == 2, play.stdout + play.stderr
    (message,) = [entry["result"]["msg"] for entry in play.results if entry["result"]["failed"]]
    return message


def test_three_instances_from_nothing_to_done_and_again(run: Runner) -> None:
    everything = ",".join(INSTANCES)
    foretold = run(SETUP, "--check", "--diff", limit=everything)
    assert writes(run.sandbox) == []
    first = run(SETUP, "--diff", limit=everything)
    second = run(SETUP, limit=everything)
    assert writes(run.sandbox) == []
    assert (foretold.returncode, first.returncode, second.returncode) == (0, 0, 0)
    for name in INSTANCES:
        assert foretold.stats[name]["changed"] == first.stats[name]["changed"] == 1
        assert second.stats[name]["changed"] == 0
        before, after = (play.result(SETS_UP, name)["connection"] for play in (foretold, first))
        # What the real run wrote it read back, so that nothing is compared once more.
        configured = [
            entry["result"]["connection"]
            for entry in first.results
            if entry["host"] == name and entry["task"].endswith(SETS_UP)
        ]
        assert [len(configured), before["changed"], after["changed"]] == [1, True, True]
        for one, two in zip(before["records"], configured[0]["records"], strict=True):
            assert {**one, "sys_id": None} == {**two, "sys_id": None}
            assert one["sys_id"] in (None, two["sys_id"])
        assert before["diff"] == configured[0]["diff"]
        summary = second.result("Keep the result for the tasks that follow", name)["ansible_facts"][
            "qualtrics_spoke_result"
        ]
        assert summary["directory_id"] == DIRECTORY
        assert [step["what"] for step in summary["manual_steps"]] == ["Get the OAuth token"]
        records = run.sandbox.control.records(name, "http_connection")
        assert [row["connection_url"] for row in records] == ["https://acme.qualtrics.com/API/v3"]
        assert [
            row["value"] for row in run.sandbox.control.records(name, "sys_properties") if row["name"] == PROPERTY
        ] == [DIRECTORY]


def test_verify_passes_after_the_set_up_and_names_what_was_changed_by_hand(run: Runner) -> None:
    assert run(SETUP).returncode == 0
    verified = run(VERIFY)
    assert verified.returncode == 0
    assert verified.stats["acmedev"]["changed"] == 0
    assert writes(run.sandbox) == []
    connection = run.row("http_connection", name="Qualtrics")
    value = run.row("sys_variable_value", document_key=connection["sys_id"])
    setting = run.row("sys_properties", name=PROPERTY)
    link = run.sandbox.control.records("acmedev", "oauth_entity_profile_scope")[0]
    edit = run.sandbox.control.put
    edit("acmedev", "sys_variable_value", value["sys_id"], {"value": "sandbox-other-token"})
    edit("acmedev", "sys_properties", setting["sys_id"], {"value": "POOL_byhand"})
    run.sandbox.control.delete("acmedev", "oauth_entity_profile_scope", link["sys_id"])
    registry = run.row("oauth_entity", name="Qualtrics OAuth")
    evil = {"token_url": "https://evil.qualtrics.com/oauth2/token", "sys_updated_by": "mallory"}
    edit("acmedev", "oauth_entity", registry["sys_id"], evil)
    message = failure(run(VERIFY))
    assert "last changed by mallory on 20" in message
    assert "attribute x_api_token (update: value)" in message
    assert "profile scope manage:all (create" in message
    assert PROPERTY in message
    assert writes(run.sandbox) == []
    mended = run(SETUP)
    assert mended.stats["acmedev"]["changed"] == 1
    assert "changed by mallory" in " ".join((mended.stdout + mended.stderr).split())
    assert run(VERIFY).returncode == 0


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("variables", "parts"),
    [
        (
            "qualtrics_spoke_expected_instance_name=acmeprod",
            [
                "calls itself acmedev",
                "which is not what qualtrics_spoke_expected_instance_name says",
                "Nothing was written",
            ],
        ),
        (
            "qualtrics_spoke_expected_purpose=production",
            ["A production instance is expected", "of acmedev is false", "Nothing was written"],
        ),
        ("qualtrics_spoke_expected_purpose=prod", ["qualtrics_spoke_expected_purpose", "production", "prod"]),
        ("qualtrics_spoke_organization_id=globex", ["belongs to the organization acme, not to globex"]),
        (
            "qualtrics_spoke_datacenter_id=iad1",
            ["lives at the datacenter fra1, not at iad1", "Set qualtrics_spoke_datacenter_id to fra1"],
        ),
        ("qualtrics_spoke_directory_id=POOL_000000000nothin", ["has no directory POOL_000000000nothin", DIRECTORY]),
        (
            "qualtrics_spoke_client_id= qualtrics_spoke_client_secret=",
            [
                "https://acme.fra1.qualtrics.com/admin/oauth-client-manager",
                "manage:all",
                "Client Credentials",
                "Qualtrics OAuth",
            ],
        ),
        (
            "qualtrics_spoke_client_secret=sandbox-wrong-secret",
            ["does not accept the OAuth client", CLIENT_ID, "invalid_client"],
        ),
        (
            "vault_servicenow_password=sandbox-wrong-password",
            ["did not accept the login", "acmedev.service-now.com", "locked out"],
        ),
        ("qualtrics_spoke_instance={}", ["qualtrics_spoke_instance.host is not given", "SN_HOST"]),
    ],
)
def test_what_is_wrong_stops_the_run_before_anything_is_written(run: Runner, variables: str, parts: list[str]) -> None:
    message = failure(run(SETUP, "-e", variables))
    assert [part for part in parts if part not in message] == []
    assert writes(run.sandbox) == []


def test_all_missing_prerequisites_are_reported_at_once(run: Runner) -> None:
    plugin = run.row("v_plugin", id="com.glide.cobject")
    setting = run.row("sys_properties", name=PROPERTY)
    run.sandbox.control.put("acmedev", "v_plugin", plugin["sys_id"], {"active": "inactive"})
    run.sandbox.control.delete("acmedev", "sys_properties", setting["sys_id"])
    # As long as the spoke itself is active, the list of plugins is taken to be out of date.
    application = run.row("sys_store_app", scope="sn_qualtrics_spoke")
    run.sandbox.control.put("acmedev", "sys_store_app", application["sys_id"], {"active": "false"})
    message = failure(run(SETUP))
    for problem in (
        "The application sn_qualtrics_spoke is inactive",
        "The plugin com.glide.cobject is inactive",
        f"The system property {PROPERTY} does not exist",
    ):
        assert re.search(rf"\([1-3]\) {re.escape(problem)}", message), message
    assert writes(run.sandbox) == []


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("table", "name", "values", "parts"),
    [
        (
            "oauth_entity",
            "Qualtrics OAuth",
            {"comments": "snow_ops.spokes instance=acmeprod.service-now.com"},
            ["acmeprod.service-now.com", "clone"],
        ),
        (
            "http_connection",
            "Qualtrics",
            {"connection_url": "https://globex.qualtrics.com/API/v3"},
            ["https://globex.qualtrics.com/API/v3", "https://acme.qualtrics.com/API/v3"],
        ),
    ],
)
def test_a_connection_of_somebody_else_is_not_touched_unless_told_to(
    run: Runner, table: str, name: str, values: dict[str, str], parts: list[str]
) -> None:
    assert run(SETUP).returncode == 0
    run.sandbox.control.put("acmedev", table, run.row(table, name=name)["sys_id"], values)
    message = failure(run(SETUP))
    expected = [*parts, "acmedev.service-now.com", "nothing was written", "qualtrics_spoke_replace_foreign_connection"]
    assert [part for part in expected if part not in message] == []
    assert writes(run.sandbox) == []
    assert run(SETUP, "-e", "qualtrics_spoke_replace_foreign_connection=true").stats["acmedev"]["changed"] == 1
    assert run(SETUP).stats["acmedev"]["changed"] == 0


def test_a_setting_that_nobody_asked_for_is_named_and_can_be_declared(run: Runner) -> None:
    assert run(SETUP).returncode == 0
    connection = run.row("http_connection", name="Qualtrics")
    run.sandbox.control.put("acmedev", "http_connection", connection["sys_id"], {"use_mid": "true"})
    for playbook in (SETUP, VERIFY):
        assert "http_connection.use_mid" in failure(run(playbook))
        assert writes(run.sandbox) == []
    declared = ("-e", '{"qualtrics_spoke_connection_settings": {"use_mid": true}}')
    assert run(VERIFY, *declared).returncode == 0
    assert "qualtrics_spoke_connection_settings" in failure(
        run(SETUP, "-e", '{"qualtrics_spoke_connection_settings": {"use_midd": true}}')
    )


def test_everything_can_come_from_the_environment(run: Runner, tmp_path: Path) -> None:
    inventory = tmp_path / "hosts.yml"
    inventory.write_text(
        "servicenow: {hosts: {here: {ansible_connection: local, ansible_python_interpreter: '{{ ansible_playbook_python }}'}}}\n"
    )
    settings = {
        "SN_HOST": "acmedev",
        "SN_USERNAME": "spoke.setup",
        "SN_PASSWORD": PASSWORD,
        "QUALTRICS_API_TOKEN": API_TOKEN,
        "QUALTRICS_CLIENT_ID": CLIENT_ID,
        "QUALTRICS_CLIENT_SECRET": CLIENT_SECRET,
    }
    play = ansible_playbook(run.sandbox.environment, tmp_path, SETUP, "-i", str(inventory), "-vvvv", settings=settings)
    assert play.stats["here"]["changed"] == 1
    assert leaks(play.stdout + play.stderr) == []
