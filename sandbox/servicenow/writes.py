# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Inserts, updates and deletes with everything that the platform does around them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING

from . import rules
from .query import Asker, evaluate
from .store import Row

if TYPE_CHECKING:
    from .instance import Instance

# What goes with a record when it is deleted: table and column of those that refer to it (servicenow-connections 1.6 to 2.1).
CASCADES = {
    "oauth_entity": (("oauth_entity_profile", "oauth_entity"), ("oauth_entity_scope", "oauth_entity")),
    "oauth_entity_profile": (("oauth_entity_profile_scope", "oauth_entity_profile"),),
    "oauth_entity_scope": (("oauth_entity_profile_scope", "oauth_entity_scope"),),
    "sys_connection": (("sys_variable_value", "document_key"),),
    "sys_ws_definition": (("sys_ws_operation", "web_service_definition"),),
    "sys_user": (("sys_user_has_role", "user"),),
}


class Refused(Exception):
    """The platform does not do it; carries the ``detail`` of the error answer (servicenow-rest 1.4)."""


class Writer:
    """Writes to one instance. Values come as they are to be stored."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._store = instance.store

    def insert(self, table_name: str, values: Mapping[str, str], user_name: str, user_id: str = "") -> Row:
        """Add a record and return it. Raises `Refused`."""
        row = self.new_row(table_name, values, user_name, user_id)
        change = rules.Change(self._instance, self._store.schema[table_name], row, None)
        self._run_before(change)
        if self._store.get(change.table.lineage[-1], row["sys_id"]) is not None:
            raise Refused(f"Error during insert of {table_name} ({_duplicate(row['sys_id'], 'PRIMARY')})")
        self._check_unique(change, "insert")
        self._store.put({name: value for name, value in row.items() if value})
        rules.run(rules.AFTER_INSERT, change)
        return self._store.get(table_name, row["sys_id"]) or row

    def new_row(self, table_name: str, values: Mapping[str, str], user_name: str, user_id: str = "") -> dict[str, str]:
        """A record with its defaults and system columns, not stored yet."""
        table = self._store.schema[table_name]
        now = self._instance.now()
        asker = Asker(user_id, user_name)
        row = {column.name: _default(column.default, asker) for column in table.columns.values() if column.default}
        if "sys_metadata" in table.lineage:
            row["sys_scope"] = row["sys_package"] = self._instance.application_of(user_id)
        row.update(values)
        row.setdefault("sys_id", uuid.uuid4().hex)
        row.update(sys_class_name=table_name, sys_created_on=now, sys_created_by=user_name, sys_mod_count="0")
        row.update(sys_updated_on=now, sys_updated_by=user_name)
        if "sys_metadata" in table.lineage:
            row["sys_name"] = row.get("name") or row.get("element", "")
            row.setdefault("sys_update_name", f"{table_name}_{row['sys_id']}")
        return row

    def update(self, old: Row, values: Mapping[str, str], user_name: str) -> Row:
        """Change a record and return it; nothing is written when nothing differs (servicenow-rest 1.5 no. 7). Raises `Refused`."""
        if all(old.get(name, "") == value for name, value in values.items()):
            return old
        row = {**old, **values}
        change = rules.Change(self._instance, self._store.schema[old["sys_class_name"]], row, old)
        self._run_before(change)
        self._check_unique(change, "update")
        row.update(
            sys_updated_on=self._instance.now(),
            sys_updated_by=user_name,
            sys_mod_count=str(int(old.get("sys_mod_count", "0")) + 1),
        )
        if "sys_metadata" in change.table.lineage:
            row["sys_name"] = row.get("name") or row.get("element", "")
        stored = {name: value for name, value in row.items() if value}
        self._store.put(stored)
        return stored

    def delete(self, row: Row) -> None:
        """Remove a record and what belongs to it."""
        self._store.remove(row)
        if self._instance.switch("cascade_delete") != "cascade":
            return
        for table in self._store.schema[row["sys_class_name"]].lineage:
            for child, column in CASCADES.get(table, ()):
                for dependent in self._store.find(child, **{column: row["sys_id"]}):
                    self.delete(dependent)

    def _run_before(self, change: rules.Change) -> None:
        try:
            rules.run(rules.BEFORE, change)
            rules.configured_abort(change)
        except rules.Abort as abort:
            name = str(abort)
            raise Refused(
                f"Operation against file '{change.table.name}' was aborted by Business Rule "
                f"'{name}^{uuid.uuid5(uuid.NAMESPACE_OID, name).hex}'. Business Rule Stack:{name}"
            ) from None

    def _check_unique(self, change: rules.Change, verb: str) -> None:
        for column in change.table.columns.values():
            value = change.row.get(column.name, "")
            if "unique" not in column.flags or not value or not change.changes(column.name):
                continue
            if any(row.get(column.name, "").casefold() == value.casefold() for row in change.others(column.table)):
                raise Refused(f"Error during {verb} of {change.table.name} ({_duplicate(value, column.name)})")


def _default(text: str, asker: Asker) -> str:
    return evaluate(text.removeprefix("javascript:"), asker) or "" if text.startswith("javascript:") else text


def _duplicate(value: str, key: str) -> str:
    return f"Unique Key violation detected by database ((conn=74323) Duplicate entry '{value}' for key '{key}')"
