# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""The files that TLS needs, checked before the first connection, and what to do when a server's certificate does not
pass.
"""

from __future__ import annotations

import functools
import os
import re
import ssl
from contextlib import suppress
from typing import Any

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import InputError, reason_of

try:
    from requests.utils import DEFAULT_CA_BUNDLE_PATH
    from urllib3.util.ssl_ import create_urllib3_context
except ImportError:  # session.py reports it
    pass

BUNDLE_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
# OpenSSL's X509_V_ERR_... numbers (x509_vfy.h); the texts that belong to them differ between releases.
NOT_YET_VALID, EXPIRED, SELF_SIGNED = 9, 10, 18
UNKNOWN_AUTHORITY = (2, 19, 20, 21)
REVOKED = 23
WRONG_HOST = (0, 62, 64)
TOO_WEAK = (66, 67, 68)
# Missing or wrong extensions, which RFC 5280 demands and Python checks from 3.13 on.
STRICT = tuple(range(78, 95))


def environment_bundle() -> tuple[str, str]:
    """The environment variable that names a CA bundle, and the bundle; both empty where none does."""
    return next(((name, os.environ[name]) for name in BUNDLE_VARIABLES if os.environ.get(name)), ("", ""))


def context_trusting(bundle: str) -> ssl.SSLContext:
    """A TLS context that trusts the authorities of ``bundle``, a file or a folder, and nobody else; those of requests
    if it is empty.

    It is made once, and for a worker of Ansible's before it forks (`prepare`), since reading a bundle takes more CPU
    time than many requests. Raises `OSError`.
    """
    path = bundle or DEFAULT_CA_BUNDLE_PATH
    return _trusting(path, os.stat(path).st_mtime_ns)


@functools.lru_cache(maxsize=4)
def _trusting(path: str, _changed: int) -> ssl.SSLContext:
    # With the protocols, ciphers and checks that requests uses.
    context = create_urllib3_context(cert_reqs=ssl.CERT_REQUIRED)
    if os.path.isdir(path):
        context.load_verify_locations(capath=path)
    else:
        context.load_verify_locations(path)
    return context


def prepare() -> None:
    """Read the bundle that most tasks are going to use; what is wrong with it is for them to say."""
    with suppress(OSError, ValueError, NameError):
        context_trusting(environment_bundle()[1])


def advice_on_certificate(code: int, bundle: str) -> str:
    """What to do about a certificate that OpenSSL refuses with ``code`` (0: it is another host's); ``bundle`` names the
    CA bundle in use.
    """
    if code == EXPIRED:
        return (
            "The certificate has expired: have it renewed by whoever runs the server, or the proxy that inspects "
            "TLS; check this machine's clock"
        )
    if code == NOT_YET_VALID:
        return (
            "The certificate is not valid yet: check this machine's clock, and the certificate's dates with whoever "
            "runs the server"
        )
    if code in WRONG_HOST:
        return (
            "The certificate is another host's: correct the host name, or the DNS or proxy that leads to another server"
        )
    if code in UNKNOWN_AUTHORITY and bundle:
        return (
            f"The authority that signed it is not among those of {bundle}: add it there, or name a bundle that has it "
            "in ca_path; add the whole chain if the server does not send it; a proxy that inspects TLS has an "
            "authority of its own"
        )
    if code in UNKNOWN_AUTHORITY:
        return (
            "If a company CA signs it, name the bundle in ca_path or REQUESTS_CA_BUNDLE; turn validate_certs off "
            "only to find the cause"
        )
    if code == SELF_SIGNED:
        return (
            "The certificate is self-signed: have one from an authority installed, or name this one in ca_path if "
            "you know it to be right"
        )
    if code in STRICT:
        return (
            "The certificate or its authority lacks an extension that RFC 5280 demands, which Python checks from 3.13 "
            "on: have the authority issue it anew with that extension; until then run the task with an earlier Python "
            "(ansible_python_interpreter)"
        )
    if code in TOO_WEAK:
        return (
            "A key or signature of the chain is too weak for this machine's OpenSSL: have the certificate issued anew"
        )
    if code == REVOKED:
        return "The certificate was revoked: have whoever runs the server install a new one"
    return "Have whoever runs the server, or the proxy that inspects TLS, correct the certificate"


def check_certificates(verify: Any, cert: Any, source: str = "ca_path") -> None:
    """Raise `InputError` for files that cannot be used, which otherwise would only show at the first connection.

    ``verify`` and ``cert`` are as `HttpSession` takes them; ``source`` is what named the former.
    """
    if isinstance(verify, str):
        try:
            if os.path.isdir(verify):
                _check_has_certificates(verify)
            else:
                _check_is_file(verify)
                context_trusting(verify)
        except (OSError, ValueError) as error:
            advice = (
                "Give a PEM file with the certificates of the authorities to trust, or a folder that openssl rehash "
                "has prepared"
            )
            raise InputError(f"{source} cannot be used: {verify}", why=reason_of(error), advice=advice) from error
    if cert:
        try:
            for file in cert:
                _check_is_file(file)
            # An encrypted key would make OpenSSL ask on the terminal.
            ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(cert[0], cert[1], password="")
        except (OSError, ValueError) as error:
            advice = "Give PEM files that belong together, the key without a passphrase"
            raise InputError(
                f"client_certificate_file and client_key_file cannot be used: {cert[0]}, {cert[1]}",
                why=reason_of(error),
                advice=advice,
            ) from error


def _check_has_certificates(folder: str) -> None:
    """Raise `OSError` for a folder without certificates under the names by which OpenSSL looks for them."""
    if not any(re.fullmatch(r"[0-9a-f]{8}\.[0-9]+", name) for name in os.listdir(folder)):
        raise FileNotFoundError("the folder has no file such as 9d66eef0.0")


def _check_is_file(path: str) -> None:
    """Raise `OSError` for anything that is not a file; OpenSSL would read a device such as /dev/zero for ever."""
    if not os.path.isfile(path):
        raise FileNotFoundError(f"there is no file {path}")
