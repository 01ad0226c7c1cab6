# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""What the platform does by itself when connection records are written."""

from __future__ import annotations

import json

import pytest

from sandbox.servicenow.caller import Answer, Caller


@pytest.fixture
def acme() -> Caller:
    return Caller()


def alias(acme: Caller, name: str = "Qualtrics") -> str:
    return acme.stored("sys_alias", name=name)[0]["sys_id"]


def refused(answer: Answer, rule: str, table: str) -> bool:
    message, detail = answer.error
    start = f"Operation against file '{table}' was aborted by Business Rule '{rule}^"
    return answer.status == 403 and message == "Operation Failed" and detail.startswith(start)


# Registries and profiles


@pytest.mark.parametrize("kind", ["oauth_provider", "consumer"])
def test_a_provider_gets_a_default_profile(acme: Caller, kind: str) -> None:
    registry = acme.insert("oauth_entity", name="Reg", type=kind, default_grant_type="client_credentials")
    (profile,) = acme.stored("oauth_entity_profile", oauth_entity=registry)
    assert (profile["name"], profile["grant_type"], profile["default"]) == (
        "Reg default_profile",
        "client_credentials",
        "true",
    )
    assert acme.stored("oauth_entity_profile_scope") == []


def test_a_client_gets_none(acme: Caller) -> None:
    registry = acme.insert("oauth_entity", name="Reg", type="client")
    assert acme.stored("oauth_entity_profile", oauth_entity=registry) == []


def test_the_default_profile_can_be_late(acme: Caller) -> None:
    acme.behaviour["servicenow.default_profile"] = "late"
    registry = acme.insert("oauth_entity", name="Reg", type="oauth_provider")
    query = f"oauth_entity={registry}"
    assert acme.names("oauth_entity_profile", query) == []
    acme.clock.offset_seconds += 1
    assert acme.names("oauth_entity_profile", query) == ["Reg default_profile"]


def test_a_late_profile_gives_way_to_one_that_is_there(acme: Caller) -> None:
    acme.behaviour["servicenow.default_profile"] = "late"
    registry = acme.insert("oauth_entity", name="Reg", type="oauth_provider")
    acme.insert("oauth_entity_profile", name="mine", oauth_entity=registry, default=True)
    acme.clock.offset_seconds += 1
    assert acme.names("oauth_entity_profile", f"oauth_entity={registry}") == ["mine"]


def test_a_second_default_profile_is_refused(acme: Caller) -> None:
    registry = acme.insert("oauth_entity", name="Reg", type="oauth_provider")
    body = {"name": "second", "oauth_entity": registry, "default": "true"}
    answer = acme.table("POST", "oauth_entity_profile", body=body)
    assert refused(answer, "Validate OAuth entity profile", "oauth_entity_profile")
    second = acme.insert("oauth_entity_profile", **{**body, "default": "false"})
    answer = acme.table("PATCH", "oauth_entity_profile", second, {"default": "true"})
    assert refused(answer, "Validate OAuth entity profile", "oauth_entity_profile")
    assert acme.read("oauth_entity_profile", second)["default"] == "false"


@pytest.mark.parametrize(
    ("table", "name"), [("oauth_entity", "Reg"), ("sys_properties", "instance_name"), ("sys_user", "spoke.setup")]
)
def test_unique_indexes(acme: Caller, table: str, name: str) -> None:
    column = "user_name" if table == "sys_user" else "name"
    if table == "oauth_entity":
        acme.insert(table, name=name, type="client")
    count = len(acme.stored(table))
    answer = acme.table("POST", table, body={column: name.upper()})
    assert (answer.status, answer.error[0]) == (403, "Operation Failed")
    assert (
        answer.error[1].startswith(f"Error during insert of {table} (Unique Key violation")
        and f"key '{column}'" in answer.error[1]
    )
    other = acme.insert(table, **{column: "other"})
    assert acme.table("PATCH", table, other, {column: name}).error[1].startswith(f"Error during update of {table}")
    assert len(acme.stored(table)) == count + 1


def test_deleting_a_registry_takes_what_belongs_to_it(acme: Caller) -> None:
    for behaviour, left in (("cascade", 0), ("keep", 1)):
        acme.behaviour["servicenow.cascade_delete"] = behaviour
        registry = acme.insert("oauth_entity", name=f"Reg {behaviour}", type="oauth_provider")
        profile = acme.stored("oauth_entity_profile", oauth_entity=registry)[0]["sys_id"]
        scope = acme.insert("oauth_entity_scope", name="all", oauth_entity_scope="manage:all", oauth_entity=registry)
        acme.insert("oauth_entity_profile_scope", oauth_entity_profile=profile, oauth_entity_scope=scope)
        assert acme.table("DELETE", "oauth_entity", registry).status == 204
        for table in ("oauth_entity_profile", "oauth_entity_scope", "oauth_entity_profile_scope"):
            assert len(acme.stored(table)) == left, (behaviour, table)


# Connections


def test_one_active_connection_an_alias(acme: Caller) -> None:
    first = acme.insert("http_connection", name="one", connection_alias=alias(acme))
    body = {"name": "two", "connection_alias": alias(acme)}
    assert refused(acme.table("POST", "http_connection", body=body), "Check for active connection", "http_connection")
    second = acme.insert("http_connection", **body, active="false")
    assert acme.table("PATCH", "http_connection", second, {"active": "true"}).status == 403
    assert acme.table("PATCH", "http_connection", first, {"active": "false"}).status == 200
    assert acme.table("PATCH", "http_connection", second, {"active": "true"}).status == 200
    # Unless the alias takes several; and another alias has its own.
    acme.table("PATCH", "sys_alias", alias(acme), {"multiple_connections": "true"})
    assert acme.table("PATCH", "http_connection", first, {"active": "true"}).status == 200
    acme.insert("http_connection", name="three", connection_alias=alias(acme, "Acme_Tickets"))


def test_a_credential_serves_one_active_connection(acme: Caller) -> None:
    credential = acme.insert("oauth_2_0_credentials", name="cred")
    acme.insert("http_connection", name="one", credential=credential)
    body = {"name": "two", "credential": credential}
    rule = "Unique credential across active connections"
    assert refused(acme.table("POST", "http_connection", body=body), rule, "http_connection")
    acme.insert("http_connection", **body, active="false")


def test_connection_names_are_unique_or_not(acme: Caller) -> None:
    acme.insert("http_connection", name="one")
    answer = acme.table("POST", "sys_connection", body={"name": "ONE"})
    assert refused(answer, "Unique connection name", "sys_connection")
    acme.behaviour["servicenow.connection_name"] = "not_unique"
    acme.insert("http_connection", name="one")
    assert len(acme.stored("sys_connection", name="one")) == 2


def test_host_and_url_together_lose_the_host(acme: Caller) -> None:
    sys_id = acme.insert("http_connection", name="one")
    acme.table("PATCH", "http_connection", sys_id, {"host": "a.invalid", "connection_url": "https://a.invalid"})
    assert acme.read("http_connection", sys_id)["host"] == ""
    acme.table("PATCH", "http_connection", sys_id, {"host": "a.invalid"})
    assert acme.read("http_connection", sys_id)["host"] == "a.invalid"


def test_deleting_a_connection_takes_its_attribute_values(acme: Caller) -> None:
    for behaviour, left in (("cascade", 0), ("keep", 1)):
        acme.behaviour["servicenow.cascade_delete"] = behaviour
        sys_id = acme.insert("http_connection", name="one")
        acme.insert("sys_variable_value", document="http_connection", document_key=sys_id, value="v")
        assert acme.table("DELETE", "sys_connection", sys_id).status == 204
        assert len(acme.stored("sys_variable_value")) == left


def test_the_class_of_a_credential_sets_its_type(acme: Caller) -> None:
    sys_id = acme.insert("oauth_2_0_credentials", name="cred", type="basic_auth")
    row = acme.read("discovery_credentials", sys_id)
    assert (row["type"], row["sys_class_name"], row["applies_to"]) == ("oauth_2_0", "oauth_2_0_credentials", "all")


# Aliases, attributes, properties, tasks


def test_ids_that_are_computed(acme: Caller) -> None:
    assert acme.read("sys_alias", acme.insert("sys_alias", name="My alias", id="mine"))["id"] == "My_alias"
    assert acme.read("sys_properties", acme.insert("sys_properties", suffix="x"))["name"] == "x"
    definition = acme.insert("connection_attributes", element="e", column_label="E", model=alias(acme))
    row = acme.read("sys_dictionary", definition)
    assert (row["name"], row["element"]) == (f"var__m_connection_attributes_{alias(acme)}", "e")
    numbers = [acme.read("problem", acme.insert("problem", short_description="x"))["number"] for _attempt in range(2)]
    assert numbers == ["PRB0010001", "PRB0010002"]


def test_a_configured_rule_aborts_what_its_condition_fits(acme: Caller) -> None:
    rule = {
        "name": "No EICAR",
        "collection": "task",
        "action_insert": True,
        "action_update": True,
        "abort_action": True,
    }
    acme.insert("sys_script", **rule, filter_condition="short_descriptionLIKEEICAR^ORdescriptionLIKEEICAR^EQ")
    assert refused(acme.table("POST", "problem", body={"description": "an EICAR"}), "No EICAR", "problem")
    sys_id = acme.insert("problem", short_description="fine")
    assert refused(acme.table("PATCH", "problem", sys_id, {"short_description": "eicar"}), "No EICAR", "problem")
    assert acme.read("problem", sys_id)["sys_mod_count"] == "0"


# The spoke that is installed


def test_the_template_of_the_spoke_has_the_documented_form(acme: Caller) -> None:
    row = acme.table(
        "GET",
        "sys_alias",
        alias(acme),
        fields="configuration_template.dynamic_data_schema,configuration_template.default_data_template",
    ).result
    schema = json.loads(row["configuration_template.dynamic_data_schema"])
    labels = [field["label"] for section in ("connection_fields", "credential_fields") for field in schema[section]]
    assert labels == [
        "Connection Name",
        "Connection URL",
        "X-API-TOKEN",
        "OAuth Name",
        "Client ID",
        "Client Secret",
        "Token URL",
    ]
    defaults = json.loads(row["configuration_template.default_data_template"])
    assert defaults["credential"]["oauth_entity"]["default_grant_type"] == "client_credentials"
    assert defaults["credential"]["oauth_entity"]["oauth_entity_scope"] == [
        {"name": "manage:all", "oauth_entity_scope": "manage:all"}
    ]


def test_plugins_say_yes_in_two_ways(acme: Caller) -> None:
    query = "id=com.glide.cobject"
    assert acme.names("v_plugin", query, "active") == ["active"]
    acme.behaviour["servicenow.v_plugin_active"] = "true"
    assert acme.names("v_plugin", f"{query}^active=true", "active") == ["true"]
    sys_id = acme.names("v_plugin", query, "sys_id")[0]
    assert acme.table("GET", "v_plugin", sys_id, fields="active").result == {"active": "true"}
