# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""The address of an instance, and its name as far as that tells."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import InputError
from ansible_collections.snow_ops.spokes.plugins.module_utils._input.urls import check_base_url

NAME = re.compile("[a-z0-9][a-z0-9-]{0,62}")
DOMAIN = ".service-now.com"


def base_url_of(host: str) -> str:
    """The instance's URL from what people write: a name, a host name or a URL.

    Raises `InputError` for anything else.
    """
    if not host:
        raise InputError(
            "instance.host is not given", advice="Give it, or leave it out and set the environment variable SN_HOST"
        )
    # The dot that ends a full name in the DNS says nothing to an instance.
    text = re.sub(r"[.](?=(:[0-9]+)?/*$)", "", host.strip())
    if "://" not in text:
        text = (
            f"https://{text}"
            if "." in text or ":" in text or text == "localhost"
            else f"https://{text}.service-now.com"
        )
    url = check_base_url(text, "instance.host")
    if urlsplit(url).path:
        raise InputError(
            "instance.host has a path",
            advice="Give the instance's address only, such as https://acmedev.service-now.com",
        )
    return url


def name_in(address: str) -> str:
    """The name of the instance that ``address`` tells, empty where only the instance itself can."""
    return _label(_host(address))


def canonical(address: str) -> str:
    """One spelling of an instance's name or address: lower case, no scheme, no default port, and below service-now.com
    the first label.
    """
    return name_in(address) or _host(address)


def _host(address: str) -> str:
    host = address.strip().lower().rpartition("//")[2].rstrip("/")
    return re.sub("[.]?(:443)?$", "", host)


def _label(host: str) -> str:
    """The name that an address below service-now.com is, empty for any other address."""
    name = host[: -len(DOMAIN)] if host.endswith(DOMAIN) else ""
    return name if NAME.fullmatch(name) else ""
