# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Answers without end, bombs and trickles: a task takes bounded time and memory, and says what it thinks of the server."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from support import API_TOKEN, DIRECTORY, PROPERTY, lead_to, login, run_task

from promises.hostile.child import Run, run_in_child
from promises.hostile.every_host import HostileServer, Reply, Spoil, bomb, endless
from sandbox.web import Request, Response

# A body of the largest size allowed is held packed, unpacked, as text and as the values in it.
MOST_MEGABYTES = 180
MB = 1024 * 1024
JSON = ("Content-Type", "application/json")
GZIP = ("Content-Encoding", "gzip")
# The tasks wait for so long, and for twice as long in all.
TIMEOUT, SHORT_TIMEOUT = 5.0, 0.5


def always(reply: Callable[[], Reply | bytes | Iterable[bytes]]) -> Spoil:
    """Answer everything with a fresh ``reply``."""
    return lambda _request, _genuine: reply()


def body(data: bytes, *headers: tuple[str, str]) -> Callable[[], Reply]:
    return lambda: Reply(200, [JSON, *headers], [data], len(data))


def stream(piece: bytes, first: bytes = b"", pause: float = 0.0, *headers: tuple[str, str]) -> Callable[[], Reply]:
    return lambda: Reply(200, [JSON, *headers], endless(piece, first, pause))


def raw(piece: bytes, first: bytes = b"", pause: float = 0.0) -> Callable[[], Iterable[bytes]]:
    return lambda: endless(piece, first, pause)


TOO_MUCH = "too large or comes too slowly"
STATUS_LINE = b"HTTP/1.1 200 OK\r\n"
FLOODS: dict[str, tuple[Callable[[], Any], str]] = {
    "64 megabytes": (lambda: Reply(200, [JSON], (b" " * MB for _megabyte in range(64)), 64 * MB), TOO_MUCH),
    "endless": (stream(b" " * 65536, b'{"result": "'), TOO_MUCH),
    "endless in chunks": (
        raw(b"10000\r\n" + b" " * 65536 + b"\r\n", STATUS_LINE + b"Transfer-Encoding: chunked\r\n\r\n"),
        TOO_MUCH,
    ),
    "a line without end": (raw(b"x" * 65536, b"HTTP/1.1 200 "), "No answer from the server"),
    "headers without end": (raw(b"X-Many: 1\r\n" * 1000, STATUS_LINE), "No answer from the server"),
    "gzip bomb": (body(bomb(200), GZIP), TOO_MUCH),
    "gzip bomb in gzip": (body(bomb(20, layers=3), ("Content-Encoding", "gzip, gzip, gzip")), "was not asked for"),
    "gzip bomb below the limit": (body(bomb(15), GZIP), "is not in the format"),
    "zstd": (body(b"\x28\xb5\x2f\xfd" + b"x" * 1000, ("Content-Encoding", "zstd")), "was not asked for"),
    "gzip that is none": (body(b"no gzip", GZIP), "No answer from the server"),
    "gzip cut off": (body(bomb(1)[:-20], GZIP), "ends midway"),
    "a million small values": (body(b"[" + b"{}," * (10 * MB) + b"{}]"), TOO_MUCH),
    "as many values as allowed": (body(b'{"result": [[' + b'{"":{}},' * 166600 + b"{}]]}"), "is not in the format"),
    "wide text": (body(b'{"result": "\xf0\x9f\x98\x80' + b" " * (15 * MB) + b'"}'), "is not in the format"),
    "brackets": (body(b"[" * (10 * MB)), TOO_MUCH),
    "brackets as many as allowed": (body(b"[" * 100000 + b"]" * 100000), "not valid JSON"),
    "a number of a million digits": (body(b'{"result": ' + b"9" * MB + b"}"), "not valid JSON"),
    "an error of 8 MB": (lambda: Reply.of_json({"error": {"message": "x" * (8 * MB)}}, status=400), "HTTP 400"),
}
TRICKLES: dict[str, Callable[[], Any]] = {
    "a byte": stream(b" ", b"{", 0.2),
    "a chunk": raw(b"1\r\n \r\n", STATUS_LINE + b"Transfer-Encoding: chunked\r\n\r\n", 0.2),
    "a byte of a header": raw(b"x", STATUS_LINE + b"X-Slow: ", 0.2),
    "a header": raw(b"X-Slow: 1\r\n", STATUS_LINE, 0.2),
    "a status without meaning": raw(b"HTTP/1.1 100 Continue\r\n\r\n", b"", 0.01),
}


def task(name: str = PROPERTY, timeout: float = TIMEOUT) -> tuple[str, dict[str, Any]]:
    return "snow_sys_property", {"instance": login(timeout=timeout), "name": name, "value": DIRECTORY}


@pytest.fixture(scope="module")
def runs() -> dict[str, Run]:
    """What comes of a task for each flood, told apart by the name of the property that it asks for."""
    names = list(FLOODS)

    def spoil(request: Request, _genuine: Response) -> Any:
        number = request.args["sysparm_query"].partition("flood.")[2]
        return FLOODS[names[int(number)]][0]()

    with HostileServer(spoil) as server:
        found = run_in_child(server.environment, *(task(f"flood.{number}") for number in range(len(names))))
    assert server.failures == []
    return dict(zip(names, found, strict=True))


@pytest.mark.parametrize("name", FLOODS)
def test_a_flood_ends_soon_in_little_memory_and_with_an_explanation(runs: dict[str, Run], name: str) -> None:
    run, part = runs[name], FLOODS[name][1]
    assert "exception" not in run.result, run.result["exception"]
    assert part in run.result["msg"]
    assert "acmedev.service-now.com" in run.result["error"]["where"]
    assert len(run.result["msg"]) < 2000
    assert run.seconds < 4 * TIMEOUT + 5
    assert run.megabytes < MOST_MEGABYTES


@pytest.fixture(scope="module")
def first_failure() -> None:
    """What a process does once, with its first task and its first failure, and what would count as time that a task waits for its answer:
    imports, and reading what the messages of all modules are.
    """
    refusal = Reply.of_json({"error": {"message": "Refused"}}, status=400)
    with HostileServer(always(lambda: refusal)) as server, pytest.MonkeyPatch.context() as patch:
        lead_to(server.environment, patch)
        assert "HTTP 400" in run_task(*task())["msg"]


@pytest.mark.usefixtures("first_failure")
@pytest.mark.parametrize(
    ("method", "name"), [*(("GET", name) for name in TRICKLES), ("PATCH", "a byte"), ("PATCH", "a header")]
)
def test_a_trickle_is_cut_off_after_twice_the_timeout(monkeypatch: pytest.MonkeyPatch, name: str, method: str) -> None:
    with HostileServer(lambda request, _genuine: TRICKLES[name]() if request.method == method else None) as server:
        lead_to(server.environment, monkeypatch)
        started = time.monotonic()
        result = run_task(*task(timeout=SHORT_TIMEOUT))
        assert time.monotonic() - started < (2 if method == "GET" else 6) * SHORT_TIMEOUT + 3
    # The genuine answer behind the trickle was carried out, which is found out by looking.
    assert result.get("changed") if method == "PATCH" else TOO_MUCH in result["msg"]


def pages(request: Request, genuine: Response) -> Reply | None:
    """The list of directories goes on for ever, a megabyte a page."""
    if not request.path.endswith("/directories"):
        return None
    elements = [{"directoryId": DIRECTORY, "name": "x" * MB, "isDefault": True}]
    return Reply.of_json(
        {"result": {"elements": elements, "nextPage": f"https://{request.host}{request.path}?skipToken=x"}, "meta": {}}
    )


def rows(request: Request, genuine: Response) -> Reply:
    """Every page of every table is full, and the total tells of another."""
    row = dict.fromkeys(request.args["sysparm_fields"].split(","), "true")
    page = [{**row, "name": PROPERTY, "description": "x" * 2000}] * int(request.args["sysparm_limit"])
    return Reply.of_json({"result": page}, ("X-Total-Count", "19999"))


def rows_without_total(request: Request, genuine: Response) -> Reply:
    return Reply.of_json({"result": json.loads(b"".join(rows(request, genuine).body))["result"]})


def more_rows_than_asked_for(request: Request, genuine: Response) -> Reply:
    row = dict.fromkeys(request.args["sysparm_fields"].split(","), PROPERTY)
    return Reply.of_json({"result": [row] * 5000}, ("X-Total-Count", "5000"))


def test_what_a_task_takes_of_memory_is_seen() -> None:
    with HostileServer(always(body(b'{"result": "' + b" " * (14 * MB) + b'"}'))) as server:
        (run,) = run_in_child(server.environment, task())
    assert 14 < run.megabytes < MOST_MEGABYTES


@pytest.mark.parametrize("spoil", [rows, rows_without_total, more_rows_than_asked_for])
def test_tables_without_end(spoil: Spoil) -> None:
    with HostileServer(spoil) as server:
        (run,) = run_in_child(server.environment, task())
        assert server.failures == []
    assert run.result["error"]["kind"] == "unexpected_answer"
    assert run.megabytes < MOST_MEGABYTES
    assert len(server.seen) <= 21


def test_pages_of_directories_without_end() -> None:
    with HostileServer(pages) as server:
        (run,) = run_in_child(
            server.environment, ("qualtrics_account_info", {"api_token": API_TOKEN, "datacenter_id": "fra1"})
        )
    assert TOO_MUCH in run.result["msg"]
    assert run.megabytes < MOST_MEGABYTES


def test_small_pages_of_directories_without_end() -> None:
    def spoil(request: Request, genuine: Response) -> Reply | None:
        page = {"result": {"elements": [], "nextPage": f"https://{request.host}{request.path}?skipToken=x"}}
        return Reply.of_json(page) if request.path.endswith("/directories") else None

    with HostileServer(spoil) as server:
        (run,) = run_in_child(
            server.environment, ("qualtrics_account_info", {"api_token": API_TOKEN, "datacenter_id": "fra1"})
        )
    assert "did not end after 200 pages" in run.result["msg"]
    assert run.seconds < 30


def test_a_compressed_answer_is_read_like_any_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def spoil(request: Request, genuine: Response) -> Reply:
        assert request.headers["accept-encoding"] == "gzip"
        packed = gzip.compress(genuine.body)
        return Reply(genuine.status, [*genuine.headers, GZIP], [packed], len(packed))

    with HostileServer(spoil) as server:
        lead_to(server.environment, monkeypatch)
        assert run_task(*task())["changed"]
        assert server.failures == []
