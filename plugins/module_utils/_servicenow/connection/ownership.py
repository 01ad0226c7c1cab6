# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""Whose a connection is: this instance's or, after a clone, another one's; of the wanted organization or another."""

from __future__ import annotations

import re

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import Mismatch
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.current import Current
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.marks import (
    INSTANCE,
    is_own,
    read_mark,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.options import Options
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.tables import CONNECTION, REGISTRY
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.client import Row
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile.source import Source

ADVICE = "Correct the values or the host; if the change is meant, set replace_foreign_connection to true"


def last_change(row: Row) -> str:
    """Who changed a record last, and when."""
    return f"last changed by {row['sys_updated_by'] or '(not known)'} on {row['sys_updated_on'] or '(not known)'} UTC"


def foreign_owner(source: Source, current: Current) -> str:
    """The instance that the registry says it was configured for, if that is another one; empty otherwise."""
    marked = read_mark(current.registry["comments"], INSTANCE) if current.registry else ""
    return "" if not marked or is_own(marked, source.identity, source.host) else marked


def check_not_foreign(source: Source, current: Current, options: Options) -> None:
    """Raise `Mismatch` if what is there was configured for another instance or is of another organization (a clone,
    wrong values).
    """
    owner = foreign_owner(source, current)
    if owner and current.registry:
        raise Mismatch(
            f"{source.host} holds a connection that was configured for {owner}; nothing was written",
            f"instance {source.host} ({source.identity}), table {REGISTRY}, record {current.registry['sys_id']}",
            f"The mark in the comments of {current.registry['name']!r} says so ({last_change(current.registry)}): "
            "it looks like a clone. "
            "Under a custom URL an account that may not read the property instance_name cannot tell that two "
            "addresses are one instance",
            ADVICE,
        )
    wanted_url = options.connection["connection_url"]
    current_url = current.connection["connection_url"] if current.connection else ""
    if current.connection and current_url and not is_same_organization(current_url, wanted_url, current, options):
        raise Mismatch(
            f"The connection of {source.host} leads to {current_url} instead of {wanted_url}; nothing was written",
            f"instance {source.host}, table {CONNECTION}, record {current.connection['sys_id']}",
            f"It was {last_change(current.connection)}. Either the instance is a clone or the values are those of "
            "another environment or organization",
            ADVICE,
        )


def is_same_organization(current_url: str, wanted_url: str, current: Current, options: Options) -> bool:
    """Whether two base URLs lead to the same organization of a provider.

    They do if their hosts are the same, or begin with the same name of an organization below one domain
    (acme.fra1.example.com and acme.example.com), or if the current one is the provider's own host, that of the Token
    URL, and the registry has the wanted client, which belongs to one organization only. URLs that people misspelt
    (https:acme.example.com) are read as they were meant.
    """
    here = host_of(current_url)
    if lead_to_one_host(current_url, wanted_url):
        return True
    registry = current.registry or {}
    is_same_client = bool(registry.get("client_id")) and registry.get("client_id") == options.registry.get("client_id")
    return is_same_client and bool(here) and here == host_of(options.registry.get("token_url", ""))


def lead_to_one_host(one: str, other: str) -> bool:
    """Whether two URLs lead to the same host, or to hosts that name the same organization."""
    here, there = host_of(one), host_of(other)
    return here == there or _share_first_label(here, there)


def _share_first_label(one: str, other: str) -> bool:
    (first, *rest), (other_first, *other_rest) = one.split("."), other.split(".")
    short, long = sorted((rest, other_rest), key=len)
    return bool(first) and first == other_first and len(short) > 1 and long[-len(short) :] == short


def host_of(url: str) -> str:
    """The host that ``url`` means, in lower case, also of one with too few slashes or none; empty for none."""
    rest = re.sub(r"^\s*(https?:)?[/\\]*", "", url, flags=re.IGNORECASE)
    authority = re.split(r"[/\\?#]", rest, maxsplit=1)[0].rpartition("@")[2]
    return re.sub(r"[.]?(:\d*)?$", "", authority.strip().lower())
