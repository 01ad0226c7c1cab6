# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""The Qualtrics public API, as far as this collection needs it (qualtrics 3-5)."""

from __future__ import annotations

import re
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import (
    AccessDenied,
    LoginError,
    RecordMissing,
    SpokesError,
    UnexpectedAnswer,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.access import Access, Credential
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.envelope import (
    error_code,
    meta_of,
    reported,
    request_id,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.identifiers import (
    BRAND_PATTERN,
    DOMAIN,
    ID_PATTERN,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire.answer import Answer
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire.session import Budget

MOST_PAGES = 200
# What can be part of a path, whoever made it.
USER_PATTERN = re.compile(r"[A-Za-z0-9_-]{1,100}")
TOKEN_FORM = re.compile(r"[!-~]{8,4000}")
NOTICE_HOST = re.compile(rf"([a-z0-9.-]+)\.{re.escape(DOMAIN)}(?![a-z0-9-]|\.[a-z0-9])")


class Identity(NamedTuple):
    """Whose credentials they are, and what Qualtrics says about where that is.

    ``notice`` is what Qualtrics adds to the answer of a proxied call; ``home`` is the Datacenter ID that it names.
    ``stated_datacenter`` is whoami's own field, which can be an id of former times (qualtrics 3).
    """

    organization_id: str
    user: dict[str, Any]
    notice: str
    home: str
    stated_datacenter: str

    @property
    def user_id(self) -> str:
        """The user's id, empty where it is not stated."""
        user_id = self.user.get("userId")
        return user_id if isinstance(user_id, str) and USER_PATTERN.fullmatch(user_id) else ""


class Directories(NamedTuple):
    """The directories of a brand, and what Qualtrics adds to the answer of a proxied call."""

    entries: list[dict[str, Any]]
    notice: str

    def home_of(self, brand: str) -> str:
        """The Datacenter ID that the notice names as that of ``brand``, empty where it names none."""
        return _home_in(self.notice, brand)


class Qualtrics:
    """Qualtrics' API under one base URL, asked with one credential, which the caller has among its secrets."""

    def __init__(self, base_url: str, credential: Credential, access: Access, budget: Budget) -> None:
        self.base_url = base_url
        self.host = urlsplit(base_url).netloc
        self._credential = credential
        self._http = access.session(f"Qualtrics {self.host}", lambda: credential.headers, budget)

    def whoami(self) -> Identity:
        """Whose the credential is. Raises `UnexpectedAnswer` for an answer that names no organization."""
        document = self._get(f"{self.base_url}/whoami")
        user, notice = document["result"], str(document["meta"].get("notice") or "")
        brand, stated = user.get("brandId"), user.get("datacenter")
        if not isinstance(brand, str) or not BRAND_PATTERN.fullmatch(brand):
            raise UnexpectedAnswer(
                "The answer to whoami does not name a brand",
                f"Qualtrics {self.host}, /API/v3/whoami",
                advice="Check the host",
            )
        stated = stated.strip().lower() if isinstance(stated, str) else ""
        return Identity(brand, user, notice, _home_in(notice, brand), stated if ID_PATTERN.fullmatch(stated) else "")

    def directories(self) -> Directories:
        """All directories of the brand, of every page."""
        where = f"Qualtrics {self.host}, /API/v3/directories"
        elements: list[dict[str, Any]] = []
        notice = ""
        url: Any = f"{self.base_url}/directories"
        for _page in range(MOST_PAGES):
            document = self._get(url)
            result = document["result"]
            notice = notice or str(document["meta"].get("notice") or "")
            page = result.get("elements")
            if not isinstance(page, list) or not all(map(_is_directory, page)):
                raise UnexpectedAnswer("The list of directories is not in the documented format", where)
            elements += page
            url = result.get("nextPage")
            if not url:
                return Directories(elements, notice)
            url = self._next_page(url)
        raise UnexpectedAnswer(f"The list of directories did not end after {MOST_PAGES} pages", where)

    def read_api_token(self, user_id: str) -> str | None:
        """The API token of a user of the organization, None where the user has none (qualtrics 3).

        Raises `AccessDenied` and `LoginError` where the credential may not read it.
        """
        answer = self._http.send("GET", self._api_token_url(user_id))
        # ATP_2 is a 400 as well: the credential did not arrive.
        if answer.status == 400 and error_code(answer) != "ATP_2":
            return None
        return self._api_token_in(answer)

    def make_api_token(self, user_id: str) -> str:
        """A new API token for a user; the one before is void from then on, everywhere (qualtrics 3). Never repeated.

        Raises `OutcomeUnknown` where the answer was lost, and `AccessDenied` where Qualtrics refuses to make one.
        """
        answer = self._http.send("POST", self._api_token_url(user_id))
        if answer.status in (400, 409) and error_code(answer) != "ATP_2":
            raise AccessDenied(
                "Qualtrics did not make a new API token",
                f"Qualtrics {self.host}, POST /API/v3/users/{user_id}/apitoken",
                reported(answer),
                "Press Generate Token under Account Settings > Qualtrics IDs > API and give the new token as api_token."
                " Nothing was changed: the token from before is still valid",
                request_id(answer),
            )
        return self._api_token_in(answer)

    def _api_token_url(self, user_id: str) -> str:
        return f"{self.base_url}/users/{quote(user_id, safe='')}/apitoken"

    def _api_token_in(self, answer: Answer) -> str:
        token = self._result(answer, "/API/v3/users/{userId}/apitoken")["result"].get("apiToken")
        if not isinstance(token, str) or not TOKEN_FORM.fullmatch(token):
            where = f"Qualtrics {self.host}, /API/v3/users/{{userId}}/apitoken"
            raise UnexpectedAnswer(
                "The answer does not contain an API token", where, advice="Check the host and the proxy"
            )
        return token

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

    def _get(self, url: str) -> dict[str, Any]:
        return self._result(self._http.send("GET", url), urlsplit(url).path)

    def _result(self, answer: Answer, path: str) -> dict[str, Any]:
        """The envelope of a success, with ``result`` and ``meta``. Raises what an error means (qualtrics 5)."""
        document = answer.document if isinstance(answer.document, dict) else {}
        if answer.ok and isinstance(document.get("result"), dict):
            return {"result": document["result"], "meta": meta_of(answer)}
        raise self._refusal(answer, f"Qualtrics {self.host}, {path}")

    def _refusal(self, answer: Answer, where: str) -> SpokesError:
        """What an error means, by its code and its status; its words can be in any language."""
        why, code, support_id = reported(answer), error_code(answer), request_id(answer)
        if code == "AUTH_6.0" or (answer.status == 401 and self._credential.kind == "OAuth token"):
            advice = "An OAuth token works only at its own brand's datacenter: check the Datacenter ID"
            return LoginError("Qualtrics does not accept the OAuth token on this host", where, why, advice, support_id)
        if code == "ATP_2":
            advice = "Check it for white space and line breaks, and proxies that drop headers"
            return LoginError(f"The {self._credential.kind} did not arrive", where, why, advice, support_id)
        if answer.status == 401:
            advice = "Copy the token from Account Settings > Qualtrics IDs > API; a new one makes the old void at once"
            return LoginError("Qualtrics does not know the API token", where, why, advice, support_id)
        if answer.status == 403:
            advice = (
                "A brand administrator has to enable 'Access API' for the user, or give the client the scope it lacks"
            )
            return AccessDenied(f"The {self._credential.kind} may not use this API", where, why, advice, support_id)
        if answer.status == 404:
            advice = "Check Organization ID and Datacenter ID"
            return RecordMissing("Qualtrics does not know this address", where, why, advice, support_id)
        advice = "Look the error code up in the Qualtrics API documentation"
        return UnexpectedAnswer("Qualtrics refused the request", where, why, advice, support_id)


def _is_directory(entry: Any) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("directoryId"), str)


def _home_in(notice: str, brand: str) -> str:
    """The Datacenter ID in a notice that names ``<datacenter>.qualtrics.com``, with the brand before it or not."""
    found = NOTICE_HOST.search(notice.lower())
    label = found.group(1).rpartition(".")[2] if found else ""
    return label if ID_PATTERN.fullmatch(label) and label != brand.lower() else ""
