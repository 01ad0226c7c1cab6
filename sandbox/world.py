# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""All systems behind their host names, with the switches and the clock that they share."""

from __future__ import annotations

import copy
import traceback
from functools import partial
from pathlib import Path
from typing import Any

import yaml

from .faults import LOST_KINDS, Faults, Rule, is_carried_out, spoiled
from .log import RequestLog
from .systems import QUALTRICS, SERVICENOW, SYSTEMS, SeedError, Sites, items_of, system_of, with_item
from .web import Clock, Request, Response, Site

DEFAULT_SEED = Path(__file__).parent / "seeds" / "default.yml"
KEYS = " and ".join(system.name for system in SYSTEMS)
SWITCHES: dict[str, tuple[Any, ...]] = {name: values for system in SYSTEMS for name, values in system.switches.items()}
# Of each switch the first value, as long as nobody sets another.
USUAL_BEHAVIOUR = {name: values[0] for name, values in SWITCHES.items()}


def _spoiled_item(rule: Rule, item: Request, answer: Response) -> Response | None:
    return None if rule.kind in LOST_KINDS else spoiled(rule, item, answer)


def load_seed(path: str | Path) -> dict[str, Any]:
    """The seed in the YAML file ``path``. Raises `SeedError`."""
    try:
        seed = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise SeedError(str(error)) from error
    if not isinstance(seed, dict):
        raise SeedError(f"a seed is a mapping with the keys {KEYS}")
    return seed


class World:
    """All sites. State is in memory; `reset` brings back the seed and ``switches``. Raises `SeedError`, and `ValueError` for switches."""

    def __init__(self, seed: dict[str, Any] | None = None, switches: dict[str, Any] | None = None) -> None:
        self._switches = switches or {}
        self._seed = load_seed(DEFAULT_SEED) if seed is None else seed
        unknown = sorted(map(str, set(self._seed) - {system.name for system in SYSTEMS}))
        if unknown:
            raise SeedError(f"unknown keys: {', '.join(unknown)}; there is {KEYS}")
        self.behaviour: dict[str, Any] = {}
        self.clock = Clock()
        self.log = RequestLog()
        self.faults = Faults()
        self.latency_seconds = 0.0
        self.connect_seconds = 0.0
        self.errors: list[str] = []
        self.reset()

    def reset(self) -> None:
        """Forget everything that happened, faults, latency, clock and switches included."""
        # No clearing first: requests under way read it.
        self.behaviour.update(USUAL_BEHAVIOUR)
        self.switch(self._switches)
        self.clock.offset_seconds = 0.0
        self.latency_seconds = 0.0
        self.connect_seconds = 0.0
        self.faults.clear()
        self.log.clear()
        self.errors.clear()
        seed = copy.deepcopy(self._seed)
        self._sites: dict[str, Sites] = {
            system.name: system.make(seed.get(system.name) or {}, self.behaviour, self.clock, self.outbound)
            for system in SYSTEMS
        }

    @property
    def farm(self) -> Any:
        """All ServiceNow instances, for whoever looks behind their doors."""
        return self._sites[SERVICENOW.name]

    @property
    def cloud(self) -> Any:
        """All of Qualtrics, for whoever looks behind its doors or puts something else in its place."""
        return self._sites[QUALTRICS.name]

    @cloud.setter
    def cloud(self, sites: Sites) -> None:
        self._sites[QUALTRICS.name] = sites

    def site(self, host: str) -> Site | None:
        """What answers under ``host``, None for every host that is not part of the sandbox."""
        return next((site for sites in self._sites.values() if (site := sites.site(host))), None)

    def respond(self, request: Request, rule: Rule | None) -> Response:
        """What the site behind ``request`` answers, under a fault that is its own doing."""
        site = self.site(request.host)
        assert site is not None
        own_fault = system_of(request.host).own_faults.get(rule.kind) if rule else None
        answer = own_fault(site, request) if own_fault else site.respond(request)
        items = items_of(request)
        return self._spoil_items(request, items, answer) if items and answer.status == 200 else answer

    def _spoil_items(self, request: Request, items: list[Request], answer: Response) -> Response:
        """The answer to a batch whose items are hit by faults as single requests are; one whose answer would be lost is not serviced."""
        for index, item in enumerate(items):
            rule = self.faults.for_request(item)
            if rule:
                answer = with_item(answer, request, index, partial(_spoiled_item, rule, item))
        return answer

    def outbound(self, request: Request) -> Response:
        """Answer what an instance's script calls, if it is a system that scripts call. In the request log its ``connection`` is 0.

        Raises `OSError` where there is no answer.
        """
        called = [self._sites[system.name] for system in SYSTEMS if system.is_called_by_scripts]
        site = next((site for sites in called if (site := sites.site(request.host))), None)
        if site is None:
            raise OSError(f"Unknown host: {request.host}")
        if self.faults.for_connection(request.host):
            raise OSError(f"Connection refused: {request.host}")
        entry = self.log.add(request.host, request.method, request.path, request.query, len(request.body), 0)
        rule = self.faults.for_request(request)
        answer = site.respond(request) if is_carried_out(rule) else Response(200)
        if rule and rule.kind in LOST_KINDS:
            raise OSError(f"Connection reset: {request.host}")
        if rule:
            answer = spoiled(rule, request, answer)
        entry.answered(answer.status, len(answer.body))
        return answer

    def remember_failure(self) -> None:
        """Keep the exception being handled, a fault of the sandbox itself, and print it: tests are to fail loudly."""
        self.errors.append(traceback.format_exc())
        traceback.print_exc()

    def switch(self, changes: dict[str, Any]) -> None:
        """Set switches. Raises `ValueError` listing what there is."""
        for name, value in changes.items():
            if name not in SWITCHES:
                raise ValueError(f"there is no switch {name}; there is {', '.join(sorted(SWITCHES))}")
            # By type as well: to Python, 1 is True and 404.0 is 404.
            if not any(type(value) is type(allowed) and value == allowed for allowed in SWITCHES[name]):
                raise ValueError(f"{name} can be {', '.join(map(str, SWITCHES[name]))}, not {value}")
        self.behaviour.update(changes)
