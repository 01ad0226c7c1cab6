# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""Secrets are compared on the instance, by proofs: no stored secret leaves it, nor anything to guess one by.

A proof is the HMAC-SHA256 of a secret that this side holds, under a nonce made for one request. The instance makes the
same of what it stores and says "same", "different" or "not set". Whoever can read the request (a proxy that opens TLS)
can guess at *our* secrets with it, as with every request that carries one.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import InputError
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.answers import Row

# What encodeURIComponent leaves as it is; proofs are made of its output.
URI_COMPONENT_SAFE = "-_.!~*'()"
SAME, DIFFERENT, NOT_SET = "same", "different", "not set"
# As many as the endpoint takes (state.js).
MOST_ATTRIBUTES = 50
SECRET_COLUMNS = {
    "oauth_entity": "client_secret",
    "connection_attributes": "default_value",
    "sys_variable_value": "value",
}
# The suffix of the column that says which of the proofs it was.
POSITION = "_is"


@dataclass(frozen=True)
class Held:
    """What a task holds of secrets: the client's, and values of attributes, which count as secrets
    whatever they are.
    """

    client_secret: str = ""
    attributes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if len(self.attributes) > MOST_ATTRIBUTES:
            raise InputError(
                f"{len(self.attributes)} attributes are given, the setup endpoint compares {MOST_ATTRIBUTES}",
                advice="Give fewer, or set route to records",
            )


class Proofs:
    """The proofs of one request, made under its ``nonce`` of what is ``held``."""

    def __init__(self, nonce: str, held: Held) -> None:
        self.nonce = nonce
        self._client_secret = self.of(held.client_secret)
        self._attributes = [self.of(value) for value in held.attributes]
        # Never the proof of anything.
        self._different = f"{DIFFERENT} {nonce}"

    def as_document(self) -> dict[str, Any]:
        """What the endpoint takes as ``proofs``."""
        return {"client_secret": self._client_secret, "attributes": self._attributes}

    def of(self, value: str) -> str:
        """The proof of ``value``; empty for none."""
        if not value:
            return ""
        data = quote(value, safe=URI_COMPONENT_SAFE, errors="surrogatepass").encode()
        return base64.b64encode(hmac.new(self.nonce.encode(), data, hashlib.sha256).digest()).decode()

    def read(self, state: dict[str, Any]) -> dict[str, list[Row]] | None:
        """The tables of ``state``, with proofs in the place of the endpoint's words; None for words that it does not
        use.
        """
        try:
            return {table: [self._read_row(table, row) for row in rows] for table, rows in state["tables"].items()}
        except (KeyError, ValueError, IndexError):
            return None

    def _read_row(self, table: str, row: Row) -> Row:
        column = SECRET_COLUMNS.get(table)
        if column is None:
            return row
        known = [self._client_secret] if table == "oauth_entity" else self._attributes
        word = row[column]
        if word == SAME:
            return dict(row, **{column: known[int(row[column + POSITION])]})
        return dict(row, **{column: {DIFFERENT: self._different, NOT_SET: ""}[word]})
