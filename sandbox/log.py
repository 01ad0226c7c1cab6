# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Which requests were made: never their headers or bodies, which hold secrets."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass
class Entry:
    """One request. ``status`` is 0 as long as, or if, there was no answer; ``connection`` counts TLS connections;
    ``items`` are the requests of a batch, each with its method and address. ``began`` and ``ended`` are seconds of a clock that only goes on;
    ``ended`` is 0 as long as, or if, there was no answer."""

    n: int
    host: str
    method: str
    path: str
    query: str
    status: int
    bytes_in: int
    bytes_out: int
    connection: int
    items: list[str]
    began: float
    ended: float = 0.0

    def answered(self, status: int, size: int) -> None:
        """Enter the answer."""
        self.status, self.bytes_out, self.ended = status, size, time.monotonic()


class RequestLog:
    """The requests since it was cleared, in the order of their arrival."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connections = itertools.count(1)
        self.clear()

    def clear(self) -> None:
        """Forget all entries."""
        with self._lock:
            self._entries: list[Entry] = []

    def next_connection(self) -> int:
        """The number of a new connection."""
        return next(self._connections)

    def add(
        self, host: str, method: str, path: str, query: str, bytes_in: int, connection: int, items: Sequence[str] = ()
    ) -> Entry:
        """Enter a request; its status and size of answer are filled in when they are known."""
        with self._lock:
            number, now = len(self._entries) + 1, time.monotonic()
            entry = Entry(number, host, method, path, query, 0, bytes_in, 0, connection, list(items), now)
            self._entries.append(entry)
            return entry

    def as_json(self) -> list[dict[str, Any]]:
        """All entries."""
        with self._lock:
            return [asdict(entry) for entry in self._entries]
