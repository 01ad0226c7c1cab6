# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""What a URL in an option may look like."""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import InputError

LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "::1")
PROXY_SCHEMES = ("http", "https", "socks4", "socks4a", "socks5", "socks5h")
LONGEST_URL = 1000
LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
HOST = re.compile(rf"(?=.{{1,253}}$){LABEL}(\.{LABEL})*|[0-9a-f]*:[0-9a-f:.]+")


def check_base_url(url: str, option: str) -> str:
    """Return ``url`` without a trailing slash.

    Raises `InputError` naming ``option``, and repeating nothing of a value that can hold a secret, unless it is https
    (http on loopback only), has a plain host, and carries no login, query or fragment.
    """
    if "@" in url:
        raise InputError(
            f"{option} carries a login in the URL",
            advice="Remove the part before the @; give credentials in their own options",
        )
    if any(ord(char) <= 32 or ord(char) == 127 for char in url) or "\\" in url:
        raise InputError(
            f"{option} contains white space, a control character or a backslash",
            advice="Check the value for copy and paste errors",
        )
    if len(url) > LONGEST_URL:
        raise InputError(f"{option} has {len(url)} characters", advice=f"Give a URL of at most {LONGEST_URL}")
    odd = next((char for char in url if not char.isascii()), "")
    if odd:
        raise InputError(
            f"{option} contains a letter that is not ASCII: {odd!r} (U+{ord(odd):04X})",
            why="Such letters can look like others and lead to another host",
            advice=(
                "Type it again; a host name that really has such letters is written as xn--..., a path with percent "
                "signs"
            ),
        )
    if "?" in url or "#" in url:
        raise InputError(f"{option} carries a query or a fragment", advice="Give scheme, host and path only")
    parts = _split(url)
    if parts is None:
        raise InputError(f"{option} is not a URL", advice="Give it as https://host/path")
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in LOOPBACK_HOSTS):
        raise InputError(
            f"{option} has to start with https://, it starts with {parts.scheme}://",
            advice="Credentials are not sent over an unencrypted connection",
        )
    return url.rstrip("/")


def check_proxy(url: str, what: str) -> None:
    """Raise `InputError` naming ``what``, and nothing of the login in it, unless ``url`` is the address of a proxy.

    An ``@``, ``#``, ``/`` or ``?`` in a password that is written as it is would make a part of the password the host's
    name, which would be looked up and shown.
    """
    text = url if "://" in url else f"http://{url}"
    parts = _split(text)
    login, _at, _host = parts.netloc.rpartition("@") if parts is not None else ("", "", "")
    is_plain = parts is not None and parts.path in ("", "/") and not ("?" in text or "#" in text)
    if (
        parts is None
        or parts.scheme not in PROXY_SCHEMES
        or not is_plain
        or not re.fullmatch(r"[^@\\\s\x00-\x20\x7f\[\]]*", login)
    ):
        raise InputError(
            f"{what} is not the address of a proxy",
            advice=(
                "Give it as http://host:port; in a login before the @, write other characters than letters and "
                "digits with percent signs"
            ),
        )


def _split(url: str) -> SplitResult | None:
    """The parts of ``url``, None where it has no plain host or no port that can be."""
    try:
        parts = urlsplit(url)
        return parts if parts.scheme and parts.hostname and parts.port != 0 and HOST.fullmatch(parts.hostname) else None
    except ValueError:
        return None
