# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""The URLs of the spoke's form."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import InputError
from ansible_collections.snow_ops.spokes.plugins.module_utils._input.urls import LOOPBACK_HOSTS
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.identifiers import DOMAIN, Target, check_url

API_PATH = "/API/v3"


def read_connection_url(value: str, option: str) -> str:
    """A Connection URL from what people paste: with or without scheme, path, or the slashes, as it is documented.

    Raises `InputError` naming ``option``.
    """
    text = value.strip()
    has_scheme = ":" in text.partition(".")[0]
    text = re.sub(r"^https:/*", "https://", text, flags=re.IGNORECASE) if has_scheme else f"https://{text}"
    url = check_url(text, option)
    host, path = urlsplit(url).hostname or "", urlsplit(url).path
    advice = f"Give it as https://acme.fra1.{DOMAIN}{API_PATH}"
    if "." not in host and host not in LOOPBACK_HOSTS:
        raise InputError(f"The host name in {option} has no domain", advice=advice)
    if not path:
        return url + API_PATH
    if not path.endswith(API_PATH):
        raise InputError(f"The path of {option} is not {API_PATH}", advice=advice)
    return url


def documented_url(organization_id: str) -> str:
    """The Connection URL as ServiceNow documents it."""
    return f"https://{organization_id.lower()}.{DOMAIN}{API_PATH}"


def proposed_url(home: Target) -> str:
    """The Connection URL that leads to the organization's own datacenter (qualtrics 5)."""
    return f"https://{home.organization_id.lower()}.{home.datacenter_id}.{DOMAIN}{API_PATH}"


def token_url(datacenter_id: str) -> str:
    """The Token URL of the spoke's form."""
    return f"https://{datacenter_id}.{DOMAIN}/oauth2/token"
