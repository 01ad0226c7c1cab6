# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""What the report knows of the role by name is what the role has: a task that is renamed is renamed here, too."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml
from ansible_collections.snow_ops.spokes.plugins.callback.summary import FORESEES, PLANS, VERIFIES
from ansible_collections.snow_ops.spokes.plugins.module_utils._spoke import parts
from ansible_collections.snow_ops.spokes.plugins.plugin_utils._fleet.collect import FRAME
from ansible_collections.snow_ops.spokes.plugins.plugin_utils._fleet.events import (
    FIRST_TASKS,
    SAYS_DIFFERENCES,
    SAYS_MANUAL_STEPS,
    SAYS_PROBLEMS,
    STEP_OF_CHECK,
)
from ansible_collections.snow_ops.spokes.plugins.plugin_utils._fleet.steps import MODULES, PARTS, SETS_UP, TITLES
from ansible_collections.snow_ops.spokes.plugins.plugin_utils._fleet.visit import (
    ENDS,
    OPERATIONS,
    RESULT,
    SETTING_UP,
    WITH_AN_END,
)

ROOT = Path(__file__).parents[2]
ROLE = ROOT / "roles" / "qualtrics_spoke"


def tasks_in(entries: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Every task, those in blocks and in files that are imported too."""
    for entry in entries:
        yield entry
        for part in ("block", "rescue", "always"):
            yield from tasks_in(entry.get(part) or [])
        if "ansible.builtin.import_tasks" in entry:
            yield from tasks_of(Path(entry["ansible.builtin.import_tasks"]).stem)


def tasks_of(entry: str) -> Iterator[dict[str, Any]]:
    """Every task of an entry point of the role."""
    return tasks_in(yaml.safe_load((ROLE / "tasks" / f"{entry}.yml").read_text(encoding="utf-8")))


FILES = sorted(path.stem for path in (ROLE / "tasks").glob("*.yml"))
TASKS = [task for name in FILES for task in tasks_of(name)]


@pytest.mark.parametrize("name", [FIRST_TASKS[0], SAYS_PROBLEMS, SAYS_DIFFERENCES, SAYS_MANUAL_STEPS, *STEP_OF_CHECK])
def test_a_check_that_is_known_by_name_is_a_task_of_the_role(name: str) -> None:
    named = [task for task in TASKS if task.get("name") == name]
    assert named and all({"ansible.builtin.assert", "ansible.builtin.fail"} & set(task) for task in named)


def test_the_task_that_the_role_begins_with_in_any_case_is_one_of_the_role() -> None:
    assert [task for task in TASKS if task.get("name") == FIRST_TASKS[1] and "snow_ops.spokes.snow_spoke_info" in task]


def test_entry_points_that_are_known_by_name_are_entry_points_of_the_role() -> None:
    entries = yaml.safe_load((ROLE / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]
    assert {*WITH_AN_END, *SETTING_UP, *ENDS, *OPERATIONS, FRAME} <= set(entries) <= set(FILES)


@pytest.mark.parametrize(("entry", "module"), ENDS.items())
def test_an_entry_point_that_ends_in_a_module_has_it(entry: str, module: str) -> None:
    assert module in {name.rpartition(".")[2] for task in tasks_of(entry) for name in task}


def test_the_fact_that_other_entry_points_end_in_is_set() -> None:
    assert [task for task in TASKS if RESULT in task.get("ansible.builtin.set_fact", {})]


@pytest.mark.parametrize("variable", [VERIFIES, PLANS, FORESEES])
def test_a_variable_that_says_what_a_difference_means_is_set_by_the_role(variable: str) -> None:
    assert [task for task in TASKS if variable in task.get("vars", {})]


def test_what_a_rotation_leaves_to_a_person_says_what_it_completes() -> None:
    (template,) = [
        task["vars"]["__qualtrics_spoke_further_steps"]
        for task in TASKS
        if "__qualtrics_spoke_further_steps" in task.get("vars", {})
    ]
    made = jinja2.Environment(autoescape=False).from_string(template)
    known = {"encrypted": ["API token"], "host": "acme.service-now.com", "connection": {"connection_sys_id": "a" * 32}}
    (step,) = ast.literal_eval(made.render({f"__qualtrics_spoke_{name}": value for name, value in known.items()}))
    assert (step["step"], step["what"]) == ("connection", "Set the connection attribute API token")
    assert set(step) == {"step", "what", "why", "how", "url"}


def test_every_module_has_a_step_and_every_check_one_that_exists() -> None:
    modules = {path.stem for path in (ROOT / "plugins" / "modules").glob("*.py")}
    assert set(MODULES) <= modules
    assert {*MODULES.values(), *STEP_OF_CHECK.values()} <= set(TITLES)


def test_a_set_up_in_one_task_has_the_parts_that_the_report_takes_it_apart_into() -> None:
    assert tuple(PARTS) == parts.PARTS
    assert set(PARTS.values()) <= set(MODULES)
    assert any(f"snow_ops.spokes.{SETS_UP}" in task for task in tasks_of("main"))


def test_the_role_and_the_module_call_the_spoke_and_what_belongs_to_it_the_same() -> None:
    role = yaml.safe_load((ROLE / "vars" / "main.yml").read_text(encoding="utf-8"))
    named = ("application_scope", "preferred_alias_name", "directory_property", "test_path")
    ours = (parts.APPLICATION_SCOPE, parts.ALIAS_NAME, parts.DIRECTORY_PROPERTY, parts.TEST_PATH)
    assert tuple(role[f"__qualtrics_spoke_{name}"] for name in named) == ours
