# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""A task that ended, and what it means: the role's tasks are known by their modules and names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.snow_ops.spokes.plugins.plugin_utils._fleet.steps import (
    MODULES,
    PARTS,
    PROVES_CLIENT,
    SETS_UP,
    reads_account,
)

# The first tasks of the role, by module or name: what comes after them belongs to the instance that they begin. A check
# that finds nothing is skipped, and no event.
FIRST_MODULE = "validate_argument_spec"
FIRST_TASKS = ("Preflight | Check the variables", "Preflight | Read the prerequisites")
# What only brings in other tasks is no task of an instance.
STRUCTURE = ("include_tasks", "import_tasks", "include_role", "import_role")
# Checks of something else than the module before them; a module whose failure is said by its check has no result of
# its own.
STEP_OF_CHECK = {
    "Qualtrics | Check that the Qualtrics IDs could be read, and that there is a directory": "account",
    "Rotate | Check that there is a new API token": "api_token",
}
# How the modules' messages name the client, and the token that it gets.
CLIENT = re.compile(r"OAuth (?:client|token)|client_(?:id|secret)\b")
# Checks that say what was found before: problems of the prerequisites, differences, manual steps.
SAYS_PROBLEMS = "Preflight | Check that the instance is ready, and that no other host means it"
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
        return self.module == FIRST_MODULE or self.name in FIRST_TASKS

    @property
    def step(self) -> str:
        """The step that the task belongs to, empty if it is that of the task before."""
        step = MODULES.get(self.module) or STEP_OF_CHECK.get(self.name, "")
        if self.is_ok or self.module != PROVES_CLIENT and step != "account":
            return step
        # One task reads the account and proves the client that belongs to it.
        return "client" if reads_account(self.result) or CLIENT.search(self._what) else "account"

    @property
    def _what(self) -> str:
        """What happened, without where, why and what to do next."""
        error = self.result.get("error")
        what = error.get("what") if isinstance(error, Mapping) else None
        return str(what or re.split("(?:Where|Why|What to do): ", self.message, maxsplit=1)[0])

    @property
    def message(self) -> str:
        """What a task that did not succeed said."""
        return str(self.result.get("msg") or self.result.get("censored") or "the task failed without a message")


def events_of(event: Event) -> Iterator[Event]:
    """``event``, or those that it would be if each part of a set-up in one task were a task of its module."""
    result = event.result
    if event.module != SETS_UP or not any(part in result for part in PARTS):
        yield event
        return
    for part, module in PARTS.items():
        if part in result:
            outcome = "failed" if result[part].get("failed") else "ok"
            yield replace(event, module=module, outcome=outcome, result=result[part])
    ended = str(result.get("part"))
    if not event.is_ok and not result.get(ended, {}).get("failed"):
        # What was read of this part is why the set-up did not go on.
        said = {name: result[name] for name in ("msg", "error") if name in result}
        yield replace(event, module=PARTS[ended], result=said)
