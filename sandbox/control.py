# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The control address: plain HTTP on loopback, JSON in and out, for tests and for people with curl."""

from __future__ import annotations

import json
import math
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from .qualtrics import by_hand
from .world import World

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")


class Refused(Exception):
    """What was asked cannot be done; ``status`` and the message go to the caller."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Control:
    """Serves the control address of a `World`."""

    def __init__(self, world: World, port: int = 0) -> None:
        class Handler(_Handler):
            controlled = world

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, name="sandbox-control", daemon=True
        ).start()

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    controlled: World
    timeout = 30  # of a connection on which nothing comes
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        self._run()

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the request log is for the sandbox's own sites."""

    def _run(self) -> None:
        try:
            # A web page must not be able to drive the sandbox: neither through a name that it makes point to loopback,
            # nor by a form, with which browsers send its origin.
            if self.headers.get("Host", "").rpartition(":")[0] not in LOOPBACK_NAMES or "Origin" in self.headers:
                raise Refused(403, "the control address is for loopback only, and not for web pages")
            length = self.headers.get("Content-Length") or "0"
            if not length.isdecimal():
                raise Refused(400, "Content-Length has to be a number, and not below 0")
            body = self.rfile.read(int(length))
            status, document = 200, self._act(json.loads(body) if body else {})
        except Refused as refused:
            status, document = refused.status, {"error": str(refused)}
        except RecursionError:
            status, document = 400, {"error": "the body is nested too deeply"}
        except (ValueError, TypeError) as error:
            status, document = 400, {"error": str(error)}
        payload = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def _act(self, given: Any) -> Any:
        """Do what method and path ask for; the JSON document to answer with."""
        url = urlsplit(self.path)
        for route in ROUTES:
            if route.method == self.command and (match := re.fullmatch(route.pattern, url.path)):
                if route.takes_object and not isinstance(given, dict):
                    raise Refused(400, "the body has to be a JSON object")
                asked = Asked([unquote(part) for part in match.groups()], given, parse_qs(url.query))
                answer = route.act(self.controlled, asked)
                return {} if answer is None else answer
        raise Refused(404, f"there is no {self.command} {url.path}")


@dataclass(frozen=True)
class Asked:
    """What came with a request: the variable parts of its path, the parsed body, and the query's parameters."""

    parts: list[str]
    body: Any
    query: dict[str, list[str]]


@dataclass(frozen=True)
class Route:
    """A method and a path, and what they do; nothing given back is an empty object."""

    method: str
    path: str
    act: Callable[[World, Asked], Any]
    takes_object: bool = True

    @property
    def pattern(self) -> str:
        """The path as a regular expression: each part in braces is a group."""
        return re.sub(r"\{\w+\}", "([^/]+)", self.path)


def _set_latency(world: World, asked: Asked) -> None:
    world.latency_seconds = _milliseconds(asked.body, "ms") / 1000
    world.connect_seconds = _milliseconds({"connect_ms": 0, **asked.body}, "connect_ms") / 1000


def _set_clock(world: World, asked: Asked) -> None:
    world.clock.offset_seconds = _number(asked.body, "offset_seconds")


def _switch(world: World, asked: Asked) -> Any:
    world.switch(asked.body)
    return world.behaviour


def _records(world: World, asked: Asked) -> Any:
    instance, table = asked.parts
    return world.farm.records(instance, table, asked.query.get("plain") == ["1"])


def _delete_record(world: World, asked: Asked) -> None:
    world.farm.delete_record(*asked.parts)


TABLE = "/instances/{instance}/tables/{table}"
API_TOKEN = "/qualtrics/brands/{organization_id}/users/{user_id}/apitoken"
CLIENT = "/qualtrics/clients/{client_id}"
#: The whole control address; README.md says what each is for.


def _orphan(world: World, asked: Asked) -> None:
    if not world.farm.orphan(*asked.parts):
        raise Refused(404, "there is no such record")


ROUTES = (
    Route("POST", "/reset", lambda world, asked: world.reset()),
    Route("GET", "/requests", lambda world, asked: world.log.as_json()),
    Route("DELETE", "/requests", lambda world, asked: world.log.clear()),
    Route("PUT", "/latency", _set_latency),
    Route("PUT", "/clock", _set_clock),
    Route("POST", "/faults", lambda world, asked: world.faults.add(asked.body)),
    Route("GET", "/faults", lambda world, asked: world.faults.as_json()),
    Route("DELETE", "/faults", lambda world, asked: world.faults.clear()),
    Route("PUT", "/behaviour", _switch),
    Route("GET", "/behaviour", lambda world, asked: world.behaviour),
    Route("GET", "/errors", lambda world, asked: world.errors),
    Route("GET", "/instances/{instance}/log", lambda world, asked: world.farm.log(asked.parts[0]), takes_object=False),
    Route("PUT", "/instances/{instance}/orphans/{table}/{sys_id}", _orphan, takes_object=False),
    Route("GET", TABLE, _records, takes_object=False),
    Route("PUT", TABLE + "/{sys_id}", lambda world, asked: world.farm.put_record(*asked.parts, asked.body)),
    Route("DELETE", TABLE + "/{sys_id}", _delete_record, takes_object=False),
    Route("GET", "/qualtrics/brands/{organization_id}", lambda world, asked: by_hand.brand(world.cloud, *asked.parts)),
    Route("POST", API_TOKEN, lambda world, asked: by_hand.rotate_api_token(world.cloud, *asked.parts, asked.body)),
    Route("DELETE", API_TOKEN, lambda world, asked: by_hand.remove_api_token(world.cloud, *asked.parts)),
    Route(
        "POST", CLIENT + "/secret", lambda world, asked: by_hand.rotate_secret(world.cloud, *asked.parts, asked.body)
    ),
    Route("DELETE", CLIENT, lambda world, asked: by_hand.delete_client(world.cloud, *asked.parts)),
)


def _milliseconds(given: dict[str, Any], name: str) -> float:
    milliseconds = _number(given, name)
    if milliseconds < 0:
        raise Refused(400, f"{name} has to be a number, and not below 0")
    return milliseconds


def _number(given: dict[str, Any], name: str) -> float:
    if name not in given:
        raise Refused(400, f"{name} is missing")
    value = given[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise Refused(400, f"{name} has to be a number")
    return float(value)
