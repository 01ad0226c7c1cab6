# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""A registry of another type than a provider's, such as an inbound client's, is neither adopted, written, compared, used nor removed."""

from __future__ import annotations

from typing import Any

import pytest
from connections import MODULE, call, configure, install_endpoint, one, own_records
from endpoint_calls import NONCE, compared, proofs, tables
from support import login, qualtrics_connection, run_task, writes

from sandbox import Sandbox

OTHER_TYPES = ["client", "Client", "jwt_client", "consumer ", ""]
PAYROLL = {
    "name": "Qualtrics OAuth",
    "type": "client",
    "active": "true",
    "client_id": "payroll",
    "client_secret": "sandbox-payroll-fake",
    "sys_updated_by": "payroll.admin",
    "sys_updated_on": "2026-11-01 12:00:00",
}


@pytest.fixture(params=["records", "endpoint"])
def route(request: pytest.FixtureRequest, sandbox: Sandbox) -> str:
    """The route that the task takes."""
    if request.param == "endpoint":
        install_endpoint(sandbox)
    return str(request.param)


def attempt(route: str, check_mode: bool, **changes: Any) -> dict[str, Any]:
    """Run the module, whatever comes of it."""
    return run_task(MODULE, qualtrics_connection(route=route, **changes), check_mode)


def remove(route: str, check_mode: bool = False) -> dict[str, Any]:
    """Have the connection removed."""
    options = {
        "instance": login(),
        "state": "absent",
        "scope": "sn_qualtrics_spoke",
        "connection": {"name": "Qualtrics"},
        "oauth": {"name": "Qualtrics OAuth"},
        "route": route,
    }
    return run_task(MODULE, options, check_mode)


def assert_refused(sandbox: Sandbox, result: dict[str, Any], type_: str, who: str) -> None:
    """Nothing was written, and the message says what is wrong, who did it and when, and does not lead around the refusal."""
    assert result["error"]["kind"] == "mismatch"
    for part in ("oauth_entity.type", repr(type_), who, "2026-11-01 12:00:00", "nothing was written", "oauth.name"):
        assert part in result["msg"]
    assert "route" not in result["msg"]
    assert writes(sandbox) == []


def test_an_inbound_client_of_the_wanted_name_is_left_alone(sandbox: Sandbox, route: str) -> None:
    sandbox.control.put("acmedev", "oauth_entity", "a" * 32, PAYROLL)
    before = own_records(sandbox, "oauth_entity", plain=True)
    sandbox.control.clear_requests()
    for update_secret in ("on_create", "always"):
        for check_mode in (True, False):
            result = attempt(route, check_mode, update_secret=update_secret)
            assert_refused(sandbox, result, "client", "payroll.admin")
    for check_mode in (True, False):
        assert_refused(sandbox, remove(route, check_mode), "client", "payroll.admin")
    assert own_records(sandbox, "oauth_entity", plain=True) == before
    assert all("a" * 32 not in line for line in compared(sandbox))


@pytest.mark.sampled(every=2)
@pytest.mark.parametrize("type_", OTHER_TYPES)
def test_our_own_registry_whose_type_was_changed_is_refused(sandbox: Sandbox, route: str, type_: str) -> None:
    configure(route=route)
    registry = one(sandbox, "oauth_entity")
    changes = {"type": type_, "sys_updated_by": "mallory", "sys_updated_on": "2026-11-01 12:00:00"}
    sandbox.control.put("acmedev", "oauth_entity", registry["sys_id"], changes)
    sandbox.control.clear_requests()
    for check_mode in (True, False):
        for changed in ({}, {"update_secret": "always"}, {"replace_foreign_connection": True}):
            assert_refused(sandbox, attempt(route, check_mode, **changed), type_, "mallory")
    assert_refused(sandbox, remove(route), type_, "mallory")
    for good in ("consumer", "oauth_provider"):
        sandbox.control.put("acmedev", "oauth_entity", registry["sys_id"], {"type": good})
        assert not configure(route=route)["changed"]


def test_a_rotation_refuses_it_too(sandbox: Sandbox, route: str) -> None:
    configure(route=route)
    changes = {"type": "client", "sys_updated_by": "mallory", "sys_updated_on": "2026-11-01 12:00:00"}
    sandbox.control.put("acmedev", "oauth_entity", one(sandbox, "oauth_entity")["sys_id"], changes)
    sandbox.control.clear_requests()
    result = attempt(route, False, put_back=route == "endpoint", update_secret="always", test_path="/directories")
    assert_refused(sandbox, result, "client", "mallory")


@pytest.mark.sampled(every=2)
@pytest.mark.parametrize("type_", OTHER_TYPES)
def test_the_endpoint_itself_does_nothing_with_it(sandbox: Sandbox, type_: str) -> None:
    path = install_endpoint(sandbox)
    configure(get_token=True)
    registry, connection = one(sandbox, "oauth_entity"), one(sandbox, "http_connection")["sys_id"]
    sandbox.control.put("acmedev", "oauth_entity", registry["sys_id"], {"type": type_})
    before, lines = own_records(sandbox, "oauth_entity", plain=True), compared(sandbox)
    subject = {"nonce": NONCE, "scope": "sn_qualtrics_spoke", "registry_name": "Qualtrics OAuth", "proofs": proofs()}
    answer = call(sandbox, f"{path}/state", subject)
    (row,) = [row for row in tables(answer)["oauth_entity"] if row["sys_id"] == registry["sys_id"]]
    assert row["client_secret"] == "different"
    assert [line for line in compared(sandbox) if line not in lines and "client_secret" in line] == []
    step = {
        "role": "registry",
        "table": "oauth_entity",
        "action": "update",
        "sys_id": registry["sys_id"],
        "values": {"comments": "x"},
    }
    calls: dict[str, dict[str, Any]] = {
        "update": {"steps": [step]},
        "token": {"connection_sys_id": connection},
        "test": {"connection_sys_id": connection, "path": "/directories", "headers": {}},
        "rotate": {
            "connection_sys_id": connection,
            "steps": [step],
            "path": "/directories",
            "headers": {},
            "needed": [],
            "get_token": "true",
        },
    }
    for operation, document in calls.items():
        answer = call(sandbox, f"{path}/{operation}", {"nonce": NONCE, **document})
        assert (operation, answer.status_code, "an inbound client's" in answer.text) == (operation, 409, True), (
            answer.text
        )
    assert own_records(sandbox, "oauth_entity", plain=True) == before
