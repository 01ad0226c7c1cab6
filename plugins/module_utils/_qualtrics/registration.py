# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""OAuth 2.0 dynamic client registration (RFC 7591) and its management (RFC 7592), at a service of the site's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import (
    AccessDenied,
    InputError,
    LoginError,
    OutcomeUnknown,
    RecordMissing,
    UnexpectedAnswer,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.access import Access
from ansible_collections.snow_ops.spokes.plugins.module_utils._secrets import Secrets
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire.answer import Answer
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire.session import Budget

SECRET_FIELDS = ("client_secret", "registration_access_token")
# What the server sets and an update must not send back (RFC 7592 2.2).
SERVER_FIELDS = (
    "registration_access_token",
    "registration_client_uri",
    "client_secret_expires_at",
    "client_id_issued_at",
)


@dataclass(frozen=True)
class RegistrationOptions:
    """What a task says of a client and of where it is registered; empty where it is not given."""

    name: str
    scopes: tuple[str, ...]
    client_secret: str
    registration_url: str
    client_uri: str
    access_token: str
    initial_access_token: str

    @classmethod
    def read(cls, params: dict[str, Any]) -> RegistrationOptions:
        """The options of a task, which `AccountOptions.read` has checked."""
        return cls(
            name=params["name"],
            scopes=tuple(params["scopes"]),
            client_secret=params.get("client_secret") or "",
            registration_url=(params.get("registration_url") or "").strip(),
            client_uri=(params.get("registration_client_uri") or "").strip(),
            access_token=params.get("registration_access_token") or "",
            initial_access_token=params.get("initial_access_token") or "",
        )


class Registration:
    """One client at a registration service."""

    def __init__(self, options: RegistrationOptions, access: Access, secrets: Secrets, budget: Budget) -> None:
        self._options = options
        self._secrets = secrets
        self._metadata = {
            "client_name": options.name,
            "grant_types": ["client_credentials"],
            "scope": " ".join(options.scopes),
            "token_endpoint_auth_method": "client_secret_basic",
        }
        if bool(options.client_uri) != bool(options.access_token):
            raise InputError(
                "registration_client_uri and registration_access_token go together",
                advice="Give both, as the registration returned them",
            )
        self._bearer = options.access_token or options.initial_access_token
        self._where = f"registration service {urlsplit(options.client_uri or options.registration_url).netloc}"
        self._http = access.session(self._where, self._login, budget)

    def _login(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._bearer}"} if self._bearer else {}

    def ensure(self, check_mode: bool) -> dict[str, Any]:
        """Create the client, or change the one whose ``registration_client_uri`` is given, where it differs.

        The result's ``registration`` carries the new client's secrets; `InputError` unless the task's output is hidden.
        """
        uri = self._options.client_uri
        if not uri:
            self._require_hidden_output()
            return self._result({}, self._metadata, None if check_mode else self._created())
        current = self._ask("GET", uri)
        different = {name: value for name, value in self._metadata.items() if current.get(name) != value}
        before = {name: current.get(name) for name in different}
        if not different:
            return self._result({}, {}, current)
        if check_mode:
            return self._result(before, different, None)
        self._require_hidden_output()
        wanted = {name: value for name, value in current.items() if name not in SERVER_FIELDS}
        try:
            return self._result(before, different, self._ask("PUT", uri, dict(wanted, **self._metadata)))
        except OutcomeUnknown as error:
            advice = (
                "Run again; if the service then refuses registration_access_token, it has replaced it together with "
                "the change (RFC 7592 2.2): ask its owner for a new one"
            )
            raise OutcomeUnknown("The answer to a change of the registration was lost", error.where, error.why, advice)

    def remove(self, check_mode: bool) -> dict[str, Any]:
        """Delete the client; one that is gone already counts as deleted."""
        uri = self._options.client_uri
        if not uri:
            raise InputError(
                "registration_client_uri is not given",
                advice="Give it and registration_access_token, as the registration returned them",
            )
        try:
            current = self._ask("GET", uri)
        except RecordMissing:
            return self._result({}, {}, None)
        except LoginError:
            # RFC 7592 2.1: a client that does not exist answers 401, its registration token having gone with it.
            warning = (
                "The registration service refuses the token: either the client is gone, or registration_access_token "
                "is wrong"
            )
            return dict(self._result({}, {}, None), warnings=[warning])
        if not check_mode:
            self._ask("DELETE", uri)
        shown = {name: current.get(name) for name in ("client_id", *self._metadata)}
        return self._result(shown, {}, None)

    def _created(self) -> dict[str, Any]:
        try:
            created = self._ask("POST", self._options.registration_url, self._metadata)
        except OutcomeUnknown as error:
            advice = (
                f"A client named {self._options.name} may have been registered: look at the service before running "
                "again"
            )
            raise OutcomeUnknown("The answer to a registration was lost", error.where, error.why, advice)
        if not isinstance(created.get("client_id"), str) or not isinstance(created.get("client_secret"), str):
            raise UnexpectedAnswer(
                "The registration answered without client_id and client_secret",
                self._where,
                advice="The service has to follow RFC 7591",
            )
        return created

    def _require_hidden_output(self) -> None:
        if not self._secrets.output_is_hidden:
            raise InputError(
                "The result of a registration carries the client's secret",
                why="the task's output is not hidden; nothing was registered",
                advice="Set no_log: true on the task, register the result, and store result.registration in your vault",
            )

    def _result(self, before: dict[str, Any], after: dict[str, Any], client: dict[str, Any] | None) -> dict[str, Any]:
        result: dict[str, Any] = {"changed": before != after, "diff": []}
        if before != after:
            headers = {"before_header": "OAuth client", "after_header": "OAuth client"}
            result["diff"] = [{**headers, "before": before, "after": after}]
        if client is not None:
            # A secret that the caller gave would come back masked, and could be stored so.
            given = (self._options.client_secret, self._options.access_token)
            result["registration"] = {
                name: value for name, value in client.items() if self._can_be_returned(name, value, given)
            }
        return result

    def _can_be_returned(self, name: str, value: Any, given: tuple[Any, ...]) -> bool:
        if self._secrets.mask(name) != name:
            return False
        return name not in SECRET_FIELDS or (self._secrets.output_is_hidden and value not in given)

    def _ask(self, method: str, url: str, document: dict[str, Any] | None = None) -> dict[str, Any]:
        answer = self._http.send(method, url, document=document)
        body = answer.document if isinstance(answer.document, dict) else {}
        if answer.ok:
            return body
        raise self._failure(answer, method, body)

    def _failure(self, answer: Answer, method: str, body: dict[str, Any]) -> Exception:
        where = f"{self._where}, {method}"
        parts = (f"HTTP {answer.status}", body.get("error"), body.get("error_description"))
        why = ": ".join(str(part) for part in parts if part)
        if answer.status == 401:
            return LoginError(
                "The registration service does not accept the token",
                where,
                why,
                "Check initial_access_token or registration_access_token",
            )
        if answer.status == 403:
            what = "The registration service does not allow this"
            return AccessDenied(what, where, why, "Ask the owner of the service")
        if answer.status == 404:
            what = "The registration service does not know this client or address"
            return RecordMissing(what, where, why, "Check the URL")
        return UnexpectedAnswer(
            "The registration service refused the request",
            where,
            why,
            "Correct the named metadata, or ask the owner of the service",
        )
