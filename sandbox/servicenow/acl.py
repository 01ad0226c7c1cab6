# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Who may do what (servicenow-connections 6): roles of a table, and denials that bind everybody.

A denial is an active row of ``sys_security_acl`` with ``decision_type`` deny: its ``name`` is a table or ``table.column``, its
``operation`` read, create, write or delete, and its ``condition``, if there is one, restricts it to the rows that fulfil it.
"""

from __future__ import annotations

from dataclasses import dataclass

from .query import Asker, parse
from .schema import Column, Table
from .store import Row, Store

EXTERNAL = "snc_external"
# Scripting Governance: what a write of a script takes since Zurich, and the types of the columns that it guards.
SCRIPT_WRITER = "snc_required_script_writer_permission"
SCRIPT_TYPES = frozenset(("script", "script_plain", "script_server", "xml", "condition_string"))


@dataclass(frozen=True)
class Session:
    """A logged-in user."""

    user: Row
    roles: frozenset[str]

    @property
    def user_name(self) -> str:
        """The name that goes into ``sys_created_by`` and ``sys_updated_by``."""
        return self.user.get("user_name", "")

    @property
    def is_internal(self) -> bool:
        """Whether the user holds ``snc_internal``: anybody with a role does who is not marked as external."""
        return bool(self.roles) and EXTERNAL not in self.roles


class Guard:
    """What one session may do in one transaction; nobody writes columns of ``closed_types``."""

    def __init__(self, store: Store, session: Session, closed_types: frozenset[str] = frozenset()) -> None:
        self._store = store
        self._session = session
        self._closed_types = closed_types
        self._denials: dict[tuple[str, str], list[Row]] = {}
        for row in store.rows("sys_security_acl"):
            if row.get("active") == "true" and row.get("decision_type") == "deny":
                self._denials.setdefault((row.get("name", ""), row.get("operation", "")), []).append(row)
        self.asker = Asker(session.user["sys_id"], session.user_name, self.may_read_column)

    def may(self, operation: str, table: Table, row: Row | None = None) -> bool:
        """Whether the session may ``operation`` (read, create, write, delete) ``row`` of ``table``, or such rows at all."""
        allowed = table.roles.get(operation, frozenset(("admin",)))
        roles = self._session.roles
        if "nobody" in allowed:
            return False
        if not ("admin" in roles or allowed & roles or (self._session.is_internal and "snc_internal" in allowed)):
            return False
        return not self._denials or not any(self._denies(name, operation, row) for name in table.lineage)

    def may_column(self, operation: str, table: Table, column: Column) -> bool:
        """Whether the session may read or write ``column`` of ``table``; a refusal is silent on the wire."""
        if operation == "write" and column.type in self._closed_types:
            return False
        return not self._denials or not any(
            self._denies(f"{name}.{column.name}", operation, None) for name in table.lineage
        )

    def may_read_column(self, table: Table, column: Column) -> bool:
        """Whether the session may read ``table`` and its ``column``, which is what dot-walking and queries ask for."""
        return self.may("read", table) and self.may_column("read", table, column)

    def _denies(self, name: str, operation: str, row: Row | None) -> bool:
        for denial in self._denials.get((name, operation), ()):
            condition = denial.get("condition", "")
            if not condition:
                return True
            if row is not None:
                table = self._store.schema[row["sys_class_name"]]
                if parse(condition, table, self._store, Asker()).select([row]):
                    return True
        return False
