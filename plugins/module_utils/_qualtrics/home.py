# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""Where the organization of an API token lives.

Qualtrics answers an API token at any datacenter, except perhaps that of the government, and names the right host in a
notice where it is another one (qualtrics 5 "Wrong datacenter"). That notice decides; without one, the host that was
asked is the right one. What whoami states as ``datacenter`` can be an id of former times (ropensci/qualtRics 255, 273),
so that it is only ever a hint on whom to ask next.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Union

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import (
    LoginError,
    Mismatch,
    RecordMissing,
    SpokesError,
    clause,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.client import Directories, Identity
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.identifiers import DOMAIN, Target

# Asked where a task names neither datacenter nor organization; this one is the oldest.
DISCOVERY_DATACENTER = "iad1"
# Asks whoami, or for the directories, at a host.
Ask = Callable[[str], Identity]
AskForDirectories = Callable[[str], Directories]


class Home(NamedTuple):
    """An organization with its datacenter, who asked, and what the organization's own host answered if it was asked.

    ``directories`` are those that its datacenter has listed already, None if it was not asked for them.
    """

    target: Target
    identity: Identity
    at_own_host: Union[Identity, None]
    directories: Union[Directories, None] = None


def host_of(label: str) -> str:
    """The host name of a datacenter or an organization."""
    return f"{label}.{DOMAIN}"


def find_home(target: Target, ask: Ask, list_at: Union[AskForDirectories, None] = None) -> Home:
    """Where the API token that ``ask`` uses belongs, compared with what the task names in ``target``.

    Raises `Mismatch` where they differ, `RecordMissing` where Qualtrics does not say, and `LoginError`.
    """
    first = target.datacenter_id or target.organization_id or DISCOVERY_DATACENTER
    try:
        identity = ask(host_of(first))
    except LoginError as error:
        raise _explained(error, target, first) from error
    brand = identity.organization_id
    if target.organization_id and brand.lower() != target.organization_id:
        raise Mismatch(
            f"The API token belongs to the organization {brand}, not to {target.organization_id}",
            f"Qualtrics {host_of(first)}, /API/v3/whoami",
            advice="Use a token of that organization, or correct organization_id",
        )
    datacenter, directories = identity.home, None
    if not datacenter:
        datacenter, directories = _datacenter_without_home(identity, first, ask, list_at)
    if target.datacenter_id and datacenter != target.datacenter_id:
        raise Mismatch(
            f"The organization {brand} lives at the datacenter {datacenter}, not at {target.datacenter_id}",
            f"Qualtrics {host_of(first)}, /API/v3/whoami",
            f"Qualtrics says: {identity.notice}" if identity.notice else "This is the Organization ID",
            f"Set datacenter_id to {datacenter}, or leave it out",
        )
    return Home(Target(brand, datacenter), identity, identity if first == brand.lower() else None, directories)


def _datacenter_without_home(
    identity: Identity, first: str, ask: Ask, list_at: Union[AskForDirectories, None]
) -> tuple[str, Union[Directories, None]]:
    """The datacenter where no notice names it: the host that was asked, unless that is the organization's own.

    A hint is tried out with ``list_at``, if that is due next, whose answer comes along where the hint was right.
    """
    brand = identity.organization_id
    if not identity.notice and first != brand.lower():
        return first, None
    hint = identity.stated_datacenter
    datacenter, directories = "", None
    if hint and hint != brand.lower():
        datacenter, directories = _datacenter_by_hint(hint, brand, ask, list_at)
    if datacenter:
        return datacenter, directories
    raise RecordMissing(
        f"Qualtrics does not say at which datacenter the organization {brand} lives",
        f"Qualtrics {host_of(first)}, /API/v3/whoami",
        advice="Copy the Datacenter ID from Account Settings > Qualtrics IDs and give it as datacenter_id",
    )


def _datacenter_by_hint(
    hint: str, brand: str, ask: Ask, list_at: Union[AskForDirectories, None]
) -> tuple[str, Union[Directories, None]]:
    """The datacenter of ``brand`` as the datacenter ``hint`` says, empty where it does not; its directories if they
    came from there.
    """
    directories = _unless_refused(lambda: list_at(host_of(hint))) if list_at else None
    if directories and not directories.notice:
        return hint, directories
    if directories and directories.home_of(brand):
        return directories.home_of(brand), None
    other = _unless_refused(lambda: ask(host_of(hint)))
    if other and other.organization_id == brand and (other.home or not other.notice):
        return other.home or hint, None
    return "", None


def _unless_refused(ask: Callable[[], Any]) -> Any:
    """What ``ask`` gives, None where that is an error."""
    try:
        return ask()
    except SpokesError:
        return None


def _explained(error: LoginError, target: Target, first: str) -> LoginError:
    """A refused token whose home is a guess may be a good one at home."""
    if target.datacenter_id:
        return error
    asked = f"The token was sent to {host_of(first)}"
    if not target.organization_id:
        asked += ", since the task names neither datacenter_id nor organization_id"
    return LoginError(
        "Qualtrics does not know the API token at the host that was asked",
        error.where,
        f"{clause(error.why)}. {asked}; a government datacenter (gov1) may know only its own tokens, which "
        "others do not know",
        f"Give datacenter_id, so that the token is sent to its own datacenter only. Else: {error.advice}",
        error.request_id,
    )
