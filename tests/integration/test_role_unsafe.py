# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Templates in what an instance says, and in variables that are marked as no template: nothing of them runs on the controller.

ansible-core up to 2.18 templates the arguments of look-ups once more, so that a mark that is lost on the way there is enough.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from connections import install_endpoint, one
from support import API_TOKEN, CLIENT_SECRET, PASSWORD, Play, qualtrics_connection, run_task

from roles import LOCAL, LOGIN, VARIABLES, Plays
from sandbox import Sandbox

OPTIONS = yaml.safe_load(
    (Path(__file__).parents[2] / "roles" / "qualtrics_spoke" / "meta" / "argument_specs.yml").read_text()
)["argument_specs"]
ENTRIES = ["setup", "verify", "plan", "rotate", "remove", "after_clone", "report", "export", "probe", "install"]
SETTINGS = {
    "ANSIBLE_CALLBACKS_ENABLED": "results_file,snow_ops.spokes.summary",
    "SN_USERNAME": "spoke.setup",
    "SN_PASSWORD": PASSWORD,
}


class Unsafe(str):
    """What YAML marks as no template."""


class Dumper(yaml.SafeDumper):
    """Writes such texts."""


Dumper.add_representer(Unsafe, lambda dumper, text: dumper.represent_scalar("!unsafe", str(text)))


class Trap:
    """A text that makes a file where it is templated, and the files that were made."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def text(self, name: str) -> Unsafe:
        """A text whose template makes the file ``name``."""
        return Unsafe(f"Q{{{{ lookup('pipe','touch $TRAP/{name}.sprung') }}}}")

    def sprung(self) -> list[str]:
        """What was templated."""
        return sorted(path.stem for path in self.folder.glob("*.sprung"))


def run(plays: Plays, entry: str, *arguments: str) -> Play:
    """Run the playbook of the entry point ``entry``."""
    return plays(f"snow_ops.spokes.qualtrics_{entry}", *arguments, settings={**SETTINGS, "TRAP": str(plays.folder)})


def renamed(sandbox: Sandbox, trap: Trap) -> None:
    """A connection whose texts somebody has made templates."""
    run_task("snow_connection_alias", qualtrics_connection())
    changes: dict[str, dict[str, str]] = {
        "http_connection": {"name": trap.text("connection")},
        "oauth_entity": {"name": trap.text("registry")},
    }
    for table, columns in changes.items():
        sandbox.control.put("acmedev", table, one(sandbox, table)["sys_id"], columns)


@pytest.mark.sampled
@pytest.mark.parametrize("entry", ENTRIES)
@pytest.mark.parametrize("route", ["records", "endpoint"])
def test_what_an_instance_calls_its_records_never_runs(
    sandbox: Sandbox, tmp_path: Path, entry: str, route: str
) -> None:
    trap = Trap(tmp_path)
    if route == "endpoint":
        install_endpoint(sandbox)
    renamed(sandbox, trap)
    plays = Plays(sandbox, tmp_path)
    plays.inventory("acmedev", variables={"qualtrics_spoke_instance": LOGIN})
    assert run(plays, "export", "-e", f"qualtrics_spoke_export_dir={tmp_path}/host_vars").returncode == 0
    assert "!unsafe" in (tmp_path / "host_vars" / "acmedev.yml").read_text()
    vault = {
        "vault_servicenow_password": PASSWORD,
        "vault_qualtrics_api_token": API_TOKEN,
        "vault_qualtrics_client_secret": CLIENT_SECRET,
    }
    plays.inventory("acmedev", variables=vault)
    for arguments in (["--check", "--diff"], ["-e", f"qualtrics_spoke_export_dir={tmp_path}/again"]):
        play = run(plays, entry, *arguments)
        assert trap.sprung() == [], play.stdout


def values_with(trap: Trap, name: str) -> Any:
    """A template in the variable ``name``, in the form that it takes."""
    text = trap.text(name)
    if name == "qualtrics_spoke_instance":
        return {**LOGIN, "host": "https://{{ inventory_hostname }}.service-now.com", "username": text}
    if name == "qualtrics_spoke_scopes":
        return [text]
    if name == "qualtrics_spoke_connection_settings":
        return {"mid_server": text}
    if name == "qualtrics_spoke_oauth_settings":
        return {"oauth_api_script": text}
    return text


def test_the_trap_springs_where_a_text_is_templated(sandbox: Sandbox, tmp_path: Path) -> None:
    trap, plays = Trap(tmp_path), Plays(sandbox, tmp_path)
    plays.inventory("acmedev", variables={"text": str(trap.text("text"))})
    book = plays.book({"ansible.builtin.debug": {"msg": "{{ text }}"}})
    assert plays(book, settings={"TRAP": str(tmp_path)}).returncode == 0
    assert trap.sprung() == ["text"]


@pytest.mark.long
@pytest.mark.parametrize("entry", ENTRIES)
def test_a_variable_that_is_no_template_is_not_templated(sandbox: Sandbox, tmp_path: Path, entry: str) -> None:
    trap = Trap(tmp_path)
    spec = OPTIONS[{"setup": "main", "after_clone": "restore"}.get(entry, entry)]
    names = sorted(spec["options"])
    assert len(names) >= 5
    hosts = {f"acme{number}": {name: values_with(trap, name)} for number, name in enumerate(names)}
    inventory = {"servicenow": {"hosts": hosts, "vars": {**LOCAL, **VARIABLES}}}
    (tmp_path / "hosts.yml").write_text(yaml.dump(inventory, Dumper=Dumper, width=1000))
    plays = Plays(sandbox, tmp_path)
    play = run(plays, entry, "--check")
    assert len(play.stats) == len(hosts)
    assert trap.sprung() == []
