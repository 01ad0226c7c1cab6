# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""The files that TLS needs, checked before the first connection."""

from __future__ import annotations

import os
import ssl
from typing import Any

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import InputError, reason_of


def check_certificates(verify: Any, cert: Any) -> None:
    """Raise `InputError` for files that cannot be used, which otherwise only the first connection would find out.

    ``verify`` and ``cert`` are as `HttpSession` takes them.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if isinstance(verify, str) and not os.path.isdir(verify):
        try:
            _check_is_file(verify)
            context.load_verify_locations(verify)
        except (OSError, ValueError) as error:
            advice = "Give a PEM file with the certificates of the authorities to trust"
            raise InputError(f"ca_path cannot be used: {verify}", why=reason_of(error), advice=advice) from error
    if cert:
        try:
            for file in cert:
                _check_is_file(file)
            # An encrypted key would make OpenSSL ask on the terminal.
            context.load_cert_chain(*cert, password="")
        except (OSError, ValueError) as error:
            advice = "Give PEM files that belong together, the key without a passphrase"
            raise InputError(
                f"client_certificate_file and client_key_file cannot be used: {cert[0]}, {cert[1]}", why=reason_of(error), advice=advice
            ) from error


def _check_is_file(path: str) -> None:
    """Raise `OSError` for what is no file; OpenSSL would read a device such as /dev/zero for ever."""
    if not os.path.isfile(path):
        raise FileNotFoundError(f"there is no file {path}")
