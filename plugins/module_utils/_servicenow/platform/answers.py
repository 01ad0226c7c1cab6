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
    TableRefused,
    UnexpectedAnswer,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.login import LOGIN_ADVICE
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire.answer import Answer

Row = dict[str, str]
# How `check` is told of requests that only read.
READING = ("query", "read")
# What a report on many tables takes as "not known" of one of them.
READ_REFUSALS = (AccessDenied, RecordMissing, UnexpectedAnswer)
SCRIPT_WRITER = "snc_required_script_writer_permission"
SCRIPT_TABLES, SCRIPT_COLUMNS = ("sys_ws_operation",), ("operation_script",)
SCRIPT_ADVICE = (
    f"Since the release Zurich, Scripting Governance lets only accounts with the role {SCRIPT_WRITER} write scripts; "
    "admin alone is not enough. Add the account to the group Conditional Script Writer, or wait for the weekly job "
    "that adds accounts with snc_internal and one more role. The other way in is an update set"
)
BEFORE_ROLES_ADVICE = (
    "API access policies, access controls for machine identities and a missing role snc_internal refuse before any "
    "other role counts"
)
ROLES = {
    "sys_alias": "connection_admin",
    "http_connection": "connection_admin",
    "sys_variable_value": "admin",
    "oauth_2_0_credentials": "credential_admin",
    "connection_attributes": "personalize_read_dictionary",
    "sys_properties": "admin",
    "sys_ws_definition": "web_service_admin",
    "sys_ws_operation": "web_service_admin",
}


def check(answer: Answer, verb: str, host: str, table: str) -> None:
    """Raise what an error answer of the Table API means (servicenow-rest 1.4).

    Its words are shown and never interpreted: instances answer in other languages, and releases change them.
    """
    error = error_in(answer)
    if answer.ok and not error:
        return
    reported = _reported(error)
    where = f"instance {host}, table {table}"
    request_id = answer.headers.get("X-Transaction-ID", "")
    why = f"HTTP {answer.status}" + (f", {reported}" if reported else "")
    if answer.status == 401:
        if answer.headers.get("X-MFA_TOKEN"):
            why += "; the instance wants a multi-factor token (X-MFA_TOKEN)"
        raise LoginError("The instance did not accept the login", where, why, LOGIN_ADVICE, request_id)
    if answer.status == 403:
        advice = _access_advice(table, verb)
        raise AccessDenied(f"The account may not {verb} this table", where, why, advice, request_id)
    if answer.status == 404:
        advice = "Check the host name and the table"
        raise RecordMissing("The instance does not know this address", where, why, advice, request_id)
    advice = "See the instance's system log for the request id"
    if verb in READING:
        advice = "If the table does not exist, install the plugin or spoke that it belongs to. " + advice
    raise TableRefused(f"The instance refused to {verb} this table", where, why, advice, request_id)


def error_in(answer: Answer) -> Any:
    """The error that the document of ``answer`` has, None without one."""
    return answer.document.get("error") if isinstance(answer.document, dict) else None


def words_of(error: Any) -> list[str]:
    """What an error in the format of the platform says of itself: its message and its detail, as far as it has them."""
    return [str(error[key]) for key in ("message", "detail") if error.get(key)] if isinstance(error, dict) else []


def _reported(error: Any) -> str:
    """The instance's own words for an error, empty where it has none."""
    return ": ".join(words_of(error)) or (str(error) if error else "")


def _access_advice(table: str, verb: str) -> str:
    """What an account can lack that is refused; the reason that the instance gives stands beside it."""
    role = ROLES.get(table, "oauth_admin" if table.startswith("oauth_") else "admin")
    advice = [f"Give the account the role {role} (admin is the documented one)"]
    if verb in READING:
        advice.append("A closed table needs 'Allow access to this table via web services'")
    else:
        if table in SCRIPT_TABLES:
            advice.append(SCRIPT_ADVICE)
        advice.append(
            "If the reason names a business rule or a data policy, correct what it objects to, or ask its owner"
        )
    advice.append("An OAuth client needs 'Broadly scoped' or the auth scope useraccount")
    return ". ".join([*advice, BEFORE_ROLES_ADVICE])


def write_advice(column: str) -> str:
    """What to do about a ``column`` that did not keep what was written to it."""
    if column in SCRIPT_COLUMNS:
        return SCRIPT_ADVICE
    return "Give the account write access to the field (admin is the documented role), or correct the business rule"


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
            "The answer is not in the format of the Table API",
            where,
            "'result' is not a list of records",
            "Check the host name",
        )
    return [_as_text(row) for row in result]


def row_of(answer: Answer, where: str) -> Row:
    """The record of an answer about one, which has a ``sys_id``. Raises `UnexpectedAnswer`."""
    result = answer.document.get("result") if isinstance(answer.document, dict) else None
    if not isinstance(result, dict) or not isinstance(result.get("sys_id"), str):
        raise UnexpectedAnswer(
            "The answer is not in the format of the Table API", where, "'result' is not a record", "Check the host name"
        )
    return _as_text(result)


def _as_text(row: dict[str, Any]) -> Row:
    """Every value as text: references lose their link, null is empty, other types keep their JSON spelling."""
    return {name: _value_as_text(value) for name, value in row.items()}


def _value_as_text(value: Any) -> str:
    if isinstance(value, dict):
        value = value.get("value")
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def total_of(answer: Answer, default: int) -> int:
    """How many records match, hidden ones included; ``default`` where the instance does not say."""
    told = answer.headers.get("X-Total-Count", "")
    # At least what has come: a smaller number would hide nothing.
    return max(int(told), default) if re.fullmatch("[0-9]{1,9}", told) else default
