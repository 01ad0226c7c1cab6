# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""Records that lie under the sys_id of a new record and are another's: refused, never moved.

The sys_ids of new records can be computed by anybody, and a record that somebody put there beforehand would become part
of the plan.
"""

from __future__ import annotations

from collections.abc import Callable

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import AccessDenied, Mismatch, TableRefused
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.answers import Row
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile.plan import Link, Plan, Step, Value
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile.source import Source

WHO_AND_WHEN = ("sys_updated_by", "sys_updated_on")


def refuse_squatters(source: Source, plan: Plan) -> set[str]:
    """Look under the sys_id of every record that ``plan`` creates, before anything is written. Raises `Mismatch`.

    Gives the tables that the account may not read, which the instance then refuses to write as well, or reads back to
    nobody.
    """
    denied: set[str] = set()

    def look(step: Step) -> Callable[[], None]:
        return lambda: _look(source, plan, step, denied)

    source.gather(*[look(step) for step in plan.steps if step.action == "create" and step.sys_id])
    return denied


def _look(source: Source, plan: Plan, step: Step, denied: set[str]) -> None:
    try:
        row = source.look_up(step.table, step.sys_id, [*step.natural_key, *WHO_AND_WHEN])
        check_key(source, plan, step, row)
    except (AccessDenied, TableRefused):
        denied.add(step.table)


def check_key(source: Source, plan: Plan, step: Step, row: Row | None) -> None:
    """Raise `Mismatch` if ``row``, which has the sys_id of the new record of ``step``, is another's by its key."""
    if row is None:
        return
    for name, value in step.natural_key.items():
        stored = row.get(name, "")
        if _is_others(source, plan, value, stored):
            wanted = value.label if isinstance(value, Link) else value
            changed_by, changed_on = (row.get(column) or "(not known)" for column in WHO_AND_WHEN)
            raise Mismatch(
                "Somebody else's record has the sys_id that a new record would get; it was left alone",
                f"instance {source.host}, table {step.table}, record {step.sys_id}, field {name}",
                f"It holds {stored!r} instead of {wanted!r}; last changed by {changed_by} on {changed_on} UTC",
                "Find out what it is for. If it was renamed or is left over, put it right or delete it, then run again",
            )


def _is_others(source: Source, plan: Plan, value: Value, stored: str) -> bool:
    """Whether ``stored`` in the place of ``value`` says that the record belongs elsewhere.

    A reference does not if it is empty, since instances drop references on insert (servicenow-rest 1.5), or leads to a
    record that is gone.
    """
    if not isinstance(value, Link):
        return stored != value
    owner = next((step for step in plan.steps if step.role == value.role), None)
    wanted = plan.ids.get(value.role) or (owner.sys_id if owner else "")
    if not stored or stored == wanted:
        return False
    if owner is None:
        return True
    row = source.look_up(owner.table, stored, owner.natural_key)
    if row is None or wanted:
        return row is not None
    # Only the platform knows the sys_id of a record that it makes; by its own key it can be told.
    return any(_is_others(source, plan, key, row.get(name, "")) for name, key in owner.natural_key.items())
