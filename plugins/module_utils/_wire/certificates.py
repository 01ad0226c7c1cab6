# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""The files that TLS needs, checked before the first connection."""

from __future__ import annotations

import os
import re
import ssl
from typing import Any

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import InputError, reason_of


def check_certificates(verify: Any, cert: Any, source: str = "ca_path") -> None:
    """Raise `InputError` for files that cannot be used, which otherwise only the first connection would find out.

    ``verify`` and ``cert`` are as `HttpSession` takes them; ``source`` is what named the former.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if isinstance(verify, str):
        try:
            if os.path.isdir(verify):
                _check_has_certificates(verify)
            else:
                _check_is_file(verify)
                context.load_verify_locations(verify)
        except (OSError, ValueError) as error:
            advice = "Give a PEM file with the certificates of the authorities to trust, or a folder that openssl rehash has prepared"
            raise InputError(f"{source} cannot be used: {verify}", why=reason_of(error), advice=advice) from error
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


def _check_has_certificates(folder: str) -> None:
    """Raise `OSError` for a folder without certificates under the names by which OpenSSL looks for them."""
    if not any(re.fullmatch(r"[0-9a-f]{8}\.[0-9]+", name) for name in os.listdir(folder)):
        raise FileNotFoundError("the folder has no file such as 9d66eef0.0")


def _check_is_file(path: str) -> None:
    """Raise `OSError` for what is no file; OpenSSL would read a device such as /dev/zero for ever."""
    if not os.path.isfile(path):
        raise FileNotFoundError(f"there is no file {path}")
