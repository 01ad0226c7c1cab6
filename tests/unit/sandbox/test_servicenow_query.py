# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Encoded queries: the language, and what happens to conditions that cannot be understood."""

from __future__ import annotations

import pytest

from sandbox.servicenow.caller import Caller
from sandbox.servicenow.query import split_terms

ROWS = [
    {"name": "Alpha", "message": "first", "order": 1, "active": True},
    {"name": "beta", "message": "second", "order": 5, "active": False},
    {"name": "Gamma^x", "message": "", "order": 20, "active": True},
]


@pytest.fixture
def acme() -> Caller:
    return Caller(changes={"records": {"sys_script": [{"collection": "problem", **row} for row in ROWS]}})


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("name=Alpha", ["Alpha"]),
        ("name=ALPHA", ["Alpha"]),
        ("name!=Alpha", ["beta", "Gamma^x"]),
        ("nameINAlpha,beta", ["Alpha", "beta"]),
        ("nameNOT INAlpha,beta", ["Gamma^x"]),
        ("nameLIKEet", ["beta"]),
        ("name*et", ["beta"]),
        ("nameNOT LIKEet", ["Alpha", "Gamma^x"]),
        ("nameSTARTSWITHal", ["Alpha"]),
        ("nameENDSWITHTA", ["beta"]),
        ("name=Gamma^^x", ["Gamma^x"]),
        ("order>5", ["Gamma^x"]),
        ("order>=5", ["beta", "Gamma^x"]),
        ("order<5", ["Alpha"]),
        ("order<=5", ["Alpha", "beta"]),
        ("orderBETWEEN2@20", ["beta", "Gamma^x"]),
        ("messageISEMPTY", ["Gamma^x"]),
        ("message=", ["Gamma^x"]),
        ("messageISNOTEMPTY", ["Alpha", "beta"]),
        ("messageANYTHING", ["Alpha", "beta", "Gamma^x"]),
        ("active=1", ["Alpha", "Gamma^x"]),
        ("active=false", ["beta"]),
        ("name=Alpha^ORname=beta", ["Alpha", "beta"]),
        ("active=true^name=Alpha^ORname=beta", ["Alpha"]),
        ("name=Alpha^NQname=beta", ["Alpha", "beta"]),
        ("name=Alpha^active=false^NQname=beta^active=false", ["beta"]),
        ("ORDERBYDESCorder", ["Gamma^x", "beta", "Alpha"]),
        ("ORDERBYDESCname^active=true", ["Gamma^x", "Alpha"]),
        ("active=true^ORDERBYorder^EQ", ["Alpha", "Gamma^x"]),
        ("nameSAMEASsys_name", ["Alpha", "beta", "Gamma^x"]),
        ("nameNSAMEASmessage^order=1", ["Alpha"]),
        ("sys_class_nameINSTANCEOFsys_metadata", ["Alpha", "beta", "Gamma^x"]),
        ("sys_class_nameINSTANCEOFsys_properties", []),
        ("sys_scope.scope=global^name=beta", ["beta"]),
        ("sys_created_by=system^sys_scope.name=Global^order=20", ["Gamma^x"]),
    ],
)
def test_operators(acme: Caller, query: str, found: list[str]) -> None:
    assert acme.names("sys_script", query) == found


@pytest.mark.parametrize(
    "query",
    [
        "nmae=Alpha",
        "name~Alpha",
        "Name=Alpha",
        "x",
        "sys_scope.nope=1",
        "order>many",
        "name=javascript:gs.getProperty('x')",
        "bad=1^ORworse=2",
    ],
)
def test_a_condition_that_cannot_be_understood_is_dropped_and_everything_matches(acme: Caller, query: str) -> None:
    answer = acme.table("GET", "sys_script", query=query)
    assert (answer.status, len(answer.result), answer.headers["x-total-count"]) == (200, 3, "3")


def test_only_the_bad_condition_is_dropped(acme: Caller) -> None:
    assert acme.names("sys_script", "nmae=Alpha^name=beta") == ["beta"]
    assert acme.names("sys_script", "name=beta^ORnmae=Alpha") == ["beta"]
    assert acme.names("sys_script", "nmae=Alpha^ORname=beta") == ["beta"]
    assert len(acme.names("sys_script", "name=beta^NQnmae=Alpha")) == 3


def test_newer_releases_refuse_a_query_on_an_unknown_field(acme: Caller) -> None:
    acme.behaviour["servicenow.unknown_query_field"] = "forbid"
    answer = acme.table("GET", "sys_script", query="nmae=Alpha")
    assert answer.status == 403
    assert answer.error == (
        "Insufficient rights to query records",
        "Field(s) present in the query do not have permission to be read",
    )


def test_a_property_makes_invalid_queries_return_nothing(acme: Caller) -> None:
    acme.farm.put_record(
        "acmedev", "sys_properties", "f" * 32, {"name": "glide.invalid_query.returns_no_rows", "value": "true"}
    )
    assert acme.names("sys_script", "nmae=Alpha") == []
    assert acme.names("sys_script", "name=Alpha") == ["Alpha"]


def test_scripts_for_who_am_i_are_evaluated(acme: Caller) -> None:
    assert acme.names("sys_user", "sys_id=javascript:gs.getUserID()", "user_name") == ["spoke.setup"]
    assert acme.names("sys_user", "user_name=javascript:gs.getUserName()", "user_name") == ["spoke.setup"]


def test_parents_show_their_children_and_only_the_columns_they_share(acme: Caller) -> None:
    sys_id = acme.insert("http_connection", name="one", connection_url="https://example.invalid")
    assert acme.names("sys_connection", "name=one") == ["one"]
    row = acme.read("sys_connection", sys_id)
    assert row["sys_class_name"] == "http_connection" and "connection_url" not in row
    # A column of the child is unknown to the parent: the condition is dropped, and the field left out.
    assert acme.table("GET", "sys_connection", query="connection_url=x", fields="name,connection_url").result == [
        {"name": "one"}
    ]


def test_dot_walking_goes_through_references_and_down_to_children(acme: Caller) -> None:
    credential = acme.insert(
        "oauth_2_0_credentials", name="cred", oauth_entity_profile=acme.insert("oauth_entity_profile", name="prof")
    )
    acme.insert("http_connection", name="one", credential=credential)
    assert acme.names("http_connection", "credential.name=cred") == ["one"]
    # The reference is to discovery_credentials, which has no profile: that takes a step down.
    fields = (
        "credential.ref_oauth_2_0_credentials.oauth_entity_profile.name,credential.oauth_entity_profile,credential.name"
    )
    row = acme.table("GET", "http_connection", query="name=one", fields=fields).result[0]
    assert row == {"credential.ref_oauth_2_0_credentials.oauth_entity_profile.name": "prof", "credential.name": "cred"}


def test_name_value_pairs_filter_and_unknown_names_are_ignored(acme: Caller) -> None:
    path = "/api/now/table/sys_script"
    assert [row["name"] for row in acme.send("GET", path, {"name": "beta"}).result] == ["beta"]
    assert len(acme.send("GET", path, {"sys_scope": "Global"}).result) == 3
    assert len(acme.send("GET", path, {"nmae": "beta"}).result) == 3


def test_carets_separate_and_doubled_ones_do_not() -> None:
    assert split_terms("a=1^ORb=^^2^^^c=3") == ["a=1", "ORb=^2^", "c=3"]
    assert split_terms("") == [""]
