#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: snow_spoke_info
short_description: Report which of a spoke's prerequisites a ServiceNow instance meets
version_added: 0.1.0
description:
  - Reads the prerequisites of a spoke all at once - the account and its roles, the application, the plugins, the alias
    with its form and attributes, system properties, the connection and the state of its access token.
  - What the account may not read is reported as V(unknown), not as V(missing). If one table is refused, the rest
    is still read.
  - The task itself fails only if the login does, or if the instance does not answer. A web page is not an answer of an
    instance.
options:
  scope:
    description: The application scope of the spoke, such as V(sn_qualtrics_spoke).
    required: true
  plugins:
    description: The plugins that the spoke needs. The default is what spokes that make REST calls need, including the
      Qualtrics spoke.
    type: list
    elements: str
    default:
      - com.glide.hub.integration.runtime
      - com.glide.hub.action_type.datastream
      - com.glide.hub.dynamic_inputs
      - com.glide.hub.action_step.rest
      - com.glide.cobject
  connection_name:
    description:
      - The name of the connection that is meant. It is needed where the alias allows several connections and has more
        than one.
    version_added: 1.0.0
    type: str
  also:
    description:
      - What to read besides the application, the plugins, the alias and the properties, with V(user) for the account
        and its roles, V(connection) for the connection, its attributes and its token, and V(setup_endpoint). The rest
        is V(unread).
    type: list
    elements: str
    choices: [user, connection, setup_endpoint]
    default: [user, connection, setup_endpoint]
    version_added: 1.0.0
  orphans:
    description: Whether to look for what a clone or a person has left over, see RV(orphans).
    version_added: 1.0.0
    type: bool
    default: false
  connection_url:
    description: Where the connections of the alias are to lead, for O(orphans). Not looked at if not set.
    version_added: 1.0.0
    type: str
  properties:
    description: The system properties that the spoke ships.
    type: list
    elements: str
    default: []
  endpoint_path:
    description: The base path of the setup endpoint. If not set, it is looked up.
    version_added: 1.0.0
    type: str
  endpoint_trust:
    description:
      - V(digest) reads the scripts of the setup endpoint and says whether they are those of this collection.
      - V(path) reports what is at O(endpoint_path), which has to be given, without looking at it.
    version_added: 1.0.0
    type: str
    choices: [digest, path]
    default: digest
extends_documentation_fragment:
  - snow_ops.spokes.instance
  - snow_ops.spokes.alias
  - snow_ops.spokes.attributes.info_module
author:
  - snow_ops contributors (@snow-ops)
"""

EXAMPLES = r"""
- name: Look at the prerequisites of the Qualtrics spoke (the login comes from SN_HOST, SN_USERNAME and SN_PASSWORD)
  snow_ops.spokes.snow_spoke_info:
    scope: sn_qualtrics_spoke
    properties:
      - sn_qualtrics_spoke.qualtrics_directory
  register: spoke

- name: Show what prevents the set-up
  ansible.builtin.debug:
    var: spoke.problems
"""

RETURN = r"""
error:
  description: What failed, for playbooks that branch on it. C(msg) says the same in one text.
  returned: failure, unless an option is missing or of the wrong type
  type: dict
  contains:
    kind:
      description:
        - The kind of failure, one of V(access), V(ambiguous), V(input), V(login), V(manual_step), V(mismatch),
          V(missing), V(not_stored), V(outcome_unknown), V(provider_refused), V(rate_limited), V(unexpected_answer),
          or V(unreachable).
      type: str
      sample: login
    what:
      description: What happened.
      type: str
      sample: The instance did not accept the login
    where:
      description: The instance or host, and the table, record, field or path.
      type: str
      sample: instance acmedev.service-now.com, table sys_alias
    why:
      description: The reason, as far as known.
      type: str
      sample: HTTP 401, User Not Authenticated
    advice:
      description: What to do next.
      type: str
      sample: Check host, user and secret
    request_id:
      description: What the server calls the request, for its support.
      type: str
      sample: 4c8a1e0d93a2
ready:
  description:
    - V(true) if everything that the set-up needs was read and nothing keeps the spoke from being set up, V(false) if
      something is known to.
    - V(null) if something that the set-up needs could not be read, so readiness is unknown. RV(problems) has the
      reason.
    - Plugins, roles and the application's record need not be readable where the alias is, since the alias comes with
      the spoke.
  returned: success
  type: bool
  sample: true
problems:
  description: What is missing or not known, with what to do about it.
  returned: success
  type: list
  elements: dict
  contains:
    is_blocking:
      description: Whether the spoke cannot be set up as long as this is so, or, where RV(ready) is V(null), may not be.
      type: bool
      sample: true
    what:
      description: What is wrong.
      type: str
      sample: The application sn_qualtrics_spoke is missing
    advice:
      description: What to do.
      type: str
      sample: "Activate the spoke: All > System Applications"
instance:
  description: The instance itself.
  returned: success
  type: dict
  contains:
    host:
      description: The host that was asked.
      type: str
      sample: acmedev.service-now.com
    identity:
      description: Which instance it is, however its address is spelt - its name, or the host where no name is known.
      type: str
      sample: acmedev
    name:
      description: The property C(instance_name), which tells a clone from its original; null if it cannot be read.
      type: str
      sample: acmedev
    is_production:
      description: The property C(glide.installation.production); null if it is not set or cannot be read.
      type: bool
      sample: false
user:
  description: Who is logged in.
  returned: success
  type: dict
  contains:
    status:
      description: V(present) or V(unknown).
      type: str
      sample: present
    user_name:
      description: The user's name.
      type: str
      sample: spoke.setup
    roles:
      description: The user's roles, null if they cannot be read.
      type: list
      elements: str
      sample: [admin]
    is_admin:
      description: Whether C(admin), the role that the documented procedure asks for, is among them.
      type: bool
      sample: true
script_permission:
  description:
    - Whether the account may write scripts, which installing the setup endpoint requires and nothing else does. It is
      never part of RV(ready).
  returned: success
  type: dict
  contains:
    status:
      description: V(granted), V(missing), V(not_needed) (the instance has no such role, as before the release Zurich)
        or V(unknown).
      type: str
      sample: granted
    role:
      description: The role that Scripting Governance requires.
      type: str
      sample: snc_required_script_writer_permission
application:
  description: The spoke's application.
  returned: success
  type: dict
  contains:
    scope:
      description: The application scope.
      type: str
      sample: sn_qualtrics_spoke
    status:
      description: V(present), V(inactive), V(missing) or V(unknown).
      type: str
      sample: present
    name:
      description: The application's name, if it is known.
      type: str
      sample: Qualtrics Spoke
    version:
      description: The application's version, if it is known.
      type: str
      sample: 1.2.0
plugins:
  description: The plugins asked for.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The plugin's id.
      type: str
      sample: com.glide.cobject
    status:
      description:
        - V(present), V(inactive), V(missing) or V(unknown). The list of plugins can be out of date, so that V(inactive)
          and V(missing) block only where the spoke is not there either; a list that has none of the plugins is
          V(unknown).
      type: str
      sample: present
alias:
  description: The alias with the fields of its form.
  returned: success
  type: dict
  contains:
    status:
      description: V(present), V(missing) or V(unknown); RV(alias.reason) says why it is not present.
      type: str
      sample: present
    reason:
      description: Why the alias is not present, if it is not.
      type: str
      sample: The application sn_qualtrics_spoke has no connection alias
    sys_id:
      description: The record's sys_id.
      type: str
      sample: 9a8b7c6d5e4f30211223344556677889
    id:
      description: The alias's id.
      type: str
      sample: sn_qualtrics_spoke.Qualtrics
    name:
      description: The alias's name.
      type: str
      sample: Qualtrics
    scope:
      description: The application scope.
      type: str
      sample: sn_qualtrics_spoke
    template:
      description: The name of the template behind the Configure form, null if there is none.
      type: str
      sample: Qualtrics
    form_fields:
      description: The form's fields, each with its label, the path that it fills, and whether it is mandatory.
      type: list
      elements: dict
      sample: [{label: Connection Name, path: connection.name, mandatory: true}]
attributes:
  description: The connection attributes that the alias defines, null if they are not known.
  returned: success
  type: list
  elements: dict
  contains:
    element:
      description: The attribute's element.
      type: str
      sample: x_api_token
    label:
      description: The attribute's label.
      type: str
      sample: X-API-TOKEN
    type:
      description: The attribute's internal type.
      type: str
      sample: string
    is_set:
      description: Whether the connection has a value for it or the attribute a default; null if that cannot be read.
      type: bool
      sample: true
properties:
  description: The system properties asked for, by name, each with its status (as for the application) and value.
  returned: success
  type: dict
  sample: {sn_qualtrics_spoke.qualtrics_directory: {status: present, value: POOL_0000000acmefake}}
connection:
  description: The connection and what it uses. Values that are not known are null or left out.
  returned: success
  type: dict
  contains:
    status:
      description: V(present), V(missing) or V(unknown).
      type: str
      sample: present
    sys_id:
      description: The record's sys_id.
      type: str
      sample: 0a3fd3e1c0a8016400cf4b7d8f6e1b22
    name:
      description: The Connection Name.
      type: str
      sample: Qualtrics
    is_active:
      description: Whether the connection is active.
      type: bool
      sample: true
    url:
      description: The Connection URL.
      type: str
      sample: https://acme.qualtrics.com/API/v3
    credential:
      description: The name of the OAuth 2.0 credential.
      type: str
      sample: Qualtrics
    registry:
      description: The OAuth Name.
      type: str
      sample: Qualtrics OAuth
    client_id:
      description: The Client ID.
      type: str
      sample: 5a4d0000000000000000000000acfa4e
    token_url:
      description: The Token URL.
      type: str
      sample: https://fra1.qualtrics.com/oauth2/token
    grant_type:
      description: The grant of the OAuth profile.
      type: str
      sample: client_credentials
    scopes:
      description: The scopes of the OAuth profile.
      type: list
      elements: str
      sample: ["manage:all"]
    has_client_secret:
      description: Whether a Client Secret is stored.
      type: bool
      sample: true
    connection_settings:
      description: The settings of the connection record that are not the platform's default, by the suboptions of
        O(snow_ops.spokes.snow_connection_alias#module:connection).
      type: dict
      sample: {}
    oauth_settings:
      description: The same of the OAuth registry, by the suboptions of
        O(snow_ops.spokes.snow_connection_alias#module:oauth).
      type: dict
      sample: {send_client_credentials_as: request_body_parameter}
    configured_for:
      description: The instance that this collection configured the connection for, by which a clone is recognised.
      type: str
      sample: acmedev
    reason:
      description: Why the connection is not known, if it is not.
      type: str
      sample: the alias is not known
    dangling:
      description: References that lead to records that are gone or cannot be opened.
      type: list
      elements: str
      sample: []
token:
  description: The access token.
  returned: success
  type: dict
  contains:
    status:
      description: V(present), V(expired) (it is renewed on use), V(absent) or V(unknown).
      type: str
      sample: present
    expires:
      description: When it expires (UTC), null if there is none.
      type: str
      sample: "2026-11-23 19:00:00"
orphans:
  description:
    - Records that are listed and cannot be opened, connections of the alias without a credential or of another
      environment, OAuth 2.0 credentials that no connection uses, and registries that this collection configured for
      another instance.
    - Null unless O(orphans=true), and where that cannot be read.
  returned: success
  type: list
  elements: dict
  contains:
    what:
      description: The record, and what is wrong with it.
      type: str
      sample: "The OAuth 2.0 credential 'Qualtrics' is used by no connection"
    advice:
      description: What to do.
      type: str
      sample: Delete it if nothing else uses it
    table:
      description: The table.
      type: str
      sample: oauth_2_0_credentials
    sys_id:
      description: The record's sys_id.
      type: str
      sample: 0a3fd3e1c0a8016400cf4b7d8f6e1b22
    url:
      description: The address of the record, for people.
      type: str
      sample: https://acmedev.service-now.com/nav_to.do?uri=oauth_2_0_credentials.do%3Fsys_id%3D0a3fd3e1c0a8016400cf4b7d8f6e1b22
setup_endpoint:
  description: The setup endpoint of this collection.
  returned: success
  type: dict
  contains:
    status:
      description:
        - V(present), V(missing), V(outdated) (that of an earlier release), V(untrusted) (something else has its API ID,
          or it was changed) or V(unknown) (the account may not read scripts).
      type: str
      sample: present
    reason:
      description: Why it is not V(present), with who changed it and when.
      type: str
    path:
      description: Its base path, null unless it is V(present).
      type: str
      sample: /api/224240/spoke_connection_setup
    scope:
      description: The application that it belongs to.
      type: str
      sample: global
    digest:
      description: The SHA-256 of its scripts, methods, paths and flags.
      type: str
    is_verified:
      description: Whether its scripts were compared with those of this collection.
      type: bool
      sample: true
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.snow_ops.spokes.plugins.module_utils import _python  # noqa: F401 pylint: disable=unused-import
from ansible_collections.snow_ops.spokes.plugins.module_utils._input.argument_specs import alias_spec, instance_spec
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.cores.spoke_info import PLUGINS, run
from ansible_collections.snow_ops.spokes.plugins.module_utils._task import run_module

PARTS = ["user", "connection", "setup_endpoint"]

MODULE_SPEC = {
    "argument_spec": {
        **instance_spec(),
        **alias_spec(),
        "scope": {"type": "str", "required": True},
        "connection_name": {"type": "str"},
        "plugins": {"type": "list", "elements": "str", "default": PLUGINS},
        "properties": {"type": "list", "elements": "str", "default": []},
        "also": {"type": "list", "elements": "str", "choices": PARTS, "default": PARTS},
        "orphans": {"type": "bool", "default": False},
        "connection_url": {"type": "str"},
        "endpoint_path": {"type": "str"},
        "endpoint_trust": {"type": "str", "choices": ["digest", "path"], "default": "digest"},
    },
    "supports_check_mode": True,
}


def main() -> None:
    """Run the module."""
    run_module(AnsibleModule(**MODULE_SPEC), run)


if __name__ == "__main__":
    main()
