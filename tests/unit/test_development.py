# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""docs/development.md and CONTRIBUTING.md say what is so, and what they ask for is not forgotten."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GUIDE = (ROOT / "docs" / "development.md").read_text(encoding="utf-8")
MODULES = sorted(path.stem for path in (ROOT / "plugins" / "modules").glob("*.py"))
#: Where each module has to have a task.
LISTS = ("tests/promises/hostile/options.py", "tests/integration/test_paths.py", "tests/promises/faults/procedures.py")
#: An example that does not exist.
EXAMPLE = "scope_info"


def strings_in(path: Path) -> set[str]:
    """Every text constant of a Python file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


@pytest.mark.parametrize("path", LISTS)
def test_every_module_is_tried_everywhere(path: str) -> None:
    names = strings_in(ROOT / path)
    assert not set(MODULES) - names


def test_every_file_that_the_guide_names_exists() -> None:
    named = re.findall(
        r"`((?:plugins|roles|sandbox|tools|tests|docs|meta|changelogs)/[\w./-]*|README\.md|CONTRIBUTING\.md)`", GUIDE
    )
    wrong = [name for name in named if EXAMPLE not in name and not (ROOT / name).exists()]
    assert named and not wrong


def test_every_package_is_on_the_map() -> None:
    shared = ROOT / "plugins" / "module_utils"
    packages = [
        path.parent.name for path in shared.rglob("__init__.py") if path.parent not in (shared, shared / "_servicenow")
    ]
    assert packages and not [name for name in packages if f"{name}/`" not in GUIDE]


def test_every_file_of_the_fleet_is_on_the_map() -> None:
    (row,) = re.findall(r"^\| `plugin_utils/_fleet/` \|.*$", GUIDE, re.MULTILINE)
    names = [path.name for path in (ROOT / "plugins/plugin_utils/_fleet").glob("*.py") if path.stem != "__init__"]
    assert len(names) >= 9 and not [name for name in names if f"`{name}`" not in row]


def test_every_folder_of_tests_is_on_the_map() -> None:
    folders = {path.relative_to(ROOT / "tests").parts[0] for path in (ROOT / "tests").glob("*/**/*.py")}
    assert len(folders) >= 10
    assert not [name for name in folders if f"`tests/{name}`" not in GUIDE]


def test_every_make_target_that_has_a_description_is_in_the_guide() -> None:
    described = re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert len(described) >= 30
    assert not [name for name in described if not re.search(rf"`make {name}[` ]", GUIDE) and name != "help"]


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    texts = (
        GUIDE,
        *((ROOT / name).read_text(encoding="utf-8") for name in ("CONTRIBUTING.md", "README.md", "sandbox/README.md")),
    )
    named = {target for text in texts for target in re.findall(r"(?:`|^)make ([a-z-]+)", text, re.MULTILINE)}
    assert named and not named - targets
