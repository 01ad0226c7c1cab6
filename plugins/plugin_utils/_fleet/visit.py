# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""One run of the role for one instance, and what it learns of the instance from each of its tasks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.snow_ops.spokes.plugins.plugin_utils._fleet.events import (
    SAYS_DIFFERENCES,
    SAYS_MANUAL_STEPS,
    Event,
)
from ansible_collections.snow_ops.spokes.plugins.plugin_utils._fleet.failures import (
    Failure,
    difference,
    failure_of,
    incomplete,
    left_standing,
)
from ansible_collections.snow_ops.spokes.plugins.plugin_utils._fleet.steps import (
    MODULES,
    PROVES_CLIENT,
    UNJUDGED,
    account_outcome,
    by_hand,
    manual_steps,
    outcomes,
    reads_account,
    step,
    tidy,
    token_of,
    worse,
    would_install,
)

# Entry points that end in the fact `qualtrics_spoke_result`; without it they did not get to their end.
WITH_AN_END = ("main", "verify", "plan", "rotate", "restore", "remove", "install", "export")
RESULT = "qualtrics_spoke_result"
# Some of them in the result of a module.
ENDS = {"install": "snow_store_app", "export": "template"}
# Those that end where the spoke would have to be installed first.
SETTING_UP = ("main", "plan")
AFTER_INSTALLATION = "What the set-up would do is known only once the spoke is installed."
# What entry points are called in a report, if not by their names.
OPERATIONS = {"main": "setup", "restore": "after_clone", "report": "verify"}
# How the modules' errors name an instance as the place.
INSTANCE = re.compile(r"instance ([\w.:-]+)")


@dataclass
class Visit:
    """One run of the role for one instance."""

    host: str
    label: str
    role: str
    entry: str
    instance: str = ""
    name: str = ""
    states: dict[str, dict[str, Any]] = field(default_factory=dict)
    failure: Failure | None = None
    message: str = ""
    manual: list[dict[str, str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    token: dict[str, str] | None = None
    problems: list[Mapping[str, Any]] = field(default_factory=list)
    last: str = "prerequisites"
    has_begun: bool = False
    has_ended: bool = False
    events: int = 0

    @property
    def key(self) -> str:
        """What the instance is kept under."""
        return self.instance or tidy(self.label or self.host)

    @property
    def operation(self) -> str:
        """What was to be done with the instance, in the words of the playbooks."""
        if self.role == "setup_endpoint":
            return "setup_endpoint_remove" if self.entry == "remove" else "setup_endpoint"
        return OPERATIONS.get(self.entry, self.entry) if self.role else ""

    @property
    def has_changed(self) -> bool:
        """Whether something of the instance was changed."""
        return any(state["changed"] for state in self.states.values())

    @property
    def is_over(self) -> bool:
        """Whether the role came to its end, as far as its entry point has one that can be seen."""
        return self.has_ended or self.role != "qualtrics_spoke" or self.entry not in WITH_AN_END

    def is_left_by(self, event: Event) -> bool:
        """Whether ``event``, on the same host, belongs to another run of the role, or to another instance."""
        begins_anew = event.begins and self.has_begun
        has_another_label = bool(event.label) and event.label != self.label
        return self.role != event.role or begins_anew or has_another_label

    def enter(self, event: Event) -> None:
        """Know by ``event`` which entry point this is; one without an end counts only as long as the role begins."""
        self.has_begun = self.has_begun or not event.begins
        if event.entry in WITH_AN_END or not self.has_begun:
            self.entry = event.entry

    def take(self, event: Event) -> None:
        """Keep what ``event`` says of the instance."""
        self.events += 1
        self.last = event.step or self.last
        if event.module in MODULES:
            self._name_instance(event)
        if not event.is_ok:
            self._fail(event)
        elif not event.foresees:
            self._learn(event)

    def die(self, death: Failure) -> None:
        """Have failed of ``death``, which no task of the role said."""
        self.events += 1
        self.failure = death

    def _name_instance(self, event: Event) -> None:
        """Learn which instance this is. An address that a module refused may be a secret in the wrong place."""
        instance = event.result.get("instance")
        if isinstance(instance, Mapping) and instance.get("host"):
            self.instance, self.name = tidy(instance["host"]), tidy(instance.get("name"))
        error = event.result.get("error")
        if not self.instance and isinstance(error, Mapping) and error.get("kind") != "input":
            # Results of failures have no other place for it.
            named = INSTANCE.match(str(error.get("where") or ""))
            self.instance = tidy(named[1]) if named else ""

    def _fail(self, event: Event) -> None:
        """Keep the first failure, and of what follows it how the instance is left."""
        if self.failure:
            # What follows the first failure is its consequence, and a task that only fails says what has become of it.
            if event.module == "fail":
                self.failure["stands"] = left_standing(event.message, self.message)
            return
        if event.module == PROVES_CLIENT and reads_account(event.result):
            self.states["account"] = account_outcome(event.result)
        self.message = event.message
        self.failure = failure_of(event, self.last, self.problems)
        differing = {name: state for name, state in self.states.items() if state["status"] == "differs"}
        if differing and event.name == SAYS_DIFFERENCES:
            self.failure.update(difference(differing))
        elif self.manual and event.name == SAYS_MANUAL_STEPS:
            self.failure.update(incomplete(self.manual))
            self.has_ended = True
        else:
            failed = step("failed", self.failure["what"], next=self.failure["next"])
            failed["changed"] = bool(event.result.get("changed")) and not event.check_mode
            self.states[self.last] = worse(self.states.get(self.last), failed)

    def _learn(self, event: Event) -> None:
        """Keep what a task that did not fail says of the instance."""
        result = event.result
        self.has_ended = self.has_ended or event.module == ENDS.get(event.entry)
        if event.module in MODULES:
            self._keep_states(event)
        if event.module == "snow_spoke_info":
            self.problems = [problem for problem in result.get("problems") or [] if isinstance(problem, Mapping)]
        if event.module == "snow_connection_alias":
            self.manual = manual_steps(result)
            self.token = token_of(result)
        if self.entry in SETTING_UP and event.module == "snow_store_app" and would_install(result, event.check_mode):
            # Nothing else can be foreseen without the spoke: the set-up ends here.
            self.has_ended = True
            self.notes.append(AFTER_INSTALLATION)
        facts = result.get("ansible_facts")
        if isinstance(facts, Mapping) and RESULT in facts:
            self._conclude(facts[RESULT])

    def _keep_states(self, event: Event) -> None:
        """Keep how the steps are that the result of a module speaks of."""
        for name, state in outcomes(event.module, event.result, event.check_mode, event.verifies).items():
            if self.operation in UNJUDGED and name == "prerequisites":
                # They are read, but it needs few of them.
                state = step("unknown", "not judged")
            before = self.states.get(name)
            if before and before["status"] == "would_change" and not event.check_mode:
                # What was looked at before it was done.
                before = None
            # Of these two what is found last counts: nothing of them is a record.
            self.states[name] = state if name in ("token", "call") else worse(before, state)

    def _conclude(self, result: Any) -> None:
        """Take what only the role's ``result`` says at its end: manual steps that no module knows of, and notes."""
        self.has_ended = True
        if not isinstance(result, Mapping):
            return
        for manual in manual_steps(result):
            if manual not in self.manual:
                self.manual.append(manual)
                self.states[manual["step"]] = worse(self.states.get(manual["step"]), by_hand(manual))
        notes = result.get("notes")
        self.notes += [tidy(note) for note in notes if isinstance(note, str)] if isinstance(notes, list) else []
