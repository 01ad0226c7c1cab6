# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""The session with an instance: its address, the login, and one exchange at a time."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import InputError
from ansible_collections.snow_ops.spokes.plugins.module_utils._input.checks import LONGEST_CREDENTIAL
from ansible_collections.snow_ops.spokes.plugins.module_utils._secrets import Secrets
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.address import base_url_of
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.login import Login
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire.answer import Answer
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire.session import Budget, HttpSession

OWN_HEADERS = (
    *("accept", "accept-encoding", "authorization", "connection", "content-length", "content-type", "expect", "host"),
    *("te", "trailer", "transfer-encoding", "upgrade", "x-sn-apikey"),
)


class Session:
    """A session with an instance; ``is_proven`` once it has taken the login.

    Takes the ``instance`` options of a task, and its ``budget``. Raises `InputError` for options that cannot work,
    before anything is sent.
    """

    def __init__(self, options: dict[str, Any], secrets: Secrets, budget: Budget) -> None:
        self.base_url = base_url_of(options.get("host") or "")
        self.host = urlsplit(self.base_url).netloc
        self.login = Login(options, secrets)
        certificate = options.get("client_certificate_file")
        self._custom_headers = _custom_headers(options.get("custom_headers") or {}, secrets)
        self._http = HttpSession(
            f"instance {self.host}",
            self.login.headers,
            budget,
            verify=_verify(options),
            cert=(certificate, options["client_key_file"]) if certificate else None,
            proxy=options.get("proxy"),
            read_timeout=options["timeout"],
        )
        self.is_proven = False
        self._server_date = ""

    def now(self) -> str:
        """The time on the instance as its tables write it: UTC, ``YYYY-MM-DD HH:MM:SS``; the controller's until it has
        answered.
        """
        try:
            stamp = parsedate_to_datetime(self._server_date) if self._server_date else datetime.now(timezone.utc)
        except (TypeError, ValueError, IndexError, OverflowError):
            stamp = datetime.now(timezone.utc)
        return stamp.astimezone(timezone.utc).strftime("%Y-%m-%d %H:%M:%S")

    def log_in(self) -> None:
        """Fetch the access token that the next request needs, if it needs one. Raises what `Login.replace_token`
        raises.
        """
        if self.login.needs_token():
            self.login.replace_token(self._http, self.base_url, self.login.access_token)

    def send(
        self, method: str, path: str, params: dict[str, str] | None, document: Any, is_read: bool | None
    ) -> Answer:
        """The answer to one request, whatever it is; asked once more with a new access token where the old one was
        refused. Raises `LoginError`, and what the wire raises.
        """
        self.log_in()
        token = self.login.access_token
        answer = self._http.send(
            method, self.base_url + path, params, document, headers=self._custom_headers, is_read=is_read
        )
        if answer.status == 401 and self.login.can_renew():
            self.login.replace_token(self._http, self.base_url, token)
            answer = self._http.send(
                method, self.base_url + path, params, document, headers=self._custom_headers, is_read=is_read
            )
        if answer.status != 401:
            self.is_proven = True
        self._server_date = answer.headers.get("Date", self._server_date)
        return answer

    def read_without_login(self, path: str, params: dict[str, str] | None) -> Answer:
        """What the instance answers to a GET of a stranger, whatever it is."""
        return self._http.send("GET", self.base_url + path, params, headers=self._custom_headers, with_login=False)


def _custom_headers(given: dict[Any, Any], secrets: Secrets) -> dict[str, str]:
    """The headers of the option ``custom_headers``, their values taken for secrets. Raises `InputError` for what cannot
    be sent.
    """
    headers = {}
    for name, value in given.items():
        secrets.add(value)
        if not re.fullmatch(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}", str(name)):
            raise InputError(
                "instance.custom_headers has a name that is not valid for a header",
                advice="Correct it; the name stands before the colon",
            )
        if not isinstance(value, (str, int, float)):
            raise InputError(f"instance.custom_headers.{name} is not a single value", advice="Give text or a number")
        text = str(value).lower() if isinstance(value, bool) else str(value)
        secrets.add(text)
        if str(name).lower() in OWN_HEADERS:
            raise InputError(
                f"instance.custom_headers sets {name}, which this collection sets itself",
                advice="Remove it; a login has its own options",
            )
        if len(text) > LONGEST_CREDENTIAL or not re.fullmatch("([!-~]([ -~]*[!-~])?)?", text):
            raise InputError(
                f"The value of instance.custom_headers.{name} cannot be sent in a header",
                why=f"it is longer than {LONGEST_CREDENTIAL} characters, starts or ends with white space, or contains "
                "a line break or a letter that is not ASCII",
                advice="Correct the value; encode it as the receiver wants it, such as base64",
            )
        headers[str(name)] = text
    return headers


def _verify(options: dict[str, Any]) -> Any:
    """What requests takes as ``verify``."""
    return (options.get("ca_path") or True) if options["validate_certs"] else False
