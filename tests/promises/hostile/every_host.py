# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""A server that plays every host there is, badly: it answers over TLS as the sandbox would, and lets a test spoil the answers.

Unlike the sandbox it lets connections through to any host, so that credentials that are sent to a wrong one do arrive, and are seen.
"""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any

import h11
from support import API_TOKEN, CLIENT_SECRET, PASSWORD, leaks

from sandbox.tls import Authority
from sandbox.web import Request, Response
from sandbox.world import World

OWN_DOMAINS = (".service-now.com", ".qualtrics.com")


@dataclass
class Reply:
    """An answer as it goes over the wire: ``body`` in pieces, each sent when it is made, ``length`` what the header claims of it."""

    status: int = 200
    headers: list[tuple[str, str]] = field(default_factory=list)
    body: Iterable[bytes] = ()
    length: int | None = None

    @classmethod
    def of(cls, answer: Response) -> Reply:
        """The sandbox's answer."""
        return cls(answer.status, answer.headers, [answer.body], len(answer.body))

    @classmethod
    def of_json(cls, document: Any, *headers: tuple[str, str], status: int = 200) -> Reply:
        """An answer that carries ``document``."""
        return cls.of(Response.of_json(status, document, *headers))


# What becomes of an answer: None for the genuine one, bytes for something else than HTTP.
Spoil = Callable[[Request, Response], "Reply | bytes | Iterable[bytes] | None"]


class HostileServer:
    """A proxy on loopback with a server behind it for each host that is asked for.

    ``spoil``, which may be exchanged, gets each request and the genuine answer.
    """

    def __init__(self, spoil: Spoil) -> None:
        self.world = World()
        self.seen: list[Request] = []
        self.failures: list[Exception] = []
        self.spoil = spoil
        self._authority = Authority()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def environment(self) -> dict[str, str]:
        """The variables that lead a client here."""
        proxy = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        return {
            "HTTPS_PROXY": proxy,
            "https_proxy": proxy,
            "REQUESTS_CA_BUNDLE": self._authority.certificate_file,
            "NO_PROXY": "",
            "no_proxy": "",
        }

    @property
    def hosts(self) -> set[str]:
        """The hosts that got a request."""
        return {request.host for request in self.seen}

    def betrayed_to(self, *trusted: str) -> set[str]:
        """The hosts, other than the ``trusted`` ones, that got anything of a secret."""
        secrets = (API_TOKEN, CLIENT_SECRET, PASSWORD, *self.world.cloud.access_tokens)
        return {
            request.host
            for request in self.seen
            if request.host not in trusted
            and leaks(
                json.dumps([request.path, request.query, request.headers, request.body.decode("latin-1")]), secrets
            )
        }

    def close(self) -> None:
        """Stop, in the middle of answers if need be."""
        for connection in (self._listener, *self._open):
            with contextlib.suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
        self._listener.close()
        self._authority.close()

    def __enter__(self) -> HostileServer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _accept(self) -> None:
        while True:
            try:
                connection, _address = self._listener.accept()
            except OSError:
                return
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._open.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        # Clients that go away in the middle are what this server is for.
        with contextlib.suppress(OSError, h11.RemoteProtocolError), connection:
            connect = h11.Connection(h11.SERVER)
            head = _next_event(connection, connect)
            if not isinstance(head, h11.Request):
                return
            host = head.target.decode("ascii").rpartition(":")[0].lower().strip("[]")
            connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            with self._authority.server_context(host).wrap_socket(connection, server_side=True) as tls:
                self._open.append(tls)
                while self._answer(tls, host):
                    pass

    def _answer(self, tls: socket.socket, host: str) -> bool:
        """Take a request and answer it; whether another can follow."""
        http = h11.Connection(h11.SERVER, max_incomplete_event_size=1024 * 1024)
        head = _next_event(tls, http)
        if not isinstance(head, h11.Request):
            return False
        body = b""
        while isinstance(event := _next_event(tls, http), h11.Data):
            body += bytes(event.data)
        path, _mark, query = head.target.decode("ascii").partition("?")
        headers = {name.decode("ascii").lower(): value.decode("latin-1") for name, value in head.headers}
        request = Request(head.method.decode("ascii"), host, path, query, headers, body)
        self.seen.append(request)
        try:
            genuine = (
                self.world.respond(readably(request), None)
                if host.endswith(OWN_DOMAINS)
                else Response.of_json(200, {"result": []})
            )
            spoiled = self.spoil(request, genuine)
        except Exception as error:
            self.failures.append(error)
            raise
        if spoiled is None:
            spoiled = Reply.of(genuine)
        if not isinstance(spoiled, Reply):
            for piece in [spoiled] if isinstance(spoiled, bytes) else spoiled:
                tls.sendall(piece)
            return False
        # One write for small answers: two would wait for each other's acknowledgement.
        pending = _head(spoiled)
        for piece in spoiled.body:
            tls.sendall(pending + piece)
            pending = b""
        if pending:
            tls.sendall(pending)
        return spoiled.length is not None


def readably(request: Request) -> Request:
    """``request`` as one that takes no compressed answer, which a test could not spoil."""
    return replace(
        request, headers={name: value for name, value in request.headers.items() if name != "accept-encoding"}
    )


def _head(reply: Reply) -> bytes:
    lines = [f"HTTP/1.1 {reply.status} X"] + [f"{name}: {value}" for name, value in reply.headers]
    lines.append("Connection: close" if reply.length is None else f"Content-Length: {reply.length}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _next_event(connection: socket.socket, http: h11.Connection) -> object:
    while (event := http.next_event()) is h11.NEED_DATA:
        http.receive_data(connection.recv(65536))
    return event


# Bodies


def endless(piece: bytes, first: bytes = b"", pause: float = 0.0) -> Iterable[bytes]:
    """``first``, and then ``piece`` for ever, or as near to it as a test may get."""
    yield first
    until = time.monotonic() + 60
    while time.monotonic() < until:
        yield piece
        time.sleep(pause)


def bomb(megabytes: int, layers: int = 1) -> bytes:
    """A gzip body that unpacks to that much, packed several times over."""
    data = b'{"result": "' + b" " * (megabytes * 1024 * 1024) + b'"}'
    for _layer in range(layers):
        data = gzip.compress(data, 3)
    return data
