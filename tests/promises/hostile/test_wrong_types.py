# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Any node of any genuine answer becomes something else: the task succeeds or says what is wrong, and is never at a loss.

``EXAMPLES=500 pytest tests/promises/hostile/test_wrong_types.py`` tries more, ``SEED=7`` others.
"""

from __future__ import annotations

import json
import os
import time
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile import writer
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire import session as wire
from connections import endpoint_api
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st
from support import SPOKE_SCOPE, lead_to, leaks, login, qualtrics_connection, run_task

from promises.hostile.every_host import HostileServer, Reply
from promises.hostile.options import HIDDEN
from promises.hostile.test_credentials import TASKS as SINGLE_TASKS
from promises.hostile.test_credentials import TRUSTED
from sandbox.web import Request, Response

EXAMPLES = int(os.environ.get("EXAMPLES", "12"))
SEED = os.environ.get("SEED", "1")
SECONDS = 20
KINDS = (
    *(
        "login",
        "access",
        "missing",
        "ambiguous",
        "not_stored",
        "mismatch",
        "manual_step",
        "unreachable",
        "rate_limited",
    ),
    *("unexpected_answer", "outcome_unknown", "provider_refused"),
)
Task = tuple[str, dict[str, Any]]
ENDPOINT: Task = ("snow_scripted_rest_api", endpoint_api())
CONNECT: Task = ("snow_connection_alias", {**qualtrics_connection(), "get_token": True, "test_path": "/directories"})
REMOVE: Task = ("snow_connection_alias", {"instance": login(), "scope": SPOKE_SCOPE, "state": "absent"})
# What is run undisturbed, and then what meets the wrong answers.
TASKS: dict[str, tuple[list[Task], Task]] = {
    **{name: ([], task) for name, task in SINGLE_TASKS.items()},
    "connection again": ([CONNECT], CONNECT),
    "removal": ([CONNECT], REMOVE),
    "connection by endpoint": ([ENDPOINT], CONNECT),
    "connection by endpoint again": ([ENDPOINT, CONNECT], CONNECT),
    "removal by endpoint": ([ENDPOINT, CONNECT], REMOVE),
}
# Written into the body as they are: JSON libraries do not write them.
RAW = [
    "NaN",
    "Infinity",
    "1e999",
    "9" * 5000,
    "[" * 100000 + "]" * 100000,
    '{"a":' * 99 + "{}" + "}" * 99,
    '"\\ud800"',
    "tru",
    '"\\u0000"',
    "",
]
ODD: list[Any] = [
    *(
        None,
        True,
        False,
        0,
        -1,
        10**30,
        0.5,
        "",
        " ",
        "text",
        "true",
        "javascript:1",
        "²",
        "\u202e",
        "ü" * 5000,
        "a,b^c",
        "https://evil.example/",
    ),
    *(
        [],
        [None],
        [[]],
        ["a", {}],
        {},
        {"value": None},
        {"value": {"value": []}},
        {"": ""},
        {"sys_id": 7},
        [{"sys_id": "x"}] * 3,
    ),
]


@pytest.fixture(scope="module")
def server() -> Iterator[HostileServer]:
    """One server for all; every example brings its own spoiler."""
    with HostileServer(lambda _request, _genuine: None) as server:
        yield server


@pytest.fixture(autouse=True)
def quick(server: HostileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Less patience than a real run has, and the way to the server."""
    monkeypatch.setattr(wire, "ATTEMPTS", 1)
    monkeypatch.setattr(writer, "READ_BACK_PAUSE_SECONDS", 0.01)
    monkeypatch.setattr(writer, "DUPLICATE_PAUSE_SECONDS", 0.01)
    lead_to(server.environment, monkeypatch)


def paths(document: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths to all nodes of a document."""
    yield path
    children = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for key, child in children:
        yield from paths(child, (*path, key))


def changed(document: Any, path: tuple[Any, ...], value: Any) -> Any:
    """``document`` with ``value`` in the place that ``path`` leads to."""
    if not path:
        return value
    place = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return document


def without(document: Any, path: tuple[Any, ...]) -> Any:
    """``document`` without what ``path`` leads to."""
    if path:
        place = document
        for key in path[:-1]:
            place = place[key]
        del place[path[-1]]
    return document


class Spoiler:
    """Spoils the answer number ``first`` and, if ``lasting``, all that follow, each at the node number ``node``."""

    def __init__(self, first: int, lasting: bool, node: int, how: str, value: Any) -> None:
        self._numbers = iter(range(10**9))
        self._first, self._lasting, self._node, self._how, self._value = first, lasting, node, how, value

    def __call__(self, _request: Request, genuine: Response) -> Reply | None:
        number = next(self._numbers)
        if number < self._first or (number > self._first and not self._lasting) or not genuine.body:
            return None
        document = json.loads(genuine.body)
        nodes = list(paths(document))
        path = nodes[self._node % len(nodes)]
        if self._how == "remove":
            body = json.dumps(without(document, path)).encode()
        elif self._how == "raw":
            body = json.dumps(changed(document, path, "(raw)")).replace('"(raw)"', self._value).encode()
        else:
            body = json.dumps(changed(document, path, self._value)).encode()
        return Reply(genuine.status, genuine.headers, [body], len(body))


SPOILERS = st.tuples(
    st.integers(0, 25),
    st.booleans(),
    st.integers(0, 200),
    st.sampled_from(
        [("replace", value) for value in ODD] * 2 + [("raw", value) for value in RAW] + [("remove", None)] * 8
    ),
).map(lambda drawn: Spoiler(drawn[0], drawn[1], drawn[2], *drawn[3]))


@pytest.mark.sampled(every=3)
@pytest.mark.parametrize("name", TASKS)
def test_a_task_knows_what_to_say_to_any_answer(server: HostileServer, name: str) -> None:
    before, (module, options) = TASKS[name]

    @seed(zlib.crc32(f"{SEED}/{name}".encode()))
    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(SPOILERS)
    def meet(spoiler: Spoiler) -> None:
        server.world.reset()
        server.spoil = lambda _request, _genuine: None
        for task in before:
            assert "msg" not in run_task(*task)
        server.seen.clear()
        server.spoil = spoiler
        started = time.monotonic()
        result = run_task(module, options, no_log=name in HIDDEN)
        assert time.monotonic() - started < SECONDS
        assert_clear(result)
        assert leaks(json.dumps(result)) == [] or name in HIDDEN
        assert server.betrayed_to(*TRUSTED) == set()
        assert server.hosts <= {*TRUSTED, *(host for host in server.hosts if host.endswith(".qualtrics.com"))}
        assert server.failures == []

    meet()


def assert_clear(result: dict[str, Any]) -> None:
    """The result is success, or a failure that says what, where, and why or what to do."""
    assert "exception" not in result, result["exception"]
    if result.get("failed"):
        error = result["error"]
        assert error["kind"] in (*KINDS, "input")
        assert error["what"]
        # An alias or a form that the instance tells of may have no place for what the task gives.
        assert error["kind"] == "input" or error["where"]
        assert error["why"] or error["advice"]
        assert len(result["msg"]) < 20000


HEADERS = [
    ("X-Total-Count", value)
    for value in ("", "many", "-1", "1.5", "1_0", "٣".encode().decode("latin-1"), "9" * 400, "NaN", "2, 2", " 1")
]
HEADERS += [
    ("Date", value)
    for value in ("", "never", "0", "9" * 400, "Mon, 99 Foo 2026 99:99:99 GMT", "Fri, 31 Dec 9999 23:59:59 -2359", "é")
]
HEADERS += [("Content-Type", value) for value in ("", "text/html", "application/json; charset=utf-16", "x" * 60000)]
HEADERS += [
    ("Content-Encoding", ""),
    ("Content-Encoding", "identity"),
    ("Link", '<<>>;;;rel="next"'),
    ("X-Transaction-ID", "x" * 60000),
]
HEADERS += [("Connection", "upgrade"), ("Transfer-Encoding", "identity"), ("Set-Cookie", "=;;;"), ("X-Many", "1")]


@pytest.mark.parametrize(("name", "value"), HEADERS)
def test_odd_headers_change_nothing_that_matters(server: HostileServer, name: str, value: str) -> None:
    server.world.reset()
    server.spoil = lambda _request, genuine: Reply(
        genuine.status,
        [header for header in genuine.headers if header[0] != name] + [(name, value)],
        [genuine.body],
        len(genuine.body),
    )
    for module, options in (SINGLE_TASKS["property"], SINGLE_TASKS["spoke"], SINGLE_TASKS["account"]):
        result = run_task(module, options)
        assert_clear(result)
        assert not result.get("failed"), result["msg"]
