# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A connection with its OAuth client, and the way to write them."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation that modules share."""

    DOCUMENTATION = r"""
options:
  connection:
    description: The connection. Required unless one is removed.
    type: dict
    suboptions:
      name:
        description: The Connection Name, unique on the instance.
        type: str
        required: true
      url:
        description: The Connection URL. Required unless it is known from elsewhere.
        type: str
      use_mid:
        description:
          - Whether calls go through a MID server. This suboption and those below decide where secrets go. What is not
            given has to be as the alias's form or the platform presets it; an existing record that differs stops the
            task before any secret is written, and the message names the field, the value, and who changed the record
            last. A value that is given is put right.
        version_added: 1.0.0
        type: bool
      mid_selection:
        description: How the MID server is selected.
        version_added: 1.0.0
        type: str
      mid_server:
        description: The MID server, as the sys_id of its record; an empty text for none.
        version_added: 1.0.0
        type: str
      mid_cluster:
        description: The cluster of MID servers, as the sys_id of its record; an empty text for none.
        version_added: 1.0.0
        type: str
      mid_protocol_profile:
        description: The protocol profile of the MID server, as the sys_id of its record; an empty text for none.
        version_added: 1.0.0
        type: str
      mutual_auth:
        description: Whether the connection uses mutual authentication.
        version_added: 1.0.0
        type: bool
      protocol_profile:
        description: The protocol profile for mutual authentication, as the sys_id of its record; an empty text for
          none.
        version_added: 1.0.0
        type: str
      unencrypted_attributes:
        description:
          - Secret attributes that the instance may keep in clear though the alias's form treats them as secrets, by
            label or element. Any other one whose definition is of a type that is not encrypted stops the task before
            anything is sent, since the definition may have been tampered with.
        version_added: 1.0.0
        type: list
        elements: str
  oauth:
    description: The OAuth client. Required unless it is removed.
    type: dict
    suboptions:
      name:
        description: The OAuth Name, that is the name of the Application Registry record, unique on the instance.
        type: str
        required: true
      client_id:
        description: The Client ID. Required for a new registry.
        type: str
      client_secret:
        description: The Client Secret. Required for a new registry.
        type: str
      token_url:
        description: The Token URL. Required for a new registry.
        type: str
      auth_url:
        description: The Authorization URL, for grants that need one.
        type: str
      redirect_url:
        description: The Redirect URL, for grants that need one.
        type: str
      refresh_token_url:
        description:
          - The Refresh Token URL; an empty text for none. This URL, O(oauth.revoke_token_url), O(oauth.auth_url) and
            O(oauth.redirect_url) have to be of the host of the Token URL, or as the alias's form presets them, unless
            they are given; an existing registry that differs stops the task before any secret is written. The
            instance's own redirect page is accepted too.
        version_added: 1.0.0
        type: str
      revoke_token_url:
        description: The Revoke Token URL; an empty text for none.
        version_added: 1.0.0
        type: str
      oauth_api_script:
        description:
          - The OAuth API script, as the sys_id of its script include; an empty text for none. If not set, an existing
            registry has to have the one that the alias's form presets, or none, as with the suboptions of
            O(connection).
        version_added: 1.0.0
        type: str
      public_client:
        description: Whether the client has no secret. If not set, as the alias's form presets, else not; another value
          is put right.
        version_added: 1.0.0
        type: bool
      use_mutual_auth:
        description: Whether tokens are fetched with mutual authentication. If not set, it must not be so on an existing
          registry.
        version_added: 1.0.0
        type: bool
      protocol_name:
        description: The protocol profile for mutual authentication, as the sys_id of its record; an empty text for
          none.
        version_added: 1.0.0
        type: str
      grant_type:
        description: The grant type. If not set, the one that the alias's form presets, else V(client_credentials).
        type: str
      scopes:
        description:
          - The OAuth scopes that the profile asks for, no more and no less.
          - If not set, those that the alias's form presets; if it presets none, scopes are left alone.
        type: list
        elements: str
      send_client_credentials_as:
        description:
          - How the instance sends id and secret to the token endpoint. If not set, as the alias's form presets, which
            is also put right on an existing registry, else as it is.
        type: str
        choices: [basic_authorization_header, request_body_parameter]
      credential_name:
        description: The name of a new credential record. If not set, the one that the alias's form presets, else the
          connection's.
        type: str
  route:
    description:
      - V(endpoint) uses the setup endpoint and fails without it; V(records) uses the plain Table API.
      - V(auto) uses the setup endpoint where there is one of the right version that the account may use, else the Table
        API.
    type: str
    choices: [auto, endpoint, records]
    default: auto
  endpoint_path:
    description:
      - The base path of the setup endpoint, as returned in RV(snow_ops.spokes.snow_scripted_rest_api#module:base_path).
      - If not set, it is looked up. Either way the scripts at that path are read first and compared with those of this
        collection, see O(endpoint_trust).
    type: str
  endpoint_trust:
    description:
      - What makes the setup endpoint trustworthy before anything is sent to it.
      - V(digest) reads the installed scripts, in one request, and compares their SHA-256 with that of the scripts which
        this collection ships. Anything else in their place is never used. With O(route=auto) the Table API is used
        instead, with a warning that says what differs, who changed it and when. This requires a role that can read
        C(sys_ws_operation), such as C(web_service_admin).
      - V(path) trusts whatever answers at O(endpoint_path), which has to be given. It is for accounts that may not read
        scripts, and only for a path that you vouch for; whoever controls it gets the secrets.
    version_added: 1.0.0
    type: str
    choices: [digest, path]
    default: digest
  update_secret:
    description:
      - When to write O(oauth.client_secret) over the Table API, where the stored secret cannot be read back for
        comparison. With the setup endpoint it can be compared, by fingerprint, and is written only if it differs,
        whatever this option says.
      - V(on_create) writes it for a new registry, for one without a secret, and when O(oauth.client_id) changes.
      - V(on_change) also writes it when it differs from the one written last, using a salted fingerprint kept in the
        comments of the registry record (scrypt, or PBKDF2 where OpenSSL runs in FIPS mode and lacks scrypt). The first
        run on a registry without a fingerprint writes it. A secret that somebody else stored in between goes unnoticed;
        the setup endpoint detects it.
      - V(always) writes it in every run and always reports a change.
    type: str
    choices: [on_create, on_change, always]
    default: on_create
  replace_foreign_connection:
    description:
      - Whether a connection may be changed that was configured for another instance, by the mark that this module
        leaves in the comments of the registry, or whose URL leads to another organization. V(false) protects clones,
        and instances from another environment's values.
      - With V(true), nothing that another instance has left is believed. The Client Secret, which has to be given, is
        written whatever O(update_secret) says; encrypted attributes are written, or over the Table API emptied and
        reported in C(manual_steps); its access token counts as outdated.
      - An instance is known by its name, however its address is spelt. Below C(service-now.com) the address says it;
        under a custom URL the property C(instance_name) does, if the account may read it.
      - The URL of a connection may name the organization with or without its datacenter, or only the datacenter if the
        client is the same.
    type: bool
    default: false
  mark_adopted:
    description:
      - Whether to leave the mark by which a clone is recognised in the comments of an existing registry that has none.
        With V(false) a set-up that was made by hand stays as it is where it is right already.
    version_added: 1.0.0
    type: bool
    default: true
"""
