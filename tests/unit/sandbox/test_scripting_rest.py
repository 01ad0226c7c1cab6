# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Scripted REST APIs: their addresses, who may call them, and what becomes of their answers."""

from __future__ import annotations

import pytest
import requests

from sandbox import Sandbox
from sandbox.servicenow.caller import Caller, basic

CHECK_LOGS = "Check logs for error trace or enable glide.rest.debug property to verify REST request processing"


@pytest.fixture
def acme() -> Caller:
    return Caller()


def test_the_addresses_are_computed(acme: Caller) -> None:
    path = acme.install("return 1;", "/a/{id}", base_uri="/mine", operation_uri="/mine")
    (api,) = acme.stored("sys_ws_definition")
    assert api["base_uri"] == f"/api/{api['namespace']}/test"
    assert path == f"{api['base_uri']}/a/{{id}}"
    acme.table("PATCH", "sys_ws_definition", api["sys_id"], {"service_id": "moved"})
    assert acme.stored("sys_ws_operation")[0]["operation_uri"] == f"/api/{api['namespace']}/moved/a/{{id}}"


def test_the_namespace_of_a_global_api_is_the_company_code_or_global_where_there_is_none() -> None:
    codes = []
    for caller in (Caller("acmedev"), Caller("acmetest"), Caller("acmenocode"), Caller(changes={"properties": {}})):
        caller.install("return 1;")
        codes.append(caller.stored("sys_ws_definition")[0]["namespace"])
    assert codes == ["224240", "518093", "global", "global"]


def test_what_the_script_gets(acme: Caller) -> None:
    script = """
      return {data: request.body.data, text: request.body.dataString, path: request.pathParams.id, query: request.queryParams,
              header: request.getHeader('X-Mine'), none: request.getHeader('x-none'), login: request.getHeader('Authorization')};"""
    path = acme.install(script, "/things/{id}", "PUT").replace("{id}", "a%20b")
    answer = acme.send("PUT", path, {"q": "1"}, b'{"a": [1]}', {**acme.headers, "x-mine": "yes"})
    expected = {
        "data": {"a": [1]},
        "text": '{"a": [1]}',
        "path": "a b",
        "query": {"q": ["1"]},
        "header": "yes",
        "none": None,
        "login": None,
    }
    assert answer.result == expected


@pytest.mark.parametrize(
    ("script", "status", "document"),
    [
        ("return {a: 1};", 200, {"result": {"a": 1}}),
        ("response.setBody([1]); response.setStatus(201);", 201, {"result": [1]}),
        ("return null;", 200, None),
        ("return new sn_ws_err.NotFoundError('gone');", 404, ("gone", "")),
        ("throw new sn_ws_err.BadRequestError('bad');", 400, ("bad", "")),
        ("response.setError(new sn_ws_err.ConflictError('twice'));", 409, ("twice", "")),
        (
            "var e = new sn_ws_err.ServiceError(); e.setStatus(422); e.setMessage('m'); e.setDetail('d'); return e;",
            422,
            ("m", "d"),
        ),
        ("return request.body.data;", 400, ("Exception while reading request", "The payload is not valid JSON.")),
        ("throw 'no';", 500, ("no", f"no {CHECK_LOGS}")),
        (
            "let a = 1;",
            500,
            (
                "SyntaxError: let is not part of ES5 (line 2)",
                f"SyntaxError: let is not part of ES5 (line 2) {CHECK_LOGS}",
            ),
        ),
    ],
)
def test_what_becomes_of_the_answer(acme: Caller, script: str, status: int, document: object) -> None:
    answer = acme.send("POST", acme.install(script), body=b"{no json")
    assert answer.status == status
    if document is None:
        assert answer.body == b""
    elif isinstance(document, tuple):
        assert (answer.error, answer.document["status"]) == (document, "failure")
    else:
        assert answer.document == document


def test_syntax_is_refused_when_the_script_runs_and_not_when_it_is_stored(acme: Caller) -> None:
    path = acme.install("var f = () => 1;")
    assert acme.farm.log("acmedev") == []
    assert acme.send("POST", path).status == 500
    assert acme.farm.log("acmedev")[0]["message"] == "SyntaxError: arrow function is not part of ES5 (line 2)"


def test_headers_and_a_stream(acme: Caller) -> None:
    script = """
      response.setContentType('text/csv');
      response.setHeader('X-Rows', 2);
      response.setStatus(202);
      var writer = response.getStreamWriter();
      writer.writeString('a,');
      writer.writeString('b');"""
    answer = acme.send("POST", acme.install(script))
    assert (answer.status, answer.body, answer.headers["content-type"], answer.headers["x-rows"]) == (
        202,
        b"a,b",
        "text/csv",
        "2",
    )


def test_the_login_comes_first(acme: Caller) -> None:
    path = acme.install("return gs.getUserName();")
    assert acme.send("POST", path, headers={}).status == 401
    assert acme.send("GET", path, headers={}).status == 401
    assert acme.send("GET", path).status == 405
    acme.headers = basic("itil.user", "sandbox-Password-2")
    assert acme.send("POST", path).result == "itil.user"


def test_a_user_without_a_role_is_kept_out_unless_the_operation_says_otherwise(acme: Caller) -> None:
    acme.farm.put_record(
        "acmedev", "sys_user", "1" * 32, {"user_name": "nobody", "user_password": "sandbox-Password-4"}
    )
    # Who has no role is not internal either, so that each of the two checks alone keeps the user out.
    checks = ("requires_acl_authorization", "requires_snc_internal_role")
    closed = [
        acme.install("return 1;"),
        *(acme.install("return 1;", f"/{check}", **{check: False}) for check in checks),
    ]
    open_path = acme.install("return 2;", "/open", **dict.fromkeys(checks, False))
    acme.headers = basic("nobody", "sandbox-Password-4")
    for path in closed:
        assert acme.send("POST", path).error == ("User Not Authorized", "Failed API level ACL Validation")
    assert acme.send("POST", open_path).result == 2


def test_an_operation_without_authentication(acme: Caller) -> None:
    path = acme.install(
        "return [gs.getUserName(), gs.hasRole('admin')];",
        requires_authentication=False,
        requires_acl_authorization=False,
    )
    assert acme.send("POST", path, headers={}).result == ["guest", False]
    assert acme.send("POST", path).result == ["spoke.setup", True]


def test_an_inactive_operation_is_not_there(acme: Caller) -> None:
    assert (
        acme.send("POST", acme.install("return 1;", active=False)).error[0]
        == "Requested URI does not represent any resource"
    )


def test_operations_go_with_their_api(acme: Caller) -> None:
    path = acme.install("return 1;")
    acme.table("DELETE", "sys_ws_definition", acme.stored("sys_ws_definition")[0]["sys_id"])
    assert acme.stored("sys_ws_operation") == []
    assert acme.send("POST", path).status == 400


def test_only_their_administrators_may_write_them(acme: Caller) -> None:
    acme.headers = basic("itil.user", "sandbox-Password-2")
    assert acme.table("POST", "sys_ws_definition", body={"name": "Mine"}).status == 403


def test_a_script_over_the_wire(sandbox: Sandbox) -> None:
    session = requests.Session()
    session.auth = ("spoke.setup", "sandbox-Password-1")
    host = "https://acmedev.service-now.com"
    api = session.post(f"{host}/api/now/table/sys_ws_definition", json={"name": "Hello"}, timeout=30).json()["result"]
    script = "(function process(request, response) { gs.info('called'); return {hello: gs.getUserName()}; })(request, response);"
    operation = {
        "name": "hello",
        "web_service_definition": api["sys_id"],
        "relative_path": "/world",
        "operation_script": script,
    }
    path = session.post(f"{host}/api/now/table/sys_ws_operation", json=operation, timeout=30).json()["result"][
        "operation_uri"
    ]
    assert session.get(host + path, timeout=30).json() == {"result": {"hello": "spoke.setup"}}
    assert [line["message"] for line in sandbox.control.log("acmedev")] == ["called"]
    assert sandbox.control.log("acmetest") == []
    assert sandbox.control.errors() == []
