# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Each refusal of Qualtrics' own, as a person reads it who runs a playbook. (Those of instances are in tests/promises/concurrency.)"""

from __future__ import annotations

from pathlib import Path

import yaml
from support import API_TOKEN, ansible_playbook, leaks

from promises.faults.matrix import QUALTRICS_REFUSALS
from sandbox import Sandbox


def test_every_refusal_is_told_with_its_code_and_what_to_do(sandbox: Sandbox, tmp_path: Path) -> None:
    for status, code in QUALTRICS_REFUSALS:
        sandbox.control.fault("status", status=status, code=code)
    read = {"snow_ops.spokes.qualtrics_account_info": {"api_token": "{{ token }}"}, "ignore_errors": True}
    tasks = [{"name": f"{status} {code}", **read} for status, code in QUALTRICS_REFUSALS]
    (tmp_path / "play.yml").write_text(yaml.safe_dump([{"hosts": "localhost", "gather_facts": False, "tasks": tasks}]))
    (tmp_path / "secret.yml").write_text(yaml.safe_dump({"token": API_TOKEN}))
    done = ansible_playbook(sandbox.environment, tmp_path, "play.yml", "-e", "@secret.yml", "-vvvv")
    assert len(done.results) == len(QUALTRICS_REFUSALS)
    for (status, code), entry in zip(QUALTRICS_REFUSALS, done.results, strict=True):
        message = entry["result"]["msg"]
        assert f"HTTP {status}" + (f", {code}" if code else "") in message
        assert "Where: Qualtrics iad1.qualtrics.com, /API/v3/whoami." in message
        assert "What to do: " in message
        assert "Request id: " in message
    assert leaks(done.stdout + done.stderr + str(done.results)) == []
