# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""Every table and column that a connection is made of, each once: what is read, what options and templates fill, what
is guarded.

The setup endpoint's own list (COLUMNS in its shared/rows.js) has to contain these columns; a test compares the two.
"""

from __future__ import annotations

from dataclasses import dataclass

ALIAS, DEFINITION = "sys_alias", "connection_attributes"
CONNECTION, CREDENTIAL, REGISTRY = "http_connection", "oauth_2_0_credentials", "oauth_entity"
PROFILE, SCOPE, PROFILE_SCOPE = "oauth_entity_profile", "oauth_entity_scope", "oauth_entity_profile_scope"
ATTRIBUTE_VALUE, TOKEN = "sys_variable_value", "oauth_credential"

# The types of a registry that fetches tokens from a provider (servicenow-connections 1.5): what templates carry, and
# what REST users post. Any other may be that of an inbound client, whose secret is nobody's business here.
OUTBOUND_TYPES = ("consumer", "oauth_provider")

# How a column is treated that decides where secrets go and what runs on them (servicenow-connections 1.3 and 1.5).
#   DERIVED   follows from the options, the template or the platform's default: another value is put right.
#   ADDRESS   a part of the Connection URL: another value is put right, in a write of its own.
#   DECLARED  only an option, the template or the platform's default can say it: another value stops the run.
#   PROVIDER  an address of the provider: empty, of the host of the Token URL, or said by an option or the template;
#             another value stops the run.
DERIVED, ADDRESS, DECLARED, PROVIDER = "derived", "address", "declared", "provider"


@dataclass(frozen=True)
class Column:
    """A column. ``option`` is the module option that gives its value, ``is_preset`` says that a template may; ``guard``
    is one of those above, ``default`` the platform's value for a guarded one.
    """

    name: str
    option: str = ""
    is_url: bool = False
    is_secret: bool = False
    is_preset: bool = False
    guard: str = ""
    default: str = ""


def _plain(*names: str) -> tuple[Column, ...]:
    return tuple(Column(name) for name in names)


COLUMNS: dict[str, tuple[Column, ...]] = {
    CONNECTION: (
        Column("sys_id"),
        Column("name", option="connection.name"),
        Column("active"),
        Column("connection_alias"),
        Column("connection_url", option="connection.url", is_url=True),
        Column("credential"),
        Column("host", guard=ADDRESS),
        Column("port", guard=ADDRESS),
        Column("protocol", guard=ADDRESS),
        Column("base_path", guard=ADDRESS),
        Column("url_builder", guard=DERIVED, default="false"),
        Column("use_mid", option="connection.use_mid", is_preset=True, guard=DECLARED, default="false"),
        Column(
            "mid_selection", option="connection.mid_selection", is_preset=True, guard=DECLARED, default="auto_select"
        ),
        Column("mid_server", option="connection.mid_server", is_preset=True, guard=DECLARED),
        Column("mid_cluster", option="connection.mid_cluster", is_preset=True, guard=DECLARED),
        Column("mid_protocol_profile", option="connection.mid_protocol_profile", is_preset=True, guard=DECLARED),
        Column("mutual_auth", option="connection.mutual_auth", is_preset=True, guard=DECLARED, default="false"),
        Column("protocol_profile", option="connection.protocol_profile", is_preset=True, guard=DECLARED),
        Column("sys_updated_on"),
        Column("sys_updated_by"),
    ),
    CREDENTIAL: _plain("sys_id", "name", "active", "oauth_entity_profile"),
    PROFILE: _plain("sys_id", "name", "oauth_entity", "grant_type", "default"),
    REGISTRY: (
        Column("sys_id"),
        Column("name", option="oauth.name"),
        Column("type", is_preset=True),
        Column("active"),
        Column("client_id", option="oauth.client_id"),
        Column("client_secret", option="oauth.client_secret", is_secret=True),
        Column("default_grant_type"),
        Column("auth_url", option="oauth.auth_url", is_url=True, is_preset=True, guard=PROVIDER),
        Column("token_url", option="oauth.token_url", is_url=True),
        Column("refresh_token_url", option="oauth.refresh_token_url", is_url=True, is_preset=True, guard=PROVIDER),
        Column("revoke_token_url", option="oauth.revoke_token_url", is_url=True, is_preset=True, guard=PROVIDER),
        Column("redirect_url", option="oauth.redirect_url", is_url=True, is_preset=True, guard=PROVIDER),
        Column("send_client_credentials_as", option="oauth.send_client_credentials_as", is_preset=True, guard=DERIVED),
        Column("public_client", option="oauth.public_client", is_preset=True, guard=DERIVED, default="false"),
        Column("use_mutual_auth", option="oauth.use_mutual_auth", is_preset=True, guard=DECLARED, default="false"),
        Column("protocol_name", option="oauth.protocol_name", is_preset=True, guard=DECLARED),
        Column("oauth_api_script", option="oauth.oauth_api_script", is_preset=True, guard=DECLARED),
        Column("code_challenge_method", is_preset=True),
        Column("comments"),
        Column("sys_scope"),
        Column("sys_updated_on"),
        Column("sys_updated_by"),
    ),
    SCOPE: _plain("sys_id", "name", "oauth_entity", "oauth_entity_scope"),
    PROFILE_SCOPE: _plain("sys_id", "oauth_entity_profile", "oauth_entity_scope"),
    ATTRIBUTE_VALUE: _plain("sys_id", "document", "document_key", "variable", "value"),
    TOKEN: _plain("expires", "sys_updated_on"),
    DEFINITION: _plain(
        "sys_id",
        "element",
        "label",
        "column_label",
        "internal_type",
        "default_value",
        "mandatory",
        "max_length",
        "active",
    ),
    ALIAS: _plain(
        "sys_id",
        "id",
        "name",
        "type",
        "connection_type",
        "parent",
        "multiple_connections",
        "sys_scope.scope",
        "configuration_template",
        "configuration_template.name",
        "configuration_template.dynamic_data_schema",
        "configuration_template.default_data_template",
    ),
}


def fields(table: str) -> tuple[str, ...]:
    """The columns of ``table`` that are read."""
    return tuple(column.name for column in COLUMNS[table])


def optional_columns(table: str) -> tuple[Column, ...]:
    """The columns of ``table`` that an option can fill."""
    return tuple(column for column in COLUMNS[table] if column.option)


def preset_columns(table: str) -> tuple[Column, ...]:
    """The columns of ``table`` that a template can fill."""
    return tuple(column for column in COLUMNS[table] if column.is_preset)


def guarded_columns(table: str, *guards: str) -> tuple[Column, ...]:
    """The columns of ``table`` that are treated in one of the ways ``guards``."""
    return tuple(column for column in COLUMNS[table] if column.guard in guards)
