# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""A registration service that a site may put before Qualtrics: RFC 7591 to register a client, RFC 7592 to manage it.

This is NOT a Qualtrics API: Qualtrics publishes none to make an OAuth client (qualtrics 1). The gateway stands for what a
customer may own: it keeps the registrations and makes the clients known to its brand, whose token endpoint then takes them.
It hangs under qualtrics.com only because the sandbox's proxy serves no other name that would do.
"""

from __future__ import annotations

import secrets
import string
import threading
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from authlib.oauth2.rfc6749 import AuthorizationServer, InvalidRequestError, OAuth2Error
from authlib.oauth2.rfc6749.requests import JsonPayload, JsonRequest
from authlib.oauth2.rfc6750 import InvalidTokenError
from authlib.oauth2.rfc7591 import ClientRegistrationEndpoint
from authlib.oauth2.rfc7592 import ClientConfigurationEndpoint

from ..web import Request, Response
from .client_metadata import SERVER_METADATA, ClientMetadata
from .seed import Brand, OAuthClient

if TYPE_CHECKING:
    from .cloud import Cloud

PATH = "/register"
ALPHANUMERIC = string.ascii_letters + string.digits


@dataclass
class Registration:
    """A registered client with what RFC 7592 keeps about it; the names are those Authlib reads."""

    client_info: dict[str, Any]
    client_metadata: dict[str, Any]
    access_token: str

    def get_client_id(self) -> str:
        """The client's id."""
        return self.client_info["client_id"]

    def check_client_secret(self, client_secret: object) -> bool:
        """Whether ``client_secret`` is the current one."""
        return client_secret == self.client_info["client_secret"]

    def check_client(self, client: Registration) -> bool:
        """Whether this registration's access token is good for ``client``."""
        return client is self

    def oauth_client(self) -> OAuthClient:
        """The client as the brand's token endpoint knows it."""
        metadata = self.client_metadata
        return OAuthClient(
            client_id=self.client_info["client_id"],
            client_secret=self.client_info["client_secret"],
            name=metadata.get("client_name", ""),
            scope=metadata.get("scope", ""),
            grant_types=metadata["grant_types"],
        )


class Gateway(AuthorizationServer):
    """The site of the registration gateway before ``brand``."""

    def __init__(self, cloud: Cloud, brand: Brand, initial_access_token: str) -> None:
        super().__init__()
        self.cloud = cloud
        self.initial_access_token = initial_access_token
        self.registrations: dict[str, Registration] = {}
        self._brand = brand
        self._lock = threading.Lock()
        self.register_endpoint(_Registering)
        self.register_endpoint(_Managing)

    def respond(self, request: Request) -> Response:
        """Answer one request."""
        if request.path == PATH:
            endpoint, methods = _Registering.ENDPOINT_NAME, ("POST",)
        elif request.path.startswith(f"{PATH}/"):
            endpoint, methods = _Managing.ENDPOINT_NAME, ("GET", "PUT", "DELETE")
        else:
            return Response.of_json(HTTPStatus.NOT_FOUND, {"error": "not_found"})
        if request.method not in methods:
            return Response(HTTPStatus.METHOD_NOT_ALLOWED, headers=[("Allow", ", ".join(methods))])
        try:
            with self._lock:
                return self.create_endpoint_response(endpoint, request)
        except OAuth2Error as error:
            return self.handle_error_response(request, error)

    def create_json_request(self, request: Request) -> JsonRequest:
        """``request`` as Authlib wants it. Raises ``InvalidRequestError`` when a body that is needed is not a JSON object."""
        data: Any = {}
        if request.method in ("POST", "PUT"):
            if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
                raise InvalidRequestError("The body must be application/json")
            try:
                data = request.json()
            except ValueError:
                raise InvalidRequestError("The body is not JSON") from None
            if not isinstance(data, dict):
                raise InvalidRequestError("The body is not a JSON object")
        return _Json(request.method, f"https://{request.host}{request.path}", request.headers, data)

    def handle_response(self, status: int, body: dict[str, Any] | str, headers: list[tuple[str, str]]) -> Response:
        """The answer on the wire."""
        if not body:
            return Response(status, headers=headers)
        return Response.of_json(status, body, *(header for header in headers if header[0] != "Content-Type"))

    def publish(self, registration: Registration) -> None:
        """Make a new or changed client known to the brand's token endpoint."""
        client = registration.oauth_client()
        self.registrations[client.client_id] = registration
        self.cloud.clients[client.client_id] = (self._brand, client)

    def withdraw(self, registration: Registration) -> None:
        """Forget a client; its access tokens are void with it (RFC 7592 2.3)."""
        del self.registrations[registration.get_client_id()]
        del self.cloud.clients[registration.get_client_id()]


class _Endpoint:
    """What registering and managing share."""

    server: Gateway

    def get_server_metadata(self) -> dict[str, Any]:
        return SERVER_METADATA

    def generate_client_registration_info(self, client: Registration, request: JsonRequest) -> dict[str, Any]:
        host = request.uri.partition(f"{PATH}")[0]
        return {
            "registration_client_uri": f"{host}{PATH}/{client.get_client_id()}",
            "registration_access_token": client.access_token,
        }


class _Registering(_Endpoint, ClientRegistrationEndpoint):
    def __init__(self, server: Gateway) -> None:
        super().__init__(server, [ClientMetadata])

    def authenticate_token(self, request: JsonRequest) -> str:
        """The initial access token is optional unless switched otherwise, but never wrong (RFC 7591 3)."""
        sent = _bearer(request)
        if sent is None and self.server.cloud.switches["registration_open"]:
            return "open registration"
        if sent != self.server.initial_access_token:
            raise InvalidTokenError()
        return sent

    def generate_client_info(self, request: JsonRequest) -> dict[str, Any]:
        """Ids and secrets in the format seen at Qualtrics (qualtrics 2), dated by the sandbox's clock."""
        return {
            "client_id": secrets.token_hex(16),
            "client_secret": "".join(secrets.choice(ALPHANUMERIC) for _attempt in range(64)),
            "client_id_issued_at": int(self.server.cloud.clock.now()),
            "client_secret_expires_at": 0,
        }

    def save_client(
        self, client_info: dict[str, Any], client_metadata: dict[str, Any], request: JsonRequest
    ) -> Registration:
        registration = Registration(client_info, client_metadata, _registration_token())
        self.server.publish(registration)
        return registration


class _Managing(_Endpoint, ClientConfigurationEndpoint):
    #: Authlib's own copy of this method prints every error to stdout.
    extract_client_metadata = ClientRegistrationEndpoint.extract_client_metadata
    software_statement_alg_values_supported = None

    def __init__(self, server: Gateway) -> None:
        super().__init__(server, [ClientMetadata])

    def authenticate_token(self, request: JsonRequest) -> Registration:
        """The registration whose token was sent, which must be the one addressed; else 401 (RFC 7592 2.1, RFC 6750 3.1)."""
        registration = self.server.registrations.get(request.uri.rpartition("/")[2])
        if registration is None or _bearer(request) != registration.access_token:
            raise InvalidTokenError()
        return registration

    def authenticate_client(self, request: JsonRequest) -> Registration:
        return request.credential

    def check_permission(self, client: Registration, request: JsonRequest) -> bool:
        return True

    def update_client(
        self, client: Registration, client_metadata: dict[str, Any], request: JsonRequest
    ) -> Registration:
        """Every value is replaced: what the request leaves out is gone (RFC 7592 2.2)."""
        rotates = self.server.cloud.switches["registration_token_rotates"]
        updated = Registration(
            client.client_info, client_metadata, _registration_token() if rotates else client.access_token
        )
        self.server.publish(updated)
        return updated

    def delete_client(self, client: Registration, request: JsonRequest) -> None:
        self.server.withdraw(client)


class _Json(JsonRequest):
    def __init__(self, method: str, uri: str, headers: dict[str, str], data: dict[str, Any]) -> None:
        super().__init__(method, uri, headers)
        self.payload = _JsonBody()
        # A null is the same as leaving the value out (RFC 7592 2.2).
        self.payload.data = {name: value for name, value in data.items() if value is not None}
        self.credential: object = None


class _JsonBody(JsonPayload):
    data: dict[str, Any] = {}


def _bearer(request: JsonRequest) -> str | None:
    """The bearer token that was sent: None without one, "" with something else in its place."""
    header = request.headers.get("authorization")
    if header is None:
        return None
    scheme, _separator, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _registration_token() -> str:
    return f"sandboxRegistrationToken{secrets.token_hex(16)}"
