# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""Planned changes to records, and how they are carried out so that a silent refusal or a lost answer never goes unnoticed.

A plan is a list of `Step`; check mode reports it, a real run applies the same list. Every value that was written is read back in
a request of its own and compared, because a 2xx does not prove that it was stored (servicenow-rest 0.1 fact 1).
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Union

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import (
    AccessDenied,
    NotStored,
    OutcomeUnknown,
    RecordMissing,
    UnexpectedAnswer,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.client import Instance, Row
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.query import Conditions

SYS_ID_NAMESPACE = uuid.UUID("6d0f2b4e-6b0e-5a53-9a3f-2f6a4b1c7d58")
WRITE_ATTEMPTS = 3
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
    ``old_ciphertext`` is what a secret is stored as now, where the new one is known to differ.
    """

    role: str
    table: str
    action: str
    sys_id: str = ""
    before: dict[str, str] = field(default_factory=dict)
    after: dict[str, str] = field(default_factory=dict)
    values: dict[str, Value] = field(default_factory=dict)
    secret_values: dict[str, str] = field(default_factory=dict)
    natural_key: dict[str, Value] = field(default_factory=dict)
    find_made: Callable[[str], Row | None] | None = None
    only_new: frozenset[str] = frozenset()
    old_ciphertext: str = ""
    hidden: tuple[str, ...] = ()

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


def new_sys_id(instance: Instance, owner: str, role: str) -> str:
    """The sys_id that a new record gets: the same for every run, so that a repeated create finds itself (servicenow-rest 5)."""
    return uuid.uuid5(SYS_ID_NAMESPACE, f"{instance.host}/{owner}/{role}").hex


class Plan:
    """The steps towards a wanted state, in the order in which they have to be applied.

    ``owner`` (an alias's sys_id, a property's name) tells the records of one plan from those of another.
    """

    def __init__(self, instance: Instance, owner: str) -> None:
        self.instance = instance
        self.steps: list[Step] = []
        self._owner = owner
        self._ids: dict[str, str] = {}

    @property
    def changed(self) -> bool:
        """Whether any step changes anything."""
        return any(step.action != "none" for step in self.steps)

    def know(self, role: str, label: str, sys_id: str) -> Link:
        """A link to a record that is there already and is not part of the plan."""
        self._ids[role] = sys_id
        return Link(role, label)

    def record(
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
            self._ids[role] = current["sys_id"]
        values = dict(wanted) if current is not None else dict(only_new or {}, **wanted)
        if current is not None:
            values = {name: value for name, value in values.items() if current.get(name, "") != self._known(value)}
        step = Step(
            role,
            table,
            "create" if current is None else "update" if values or secret else "none",
            sys_id=current["sys_id"] if current is not None else "" if find_made else new_sys_id(self.instance, self._owner, role),
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

    def _known(self, value: Value) -> str | None:
        return self._ids.get(value.role) if isinstance(value, Link) else value

    def _shown(self, stored: str, value: Value) -> str:
        return value.label if isinstance(value, Link) and stored and stored == self._ids.get(value.role) else stored

    # Carrying it out

    def apply(self) -> None:
        """Write every step, then read everything back. Raises `NotStored` naming what the instance did not keep."""
        for step in self.steps:
            if step.action == "delete":
                self.instance.delete(step.table, step.sys_id)
                continue
            if step.action == "create":
                self._create(step)
            elif step.action == "update":
                self._write(step, self._resolved(step.values))
            self._ids[step.role] = step.sys_id
            if step.secret_values:
                self._write_secret(step)
        self.instance.gather(*[self._reader(step) for step in self.steps if step.action != "none"])

    def _resolved(self, values: dict[str, Value]) -> dict[str, str]:
        return {name: self._ids[value.role] if isinstance(value, Link) else value for name, value in values.items()}

    def _create(self, step: Step) -> None:
        """Make the record, or take over the one that the platform, an earlier run or somebody else at this moment made."""
        values = self._resolved(step.values)
        found = None
        if step.find_made:
            found = step.find_made(self._ids_of_parent(step))
            if found is None:
                step.sys_id = new_sys_id(self.instance, self._owner, step.role)
            else:
                step.values = {name: value for name, value in step.values.items() if name not in step.only_new}
                values = self._resolved(step.values)
        for attempt in range(WRITE_ATTEMPTS):
            if found is not None:
                step.sys_id = found["sys_id"]
                different = {name: value for name, value in values.items() if found.get(name) != value}
                self._write(step, different)
                return
            try:
                made = self.instance.insert(step.table, dict(values, sys_id=step.sys_id))
            except OutcomeUnknown:
                if attempt == WRITE_ATTEMPTS - 1:
                    raise
                found = self._look(step, values)
                continue
            except (AccessDenied, UnexpectedAnswer):
                found = self._look(step, values)
                if found is None:
                    raise
                continue
            if made["sys_id"] != step.sys_id:
                found = self._first_of_duplicates(step, made["sys_id"])
                continue
            return

    def _ids_of_parent(self, step: Step) -> str:
        return next(self._ids[value.role] for value in step.natural_key.values() if isinstance(value, Link))

    def _look(self, step: Step, values: dict[str, str]) -> Row | None:
        """The record of a create that may or may not have happened, None if it did not."""
        row = self.instance.get(step.table, step.sys_id, values)
        if row is not None:
            return row
        rows = self.instance.find(step.table, self._key(step), values)
        return rows[0] if rows else None

    def _key(self, step: Step) -> Conditions:
        return dict(self._resolved(step.natural_key))

    def _first_of_duplicates(self, step: Step, own_sys_id: str) -> Row:
        """Where the instance chose the sys_id itself two runs can both have created: the oldest stays, ours goes if it is not."""
        rows = self.instance.find(step.table, self._key(step), [*step.values, "sys_created_on"])
        rows.sort(key=lambda row: (row["sys_created_on"], row["sys_id"]))
        if not rows:
            raise NotStored(
                "A record was accepted and is not there",
                self._where(step),
                advice="See the instance's system log; a business rule may have removed it",
            )
        if rows[0]["sys_id"] != own_sys_id and any(row["sys_id"] == own_sys_id for row in rows):
            self.instance.delete(step.table, own_sys_id)
        return rows[0]

    def _write(self, step: Step, values: dict[str, str]) -> None:
        if not values:
            return
        for attempt in range(WRITE_ATTEMPTS):
            try:
                self.instance.update(step.table, step.sys_id, values)
                return
            except OutcomeUnknown:
                row = self.instance.get(step.table, step.sys_id, values) or {}
                if all(row.get(name) == value for name, value in values.items()):
                    return
                if attempt == WRITE_ATTEMPTS - 1:
                    raise

    def _write_secret(self, step: Step) -> None:
        """Write a secret alone, as a display value, which is what makes the instance encrypt it (servicenow-connections 5)."""
        for attempt in range(WRITE_ATTEMPTS):
            try:
                self.instance.update(step.table, step.sys_id, step.secret_values, as_display_values=True)
                return
            except OutcomeUnknown:
                # Its stored form tells nothing about which secret it is, and writing the same one twice does no harm.
                if attempt == WRITE_ATTEMPTS - 1:
                    raise

    def _where(self, step: Step, name: str = "") -> str:
        return f"instance {self.instance.host}, table {step.table}, record {step.sys_id}" + (f", field {name}" if name else "")

    def _reader(self, step: Step) -> Callable[[], None]:
        return lambda: self._read_back(step)

    def _read_back(self, step: Step) -> None:
        """Compare what is stored with what was written. Raises `NotStored`."""
        values = self._resolved(step.values)
        row = self.instance.get(step.table, step.sys_id, [*values, *step.secret_values], allow_unreadable=True)
        if step.action == "delete":
            if row is not None:
                raise NotStored(
                    "A record was deleted and is still there",
                    self._where(step),
                    advice="A business rule or an access control keeps it; see the instance's system log",
                )
            return
        if row is None:
            raise RecordMissing(
                "A record that was written is not there",
                self._where(step),
                advice="Somebody or something removed it during the run; run again",
            )
        for name, value in values.items():
            if row.get(name) != value:
                stored = "it holds another value" if name in step.hidden else f"it holds {row.get(name)!r} instead of {value!r}"
                stored = stored if name in row else "the field does not exist or cannot be read"
                raise NotStored(
                    "The instance accepted a value and did not store it",
                    self._where(step, name),
                    f"{stored}; a field-level access control or a business rule does that",
                    "Give the account write access to the field (admin is the documented role), or correct the business rule",
                )
        for name, secret in step.secret_values.items():
            self._check_secret(step, name, secret, row.get(name))

    def _check_secret(self, step: Step, name: str, secret: str, stored: str | None) -> None:
        if stored == secret:
            raise NotStored(
                "The instance stored a secret unencrypted",
                self._where(step, name),
                "It did not honour sysparm_input_display_value",
                "Clear the field on the instance, treat the secret as exposed to its readers, and report the release of the instance",
            )
        if stored == "" or (stored and stored == step.old_ciphertext):
            raise NotStored(
                "The instance accepted a secret and did not store it",
                self._where(step, name),
                "A field-level access control or a business rule does that",
                "Give the account write access to the field (admin is the documented role)",
            )


def poll(look: Callable[[], Row | None], seconds: float = 2.0) -> Row | None:
    """What ``look`` finds within ``seconds``, for what the platform makes by itself a moment after a write."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found is not None or time.monotonic() > deadline:
            return found
        time.sleep(0.2)
