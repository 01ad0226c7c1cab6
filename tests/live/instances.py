# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Which instance the live tests may change, and what must not be on it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

# One host of one instance: no list of them, no login, no path.
HOST = re.compile(r"(?:https://)?([a-z0-9-]+|[a-z0-9-]+(?:\.[a-z0-9-]+)+(?::\d+)?)/?")


def named_instance(environment: Mapping[str, str]) -> str:
    """The host in ``SNOW_OPS_LIVE_INSTANCE``, which ``SN_HOST`` has to agree with. Raises `ValueError` for every other instance."""
    allowed = _host(environment, "SNOW_OPS_LIVE_INSTANCE")
    asked = _host(environment, "SN_HOST")
    if not allowed:
        raise ValueError("SNOW_OPS_LIVE_INSTANCE names no instance")
    if asked and asked != allowed:
        raise ValueError(f"SN_HOST is {asked}, and SNOW_OPS_LIVE_INSTANCE allows {allowed} only")
    return f"https://{allowed}"


def already_there(report: dict[str, Any]) -> list[str]:
    """What the tests would remove or change of an instance, of which snow_spoke_info gave ``report``; what is not known counts as there."""
    found = [
        f"the {name.replace('_', ' ')} is there already ({report[name]['status']})"
        for name in ("connection", "setup_endpoint")
        if report[name]["status"] != "missing"
    ]
    for name, entry in report["properties"].items():
        if entry["status"] not in ("present", "missing") or entry["value"]:
            found.append(f"the property {name} has a value already, or is not readable")
    return found


def _host(environment: Mapping[str, str], variable: str) -> str:
    """The host name in ``variable``, an address or a bare name, as instances spell it. What it is otherwise can be a login: it is not shown."""
    text = environment.get(variable, "").strip().lower()
    if not text:
        return ""
    found = HOST.fullmatch(text)
    if not found:
        raise ValueError(
            f"{variable} is not the name or the address of one instance, such as https://acmedev.service-now.com"
        )
    host = found[1]
    return host if "." in host else f"{host}.service-now.com"
