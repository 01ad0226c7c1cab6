# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Scripted REST APIs: which operation an address means, who may call it, and what its script makes of the call.

The error envelope of a script that fails is that of any server exception (servicenow-rest 1.4).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote

from ...web import Request, Response
from ..acl import Session
from ..answers import ApiError
from ..store import Row
from ..values import seconds
from . import engine
from .stand_ins import host_functions

if TYPE_CHECKING:
    from ..instance import Instance

SECONDS_UNTIL_LIVE = 3.0
JSON_TYPE = "application/json;charset=UTF-8"
# Who calls an operation that asks for no login.
GUEST = Session({"sys_id": "5136503cc611227c0183e96598c4f706", "user_name": "guest"}, frozenset())
CHECK_LOGS = "Check logs for error trace or enable glide.rest.debug property to verify REST request processing"


class Operation:
    """An operation with what the path gives its parameters."""

    def __init__(self, row: Row, path_params: dict[str, str]) -> None:
        self.row = row
        self.path_params = path_params

    @property
    def method(self) -> str:
        """The HTTP method that it answers."""
        return self.row.get("http_method", "GET")

    @property
    def is_public(self) -> bool:
        """Whether it can be called without a login."""
        return self.row.get("requires_authentication") != "true"

    def may(self, session: Session) -> bool:
        """Whether the default access control lets the session in: anybody with a role, who is internal where the operation says so."""
        if self.row.get("requires_snc_internal_role") == "true" and not self.is_public and not session.is_internal:
            return False
        return self.row.get("requires_acl_authorization") != "true" or bool(session.roles)


def find(instance: Instance, request: Request) -> Operation | None:
    """The operation that ``request`` calls; None if its path is that of no active one. Raises `ApiError` for a wrong method."""
    operations = list(_of_path(instance, request))
    found = next((operation for operation in operations if operation.method == request.method), None)
    if operations and found is None:
        raise ApiError(405, "Method not Supported", f"{request.method} method not supported for API")
    return found


def find_public(instance: Instance, request: Request) -> Operation | None:
    """The operation that ``request``, which carries no login, may call all the same."""
    if "authorization" in request.headers or "x-sn-apikey" in request.headers:
        return None
    operations = _of_path(instance, request)
    return next(
        (operation for operation in operations if operation.method == request.method and operation.is_public), None
    )


def _of_path(instance: Instance, request: Request) -> Iterator[Operation]:
    for definition in instance.store.find("sys_ws_definition", active="true"):
        for row in instance.store.find("sys_ws_operation", web_service_definition=definition["sys_id"], active="true"):
            address = row.get("operation_uri", "") or _address(definition, row)
            if not address or not _is_live(instance, row):
                continue
            pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(address.rstrip("/")))
            match = re.fullmatch(rf"{pattern}/?", request.path)
            if match is not None:
                yield Operation(row, {name: unquote(value) for name, value in match.groupdict().items()})


def _address(definition: Row, operation: Row) -> str:
    """Where an operation answers that does not say so itself, as one of an update set."""
    base = definition.get("base_uri", "")
    return base and f"{base}/{operation.get('relative_path', '').strip('/')}"


def _is_live(instance: Instance, row: Row) -> bool:
    """Whether the operation has reached the part of the platform that routes requests, which can take seconds."""
    age = instance.clock.now() - seconds(row.get("sys_created_on", ""))
    return age >= SECONDS_UNTIL_LIVE or instance.switch("operation_live") == "at_once"


def respond(instance: Instance, session: Session, request: Request, operation: Operation) -> Response:
    """Run the operation's script. Raises `ApiError`."""
    if not operation.may(session):
        raise ApiError(403, "User Not Authorized", "Failed API level ACL Validation")
    if request.body and "json" not in operation.row.get("consumes", ""):
        raise ApiError(415, "Unsupported Media Type", "The request's media type is not one that the resource consumes")
    url = f"https://{request.host}{request.path}"
    given = {
        "body": request.body.decode("utf-8", "replace"),
        "query": parse_qs(request.query, keep_blank_values=True),
        "path": operation.path_params,
        "headers": {name: value for name, value in request.headers.items() if name != "authorization"},
        "queryString": request.query,
        "uri": request.path,
        "url": f"{url}?{request.query}" if request.query else url,
    }
    try:
        outcome = engine.run(
            operation.row.get("operation_script", ""),
            host_functions(instance, session),
            {"request": given},
            most_writes=instance.switch("script_killed_after"),
        )
    except engine.ScriptFailed as failure:
        instance.log("error", f"sys_ws_operation.{operation.row['sys_id']}.operation_script", str(failure))
        raise ApiError(500, str(failure), f"{failure} {CHECK_LOGS}") from None
    if "error" in outcome:
        error = outcome["error"]
        raise ApiError(error["status"], error["message"], error["detail"])
    return _response(outcome)


def _response(outcome: dict[str, Any]) -> Response:
    headers = [(name, value) for name, value in outcome["headers"].items() if name.lower() != "content-type"]
    content_type = outcome["contentType"] or JSON_TYPE
    if outcome["stream"] is not None:
        return Response(outcome["status"], outcome["stream"].encode(), [("Content-Type", content_type), *headers])
    body = b"" if outcome.get("body") is None else json.dumps({"result": outcome["body"]}).encode()
    return Response(outcome["status"], body, [("Content-Type", content_type), *headers])
