# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The rows of one instance."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

from .schema import Schema

# Column name -> text; what is missing is empty. Always has sys_id and sys_class_name, the name of the row's own table, even where
# the table has no such column. Never changed in place, so that instances can share rows.
Row = Mapping[str, str]
# Rows by sys_id, by the name of their own table.
State = dict[str, dict[str, Row]]


def seeded_sys_id(table: str, name: str, instance: str = "") -> str:
    """The sys_id of a record that a seed describes.

    What the platform and the spokes ship has the same one on every instance; of users and free records ``instance`` is part.
    """
    return hashlib.md5(f"{instance}/{table}/{name}".encode()).hexdigest()


class Store:
    """Rows by table; a row of a table is also one of the tables that it extends."""

    def __init__(self, schema: Schema, shared: Mapping[str, Mapping[str, Row]]) -> None:
        self.schema = schema
        self._rows: State = {name: dict(rows) for name, rows in shared.items()}

    def state(self) -> State:
        """All rows as they are now, which later changes do not touch."""
        return {name: dict(rows) for name, rows in self._rows.items()}

    def exchange(self, state: State) -> State:
        """Go to another state; returns the one before."""
        present, self._rows = self._rows, state
        return present

    def rows(self, table: str) -> Iterator[Row]:
        """All rows of ``table`` and of the tables that extend it, oldest first within each."""
        for name in self.schema.family(table):
            yield from self._rows.get(name, {}).values()

    def get(self, table: str, sys_id: str) -> Row | None:
        """The row ``sys_id`` of ``table``, None if there is none."""
        for name in self.schema.family(table):
            row = self._rows.get(name, {}).get(sys_id)
            if row is not None:
                return row
        return None

    def find(self, table: str, **values: str) -> Iterator[Row]:
        """The rows of ``table`` that have exactly these values."""
        wanted = values.items()
        return (row for row in list(self.rows(table)) if all(row.get(name, "") == value for name, value in wanted))

    def put(self, row: Row) -> None:
        """Store ``row`` in place of the one with its sys_id, if there is one."""
        self._rows.setdefault(row["sys_class_name"], {})[row["sys_id"]] = row

    def remove(self, row: Row) -> None:
        """Take ``row`` away."""
        self._rows[row["sys_class_name"]].pop(row["sys_id"], None)

    def display(self, table: str, sys_id: str) -> str:
        """How people see the record that a reference to ``table`` points to; the value itself where there is no such record."""
        row = self.get(table, sys_id)
        if row is None:
            return sys_id
        column = self.schema[row["sys_class_name"]].columns[self.schema[table].display]
        text = row.get(column.name, "")
        return self.display(column.reference, text) if column.reference in self.schema and text else text
