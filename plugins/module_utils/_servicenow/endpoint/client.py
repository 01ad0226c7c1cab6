# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""The setup endpoint, a Scripted REST API that the role setup_endpoint installs: its operations.

It does on the instance what has no REST API there: the form's own connection builder, encryption, the access token
(servicenow-connections 3.3, 4 and 5). Its scripts and their contract are in roles/setup_endpoint/files.
"""

from __future__ import annotations

import re
import secrets as random_source
import time
from datetime import datetime, timedelta
from typing import Any

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import (
    AccessDenied,
    BuilderRefused,
    InputError,
    LoginError,
    Outdated,
    RecordMissing,
    UnexpectedAnswer,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.endpoint.digests import VERSION
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.endpoint.proofs import Held, Proofs
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.endpoint.snapshot import Snapshot, is_state
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.endpoint.trust import REINSTALL, find_trusted
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.answers import error_in, words_of
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.client import Instance
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.login import LOGIN_ADVICE
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire.answer import Answer

# How the detail of every error of its own begins.
SIGNATURE = "Spoke Connection Setup version"
# The scripts' status for what they did not foresee.
UNEXPECTED = 422
INSTALL = "Install it, or repair it, with the playbook snow_ops.spokes.setup_endpoint, or set route to records"
# An operation that was just installed can need seconds until it answers; a tool that is in use waits as long.
YOUNG_MINUTES = 10
PAUSES_SECONDS = (1.5, 3.5)
TIME_FORMAT = "%Y-%m-%d %H:%M:%S"


def check_endpoint_options(path: str, trust: str) -> None:
    """Raise `InputError` for an ``endpoint_path`` or ``endpoint_trust`` that cannot work."""
    if path and not re.fullmatch(r"/api/[\w/-]+", path, re.ASCII):
        raise InputError(
            "endpoint_path is not a path such as /api/1234/spoke_connection_setup",
            advice="Give base_path as snow_scripted_rest_api returns it",
        )
    if trust == "path" and not path:
        raise InputError(
            "endpoint_trust is path, and endpoint_path is not given",
            advice="Give the path of the endpoint that you vouch for, or leave endpoint_trust at digest",
        )


def find_endpoint(instance: Instance, path: str, trust: str) -> Endpoint | None:
    """The setup endpoint to use: with ``trust`` "digest" the one that this collection ships, at ``path`` if given; with
    "path" whatever answers there, which somebody vouches for. None where there is none.

    Raises what `find_trusted` raises.
    """
    if trust == "path":
        return Endpoint(instance, path)
    api = find_trusted(instance, path)
    if api is None:
        return None
    return Endpoint(instance, api.path, api.scope, api.digest, api["sys_created_on"])


class Endpoint:
    """The setup endpoint of ``instance`` at ``path``. ``scope`` and ``digest`` are empty where nobody looked."""

    def __init__(self, instance: Instance, path: str, scope: str = "", digest: str = "", created: str = "") -> None:
        self.instance = instance
        self.path = path.rstrip("/")
        self.scope = scope
        self.digest = digest
        # What the task's user should know besides its result.
        self.notices: list[str] = []
        # Whether something else than the script answered, before this task had written anything through it: then
        # another route may do.
        self.is_silent = False
        # Whether an operation that writes has succeeded in this task.
        self._has_written = False
        self._created = created
        self._subject: dict[str, str] = {}
        self._held = Held()

    def as_result(self) -> dict[str, Any]:
        """What a task returns of it."""
        return {
            "path": self.path,
            "scope": self.scope or None,
            "digest": self.digest or None,
            "is_verified": bool(self.digest),
        }

    def look(self, subject: dict[str, str], held: Held) -> Snapshot:
        """What is configured for ``subject``: ``scope`` or ``alias`` (id or sys_id), ``connection_name``,
        ``registry_name``.

        ``held`` are the secrets that it is compared with.
        """
        self._subject = {name: value for name, value in subject.items() if value}
        self._held = held
        return self.look_again()

    def look_again(self) -> Snapshot:
        """The same subject once more."""
        return self._with_state("state", {}, is_read=True)[1]

    def configure(self, alias: str, form: dict[str, str], comments: str = "") -> Snapshot:
        """Make the connection of ``alias`` as the form does, ``form`` being its fields, and give its registry
        ``comments`` if it has none.

        Raises `BuilderRefused` if it refuses for reasons of access, `UnexpectedAnswer` for others.
        """
        result, snapshot = self._with_state("configure", {"alias_sys_id": alias, "form": form, "comments": comments})
        if not result.get("connection_sys_id"):
            where = f"instance {self.instance.host}, alias {alias}"
            reason = str(result.get("message") or "it gave no reason")
            advice = "Correct the value that it names; the instance's system log may say more"
            if result.get("is_about_rights") == "true":
                raise BuilderRefused(
                    "The instance's connection builder did not make a connection", where, reason, advice
                )
            raise UnexpectedAnswer("The instance's connection builder did not make a connection", where, reason, advice)
        return snapshot

    def update(self, steps: list[dict[str, Any]]) -> Snapshot:
        """Write ``steps`` (see the endpoint's update.js)."""
        return self._with_state("update", {"steps": steps})[1]

    def get_token(self, connection: str) -> tuple[dict[str, Any], Snapshot]:
        """Have the instance fetch an access token: ``ok``, ``expires_in`` (seconds, as text), ``error``; and what is
        there now.
        """
        # Once more does no harm: it is one token more.
        return self._with_state("token", {"connection_sys_id": connection}, is_read=True)

    def test(self, connection: str, path: str, headers: dict[str, str]) -> dict[str, Any]:
        """Have the instance GET ``path`` through the stored connection.

        ``headers`` maps the names of headers to the elements of the attributes that they carry. Gives ``http_status``
        (0 for no answer), ``error`` and ``unsent``, the headers whose attribute has no value.
        """
        document = {"connection_sys_id": connection, "path": path, "headers": headers, "nonce": _nonce()}
        return self._call("test", document, is_read=True)

    def rotate(
        self, connection: str, steps: list[dict[str, Any]], call: dict[str, Any], gets_token: bool
    ) -> tuple[dict[str, Any], Snapshot]:
        """Write ``steps`` over a connection that is there, prove it by ``call`` (``path``, ``headers`` and ``needed``,
        see the endpoint's rotate.js), and have what was there before written back where that fails.

        Gives what came of it and what is there now: ``ok``; ``stage``, the one that failed of write, token and test;
        ``http_status``, ``error``, ``unsent``, ``expires_in``; and as ``before`` the same of the way back, if it was
        taken. Raises `OutcomeUnknown` where the answer is lost, after which the instance may still be at it.
        """
        document = {"connection_sys_id": connection, "steps": steps, **call, "get_token": str(gets_token).lower()}
        return self._with_state("rotate", document)

    def _with_state(
        self, operation: str, document: dict[str, Any], is_read: bool = False
    ) -> tuple[dict[str, Any], Snapshot]:
        """Call an operation for the subject: its result, and what is there afterwards."""
        proofs = Proofs(_nonce(), self._held)
        call = {**self._subject, **document, "nonce": proofs.nonce, "proofs": proofs.as_document()}
        result = self._call(operation, call, is_read)
        state = result.get("state")
        tables = proofs.read(state) if isinstance(state, dict) and is_state(state) else None
        if tables is None or state is None:
            raise self._no_endpoint(
                "The answer is not in the format of the setup endpoint", "'state' is missing or malformed"
            )
        return result, Snapshot(self, tables, set(map(str, state["denied"])), proofs)

    def _call(self, operation: str, document: dict[str, Any], is_read: bool = False) -> dict[str, Any]:
        """The result of an operation; asked again, after a pause, of an endpoint that may not be ready yet."""
        for pause in (*PAUSES_SECONDS, None):
            answer = self.instance.post(f"{self.path}/{operation}", document, is_read)
            result = answer.document.get("result") if isinstance(answer.document, dict) else None
            if answer.ok and isinstance(result, dict) and "version" in result:
                self._check_version(operation, result)
                self._has_written |= not is_read
                self.is_silent = False
                return result
            self._note_refusal(operation, answer, is_read)
            error = self._refusal(operation, answer)
            if pause is None or not isinstance(error, RecordMissing) or answer.ok or not self._is_young():
                raise error
            time.sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    def _note_refusal(self, operation: str, answer: Answer, is_read: bool) -> None:
        """Record what an answer that has no result says of this task: whether it may have written (of the instance),
        and whether another route may take over (``is_silent``).
        """
        if not is_read and _may_come_late(operation, answer):
            self.instance.may_have_written = True
        # A refusal of the platform's carried nothing out; of any other answer to a write nobody knows.
        is_harmless = is_read or 400 <= answer.status < 500
        self.is_silent = is_harmless and not self._has_written and not _is_own(answer)

    def _check_version(self, operation: str, result: dict[str, Any]) -> None:
        if result["version"] != VERSION:
            raise Outdated(
                f"The setup endpoint has version {result['version']}, this collection needs version {VERSION}",
                self._where(operation),
                advice=f"{REINSTALL}, or set route to records",
            )

    def _is_young(self) -> bool:
        """Whether the endpoint was installed minutes ago."""
        try:
            age = datetime.strptime(self.instance.now(), TIME_FORMAT) - datetime.strptime(self._created, TIME_FORMAT)
        except ValueError:
            return False
        return age < timedelta(minutes=YOUNG_MINUTES)

    def _refusal(self, operation: str, answer: Answer) -> Exception:
        why = ", ".join([f"HTTP {answer.status}", *words_of(error_in(answer))])
        request_id = answer.headers.get("X-Transaction-ID", "")
        where = self._where(operation)
        if answer.status == 401:
            return LoginError("The instance did not accept the login", where, why, LOGIN_ADVICE, request_id)
        if answer.status == 403:
            advice = (
                "Give the account the role admin, or connection_admin with the roles that read and write the tables "
                "named"
            )
            return AccessDenied("The setup endpoint refused the account", where, why, advice, request_id)
        if answer.ok or (answer.status in (400, 404, 405) and not _is_own(answer)):
            return self._no_endpoint("The setup endpoint does not answer at this path", why, request_id, operation)
        advice = "See the instance's system log for the request id; route records does without the endpoint"
        if not _is_own(answer):
            return UnexpectedAnswer(
                "Something other than the setup endpoint's script answered", where, why, advice, request_id
            )
        return UnexpectedAnswer("The setup endpoint refused the request", where, why, advice, request_id)

    def _no_endpoint(self, what: str, why: str, request_id: str = "", operation: str = "") -> RecordMissing:
        return RecordMissing(
            what, self._where(operation), why, f"{INSTALL}; if endpoint_path is given, check it", request_id
        )

    def _where(self, operation: str = "") -> str:
        return f"instance {self.instance.host}, {self.path}" + (f"/{operation}" if operation else "")


def _may_come_late(operation: str, answer: Answer) -> bool:
    """Whether ``answer`` is a refusal of the scripts' own that may come after they have written.

    A rotation refuses before it writes; after that it goes back.
    """
    return _is_own(answer) and (operation != "rotate" or answer.status == UNEXPECTED)


def _is_own(answer: Answer) -> bool:
    """Whether an error is the script's own."""
    return any(text.startswith(SIGNATURE) for text in words_of(error_in(answer)))


def _nonce() -> str:
    """What proofs are made under, new for each request."""
    return random_source.token_hex(32)
