# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Whose a connection is: one instance under several addresses, clones, connections made by hand, orphans, and what was not compared."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from connections import (
    MODULE,
    TABLES,
    all_records,
    assert_configured,
    attempt,
    configure,
    install_endpoint,
    one,
    own_records,
)
from support import API_TOKEN, CLIENT_SECRET, OTHER_SECRET, login, qualtrics_connection, run_task, writes

from sandbox import Sandbox

CUSTOM_URL = "https://servicedesk.acme.example"
NAMESPACE = uuid.UUID("6d0f2b4e-6b0e-5a53-9a3f-2f6a4b1c7d58")
CLONED = (*TABLES, "oauth_credential", "oauth_requestor_profile")


@pytest.fixture(params=["records", "endpoint"])
def route(request: pytest.FixtureRequest, sandbox: Sandbox) -> str:
    """The route that the task takes by itself."""
    if request.param == "endpoint":
        install_endpoint(sandbox)
        install_endpoint(sandbox, "acmeprod")
    return str(request.param)


def clone(sandbox: Sandbox, source: str = "acmeprod", target: str = "acmedev") -> None:
    """What a clone takes along of a connection; ciphertexts stay those of the source."""
    for table in CLONED:
        for row in own_records(sandbox, table, instance=target):
            sandbox.control.delete(target, table, row["sys_id"])
        for row in own_records(sandbox, table, instance=source):
            sandbox.control.put(target, table, row.pop("sys_id"), row)


def connection_of(name: str, **changes: Any) -> dict[str, Any]:
    """Set up another instance."""
    result = run_task(MODULE, qualtrics_connection(name, **changes))
    assert not result.get("failed"), result["msg"]
    return result


@pytest.mark.parametrize(
    "other", ["https://AcmeDev.service-now.com/", "https://acmedev.service-now.com:443", CUSTOM_URL]
)
@pytest.mark.parametrize("is_first", [True, False])
def test_an_instance_is_the_same_however_its_address_is_spelt(
    sandbox: Sandbox, route: str, other: str, is_first: bool
) -> None:
    hosts = [other, "https://acmedev.service-now.com"] if is_first else ["https://acmedev.service-now.com", other]
    first, second = (configure(instance=login(host=host)) for host in hosts)
    assert (first["changed"], second["changed"]) == (True, False)
    assert {result["instance"]["identity"] for result in (first, second)} == {"acmedev"}
    assert [step["sys_id"] for step in first["records"]] == [step["sys_id"] for step in second["records"]]


def test_an_account_that_may_not_read_the_name_is_told_so_under_a_custom_url(sandbox: Sandbox) -> None:
    configure()
    table = next(row for row in sandbox.control.records("acmedev", "sys_db_object") if row["name"] == "sys_properties")
    sandbox.control.put("acmedev", "sys_db_object", table["sys_id"], {"ws_access": "false"})
    assert not configure()["changed"], "below service-now.com the address says it"
    result = attempt(instance=login(host=CUSTOM_URL))
    assert result["error"]["kind"] == "mismatch"
    assert "may not read the property instance_name" in result["msg"]


def test_a_clone_is_known_though_the_property_is_still_that_of_its_source(sandbox: Sandbox, route: str) -> None:
    connection_of("acmeprod")
    clone(sandbox)
    name = next(row for row in sandbox.control.records("acmedev", "sys_properties") if row["name"] == "instance_name")
    sandbox.control.put("acmedev", "sys_properties", name["sys_id"], {"value": "acmeprod"})
    sandbox.control.clear_requests()
    result = attempt()
    assert result["error"]["kind"] == "mismatch"
    assert "configured for acmeprod" in result["msg"]
    assert writes(sandbox) == []


def test_a_mark_of_an_earlier_version_stays_as_it_is(sandbox: Sandbox, route: str) -> None:
    configure()
    mark = "snow_ops.spokes instance=AcmeDev.service-now.com"
    sandbox.control.put("acmedev", "oauth_entity", one(sandbox, "oauth_entity")["sys_id"], {"comments": mark})
    assert not configure()["changed"]


def test_what_two_spellings_made_twice_is_completed_by_the_next_run(sandbox: Sandbox, route: str) -> None:
    configure()
    for table, role in (
        ("sys_variable_value", "attribute x_api_token"),
        ("oauth_entity_scope", "scope manage:all"),
        ("oauth_2_0_credentials", "credential"),
    ):
        row = own_records(sandbox, table)[0]
        twin = uuid.uuid5(NAMESPACE, f"AcmeDev.service-now.com/any/{role}").hex
        sandbox.control.put("acmedev", table, twin, {**row, "sys_id": twin})
    done = configure()
    assert done["changed"], "one of two values has to go"
    assert [row["value"] for row in own_records(sandbox, "sys_variable_value")] == [API_TOKEN]
    assert not configure()["changed"]
    # Of twins that nothing uses every run takes the same.
    sandbox.control.put("acmedev", "http_connection", one(sandbox, "http_connection")["sys_id"], {"credential": ""})
    assert configure()["changed"]
    assert not configure()["changed"]


@pytest.mark.parametrize("update_secret", ["on_create", "on_change"])
def test_nothing_that_another_instance_left_is_believed(sandbox: Sandbox, route: str, update_secret: str) -> None:
    with_token = {"get_token": True} if route == "endpoint" else {}
    connection_of("acmeprod", update_secret=update_secret, **with_token)
    if route == "records":
        install_endpoint(sandbox, "acmeprod")
        connection_of("acmeprod", get_token=True)
    clone(sandbox)
    options = {"replace_foreign_connection": True, "update_secret": update_secret}
    before = configure(check_mode=True, **options)
    after = configure(**options)
    assert [step["after"] for step in before["records"]] == [step["after"] for step in after["records"]]
    assert one(sandbox, "oauth_entity", plain=True)["client_secret"] == CLIENT_SECRET
    assert (after["token"]["status"], after["secret_compared"]) == ("outdated", True)
    assert [step["what"] for step in after["manual_steps"]] == ["Get the OAuth token"]
    assert_configured(sandbox)
    again = configure(update_secret=update_secret)
    assert (again["changed"], again["token"]["status"]) == (False, "outdated")
    if route == "endpoint":
        assert configure(get_token=True)["token"]["status"] == "present"


def test_a_clones_secret_has_to_be_given(sandbox: Sandbox, route: str) -> None:
    connection_of("acmeprod")
    clone(sandbox)
    sandbox.control.clear_requests()
    oauth = {**qualtrics_connection()["oauth"], "client_secret": None}
    result = attempt(oauth=oauth, replace_foreign_connection=True)
    assert "oauth.client_secret" in result["msg"]
    assert writes(sandbox) == []


def test_a_clones_encrypted_attribute_is_written_or_left_to_a_person(sandbox: Sandbox, route: str) -> None:
    for name in ("acmedev", "acmeprod"):
        definition = next(
            row for row in sandbox.control.records(name, "connection_attributes") if row["element"] == "x_api_token"
        )
        sandbox.control.put(name, "connection_attributes", definition["sys_id"], {"internal_type": "password2"})
    install_endpoint(sandbox, "acmeprod")
    connection_of("acmeprod", route="endpoint")
    clone(sandbox)
    stolen = one(sandbox, "sys_variable_value")["value"]
    assert stolen.startswith("gAAAAA")
    done = configure(replace_foreign_connection=True)
    stored = one(sandbox, "sys_variable_value", plain=True).get("value", "")
    by_hand = [step["what"] for step in done["manual_steps"]]
    if route == "endpoint":
        assert stored == API_TOKEN
        assert by_hand == ["Get the OAuth token"]
    else:
        assert stored == ""
        assert [step["after"] for step in done["records"] if step["role"] == "attribute x_api_token"] == [
            {"value": "(not set)"}
        ]
        assert by_hand == ["Set the connection attribute X-API-TOKEN", "Get the OAuth token"]
    again = configure()
    assert not again["changed"]
    assert [step["what"] for step in again["manual_steps"]] == by_hand


@pytest.mark.parametrize(
    ("url", "is_adopted"),
    [
        ("https://fra1.qualtrics.com/API/v3", True),
        ("https://acme.fra1.qualtrics.com/API/v3", True),
        ("https:acme.qualtrics.com/API/v3", True),
        ("https://globex.fra1.qualtrics.com/API/v3", False),
        ("https://iad1.qualtrics.com/API/v3", False),
    ],
)
def test_a_connection_by_hand_is_adopted_if_it_is_of_the_same_organization(
    sandbox: Sandbox, route: str, url: str, is_adopted: bool
) -> None:
    configure()
    sandbox.control.put(
        "acmedev", "http_connection", one(sandbox, "http_connection")["sys_id"], {"connection_url": url}
    )
    sandbox.control.put("acmedev", "oauth_entity", one(sandbox, "oauth_entity")["sys_id"], {"comments": ""})
    result = attempt()
    assert bool(result.get("failed")) != is_adopted, result.get("msg")
    if is_adopted:
        assert_configured(sandbox)
        assert not configure()["changed"]
    else:
        assert result["error"]["kind"] == "mismatch"


@pytest.mark.parametrize(
    "values", [{"name": "Renamed by hand", "active": "false"}, {"name": "Renamed by hand"}, {"active": "false"}]
)
@pytest.mark.parametrize("chosen", ["honour", "ignore"])
def test_the_only_connection_is_ours_also_when_it_was_renamed_and_deactivated(
    sandbox: Sandbox, route: str, values: dict[str, str], chosen: str
) -> None:
    sandbox.control.behaviour({"servicenow.insert_sys_id": chosen})
    configure()
    sandbox.control.put("acmedev", "http_connection", one(sandbox, "http_connection")["sys_id"], values)
    assert configure()["changed"]
    assert_configured(sandbox)
    assert not configure()["changed"]


@pytest.mark.parametrize("table", ["oauth_2_0_credentials", "oauth_entity_profile", "http_connection", "oauth_entity"])
def test_an_orphan_is_named_as_what_it_is(sandbox: Sandbox, table: str) -> None:
    configure()
    row = own_records(sandbox, table)[0]
    # Something to write, so that the record has to be opened.
    changes = {"http_connection": {"active": "false"}, "oauth_entity": {"client_id": "byhand"}}.get(table, {})
    if changes:
        sandbox.control.put("acmedev", table, row["sys_id"], changes)
    sandbox.control.fault("status", status=404, path=f"{table}/{row['sys_id']}", times=0)
    result = attempt(route="records")
    assert "is listed and cannot be opened" in result["msg"]
    assert row["sys_id"] in result["msg"]
    assert "Delete it" in result["error"]["advice"]


@pytest.mark.parametrize(
    ("update_secret", "is_compared", "stored"),
    [("on_create", False, OTHER_SECRET), ("on_change", True, CLIENT_SECRET), ("always", True, CLIENT_SECRET)],
)
@pytest.mark.parametrize("check_mode", [True, False])
def test_a_secret_that_was_not_compared_is_said_to_be(
    sandbox: Sandbox, update_secret: str, is_compared: bool, stored: str, check_mode: bool
) -> None:
    configure()
    sandbox.control.put(
        "acmedev", "oauth_entity", one(sandbox, "oauth_entity")["sys_id"], {"client_secret": OTHER_SECRET}
    )
    result = configure(check_mode, update_secret=update_secret)
    assert result["secret_compared"] is is_compared
    assert any("was not compared" in warning for warning in result["warnings"]) == (not is_compared and not check_mode)
    assert one(sandbox, "oauth_entity", plain=True)["client_secret"] == (OTHER_SECRET if check_mode else stored)


def test_a_secret_is_compared_by_the_setup_endpoint_and_null_where_none_is_given(sandbox: Sandbox) -> None:
    install_endpoint(sandbox)
    assert configure()["secret_compared"] is True
    assert configure()["secret_compared"] is True
    for route in ("records", "endpoint"):
        assert (
            configure(route=route, oauth={**qualtrics_connection()["oauth"], "client_secret": None})["secret_compared"]
            is None
        )


@pytest.mark.sampled(every=5)
@pytest.mark.parametrize("length", [255, 100, 40])
@pytest.mark.parametrize("is_known", [True, False])
@pytest.mark.parametrize("update_secret", ["on_create", "on_change"])
def test_comments_that_are_too_short_for_the_marks_cost_a_warning_at_most(
    sandbox: Sandbox, route: str, length: int, is_known: bool, update_secret: str
) -> None:
    sandbox.control.behaviour({"servicenow.comments_length": length})
    if not is_known:
        sandbox.control.fault("status", status=403, table="sys_dictionary", times=0)
    first = configure(update_secret=update_secret)
    comments = one(sandbox, "oauth_entity")["comments"]
    assert comments.splitlines()[0] == "snow_ops.spokes instance=acmedev"
    assert all(len(line) > 60 or "client_secret" not in line for line in comments.splitlines()), (
        "a line is whole or not there"
    )
    assert_configured(sandbox)
    fits = update_secret == "on_create" or length == 255
    # The endpoint compares the secret itself, and needs no fingerprint.
    assert bool(first["warnings"]) == (not fits and (not is_known or route == "records")), first["warnings"]
    again = configure(update_secret=update_secret)
    if is_known and not fits and route == "records":
        for done in (first, again):
            assert f"oauth_entity.comments of acmedev.service-now.com keeps {length} characters" in done["warnings"][0]
            assert "written in every run" in done["warnings"][0]
    assert not again["changed"] or not fits
    assert one(sandbox, "oauth_entity")["comments"] == comments or update_secret == "on_change"


def test_a_registry_of_another_application_is_warned_of(sandbox: Sandbox, route: str) -> None:
    configure()
    assert not any("another application" in warning for warning in configure()["warnings"])
    sandbox.control.put("acmedev", "oauth_entity", one(sandbox, "oauth_entity")["sys_id"], {"sys_scope": "a" * 32})
    warnings = configure()["warnings"]
    assert any("another application than Global" in warning and "apps.current_app" in warning for warning in warnings)


@pytest.mark.parametrize("name", ["X-API-TOKEN", "The token"])
def test_an_attribute_has_the_label_that_the_instance_fills_in(sandbox: Sandbox, route: str, name: str) -> None:
    definition = next(
        row for row in sandbox.control.records("acmedev", "connection_attributes") if row["element"] == "x_api_token"
    )
    sandbox.control.put(
        "acmedev", "connection_attributes", definition["sys_id"], {"column_label": "", "label": "The token"}
    )
    configure(secret_attributes={name: API_TOKEN})
    assert_configured(sandbox)
    assert all_records(sandbox, "acmedev")["sys_variable_value"]
