# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""What the setup endpoint answered about one alias, to be read like the tables themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import AccessDenied, UnexpectedAnswer
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.endpoint.proofs import Proofs
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.answers import Row
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.query import Conditions, matches

if TYPE_CHECKING:
    from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.endpoint.client import Endpoint


def is_state(state: Any) -> bool:
    """Whether ``state`` has the form of the endpoint's: ``tables`` of rows of texts, and the names of ``denied``
    tables.
    """
    if (
        not isinstance(state, dict)
        or not isinstance(state.get("denied"), list)
        or not isinstance(state.get("tables"), dict)
    ):
        return False
    return all(_are_rows(rows) for rows in state["tables"].values())


def _are_rows(rows: Any) -> bool:
    return isinstance(rows, list) and all(
        isinstance(row, dict) and "sys_id" in row and all(isinstance(value, str) for value in row.values())
        for row in rows
    )


class Snapshot:
    """What the endpoint answered about one alias, to be read like the tables themselves (source.Source).

    In the place of a secret a row holds what `as_stored` gives for the value that it was proven to be, and what that
    gives for no value where it is another one.
    """

    def __init__(self, endpoint: Endpoint, tables: dict[str, list[Row]], denied: set[str], proofs: Proofs) -> None:
        self.endpoint = endpoint
        self._proofs = proofs
        self.host = endpoint.instance.host
        self._tables = tables
        self._denied = denied

    def now(self) -> str:
        """The time on the instance, UTC."""
        return self.endpoint.instance.now()

    def find(self, table: str, conditions: Conditions, fields: Iterable[str]) -> list[Row]:
        """The rows that fulfil ``conditions``. Raises `AccessDenied` for a table that the account may not read."""
        where = f"instance {self.host}, table {table}"
        if table in self._denied:
            raise AccessDenied("The account may not read this table", where)
        names = [*fields, *conditions]
        rows = self._tables.get(table, [])
        missing = sorted({name for row in rows for name in names if name not in row})
        if missing:
            raise UnexpectedAnswer(
                "The setup endpoint's answer lacks a required field",
                f"{where}, field {', '.join(missing)}",
                advice="Set route to records",
            )
        return [dict(row) for row in rows if matches(row, conditions)]

    def get(self, table: str, sys_id: str, fields: Iterable[str]) -> Row | None:
        """The record ``sys_id`` of ``table``, None if there is none."""
        rows = self.find(table, {"sys_id": sys_id}, fields)
        return rows[0] if rows else None

    @property
    def identity(self) -> str:
        """Which instance it is, however its address is spelt."""
        return self.endpoint.instance.identity

    def look_up(self, table: str, sys_id: str, fields: Iterable[str]) -> Row | None:
        """The record ``sys_id`` of ``table``, whoever it belongs to; over the Table API, the endpoint tells of the
        alias's own records only.
        """
        return self.endpoint.instance.look_up(table, sys_id, fields)

    def longest(self, table: str, column: str) -> int:
        """How many characters a column keeps, 0 if that is not known."""
        return self.endpoint.instance.longest(table, column)

    def gather(self, *reads: Callable[[], Any]) -> list[Any]:
        """The results of ``reads``; nothing is sent for them."""
        return [read() for read in reads]

    def ahead(self, *_reads: Callable[[], Any]) -> None:
        """Everything is here already."""

    def know(self, _table: str, _conditions: dict[str, str], _rows: list[Row]) -> None:
        """Everything is here already."""

    def record_url(self, table: str, sys_id: str) -> str:
        """The address of a record's form, for people."""
        return self.endpoint.instance.record_url(table, sys_id)

    def as_stored(self, value: str) -> str:
        """How a row shows a secret, or an attribute, that is ``value``."""
        return self._proofs.of(value)
