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

import re
from contextlib import suppress
from typing import Any, Protocol

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import (
    AccessDenied,
    RecordMissing,
    UnexpectedAnswer,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.answers import Row
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.query import Conditions

NAME = re.compile("[a-z0-9][a-z0-9-]{0,62}")
DOMAIN = ".service-now.com"
TABLE, PROPERTY = "sys_properties", "instance_name"
IS_PRODUCTION = "glide.installation.production"


class Readable(Protocol):
    """What is asked for the property."""

    def find(self, table: str, conditions: Conditions, fields: list[str]) -> list[Row]:
        """The rows of ``table``."""


def canonical(address: str) -> str:
    """One spelling of an instance's name or address: lower case, no scheme, no default port, and below service-now.com
    the first label.
    """
    host = _host(address)
    return _label(host) or host


def read_identity(instance: Readable, host: str) -> str:
    """The name of the instance at ``host``; one request where the address does not say it, and the host where nothing
    does.
    """
    if _label(_host(host)):
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
    return name if NAME.fullmatch(name) and not _label(_host(host)) else canonical(host)


def _host(address: str) -> str:
    host = address.strip().lower().rpartition("//")[2].rstrip("/")
    return re.sub("[.]?(:443)?$", "", host)


def _label(host: str) -> str:
    """The name that an address below service-now.com is, empty for any other address."""
    name = host[: -len(DOMAIN)] if host.endswith(DOMAIN) else ""
    return name if NAME.fullmatch(name) else ""
