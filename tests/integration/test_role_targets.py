# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""A job that touched nothing, or one instance for several hosts, is not green; a job on what was meant is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from connections import install_endpoint
from support import writes

from roles import ENVIRONMENT, INSTALL, LOCAL, LOGIN, REMOVE, SETUP, VARIABLES, VERIFY, Plays, messages, role
from sandbox import Sandbox

GROUPS = {
    "servicenow": ["acmedev", "acmetest", "acmeprod"],
    "dev": ["acmedev"],
    "eu": ["acmedev", "acmeprod"],
    "prod": ["acmeprod"],
}
LOOKED_UP = "{{ lookup('snow_ops.spokes.target', target | default('servicenow')) }}"


@pytest.fixture
def plays(sandbox: Sandbox, tmp_path: Path) -> Plays:
    return Plays(sandbox, tmp_path)


def grouped(plays: Plays) -> None:
    groups: dict[str, Any] = {name: {"hosts": dict.fromkeys(hosts)} for name, hosts in GROUPS.items()}
    groups["retired"] = {}
    (plays.folder / "hosts.yml").write_text(
        yaml.safe_dump({"all": {"vars": {**LOCAL, **VARIABLES}, "children": groups}})
    )


def who(plays: Plays) -> str:
    """A playbook with the hosts of the shipped ones, and a task that does nothing."""
    return plays.book({"ansible.builtin.debug": {"msg": "here"}}, hosts=LOOKED_UP, connection="local")


@pytest.mark.sampled
@pytest.mark.parametrize("playbook", [SETUP, VERIFY, INSTALL, REMOVE])
def test_every_playbook_refuses_a_target_that_the_inventory_does_not_have(plays: Plays, playbook: str) -> None:
    grouped(plays)
    play = plays(playbook, "-e", "target=devv")
    assert play.returncode not in (0, 2)
    assert "Nothing was done: the inventory has no group or host devv. Correct target" in play.stdout + play.stderr
    assert "dev, eu, prod, servicenow" in play.stdout + play.stderr
    assert plays.sandbox.control.requests() == []


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["-e", "target=dev:&prodd"], "no group or host &prodd"),
        # It would run on the very hosts that it was to protect.
        (["-e", "target=servicenow:!prdo"], "no group or host !prdo"),
        (["-e", "target=dev,acmeprdo"], "no group or host acmeprdo"),
        (["-e", "target=dev:&prod"], "no host matches dev,&prod"),
        (["-e", "target=nothing*"], "no host matches nothing*"),
        (["-e", "target=retired"], "no host matches retired"),
        (["-e", "target="], "no host matches (an empty pattern)"),
        (["-e", "target=dev", "--limit", "acmeprod"], "--limit acmeprod leaves none of the hosts of dev"),
        (["-e", "target=dev:&eu", "--limit", "prod"], "--limit prod leaves none of the hosts of dev,&eu"),
        (["--limit", "all:!prdo"], "no group or host !prdo. Correct --limit"),
        (["--tags", "qualtrics"], "--tags qualtrics leaves no task"),
    ],
)
def test_what_leaves_no_host_or_not_the_ones_that_were_meant_is_refused(
    plays: Plays, arguments: list[str], said: str
) -> None:
    grouped(plays)
    play = plays(who(plays), *arguments)
    assert play.returncode not in (0, 2)
    assert "Nothing was done: " in play.stderr + play.stdout
    assert said in play.stderr + play.stdout
    assert play.stats == {}


@pytest.mark.sampled
@pytest.mark.parametrize("arguments", [[], ["--limit", "acmedev"]])
def test_a_forgotten_inventory_is_refused(plays: Plays, arguments: list[str]) -> None:
    play = plays(who(plays), *arguments)
    assert play.returncode not in (0, 2)
    assert "name the inventory with -i" in play.stderr + play.stdout


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("arguments", "hosts"),
    [
        ([], ["acmedev", "acmeprod", "acmetest"]),
        (["-e", "target=dev:&eu"], ["acmedev"]),
        (["-e", "target=eu:!prod"], ["acmedev"]),
        (["-e", "target=acme*,!acmeprod"], ["acmedev", "acmetest"]),
        (["-e", "target=~acme(dev|prod)"], ["acmedev", "acmeprod"]),
        (["-e", '{"target": ["dev", "prod"]}'], ["acmedev", "acmeprod"]),
        (["-e", "target=servicenow[0]"], ["acmedev"]),
        (["-e", "target=localhost"], ["localhost"]),
        (["--limit", "acmeprod"], ["acmeprod"]),
        (["--limit", "eu:!acmedev"], ["acmeprod"]),
        (["--limit", "@hosts.retry"], ["acmetest"]),
        (["-e", "target=eu", "--limit", "dev"], ["acmedev"]),
        (["--tags", "all"], ["acmedev", "acmeprod", "acmetest"]),
    ],
)
def test_a_target_or_limit_that_is_meant_is_taken_as_ansible_takes_it(
    plays: Plays, arguments: list[str], hosts: list[str]
) -> None:
    grouped(plays)
    (plays.folder / "hosts.retry").write_text("acmetest\n")
    play = plays(who(plays), *arguments)
    assert (play.returncode, sorted(play.stats)) == (0, hosts), play.stdout + play.stderr


def test_a_syntax_check_needs_no_inventory(plays: Plays) -> None:
    assert plays(who(plays), "--syntax-check").returncode == 0


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("tasks_from", "keywords"),
    [
        ("main", {}),
        ("main", {"serial": 1}),
        ("verify", {}),
        ("preflight", {"strategy": "free"}),
        ("preflight", {"strategy": "host_pinned"}),
        ("preflight", {"serial": 2}),
    ],
)
def test_three_hosts_that_lead_to_one_instance_are_refused(
    plays: Plays, tasks_from: str, keywords: dict[str, Any]
) -> None:
    plays.inventory("acmedev", "acmetest", "acmeprod", variables={})
    book = plays.book(role(tasks_from=tasks_from), **keywords)
    play = plays(book, settings={**ENVIRONMENT, "SN_HOST": "acmetest"})
    assert play.returncode == 2
    said = [text for text in messages(play) if "lead to one instance, acmetest" in text]
    assert said
    assert "qualtrics_spoke_instance.host" in said[0]
    assert "SN_HOST" in said[0]
    if not keywords:
        assert len(said) == 3
        assert writes(plays.sandbox) == []


@pytest.mark.parametrize(
    "second",
    [
        # Ansible's null, an empty variable, and what only the task's own environment says, over that of the process.
        {"qualtrics_spoke_instance": None},
        {"qualtrics_spoke_instance": ""},
        {"qualtrics_spoke_instance": {"username": "spoke.setup"}},
    ],
)
@pytest.mark.parametrize("where", ["process", "keyword"])
def test_a_host_that_the_environment_leads_to_the_instance_of_another_one_is_refused(
    plays: Plays, second: dict[str, Any], where: str
) -> None:
    plays.inventory("acmedev", "other", variables={})
    login = {"qualtrics_spoke_instance": "{{ mine[inventory_hostname] }}"}
    mine = {"acmedev": {**LOGIN, "host": "acmedev"}, "other": second["qualtrics_spoke_instance"]}
    keywords = {"environment": {"SN_HOST": "acmedev"}} if where == "keyword" else {}
    book = plays.book(role(vars=login), vars={"mine": mine}, **keywords)
    outer = "acmedev" if where == "process" else "acmetest"
    play = plays(book, settings={**ENVIRONMENT, "SN_HOST": outer})
    assert play.returncode == 2
    said = [text for text in messages(play) if "acmedev, other lead to one instance, acmedev" in text]
    assert len(said) == 2, play.stdout
    assert writes(plays.sandbox) == []


def test_hosts_that_the_environment_leads_to_instances_of_their_own_are_fine(plays: Plays) -> None:
    plays.inventory("acmedev", "acmetest", variables={})
    book = plays.book(
        role(vars={"qualtrics_spoke_instance": None}), environment={"SN_HOST": "{{ inventory_hostname }}"}
    )
    assert plays(book, settings={**ENVIRONMENT, "SN_HOST": "acmeprod"}).returncode == 0


def test_two_spellings_of_one_instance_are_refused(plays: Plays) -> None:
    plays.inventory("one", "two")
    hosts = {"one": "acmedev", "two": "HTTPS://ACMEDEV.service-now.com:443/"}
    book = plays.book(
        role(tasks_from="preflight", vars={"qualtrics_spoke_instance": {**LOGIN, "host": "{{ spelling }}"}})
    )
    play = plays(book, "-e", '{"spelling": "{{ spellings[inventory_hostname] }}"}', "-e", str({"spellings": hosts}))
    assert play.returncode == 2
    assert any("one, two lead to one instance, acmedev" in text for text in messages(play))


@pytest.mark.sampled
@pytest.mark.parametrize("playbook", [INSTALL, REMOVE])
def test_the_setup_endpoint_of_one_instance_for_several_hosts_is_refused(plays: Plays, playbook: str) -> None:
    plays.inventory("acmedev", "acmetest", variables={})
    if playbook == REMOVE:
        install_endpoint(plays.sandbox, "acmetest")
    play = plays(playbook, settings={**ENVIRONMENT, "SN_HOST": "acmetest"})
    assert play.returncode == 2
    said = [text for text in messages(play) if "acmedev, acmetest lead to one instance, acmetest (from" in text]
    assert len(said) == 2
    assert writes(plays.sandbox) == []


def test_the_setup_endpoint_of_one_instance_under_a_custom_url_is_refused_too(plays: Plays) -> None:
    plays.inventory("one", "two")
    hosts = {"one": "ACMEDEV.service-now.com", "two": "servicedesk.acme.example"}
    book = plays.book(
        role(
            "setup_endpoint", vars={"setup_endpoint_instance": {**LOGIN, "host": "{{ spellings[inventory_hostname] }}"}}
        )
    )
    play = plays(book, "-e", str({"spellings": hosts}))
    assert play.returncode == 2
    assert any("one, two lead to one instance, acmedev (from" in text for text in messages(play))


@pytest.mark.sampled
@pytest.mark.parametrize("keywords", [{}, {"strategy": "free"}, {"serial": 1}])
def test_other_connections_other_instances_and_the_same_host_again_are_fine(
    plays: Plays, keywords: dict[str, Any]
) -> None:
    plays.inventory("acmedev", "second")
    own = {
        "qualtrics_spoke_instance": {**LOGIN, "host": "acmedev"},
        "qualtrics_spoke_connection_name": "{{ inventory_hostname }}",
    }
    tasks = [role(tasks_from="preflight", vars=own), role(tasks_from="preflight", vars=own)]
    play = plays(plays.book(*tasks, **keywords))
    assert play.returncode == 0, play.stdout


def test_a_play_that_goes_once_over_the_hosts_is_no_conflict(plays: Plays) -> None:
    plays.inventory("acmedev", "acmetest")
    play = plays(plays.book(role(tasks_from="preflight", apply={"run_once": True}), role(tasks_from="preflight")))
    assert play.returncode == 0, play.stdout
