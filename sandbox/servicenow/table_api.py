# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The Table API (servicenow-rest 1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from ..web import Request, Response
from .acl import Guard, Session
from .answers import ApiError, no_content, result
from .query import Query, parse, walk
from .schema import Column
from .store import Row, seeded_sys_id
from .values import Style, display_to_stored, plain_text, render, secret_to_stored, secret_type, to_stored
from .writes import Refused

if TYPE_CHECKING:
    from .instance import Instance

MAX_BODY = 10485760
DEFAULT_LIMIT = 10000


class TableApi:
    """One request to ``/api/now/table``. Everything raises `ApiError`."""

    def __init__(
        self, instance: Instance, session: Session, request: Request, table_name: str, version: str | None
    ) -> None:
        self._instance = instance
        self._session = session
        self._request = request
        self._args = request.args
        self._store = instance.store
        self._version = version
        if table_name not in self._store.schema:
            raise ApiError(400, f"Invalid table {table_name}", f"Table {table_name} does not exist")
        self._table = self._store.schema[table_name]
        description = self._store.get("sys_db_object", seeded_sys_id("sys_db_object", table_name))
        if description is None or description.get("ws_access") != "true":
            raise ApiError(403, "User Not Authorized", "Failed API level ACL Validation")
        self._guard = Guard(self._store, session, instance.closed_types(session))
        self._style = Style(
            self._args.get("sysparm_display_value", "false").lower(),
            self._args.get("sysparm_exclude_reference_link", "false").lower() == "true",
            f"https://{request.host}",
        )

    def respond(self, sys_id: str | None) -> Response:
        """Answer for the whole table, or for the record ``sys_id``."""
        method = self._request.headers.get("x-http-method-override", self._request.method).upper()
        on_table: dict[str, Callable[[], Response]] = {"GET": self._list, "HEAD": self._list, "POST": self._insert}
        on_record: dict[str, Callable[[str], Response]] = {
            "GET": self._get, "HEAD": self._get, "PUT": self._update, "PATCH": self._update, "DELETE": self._delete,
        }  # fmt: skip
        handler = on_table.get(method) if sys_id is None else on_record.get(method)
        if handler is None:
            raise ApiError(405, "Method not Supported", f"{method} method not supported for API")
        response = handler() if sys_id is None else handler(sys_id)
        if method == "HEAD" or self._request.headers.get("x-no-response-body") == "true":
            response.body = b""
        return response

    # Reading

    def count(self) -> int:
        """How many rows the query finds, hidden ones included."""
        return len(self._query().select(self._instance.rows(self._table.name)))

    def _list(self) -> Response:
        query = self._query()
        rows = query.select(self._instance.rows(self._table.name))
        limit, offset = self._number("sysparm_limit", DEFAULT_LIMIT), self._number("sysparm_offset", 0)
        if not rows and self._version == "v1":
            raise _not_found()
        # The limit comes before the access control: a page can be short, or empty, and not be the last.
        page = [self._shown(row) for row in rows[offset : offset + limit] if self._guard.may("read", self._table, row)]
        headers = []
        if self._args.get("sysparm_no_count") != "true" and self._instance.switch("total_count") == "sent":
            headers.append(("X-Total-Count", str(len(rows))))
        if self._args.get("sysparm_suppress_pagination_header") != "true":
            headers += self._links(limit, offset, len(rows))
        return result(200, page, *headers)

    def _query(self) -> Query:
        text = self._args.get("sysparm_query")
        if text is None:
            return self._pairs()
        query = parse(text, self._table, self._store, self._guard.asker)
        if query.dropped:
            if self._instance.switch("unknown_query_field") == "forbid":
                detail = "Field(s) present in the query do not have permission to be read"
                raise ApiError(403, "Insufficient rights to query records", detail)
            if self._instance.property("glide.invalid_query.returns_no_rows", "false") == "true":
                query.groups = [[lambda row: False]]
        return query

    def _pairs(self) -> Query:
        """``name=value`` parameters, the older way to filter; unknown names are ignored, references go by display value as well."""
        query = Query()
        tests = []
        for name, text in self._args.items():
            found = (
                None
                if name.startswith("sysparm_")
                else walk(name, self._table, self._store, self._guard.may_read_column)
            )
            if found:
                getter, column = found
                wanted = {text.casefold(), display_to_stored(column, text, self._store).casefold()}
                tests.append(lambda row, getter=getter, wanted=wanted: getter(row).casefold() in wanted)
        query.groups = [tests] if tests else []
        return query

    def _get(self, sys_id: str) -> Response:
        return result(200, self._shown(self._existing(sys_id)))

    def _existing(self, sys_id: str) -> Row:
        row = next((row for row in self._instance.rows(self._table.name, sys_id)), None)
        if row is None or not self._guard.may("read", self._table, row):
            raise _not_found()
        return row

    def _shown(self, row: Row) -> dict[str, Any]:
        """A record as JSON: only the fields that were asked for, exist and may be read."""
        guard, table, store = self._guard, self._table, self._store
        shown: dict[str, Any] = {}
        asked = self._args.get("sysparm_fields")
        if not asked:
            for column in table.columns.values():
                if guard.may_column("read", table, column):
                    shown[column.name] = render(column, row.get(column.name, ""), self._style, store)
            return shown
        for path in asked.split(","):
            path = path.strip()
            column = table.columns.get(path)
            if column is not None:
                if guard.may_column("read", table, column):
                    shown[path] = render(column, row.get(path, ""), self._style, store)
                continue
            found = walk(path, table, store, guard.may_read_column)
            if found:
                shown[path] = render(found[1], found[0](row), self._style, store)
        return shown

    def _links(self, limit: int, offset: int, total: int) -> list[tuple[str, str]]:
        def link(name: str, to: int) -> str:
            parameters = {**self._args, "sysparm_limit": limit, "sysparm_offset": to}
            return f'<https://{self._request.host}{self._request.path}?{urlencode(parameters)}>;rel="{name}"'

        if not limit:
            return []
        last = max((total - 1) // limit * limit, 0)
        links = [link("first", 0), link("last", last)]
        if offset + limit < total:
            links.insert(0, link("next", offset + limit))
        if offset:
            links.insert(0, link("prev", max(offset - limit, 0)))
        return [("Link", ",".join(links))]

    def _number(self, name: str, default: int) -> int:
        try:
            return max(int(self._args.get(name, default)), 0)
        except ValueError:
            return default

    # Writing

    def _insert(self) -> Response:
        body = self._body()
        if not self._guard.may("create", self._table):
            raise _denied("Insert")
        values = self._stored(body, None)
        if (
            self._instance.switch("insert_scope") == "honour"
            and "sys_scope" in self._table.columns
            and body.get("sys_scope")
        ):
            values["sys_scope"] = values["sys_package"] = plain_text(body["sys_scope"])
        sys_id = plain_text(body.get("sys_id"))
        if sys_id and self._may_choose_sys_id():
            values["sys_id"] = sys_id[:32]
        session = self._session
        try:
            row = self._instance.writer.insert(self._table.name, values, session.user_name, session.user["sys_id"])
        except Refused as refused:
            raise ApiError(403, "Operation Failed", str(refused)) from None
        location = f"https://{self._request.host}{self._request.path.rstrip('/')}/{row['sys_id']}"
        shown = self._shown(row) if self._guard.may("read", self._table, row) else {}
        return result(201, shown, ("Location", location))

    def _update(self, sys_id: str) -> Response:
        body = self._body()
        row = self._existing(sys_id)
        if not self._guard.may("write", self._table, row):
            raise _denied("Update")
        # Protected records take a write and keep what they had (servicenow-rest 1.5 no. 6).
        values = {} if row.get("sys_policy") in ("read", "protected") else self._stored(body, row)
        try:
            row = self._instance.writer.update(row, values, self._session.user_name)
        except Refused as refused:
            raise ApiError(403, "Operation Failed", str(refused)) from None
        return result(200, self._shown(row))

    def _delete(self, sys_id: str) -> Response:
        row = self._existing(sys_id)
        if not self._guard.may("delete", self._table, row):
            raise _denied("Delete")
        self._instance.writer.delete(row)
        return no_content()

    def _body(self) -> dict[str, Any]:
        body = self._request.body
        if len(body) > MAX_BODY:
            detail = (
                f"Rejected large REST payload with content-length = {len(body)} bytes. Max allowed: {MAX_BODY} bytes."
            )
            raise ApiError(400, "Exception while reading request", detail)
        try:
            document = self._request.json() if body.strip() else {}
        except (ValueError, RecursionError):
            raise ApiError(400, "Exception while reading request", "The payload is not valid JSON.") from None
        # Only the first record of several is taken.
        if isinstance(document, list):
            document = document[0] if document else {}
        return document if isinstance(document, dict) else {}

    def _stored(self, body: dict[str, Any], old: Row | None) -> dict[str, str]:
        """The values of ``body`` as they will be stored. What cannot be written goes without a word (servicenow-rest 1.5)."""
        is_display = self._args.get("sysparm_input_display_value", "false").lower() == "true"
        plain_write = self._instance.switch("password2_plain_write")
        row_to_be = {**(old or {}), **{name: plain_text(value) for name, value in body.items()}}
        values = {}
        for name, value in body.items():
            column = self._table.columns.get(name)
            if column is None or name.startswith("sys_") or "read_only" in column.flags:
                continue
            if not self._guard.may_column("write", self._table, column):
                self._refuse_script(column)
                continue
            text = plain_text(value)
            secret = secret_type(column, row_to_be)
            if secret:
                values[name] = secret_to_stored(secret, text, self._instance.vault, is_display, plain_write)
            else:
                values[name] = display_to_stored(column, text, self._store) if is_display else to_stored(column, text)
        return values

    def _refuse_script(self, column: Column) -> None:
        """Whether a closed script column ends the request or is passed over like any other is not documented."""
        is_script = column.type in self._instance.closed_types(self._session)
        if is_script and self._instance.switch("scripting_governance") == "forbid":
            raise _denied("Write")

    def _may_choose_sys_id(self) -> bool:
        if (
            self._instance.property("glide.rest.table_api.admin_only_sys_fields", "false") == "true"
            and "admin" not in self._session.roles
        ):
            return False
        return self._instance.switch("insert_sys_id") == "honour"


def _not_found() -> ApiError:
    return ApiError(404, "No Record found", "Record doesn't exist or ACL restricts the record retrieval")


def _denied(verb: str) -> ApiError:
    return ApiError(403, "Operation Failed", f"ACL Exception {verb} Failed due to security constraints")
