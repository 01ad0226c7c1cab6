# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Rotation as one operation on the instance: proven, or what was there before stands again; and what a cut-off one leaves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection import marks
from ansible_collections.snow_ops.spokes.plugins.plugin_utils._setup_endpoint import FILES
from connections import MODULE, configure, install_endpoint, one
from support import API_TOKEN, CLIENT_ID, CLIENT_SECRET, OTHER_SECRET, SECRETS, leaks, qualtrics_connection, run_task

from sandbox import Sandbox

NEW_TOKEN = "sandboxAcmeTokenRotated0000000000000fake"
ROTATION = "ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.routes.rotation"


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody runs a script here after it was lost."""
    monkeypatch.setattr(f"{ROTATION}.LONGEST_TRANSACTION_SECONDS", 0.0)


@pytest.fixture
def instance(sandbox: Sandbox) -> Sandbox:
    """An instance that is set up through the endpoint."""
    install_endpoint(sandbox)
    configure(get_token=True, test_path="/directories")
    sandbox.control.clock(30)
    sandbox.control.clear_requests()
    return sandbox


def options(secret: str = OTHER_SECRET, token: str = API_TOKEN, client: str = CLIENT_ID, **more: Any) -> dict[str, Any]:
    """The module's options of a rotation, as the role gives them."""
    oauth = dict(qualtrics_connection()["oauth"], client_id=client, client_secret=secret)
    own = {"oauth": oauth, "secret_attributes": {"X-API-TOKEN": token}, "get_token": True, "test_path": "/directories"}
    return {**qualtrics_connection(), **own, "update_secret": "always", "put_back": True, **more}


def rotate(check_mode: bool = False, **changes: Any) -> dict[str, Any]:
    """Run the module."""
    result = run_task(MODULE, options(**changes), check_mode)
    assert leaks(str(result), (*SECRETS, OTHER_SECRET, NEW_TOKEN)) == []
    return result


def stored(sandbox: Sandbox) -> tuple[str, str, str]:
    """Client ID, Client Secret and API token as the instance has them."""
    registry = one(sandbox, "oauth_entity", plain=True)
    return registry["client_id"], registry["client_secret"], one(sandbox, "sys_variable_value", plain=True)["value"]


def calls(sandbox: Sandbox) -> list[str]:
    """The operations of the endpoint that were called, in their order."""
    paths = [entry["path"] for entry in sandbox.control.requests() if entry["host"] == "acmedev.service-now.com"]
    return [path.rpartition("/")[2] for path in paths if "spoke_connection_setup" in path]


# A client that gets a token, and that of another brand.
GLOBEX = {
    "client_id": "5a4d000000000000000000009108fa4e",
    "client_secret": "sandboxGlobexClientSecret00000000000000000000000000000000000fake",
    "token_url": "https://iad1.qualtrics.com/oauth2/token",
}
BEFORE = (CLIENT_ID, CLIENT_SECRET, API_TOKEN)


def test_new_values_are_exchanged_and_proven_in_one_request(instance: Sandbox) -> None:
    instance.control.rotate_client_secret(CLIENT_ID, OTHER_SECRET)
    instance.control.rotate_api_token("acme", api_token=NEW_TOKEN)
    foretold = rotate(check_mode=True, token=NEW_TOKEN)
    instance.control.clear_requests()
    result = rotate(token=NEW_TOKEN)
    assert calls(instance) == ["state", "rotate"]
    assert stored(instance) == (CLIENT_ID, OTHER_SECRET, NEW_TOKEN)
    assert result["rotation"] == {"stands": "new", "http_status": 200, "error": ""}
    assert (result["test"]["ok"], result["token"]["status"], result["changed"]) == (True, "present", True)
    assert foretold["diff"] == result["diff"]
    assert "rotation" not in foretold
    instance.control.clear_requests()
    again = rotate(token=NEW_TOKEN)
    assert (again["changed"], calls(instance)) == (False, ["state", "test"])


# Which value the instance cannot use, though the controller could prove it a moment ago.
SPOILED: dict[str, tuple[dict[str, str], str]] = {
    "client secret": ({"secret": OTHER_SECRET}, "token"),
    "client id": ({"client": "5a4d000000000000000000000000fa4e", "secret": OTHER_SECRET}, "token"),
    "api token": ({"secret": CLIENT_SECRET, "token": NEW_TOKEN}, "test"),
}


@pytest.mark.parametrize("wrong", SPOILED)
def test_what_the_instance_cannot_use_is_put_back_and_proven(instance: Sandbox, wrong: str) -> None:
    changes, stage = SPOILED[wrong]
    comments = one(instance, "oauth_entity")["comments"]
    result = rotate(**changes)
    assert result["rotation"] == {"stands": "before", "http_status": 200, "error": ""}
    assert (result["error"]["kind"], result["changed"], result["test"]["ok"]) == ("provider_refused", False, True)
    assert "what was there before stands again, proven by a call" in result["msg"]
    assert ("access token" in result["msg"]) == (stage == "token")
    assert stored(instance) == BEFORE
    assert one(instance, "oauth_entity")["comments"] == comments
    assert not configure(get_token=True, test_path="/directories")["changed"]


def test_a_call_that_fails_after_a_new_token_leaves_a_token_of_the_old_client(instance: Sandbox) -> None:
    registry = one(instance, "oauth_entity")
    comments = registry["comments"] + "\nby hand\n\nof a person"
    instance.control.put("acmedev", "oauth_entity", registry["sys_id"], {"comments": comments})
    tokens = len(instance.control.records("acmedev", "oauth_credential"))
    result = rotate(oauth={**options()["oauth"], **GLOBEX})
    assert (result["rotation"]["stands"], "A test call with the new values failed" in result["msg"]) == ("before", True)
    assert len(instance.control.records("acmedev", "oauth_credential")) == tokens + 2
    assert stored(instance) == BEFORE
    assert one(instance, "oauth_entity")["comments"] == comments
    assert result["token"]["status"] == "present"


def test_values_from_before_that_are_void_are_put_back_and_said_to_be_unproven(instance: Sandbox) -> None:
    instance.control.rotate_client_secret(CLIENT_ID, "sandboxThirdClientSecret" + "0" * 36 + "fake")
    result = rotate()
    assert result["rotation"]["stands"] == "before_unproven"
    assert "was put back, and could not be proven" in result["msg"]
    assert stored(instance) == BEFORE


def test_where_the_way_back_is_not_proven_a_token_that_came_meanwhile_is_outdated(instance: Sandbox) -> None:
    instance.control.rotate_client_secret(CLIENT_ID, OTHER_SECRET)
    instance.control.fault("status", status=403, host="acme.qualtrics.com", path="/directories", times=0)
    result = rotate()
    assert (result["rotation"]["stands"], stored(instance)) == ("before_unproven", BEFORE)
    assert result["token"]["status"] == "outdated"
    instance.control.clear_faults()
    instance.control.clock(60)
    assert rotate()["rotation"]["stands"] == "new"
    assert not rotate()["changed"]


def test_a_value_that_the_instance_does_not_keep_is_put_back(instance: Sandbox) -> None:
    values = {"collection": "oauth_entity", "active": "true", "abort_action": "true", "action_update": "true"}
    instance.control.put("acmedev", "sys_script", "a" * 32, {**values, "name": "Stop"})
    result = rotate(secret=CLIENT_SECRET, client="5a4d000000000000000000000000fa4e", token=NEW_TOKEN)
    assert "The instance did not take the new values" in result["msg"]
    # What is as it was need not be written.
    assert result["rotation"]["stands"] in ("before", "unknown")
    assert stored(instance) == BEFORE


def test_the_mark_is_the_collections_own() -> None:
    script = (FILES / "operations" / "rotate.js").read_text()
    assert f"var MARK = '{marks.PREFIX}{marks.OUTDATED_TOKEN}=';" in script


def test_what_is_more_than_an_exchange_goes_the_other_way(instance: Sandbox) -> None:
    instance.control.delete("acmedev", "sys_variable_value", one(instance, "sys_variable_value")["sys_id"])
    result = rotate(secret=CLIENT_SECRET)
    assert "rotation" not in result
    assert "rotate" not in calls(instance)
    assert result["test"]["ok"]


def test_without_a_call_that_proves_it_nothing_can_be_put_back(instance: Sandbox) -> None:
    instance.control.rotate_client_secret(CLIENT_ID, OTHER_SECRET)
    result = rotate(test_path=None)
    assert ("rotation" in result, stored(instance)[1]) == (False, OTHER_SECRET)


@pytest.mark.parametrize("kind", ["close", "garbled"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_lost_answer_is_settled_by_looking(instance: Sandbox, kind: str, when: str) -> None:
    instance.control.rotate_client_secret(CLIENT_ID, OTHER_SECRET)
    instance.control.fault(kind, when=when, path="/rotate$")
    result = rotate()
    assert not result.get("failed"), result["msg"]
    assert stored(instance)[1] == OTHER_SECRET
    assert calls(instance).count("rotate") == {"before": 2, "after": 1}[when], (
        "what is there already is not exchanged again"
    )
    assert (result["test"]["ok"], result["token"]["status"]) == (True, "present")


def _replace_both(sandbox: Sandbox) -> None:
    """Qualtrics has another Client Secret and another API token, so that those from before are void."""
    sandbox.control.rotate_client_secret(CLIENT_ID, OTHER_SECRET)
    sandbox.control.rotate_api_token("acme", api_token=NEW_TOKEN)


def _refuse_token(sandbox: Sandbox) -> None:
    _replace_both(sandbox)
    sandbox.control.fault("status", status=401, path="^/oauth2/token$", times=1)


def _refuse_call(sandbox: Sandbox) -> None:
    """Both clients are good, and the call is refused once: the way back is proven."""
    sandbox.world.cloud.clients[SECOND["client"]][1].scope = "manage:all"
    sandbox.control.fault("status", status=403, host="acme.qualtrics.com", times=1)


BOTH = {"secret": OTHER_SECRET, "token": NEW_TOKEN}
SECOND = {
    "client": "5a4d00000000000000000000004eadff",
    "secret": "sandboxReadOnlySecret000000000000000000000000000000000000000fake",
}
# By course: what Qualtrics does, what is exchanged, and how often that writes. On the way back a mark is written, and taken away at the end.
CUT: dict[str, tuple[Callable[[Sandbox], None], dict[str, str], int]] = {
    "no call": (_refuse_call, SECOND, 5),
    "no token": (_refuse_token, BOTH, 6),
    "good": (_replace_both, BOTH, 3),
}


class Cut:
    """A rotation of everything of which the platform ends the script after some writes, from the same state again and again."""

    def __init__(self, sandbox: Sandbox, course: str) -> None:
        self._sandbox = sandbox
        self._disturb, self.given, self.most_writes = CUT[course]
        install_endpoint(sandbox)
        configure(get_token=True, test_path="/directories")
        self._store = sandbox.world.farm.site("acmedev.service-now.com").store
        self._start = self._store.state()

    def after(self, writes: int) -> None:
        """Leave what is there after so many."""
        control = self._sandbox.control
        self._store.exchange({table: dict(rows) for table, rows in self._start.items()})
        control.clock(30)
        self._disturb(self._sandbox)
        # The script alone, so that nothing of what the module would do next completes it.
        control.fault("status", status=403, path="/state$", skip=1, times=0)
        control.behaviour({"servicenow.script_killed_after": writes})
        rotate(**self.given)
        control.behaviour({"servicenow.script_killed_after": 0})
        control.clear_faults()


@pytest.mark.sampled
@pytest.mark.parametrize("course", CUT)
def test_whatever_a_cut_off_rotation_leaves_the_next_rotation_ends_well(sandbox: Sandbox, course: str) -> None:
    cut, left = Cut(sandbox, course), set()
    for writes in range(1, cut.most_writes + 1):
        cut.after(writes)
        left.add(stored(sandbox))
        sandbox.control.clock(60)
        result = rotate(**cut.given)
        assert not result.get("failed"), f"{writes} writes: {result['msg']}"
        assert stored(sandbox) == (
            cut.given.get("client", CLIENT_ID),
            cut.given["secret"],
            cut.given.get("token", API_TOKEN),
        )
        assert (result["test"]["ok"], result["token"]["status"]) == (True, "present")
        assert not rotate(**cut.given)["changed"], f"{writes} writes"
    assert len(left) >= 2, "some were cut off between two writes"


@pytest.mark.sampled
@pytest.mark.parametrize("course", [name for name in CUT if name != "good"])
def test_and_so_does_a_set_up_with_the_values_from_before(sandbox: Sandbox, course: str) -> None:
    cut = Cut(sandbox, course)
    for writes in range(1, cut.most_writes + 1):
        cut.after(writes)
        sandbox.control.rotate_client_secret(CLIENT_ID, CLIENT_SECRET)
        sandbox.control.rotate_api_token("acme", api_token=API_TOKEN)
        sandbox.control.clock(60)
        result = configure(get_token=True, test_path="/directories")
        assert stored(sandbox) == BEFORE, f"{writes} writes"
        assert (result["test"]["ok"], result["token"]["status"]) == (True, "present")
        assert not configure(get_token=True, test_path="/directories")["changed"], f"{writes} writes"


@pytest.mark.sampled
@pytest.mark.parametrize("course", CUT)
def test_a_rotation_takes_so_many_writes_and_no_more(sandbox: Sandbox, course: str) -> None:
    cut, cancelled = Cut(sandbox, course), []
    for writes in (cut.most_writes, cut.most_writes + 1):
        cut.after(writes)
        cancelled.append(sum("Transaction cancelled" in line["message"] for line in sandbox.control.log("acmedev")))
    assert cancelled == [1, 1], "the script with one write more is not cut off"
