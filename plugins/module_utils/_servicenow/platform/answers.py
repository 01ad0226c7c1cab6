# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""What the answers of the Table API mean (servicenow-rest 1)."""

from __future__ import annotations

import re
from typing import Any

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import (
    AccessDenied,
    LoginError,
    RecordMissing,
    UnexpectedAnswer,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.login import LOGIN_ADVICE
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire.answer import Answer

Row = dict[str, str]


def check(answer: Answer, verb: str, host: str, table: str) -> None:
    """Raise what an error answer of the Table API means (servicenow-rest 1.4)."""
    error = answer.document.get("error") if isinstance(answer.document, dict) else None
    if answer.ok and not error:
        return
    details = [str(error[key]) for key in ("message", "detail") if error.get(key)] if isinstance(error, dict) else []
    reported = ": ".join(details) or (str(error) if error else "")
    where = f"instance {host}, table {table}"
    request_id = answer.headers.get("X-Transaction-ID", "")
    why = f"HTTP {answer.status}" + (f", {reported}" if reported else "")
    if answer.status == 401:
        if answer.headers.get("X-MFA_TOKEN"):
            why += "; the instance wants a multi-factor token (X-MFA_TOKEN)"
        raise LoginError("The instance did not accept the login", where, why, LOGIN_ADVICE, request_id)
    if answer.status == 403:
        raise AccessDenied(f"The account may not {verb} this table", where, why, _role_advice(table, reported), request_id)
    if answer.status == 404:
        raise RecordMissing("The instance does not know this address", where, why, "Check the host name and the table", request_id)
    if answer.status == 400 and "nvalid table" in reported:
        raise RecordMissing(
            "The table does not exist on this instance", where, why, "Install the plugin or spoke it belongs to", request_id
        )
    raise UnexpectedAnswer(
        f"The instance refused to {verb} this table", where, why, "See the instance's system log for the request id", request_id
    )


def _role_advice(table: str, reported: str) -> str:
    if "Access to unscoped api" in reported:
        return "Make the OAuth client 'Broadly scoped' or give it the auth scope useraccount"
    if "Business Rule" in reported:
        return "The named business rule stopped it; correct the data it objects to, or ask its owner"
    if "mandatory" in reported.lower():
        return "A data policy demands the named fields; have its owner exempt REST or set the fields"
    roles = {
        "sys_alias": "connection_admin",
        "http_connection": "connection_admin",
        "sys_variable_value": "admin",
        "oauth_2_0_credentials": "credential_admin",
        "connection_attributes": "personalize_read_dictionary",
        "sys_properties": "admin",
        "sys_ws_definition": "web_service_admin",
        "sys_ws_operation": "web_service_admin",
    }
    role = roles.get(table, "oauth_admin" if table.startswith("oauth_") else "admin")
    return f"Give the account the role {role} (admin is the documented one); a closed table needs 'Allow access to this table via web services'"


def require_fields(row: Row, names: list[str], where: str) -> None:
    """A field that does not exist or cannot be read is left out of the answer (servicenow-rest 1.3)."""
    unreadable = [name for name in names if name not in row]
    if unreadable:
        raise AccessDenied(
            "A field does not exist or cannot be read",
            f"{where}, field {', '.join(unreadable)}",
            advice="Give the account a role that reads this table (admin is the documented one)",
        )


def rows_of(answer: Answer, where: str) -> list[Row]:
    """The records of a list answer. Raises `UnexpectedAnswer`."""
    result = answer.document.get("result") if isinstance(answer.document, dict) else None
    if not isinstance(result, list) or not all(isinstance(row, dict) for row in result):
        raise UnexpectedAnswer(
            "The answer has not the form of the Table API", where, "'result' is no list of records", "Check the host name"
        )
    return [_as_text(row) for row in result]


def row_of(answer: Answer, where: str) -> Row:
    """The record of an answer about one, which has a ``sys_id``. Raises `UnexpectedAnswer`."""
    result = answer.document.get("result") if isinstance(answer.document, dict) else None
    if not isinstance(result, dict) or not isinstance(result.get("sys_id"), str):
        raise UnexpectedAnswer("The answer has not the form of the Table API", where, "'result' is no record", "Check the host name")
    return _as_text(result)


def _as_text(row: dict[str, Any]) -> Row:
    """Every value as text: references lose their link, null is empty, other types keep their JSON spelling."""
    text = {}
    for name, value in row.items():
        if isinstance(value, dict):
            value = value.get("value")
        text[name] = "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    return text


def total_of(answer: Answer, default: int) -> int:
    """How many records match, hidden ones included; ``default`` where the instance does not say."""
    told = answer.headers.get("X-Total-Count", "")
    # At least what has come: a smaller number would hide nothing.
    return max(int(told), default) if re.fullmatch("[0-9]{1,9}", told) else default
