# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""One look at a fleet: the summary after real runs, its files, the plan, the report, and the artifacts for a controller."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml
from connections import install_endpoint
from jsonschema import Draft202012Validator
from support import CLIENT_ID, CLIENT_SECRET, OTHER_SECRET, PROPERTY, ROOT, Play, leaks, other_python, writes

from roles import LOCAL, LOGIN, SETUP, VARIABLES, VERIFY, Plays, role
from sandbox import Sandbox

PLAN, REPORT = "snow_ops.spokes.qualtrics_plan", "snow_ops.spokes.qualtrics_report"
ENABLED = {"ANSIBLE_CALLBACKS_ENABLED": "results_file,snow_ops.spokes.summary", "ANSIBLE_SHOW_CUSTOM_STATS": "true"}
SCHEMA = json.loads((ROOT / "docs" / "schemas" / "report.schema.json").read_text())
# A login that the sandbox refuses on one of the hosts.
WRONG = "{{ 'sandbox-wrong-password' if inventory_hostname == dead else '" + LOGIN["password"] + "' }}"


class FleetPlays(Plays):
    """Runs playbooks with the summary enabled, and reads its files."""

    def run(self, playbook: str, *arguments: str) -> Play:
        play = self(playbook, "-e", f"qualtrics_spoke_report_dir={self.folder}/reports", *arguments, settings=ENABLED)
        written = "".join(path.read_text() for path in (self.folder / "reports").glob("*"))
        assert leaks(written) == []
        return play

    def hosts(self, *hosts: str, dead: str = "") -> None:
        """Write the inventory; the login of ``dead`` is wrong."""
        self.inventory(
            *hosts, variables={**VARIABLES, "dead": dead, "qualtrics_spoke_instance": {**LOGIN, "password": WRONG}}
        )

    @property
    def report(self) -> dict[str, Any]:
        """What report.json says; it has to follow the schema."""
        report: dict[str, Any] = json.loads((self.folder / "reports" / "report.json").read_text())
        Draft202012Validator(SCHEMA).validate(report)
        return report

    @property
    def states(self) -> dict[str, str]:
        """The status of each instance in report.json."""
        return {entry["instance"]: entry["status"] for entry in self.report["instances"]}


def summary(play: Play) -> list[str]:
    """The lines of the summary."""
    after = play.stdout.partition("\nSPOKES ***")[2].splitlines()[1:]
    return [line for line in after if line.strip() and not line.startswith("Report: ")]


def artifacts(play: Play, key: str = "snow_ops_spokes") -> dict[str, Any]:
    """What Ansible's own callback, which is called before the summary, shows of the custom statistics."""
    before = play.stdout.partition("\nSPOKES ***")[0]
    shown = json.loads(before.rpartition("RUN:")[2])
    found: dict[str, Any] = shown[key]
    return found


@pytest.fixture
def plays(sandbox: Sandbox, tmp_path: Path) -> Iterator[FleetPlays]:
    yield FleetPlays(sandbox, tmp_path)


@pytest.mark.sampled
@pytest.mark.parametrize("route", ["records", "endpoint"])
def test_a_plan_a_set_up_and_a_report_on_both_routes(plays: FleetPlays, route: str) -> None:
    plays.hosts("acmedev")
    if route == "endpoint":
        install_endpoint(plays.sandbox)
    planned = plays.run(PLAN)
    assert (planned.returncode, planned.stats["acmedev"]["changed"], writes(plays.sandbox)) == (0, 0, [])
    (title, line) = summary(planned)
    assert title == "1 instance: 1 that would change."
    assert line.startswith("WOULD CHANGE acmedev.service-now.com: Connection (registry")
    assert f"Directory ({PROPERTY})" in line
    assert ("Then by hand: Get the OAuth token" in line) == (route == "records")
    assert plays.run(SETUP, "--diff").stats["acmedev"]["changed"] == 1
    state = plays.report["instances"][0]["steps"]["property"]
    assert (state["status"], state["differences"][0]["before"], state["differences"][0]["after"]) == (
        "changed",
        "",
        "POOL_0000000acmefake",
    )
    reported = plays.run(REPORT)
    assert (reported.returncode, reported.stats["acmedev"]["changed"], writes(plays.sandbox)) == (0, 0, [])
    if route == "records":
        assert plays.states == {"acmedev.service-now.com": "manual"}
        assert any("https://acmedev.service-now.com/nav_to.do?uri=" in line for line in summary(reported))
    else:
        assert plays.states == {"acmedev.service-now.com": "ok"}
        assert summary(reported) == [] or "fixed" in summary(reported)[0]
        assert plays.report["instances"][0]["steps"]["call"]["text"] == "HTTP 200"
    assert summary(plays.run(PLAN)) == [] or route == "records"
    assert plays.report["instances"][0]["steps"]["connection"]["differences"] == []


@pytest.mark.sampled
@pytest.mark.parametrize("mode", [[], ["--check", "--diff"]])
def test_a_report_takes_failures_for_findings(plays: FleetPlays, mode: list[str]) -> None:
    hosts = yaml.safe_dump(
        {
            "servicenow": {
                "hosts": {
                    "acmedev": None,
                    "acmetest": {"dead": "acmetest"},
                    "acmeprod": {"qualtrics_spoke_expected_purpose": "prod"},
                    "away": {"ansible_connection": "ssh", "ansible_host": "127.0.0.1", "ansible_port": 1},
                },
                "vars": {**LOCAL, **VARIABLES, "dead": "", "qualtrics_spoke_instance": {**LOGIN, "password": WRONG}},
            }
        }
    )
    (plays.folder / "hosts.yml").write_text(hosts)
    play = plays.run(REPORT, *mode)
    assert play.returncode == 0, play.stdout + play.stderr
    assert {stats["changed"] for stats in play.stats.values()} == {0}
    assert writes(plays.sandbox) == []
    by_host = {entry["hosts"][0]: entry for entry in plays.report["instances"]}
    assert {entry["status"] for entry in by_host.values()} == {"failed"}
    assert by_host["acmedev"]["failure"]["kind"] == "differs"
    assert by_host["acmetest"]["failure"]["kind"] == "login"
    assert "qualtrics_spoke_expected_purpose" in by_host["acmeprod"]["failure"]["what"]
    assert by_host["away"]["failure"]["kind"] == "unreachable"
    root = ElementTree.parse(plays.folder / "reports" / "report.xml").getroot()
    assert len(root) == 4
    assert all(suite.find(".//failure") is not None for suite in root)
    assert (plays.folder / "reports" / "report.html").read_text().count('scope="row"') == 4
    failed = plays.run(REPORT, "-l", "acmedev,acmetest", "-e", "qualtrics_spoke_report_fail=yes")
    assert failed.returncode == 2
    assert [stats["failures"] for stats in failed.stats.values()] == [1, 1]
    assert artifacts(failed)["failed_instances"] == ["acmedev.service-now.com", "acmetest.service-now.com"]


def test_a_report_that_would_go_nowhere_and_one_on_nothing_are_refused(plays: FleetPlays) -> None:
    plays.hosts("acmedev")
    play = plays(REPORT, settings={"ANSIBLE_CALLBACKS_ENABLED": "results_file"})
    assert play.returncode == 2
    assert "ANSIBLE_CALLBACKS_ENABLED=snow_ops.spokes.summary" in play.stdout
    assert plays.sandbox.control.requests() == []
    assert plays.run(REPORT, "-e", "target=nothing").returncode not in (0, 2)


@pytest.mark.long
def test_one_dead_instance_among_twenty(plays: FleetPlays) -> None:
    names = [f"acme{number:02}" for number in range(20)]
    plays.hosts(*names, dead="acme07")
    play = plays.run(SETUP, "--forks", "10")
    assert play.returncode == 2
    said = summary(play)
    assert len(said) == 22, "one line an instance, a title, and one for the step that is left"
    assert said[0] == "20 instances: 1 failed, 19 with steps left to a person."
    assert said[1].startswith(
        "FAILED acme07.service-now.com [Prerequisites]: The instance did not accept the login. Where: "
    )
    assert said[2].startswith("TO DO BY HAND Get the OAuth token")
    found = artifacts(play)
    assert (found["failed"], found["manual"], found["failed_instances"]) == (1, 19, ["acme07.service-now.com"])
    assert {step["instance"] for step in found["manual_steps"]} == {f"{name}.service-now.com" for name in names} - {
        "acme07.service-now.com"
    }


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("keywords", "expected"),
    [
        ({"strategy": "free"}, {"acmedev": "failed", "acmetest": "ok", "acmeprod": "ok"}),
        ({"serial": 1}, {"acmedev": "failed", "acmetest": "not_run", "acmeprod": "not_run"}),
        ({"any_errors_fatal": True}, {"acmedev": "failed", "acmetest": "failed", "acmeprod": "failed"}),
    ],
)
def test_what_a_strategy_leaves_undone_is_not_in_order(
    plays: FleetPlays, keywords: dict[str, Any], expected: dict[str, str]
) -> None:
    plays.hosts("acmedev", "acmetest", "acmeprod", dead="acmedev")
    tasks = "preflight" if keywords.get("strategy") else "main"
    play = plays.run(plays.book(role(tasks_from=tasks), **keywords))
    assert play.returncode == 2
    assert {name.partition(".")[0]: status for name, status in plays.states.items()} == expected
    assert artifacts(play)["failed_instances"][0].startswith("acmedev")


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("condition", "arguments"), [({}, ["-l", "acmetest"]), ({"when": "inventory_hostname == 'acmetest'"}, [])]
)
def test_hosts_that_are_not_meant_are_not_missed(
    plays: FleetPlays, condition: dict[str, str], arguments: list[str]
) -> None:
    plays.hosts("acmedev", "acmetest", dead="acmetest")
    play = plays.run(plays.book(role(tasks_from="preflight", **condition)), *arguments)
    assert (play.returncode, plays.states) == (2, {"acmetest.service-now.com": "failed"})
    assert artifacts(play)["failed_instances"] == ["acmetest.service-now.com"]


def test_a_loop_over_instances_from_one_host_is_kept_by_instance(plays: FleetPlays) -> None:
    login = {
        **LOGIN,
        "host": "{{ item }}",
        "password": "{{ 'sandbox-wrong-password' if item == 'acmetest' else fine }}",
    }
    task = role(
        tasks_from="preflight", loop=["acmedev", "acmetest", "acmeprod"], vars={"qualtrics_spoke_instance": login}
    )
    book = plays.book(task, hosts="localhost", connection="local", vars={"fine": LOGIN["password"]})
    play = plays.run(book)
    assert play.returncode == 2
    assert plays.states == {
        "acmedev.service-now.com": "ok",
        "acmetest.service-now.com": "failed",
        "acmeprod": "not_run",
    }
    assert [entry["hosts"] for entry in plays.report["instances"]] == [["localhost"]] * 3
    assert artifacts(play)["failed_instances"] == ["acmetest.service-now.com", "acmeprod"]


def test_hosts_that_all_died_before_the_role_are_in_the_artifacts(plays: FleetPlays) -> None:
    plays.hosts("acmedev", "acmetest")
    book = plays.book({"name": "Open the vault", "ansible.builtin.fail": {"msg": "no password"}}, role())
    play = plays.run(book)
    assert play.returncode == 2
    assert artifacts(play)["failed_instances"] == ["acmedev", "acmetest"]
    assert [line for line in summary(play) if line.startswith("FAILED acmedev: no password")]
    assert plays.states == {"acmedev": "failed", "acmetest": "failed"}


def test_the_last_result_is_in_the_artifacts_of_a_run_in_which_nothing_changes_fails_or_ends(plays: FleetPlays) -> None:
    plays.hosts("acmedev", "acmetest")
    play = plays.run(plays.book(role(tasks_from="preflight")))
    assert play.returncode == 0, play.stdout
    found = artifacts(play)
    assert (found["ok"], found["hosts"], found["failed_hosts"]) == (2, ["acmedev", "acmetest"], [])


def test_a_job_of_a_controller_has_a_key_of_its_own(plays: FleetPlays) -> None:
    plays.hosts("acmedev", "acmetest", dead="acmetest")
    play = plays.run(SETUP, "--check", "-e", "awx_job_id=4711")
    found = artifacts(play, "snow_ops_spokes_4711")
    assert (found["playbook"], found["job_id"], found["check_mode"]) == ("qualtrics_setup", 4711, True)
    assert (found["hosts"], found["failed_hosts"]) == (["acmedev", "acmetest"], ["acmetest"])
    assert (found["would_change"], found["changed"], found["changed_instances"]) == (1, 0, [])
    assert 'snow_ops_spokes"' not in play.stdout


def test_since_the_last_report(plays: FleetPlays) -> None:
    plays.hosts("acmedev", "acmetest", dead="acmetest")
    plays.run(REPORT)
    plays.run(SETUP)
    plays.hosts("acmedev", "acmetest")
    earlier = plays.folder / "earlier.json"
    (plays.folder / "reports" / "report.json").rename(earlier)
    play = plays.run(VERIFY, "-l", "acmedev", "-e", f"qualtrics_spoke_report_since={earlier}")
    assert plays.report["since"] == {
        **plays.report["since"],
        "new": 0,
        "same": 1,
        "fixed": 0,
        "gone": ["acmetest.service-now.com"],
    }
    assert "0 new, 1 the same, 0 fixed" in summary(play)[0]


def test_a_set_up_that_installs_first_leaves_no_instance_of_its_own_behind(plays: FleetPlays) -> None:
    plays.hosts("acmedev", "acmebare")
    preview = plays.run(SETUP, "--check", "-e", "qualtrics_spoke_install=true")
    assert plays.states == {"acmedev.service-now.com": "would_change", "acmebare.service-now.com": "would_change"}
    assert (preview.returncode, artifacts(preview)["failed"]) == (0, 0), preview.stdout
    assert "no_log" not in preview.stdout + preview.stderr
    assert [line for line in summary(preview) if "known only once the spoke is installed" in line]
    done = plays.run(SETUP, "-e", "qualtrics_spoke_install=true")
    assert (done.returncode, set(plays.states)) == (0, {"acmedev.service-now.com", "acmebare.service-now.com"})
    assert artifacts(done)["failed"] == 0


ROTATE, REMOVE = "snow_ops.spokes.qualtrics_rotate", "snow_ops.spokes.qualtrics_remove"
MAKE_TOKEN = ["-e", "qualtrics_spoke_new_api_token=true", "-e", "qualtrics_spoke_datacenter_id=fra1"]


def test_a_rotation_says_what_it_would_do_what_it_did_and_what_stands(plays: FleetPlays) -> None:
    plays.hosts("acmedev", "acmetest")
    assert plays.run(SETUP).returncode == 0
    check = plays.run(ROTATE, "--check", *MAKE_TOKEN)
    assert set(plays.states.values()) == {"would_change"}, check.stdout
    assert [line for line in summary(check) if line.startswith("WOULD CHANGE acmedev.service-now.com: API token, ")]
    assert ".service-now.com is complete" not in check.stdout
    assert [entry["notes"] for entry in plays.report["instances"]] == [[], []]
    control = plays.sandbox.control
    control.fault("status", status=403, host="acmetest.service-now.com", method="PATCH", times=0)
    play = plays.run(ROTATE, *MAKE_TOKEN)
    made = control.brand("acme")["users"][0]["api_token"]
    assert leaks(play.stdout + (plays.folder / "reports" / "report.html").read_text(), (made,)) == []
    (failed,) = [line for line in summary(play) if line.startswith("FAILED acmetest.service-now.com")]
    assert "acmetest.service-now.com may still have the old one" in failed.partition(" Now: ")[2]
    by_name = {entry["hosts"][0]: entry for entry in plays.report["instances"]}
    assert "may still have the old one" in by_name["acmetest"]["failure"]["stands"]
    assert by_name["acmedev"]["changed_by"] == ["acmedev"]
    (note,) = [note for note in by_name["acmedev"]["notes"] if "made another API token" in note]
    assert [line for line in summary(play) if line == f"NOTE acmedev.service-now.com: {note}"]


def test_a_rotation_with_a_way_back_is_reported_as_done(plays: FleetPlays) -> None:
    plays.hosts("acmedev")
    assert plays.run(SETUP).returncode == 0
    plays.sandbox.control.rotate_client_secret(CLIENT_ID, OTHER_SECRET)
    before = ["-e", f"qualtrics_spoke_previous_client_secret={CLIENT_SECRET}"]
    play = plays.run(ROTATE, "-e", f"qualtrics_spoke_client_secret={OTHER_SECRET}", *before)
    assert (play.returncode, plays.states) == (0, {"acmedev.service-now.com": "manual"}), play.stdout
    found = artifacts(play)
    assert (found["would_change"], found["changed_instances"]) == (0, ["acmedev.service-now.com"])
    assert [step["what"] for step in found["manual_steps"]] == ["Get the OAuth token"]


def test_of_two_hosts_of_one_instance_both_are_seen(plays: FleetPlays) -> None:
    plays.hosts("acmedev")
    assert plays.run(SETUP).returncode == 0
    login = {**LOGIN, "host": "acmedev"}
    plays.inventory("one", "two", variables={**VARIABLES, "qualtrics_spoke_instance": login})
    play = plays.run(plays.book(role(tasks_from="remove"), serial=1))
    said = summary(play)
    assert said[0].startswith("1 instance: 1 failed (1 of them changed)."), play.stdout
    assert [line for line in said if line.startswith("FAILED acmedev.service-now.com (one, two)")]
    (changed,) = [
        line for line in said if line.startswith("CHANGED acmedev.service-now.com (one): Connection removed (")
    ]
    assert re.search("[0-9a-f]{32}", changed) is None


def test_an_export_judges_nothing_and_an_earlier_report_that_is_missing_is_named(plays: FleetPlays) -> None:
    plays.hosts("acmedev", "acmetest")
    assert plays.run(SETUP).returncode == 0
    given = ["-e", f"qualtrics_spoke_export_dir={plays.folder}", "-e", "qualtrics_spoke_report_since=misspelt.json"]
    play = plays.run("snow_ops.spokes.qualtrics_export", *given)
    assert summary(play)[1] == "EXPORTED acmedev.service-now.com; not judged"
    assert set(plays.states.values()) == {"not_judged"}
    # Ansible wraps warnings, and some cores within words.
    warning = "".join((play.stdout + play.stderr).split())
    assert re.search("qualtrics_spoke_report_since:/[^ ]*/misspelt.jsondoesnotexist", warning)


@pytest.mark.parametrize("mode", [[], ["--check"]])
def test_a_report_takes_an_undefined_variable_for_a_finding(plays: FleetPlays, mode: list[str]) -> None:
    # Ansible itself shows the lines around what it cannot template, so that is not among those with a password.
    variables = {**VARIABLES, "qualtrics_spoke_instance": {**LOGIN, "host": "{{ address }}"}}
    plays.inventory("acmedev", "acmetest", variables=variables)
    mode = [*mode, "-e", "address={{ nowhere }}"]
    play = plays.run(REPORT, *mode)
    assert play.returncode == 0, play.stdout
    assert plays.states == {"acmedev": "failed", "acmetest": "failed"}
    assert all("nowhere" in entry["failure"]["what"] for entry in plays.report["instances"])
    assert plays.run(REPORT, *mode, "-e", "qualtrics_spoke_report_fail=true").returncode == 2


def test_other_playbooks_and_a_folder_that_cannot_be_written(plays: FleetPlays) -> None:
    plays.hosts("acmedev")
    other = plays.run(plays.book({"ansible.builtin.debug": {"msg": "here"}}))
    assert (other.returncode, summary(other)) == (0, [])
    assert "snow_ops_spokes" not in other.stdout
    (plays.folder / "file").write_text("")
    book = plays.book(role(tasks_from="preflight"))
    play = plays(book, "-e", f"qualtrics_spoke_report_dir={plays.folder}/file", settings=ENABLED)
    assert play.returncode == 0
    assert "The report was not written" in play.stderr + play.stdout


@pytest.mark.long
def test_module_processes_give_the_same(plays: FleetPlays) -> None:
    plays.hosts("acmedev", "acmetest", dead="acmetest")
    assert plays.run(SETUP, "-e", f"ansible_python_interpreter={other_python(plays.folder)}").returncode == 2
    assert plays.states == {"acmedev.service-now.com": "manual", "acmetest.service-now.com": "failed"}
