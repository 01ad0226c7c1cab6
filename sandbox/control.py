# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""The control address: plain HTTP on loopback, JSON in and out, for tests and for people with curl."""
from __future__ import annotations

import json
import math
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from .world import World

LOOPBACK_NAMES = ("127.0.0.1", "localhost", "[::1]")
LOG = re.compile(r"/instances/([^/]+)/log")
ORPHAN = re.compile(r"/instances/([^/]+)/orphans/([^/]+)/([^/]+)")
TABLE = re.compile(r"/instances/([^/]+)/tables/([^/]+)(?:/([^/]+))?")


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
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, name="sandbox-control", daemon=True).start()

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
        if table := TABLE.fullmatch(url.path):
            instance, name, sys_id = (unquote(part) if part else "" for part in table.groups())
            return self._table(instance, name, sys_id, given, parse_qs(url.query).get("plain") == ["1"])
        if self.command == "GET" and (log := LOG.fullmatch(url.path)):
            return self.controlled.farm.log(unquote(log[1]))
        if self.command == "PUT" and (orphan := ORPHAN.fullmatch(url.path)):
            if not self.controlled.farm.orphan(*map(unquote, orphan.groups())):
                raise Refused(404, "there is no such record")
            return {}
        if not isinstance(given, dict):
            raise Refused(400, "the body has to be a JSON object")
        world, route = self.controlled, f"{self.command} {url.path}"
        if route == "POST /reset":
            world.reset()
        elif route == "GET /requests":
            return world.log.as_json()
        elif route == "DELETE /requests":
            world.log.clear()
        elif route == "PUT /latency":
            milliseconds = _number(given, "ms")
            if milliseconds < 0:
                raise Refused(400, "ms has to be a number, and not below 0")
            world.latency_seconds = milliseconds / 1000
        elif route == "PUT /clock":
            world.clock.offset_seconds = _number(given, "offset_seconds")
        elif route == "POST /faults":
            world.faults.add(given)
        elif route == "GET /faults":
            return world.faults.as_json()
        elif route == "DELETE /faults":
            world.faults.clear()
        elif route == "PUT /behaviour":
            world.switch(given)
            return world.behaviour
        elif route == "GET /behaviour":
            return world.behaviour
        elif route == "GET /errors":
            return world.errors
        else:
            raise Refused(404, f"there is no {route}")
        return {}

    def _table(self, instance: str, table: str, sys_id: str, given: Any, plain: bool) -> Any:
        farm = self.controlled.farm
        if self.command == "GET" and not sys_id:
            return farm.records(instance, table, plain)
        if self.command == "PUT" and sys_id:
            if not isinstance(given, dict):
                raise Refused(400, "the body has to be a JSON object")
            farm.put_record(instance, table, sys_id, given)
        elif self.command == "DELETE" and sys_id:
            farm.delete_record(instance, table, sys_id)
        else:
            raise Refused(404, f"there is no {self.command} for this address")
        return {}


def _number(given: dict[str, Any], name: str) -> float:
    if name not in given:
        raise Refused(400, f"{name} is missing")
    value = given[name]
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise Refused(400, f"{name} has to be a number")
    return float(value)
