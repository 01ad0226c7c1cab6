# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""Who is asking: Basic, OAuth tokens, API keys; every refusal looks alike (servicenow-rest 3)."""

from __future__ import annotations

import base64
import binascii
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..web import Request, Response
from .acl import Session
from .answers import ApiError
from .secrets import password_fits
from .store import Row

if TYPE_CHECKING:
    from .instance import Instance

UNAUTHORIZED = {"old": "User Not Authenticated", "new": "User is not authenticated"}


@dataclass
class Token:
    """An OAuth token that this instance gave out."""

    user_id: str
    client_id: str
    expires_at: float
    is_refresh: bool = False


@dataclass(frozen=True)
class ApiKey:
    """A REST API key and the APIs that have an access policy for it."""

    user_name: str
    apis: tuple[str, ...] = ("table",)


class Login:
    """The logins of one instance."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._tokens: dict[str, Token] = {}
        self._locked_until: dict[str, float] = {}
        self.api_keys: dict[str, ApiKey] = {}

    def revoke_tokens(self) -> None:
        """End all OAuth access tokens."""
        self._tokens = {text: token for text, token in self._tokens.items() if token.is_refresh}

    def authenticate(self, request: Request, api: str) -> Session:
        """The session of ``request``, which calls ``api``. Raises `ApiError`."""
        scheme, _separator, text = request.headers.get("authorization", "").partition(" ")
        user = None
        if scheme.lower() == "bearer":
            token = self._tokens.get(text.strip())
            if token and not token.is_refresh and token.expires_at > self._instance.clock.now():
                user = self._instance.store.get("sys_user", token.user_id)
        elif scheme.lower() == "basic":
            user = self._basic(text)
        elif "x-sn-apikey" in request.headers:
            key = self.api_keys.get(request.headers["x-sn-apikey"])
            user = self._user(key.user_name) if key and api in key.apis else None
        if user is None or not self._is_usable(user):
            raise self.refusal()
        return Session(user, self.roles(user))

    def refusal(self, *headers: tuple[str, str]) -> ApiError:
        """The one answer to every failed login."""
        message = UNAUTHORIZED[self._instance.switch("unauthorized_wording")]
        challenge = ("WWW-Authenticate", 'BASIC realm="Service-now"')
        return ApiError(401, message, "Required to provide Auth information", challenge, *headers)

    def roles(self, user: Row) -> frozenset[str]:
        """The names of the roles that ``user`` has."""
        store = self._instance.store
        granted = (
            row
            for row in store.rows("sys_user_has_role")
            if row.get("user") == user["sys_id"] and row.get("state") == "active"
        )
        return frozenset(
            role["name"] for role in (store.get("sys_user_role", row.get("role", "")) for row in granted) if role
        )

    def _basic(self, text: str) -> Row | None:
        try:
            user_name, _separator, password = base64.b64decode(text).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        user = self._check_password(user_name, password)
        if user is None:
            return None
        # Admin's wildcard does not count: the exception role has to be there by name (servicenow-rest 3.1).
        is_exempt = user.get("web_service_access_only") == "true" or "snc_basic_auth_api_access" in self.roles(user)
        if self._instance.switch("basic_auth") == "restricted" and not is_exempt:
            return None
        if self._instance.switch("mfa") == "required":
            raise self.refusal(("X-MFA_TOKEN", "invalid"))
        return user

    def _user(self, user_name: str) -> Row | None:
        wanted = user_name.casefold()
        return next(
            (row for row in self._instance.store.rows("sys_user") if row.get("user_name", "").casefold() == wanted),
            None,
        )

    def _is_usable(self, user: Row) -> bool:
        return user.get("active") == "true" and user.get("locked_out") != "true"

    def _check_password(self, user_name: str, password: str) -> Row | None:
        """The user, or None; failures count, and lock the account for a while (servicenow-rest 3.7)."""
        user = self._user(user_name)
        if user is None:
            return None
        instance, now = self._instance, self._instance.clock.now()
        locked_until = self._locked_until.get(user["sys_id"])
        if locked_until is not None and now >= locked_until:
            del self._locked_until[user["sys_id"]]
            user = self._set(user, locked_out="false", failed_attempts="")
        if not self._is_usable(user):
            return None
        if password_fits(password, user.get("user_password", "")):
            return self._set(user, failed_attempts="") if user.get("failed_attempts") else user
        failures = int(user.get("failed_attempts", "0")) + 1
        if failures >= int(instance.property("glide.user.max_unlock_attempts", "5")):
            minutes = int(instance.property("glide.user.unlock_timeout_in_mins", "15"))
            self._locked_until[user["sys_id"]] = now + 60 * minutes
            self._set(user, locked_out="true", failed_attempts=str(failures))
        else:
            self._set(user, failed_attempts=str(failures))
        return None

    def _set(self, user: Row, **values: str) -> Row:
        row = {name: value for name, value in {**user, **values}.items() if value}
        self._instance.store.put(row)
        return row

    # /oauth_token.do

    def issue_token(self, request: Request) -> Response:
        """Answer a token request (servicenow-rest 3.3)."""
        content_type = request.headers.get("content-type", "")
        answer = self._grant(request) if content_type.startswith("application/x-www-form-urlencoded") else None
        if answer is None:
            return Response.of_json(401, {"error_description": "access_denied", "error": "server_error"})
        return Response.of_json(200, answer)

    def _grant(self, request: Request) -> dict[str, object] | None:
        form, instance = request.form, self._instance
        client = self._client(request)
        if client is None:
            return None
        grant = form.get("grant_type")
        if grant == "password":
            if instance.property("glide.oauth.inbound.ropc.grant_type.disabled", "false") == "true":
                return None
            user = self._check_password(form.get("username", ""), form.get("password", ""))
            if user is None or user.get("password_needs_reset") == "true":
                return None
            return self._token_answer(client, user["sys_id"], with_refresh=True)
        if grant == "client_credentials":
            if instance.property("glide.oauth.inbound.client.credential.grant_type.enabled", "false") != "true":
                return None
            return self._token_answer(client, client["user"], with_refresh=False) if client.get("user") else None
        if grant == "refresh_token":
            token = self._tokens.get(form.get("refresh_token", ""))
            if (
                not token
                or not token.is_refresh
                or token.client_id != client["sys_id"]
                or token.expires_at <= instance.clock.now()
            ):
                return None
            return self._token_answer(client, token.user_id, with_refresh=True)
        return None

    def _client(self, request: Request) -> Row | None:
        """The registry that proves itself in the form or by Basic; its secret is what the stored ciphertext decrypts to."""
        client_id, secret = request.form.get("client_id", ""), request.form.get("client_secret", "")
        scheme, _separator, text = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "basic":
            try:
                client_id, _separator, secret = base64.b64decode(text).decode().partition(":")
            except (binascii.Error, UnicodeDecodeError):
                return None
        for row in self._instance.store.find("oauth_entity", type="client", client_id=client_id, active="true"):
            stored = self._instance.vault.decrypt(row.get("client_secret", ""))
            if client_id and stored and secrets.compare_digest(stored.encode(), secret.encode()):
                return row
        return None

    def _token_answer(self, client: Row, user_id: str, with_refresh: bool) -> dict[str, object]:
        """A repeated request gets the current token with what is left of its time."""
        access, left = self._current(client, user_id, False, int(client.get("access_token_lifespan", "1800")))
        answer: dict[str, object] = {
            "access_token": access,
            "scope": "useraccount",
            "token_type": "Bearer",
            "expires_in": left,
        }
        if with_refresh:
            answer["refresh_token"] = self._current(
                client, user_id, True, int(client.get("refresh_token_lifespan", "8640000"))
            )[0]
        return answer

    def _current(self, client: Row, user_id: str, is_refresh: bool, lifespan: int) -> tuple[str, int]:
        now = self._instance.clock.now()
        for text, token in self._tokens.items():
            if (token.client_id, token.user_id, token.is_refresh) == (
                client["sys_id"],
                user_id,
                is_refresh,
            ) and token.expires_at > now + 1:
                return text, int(token.expires_at - now)
        text = secrets.token_urlsafe(64)
        self._tokens[text] = Token(user_id, client["sys_id"], now + lifespan, is_refresh)
        return text, lifespan - 1
