# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""Carries out a plan so that a silent refusal or a lost answer never goes unnoticed.

Every value that was written is read back in a request of its own and compared, because a 2xx does not prove that it was
stored (servicenow-rest 0.1 fact 1).
"""

from __future__ import annotations

import time
from collections.abc import Callable

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import (
    AccessDenied,
    NotStored,
    OutcomeUnknown,
    RecordMissing,
    SpokesError,
    UnexpectedAnswer,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.answers import write_advice
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.client import Instance, Row
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.query import Conditions
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile.plan import Link, Plan, Step, Value
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile.squatters import (
    WHO_AND_WHEN,
    check_key,
)

WRITE_ATTEMPTS = 3
LONGEST_SHOWN = 300
# A node of the instance can show an old value for a moment.
READ_BACK_ATTEMPTS = 3
READ_BACK_PAUSE_SECONDS = 0.3
# Longer than the second in which sys_created_on counts, see `Writer._first_of_duplicates`.
DUPLICATE_PAUSE_SECONDS = 1.1


def apply(plan: Plan, instance: Instance) -> None:
    """Write every step of ``plan`` to ``instance``, then read everything back. Raises `NotStored` naming what it did
    not keep.
    """
    Writer(plan, instance).run()


def poll(look: Callable[[], Row | None], seconds: float = 2.0) -> Row | None:
    """What ``look`` finds within ``seconds``, for what the platform makes automatically a moment after a write."""
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found is not None or time.monotonic() > deadline:
            return found
        time.sleep(0.2)


class Writer:
    """Applies the steps of one plan in their order. The sys_ids that records turn out to have go into the steps and the
    plan.
    """

    def __init__(self, plan: Plan, instance: Instance) -> None:
        self._plan = plan
        self._instance = instance

    def run(self) -> None:
        """Apply every step in order, then read everything back."""
        for step in self._plan.steps:
            if step.action == "delete":
                self._instance.delete(step.table, step.sys_id)
                continue
            if step.action == "create":
                step = self._create(step)
            self._plan.ids[step.role] = step.sys_id
            # Before the other values: one of them can be the fingerprint that says that the secret is stored. The old
            # one's goes first, since a run that is cut off in between leaves nobody who knows which of the two is
            # stored.
            if step.secret:
                self._write(step, step.secret.write_before)
                self._write_secret(step)
            if step.action == "update":
                self._write(step, self._resolved(step.values))
        written = [step for step in self._plan.steps if step.action != "none"]
        rows = self._instance.gather(*[self._reader(step) for step in written])
        for step, row in zip(written, rows):
            self._settle_best_effort(step, row or {})

    def _resolved(self, values: dict[str, Value]) -> dict[str, str]:
        return {
            name: self._plan.ids[value.role] if isinstance(value, Link) else value for name, value in values.items()
        }

    def _create(self, step: Step) -> Step:
        """Make the record, or take over the one that the platform, an earlier run or somebody else at this
        moment made.
        """
        row = self._made_by_platform(step) if step.find_made else None
        if row is not None:
            values = {name: value for name, value in step.values.items() if name not in step.only_new}
            step = self._plan.settle(step, values=values)
        else:
            step = self._plan.settle(step, sys_id=step.sys_id or self._plan.new_sys_id(step.role))
            row = self._insert(step)
        step = self._plan.settle(step, sys_id=row["sys_id"])
        # Some references are dropped on insert and stay on update (servicenow-rest 1.5).
        self._write(
            step,
            {name: value for name, value in self._resolved(step.values).items() if not step.accepts(name, value, row)},
        )
        return step

    def _made_by_platform(self, step: Step) -> Row | None:
        parent = next(self._plan.ids[value.role] for value in step.natural_key.values() if isinstance(value, Link))
        return step.find_made(parent) if step.find_made else None

    def _insert(self, step: Step) -> Row:
        """The record as the instance made it, or as it is there already."""
        values = self._resolved(step.values)
        for attempt in range(WRITE_ATTEMPTS):
            try:
                made = self._instance.insert(step.table, dict(values, sys_id=step.sys_id))
            except OutcomeUnknown:
                found = self._look(step, values)
                if found is None and attempt == WRITE_ATTEMPTS - 1:
                    raise
            except (AccessDenied, UnexpectedAnswer):
                # What a create answers that meets an existing record is not documented; any refusal can mean that.
                found = self._look(step, values)
                if found is None:
                    raise
            else:
                found = made if made["sys_id"] == step.sys_id else self._first_of_duplicates(step, made["sys_id"])
            if found is not None:
                return found
        raise AssertionError("the last attempt returns or raises")

    def _look(self, step: Step, values: dict[str, str]) -> Row | None:
        """The record of a create that may or may not have happened, None if it did not."""
        row = self._instance.get(step.table, step.sys_id, [*values, *step.natural_key, *WHO_AND_WHEN])
        if row is not None:
            check_key(self._instance, self._plan, step, row)
            return row
        rows = self._instance.find(step.table, self._key(step), values)
        return rows[0] if rows else None

    def _key(self, step: Step) -> Conditions:
        return dict(self._resolved(step.natural_key))

    def _first_of_duplicates(self, step: Step, own_sys_id: str) -> Row:
        """Where the instance chose the sys_id itself two runs can both have created: the oldest stays, ours goes if it
        is not.

        After the pause either both runs see both records and agree on their order, or the later one was made in a later
        second.
        """
        time.sleep(DUPLICATE_PAUSE_SECONDS)
        rows = self._instance.find(step.table, self._key(step), [*step.values, "sys_created_on"])
        rows.sort(key=lambda row: (row["sys_created_on"], row["sys_id"]))
        if not rows:
            raise NotStored(
                "A record was accepted and is not there",
                self._where(step),
                advice="See the instance's system log; a business rule may have removed it",
            )
        if rows[0]["sys_id"] != own_sys_id and any(row["sys_id"] == own_sys_id for row in rows):
            self._instance.delete(step.table, own_sys_id)
        return rows[0]

    def _write(self, step: Step, values: dict[str, str]) -> None:
        if not values:
            return
        for attempt in range(WRITE_ATTEMPTS):
            try:
                self._instance.update(step.table, step.sys_id, values)
                return
            except OutcomeUnknown:
                row = self._instance.get(step.table, step.sys_id, values) or {}
                if all(row.get(name) == value for name, value in values.items()):
                    return
                if attempt == WRITE_ATTEMPTS - 1:
                    raise
            except RecordMissing as error:
                raise self._explained(step, error) from None

    def _write_secret(self, step: Step) -> None:
        """Write a secret alone, as a display value, so that the instance encrypts it (servicenow-connections 5)."""
        for attempt in range(WRITE_ATTEMPTS):
            try:
                self._instance.update(step.table, step.sys_id, step.secret_values, as_display_values=True)
                return
            except OutcomeUnknown:
                # Its stored form tells nothing about which secret it is, and writing the same one twice does no harm.
                if attempt == WRITE_ATTEMPTS - 1:
                    raise
            except RecordMissing as error:
                raise self._explained(step, error) from None

    def _explained(self, step: Step, error: RecordMissing) -> RecordMissing:
        """``error``, or what is really the matter with a record that cannot be opened and is listed all the same."""
        is_listed = bool(self._instance.find(step.table, {"sys_id": step.sys_id}, ["sys_id"]))
        return orphan(self._instance.host, step.table, step.sys_id) if is_listed else error

    def _settle_best_effort(self, step: Step, row: Row) -> None:
        """Say what a column did not keep whose value is best effort; what was cut off is written again so
        that it fits.
        """
        for name, value in self._resolved(step.values).items():
            stored = row.get(name, "")
            if name not in step.traits.shorten or stored == value:
                continue
            if stored and value.startswith(stored):
                self._write(step, {name: step.traits.shorten[name](value, len(stored))})
            self._plan.warnings.append(best_effort_warning(self._where(step, name), len(stored), len(value)))

    def _where(self, step: Step, name: str = "") -> str:
        return f"instance {self._instance.host}, table {step.table}, record {step.sys_id}" + (
            f", field {name}" if name else ""
        )

    def _reader(self, step: Step) -> Callable[[], Row | None]:
        return lambda: self._read_back(step)

    def _read_back(self, step: Step) -> Row | None:
        """What is stored, compared with what was written. Raises `NotStored` or `RecordMissing`."""
        values = self._resolved(step.values)
        fields = [*values, *step.secret_values]
        for attempt in range(READ_BACK_ATTEMPTS):
            row = self._instance.get(step.table, step.sys_id, fields, allow_unreadable=True)
            problem = self._difference(step, values, row)
            if problem is None:
                return row
            if attempt == READ_BACK_ATTEMPTS - 1:
                raise problem
            time.sleep(READ_BACK_PAUSE_SECONDS)
        raise AssertionError("the last attempt returns or raises")

    def _difference(self, step: Step, values: dict[str, str], row: Row | None) -> SpokesError | None:
        """What is wrong with ``row``, which should hold what ``step`` wrote; None if nothing is."""
        if step.action == "delete":
            if row is None:
                return None
            advice = "A business rule or an access control keeps it; see the instance's system log"
            return NotStored("A record was deleted and is still there", self._where(step), advice=advice)
        if row is None:
            advice = "Somebody or something removed it during the run; run again"
            gone = RecordMissing("A record that was written is not there", self._where(step), advice=advice)
            return self._explained(step, gone)
        for name, value in values.items():
            if name not in step.traits.shorten and not step.accepts(name, value, row):
                why, advice = _shown_difference(row, name, value, name in step.traits.hidden)
                error = NotStored(
                    "The instance accepted a value and did not store it", self._where(step, name), why, advice
                )
                error.field = name
                return error
        return self._difference_in_secrets(step, row)

    def _difference_in_secrets(self, step: Step, row: Row) -> SpokesError | None:
        """What is wrong with the secrets in ``row``, whose values come back encrypted; None if nothing is."""
        for name, secret in step.secret_values.items():
            if row.get(name) == secret:
                return NotStored(
                    "The instance stored a secret unencrypted",
                    self._where(step, name),
                    "It did not honour sysparm_input_display_value",
                    "Clear the field on the instance, treat the secret as exposed to its readers, and report the "
                    "release of the instance",
                )
            if row.get(name) in ("", step.secret.old_ciphertext if step.secret else ""):
                return NotStored(
                    "The instance accepted a secret and did not store it",
                    self._where(step, name),
                    "A field-level access control or a business rule does that",
                    "Give the account write access to the field (admin is the documented role)",
                )
        return None


def orphan(host: str, table: str, sys_id: str) -> RecordMissing:
    """What to say of a record that is listed and cannot be opened."""
    return RecordMissing(
        "A record is listed and cannot be opened",
        f"instance {host}, table {table}, record {sys_id}",
        "It is an orphan: a part of it is gone, as happens after clones and interrupted deletions",
        f"Delete it on the instance, from the list of {table} or with a background script, then run again; the run "
        "makes a new one",
    )


def best_effort_warning(where: str, kept: int, wanted: int) -> str:
    """That the column at ``where`` keeps only ``kept`` of ``wanted`` characters."""
    return (
        f"{where} does not keep what this collection notes there ({kept} of {wanted} characters). "
        "Clones and changed secrets are recognized less well without it"
    )


def shown_change(stored: str, wanted: str) -> str:
    """That a field holds ``stored`` instead of ``wanted``; of long texts, which are not names or addresses, only that
    they differ.
    """
    if len(stored) > LONGEST_SHOWN or len(wanted) > LONGEST_SHOWN:
        return f"It holds another text of {len(stored)} characters"
    return f"It holds {stored!r} instead of {wanted!r}"


def _shown_difference(row: Row, name: str, value: str, is_hidden: bool) -> tuple[str, str]:
    """How what is stored differs from ``value`` and what does that, and what to do about it."""
    advice = write_advice(name)
    if name not in row:
        return "The field does not exist or cannot be read", advice
    stored = row[name]
    if stored and value.startswith(stored):
        return f"The field keeps only the first {len(stored)} of {len(value)} characters", "Give a shorter value"
    shown = "It holds another value" if is_hidden else shown_change(stored, value)
    return f"{shown}; a field-level access control or a business rule does that", advice
