# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""Which instance this is, however its address is spelt: its name, such as acmedev, or else its host.

An address below service-now.com names the instance itself, and no record can say otherwise: the property instance_name
of a clone may still be that of its source. So the property is asked only where the address tells nothing, as a custom
URL does.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Protocol

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import (
    AccessDenied,
    RecordMissing,
    UnexpectedAnswer,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.address import (
    NAME,
    canonical,
    name_in,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.answers import Row
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.query import Conditions

TABLE, PROPERTY = "sys_properties", "instance_name"
IS_PRODUCTION = "glide.installation.production"


class Readable(Protocol):
    """What is asked for the property."""

    def find(self, table: str, conditions: Conditions, fields: list[str]) -> list[Row]:
        """The rows of ``table``."""


def read_identity(instance: Readable, host: str) -> str:
    """The name of the instance at ``host``; one request where the address does not say it, and the host where nothing
    does.
    """
    if name_in(host):
        return canonical(host)
    try:
        rows = instance.find(TABLE, {"name": PROPERTY}, ["value"])
    except (AccessDenied, RecordMissing, UnexpectedAnswer):
        return canonical(host)
    return identity_of(host, rows[0]["value"] if len(rows) == 1 else "")


def describe(instance: Readable, host: str) -> dict[str, Any]:
    """What a result says of the instance at ``host``: which it is, and what it says of itself, None where that cannot
    be read. One request.
    """
    values: dict[str, str] = {}
    with suppress(AccessDenied, RecordMissing, UnexpectedAnswer):
        rows = instance.find(TABLE, {"name": [PROPERTY, IS_PRODUCTION]}, ["value"])
        values = {row["name"]: row["value"] for row in rows}
    name = values.get(PROPERTY)
    return {
        "host": host,
        "identity": identity_of(host, name or ""),
        "name": name,
        "is_production": as_flag(values.get(IS_PRODUCTION)),
    }


def as_flag(text: str | None) -> bool | None:
    """The property ``text`` as a boolean; None where it is not set, not read, or neither."""
    return {"true": True, "false": False}.get((text or "").lower())


def identity_of(host: str, own_name: str) -> str:
    """The name of the instance at ``host``, which calls itself ``own_name``, empty where that is not known."""
    name = own_name.strip().lower()
    return name if NAME.fullmatch(name) and not name_in(host) else canonical(host)
