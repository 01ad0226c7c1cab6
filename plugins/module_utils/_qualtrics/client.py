# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""The Qualtrics public API, as far as this collection needs it (qualtrics 2-5)."""

from __future__ import annotations

import base64
import re
from typing import Any
from urllib.parse import quote, urlsplit

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import (
    AccessDenied,
    InputError,
    LoginError,
    Mismatch,
    RecordMissing,
    UnexpectedAnswer,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._secrets import Secrets
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire.answer import Answer
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire.session import Budget, HttpSession

DOMAIN = "qualtrics.com"
# Any datacenter answers an API token and names the right one (qualtrics 5 "Wrong datacenter"); this one is the oldest.
DISCOVERY_DATACENTER = "iad1"
MOST_PAGES = 200
ID_PATTERN = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
# A brand's ID becomes a host name that gets the credentials: it must not lead out of the domain.
BRAND_PATTERN = re.compile(r"[A-Za-z0-9_-]{1,63}")


def normalise_id(value: str, option: str) -> str:
    """An Organization ID or Datacenter ID from what people paste: ``IAD1``, ``iad1.qualtrics.com``, a URL.

    Raises `InputError` naming ``option`` for anything that is no single host label.
    """
    text = value.strip().lower()
    if "://" in text:
        text = re.split("[/?#]", text.partition("://")[2])[0]
    if text.endswith("." + DOMAIN):
        text = text[: -len("." + DOMAIN)]
    if not ID_PATTERN.fullmatch(text):
        raise InputError(
            f"{option} is not an id",
            advice="Copy it from Account Settings > Qualtrics IDs; it is a word such as fra1 or acme",
        )
    return text


class Qualtrics:
    """Qualtrics under one host name, with at most one kind of credentials: an API token or an OAuth bearer."""

    def __init__(
        self, host: str, options: dict[str, Any], secrets: Secrets, budget: Budget, api_token: str = "", bearer: str = ""
    ) -> None:
        self.host = host
        self._headers = {"X-API-TOKEN": api_token} if api_token else {"Authorization": f"Bearer {bearer}"} if bearer else {}
        for secret in (api_token, bearer):
            secrets.add(secret)
        self._secrets = secrets
        self._credential = "API token" if api_token else "OAuth token"
        self._http = HttpSession(
            f"Qualtrics {host}",
            lambda: self._headers,
            budget,
            verify=(options.get("ca_path") or True) if options["validate_certs"] else False,
            proxy=options.get("proxy"),
            read_timeout=options["timeout"],
        )

    def whoami(self) -> tuple[dict[str, Any], str]:
        """The user and brand behind the credentials, and the notice Qualtrics adds when the datacenter is not the right one."""
        document = self._get(f"https://{self.host}/API/v3/whoami")
        user = document["result"]
        if not isinstance(user.get("brandId"), str) or not BRAND_PATTERN.fullmatch(user["brandId"]):
            raise UnexpectedAnswer("The answer of whoami names no brand", f"Qualtrics {self.host}, /API/v3/whoami", advice="Check the host")
        return user, str(document["meta"].get("notice") or "")

    def directories(self) -> list[dict[str, Any]]:
        """All directories of the brand, of every page."""
        elements: list[dict[str, Any]] = []
        url: Any = f"https://{self.host}/API/v3/directories"
        for _page in range(MOST_PAGES):
            result = self._get(url)["result"]
            page = result.get("elements")
            if not isinstance(page, list) or not all(
                isinstance(entry, dict) and isinstance(entry.get("directoryId"), str) for entry in page
            ):
                raise UnexpectedAnswer("The list of directories has not the documented form", f"Qualtrics {self.host}, /API/v3/directories")
            elements += page
            url = result.get("nextPage")
            if not url:
                return elements
            url = self._next_page(url)
        raise UnexpectedAnswer(
            f"The list of directories does not end after {MOST_PAGES} pages", f"Qualtrics {self.host}, /API/v3/directories"
        )

    def _next_page(self, url: Any) -> str:
        """The address of the next page: credentials go to the host that was asked and to no other (qualtrics 4)."""
        try:
            parts = urlsplit(url if isinstance(url, str) else "")
        except ValueError:
            parts = urlsplit("")
        if parts.scheme != "https" or parts.netloc.lower() != self.host:
            raise UnexpectedAnswer(
                "The next page of directories is on another host",
                f"Qualtrics {self.host}, /API/v3/directories",
                f"nextPage leads to {parts.netloc or 'no host'}",
                "The credentials were not sent there; check the datacenter",
            )
        return f"https://{self.host}{parts.path}?{parts.query}"

    def fetch_token(self, token_url: str, client_id: str, client_secret: str, scopes: list[str]) -> dict[str, Any]:
        """An access token by the client credentials grant (qualtrics 2, RFC 6749 4.4).

        Returns the token endpoint's answer; its ``access_token`` is registered as a secret. Raises `LoginError`, `AccessDenied`
        for a scope or grant that the client does not have, `UnexpectedAnswer`.
        """
        # RFC 6749 2.3.1; of letters and digits, which is what Qualtrics makes (qualtrics 2), nothing changes.
        user, password = quote(client_id, safe=""), quote(client_secret, safe="")
        self._secrets.add_login(user, password)
        login = base64.b64encode(f"{user}:{password}".encode()).decode("ascii")
        self._headers = {"Authorization": f"Basic {login}"}
        form = {"grant_type": "client_credentials", "scope": " ".join(scopes)}
        answer = self._http.send("POST", token_url, form=form, is_read=True)
        where = f"Qualtrics {urlsplit(token_url).netloc}, {urlsplit(token_url).path}"
        document = answer.document if isinstance(answer.document, dict) else {}
        if answer.ok and isinstance(document.get("access_token"), str) and document["access_token"]:
            self._secrets.add(document["access_token"])
            return document
        code, description = (str(document.get(name) or "") for name in ("error", "error_description"))
        why = ": ".join(part for part in (code, description) if part) or _reported(answer)
        if code in ("invalid_scope", "unauthorized_client", "unsupported_grant_type"):
            needed = "the grant type Client Credentials" if code != "invalid_scope" else f"the scopes {' '.join(scopes)}"
            advice = "Edit the client in Qualtrics under Admin > OAuth Client Manager"
            raise AccessDenied(f"The OAuth client {client_id} lacks {needed}", where, why, advice, _request_id(answer))
        if answer.status in (400, 401, 403):
            raise LoginError(
                f"Qualtrics does not accept the OAuth client {client_id} at this datacenter",
                where,
                why,
                "Check Client ID and Client Secret, and that the Datacenter ID is the one of the brand that created the client",
                _request_id(answer),
            )
        raise UnexpectedAnswer("The token endpoint gave no token", where, why, "Check the token URL", _request_id(answer))

    def _get(self, url: str) -> dict[str, Any]:
        """The envelope of a successful GET: ``result`` and ``meta`` are dictionaries. Raises what an error means (qualtrics 5)."""
        answer = self._http.send("GET", url)
        document = answer.document if isinstance(answer.document, dict) else {}
        if answer.ok and isinstance(document.get("result"), dict):
            meta = document.get("meta")
            return {"result": document["result"], "meta": meta if isinstance(meta, dict) else {}}
        where = f"Qualtrics {self.host}, {urlsplit(url).path}"
        why, code, request_id = _reported(answer), _error_code(answer), _request_id(answer)
        if code == "AUTH_6.0" or (answer.status == 401 and self._credential == "OAuth token"):
            raise LoginError(
                "Qualtrics does not accept the OAuth token on this host",
                where,
                why,
                "An OAuth token works at the datacenter of the brand that created the client only: check the Datacenter ID",
                request_id,
            )
        if code == "ATP_2":
            raise LoginError(
                "The API token did not arrive",
                where,
                why,
                "Check it for white space and line breaks, and proxies that drop headers",
                request_id,
            )
        if answer.status == 401:
            advice = "Copy the token from Account Settings > Qualtrics IDs > API; a newly generated one replaces the old at once"
            raise LoginError("Qualtrics does not know the API token", where, why, advice, request_id)
        if answer.status == 403:
            advice = "A brand administrator has to enable 'Access API' for the user, or give the OAuth client the scope it lacks"
            raise AccessDenied(f"The {self._credential} may not use this API", where, why, advice, request_id)
        if answer.status == 404:
            raise RecordMissing("Qualtrics does not know this address", where, why, "Check Organization ID and Datacenter ID", request_id)
        raise UnexpectedAnswer(
            "Qualtrics refused the request", where, why, "Look the error code up in the Qualtrics API documentation", request_id
        )


def datacenter_of(user: dict[str, Any], notice: str, asked: str) -> str:
    """The Datacenter ID of a brand: from whoami, else from the notice, else the one that was asked (qualtrics 3, 5)."""
    told = user.get("datacenter")
    if isinstance(told, str) and told.strip():
        return normalise_id(told, "datacenter in the answer of whoami")
    hint = re.search(r"\b([a-z0-9-]+)\." + re.escape(DOMAIN), notice.lower())
    return hint.group(1) if hint else asked


def default_directory_of(directories: list[dict[str, Any]]) -> str | None:
    """The id of the default directory; None if there is no directory. Raises `Mismatch` if none of several is the default."""
    if not directories:
        return None
    flagged = [entry["directoryId"] for entry in directories if entry.get("isDefault") is True]
    if len(flagged) == 1 or len(directories) == 1:
        return flagged[0] if flagged else directories[0]["directoryId"]
    listed = "; ".join(f"{entry['directoryId']} ({entry.get('name') or 'no name'})" for entry in directories)
    raise Mismatch(
        "Qualtrics marks none of several directories as the default"
        if not flagged
        else "Qualtrics marks several directories as the default",
        "Qualtrics, /API/v3/directories",
        listed,
        "Choose one and give its id in directory_id",
    )


def _error(answer: Answer) -> dict[str, Any]:
    meta = answer.document.get("meta") if isinstance(answer.document, dict) else None
    error = meta.get("error") if isinstance(meta, dict) else None
    return error if isinstance(error, dict) else {}


def _error_code(answer: Answer) -> str:
    return str(_error(answer).get("errorCode") or "")


def _reported(answer: Answer) -> str:
    error = _error(answer)
    parts = [str(error[key]) for key in ("errorCode", "errorMessage") if error.get(key)]
    return ", ".join([f"HTTP {answer.status}", *parts])


def _request_id(answer: Answer) -> str:
    meta = answer.document.get("meta") if isinstance(answer.document, dict) else None
    return str(meta.get("requestId") or "") if isinstance(meta, dict) else ""
