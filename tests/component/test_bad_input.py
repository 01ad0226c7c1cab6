# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Every option of every module meets values that it should not be given: a clear error, and nothing written.

``EXAMPLES=200 pytest tests/component/test_bad_input.py`` tries more values, ``SEED=7`` others.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.snow_ops.spokes.plugins.module_utils._task import validate
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire import session as wire
from connections import TABLES, own_records
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from promises.hostile.options import HIDDEN, INITIAL, MODULES, OPTIONS, REGISTER, TASKS, Option, hostile_values
from support import (
    API_TOKEN,
    CLIENT_ID,
    CLIENT_SECRET,
    PROPERTY,
    leaks,
    login,
    qualtrics_connection,
    run_task,
    writes,
)

from sandbox import Sandbox

EXAMPLES = int(os.environ.get("EXAMPLES", "2"))
SEED = os.environ.get("SEED", "1")
# What a lookalike URL among the values carries as a password.
URL_PASSWORD = "sandbox-Password-9"
LONGEST_MESSAGE = 10000


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Less patience than a real run has."""
    monkeypatch.setattr(wire, "ATTEMPTS", 1)


@pytest.fixture
def tidied(sandbox: Sandbox) -> Iterator[Sandbox]:
    """The sandbox, cleared in the end of what it could not make of the names that it was asked for."""
    yield sandbox
    sandbox.control.reset()


def is_refused_by_ansible(option: Option, value: Any) -> bool:
    """Whether Ansible's own check of the types fails in its own code, before the module has its turn."""
    code = __import__(f"ansible_collections.snow_ops.spokes.plugins.modules.{option.module}", fromlist=["MODULE_SPEC"])
    try:
        validate(option.module, code.MODULE_SPEC, option.spoiled(value))
    except (TypeError, OverflowError, RecursionError):
        return True
    return False


def assert_held(sandbox: Sandbox, option: Option, value: Any, result: dict[str, Any]) -> None:
    """Success, or a clear failure; one about the input names the option and comes before anything is written. No secret in either."""
    returned = ("api_token",) if option.module == "qualtrics_api_token" else ()
    text = json.dumps({name: part for name, part in result.items() if name not in returned}, default=str)
    assert "exception" not in result, result["exception"]
    assert leaks(text) == []
    if option.name in ("host", "proxy") or option.name.endswith(("url", "uri")):
        assert URL_PASSWORD not in text
    if not result.get("failed"):
        return
    message = result["msg"]
    assert len(message) < LONGEST_MESSAGE
    if "error" not in result:
        assert sandbox.control.requests() == []
    elif result["error"]["kind"] == "input":
        assert writes(sandbox) == []
    else:
        assert result["error"]["where"]
        assert result["error"]["why"] or result["error"]["advice"]
        return
    # An option that is a dictionary of any keys is named by the key.
    names = [option.name, "attribute", *(map(str, value) if isinstance(value, dict) else ())]
    assert any(name in message for name in names), message


@pytest.mark.sampled(every=3)
@pytest.mark.parametrize("option", OPTIONS, ids=str)
def test_a_bad_value_is_refused_clearly_and_in_time(tidied: Sandbox, option: Option) -> None:
    @seed(zlib.crc32(f"{SEED}/{option}".encode()))
    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(hostile_values())
    def try_out(value: Any) -> None:
        if is_refused_by_ansible(option, value):
            return
        tidied.control.reset()
        assert_held(tidied, option, value, run_task(option.module, option.spoiled(value), no_log=option.task in HIDDEN))

    try_out()


def test_no_module_is_left_out() -> None:
    assert sorted({module for module, _options in TASKS.values()}) == MODULES


@pytest.mark.parametrize("task", TASKS)
def test_the_tasks_that_are_spoiled_work_otherwise(sandbox: Sandbox, task: str) -> None:
    module, options = TASKS[task]
    assert "msg" not in run_task(module, options, no_log=task in HIDDEN)


def template(sandbox: Sandbox) -> dict[str, str]:
    """The record behind the spoke's Configure form."""
    rows = sandbox.control.records("acmedev", "sys_alias_templates")
    return next(row for row in rows if "X-API-TOKEN" in row["dynamic_data_schema"])


def parts(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths to all nodes of a JSON document."""
    yield path
    children = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for key, child in children:
        yield from parts(child, (*path, key))


ODD_NODES: list[Any] = [
    None,
    True,
    -1,
    10**20,
    0.5,
    "",
    "text",
    "\ud800",
    "connection.",
    "credential.oauth_entity.",
    [],
    [[]],
    {},
    {"": {}},
]
ODD_TEXTS = [
    "{",
    "[]",
    "7",
    "null",
    '"text"',
    "NaN",
    "[" * 100000,
    '{"a":' * 90 + "1" + "}" * 90,
    "{" + " " * 10**6 + "}",
    "\ufeff{}",
    "<xml/>",
    "\0",
]


@pytest.mark.parametrize("field", ["dynamic_data_schema", "default_data_template"])
@seed(zlib.crc32(SEED.encode()))
@settings(max_examples=8 * EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_broken_template_is_survived(sandbox: Sandbox, field: str, data: st.DataObject) -> None:
    sandbox.control.reset()
    row = template(sandbox)
    document = json.loads(row[field])
    if data.draw(st.booleans()):
        text = data.draw(st.sampled_from(ODD_TEXTS) | st.text(st.characters(), max_size=20))
    else:
        path = data.draw(st.sampled_from([path for path in parts(document) if path]))
        place = document
        for key in path[:-1]:
            place = place[key]
        place[path[-1]] = data.draw(st.sampled_from(ODD_NODES))
        text = json.dumps(document)
    sandbox.control.put("acmedev", "sys_alias_templates", row["sys_id"], {field: text})
    for module, options in (("snow_spoke_info", TASKS["spoke"][1]), ("snow_connection_alias", qualtrics_connection())):
        result = run_task(module, options)
        assert "exception" not in result, result["exception"]
        assert leaks(json.dumps(result)) == []
        if result.get("failed"):
            assert result["error"]["advice"]
            # A value that the form presets can be refused by the instance itself, and is seen only then.
            if result["error"]["kind"] in ("input", "unexpected_answer", "mismatch"):
                assert [own_records(sandbox, table) for table in TABLES] == [[]] * len(TABLES)


@pytest.mark.parametrize("value", ["1_000", "٣", "１２", "0x10", "1.0", "1e3", "--1", "+", "", " ", "1 000"])
def test_an_integer_has_ascii_digits(sandbox: Sandbox, value: str) -> None:
    options = {"instance": login(), "name": "x_acme.count", "type": "integer", "create": True}
    assert run_task("snow_sys_property", {**options, "value": value})["error"]["kind"] == "input"
    assert writes(sandbox) == []
    assert run_task("snow_sys_property", {**options, "value": " +007 "})["property"]["value"] == "7"


def test_an_empty_secret_value_is_refused(sandbox: Sandbox) -> None:
    options = {
        "instance": login(),
        "name": "x_acme.secret",
        "type": "password2",
        "create": True,
        "update_secret": "always",
    }
    assert "secret_value is empty" in run_task("snow_sys_property", {**options, "secret_value": ""})["msg"]
    assert sandbox.control.requests() == []


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Gateway": "sandbox-gateway-ł"},
        {"X-Gateway": "two\nlines"},
        {"X-Gateway": " led by a space"},
        {"X-Gateway": ["a list"]},
        {"X-Gateway": "x" * 5000},
        {"X Gateway": "x"},
        {"X-Gateway\r\nX": "x"},
        {"": "x"},
        {"content-length": 5},
        {"Content-Type": "text/plain"},
        {"HOST": "evil.example"},
        {"Authorization": "Basic x"},
    ],
)
def test_a_header_that_cannot_be_sent_is_an_error_of_the_input(sandbox: Sandbox, headers: dict[str, Any]) -> None:
    result = run_task("snow_sys_property", {"instance": login(custom_headers=headers), "name": PROPERTY, "value": "x"})
    assert result["error"]["kind"] == "input"
    assert "instance.custom_headers" in result["msg"]
    assert "sandbox-gateway" not in str(result)
    assert sandbox.control.requests() == []


def test_headers_for_a_gateway_arrive_as_they_are(sandbox: Sandbox) -> None:
    headers = {"X-Gateway": "sandbox gateway; a=b", "X-Count": 7, "X-Flag": True, "X-Empty": ""}
    result = run_task("snow_sys_property", {"instance": login(custom_headers=headers), "name": PROPERTY, "value": "x"})
    assert result["changed"]


def test_a_user_name_with_a_colon_would_be_read_as_another_user(sandbox: Sandbox) -> None:
    result = run_task(
        "snow_sys_property", {"instance": login(username="spoke.setup:x"), "name": PROPERTY, "value": "x"}
    )
    assert "instance.username contains a colon" in result["msg"]
    assert sandbox.control.requests() == []


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"scopes": []}, "scopes is empty"),
        ({"scopes": ["manage:all read:users"]}, "scopes[0] is not a scope"),
        ({"scopes": ["manage:all", ""]}, "scopes[1] is not a scope"),
        ({"name": ""}, "name is empty"),
        ({"name": " "}, "name is empty"),
    ],
)
@pytest.mark.parametrize(
    "client", [{"client_id": CLIENT_ID, "client_secret": CLIENT_SECRET}, {"registration_url": REGISTER}, {}]
)
def test_an_oauth_client_needs_a_name_and_scopes(
    sandbox: Sandbox, client: dict[str, Any], changes: dict[str, Any], part: str
) -> None:
    result = run_task("qualtrics_oauth_client", {"datacenter_id": "fra1", **client, **changes}, no_log=True)
    assert part in result["msg"]
    assert sandbox.control.requests() == []


def test_what_the_proof_needs_is_checked_before_a_client_is_registered(sandbox: Sandbox) -> None:
    options = {"registration_url": REGISTER, "initial_access_token": INITIAL}
    for changes in (
        {},
        {"datacenter_id": "a b"},
        {"datacenter_id": "fra1", "api_token": "ł"},
        {"datacenter_id": "fra1", "token_url": "x"},
    ):
        assert run_task("qualtrics_oauth_client", {**options, **changes}, no_log=True)["error"]["kind"] == "input"
    assert sandbox.control.requests() == []


def test_a_registration_address_that_is_not_used_is_said(sandbox: Sandbox) -> None:
    options = {
        "datacenter_id": "fra1",
        "client_id": CLIENT_ID,
        "client_secret": CLIENT_SECRET,
        "registration_url": REGISTER,
    }
    result = run_task("qualtrics_oauth_client", options)
    assert result["proven"]
    assert "registration_url was not used" in result["warnings"][0]
    assert {entry["host"] for entry in sandbox.control.requests()} == {"fra1.qualtrics.com", "acme.qualtrics.com"}


@pytest.mark.parametrize("timeout", [0, -1, "nan", "inf", 1e300, 3601])
def test_a_timeout_is_a_time(sandbox: Sandbox, timeout: Any) -> None:
    for module, options in (
        ("snow_spoke_info", {"instance": login(timeout=timeout), "scope": "x"}),
        ("qualtrics_account_info", {"api_token": API_TOKEN}),
    ):
        result = run_task(module, {**options, **({"timeout": timeout} if "api_token" in options else {})})
        assert "timeout" in result["error"]["what"]
    assert sandbox.control.requests() == []


@pytest.mark.parametrize("path", ["/dev/zero", "/dev/null", "/nonexistent", "/etc/passwd", "relative.pem"])
def test_certificate_files_are_looked_at_first(sandbox: Sandbox, path: str) -> None:
    for changes in ({"ca_path": path}, {"client_certificate_file": path, "client_key_file": path}):
        result = run_task("snow_spoke_info", {"instance": login(**changes), "scope": "x"})
        assert result["error"]["kind"] == "input"
        assert next(iter(changes)) in result["error"]["what"]
    assert sandbox.control.requests() == []
