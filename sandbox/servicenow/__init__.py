# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""ServiceNow: every sub-domain of service-now.com is an instance of its own."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from typing import Any

from ..web import Clock, Request, Response
from .batch import items_of, with_item
from .instance import Instance, Outbound
from .store import seeded_sys_id
from .switches import SWITCHES

__all__ = ["SWITCHES", "Farm", "Instance", "items_of", "seeded_sys_id", "with_item"]

HOST = re.compile(r"([a-z0-9][a-z0-9-]*)\.service-now\.com")


class Farm:
    """All instances; those that the seed does not name are made on first use.

    ``seed`` has ``defaults``, the description of any instance, and ``instances``, by name what the named ones have on top: lists
    are added to, mappings merged. ``behaviour`` holds the switches' present values and is read at each request. ``outbound`` answers
    what the instances' scripts call and raises `OSError` where nobody does; without it nobody ever does. Raises `ValueError` for a
    seed that names an unknown table or column.
    """

    def __init__(
        self, seed: Mapping[str, Any], behaviour: Mapping[str, object], clock: Clock, outbound: Outbound | None = None
    ) -> None:
        self._seed = seed
        self._behaviour = behaviour
        self._clock = clock
        self._outbound = outbound or _nobody
        self._lock = threading.Lock()
        self._instances: dict[str, Instance] = {}
        named = (seed.get("instances") or {}).items()
        # Both addresses of an instance with a custom URL keep answering API clients.
        self._custom_urls = {url: name for name, own in named for url in (own or {}).get("custom_urls", ())}
        for name in seed.get("instances") or {}:
            self.instance(name)

    def site(self, host: str) -> Instance | None:
        """The instance behind ``host``, None for a host that is none."""
        address = host.lower().partition(":")[0]
        match = HOST.fullmatch(address)
        name = match[1] if match else self._custom_urls.get(address)
        return self.instance(name) if name else None

    def instance(self, name: str) -> Instance:
        """The instance called ``name``."""
        with self._lock:
            if name not in self._instances:
                own = (self._seed.get("instances") or {}).get(name) or {}
                description = _merged(self._seed.get("defaults") or {}, own)
                self._instances[name] = Instance(name, description, self._behaviour, self._clock, self._outbound)
            return self._instances[name]

    def records(self, instance: str, table: str, plain: bool = False) -> list[dict[str, str]]:
        """All records of a table as stored; ``plain`` decrypts secrets. Raises `ValueError` for an unknown table."""
        return self.instance(instance).records(table, plain)

    def log(self, instance: str) -> list[dict[str, str]]:
        """What the scripts of an instance wrote into its log."""
        return self.instance(instance).log_lines()

    def put_record(self, instance: str, table: str, sys_id: str, values: Mapping[str, Any]) -> None:
        """Create or change a record by hand, past every rule. Raises `ValueError` for an unknown table or column."""
        self.instance(instance).put_record(table, sys_id, values)

    def delete_record(self, instance: str, table: str, sys_id: str) -> bool:
        """Remove a record by hand, past every rule; False if there was none."""
        return self.instance(instance).delete_record(table, sys_id)

    def orphan(self, instance: str, table: str, sys_id: str) -> bool:
        """Let a record be listed and not opened; False if there is none."""
        return self.instance(instance).orphan(table, sys_id)


def _nobody(request: Request) -> Response:
    raise OSError(f"Unknown host: {request.host}")


def _merged(base: Mapping[str, Any], extra: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(base)
    for key, value in extra.items():
        present = merged.get(key)
        if isinstance(present, dict) and isinstance(value, dict):
            value = _merged(present, value)
        elif isinstance(present, list) and isinstance(value, list):
            value = [*present, *value]
        merged[key] = value
    return merged
