# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""Qualtrics' ids as people paste them, and how an id is told from a secret in its place (qualtrics 2, 3, 5).

An id becomes part of host names, which name servers and proxies see, and is shown in messages. A value without the
shape of an id is therefore refused before either happens, and is not repeated: it may be a token.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import urlsplit

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import InputError
from ansible_collections.snow_ops.spokes.plugins.module_utils._input.misplaced import NOT_SHOWN, looks_like_token
from ansible_collections.snow_ops.spokes.plugins.module_utils._input.urls import check_base_url, check_proxy

DOMAIN = "qualtrics.com"
# A Client ID has 32 letters and digits, an API token 40, a Client Secret 64 (qualtrics 2, 3): an id is shorter.
ID_PATTERN = re.compile(r"[a-z0-9]([a-z0-9-]{0,29}[a-z0-9])?")
# A brand's ID, as Qualtrics states it, becomes a host name that gets the credentials: it must not leave the domain.
BRAND_PATTERN = re.compile(r"[A-Za-z0-9_-]{1,63}")
CLIENT_ID_PATTERN = re.compile(
    r"[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|UR_[a-z0-9]{15}\|[a-z0-9]{12}", re.IGNORECASE
)
DIRECTORY_PATTERN = re.compile(r"POOL_[A-Za-z0-9]{1,27}")
WHERE_IDS_ARE = "Copy it from Account Settings > Qualtrics IDs"


class Target(NamedTuple):
    """Whom the credentials have to belong to and where that is; either may be empty."""

    organization_id: str = ""
    datacenter_id: str = ""


def read_address(value: str, option: str) -> Target:
    """All that a pasted id or address names: ``<organization>.<datacenter>.qualtrics.com`` names both (qualtrics 5).

    A single name is what ``option`` asks for. Raises `InputError` naming ``option`` and repeating nothing of the value.
    """
    # ServiceNow's documentation prints an address without the slashes, and that gets pasted too (qualtrics 5).
    text = re.sub(r"^(https?:/*|//)", "", value.strip().lower())
    host = re.split("[/?#]", text)[0]
    if text != value.strip().lower() or DOMAIN in host:
        text = host
    text = re.sub(r":[0-9]{1,5}$", "", text.rstrip("/")).rstrip(".")
    is_host = text.endswith(f".{DOMAIN}")
    labels = text[: -len(DOMAIN) - 1].split(".") if is_host else text.split(".")
    if not all(ID_PATTERN.fullmatch(label) for label in labels) or labels[0] == "www":
        raise _not_an_id(option)
    if len(labels) == 1:
        return _single(labels[0], option)
    # Without the domain a dot can belong to any host name; a Datacenter ID nearly always ends in a digit (qualtrics 5).
    if len(labels) == 2 and (is_host or labels[1][-1].isdigit()):
        return Target(labels[0], labels[1])
    raise _not_an_id(option)


def _single(label: str, option: str) -> Target:
    return Target(datacenter_id=label) if option == "datacenter_id" else Target(organization_id=label)


def _not_an_id(option: str) -> InputError:
    kind = "Datacenter ID, a word such as fra1" if option == "datacenter_id" else "Organization ID, a word such as acme"
    return InputError(
        f"{option} is not an id",
        why=f"{NOT_SHOWN}; an id has at most 31 letters, digits and hyphens",
        advice=f"{WHERE_IDS_ARE}: it is the {kind}; an address such as acme.fra1.{DOMAIN} works as well",
    )


def merge(by_organization: Target, by_datacenter: Target) -> Target:
    """What the two options name together. Raises `InputError` where addresses contradict each other."""
    found = []
    for index, option in enumerate(Target._fields):
        named = {target[index] for target in (by_organization, by_datacenter) if target[index]}
        if len(named) > 1:
            raise InputError(
                f"organization_id and datacenter_id are addresses with different ids: {' and '.join(sorted(named))}",
                advice=f"Correct one of them; {option} can be given as the id alone",
            )
        found.append(named.pop() if named else "")
    return Target(*found)


def check_client_id(value: str, option: str) -> str:
    """The Client ID without white space around it. Raises `InputError` for what has the form of another value."""
    text = value.strip()
    if re.fullmatch("[A-Za-z0-9]{40}|[A-Za-z0-9]{64}", text):
        kind = "an API token" if len(text) == 40 else "a Client Secret"
        raise InputError(
            f"{option} has the form of {kind}",
            why=f"{NOT_SHOWN}; a Client ID has 32 hexadecimal digits",
            advice="Check that Client ID and Client Secret are not swapped",
        )
    return text


def shows_client_id(client_id: str) -> bool:
    """Whether ``client_id`` has the form of one and can be shown; another form may be a secret (qualtrics 2)."""
    return bool(CLIENT_ID_PATTERN.fullmatch(client_id))


def check_directory_id(value: str, option: str) -> str:
    """The Directory ID without white space around it. Raises `InputError` for anything else."""
    text = value.strip()
    if not DIRECTORY_PATTERN.fullmatch(text):
        raise InputError(
            f"{option} is not a Directory ID",
            why=NOT_SHOWN,
            advice="Copy it from Account Settings > Qualtrics IDs; it starts with POOL_",
        )
    return text


def check_name(value: str, option: str) -> str:
    """A name or scope as it is. Raises `InputError` for what has the form of a token."""
    if looks_like_token(value):
        advice = "Give it a name that people understand"
        raise InputError(f"{option} has the form of a token", why=NOT_SHOWN, advice=advice)
    return value


def check_url(value: str, option: str) -> str:
    """A URL without a trailing slash whose host can be shown. Raises `InputError`."""
    url = check_base_url(value.strip(), option)
    _check_host(url, option)
    return url


def check_proxy_url(value: str, option: str) -> str:
    """The address of a proxy as it is. Raises `InputError`."""
    check_proxy(value, option)
    _check_host(value if "://" in value else f"http://{value}", option)
    return value


def _check_host(url: str, option: str) -> None:
    host = urlsplit(url).hostname or ""
    if any(looks_like_token(label) for label in host.split(".")):
        what = f"The host name in {option} has the form of a token"
        raise InputError(what, why=NOT_SHOWN, advice="Give the name of the host")
