# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""The steps of a set-up, and what a task's result says of one of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.snow_ops.spokes.plugins.module_utils._terminal import one_line

# In the order in which they are done; the columns of the page.
TITLES = {
    "prerequisites": "Prerequisites",
    "application": "Spoke installed",
    "account": "Qualtrics account",
    "api_token": "API token",
    "client": "OAuth client",
    "endpoint": "Setup endpoint",
    "connection": "Connection",
    "token": "OAuth token",
    "property": "Directory",
    "call": "Test call",
}
# The module that reads the account as well, before it proves the client that belongs to it.
PROVES_CLIENT = "qualtrics_oauth_client"
MODULES = {
    "snow_spoke_info": "prerequisites",
    "snow_store_app": "application",
    "qualtrics_account_info": "account",
    "qualtrics_api_token": "api_token",
    PROVES_CLIENT: "client",
    "snow_scripted_rest_api": "endpoint",
    "snow_connection_alias": "connection",
    "snow_sys_property": "property",
}
# The module that does a set-up in one task, and the modules that its parts are.
SETS_UP = "qualtrics_spoke"
PARTS = {
    "prerequisites": "snow_spoke_info",
    "account": PROVES_CLIENT,
    "connection": "snow_connection_alias",
    "directory": "snow_sys_property",
}
# Steps of which only some runs have something to say.
OPTIONAL = ("application", "api_token", "endpoint")
# Operations that look at no set-up, with what they have done to an instance on which nothing was changed.
UNJUDGED = {
    "install": "installed",
    "export": "exported",
    "remove": "nothing to remove",
    "probe": "probed",
    "setup_endpoint": "setup endpoint installed",
    "setup_endpoint_remove": "no setup endpoint",
}
# From the worst: what a step shows of which several things are known.
STATUSES = ("failed", "differs", "manual", "would_change", "changed", "unknown", "ok", "not_reached")
# What stays a reason to act.
ISSUES = ("failed", "differs", "manual")
LONGEST_TEXT = 2000
SYS_ID = re.compile(r"\s*\b[0-9a-f]{32}\b")


def tidy(value: Any) -> str:
    """``value`` as one line that cannot command a terminal and that XML may hold, of a length that can be read."""
    text = "" if value is None else str(value)
    shown = one_line(re.sub(r"[ \t\r\n]+", " ", text).strip())
    return shown if len(shown) <= LONGEST_TEXT else f"{shown[:LONGEST_TEXT]}..."


def step(status: str, text: str = "", **more: Any) -> dict[str, Any]:
    """A step's state: ``differences``, ``next`` (what to do) and ``url`` (where) are optional."""
    changed = status == "changed"
    return {"status": status, "text": tidy(text), "changed": changed, "differences": [], "next": "", "url": "", **more}


def worse(one: dict[str, Any] | None, two: dict[str, Any]) -> dict[str, Any]:
    """The two states of one step as one: the worse, and of the same the later; with what either says of differences.

    A set-up changes a step and verifies it afterwards: it stays changed, and was so whatever became of it then.
    """
    if one is None:
        return two
    ranked = sorted((two, one), key=lambda state: STATUSES.index(state["status"]))
    differences = ranked[0]["differences"] or ranked[1]["differences"]
    return {**ranked[0], "changed": one["changed"] or two["changed"], "differences": differences}


def outcomes(module: str, result: Mapping[str, Any], check_mode: bool, verifies: bool) -> dict[str, dict[str, Any]]:
    """What the result of a ``module`` that did not fail says, by step.

    ``check_mode`` is the task's; ``verifies`` says that a difference is none of this run's doing, but a finding.
    """
    name = MODULES[module]
    found = list(_differences(result))
    status = "ok"
    if result.get("changed") or found:
        status = "changed"
        if check_mode:
            status = "differs" if verifies else "would_change"
    blocking = blocking_problems(result) if name == "prerequisites" else []
    if blocking:
        # Whether that is a failure is said by the role's assertion: not every entry point needs all of them.
        return {name: step("unknown", "; ".join(tidy(problem.get("what")) for problem in blocking))}
    states = {name: step(status, TEXTS.get(name, lambda _result: "")(result), differences=found)}
    if name == "client":
        states["account"] = account_outcome(result)
    if name == "connection":
        states.update(_connection_outcomes(result, check_mode, verifies))
        attributes = [manual for manual in manual_steps(result) if manual["step"] == "connection"]
        if attributes:
            states[name] = worse(states[name], by_hand(attributes[0]))
    return states


def reads_account(result: Mapping[str, Any]) -> bool:
    """Whether the Qualtrics account was read, by a ``result`` that may be a failure."""
    return bool(result.get("organization_id"))


def account_outcome(result: Mapping[str, Any]) -> dict[str, Any]:
    """The state of the Qualtrics account, which was read."""
    return step("ok", _account_text(result))


def would_install(result: Mapping[str, Any], check_mode: bool) -> bool:
    """Whether an application would be installed that is not there yet."""
    # A plan counts nothing as changed.
    foreseen = bool(result.get("changed") or result.get("diff"))
    return check_mode and foreseen and not result.get("version_before")


def blocking_problems(result: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Those problems of the prerequisites that keep a set-up from being done."""
    problems = [problem for problem in result.get("problems") or [] if isinstance(problem, Mapping)]
    return [problem for problem in problems if problem.get("is_blocking")]


def manual_steps(result: Mapping[str, Any]) -> list[dict[str, str]]:
    """The manual steps of a result, each with the step that it completes."""
    steps = []
    for manual in result.get("manual_steps") or []:
        if isinstance(manual, Mapping):
            named = {part: tidy(manual.get(part)) for part in ("what", "why", "how", "url")}
            # Whatever does not say that it completes the token is set on the connection.
            completes = "token" if manual.get("step") == "token" else "connection"
            steps.append({"step": completes, **named})
    return steps


def by_hand(manual: Mapping[str, str]) -> dict[str, Any]:
    """The state of a step that the ``manual`` one completes."""
    return step("manual", f"{manual['what']}: {manual['why']}", next=manual["how"], url=manual["url"])


def token_of(result: Mapping[str, Any]) -> dict[str, str] | None:
    """The access token's state in a result, None if it says nothing of it."""
    token = result.get("token")
    if not isinstance(token, Mapping) or not token.get("status"):
        return None
    return {"status": tidy(token.get("status")), "expires": tidy(token.get("expires"))}


def record_name(difference: Mapping[str, str]) -> str:
    """What the record of a difference is called, without its table and sys_id; a property by its own name."""
    name, _space, rest = difference["record"].partition(" (")
    return rest.rstrip(")") if name == "sys_properties" and rest else SYS_ID.sub("", name)


def _connection_outcomes(
    result: Mapping[str, Any], check_mode: bool, verifies: bool
) -> Iterator[tuple[str, dict[str, Any]]]:
    token = token_of(result)
    left = [manual for manual in manual_steps(result) if manual["step"] == "token"]
    if left:
        yield "token", by_hand(left[0])
    elif token and token["status"] in ("present", "expired"):
        yield "token", step("ok", _token_text(token))
    elif token and check_mode and not verifies:
        yield "token", step("would_change", "a token would be fetched")
    elif token:
        yield "token", step("unknown", f"the token is {token['status']}")
    test = result.get("test")
    if isinstance(test, Mapping):
        said = f"HTTP {test.get('http_status')} {test.get('error') or ''}"
        yield "call", step("ok" if test.get("ok") else "failed", said)
    elif result.get("route") == "records":
        yield "call", step("unknown", "only the setup endpoint can call Qualtrics through the connection")


def _token_text(token: Mapping[str, str]) -> str:
    if token["status"] == "expired":
        return f"expired {token['expires']} UTC; it is renewed on use".replace("  ", " ")
    return f"valid until {token['expires']} UTC" if token["expires"] else "valid"


def _differences(result: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    """Each field that differs, with the record, and the values before and after; secrets are named, not shown."""
    records = result.get("records")
    if isinstance(records, list):
        for record in records:
            if record.get("action") not in (None, "none"):
                label = f"{record.get('role')} ({record.get('table')})"
                yield from _fields(label, record["action"], record.get("before"), record.get("after"))
        return
    diff = result.get("diff") or []
    for entry in [diff] if isinstance(diff, Mapping) else diff:
        before, after = entry.get("before"), entry.get("after")
        action = "update"
        if not before or not after:
            action = "delete" if before else "create"
        yield from _fields(entry.get("after_header") or entry.get("before_header"), action, before, after)


def _fields(record: Any, action: Any, before: Any, after: Any) -> Iterator[dict[str, str]]:
    common = {"record": tidy(record), "action": tidy(action)}
    old, new = (value if isinstance(value, Mapping) else {} for value in (before, after))
    names = [*new, *(name for name in old if name not in new)]
    for name in names:
        yield {**common, "field": tidy(name), "before": tidy(old.get(name)), "after": tidy(new.get(name))}
    if not names:
        texts = [tidy(value) if isinstance(value, str) else "" for value in (before, after)]
        yield {**common, "field": "", "before": texts[0], "after": texts[1]}


def _account_text(result: Mapping[str, Any]) -> str:
    if not reads_account(result):
        # A result that is hidden, since it carries the API token.
        return ""
    return f"organization {result['organization_id']}, datacenter {result.get('datacenter_id')}"


def _info_text(result: Mapping[str, Any]) -> str:
    application = result.get("application")
    version = application.get("version") if isinstance(application, Mapping) else None
    return f"spoke {version}" if version else ""


def _connection_text(result: Mapping[str, Any]) -> str:
    compared = result.get("secret_compared", result.get("route") == "endpoint")
    return f"route {result.get('route')}" + ("" if compared else "; the Client Secret could not be compared")


def _api_token_text(result: Mapping[str, Any]) -> str:
    return "another one in the place of the given one, which is void then" if result.get("changed") else ""


TEXTS = {
    "account": _account_text,
    "api_token": _api_token_text,
    "prerequisites": _info_text,
    "connection": _connection_text,
}
