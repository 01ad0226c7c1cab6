# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The whole procedure on an instance and an organization that you name, with what SN_* and QUALTRICS_* say.

Opt in with ``SNOW_OPS_LIVE_INSTANCE``, the host of an instance that may be changed: it is set up, verified, its credentials are rotated,
and it is cleaned up again. An instance that has a connection, the setup endpoint or a value of the property already is refused, since it would
be gone afterwards. The sandbox can play the instance (test_refusals.py does that).
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import yaml
from support import Play, ansible_playbook

from live.instances import already_there, named_instance

pytestmark = pytest.mark.skipif(
    not os.environ.get("SNOW_OPS_LIVE_INSTANCE"), reason="SNOW_OPS_LIVE_INSTANCE names no instance"
)


def rotation() -> list[str]:
    """Options of the rotation to the OAuth client that SNOW_OPS_LIVE_CLIENT_ID and SNOW_OPS_LIVE_CLIENT_SECRET name, if they do."""
    options = []
    for name in ("client_id", "client_secret"):
        value = os.environ.get(f"SNOW_OPS_LIVE_{name.upper()}")
        # The value itself stays out of the arguments, which every user of the machine can read.
        lookup = "{{ lookup('ansible.builtin.env', '" + f"SNOW_OPS_LIVE_{name.upper()}" + "') }}"
        options += ["-e", json.dumps({f"qualtrics_spoke_{name}": lookup})] if value else []
    return options


LOOK = """
- hosts: servicenow
  gather_facts: false
  tasks:
    - name: Look at what is there already
      snow_ops.spokes.snow_spoke_info:
        scope: sn_qualtrics_spoke
        preferred_alias_name: Qualtrics
        properties: [sn_qualtrics_spoke.qualtrics_directory]
        also: [connection, setup_endpoint]
"""


def test_the_procedure(tmp_path: Path) -> None:
    host = named_instance(os.environ)
    inventory = tmp_path / "hosts.yml"
    variables = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
    inventory.write_text(yaml.safe_dump({"servicenow": {"hosts": {"live": None}, "vars": variables}}))
    kept = {name: value for name, value in os.environ.items() if name.startswith(("SN_", "QUALTRICS_"))}

    def play(playbook: str, *options: str) -> Play:
        done = ansible_playbook(
            dict(kept, SN_HOST=host), tmp_path, playbook, "-i", str(inventory), *options, seconds=900
        )
        assert done.returncode == 0, f"{playbook}\n{done.stdout}{done.stderr}"
        return done

    probe = play("snow_ops.spokes.qualtrics_probe")
    print(yaml.safe_dump(probe.result("Show what was found")["msg"], sort_keys=False))
    look = tmp_path / "look.yml"
    look.write_text(LOOK)
    found = already_there(play(str(look)).result("Look at what is there already"))
    assert not found, f"{'; '.join(found)}. It would be gone afterwards: take an instance without it"
    try:
        assert play("snow_ops.spokes.qualtrics_setup").stats["live"]["changed"] > 0
        assert play("snow_ops.spokes.qualtrics_setup").stats["live"]["changed"] == 0
        play("snow_ops.spokes.setup_endpoint")
        play("snow_ops.spokes.qualtrics_setup")
        assert play("snow_ops.spokes.qualtrics_setup").stats["live"]["changed"] == 0
        play("snow_ops.spokes.qualtrics_verify")
        # To another client of the organization where there is one; else every value is proven, and none is another.
        rotated = play("snow_ops.spokes.qualtrics_rotate", *rotation())
        assert rotated.stats["live"]["changed"] == (1 if rotation() else 0)
        assert play("snow_ops.spokes.qualtrics_rotate", *rotation()).stats["live"]["changed"] == 0
    finally:
        play("snow_ops.spokes.qualtrics_remove")
        play("snow_ops.spokes.setup_endpoint_remove")
    assert play("snow_ops.spokes.qualtrics_remove").stats["live"]["changed"] == 0
