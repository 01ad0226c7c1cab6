# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The sandbox's own certificate authority, in a folder that lives as long as the sandbox."""

from __future__ import annotations

import ssl
import tempfile
import threading
from pathlib import Path

import trustme


class Authority:
    """Signs a certificate for each host name when it is first asked for."""

    def __init__(self) -> None:
        self._authority = trustme.CA(key_type=trustme.KeyType.ECDSA)
        self._folder = tempfile.TemporaryDirectory(prefix="sandbox-ca-")
        self.certificate_file = str(Path(self._folder.name) / "ca.pem")
        self._authority.cert_pem.write_to_path(self.certificate_file)
        self._contexts: dict[str, ssl.SSLContext] = {}
        self._lock = threading.Lock()

    def server_context(self, host: str) -> ssl.SSLContext:
        """The TLS settings of the server called ``host``."""
        with self._lock:
            if host not in self._contexts:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                self._authority.issue_cert(host, key_type=trustme.KeyType.ECDSA).configure_cert(context)
                context.set_alpn_protocols(["http/1.1"])
                self._contexts[host] = context
            return self._contexts[host]

    def close(self) -> None:
        """Remove the folder."""
        self._folder.cleanup()
