# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""Option groups that several modules share; the doc fragments of the same names describe them."""

from __future__ import annotations

import os
from typing import Any

from ansible.module_utils.basic import env_fallback
from ansible.module_utils.errors import AnsibleFallbackNotFound
from ansible_collections.snow_ops.spokes.plugins.module_utils._wire.session import READ_TIMEOUT_SECONDS

# Read by the action plugins, which word the messages.
_VARIABLE_NAMES: dict[str, Any] = {"variable_names": {"type": "str"}}
# The only one that this collection uses; servicenow.itsm has the option too.
API_PATH = "api/now"

_CONNECTION: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "url": {"type": "str"},
    "use_mid": {"type": "bool"},
    "mid_selection": {"type": "str"},
    "mid_server": {"type": "str"},
    "mid_cluster": {"type": "str"},
    "mid_protocol_profile": {"type": "str"},
    "mutual_auth": {"type": "bool"},
    "protocol_profile": {"type": "str"},
    "unencrypted_attributes": {"type": "list", "elements": "str"},
}
_OAUTH: dict[str, Any] = {
    "name": {"type": "str", "required": True},
    "client_id": {"type": "str"},
    "client_secret": {"type": "str", "no_log": True},
    "token_url": {"type": "str", "no_log": False},
    "auth_url": {"type": "str"},
    "redirect_url": {"type": "str"},
    "refresh_token_url": {"type": "str", "no_log": False},
    "revoke_token_url": {"type": "str", "no_log": False},
    "oauth_api_script": {"type": "str"},
    "public_client": {"type": "bool"},
    "use_mutual_auth": {"type": "bool"},
    "protocol_name": {"type": "str"},
    "grant_type": {"type": "str"},
    "scopes": {"type": "list", "elements": "str"},
    "send_client_credentials_as": {"type": "str", "choices": ["basic_authorization_header", "request_body_parameter"]},
    "credential_name": {"type": "str"},
}


def _from_environment(name: str, **spec: Any) -> dict[str, Any]:
    return dict(spec, fallback=(_set_variable, [name]))


def _set_variable(name: str) -> str:
    """The value of an environment variable; an empty one counts as none, since AWX sets one for every field that a
    credential leaves empty.
    """
    if not os.environ.get(name):
        raise AnsibleFallbackNotFound
    return str(env_fallback(name))


def _connection_options() -> dict[str, Any]:
    return {
        "validate_certs": {"type": "bool", "default": True},
        "ca_path": {"type": "path"},
        "proxy": {"type": "str"},
    }


def instance_spec() -> dict[str, Any]:
    """The ``instance`` option: the login to ServiceNow, with the names of servicenow.itsm."""
    suboptions = {
        "host": _from_environment("SN_HOST", type="str"),
        "username": _from_environment("SN_USERNAME", type="str"),
        "password": _from_environment("SN_PASSWORD", type="str", no_log=True),
        "api_path": {"type": "str", "default": API_PATH},
        "grant_type": _from_environment(
            "SN_GRANT_TYPE", type="str", choices=["password", "refresh_token", "client_credentials"]
        ),
        "client_id": _from_environment("SN_CLIENT_ID", type="str"),
        "client_secret": _from_environment("SN_CLIENT_SECRET", type="str", no_log=True),
        "refresh_token": _from_environment("SN_REFRESH_TOKEN", type="str", no_log=True),
        "access_token": _from_environment("SN_ACCESS_TOKEN", type="str", no_log=True),
        "api_key": _from_environment("SN_API_KEY", type="str", no_log=True),
        "client_certificate_file": _from_environment("SN_CLIENT_CERTIFICATE_FILE", type="path"),
        "client_key_file": _from_environment("SN_CLIENT_KEY_FILE", type="path", no_log=False),
        "custom_headers": {"type": "dict", "no_log": True},
        "timeout": _from_environment("SN_TIMEOUT", type="float", default=READ_TIMEOUT_SECONDS),
        **_connection_options(),
    }
    return {"instance": {"type": "dict", "apply_defaults": True, "options": suboptions}, **_VARIABLE_NAMES}


def alias_spec() -> dict[str, Any]:
    """Which alias a task means."""
    return {"scope": {"type": "str"}, "alias": {"type": "str"}, "preferred_alias_name": {"type": "str"}}


def qualtrics_spec() -> dict[str, Any]:
    """The Qualtrics account, its credentials and how to reach it."""
    return {
        "api_token": _from_environment("QUALTRICS_API_TOKEN", type="str", no_log=True),
        "organization_id": _from_environment("QUALTRICS_ORGANIZATION_ID", type="str"),
        "datacenter_id": _from_environment("QUALTRICS_DATACENTER_ID", type="str"),
        "client_id": _from_environment("QUALTRICS_CLIENT_ID", type="str"),
        "client_secret": _from_environment("QUALTRICS_CLIENT_SECRET", type="str", no_log=True),
        "scopes": {"type": "list", "elements": "str", "default": ["manage:all"]},
        "token_url": {"type": "str", "no_log": False},
        "timeout": {"type": "float", "default": READ_TIMEOUT_SECONDS},
        **_connection_options(),
        **_VARIABLE_NAMES,
    }


def once_per_play_spec() -> dict[str, Any]:
    """Whether the hosts of a play share an answer, which the action plugins see to."""
    return {"once_per_play": {"type": "bool", "default": False}}


def connection_url_spec() -> dict[str, Any]:
    """The Connection URL of the spoke, where it is not the documented one."""
    return {"connection_url": {"type": "str"}}


def directory_spec() -> dict[str, Any]:
    """Which directory of the account is meant."""
    return {"directory_id": _from_environment("QUALTRICS_DIRECTORY_ID", type="str")}


def connection_spec() -> dict[str, Any]:
    """A connection with its OAuth client, and the way to write them."""
    return {
        "connection": {"type": "dict", "options": _CONNECTION},
        "oauth": {"type": "dict", "options": _OAUTH},
        "route": {"type": "str", "choices": ["auto", "endpoint", "records"], "default": "auto"},
        "endpoint_path": {"type": "str"},
        "endpoint_trust": {"type": "str", "choices": ["digest", "path"], "default": "digest"},
        "update_secret": {
            "type": "str",
            "choices": ["on_create", "on_change", "always"],
            "default": "on_create",
            "no_log": False,
        },
        "replace_foreign_connection": {"type": "bool", "default": False},
        "mark_adopted": {"type": "bool", "default": True},
    }
