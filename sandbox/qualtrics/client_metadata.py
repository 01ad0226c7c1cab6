# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
"""What a client may say about itself when it registers (RFC 7591 section 2), checked on top of Authlib's own checks."""

from __future__ import annotations

from typing import Any

from authlib.oauth2.rfc7591 import ClientMetadataClaims, InvalidRedirectURIError
from joserfc.errors import InvalidClaimError

_FAMILIES = {
    "manage": "activity_logs all contact_frequency_rules contact_transactions customer_data_requests directories directory_contacts"
    " distributions divisions erasure_requests groups libraries mailing_list_contacts mailing_lists organizations participants"
    " samples subscriptions survey_responses survey_sessions surveys tickets users",
    "read": "activity_logs contact_frequency_rules contact_transactions directories directory_contacts distributions divisions groups"
    " imported_data_projects libraries mailing_list_contacts mailing_lists organizations participants samples subscriptions"
    " survey_responses survey_sessions surveys users",
    "write": "automations contact_frequency_rules contact_transactions directory_contacts distributions divisions"
    " embedded_dashboards embedded_xid_profile_cards groups imported_data_projects libraries mailing_list_contacts mailing_lists"
    " participants samples subscriptions survey_responses survey_sessions surveys users",
}

#: What the gateway allows: the scopes Qualtrics shows (qualtrics 2) and the grants it has.
SERVER_METADATA: dict[str, Any] = {
    "scopes_supported": [f"{verb}:{family}" for verb, families in _FAMILIES.items() for family in families.split()]
    + ["openid", "profile", "offline"],
    "grant_types_supported": ["client_credentials", "authorization_code"],
    "response_types_supported": ["code"],
    "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
}

_LISTS = ("redirect_uris", "grant_types", "response_types", "contacts")


class ClientMetadata(ClientMetadataClaims):
    """A client's metadata. ``validate`` raises ``InvalidClaimError`` or ``InvalidRedirectURIError``."""

    #: All but the keys: clients authenticate with a secret here, and what a server does not understand it ignores.
    REGISTERED_CLAIMS = [name for name in ClientMetadataClaims.REGISTERED_CLAIMS if not name.startswith("jwks")]

    def validate(self, now: int | None = None, leeway: int = 0) -> None:
        """Check the types, fill in the defaults of RFC 7591, then check the values."""
        for name in self.REGISTERED_CLAIMS:
            if name in self and not _has_type(name, self[name]):
                raise InvalidClaimError(name)
        self.setdefault("grant_types", ["authorization_code"])
        self.setdefault("response_types", ["code"] if "authorization_code" in self["grant_types"] else [])
        super().validate(now, leeway)
        if "authorization_code" in self["grant_types"] and not self.get("redirect_uris"):
            raise InvalidRedirectURIError("The grant authorization_code needs redirect_uris")

    def validate_jwks(self) -> None:
        """Ignored."""

    def validate_jwks_uri(self) -> None:
        """Ignored."""

    def validate_redirect_uris(self) -> None:
        """As Authlib, but with the error code that RFC 7591 3.2.2 has for it."""
        try:
            super().validate_redirect_uris()
        except InvalidClaimError:
            raise InvalidRedirectURIError("A redirection URI is invalid") from None


def _has_type(name: str, value: object) -> bool:
    if name in _LISTS:
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    return isinstance(value, str)
