# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""The setup endpoint, a Scripted REST API that the role setup_endpoint installs, and what it tells of an instance.

It does on the instance what has no REST API there: the form's own connection builder, encryption, the access token
(servicenow-connections 3.3, 4 and 5). Its scripts and their contract are in roles/setup_endpoint/files.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets as random_source
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import (
    AccessDenied,
    Ambiguous,
    LoginError,
    Outdated,
    RecordMissing,
    UnexpectedAnswer,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.answers import Row
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.client import Instance
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.login import LOGIN_ADVICE
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.query import Conditions, matches
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire.answer import Answer

SERVICE_ID = "spoke_connection_setup"
VERSION = "1"
# How the detail of every error of its own begins.
SIGNATURE = "Spoke Connection Setup version"
INSTALL = "Install it, or repair it, with the playbook snow_ops.spokes.setup_endpoint, or set route to records"
# What encodeURIComponent leaves as it is; the fingerprints are made of its output.
URI_COMPONENT_SAFE = "-_.!~*'()"


def find_endpoint(instance: Instance, path: str) -> Endpoint | None:
    """The endpoint at ``path``, or the one that the instance lists; None if it has none.

    Its base path holds the instance's own company code, so that it has to be read (servicenow-connections 3.3). Raises `AccessDenied`
    where the account may not read the list, `RecordMissing` where the endpoint has no path yet, and `Ambiguous`.
    """
    if path:
        return Endpoint(instance, path)
    rows = instance.find("sys_ws_definition", {"service_id": SERVICE_ID, "active": "true"}, ["base_uri"])
    if len(rows) > 1:
        raise Ambiguous(
            "There is more than one setup endpoint",
            f"instance {instance.host}, table sys_ws_definition",
            ", ".join(f"{row['base_uri']} ({row['sys_id']})" for row in rows),
            "Remove all but one, or name the path of the right one in endpoint_path",
        )
    if rows and not rows[0]["base_uri"]:
        raise RecordMissing(
            "The setup endpoint on the instance has no base path",
            f"instance {instance.host}, table sys_ws_definition, record {rows[0]['sys_id']}, field base_uri",
            "The platform fills it in when the record is saved, which an update set does not do",
            "Open the record, change its description and press Update, or make the update set with NAMESPACE",
        )
    return Endpoint(instance, rows[0]["base_uri"]) if rows else None


class Endpoint:
    """The setup endpoint of ``instance`` at ``path``."""

    def __init__(self, instance: Instance, path: str) -> None:
        self.instance = instance
        self.path = path.rstrip("/")
        self._nonce = random_source.token_hex(32)
        self._subject: dict[str, str] = {}

    def look(self, subject: dict[str, str]) -> Snapshot:
        """What is configured for ``subject``: ``scope`` or ``alias`` (id or sys_id), ``connection_name``, ``registry_name``."""
        self._subject = {name: value for name, value in subject.items() if value}
        return self.look_again()

    def look_again(self) -> Snapshot:
        """The same subject once more."""
        return self._snapshot(self._call("state", self._subject, is_read=True))

    def configure(self, alias: str, form: dict[str, str]) -> Snapshot:
        """Make the connection of ``alias`` as the form does, ``form`` being its fields. Raises `UnexpectedAnswer` if it refuses."""
        result = self._call("configure", {**self._subject, "alias_sys_id": alias, "form": form})
        if not result.get("connection_sys_id"):
            raise UnexpectedAnswer(
                "The instance's connection builder made no connection",
                f"instance {self.instance.host}, alias {alias}",
                str(result.get("message") or "it gave no reason"),
                "Correct the value that it names; the instance's system log may say more",
            )
        return self._snapshot(result)

    def update(self, steps: list[dict[str, Any]]) -> Snapshot:
        """Write ``steps`` (see the endpoint's update.js)."""
        return self._snapshot(self._call("update", {**self._subject, "steps": steps}))

    def get_token(self, connection: str) -> tuple[dict[str, Any], Snapshot]:
        """Have the instance fetch an access token: ``ok``, ``expires_in`` (seconds, as text), ``error``; and what is there now."""
        # Once more does no harm: it is one token more.
        result = self._call("token", {**self._subject, "connection_sys_id": connection}, is_read=True)
        return result, self._snapshot(result)

    def test(self, connection: str, path: str) -> dict[str, Any]:
        """Have the instance GET ``path`` through the stored connection: ``http_status`` (0 for no answer), ``error``."""
        return self._call("test", {"connection_sys_id": connection, "path": path}, is_read=True)

    def fingerprint(self, value: str) -> str:
        """How the endpoint answers a stored secret that is ``value``; empty for none."""
        data = quote(value, safe=URI_COMPONENT_SAFE, errors="surrogatepass").encode()
        return hmac.new(self._nonce.encode(), data, hashlib.sha256).hexdigest() if value else ""

    def _snapshot(self, result: dict[str, Any]) -> Snapshot:
        state = result.get("state")
        tables = state.get("tables") if isinstance(state, dict) else None
        if (
            not isinstance(tables, dict)
            or not isinstance(state.get("denied"), list)
            or not all(_are_rows(rows) for rows in tables.values())
        ):
            raise self._no_endpoint("The answer has not the form of the setup endpoint's", "'state' is missing or malformed")
        return Snapshot(self, tables, set(map(str, state["denied"])))

    def _call(self, operation: str, document: dict[str, Any], is_read: bool = False) -> dict[str, Any]:
        answer = self.instance.post(f"{self.path}/{operation}", dict(document, nonce=self._nonce), is_read)
        result = answer.document.get("result") if isinstance(answer.document, dict) else None
        if answer.ok and isinstance(result, dict) and "version" in result:
            if result["version"] != VERSION:
                raise Outdated(
                    f"The setup endpoint has version {result['version']}, this collection needs version {VERSION}",
                    self._where(operation),
                    advice="Run the playbook snow_ops.spokes.setup_endpoint, or set route to records",
                )
            return result
        raise self._refusal(operation, answer)

    def _refusal(self, operation: str, answer: Answer) -> Exception:
        error = answer.document.get("error") if isinstance(answer.document, dict) else None
        told = [str(error[name]) for name in ("message", "detail") if error.get(name)] if isinstance(error, dict) else []
        why = f"HTTP {answer.status}" + "".join(f", {text}" for text in told)
        request_id = answer.headers.get("X-Transaction-ID", "")
        where = self._where(operation)
        if answer.status == 401:
            return LoginError("The instance did not accept the login", where, why, LOGIN_ADVICE, request_id)
        if answer.status == 403:
            advice = "Give the account the role admin, or connection_admin with the roles that read and write the tables named"
            return AccessDenied("The setup endpoint refused the account", where, why, advice, request_id)
        if answer.ok or (answer.status in (400, 404, 405) and not any(text.startswith(SIGNATURE) for text in told)):
            return self._no_endpoint("The setup endpoint does not answer at this path", why, request_id, operation)
        advice = "See the instance's system log for the request id; route records does without the endpoint"
        return UnexpectedAnswer("The setup endpoint refused", where, why, advice, request_id)

    def _no_endpoint(self, what: str, why: str, request_id: str = "", operation: str = "") -> RecordMissing:
        return RecordMissing(what, self._where(operation), why, f"{INSTALL}; if endpoint_path is given, check it", request_id)

    def _where(self, operation: str = "") -> str:
        return f"instance {self.instance.host}, {self.path}" + (f"/{operation}" if operation else "")


def _are_rows(rows: Any) -> bool:
    return isinstance(rows, list) and all(
        isinstance(row, dict) and "sys_id" in row and all(isinstance(value, str) for value in row.values()) for row in rows
    )


class Snapshot:
    """What the endpoint answered about one alias, to be read like the tables themselves (source.Source)."""

    has_fingerprints = True

    def __init__(self, endpoint: Endpoint, tables: dict[str, list[Row]], denied: set[str]) -> None:
        self.endpoint = endpoint
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
                "The setup endpoint does not tell a field that is needed",
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
        """The record ``sys_id`` of ``table``, whoever it belongs to; over the Table API, the endpoint tells of the alias's own records only."""
        return self.endpoint.instance.look_up(table, sys_id, fields)

    def longest(self, table: str, column: str) -> int:
        """How many characters a column keeps, 0 if that is not known."""
        return self.endpoint.instance.longest(table, column)

    def gather(self, *reads: Callable[[], Any]) -> list[Any]:
        """The results of ``reads``; nothing is sent for them."""
        return [read() for read in reads]

    def record_url(self, table: str, sys_id: str) -> str:
        """The address of a record's form, for people."""
        return self.endpoint.instance.record_url(table, sys_id)

    def as_stored(self, value: str) -> str:
        """The fingerprint of an attribute's value, which is what rows hold."""
        return self.endpoint.fingerprint(value)
