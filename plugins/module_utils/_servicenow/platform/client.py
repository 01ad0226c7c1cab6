# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""One ServiceNow instance over its Table API (servicenow-rest 1)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import (
    AccessDenied,
    LoginError,
    OutcomeUnknown,
    RateLimited,
    RecordMissing,
    TableRefused,
    UnexpectedAnswer,
    Unreachable,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._secrets import Secrets
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.ahead import Ahead
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.answers import (
    Row,
    check,
    require_fields,
    row_of,
    rows_of,
    total_of,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.applications import (
    FILE_TABLES,
    GLOBAL,
    SCOPE_PARAMETER,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.batch import BatchedReads
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.identity import read_identity
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.query import (
    Conditions,
    contains,
    encode,
    matches,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.rounds import Get, Rounds
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.session import Session
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire.answer import Answer
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire.session import Budget

PAGE_ROWS = 1000
MOST_ROWS = 20000


@dataclass(frozen=True)
class _Listing:
    """The rows that came of a query, how many match as the instance says, and whether there are too many to be an
    answer to it.
    """

    rows: list[Row]
    total: int
    is_endless: bool


class Instance:
    """A logged-in ServiceNow instance.

    Takes the ``instance`` options of a task, and its ``budget`` where it talks to somebody else as well. Raises
    `InputError` for options that cannot work, before anything is sent.
    """

    def __init__(self, options: dict[str, Any], secrets: Secrets, budget: Budget | None = None) -> None:
        self._session = Session(options, secrets, budget or Budget())
        self.base_url, self.host, self.login = self._session.base_url, self._session.host, self._session.login
        # Whether a write was sent that may have been carried out: one that was not refused.
        self.may_have_written = False
        # The sys_id of the application that new files go into (see applications.py).
        self.application = GLOBAL
        self._identity = ""
        # A key needs an access policy for each API; sites give it the one of the Table API (servicenow-rest 3.4).
        self._batch = BatchedReads(
            self._read,
            self._session.log_in,
            who=f"{self.base_url} {self.login.user_name}",
            is_closed=bool(options.get("api_key")),
            is_proven=lambda: self._session.is_proven,
        )
        self._rounds = Rounds(self._batch.ask)
        self._ahead = Ahead(self._rounds.get)

    @property
    def identity(self) -> str:
        """Which instance this is, however ``host`` is spelt (identity.read_identity)."""
        self._identity = self._identity or read_identity(self, self.host)
        return self._identity

    def now(self) -> str:
        """The time on the instance as its tables write it: UTC, ``YYYY-MM-DD HH:MM:SS``; the controller's until it has
        answered.
        """
        return self._session.now()

    # Reading

    def find(
        self,
        table: str,
        conditions: Conditions,
        fields: Iterable[str],
        or_containing: Mapping[str, str] | None = None,
    ) -> list[Row]:
        """The rows of ``table`` that fulfil ``conditions`` exactly, each with ``fields`` and the conditions' own
        fields.

        ``or_containing`` adds the rows in which one of these columns contains its text; it takes a single condition
        beside it. Values are strings as stored; references are sys_ids. Raises `AccessDenied` when the table, a row or
        a field cannot be read, and `UnexpectedAnswer` when the instance did not apply the conditions.
        """
        names = list(dict.fromkeys(["sys_id", *fields, *conditions, *(or_containing or ())]))
        known = None if or_containing else self._ahead.known(table, conditions, names)
        if known is not None:
            return known
        where = f"instance {self.host}, table {table}"
        listing = self._list(table, encode(conditions, or_containing), names, where)
        for row in listing.rows:
            require_fields(row, names, where)
        others = [row for row in listing.rows if not contains(row, or_containing)]
        if listing.is_endless or any(not matches(row, conditions, ignore_case=True) for row in others):
            raise UnexpectedAnswer(
                "The instance did not apply the query and returned other rows as well",
                where,
                "It drops conditions on fields that it does not know or that the account may not read",
                "Check the roles of the account, and that the table is the standard one",
            )
        hidden = listing.total - len(listing.rows)
        if hidden > 0:
            raise AccessDenied(
                f"{hidden} of {listing.total} matching records are hidden from this account",
                where,
                "A row-level access control hides them; going on could make duplicates of records that exist",
                "Give the account a role that reads this table (admin is the documented one)",
            )
        return [row for row in listing.rows if matches(row, conditions) or contains(row, or_containing)]

    def _list(self, table: str, query: str, names: list[str], where: str) -> _Listing:
        """The rows that ``query`` gives, page after page."""
        rows: list[Row] = []
        offset = 0
        while True:
            answer = self._get(
                table,
                {
                    "sysparm_query": query,
                    "sysparm_fields": ",".join(names),
                    "sysparm_limit": str(PAGE_ROWS),
                    "sysparm_offset": str(offset),
                    "sysparm_exclude_reference_link": "true",
                    "sysparm_display_value": "false",
                },
            )
            page = rows_of(answer, where)
            rows += page
            offset += PAGE_ROWS
            total = total_of(answer, len(rows))
            is_endless = len(page) > PAGE_ROWS or max(total, len(rows)) > MOST_ROWS
            # A full page of an instance that tells no total need not be the last.
            is_last = offset >= total and len(page) < PAGE_ROWS
            if is_endless or is_last:
                return _Listing(rows, total, is_endless)

    def get(self, table: str, sys_id: str, fields: Iterable[str], allow_unreadable: bool = False) -> Row | None:
        """The record ``sys_id`` of ``table`` with ``fields``, None if there is none.

        Raises `AccessDenied` when a field cannot be read, unless ``allow_unreadable``: then it is left out.
        """
        names = list(dict.fromkeys(["sys_id", *fields]))
        where = f"instance {self.host}, table {table}"
        params = {
            "sysparm_fields": ",".join(names),
            "sysparm_exclude_reference_link": "true",
            "sysparm_display_value": "false",
        }
        answer = self._ahead.get(Get(f"/api/now/table/{table}/{quote(sys_id, safe='')}", params))
        if answer.status == 404:
            return None
        check(answer, "read", self.host, table)
        row = row_of(answer, where)
        if not allow_unreadable:
            require_fields(row, names, where)
        return row

    def look_up(self, table: str, sys_id: str, fields: Iterable[str]) -> Row | None:
        """The record ``sys_id`` of ``table``, None if there is none."""
        return self.get(table, sys_id, fields)

    def longest(self, table: str, column: str) -> int:
        """How many characters a column keeps, 0 if the dictionary does not say or the account may not read it."""
        try:
            rows = self.find("sys_dictionary", {"name": table, "element": column}, ["max_length"])
        except (AccessDenied, RecordMissing, UnexpectedAnswer):
            return 0
        text = rows[0]["max_length"] if len(rows) == 1 else ""
        return int(text) if re.fullmatch("[0-9]{1,9}", text) else 0

    def find_own_user(self) -> Row | None:
        """The sys_user record of whoever is logged in, None where the instance does not let it be known
        (servicenow-rest 8).
        """
        query = "sys_id=javascript:gs.getUserID()"
        params = {
            "sysparm_query": query,
            "sysparm_fields": "sys_id,user_name",
            "sysparm_limit": "2",
            "sysparm_exclude_reference_link": "true",
        }
        try:
            rows = rows_of(self._get("sys_user", params), f"instance {self.host}, table sys_user")
        except (AccessDenied, RecordMissing, TableRefused):
            return None
        # Where the expression is refused, the condition is dropped and everybody comes back.
        if len(rows) != 1 or "user_name" not in rows[0]:
            return None
        expected = self.login.user_name
        return rows[0] if not expected or rows[0]["user_name"].lower() == expected.lower() else None

    def gather(self, *reads: Callable[[], Any]) -> list[Any]:
        """The results of independent reads, in their order; what they ask at the same moment goes into one request
        (`Rounds`).
        """
        return self._rounds.run(reads)

    def ahead(self, *reads: Callable[[], Any]) -> None:
        """Ask in one round what ``reads`` ask, because it is about to be asked one after the other (`Ahead`)."""
        self.gather(*[self._ahead.reader(read) for read in reads])

    def know(self, table: str, conditions: dict[str, str], rows: list[Row]) -> None:
        """Take ``rows`` for what the next `find` with ``conditions`` would give, if that is before
        anything is written.
        """
        self._ahead.know(table, conditions, rows)

    def peek(self, table: str, params: dict[str, str]) -> Answer:
        """What the Table API answers to a query for at most one row of ``table``, whatever it is; for probes."""
        return self.read(f"/api/now/table/{table}", {"sysparm_limit": "1", **params})

    def read(self, path: str, params: dict[str, str] | None = None, with_login: bool = True) -> Answer:
        """What the instance answers to a GET, whatever it is, with or without the login; for probes."""
        if with_login:
            return self._read("GET", path, params, None)
        return self._session.read_without_login(path, params)

    # Writing. A 2xx proves nothing here: callers read back (reconcile/writer.py).

    def insert(self, table: str, values: dict[str, str]) -> Row:
        """Create a record and return what the instance says it became. Raises `OutcomeUnknown` when the
        answer is lost.
        """
        params = {"sysparm_exclude_reference_link": "true"}
        if table in FILE_TABLES:
            params[SCOPE_PARAMETER] = self.application
        answer = self._send("POST", f"/api/now/table/{table}", params=params, document=values)
        check(answer, "insert into", self.host, table)
        return row_of(answer, f"instance {self.host}, table {table}")

    def update(self, table: str, sys_id: str, values: dict[str, str], as_display_values: bool = False) -> Row:
        """Change a record and return what the instance says it became.

        ``as_display_values`` makes the instance encrypt password fields; every value of the request is then a display
        value, so secrets go alone (servicenow-connections 5).
        """
        params = {"sysparm_exclude_reference_link": "true"}
        if as_display_values:
            params["sysparm_input_display_value"] = "true"
        answer = self._send("PATCH", f"/api/now/table/{table}/{quote(sys_id, safe='')}", params=params, document=values)
        if answer.status == 404:
            raise RecordMissing(
                "A record that was there a moment ago is gone",
                f"instance {self.host}, table {table}, sys_id {sys_id}",
                "Somebody or something else changed the instance during this run",
                "Run again",
            )
        check(answer, "update in", self.host, table)
        return row_of(answer, f"instance {self.host}, table {table}")

    def delete(self, table: str, sys_id: str) -> None:
        """Delete a record; one that is gone already counts as deleted."""
        try:
            answer = self._send("DELETE", f"/api/now/table/{table}/{quote(sys_id, safe='')}")
        except OutcomeUnknown:
            # Deleting by sys_id is safe to repeat: the second time it is simply not there.
            answer = self._send("DELETE", f"/api/now/table/{table}/{quote(sys_id, safe='')}")
        if answer.status != 404:
            check(answer, "delete from", self.host, table)

    def record_url(self, table: str, sys_id: str) -> str:
        """The address of a record's form, for people."""
        return f"{self.base_url}/nav_to.do?uri={quote(f'{table}.do?sys_id={sys_id}', safe='')}"

    def as_stored(self, value: str) -> str:
        """How a row shows an attribute whose value is ``value``: as it is."""
        return value

    def post(self, path: str, document: Any, is_read: bool = False) -> Answer:
        """Call an operation of a Scripted REST API; ``is_read`` says that repeating it is harmless.

        Raises `OutcomeUnknown` when the answer to a write is lost, and `UnexpectedAnswer` for no path.

        The path can be what the instance tells: written after its address, anything else would lead to another host.
        """
        if not re.fullmatch(r"/[\w.~/-]*", path, re.ASCII):
            raise UnexpectedAnswer(
                "The path of the Scripted REST API is not valid",
                f"instance {self.host}",
                repr(path),
                "Correct endpoint_path, or leave it out to have it looked up",
            )
        return self._send("POST", path, document=document, is_read=is_read)

    def call(self, method: str, path: str, params: dict[str, str], document: Any = None) -> Answer:
        """Ask an API of the platform at a fixed ``path``; a GET may be repeated, anything else is not.

        Raises `OutcomeUnknown` when the answer to a write is lost.
        """
        return self._send(method, path, params=params, document=document, is_read=method == "GET")

    # The wire

    def _get(self, table: str, params: dict[str, str]) -> Answer:
        answer = self._ahead.get(Get(f"/api/now/table/{table}", params))
        check(answer, "query", self.host, table)
        return answer

    def _read(self, method: str, path: str, params: dict[str, str] | None, document: Any) -> Answer:
        return self._send(method, path, params, document, is_read=True)

    def _send(
        self,
        method: str,
        path: str,
        params: dict[str, str] | None = None,
        document: Any = None,
        is_read: bool | None = None,
    ) -> Answer:
        if method == "GET" or is_read:
            return self._session.send(method, path, params, document, is_read)
        self._ahead.forget()
        had_written, self.may_have_written = self.may_have_written, True
        try:
            answer = self._session.send(method, path, params, document, is_read)
        except (LoginError, Unreachable, RateLimited):
            self.may_have_written = had_written
            raise
        if 400 <= answer.status < 500:
            self.may_have_written = had_written
        return answer
