# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""From 0.1.0: what that release left on an instance, recorded by running it, is taken over by this one.

``from_0.1.0.json`` has the records of three runs of 0.1.0: by plain records, the same with ``update_secret: on_change``,
and through its setup endpoint, whose access token is left out: the Qualtrics that gave it is gone.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from connections import all_records, assert_configured, attempt, configure, endpoint_api, one
from support import DIRECTORY, OTHER_SECRET, PROPERTY, login, qualtrics_connection, run_task, writes

from sandbox import Sandbox

LEFT: dict[str, Any] = json.loads((Path(__file__).parent / "from_0.1.0.json").read_text(encoding="utf-8"))
# The name of a licence in a file is taken for that of the file itself.
SCRIPTS = LEFT["shared_script"].replace("(SPDX)", "SPDX")
# In the order in which 0.1.0 made them.
ORDER = (
    "oauth_entity",
    "oauth_entity_profile",
    "oauth_entity_scope",
    "oauth_entity_profile_scope",
    "oauth_2_0_credentials",
    "http_connection",
)


def leave(sandbox: Sandbox, run: str, tables: tuple[str, ...] = ()) -> None:
    """Put on acmedev what ``run`` of 0.1.0 left there, all of it or some ``tables``."""
    for table, rows in LEFT[run].items():
        for row in rows if not tables or table in tables else []:
            values = {name: value for name, value in row.items() if name not in ("sys_id", "sys_class_name")}
            if "operation_script" in values:
                values["operation_script"] = SCRIPTS + values["operation_script"]
            sandbox.control.put("acmedev", table, row["sys_id"], values)
    sandbox.control.clear_requests()


@pytest.mark.parametrize(("run", "update_secret"), [("records", "on_create"), ("on_change", "on_change")])
def test_a_connection_made_over_plain_records_is_no_change(sandbox: Sandbox, run: str, update_secret: str) -> None:
    leave(sandbox, run)
    before = all_records(sandbox, "acmedev")
    assert configure(update_secret=update_secret)["changed"] is False
    property_task = {"instance": login(), "name": PROPERTY, "value": DIRECTORY}
    assert run_task("snow_sys_property", property_task)["changed"] is False
    assert writes(sandbox) == []
    assert all_records(sandbox, "acmedev") == before
    assert_configured(sandbox)


def test_the_fingerprint_of_the_secret_is_understood(sandbox: Sandbox) -> None:
    leave(sandbox, "on_change")
    oauth = {**qualtrics_connection()["oauth"], "client_secret": OTHER_SECRET}
    assert configure(update_secret="on_change", oauth=oauth)["changed"] is True
    assert one(sandbox, "oauth_entity", plain=True)["client_secret"] == OTHER_SECRET
    assert configure(update_secret="on_change", oauth=oauth)["changed"] is False


@pytest.mark.sampled
@pytest.mark.parametrize("count", range(1, len(ORDER)))
def test_a_run_that_was_cut_off_is_completed_without_duplicates(sandbox: Sandbox, count: int) -> None:
    leave(sandbox, "records", ORDER[:count])
    assert configure()["changed"] is True
    assert_configured(sandbox)
    made = {table: one(sandbox, table)["sys_id"] for table in ORDER[:count]}
    assert made == {table: LEFT["records"][table][0]["sys_id"] for table in ORDER[:count]}
    assert configure()["changed"] is False


def test_the_setup_endpoint_is_recognised_and_brought_up_to_date(sandbox: Sandbox) -> None:
    leave(sandbox, "endpoint")
    before = all_records(sandbox, "acmedev")
    refused = attempt(route="endpoint")
    assert refused["failed"]
    assert refused["error"]["kind"] == "mismatch"
    assert "that of an earlier release (version 1)" in refused["msg"]
    assert "setup_endpoint" in refused["error"]["advice"]
    assert writes(sandbox) == []
    assert run_task("snow_scripted_rest_api", endpoint_api())["changed"] is True
    assert run_task("snow_scripted_rest_api", endpoint_api())["changed"] is False
    done = configure(route="endpoint", get_token=True, test_path="/directories")
    assert [step["role"] for step in done["records"] if step["action"] != "none"] == ["token"]
    assert done["test"]["ok"] is True
    assert all_records(sandbox, "acmedev") == before
    assert configure(route="endpoint", get_token=True, test_path="/directories")["changed"] is False


def test_the_info_module_names_the_old_endpoint(sandbox: Sandbox) -> None:
    leave(sandbox, "endpoint")
    found = run_task("snow_spoke_info", {"instance": login(), "scope": "sn_qualtrics_spoke"})["setup_endpoint"]
    assert found["status"] == "outdated"


def test_what_0_1_0_changed_unasked_takes_a_word_now(sandbox: Sandbox) -> None:
    """``replace_foreign_connection`` was true by default: a clone lost its source's connection without a question."""
    leave(sandbox, "records")
    registry = LEFT["records"]["oauth_entity"][0]
    comments = registry["comments"].replace("acmedev", "acmeprod")
    assert comments != registry["comments"]
    sandbox.control.put("acmedev", "oauth_entity", registry["sys_id"], {"comments": comments})
    refused = attempt()
    assert refused["failed"]
    assert refused["error"]["kind"] == "mismatch"
    assert "replace_foreign_connection" in refused["error"]["advice"]
    assert configure(replace_foreign_connection=True)["changed"] is True
    assert_configured(sandbox)
