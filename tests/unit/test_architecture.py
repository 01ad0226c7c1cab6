# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The order of the packages: arrows point down, without a cycle; Ansible stays at the top (docs/development.md, "The map")."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PLUGINS = ROOT / "plugins"
COLLECTION = "ansible_collections.snow_ops.spokes.plugins."
#: From the lowest floor up. A module may import its own package and what is on a lower floor; what stands on one floor are strangers.
#: The longest prefix counts.
FLOORS = (
    ("module_utils._python", "module_utils._errors", "module_utils._terminal"),
    ("module_utils._findings",),
    ("module_utils._spellings",),
    ("module_utils._secrets",),
    ("module_utils._input",),
    ("module_utils._wire",),
    ("module_utils._task", "module_utils._input.argument_specs", "doc_fragments"),
    ("module_utils._qualtrics", "module_utils._servicenow.platform"),
    ("module_utils._servicenow.reconcile",),
    ("module_utils._servicenow.connection", "module_utils._servicenow.web_service"),
    ("module_utils._servicenow.endpoint",),
    ("module_utils._servicenow.routes",),
    ("module_utils._servicenow.cores",),
    ("module_utils._spoke",),
    ("modules", "plugin_utils"),
    ("plugin_utils._fleet.steps",),
    ("plugin_utils._fleet.events", "plugin_utils._fleet.report"),
    ("plugin_utils._fleet.failures", "plugin_utils._fleet.files", "plugin_utils._fleet.summary"),
    ("plugin_utils._fleet.visit",),
    ("plugin_utils._fleet.instances",),
    ("plugin_utils._fleet.collect",),
    ("action", "callback", "lookup"),
)
FLOOR_OF = {prefix: number for number, floor in enumerate(FLOORS) for prefix in floor}
#: What may import Ansible: what runs a core, and the specs' fallbacks. Cores know nothing of it.
MAY_IMPORT_ANSIBLE = {"module_utils._task", "module_utils._input.argument_specs"}
#: What nothing in module_utils may import: it is the way in, for modules and action plugins.
ENTRANCES = {"module_utils._task", "module_utils._input.argument_specs"}
#: jinja2 comes with ansible-core on the controller, where what imports it runs.
THIRD_PARTIES = {"requests", "urllib3", "ansible", "ansible_collections", "jinja2"}
LONGEST_LINE = 120


def name_of(path: Path) -> str:
    """The dotted name of a file under plugins, a package's for its ``__init__``."""
    parts = path.relative_to(PLUGINS).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in sorted(PLUGINS.rglob("*.py"))}


def nodes_of(tree: ast.AST, with_types: bool) -> Iterator[ast.AST]:
    """All nodes of ``tree``; without those that a type checker alone sees, unless ``with_types``."""
    yield tree
    is_for_types = isinstance(tree, ast.If) and ast.unparse(tree.test).endswith("TYPE_CHECKING")
    if with_types or not is_for_types:
        for child in ast.iter_child_nodes(tree):
            yield from nodes_of(child, with_types)


def imported(tree: ast.AST, package: str, with_types: bool = True) -> set[str]:
    """The full names that ``tree``, a module of ``package``, imports; of ``from a import b`` it is ``a.b``."""
    names: set[str] = set()
    for node in nodes_of(tree, with_types):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            origin = node.module or ""
            if node.level:
                above = (COLLECTION + package).split(".")
                origin = ".".join([*above[: len(above) - node.level + 1], *filter(None, [origin])])
            names |= {f"{origin}.{alias.name}" for alias in node.names}
    return names


@cache
def imports_of(module: str, with_types: bool = True) -> frozenset[str]:
    """What a module of the collection imports."""
    path = MODULES[module]
    package = module if path.stem == "__init__" else module.rpartition(".")[0]
    return frozenset(imported(ast.parse(path.read_text(encoding="utf-8")), package, with_types))


def own_imports(module: str, with_types: bool = True) -> set[str]:
    """The modules of the collection that ``module`` imports; the name that is imported from one is taken away."""
    names = {name.removeprefix(COLLECTION) for name in imports_of(module, with_types) if name.startswith(COLLECTION)}
    return {name if name in MODULES else name.rpartition(".")[0] for name in names}


def package_of(module: str) -> str:
    """The entry of `FLOORS` that ``module`` belongs to, empty if there is none."""
    fitting = [prefix for prefix in FLOOR_OF if module == prefix or module.startswith(prefix + ".")]
    return max(fitting, key=len, default="")


def wrong_arrows(module: str, targets: set[str]) -> list[str]:
    """The imports of ``module`` that point up, or to a stranger on the same floor."""
    own = package_of(module)
    others = [target for target in sorted(targets) if package_of(target) not in ("", own)]
    return [f"{module} imports {target}" for target in others if FLOOR_OF[package_of(target)] >= FLOOR_OF[own]]


def test_every_module_has_its_floor() -> None:
    packages = {"module_utils", "module_utils._servicenow"}  # without code of their own
    homeless = [module for module in MODULES if module not in packages and not package_of(module)]
    assert not homeless, f"place them in FLOORS and in the map of docs/development.md: {homeless}"


@pytest.mark.parametrize("module", [module for module in MODULES if package_of(module)])
def test_imports_point_down(module: str) -> None:
    assert not wrong_arrows(module, own_imports(module))


def test_there_is_no_cycle_at_run_time() -> None:
    try:
        TopologicalSorter({module: own_imports(module, with_types=False) - {module} for module in MODULES}).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


@pytest.mark.parametrize("module", [module for module in MODULES if module.startswith("module_utils.")])
def test_shared_code_knows_neither_ansible_nor_its_own_entrance(module: str) -> None:
    names = imports_of(module)
    if module not in MAY_IMPORT_ANSIBLE:
        assert not [name for name in names if name.split(".")[0] == "ansible"]
    assert not own_imports(module) & ENTRANCES


@pytest.mark.parametrize("module", [module for module in MODULES if module.startswith("plugin_utils._fleet.")])
def test_the_fleet_knows_nothing_of_ansible_and_of_the_collection_only_what_makes_text_safe(module: str) -> None:
    assert not [name for name in imports_of(module) if name.split(".")[0] == "ansible"]
    others = {name for name in own_imports(module) if not name.startswith("plugin_utils._fleet.")}
    assert others <= {"module_utils._terminal"}


@pytest.mark.parametrize("module", MODULES)
def test_a_user_needs_requests_and_nothing_else(module: str) -> None:
    roots = {name.split(".")[0] for name in imports_of(module)}
    assert roots <= set(sys.stdlib_module_names) | THIRD_PARTIES


def test_the_sandbox_shares_no_code_with_what_it_tests() -> None:
    files = sorted((ROOT / "sandbox").rglob("*.py"))
    assert files and not [str(path) for path in files if "ansible_collections" in path.read_text(encoding="utf-8")]


@pytest.mark.parametrize(
    ("module", "target", "is_wrong"),
    [
        ("module_utils._servicenow.platform.client", "module_utils._servicenow.reconcile.plan", True),
        ("module_utils._servicenow.platform.client", "module_utils._qualtrics.client", True),
        ("module_utils._servicenow.reconcile.plan", "module_utils._servicenow.platform.client", False),
        ("module_utils._servicenow.reconcile.plan", "module_utils._servicenow.reconcile.source", False),
        ("module_utils._servicenow.web_service.planner", "module_utils._servicenow.connection.planner", True),
        ("module_utils._servicenow.endpoint.trust", "module_utils._servicenow.web_service.tables", False),
        ("module_utils._wire.session", "module_utils._input.argument_specs", True),
        ("module_utils._input.argument_specs", "module_utils._wire.session", False),
        ("plugin_utils._fleet.visit", "plugin_utils._fleet.failures", False),
        ("plugin_utils._fleet.failures", "plugin_utils._fleet.visit", True),
    ],
)
def test_what_a_wrong_arrow_is(module: str, target: str, is_wrong: bool) -> None:
    assert bool(wrong_arrows(module, {target})) == is_wrong


@pytest.mark.parametrize("module", MODULES)
def test_lines_can_be_read_side_by_side(module: str) -> None:
    lines = enumerate(MODULES[module].read_text(encoding="utf-8").splitlines(), start=1)
    # An address cannot be broken.
    assert [number for number, line in lines if len(line) > LONGEST_LINE and "https://" not in line] == []


def nested_conditions(source: str) -> list[int]:
    """The lines of the conditional expressions in ``source`` that hold another one."""
    conditions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.IfExp)]
    return [node.lineno for node in conditions if sum(isinstance(part, ast.IfExp) for part in ast.walk(node)) > 1]


@pytest.mark.parametrize("module", MODULES)
def test_no_conditional_expression_holds_another(module: str) -> None:
    lines = nested_conditions(MODULES[module].read_text(encoding="utf-8"))
    assert not lines, f"write them as statements, or as a function with returns: {MODULES[module]}, lines {lines}"


def test_what_a_nested_conditional_expression_is() -> None:
    assert nested_conditions("x = 1 if a else 2\ny = 1 if a else 2 if b else 3\nz = [1 if b else 2] if a else []") == [
        2,
        3,
    ]
    assert nested_conditions("x = (1 if a else 2) + (3 if b else 4)") == []


def test_relative_imports_are_followed() -> None:
    tree = ast.parse("from ..platform import client\nfrom . import plan")
    assert imported(tree, "module_utils._servicenow.reconcile") == {
        f"{COLLECTION}module_utils._servicenow.platform.client",
        f"{COLLECTION}module_utils._servicenow.reconcile.plan",
    }


def test_imports_for_types_count_as_arrows_but_not_as_cycles() -> None:
    tree = ast.parse("import re\nif TYPE_CHECKING:\n    import json\n")
    assert (imported(tree, ""), imported(tree, "", with_types=False)) == ({"re", "json"}, {"re"})
