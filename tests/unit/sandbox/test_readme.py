# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The sandbox's README names what there is: routes, faults, environment variables, keys of a seed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from sandbox import Sandbox
from sandbox.control import ROUTES
from sandbox.faults import KINDS
from sandbox.systems import SYSTEMS

FOLDER = Path(__file__).parents[3] / "sandbox"
README = (FOLDER / "README.md").read_text(encoding="utf-8")


def test_it_names_every_control_route_and_no_other() -> None:
    named = set(re.findall(r"`((?:GET|POST|PUT|DELETE) /[^`]*)`", README))
    assert named == {f"{route.method} {route.path}" for route in ROUTES}


@pytest.mark.parametrize("kind", KINDS)
def test_it_names_every_kind_of_fault(kind: str) -> None:
    assert re.search(rf"^\|[^|]*`{kind}`", README, re.MULTILINE)


def test_it_names_every_environment_variable(sandbox: Sandbox) -> None:
    missing = [name for name in (*sandbox.environment, "SANDBOX_SEED") if f"`{name}`" not in README]
    assert not missing


def test_it_names_every_key_of_an_instance() -> None:
    read = set(
        re.findall(r'description\.get\("(\w+)"', (FOLDER / "servicenow" / "seeding.py").read_text(encoding="utf-8"))
    )
    assert read and not [key for key in read if f"`{key}`" not in README]


def test_it_names_every_file_that_it_points_to_and_system() -> None:
    assert all((FOLDER / target).exists() for target in re.findall(r"\]\(([^)#]+)\)", README))
    assert all(f"`{system.name}`" in README for system in SYSTEMS)
