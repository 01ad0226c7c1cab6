# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""snow_spoke_info: everything at once, and "unknown" is not "missing"."""
from __future__ import annotations

from typing import Any

import pytest
from support import PROPERTY, SPOKE_SCOPE, is_write, login, qualtrics_connection, run_task

from sandbox import Sandbox

SEEDED = {"host": "acmedev.service-now.com", "name": "acmedev", "is_production": False}


def info(**options: Any) -> dict[str, Any]:
    return run_task("snow_spoke_info", {"instance": login(), "scope": SPOKE_SCOPE, "properties": [PROPERTY], **options})


def row(sandbox: Sandbox, table: str, **wanted: str) -> dict[str, str]:
    return next(entry for entry in sandbox.control.records("acmedev", table) if all(entry[key] == value for key, value in wanted.items()))


@pytest.mark.parametrize("active", ["active", "true"])
def test_a_ready_instance(sandbox: Sandbox, active: str) -> None:
    sandbox.control.behaviour({"servicenow.v_plugin_active": active})
    report = info()
    assert report["ready"] and report["problems"] == []
    assert report["instance"] == SEEDED
    assert (report["user"]["user_name"], report["user"]["is_admin"]) == ("spoke.setup", True)
    assert (report["application"]["status"], report["application"]["version"]) == ("present", "1.2.0")
    assert {plugin["status"] for plugin in report["plugins"]} == {"present"}
    assert [field["label"] for field in report["alias"]["form_fields"]][:3] == ["Connection Name", "Connection URL", "X-API-TOKEN"]
    assert report["attributes"] == [{"element": "x_api_token", "label": "X-API-TOKEN", "type": "string", "is_set": False}]
    assert report["properties"] == {PROPERTY: {"status": "present", "value": ""}}
    assert (report["connection"], report["token"]["status"]) == ({"status": "missing"}, "absent")
    assert not report["changed"]
    assert not any(map(is_write, sandbox.control.requests()))


def test_a_configured_instance(sandbox: Sandbox) -> None:
    run_task("snow_connection_alias", qualtrics_connection())
    report = info()
    connection = report["connection"]
    assert (connection["status"], connection["name"], connection["registry"]) == ("present", "Qualtrics", "Qualtrics OAuth")
    assert connection["configured_for"] == "acmedev"
    assert (connection["scopes"], connection["has_client_secret"], connection["dangling"]) == (["manage:all"], True, [])
    assert report["attributes"][0]["is_set"]
    registry = row(sandbox, "oauth_entity", name="Qualtrics OAuth")
    assert registry["client_secret"] not in str(report)


def test_all_that_is_missing_is_reported_together(sandbox: Sandbox) -> None:
    sandbox.control.put("acmedev", "v_plugin", row(sandbox, "v_plugin", id="com.glide.cobject")["sys_id"], {"active": "inactive"})
    report = info(scope="x_not_there", plugins=["com.glide.cobject", "com.not.there"], properties=["x_not_there.setting"])
    assert not report["ready"]
    assert [problem["what"] for problem in report["problems"] if problem["is_blocking"]][:4] == [
        "The application x_not_there is missing",
        "The plugin com.glide.cobject is inactive",
        "The plugin com.not.there is missing",
        report["alias"]["reason"],
    ]
    assert "The system property x_not_there.setting does not exist" in str(report["problems"])


def test_closed_tables_are_unknown_and_do_not_block(sandbox: Sandbox) -> None:
    for table in ("v_plugin", "sys_user_has_role", "sys_store_app", "sys_scope"):
        sandbox.control.put("acmedev", "sys_db_object", row(sandbox, "sys_db_object", name=table)["sys_id"], {"ws_access": "false"})
    report = info()
    assert report["ready"]
    assert {plugin["status"] for plugin in report["plugins"]} == {"unknown"}
    assert report["application"]["status"] == "unknown"
    assert (report["user"]["roles"], report["user"]["is_admin"]) == (None, None)
    assert "Could not be found out" in report["problems"][0]["what"]


def test_an_account_with_few_roles_gets_what_it_can_see(sandbox: Sandbox) -> None:
    report = info(instance=login(username="itil.user", password="sandbox-Password-2"))
    assert report["alias"]["status"] == "unknown"
    assert report["connection"]["status"] == "unknown"
    assert report["user"]["is_admin"] in (False, None)


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"password": "sandbox-wrong-password"}, "did not accept the login"),
        ({"username": "locked.user", "password": "sandbox-Password-3"}, "locked out"),
        ({"username": "", "password": ""}, "instance.username (SN_USERNAME), instance.password (SN_PASSWORD) not given"),
    ],
)
def test_a_failed_login_ends_the_task_after_one_request(sandbox: Sandbox, changes: dict[str, str], part: str) -> None:
    result = info(instance=login(**changes))
    assert part in result["msg"]
    assert len(sandbox.control.requests()) <= 1
    sandbox.control.clear_requests()
    assert info()["ready"], "the account of the others is not locked"


@pytest.mark.parametrize(
    "options",
    [
        {"client_id": "0b6e3a7c4d5f4e0f8a1b2c3d4e5ffa4e", "client_secret": "sandbox-Client-Secret-1"},
        {"client_id": "0b6e3a7c4d5f4e0f8a1b2c3d4e5ffa4e", "client_secret": "sandbox-Client-Secret-1", "grant_type": "client_credentials"},
        {"username": None, "password": None, "api_key": "now_sandboxApiKey0000000000000000fake"},
    ],
)
def test_other_logins(sandbox: Sandbox, options: dict[str, Any]) -> None:
    report = info(instance=login(**options))
    assert report["ready"]
    assert report["user"]["user_name"] == "spoke.setup"


def test_a_refused_oauth_client_is_explained(sandbox: Sandbox) -> None:
    options = {"client_id": "0b6e3a7c4d5f4e0f8a1b2c3d4e5ffa4e", "client_secret": "sandbox-wrong-secret", "grant_type": "client_credentials"}
    result = info(instance=login(**options))
    assert result["error"]["kind"] == "login"
    assert "refused the OAuth client_credentials grant" in result["msg"]
    assert "sandbox-wrong-secret" not in str(result)


def test_an_expired_access_token_is_renewed_once(sandbox: Sandbox) -> None:
    options = {"client_id": "0b6e3a7c4d5f4e0f8a1b2c3d4e5ffa4e", "client_secret": "sandbox-Client-Secret-1"}
    sandbox.control.fault("status", status=401, path="^/api/now/table/sys_user$")
    report = info(instance=login(**options))
    assert report["ready"]
    assert len([entry for entry in sandbox.control.requests() if entry["path"] == "/oauth_token.do"]) == 2
