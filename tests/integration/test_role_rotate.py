# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The entry point ``rotate``: which value is wrong, by which route, and what stands on the instance afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest
from connections import configure, install_endpoint, one, own_records
from support import (
    API_TOKEN,
    CLIENT_ID,
    CLIENT_SECRET,
    DIRECTORY,
    OTHER_SECRET,
    PROPERTY,
    leaks,
    login,
    qualtrics_connection,
    run_task,
    writes,
)

from roles import SETUP, Plays, facts, messages
from sandbox import Sandbox

ROTATE = "snow_ops.spokes.qualtrics_rotate"
NEW_TOKEN = "sandboxAcmeTokenRotated0000000000000fake"
ROUTES = ["records", "endpoint"]


@pytest.fixture(params=ROUTES)
def plays(request: pytest.FixtureRequest, sandbox: Sandbox, tmp_path: Path) -> Plays:
    """Plays on an instance that is set up by each of the routes."""
    return set_up(sandbox, tmp_path, request.param)


def set_up(sandbox: Sandbox, folder: Path, route: str) -> Plays:
    """Plays on an instance that is set up as by the role, in less time."""
    if route == "endpoint":
        install_endpoint(sandbox)
    configure(route=route, get_token=True)
    set_property = {"instance": login(), "name": PROPERTY, "value": DIRECTORY}
    assert not run_task("snow_sys_property", set_property).get("failed")
    plays = Plays(sandbox, folder)
    plays.inventory("acmedev")
    return plays


class Again:
    """Lets the instance and Qualtrics be as they are now, again and again."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._store = sandbox.world.farm.site("acmedev.service-now.com").store
        self._start = self._store.state()

    def __call__(self) -> None:
        """Put them back."""
        self._store.exchange({table: dict(rows) for table, rows in self._start.items()})
        self._sandbox.control.clear_faults()
        self._sandbox.control.rotate_client_secret(CLIENT_ID, CLIENT_SECRET)
        self._sandbox.control.rotate_api_token("acme", api_token=API_TOKEN)


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


@pytest.mark.sampled
def test_a_new_secret_is_proven_written_and_proven_again(plays: Plays) -> None:
    plays.sandbox.control.rotate_client_secret(CLIENT_ID, OTHER_SECRET)
    given = new(client_secret=OTHER_SECRET)
    foretold = plays(ROTATE, "--check", "--diff", *given)
    assert (foretold.returncode, writes(plays.sandbox)) == (0, []), foretold.stdout
    assert stored(plays) == (CLIENT_ID, CLIENT_SECRET, API_TOKEN)
    said = " ".join(facts(foretold)[0]["notes"])
    assert "written, and read back" not in said
    assert "acmedev.service-now.com is complete" not in foretold.stdout
    done = plays(ROTATE, "--diff", *given)
    assert done.returncode == 0, done.stdout
    assert has_endpoint(plays) or "written, and read back" in " ".join(facts(done)[0]["notes"])
    assert stored(plays) == (CLIENT_ID, OTHER_SECRET, API_TOKEN)
    assert foretold.stats["acmedev"]["changed"] == done.stats["acmedev"]["changed"] == 1
    (result,) = facts(done)
    assert (result["operation"], result["changed"], result["secret_compared"]) == ("rotate", True, True)
    (window,) = [note for note in result["notes"] if "The window in which neither" in note]
    assert "replaced the Client Secret" in window
    assert "API token" not in window
    if has_endpoint(plays):
        assert (result["test"]["ok"], result["token"]["status"], result["notes"]) == (True, "present", [window])
        again = plays(ROTATE, *given)
        assert (again.stats["acmedev"]["changed"], facts(again)[0]["notes"]) == (0, [])
    else:
        assert [note for note in result["notes"] if "Not proven on acmedev" in note]
    assert leaks(foretold.stdout + done.stdout + done.stderr, (OTHER_SECRET,)) == []


SECOND_CLIENT = "5a4d00000000000000000000004eadff"
SECOND_SECRET = "sandboxReadOnlySecret000000000000000000000000000000000000000fake"
BEFORE = (CLIENT_ID, CLIENT_SECRET, API_TOKEN)
WRONG = "sandboxWrongValue000000000000000000000fake"
# What is exchanged, by the value that is wrong: the new values, and those from before for the way back.
EXCHANGES: dict[str, tuple[dict[str, str], dict[str, str]]] = {
    "client_secret": ({"client_secret": OTHER_SECRET}, {"previous_client_secret": CLIENT_SECRET}),
    "client_id": (
        {"client_id": SECOND_CLIENT, "client_secret": SECOND_SECRET},
        {"previous_client_id": CLIENT_ID, "previous_client_secret": CLIENT_SECRET},
    ),
    # Over the Table API the Client Secret counts as another one too, since it cannot be compared.
    "api_token": (
        {"api_token": NEW_TOKEN},
        {"previous_api_token": API_TOKEN, "previous_client_secret": CLIENT_SECRET},
    ),
}


def replace_at_qualtrics(sandbox: Sandbox, exchanged: str) -> None:
    """Make the new value, so that the role can prove it; a second client leaves the first as it is."""
    if exchanged == "client_secret":
        sandbox.control.rotate_client_secret(CLIENT_ID, OTHER_SECRET)
    elif exchanged == "api_token":
        sandbox.control.rotate_api_token("acme", api_token=NEW_TOKEN)
    else:
        sandbox.world.cloud.clients[SECOND_CLIENT][1].scope = "manage:all"


def spoil_writing(sandbox: Sandbox, table: str) -> None:
    """A business rule keeps the instance from taking new values into ``table``, the values from before included."""
    values = {"collection": table, "active": "true", "abort_action": "true", "action_update": "true", "name": "Stop"}
    sandbox.control.put("acmedev", "sys_script", "a" * 32, values)


@pytest.mark.sampled
def test_a_wrong_value_is_found_at_qualtrics_and_nothing_is_written(plays: Plays) -> None:
    for wrong in EXCHANGES:
        play = plays(ROTATE, *new(**{wrong: WRONG}))
        assert play.returncode == 2
        assert "Nothing was written on the instance: what was there before stands" in messages(play)[-1]
        assert (writes(plays.sandbox), stored(plays)) == ([], BEFORE)


# What the last line says where the instance cannot use the new values, by what is exchanged. Qualtrics knows one Client Secret of a client
# and one API token of a user, so that the one from before is void by then; a second client leaves the first as it is.
UNPROVEN = "put back by the instance itself, and could not be proven"
PUT_BACK = {
    "client_secret": UNPROVEN,
    "client_id": "put back by the instance itself: Qualtrics answered a call through the connection with HTTP 200",
    "api_token": UNPROVEN,
}


def test_what_the_instance_cannot_use_it_puts_back_itself(sandbox: Sandbox, tmp_path: Path) -> None:
    plays = set_up(sandbox, tmp_path, "endpoint")
    again = Again(sandbox)
    for exchanged, (given, _previous) in EXCHANGES.items():
        replace_at_qualtrics(sandbox, exchanged)
        # The role's own token first, then the instance's; the organization's address is asked for directories by the instance alone.
        if exchanged == "api_token":
            sandbox.control.fault("status", status=403, path="/directories$", host="acme.qualtrics.com")
        else:
            sandbox.control.fault("status", status=401, host="fra1.qualtrics.com", path="^/oauth2/token$", skip=1)
        play = plays(ROTATE, *new(**given))
        assert play.returncode == 2, play.stdout
        assert stored(plays) == BEFORE
        assert PUT_BACK[exchanged] in messages(play)[-1]
        assert ".." not in messages(play)[-1]
        assert [path for path in writes(plays.sandbox) if not path.endswith("/rotate")] == []
        assert leaks(play.stdout + play.stderr, (OTHER_SECRET, SECOND_SECRET, NEW_TOKEN)) == []
        again()


@pytest.mark.long
def test_over_the_table_api_new_values_stand_unproven_and_that_is_said(sandbox: Sandbox, tmp_path: Path) -> None:
    plays = set_up(sandbox, tmp_path, "records")
    again = Again(sandbox)
    for exchanged, (given, previous) in EXCHANGES.items():
        replace_at_qualtrics(sandbox, exchanged)
        done = plays(ROTATE, *new(**given, **previous))
        assert done.returncode == 0, done.stdout
        expected = dict(zip(("client_id", "client_secret", "api_token"), BEFORE, strict=True), **given)
        assert stored(plays) == tuple(expected.values())
        (result,) = facts(done)
        assert [note for note in result["notes"] if "Not proven on acmedev" in note]
        again()


# The property is set last, so that its refusal is what keeps a rotation over the Table API from ending well once all is written.
REFUSED_LAST = {"status": 403, "table": "sys_properties", "method": "GET", "skip": 1, "times": 1}


@pytest.mark.sampled
@pytest.mark.parametrize("has_way_back", [True, False])
def test_over_the_table_api_what_fails_after_writing_is_put_back_if_the_way_is_given(
    sandbox: Sandbox, tmp_path: Path, has_way_back: bool
) -> None:
    plays = set_up(sandbox, tmp_path, "records")
    again = Again(sandbox)
    for exchanged, (given, previous) in EXCHANGES.items():
        replace_at_qualtrics(sandbox, exchanged)
        sandbox.control.fault("status", **{**REFUSED_LAST, "skip": 2 if has_way_back else 1})
        play = plays(ROTATE, *new(**given, **(previous if has_way_back else {})))
        assert play.returncode == 2, play.stdout
        if has_way_back:
            assert stored(plays) == BEFORE
            assert "What was there before was written back and read back" in messages(play)[-1]
        else:
            assert stored(plays) != BEFORE
            assert "The new values stand on the instance" in messages(play)[-1]
            assert f"qualtrics_spoke_previous_{exchanged}" in messages(play)[-1]
        again()


def test_a_property_that_fails_after_a_proven_rotation_undoes_nothing(sandbox: Sandbox, tmp_path: Path) -> None:
    plays = set_up(sandbox, tmp_path, "endpoint")
    replace_at_qualtrics(sandbox, "client_secret")
    sandbox.control.fault("status", **{**REFUSED_LAST, "skip": 2})
    play = plays(ROTATE, *new(client_secret=OTHER_SECRET, previous_client_secret=CLIENT_SECRET))
    assert play.returncode == 2, play.stdout
    assert "The new values stand on the instance, proven by a call" in messages(play)[-1]
    assert stored(plays)[1] == OTHER_SECRET


@pytest.mark.sampled
def test_what_the_instance_does_not_keep_leaves_what_was_there(plays: Plays) -> None:
    replace_at_qualtrics(plays.sandbox, "client_secret")
    spoil_writing(plays.sandbox, "oauth_entity")
    play = plays(ROTATE, *new(client_secret=OTHER_SECRET))
    assert play.returncode == 2, play.stdout
    assert stored(plays) == BEFORE
    plays.sandbox.control.delete("acmedev", "sys_script", "a" * 32)
    assert plays(ROTATE, *new(client_secret=OTHER_SECRET)).returncode == 0
    assert stored(plays)[1] == OTHER_SECRET


# Values from before of which one is missing, and the missing one.
PARTIAL = [
    ({"client_id": SECOND_CLIENT, "client_secret": SECOND_SECRET}, {"previous_client_id": CLIENT_ID}, "client_secret"),
    (
        {"client_id": SECOND_CLIENT, "client_secret": SECOND_SECRET, "api_token": NEW_TOKEN},
        {"previous_client_secret": CLIENT_SECRET},
        "api_token",
    ),
    (
        {"client_id": SECOND_CLIENT, "client_secret": SECOND_SECRET, "api_token": NEW_TOKEN},
        {"previous_api_token": API_TOKEN},
        "client_secret",
    ),
]


@pytest.mark.sampled
def test_half_a_way_back_is_refused_before_anything_is_written(plays: Plays) -> None:
    replace_at_qualtrics(plays.sandbox, "client_id")
    plays.sandbox.control.rotate_api_token("acme", api_token=NEW_TOKEN)
    for given, previous, missing in PARTIAL:
        if "api_token" not in given:
            plays.sandbox.control.rotate_api_token("acme", api_token=API_TOKEN)
        play = plays(ROTATE, *new(**given, **previous))
        assert play.returncode == 2, play.stdout
        assert f"Give qualtrics_spoke_previous_{missing} as well" in messages(play)[-1]
        assert "Nothing was written on the instance" in messages(play)[-1]
        assert (writes(plays.sandbox), stored(plays)) == ([], BEFORE)
        plays.sandbox.control.rotate_api_token("acme", api_token=NEW_TOKEN)


def test_over_the_table_api_a_secret_that_cannot_be_compared_belongs_to_the_way_back(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    plays = set_up(sandbox, tmp_path, "records")
    replace_at_qualtrics(sandbox, "client_secret")
    half = new(client_secret=OTHER_SECRET, previous_api_token=API_TOKEN)
    for mode in (["--check"], []):
        play = plays(ROTATE, *half, *mode)
        assert play.returncode == 2, play.stdout
        assert "Give qualtrics_spoke_previous_client_secret as well" in messages(play)[-1]
        assert "the same one if it stays" in messages(play)[-1]
        assert (writes(plays.sandbox), stored(plays)) == ([], BEFORE)
    # The mark in the registry says that this one is stored already.
    configure(
        route="records",
        oauth={**qualtrics_connection()["oauth"], "client_secret": OTHER_SECRET},
        update_secret="on_change",
    )
    play = plays(ROTATE, *half)
    assert play.returncode == 0, play.stdout


@pytest.mark.long
def test_over_the_table_api_a_property_that_stays_refused_leaves_no_doubt_of_the_values(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    plays = set_up(sandbox, tmp_path, "records")
    (row,) = [row for row in sandbox.control.records("acmedev", "sys_properties") if row["name"] == PROPERTY]
    sandbox.control.put("acmedev", "sys_properties", row["sys_id"], {"value": ""})
    replace_at_qualtrics(sandbox, "client_secret")
    sandbox.control.fault("status", status=403, table="sys_properties", method="PATCH", times=0)
    play = plays(ROTATE, *new(client_secret=OTHER_SECRET, previous_client_secret=CLIENT_SECRET))
    assert (play.returncode, stored(plays)) == (2, BEFORE), play.stdout
    assert "What was there before was written back and read back" in messages(play)[-1]
    assert f"Only the property {PROPERTY} could not be set on the way back either" in messages(play)[-1]
    assert "failed or could not be proven" not in messages(play)[-1]


REFUSED_FIRST = {
    "records": {"path": "/table/", "method": "PATCH"},
    "endpoint": {"path": "/rotate$", "method": "POST"},
}


@pytest.mark.long
@pytest.mark.parametrize("has_way_back", [True, False])
def test_what_is_refused_before_anything_is_written_says_so(plays: Plays, has_way_back: bool) -> None:
    replace_at_qualtrics(plays.sandbox, "client_secret")
    fault = REFUSED_FIRST["endpoint" if has_endpoint(plays) else "records"]
    plays.sandbox.control.fault("status", status=403, times=0, **fault)
    previous = {"previous_client_secret": CLIENT_SECRET} if has_way_back else {}
    play = plays(ROTATE, *new(client_secret=OTHER_SECRET, **previous))
    assert (play.returncode, stored(plays)) == (2, BEFORE), play.stdout
    assert len(writes(plays.sandbox)) == 1
    assert "Nothing was written on the instance: what was there before stands." in messages(play)[-1]


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
