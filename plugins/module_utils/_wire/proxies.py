# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""Which proxy a request goes through, and what the proxy's failures mean.

Only the options and the environment are asked: on macOS to ask the system in a forked process, as Ansible's workers
are, can crash it.
"""

from __future__ import annotations

import importlib.util
import ipaddress
import os
import re
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit
from urllib.request import getproxies_environment, proxy_bypass_environment  # type: ignore[attr-defined]

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import InputError, ProxyLoginRefused
from ansible_collections.snow_ops.spokes.plugins.module_utils._input.urls import check_proxy

# How http.client reports the status with which a proxy refuses a tunnel; it keeps the status nowhere else.
TUNNEL_REFUSED = re.compile(r"Tunnel connection failed: ([0-9]{3})\b")
PROXY_LOGIN_REFUSED = 407


@dataclass(frozen=True)
class Proxy:
    """The way to a host: ``url`` of the proxy (empty for none), ``source``, what names it, and ``bypass``, what took it
    away.
    """

    url: str = ""
    source: str = ""
    bypass: str = ""

    @property
    def for_requests(self) -> dict[str, str]:
        """The form in which requests takes it."""
        return {"https": self.url} if self.url else {}

    @property
    def address(self) -> str:
        """The proxy's address without its login."""
        parts = urlsplit(self.url if "://" in self.url else f"http://{self.url}")
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"

    @property
    def story(self) -> str:
        """What to say of the way when a request got no answer; empty for the ordinary one."""
        if self.url:
            return f"it went through the proxy {self.address} ({self.source})"
        return self.bypass


class ProxyLogins:
    """Which proxies have taken the login that a task sends them, and which refused it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken: set[str] = set()
        self._refusals: dict[str, ProxyLoginRefused] = {}

    @contextmanager
    def through(self, proxy: str) -> Iterator[None]:
        """Around a request through ``proxy``, a URL or empty: one with a login goes alone until the proxy has taken it.

        Raises `ProxyLoginRefused` without sending anything where it was refused before: directories lock accounts.
        """
        with ExitStack() as alone:
            if "@" in proxy and proxy not in self._taken:
                alone.enter_context(self._lock)
            if proxy in self._taken:
                # Whoever went first while this one waited has shown that it may go with others.
                alone.close()
            if proxy in self._refusals:
                raise self._refusals[proxy]
            try:
                yield
            except ProxyLoginRefused as error:
                self._refusals[proxy] = error
                raise
            self._taken.add(proxy)


def choose_proxy(url: str, option: str | None) -> Proxy:
    """The proxy for ``url``: the option ``proxy``, else what the environment names unless NO_PROXY excepts the host.

    Without TLS there is none: that is for this machine only, and a proxy would see the login. Raises `InputError` for
    what is not the address of a proxy.
    """
    parts = urlsplit(url)
    if parts.scheme != "https":
        return Proxy()
    if option:
        return _checked(option, "proxy", "the option proxy")
    proxies = getproxies_environment()
    name = next((scheme for scheme in ("https", "all") if proxies.get(scheme)), "")
    if not name:
        return Proxy()
    variable = _variable(f"{name}_proxy")
    if _is_excepted(parts.hostname or "", parts.netloc, proxies.get("no", "")):
        excepted = _variable("no_proxy")
        return Proxy(bypass=f"it went without a proxy: {variable} is set, but {excepted} excepts this host")
    return _checked(proxies[name], f"The proxy that the environment names ({variable})", variable)


def _variable(name: str) -> str:
    """The environment variable in use: small letters go first, as everywhere."""
    return name if os.environ.get(name) else name.upper()


def _checked(url: str, what: str, source: str) -> Proxy:
    check_proxy(url, what)
    if url.lower().startswith("socks") and importlib.util.find_spec("socks") is None:
        raise InputError(
            f"{what} is a SOCKS proxy, and the Python library PySocks is not installed",
            advice="Install PySocks where the task runs, for this Python, or name an HTTP proxy",
        )
    return Proxy(url, source)


def _is_excepted(host: str, netloc: str, exceptions: str) -> bool:
    """Whether NO_PROXY's value excepts the host: by name or domain, or as an address within a network
    (``10.0.0.0/8``).
    """
    if not exceptions:
        return False
    # Without a port urllib compares the name only.
    if any(proxy_bypass_environment(text, {"no": exceptions}) for text in (host, netloc)):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return any(address in network for network in _networks(exceptions))


def _networks(exceptions: str) -> Iterator[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    for text in exceptions.split(","):
        try:
            yield ipaddress.ip_network(text.strip(), strict=False)
        except ValueError:
            continue


def tunnel_status(causes: list[BaseException]) -> int:
    """The status with which the proxy refused the tunnel, 407 for a refused SOCKS login; 0 where it did not."""
    for cause in causes:
        # By its name, since PySocks need not be installed.
        if type(cause).__name__ == "SOCKS5AuthError":
            return PROXY_LOGIN_REFUSED
        found = TUNNEL_REFUSED.match(str(cause)) if isinstance(cause, OSError) else None
        if found:
            return int(found[1])
    return 0
