# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The update set holds the same endpoint as the role installs, and an instance that got only the update set answers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from connections import OPERATIONS, attempt, configure, endpoint_api, endpoint_script
from support import ROOT, run_task

from sandbox import Sandbox
from tools import update_set

MEDIA_TYPES = ("consumes", "produces")


def import_update_set(sandbox: Sandbox, document: bytes) -> None:
    """Put the records of an update set on acmedev as a commit does: as they are, no rule runs."""
    for payload in ElementTree.fromstring(document).iterfind("sys_update_xml/payload"):
        assert payload.text
        (record,) = ElementTree.fromstring(payload.text.encode())
        assert record.get("action") == "INSERT_OR_UPDATE"
        # What a rule or a default would fill in is not there.
        values = {**dict.fromkeys(MEDIA_TYPES, ""), **{column.tag: column.text or "" for column in record}}
        sandbox.control.put("acmedev", record.tag, values.pop("sys_id"), values)


def test_an_instance_with_the_update_set_alone_has_the_endpoint_and_the_role_adopts_it(sandbox: Sandbox) -> None:
    import_update_set(sandbox, update_set.update_set("1.0.0", "224240"))
    assert configure(route="endpoint", get_token=True)["token"]["status"] == "present"
    scripts = {row["name"]: row["operation_script"] for row in sandbox.control.records("acmedev", "sys_ws_operation")}
    assert {name: text.rstrip() for name, text in scripts.items()} == {
        name: endpoint_script(name).rstrip() for name in OPERATIONS
    }
    adopted = run_task("snow_scripted_rest_api", endpoint_api())
    assert (adopted["changed"], adopted["base_path"]) == (False, "/api/224240/spoke_connection_setup")
    assert len(sandbox.control.records("acmedev", "sys_ws_definition")) == 1


def test_without_a_namespace_the_task_says_how_the_path_comes_to_be(sandbox: Sandbox) -> None:
    import_update_set(sandbox, update_set.update_set("1.0.0", ""))
    result = attempt(route="endpoint")
    assert result["error"]["kind"] == "missing"
    assert "has no base path" in result["msg"]
    assert configure()["route"] == "records"


def test_the_same_sources_give_the_same_file(tmp_path: Path) -> None:
    command = [sys.executable, ROOT / "tools" / "update_set.py", "--namespace", "224240", "--output"]
    for name in ("one.xml", "two.xml"):
        subprocess.run([*command, tmp_path / name], check=True, capture_output=True)
    assert (tmp_path / "one.xml").read_bytes() == (tmp_path / "two.xml").read_bytes()
    root = ElementTree.parse(tmp_path / "one.xml").getroot()
    assert [child.tag for child in root] == ["sys_remote_update_set", *["sys_update_xml"] * (1 + len(OPERATIONS))]
    ids = [element.text for element in root.iter("sys_id")]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("code", ["../x", "a&b <c>", "224240;", "a b"])
def test_a_company_code_that_is_none_is_refused(tmp_path: Path, code: str) -> None:
    command = [sys.executable, ROOT / "tools" / "update_set.py", "--namespace", code, "--output", tmp_path / "x.xml"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 2
    assert "invalid company_code value" in done.stderr
    assert not (tmp_path / "x.xml").exists()


def test_another_company_code_is_another_update() -> None:
    guids = [
        [element.text for element in ElementTree.fromstring(update_set.update_set("1.0.0", code)).iter("update_guid")]
        for code in ("", "224240")
    ]
    assert not set(guids[0]) & set(guids[1])


def test_the_module_that_installs_it_says_if_it_cannot_be_called(sandbox: Sandbox) -> None:
    import_update_set(sandbox, update_set.update_set("1.0.0", ""))
    result = run_task("snow_scripted_rest_api", endpoint_api())
    assert (result["changed"], result["base_path"]) == (False, None)
    assert "has no base path, so that it cannot be called" in result["warnings"][0]


def test_without_media_types_every_call_of_an_imported_endpoint_is_refused(sandbox: Sandbox) -> None:
    document = update_set.update_set("1.0.0", "224240").replace(update_set.MEDIA_TYPES.encode(), b"")
    import_update_set(sandbox, document)
    assert "consumes of POST /state is ''" in attempt(route="endpoint")["msg"]
    trusting = {"endpoint_path": "/api/224240/spoke_connection_setup", "endpoint_trust": "path"}
    assert "HTTP 415" in attempt(route="endpoint", **trusting)["msg"]
