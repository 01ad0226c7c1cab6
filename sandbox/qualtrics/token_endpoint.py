# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""``POST /oauth2/token`` (qualtrics 2): Authlib's authorization server with the client-credentials grant."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from authlib.common.security import generate_token
from authlib.oauth2.rfc6749 import AuthorizationServer, ClientCredentialsGrant, OAuth2Error, OAuth2Request
from authlib.oauth2.rfc6749.errors import InvalidClientError, InvalidRequestError, InvalidScopeError
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload

from ..web import Request, Response
from . import envelope
from .seed import Brand, OAuthClient

if TYPE_CHECKING:
    from .cloud import Cloud

#: One hour; the answer says one second less, as Qualtrics' own documentation is recalled to (qualtrics 2).
LIFETIME_SECONDS = 3600
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True)
class AccessToken:
    """An issued bearer token."""

    brand: Brand
    client: OAuthClient
    scopes: frozenset[str]
    expires_at: float


class TokenEndpoint(AuthorizationServer):
    """The token endpoint of one datacenter: it knows the clients of the brands that live there, and no others."""

    def __init__(self, cloud: Cloud, datacenter: str | None) -> None:
        super().__init__()
        self._cloud = cloud
        self._datacenter = datacenter
        self.register_grant(ClientCredentialsGrant)
        self.register_token_generator("default", self._new_token)

    def respond(self, request: Request) -> Response:
        """Answer one request for a token."""
        if request.method != "POST":
            return Response(HTTPStatus.METHOD_NOT_ALLOWED, headers=[("Allow", "POST")])
        try:
            return self.create_token_response(request)
        except OAuth2Error as error:
            return self.handle_error_response(request, error)

    def create_oauth2_request(self, request: Request) -> OAuth2Request:
        """``request`` as Authlib wants it. Raises ``OAuth2Error`` when it is no form, or repeats or lacks a parameter (RFC 6749 3.2)."""
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
            raise InvalidRequestError(f"The body must be {FORM}")
        pairs = parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)
        form = dict(pairs)
        if len(form) < len(pairs):
            raise InvalidRequestError("A parameter is there more than once")
        if not form.get("grant_type"):
            raise InvalidRequestError("Missing grant_type")
        headers = {"Authorization": request.headers.get("authorization", "")}
        return _FormRequest(f"https://{request.host}{request.path}", headers, form)

    def authenticate_client(self, request: OAuth2Request, methods: list[str], endpoint: str = "token") -> OAuthClient:
        """The client that asks. Raises ``InvalidClientError``."""
        methods = [
            "client_secret_basic",
            *(["client_secret_post"] if self._cloud.switches["client_auth_in_body"] else []),
        ]
        try:
            return super().authenticate_client(request, methods, endpoint)
        except ValueError:  # Authlib trips over `Basic ` and over bytes that are no UTF-8
            raise InvalidClientError("The Authorization header cannot be read") from None

    def query_client(self, client_id: str) -> OAuthClient | None:
        """The client of that id if it lives in this datacenter."""
        brand, client = self._cloud.clients.get(client_id, (None, None))
        return client if brand and brand.datacenter_id == self._datacenter else None

    def save_token(self, token: dict[str, Any], request: OAuth2Request) -> None:
        """Remember an issued token."""
        brand, client = self._cloud.clients[request.client.client_id]
        expires_at = self._cloud.clock.now() + LIFETIME_SECONDS
        self._cloud.access_tokens[token["access_token"]] = AccessToken(
            brand, client, frozenset(token["scope"].split()), expires_at
        )

    def send_signal(self, name: str, *args: object, **kwargs: object) -> None:
        """Nobody listens."""

    def handle_error_response(self, request: object, error: OAuth2Error) -> Response:
        """``error`` as an answer; one about the client is always a 401 (qualtrics 2)."""
        if isinstance(error, InvalidClientError):
            error.status_code = HTTPStatus.UNAUTHORIZED
        return super().handle_error_response(request, error)

    def handle_response(self, status: int, body: dict[str, Any], headers: list[tuple[str, str]]) -> Response:
        """The answer on the wire, shaped by the switches."""
        if "error" in body and self._cloud.switches["error_texts"] == "other":
            body = {**body, "error_description": "Die Anfrage wurde abgelehnt."}
        extra = [header for header in headers if header[0] != "Content-Type"]
        if "error" in body and self._cloud.switches["token_error_shape"] == "envelope":
            code = "AUTH_6.0" if status == HTTPStatus.UNAUTHORIZED else None
            return envelope.failure(
                envelope.ApiError(HTTPStatus(status), body["error"], code, *extra), self._cloud.request_id()
            )
        if "scope" in body and not self._cloud.switches["token_scope_returned"]:
            body = {name: value for name, value in body.items() if name != "scope"}
        return Response.of_json(status, body, *extra)

    def _new_token(self, *, client: OAuthClient, scope: str | None, **_unused: object) -> dict[str, Any]:
        """A token with the scope asked for. An empty scope counts as none asked for, since clients send that (qualtrics 2).

        Scopes are compared by name: that ``manage:all`` would let a client ask for less is not stated anywhere.
        """
        granted = client.scope.split()
        wanted = (scope or "").split()
        if not wanted:
            wanted = granted if self._cloud.switches["omitted_scope"] == "all" else []
        elif not set(wanted) <= set(granted):
            raise InvalidScopeError("The client is not allowed to ask for this scope")
        return {
            "access_token": f"sandboxAccessToken{generate_token(40)}",
            "expires_in": LIFETIME_SECONDS - 1,
            "scope": " ".join(wanted),
            "token_type": self._cloud.switches["token_type"],
        }


class _FormRequest(OAuth2Request):
    def __init__(self, uri: str, headers: dict[str, str], form: dict[str, str]) -> None:
        super().__init__("POST", uri, headers=headers)
        self.payload = BasicOAuth2Payload(form)

    @property
    def form(self) -> dict[str, str]:
        return self.payload.data
