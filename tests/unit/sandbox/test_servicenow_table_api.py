# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The Table API: representation, paging, errors, and the writes that do less than they say."""

from __future__ import annotations

import json
import re

import pytest

from sandbox.servicenow.caller import Caller


@pytest.fixture
def acme() -> Caller:
    return Caller()


def connection(acme: Caller, **values: object) -> str:
    return acme.insert("http_connection", **{"name": "one", "connection_url": "https://one.example.invalid", **values})


# Representation


def test_every_value_is_a_string_and_empty_is_an_empty_one(acme: Caller) -> None:
    row = acme.read("http_connection", connection(acme, order=7, active=True, use_mid=False, host=None))
    assert all(isinstance(value, str) for value in row.values())
    assert (row["order"], row["active"], row["use_mid"], row["host"], row["credential"]) == (
        "7",
        "true",
        "false",
        "",
        "",
    )
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", row["sys_created_on"])


def test_references_and_display_values(acme: Caller) -> None:
    sys_id = acme.stored("sys_alias", id="sn_qualtrics_spoke.Qualtrics")[0]["sys_id"]
    scope = acme.stored("sys_scope", scope="sn_qualtrics_spoke")[0]["sys_id"]
    link = f"https://acmedev.service-now.com/api/now/table/sys_scope/{scope}"
    shown = {}
    for style in ("false", "true", "all"):
        for exclude in ("false", "true"):
            row = acme.table(
                "GET",
                "sys_alias",
                sys_id,
                fields="sys_scope,type,parent",
                display_value=style,
                exclude_reference_link=exclude,
            )
            shown[style, exclude] = row.result
    assert shown["false", "false"] == {"sys_scope": {"link": link, "value": scope}, "type": "connection", "parent": ""}
    assert shown["false", "true"] == {"sys_scope": scope, "type": "connection", "parent": ""}
    name, label = "Qualtrics Spoke", "Connection and Credential"
    assert shown["true", "false"] == {"sys_scope": {"display_value": name, "link": link}, "type": label, "parent": ""}
    assert shown["true", "true"] == {"sys_scope": name, "type": label, "parent": ""}
    assert shown["all", "true"] == {
        "sys_scope": {"display_value": name, "value": scope},
        "type": {"display_value": label, "value": "connection"},
        "parent": {"display_value": "", "value": ""},
    }
    assert shown["all", "false"]["sys_scope"] == {"display_value": name, "value": scope, "link": link}


def test_unknown_fields_are_left_out_of_the_answer(acme: Caller) -> None:
    row = acme.table(
        "GET", "sys_alias", query="name=Qualtrics", fields="name,nmae,sys_scope.scope,sys_scope.nope"
    ).result[0]
    assert row == {"name": "Qualtrics", "sys_scope.scope": "sn_qualtrics_spoke"}


def test_the_dictionary_can_be_read_as_tables(acme: Caller) -> None:
    fields = "internal_type,reference,max_length,mandatory,default_value"
    row = acme.table("GET", "sys_dictionary", query="name=oauth_entity^element=client_secret", fields=fields).result
    assert row == [
        {"internal_type": "password2", "reference": "", "max_length": "255", "mandatory": "false", "default_value": ""}
    ]
    assert acme.names("sys_db_object", "super_class.name=sys_connection") == ["http_connection"]


# Lists


def test_paging_by_offset_and_the_headers_that_go_with_it(acme: Caller) -> None:
    params = {"query": "name=sys_user^ORDERBYelement", "fields": "element", "limit": "10"}
    first = acme.table("GET", "sys_dictionary", **params)
    total = int(first.headers["x-total-count"])
    assert total > 20 and len(first.result) == 10
    elements = []
    for offset in range(0, total, 10):
        elements += [row["element"] for row in acme.table("GET", "sys_dictionary", offset=str(offset), **params).result]
    assert len(elements) == total and elements == sorted(set(elements))
    middle = acme.table("GET", "sys_dictionary", offset="10", **params).headers["link"]
    assert re.findall(r'rel="(\w+)"', middle) == ["prev", "next", "first", "last"]
    assert "sysparm_offset=20" in middle and "sysparm_query=name%3Dsys_user%5EORDERBYelement" in middle
    quiet = acme.table("GET", "sys_dictionary", no_count="true", suppress_pagination_header="true", **params).headers
    assert "x-total-count" not in quiet and "link" not in quiet


def test_a_list_without_matches(acme: Caller) -> None:
    answer = acme.table("GET", "sys_alias", query="name=nobody")
    assert (answer.status, answer.result, answer.headers["x-total-count"]) == (200, [], "0")
    assert acme.send("GET", "/api/now/v2/table/sys_alias", {"sysparm_query": "name=nobody"}).status == 200
    old = acme.send("GET", "/api/now/v1/table/sys_alias", {"sysparm_query": "name=nobody"})
    assert old.status == 404 and old.error[0] == "No Record found"


def test_the_total_can_be_missing(acme: Caller) -> None:
    acme.behaviour["servicenow.total_count"] = "absent"
    assert "x-total-count" not in acme.table("GET", "sys_alias").headers


def test_headers_of_an_answer(acme: Caller) -> None:
    headers = acme.table("GET", "sys_alias").headers
    assert headers["content-type"] == "application/json;charset=UTF-8"
    assert re.fullmatch("[0-9a-f]{12}", headers["x-transaction-id"])
    assert headers["x-is-logged-in"] == "true" and "set-cookie" in headers


def test_large_answers_are_compressed_for_those_who_take_it(acme: Caller) -> None:
    headers = {**acme.headers, "accept-encoding": "gzip, deflate"}
    large = acme.send("GET", "/api/now/table/sys_dictionary", headers=headers)
    assert large.headers["content-encoding"] == "gzip" and large.body[:2] == b"\x1f\x8b"
    small = acme.send("GET", "/api/now/table/sys_alias", {"sysparm_fields": "name"}, headers=headers)
    assert "content-encoding" not in small.headers and small.result


def test_head_is_get_without_a_body(acme: Caller) -> None:
    answer = acme.table("HEAD", "sys_alias")
    assert (answer.status, answer.body, answer.headers["x-total-count"]) == (200, b"", "2")


# Writes


def test_insert_answers_with_the_record_and_where_it_is(acme: Caller) -> None:
    answer = acme.table("POST", "http_connection", body={"name": "one"})
    assert answer.status == 201
    sys_id = answer.result["sys_id"]
    assert answer.headers["location"] == f"https://acmedev.service-now.com/api/now/table/http_connection/{sys_id}"
    row = acme.read("http_connection", sys_id)
    assert (row["sys_created_by"], row["sys_mod_count"], row["sys_class_name"]) == (
        "spoke.setup",
        "0",
        "http_connection",
    )
    # Defaults of the dictionary apply, mandatory columns are not enforced.
    assert (row["active"], row["order"], row["mid_selection"], row["connection_alias"]) == (
        "true",
        "100",
        "auto_select",
        "",
    )


def test_put_and_patch_are_alike_and_leave_the_rest_alone(acme: Caller) -> None:
    sys_id = connection(acme, order=3)
    for number, method in enumerate(("PUT", "PATCH"), 1):
        answer = acme.table(method, "http_connection", sys_id, {"name": method})
        assert (answer.status, answer.result["name"], answer.result["order"]) == (200, method, "3")
        assert answer.result["sys_mod_count"] == str(number)


def test_delete_answers_with_nothing_and_then_the_record_is_gone(acme: Caller) -> None:
    sys_id = connection(acme)
    answer = acme.table("DELETE", "http_connection", sys_id)
    assert (answer.status, answer.body) == (204, b"")
    for method in ("GET", "DELETE", "PATCH", "PUT"):
        gone = acme.table(method, "http_connection", sys_id, {"name": "x"})
        assert gone.status == 404
        assert gone.error == ("No Record found", "Record doesn't exist or ACL restricts the record retrieval")


def test_unknown_read_only_and_system_fields_are_ignored_without_a_word(acme: Caller) -> None:
    body = {
        "name": "one",
        "bunk_field": "x",
        "sys_created_by": "me",
        "sys_mod_count": "9",
        "sys_class_name": "x",
        "extended_attributes.a": "v",
    }
    answer = acme.table("POST", "http_connection", body=body)
    assert answer.status == 201 and "bunk_field" not in answer.result
    sys_id = answer.result["sys_id"]
    assert (
        acme.table(
            "PATCH", "http_connection", sys_id, {"extended_attributes.x_api_token": "secret", "sys_id": "0" * 32}
        ).status
        == 200
    )
    row = acme.read("http_connection", sys_id)
    assert (row["sys_created_by"], row["sys_mod_count"], row["sys_class_name"]) == (
        "spoke.setup",
        "0",
        "http_connection",
    )
    assert (row["extended_attributes"], acme.stored("sys_variable_value")) == ("", [])


def test_an_update_that_changes_nothing_leaves_no_trace(acme: Caller) -> None:
    sys_id = connection(acme)
    before = acme.read("http_connection", sys_id)
    acme.clock.offset_seconds += 60
    assert acme.table("PATCH", "http_connection", sys_id, {"name": "one", "active": True, "use_mid": "0"}).status == 200
    assert acme.read("http_connection", sys_id) == before
    acme.table("PATCH", "http_connection", sys_id, {"name": "two"})
    after = acme.read("http_connection", sys_id)
    assert after["sys_mod_count"] == "1" and after["sys_updated_on"] > before["sys_updated_on"]


def test_values_are_cut_coerced_and_never_refused(acme: Caller) -> None:
    sys_id = connection(
        acme, name="n" * 150, order="many", connection_alias="no such record", mid_selection="no such choice"
    )
    row = acme.read("http_connection", sys_id)
    assert (row["name"], row["order"], row["connection_alias"]) == ("n" * 100, "", "no such record")
    assert row["mid_selection"] == "no such choice"


def test_a_scope_on_insert_is_demoted_to_global(acme: Caller) -> None:
    scope = acme.stored("sys_scope", scope="sn_qualtrics_spoke")[0]["sys_id"]
    assert (
        acme.read("sys_properties", acme.insert("sys_properties", name="a.b", sys_scope=scope))["sys_scope"] == "global"
    )
    acme.behaviour["servicenow.insert_scope"] = "honour"
    assert acme.read("sys_properties", acme.insert("sys_properties", name="a.c", sys_scope=scope))["sys_scope"] == scope


def test_a_chosen_sys_id_is_honoured_once(acme: Caller) -> None:
    chosen = "0123456789abcdef0123456789abcdef"
    assert connection(acme, sys_id=chosen) == chosen
    again = acme.table("POST", "http_connection", body={"name": "two", "sys_id": chosen})
    assert again.status == 403 and again.error[0] == "Operation Failed"
    assert again.error[1].startswith("Error during insert of http_connection")
    assert [row["name"] for row in acme.stored("http_connection")] == ["one"]
    acme.behaviour["servicenow.insert_sys_id"] = "ignore"
    assert connection(acme, name="three", sys_id="f" * 32) != "f" * 32


def test_protected_records_take_a_write_and_keep_what_they_had(acme: Caller) -> None:
    alias = acme.stored("sys_alias", name="Qualtrics")[0]["sys_id"]
    acme.farm.put_record("acmedev", "sys_alias", alias, {"sys_policy": "read"})
    assert acme.table("PATCH", "sys_alias", alias, {"description": "mine"}).status == 200
    assert acme.read("sys_alias", alias)["description"] == ""


def test_display_values_on_the_way_in(acme: Caller) -> None:
    sys_id = connection(acme)
    body = {"connection_alias": "Qualtrics", "credential": "no such credential", "order": "8"}
    assert acme.table("PATCH", "http_connection", sys_id, body, input_display_value="true").status == 200
    row = acme.read("http_connection", sys_id)
    alias = acme.stored("sys_alias", name="Qualtrics")[0]["sys_id"]
    assert (row["connection_alias"], row["credential"], row["order"]) == (alias, "", "8")
    # Even a sys_id is taken for a name.
    acme.table("PATCH", "http_connection", sys_id, {"connection_alias": alias}, input_display_value="true")
    assert acme.read("http_connection", sys_id)["connection_alias"] == ""


def test_only_the_first_of_several_records_is_taken(acme: Caller) -> None:
    assert acme.table("POST", "http_connection", body=[{"name": "one"}, {"name": "two"}]).status == 201
    assert [row["name"] for row in acme.stored("http_connection")] == ["one"]


def test_a_caller_can_do_without_the_body(acme: Caller) -> None:
    headers = {**acme.headers, "x-no-response-body": "true"}
    answer = acme.send("POST", "/api/now/table/http_connection", body=b'{"name": "one"}', headers=headers)
    assert (answer.status, answer.body) == (201, b"") and "location" in answer.headers


def test_a_method_can_hide_in_a_header(acme: Caller) -> None:
    sys_id = connection(acme)
    headers = {**acme.headers, "x-http-method-override": "PATCH"}
    assert (
        acme.send("POST", f"/api/now/table/http_connection/{sys_id}", body=b'{"name": "two"}', headers=headers).status
        == 200
    )
    assert acme.read("http_connection", sys_id)["name"] == "two"


# Errors


def test_errors_of_addresses(acme: Caller) -> None:
    unknown = acme.table("GET", "sys_user_list")
    assert (unknown.status, unknown.error) == (
        400,
        ("Invalid table sys_user_list", "Table sys_user_list does not exist"),
    )
    assert unknown.document["status"] == "failure"
    path = acme.send("GET", "/api/x_acme/v1/nothing")
    assert (path.status, path.error) == (
        400,
        ("Requested URI does not represent any resource", "/api/x_acme/v1/nothing"),
    )
    acme.behaviour["servicenow.unknown_path_status"] = 404
    assert acme.send("GET", "/api/x_acme/v1/nothing").status == 404
    assert acme.table("POST", "sys_alias", "0" * 32, {}).status == 405
    assert acme.table("DELETE", "sys_alias").status == 405


def test_the_detail_of_an_error_can_be_null(acme: Caller) -> None:
    acme.behaviour["servicenow.error_detail"] = "null"
    assert acme.table("GET", "nope").error == ("Invalid table nope", None)


def test_errors_of_bodies(acme: Caller) -> None:
    broken = acme.send("POST", "/api/now/table/http_connection", body=b'{"name": ')
    assert (broken.status, broken.error[0]) == (400, "Exception while reading request")
    large = acme.send("POST", "/api/now/table/http_connection", body=json.dumps({"name": "x" * 10485760}).encode())
    assert large.status == 400 and "Max allowed: 10485760 bytes." in large.error[1]
    assert acme.stored("http_connection") == []


def test_an_address_that_is_too_long_does_not_get_past_the_edge(acme: Caller) -> None:
    answer = acme.table("GET", "A" * 23000)
    assert answer.status == 414 and re.match(rb"<html>.*</html>", answer.body)


def test_pages_for_people_are_not_json(acme: Caller) -> None:
    page = acme.send("GET", "/nav_to.do", headers={})
    assert (page.status, page.headers["location"]) == (302, "https://acmedev.service-now.com/login.do")
    assert acme.send("GET", "/login.do", headers={}).headers["content-type"].startswith("text/html")


def test_counting(acme: Caller) -> None:
    answer = acme.send("GET", "/api/now/stats/sys_alias", {"sysparm_count": "true", "sysparm_query": "name=Qualtrics"})
    assert answer.result == {"stats": {"count": "1"}}
    assert acme.send("GET", "/api/now/stats/sys_alias").status == 400
    assert acme.send("GET", "/api/now/stats/nope", {"sysparm_count": "true"}).status == 400


def test_who_am_i(acme: Caller) -> None:
    result = acme.send("GET", "/api/now/ui/user/current_user").result
    assert (result["user_name"], result["user_sys_id"]) == (
        "spoke.setup",
        acme.stored("sys_user", user_name="spoke.setup")[0]["sys_id"],
    )
