# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Tokens from a provider (servicenow-connections 1.8, 4): asked for over HTTP with the registry's id and secret, kept encrypted.

Only client_credentials works without a person; that a token past its time is renewed by itself is documented, that the first one
is not is a switch.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus, urlencode, urlsplit

from ...web import Request, Response
from ..acl import Session
from ..store import Row
from ..values import seconds, timestamp
from .engine import HostError, HostFunction

if TYPE_CHECKING:
    from ..instance import Instance

FORM = "application/x-www-form-urlencoded"
DEFAULT_LIFETIME = 1800
SAVED_WHEN = ("oauth_requestor_context", "oauth_requestor", "oauth_provider_profile")


class OAuthClient:
    """The host functions of GlideOAuthClient, and where outbound REST gets its bearer from."""

    def __init__(self, instance: Instance, session: Session) -> None:
        self._instance = instance
        self._session = session
        self._store = instance.store

    def functions(self) -> dict[str, HostFunction]:
        """By the names that the prelude uses."""
        return {"request_token": self.request_token, "stored_token": self.stored_token}

    def request_token(self, client_name: str, parameters: Mapping[str, str]) -> dict[str, Any]:
        """Ask the provider for a token; it is saved when all of `SAVED_WHEN` are given. What came of it, in any case."""
        profile = self._store.get("oauth_entity_profile", parameters.get("oauth_provider_profile", ""))
        entity = self._entity(profile, client_name)
        if entity is None:
            return _failure(
                0, "", f"OAuth provider not found: {client_name or parameters.get('oauth_provider_profile', '')}"
            )
        if (
            self._instance.switch("token_provider_id") == "needed"
            and parameters.get("oauth_provider_id") != entity["sys_id"]
        ):
            return _failure(0, "", "OAuth provider not found: oauth_provider_id is not given")
        grant = parameters.get("grant_type") or (profile or entity).get(
            "grant_type" if profile else "default_grant_type", ""
        )
        if grant != "client_credentials":
            return _failure(0, "", f"A token of the grant type {grant} needs a user's consent")
        scopes = parameters.get("scope") or " ".join(self._scopes(profile))
        outcome = self._ask(entity, scopes)
        if outcome["token"] and profile and all(parameters.get(name) for name in SAVED_WHEN):
            requestor = (parameters["oauth_requestor_context"], parameters["oauth_requestor"])
            outcome["token"]["sys_id"] = self._save(outcome["token"], entity, profile, requestor, grant)
        return outcome

    def stored_token(self, requestor_id: str, profile_id: str) -> dict[str, Any] | None:
        """The newest token kept for a requestor, any requestor where none is named; None if there is none."""
        row = self._newest(requestor_id, profile_id)
        if row is None:
            return None
        return {
            "access_token": self._instance.vault.decrypt(row.get("token_received", "")),
            "sys_id": row["sys_id"],
            "expires_in": max(0, int(seconds(row.get("expires", "")) - self._instance.clock.now())),
            "scope": row.get("scopes", ""),
        }

    def bearer(self, profile_id: str, requestor: tuple[str, str]) -> str:
        """The token for a call with that profile, renewed if its time is over. Raises `HostError`."""
        profile = self._store.get("oauth_entity_profile", profile_id)
        if profile is None:
            raise HostError(f"OAuth profile not found: {profile_id}")
        row = self._newest(requestor[1], profile_id)
        if row is not None and row.get("expires", "") > self._instance.now():
            return self._instance.vault.decrypt(row.get("token_received", ""))
        if row is None and self._instance.switch("first_token") == "by_click":
            raise HostError("OAuth token is not available: get an OAuth token for the credential first")
        if row is not None:
            kept = self._store.get("oauth_requestor_profile", row.get("oauth_requestor_profile", "")) or {}
            requestor = (kept.get("requestor_context", ""), kept.get("requestor_id", ""))
        own = {"oauth_provider_id": profile.get("oauth_entity", "")}
        outcome = self.request_token("", {**own, **dict(zip(SAVED_WHEN, (*requestor, profile_id)))})
        if outcome["token"] is None:
            raise HostError(f"OAuth token request failed: {outcome['error']}")
        return outcome["token"]["access_token"]

    def _entity(self, profile: Row | None, client_name: str) -> Row | None:
        if profile is not None:
            return self._store.get("oauth_entity", profile.get("oauth_entity", ""))
        return next(self._store.find("oauth_entity", name=client_name), None) if client_name else None

    def _scopes(self, profile: Row | None) -> list[str]:
        if profile is None:
            return []
        links = self._store.find("oauth_entity_profile_scope", oauth_entity_profile=profile["sys_id"])
        scopes = (self._store.get("oauth_entity_scope", link.get("oauth_entity_scope", "")) for link in links)
        # What is sent is the scope's text, not its name (servicenow-connections 1.7).
        return [scope.get("oauth_entity_scope", "") for scope in scopes if scope is not None]

    def _ask(self, entity: Row, scopes: str) -> dict[str, Any]:
        client_id = entity.get("client_id", "")
        secret = self._instance.vault.decrypt(entity.get("client_secret", ""))
        form = {"grant_type": "client_credentials", "scope": scopes} if scopes else {"grant_type": "client_credentials"}
        headers = {"content-type": FORM, "accept": "application/json"}
        if entity.get("send_client_credentials_as") == "basic_authorization_header":
            login = f"{quote_plus(client_id)}:{quote_plus(secret)}"
            headers["authorization"] = "Basic " + base64.b64encode(login.encode()).decode()
        else:
            form.update(client_id=client_id, client_secret=secret)
        try:
            answer = send(self._instance, "POST", entity.get("token_url", ""), headers, urlencode(form).encode())
        except OSError as error:
            return _failure(0, "", str(error))
        body = answer.body.decode("utf-8", "replace")
        try:
            document = json.loads(body)
        except ValueError:
            document = {}
        if not isinstance(document, dict) or not document.get("access_token"):
            told = (
                [str(document[name]) for name in ("error", "error_description") if document.get(name)]
                if isinstance(document, dict)
                else []
            )
            return _failure(answer.status, body, ": ".join(told) or f"Method failed with code: {answer.status}")
        lifetime = int(document.get("expires_in") or DEFAULT_LIFETIME)
        token = {
            "access_token": document["access_token"],
            "expires_in": lifetime,
            "scope": document.get("scope", scopes),
            "sys_id": "",
        }
        return {"status": answer.status, "body": body, "content_type": "application/json", "error": "", "token": token}

    def _save(self, token: Mapping[str, Any], entity: Row, profile: Row, requestor: tuple[str, str], grant: str) -> str:
        context, requestor_id = requestor
        place = {"requestor_context": context, "requestor_id": requestor_id, "oauth_entity_profile": profile["sys_id"]}
        writer, user = self._instance.writer, self._session.user_name
        kept = next(self._store.find("oauth_requestor_profile", **place), None) or writer.insert(
            "oauth_requestor_profile", place, user
        )
        values = {
            "type": "access_token",
            "expires": timestamp(self._instance.clock.now() + token["expires_in"]),
            "token_issued": self._instance.now(),
            "peer": entity["sys_id"],
            "oauth_requestor_profile": kept["sys_id"],
            "requestor_id": requestor_id,
            "user": self._session.user["sys_id"],
            "grant_type": grant,
            "scopes": token["scope"],
            "token_received": self._instance.vault.encrypt(token["access_token"]),
        }
        return writer.insert("oauth_credential", values, user)["sys_id"]

    def _newest(self, requestor_id: str, profile_id: str) -> Row | None:
        kept = [
            row["sys_id"]
            for row in self._store.find("oauth_requestor_profile", oauth_entity_profile=profile_id)
            if not requestor_id or row.get("requestor_id") == requestor_id
        ]
        tokens = [
            row
            for sys_id in kept
            for row in self._store.find("oauth_credential", oauth_requestor_profile=sys_id, type="access_token")
        ]
        # Of two from the same second the later one.
        return max(reversed(tokens), key=lambda row: row.get("expires", ""), default=None)


def send(instance: Instance, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Response:
    """Make an outbound call. Raises `OSError` where there is no answer."""
    address = urlsplit(url)
    if address.scheme != "https" or not address.hostname:
        raise OSError(f"Invalid URI: {url or 'null'}")
    return instance.outbound(
        Request(
            method, address.hostname, address.path or "/", address.query, {"host": address.hostname, **headers}, body
        )
    )


def _failure(status: int, body: str, error: str) -> dict[str, Any]:
    return {"status": status, "body": body, "content_type": "application/json", "error": error, "token": None}
