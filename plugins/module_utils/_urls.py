# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""What a URL in an option may look like."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import InputError

LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "::1")
LONGEST_URL = 1000
LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
HOST = re.compile(rf"(?=.{{1,253}}$){LABEL}(\.{LABEL})*|[0-9a-f]*:[0-9a-f:.]+")


def check_base_url(url: str, option: str) -> str:
    """Return ``url`` without a trailing slash.

    Raises `InputError` naming ``option`` unless it is https (http on loopback only), has a plain host, and carries no login,
    query or fragment.
    """
    if any(ord(char) <= 32 or ord(char) == 127 for char in url) or "\\" in url:
        raise InputError(
            f"{option} contains white space, a control character or a backslash", advice="Check the value for copy and paste errors"
        )
    if len(url) > LONGEST_URL:
        raise InputError(f"{option} has {len(url)} characters", advice=f"Give a URL of at most {LONGEST_URL}")
    if not url.isascii():
        raise InputError(
            f"{option} contains a letter that is not ASCII: {url.rpartition('@')[2]!r}",
            why="Such letters can look like others and lead to another host",
            advice="Type it anew; a host name that really has such letters is written as xn--..., a path with percent signs",
        )
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port, parts = None, None, urlsplit("")
    if not host or port == 0 or not HOST.fullmatch(host):
        raise InputError("{} is not a URL: {!r}".format(option, url.rpartition("@")[2]), advice="Give it as https://host/path")
    if parts.username is not None or parts.password is not None:
        raise InputError(
            f"{option} carries a login in the URL", advice="Remove the part before the @; give credentials in their own options"
        )
    if parts.query or parts.fragment or "?" in url or "#" in url:
        raise InputError(f"{option} carries a query or a fragment: {url}", advice="Give scheme, host and path only")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in LOOPBACK_HOSTS):
        raise InputError(
            f"{option} has to start with https://, it is {url}", advice="Credentials are not sent over an unencrypted connection"
        )
    return url.rstrip("/")
