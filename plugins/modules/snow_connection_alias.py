#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: snow_connection_alias
short_description: Configure the connection of a spoke's alias on a ServiceNow instance
version_added: 0.1.0
description:
  - Does what the Configure form of a Connection & Credential Alias does, for aliases that use an OAuth 2.0 HTTP
    connection. The records are the OAuth registry (C(oauth_entity)) with its secret, profile and scopes, the credential
    (C(oauth_2_0_credentials)), the connection (C(http_connection)) and its attributes.
  - It is not tied to a particular spoke. Attributes are matched with the alias's own form and attribute definitions, by
    label or element.
  - Existing records are adopted, whoever made them. Where more than one fits, the task fails and lists them.
  - Everything is read before anything is written, and every value that was written is read back and compared.
  - There are two routes to the same records. The plain Table API needs nothing on the instance, but can neither encrypt
    an attribute nor fetch an access token. The setup endpoint, a small Scripted REST API that the role
    P(snow_ops.spokes.setup_endpoint#role) installs, uses the form's own connection builder, encrypts on the server,
    compares secrets by fingerprint, and gets the token.
options:
  state:
    description:
      - V(present) makes sure that the alias has this connection.
      - V(absent) removes the connection and what belongs to it - never the alias, its form or its attribute
        definitions. A credential or registry that something else uses is kept and named in RV(kept). Access tokens that
        the instance holds are not deleted; they expire, and the platform purges them.
    type: str
    choices: [present, absent]
    default: present
  get_token:
    description:
      - Whether to have the instance fetch an access token if it has none, or an outdated one.
        Requires the setup endpoint; without it, RV(manual_steps) says what to click.
      - If the provider does not issue one, the task fails with the provider's answer. The connection is configured
        nevertheless.
    type: bool
    default: false
  test_path:
    description:
      - A path below the Connection URL that is requested with GET through the stored connection, with its token and
        attributes, to prove it. In check mode the connection is tested as it is, unless a token is all that is missing.
        Requires the setup endpoint; without it nothing is tested.
      - Connection attributes whose label starts with V(X-) are sent as headers. One that is given or mandatory and has
        no value on the instance makes the test fail, since the call would prove nothing.
    type: str
  attributes:
    description:
      - Connection attributes that are not secrets, by the label on the form or the element. One whose name or type says
        that it is a secret is refused.
    type: dict
  secret_attributes:
    description:
      - Connection attributes that are secrets, by the label on the form or the element, such as V(X-API-TOKEN).
      - An attribute of type C(password2) cannot be set over the plain Table API, which would store it in clear text.
        Without the setup endpoint it is reported in RV(manual_steps) until it has a value.
      - A value that is empty, contains a control character, or begins or ends with white space is refused.
    type: dict
  environment_secrets:
    description:
      - Environment variables that hold secrets which the task does not give itself. A key is C(oauth.client_secret) or
        a secret attribute by its label or element, such as V(X-API-TOKEN), the value is the variable's name.
      - They are read where the task runs, the keyword C(environment) included. An empty one counts as not set.
    version_added: 1.0.0
    type: dict
  distrust_stored:
    description:
      - Whether to treat what is stored as left by another instance whatever the marks say, as after a clone of a set-up
        that was made by hand. What O(replace_foreign_connection) says of what another instance has left counts then, in
        every run.
    version_added: 1.0.0
    type: bool
    default: false
  put_back:
    description:
      - Whether what was there before is to stand again where the new values cannot be proven. With the setup endpoint,
        O(test_path), and a plan that only writes other values into records that are there, the instance itself writes,
        fetches a token if one is needed, makes the call, and where that fails writes back what was there before and
        proves that in the same way, in one operation, so that no stored secret leaves it. RV(rotation) says what
        stands.
      - In any other case the values are written as without this option, and RV(rotation) is missing unless nothing was
        written - over the Table API nothing can be proven, and no secret read to be written back.
    version_added: 1.0.0
    type: bool
    default: false
extends_documentation_fragment:
  - snow_ops.spokes.instance
  - snow_ops.spokes.alias
  - snow_ops.spokes.connection
  - snow_ops.spokes.attributes
notes:
  - One of O(scope) and O(alias) is required.
  - ServiceNow has no REST API that fetches the first access token. Without the setup endpoint, and as long as there is
    no token, RV(manual_steps) says what to click.
seealso:
  - module: snow_ops.spokes.snow_scripted_rest_api
  - module: snow_ops.spokes.snow_spoke_info
author:
  - snow_ops contributors (@snow-ops)
"""

EXAMPLES = r"""
- name: Configure the connection of the Qualtrics spoke (the login comes from SN_HOST, SN_USERNAME and SN_PASSWORD)
  snow_ops.spokes.snow_connection_alias:
    scope: sn_qualtrics_spoke
    connection:
      name: Qualtrics
      url: https://acme.qualtrics.com/API/v3
    secret_attributes:
      X-API-TOKEN: "{{ qualtrics_api_token }}"
    oauth:
      name: Qualtrics OAuth
      client_id: "{{ qualtrics_client_id }}"
      client_secret: "{{ qualtrics_client_secret }}"
      token_url: https://fra1.qualtrics.com/oauth2/token
  register: configured

- name: Show the remaining manual steps
  ansible.builtin.debug:
    var: configured.manual_steps

- name: Do the same through the setup endpoint, get the token and prove that the connection works
  snow_ops.spokes.snow_connection_alias:
    scope: sn_qualtrics_spoke
    route: endpoint
    connection:
      name: Qualtrics
      url: https://acme.qualtrics.com/API/v3
    secret_attributes:
      X-API-TOKEN: "{{ qualtrics_api_token }}"
    oauth:
      name: Qualtrics OAuth
      client_id: "{{ qualtrics_client_id }}"
      client_secret: "{{ qualtrics_client_secret }}"
      token_url: https://fra1.qualtrics.com/oauth2/token
    get_token: true
    test_path: /directories

- name: Remove the connection
  snow_ops.spokes.snow_connection_alias:
    scope: sn_qualtrics_spoke
    state: absent
    connection:
      name: Qualtrics
    oauth:
      name: Qualtrics OAuth
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
alias:
  description: The alias.
  returned: success
  type: dict
  contains:
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
route:
  description: How the instance was configured, V(endpoint) or V(records). See O(route).
  returned: success
  type: str
  sample: endpoint
endpoint_path:
  description: The base path of the setup endpoint that was used, null for the route V(records).
  returned: success
  type: str
  sample: /api/224240/spoke_connection_setup
instance:
  description: The instance.
  returned: success
  type: dict
  contains:
    host:
      description: The host, as it was given.
      type: str
      sample: acmedev.service-now.com
    identity:
      description: Its name, which is the same however its address is spelt; the host where the name cannot be known.
      type: str
      sample: acmedev
secret_compared:
  description:
    - V(true) if the instance is known to hold the given O(oauth.client_secret), because the two were compared, or it
      was written (or would be).
    - V(false) if one is stored that was neither compared nor written; see O(update_secret). Null if none is given.
  returned: O(state=present)
  type: bool
  sample: true
endpoint:
  description: The setup endpoint that was used, null for the route V(records).
  returned: success
  type: dict
  contains:
    path:
      description: Its base path.
      type: str
    scope:
      description: The application that it belongs to; null with O(endpoint_trust=path), which does not look.
      type: str
    digest:
      description: The SHA-256 of its scripts, methods, paths and flags; null with O(endpoint_trust=path).
      type: str
    is_verified:
      description: Whether its scripts were compared with those of this collection.
      type: bool
records:
  description: What was done, or would be done without check mode, record by record in the order of writing.
  returned: success
  type: list
  elements: dict
  contains:
    role:
      description: What the record is in the connection.
      type: str
      sample: registry
    table:
      description: The table.
      type: str
      sample: oauth_entity
    sys_id:
      description: The record's sys_id, null in check mode for a record that the platform would make.
      type: str
      sample: 0a3fd3e1c0a8016400cf4b7d8f6e1b22
    action:
      description: V(create), V(update), V(delete) or V(none).
      type: str
      sample: create
    before:
      description: The values that differ, as they were. Secrets are never shown.
      type: dict
      sample: {}
    after:
      description: The values that differ, as they are now. Secrets are never shown.
      type: dict
      sample: {name: Qualtrics OAuth, client_secret: "(new value, not shown)"}
connection_sys_id:
  description: The connection's sys_id.
  returned: O(state=present)
  type: str
  sample: 0a3fd3e1c0a8016400cf4b7d8f6e1b22
token:
  description: The access token.
  returned: O(state=present)
  type: dict
  contains:
    status:
      description:
        - V(present), V(expired) (it is renewed on use), V(absent), V(unknown), or V(outdated) if it was fetched with a
          client, secret, URL or scopes that this task, or one before, changed. It stays V(outdated) until there is a
          newer one.
      type: str
      sample: absent
    expires:
      description: When it expires (UTC), null if there is none.
      type: str
      sample: "2026-11-23 19:00:00"
dangling:
  description: References that led to records that are gone. They were replaced.
  returned: O(state=present)
  type: list
  elements: str
  sample: [http_connection.credential]
test:
  description: The result of the call to O(test_path), null if there is no connection yet.
  returned: if O(test_path) is set and the setup endpoint was used
  type: dict
  contains:
    ok:
      description: Whether the answer was a success.
      type: bool
      sample: true
    http_status:
      description: The provider's HTTP status, 0 if it did not answer or there was no token.
      type: int
      sample: 200
    error:
      description: What the provider said, empty on success.
      type: str
      sample: ""
rotation:
  description: What stands after an operation that puts back what was there before where the new values cannot be
    proven.
  returned: if O(put_back=true), and the setup endpoint did it or the task failed before anything was written
  type: dict
  contains:
    stands:
      description:
        - V(new) for the new values, proven by a call; V(before) for those from before, proven by a call;
          V(before_unproven) for those from before, put back and read back, of which no token or call could prove that
          they work; V(unknown) where putting them back failed; V(untouched) where the task failed before anything was
          written.
      type: str
      sample: new
    http_status:
      description: The provider's HTTP status on the last call, 0 if there was none.
      type: int
      sample: 200
    error:
      description: Why what stands could not be proven, empty if it was.
      type: str
      sample: ""
put_right:
  description:
    - What stood in columns that decide where secrets go (Connection URL, Token URL, MID server and others) and is put
      right, with who changed the record last and when, also among the warnings.
    - Empty where nothing did, and of a connection that another instance configured.
  returned: O(state=present)
  type: list
  elements: str
  version_added: 1.0.0
  sample: []
needs_manual_step:
  description: Whether RV(manual_steps) lists any.
  returned: O(state=present)
  type: bool
  sample: false
manual_steps:
  description: The remaining manual steps, empty if there are none.
  returned: O(state=present)
  type: list
  elements: dict
  contains:
    step:
      description:
        - Which part of the set-up it completes.
        - V(connection) for a value of the connection record, V(token) for the OAuth token.
      type: str
      version_added: 1.0.0
      sample: token
    what:
      description: What to do.
      type: str
      sample: Get the OAuth token
    why:
      description: Why the task could not do it.
      type: str
      sample: no access token has been fetched yet, and ServiceNow has no REST API to fetch one
    how:
      description: Where to click.
      type: str
      sample: Open the OAuth 2.0 credential Qualtrics and press Get OAuth Token under Related Links
    url:
      description: The record to open.
      type: str
      sample: https://acmedev.service-now.com/nav_to.do?uri=oauth_2_0_credentials.do%3Fsys_id%3D0a3fd3e1c0a8016400cf4b7d8f6e1b22
kept:
  description: What was not removed because other connections use it.
  returned: O(state=absent)
  type: list
  elements: str
  sample: []
other_connections:
  description: The other connections of the alias, which are left alone, each with its C(name) and C(is_active).
  returned: O(state=absent)
  type: list
  elements: dict
  sample: []
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.snow_ops.spokes.plugins.module_utils import _python  # noqa: F401 pylint: disable=unused-import
from ansible_collections.snow_ops.spokes.plugins.module_utils._input.argument_specs import (
    alias_spec,
    connection_spec,
    instance_spec,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.cores.connection_alias import run
from ansible_collections.snow_ops.spokes.plugins.module_utils._task import run_module

MODULE_SPEC = {
    "argument_spec": {
        **instance_spec(),
        **alias_spec(),
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        **connection_spec(),
        "get_token": {"type": "bool", "default": False, "no_log": False},
        "test_path": {"type": "str"},
        "attributes": {"type": "dict"},
        "secret_attributes": {"type": "dict", "no_log": True},
        # Names of variables, which are not secrets.
        "environment_secrets": {"type": "dict", "no_log": False},
        "distrust_stored": {"type": "bool", "default": False},
        "put_back": {"type": "bool", "default": False},
    },
    "required_one_of": [("scope", "alias")],
    "required_if": [("state", "present", ("connection", "oauth"))],
    "supports_check_mode": True,
}


def main() -> None:
    """Run the module."""
    run_module(AnsibleModule(**MODULE_SPEC), run)


if __name__ == "__main__":
    main()
