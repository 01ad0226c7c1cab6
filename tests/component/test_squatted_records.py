# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Records that somebody prepared or tampered with: settings that decide where secrets go are never taken over in silence."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile.plan import derived_sys_id
from connections import TABLES, assert_configured, attempt, configure, install_endpoint, one, own_records
from support import API_TOKEN, CLIENT_SECRET, qualtrics_connection, run_task, writes

from sandbox import Sandbox

BASE = qualtrics_connection()
EVIL = "https://evil.example/oauth2"
# Table, what is stored, the option that would declare it.
UNDECLARED = [
    ("http_connection", {"use_mid": "true"}, "connection.use_mid"),
    ("http_connection", {"mid_selection": "specific_mid_server"}, "connection.mid_selection"),
    ("http_connection", {"mid_server": "e" * 32}, "connection.mid_server"),
    ("http_connection", {"mid_cluster": "e" * 32}, "connection.mid_cluster"),
    ("http_connection", {"mid_protocol_profile": "e" * 32}, "connection.mid_protocol_profile"),
    ("http_connection", {"mutual_auth": "true"}, "connection.mutual_auth"),
    ("http_connection", {"protocol_profile": "e" * 32}, "connection.protocol_profile"),
    ("oauth_entity", {"oauth_api_script": "e" * 32}, "oauth.oauth_api_script"),
    ("oauth_entity", {"use_mutual_auth": "true"}, "oauth.use_mutual_auth"),
    ("oauth_entity", {"protocol_name": "e" * 32}, "oauth.protocol_name"),
    ("oauth_entity", {"refresh_token_url": EVIL}, "oauth.refresh_token_url"),
    ("oauth_entity", {"revoke_token_url": EVIL}, "oauth.revoke_token_url"),
    ("oauth_entity", {"auth_url": EVIL}, "oauth.auth_url"),
    ("oauth_entity", {"redirect_url": EVIL}, "oauth.redirect_url"),
]
PUT_RIGHT = [
    ("oauth_entity", {"public_client": "true"}, {"public_client": "false"}),
    (
        "oauth_entity",
        {"send_client_credentials_as": "basic_authorization_header"},
        {"send_client_credentials_as": "request_body_parameter"},
    ),
    ("oauth_entity", {"oauth_api_script": ""}, {"oauth_api_script": "3e3a3a11c333210016194ffe5bba8f70"}),
    ("http_connection", {"url_builder": "true"}, {"url_builder": "false"}),
    ("http_connection", {"host": "evil.example"}, {"host": "acme.qualtrics.com"}),
    ("http_connection", {"port": "8443"}, {"port": ""}),
    ("http_connection", {"protocol": "http"}, {"protocol": "https"}),
    ("http_connection", {"base_path": "/evil"}, {"base_path": "/API/v3"}),
]
HARMLESS = [
    ("oauth_entity", {"refresh_token_url": "https://fra1.qualtrics.com/oauth2/token"}),
    ("oauth_entity", {"redirect_url": "https://acmedev.service-now.com/oauth_redirect.do"}),
    ("oauth_entity", {"redirect_url": "https://servicedesk.acme.example/oauth_redirect.do"}),
    ("http_connection", {"host": "acme.qualtrics.com", "port": "443", "protocol": "https", "base_path": "API/v3/"}),
]


@pytest.fixture(params=["records", "endpoint"])
def route(request: pytest.FixtureRequest, sandbox: Sandbox) -> str:
    """The route that the task takes by itself."""
    if request.param == "endpoint":
        install_endpoint(sandbox)
    return str(request.param)


def declared(option: str, value: str) -> dict[str, Any]:
    """The option group in which ``option`` has ``value``."""
    group, _dot, name = option.partition(".")
    return {group: {**BASE[group], name: {"true": True, "false": False}.get(value, value)}}


@pytest.mark.sampled(every=3)
@pytest.mark.parametrize(("table", "values", "option"), UNDECLARED)
def test_a_setting_that_nobody_asked_for_stops_the_run_until_it_is_declared(
    sandbox: Sandbox, route: str, table: str, values: dict[str, str], option: str
) -> None:
    configure()
    ((column, value),) = values.items()
    sandbox.control.put("acmedev", "oauth_entity", one(sandbox, "oauth_entity")["sys_id"], {"client_secret": ""})
    changes = {**values, "sys_updated_by": "mallory", "sys_updated_on": "2026-11-01 12:00:00"}
    sandbox.control.put("acmedev", table, one(sandbox, table)["sys_id"], changes)
    sandbox.control.clear_requests()
    # The secret would be written, and is not.
    for check_mode in (True, False):
        result = attempt(check_mode)
        assert result["error"]["kind"] == "mismatch"
        for part in (f"{table}.{column}", repr(value), option, "mallory", "2026-11-01 12:00:00", "nothing was written"):
            assert part in result["msg"]
    assert writes(sandbox) == []
    done = configure(**declared(option, value))
    assert done["changed"]
    assert one(sandbox, table)[column] == value
    assert not configure(**declared(option, value))["changed"]


@pytest.mark.sampled(every=3)
@pytest.mark.parametrize(("table", "values", "wanted"), PUT_RIGHT)
def test_what_follows_from_template_and_url_is_put_right(
    sandbox: Sandbox, route: str, table: str, values: dict[str, str], wanted: dict[str, str]
) -> None:
    configure()
    sandbox.control.put("acmedev", table, one(sandbox, table)["sys_id"], values)
    assert configure(check_mode=True)["changed"]
    result = configure()
    (step,) = [step for step in result["records"] if step["action"] == "update"]
    assert (step["table"], step["before"], step["after"]) == (table, values, wanted)
    row = one(sandbox, table)
    assert {name: row.get(name, "") for name in wanted} == wanted
    assert_configured(sandbox)
    assert not configure()["changed"]


@pytest.mark.sampled(every=3)
@pytest.mark.parametrize(
    ("table", "values"),
    [
        ("oauth_entity", {"token_url": "https://evil.qualtrics.com/oauth2/token"}),
        ("http_connection", {"connection_url": "https://acme.fra1.qualtrics.com/API/v3"}),
        ("http_connection", {"credential": "e" * 32}),
        *[(table, values) for table, values, _wanted in PUT_RIGHT],
    ],
)
def test_who_wrote_what_is_put_right_is_told(sandbox: Sandbox, route: str, table: str, values: dict[str, str]) -> None:
    configure()
    changes = {**values, "sys_updated_by": "mallory", "sys_updated_on": "2026-11-01 12:00:00"}
    sandbox.control.put("acmedev", table, one(sandbox, table)["sys_id"], changes)
    ((column, value),) = values.items()
    for check_mode in (True, False):
        result = configure(check_mode=check_mode)
        assert result["changed"]
        (text,) = result["put_right"]
        assert text in result["warnings"]
        for part in (f"{table}.{column}", repr(value or ""), "last changed by mallory on 2026-11-01 12:00:00 UTC"):
            assert part in text
    assert configure()["put_right"] == []


@pytest.mark.parametrize(
    ("table", "values"),
    [
        ("oauth_entity", {"comments": "snow_ops.spokes instance: acmeprod"}),
        ("http_connection", {"connection_url": "https://evil.qualtrics.com/API/v3"}),
    ],
)
def test_who_made_a_connection_look_like_anothers_is_told(
    sandbox: Sandbox, route: str, table: str, values: dict[str, str]
) -> None:
    configure()
    row = one(sandbox, table)
    if "comments" in values:
        values = {"comments": row["comments"].replace("acmedev", "acmeprod")}
    changes = {**values, "sys_updated_by": "mallory", "sys_updated_on": "2026-11-01 12:00:00"}
    sandbox.control.put("acmedev", table, row["sys_id"], changes)
    result = attempt(True)
    assert result["error"]["kind"] == "mismatch"
    assert "last changed by mallory on 2026-11-01 12:00:00 UTC" in result["msg"]


@pytest.mark.parametrize(("table", "values"), HARMLESS)
def test_what_the_platform_fills_in_is_left_alone(
    sandbox: Sandbox, route: str, table: str, values: dict[str, str]
) -> None:
    configure()
    sandbox.control.put("acmedev", table, one(sandbox, table)["sys_id"], values)
    assert not configure()["changed"]


def test_a_new_url_takes_the_parts_of_its_address_along(sandbox: Sandbox, route: str) -> None:
    configure()
    values = {"connection_url": "https://acme.fra1.qualtrics.com/API/v3", "host": "acme.fra1.qualtrics.com"}
    sandbox.control.put("acmedev", "http_connection", one(sandbox, "http_connection")["sys_id"], values)
    assert configure()["changed"]
    for _run in range(2):
        result = configure()
    assert not result["changed"]
    assert one(sandbox, "http_connection").get("host", "") in ("", "acme.qualtrics.com")


def test_a_declared_setting_is_made_and_kept(sandbox: Sandbox, route: str) -> None:
    options = {
        **declared("connection.use_mid", "true"),
        **declared("oauth.refresh_token_url", "https://fra1.qualtrics.com/oauth2/refresh"),
    }
    configure(**options)
    assert one(sandbox, "http_connection")["use_mid"] == "true"
    assert one(sandbox, "oauth_entity")["refresh_token_url"] == "https://fra1.qualtrics.com/oauth2/refresh"
    assert not configure(**options)["changed"]
    assert "connection.use_mid" in attempt()["msg"]
    configure(**declared("connection.use_mid", "false"), **declared("oauth.refresh_token_url", ""))
    assert not configure()["changed"]


def test_all_deviations_are_named_at_once(sandbox: Sandbox, route: str) -> None:
    configure()
    sandbox.control.put(
        "acmedev",
        "http_connection",
        one(sandbox, "http_connection")["sys_id"],
        {"use_mid": "true", "mutual_auth": "true"},
    )
    sandbox.control.put("acmedev", "oauth_entity", one(sandbox, "oauth_entity")["sys_id"], {"revoke_token_url": EVIL})
    message = attempt(check_mode=True)["msg"]
    assert [part for part in ("use_mid", "mutual_auth", "revoke_token_url") if part not in message] == []


def squat(sandbox: Sandbox, table: str, role: str, values: dict[str, str]) -> str:
    """Put a record under the sys_id that a new record of this collection will get."""
    alias = next(row for row in sandbox.control.records("acmedev", "sys_alias") if row["name"] == "Qualtrics")["sys_id"]
    sys_id = derived_sys_id("acmedev", alias, role)
    sandbox.control.put("acmedev", table, sys_id, {"sys_updated_by": "mallory", **values})
    return sys_id


@pytest.mark.parametrize(
    ("table", "role", "values"),
    [
        ("http_connection", "connection", {"name": "innocent", "active": "false"}),
        ("oauth_entity", "registry", {"name": "innocent"}),
        ("oauth_2_0_credentials", "credential", {"name": "innocent"}),
        ("oauth_entity_scope", "scope manage:all", {"oauth_entity_scope": "manage:all", "oauth_entity": "another"}),
    ],
)
@pytest.mark.parametrize("with_form", [True, False])
def test_a_record_under_our_sys_id_that_is_another_ones_is_refused_and_not_moved(
    sandbox: Sandbox, route: str, table: str, role: str, values: dict[str, str], with_form: bool
) -> None:
    if route == "endpoint" and with_form:
        # The form's own builder chooses sys_ids of its own: nothing can be prepared.
        squat(sandbox, table, role, values)
        configure()
        return
    if route == "endpoint":
        alias = next(row for row in sandbox.control.records("acmedev", "sys_alias") if row["name"] == "Qualtrics")
        sandbox.control.put("acmedev", "sys_alias", alias["sys_id"], {"configuration_template": ""})
    if "oauth_entity" in values:
        values = {**values, "oauth_entity": own_or_other_registry(sandbox)}
    sys_id = squat(sandbox, table, role, values)
    before = {name: sandbox.control.records("acmedev", name) for name in TABLES}
    result = attempt()
    assert result["error"]["kind"] == "mismatch", result
    assert sys_id in result["msg"] and "mallory" in result["msg"]
    assert {name: sandbox.control.records("acmedev", name) for name in TABLES} == before


def own_or_other_registry(sandbox: Sandbox) -> str:
    """A registry of somebody else."""
    return next(row["sys_id"] for row in sandbox.control.records("acmedev", "oauth_entity"))


def test_a_registry_prepared_under_the_wanted_name_gets_no_secret(sandbox: Sandbox, route: str) -> None:
    values = {
        "name": "Qualtrics OAuth",
        "type": "oauth_provider",
        "oauth_api_script": "e" * 32,
        "refresh_token_url": EVIL,
    }
    sandbox.control.put("acmedev", "oauth_entity", "9" * 32, values)
    result = attempt()
    assert "oauth_entity.oauth_api_script" in result["msg"] and "oauth_entity.refresh_token_url" in result["msg"]
    assert CLIENT_SECRET not in str(own_records(sandbox, "oauth_entity", plain=True))
    assert API_TOKEN not in str(own_records(sandbox, "sys_variable_value"))


def test_a_property_under_our_sys_id_that_is_another_one_is_refused(sandbox: Sandbox) -> None:
    sys_id = derived_sys_id("acmedev", "sys_properties/x.new", "x.new")
    sandbox.control.put("acmedev", "sys_properties", sys_id, {"name": "glide.other", "value": "theirs"})
    options = {
        "instance": BASE["instance"],
        "name": "x.new",
        "secret_value": "sandbox-fake-secret",
        "type": "password2",
        "create": True,
    }
    result = run_task("snow_sys_property", options)
    assert result["error"]["kind"] == "mismatch"
    row = next(
        row for row in sandbox.control.records("acmedev", "sys_properties", plain=True) if row["sys_id"] == sys_id
    )
    assert (row["name"], row["value"]) == ("glide.other", "theirs")
