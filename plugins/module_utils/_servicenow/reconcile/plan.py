# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""Planned changes to records: computed before anything is written, reported by check mode, applied by writer.py."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Union

from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.client import Row
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile.source import Source

SYS_ID_NAMESPACE = uuid.UUID("6d0f2b4e-6b0e-5a53-9a3f-2f6a4b1c7d58")
SECRET_SET = "(set, not shown)"
SECRET_NEW = "(new value, not shown)"
SECRET_UNSET = "(not set)"


@dataclass(frozen=True)
class Link:
    """A reference to a record of the same plan, which may not exist yet; ``label`` is how people see it."""

    role: str
    label: str


Value = Union[str, Link]


@dataclass
class Step:
    """One record's part of a plan.

    ``role`` is unique in the plan. ``sys_id`` is empty while only the platform knows it. ``values`` is what to write,
    ``secret_values`` what to write alone so that the instance encrypts it. ``natural_key`` finds the record if its sys_id does
    not. ``find_made`` looks for a record that the platform makes by itself once the steps before are done, given its parent's sys_id.
    ``only_new`` names the values that such a record, made by somebody else, need not have.
    ``before_secret`` is what to write before a secret, so that nothing speaks of the old one once it may be gone.
    ``old_ciphertext`` is what a secret is stored as now, where the new one is known to differ.
    ``also_stored`` is what the platform may make of some of the values of a new record, which is as good.
    """

    role: str
    table: str
    action: str
    sys_id: str = ""
    before: dict[str, str] = field(default_factory=dict)
    after: dict[str, str] = field(default_factory=dict)
    values: dict[str, Value] = field(default_factory=dict)
    secret_values: dict[str, str] = field(default_factory=dict)
    before_secret: dict[str, str] = field(default_factory=dict)
    natural_key: dict[str, Value] = field(default_factory=dict)
    find_made: Callable[[str], Row | None] | None = None
    only_new: frozenset[str] = frozenset()
    old_ciphertext: str = ""
    hidden: tuple[str, ...] = ()
    also_stored: dict[str, str] = field(default_factory=dict)

    def accepts(self, name: str, value: str, row: Row) -> bool:
        """Whether ``row`` holds ``value`` in the field ``name``, or what the platform may make of it."""
        return row.get(name) in (value, self.also_stored.get(name, value))

    def as_result(self) -> dict[str, Any]:
        """What a task returns of this step."""
        return {
            "role": self.role,
            "table": self.table,
            "sys_id": self.sys_id or None,
            "action": self.action,
            "before": self.before,
            "after": self.after,
        }

    def as_diff(self) -> dict[str, Any]:
        """What ``--diff`` shows of this step."""
        title = f"{self.table} ({self.role})"
        return {"before_header": title, "after_header": title, "before": self.before or "", "after": self.after or ""}


class Plan:
    """The steps towards a wanted state, in the order in which they have to be applied.

    ``owner`` (an alias's sys_id, a property's name) tells the records of one plan from those of another. ``ids`` maps the roles of
    records that exist to their sys_ids. ``outdates_token`` says that a token which is there will not be what the records ask for.
    """

    def __init__(self, instance: Source, owner: str) -> None:
        self.instance = instance
        self.steps: list[Step] = []
        self.ids: dict[str, str] = {}
        self.outdates_token = False
        self._owner = owner

    @property
    def changed(self) -> bool:
        """Whether any step changes anything."""
        return any(step.action != "none" for step in self.steps)

    def new_sys_id(self, role: str) -> str:
        """The sys_id that a new record gets: the same in every run, so that a repeated create finds itself (servicenow-rest 5)."""
        return uuid.uuid5(SYS_ID_NAMESPACE, f"{self.instance.host}/{self._owner}/{role}").hex

    def existing(self, role: str, label: str, sys_id: str) -> Link:
        """A link to a record that is there already and is not part of the plan."""
        self.ids[role] = sys_id
        return Link(role, label)

    def ensure(
        self,
        role: str,
        table: str,
        current: Row | None,
        wanted: dict[str, Value],
        only_new: dict[str, Value] | None = None,
        natural_key: tuple[str, ...] = ("name",),
        secret: dict[str, str] | None = None,
        old_ciphertext: str = "",
        has_secret: bool = False,
        find_made: Callable[[str], Row | None] | None = None,
        hidden: tuple[str, ...] = (),
    ) -> Step:
        """Plan that ``table`` has a record with the ``wanted`` values; ``current`` is the record as it is.

        ``only_new`` are further values for a record that has to be created. ``secret`` is what to encrypt, empty for "leave it";
        ``has_secret`` whether there is one now. ``hidden`` are fields that hold a secret in clear and are never shown.
        """
        if current is not None:
            self.ids[role] = current["sys_id"]
        values = dict(wanted) if current is not None else dict(only_new or {}, **wanted)
        if current is not None:
            values = {name: value for name, value in values.items() if current.get(name, "") != self._known(value)}
        step = Step(
            role,
            table,
            "create" if current is None else "update" if values or secret else "none",
            sys_id=current["sys_id"] if current is not None else "" if find_made else self.new_sys_id(role),
            values=values,
            secret_values=dict(secret or {}),
            natural_key={name: dict(only_new or {}, **wanted)[name] for name in natural_key} if current is None else {},
            find_made=find_made if current is None else None,
            only_new=frozenset(only_new or ()) if current is None and find_made else frozenset(),
            old_ciphertext=old_ciphertext,
            hidden=hidden,
        )
        if current is not None:
            step.before = {name: self._shown(current.get(name, ""), values[name]) for name in values}
        # What the platform will choose for a record that it makes cannot be foretold.
        step.after = {
            name: value.label if isinstance(value, Link) else value for name, value in values.items() if name not in step.only_new
        }
        concealed = dict.fromkeys(step.secret_values, has_secret)
        concealed.update({name: bool(current and current.get(name)) for name in hidden if name in values})
        for name, is_set in concealed.items():
            if current is not None:
                step.before[name] = SECRET_SET if is_set else SECRET_UNSET
            step.after[name] = SECRET_NEW
        self.steps.append(step)
        return step

    def remove(self, role: str, table: str, current: Row, shown: tuple[str, ...]) -> None:
        """Plan that the record ``current`` of ``table`` goes; ``shown`` are the fields to report of it."""
        before = {name: current[name] for name in ("sys_id", *shown) if current.get(name)}
        self.steps.append(Step(role, table, "delete", sys_id=current["sys_id"], before=before))

    def forget_new_sys_ids(self) -> None:
        """Say nothing of the sys_ids of new records, which somebody else will choose."""
        for step in self.steps:
            step.sys_id = "" if step.action == "create" else step.sys_id

    def adopt_sys_ids(self, other: Plan) -> None:
        """Take the sys_ids that the records turned out to have from a later plan for the same desired."""
        for step in self.steps:
            step.sys_id = other.ids.get(step.role, step.sys_id)

    def _known(self, value: Value) -> str | None:
        return self.ids.get(value.role) if isinstance(value, Link) else value

    def _shown(self, stored: str, value: Value) -> str:
        return value.label if isinstance(value, Link) and stored and stored == self.ids.get(value.role) else stored
