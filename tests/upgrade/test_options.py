# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""From 0.1.0: what playbooks could say then they can say now, with the same meaning; what came later says so.

``options_0.1.0.json`` has the options and results of that release, as its documentation listed them.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from support import ROOT

THEN: dict[str, Any] = json.loads((Path(__file__).parent / "options_0.1.0.json").read_text(encoding="utf-8"))
MODULES, ROLES = THEN["modules"], THEN["roles"]
ENTRY_POINTS = [(role, name) for role, entries in ROLES.items() for name in entries]
# Announced in the changelog as breaking.
OTHER_DEFAULT = {("snow_connection_alias", "replace_foreign_connection"): False}
# They stand in a fragment that qualtrics_oauth_client shares, which had them in 0.1.0.
IN_AN_OLDER_FRAGMENT = {
    ("qualtrics_account_info", name) for name in ("client_id", "client_secret", "scopes", "token_url")
}


def flat(options: dict[str, Any], before: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every option by its path, suboptions too."""
    for name, option in options.items():
        yield before + name, option
        yield from flat(option.get("suboptions") or {}, f"{before}{name}.")


def constant(path: Path, name: str) -> dict[str, Any]:
    """What the YAML text of that name says in a module or fragment."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == name:
            return yaml.safe_load(ast.literal_eval(node.value))
    raise AssertionError(f"{path} has no {name}")


def options_of(module: str) -> dict[str, dict[str, Any]]:
    """The documented options of a module, those of its fragments included."""
    documentation = constant(ROOT / "plugins" / "modules" / f"{module}.py", "DOCUMENTATION")
    found = dict(flat(documentation.get("options") or {}))
    for name in documentation["extends_documentation_fragment"]:
        fragment, _dot, part = name.removeprefix("snow_ops.spokes.").partition(".")
        path = ROOT / "plugins" / "doc_fragments" / f"{fragment}.py"
        found.update(flat(constant(path, (part or "documentation").upper()).get("options") or {}))
    return found


def entry_point(role: str, name: str) -> dict[str, Any]:
    """What a role's specs say of one entry point."""
    text = (ROOT / "roles" / role / "meta" / "argument_specs.yml").read_text(encoding="utf-8")
    return yaml.safe_load(text)["argument_specs"][name]


def assert_as_it_was(then: dict[str, Any], now: dict[str, Any], default: object) -> None:
    """That ``now`` takes what ``then`` took, and that leaving it out means the same. A role's raw variables take text as well."""
    assert now["type"] in (then["type"], "raw")
    assert (now.get("default") or None) == (default or None)
    assert now.get("required", False) == then.get("required", False)
    if now["type"] != "raw":
        assert set(then.get("choices", [])) <= set(now.get("choices", []))
        assert now.get("elements") == then.get("elements")


@pytest.mark.parametrize("module", MODULES)
def test_the_options_of_a_module_are_those_of_0_1_0_and_later_ones(module: str) -> None:
    then, now = MODULES[module]["options"], options_of(module)
    for name, option in then.items():
        assert_as_it_was(option, now[name], OTHER_DEFAULT.get((module, name), option.get("default")))
    later = {name for name in now if name not in then and (module, name) not in IN_AN_OLDER_FRAGMENT}
    assert {name for name, option in now.items() if "version_added" in option} == later


@pytest.mark.parametrize("module", MODULES)
def test_a_module_still_returns_what_it_did(module: str) -> None:
    assert set(MODULES[module]["returns"]) <= set(constant(ROOT / "plugins" / "modules" / f"{module}.py", "RETURN"))


@pytest.mark.parametrize(("role", "name"), ENTRY_POINTS)
def test_the_variables_of_an_entry_point_are_those_of_0_1_0_and_later_ones(role: str, name: str) -> None:
    then, now = ROLES[role][name], entry_point(role, name)
    for variable, option in then.items():
        assert_as_it_was(option, now["options"][variable], option.get("default"))
    assert {variable for variable, option in now["options"].items() if "version_added" in option} == set(
        now["options"]
    ) - set(then)


@pytest.mark.parametrize("role", ROLES)
def test_later_entry_points_say_since_when(role: str) -> None:
    text = (ROOT / "roles" / role / "meta" / "argument_specs.yml").read_text(encoding="utf-8")
    entries = yaml.safe_load(text)["argument_specs"]
    assert {name for name, entry in entries.items() if entry["version_added"] == "0.1.0"} == set(ROLES[role])


def test_what_breaks_a_playbook_of_0_1_0_is_in_the_changelog() -> None:
    text = (ROOT / "CHANGELOG.rst").read_text(encoding="utf-8")
    breaking = text.partition("Breaking Changes")[2].partition("Security Fixes")[0]
    assert all(f"{module} - ``{name}`` is ``false`` by default" in breaking for module, name in OTHER_DEFAULT)
