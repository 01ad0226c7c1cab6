# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Values on their way in and out of the Table API (servicenow-rest 1.2): all of them are strings."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from .schema import Column
from .secrets import MASK, Vault, hash_password
from .store import Row, Store

TIME_FORMAT = "%Y-%m-%d %H:%M:%S"
# The time zone of every user's session: display values are local times, stored ones UTC.
SESSION_OFFSET = timedelta(hours=-8)
ENCRYPTED_TYPES = ("password2", "password")


@dataclass(frozen=True)
class Style:
    """How a caller wants values: ``sysparm_display_value`` and ``sysparm_exclude_reference_link``."""

    display: str = "false"
    exclude_link: bool = False
    base_url: str = ""


def timestamp(seconds: float) -> str:
    """A moment as it is stored."""
    return datetime.fromtimestamp(seconds, UTC).strftime(TIME_FORMAT)


def seconds(text: str) -> float:
    """A stored moment in seconds since the epoch; 0 for what is none."""
    moment = _parse_time(text)
    return moment.replace(tzinfo=UTC).timestamp() if moment else 0.0


def render(column: Column, value: str, style: Style, store: Store) -> Any:
    """``value`` of ``column`` as the Table API gives it."""
    if column.type in ("journal_input", "glide_var"):
        value = ""
    link = ""
    if column.type == "reference" and value and not style.exclude_link:
        link = f"{style.base_url}/api/now/table/{column.reference}/{value}"
    if style.display == "false":
        return {"link": link, "value": value} if link else value
    shown = display_value(column, value, store)
    if style.display == "true":
        return {"display_value": shown, "link": link} if link else shown
    return {"display_value": shown, "value": value, **({"link": link} if link else {})}


def display_value(column: Column, value: str, store: Store) -> str:
    """How people see ``value`` of ``column``."""
    if not value:
        return ""
    if column.type in ENCRYPTED_TYPES:
        return MASK
    if column.choices:
        return column.choices.get(value, value)
    if column.type == "glide_date_time":
        return _shift(value, SESSION_OFFSET)
    if column.reference in store.schema and column.type == "reference":
        return store.display(column.reference, value)
    if column.reference in store.schema and column.type == "glide_list":
        return ", ".join(store.display(column.reference, part) for part in value.split(","))
    return value


def plain_text(value: Any) -> str:
    """A JSON value of a request body as text."""
    if isinstance(value, dict):
        value = value.get("value", value.get("display_value", ""))
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else json.dumps(value)


def to_stored(column: Column, text: str) -> str:
    """What is stored when ``text`` is written to ``column`` as an actual value; no type ever complains."""
    if column.type == "boolean":
        return "true" if text.strip().lower() in ("true", "1", "yes", "on") else "false"
    if column.type == "integer":
        number = re.fullmatch(r"\s*([+-]?\d+)(?:\.\d*)?\s*", text)
        return str(int(number[1])) if number else ""
    if column.type == "glide_date_time":
        return text if _parse_time(text) else ""
    if column.type == "glide_var":
        return ""
    return text[: column.max_length] if column.max_length else text


def display_to_stored(column: Column, text: str, store: Store) -> str:
    """What is stored when ``text`` is written to ``column`` as a display value; a name that resolves to nothing leaves it empty."""
    if column.type == "reference" and column.reference in store.schema:
        display = store.schema[column.reference].display
        return next(
            (
                row["sys_id"]
                for row in store.rows(column.reference)
                if row.get(display, "").casefold() == text.casefold()
            ),
            "",
        )
    if column.choices:
        text = next((value for value, label in column.choices.items() if label.casefold() == text.casefold()), text)
    if column.type == "glide_date_time":
        return _shift(text, -SESSION_OFFSET)
    return to_stored(column, text)


def secret_to_stored(column_type: str, text: str, vault: Vault, as_display_value: bool, plain_write: str) -> str:
    """What is stored when ``text`` is written to an encrypted column; ``plain_write`` is the switch servicenow.password2_plain_write."""
    if column_type == "password":
        return hash_password(text) if as_display_value else text
    if as_display_value or plain_write == "encrypted":
        return vault.encrypt(text)
    # An actual value is expected to be a ciphertext already.
    if vault.is_ciphertext(text) or plain_write == "clear":
        return text
    return vault.mangle(text)


def secret_type(column: Column, row: Row) -> str:
    """password2, password or nothing: how ``column`` of ``row`` is kept. A property says it in its own type."""
    if column.table == "sys_properties" and column.name == "value":
        return "password2" if row.get("type") in ENCRYPTED_TYPES else ""
    return column.type if column.type in ENCRYPTED_TYPES else ""


def _parse_time(text: str) -> datetime | None:
    try:
        return datetime.strptime(text, TIME_FORMAT)
    except ValueError:
        return None


def _shift(text: str, by: timedelta) -> str:
    moment = _parse_time(text)
    return (moment + by).strftime(TIME_FORMAT) if moment else ""
