# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""ServiceNow's own Python client, unmodified, through the proxy: what it expects of an instance is what the sandbox does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pysnc import ServiceNowClient
from pysnc.auth import ServiceNowClientCredentialsFlow, ServiceNowPasswordGrantFlow
from pysnc.exceptions import (
    AuthenticationException,
    InsertException,
    NotFoundException,
    RequestException,
    RoleException,
)
from support import lead_to

from sandbox import Sandbox

LOGIN = ("spoke.setup", "sandbox-Password-1")
OAUTH_CLIENT = ("0b6e3a7c4d5f4e0f8a1b2c3d4e5ffa4e", "sandbox-Client-Secret-1")
INSTANCE = "https://acmedev.service-now.com"


@pytest.fixture(scope="module", autouse=True)
def environment() -> Iterator[None]:
    """The settings that send any client to the sandbox, and nothing else."""
    with Sandbox() as sandbox, pytest.MonkeyPatch.context() as patch:
        lead_to(sandbox.environment, patch)
        yield


@pytest.fixture
def client() -> Iterator[ServiceNowClient]:
    client = ServiceNowClient(INSTANCE, LOGIN)
    yield client
    client.session.close()


@pytest.fixture
def problems(client: ServiceNowClient) -> Iterator[list[str]]:
    """Nine problems of ours, by number."""
    made = []
    for number in range(9):
        record = client.GlideRecord("problem")
        record.initialize()
        record.short_description = f"Fidelity {number}"
        record.insert()
        made.append(record.get_value("sys_id"))
    yield made
    leftovers = client.GlideRecord("problem")
    leftovers.query()
    assert leftovers.delete_multiple()


def test_get_one_by_sys_id_and_by_field(client: ServiceNowClient) -> None:
    record = client.GlideRecord("sys_user")
    assert record.get("user_name", "spoke.setup")
    assert (record.user_name, record.active, bool(record.active)) == ("spoke.setup", "true", True)
    again = client.GlideRecord("sys_user")
    assert again.get(record.sys_id)
    assert again.serialize() == record.serialize()
    assert again.get_display_value("user_password") == "********"
    assert not client.GlideRecord("sys_user").get("bunk")
    assert not client.GlideRecord("sys_user").get("sys_id", "bunk")


def test_query_with_conditions_order_and_limit(client: ServiceNowClient) -> None:
    record = client.GlideRecord("sys_db_object")
    record.add_query("name", "sys_alias").add_or_condition("name", "http_connection")
    record.order_by_desc("name")
    record.query()
    assert record.get_row_count() == 2
    assert [row.get_value("name") for row in record] == ["sys_alias", "http_connection"]

    record = client.GlideRecord("sys_dictionary")
    record.add_query("name", "sys_user")
    record.add_not_null_query("reference")
    record.limit = 1
    record.query()
    assert [row.get_value("element") for row in record] == ["manager"]

    record = client.GlideRecord("sys_user")
    record.add_null_query("name")
    record.query()
    assert len(record) == 0 and not record.has_next()


def test_only_the_fields_that_were_asked_for(client: ServiceNowClient) -> None:
    record = client.GlideRecord("sys_user")
    record.fields = "sys_id,name"
    assert record.get("user_name", "spoke.setup")
    assert set(record.serialize()) == {"sys_id", "name"}
    assert "whatever" not in record


def test_paging(client: ServiceNowClient, problems: list[str]) -> None:
    for limit, batch_size in ((9, 3), (7, 3), (4, 100)):
        record = client.GlideRecord("problem", batch_size=batch_size)
        record.fields = "sys_id"
        record.limit = limit
        record.query()
        found = [row.get_value("sys_id") for row in record]
        assert found == sorted(problems)[:limit]


def test_every_row_of_a_large_table_once(client: ServiceNowClient) -> None:
    record = client.GlideRecord("sys_dictionary", batch_size=100)
    record.fields = "sys_id"
    record.query()
    found = [row.get_value("sys_id") for row in record]
    assert len(found) == len(set(found)) == len(record) > 300


def test_insert_update_delete(client: ServiceNowClient) -> None:
    record = client.GlideRecord("problem")
    record.initialize()
    record.short_description = "Fidelity insert"
    record.bunk_field = "ignored without a word"
    sys_id = record.insert()
    assert sys_id == record.sys_id and len(sys_id) == 32
    assert record.get_value("number").startswith("PRB")
    # The default, javascript:gs.getUserID(), makes us the one who opened it.
    assert record.get_display_value("opened_by") == "Spoke Setup" != record.get_value("opened_by")
    assert "bunk_field" not in record

    stored = client.GlideRecord("problem")
    assert stored.get(sys_id)
    stored.short_description = "Fidelity update"
    assert stored.changes()
    assert stored.update() == sys_id
    assert stored.sys_mod_count == "1"
    assert stored.update()  # nothing has changed since
    assert client.GlideRecord("problem").get(sys_id)
    unchanged = client.GlideRecord("problem")
    unchanged.get(sys_id)
    assert (unchanged.short_description, unchanged.sys_mod_count) == ("Fidelity update", "1")

    assert stored.delete()
    assert not client.GlideRecord("problem").get(sys_id)


def test_a_sys_id_of_ones_own(client: ServiceNowClient) -> None:
    chosen = "AAAABBBBCCCCDDDDEEEEFFFF00001111"
    record = client.GlideRecord("problem")
    record.initialize()
    record.set_new_guid_value(chosen)
    record.short_description = "Fidelity guid"
    assert record.insert() == chosen
    twin = client.GlideRecord("problem")
    twin.initialize()
    twin.set_new_guid_value(chosen)
    with pytest.raises((InsertException, RoleException), match="Error during insert of problem"):
        twin.insert()
    assert record.delete()


def test_dot_walking_and_display_values(client: ServiceNowClient) -> None:
    record = client.GlideRecord("sys_alias")
    record.fields = "name,type,sys_scope,sys_scope.scope,configuration_template,configuration_template.name"
    assert record.get("id", "sn_qualtrics_spoke.Qualtrics")
    assert record.sys_scope.scope == "sn_qualtrics_spoke"
    assert record.configuration_template.name == "Qualtrics Spoke template"
    assert (record.get_value("type"), record.get_display_value("type")) == ("connection", "Connection and Credential")
    assert record.get_display_value("sys_scope") == "Qualtrics Spoke"

    plain = client.GlideRecord("sys_alias")
    plain.display_value = False
    plain.exclude_reference_link = False
    assert plain.get("id", "sn_qualtrics_spoke.Qualtrics")
    scope = plain.get_element("sys_scope")
    assert scope.get_link() == f"{INSTANCE}/api/now/table/sys_scope/{scope.get_value()}"

    local = client.GlideRecord("sys_alias")
    local.display_value = True
    assert local.get("id", "sn_qualtrics_spoke.Qualtrics")
    assert local.get_value("sys_updated_on") != plain.get_value("sys_updated_on")


def test_batches_of_updates_and_deletes(client: ServiceNowClient, problems: list[str]) -> None:
    record = client.GlideRecord("problem")
    record.add_query("short_description", "LIKE", "Fidelity")
    record.query()
    for number, row in enumerate(record):
        if number % 3 == 0:
            row.short_description = row.short_description + " appended"
    answers = []
    record.update_multiple(answers.append)
    assert [answer.status_code for answer in answers] == [200] * 3
    changed = client.GlideRecord("problem")
    changed.add_query("short_description", "ENDSWITH", "appended")
    changed.query()
    assert {row.get_value("sys_id") for row in changed} == {
        answer.json()["result"]["sys_id"]["value"] for answer in answers
    }
    assert changed.delete_multiple()
    left = client.GlideRecord("problem")
    left.query()
    assert len(left) == len(problems) - 3


def test_a_batch_of_gets(client: ServiceNowClient, problems: list[str]) -> None:
    answers = []
    for sys_id in [*problems[:2], "bunk"]:
        client.batch_api.get(client.GlideRecord("problem"), sys_id, answers.append)
    client.batch_api.execute()
    assert [answer.status_code for answer in answers] == [200, 200, 404]
    assert answers[0].json()["result"]["short_description"]["value"] == "Fidelity 0"


def test_an_update_that_a_rule_aborts_fails_alone(client: ServiceNowClient, problems: list[str]) -> None:
    rule = client.GlideRecord("sys_script")
    rule.initialize()
    values = {
        "name": "fidelity",
        "collection": "problem",
        "when": "before",
        "active": True,
        "action_update": True,
        "abort_action": True,
    }
    for name, value in {**values, "filter_condition": "short_descriptionLIKEEICAR^EQ"}.items():
        rule.set_value(name, value)
    rule.insert()
    record = client.GlideRecord("problem")
    record.query()
    for number, row in enumerate(record):
        row.short_description = "EICAR" if number == 0 else "fine"
    assert not record.update_multiple()
    fine = client.GlideRecord("problem")
    fine.add_query("short_description", "fine")
    fine.query()
    assert len(fine) == len(problems) - 1
    assert rule.delete()


def test_a_query_too_long_for_an_address_goes_by_batch(client: ServiceNowClient) -> None:
    record = client.GlideRecord("sys_user")
    for _attempt in range(2300):
        record.add_query("AAAA", "BBBB")
    record.add_query("user_name", "spoke.setup")
    record.query()
    assert [row.get_value("user_name") for row in record] == ["spoke.setup"]


def test_errors(client: ServiceNowClient) -> None:
    with pytest.raises(RequestException, match="Invalid table sys_user_list"):
        client.GlideRecord("sys_user_list").get("doesntmatter")
    with pytest.raises(RequestException, match=r"^<.*html>.*"):
        client.GlideRecord("A" * 23000).get("doesntmatter")
    with pytest.raises(RoleException, match="Failed API level ACL Validation"):
        client.GlideRecord("sys_store_app").query()
    record = client.GlideRecord("problem")
    record.initialize()
    record.sys_id = "bunk"
    with pytest.raises(NotFoundException, match="No Record found"):
        client.table_api.delete(record)


def test_a_wrong_password() -> None:
    # An account of its own: five failures lock it.
    client = ServiceNowClient(INSTANCE, ("itil.user", "this is not the password"))
    with pytest.raises(AuthenticationException, match="(?i)not authenticated.*required to provide auth information"):
        client.GlideRecord("sys_user").get("doesntmatter")


def who_am_i(client: ServiceNowClient) -> str:
    record = client.GlideRecord("sys_user")
    record.fields = "user_name"
    assert record.get("sys_id", "javascript:gs.getUserID()")
    return record.get_value("user_name")


def test_oauth_by_password() -> None:
    pytest.importorskip("requests_oauthlib", reason="pysnc does its password grant with it and does not install it")
    assert who_am_i(ServiceNowClient(INSTANCE, ServiceNowPasswordGrantFlow(*LOGIN, *OAUTH_CLIENT))) == "spoke.setup"


def test_oauth_by_client_credentials() -> None:
    assert who_am_i(ServiceNowClient(INSTANCE, ServiceNowClientCredentialsFlow(*OAUTH_CLIENT))) == "spoke.setup"
    with pytest.raises(AuthenticationException, match="access_denied"):
        ServiceNowClient(INSTANCE, ServiceNowClientCredentialsFlow(OAUTH_CLIENT[0], "wrong"))
