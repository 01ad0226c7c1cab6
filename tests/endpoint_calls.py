# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""What tests of the setup endpoint's scripts share: accounts of few roles, and calls by hand."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import Any
from urllib.parse import quote

import requests
from connections import TABLES, call
from support import API_TOKEN, CLIENT_SECRET, PASSWORD

from sandbox import Sandbox

NONCE = "5a" * 32
USER = "connections.only"
# What the endpoint is asked about: the connection of the Qualtrics alias.
SUBJECT = {
    "nonce": NONCE,
    "scope": "sn_qualtrics_spoke",
    "connection_name": "Qualtrics",
    "registry_name": "Qualtrics OAuth",
}


def state_of_tables(sandbox: Sandbox) -> dict[str, Any]:
    return {
        table: sandbox.control.records("acmedev", table)
        for table in (*TABLES, "oauth_credential", "sys_properties", "sys_user")
    }


def make_connection_admin(sandbox: Sandbox, *more: str) -> None:
    """A user whose only role is connection_admin, but for ``more``."""
    sandbox.control.put(
        "acmedev", "sys_user", "c" * 32, {"user_name": USER, "user_password": PASSWORD, "active": "true"}
    )
    for index, name in enumerate(("connection_admin", *more)):
        found = [row["sys_id"] for row in sandbox.control.records("acmedev", "sys_user_role") if row["name"] == name]
        role = found[0] if found else f"{index}" * 32
        sandbox.control.put("acmedev", "sys_user_role", role, {"name": name})
        sandbox.control.put(
            "acmedev", "sys_user_has_role", f"e{index}" * 16, {"user": "c" * 32, "role": role, "state": "active"}
        )


def deny(sandbox: Sandbox, name: str, operation: str, condition: str = "") -> str:
    """Add an access control that denies it to everybody; returns its sys_id."""
    sys_id = hashlib.sha256(f"{name} {operation} {condition}".encode()).hexdigest()[:32]
    values = {
        "name": name,
        "operation": operation,
        "decision_type": "deny",
        "active": "true",
        "condition": condition,
        "type": "record",
    }
    sandbox.control.put("acmedev", "sys_security_acl", sys_id, values)
    return sys_id


def state(sandbox: Sandbox, path: str, user: str = "spoke.setup", **changes: Any) -> requests.Response:
    """Call /state for the Qualtrics alias."""
    return call(sandbox, f"{path}/state", {**SUBJECT, **changes}, user)


def update(sandbox: Sandbox, path: str, step: dict[str, Any], user: str = "spoke.setup") -> requests.Response:
    """Call /update with one step."""
    return call(sandbox, f"{path}/update", {"nonce": NONCE, "steps": [{"role": "x", **step}]}, user)


def proof(secret: str, nonce: str = NONCE) -> str:
    """The proof of ``secret``, made as the documentation says and not by the product's own code."""
    data = quote(secret, safe="-_.!~*'()").encode()
    return base64.b64encode(hmac.new(nonce.encode(), data, hashlib.sha256).digest()).decode()


def proofs(secret: str = CLIENT_SECRET, *attributes: str) -> dict[str, Any]:
    """The ``proofs`` of a call."""
    return {"client_secret": proof(secret), "attributes": [proof(value) for value in attributes or (API_TOKEN,)]}


def tables(answer: Any) -> dict[str, list[dict[str, str]]]:
    """The tables of an answer."""
    return answer.json()["result"]["state"]["tables"]


def compared(sandbox: Sandbox) -> list[str]:
    """The log lines about comparisons."""
    return [line["message"] for line in sandbox.control.log("acmedev") if " compare " in line["message"]]
