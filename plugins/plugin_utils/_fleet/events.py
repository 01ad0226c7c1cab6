# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""A task that ended, and what it means: the role's tasks are known by their modules and names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.snow_ops.spokes.plugins.plugin_utils._fleet.steps import MODULES

# The first tasks of the role, by module or name: what comes after them belongs to the instance that they begin.
FIRST_MODULE = "validate_argument_spec"
FIRST_TASK = "Preflight | Check the variables"
# What only brings in other tasks is no task of an instance.
STRUCTURE = ("include_tasks", "import_tasks", "include_role", "import_role")
# Assertions on something else than the module before them; a module whose failure is said by its assertion has no
# result of its own.
STEP_OF_ASSERTION = {
    "Qualtrics | Check that the Qualtrics IDs could be read, and that there is a directory": "account",
    "Rotate | Check that there is a new API token": "api_token",
}
# Assertions that say what was found before: problems of the prerequisites, differences, manual steps.
SAYS_PROBLEMS = "Preflight | Check that the instance is ready"
SAYS_DIFFERENCES = "Verify | Check that nothing differs"
SAYS_MANUAL_STEPS = "Summary | Check that nothing is left to do by hand, and say what is"


@dataclass(frozen=True)
class Event:
    """A task that ended on ``host``: ``module`` and ``name`` without collection and role, ``entry`` point of ``role``
    (empty outside).

    ``label`` names the instance as long as nothing better is known; ``outcome`` is ``ok``, ``failed`` or
    ``unreachable``. ``foresees`` says that the task only looks at what another one is going to do.
    """

    host: str
    name: str
    module: str
    outcome: str
    result: Mapping[str, Any]
    role: str = ""
    entry: str = "main"
    label: str = ""
    check_mode: bool = False
    verifies: bool = False
    foresees: bool = False

    @property
    def is_ok(self) -> bool:
        """Whether the task neither failed nor found its host unreachable."""
        return self.outcome == "ok"

    @property
    def is_structure(self) -> bool:
        """Whether the task only brought in other tasks; one that could not is a failure like others."""
        return self.module in STRUCTURE and self.is_ok

    @property
    def begins(self) -> bool:
        """Whether the role begins with this task."""
        return self.module == FIRST_MODULE or self.name == FIRST_TASK

    @property
    def step(self) -> str:
        """The step that the task belongs to, empty if it is that of the task before."""
        return MODULES.get(self.module) or STEP_OF_ASSERTION.get(self.name, "")

    @property
    def message(self) -> str:
        """What a task that did not succeed said."""
        return str(self.result.get("msg") or self.result.get("censored") or "the task failed without a message")
