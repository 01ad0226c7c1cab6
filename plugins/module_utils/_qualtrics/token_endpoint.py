# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""An access token by the client credentials grant (qualtrics 2, RFC 6749 4.4)."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote, urlsplit

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import (
    AccessDenied,
    LoginError,
    SpokesError,
    UnexpectedAnswer,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.access import Access
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.envelope import reported, request_id
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.options import Client
from ansible_collections.snow_ops.spokes.plugins.module_utils._secrets import Secrets
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire.answer import Answer
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire.session import Budget

# What the client lacks, by the error code of RFC 6749 5.2.
GRANT_CODES = ("unauthorized_client", "unsupported_grant_type")
WHERE_CLIENTS_ARE = "Edit the client in Qualtrics under Admin > OAuth Client Manager"


def fetch_token(client: Client, url: str, access: Access, secrets: Secrets, budget: Budget) -> dict[str, Any]:
    """The answer of the token endpoint ``url`` to ``client``; its ``access_token`` is among ``secrets`` then.

    Raises `LoginError`, `AccessDenied` for a scope or grant that the client does not have, `UnexpectedAnswer`.
    """
    # RFC 6749 2.3.1; of letters and digits, which is what Qualtrics makes (qualtrics 2), nothing changes.
    user, password = quote(client.client_id, safe=""), quote(client.client_secret, safe="")
    secrets.add_login(user, password)
    login = base64.b64encode(f"{user}:{password}".encode()).decode("ascii")
    parts = urlsplit(url)
    session = access.session(f"Qualtrics {parts.netloc}", lambda: {"Authorization": f"Basic {login}"}, budget)
    form = {"grant_type": "client_credentials", "scope": " ".join(client.scopes)}
    answer = session.send("POST", url, form=form, is_read=True)
    document = answer.document if isinstance(answer.document, dict) else {}
    if answer.ok and isinstance(document.get("access_token"), str) and document["access_token"]:
        secrets.add(document["access_token"])
        return document
    raise _refusal(client, answer, document, f"Qualtrics {parts.netloc}, {parts.path}")


def _refusal(client: Client, answer: Answer, document: dict[str, Any], where: str) -> SpokesError:
    code, description = (str(document.get(name) or "") for name in ("error", "error_description"))
    why = ": ".join(part for part in (code, description) if part) or reported(answer)
    if code == "invalid_scope":
        what = f"The OAuth client {client.client_id} lacks the scopes {' '.join(client.scopes)}"
        return AccessDenied(what, where, why, WHERE_CLIENTS_ARE, request_id(answer))
    if code in GRANT_CODES:
        what = f"The OAuth client {client.client_id} lacks the grant type Client Credentials"
        return AccessDenied(what, where, why, WHERE_CLIENTS_ARE, request_id(answer))
    if answer.status in (400, 401, 403):
        return LoginError(
            f"Qualtrics does not accept the OAuth client {client.client_id} at this datacenter",
            where,
            why,
            "Check Client ID and Client Secret, and that the Datacenter ID is the one of the brand that created the "
            "client",
            request_id(answer),
        )
    return UnexpectedAnswer(
        "The token endpoint did not return a token", where, why, "Check the token URL", request_id(answer)
    )
