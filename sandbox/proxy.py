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

import h11

from .faults import LOST_KINDS, Rule, is_carried_out, spoiled
from .log import Entry
from .systems import items_of
from .tls import Authority
from .web import Request, Response
from .world import World

LARGEST_BODY = 20 * 1024 * 1024
# Long addresses are the sites' business: they answer 414.
LARGEST_HEAD = 1024 * 1024
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
        self._closed = False
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, name="sandbox-proxy", daemon=True).start()

    def close(self) -> None:
        """Stop listening and end every connection."""
        _shut(
            self._listener
        )  # closing alone does not wake the thread that waits in accept(), and the port stays open with it
        self._listener.close()
        with self._lock:
            self._closed = True
            for connection in self._open:
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
            if self._closed:
                _shut(connection)
        try:
            host = self._tunnel(connection)
            if host:
                connection = tls = self._with_tls(connection, host)
                self._serve_host(tls, host)
        except (OSError, h11.RemoteProtocolError):
            pass  # the client went away or speaks no HTTP: its business
        except Exception:
            self._world.remember_failure()  # before the client can see that the connection ends
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
            head = (
                b"HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nConnection: close\r\nContent-Length: %d\r\n\r\n"
                % len(refusal)
            )
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

    def _with_tls(self, connection: socket.socket, host: str) -> ssl.SSLSocket:
        """What takes the place of ``connection``, the handshake not yet made, so that `close` can end one that hangs."""
        context = self._authority.server_context(host)
        with self._lock:
            tls = context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
            self._open.add(tls)
            self._open.discard(connection)
        return tls

    def _serve_host(self, tls: ssl.SSLSocket, host: str) -> None:
        if self._world.connect_seconds:
            time.sleep(self._world.connect_seconds)
        tls.do_handshake()
        number = self._world.log.next_connection()
        http = h11.Connection(h11.SERVER, max_incomplete_event_size=LARGEST_HEAD)
        while self._exchange(tls, http, host, number):
            http.start_next_cycle()

    def _exchange(self, tls: ssl.SSLSocket, http: h11.Connection, host: str, number: int) -> bool:
        """One request and its answer; whether the connection can be used for another."""
        head = _next_event(tls, http)
        if not isinstance(head, h11.Request):
            return False
        body, size = bytearray(), 0
        while not isinstance(event := _next_event(tls, http), h11.EndOfMessage):
            if not isinstance(event, h11.Data):
                return False
            size += len(event.data)
            if size <= LARGEST_BODY:
                body += event.data
        path, _separator, query = head.target.decode("ascii", "replace").partition("?")
        headers = {name.decode("ascii").lower(): value.decode("latin-1") for name, value in head.headers}
        request = Request(head.method.decode("ascii"), host, path, query, headers, bytes(body))
        items = [f"{item.method} {item.path}?{item.query}" for item in items_of(request)]
        entry = self._world.log.add(host, request.method, path, query, size, number, items)
        if self._world.latency_seconds:
            time.sleep(self._world.latency_seconds)
        if size > LARGEST_BODY:
            # Read to its end nevertheless: clients look for an answer only when they have sent everything.
            _send(
                tls,
                http,
                request,
                _failure(413, "The body is too large", f"at most {LARGEST_BODY} bytes"),
                entry,
                self._world.clock.now(),
            )
            return http.our_state is h11.DONE
        rule = self._world.faults.for_request(request)
        answer = self._answer(request, rule) if is_carried_out(rule) else Response(200)
        if rule and rule.kind in LOST_KINDS:
            _lose(tls, rule)
            return False
        if rule:
            answer = spoiled(rule, request, answer)
        _send(tls, http, request, answer, entry, self._world.clock.now())
        return http.our_state is h11.DONE and http.their_state is h11.DONE

    def _answer(self, request: Request, rule: Rule | None) -> Response:
        try:
            return self._world.respond(request, rule)
        except Exception:
            self._world.remember_failure()
            return _failure(500, "The sandbox failed", "see its output")


def _failure(status: int, message: str, detail: str) -> Response:
    """What the sandbox itself has to say, not one of the systems."""
    return Response.of_json(status, {"error": {"message": message, "detail": detail}, "status": "failure"})


def _next_event(connection: socket.socket, http: h11.Connection) -> object:
    while (event := http.next_event()) is h11.NEED_DATA:
        if http.they_are_waiting_for_100_continue:
            connection.sendall(http.send(h11.InformationalResponse(status_code=100, headers=[])) or b"")
        http.receive_data(connection.recv(READ_SIZE))
    return event


def _send(
    tls: ssl.SSLSocket, http: h11.Connection, request: Request, answer: Response, entry: Entry, now: float
) -> None:
    headers = [*answer.headers, ("Date", time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(now)))]
    if answer.status != 204:
        headers.append(("Content-Length", str(len(answer.body))))
    head = http.send(h11.Response(status_code=answer.status, headers=headers)) or b""
    body = b"" if request.method == "HEAD" or answer.status == 204 else answer.body
    entry.answered(answer.status, len(body))
    data = http.send(h11.Data(data=body)) or b"" if body else b""
    if request.method == "HEAD":
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
        # Not the SSLSocket's own, which takes TLS away from under the thread that is reading.
        socket.socket.shutdown(connection, socket.SHUT_RDWR)
