# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""How a request to an instance proves who sends it: Basic, OAuth token, API key, client certificate."""

from __future__ import annotations

import base64
import threading
import time
from typing import Any

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import (
    InputError,
    LoginError,
    SpokesError,
    UnexpectedAnswer,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._input.checks import check_credentials, check_not_swapped
from ansible_collections.snow_ops.spokes.plugins.module_utils._secrets import Secrets
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire.answer import Answer
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire.session import HttpSession

LOGIN_ADVICE = (
    "Check host, user and secret; then on the instance: is the account active and not locked out, is it Web Service "
    "Access Only or does it hold snc_basic_auth_api_access (Basic authentication is restricted on newer instances), "
    "is MFA enforced for it, does an API access policy close the Table API or the Batch API to this login"
)
# What each grant takes, "" being Basic. Without a client the name of the grant means Basic, as in servicenow.itsm: see
# `Login._grant`.
NEEDED = {
    "": ("username", "password"),
    "password": ("username", "password", "client_id", "client_secret"),
    "refresh_token": ("refresh_token", "client_id", "client_secret"),
    "client_credentials": ("client_id", "client_secret"),
}


class Login:
    """Gives the headers that authenticate one request, from the ``instance`` options of a task."""

    def __init__(self, options: dict[str, Any], secrets: Secrets) -> None:
        self._options = options
        self._secrets = secrets
        self._access_token = options.get("access_token") or ""
        self._expires_at = float("inf")
        self._lock = threading.Lock()
        self._refusal: LoginError | None = None
        for name in ("password", "client_secret", "refresh_token", "access_token", "api_key"):
            secrets.add(options.get(name))
        if options.get("username") and options.get("password"):
            secrets.add_login(options["username"], options["password"])
        check_credentials(
            options,
            ("username", "password", "client_id", "client_secret", "refresh_token"),
            ("access_token", "api_key"),
            "instance.",
        )
        check_not_swapped(options.get("client_id"), options.get("client_secret"), secrets, "instance.")
        self._check()

    @property
    def user_name(self) -> str:
        """The user that the options name, empty if only a token does."""
        return (self._options.get("username") or "") if not (self._access_token or self._options.get("api_key")) else ""

    def _check(self) -> None:
        """Raise `InputError` unless the options make up one complete login."""
        given = self._options
        if (given.get("api_path") or "api/now").strip("/") != "api/now":
            raise InputError(
                "instance.api_path has a value other than api/now",
                why=(
                    "This collection uses the Table API at its own address; the option is there because "
                    "servicenow.itsm has it"
                ),
                advice=(
                    "Leave it out, or give api/now; where a gateway serves the instance under another path, ask it "
                    "for the plain one"
                ),
            )
        if given.get("access_token") and given.get("api_key"):
            raise InputError("instance.access_token and instance.api_key exclude each other", advice="Give one of them")
        if bool(given.get("client_certificate_file")) != bool(given.get("client_key_file")):
            raise InputError(
                "instance.client_certificate_file and instance.client_key_file go together", advice="Give both"
            )
        if given.get("access_token") or given.get("api_key") or given.get("client_certificate_file"):
            return
        self._check_complete()

    def _check_complete(self) -> None:
        """Raise `InputError` unless user and client are there as far as the grant needs them."""
        given = self._options
        missing = [f"instance.{name} (SN_{name.upper()})" for name in NEEDED[self._grant] if not given.get(name)]
        if not self._grant and ":" in (given.get("username") or ""):
            raise InputError(
                "instance.username contains a colon, which Basic authentication cannot carry",
                advice="Correct the name, or use OAuth",
            )
        if missing:
            raise InputError(
                f"The login to the instance is incomplete: {', '.join(missing)} not given",
                advice=(
                    "Give it, or leave it out and set the environment variable; an empty vault or credential field "
                    "counts as not given"
                ),
            )

    @property
    def _grant(self) -> str:
        """The OAuth grant to use; without a client the login is Basic, whatever the grant's name, as in
        servicenow.itsm.
        """
        given = self._options
        grant = given.get("grant_type") or "password"
        has_client = bool(given.get("client_id") or given.get("client_secret"))
        if grant == "password" and not has_client:
            return ""
        return grant if given.get("grant_type") or (given.get("client_id") and given.get("client_secret")) else ""

    @property
    def access_token(self) -> str:
        """The access token in use, empty before there is one."""
        return self._access_token

    def headers(self) -> dict[str, str]:
        """The headers of one request; none if the client certificate says it all."""
        given = self._options
        if given.get("api_key"):
            return {"x-sn-apikey": given["api_key"]}
        if self._access_token:
            return {"Authorization": f"Bearer {self._access_token}"}
        if given.get("client_certificate_file") or self._grant:
            return {}
        login = f"{given['username']}:{given['password']}".encode()
        return {"Authorization": "Basic " + base64.b64encode(login).decode("ascii")}

    def needs_token(self) -> bool:
        """Whether an access token has to be fetched before the next request."""
        given = self._options
        if given.get("access_token") or given.get("api_key") or given.get("client_certificate_file") or not self._grant:
            return False
        return not self._access_token or time.monotonic() > self._expires_at

    def can_renew(self) -> bool:
        """Whether a refused access token can be replaced by a new one."""
        return bool(self._access_token and self._grant) and not self._options.get("access_token")

    def replace_token(self, http: HttpSession, base_url: str, old: str) -> None:
        """Get an access token in place of ``old``, unless another thread has done so: parallel requests find it expired
        together.

        Raises `LoginError` when it is refused, and from then on without asking: bad passwords count towards the
        lock-out.
        """
        with self._lock:
            if self._refusal is not None:
                raise self._refusal
            if self._access_token != old:
                return
            try:
                self._fetch_token(http, base_url)
            except LoginError as error:
                self._refusal = error
                raise

    def _fetch_token(self, http: HttpSession, base_url: str) -> None:
        """Ask the instance's ``/oauth_token.do`` for an access token (servicenow-rest 3.3)."""
        given = self._options
        form = {"grant_type": self._grant, "client_id": given["client_id"], "client_secret": given["client_secret"]}
        if self._grant == "password":
            form.update(username=given["username"], password=given["password"])
        elif self._grant == "refresh_token":
            form.update(refresh_token=given["refresh_token"])
        answer = http.send("POST", base_url + "/oauth_token.do", form=form, is_read=True, with_login=False)
        document = answer.document if isinstance(answer.document, dict) else {}
        token = document.get("access_token")
        if not answer.ok or not isinstance(token, str) or not token:
            raise self._no_token(http, answer, document)
        self._secrets.add(token)
        self._secrets.add(document.get("refresh_token"))
        self._access_token = token
        # A repeated request gets the same token with what is left of its time, which can be very little: use it all the
        # same.
        lifetime = document.get("expires_in")
        self._expires_at = time.monotonic() + (min(lifetime, 1e9) if isinstance(lifetime, (int, float)) else 1800.0)

    def _no_token(self, http: HttpSession, answer: Answer, document: dict[str, Any]) -> SpokesError:
        """What an answer without an access token means."""
        where = f"{http.service}, /oauth_token.do"
        if answer.status not in (400, 401, 403):
            return UnexpectedAnswer(
                "The instance's token endpoint did not return a token", where, f"HTTP {answer.status}"
            )
        reported = document.get("error_description") or document.get("error") or f"HTTP {answer.status}"
        return LoginError(
            f"The instance refused the OAuth {self._grant} grant",
            where,
            f"it answers {str(reported)!r}, the same for every cause",
            LOGIN_ADVICE
            + (
                "; for client_credentials the property glide.oauth.inbound.client.credential.grant_type.enabled has "
                "to be true"
            ),
            answer.headers.get("X-Transaction-ID", ""),
        )
