# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""snow_store_app: what is installed stays, what is missing or older is installed, and what hangs or fails is explained."""

from __future__ import annotations

import time
from typing import Any

import pytest
from support import PASSWORD, login, run_task, writes

from sandbox import Sandbox

CORE = "ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.cores.store_app"
SCOPE = "sn_qualtrics_spoke"


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"{CORE}.POLL_SECONDS", 0.02)
    monkeypatch.setattr("ansible_collections.snow_ops.spokes.plugins.module_utils._wire.session.BACKOFF_SECONDS", 0.01)


def install(name: str = "acmebare", check_mode: bool = False, **options: Any) -> dict[str, Any]:
    """Run the module on an instance of the sandbox."""
    return run_task("snow_store_app", {"instance": login(name), "scope": SCOPE, **options}, check_mode)


def version(sandbox: Sandbox, name: str = "acmebare") -> str:
    """The version that is installed."""
    return "".join(row["version"] for row in sandbox.control.records(name, "sys_store_app") if row["scope"] == SCOPE)


def test_a_missing_application_is_installed_once(sandbox: Sandbox) -> None:
    before = run_task("snow_spoke_info", {"instance": login("acmebare"), "scope": SCOPE})
    assert before["ready"] is False
    foretold = install(check_mode=True)
    assert (foretold["changed"], foretold["version"], version(sandbox), writes(sandbox)) == (True, "latest", "", [])
    result = install()
    assert (result["changed"], result["version"], result["version_before"]) == (True, "1.4.0", None), result
    assert [step["status"] for step in result["progress"]] == ["Pending", "Running", "Running", "Successful"]
    assert result["progress"][1]["message"] == "Installing the application"
    assert result["diff"][0]["after"] == {"version": "1.4.0"}
    sandbox.control.clear_requests()
    again = install()
    assert (again["changed"], again["diff"], writes(sandbox)) == (False, [], [])
    assert run_task("snow_spoke_info", {"instance": login("acmebare"), "scope": SCOPE})["ready"] is True


@pytest.mark.parametrize("option", ["version", "base_app_version"])
def test_an_older_one_is_upgraded_and_a_later_one_left(sandbox: Sandbox, option: str) -> None:
    upgraded = install("acmedev", **{option: "1.3.0"})
    assert (upgraded["changed"], upgraded["version_before"], version(sandbox, "acmedev")) == (True, "1.2.0", "1.3.0")
    left = install("acmedev", **{option: "1.2.0"})
    assert (left["changed"], left["version"], version(sandbox, "acmedev")) == (False, "1.3.0", "1.3.0")
    assert "never downgraded" in left["warnings"][0]
    assert f"of {SCOPE} is installed on acmedev.service-now.com" in left["warnings"][0]
    assert install("acmedev", **{option: "1.3"})["changed"] is False


def test_the_latest_of_an_installed_one_is_not_known_where_the_table_is_closed(sandbox: Sandbox) -> None:
    result = install("acmedev")
    assert result["changed"] is False
    assert "cannot be read there" in result["warnings"][0]
    assert f"Version 1.2.0 of {SCOPE} is installed on acmedev.service-now.com" in result["warnings"][0]


def test_one_that_never_begins_is_explained(sandbox: Sandbox) -> None:
    sandbox.control.behaviour({"servicenow.store_install": "pending"})
    result = install(pending_limit=1)
    assert result["error"]["kind"] == "manual_step"
    for part in ("has been Pending", "sn_cicd_spoke.CICD", "sn_cicd.apprepo.install.enabled", "not entitled"):
        assert part in result["msg"]
    timed = install(time_limit=1)
    assert (timed["error"]["kind"], "It continues" in timed["msg"]) == ("outcome_unknown", True)
    for part in ("Pending", "sn_cicd_spoke.CICD", "sn_cicd.apprepo.install.enabled", "not entitled"):
        assert part in timed["msg"], "a time limit under the one for Pending explains it too"
    sandbox.control.behaviour({"servicenow.store_install": "succeeds"})
    assert install()["version"] == "1.4.0"


@pytest.mark.parametrize(
    ("switch", "kind", "part"),
    [
        ({"servicenow.store_install": "fails"}, "manual_step", "A dependency of the application is missing"),
        ({"servicenow.store_install": "not_entitled"}, "manual_step", "not entitled"),
        ({"servicenow.cicd": "inactive"}, "missing", "com.glide.continuousdelivery"),
    ],
)
def test_what_fails_says_why(sandbox: Sandbox, switch: dict[str, str], kind: str, part: str) -> None:
    sandbox.control.behaviour(switch)
    result = install()
    assert (result["error"]["kind"], part in result["msg"], version(sandbox)) == (kind, True, ""), result["msg"]


def test_an_instance_that_is_busy_installing_is_waited_for(sandbox: Sandbox) -> None:
    sandbox.control.fault("html", path="/sn_cicd/progress/", skip=1, times=4)
    sandbox.control.fault("status", status=503, path="/sn_cicd/progress/", skip=2, times=4)
    assert install()["version"] == "1.4.0"


@pytest.mark.parametrize("lost", [False, True])
def test_no_limit_is_overrun_by_a_poll(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, lost: bool) -> None:
    monkeypatch.setattr(f"{CORE}.POLL_SECONDS", 60.0)
    sandbox.control.behaviour({"servicenow.store_install": "pending"})
    if lost:
        sandbox.control.fault("close", when="before", path="/app_repo/install$")
    began = time.monotonic()
    assert install(time_limit=1)["error"]["kind"] == "outcome_unknown"
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("kind", ["close", "garbled", "reset"])
def test_a_lost_answer_to_the_start_is_settled_by_looking(sandbox: Sandbox, kind: str) -> None:
    sandbox.control.fault(kind, when="after", path="/app_repo/install$")
    result = install("acmedev", version="1.3.0")
    assert (result["changed"], result["version"], result["version_before"]) == (True, "1.3.0", "1.2.0"), result
    assert [step["status"] for step in result["progress"]] == ["Unknown"]
    assert writes(sandbox) == ["POST acmedev.service-now.com/api/sn_cicd/app_repo/install"], "one start, and no other"


def test_one_that_may_not_have_begun_is_not_started_again(sandbox: Sandbox) -> None:
    sandbox.control.fault("close", when="before", path="/app_repo/install$")
    result = install(pending_limit=1)
    assert result["error"]["kind"] == "outcome_unknown"
    assert "so it was not started again" in result["msg"]
    assert "run again" in result["error"]["advice"]
    assert len(writes(sandbox)) == 1
    assert install()["version"] == "1.4.0"


def test_of_a_lost_start_an_instance_that_is_busy_is_waited_for(sandbox: Sandbox) -> None:
    sandbox.control.fault("close", when="after", path="/app_repo/install$")
    sandbox.control.fault("html", method="POST", path="/api/now/v1/batch", skip=1, times=3)
    sandbox.control.fault("html", method="GET", skip=4, times=3)
    assert install()["version"] == "1.4.0"


def test_without_the_role_or_the_plugin_the_advice_names_it(sandbox: Sandbox) -> None:
    itil = {**login("acmebare"), "username": "itil.user", "password": "sandbox-Password-2"}
    refused = run_task("snow_store_app", {"instance": itil, "scope": SCOPE})
    assert (refused["error"]["kind"], "sn_cicd.sys_ci_automation" in refused["msg"]) == ("access", True)
    (row,) = [
        row
        for row in sandbox.control.records("acmebare", "sys_plugins")
        if row["source"] == "com.glide.continuousdelivery"
    ]
    sandbox.control.put("acmebare", "sys_plugins", row["sys_id"], {"active": "false"})
    missing = install()
    assert (missing["error"]["kind"], "com.glide.continuousdelivery" in missing["msg"]) == ("missing", True)


def test_demo_data_goes_through_the_batch_installation(sandbox: Sandbox) -> None:
    assert "needs sys_id and a version" in install(load_demo_data=True)["msg"]
    (row,) = [row for row in sandbox.control.records("acmedev", "sys_store_app") if row["scope"] == SCOPE]
    result = install(load_demo_data=True, sys_id=row["sys_id"], version="1.3.0")
    assert (result["version"], writes(sandbox)) == (
        "1.3.0",
        ["POST acmebare.service-now.com/api/sn_cicd/app/batch/install"],
    ), result


@pytest.mark.parametrize(
    "options", [{"scope": "no scope"}, {"version": "one"}, {"sys_id": "1"}, {"time_limit": 0}, {"pending_limit": -1}]
)
def test_what_cannot_work_is_refused_before_anything_is_sent(sandbox: Sandbox, options: dict[str, Any]) -> None:
    result = install(**options)
    assert (result["error"]["kind"], sandbox.control.requests()) == ("input", [])
    assert PASSWORD not in str(result)
