# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""A certificate that does not pass: what is advised belongs to the reason."""

from __future__ import annotations

import contextlib
import datetime
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire import session as wire
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire.certificates import STRICT, advice_on_certificate
from support import SPOKE_SCOPE, login, run_task

HOST = "acmedev.service-now.com"
NOW = datetime.datetime.now(datetime.UTC)
DAY = datetime.timedelta(days=1)
COMPANY_ADVICE = "If a company CA signs it, name the bundle"


def serve(listener: socket.socket, context: ssl.SSLContext) -> None:
    """Open every tunnel and speak TLS at its end."""
    while True:
        try:
            connection, _address = listener.accept()
        except OSError:
            return
        with contextlib.suppress(OSError), connection:
            connection.settimeout(5)
            connection.recv(65536)
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            context.wrap_socket(connection, server_side=True).recv(1)


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Start an end with a certificate, and lead this process there."""
    listeners: list[socket.socket] = []
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NO_PROXY", "no_proxy", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(wire, "ATTEMPTS", 1)

    def start(certificate: trustme.LeafCert) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)
        threading.Thread(target=serve, args=(listener, context), daemon=True).start()
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{listener.getsockname()[1]}")

    yield start
    for listener in listeners:
        listener.close()


@pytest.mark.parametrize(
    ("names", "dates", "is_known", "part"),
    [
        ((HOST,), {"not_before": NOW - 9 * DAY, "not_after": NOW - DAY}, True, "The certificate has expired"),
        ((HOST,), {"not_before": NOW + DAY, "not_after": NOW + 9 * DAY}, True, "not valid yet"),
        (("other.example",), {}, True, "is another host's"),
        ((HOST,), {}, False, COMPANY_ADVICE),
    ],
)
def test_the_advice_fits_the_reason(
    ends: Any, tmp_path: Path, names: tuple[str, ...], dates: dict[str, Any], is_known: bool, part: str
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    ends(authority.issue_cert(*names, **dates))
    options = login(ca_path=str(tmp_path / "ca.pem") if is_known else None)
    result = run_task("snow_spoke_info", {"instance": options, "scope": SPOKE_SCOPE})
    assert result["error"]["what"] == "The TLS certificate of the server could not be verified"
    assert part in result["error"]["advice"]
    assert (COMPANY_ADVICE in result["error"]["advice"]) is (part == COMPANY_ADVICE)


def test_a_bundle_that_does_not_have_the_authority_is_named(ends: Any, tmp_path: Path) -> None:
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "other.pem"))
    ends(trustme.CA().issue_cert(HOST))
    result = run_task("snow_spoke_info", {"instance": login(ca_path=str(tmp_path / "other.pem")), "scope": SPOKE_SCOPE})
    assert f"is not among those of {tmp_path}/other.pem (ca_path)" in result["error"]["advice"]


@pytest.mark.parametrize(
    ("code", "part"),
    [
        *((code, "from 3.13 on") for code in STRICT),
        (18, "self-signed"),
        (66, "too weak"),
        (23, "revoked"),
        (7, "correct the certificate"),
    ],
)
def test_every_reason_has_an_advice_of_its_own(code: int, part: str) -> None:
    assert 85 in STRICT
    for bundle in ("", "/x (ca_path)"):
        advice = advice_on_certificate(code, bundle)
        assert part in advice
        assert COMPANY_ADVICE not in advice
