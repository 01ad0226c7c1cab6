# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""snow_sys_property: it changes what is there, checks what it writes, and writes nothing when nothing differs."""

from __future__ import annotations

from typing import Any

import pytest
from support import DIRECTORY, PROPERTY, login, run_task, writes

from sandbox import Sandbox

MODULE = "snow_sys_property"
SECRET = "sandbox-property-secret"


def run(check_mode: bool = False, **options: Any) -> dict[str, Any]:
    return run_task(MODULE, {"instance": login(), "name": PROPERTY, **options}, check_mode)


def stored(sandbox: Sandbox, name: str = PROPERTY, plain: bool = False) -> dict[str, str] | None:
    return next(
        (row for row in sandbox.control.records("acmedev", "sys_properties", plain) if row["name"] == name), None
    )


def put(sandbox: Sandbox, name: str, **values: str) -> None:
    sandbox.control.put("acmedev", "sys_properties", "a" * 32, {"name": name, **values})


def test_a_property_is_set_once(sandbox: Sandbox) -> None:
    foretold, first = run(check_mode=True, value=DIRECTORY), run(value=DIRECTORY)
    assert foretold == first
    assert first["changed"]
    assert first["diff"][0]["before"] == {"value": ""}
    assert first["diff"][0]["after"] == {"value": DIRECTORY}
    address = f"acmedev.service-now.com/api/now/table/sys_properties/{first['property']['sys_id']}"
    assert writes(sandbox) == [f"PATCH {address}"]
    second = run(value=DIRECTORY)
    assert not second["changed"]
    assert writes(sandbox) == [f"PATCH {address}"]
    assert second["property"]["value"] == DIRECTORY


def test_a_missing_property_is_not_created_unless_told_to(sandbox: Sandbox) -> None:
    refused = run(name="x_acme.flag", value="true", type="boolean")
    assert refused["error"]["kind"] == "missing"
    assert "The system property x_acme.flag does not exist" in refused["msg"]
    assert writes(sandbox) == []
    options = {
        "name": "x_acme.flag",
        "value": "Yes",
        "type": "boolean",
        "description": "A flag",
        "is_private": True,
        "create": True,
    }
    foretold, made = run(check_mode=True, **options), run(**options)
    assert foretold == made
    row = stored(sandbox, "x_acme.flag")
    assert row is not None
    assert (row["value"], row["type"], row["description"], row["is_private"], row["ignore_cache"]) == (
        "true",
        "boolean",
        "A flag",
        "true",
        "true",
    )
    assert not run(**options)["changed"]


@pytest.mark.parametrize(
    ("kind", "given", "kept"),
    [
        ("boolean", "ON", "true"),
        ("boolean", " no ", "false"),
        ("boolean", True, "true"),
        ("integer", " 007 ", "7"),
        ("integer", -5, "-5"),
        ("choicelist", "blue", "blue"),
        ("string", True, "True"),
        ("string", "two\nlines", "two\nlines"),
        ("string", "äöü ^ = , <b>&amp;", "äöü ^ = , <b>&amp;"),
        ("string", "x" * 4000, "x" * 4000),
        ("string", "", ""),
    ],
)
def test_a_value_is_stored_as_its_readers_expect_it(sandbox: Sandbox, kind: str, given: object, kept: str) -> None:
    put(sandbox, "x_acme.value", type=kind, value="before", choices="Rot=red,blue")
    assert run(name="x_acme.value", value=given)["changed"]
    row = stored(sandbox, "x_acme.value")
    assert row is not None and row.get("value", "") == kept
    assert not run(name="x_acme.value", value=given)["changed"]


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        ({"description": "What it is for"}, {"description": "What it is for"}),
        ({"type": "integer", "value": "5"}, {"type": "integer", "value": "5"}),
        ({"ignore_cache": False, "is_private": True}, {"ignore_cache": "false", "is_private": "true"}),
        ({"read_roles": "admin", "write_roles": "admin,itil"}, {"read_roles": "admin", "write_roles": "admin,itil"}),
        (
            {"type": "choicelist", "choices": "a,b", "value": "b"},
            {"type": "choicelist", "choices": "a,b", "value": "b"},
        ),
    ],
)
def test_other_columns_are_changed_alone_and_once(
    sandbox: Sandbox, options: dict[str, Any], kept: dict[str, str]
) -> None:
    put(sandbox, "x_acme.value", type="string", value="1", ignore_cache="true", description="")
    before = stored(sandbox, "x_acme.value")
    foretold, made = run(check_mode=True, name="x_acme.value", **options), run(name="x_acme.value", **options)
    assert foretold == made
    assert set(made["diff"][0]["after"]) == set(options)
    after = stored(sandbox, "x_acme.value")
    assert before is not None and after is not None
    changed = {
        name: value for name, value in after.items() if not name.startswith("sys_") and value != before.get(name)
    }
    assert changed == kept
    assert not run(name="x_acme.value", **options)["changed"]


def test_absent_deletes_the_record_once(sandbox: Sandbox) -> None:
    foretold = run(check_mode=True, state="absent")
    assert stored(sandbox) is not None
    assert foretold == run(state="absent")
    assert foretold["property"] is None
    assert stored(sandbox) is None
    assert not run(state="absent")["changed"]


def test_a_secret_is_encrypted_and_never_shown(sandbox: Sandbox) -> None:
    options = {"name": "x_acme.key", "type": "password2", "secret_value": SECRET, "create": True}
    made = run(**options)
    assert made["changed"]
    assert SECRET not in str(made)
    row, decrypted = stored(sandbox, "x_acme.key"), stored(sandbox, "x_acme.key", plain=True)
    assert row is not None and decrypted is not None
    assert row["value"] not in ("", SECRET)
    assert row["value"] not in str(made)
    assert decrypted["value"] == SECRET
    assert not run(**options)["changed"]
    rotated = run(**{**options, "secret_value": SECRET + "-2", "update_secret": "always"})
    assert rotated["changed"]
    decrypted = stored(sandbox, "x_acme.key", plain=True)
    assert decrypted is not None and decrypted["value"] == SECRET + "-2"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": "x.count", "value": "many"}, "is an integer; 'many' is not a whole number"),
        ({"name": "x.flag", "value": "perhaps"}, "is a boolean and 'perhaps' is neither true nor false"),
        ({"name": "x.colour", "value": "green"}, "takes one of red, blue, not 'green'"),
        ({"name": "x.secret", "value": "in clear"}, "Give its value in secret_value"),
        ({"name": PROPERTY, "secret_value": SECRET}, "stored and shown in clear"),
        ({"name": PROPERTY, "value": "x" * 4001}, "has 4001 characters, the instance keeps 4000"),
        ({"name": "", "value": "1"}, "is empty, too long or has white space"),
        ({"name": " padded ", "value": "1"}, "is empty, too long or has white space"),
        ({"name": "x" * 101, "value": "1"}, "is empty, too long or has white space"),
        ({"name": "a\nb", "value": "1"}, "contains a control character"),
        ({"name": "javascript:gs.getUserID()", "value": "1"}, "starts with javascript:"),
        ({"name": PROPERTY, "value": "1", "secret_value": "2"}, "mutually exclusive"),
        ({"name": "x.secret", "type": "string"}, "changes from password2 to string"),
        ({"name": PROPERTY, "type": "password2"}, "changes from string to password2"),
        ({"name": PROPERTY, "type": "banana"}, "value of type must be one of"),
        ({"name": "twice", "value": "1"}, "There are 2 properties called twice"),
    ],
)
def test_bad_input_is_refused_before_anything_is_written(
    sandbox: Sandbox, options: dict[str, Any], message: str
) -> None:
    kinds = {"x.count": "integer", "x.flag": "boolean", "x.colour": "choicelist", "x.secret": "password2"}
    if options["name"] in kinds:
        put(sandbox, options["name"], type=kinds[options["name"]], choices="Rot=red,blue")
    if options["name"] == "twice":
        for digit in "12":
            sandbox.control.put("acmedev", "sys_properties", digit * 32, {"name": "twice"})
    sandbox.control.clear_requests()
    result = run(**options)
    assert message in result["msg"]
    assert writes(sandbox) == []


@pytest.mark.parametrize(
    "name", ["with^caret", "with^^two", "with,comma", "with=sign", "with'quote", "Ünïcode", "a^ORname=glide.war"]
)
def test_odd_names_meet_no_other_record(sandbox: Sandbox, name: str) -> None:
    total = len(sandbox.control.records("acmedev", "sys_properties"))
    assert "does not exist" in run(name=name, value="1")["msg"]
    assert run(name=name, value="1", create=True)["changed"]
    assert not run(name=name, value="1")["changed"]
    assert run(name=name, state="absent")["changed"]
    assert len(sandbox.control.records("acmedev", "sys_properties")) == total


def test_a_name_in_other_case_is_another_property(sandbox: Sandbox) -> None:
    assert "does not exist" in run(name=PROPERTY.upper(), value="1")["msg"]


def deny(sandbox: Sandbox, name: str) -> None:
    values = {"name": name, "operation": "write", "decision_type": "deny"}
    sandbox.control.put("acmedev", "sys_security_acl", "c" * 32, values)


def test_a_value_that_the_instance_silently_drops_is_an_error_that_names_the_field(sandbox: Sandbox) -> None:
    deny(sandbox, "sys_properties.value")
    result = run(value=DIRECTORY)
    assert result["error"]["kind"] == "not_stored"
    assert "table sys_properties" in result["error"]["where"]
    assert "field value" in result["error"]["where"]
    assert f"instead of '{DIRECTORY}'" in result["error"]["why"]


def test_what_the_account_may_not_do_is_said_with_table_and_role(sandbox: Sandbox) -> None:
    user = {"username": "itil.user", "password": "sandbox-Password-2"}
    result = run(value=DIRECTORY, instance=login(**user))
    assert result["error"]["kind"] == "access"
    assert "table sys_properties" in result["error"]["where"]
    assert "admin" in result["error"]["advice"]


@pytest.mark.parametrize(
    ("host", "message"),
    [
        ("", "instance.host is not given"),
        ("http://acmedev.service-now.com", "has to start with https://"),
        ("https://acmedev.service-now.com/now", "instance.host has a path"),
        ("https://user:secret@acmedev.service-now.com", "carries a login in the URL"),
        ("https://acmedev.service-now.com?x=1", "carries a query"),
        ("https://acmedev.service-now.com\\@evil.example.com", "carries a login in the URL"),
        ("https://acmedev.service-now.com\\evil", "backslash"),
        ("acme dev", "white space"),
        ("https://", "is not a URL"),
        ("https://acmedev.service-now.com:99999", "is not a URL"),
        ("ftp://acmedev.service-now.com", "has to start with https://"),
    ],
)
def test_hosts_that_cannot_be_meant_are_refused_before_anything_is_sent(
    sandbox: Sandbox, host: str, message: str
) -> None:
    result = run(value="1", instance=login(host=host))
    assert message in result["msg"]
    assert "secret" not in result["msg"]
    assert sandbox.control.requests() == []


@pytest.mark.parametrize(
    "host",
    ["acmedev", "acmedev.service-now.com", "https://acmedev.service-now.com/", "https://ACMEDEV.service-now.com"],
)
def test_hosts_can_be_given_as_people_write_them(sandbox: Sandbox, host: str) -> None:
    assert run(value=DIRECTORY, instance=login(host=host))["changed"]
