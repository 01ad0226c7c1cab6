# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""What a report on a spoke's prerequisites means: whether the spoke can be set up, and what to do where it cannot."""

from __future__ import annotations

from typing import Any

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import (
    Ambiguous,
    InputError,
    RecordMissing,
    SpokesError,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.endpoint.report import OUTDATED, UNTRUSTED
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.account import LACKING
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.answers import (
    SCRIPT_ADVICE,
    SCRIPT_WRITER,
)

PRESENT, MISSING, INACTIVE, UNKNOWN = "present", "missing", "inactive", "unknown"
# Of a part that the task does not want.
UNREAD = "unread"
# What the documented procedure wants (servicenow-connections 6): anything less may work and is not proven.
DOCUMENTED_ROLE = "admin"
# The role says which of its playbooks and variables does it.
INSTALL_SPOKE = "Install the spoke (snow_ops.spokes.snow_store_app)"
# The kinds of errors that say what is wrong, where others say that something could not be read.
KNOWN_KINDS = (Ambiguous.kind, InputError.kind, RecordMissing.kind)


class _Findings:
    """The problems so far, and what they mean: ``ready`` is False once one is known, None while one may be there."""

    def __init__(self) -> None:
        self.problems: list[dict[str, Any]] = []
        self.ready: bool | None = True

    def blocks(self, what: str, advice: str) -> None:
        """The spoke cannot be set up as long as this is so."""
        self._add(True, what, advice)
        self.ready = False

    def may_block(self, what: str, advice: str) -> None:
        """Nobody knows whether this keeps the spoke from being set up."""
        self._add(True, what, advice)
        self.ready = None if self.ready else self.ready

    def note(self, what: str, advice: str) -> None:
        """This is worth knowing."""
        self._add(False, what, advice)

    def _add(self, is_blocking: bool, what: str, advice: str) -> None:
        self.problems.append({"is_blocking": is_blocking, "what": what, "advice": advice})


def nothing_read(host: str, error: SpokesError) -> tuple[list[dict[str, Any]], None]:
    """Problems and readiness where ``host`` refused every question, for the reason that ``error`` gives."""
    findings = _Findings()
    findings.may_block(
        f"Nothing could be read from {host}: {reason_of(error)}", error.advice or "Check the account and its roles"
    )
    return findings.problems, None


def problems_of(report: dict[str, Any], errors: dict[str, SpokesError]) -> tuple[list[dict[str, Any]], bool | None]:
    """The problems in ``report``, and whether the spoke can be set up.

    ``errors`` are those of the parts that could not be read, by their names.
    """
    findings = _Findings()
    # The alias comes with the spoke: where it is, so is the application.
    is_installed = PRESENT in (report["application"]["status"], report["alias"]["status"])
    _judge_application(findings, report["application"])
    _judge_plugins(findings, report["plugins"], is_installed and report["application"]["status"] in (PRESENT, UNKNOWN))
    _judge_part(findings, "alias", report["alias"], errors, f"{INSTALL_SPOKE}, or activate it, or name the alias")
    _judge_connection(findings, report["connection"], errors)
    for name, entry in report["properties"].items():
        if entry["status"] == MISSING:
            advice = "The spoke ships it: install or activate the spoke, or correct the name"
            findings.blocks(f"The system property {name} does not exist", advice)
        elif entry["status"] == UNKNOWN:
            error = errors["properties"]
            findings.may_block(f"Could not be determined: the system property {name}. {reason_of(error)}", error.advice)
    _judge_account(findings, report["user"], report["script_permission"]["status"])
    if report["setup_endpoint"]["status"] in (OUTDATED, UNTRUSTED):
        findings.note(report["setup_endpoint"]["reason"], "Until then the plain Table API is used")
    unknown = [plugin["id"] for plugin in report["plugins"] if plugin["status"] == UNKNOWN]
    unknown += [name for name in ("user", "application") if report[name]["status"] == UNKNOWN]
    unknown += ["user.roles"] if report["user"]["status"] == PRESENT and report["user"]["roles"] is None else []
    if unknown:
        advice = "The account may not read the tables; this alone does not stop the set-up"
        findings.note(f"Could not be determined: {', '.join(unknown)}", advice)
    return findings.problems, findings.ready


def _judge_application(findings: _Findings, application: dict[str, Any]) -> None:
    if application["status"] in (MISSING, INACTIVE):
        what = f"The application {application['scope']} is {application['status']}"
        by_hand = "All > System Applications"
        is_missing = application["status"] == MISSING
        advice = f"{INSTALL_SPOKE}, or by hand: {by_hand}" if is_missing else f"Activate the spoke: {by_hand}"
        findings.blocks(what, advice)


def _judge_plugins(findings: _Findings, plugins: list[dict[str, Any]], is_installed: bool) -> None:
    """A spoke cannot be installed without the plugins that it needs, but the list of plugins can be out of date."""
    for plugin in plugins:
        if plugin["status"] not in (MISSING, INACTIVE):
            continue
        if is_installed:
            what = f"The list of plugins has {plugin['id']} as {plugin['status']}, although the spoke is active"
            findings.note(
                what, "The list (v_plugin) can be out of date; look at the plugin if the spoke's actions fail"
            )
        else:
            advice = "Activate it; Integration Hub plugins are activated by ServiceNow personnel"
            findings.blocks(f"The plugin {plugin['id']} is {plugin['status']}", advice)


def _judge_part(
    findings: _Findings, part: str, report: dict[str, Any], errors: dict[str, SpokesError], advice: str
) -> None:
    error = errors.get(part)
    if error is None:
        return
    if error.kind in KNOWN_KINDS:
        findings.blocks(reason_of(error), advice)
    else:
        findings.may_block(f"Could not be determined: the {part}. {reason_of(error)}", error.advice)


def _judge_connection(findings: _Findings, connection: dict[str, Any], errors: dict[str, SpokesError]) -> None:
    error = errors.get("connection")
    if error is not None and connection.get("name_is_needed"):
        findings.may_block(
            reason_of(error), "The alias allows several connections: name the one that is meant in connection_name"
        )
    elif error is not None:
        _judge_part(findings, "connection", connection, errors, error.advice)
    for reference in connection.get("dangling", []):
        findings.note(
            f"{reference} leads to a record that is gone or cannot be opened",
            "The set-up makes a new record in its place. If the old one is still listed it is an orphan, such as "
            "clones leave behind: delete it on the instance, from the list or with a background script",
        )


def _judge_account(findings: _Findings, user: dict[str, Any], permission: str) -> None:
    if user["is_admin"] is False:
        what = f"The account {user['user_name']} does not have the role admin"
        findings.note(what, "admin is the documented role; see the documentation for less")
    if permission == LACKING:
        what = f"The account {user['user_name']} does not have the role {SCRIPT_WRITER}"
        findings.note(f"{what}, without which it cannot install the setup endpoint", SCRIPT_ADVICE)


def reason_of(error: SpokesError) -> str:
    """What happened and why, without the advice, which stands on its own."""
    parts = (error.what, f"Where: {error.where}" if error.where else "", f"Why: {error.why}" if error.why else "")
    return ". ".join(part for part in parts if part)
