# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The entry point ``export``: what an instance has becomes variables with which a set-up changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from connections import configure, install_endpoint, one
from support import (
    API_TOKEN,
    CLIENT_ID,
    CLIENT_SECRET,
    DIRECTORY,
    PASSWORD,
    PROPERTY,
    login,
    qualtrics_connection,
    writes,
)

from roles import LOCAL, LOGIN, SETUP, Plays, messages, role
from sandbox import Sandbox

EXPORT = "snow_ops.spokes.qualtrics_export"
VAULT = {
    "vault_servicenow_password": PASSWORD,
    "vault_qualtrics_api_token": API_TOKEN,
    "vault_qualtrics_client_secret": CLIENT_SECRET,
}
NAMES = ["Qualtrics", 'Umfragen: "Köln" # {{ lookup("pipe", "id") }} \\ \U0001f600']


def made_by_hand(sandbox: Sandbox, name: str, use_mid: bool = True) -> None:
    """A connection of another name, without a mark, with a setting of its own, and the directory."""
    oauth: dict[str, Any] = {**qualtrics_connection()["oauth"], "name": f"{name} OAuth"}
    configure(connection={"name": name, "url": "https://acme.fra1.qualtrics.com/API/v3"}, oauth=oauth)
    sandbox.control.put("acmedev", "oauth_entity", one(sandbox, "oauth_entity")["sys_id"], {"comments": "made by hand"})
    sandbox.control.put(
        "acmedev", "http_connection", one(sandbox, "http_connection")["sys_id"], {"use_mid": str(use_mid).lower()}
    )
    (row,) = [row for row in sandbox.control.records("acmedev", "sys_properties") if row["name"] == PROPERTY]
    sandbox.control.put("acmedev", "sys_properties", row["sys_id"], {"value": DIRECTORY})


@pytest.mark.sampled
@pytest.mark.parametrize("route", ["records", "endpoint"])
@pytest.mark.parametrize("name", NAMES)
def test_the_first_run_with_what_was_exported_changes_nothing(
    sandbox: Sandbox, tmp_path: Path, name: str, route: str
) -> None:
    if route == "endpoint":
        install_endpoint(sandbox)
    # There is no MID server that could make the call which proves it.
    made_by_hand(sandbox, name, use_mid=route == "records")
    plays = Plays(sandbox, tmp_path)
    plays.inventory("acmedev", variables={"qualtrics_spoke_instance": LOGIN})
    given = ["-e", "qualtrics_spoke_export_dir=host_vars"]
    exported = tmp_path / "host_vars" / "acmedev.yml"
    preview = plays(EXPORT, *given, "--check", "--diff")
    assert (preview.returncode, writes(plays.sandbox), exported.exists()) == (0, [], False), preview.stdout
    done = plays(EXPORT, "-e", f"qualtrics_spoke_export_dir={tmp_path}/host_vars")
    assert (done.returncode, writes(plays.sandbox)) == (0, []), done.stdout
    again = plays(EXPORT, "-e", f"qualtrics_spoke_export_dir={tmp_path}/host_vars")
    assert again.stats["acmedev"]["changed"] == 0
    text = exported.read_text()
    assert f'qualtrics_spoke_client_id: "{CLIENT_ID}"' in text
    assert text.count("Put it into a vault.") == 3
    assert not [secret for secret in VAULT.values() if secret in text]
    assert ("!unsafe" in text) == ("{" in name)
    plays.inventory("acmedev", variables=VAULT)
    options = ["-e", f"qualtrics_spoke_route={route}", "--diff"]
    if route == "endpoint":
        # It has no token yet, which is not a matter of variables.
        assert plays(SETUP, *options).returncode == 0
    setup = plays(SETUP, *options)
    assert (setup.returncode, setup.stats["acmedev"]["changed"], writes(plays.sandbox)) == (0, 0, []), setup.stdout
    assert one(sandbox, "http_connection")["name"] == name
    assert one(sandbox, "oauth_entity")["comments"].splitlines()[0] == "made by hand"


def test_a_file_can_be_read_as_yaml_whatever_the_instance_says(sandbox: Sandbox, tmp_path: Path) -> None:
    made_by_hand(sandbox, NAMES[1])
    plays = Plays(sandbox, tmp_path)
    plays.inventory("acmedev", variables={"qualtrics_spoke_instance": LOGIN})
    assert plays(EXPORT, "-e", f"qualtrics_spoke_export_dir={tmp_path}/out").returncode == 0

    class Loader(yaml.SafeLoader):
        """Takes what must not be templated as text."""

    Loader.add_constructor("!unsafe", lambda loader, node: loader.construct_scalar(node))
    values = yaml.load((tmp_path / "out" / "acmedev.yml").read_text(), Loader)
    assert values["qualtrics_spoke_connection_name"] == NAMES[1]
    assert values["qualtrics_spoke_datacenter_id"] == "fra1"
    assert values["qualtrics_spoke_connection_settings"] == {"use_mid": "true"}
    assert values["qualtrics_spoke_mark_adopted"] is False


def test_nothing_to_export_is_said(sandbox: Sandbox, tmp_path: Path) -> None:
    plays = Plays(sandbox, tmp_path)
    plays.inventory("acmedev", variables={**LOCAL, "qualtrics_spoke_instance": LOGIN})
    play = plays(EXPORT, "-e", f"qualtrics_spoke_export_dir={tmp_path}/out")
    assert play.returncode == 2
    assert "has no connection of the Qualtrics spoke that could be exported" in messages(play)[0]
    assert "qualtrics_spoke_export_dir is empty" in messages(plays(EXPORT, "-e", "qualtrics_spoke_export_dir="))[0]


@pytest.mark.long
def test_from_one_host_each_instance_has_a_file_of_its_own(sandbox: Sandbox, tmp_path: Path) -> None:
    for name in ("acmedev", "acmetest"):
        configure(instance=login(name))
    plays = Plays(sandbox, tmp_path)
    plays.inventory("localhost", variables={})
    instance = {**LOGIN, "host": "https://{{ item }}.service-now.com"}
    values = {"qualtrics_spoke_instance": instance, "qualtrics_spoke_export_dir": f"{tmp_path}/out"}
    book = plays.book(role(tasks_from="export", vars=values, loop=["acmedev", "acmetest"]))
    foretold, done = plays(book, "--check"), plays(book)
    assert done.returncode == 0, done.stdout
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["acmedev.yml", "acmetest.yml"]
    for name in ("acmedev", "acmetest"):
        assert f"https://{name}.service-now.com" in (tmp_path / "out" / f"{name}.yml").read_text()
        assert f"out/{name}.yml would have what {name}.service-now.com has" in foretold.stdout
        assert f"out/{name}.yml has what {name}.service-now.com has" in done.stdout
    # Two hosts of an inventory with names of their own that lead to one instance do not overwrite each other's either.
    plays.inventory("one", "two", variables={**LOCAL, "qualtrics_spoke_instance": login("acmedev")})
    done = plays(EXPORT, "-e", f"qualtrics_spoke_export_dir={tmp_path}/both")
    assert done.returncode == 0, done.stdout
    assert sorted(path.name for path in (tmp_path / "both").iterdir()) == ["one-acmedev.yml", "two-acmedev.yml"]


@pytest.mark.long
def test_what_an_instance_lacks_is_named_and_vault_names_are_warned_of(sandbox: Sandbox, tmp_path: Path) -> None:
    configure(instance=login("acmevault"), route="records")
    plays = Plays(sandbox, tmp_path)
    plays.inventory("acmevault", variables={"qualtrics_spoke_instance": LOGIN})
    play = plays(EXPORT, "-e", f"qualtrics_spoke_export_dir={tmp_path}/out")
    assert play.returncode == 0, play.stdout
    text = (tmp_path / "out" / "acmevault.yml").read_text()
    said = play.result("Export | Say what is left to do")["msg"]
    for shown in (text, said):
        assert "changes nothing but what is missing there: the value of the attribute X-API-TOKEN" in shown
        assert f"the value of the property {PROPERTY}" in shown
    assert "another brand" in text, "vault variables of one name hold one value"
