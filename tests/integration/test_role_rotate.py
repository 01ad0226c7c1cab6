# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The entry point ``rotate``: which value is wrong, by which route, and what stands on the instance afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest
from connections import install_endpoint, one, own_records
from support import API_TOKEN, CLIENT_ID, CLIENT_SECRET, OTHER_SECRET, leaks

from roles import SETUP, Plays, facts, messages
from sandbox import Sandbox

ROTATE = "snow_ops.spokes.qualtrics_rotate"
NEW_TOKEN = "sandboxAcmeTokenRotated0000000000000fake"
ROUTES = ["records", "endpoint"]


@pytest.fixture(params=ROUTES)
def plays(request: pytest.FixtureRequest, sandbox: Sandbox, tmp_path: Path) -> Plays:
    """Plays on an instance that is set up by each of the routes."""
    if request.param == "endpoint":
        install_endpoint(sandbox)
    plays = Plays(sandbox, tmp_path)
    plays.inventory("acmedev")
    assert plays(SETUP).returncode == 0
    return plays


def stored(plays: Plays, instance: str = "acmedev") -> tuple[str, str, str]:
    """Client ID, Client Secret and API token as the instance has them."""
    registry = one(plays.sandbox, "oauth_entity", plain=True, instance=instance)
    (value,) = own_records(plays.sandbox, "sys_variable_value", plain=True, instance=instance)
    return registry["client_id"], registry["client_secret"], value["value"]


def new(**values: str) -> list[str]:
    """Variables of the role as extra variables."""
    return [word for name, value in values.items() for word in ("-e", f"qualtrics_spoke_{name}={value}")]


def has_endpoint(plays: Plays) -> bool:
    """Whether the setup endpoint is installed."""
    return bool(plays.sandbox.control.records("acmedev", "sys_ws_definition"))


def test_a_new_secret_is_proven_written_and_proven_again(plays: Plays) -> None:
    plays.sandbox.control.rotate_client_secret(CLIENT_ID, OTHER_SECRET)
    given = new(client_secret=OTHER_SECRET)
    foretold = plays(ROTATE, "--check", "--diff", *given)
    assert (foretold.returncode, plays.writes()) == (0, []), foretold.stdout
    assert stored(plays) == (CLIENT_ID, CLIENT_SECRET, API_TOKEN)
    done = plays(ROTATE, "--diff", *given)
    assert done.returncode == 0, done.stdout
    assert stored(plays) == (CLIENT_ID, OTHER_SECRET, API_TOKEN)
    assert foretold.stats["acmedev"]["changed"] == done.stats["acmedev"]["changed"] == 1
    (result,) = facts(done)
    assert (result["operation"], result["changed"], result["secret_compared"]) == ("rotate", True, True)
    if has_endpoint(plays):
        assert (result["test"]["ok"], result["token"]["status"], result["notes"]) == (True, "present", [])
        assert plays(ROTATE, *given).stats["acmedev"]["changed"] == 0
    else:
        assert [note for note in result["notes"] if "Not proven on acmedev" in note]
    assert leaks(foretold.stdout + done.stdout + done.stderr, (OTHER_SECRET,)) == []


@pytest.mark.sampled
@pytest.mark.parametrize("wrong", ["client_id", "client_secret", "api_token"])
def test_a_wrong_value_is_found_at_qualtrics_and_nothing_is_written(plays: Plays, wrong: str) -> None:
    before = stored(plays)
    play = plays(ROTATE, *new(**{wrong: "sandboxWrongValue000000000000000000fake"}))
    assert play.returncode == 2
    assert "Nothing was written on the instance: what was there before stands" in messages(play)[-1]
    assert (plays.writes(), stored(plays)) == ([], before)


def refuse_tokens(plays: Plays, times: int) -> None:
    """Let Qualtrics refuse a token ``times`` times (0: for ever) once the role itself has got its own."""
    plays.sandbox.control.fault(
        "status", status=401, host="fra1.qualtrics.com", path="^/oauth2/token$", skip=1, times=times
    )


def test_what_fails_on_the_instance_is_put_back(plays: Plays) -> None:
    before = stored(plays)
    plays.sandbox.control.rotate_api_token("acme", api_token=NEW_TOKEN)
    given = new(api_token=NEW_TOKEN, previous_api_token=API_TOKEN)
    # The instance does not keep what it is given, or cannot make the call.
    if has_endpoint(plays):
        plays.sandbox.control.fault("status", status=500, path="/test$", times=0)
    else:
        plays.sandbox.control.fault("status", status=403, table="sys_properties", method="GET", skip=1, times=1)
    play = plays(ROTATE, *given)
    assert play.returncode == 2, play.stdout
    assert stored(plays) == before
    # The old API token is void, so that the call which is to prove the way back fails.
    said = "could not be proven" if has_endpoint(plays) else "was written back and read back"
    assert said in messages(play)[-1]
    assert leaks(play.stdout + play.stderr, (NEW_TOKEN,)) == []
    plays.sandbox.control.clear_faults()
    assert plays(ROTATE, *given).returncode == 0
    assert stored(plays) == (CLIENT_ID, CLIENT_SECRET, NEW_TOKEN)


def test_without_a_way_back_the_new_values_stand_and_that_is_said(plays: Plays) -> None:
    plays.sandbox.control.rotate_client_secret(CLIENT_ID, OTHER_SECRET)
    if has_endpoint(plays):
        refuse_tokens(plays, times=1)
    else:
        plays.sandbox.control.fault("status", status=403, table="sys_properties", method="GET", skip=1, times=1)
    play = plays(ROTATE, *new(client_secret=OTHER_SECRET))
    assert play.returncode == 2, play.stdout
    assert "The new values stand on the instance" in messages(play)[-1]
    assert "qualtrics_spoke_previous_client_secret" in messages(play)[-1]
    assert stored(plays)[1] == OTHER_SECRET


def test_a_new_client_that_the_instance_cannot_use_is_put_back_and_proven(sandbox: Sandbox, tmp_path: Path) -> None:
    install_endpoint(sandbox)
    plays = Plays(sandbox, tmp_path)
    plays.inventory("acmedev")
    assert plays(SETUP).returncode == 0
    before = stored(plays)
    refuse_tokens(plays, times=1)
    given = new(previous_client_secret=CLIENT_SECRET, oauth_name="Qualtrics OAuth")
    sandbox.control.rotate_client_secret(CLIENT_ID, OTHER_SECRET)
    play = plays(ROTATE, *new(client_secret=OTHER_SECRET), *given)
    assert play.returncode == 2, play.stdout
    assert stored(plays) == before
    assert "was to be put back, which failed or could not be proven" in messages(play)[-1]


def test_all_instances_get_one_new_api_token_and_a_failed_one_is_completed(sandbox: Sandbox, tmp_path: Path) -> None:
    plays = Plays(sandbox, tmp_path)
    plays.inventory("acmedev", "acmetest")
    assert plays(SETUP).returncode == 0
    given = new(new_api_token="true", datacenter_id="fra1")
    check = plays(ROTATE, "--check", *given)
    assert (check.returncode, sandbox.control.brand("acme")["users"][0]["api_token"]) == (0, API_TOKEN), check.stdout
    sandbox.control.fault("status", status=403, host="acmetest.service-now.com", method="PATCH", times=0)
    play = plays(ROTATE, *given)
    made = sandbox.control.brand("acme")["users"][0]["api_token"]
    assert made != API_TOKEN
    assert (stored(plays)[2], stored(plays, "acmetest")[2]) == (made, API_TOKEN)
    assert "becomes void" in play.stdout or "void everywhere" in play.stdout
    assert [text for text in messages(play) if "acmetest.service-now.com may still have the old one" in text]
    sandbox.control.clear_faults()
    again = plays(ROTATE, *given)
    assert again.returncode == 0, again.stdout
    assert sandbox.control.brand("acme")["users"][0]["api_token"] == made
    assert stored(plays, "acmetest")[2] == made
    assert leaks(check.stdout + play.stdout + again.stdout, (made,)) == []
