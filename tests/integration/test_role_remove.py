# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The entry point ``remove``: what belongs to the connection goes, the rest stays and is named."""

from __future__ import annotations

from pathlib import Path

import pytest
from connections import TABLES, install_endpoint, own_records
from support import PROPERTY, writes

from roles import SETUP, Plays, facts, messages
from sandbox import Sandbox

TAKE_AWAY = "snow_ops.spokes.qualtrics_remove"


@pytest.fixture(params=["records", "endpoint"])
def plays(request: pytest.FixtureRequest, sandbox: Sandbox, tmp_path: Path) -> Plays:
    """Plays on an instance that is set up by each of the routes."""
    if request.param == "endpoint":
        install_endpoint(sandbox)
    plays = Plays(sandbox, tmp_path)
    plays.inventory("acmedev")
    assert plays(SETUP, "-e", f"qualtrics_spoke_route={request.param}").returncode == 0
    return plays


def left(plays: Plays) -> dict[str, int]:
    """How many records of a connection there are."""
    return {table: len(own_records(plays.sandbox, table)) for table in TABLES}


def directory(plays: Plays) -> str:
    """The spoke's property, whose record has to be there."""
    (row,) = [row for row in plays.sandbox.control.records("acmedev", "sys_properties") if row["name"] == PROPERTY]
    return row["value"]


@pytest.mark.sampled
def test_what_belongs_to_the_connection_goes_and_the_rest_is_named(plays: Plays) -> None:
    before = left(plays)
    preview = plays(TAKE_AWAY, "--check", "--diff")
    assert (preview.returncode, writes(plays.sandbox), left(plays)) == (0, [], before)
    done = plays(TAKE_AWAY, "--diff")
    assert done.returncode == 0, done.stdout
    assert (left(plays), directory(plays)) == (dict.fromkeys(TABLES, 0), "")
    assert preview.stats["acmedev"]["changed"] == done.stats["acmedev"]["changed"] == 2
    (foretold,), (result,) = facts(preview), facts(done)
    assert foretold == result
    assert (result["operation"], result["changed"], result["manual_steps"]) == ("remove", True, [])
    assert {record["action"] for record in result["records"]} == {"delete"}
    assert result["records"][-1]["role"] == "connection"
    for part in ("came with the spoke", "access tokens", "the OAuth client 5a4d", "no public API"):
        assert [line for line in result["kept"] if part in line], part
    aliases = [row["id"] for row in plays.sandbox.control.records("acmedev", "sys_alias")]
    assert "sn_qualtrics_spoke.Qualtrics" in aliases
    again = plays(TAKE_AWAY)
    assert (again.returncode, again.stats["acmedev"]["changed"], writes(plays.sandbox)) == (0, 0, [])
    assert plays(SETUP).stats["acmedev"]["changed"] == 1


@pytest.mark.sampled
def test_the_wrong_instance_is_left_alone(plays: Plays) -> None:
    before = left(plays)
    wrong = plays(TAKE_AWAY, "-e", "qualtrics_spoke_expected_instance_name=acmeprod")
    assert wrong.returncode == 2
    assert "calls itself acmedev" in messages(wrong)[0]
    assert (writes(plays.sandbox), left(plays)) == ([], before)


@pytest.mark.sampled
def test_a_connection_of_another_name_is_left_alone(plays: Plays) -> None:
    before, value = left(plays), directory(plays)
    other = plays(TAKE_AWAY, "-e", "qualtrics_spoke_connection_name=Other qualtrics_spoke_oauth_name=Else")
    assert (other.returncode, left(plays), directory(plays)) == (0, before, value), other.stdout
    assert writes(plays.sandbox) == []
    assert {"Qualtrics"} == {row["name"] for row in own_records(plays.sandbox, "http_connection")}


@pytest.mark.long
def test_a_misspelt_name_is_answered_with_those_that_exist_and_nothing_false(plays: Plays) -> None:
    before, value = left(plays), directory(plays)
    for mode in (["--check"], []):
        wrong = plays(TAKE_AWAY, "-e", "qualtrics_spoke_connection_name=Qualtricks", *mode)
        assert (wrong.returncode, left(plays), directory(plays)) == (0, before, value), wrong.stdout
        assert writes(plays.sandbox) == []
        said = wrong.result("Remove | Say what stays, and why")["msg"]
        assert "There is no connection 'Qualtricks' on acmedev.service-now.com. There is 'Qualtrics'" in said[0]
        assert "qualtrics_spoke_connection_name" in said[0]
        kept = facts(wrong)[-1]["kept"]
        assert not [line for line in kept if "nothing uses" in line or "delete the client" in line]
        for part in ("registry Qualtrics OAuth: also used by Qualtrics", f"the value of the property {PROPERTY}"):
            assert [line for line in kept if part in line], part
    assert plays(TAKE_AWAY).returncode == 0
    again = plays(TAKE_AWAY)
    assert (
        "There is no connection 'Qualtrics' on acmedev.service-now.com, and no other one of the alias"
        in (again.result("Remove | Say what stays, and why")["msg"][0])
    )
