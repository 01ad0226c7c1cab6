# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""The core of qualtrics_probe: how a brand behaves where the sources are silent or disagree (docs/proof.md). It only
reads.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from typing import Any

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import AccessDenied, LoginError, RecordMissing
from ansible_collections.snow_ops.spokes.plugins.module_utils._findings import Finding, Findings
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.access import Credential
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.api_token import (
    api_at,
    as_client,
    no_credential,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.client import Qualtrics
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.envelope import error_code, meta_of
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.home import Home, find_home, host_of
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.options import (
    AccountOptions,
    Client,
    hides_unproven,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.urls import API_PATH, documented_url, token_url
from ansible_collections.snow_ops.spokes.plugins.module_utils._secrets import Secrets
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire.answer import Answer
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire.session import Budget

NO_CLIENT = "not asked: no client"
NO_TOKEN = "the OAuth client got no access token"
WRONG_SECRET = "snow-ops-probe-wrong-secret"
# Two datacenters of which at least one is not the brand's own.
DATACENTERS = ("iad1", "fra1")
# What is shown of an answer: names of its keys that are known, and codes of errors in the forms of RFC 6749 and of
# Qualtrics (qualtrics 5).
KEYS = (
    *("brandId", "userId", "userName", "accountType", "firstName", "lastName", "email", "datacenter", "language"),
    *("directoryId", "name", "deduplicationCriteria", "contactCount", "isDefault"),
    *("access_token", "token_type", "expires_in", "scope", "refresh_token", "id_token"),
)
TOKEN_TYPES = ("bearer", "Bearer")
OAUTH_ERRORS = (
    *("invalid_request", "invalid_client", "invalid_grant", "unauthorized_client", "unsupported_grant_type"),
    *("invalid_scope", "access_denied", "server_error", "temporarily_unavailable", "invalid_token"),
)
CODE = re.compile(r"[A-Z]{2,8}_\d{1,3}(\.\d{1,2})?")
ENGLISH = ("invalid", "unauthorized", "unrecognized", "client", "token", "authoriz", "expected")


def run(params: dict[str, Any], check_mode: bool, secrets: Secrets) -> dict[str, Any]:
    """Read what ``params`` (the module's options) lead to; nothing is ever written. Raises what whoami meets."""
    with hides_unproven(params, secrets):
        options = AccountOptions.read(params, secrets)
        return _Probe(options, secrets, params["probe_wrong_client"]).as_result()


class _Probe:
    """One method a point; each returns what was found."""

    def __init__(self, options: AccountOptions, secrets: Secrets, tries_wrong_client: bool) -> None:
        self._options = options
        self._secrets = secrets
        self._tries_wrong_client = tries_wrong_client
        self._budget = Budget()
        self._bearer: Credential | None = None
        # Ends the task where the credential is refused: then there is nothing to find.
        self._credential, self._home = self._whose()
        self._findings = Findings()

    def _whose(self) -> tuple[Credential, Home]:
        """What to ask with, and whose it is: the API token, or that of the OAuth client's user, or else an
        OAuth token.
        """
        options = self._options
        if options.api_token:
            credential = Credential.of_api_token(options.api_token)
            return credential, find_home(options.target, lambda host: self._api(host, credential).whoami())
        if options.client is None:
            raise no_credential()
        asker = as_client(options, options.client, self._secrets, self._budget)
        home = Home(asker.home, asker.identity, None)
        try:
            token = asker.api.read_api_token(asker.identity.user_id)
        except (AccessDenied, LoginError, RecordMissing):
            token = None
        if token is None:
            return asker.credential, home
        self._secrets.add(token)
        return Credential.of_api_token(token), home

    def as_result(self) -> dict[str, Any]:
        """The task's result."""
        looks = {"whoami": self._whoami, "brand host": self._brand_host, "directories": self._directories}
        with_client = {"access token": self._token, "bearer at the brand host": self._bearer_at_brand_host}
        with_client.update({"API token by bearer": self._api_token_by_bearer})
        if self._tries_wrong_client:
            with_client.update({"wrong client": self._wrong_client, "bearer elsewhere": self._bearer_elsewhere})
            with_client.update({"client in the body": self._client_in_body, "no scope asked": self._without_scope})
        if not self._options.client:
            with_client = dict.fromkeys(with_client, _not_asked)
        looks.update(with_client)
        for point, look in looks.items():
            self._findings.look(point, look)
        return self._findings.as_result()

    @property
    def _datacenter(self) -> str:
        return self._home.target.datacenter_id

    def _api(self, host: str, credential: Credential | None = None) -> Qualtrics:
        return api_at(host, credential or self._credential, self._options, self._budget)

    def _get(self, url: str, credential: Credential | None = None) -> Answer:
        used = credential or self._credential
        return self._options.access.session("Qualtrics", lambda: used.headers, self._budget).send("GET", url)

    def _ask_token(self, client: Client, form: dict[str, str], in_body: bool = False) -> Answer:
        """The token endpoint's answer to ``client``, whatever it is; a token in it is among the secrets then."""
        login = base64.b64encode(f"{client.client_id}:{client.client_secret}".encode()).decode()
        headers = {} if in_body else {"Authorization": f"Basic {login}"}
        self._secrets.add_login(client.client_id, client.client_secret)
        session = self._options.access.session("Qualtrics", lambda: headers, self._budget)
        url = self._options.token_url or token_url(self._datacenter)
        answer = session.send("POST", url, form={"grant_type": "client_credentials", **form}, is_read=True)
        document = answer.document if isinstance(answer.document, dict) else {}
        self._secrets.add(document.get("access_token"))
        return answer

    def _client(self) -> Client:
        if self._options.client is None:
            raise AssertionError("asked for without a client")
        return self._options.client

    def _keys(self, names: Iterable[str]) -> list[str]:
        return sorted(self._findings.said(name, KEYS) for name in names)

    def _seconds(self, value: Any) -> Any:
        return value if value is None or isinstance(value, (int, float)) else self._findings.said(value)

    def _code_of(self, answer: Answer) -> str:
        """The error code, as it is where it is a known one or has the form of one."""
        document = answer.document if isinstance(answer.document, dict) else {}
        code = document.get("error") if isinstance(document.get("error"), str) else error_code(answer)
        return self._findings.said(code, (*OAUTH_ERRORS, str(code) if CODE.fullmatch(str(code)) else ""))

    def _whoami(self) -> Finding:
        answer = self._get(f"https://{host_of(self._datacenter)}{API_PATH}/whoami")
        identity = self._api(host_of(self._datacenter)).whoami()
        stated: Any = False
        if identity.stated_datacenter:
            stated = True if identity.stated_datacenter == self._datacenter else "legacy"
        has_id = bool(meta_of(answer).get("requestId"))
        found = {
            "states_datacenter": stated,
            "keys": self._keys(identity.user),
            "request_id": has_id,
            "notice": bool(identity.notice),
        }
        switches = {"qualtrics.whoami_datacenter": stated, "qualtrics.request_id": "uuid" if has_id else "empty"}
        return Finding(
            found, "a hint only; the notice decides, or the host that was asked", not identity.notice, switches
        )

    def _brand_host(self) -> Finding:
        identity = Qualtrics(self._brand_url(), self._credential, self._options.access, self._budget).whoami()
        found = "proxied, with a notice" if identity.notice else "served"
        switches = {"qualtrics.brand_host": "proxies" if identity.notice else "serves"}
        return Finding(
            found, "serves both credentials; a warning proposes the datacenter's host", not identity.notice, switches
        )

    def _brand_url(self) -> str:
        return documented_url(self._home.target.organization_id)

    def _directories(self) -> Finding:
        answer = self._get(f"https://{host_of(self._datacenter)}{API_PATH}/directories")
        document = answer.document if isinstance(answer.document, dict) else {}
        result = document.get("result")
        elements = _elements_of(result)
        if elements is None:
            return Finding(f"HTTP {answer.status}", "a list of directories", False, {})
        defaults = sum(entry.get("isDefault") is True for entry in elements)
        found = {
            "count": len(elements),
            "keys": self._keys({key for entry in elements for key in entry}),
            "defaults": defaults,
        }
        switches = {**_page_switches(result), **_directory_switches(elements)}
        works = defaults == 1 or len(elements) == 1
        return Finding(found, "one that is the default, or the only one", works, switches)

    def _token(self) -> Finding:
        client = self._client()
        answer = self._ask_token(client, {"scope": " ".join(client.scopes)})
        document = answer.document if isinstance(answer.document, dict) else {}
        if not document.get("access_token"):
            return Finding(
                {"status": answer.status, "error": _error_shape(answer)}, "a token by client credentials", False, {}
            )
        self._bearer = Credential.of_bearer(document["access_token"])
        found = {
            "token_type": self._findings.said(document.get("token_type") or "", TOKEN_TYPES),
            "expires_in": self._seconds(document.get("expires_in")),
            "keys": self._keys(document),
        }
        switches: dict[str, Any] = {"qualtrics.token_scope_returned": "scope" in document}
        if document.get("token_type") in TOKEN_TYPES:
            switches["qualtrics.token_type"] = document["token_type"]
        return Finding(found, "a bearer; its scope, where stated, is compared", True, switches)

    def _bearer_at_brand_host(self) -> Finding:
        assumes = "an OAuth token is good there, which is where the spoke calls"
        if self._bearer is None:
            return Finding("no access token", assumes, None, {}, NO_TOKEN)
        try:
            Qualtrics(self._brand_url(), self._bearer, self._options.access, self._budget).whoami()
        except (LoginError, AccessDenied) as error:
            # What proxies a call refuses bearers as well; the point before this one says which it is.
            is_proxied = bool(
                Qualtrics(self._brand_url(), self._credential, self._options.access, self._budget).whoami().notice
            )
            switches = {} if is_proxied else {"qualtrics.brand_host": "refuses_bearers"}
            return Finding(f"refused ({error.kind})", assumes, False, switches)
        return Finding("accepted", assumes, True, {})

    def _api_token_by_bearer(self) -> Finding:
        assumes = "a brand administrator's client may read the API token"
        if self._bearer is None:
            return Finding("no access token", assumes, None, {}, NO_TOKEN)
        user_id = self._home.identity.user_id
        try:
            token = self._api(host_of(self._datacenter), self._bearer).read_api_token(user_id)
        except (LoginError, AccessDenied) as error:
            return Finding(f"refused ({error.kind})", assumes, False, {"qualtrics.api_token_by_bearer": False})
        self._secrets.add(token)
        return Finding(
            "read" if token else "answered: there is none", assumes, True, {"qualtrics.api_token_by_bearer": True}
        )

    # What sends something wrong on purpose.

    def _wrong_client(self) -> Finding:
        client = self._client()
        wrong = Client(client.client_id, WRONG_SECRET, client.scopes, client.token_url)
        answer = self._ask_token(wrong, {"scope": " ".join(client.scopes)})
        shape = _error_shape(answer)
        switches: dict[str, Any] = {"qualtrics.token_error_shape": shape} if shape in ("rfc6749", "envelope") else {}
        description = _words_of(answer).lower()
        if description:
            switches["qualtrics.error_texts"] = "english" if any(word in description for word in ENGLISH) else "other"
        found = {"status": answer.status, "form": shape, "code": self._code_of(answer), "has_words": bool(description)}
        return Finding(
            found,
            "400, 401 or 403 in the form of RFC 6749, of the envelope, or as a page",
            answer.status in (400, 401, 403),
            switches,
        )

    def _bearer_elsewhere(self) -> Finding:
        assumes = "401 with AUTH_6.0 or DCD_7"
        if self._bearer is None:
            return Finding("no access token", assumes, None, {}, NO_TOKEN)
        other = next(name for name in DATACENTERS if name != self._datacenter)
        answer = self._get(f"https://{host_of(other)}{API_PATH}/whoami", self._bearer)
        code = error_code(answer)
        switches = {"qualtrics.wrong_datacenter_bearer": code} if code in ("AUTH_6.0", "DCD_7") else {}
        shown = self._code_of(answer)
        return Finding({"status": answer.status, "code": shown}, assumes, answer.status == 401, switches)

    def _client_in_body(self) -> Finding:
        client = self._client()
        form = {"scope": " ".join(client.scopes), "client_id": client.client_id, "client_secret": client.client_secret}
        answer = self._ask_token(client, form, in_body=True)
        found = "accepted" if answer.ok else f"HTTP {answer.status}"
        return Finding(
            found,
            "the spoke's form sends the client in the body",
            answer.ok,
            {"qualtrics.client_auth_in_body": answer.ok},
        )

    def _without_scope(self) -> Finding:
        answer = self._ask_token(self._client(), {})
        document = answer.document if isinstance(answer.document, dict) else {}
        assumes = "the wanted scopes are always asked for"
        if not answer.ok or "scope" not in document:
            return Finding(f"HTTP {answer.status}, without a scope", assumes, True, {})
        granted = "all" if document["scope"] else "none"
        return Finding(f"{granted} granted", assumes, True, {"qualtrics.omitted_scope": granted})


def _not_asked() -> Finding:
    return Finding(NO_CLIENT, "", None, {}, NO_CLIENT)


def _elements_of(result: Any) -> list[dict[str, Any]] | None:
    """The elements of a list's answer, None where it is not one."""
    elements = result.get("elements") if isinstance(result, dict) else None
    if not isinstance(elements, list) or not all(isinstance(entry, dict) for entry in elements):
        return None
    return elements


def _page_switches(result: Any) -> dict[str, str]:
    """How the last page of a list says that it is the last; nothing is known of a page that another one follows."""
    if "nextPage" not in result:
        return {"qualtrics.last_page": "absent"}
    return {"qualtrics.last_page": "null"} if result["nextPage"] is None else {}


def _directory_switches(elements: list[dict[str, Any]]) -> dict[str, str]:
    """What the entries of a list of directories look like."""
    has_counts = any("contactCount" in entry for entry in elements)
    switches = {"qualtrics.contact_count": "always" if has_counts else "on_request"}
    if not elements:
        return switches
    switches["qualtrics.directory_default"] = _flagged(elements)
    are_unnamed = all(entry.get("name") is None for entry in elements)
    switches["qualtrics.directory_name"] = "null" if are_unnamed else "seeded"
    return switches


def _flagged(elements: list[dict[str, Any]]) -> str:
    """How directories say which of them is the default."""
    if any(entry.get("isDefault") is True for entry in elements):
        return "seeded"
    return "never" if any("isDefault" in entry for entry in elements) else "absent"


def _error_shape(answer: Answer) -> str:
    if not isinstance(answer.document, dict):
        return "page"
    if isinstance(answer.document.get("error"), str):
        return "rfc6749"
    return "envelope" if isinstance(meta_of(answer).get("error"), dict) else "other"


def _words_of(answer: Answer) -> str:
    document = answer.document if isinstance(answer.document, dict) else {}
    error = meta_of(answer).get("error")
    in_envelope = error.get("errorMessage") if isinstance(error, dict) else ""
    return str(document.get("error_description") or in_envelope or "")
