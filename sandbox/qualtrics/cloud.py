# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""All brands with what they own, and which host leads to what."""

from __future__ import annotations

import uuid
from typing import Any

from ..web import Clock, Request, Response, Site
from . import envelope
from .api import Api
from .gateway import Gateway
from .seed import Brand, User, load
from .switches import Switches
from .token_endpoint import AccessToken, TokenEndpoint

SUFFIX = ".qualtrics.com"
GATEWAY_LABEL = "oauth-gateway"


class Cloud:
    """Every Qualtrics datacenter of the sandbox.

    ``seed`` is the seed's ``qualtrics`` section (it is copied), ``behaviour`` the live switch values. Raises ``SeedError``.
    """

    def __init__(self, seed: dict[str, Any], behaviour: dict[str, object], clock: Clock) -> None:
        loaded = load(seed)
        self.clock = clock
        self.switches = Switches(behaviour)
        self.brands = {brand.organization_id: brand for brand in loaded.brands}
        self.clients = {client.client_id: (brand, client) for brand in loaded.brands for client in brand.oauth_clients}
        self.access_tokens: dict[str, AccessToken] = {}
        datacenters = {brand.datacenter_id for brand in loaded.brands}
        self._datacenters: dict[str | None, Site] = {name: Datacenter(self, name) for name in (*datacenters, None)}
        self._brand_hosts: dict[str, Site] = {
            name: Datacenter(self, brand.datacenter_id, is_brand_host=True) for name, brand in self.brands.items()
        }
        settings = loaded.registration_gateway
        self._gateway = (
            Gateway(self, self.brands[settings.organization_id], settings.initial_access_token) if settings else None
        )

    def site(self, host: str) -> Site | None:
        """What answers under ``host``: any sub-domain of qualtrics.com does, as its DNS is a wildcard (qualtrics 5)."""
        host = host.lower()
        if not host.endswith(SUFFIX):
            return None
        label = host.removesuffix(SUFFIX)
        if label == GATEWAY_LABEL and self._gateway:
            return self._gateway
        if label in self._brand_hosts:
            return self._brand_hosts[label]
        return self._datacenters[self._datacenter_of(label)]

    def _datacenter_of(self, label: str) -> str | None:
        """The datacenter behind ``<dc>`` or ``<brand>.<dc>``; None where nobody is known."""
        if label in self._datacenters:
            return label
        name, _separator, datacenter = label.partition(".")
        brand = self.brands.get(name)
        return datacenter if brand and datacenter == brand.datacenter_id else None

    def owner_of(self, api_token: str) -> tuple[Brand, User] | None:
        """Whose API token that is."""
        return next(
            ((brand, user) for brand in self.brands.values() for user in brand.users if user.api_token == api_token),
            None,
        )

    def request_id(self) -> str:
        """A value for ``meta.requestId``."""
        return str(uuid.uuid4()) if self.switches["request_id"] == "uuid" else ""


class Datacenter:
    """The site of one datacenter, or (``name`` None) of every host that is nobody's; ``is_brand_host`` as `Api` takes it."""

    def __init__(self, cloud: Cloud, name: str | None, is_brand_host: bool = False) -> None:
        self._cloud = cloud
        self._api = Api(cloud, name, is_brand_host)
        self._token_endpoint = TokenEndpoint(cloud, name)

    def respond(self, request: Request) -> Response:
        """Answer one request."""
        if request.path == "/oauth2/token":
            return self._token_endpoint.respond(request)
        try:
            return self._api.respond(request)
        except envelope.ApiError as error:
            if self._cloud.switches["error_texts"] == "other":
                error.message = "Die Anfrage wurde abgelehnt."
            return envelope.failure(error, self._cloud.request_id())
