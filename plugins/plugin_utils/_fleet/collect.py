# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""What a run did and found, kept by instance: from task results, so that a host that died is in it like the others."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ansible_collections.snow_ops.spokes.plugins.plugin_utils._fleet.events import Event
from ansible_collections.snow_ops.spokes.plugins.plugin_utils._fleet.failures import Failure, failed_before
from ansible_collections.snow_ops.spokes.plugins.plugin_utils._fleet.instances import instance_not_run, instance_of
from ansible_collections.snow_ops.spokes.plugins.plugin_utils._fleet.visit import Visit

# The entry point that only frames the verification, whose tasks come one by one.
FRAME = "report"


class Fleet:
    """Takes events and gives instances."""

    def __init__(self) -> None:
        self.visits: list[Visit] = []
        self._open: dict[str, Visit] = {}
        self._deaths: dict[str, Failure] = {}
        self._expected: dict[tuple[str, str], None] = {}
        # What was made of an instance's visits, and of how many of their events: it is asked for after every host.
        self._made: dict[str, tuple[tuple[int, ...], dict[str, Any]]] = {}

    def expect(self, host: str, labels: Iterable[str] = ("",)) -> None:
        """Have in mind that ``host`` was to go through the instances called ``labels``, even if it does not come to
        that.
        """
        self._expected.update({(host, label): None for label in labels})

    def forget(self, host: str) -> None:
        """No longer expect ``host``: the role was left out on it."""
        for host_and_label in [entry for entry in self._expected if entry[0] == host]:
            del self._expected[host_and_label]

    def take(self, event: Event) -> None:
        """Keep what ``event`` says. Of tasks outside the role only failures count: they keep it from running."""
        if event.is_structure:
            return
        if event.role:
            if event.entry != FRAME or not event.is_ok:
                self._visit(event).take(event)
        elif not event.is_ok:
            self._deaths.setdefault(event.host, failed_before(event))

    def instances(self, dead: Iterable[str] = ()) -> list[dict[str, Any]]:
        """What is known of each instance, sorted by its name; ``dead`` are the hosts that had failed or were
        unreachable in the end.

        Only then are instances missed that were expected: a condition or ``run_once`` leaves hosts out on purpose.
        """
        dead = list(dead)
        for host in dead:
            self._bury(host)
        by_key: dict[str, list[Visit]] = {}
        for visit in self._counted():
            by_key.setdefault(visit.key, []).append(visit)
        found = [self._instance(key, visits) for key, visits in by_key.items()]
        seen = {(visit.host, visit.label) for visit in self.visits} | {(visit.host, "") for visit in self.visits}
        absent = [(host, label) for host, label in self._expected if dead and (host, label) not in seen]
        missed = [instance_not_run(host, label) for host, label in absent]
        return sorted([*found, *missed], key=lambda entry: entry["instance"])

    def _counted(self) -> list[Visit]:
        """The visits without those that the role began anew before it was known which instance they are to."""
        lasts = {(visit.host, visit.label): visit for visit in self.visits}
        return [
            visit for visit in self.visits if visit.instance or visit.failure or visit is lasts[visit.host, visit.label]
        ]

    def _instance(self, key: str, visits: list[Visit]) -> dict[str, Any]:
        events = tuple(visit.events for visit in visits)
        if self._made.get(key, ((), {}))[0] != events:
            self._made[key] = (events, instance_of(key, visits))
        return self._made[key][1]

    def _visit(self, event: Event) -> Visit:
        """The visit that ``event`` belongs to: the host's current one, or another one that begins with it."""
        visit = self._open.get(event.host)
        if visit is None or visit.is_left_by(event):
            visit = self._begin(Visit(event.host, event.label, event.role, event.entry))
        visit.enter(event)
        return visit

    def _begin(self, visit: Visit) -> Visit:
        self.visits.append(visit)
        self._open[visit.host] = visit
        return visit

    def _bury(self, host: str) -> None:
        """Let the last instance of a host that died have failed, whatever the host died of."""
        death = self._deaths.get(host)
        if not death:
            return
        visit = self._open.get(host) or self._begin(Visit(host, "", "", "main"))
        if not visit.failure and not visit.has_ended:
            visit.die(death)
