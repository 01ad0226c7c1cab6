# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The entry point ``restore``: what a clone brought is taken over, every secret is written anew, and orphans are reported."""

from __future__ import annotations

from pathlib import Path

import pytest
from connections import install_endpoint, one, own_records
from support import API_TOKEN, CLIENT_SECRET, OTHER_SECRET, writes

from roles import SETUP, Plays, facts, messages
from sandbox import Sandbox

AFTER_CLONE = "snow_ops.spokes.qualtrics_after_clone"
FOREIGN = "snow_ops.spokes instance=acmeprod\nsnow_ops.spokes client_secret=scrypt$14-8-5$ZmFrZQ==$ZmFrZQ=="


@pytest.fixture(params=["records", "endpoint"])
def plays(request: pytest.FixtureRequest, sandbox: Sandbox, tmp_path: Path) -> Plays:
    """Plays on an instance that was set up, and then cloned over."""
    if request.param == "endpoint":
        install_endpoint(sandbox)
    plays = Plays(sandbox, tmp_path)
    plays.inventory("acmedev")
    assert plays(SETUP).returncode == 0
    return plays


@pytest.mark.sampled
@pytest.mark.parametrize("mark", [FOREIGN, "", "snow_ops.spokes instance=acmedev"])
def test_every_secret_is_written_anew_whatever_the_marks_say(plays: Plays, mark: str) -> None:
    registry = one(plays.sandbox, "oauth_entity")["sys_id"]
    plays.sandbox.control.put("acmedev", "oauth_entity", registry, {"comments": mark, "client_secret": OTHER_SECRET})
    before = plays.sandbox.control.records("acmedev", "oauth_entity")
    preview = plays(AFTER_CLONE, "--check", "--diff")
    assert (preview.returncode, writes(plays.sandbox)) == (0, []), preview.stdout
    assert facts(preview)[-1]["notes"] == [], "what the run itself would put right is nobody's to delete"
    assert plays.sandbox.control.records("acmedev", "oauth_entity") == before
    done = plays(AFTER_CLONE)
    assert done.returncode == 0, done.stdout
    after = one(plays.sandbox, "oauth_entity", plain=True)
    assert after["client_secret"] == CLIENT_SECRET
    assert "snow_ops.spokes instance=acmedev" in after["comments"]
    assert "acmeprod" not in after["comments"] and "ZmFrZQ" not in after["comments"]
    result = facts(done)[-1]
    assert (result["operation"], result["changed"], result["notes"]) == ("restore", True, [])
    assert plays(SETUP).stats["acmedev"]["changed"] == 0


@pytest.mark.sampled
def test_another_brands_connection_is_taken_over(plays: Plays) -> None:
    connection = one(plays.sandbox, "http_connection")["sys_id"]
    plays.sandbox.control.put(
        "acmedev", "http_connection", connection, {"connection_url": "https://globex.qualtrics.com/API/v3"}
    )
    control, credential = plays.sandbox.control, one(plays.sandbox, "oauth_2_0_credentials")["sys_id"]
    control.put("acmedev", "oauth_2_0_credentials", "0" * 31 + "1", {"name": "Left by the clone"})
    preview = plays(AFTER_CLONE, "--check", "--diff")
    assert (preview.returncode, writes(plays.sandbox)) == (0, []), preview.stdout
    done = plays(AFTER_CLONE)
    assert done.returncode == 0, done.stdout
    assert one(plays.sandbox, "http_connection")["connection_url"] == "https://acme.qualtrics.com/API/v3"
    (note,) = facts(preview)[-1]["notes"]
    assert "'Left by the clone' is used by no connection" in note and credential not in note
    assert facts(done)[-1]["notes"] == [note]


@pytest.mark.sampled
def test_orphans_are_reported_with_what_to_do(plays: Plays) -> None:
    control = plays.sandbox.control
    control.put("acmedev", "oauth_2_0_credentials", "0" * 31 + "1", {"name": "Left by the clone"})
    control.put("acmedev", "oauth_entity", "0" * 31 + "2", {"name": "Half a registry"})
    control.orphan("acmedev", "oauth_entity", "0" * 31 + "2")
    alias = one(plays.sandbox, "http_connection")["connection_alias"]
    values = {
        "name": "Old",
        "active": "false",
        "connection_alias": alias,
        "connection_url": "https://globex.qualtrics.com/API/v3",
    }
    control.put("acmedev", "http_connection", "0" * 31 + "3", values)
    done = plays(AFTER_CLONE)
    assert done.returncode == 0, done.stdout
    notes = facts(done)[-1]["notes"]
    for part in (
        "'Left by the clone' is used by no connection",
        "'Half a registry' is listed and cannot be opened",
        "'Old' has no credential",
        "'Old' leads to https://globex.qualtrics.com/API/v3",
    ):
        (note,) = [text for text in notes if part in text]
        assert "https://acmedev.service-now.com/nav_to.do" in note
        assert note.split(": https")[0] in done.stdout
    assert own_records(plays.sandbox, "sys_variable_value")[0]["value"] == API_TOKEN


@pytest.mark.sampled
@pytest.mark.parametrize(
    ("purpose", "said"), [("true", "calls itself a production instance"), ("", "does not say whether")]
)
def test_production_is_refused_unless_it_is_named(sandbox: Sandbox, tmp_path: Path, purpose: str, said: str) -> None:
    plays = Plays(sandbox, tmp_path)
    plays.inventory("acmedev")
    assert plays(SETUP).returncode == 0
    (row,) = [
        row
        for row in sandbox.control.records("acmedev", "sys_properties")
        if row["name"] == "glide.installation.production"
    ]
    sandbox.control.put("acmedev", "sys_properties", row["sys_id"], {"value": purpose})
    refused = plays(AFTER_CLONE)
    assert (refused.returncode, writes(plays.sandbox)) == (2, [])
    assert said in messages(refused)[0]
    wrong = plays(AFTER_CLONE, "-e", "qualtrics_spoke_expected_instance_name=acmeprod")
    assert (wrong.returncode, writes(plays.sandbox)) == (2, [])
    assert plays(AFTER_CLONE, "-e", "qualtrics_spoke_expected_instance_name=acmedev").returncode == 0


def test_what_the_table_api_cannot_write_is_a_step_for_a_person(sandbox: Sandbox, tmp_path: Path) -> None:
    plays = Plays(sandbox, tmp_path)
    plays.inventory("acmevault")
    assert plays(SETUP).returncode == 0
    connection = one(sandbox, "http_connection", instance="acmevault")["sys_id"]
    variable = [
        row for row in sandbox.control.records("acmevault", "connection_attributes") if row["element"] == "x_api_token"
    ][0]["sys_id"]
    value = {
        "document": "http_connection",
        "document_key": connection,
        "variable": variable,
        "value": "sandboxForeignToken000000000000000000fake",
    }
    sandbox.control.put("acmevault", "sys_variable_value", "0" * 31 + "4", value)
    assert "X-API-TOKEN" not in str(facts(plays(SETUP))[-1]["manual_steps"])
    done = plays(AFTER_CLONE, "-e", '{"qualtrics_spoke_require_complete": true}')
    assert done.returncode == 2
    assert "Set the connection attribute X-API-TOKEN" in messages(done)[-1]
