# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""What a file has to be for ``make sandbox PROBE=<file>``, and what is said of one that is not."""

from __future__ import annotations

import copy
import json
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox import __main__ as program
from sandbox.probe import ProbeError, load_probe, seed_of
from sandbox.world import DEFAULT_SEED, World, load_seed

SPOKE = {
    "scope": "sn_qualtrics_spoke",
    "alias": "Qualtrics",
    "version": "1.3.0",
    "fields": [{"path": "connection.name", "label": "Connection Name", "type": "text", "mandatory": True}],
    "oauth": {"default_grant_type": "client_credentials", "scopes": ["manage:all"]},
    "attributes": [
        {
            "element": "x_api_token",
            "label": "X-API-TOKEN",
            "internal_type": "string",
            "max_length": 20,
            "mandatory": False,
        }
    ],
}
PROBE: dict[str, Any] = {
    "servicenow": [{"point": "release", "found": "Zurich", "assumes": "any", "works": True}],
    "qualtrics": [],
    "switches": {"servicenow.batch": "closed"},
    "seed": {
        "properties": {"glide.buildname": "Zurich", "glide.appcreator.company.code": None},
        "closed_tables": ["sys_dictionary"],
        "spoke": SPOKE,
    },
}


def changed(path: str, value: Any) -> dict[str, Any]:
    """The probe with ``value`` in the place of ``path``; without it where the value is Ellipsis."""
    probe = copy.deepcopy(PROBE)
    *parents, last = path.split("/")
    part: Any = probe
    for name in parents:
        part = part[int(name) if isinstance(part, list) else name]
    if value is ...:
        del part[last]
    else:
        part[last] = value
    return probe


@pytest.mark.parametrize(
    ("path", "value", "key"),
    [
        ("seed/spoke/scope", ..., "seed.spoke.scope"),
        ("seed/spoke/alias", ..., "seed.spoke.alias"),
        ("seed/spoke/oauth", ..., "seed.spoke.oauth"),
        ("seed/spoke/oauth", {}, "seed.spoke.oauth.default_grant_type"),
        ("seed/spoke/oauth/scopes", "manage:all", "seed.spoke.oauth.scopes"),
        ("seed/closed_tables", 5, "seed.closed_tables"),
        ("seed/closed_tables", [5], "seed.closed_tables.0"),
        ("seed/properties", ["a"], "seed.properties"),
        ("seed/properties", {"glide.war": {}}, "seed.properties.glide.war"),
        ("seed/spoke", "x", "seed.spoke"),
        ("seed/spoke/fields", "x", "seed.spoke.fields"),
        ("seed/spoke/fields", [{"path": "connection.name"}], "seed.spoke.fields.0.label"),
        ("seed/spoke/fields/0/path", "a name", "seed.spoke.fields.0.path"),
        ("seed/spoke/attributes", [{"element": "x", "label": "X"}], "seed.spoke.attributes.0.internal_type"),
        ("seed/spoke/attributes/0/max_length", "long", "seed.spoke.attributes.0.max_length"),
        ("seed/spoke/scope", "sn_(name)_spoke", "seed.spoke.scope"),
        ("seed/spoke/alias", "(name)", "seed.spoke.alias"),
        ("seed/spoke/attributes/0/element", "(name)", "seed.spoke.attributes.0.element"),
        ("seed/spoke/fields/0/path", "connection.(name)", "seed.spoke.fields.0.path"),
        ("seed/spoke/attributes/0/label", "X-API-TOKEN of (name)", "seed.spoke.attributes.0.label"),
        ("seed/properties", {"glide.war": "(name)"}, "seed.properties.glide.war"),
        ("seed/colour", "red", "seed.colour"),
        ("seed", [], "seed"),
        ("switches", [], "switches"),
        ("switches", {1: "x", "no.such": 2}, "no.such"),
        ("switches", {"servicenow.batch": "(name)"}, "servicenow.batch"),
        ("switches", {"servicenow.batch": ["open"]}, "servicenow.batch"),
        ("servicenow", ..., "servicenow"),
        ("qualtrics", "x", "qualtrics"),
    ],
)
def test_the_file_and_the_key_at_fault_are_named(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    path: str,
    value: Any,
    key: str,
) -> None:
    file = tmp_path / "found.yml"
    file.write_text(yaml.safe_dump(changed(path, value)))
    # The handlers of the process that runs the tests stay.
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(sys, "argv", ["sandbox", "--probe", str(file)])
    assert program.main() == 2
    said = capsys.readouterr().err
    assert said.startswith(f"The probe {file} cannot be used: ")
    assert key in said
    assert "Traceback" not in said


@pytest.mark.parametrize("text", ["", "[]", "{", "x", "\0", "seed: {1: 2"])
def test_what_is_not_yaml_of_a_probe_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "found.yml"
    file.write_text(text)
    with pytest.raises(ProbeError):
        load_probe(file)


def test_a_wrong_seed_is_not_blamed_on_the_probe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file, seed = tmp_path / "found.yml", tmp_path / "seed.yml"
    file.write_text(yaml.safe_dump(PROBE))
    seed.write_text("servicenow: {defaults: {spokes: [{}]}}\nno_system: {}\n")
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setenv("SANDBOX_SEED", str(seed))
    monkeypatch.setattr(sys, "argv", ["sandbox", "--probe", str(file)])
    assert program.main() == 2
    assert capsys.readouterr().err.startswith(f"The seed {seed} cannot be used: ")


def test_a_probe_makes_a_world(tmp_path: Path) -> None:
    file = tmp_path / "found.yml"
    file.write_text(yaml.safe_dump(PROBE))
    probe = load_probe(file)
    world = World(seed_of(probe, load_seed(DEFAULT_SEED)), probe["switches"])
    assert world.behaviour["servicenow.batch"] == "closed"
    assert "glide.appcreator.company.code" in probe["seed"]["properties"]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"msg": PROBE}, indent=4),
        "ok: [acmedev] => " + json.dumps({"msg": PROBE}, indent=4) + "\n",
        json.dumps({"changed": False, "msg": PROBE}),
        yaml.safe_dump({"msg": PROBE}),
    ],
    ids=["JSON", "with the line of Ansible", "with more of the result", "YAML"],
)
def test_the_output_of_the_task_that_shows_a_probe_will_do(tmp_path: Path, text: str) -> None:
    file = tmp_path / "found.json"
    file.write_text(text)
    assert load_probe(file)["seed"] == PROBE["seed"]
    assert load_probe(file)["switches"] == PROBE["switches"]
