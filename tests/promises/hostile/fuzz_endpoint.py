# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Input of every shape for the setup endpoint's operations, and what has to hold whatever it is.

``python tests/promises/hostile/fuzz_endpoint.py --examples 10000`` is the long run; test_fuzz_endpoint.py takes a sample. Each example starts from a
good call, some of whose parts are exchanged for others: other types, names of JavaScript's own, references to other records, sizes.
"""

from __future__ import annotations

import argparse
import base64
import copy
import importlib
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "collections")]

from tools import link_collection  # noqa: E402

link_collection.main()
# Python remembers that the folder was not there.
importlib.invalidate_caches()

import hypothesis  # noqa: E402
from connections import OPERATIONS, configure, install_endpoint, one  # noqa: E402
from endpoint_calls import NONCE, SUBJECT, USER, make_connection_admin  # noqa: E402
from hypothesis import strategies as st  # noqa: E402
from support import API_TOKEN, CLIENT_SECRET, PASSWORD, leaks  # noqa: E402

from sandbox import Sandbox  # noqa: E402
from sandbox.web import Request, Response  # noqa: E402

HOST = "acmedev.service-now.com"
CALLERS = {"spoke.setup": PASSWORD, USER: PASSWORD, "itil.user": "sandbox-Password-2"}
LONGEST_SECONDS = 5.0
# What an account of that name may not change through the endpoint, whatever it sends.
CONNECTION_TABLES = ("http_connection", "sys_variable_value")
OAUTH_TABLES = (
    "oauth_2_0_credentials",
    "oauth_entity",
    "oauth_entity_profile",
    "oauth_entity_scope",
    "oauth_entity_profile_scope",
)
TOKEN_TABLES = ("oauth_credential", "oauth_requestor_profile")
MAY_CHANGE = {
    "spoke.setup": (*CONNECTION_TABLES, *OAUTH_TABLES, *TOKEN_TABLES),
    USER: CONNECTION_TABLES,
    "itil.user": (),
}

NAMES = [
    "__proto__",
    "constructor",
    "toString",
    "hasOwnProperty",
    "length",
    "sys_id",
    "role",
    "values",
    "secret",
    "element",
    "proofs",
    "nonce",
]
TABLES = [
    *CONNECTION_TABLES,
    *OAUTH_TABLES,
    *TOKEN_TABLES,
    "sys_user",
    "sys_properties",
    "sys_ws_operation",
    "sys_alias",
    "sys_security_acl",
]
TEXTS = [
    *(
        "",
        "x",
        "0" * 32,
        "f" * 32,
        "true",
        "javascript:gs.log(1)",
        " JavaScript:x",
        "a\x00b",
        "a^NQname=api.client",
        "^ORDERBYname",
        "*",
    ),
    *(
        "client_secret",
        "user_password",
        "connection_alias.sys_scope",
        "sn_qualtrics_spoke",
        "global",
        "api.client",
        "Qualtrics OAuth",
        "y" * 9000,
    ),
    *(
        "https://evil.example/",
        "http://acme.qualtrics.com",
        "/../oauth2/token",
        "\ud800",
        "ünï😀",
        "create",
        "update",
        "delete",
        "[object Object]",
    ),
]


class Target:
    """A configured instance with the endpoint, put back to the same state before every example."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.path = install_endpoint(sandbox)
        configure(get_token=True)
        make_connection_admin(sandbox)
        self.sys_ids = [
            row["sys_id"]
            for table in (*CONNECTION_TABLES, *OAUTH_TABLES)
            for row in sandbox.control.records("acmedev", table)
        ]
        self.good = _good_calls(sandbox)
        self._sandbox = sandbox
        self._instance = sandbox.world.farm.site(HOST)
        self._start = self._instance.store.state()
        stored = [one(sandbox, "oauth_entity")["client_secret"]]
        tokens = [row["token_received"] for row in sandbox.control.records("acmedev", "oauth_credential", plain=True)]
        self._secrets = (CLIENT_SECRET, API_TOKEN, *stored, *tokens)

    def check(self, operation: str, user: str, document: Any) -> int:
        """Send one call and assert what has to hold; returns the status."""
        self._instance.store.exchange({table: dict(rows) for table, rows in self._start.items()})
        started = time.monotonic()
        answer = self._send(operation, user, json.dumps(document).encode())
        assert time.monotonic() - started < LONGEST_SECONDS
        text = answer.body.decode()
        given = json.dumps(document)
        secrets = tuple(secret for secret in self._secrets if secret not in given)
        assert leaks(text, secrets) == [], text
        assert answer.status in (200, 400, 403, 409, 413, 422), text
        assert answer.status == 200 or "Spoke Connection Setup version" in text, text
        after = self._instance.store.state()
        for table in {*self._start, *after} - set(MAY_CHANGE[user]):
            assert after.get(table, {}) == self._start.get(table, {}), table
        self._check_inbound_clients(after)
        if operation == "rotate" and answer.status != 200:
            # Whatever is refused there is refused before anything is written.
            assert after == self._start
        return answer.status

    def _check_inbound_clients(self, after: dict[str, Any]) -> None:
        for sys_id, row in self._start["oauth_entity"].items():
            if row.get("type") == "client":
                assert after["oauth_entity"][sys_id] == row

    def _send(self, operation: str, user: str, body: bytes) -> Response:
        login = base64.b64encode(f"{user}:{CALLERS[user]}".encode()).decode()
        headers = {
            "host": HOST,
            "authorization": f"Basic {login}",
            "content-type": "application/json",
            "accept": "application/json",
        }
        return self._instance.respond(Request("POST", HOST, f"{self.path}/{operation}", "", headers, body))


def _good_calls(sandbox: Sandbox) -> dict[str, dict[str, Any]]:
    connection = one(sandbox, "http_connection")
    proofs = {"client_secret": "cHJvb2Y=", "attributes": ["cHJvb2Y="]}
    step = {
        "role": "registry",
        "table": "oauth_entity",
        "action": "update",
        "sys_id": one(sandbox, "oauth_entity")["sys_id"],
        "values": {"comments": "x", "name": "y"},
        "secret": {"client_secret": "sandbox-new-fake"},
        "only_new": ["name"],
    }
    attribute = {
        "table": "sys_variable_value",
        "element": "x_api_token",
        "connection": connection["sys_id"],
        "value": "sandbox-new-fake",
    }
    link = {
        "role": "link",
        "table": "oauth_2_0_credentials",
        "action": "create",
        "sys_id": "a" * 32,
        "values": {"name": {"role": "registry"}},
    }
    form = {"connection.name": "n", "credential.oauth_entity.client_secret": "sandbox-new-fake"}
    call = {"nonce": NONCE, "connection_sys_id": connection["sys_id"]}
    return {
        "state": {**SUBJECT, "proofs": proofs},
        "configure": {**SUBJECT, "alias_sys_id": connection["connection_alias"], "form": form},
        "update": {**SUBJECT, "proofs": proofs, "steps": [step, attribute, link]},
        "token": {**call, **SUBJECT},
        "test": {**call, "path": "/directories", "headers": {"X-API-TOKEN": "x_api_token"}},
        "rotate": {
            **call,
            **SUBJECT,
            "proofs": proofs,
            "steps": [{**step, "values": {"comments": "x", "client_id": "y"}}, attribute],
            "get_token": "true",
            "path": "/directories",
            "headers": {"X-API-TOKEN": "x_api_token"},
            "needed": ["X-API-TOKEN"],
        },
    }


def values(target: Target) -> st.SearchStrategy[Any]:
    """Anything that can stand in the place of a part of a call."""
    texts = st.one_of(st.sampled_from([*TEXTS, *NAMES, *TABLES, *target.sys_ids]), st.text(max_size=40))
    leaves = st.one_of(texts, st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False))
    named = st.one_of(st.sampled_from([*NAMES, *TABLES]), st.text(max_size=20))
    return st.recursive(
        leaves,
        lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(named, inner, max_size=4)),
        max_leaves=8,
    )


def _places(document: Any) -> list[tuple[Any, Any]]:
    """Every part of ``document``, as container and key."""
    pairs = (
        list(document.items())
        if isinstance(document, dict)
        else list(enumerate(document))
        if isinstance(document, list)
        else []
    )
    return [place for key, value in pairs for place in [(document, key), *_places(value)]]


@st.composite
def calls(draw: st.DrawFn, target: Target) -> tuple[str, str, Any]:
    """An operation, a caller and a document."""
    operation = draw(st.sampled_from(list(OPERATIONS)))
    # Most of them by whoever may do most, since the others are soon refused.
    user = draw(st.sampled_from([*["spoke.setup"] * 4, *CALLERS]))
    if draw(st.integers(0, 19)) == 0:
        return operation, user, draw(values(target))
    document = copy.deepcopy(target.good[operation])
    for _change in range(draw(st.integers(1, 4))):
        places = [place for place in _places(document) if place[1] != "nonce" or draw(st.integers(0, 9)) == 0]
        if not places:
            break
        container, key = draw(st.sampled_from(places))
        kind = draw(st.sampled_from(["exchange", "exchange", "remove", "rename", "repeat"]))
        if kind == "exchange":
            container[key] = draw(values(target))
        elif kind == "remove":
            container.pop(key)
        elif kind == "rename" and isinstance(container, dict):
            container[draw(st.sampled_from([*NAMES, *TABLES, "client_secret", "oauth_entity_profile"]))] = (
                container.pop(key)
            )
        elif isinstance(container, list):
            container.extend([copy.deepcopy(container[key])] * draw(st.sampled_from([1, 3, 600])))
    return operation, user, document


def run(sandbox: Sandbox, examples: int) -> dict[int, int]:
    """Try ``examples`` calls; how many were answered with which status. Raises `AssertionError` with the smallest call that breaks a promise."""
    target = Target(sandbox)
    counted: dict[int, int] = {}
    checks = [
        hypothesis.HealthCheck.too_slow,
        hypothesis.HealthCheck.data_too_large,
        hypothesis.HealthCheck.large_base_example,
    ]

    @hypothesis.settings(max_examples=examples, deadline=None, suppress_health_check=checks, database=None)
    @hypothesis.given(calls(target))
    def attempt(call: tuple[str, str, Any]) -> None:
        status = target.check(*call)
        counted[status] = counted.get(status, 0) + 1

    attempt()
    return counted


def main() -> None:
    """The long run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=10000, help="how many calls to try")
    arguments = parser.parse_args()
    if arguments.examples < 1:
        parser.error("--examples has to be at least 1")
    with Sandbox() as sandbox:
        os.environ.update(sandbox.environment)
        started = time.monotonic()
        counted = run(sandbox, arguments.examples)
    listed = ", ".join(f"{status}: {number}" for status, number in sorted(counted.items()))
    print(
        f"{sum(counted.values())} calls in {time.monotonic() - started:.0f} s, by status {listed}; every promise held"
    )


if __name__ == "__main__":
    main()
