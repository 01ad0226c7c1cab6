# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""Planned changes to records: computed before anything is written, reported by check mode, applied by writer.py."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Union

from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.client import Row
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile.source import Place

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


@dataclass(frozen=True)
class SecretChange:
    """A secret to write into ``column``, alone, so that the instance encrypts it.

    ``was_set`` says whether there is one now. ``write_before`` is what to write first, so that nothing speaks of the
    old one once it may be gone. ``old_ciphertext`` is what is stored now, where the new secret is known to differ.
    """

    column: str
    value: str
    was_set: bool = False
    write_before: dict[str, str] = field(default_factory=dict)
    old_ciphertext: str = ""


@dataclass(frozen=True)
class Traits:
    """What is special about a record.

    ``find_made`` looks for a record that the platform makes automatically once the steps before are done, given its
    parent's sys_id. ``hidden`` are columns that hold a secret in clear and are never shown. ``shorten`` has the columns
    whose value is best effort: what the instance does not keep of them costs a warning, and the function makes a value
    fit into so many characters. ``also_stored`` is what the platform may make of some of the values of a new record,
    which is as good. ``subject`` is what the record is about, for who does not go by its sys_id.
    """

    find_made: Callable[[str], Row | None] | None = None
    hidden: tuple[str, ...] = ()
    shorten: dict[str, Callable[[str, int], str]] = field(default_factory=dict)
    also_stored: dict[str, str] = field(default_factory=dict)
    subject: str = ""


def derived_sys_id(identity: str, owner: str, role: str) -> str:
    """The sys_id of a new record: the same in every run, so that a repeated create finds itself (servicenow-rest 5)."""
    return uuid.uuid5(SYS_ID_NAMESPACE, f"{identity}/{owner}/{role}").hex


@dataclass(frozen=True)
class Step:
    """One record's part of a plan.

    ``role`` is unique in the plan. ``sys_id`` is empty while only the platform knows it. ``values`` is what to write,
    ``secret`` what to write alone. ``natural_key`` finds the record if its sys_id does not. ``only_new`` names the
    values that a record need not have which the platform made.
    """

    role: str
    table: str
    action: str
    sys_id: str = ""
    before: dict[str, str] = field(default_factory=dict)
    after: dict[str, str] = field(default_factory=dict)
    values: dict[str, Value] = field(default_factory=dict)
    secret: SecretChange | None = None
    natural_key: dict[str, Value] = field(default_factory=dict)
    only_new: frozenset[str] = frozenset()
    traits: Traits = field(default_factory=Traits)

    @property
    def secret_values(self) -> dict[str, str]:
        """The secret by its column, empty if there is none to write."""
        return {self.secret.column: self.secret.value} if self.secret else {}

    @property
    def find_made(self) -> Callable[[str], Row | None] | None:
        """How to find the record if the platform makes it."""
        return self.traits.find_made if self.action == "create" else None

    def accepts(self, name: str, value: str, row: Row) -> bool:
        """Whether ``row`` holds ``value`` in the field ``name``, or what the platform may make of it."""
        return row.get(name) in (value, self.traits.also_stored.get(name, value))

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

    Steps do not change; what becomes of one is put in its place by `settle`, as long as the plan is carried out.

    ``owner`` (an alias's sys_id, a property's name) tells the records of one plan from those of another. ``ids`` maps
    the roles of records that exist to their sys_ids. ``outdates_token`` says that a token which is there will not be
    what the records ask for. ``warnings`` is what carrying it out could not do and did not fail for.
    """

    def __init__(self, place: Place, owner: str) -> None:
        self.place = place
        self.steps: list[Step] = []
        self.ids: dict[str, str] = {}
        self.outdates_token = False
        self.warnings: list[str] = []
        self._owner = owner

    @property
    def changed(self) -> bool:
        """Whether any step changes anything."""
        return any(step.action != "none" for step in self.steps)

    def new_sys_id(self, role: str) -> str:
        """The sys_id that a new record of this plan gets."""
        return derived_sys_id(self.place.identity, self._owner, role)

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
        secret: SecretChange | None = None,
        traits: Traits | None = None,
    ) -> Step:
        """Plan that ``table`` has a record with the ``wanted`` values; ``current`` is the record as it is.

        ``only_new`` are further values for a record that has to be created.
        """
        traits = traits or Traits()
        if current is None:
            step = self._create(role, table, wanted, only_new or {}, natural_key, traits)
        else:
            step = self._update(role, table, current, wanted, secret is not None, traits)
        step = _with_secret(step, secret, current)
        self.steps.append(step)
        return step

    def _create(
        self,
        role: str,
        table: str,
        wanted: dict[str, Value],
        only_new: dict[str, Value],
        natural_key: tuple[str, ...],
        traits: Traits,
    ) -> Step:
        values = {**only_new, **wanted}
        # What the platform will choose for a record that it makes cannot be predicted.
        chosen = frozenset(only_new) if traits.find_made else frozenset()
        return Step(
            role,
            table,
            "create",
            "" if traits.find_made else self.new_sys_id(role),
            after={name: _label(value) for name, value in values.items() if name not in chosen},
            values=values,
            natural_key={name: values[name] for name in natural_key},
            only_new=chosen,
            traits=traits,
        )

    def _update(
        self, role: str, table: str, current: Row, wanted: dict[str, Value], has_secret: bool, traits: Traits
    ) -> Step:
        self.ids[role] = current["sys_id"]
        values = {name: value for name, value in wanted.items() if current[name] != self._known(value)}
        return Step(
            role,
            table,
            "update" if values or has_secret else "none",
            current["sys_id"],
            before={name: self._shown(current[name], value) for name, value in values.items()},
            after={name: _label(value) for name, value in values.items()},
            values=values,
            traits=traits,
        )

    def settle(self, step: Step, **changes: Any) -> Step:
        """Put what became of ``step`` in its place: its fields with ``changes``."""
        settled = replace(step, **changes)
        self.steps = [settled if one is step else one for one in self.steps]
        return settled

    def remove(self, role: str, table: str, current: Row, shown: tuple[str, ...]) -> None:
        """Plan that the record ``current`` of ``table`` goes; ``shown`` are the fields to report of it."""
        before = {name: current[name] for name in ("sys_id", *shown) if current.get(name)}
        self.steps.append(Step(role, table, "delete", sys_id=current["sys_id"], before=before))

    def forget_new_sys_ids(self) -> None:
        """Say nothing of the sys_ids of new records, which somebody else will choose."""
        self.steps = [replace(step, sys_id="") if step.action == "create" else step for step in self.steps]

    def adopt_sys_ids(self, other: Plan) -> None:
        """Take the sys_ids that the records turned out to have from a later plan for the same desired."""
        self.steps = [replace(step, sys_id=other.ids.get(step.role, step.sys_id)) for step in self.steps]

    def _known(self, value: Value) -> str | None:
        return self.ids.get(value.role) if isinstance(value, Link) else value

    def _shown(self, stored: str, value: Value) -> str:
        return value.label if isinstance(value, Link) and stored and stored == self.ids.get(value.role) else stored


def _with_secret(step: Step, secret: SecretChange | None, current: Row | None) -> Step:
    """``step`` with ``secret`` to write, which shows of secrets only whether there was one and whether
    there will be.
    """
    before, after = dict(step.before), dict(step.after)
    was_set = {name: bool(current and current[name]) for name in step.traits.hidden if name in step.values}
    if secret:
        was_set[secret.column] = secret.was_set
    for name, is_set in was_set.items():
        if current is not None:
            before[name] = SECRET_SET if is_set else SECRET_UNSET
        after[name] = SECRET_NEW if step.values.get(name) != "" else SECRET_UNSET
    return replace(step, secret=secret, before=before, after=after)


def _label(value: Value) -> str:
    return value.label if isinstance(value, Link) else value
