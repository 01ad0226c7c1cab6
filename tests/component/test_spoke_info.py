# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""snow_spoke_info: everything at once, and "unknown" is not "missing"."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
import yaml
from ansible_collections.snow_ops.spokes.plugins.plugin_utils._wording import reword
from connections import attempt
from support import PROPERTY, ROOT, SPOKE_SCOPE, is_write, login, qualtrics_connection, run_task

from sandbox import Sandbox

SEEDED = {"host": "acmedev.service-now.com", "identity": "acmedev", "name": "acmedev", "is_production": False}


def info(**options: Any) -> dict[str, Any]:
    return run_task("snow_spoke_info", {"instance": login(), "scope": SPOKE_SCOPE, "properties": [PROPERTY], **options})


def row(sandbox: Sandbox, table: str, **wanted: str) -> dict[str, str]:
    return next(
        entry
        for entry in sandbox.control.records("acmedev", table)
        if all(entry[key] == value for key, value in wanted.items())
    )


@pytest.mark.parametrize("active", ["active", "true"])
def test_a_ready_instance(sandbox: Sandbox, active: str) -> None:
    sandbox.control.behaviour({"servicenow.v_plugin_active": active})
    report = info()
    assert report["ready"] and report["problems"] == []
    assert report["instance"] == SEEDED
    assert (report["user"]["user_name"], report["user"]["is_admin"]) == ("spoke.setup", True)
    assert (report["application"]["status"], report["application"]["version"]) == ("present", "1.2.0")
    assert {plugin["status"] for plugin in report["plugins"]} == {"present"}
    assert [field["label"] for field in report["alias"]["form_fields"]][:3] == [
        "Connection Name",
        "Connection URL",
        "X-API-TOKEN",
    ]
    assert report["attributes"] == [
        {"element": "x_api_token", "label": "X-API-TOKEN", "type": "string", "is_set": False}
    ]
    assert report["properties"] == {PROPERTY: {"status": "present", "value": ""}}
    assert (report["connection"], report["token"]["status"]) == ({"status": "missing"}, "absent")
    assert not report["changed"]
    assert not any(map(is_write, sandbox.control.requests()))


def test_a_configured_instance(sandbox: Sandbox) -> None:
    attempt()
    report = info()
    connection = report["connection"]
    assert (connection["status"], connection["name"], connection["registry"]) == (
        "present",
        "Qualtrics",
        "Qualtrics OAuth",
    )
    assert connection["configured_for"] == "acmedev"
    assert (connection["scopes"], connection["has_client_secret"], connection["dangling"]) == (["manage:all"], True, [])
    assert report["attributes"][0]["is_set"]
    registry = row(sandbox, "oauth_entity", name="Qualtrics OAuth")
    assert registry["client_secret"] not in str(report)


def test_all_that_is_missing_is_reported_together(sandbox: Sandbox) -> None:
    sandbox.control.put(
        "acmedev", "v_plugin", row(sandbox, "v_plugin", id="com.glide.cobject")["sys_id"], {"active": "inactive"}
    )
    report = info(
        scope="x_not_there", plugins=["com.glide.cobject", "com.not.there"], properties=["x_not_there.setting"]
    )
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
        sandbox.control.put(
            "acmedev", "sys_db_object", row(sandbox, "sys_db_object", name=table)["sys_id"], {"ws_access": "false"}
        )
    report = info()
    assert report["ready"]
    assert {plugin["status"] for plugin in report["plugins"]} == {"unknown"}
    assert report["application"]["status"] == "unknown"
    assert (report["user"]["roles"], report["user"]["is_admin"]) == (None, None)
    assert "Could not be determined" in report["problems"][0]["what"]


def test_an_account_with_few_roles_gets_what_it_can_see(sandbox: Sandbox) -> None:
    report = info(instance=login(username="itil.user", password="sandbox-Password-2"))
    assert report["alias"]["status"] == "unknown"
    assert report["connection"]["status"] == "unknown"
    assert report["user"]["is_admin"] in (False, None)


def close(sandbox: Sandbox, *tables: str) -> None:
    for table in tables:
        sandbox.control.put(
            "acmedev", "sys_db_object", row(sandbox, "sys_db_object", name=table)["sys_id"], {"ws_access": "false"}
        )


def blocking(report: dict[str, Any]) -> list[str]:
    return [problem["what"] for problem in report["problems"] if problem["is_blocking"]]


@pytest.mark.parametrize("table", ["sys_alias", "http_connection", "sys_properties", "connection_attributes"])
def test_what_the_set_up_needs_and_cannot_be_read_never_counts_as_ready(sandbox: Sandbox, table: str) -> None:
    close(sandbox, table)
    report = info()
    assert report["ready"] is None
    assert table in blocking(report)[0]


def test_where_everything_is_refused_the_reason_is_said_once(sandbox: Sandbox) -> None:
    sandbox.control.fault("status", status=403, host="acmedev.service-now.com", times=0)
    report = info()
    assert report["ready"] is None
    (what,) = blocking(report)
    assert what.startswith("Nothing could be read from acmedev.service-now.com: The account may not query this table")
    assert len(report["problems"]) == 1


def test_a_web_page_for_every_question_is_not_ready(sandbox: Sandbox) -> None:
    sandbox.control.fault("html", status=403, host="acmedev.service-now.com", times=0)
    report = info()
    assert report.get("failed") or report["ready"] is None


@pytest.mark.parametrize(
    "fault", [("status", {"status": 400}), ("status", {"status": 500}), ("garbled", {}), ("html", {"status": 200})]
)
@pytest.mark.parametrize(
    "table", ["sys_user_has_role", "sys_user_role", "sys_store_app", "v_plugin", "oauth_credential"]
)
def test_one_refused_table_of_many_ends_nothing(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, table: str, fault: tuple[str, dict[str, Any]]
) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    attempt()
    kind, settings = fault
    sandbox.control.fault(kind, host="acmedev.service-now.com", table=table, times=0, **settings)
    report = info()
    assert not report.get("failed"), report["msg"]
    # The token's state is read together with the connection, and a table that is refused is told from an instance that fails.
    assert report["ready"] is (None if table == "oauth_credential" and settings != {"status": 400} else True)


def test_an_account_that_may_not_look_itself_up_gets_all_the_rest(sandbox: Sandbox) -> None:
    sandbox.control.fault("status", status=400, host="acmedev.service-now.com", table="sys_user", times=0)
    report = info()
    assert (report["ready"], report["user"]["status"]) == (True, "unknown")


def test_an_instance_that_fails_every_request_ends_the_task(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    sandbox.control.fault("status", status=503, host="acmedev.service-now.com", times=0)
    report = info()
    assert report["failed"]
    assert "503" in report["msg"]


@pytest.mark.parametrize("rows", ["stale", "none"])
def test_an_outdated_list_of_plugins_does_not_block_where_the_spoke_is_active(sandbox: Sandbox, rows: str) -> None:
    sandbox.control.behaviour({"servicenow.v_plugin_rows": rows})
    report = info()
    assert report["ready"] is True
    assert {plugin["status"] for plugin in report["plugins"]} == {"inactive" if rows == "stale" else "unknown"}
    assert report["problems"] and not blocking(report)
    close(sandbox, "sys_store_app", "sys_scope")
    assert info()["ready"] is True, "the alias says that the spoke is there"


def test_an_inactive_spoke_is_no_excuse_for_inactive_plugins(sandbox: Sandbox) -> None:
    application = row(sandbox, "sys_scope", scope=SPOKE_SCOPE)["sys_id"]
    sandbox.control.put("acmedev", "sys_store_app", application, {"active": "false"})
    sandbox.control.behaviour({"servicenow.v_plugin_rows": "stale"})
    report = info(plugins=["com.glide.cobject"])
    assert report["ready"] is False
    assert blocking(report) == [
        "The application sn_qualtrics_spoke is inactive",
        "The plugin com.glide.cobject is inactive",
    ]


def put_connection(sandbox: Sandbox, name: str, number: str) -> None:
    alias = row(sandbox, "sys_alias", id="sn_qualtrics_spoke.Qualtrics")["sys_id"]
    values = {
        "name": name,
        "active": "true",
        "connection_alias": alias,
        "connection_url": "https://acme.qualtrics.com/API/v3",
    }
    sandbox.control.put("acmedev", "http_connection", number * 32, values)


def allow_several(sandbox: Sandbox) -> None:
    alias = row(sandbox, "sys_alias", id="sn_qualtrics_spoke.Qualtrics")["sys_id"]
    sandbox.control.put("acmedev", "sys_alias", alias, {"multiple_connections": "true"})


def test_of_several_allowed_connections_the_named_one_is_reported(sandbox: Sandbox) -> None:
    allow_several(sandbox)
    put_connection(sandbox, "First", "1")
    put_connection(sandbox, "Second", "2")
    report = info(connection_name="Second")
    assert (report["ready"], report["connection"]["sys_id"]) == (True, "2" * 32)
    unnamed = info()
    assert unnamed["ready"] is None
    assert "connection_name" in [problem["advice"] for problem in unnamed["problems"] if problem["is_blocking"]][0]


def test_several_active_connections_that_the_alias_does_not_allow_are_not_ready(sandbox: Sandbox) -> None:
    put_connection(sandbox, "First", "1")
    put_connection(sandbox, "Second", "2")
    report = info(connection_name="Second")
    assert report["ready"] is False
    assert "has 2 active connections" in blocking(report)[0]


def test_the_verdict_rests_on_kinds_of_errors_and_not_on_their_words(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    core = importlib.import_module(
        "ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.cores.spoke_info"
    )
    errors = importlib.import_module("ansible_collections.snow_ops.spokes.plugins.module_utils._errors")

    def ambiguous(*arguments: Any) -> None:
        raise errors.Ambiguous("Plusieurs possibilités", "quelque part")

    with monkeypatch.context() as patch:
        patch.setattr(core, "read_alias", ambiguous)
        assert info()["ready"] is False
    with monkeypatch.context() as patch:
        patch.setattr(core, "read_current", ambiguous)
        assert info()["ready"] is False


def test_a_connection_name_that_belongs_to_another_alias_is_not_ready(sandbox: Sandbox) -> None:
    values = {"name": "Qualtrics", "active": "true", "connection_url": "https://other.example"}
    sandbox.control.put("acmedev", "http_connection", "3" * 32, values)
    report = info(connection_name="Qualtrics")
    assert report["ready"] is False
    assert "'Qualtrics' is taken" in blocking(report)[0]


@pytest.mark.parametrize("how", ["orphan", "delete"])
def test_a_record_that_is_gone_or_cannot_be_opened_is_named_with_advice(sandbox: Sandbox, how: str) -> None:
    attempt()
    credential = row(sandbox, "oauth_2_0_credentials")["sys_id"]
    getattr(sandbox.control, how)("acmedev", "oauth_2_0_credentials", credential)
    report = info(connection_name="Qualtrics")
    (problem,) = [problem for problem in report["problems"] if "cannot be opened" in problem["what"]]
    assert "oauth_2_0_credentials" in problem["what"] or "http_connection.credential" in problem["what"]
    assert "orphan" in str(problem) and "elete it on the instance" in problem["advice"]


@pytest.mark.parametrize("switch", ["both", "column_label", "label"])
def test_an_attribute_has_its_label_in_whichever_column_it_is(sandbox: Sandbox, switch: str) -> None:
    sandbox.control.behaviour({"servicenow.attribute_label": switch})
    assert info()["attributes"][0]["label"] == "X-API-TOKEN"


def test_an_attribute_without_a_label_has_that_of_the_form(sandbox: Sandbox) -> None:
    attribute = row(sandbox, "connection_attributes", element="x_api_token")["sys_id"]
    sandbox.control.put("acmedev", "connection_attributes", attribute, {"label": "", "column_label": ""})
    assert info()["attributes"][0]["label"] == "X-API-TOKEN"
    assert not attempt(route="records").get("failed")


@pytest.mark.parametrize(("name", "version"), [("acmenext", "1.3.0"), ("acmelatest", "1.4.0")])
def test_later_versions_of_the_spoke_with_other_labels(sandbox: Sandbox, name: str, version: str) -> None:
    report = info(instance=login(name))
    assert (report["ready"], report["application"]["version"]) == (True, version)
    assert "OAuth Client ID" in [entry["label"] for entry in report["alias"]["form_fields"]]
    assert run_task("snow_connection_alias", qualtrics_connection(name))["changed"]
    assert not run_task("snow_connection_alias", qualtrics_connection(name))["changed"]


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"password": "sandbox-wrong-password"}, "did not accept the login"),
        ({"username": "locked.user", "password": "sandbox-Password-3"}, "locked out"),
        (
            {"username": "", "password": ""},
            "instance.username (SN_USERNAME), instance.password (SN_PASSWORD) not given",
        ),
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
        {
            "client_id": "0b6e3a7c4d5f4e0f8a1b2c3d4e5ffa4e",
            "client_secret": "sandbox-Client-Secret-1",
            "grant_type": "client_credentials",
        },
        {"username": None, "password": None, "api_key": "now_sandboxApiKey0000000000000000fake"},
    ],
)
def test_other_logins(sandbox: Sandbox, options: dict[str, Any]) -> None:
    report = info(instance=login(**options))
    assert report["ready"]
    assert report["user"]["user_name"] == "spoke.setup"


def test_a_refused_oauth_client_is_explained(sandbox: Sandbox) -> None:
    options = {
        "client_id": "0b6e3a7c4d5f4e0f8a1b2c3d4e5ffa4e",
        "client_secret": "sandbox-wrong-secret",
        "grant_type": "client_credentials",
    }
    result = info(instance=login(**options))
    assert result["error"]["kind"] == "login"
    assert "refused the OAuth client_credentials grant" in result["msg"]
    assert "sandbox-wrong-secret" not in str(result)


def test_an_expired_access_token_is_renewed_once(sandbox: Sandbox) -> None:
    options = {"client_id": "0b6e3a7c4d5f4e0f8a1b2c3d4e5ffa4e", "client_secret": "sandbox-Client-Secret-1"}
    sandbox.control.fault("status", status=401, path="^/api/now/v1/batch$")
    report = info(instance=login(**options))
    assert report["ready"]
    assert len([entry for entry in sandbox.control.requests() if entry["path"] == "/oauth_token.do"]) == 2


def test_a_missing_spoke_is_answered_with_the_ways_to_install_it(sandbox: Sandbox) -> None:
    names = yaml.safe_load((ROOT / "roles" / "qualtrics_spoke" / "vars" / "main.yml").read_text())
    options = {"instance": login("acmebare"), "scope": SPOKE_SCOPE}
    result = run_task("snow_spoke_info", options)
    told = {problem["what"]: problem["advice"] for problem in result["problems"]}
    assert "snow_ops.spokes.snow_store_app" in told[f"The application {SPOKE_SCOPE} is missing"]
    shown = reword(result, names["__qualtrics_spoke_names_in_servicenow"])["problems"]
    (advice,) = [problem["advice"] for problem in shown if "is missing" in problem["what"]]
    assert "snow_ops.spokes.qualtrics_install" in advice and "qualtrics_spoke_install: true" in advice
    (advice,) = [problem["advice"] for problem in shown if "alias" in problem["what"]]
    assert "snow_ops.spokes.qualtrics_install" in advice
    absent = run_task("snow_connection_alias", qualtrics_connection("acmebare"))
    assert "snow_ops.spokes.snow_store_app" in absent["error"]["advice"]
