# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The loopback proxy: it takes CONNECT for the hosts of the sandbox, speaks TLS as that host itself, and refuses all others."""
from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
import time
import traceback

import h11

from .faults import LOST_KINDS, Rule, spoiled
from .log import Entry
from .tls import Authority
from .web import Request, Response
from .world import World

LARGEST_BODY = 20 * 1024 * 1024
READ_SIZE = 65536
IDLE_SECONDS = 300.0


class Proxy:
    """Listens on a loopback port; each connection has a thread of its own."""

    def __init__(self, world: World, authority: Authority, port: int = 0) -> None:
        self._world = world
        self._authority = authority
        self._listener = socket.create_server(("127.0.0.1", port), backlog=256)
        self.port: int = self._listener.getsockname()[1]
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, name="sandbox-proxy", daemon=True).start()

    def close(self) -> None:
        """Stop listening and end every connection."""
        self._listener.close()
        with self._lock:
            connections = list(self._open)
        for connection in connections:
            _shut(connection)

    def _accept(self) -> None:
        while True:
            try:
                connection, _address = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.settimeout(IDLE_SECONDS)
        with self._lock:
            self._open.add(connection)
        try:
            host = self._tunnel(connection)
            if host:
                self._serve_host(connection, host)
        except (OSError, h11.RemoteProtocolError):
            pass  # the client went away or speaks no HTTP: its business
        finally:
            with self._lock:
                self._open.discard(connection)
            connection.close()

    def _tunnel(self, connection: socket.socket) -> str | None:
        """Answer the CONNECT request; the host that it leads to, None if it was refused."""
        http = h11.Connection(h11.SERVER)
        request = _next_event(connection, http)
        if not isinstance(request, h11.Request):
            return None
        host, _separator, port = request.target.decode("ascii", "replace").rpartition(":")
        host = host.lower()
        if request.method != b"CONNECT" or port != "443" or self._world.site(host) is None:
            refusal = b"This proxy leads to https://*.service-now.com and https://*.qualtrics.com of the sandbox, and nowhere else.\n"
            head = b"HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(refusal)
            connection.sendall(head + refusal)
            return None
        fault = self._world.faults.for_connection(host)
        if fault and fault.kind == "refused":
            return None
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        if fault:
            connection.recv(READ_SIZE)
            connection.sendall(b"\x15\x03\x03\x00\x02\x02\x28")  # the TLS alert handshake_failure
            return None
        return host

    def _serve_host(self, connection: socket.socket, host: str) -> None:
        tls = self._authority.server_context(host).wrap_socket(connection, server_side=True)
        with self._lock:
            self._open.add(tls)
            self._open.discard(connection)
        number = self._world.log.next_connection()
        http = h11.Connection(h11.SERVER)
        try:
            while self._exchange(tls, http, host, number):
                http.start_next_cycle()
        except (ssl.SSLError, h11.LocalProtocolError):
            pass
        finally:
            with self._lock:
                self._open.discard(tls)
            tls.close()

    def _exchange(self, tls: ssl.SSLSocket, http: h11.Connection, host: str, number: int) -> bool:
        """One request and its answer; whether the connection can be used for another."""
        head = _next_event(tls, http)
        if not isinstance(head, h11.Request):
            return False
        body = bytearray()
        while not isinstance(event := _next_event(tls, http), h11.EndOfMessage):
            if not isinstance(event, h11.Data) or len(body) > LARGEST_BODY:
                return False
            body += event.data
        path, _separator, query = head.target.decode("ascii", "replace").partition("?")
        headers = {name.decode("ascii").lower(): value.decode("latin-1") for name, value in head.headers}
        request = Request(head.method.decode("ascii"), host, path, query, headers, bytes(body))
        entry = self._world.log.add(host, request.method, path, query, len(body), number)
        if self._world.latency_seconds:
            time.sleep(self._world.latency_seconds)
        rule = self._world.faults.for_request(request)
        answer = Response(200) if rule and rule.when == "before" and rule.kind != "slow" else self._answer(request)
        if rule and rule.kind in LOST_KINDS:
            _lose(tls, rule)
            return False
        if rule:
            answer = spoiled(rule, answer)
        _send(tls, http, request.method, answer, entry)
        return http.our_state is h11.DONE and http.their_state is h11.DONE

    def _answer(self, request: Request) -> Response:
        site = self._world.site(request.host)
        assert site is not None
        try:
            return site.respond(request)
        except Exception:
            # A fault of the sandbox itself: loud in its own output, and not to be taken for the system's behaviour.
            self._world.errors.append(traceback.format_exc())
            traceback.print_exc()
            return Response.of_json(500, {"error": {"message": "The sandbox failed", "detail": "see its output"}, "status": "failure"})


def _next_event(connection: socket.socket, http: h11.Connection) -> object:
    while (event := http.next_event()) is h11.NEED_DATA:
        if http.they_are_waiting_for_100_continue:
            connection.sendall(http.send(h11.InformationalResponse(status_code=100, headers=[])) or b"")
        http.receive_data(connection.recv(READ_SIZE))
    return event


def _send(tls: ssl.SSLSocket, http: h11.Connection, method: str, answer: Response, entry: Entry) -> None:
    headers = [*answer.headers, ("Date", time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime()))]
    if answer.status != 204:
        headers.append(("Content-Length", str(len(answer.body))))
    head = http.send(h11.Response(status_code=answer.status, headers=headers)) or b""
    body = b"" if method == "HEAD" or answer.status == 204 else answer.body
    entry.status, entry.bytes_out = answer.status, len(body)
    data = http.send(h11.Data(data=body)) or b"" if body else b""
    if method == "HEAD":
        tls.sendall(head)
        http.send(h11.EndOfMessage())
        return
    tls.sendall(head + data + (http.send(h11.EndOfMessage()) or b""))


def _lose(tls: ssl.SSLSocket, rule: Rule) -> None:
    """End the connection without an answer: orderly (close) or with a TCP reset."""
    if rule.kind == "reset":
        tls.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _shut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):  # it may be gone already
        connection.shutdown(socket.SHUT_RDWR)
