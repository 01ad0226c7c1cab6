# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""What an instance says in names and labels, on the operator's terminal and in the log file: it moves nothing and forges no line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from support import PASSWORD, ansible_playbook, login, other_python, qualtrics_connection

from sandbox import Sandbox

FORGED = "\x1b]0;OWNED\x07\x1b[31mred\nok: [acmeprod] => FORGED LINE\r\nfatal: [x]\u202eRTL\u200b\u2066\x9b2J\u3164\ufe0f\u2800"
UNSAFE = ("\x1b", "\x07", "\x9b", "\u202e", "\u200b", "\u2066", "\r", "\u3164", "\ufe0f", "\u2800")


def forge(sandbox: Sandbox) -> None:
    """Texts of the instance that an attacker has written: a label of the form, the instance's name."""
    for row in sandbox.control.records("acmedev", "connection_attributes"):
        if row["element"] == "x_api_token":
            forged = {"column_label": f"Token{FORGED}", "internal_type": "password2"}
            sandbox.control.put("acmedev", "connection_attributes", row["sys_id"], forged)
    for row in sandbox.control.records("acmedev", "sys_properties"):
        if row["name"] == "instance_name":
            sandbox.control.put("acmedev", "sys_properties", row["sys_id"], {"value": f"acmedev{FORGED}"})


@pytest.mark.parametrize("path", ["fast", "module"])
def test_forged_texts_reach_neither_terminal_nor_log(sandbox: Sandbox, tmp_path: Path, path: str) -> None:
    forge(sandbox)
    connection = qualtrics_connection(instance="{{ instance }}")
    connection["connection"] = {**connection["connection"], "name": "Qualtrics"}
    tasks = [
        {
            "snow_ops.spokes.snow_spoke_info": {"instance": "{{ instance }}", "scope": "sn_qualtrics_spoke"},
            "register": "found",
        },
        {"ansible.builtin.debug": {"msg": "{{ found.problems | map(attribute='what') | join(' ') }}"}},
        {"ansible.builtin.debug": {"msg": "{{ found.instance.name | default(found.instance) }}"}},
        {"snow_ops.spokes.snow_connection_alias": connection, "register": "made", "ignore_errors": True},
        {"ansible.builtin.debug": {"msg": "{{ made.manual_steps | default(made.msg) | string }}"}},
        {
            "ansible.builtin.fail": {
                "msg": "{{ made.manual_steps | default([made.msg]) | join(', ') }} {{ found.problems }}"
            },
            "ignore_errors": True,
        },
        {"ansible.builtin.assert": {"that": False, "fail_msg": "{{ found }}"}},
    ]
    (tmp_path / "play.yml").write_text(yaml.safe_dump([{"hosts": "all", "gather_facts": False, "tasks": tasks}]))
    interpreter = "{{ ansible_playbook_python }}" if path == "fast" else str(other_python(tmp_path))
    host = {"ansible_connection": "local", "ansible_python_interpreter": interpreter, "instance": login()}
    (tmp_path / "hosts.yml").write_text(yaml.safe_dump({"all": {"hosts": {"here": host}}}))
    settings = {"ANSIBLE_LOG_PATH": str(tmp_path / "log"), "ANSIBLE_CALLBACK_RESULT_FORMAT": "yaml"}
    done = ansible_playbook(
        sandbox.environment, tmp_path, "play.yml", "-i", "hosts.yml", "--diff", "-v", settings=settings
    )
    assert "FORGED" in done.stdout
    assert PASSWORD not in json.dumps(done.results)
    for text in (done.stdout, done.stderr, (tmp_path / "log").read_text()):
        assert [sign for sign in UNSAFE if sign in text] == []
        assert not any(line.startswith(("ok: [acmeprod]", "fatal: [x]")) for line in text.splitlines())
