# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""snow_scripted_rest_api: installed by content, exactly as listed, and removed."""

from __future__ import annotations

from typing import Any

import pytest
from connections import call, session_to
from support import login, run_task

from sandbox import Sandbox

MODULE = "snow_scripted_rest_api"
HELLO = "(function process(request, response) {\n    response.setBody({ hello: 'world' });\n}(request, response));\n"
TABLES = ("sys_ws_definition", "sys_ws_operation")


def operation(**changes: Any) -> dict[str, Any]:
    return {"name": "hello", "http_method": "POST", "relative_path": "/hello", "script": HELLO, **changes}


def api(*operations: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {
        "instance": login(),
        "service_id": "acme_hello",
        "name": "Acme Hello",
        "operations": list(operations),
        **changes,
    }


def install(*operations: dict[str, Any], check_mode: bool = False, **changes: Any) -> dict[str, Any]:
    result = run_task(MODULE, api(*operations, **changes), check_mode)
    assert not result.get("failed"), result["msg"]
    return result


def records(sandbox: Sandbox) -> dict[str, list[dict[str, str]]]:
    return {table: sandbox.control.records("acmedev", table) for table in TABLES}


def test_an_api_is_installed_answers_and_stays_as_it_is(sandbox: Sandbox) -> None:
    foretold = install(operation(), check_mode=True)
    assert records(sandbox) == {table: [] for table in TABLES}
    assert (foretold["base_path"], foretold["operations"][0]["path"]) == (None, None)
    first = install(operation())
    assert (foretold["records"], foretold["diff"], foretold["sys_id"]) == (
        first["records"],
        first["diff"],
        first["sys_id"],
    )
    assert first["base_path"] == f"/api/{first['namespace']}/acme_hello"
    assert first["operations"] == [{"name": "hello", "http_method": "POST", "path": f"{first['base_path']}/hello"}]
    assert call(sandbox, first["operations"][0]["path"], {}).json() == {"result": {"hello": "world"}}
    sandbox.control.clear_requests()
    second = install(operation(script=HELLO.replace("\n", "\r\n") + "\n\n"))
    assert (second["changed"], second["base_path"]) == (False, first["base_path"])
    assert [entry["method"] for entry in sandbox.control.requests()] == ["GET", "GET"]


def test_a_changed_script_is_a_diff_of_its_lines_and_is_put_right(sandbox: Sandbox) -> None:
    install(operation())
    (row,) = records(sandbox)["sys_ws_operation"]
    sandbox.control.put(
        "acmedev",
        "sys_ws_operation",
        row["sys_id"],
        {"operation_script": HELLO.replace("world", "you"), "active": "false"},
    )
    foretold, repaired = install(operation(), check_mode=True), install(operation())
    assert foretold["diff"] == repaired["diff"]
    columns, script = repaired["diff"]
    assert (columns["before"], columns["after"]) == ({"active": "false"}, {"active": "true"})
    assert (script["before"], script["after"]) == (HELLO.replace("world", "you"), HELLO)
    assert script["before_header"] == "sys_ws_operation (POST /hello) script"
    assert repaired["records"][1]["after"]["operation_script"].startswith("sha256:")
    assert not install(operation())["changed"]


def test_operations_are_exactly_those_listed(sandbox: Sandbox) -> None:
    install(operation(), operation(http_method="GET"), operation(name="other", relative_path="/other/{id}"))
    changed = install(operation(), operation(name="renamed", http_method="GET"))
    assert [(step["role"], step["action"]) for step in changed["records"]] == [
        ("definition", "none"),
        ("POST /hello", "none"),
        ("GET /hello", "update"),
        ("POST /other/{id}", "delete"),
    ]
    assert sorted(row["name"] for row in records(sandbox)["sys_ws_operation"]) == ["hello", "renamed"]


def test_removal_takes_everything_and_nothing_else(sandbox: Sandbox) -> None:
    install(operation(), service_id="acme_other")
    before = records(sandbox)
    install(operation())
    options = {"instance": login(), "service_id": "acme_hello", "state": "absent"}
    foretold, removed = run_task(MODULE, options, check_mode=True), run_task(MODULE, options)
    assert (foretold["changed"], foretold["records"]) == (True, removed["records"])
    assert records(sandbox) == before
    assert not run_task(MODULE, options)["changed"]


def test_what_somebody_else_installed_is_adopted(sandbox: Sandbox) -> None:
    tables = "https://acmedev.service-now.com/api/now/table"
    with session_to(sandbox) as session:
        definition = session.post(
            f"{tables}/sys_ws_definition", json={"name": "By hand", "service_id": "acme_hello"}, timeout=30
        ).json()["result"]
        values = {
            "name": "x",
            "web_service_definition": definition["sys_id"],
            "http_method": "POST",
            "relative_path": "/hello",
        }
        session.post(f"{tables}/sys_ws_operation", json=values, timeout=30).raise_for_status()
    assert install(operation())["sys_id"] == definition["sys_id"]
    assert [len(rows) for rows in records(sandbox).values()] == [1, 1]


def test_two_apis_of_one_id_are_listed(sandbox: Sandbox) -> None:
    install(operation())
    sandbox.control.put("acmedev", "sys_ws_definition", "f" * 32, {"name": "Twin", "service_id": "acme_hello"})
    before = records(sandbox)
    result = run_task(MODULE, api(operation()))
    assert result["error"]["kind"] == "ambiguous"
    assert "f" * 32 in result["msg"]
    assert records(sandbox) == before


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("kind", ["reset", "garbled", "accepted_202", "status"])
def test_a_lost_answer_is_settled_by_looking(sandbox: Sandbox, kind: str, table: str, when: str) -> None:
    sandbox.control.fault(kind, when=when, method="POST", table=table)
    result = install(operation())
    assert [len(rows) for rows in records(sandbox).values()] == [1, 1]
    assert call(sandbox, result["operations"][0]["path"], {}).status_code == 200
    assert not install(operation())["changed"]


def test_an_instance_that_chooses_the_sys_ids_itself(sandbox: Sandbox) -> None:
    sandbox.control.behaviour({"servicenow.insert_sys_id": "ignore"})
    result = install(operation())
    assert result["sys_id"] == records(sandbox)["sys_ws_definition"][0]["sys_id"]
    assert call(sandbox, result["operations"][0]["path"], {}).status_code == 200
    assert not install(operation())["changed"]


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"service_id": "a/b"}, "service_id"),
        ({"service_id": ""}, "service_id"),
        ({"service_id": "javascript:x"}, "service_id"),
        ({"name": " "}, "name"),
        ({"name": "javascript:gs.log()"}, "name"),
        ({"operations": [operation(), operation(name="again")]}, "operations[1]"),
        ({"operations": [operation(relative_path="hello")]}, "operations[0].relative_path"),
        ({"operations": [operation(relative_path="/a b")]}, "operations[0].relative_path"),
        ({"operations": [operation(relative_path="/é")]}, "operations[0].relative_path"),
        ({"operations": [operation(relative_path="/../x")]}, "operations[0].relative_path"),
        ({"operations": [operation(relative_path="/{")]}, "operations[0].relative_path"),
        ({"operations": [operation(relative_path="//x")]}, "operations[0].relative_path"),
        ({"operations": [operation(), operation(relative_path="/hello/")]}, "the same method and path"),
        (
            {"operations": [operation(relative_path="/r/{a}"), operation(relative_path="/r/{b}")]},
            "the same method and path",
        ),
        ({"operations": [operation(script=" \n")]}, "operations[0]"),
        ({"operations": [operation(name="")]}, "operations[0]"),
        ({"operations": [operation(http_method="TRACE")]}, "http_method"),
        ({"operations": None}, "operations"),
    ],
)
def test_bad_input_is_refused_before_anything_is_sent(sandbox: Sandbox, changes: dict[str, Any], named: str) -> None:
    result = run_task(MODULE, api(operation(), **{}) | changes)
    assert result["failed"]
    assert named in result["msg"]
    assert sandbox.control.requests() == []


def test_an_account_without_the_role_is_told_which(sandbox: Sandbox) -> None:
    result = run_task(MODULE, api(operation(), instance=login(username="itil.user", password="sandbox-Password-2")))
    assert result["error"]["kind"] == "access"
    assert "web_service_admin" in result["error"]["advice"]


def test_an_api_with_versions_is_left_alone(sandbox: Sandbox) -> None:
    install(operation())
    (row,) = records(sandbox)["sys_ws_definition"]
    sandbox.control.put("acmedev", "sys_ws_definition", row["sys_id"], {"is_versioned": "true"})
    (row,) = records(sandbox)["sys_ws_operation"]
    sandbox.control.put("acmedev", "sys_ws_operation", row["sys_id"], {"web_service_version": OTHER_ACL})
    before = records(sandbox)
    for state in ("present", "absent"):
        result = run_task(MODULE, api(operation(), state=state))
        assert "is versioned" in result["msg"]
    assert records(sandbox) == before


OTHER_ACL = "a" * 32


@pytest.mark.parametrize(
    ("table", "tampering"),
    [
        ("sys_ws_operation", {"operation_script": HELLO + "// more\n"}),
        ("sys_ws_operation", {"requires_authentication": "false"}),
        ("sys_ws_operation", {"requires_acl_authorization": "false"}),
        ("sys_ws_operation", {"requires_snc_internal_role": "false"}),
        ("sys_ws_operation", {"enforce_acl": OTHER_ACL}),
        ("sys_ws_operation", {"enforce_acl": ""}),
        ("sys_ws_operation", {"web_service_version": OTHER_ACL}),
        ("sys_ws_operation", {"active": "false"}),
        ("sys_ws_definition", {"enforce_acl": OTHER_ACL}),
        ("sys_ws_definition", {"enforce_acl": ""}),
        ("sys_ws_definition", {"active": "false"}),
        ("sys_ws_definition", {"is_versioned": "true"}),
        ("sys_ws_definition", {"base_uri": "/api/x_evil/acme_hello"}),
        ("sys_ws_definition", {"namespace": "x_evil"}),
        ("sys_ws_definition", {"consumes": "text/xml"}),
        ("sys_ws_definition", {"produces": ""}),
        ("sys_ws_operation", {"consumes": "text/xml"}),
        ("sys_ws_operation", {"produces": "text/html,application/xml"}),
        ("sys_ws_operation", {"operation_uri": "/api/x_evil/acme_hello/hello"}),
    ],
)
def test_whatever_somebody_changed_is_reported_and_put_right(
    sandbox: Sandbox, table: str, tampering: dict[str, str]
) -> None:
    install(operation())
    before = records(sandbox)
    sandbox.control.put("acmedev", table, before[table][0]["sys_id"], tampering)
    (column,) = tampering
    reported, repaired = install(operation(), check_mode=True), install(operation())
    assert [column in step["after"] for step in reported["records"]].count(True) == 1
    assert (reported["records"], reported["changed"]) == (repaired["records"], True)
    if column not in ("consumes", "produces"):
        assert records(sandbox)[table][0][column].rstrip() == before[table][0][column].rstrip()
    assert not install(operation())["changed"]
    assert call(sandbox, repaired["operations"][0]["path"], {}).json() == {"result": {"hello": "world"}}


def test_an_address_that_cannot_be_written_is_reported_with_what_to_do(sandbox: Sandbox) -> None:
    install(operation())
    (row,) = records(sandbox)["sys_ws_operation"]
    evil = {"default_operation_uri": "/api/x_evil/acme_hello/hello"}
    sandbox.control.put("acmedev", "sys_ws_operation", row["sys_id"], evil)
    assert "default_operation_uri" in str(install(operation(), check_mode=True)["records"])
    result = run_task(MODULE, api(operation()))
    assert (result["error"]["kind"], "default_operation_uri" in result["msg"]) == ("not_stored", True)
    assert "snow_ops.spokes.setup_endpoint_remove" in result["error"]["advice"]


def test_media_types_are_those_that_are_asked_for(sandbox: Sandbox) -> None:
    install(operation())
    (row,) = records(sandbox)["sys_ws_operation"]
    sandbox.control.put("acmedev", "sys_ws_operation", row["sys_id"], {"consumes": "text/xml"})
    assert not install(operation(), media_types=[])["changed"]
    assert install(operation(), media_types=["application/json", "text/csv"])["changed"]
    assert records(sandbox)["sys_ws_operation"][0]["consumes"] == "application/json,text/csv"
    assert run_task(MODULE, api(operation(), media_types=["json"]))["error"]["kind"] == "input"


def test_an_operation_more_is_reported_and_removed(sandbox: Sandbox) -> None:
    definition = install(operation())["sys_id"]
    values = {
        "name": "more",
        "web_service_definition": definition,
        "http_method": "GET",
        "relative_path": "/hello",
        "active": "true",
    }
    sandbox.control.put("acmedev", "sys_ws_operation", "9" * 32, values)
    assert install(operation(), check_mode=True)["changed"]
    install(operation())
    assert len(records(sandbox)["sys_ws_operation"]) == 1


def test_access_controls_are_compared_as_a_set(sandbox: Sandbox) -> None:
    install(operation(enforce_acl=[OTHER_ACL, "b" * 32]), enforce_acl=[])
    assert not install(operation(enforce_acl=["b" * 32, OTHER_ACL]), enforce_acl=[])["changed"]
    assert records(sandbox)["sys_ws_definition"][0]["enforce_acl"] == ""
    assert run_task(MODULE, api(operation(enforce_acl=["web_service_admin"])))["error"]["kind"] == "input"


@pytest.mark.parametrize("switch", ["as_given", "normalised"])
def test_an_api_whose_id_and_paths_the_platform_may_rewrite(sandbox: Sandbox, switch: str) -> None:
    sandbox.control.behaviour({"servicenow.api_paths": switch})
    wanted = [
        operation(relative_path="/My-path.x/{id}/"),
        operation(name="plain", http_method="GET", relative_path="/plain"),
    ]
    first = install(*wanted, service_id="Acme-Hello")
    path = first["operations"][0]["path"]
    assert path == f"{first['base_path']}/{'My-path.x' if switch == 'as_given' else 'My_path_x'}/{{id}}"
    assert call(sandbox, path.replace("{id}", "1"), {}).status_code == 200
    second = install(*wanted, service_id="Acme-Hello")
    assert (second["changed"], second["operations"]) == (False, first["operations"])
    assert [len(rows) for rows in records(sandbox).values()] == [1, 2]
    run_task(MODULE, {"instance": login(), "service_id": "Acme-Hello", "state": "absent"})
    assert records(sandbox) == {table: [] for table in TABLES}


@pytest.mark.parametrize("name", ["acmedev", "acmenocode"])
def test_the_path_is_read_whether_or_not_there_is_a_company_code(sandbox: Sandbox, name: str) -> None:
    code = {"acmedev": "224240", "acmenocode": "global"}[name]
    assert install(operation(), instance=login(name))["base_path"] == f"/api/{code}/acme_hello"
