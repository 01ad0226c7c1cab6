# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""Whether the Connection URL works, which the spoke's actions call with an OAuth token.

The documented one names the organization and no datacenter. Qualtrics may proxy such calls, writes then being refused,
and may refuse OAuth tokens there, so that it is tried out (qualtrics 5).
"""

from __future__ import annotations

from typing import Union

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import Mismatch, SpokesError
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.client import Identity, Qualtrics
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.identifiers import Target
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.urls import proposed_url


def check_connection_url(api: Qualtrics, home: Target, is_given: bool) -> list[str]:
    """Ask whoami at the Connection URL that ``api`` has; return what is wrong with it as warnings.

    Raises `Mismatch` for a URL that was given and leads to another organization.
    """
    return judge_connection_url(api.base_url, ask_connection_url(api), home, is_given)


def ask_connection_url(api: Qualtrics) -> Union[Identity, SpokesError]:
    """What whoami answers at the Connection URL that ``api`` has, or why it does not."""
    try:
        return api.whoami()
    except SpokesError as error:
        return error


def judge_connection_url(url: str, identity: Union[Identity, SpokesError], home: Target, is_given: bool) -> list[str]:
    """What whoami's answer says about the Connection URL ``url``, as warnings; raises as `check_connection_url`."""
    if isinstance(identity, SpokesError):
        return [f"The Connection URL {url} does not answer as it should: {identity}{_proposal(url, home)}"]
    if identity.organization_id.lower() != home.organization_id.lower():
        found, expected = identity.organization_id, home.organization_id
        what = f"The Connection URL {url} leads to the organization {found}, not to {expected}"
        if is_given:
            raise Mismatch(what, url, advice="Correct connection_url, or leave it out")
        return [what]
    if identity.notice:
        return [
            f"Qualtrics proxies calls to the Connection URL {url} to another datacenter, and refuses some of them. "
            f"It says: {identity.notice}.{_proposal(url, home)}"
        ]
    return []


def _proposal(url: str, home: Target) -> str:
    proposed = proposed_url(home)
    if url.lower() == proposed.lower():
        return ""
    return f" Set connection_url to {proposed}"
