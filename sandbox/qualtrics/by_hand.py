# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""What people do on Qualtrics' own pages, for which it has no API: through the control address, past every rule.

Each function answers with what there is now, and raises ``ValueError`` for what is not there. A ``user_id`` may be ``first``.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from .api import new_api_token
from .seed import Brand, OAuthClient, User

if TYPE_CHECKING:
    from .cloud import Cloud


def brand(cloud: Cloud, organization_id: str) -> dict[str, Any]:
    """The users of a brand with their API tokens, and its OAuth clients with their secrets."""
    found = _brand(cloud, organization_id)
    return {
        "organization_id": found.organization_id,
        "datacenter_id": found.datacenter_id,
        "users": [user.model_dump() for user in found.users],
        "oauth_clients": [client.model_dump() for client in found.oauth_clients],
    }


def rotate_api_token(cloud: Cloud, organization_id: str, user_id: str, given: dict[str, Any]) -> dict[str, Any]:
    """Generate Token: a new API token, or the ``api_token`` that is given; the one before is void."""
    user = _user(cloud, organization_id, user_id)
    api_token = _text(given, "api_token") or new_api_token()
    owner = cloud.owner_of(api_token)
    if owner and owner[1] is not user:
        raise ValueError("another user has that api_token")
    user.api_token = api_token
    return {"user_id": user.user_id, "api_token": api_token}


def remove_api_token(cloud: Cloud, organization_id: str, user_id: str) -> dict[str, Any]:
    """Leave a user without an API token."""
    user = _user(cloud, organization_id, user_id)
    user.api_token = None
    return {"user_id": user.user_id, "api_token": None}


def rotate_secret(cloud: Cloud, client_id: str, given: dict[str, Any]) -> dict[str, Any]:
    """A new Client Secret, or the ``client_secret`` that is given; access tokens that were issued before stay good."""
    client = _client(cloud, client_id)
    client.client_secret = _text(given, "client_secret") or f"sandboxNewClientSecret{secrets.token_hex(19)}fake"
    return {"client_id": client.client_id, "client_secret": client.client_secret}


def delete_client(cloud: Cloud, client_id: str) -> dict[str, Any]:
    """Delete an OAuth client, and its access tokens with it."""
    client = _client(cloud, client_id)
    owner, _same = cloud.clients.pop(client_id)
    owner.oauth_clients = [entry for entry in owner.oauth_clients if entry is not client]
    return {"client_id": client_id, "deleted": True}


def _brand(cloud: Cloud, name: str) -> Brand:
    if name not in cloud.brands:
        raise ValueError(f"there is no brand {name}; there is {', '.join(cloud.brands)}")
    return cloud.brands[name]


def _user(cloud: Cloud, brand: str, user_id: str) -> User:
    user = _brand(cloud, brand).user(None if user_id == "first" else user_id)
    if user is None:
        raise ValueError(f"there is no user {user_id} in {brand}")
    return user


def _client(cloud: Cloud, client_id: str) -> OAuthClient:
    if client_id not in cloud.clients:
        raise ValueError(f"there is no OAuth client {client_id}")
    return cloud.clients[client_id][1]


def _text(given: dict[str, Any], name: str) -> str:
    unknown = sorted(set(given) - {name})
    if unknown:
        raise ValueError(f"there is no {', '.join(unknown)} here, only {name}")
    value = given.get(name, "")
    if not isinstance(value, str):
        raise ValueError(f"{name} has to be text")
    return value
