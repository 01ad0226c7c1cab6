# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Hosts of a play with the same Qualtrics account ask it once, and what is wrong with one account concerns its hosts alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support import API_TOKEN, leaks

from roles import LOGIN, VARIABLES, VERIFY, Plays, facts, role
from sandbox import Sandbox

HOSTS = ("acmedev", "acmetest", "acmeprod")


@pytest.fixture
def plays(sandbox: Sandbox, tmp_path: Path) -> Plays:
    return Plays(sandbox, tmp_path)


def asked(plays: Plays) -> int:
    """Requests to Qualtrics; those of the instances, which fetch tokens, are not there as long as there is no setup endpoint."""
    return sum(entry["host"].endswith("qualtrics.com") for entry in plays.sandbox.control.requests())


def inventory(plays: Plays, *hosts: str, **changes: Any) -> None:
    plays.inventory(*hosts, variables={**VARIABLES, **changes})


@pytest.mark.sampled
@pytest.mark.parametrize("play", [{}, {"serial": 1}])
def test_as_many_requests_for_three_instances_as_for_one(plays: Plays, play: dict[str, Any]) -> None:
    inventory(plays, "acmedev")
    assert plays(plays.book(role(), **play)).returncode == 0
    alone = asked(plays)
    inventory(plays, *HOSTS)
    done = plays(plays.book(role(), **play))
    assert done.returncode == 0, done.stdout
    assert (len(facts(done)), asked(plays)) == (3, alone)
    assert {result["organization_id"] for result in facts(done)} == {"acme"}


def test_hosts_that_do_not_go_in_step_get_the_right_answer(plays: Plays) -> None:
    inventory(plays, *HOSTS)
    done = plays(plays.book(role(), strategy="free"))
    assert done.returncode == 0, done.stdout
    assert {result["directory_id"] for result in facts(done)} == {"POOL_0000000acmefake"}


@pytest.mark.sampled
@pytest.mark.parametrize("play", [{}, {"serial": 1}, {"strategy": "free"}])
def test_of_two_accounts_one_of_which_is_wrong_exactly_its_hosts_fail(plays: Plays, play: dict[str, Any]) -> None:
    wrong = (
        "{{ 'sandboxWrongToken00000000000000000fake' if inventory_hostname == 'acmetest' else '" + API_TOKEN + "' }}"
    )
    inventory(plays, *HOSTS, qualtrics_spoke_api_token=wrong)
    done = plays(plays.book(role(), max_fail_percentage=100, **play))
    assert {name: stats["failures"] for name, stats in done.stats.items()} == {
        "acmedev": 0,
        "acmetest": 1,
        "acmeprod": 0,
    }, done.stdout
    assert not plays.sandbox.control.records("acmetest", "http_connection")


def test_a_host_that_asks_again_asks_qualtrics(plays: Plays) -> None:
    inventory(plays, "acmedev", qualtrics_spoke_instance=LOGIN)
    assert plays(plays.book(role())).returncode == 0
    alone = asked(plays)
    assert plays(plays.book(role(), role(tasks_from="verify"))).returncode == 0
    assert asked(plays) == 2 * alone
    assert plays(VERIFY).returncode == 0
    assert asked(plays) == alone


def test_no_secret_is_kept_for_the_others(plays: Plays) -> None:
    inventory(plays, *HOSTS[:2])
    temporary = plays.folder / "ansible-local"
    keep = {
        "ansible.builtin.command": {"cmd": f"cp -r {temporary} {plays.folder / 'kept'}-{{{{ inventory_hostname }}}}"}
    }
    assert plays(plays.book(role(), keep)).returncode == 0
    kept = [path for path in plays.folder.glob("kept-*/**/shared-*/answer") if path.is_file()]
    assert len(kept) == 2, "one answer, copied twice"
    assert (
        leaks(
            "".join(
                path.read_text(errors="replace") + str(path)
                for path in plays.folder.glob("kept-*/**/*")
                if path.is_file()
            )
        )
        == []
    )
