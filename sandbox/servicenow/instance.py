# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""One ServiceNow instance: its records, its logins, its addresses."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import unquote

from ..web import Clock, Request, Response
from . import answers
from .acl import SCRIPT_TYPES, SCRIPT_WRITER, Session
from .answers import ApiError
from .batch import BATCH_PATH, run_batch
from .cicd import StoreApps
from .login import Login
from .schema import platform_schema
from .scripting import scripted_rest
from .secrets import Vault
from .seeding import fill, shipped_rows
from .store import Row, Store
from .switches import SWITCHES
from .table_api import TableApi
from .values import plain_text, secret_to_stored, secret_type, timestamp
from .writes import Writer

TABLE_PATH = re.compile(r"/api/now(?:/(v\d+))?/table/([^/]+)(?:/([^/]+))?/?")
STATS_PATH = re.compile(r"/api/now(?:/v\d+)?/stats/([^/]+)/?")
# Longer addresses do not get past the edge (servicenow-rest 1.4).
LONGEST_ADDRESS = 16384
Outbound = Callable[[Request], Response]


def _is_comments(row: Row) -> bool:
    """Whether ``row`` describes the column that the switch comments_length is about."""
    return row.get("name") == "oauth_entity" and row.get("element") == "comments"


class Instance:
    """A `Site`. Takes the instance's part of a seed; ``behaviour`` is the shared dictionary of switches.

    ``outbound`` makes the calls of the instance's scripts and raises `OSError` where nobody answers.
    """

    def __init__(
        self,
        name: str,
        description: Mapping[str, Any],
        behaviour: Mapping[str, object],
        clock: Clock,
        outbound: Outbound,
    ) -> None:
        self.name = name
        self.clock = clock
        self.outbound = outbound
        self._behaviour = behaviour
        self._lock = threading.RLock()
        self._later: list[tuple[float, Callable[[], None]]] = []
        self._log: list[dict[str, str]] = []
        self._orphans: set[str] = set()
        self._transaction_scope = ""
        self.store = Store(platform_schema(), shipped_rows())
        self.vault = Vault(name)
        self.writer = Writer(self)
        self.login = Login(self)
        self._store_apps = StoreApps({spoke["scope"]: spoke for spoke in description.get("spokes", [])})
        fill(self, description)
        self._before_last_write = self.store.state()

    # What the parts ask

    def switch(self, name: str) -> Any:
        """The present value of the switch ``servicenow.<name>``."""
        return self._behaviour.get(f"servicenow.{name}", SWITCHES[f"servicenow.{name}"][0])

    def property(self, name: str, default: str) -> str:
        """The value of a system property, ``default`` if there is no such record."""
        return next(
            (row.get("value", "") for row in self.store.rows("sys_properties") if row.get("name") == name), default
        )

    def now(self) -> str:
        """The present moment as it is stored."""
        return timestamp(self.clock.now())

    def log(self, level: str, source: str, message: str) -> None:
        """Enter a line into the instance's log."""
        self._log.append({"created": self.now(), "level": level, "source": source, "message": message})

    def run_later(self, seconds: float, action: Callable[[], None]) -> None:
        """Have the platform do ``action`` by itself after a while; it is done by the first request after that."""
        self._later.append((self.clock.now() + seconds, action))

    def rows(self, table: str, sys_id: str | None = None) -> Iterator[Row]:
        """The rows of ``table`` as web services see them, or the one row ``sys_id``."""
        if sys_id in self._orphans:
            return iter(())
        found = (
            self.store.rows(table)
            if sys_id is None
            else (row for row in (self.store.get(table, sys_id),) if row is not None)
        )
        if table == "v_plugin":
            return self._plugins(found)
        if table == "sys_user_role" and self.switch("scripting_governance") == "off":
            return (row for row in found if row.get("name") != SCRIPT_WRITER)
        if table == "connection_attributes" and self.switch("attribute_label") != "both":
            emptied = "label" if self.switch("attribute_label") == "column_label" else "column_label"
            return ({**row, emptied: ""} for row in found)
        if table == "sys_dictionary":
            length = str(self.switch("comments_length"))
            return ({**row, "max_length": length} if _is_comments(row) else row for row in found)
        return iter(found)

    def _plugins(self, found: Iterable[Row]) -> Iterator[Row]:
        if self.switch("v_plugin_rows") == "none":
            return iter(())
        names = ("active", "inactive") if self.switch("v_plugin_active") == "active" else ("true", "false")
        is_live = self.switch("v_plugin_rows") == "live"
        return ({**row, "active": names[0] if is_live and row.get("active") == "active" else names[1]} for row in found)

    def application_of(self, user_id: str) -> str:
        """The application that a new file goes into which the user makes in the present request."""
        asked = self.store.get("sys_scope", self._transaction_scope)
        if asked is not None and self.switch("transaction_scope") == "honour":
            return asked["sys_id"]
        if self.switch("insert_scope") != "preference":
            return "global"
        rows = self.store.find("sys_user_preference", user=user_id, name="apps.current_app")
        return next((row.get("value", "") for row in rows), "") or "global"

    def closed_types(self, session: Session) -> frozenset[str]:
        """The types of columns that the session may not write, whatever its roles on the table."""
        is_governed = self.switch("scripting_governance") in ("on", "forbid") and SCRIPT_WRITER not in session.roles
        return SCRIPT_TYPES if is_governed else frozenset()

    # Requests

    def respond(self, request: Request) -> Response:
        """Answer one request."""
        if len(request.path) + len(request.query) > LONGEST_ADDRESS:
            return answers.html(414, "Request-URI Too Long")
        with self._lock:
            self._do_what_is_due()
            if request.method != "GET":
                self._before_last_write = self.store.state()
            response, is_logged_in = self._answer(request)
        return answers.finish(response, request, is_logged_in)

    def respond_from_the_past(self, request: Request) -> Response:
        """Answer a read as a node does that has not heard of the last write yet; any other request as ever."""
        if request.method != "GET":
            return self.respond(request)
        with self._lock:
            present = self.store.exchange(self._before_last_write)
            try:
                return self.respond(request)
            finally:
                self._before_last_write = self.store.exchange(present)

    def respond_without_tokens(self, request: Request) -> Response:
        """Answer after all OAuth tokens of the instance have come to their end."""
        with self._lock:
            self.login.revoke_tokens()
            return self.respond(request)

    def _do_what_is_due(self) -> None:
        due = [action for moment, action in self._later if moment <= self.clock.now()]
        if due:
            self._later = [entry for entry in self._later if entry[0] > self.clock.now()]
            for action in due:
                action()

    def _answer(self, request: Request) -> tuple[Response, bool]:
        self._transaction_scope = ""
        if request.path == "/oauth_token.do":
            if request.method == "POST":
                return self.login.issue_token(request), False
            return Response.of_json(401, {"error_description": "access_denied", "error": "server_error"}), False
        if not request.path.startswith("/api/"):
            if request.path == "/login.do":
                return answers.html(200, "Log in"), False
            return answers.html(302, "Found", ("Location", f"https://{request.host}/login.do")), False
        is_batch = bool(BATCH_PATH.fullmatch(request.path))
        api = "table" if TABLE_PATH.fullmatch(request.path) else "batch" if is_batch else "other"
        session = None
        try:
            public = scripted_rest.find_public(self, request) if api == "other" else None
            if public:
                return scripted_rest.respond(self, scripted_rest.GUEST, request, public), False
            session = self.login.authenticate(request, api)
            if is_batch and request.method == "POST":
                return run_batch(request, lambda item: self._call(item, session), self.switch("batch")), True
        except ApiError as error:
            return error.response(self), session is not None
        return self._call(request, session), True

    def _call(self, request: Request, session: Session) -> Response:
        self._transaction_scope = request.args.get("sysparm_transaction_scope", "")
        try:
            return self._route(request, session)
        except ApiError as error:
            return error.response(self)

    def _route(self, request: Request, session: Session) -> Response:
        match = TABLE_PATH.fullmatch(request.path)
        if match:
            version, table, sys_id = match.groups()
            return TableApi(self, session, request, unquote(table), version).respond(
                unquote(sys_id) if sys_id else None
            )
        match = STATS_PATH.fullmatch(request.path)
        if match and request.method == "GET":
            if request.args.get("sysparm_count") != "true":
                raise ApiError(400, "No request parameter for aggregate operation specified", None)
            number = TableApi(self, session, request, unquote(match[1]), None).count()
            return answers.result(200, {"stats": {"count": str(number)}})
        if request.path == "/api/now/ui/user/current_user" and request.method == "GET":
            user = session.user
            shown = {
                "user_sys_id": user["sys_id"],
                "user_name": session.user_name,
                "user_display_name": user.get("name", ""),
            }
            return answers.result(200, shown)
        installation = self._store_apps.respond(self, session, request)
        if installation is not None:
            return installation
        operation = scripted_rest.find(self, request)
        if operation:
            return scripted_rest.respond(self, session, request, operation)
        raise ApiError(
            self.switch("unknown_path_status"), "Requested URI does not represent any resource", request.path
        )

    # By hand, past every rule

    def records(self, table: str, plain: bool) -> list[dict[str, str]]:
        """All records of ``table`` with all their columns as stored, secrets decrypted if ``plain``. Raises `ValueError`."""
        self._check_table(table)
        with self._lock:
            self._do_what_is_due()
            return [self._whole(row, plain) for row in self.store.rows(table)]

    def _whole(self, row: Row, plain: bool) -> dict[str, str]:
        columns = self.store.schema[row["sys_class_name"]].columns
        values = {name: row.get(name, "") for name in columns}
        return {name: self.vault.decrypt(value) for name, value in values.items()} if plain else values

    def log_lines(self) -> list[dict[str, str]]:
        """What scripts wrote into the log, oldest first, each with ``created``, ``level``, ``source`` and ``message``."""
        with self._lock:
            return list(self._log)

    def put_record(self, table: str, sys_id: str, values: Mapping[str, Any]) -> None:
        """Create or change a record. Secrets are given in plain and encrypted as a form does. Raises `ValueError`."""
        self._check_table(table)
        with self._lock:
            old = self.store.get(table, sys_id)
            columns = self.store.schema[old["sys_class_name"] if old else table].columns
            unknown = sorted(set(values) - set(columns))
            if unknown:
                raise ValueError(f"table {table} has no column {', '.join(unknown)}")
            texts = {name: plain_text(value) for name, value in values.items()}
            row = self.writer.new_row(table, {"sys_id": sys_id}, "system")
            if old:
                row = {**old, "sys_updated_on": self.now(), "sys_mod_count": str(int(old["sys_mod_count"]) + 1)}
            row.update(texts)
            row.update(sys_id=sys_id, sys_class_name=old["sys_class_name"] if old else table)
            for name in texts:
                row[name] = self._by_form(table, name, row)
            if "sys_name" in columns and "sys_name" not in texts:
                row["sys_name"] = row.get("name") or row.get("element", "")
            self.store.put({name: value for name, value in row.items() if value})

    def _by_form(self, table: str, name: str, row: Row) -> str:
        columns = self.store.schema[row["sys_class_name"]].columns
        secret, text = secret_type(columns[name], row), row[name]
        if name == "value" and table == "sys_variable_value":
            variable = self.store.get("var_dictionary", row.get("variable", "")) or {}
            secret = "password2" if variable.get("internal_type") == "password2" else ""
        if not secret or self.vault.is_ciphertext(text):
            return text
        return secret_to_stored(secret, text, self.vault, as_display_value=True, plain_write="encrypted")

    def delete_record(self, table: str, sys_id: str) -> bool:
        """Remove a record and nothing else; False if there was none. Raises `ValueError`."""
        self._check_table(table)
        with self._lock:
            row = self.store.get(table, sys_id)
            if row is not None:
                self.store.remove(row)
            return row is not None

    def orphan(self, table: str, sys_id: str) -> bool:
        """Let a record be listed and not opened, as what a clone left half; False if there is none. Raises `ValueError`."""
        self._check_table(table)
        with self._lock:
            exists = self.store.get(table, sys_id) is not None
            if exists:
                self._orphans.add(sys_id)
            return exists

    def _check_table(self, table: str) -> None:
        if table not in self.store.schema:
            raise ValueError(f"there is no table {table}")
