# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Reports on fleets that no sandbox has to be run for: task results as the role's tasks give them, and instances that are hostile."""

from __future__ import annotations

from typing import Any

from ansible_collections.snow_ops.spokes.plugins.plugin_utils._fleet.collect import Fleet
from ansible_collections.snow_ops.spokes.plugins.plugin_utils._fleet.events import Event
from ansible_collections.snow_ops.spokes.plugins.plugin_utils._fleet.report import make_report

# What an instance may call itself, or write into a message: a script for a browser, for a terminal, for XML.
HOSTILE = "<script>window.hostile=1</script><img src=x onerror='window.hostile=1'>\"&]]>{{ 7*7 }}\x1b[31m\u202e"
HOSTILE_LINK = "javascript:window.hostile=1//"
ACCOUNT = {"organization_id": "acme", "datacenter_id": "fra1"}
CREATED = "2026-11-25T12:00:00Z"


def event(host: str, module: str, result: dict[str, Any], **more: Any) -> Event:
    """A result of one of the role's modules on ``host``."""
    return Event(
        host,
        more.pop("name", module),
        module,
        more.pop("outcome", "ok"),
        result,
        more.pop("role", "qualtrics_spoke"),
        **more,
    )


def begin(host: str, **more: Any) -> list[Event]:
    """What the role begins with."""
    instance = {"host": f"{host}.service-now.com", "name": host}
    return [
        event(host, "validate_argument_spec", {}, **more),
        event(
            host,
            "snow_spoke_info",
            {"instance": instance, "application": {"version": "1.2.0"}, "problems": []},
            name="Preflight | Read the prerequisites",
            **more,
        ),
        event(host, "qualtrics_oauth_client", {**ACCOUNT, "proven": True, "diff": []}, **more),
    ]


def connection(host: str, status: str, **more: Any) -> Event:
    """The connection's result: ``created``, ``manual`` or ``same``."""
    record = {"role": "registry", "table": "oauth_entity", "action": "none", "before": {}, "after": {}}
    if status == "created":
        record.update(action="create", after={"client_id": "5a4d0000000000000000000000acfa4e"})
    token = {"status": "present", "expires": "2026-11-26 12:00:00"}
    manual = []
    if status == "manual":
        token = {"status": "absent", "expires": ""}
        url = f"https://{host}.service-now.com/nav_to.do?uri=oauth_2_0_credentials.do"
        what, how = "Get the OAuth token", "Press Get OAuth Token"
        manual = [{"step": "token", "what": what, "why": "nobody did yet", "how": how, "url": url}]
    result = {
        "changed": status == "created",
        "records": [record],
        "token": token,
        "manual_steps": manual,
        "route": "records",
    }
    return event(host, "snow_connection_alias", result, **more)


def end(host: str, **more: Any) -> list[Event]:
    """The property as it should be, and the result of the role."""
    done = {"ansible_facts": {"qualtrics_spoke_result": {}}}
    return [
        event(host, "snow_sys_property", {"changed": False, "diff": []}, **more),
        event(host, "set_fact", done, **more),
    ]


def refusal(host: str, **more: Any) -> list[Event]:
    """An instance that does not accept the login."""
    error = {
        "kind": "login",
        "what": "The instance did not accept the login",
        "where": f"instance {host}.service-now.com",
        "advice": "Check user",
    }
    result = {"msg": "The instance did not accept the login.", "error": error}
    return [
        event(host, "validate_argument_spec", {}, **more),
        event(host, "snow_spoke_info", result, outcome="failed", **more),
    ]


def fleet_of(number: int) -> Fleet:
    """``number`` instances: mostly in order, some failed, changed, or left to a person, the last hostile."""
    fleet = Fleet()
    for index in range(number):
        host = f"acme{index:03}"
        ends = {1: "refused", 2: "manual", 3: "created"}.get(index % 10, "same")
        if index == number - 1 and number > 1:
            hostile(fleet)
            continue
        events = refusal(host) if ends == "refused" else [*begin(host), connection(host, ends), *end(host)]
        for entry in events:
            fleet.take(entry)
    return fleet


def hostile(fleet: Fleet) -> None:
    """Add an instance whose every text is an attack."""
    info = {"instance": {"host": HOSTILE, "name": HOSTILE}, "application": {"version": HOSTILE}}
    record = {
        "role": HOSTILE,
        "table": HOSTILE,
        "action": "update",
        "before": {HOSTILE: HOSTILE},
        "after": {HOSTILE: HOSTILE},
    }
    manual = {"what": HOSTILE, "why": HOSTILE, "how": HOSTILE, "url": HOSTILE_LINK}
    token = {"status": HOSTILE, "expires": HOSTILE}
    result = {"changed": True, "records": [record], "manual_steps": [manual], "token": token, "route": HOSTILE}
    for entry in (
        event(HOSTILE, "validate_argument_spec", {}),
        event(HOSTILE, "snow_spoke_info", info),
        event(HOSTILE, "snow_connection_alias", result),
        event(
            HOSTILE,
            "snow_sys_property",
            {"msg": HOSTILE, "error": {"kind": HOSTILE, "what": HOSTILE, "advice": HOSTILE}},
            outcome="failed",
        ),
    ):
        fleet.take(entry)


def report_of(fleet: Fleet, **more: Any) -> dict[str, Any]:
    """The report on ``fleet``."""
    return make_report(fleet.instances(more.pop("dead", ())), CREATED, "qualtrics_setup", False)
