# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""Where records are read from: the Table API (client.Instance), or what the setup endpoint answered
(endpoint.Snapshot).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.answers import Row
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.query import Conditions


class Place(Protocol):
    """What a plan knows of the instance that it is for."""

    host: str

    @property
    def identity(self) -> str:
        """Which instance it is, however its address is spelt."""


class Source(Place, Protocol):
    """What decides about a connection needs of an instance: reading, and nothing that changes anything."""

    def look_up(self, table: str, sys_id: str, fields: Iterable[str]) -> Row | None:
        """The record ``sys_id`` of ``table``, whoever it belongs to, read anew from the instance; None if there is
        none.
        """

    def longest(self, table: str, column: str) -> int:
        """How many characters a column keeps, 0 if that is not known."""

    def now(self) -> str:
        """The time on the instance, UTC."""

    def find(self, table: str, conditions: Conditions, fields: Iterable[str]) -> list[Row]:
        """The rows of ``table`` that fulfil ``conditions`` exactly, each with ``fields``."""

    def get(self, table: str, sys_id: str, fields: Iterable[str]) -> Row | None:
        """The record ``sys_id`` of ``table``, None if there is none."""

    def gather(self, *reads: Callable[[], Any]) -> list[Any]:
        """The results of independent reads, in their order."""

    def ahead(self, *reads: Callable[[], Any]) -> None:
        """Ask in one round what ``reads`` ask, because it is about to be asked one after the other."""

    def know(self, table: str, conditions: dict[str, str], rows: list[Row]) -> None:
        """Take ``rows`` for what the next `find` with ``conditions`` would give, if that is before
        anything is written.
        """

    def record_url(self, table: str, sys_id: str) -> str:
        """The address of a record's form, for people."""

    def as_stored(self, value: str) -> str:
        """How a row shows a secret or an attribute whose value is ``value``, where the two can be compared."""
