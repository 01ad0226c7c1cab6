# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""What is left of a sandbox that was closed: nothing."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from sandbox import Sandbox

HOST = "acmedev.service-now.com"


def connect(url: str) -> socket.socket:
    return socket.create_connection(("127.0.0.1", urlsplit(url).port or 0), timeout=5)


def tunnel(sandbox: Sandbox) -> socket.socket:
    connection = connect(sandbox.proxy_url)
    connection.sendall(f"CONNECT {HOST}:443 HTTP/1.1\r\nHost: {HOST}:443\r\n\r\n".encode())
    assert connection.recv(1024).startswith(b"HTTP/1.1 200")
    return connection


def in_handshake(sandbox: Sandbox) -> socket.socket:
    connection = tunnel(sandbox)
    time.sleep(0.1)  # until the server waits for the client's part, which never comes
    return connection


def keep_alive(sandbox: Sandbox) -> socket.socket:
    connection = ssl.create_default_context(cafile=sandbox.ca_file).wrap_socket(tunnel(sandbox), server_hostname=HOST)
    connection.sendall(f"GET /login.do HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
    assert connection.recv(65536).startswith(b"HTTP/1.1 200")
    return connection


def silent(sandbox: Sandbox) -> socket.socket:
    connection = connect(sandbox.proxy_url)
    time.sleep(0.1)  # until the server waits for the first line, which never comes
    return connection


def control(sandbox: Sandbox) -> socket.socket:
    connection = connect(sandbox.control_url)
    connection.sendall(b"GET /requests HTTP/1.1\r\nHost: localhost:1\r\n\r\n")
    assert b" 200 " in connection.recv(15)
    return connection


@pytest.mark.parametrize("opened", [silent, in_handshake, keep_alive, control])
def test_open_connections_end(opened: object, capfd: pytest.CaptureFixture[str]) -> None:
    with Sandbox() as sandbox, opened(sandbox) as connection:  # type: ignore[operator]
        started = time.monotonic()
        sandbox.close()
        while connection.recv(65536):
            pass
        assert time.monotonic() - started < 2
    assert capfd.readouterr().err == ""


def test_nothing_listens_and_no_file_or_thread_stays() -> None:
    before = set(threading.enumerate())
    with Sandbox() as sandbox:
        assert set(threading.enumerate()) - before
    for url in (sandbox.proxy_url, sandbox.control_url):
        with pytest.raises(ConnectionRefusedError):
            connect(url)
    assert not Path(sandbox.ca_file).exists()
    for thread in set(threading.enumerate()) - before:
        thread.join(timeout=2)
        assert not thread.is_alive(), thread.name
