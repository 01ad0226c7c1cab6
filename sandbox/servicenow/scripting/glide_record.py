# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""What GlideRecord asks of the instance: the same tables, rules and access control as the Table API's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .. import values
from ..acl import Guard, Session
from ..query import Asker, parse
from ..schema import Table
from ..store import Row
from ..writes import Refused
from . import attributes
from .engine import HostFunction

if TYPE_CHECKING:
    from ..instance import Instance


class Records:
    """The host functions of GlideRecord. A plain one sees and does everything; one that is ``secure`` only what the user may."""

    def __init__(self, instance: Instance, session: Session) -> None:
        self._instance = instance
        self._session = session
        self._store = instance.store
        self._guard = Guard(instance.store, session)

    def functions(self) -> dict[str, HostFunction]:
        """By the names that the prelude uses."""
        return {
            "table": self.table,
            "query": self.query,
            "new_row": self.new_row,
            "stored": self.stored,
            "display": self.display,
            "display_record": self.display_record,
            "insert": self.insert,
            "update": self.update,
            "delete": self.delete,
            "can": self.can,
            "variables": self.variables,
            "stored_variable": self.stored_variable,
        }

    def table(self, name: str) -> dict[str, dict[str, str]] | None:
        """The columns of a table, None for an unknown one."""
        if name not in self._store.schema:
            return None
        columns = self._store.schema[name].columns.values()
        return {
            column.name: {"type": column.type, "reference": column.reference, "label": column.label}
            for column in columns
        }

    def query(self, table_name: str, text: str, limit: int | None, is_secure: bool) -> dict[str, list[Row]]:
        """The rows that the encoded query ``text`` finds; conditions that cannot be understood are dropped (servicenow-rest 0.1 fact 2)."""
        table = self._store.schema[table_name]
        asker = self._guard.asker if is_secure else Asker(self._session.user["sys_id"], self._session.user_name)
        query = parse(text, table, self._store, asker)
        if query.dropped and self._instance.property("glide.invalid_query.returns_no_rows", "false") == "true":
            return {"rows": []}
        rows = query.select(self._instance.rows(table_name))[:limit]
        if is_secure:
            rows = [self._readable(row) for row in rows if self._guard.may("read", table, row)]
        return {"rows": [dict(row) for row in rows]}

    def _readable(self, row: Row) -> Row:
        columns = self._store.schema[row["sys_class_name"]].columns
        return {
            name: value
            for name, value in row.items()
            if name not in columns
            or self._guard.may_column("read", self._store.schema[row["sys_class_name"]], columns[name])
        }

    def new_row(self, table_name: str) -> dict[str, str]:
        """The defaults of a new record."""
        return self._instance.writer.new_row(table_name, {}, self._session.user_name, self._session.user["sys_id"])

    def stored(self, table_name: str, name: str, text: str, is_display: bool, row: Row) -> str:
        """How ``text`` is kept in a column: setValue leaves a secret unencrypted, setDisplayValue encrypts it (servicenow-connections 5)."""
        column = self._store.schema[table_name].columns[name]
        secret = values.secret_type(column, {**row, name: text})
        if secret:
            plain_write = self._instance.switch("password2_plain_write")
            return values.secret_to_stored(secret, text, self._instance.vault, is_display, plain_write)
        return values.display_to_stored(column, text, self._store) if is_display else values.to_stored(column, text)

    def display(self, table_name: str, name: str, value: str) -> str:
        """How people see ``value``."""
        return values.display_value(self._store.schema[table_name].columns[name], value, self._store)

    def display_record(self, table_name: str, row: Row) -> str:
        """How people see the whole record."""
        name = self._store.schema[table_name].display
        return self.display(table_name, name, row.get(name, ""))

    def insert(self, table_name: str, changes: Row, variables: Mapping[str, str], is_secure: bool) -> dict[str, Any]:
        """Add a record: ``row``, or why it was ``refused``."""
        table = self._store.schema[table_name]
        if is_secure and not self._guard.may("create", table):
            return self._refused("ACL Exception Insert Failed due to security constraints")
        try:
            user = self._session.user
            row = self._instance.writer.insert(
                table_name, self._writable(table, changes, is_secure), self._session.user_name, user["sys_id"]
            )
        except Refused as refused:
            return self._refused(str(refused))
        return self._written(row, variables)

    def update(
        self, table_name: str, sys_id: str, changes: Row, variables: Mapping[str, str], is_secure: bool
    ) -> dict[str, Any]:
        """Change a record: ``row``, or why it was ``refused``."""
        row = self._store.get(table_name, sys_id)
        if row is None:
            return self._refused("No Record found")
        table = self._store.schema[row["sys_class_name"]]
        if is_secure and not self._guard.may("write", table, row):
            return self._refused("ACL Exception Update Failed due to security constraints")
        changes = {name: value for name, value in changes.items() if name != "sys_id"}
        try:
            row = self._instance.writer.update(row, self._writable(table, changes, is_secure), self._session.user_name)
        except Refused as refused:
            return self._refused(str(refused))
        return self._written(row, variables)

    def _written(self, row: Row, variables: Mapping[str, str]) -> dict[str, Any]:
        for element, value in variables.items():
            attributes.write(self._instance, row, element, value, self._session.user_name)
        return {"row": dict(row)}

    def _writable(self, table: Table, changes: Row, is_secure: bool) -> dict[str, str]:
        return {
            name: value
            for name, value in changes.items()
            if not is_secure or self._guard.may_column("write", table, table.columns[name])
        }

    def _refused(self, why: str) -> dict[str, str]:
        self._instance.log("error", self._session.user_name, why)
        return {"refused": why}

    def delete(self, table_name: str, sys_id: str, is_secure: bool) -> bool:
        """Remove a record; False if there was none or it may not be removed."""
        row = self._store.get(table_name, sys_id)
        if row is None or is_secure and not self._guard.may("delete", self._store.schema[row["sys_class_name"]], row):
            return False
        self._instance.writer.delete(row)
        return True

    def can(self, operation: str, table_name: str, name: str, row: Row | None) -> bool:
        """Whether the user may ``operation`` the record, or its column ``name``."""
        if table_name not in self._store.schema:
            return False
        table = self._store.schema[table_name]
        row = row if row and row.get("sys_class_name") else None
        may = self._guard.may(operation, table, row) or (
            bool(name) and self._instance.switch("element_access") == "field_only"
        )
        return may and (
            not name or name not in table.columns or self._guard.may_column(operation, table, table.columns[name])
        )

    def variables(self, table_name: str, row: Row) -> dict[str, dict[str, str]]:
        """The attributes of a connection by element: type, label and the value as stored."""
        found = (
            attributes.of_connection(self._instance, row)
            if "sys_connection" in self._store.schema[table_name].lineage
            else []
        )
        return {
            attribute.element: {"type": attribute.type, "label": attribute.label, "value": attribute.stored}
            for attribute in found
        }

    def stored_variable(self, kind: str, text: str, is_display: bool) -> str:
        """How ``text`` is kept as the value of an attribute of that type."""
        if kind != "password2":
            return text
        return values.secret_to_stored(
            kind, text, self._instance.vault, is_display, self._instance.switch("password2_plain_write")
        )
