# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The live tests themselves: no instance but the named one is touched, and on the sandbox they pass and clean up.

``make rehearsal`` runs them with the disputed switches of the sandbox in their other positions: check_switches.py.
"""

from __future__ import annotations

import pytest
from connections import configure, install_endpoint
from support import DIRECTORY, PROPERTY, leaks, login, run_task, writes

from live.instances import already_there, named_instance
from live.rehearsal import NEW_CLIENT, NEW_SECRET, records, run, seed_with_two_clients
from sandbox import Sandbox


def test_the_named_instance_is_the_only_one() -> None:
    assert named_instance({"SNOW_OPS_LIVE_INSTANCE": "acmedev"}) == "https://acmedev.service-now.com"
    assert named_instance(
        {"SNOW_OPS_LIVE_INSTANCE": "acmedev.service-now.com", "SN_HOST": "https://ACMEDEV.service-now.com/"}
    )
    for environment in (
        {},
        {"SN_HOST": "acmedev"},
        {"SNOW_OPS_LIVE_INSTANCE": "acmedev", "SN_HOST": "https://acmeprod.service-now.com"},
    ):
        with pytest.raises(ValueError, match="SNOW_OPS_LIVE_INSTANCE"):
            named_instance(environment)


@pytest.mark.parametrize("variable", ["SNOW_OPS_LIVE_INSTANCE", "SN_HOST"])
@pytest.mark.parametrize(
    "text",
    [
        "acmedev,acmeprod",
        "acmedev acmeprod",
        "acmedev;acmeprod",
        "https://user:pw@acmedev.service-now.com",
        "user:pw@acmedev.service-now.com",
        "user@acmedev",
        "https://",
        "https://acmedev.service-now.com/path?to=acmeprod",
        "http://acmedev.service-now.com",
        "acmedev..service-now.com",
        "acmedev\nacmeprod",
        "*",
        "https://[acmedev",
        "acmedev:port",
        "acmedev:8443",
    ],
)
def test_what_is_not_one_host_is_refused_and_not_shown(variable: str, text: str) -> None:
    environment = {"SNOW_OPS_LIVE_INSTANCE": "acmedev", variable: text}
    with pytest.raises(ValueError, match=f"{variable} (is not|names no)") as raised:
        named_instance(environment)
    assert "pw" not in str(raised.value)


def test_a_port_is_part_of_the_name() -> None:
    assert named_instance({"SNOW_OPS_LIVE_INSTANCE": "acmedev.example:8443"}) == "https://acmedev.example:8443"


def test_what_the_tests_would_remove_is_seen(sandbox: Sandbox) -> None:
    def found() -> list[str]:
        options = {"instance": login(), "scope": "sn_qualtrics_spoke", "properties": [PROPERTY]}
        return already_there(run_task("snow_spoke_info", {**options, "preferred_alias_name": "Qualtrics"}))

    assert found() == []
    install_endpoint(sandbox)
    (endpoint,) = found()
    assert endpoint.startswith("the setup endpoint is there already")
    configure()
    assert len(found()) == 2
    (row,) = [row for row in sandbox.control.records("acmedev", "sys_properties") if row["name"] == PROPERTY]
    sandbox.control.put("acmedev", "sys_properties", row["sys_id"], {"value": DIRECTORY})
    assert len(found()) == 3
    for row in sandbox.control.records("acmedev", "sys_db_object"):
        if row["name"] in ("sys_ws_definition", "http_connection", "sys_properties"):
            sandbox.control.put("acmedev", "sys_db_object", row["sys_id"], {"ws_access": "false"})
    assert len(found()) == 3


@pytest.mark.long
@pytest.mark.parametrize("has_endpoint", [True, False])
def test_an_instance_with_something_that_the_tests_would_remove_is_refused(
    sandbox: Sandbox, has_endpoint: bool
) -> None:
    if has_endpoint:
        install_endpoint(sandbox)
    else:
        (row,) = [row for row in sandbox.control.records("acmedev", "sys_properties") if row["name"] == PROPERTY]
        sandbox.control.put("acmedev", "sys_properties", row["sys_id"], {"value": DIRECTORY})
    sandbox.control.clear_requests()
    done = run(sandbox, SNOW_OPS_LIVE_INSTANCE="acmedev")
    assert done.returncode != 0
    assert writes(sandbox) == []
    said = "setup endpoint is there already" if has_endpoint else f"the property {PROPERTY} has a value already"
    assert said in done.stdout


def test_without_a_name_nothing_is_sent(sandbox: Sandbox) -> None:
    done = run(sandbox, SN_HOST="acmedev")
    assert done.returncode == 0
    assert "1 skipped" in done.stdout
    assert sandbox.control.requests() == []


def test_another_instance_than_the_named_one_is_refused(sandbox: Sandbox) -> None:
    done = run(sandbox, SN_HOST="acmeprod", SNOW_OPS_LIVE_INSTANCE="acmedev")
    assert done.returncode != 0
    assert "allows acmedev.service-now.com only" in done.stdout
    assert sandbox.control.requests() == []


@pytest.mark.long
@pytest.mark.parametrize("has_other_client", [True, False])
def test_they_pass_on_the_sandbox_and_leave_nothing(has_other_client: bool) -> None:
    other = (
        {"SNOW_OPS_LIVE_CLIENT_ID": NEW_CLIENT, "SNOW_OPS_LIVE_CLIENT_SECRET": NEW_SECRET} if has_other_client else {}
    )
    with Sandbox(seed_with_two_clients()) as sandbox:
        before = records(sandbox)
        done = run(sandbox, SNOW_OPS_LIVE_INSTANCE="acmedev", **other)
        assert done.returncode == 0, done.stdout + done.stderr
        assert leaks(done.stdout + done.stderr, (NEW_SECRET,)) == []
        assert records(sandbox) == before
        hosts = {entry["host"] for entry in sandbox.control.requests()}
        assert {host for host in hosts if host.endswith("service-now.com")} == {"acmedev.service-now.com"}
