# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Installing scripts where Scripting Governance guards them, and in an application: before, at the first attempt, and when it ends midway."""

from __future__ import annotations

from typing import Any

import pytest
from connections import attempt, call, endpoint_api, endpoint_script
from support import PROPERTY, SPOKE_SCOPE, login, run_task, writes

from sandbox import Sandbox

MODULE = "snow_scripted_rest_api"
ROLE = "snc_required_script_writer_permission"
REMOVAL = {"instance": login(), "service_id": "spoke_connection_setup", "state": "absent"}
TABLES = ("sys_ws_definition", "sys_ws_operation")


def install(check_mode: bool = False, **changes: Any) -> dict[str, Any]:
    return run_task(MODULE, {**endpoint_api(), **changes}, check_mode)


def left(sandbox: Sandbox) -> list[dict[str, str]]:
    return [row for table in TABLES for row in sandbox.control.records("acmedev", table)]


def user(sandbox: Sandbox) -> str:
    return next(
        row["sys_id"] for row in sandbox.control.records("acmedev", "sys_user") if row["user_name"] == "spoke.setup"
    )


def grant(sandbox: Sandbox) -> None:
    role = next(row["sys_id"] for row in sandbox.control.records("acmedev", "sys_user_role") if row["name"] == ROLE)
    sandbox.control.put("acmedev", "sys_user_has_role", "c" * 32, {"user": user(sandbox), "role": role})


def pick(sandbox: Sandbox, scope: str) -> str:
    """Let the account's application picker stand on an application."""
    application = next(
        row["sys_id"] for row in sandbox.control.records("acmedev", "sys_scope") if row["scope"] == scope
    )
    values = {"user": user(sandbox), "name": "apps.current_app", "value": application}
    sandbox.control.put("acmedev", "sys_user_preference", "d" * 32, values)
    sandbox.control.behaviour({"servicenow.insert_scope": "preference"})
    return application


@pytest.fixture(params=["on", "forbid"])
def governed(sandbox: Sandbox, request: pytest.FixtureRequest) -> Sandbox:
    sandbox.control.behaviour({"servicenow.scripting_governance": request.param})
    return sandbox


@pytest.mark.parametrize("check_mode", [True, False])
def test_an_account_that_may_not_write_scripts_is_told_before_anything_is_written(
    governed: Sandbox, check_mode: bool
) -> None:
    result = install(check_mode)
    assert result["error"]["kind"] == "access"
    for part in (
        ROLE,
        "Conditional Script Writer",
        "weekly job",
        "Scripting Governance",
        "update set",
        "nothing was written",
    ):
        assert part in result["msg"]
    assert "admin is the documented" not in result["msg"]
    assert writes(governed) == []


def test_with_the_role_it_is_installed(governed: Sandbox) -> None:
    grant(governed)
    first = install()
    assert first["changed"], first["msg"]
    assert not install()["changed"]
    assert {row["active"] for row in left(governed)} == {"true"}


def test_before_zurich_nothing_is_said_of_it(sandbox: Sandbox) -> None:
    result = install()
    assert result["changed"]
    assert "warnings" not in result
    report = run_task("snow_spoke_info", {"instance": login(), "scope": SPOKE_SCOPE})
    assert (report["script_permission"]["status"], report["problems"]) == ("not_needed", [])


def test_the_report_names_it_and_is_ready_all_the_same(governed: Sandbox) -> None:
    report = run_task("snow_spoke_info", {"instance": login(), "scope": SPOKE_SCOPE})
    assert (report["ready"], report["script_permission"]) == (True, {"status": "missing", "role": ROLE})
    (problem,) = report["problems"]
    assert not problem["is_blocking"]
    assert ROLE in problem["what"] and "Conditional Script Writer" in problem["advice"]
    grant(governed)
    report = run_task("snow_spoke_info", {"instance": login(), "scope": SPOKE_SCOPE})
    assert (report["script_permission"]["status"], report["problems"]) == ("granted", [])


def hide_roles(sandbox: Sandbox) -> None:
    table = next(
        row["sys_id"]
        for row in sandbox.control.records("acmedev", "sys_db_object")
        if row["name"] == "sys_user_has_role"
    )
    sandbox.control.put("acmedev", "sys_db_object", table, {"ws_access": "false"})


@pytest.mark.parametrize("how", ["not known", "not asked"])
def test_a_first_installation_whose_scripts_are_refused_leaves_nothing_and_names_the_role(
    governed: Sandbox, how: str
) -> None:
    if how == "not known":
        hide_roles(governed)
    result = install(**({"require_script_permission": False} if how == "not asked" else {}))
    assert result["failed"]
    assert ROLE in result["error"]["advice"] and "Conditional Script Writer" in result["error"]["advice"]
    assert "removed again" in result["msg"]
    assert left(governed) == []
    assert writes(governed), "it was tried"


def test_where_the_rules_are_switched_off_although_the_role_exists_the_check_can_be_left_out(sandbox: Sandbox) -> None:
    sandbox.control.behaviour({"servicenow.scripting_governance": "role_only"})
    assert "require_script_permission" in install()["error"]["advice"]
    assert install(require_script_permission=False)["changed"]
    assert not install()["changed"], "what is right needs no permission"


def test_a_later_change_of_a_script_is_refused_before_it_touches_what_works(governed: Sandbox) -> None:
    grant(governed)
    path = install()["base_path"]
    governed.control.delete("acmedev", "sys_user_has_role", "c" * 32)
    operations = [dict(entry, script=entry["script"] + "// changed\n") for entry in endpoint_api()["operations"]]
    governed.control.clear_requests()
    assert ROLE in install(operations=operations)["msg"]
    assert writes(governed) == []
    assert call(governed, f"{path}/state", {}).status_code == 400, "its own answer to an empty question"
    assert not install(operations=endpoint_api()["operations"])["changed"], "what is right needs no permission"


@pytest.mark.parametrize("number", range(6))
def test_a_run_that_ends_midway_leaves_nothing_that_answers_and_the_next_one_completes_it(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform import client

    class Killed(BaseException):
        pass

    insert, made = client.Instance.insert, []

    def insert_or_die(self: Any, table: str, values: dict[str, str]) -> Any:
        if len(made) == number:
            raise Killed
        made.append(table)
        return insert(self, table, values)

    with monkeypatch.context() as patch:
        patch.setattr(client.Instance, "insert", insert_or_die)
        with pytest.raises(Killed):
            install()
    assert len(left(sandbox)) == number
    assert "true" not in [row["active"] for row in sandbox.control.records("acmedev", "sys_ws_definition")]
    assert (
        run_task("snow_connection_alias", {"instance": login(), "scope": SPOKE_SCOPE, "state": "absent"})["route"]
        == "records"
    )
    done = install()
    assert not done.get("failed"), done["msg"]
    scripts = {
        row["name"]: row["operation_script"].rstrip() for row in sandbox.control.records("acmedev", "sys_ws_operation")
    }
    assert scripts == {entry["name"]: endpoint_script(entry["name"]).rstrip() for entry in endpoint_api()["operations"]}
    assert not install()["changed"]


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("status", [400, 403])
def test_any_failed_first_installation_takes_away_what_it_made(sandbox: Sandbox, table: str, status: int) -> None:
    skip = 2 if table == "sys_ws_operation" else 0
    sandbox.control.fault("status", status=status, method="POST", table=table, skip=skip, times=0)
    result = install()
    assert result["failed"]
    assert left(sandbox) == []


def test_what_cannot_be_taken_away_is_named_and_does_not_answer(sandbox: Sandbox) -> None:
    sandbox.control.fault("status", status=403, method="POST", table="sys_ws_operation", skip=1, times=0)
    sandbox.control.fault("status", status=403, method="DELETE", times=0)
    result = install()
    assert "still there, inactive" in result["msg"]
    assert {row["active"] for row in sandbox.control.records("acmedev", "sys_ws_definition")} == {"false"}


def test_a_failed_change_of_an_api_takes_nothing_away(sandbox: Sandbox) -> None:
    install()
    operations = [
        *endpoint_api()["operations"],
        {"name": "more", "http_method": "GET", "relative_path": "/more", "script": "1;"},
    ]
    sandbox.control.fault("status", status=403, method="POST", table="sys_ws_operation", times=0)
    assert install(operations=operations)["failed"]
    assert len(left(sandbox)) == 7


# The application


@pytest.mark.parametrize("honour", [True, False])
def test_an_account_whose_picker_stands_on_another_application(sandbox: Sandbox, honour: bool) -> None:
    pick(sandbox, SPOKE_SCOPE)
    if honour:
        assert install()["base_path"] == "/api/224240/spoke_connection_setup"
        assert {row["sys_scope"] for row in left(sandbox)} == {"global"}
        assert not install()["changed"]
        return
    sandbox.control.behaviour({"servicenow.transaction_scope": "ignore"})
    result = install()
    assert result["error"]["kind"] == "mismatch"
    assert "belongs to the application sn_qualtrics_spoke instead of global" in result["msg"]
    assert "apps.current_app" in result["error"]["advice"]
    assert left(sandbox) == []


@pytest.mark.parametrize("check_mode", [True, False])
def test_an_api_that_lies_in_another_application_is_an_error(sandbox: Sandbox, check_mode: bool) -> None:
    application = pick(sandbox, SPOKE_SCOPE)
    sandbox.control.behaviour({"servicenow.transaction_scope": "ignore"})
    assert install(scope=SPOKE_SCOPE)["base_path"] == "/api/sn_qualtrics_spoke/spoke_connection_setup"
    assert {row["sys_scope"] for row in left(sandbox)} == {application}
    sandbox.control.clear_requests()
    result = install(check_mode)
    assert "apps.current_app" in result["msg"]
    assert writes(sandbox) == []


def test_an_api_of_another_application_with_the_same_id_is_neither_changed_nor_removed(sandbox: Sandbox) -> None:
    install(scope=SPOKE_SCOPE)
    other = {row["sys_id"] for row in left(sandbox)}
    assert run_task(MODULE, REMOVAL)["error"]["kind"] == "mismatch"
    assert {row["sys_id"] for row in left(sandbox)} == other
    (definition,) = [row for row in left(sandbox) if "service_id" in row]
    sandbox.control.put(
        "acmedev",
        "sys_ws_definition",
        "d" * 32,
        {"service_id": definition["service_id"], "name": "ours", "active": "true"},
    )
    made = install()
    assert made.get("sys_id") == "d" * 32
    assert not install()["changed"]
    assert run_task(MODULE, REMOVAL)["changed"]
    assert {row["sys_id"] for row in left(sandbox)} == other


def test_a_general_api_can_belong_to_an_application(sandbox: Sandbox) -> None:
    for check_mode in (True, False):
        result = install(check_mode, scope=SPOKE_SCOPE)
        assert result["changed"], result["msg"]
    assert (result["namespace"], result["base_path"]) == (SPOKE_SCOPE, "/api/sn_qualtrics_spoke/spoke_connection_setup")
    assert not install(scope=SPOKE_SCOPE)["changed"]
    assert install(scope="x_not_there")["error"]["kind"] == "missing"


def test_a_single_operation_in_another_application_is_found(sandbox: Sandbox) -> None:
    install()
    operation = sandbox.control.records("acmedev", "sys_ws_operation")[2]
    application = next(
        row["sys_id"] for row in sandbox.control.records("acmedev", "sys_scope") if row["scope"] == SPOKE_SCOPE
    )
    sandbox.control.put("acmedev", "sys_ws_operation", operation["sys_id"], {"sys_scope": application})
    assert operation["sys_id"] in install(check_mode=True)["msg"]


def test_every_file_that_is_made_goes_to_global(sandbox: Sandbox) -> None:
    pick(sandbox, SPOKE_SCOPE)
    attempt(route="records")
    run_task("snow_sys_property", {"instance": login(), "name": "x_sandbox.made", "value": "1", "create": True})
    for table in ("oauth_entity", "oauth_entity_profile", "oauth_entity_scope", "oauth_entity_profile_scope"):
        assert {row["sys_scope"] for row in sandbox.control.records("acmedev", table)} == {"global"}, table
    made = {row["name"]: row["sys_scope"] for row in sandbox.control.records("acmedev", "sys_properties")}
    assert (made["x_sandbox.made"], made[PROPERTY] != "global") == ("global", True)
    inserts = [entry for entry in sandbox.control.requests() if entry["method"] == "POST"]
    asked = {entry["path"].split("/")[4]: "sysparm_transaction_scope=global" in entry["query"] for entry in inserts}
    assert not asked["http_connection"] and not asked["oauth_2_0_credentials"], "they are no files"
