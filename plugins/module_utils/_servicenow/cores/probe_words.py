# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""The texts of an instance that snow_probe shows as they are: those of the platform and of the spoke.

They say nothing of whose it is. Every other text is shown by its form only; a label may be an e-mail address.
"""

from __future__ import annotations

import re

APPLICATIONS = ("sn_qualtrics_spoke",)
# The spoke's own alias (servicenow-connections 8) and the two types of one.
ALIASES = ("Qualtrics", "sn_qualtrics_spoke.Qualtrics")
ALIAS_TYPES = ("connection", "credential")
# What the form's fields are called, before and since November 2025, and what they fill (servicenow-connections 3.1).
LABELS = (
    *("Connection Name", "Connection URL", "X-API-TOKEN", "OAuth Name", "Token URL"),
    *("Client ID", "Client Secret", "OAuth Client ID", "OAuth Client Secret"),
)
PATH_PARTS = (
    *("connection", "credential", "oauth_entity", "extended_attributes", "name", "connection_url", "host", "port"),
    *("client_id", "client_secret", "token_url", "auth_url", "revoke_token_url", "redirect_url", "x_api_token"),
)
FIELD_TYPES = ("text", "password", "password2", "string", "url", "boolean", "integer", "choice", "reference")
FLAGS = ("true", "false", "True", "False", "0", "1")
# Values of the registry's columns (servicenow-connections 1.5).
PRESETS = (
    *("client_credentials", "authorization_code", "password", "jwt_bearer", "implicit"),
    *("basic_authorization_header", "request_body_parameter", "consumer", "oauth_provider", "client", "provider"),
)
SCOPES = ("manage:all",)
PLUGIN_STATES = ("active", "inactive", "true", "false")
NAMESPACES = ("global", "now")
ERROR_KEYS = ("error", "status", "message", "detail", "result", "dict", "list", "str", "int", "bool", "NoneType")
RELEASES = (*("Tokyo", "Utah", "Vancouver", "Washington", "Washingtondc", "Xanadu", "Yokohama", "Zurich", "Australia"),)
_DATE = r"\d\d-\d\d-\d{4}"
_PATCH = rf"(__patch\d{{1,3}}(-hotfix\d{{1,3}}[a-z]?)?(-{_DATE})?(_{_DATE})?(_\d{{4}})?)?"
WAR = re.compile(rf"glide-({'|'.join(name.lower() for name in RELEASES)})-{_DATE}{_PATCH}(\.zip)?")
VERSION = re.compile(r"\d{1,3}(\.\d{1,3}){1,3}", re.ASCII)
LENGTH = re.compile(r"\d{1,5}", re.ASCII)
