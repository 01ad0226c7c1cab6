# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Random schedules: runs on both routes, faults, manual edits, clones and rotations in any order, with one promise after each.

The promise: an undisturbed run either ends with exactly one of each record, holding what was asked for, and then changes nothing more; or
it refuses with an error that names what a person has to decide, and has written nothing.
"""

from __future__ import annotations

from typing import Any

from connections import MODULE, TABLES, install_endpoint, one, own_records
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from support import API_TOKEN, CLIENT_ID, CLIENT_SECRET, OTHER_SECRET, leaks, login, qualtrics_connection, run_task

from sandbox import Sandbox

KINDS = (
    "reset",
    "close",
    "garbled",
    "truncated",
    "html",
    "accepted_202",
    "status",
    "not_json",
    "stale_read",
    "rate_limited",
)
ROUTES = ("records", "endpoint")
EDITS: tuple[tuple[str, dict[str, str]], ...] = (
    ("oauth_entity", {"client_id": "byhand"}),
    ("oauth_entity", {"client_secret": ""}),
    ("oauth_entity", {"client_secret": "sandbox-by-hand-fake"}),
    ("oauth_entity", {"token_url": "https://iad1.qualtrics.com/oauth2/token"}),
    ("oauth_entity", {"active": "false"}),
    ("oauth_entity", {"comments": "written by a person"}),
    ("oauth_entity", {"name": "Renamed by hand"}),
    ("oauth_entity_profile", {"grant_type": "password"}),
    ("oauth_entity_profile", {"default": "false"}),
    ("oauth_entity_scope", {"oauth_entity_scope": "read:users"}),
    ("oauth_2_0_credentials", {"active": "false"}),
    ("oauth_2_0_credentials", {"oauth_entity_profile": ""}),
    ("http_connection", {"active": "false"}),
    ("http_connection", {"name": "Renamed by hand"}),
    ("http_connection", {"connection_url": "https://globex.qualtrics.com/API/v3"}),
    ("http_connection", {"credential": ""}),
    ("sys_variable_value", {"value": "byhand"}),
)
# What a person has to decide: the task says so and writes nothing.
REFUSALS = ("ambiguous", "mismatch", "input")


# What writing a value back changes besides: when and how often the record was written, and the encryption of the same secret.
WRITTEN = ("sys_updated_on", "sys_updated_by", "sys_mod_count", "client_secret")


def _without_marks(state: dict[str, list[dict[str, str]]]) -> dict[str, list[dict[str, str]]]:
    """``state`` but for `WRITTEN` and the line that calls a token outdated."""
    return {
        table: [
            {
                name: "\n".join(line for line in value.splitlines() if "outdated_token=" not in line)
                for name, value in row.items()
                if name not in WRITTEN
            }
            for row in rows
        ]
        for table, rows in state.items()
    }


class Schedule(RuleBasedStateMachine):
    """One instance and what happens to it. ``sandbox`` is set by whoever runs it."""

    sandbox: Sandbox
    schedules = steps = faults = refusals = 0

    @initialize(with_endpoint=st.booleans(), chosen=st.booleans(), cascade=st.sampled_from(["cascade", "keep"]))
    def begin(self, with_endpoint: bool, chosen: bool, cascade: str) -> None:
        """A fresh instance, of one of the kinds that the sources leave open."""
        Schedule.schedules += 1
        self.sandbox.control.reset()
        self.sandbox.control.behaviour(
            {"servicenow.insert_sys_id": "honour" if chosen else "ignore", "servicenow.cascade_delete": cascade}
        )
        self.secret = CLIENT_SECRET
        self.has_foreign_secret = False
        self.routes = ROUTES if with_endpoint else ROUTES[:1]
        if with_endpoint:
            install_endpoint(self.sandbox)

    def options(self, route: str) -> dict[str, Any]:
        """What the person asks for at this moment."""
        oauth = dict(qualtrics_connection()["oauth"], client_secret=self.secret)
        own = {
            "instance": login(timeout=5),
            "oauth": oauth,
            "update_secret": "on_change",
            "replace_foreign_connection": False,
        }
        return {**qualtrics_connection(), **own, "route": route if route in self.routes else "records"}

    def act(self, options: dict[str, Any], check_mode: bool = False) -> dict[str, Any]:
        """Run the task; whatever comes of it is understandable and gives nothing away."""
        Schedule.steps += 1
        result = run_task(MODULE, options, check_mode)
        assert not leaks(str(result), (CLIENT_SECRET, OTHER_SECRET, API_TOKEN, "sandbox-Password-1"))
        if result.get("failed"):
            assert isinstance(result.get("error"), dict), result
            assert result["error"]["advice"], result["msg"]
        return result

    def state(self) -> Any:
        """All records that the task can touch."""
        return {table: self.sandbox.control.records("acmedev", table) for table in TABLES}

    @rule(route=st.sampled_from(ROUTES))
    def undisturbed_run(self, route: str) -> None:
        """The promise itself."""
        before = self.state()
        is_blind = self.has_foreign_secret and self.options(route)["route"] == "records"
        foretold = self.act(self.options(route), check_mode=True)
        assert self.state() == before, "check mode wrote something"
        result = self.act(self.options(route))
        if result.get("failed"):
            Schedule.refusals += 1
            assert result["error"]["kind"] in REFUSALS, result["msg"]
            assert self.state() == before, f"refused, and wrote: {result['msg']}"
            self.sandbox.control.reset()
            self.has_foreign_secret = False
            if len(self.routes) > 1:
                install_endpoint(self.sandbox)
            return
        assert (foretold["changed"], foretold["diff"]) == (result["changed"], result["diff"])
        connection = one(self.sandbox, "http_connection")
        (credential,) = self.credentials(connection["credential"])
        (registry,) = [
            row for row in own_records(self.sandbox, "oauth_entity", plain=True) if row["name"] == "Qualtrics OAuth"
        ]
        assert (connection["name"], connection["credential"], connection["active"]) == (
            "Qualtrics",
            credential["sys_id"],
            "true",
        )
        assert registry["active"] == "true"
        # What was put there past the Table API cannot be told from what was written by it, until the wanted secret is another one.
        if is_blind and registry["client_secret"] != self.secret:
            return
        self.has_foreign_secret = False
        assert registry["client_secret"] == self.secret
        (profile,) = [
            row
            for row in own_records(self.sandbox, "oauth_entity_profile")
            if row["sys_id"] == credential["oauth_entity_profile"]
        ]
        assert (profile["oauth_entity"], profile["grant_type"]) == (registry["sys_id"], "client_credentials")
        values = [
            row["value"]
            for row in own_records(self.sandbox, "sys_variable_value")
            if row["document_key"] == connection["sys_id"]
        ]
        assert values == [API_TOKEN]
        for again in self.routes:
            assert not self.act(self.options(again))["changed"], f"a further run by {again} changed something"

    def credentials(self, in_use: str) -> list[dict[str, str]]:
        """The credentials that anything leads to: the connection's, and those of the registry. What a person cut off is nobody's."""
        registries = {
            row["sys_id"] for row in own_records(self.sandbox, "oauth_entity") if row["name"] == "Qualtrics OAuth"
        }
        profiles = {
            row["sys_id"]
            for row in own_records(self.sandbox, "oauth_entity_profile")
            if row["oauth_entity"] in registries
        }
        found = own_records(self.sandbox, "oauth_2_0_credentials")
        return [row for row in found if row["sys_id"] == in_use or row["oauth_entity_profile"] in profiles]

    @rule(
        route=st.sampled_from(ROUTES),
        kind=st.sampled_from(KINDS),
        when=st.sampled_from(["before", "after"]),
        skip=st.integers(0, 20),
        times=st.sampled_from([1, 2, 0]),
    )
    def disturbed_run(self, route: str, kind: str, when: str, skip: int, times: int) -> None:
        """A run under a fault, which may leave anything half done."""
        self.sandbox.control.fault(
            kind, when=when, skip=skip, times=times, **({"retry_after": 3600} if kind == "rate_limited" else {})
        )
        self.act(self.options(route))
        Schedule.faults += sum(fault["fired"] for fault in self.sandbox.control.faults())
        self.sandbox.control.clear_faults()

    @rule(edit=st.sampled_from(EDITS), which=st.integers(0, 3))
    def edited_by_hand(self, edit: tuple[str, dict[str, str]], which: int) -> None:
        """A person changes a record."""
        table, values = edit
        rows = own_records(self.sandbox, table)
        if rows:
            self.sandbox.control.put("acmedev", table, rows[which % len(rows)]["sys_id"], values)
            self.has_foreign_secret |= bool(values.get("client_secret"))

    @rule(table=st.sampled_from(TABLES), which=st.integers(0, 3))
    def deleted_by_hand(self, table: str, which: int) -> None:
        """A person deletes a record, and nothing else goes with it."""
        rows = own_records(self.sandbox, table)
        if rows:
            self.sandbox.control.delete("acmedev", table, rows[which % len(rows)]["sys_id"])

    @rule()
    def rotated(self) -> None:
        """The provider's secret changes."""
        self.secret = OTHER_SECRET if self.secret == CLIENT_SECRET else CLIENT_SECRET

    @rule()
    @precondition(lambda self: own_records(self.sandbox, "oauth_entity"))
    def cloned_over(self) -> None:
        """The registry comes from another instance, as after a clone."""
        registry = own_records(self.sandbox, "oauth_entity")[0]
        comments = "snow_ops.spokes instance=acmeprod.service-now.com"
        self.sandbox.control.put("acmedev", "oauth_entity", registry["sys_id"], {"comments": comments})

    @rule(route=st.sampled_from(ROUTES))
    def restored(self, route: str) -> None:
        """What a clone brought is put right: nothing that is stored is believed, whoever put it there."""
        result = self.act({**self.options(route), "replace_foreign_connection": True, "distrust_stored": True})
        if result.get("failed"):
            assert result["error"]["kind"] in REFUSALS, result["msg"]
            return
        assert "acmeprod" not in self.registry_with_the_secret()["comments"]

    @rule(route=st.sampled_from(ROUTES))
    def rotated_at_once(self, route: str) -> None:
        """The provider's secret changes and is written at once, whatever is known of the one before."""
        self.secret = OTHER_SECRET if self.secret == CLIENT_SECRET else CLIENT_SECRET
        result = self.act({**self.options(route), "update_secret": "always"})
        if result.get("failed"):
            assert result["error"]["kind"] in REFUSALS, result["msg"]
            return
        self.registry_with_the_secret()

    def registry_with_the_secret(self) -> dict[str, Any]:
        """The registry, which has to store the provider's secret now."""
        self.has_foreign_secret = False
        (registry,) = [
            row for row in own_records(self.sandbox, "oauth_entity", plain=True) if row["name"] == "Qualtrics OAuth"
        ]
        assert registry["client_secret"] == self.secret
        return registry

    @rule(route=st.sampled_from(ROUTES), is_known=st.booleans(), writes=st.sampled_from([0, 0, 0, 1, 2, 3, 4]))
    def exchanged(self, route: str, is_known: bool, writes: int) -> None:
        """A rotation that is proven, or else put back: to a secret that the provider knows or does not, now and then cut off by the platform."""
        wanted = OTHER_SECRET if self.secret == CLIENT_SECRET else CLIENT_SECRET
        self.sandbox.control.rotate_client_secret(CLIENT_ID, wanted if is_known else self.secret)
        before = self.state()
        proof = {"update_secret": "always", "put_back": True, "get_token": True, "test_path": "/directories"}
        oauth = dict(self.options(route)["oauth"], client_secret=wanted)
        self.sandbox.control.behaviour({"servicenow.script_killed_after": writes})
        result = self.act({**self.options(route), **proof, "oauth": oauth})
        self.sandbox.control.behaviour({"servicenow.script_killed_after": 0})
        stands = result.get("rotation", {}).get("stands", "")
        if stands.startswith("before"):
            assert result["failed"]
            assert _without_marks(self.state()) == _without_marks(before)
        elif stands == "new" or (not result.get("failed") and not writes):
            self.secret, self.has_foreign_secret = wanted, False
            (registry,) = [
                row for row in own_records(self.sandbox, "oauth_entity", plain=True) if row["name"] == "Qualtrics OAuth"
            ]
            assert registry["client_secret"] == wanted

    @rule(version=st.sampled_from(["1.2.0", "1.3.0", "latest"]))
    def installed(self, version: str) -> None:
        """The spoke is installed or upgraded, which has nothing to do with its connection."""
        before = self.state(), self.version()
        options = {"instance": self.options("records")["instance"], "scope": "sn_qualtrics_spoke", "version": version}
        result = run_task("snow_store_app", options)
        assert not result.get("failed"), result["msg"]
        assert self.state() == before[0]
        assert self.version() == max(before[1], version if version != "latest" else "")

    def version(self) -> str:
        """The version of the spoke."""
        (row,) = [
            row
            for row in self.sandbox.control.records("acmedev", "sys_store_app")
            if row["scope"] == "sn_qualtrics_spoke"
        ]
        return row["version"]

    @rule(route=st.sampled_from(ROUTES))
    def removed(self, route: str) -> None:
        """The connection is removed, by name, so that nothing of somebody else's goes."""
        options = self.options(route)
        own = {name: options[name] for name in ("instance", "scope", "route")}
        names = {"connection": {"name": "Qualtrics"}, "oauth": {"name": "Qualtrics OAuth"}}
        self.act({**own, **names, "state": "absent"})

    def teardown(self) -> None:
        """What the sandbox itself got wrong fails the schedule."""
        assert self.sandbox.control.errors() == []
