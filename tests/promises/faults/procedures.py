# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""What the fault matrix disturbs: each procedure from a state that is made first to an end state that can be compared."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from connections import all_records, install_endpoint, one
from support import (
    API_TOKEN,
    CLIENT_ID,
    CLIENT_SECRET,
    DIRECTORY,
    OTHER_SECRET,
    PROPERTY,
    login,
    qualtrics_connection,
    run_task,
    set_up,
)

from sandbox import Sandbox

# Short, so that a fault that takes longer is soon over; the product's own is 75 s.
TIMEOUT_SECONDS = 1.5
OAUTH_CLIENT = {
    "username": None,
    "password": None,
    "grant_type": "client_credentials",
    "client_id": "0b6e3a7c4d5f4e0f8a1b2c3d4e5ffa4e",
    "client_secret": "sandbox-Client-Secret-1",
}
SECRETS = (CLIENT_SECRET, OTHER_SECRET, API_TOKEN, "sandbox-Password-1", "sandbox-Client-Secret-1")
Options = dict[str, Any]


@dataclass(frozen=True)
class Procedure:
    """A task and what comes before it. ``act`` runs the task; ``prepare`` makes the state that it finds.

    ``kinds`` are the faults that mean something to it, none for all. ``asks_qualtrics`` says that its requests go there,
    ``always_changes`` that it writes in every run, as asked.
    """

    name: str
    act: Callable[[], dict[str, Any]]
    prepare: Callable[[Sandbox], None]
    kinds: tuple[str, ...] = ()
    asks_qualtrics: bool = False
    always_changes: bool = False

    def end_state(self, sandbox: Sandbox) -> Any:
        """All that the task can have changed on the instance, comparable between runs; salts and times left out."""
        text = str([all_records(sandbox, "acmedev"), properties(sandbox), duplicates(sandbox), versions(sandbox)])
        return re.sub(r"((?:scrypt|pbkdf2)\$|outdated_token=)[^'\\]+", r"\1", text)


def properties(sandbox: Sandbox) -> list[tuple[str, str]]:
    """The instance's properties."""
    return sorted((row["name"], row["value"]) for row in sandbox.control.records("acmedev", "sys_properties"))


def versions(sandbox: Sandbox) -> list[tuple[str, str]]:
    """The versions of the store applications."""
    return sorted((row["scope"], row["version"]) for row in sandbox.control.records("acmedev", "sys_store_app"))


def duplicates(sandbox: Sandbox) -> list[int]:
    """How many records of the setup endpoint there are: no task but its own touches them."""
    return [len(sandbox.control.records("acmedev", table)) for table in ("sys_ws_definition", "sys_ws_operation")]


def instance(**changes: Any) -> Options:
    """The login with a short time-out."""
    return login(timeout=TIMEOUT_SECONDS, **changes)


def _connection(route: str, secret: str = CLIENT_SECRET, **changes: Any) -> Options:
    oauth = dict(qualtrics_connection()["oauth"], client_secret=secret)
    own = {
        "instance": instance(),
        "route": route,
        "update_secret": "on_change",
        "oauth": oauth,
        "get_token": True,
        "test_path": "/directories",
    }
    return {**qualtrics_connection(), **own, **changes}


def _whole(route: str) -> Options:
    return set_up(instance=instance(), route=route, update_secret="on_change", timeout=TIMEOUT_SECONDS)


def _set_up_before(sandbox: Sandbox) -> None:
    assert not run_task("qualtrics_spoke", _whole("records")).get("failed")


def _task(module: str, options: Options, no_log: bool = False) -> Callable[[], dict[str, Any]]:
    return lambda: run_task(module, options, no_log=no_log)


def _put_back(options: Options) -> dict[str, Any]:
    """A rotation to a secret that the provider refuses: well done if what was there before stands again, proven."""
    result = run_task("snow_connection_alias", options)
    is_well = result.get("rotation", {}).get("stands") == "before" and result["error"]["kind"] == "provider_refused"
    return {"changed": False} if is_well else result


def _prepared(route: str, *options: Options, provider: str = "") -> Callable[[Sandbox], None]:
    """Makes an instance with what ``options`` ask for, after which Qualtrics has the Client Secret ``provider``, if given."""

    def prepare(sandbox: Sandbox) -> None:
        if route == "endpoint":
            install_endpoint(sandbox)
        for entry in options:
            result = run_task("snow_connection_alias", entry)
            assert not result.get("failed"), result["msg"]
        if options and route == "endpoint":
            # As after any change of what tokens are fetched with, so that a line more or less is no difference between two end states.
            registry = one(sandbox, "oauth_entity")
            marked = registry["comments"] + "\nsnow_ops.spokes outdated_token=2026-01-01 00:00:00"
            sandbox.control.put("acmedev", "oauth_entity", registry["sys_id"], {"comments": marked})
        if provider:
            sandbox.control.rotate_client_secret(CLIENT_ID, provider)

    return prepare


def procedures() -> dict[str, Procedure]:
    """All procedures by name."""
    found = []
    alias = "snow_connection_alias"
    for route in ("records", "endpoint"):
        first = _connection(route)
        # Without a token, which the provider would not give for a secret that it does not know.
        rotated = {**_connection(route, OTHER_SECRET), "get_token": False, "test_path": None}
        restored = {**first, "distrust_stored": True, "replace_foreign_connection": True}
        absent = {"instance": instance(), "scope": first["scope"], "state": "absent", "route": route}
        found += [
            Procedure(f"{route}-first", _task(alias, first), _prepared(route)),
            Procedure(f"{route}-no_change", _task(alias, first), _prepared(route, first)),
            Procedure(f"{route}-rotation", _task(alias, rotated), _prepared(route, first)),
            Procedure(f"{route}-restore", _task(alias, restored), _prepared(route, first), always_changes=True),
            Procedure(f"{route}-removal", _task(alias, absent), _prepared(route, first)),
        ]
    # Two tokens and two calls in one request take their time on a busy machine.
    patient = {"instance": login(timeout=4 * TIMEOUT_SECONDS)}
    first = _connection("endpoint", **patient)
    exchanged = _connection("endpoint", OTHER_SECRET, put_back=True, **patient)
    found += [
        Procedure("endpoint-exchange", _task(alias, exchanged), _prepared("endpoint", first, provider=OTHER_SECRET)),
        Procedure("endpoint-way_back", lambda: _put_back(exchanged), _prepared("endpoint", first)),
    ]
    oauth = _connection("records", instance=instance(**OAUTH_CLIENT))
    setting = {"instance": instance(), "name": PROPERTY, "value": DIRECTORY}
    created = {"instance": instance(), "name": "x_sandbox.made", "value": "1", "create": True}
    client = {
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "api_token": API_TOKEN,
        "datacenter_id": "fra1",
        "timeout": TIMEOUT_SECONDS,
    }
    hello = {"name": "hello", "http_method": "POST", "relative_path": "/hello", "script": "1;"}
    api = {"instance": instance(), "service_id": "x_hello", "name": "Hello", "operations": [hello]}
    upgrade = {
        "instance": instance(),
        "scope": "sn_qualtrics_spoke",
        "version": "1.4.0",
        "pending_limit": 3,
        "time_limit": 20,
    }
    nothing = _prepared("records")
    found += [
        Procedure("oauth_login-first", _task(alias, oauth), nothing, ("token_expiry", "401", "reset")),
        Procedure("property-set", _task("snow_sys_property", setting), nothing),
        Procedure("property-create", _task("snow_sys_property", created), nothing),
        Procedure("scripted_rest-install", _task("snow_scripted_rest_api", api), nothing),
        Procedure(
            "spoke-info", _task("snow_spoke_info", {"instance": instance(), "scope": "sn_qualtrics_spoke"}), nothing
        ),
        Procedure("store_app-install", _task("snow_store_app", upgrade), nothing),
        Procedure("instance-probe", _task("snow_probe", {"instance": instance()}), nothing),
        Procedure("organization-probe", _task("qualtrics_probe", client), nothing, asks_qualtrics=True),
        Procedure(
            "account-info",
            _task("qualtrics_account_info", {"api_token": API_TOKEN, "timeout": TIMEOUT_SECONDS}),
            nothing,
            asks_qualtrics=True,
        ),
        *(
            Procedure(f"{route}-set_up", _task("qualtrics_spoke", _whole(route)), _prepared(route))
            for route in ("records", "endpoint")
        ),
        Procedure("records-set_up_again", _task("qualtrics_spoke", _whole("records")), _set_up_before),
        Procedure("client-proof", _task("qualtrics_oauth_client", client), nothing, asks_qualtrics=True),
        Procedure(
            "account-and-client",
            _task("qualtrics_oauth_client", {**client, "read_account": True}),
            nothing,
            asks_qualtrics=True,
        ),
        Procedure("api_token-read", _task("qualtrics_api_token", client, no_log=True), nothing, asks_qualtrics=True),
    ]
    return {procedure.name: procedure for procedure in found}
