# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Calls to an instance without a wire in between, for tests of what the instance itself does."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import yaml

from ..web import Clock, Request
from . import Farm

DEFAULT_SEED = Path(__file__).parent.parent / "seeds" / "default.yml"


@dataclass(frozen=True)
class Answer:
    """A response with its JSON read; of a repeated header the last counts."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        """The whole JSON document."""
        return json.loads(self.body)

    @property
    def result(self) -> Any:
        """What the Table API calls the result."""
        return self.document["result"]

    @property
    def error(self) -> tuple[str, str | None]:
        """Message and detail of an error."""
        error = self.document["error"]
        return error["message"], error["detail"]


def basic(user_name: str, password: str) -> dict[str, str]:
    """The header of a Basic login."""
    return {"authorization": "Basic " + base64.b64encode(f"{user_name}:{password}".encode()).decode()}


class Caller:
    """A client of one instance in a farm of its own; ``changes`` are laid over the default seed's description of it."""

    def __init__(self, name: str = "acmedev", changes: Mapping[str, Any] | None = None) -> None:
        seed = yaml.safe_load(DEFAULT_SEED.read_text(encoding="utf-8"))["servicenow"]
        if changes:
            seed["defaults"] = {**seed["defaults"], **changes}
        self.name = name
        self.behaviour: dict[str, object] = {}
        self.clock = Clock()
        self.farm = Farm(seed, self.behaviour, self.clock)
        self.headers = basic("spoke.setup", "sandbox-Password-1")

    def send(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None = None,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send a request; ``headers`` replace the login."""
        host = f"{self.name}.service-now.com"
        sent = dict(self.headers if headers is None else headers)
        response = self.farm.instance(self.name).respond(
            Request(method, host, path, urlencode(params or {}), sent, body)
        )
        return Answer(response.status, {name.lower(): value for name, value in response.headers}, response.body)

    def table(self, method: str, table: str, sys_id: str = "", body: Any = None, **params: str) -> Answer:
        """Call the Table API; ``params`` without their ``sysparm_``."""
        path = f"/api/now/table/{quote(table)}" + (f"/{quote(sys_id)}" if sys_id else "")
        content = b"" if body is None else json.dumps(body).encode()
        return self.send(method, path, {f"sysparm_{name}": value for name, value in params.items()}, content)

    def install(self, script: str, path: str = "/run", method: str = "POST", **columns: Any) -> str:
        """Make an operation of a scripted REST API from the body of its ``process`` function; its address."""
        kept = self.stored("sys_ws_definition", service_id="test")
        api = kept[0]["sys_id"] if kept else self.insert("sys_ws_definition", name="Test", service_id="test")
        for row in self.stored("sys_ws_operation", web_service_definition=api, relative_path=path, http_method=method):
            self.farm.delete_record(self.name, "sys_ws_operation", row["sys_id"])
        text = f"(function process(/*RESTAPIRequest*/ request, /*RESTAPIResponse*/ response) {{\n{script}\n}})(request, response);"
        values = {
            "name": path,
            "web_service_definition": api,
            "http_method": method,
            "relative_path": path,
            "operation_script": text,
        }
        operation = self.insert("sys_ws_operation", **values, **columns)
        return self.read("sys_ws_operation", operation)["operation_uri"]

    def run(self, script: str, body: Any = None) -> Any:
        """What the body of a ``process`` function returns, called with ``body``."""
        content = b"" if body is None else json.dumps(body).encode()
        answer = self.send("POST", self.install(script), body=content)
        assert answer.status == 200, answer.body
        return answer.result if answer.body else None

    def names(self, table: str, query: str, column: str = "name") -> list[str]:
        """The ``column`` of the rows that ``query`` finds."""
        return [
            row[column]
            for row in self.table("GET", table, query=query, fields=column, exclude_reference_link="true").result
        ]

    def insert(self, table: str, **values: Any) -> str:
        """Insert a record and return its sys_id."""
        answer = self.table("POST", table, body=values)
        assert answer.status == 201, answer.body
        return answer.result["sys_id"]

    def read(self, table: str, sys_id: str) -> dict[str, str]:
        """A record as stored, references as sys_ids."""
        return self.table("GET", table, sys_id, exclude_reference_link="true").result

    def stored(self, table: str, plain: bool = True, **values: str) -> list[dict[str, str]]:
        """The stored records with these values, secrets decrypted."""
        rows = self.farm.records(self.name, table, plain)
        return [row for row in rows if all(row[name] == value for name, value in values.items())]

    def token(self, **form: str) -> Answer:
        """Ask for an OAuth token."""
        headers = {"content-type": "application/x-www-form-urlencoded"}
        return self.send("POST", "/oauth_token.do", body=urlencode(form).encode(), headers=headers)
