# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""Columns that decide where secrets go and what runs on them: other values than wanted are put right, or stop the run.

Anybody who may write such records can have prepared one that a run would adopt, and fill with secrets: with a MID
server, a script or an address of theirs.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import Mismatch
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.current import Current
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.desired import Desired
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.ownership import (
    host_of,
    last_change,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.tables import (
    ADDRESS,
    CONNECTION,
    DECLARED,
    DERIVED,
    OUTBOUND_TYPES,
    PROVIDER,
    REGISTRY,
    Column,
    guarded_columns,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.client import Row
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile.plan import Plan
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile.source import Source

DEFAULT_PORTS = {"https": "443", "http": "80"}
TYPE = "type"
GUARDS = (DERIVED, ADDRESS, DECLARED, PROVIDER)
# Columns besides that follow from options and records, and decide the same.
FOLLOWING = {CONNECTION: ("connection_url", "credential"), REGISTRY: ("token_url",)}
# The page of an instance to which providers send a browser back.
REDIRECT_PAGE = "/oauth_redirect.do"


@dataclass(frozen=True)
class Deviation:
    """A guarded column of a record that is there, with a value that nobody asked for."""

    table: str
    row: Row
    column: Column
    expected: str

    def __str__(self) -> str:
        value = self.row[self.column.name]
        expected = repr(self.expected) if self.expected else "no value"
        where = f"{self.table}.{self.column.name} of record {self.row['sys_id']}"
        return f"{where} is {value!r} instead of {expected} ({last_change(self.row)})"


def check_settings(source: Source, current: Current, desired: Desired) -> None:
    """Raise `Mismatch` naming every setting that nobody asked for on the records that are there."""
    found = [*_undeclared(CONNECTION, current.connection, desired), *_undeclared(REGISTRY, current.registry, desired)]
    found += _foreign_addresses(source, current.registry, desired)
    _refuse(source, [*_other_type(current.registry, desired.preset(REGISTRY, TYPE)), *found])


def put_right(source: Source, current: Current, plan: Plan) -> list[str]:
    """What stands in columns that decide where secrets go and that ``plan`` puts right, with who changed the record
    last and when.
    """
    found = []
    rows = {CONNECTION: current.connection, REGISTRY: current.registry}
    for step in plan.steps:
        row = rows.get(step.table)
        if row is None or step.action != "update":
            continue
        names = [*(column.name for column in guarded_columns(step.table, *GUARDS)), *FOLLOWING[step.table]]
        found += [
            f"{Deviation(step.table, row, Column(name), step.after[name])}" for name in names if name in step.values
        ]
    if not found:
        return []
    return [
        f"Values on {source.host} that decide where secrets go differ from what was requested: {'; '.join(found)}. If "
        "that was not meant, find out who changed them and why"
    ]


def check_outbound(source: Source, registry: Row | None) -> None:
    """Raise `Mismatch` for a registry that may be an inbound client's: nothing of it is this collection's to remove."""
    _refuse(source, _other_type(registry))


def _refuse(source: Source, found: list[Deviation]) -> None:
    if not found:
        return
    options = ", ".join(dict.fromkeys(deviation.column.option for deviation in found if deviation.column.option))
    advice = "Find out who changed them and why. Put them right on the instance"
    if options:
        advice += f", or, if they are meant, give them as {options}"
    if any(deviation.column.name == TYPE for deviation in found):
        advice += (
            f". A registry of another type than {' and '.join(OUTBOUND_TYPES)} is never touched: that of an inbound "
            "client (type client) belongs to somebody who logs in to the instance with it. If it is not this "
            "connection's, choose another oauth.name"
        )
    raise Mismatch(
        f"The connection of {source.host} has settings that nobody asked for; nothing was written",
        f"instance {source.host}, "
        + ", ".join(f"table {deviation.table}, field {deviation.column.name}" for deviation in found),
        "; ".join(map(str, found)),
        advice,
    )


def _other_type(registry: Row | None, preset: str = "") -> list[Deviation]:
    """The type of ``registry`` unless it is one of a provider's."""
    if registry is None or registry[TYPE] in OUTBOUND_TYPES:
        return []
    expected = preset if preset in OUTBOUND_TYPES else OUTBOUND_TYPES[-1]
    return [Deviation(REGISTRY, registry, Column(TYPE), expected)]


def _undeclared(table: str, row: Row | None, desired: Desired) -> list[Deviation]:
    """The columns of ``row`` that only an option, the template or the platform may say, and that say something else."""
    if row is None:
        return []
    found = []
    for column in guarded_columns(table, DECLARED):
        allowed = {column.default, "", desired.preset(table, column.name)}
        if column.name not in desired.given[table] and row[column.name] not in allowed:
            found.append(Deviation(table, row, column, desired.preset(table, column.name) or column.default))
    return found


def _foreign_addresses(source: Source, registry: Row | None, desired: Desired) -> list[Deviation]:
    """The addresses of the provider that lead to neither the Token URL's host nor where an option or the
    template says.
    """
    if registry is None:
        return []
    hosts = {host_of(desired.given[REGISTRY].get("token_url") or registry["token_url"])}
    found = []
    for column in guarded_columns(REGISTRY, PROVIDER):
        value, preset = registry[column.name], desired.preset(REGISTRY, column.name)
        is_own_page = column.name == "redirect_url" and _is_own_redirect(source, desired, value)
        if (
            value
            and column.name not in desired.given[REGISTRY]
            and value != preset
            and host_of(value) not in hosts
            and not is_own_page
        ):
            found.append(Deviation(REGISTRY, registry, column, preset))
    return found


def _is_own_redirect(source: Source, desired: Desired, url: str) -> bool:
    """Whether ``url`` is the page of this instance, which the platform fills in with the address that it knows itself
    by.

    That can be a custom URL; where no browser is involved, the page decides, whatever its host.
    """
    own = {host_of(source.host), f"{source.identity}.service-now.com"}
    is_page = urlsplit(url.strip()).path.rstrip("/") == REDIRECT_PAGE
    return is_page and (desired.grant_type == "client_credentials" or host_of(url) in own)


def derived_values(table: str, row: Row | None, desired: Desired) -> dict[str, str]:
    """What to put right in the columns of ``row`` that follow from template and platform."""
    if row is None:
        return {}
    wanted = {}
    for column in guarded_columns(table, DERIVED, DECLARED):
        expected = desired.preset(table, column.name) or (column.default if column.guard == DERIVED else "")
        if expected and column.name not in desired.given[table] and (row[column.name] or column.default) != expected:
            wanted[column.name] = expected
    return wanted


def address_values(connection: Row | None, desired: Desired) -> dict[str, str]:
    """What to put right in the parts of the address that the platform keeps beside the Connection URL.

    Parts that follow from the present URL are left alone where that URL changes: the platform derives them anew, and
    drops a host that comes along with a URL (servicenow-connections 1.3).
    """
    if connection is None:
        return {}
    wanted, present = _parts(desired.connection["connection_url"]), _parts(connection["connection_url"])
    changes_url = connection["connection_url"] != desired.connection["connection_url"]
    found = {}
    for column in guarded_columns(CONNECTION, ADDRESS):
        value = connection[column.name].strip().strip("/").lower()
        allowed = {"", wanted[column.name].strip("/").lower()} | (
            {present[column.name].strip("/").lower()} if changes_url else set()
        )
        if column.name == "port":
            allowed.add(DEFAULT_PORTS.get(wanted["protocol"], ""))
        if column.name not in desired.connection and value not in allowed:
            found[column.name] = wanted[column.name]
    return found


def _parts(url: str) -> dict[str, str]:
    try:
        parts = urlsplit(url)
        port = str(parts.port or "")
    except ValueError:
        return {"host": "", "port": "", "protocol": "", "base_path": ""}
    return {"host": parts.hostname or "", "port": port, "protocol": parts.scheme, "base_path": parts.path}
