# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""A running sandbox: proxy, certificate authority and control address together."""

from __future__ import annotations

from types import TracebackType
from typing import Any

from .client import ControlClient
from .control import Control
from .proxy import Proxy
from .tls import Authority
from .world import World


class Sandbox:
    """Runs from its creation until `close`, or as a context manager. Raises ``SeedError`` for a seed that cannot be used."""

    def __init__(
        self,
        seed: dict[str, Any] | None = None,
        port: int = 0,
        control_port: int = 0,
        switches: dict[str, Any] | None = None,
    ) -> None:
        self.world = World(seed, switches)
        self._authority = Authority()
        self._proxy = Proxy(self.world, self._authority, port)
        self._control = Control(self.world, control_port)
        self.ca_file = self._authority.certificate_file
        self.proxy_url = f"http://127.0.0.1:{self._proxy.port}"
        self.control_url = self._control.url
        self.control = ControlClient(self.control_url)

    @property
    def exports(self) -> dict[str, str]:
        """The environment variables that lead a client to the sandbox."""
        return {
            "HTTPS_PROXY": self.proxy_url,
            "REQUESTS_CA_BUNDLE": self.ca_file,
            "SSL_CERT_FILE": self.ca_file,
            "SANDBOX_CONTROL": self.control_url,
        }

    @property
    def environment(self) -> dict[str, str]:
        """The same, with what an environment of its own could say against it, and for Node."""
        return {
            **self.exports,
            "https_proxy": self.proxy_url,
            "NODE_EXTRA_CA_CERTS": self.ca_file,
            "NO_PROXY": "",
            "no_proxy": "",
        }

    def close(self) -> None:
        """Stop everything and remove the certificate file."""
        self._proxy.close()
        self._control.close()
        self._authority.close()

    def __enter__(self) -> Sandbox:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
