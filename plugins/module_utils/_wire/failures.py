# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""What it means when a request got no answer: the proxy, TLS, or nobody there."""

from __future__ import annotations

import ssl

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import (
    OutcomeUnknown,
    ProxyLoginRefused,
    ProxyRefused,
    Unreachable,
    reason_of,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire.certificates import advice_on_certificate
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire.proxies import (
    PROXY_LOGIN_REFUSED,
    Proxy,
    tunnel_status,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire.retries import Retryable

try:
    from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, ProxyError
except ImportError:  # the task reports it
    ConnectTimeoutError = NewConnectionError = ProxyError = ()  # type: ignore[assignment, misc]


RUN_AGAIN = "Run again: what was stored is found and not made twice"
PROXY_LOGIN_ADVICE = (
    "Correct user and password in the address of the proxy, with percent signs for other characters than letters and "
    "digits; it was tried once, since directories lock accounts after a few bad passwords"
)


def failure(error: Exception, where: str, is_harmless: bool, proxy: Proxy, bundle: str) -> Exception:
    """The error to raise for a transport failure: final, worth another try (`Retryable`), or a write of unknown
    outcome.

    ``is_harmless`` says that the request cannot have changed anything, ``proxy`` how it went, ``bundle`` which CA
    bundle is trusted.
    """
    causes = _causes(error)
    reason = reason_of(error)
    status = tunnel_status(causes)
    if status:
        return _refused_by_proxy(status, where, reason, proxy)
    at_proxy = _failed_at_proxy(causes, proxy)
    host = "the proxy" if at_proxy else "the server"
    certificate = next((cause for cause in causes if isinstance(cause, ssl.SSLCertVerificationError)), None)
    if certificate is not None or _is_host_mismatch(causes):
        advice = advice_on_certificate(certificate.verify_code if certificate else 0, bundle)
        return Unreachable(
            f"The TLS certificate of {host} could not be verified", where, _with_way(reason, proxy), advice
        )
    if at_proxy:
        return Retryable(
            Unreachable("No answer from the proxy", where, _with_way(reason, proxy), _proxy_advice(causes, proxy))
        )
    if not is_harmless:
        return OutcomeUnknown("The answer to a write was lost", where, reason, RUN_AGAIN)
    advice = "Check the host name, the proxy and that the service is up; then run again"
    if proxy.bypass:
        advice = (
            "If this host can only be reached through the proxy, take it out of NO_PROXY; else check the host name; "
            "then run again"
        )
    return Retryable(Unreachable("No answer from the server", where, _with_way(reason, proxy), advice))


def refused_login(where: str, why: str, proxy: Proxy) -> ProxyLoginRefused:
    """The error for a proxy that does not take its login."""
    why = _with_way(why, proxy)
    return ProxyLoginRefused("The proxy does not accept its login (407)", where, why, PROXY_LOGIN_ADVICE)


def _refused_by_proxy(status: int, where: str, reason: str, proxy: Proxy) -> Exception:
    if status == PROXY_LOGIN_REFUSED:
        return refused_login(where, reason, proxy)
    if status >= 500 or status == 429:
        advice = (
            "The proxy could not reach the host: check the host name, and that the proxy can resolve and reach it; "
            "then run again"
        )
        return Retryable(
            ProxyRefused(f"The proxy could not connect to the host ({status})", where, _with_way(reason, proxy), advice)
        )
    advice = "Have the host allowed for this machine on the proxy, correct the host name, or name another proxy"
    return ProxyRefused(
        f"The proxy does not let the request through ({status})", where, _with_way(reason, proxy), advice
    )


def _failed_at_proxy(causes: list[BaseException], proxy: Proxy) -> bool:
    """Whether the proxy itself could not be reached or trusted.

    urllib3's `ProxyError` alone does not say so: it also wraps what broke after the tunnel was there.
    """
    if not proxy.url or proxy.url.startswith("socks"):
        return False
    kinds = (
        (ssl.SSLError,)
        if any(isinstance(cause, ProxyError) for cause in causes) and proxy.url.startswith("https:")
        else ()
    )
    return any(isinstance(cause, (NewConnectionError, ConnectTimeoutError, *kinds)) for cause in causes)


def _proxy_advice(causes: list[BaseException], proxy: Proxy) -> str:
    # Known by its name in OpenSSL, which is not meant for people.
    speaks_no_tls = any(isinstance(cause, ssl.SSLError) and cause.reason in NO_TLS for cause in causes)
    if speaks_no_tls and proxy.url.startswith("https:"):
        return "The proxy does not speak TLS on this port: write its address as http://host:port"
    return "Check host and port of the proxy, and that it is up; then run again"


# What OpenSSL makes of an answer in clear.
NO_TLS = ("WRONG_VERSION_NUMBER", "UNKNOWN_PROTOCOL", "RECORD_LAYER_FAILURE")


def _with_way(reason: str, proxy: Proxy) -> str:
    return f"{reason}; {proxy.story}" if proxy.story else reason


def _is_host_mismatch(causes: list[BaseException]) -> bool:
    """Whether urllib3, not OpenSSL, compared host and certificate, which it does in older releases."""
    return any(type(cause).__name__ == "CertificateError" for cause in causes)


def _causes(error: BaseException) -> list[BaseException]:
    """``error`` and all that led to it, each once."""
    found: list[BaseException] = []
    pending: list[object] = [error]
    while pending:
        cause = pending.pop(0)
        if isinstance(cause, BaseException) and not any(cause is known for known in found):
            found.append(cause)
            pending += [getattr(cause, "reason", None), cause.__cause__, cause.__context__, *cause.args]
    return found
