#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: qualtrics_spoke
short_description: Set up the Qualtrics spoke of a ServiceNow instance in one task
version_added: 1.0.0
description:
  - The role P(snow_ops.spokes.qualtrics_spoke#role) is made of it, checks its variables before, and sums up afterwards.
  - Does in one task what the modules M(snow_ops.spokes.snow_spoke_info), M(snow_ops.spokes.qualtrics_oauth_client),
    M(snow_ops.spokes.snow_connection_alias) and M(snow_ops.spokes.snow_sys_property) do in four, with what Qualtrics
    says of the account put into the connection and into the system property.
  - Both systems are asked at the same time. Nothing is written before the prerequisites are met, the account is known
    and the OAuth client is proven.
  - In check mode the test call is made only where nothing of the connection would be changed, since it cannot prove
    what was not written.
options:
  alias:
    description: The alias by id or sys_id, if the one that the spoke ships cannot be found automatically.
    type: str
  api_token_attribute:
    description: The label or element of the connection attribute for the API token.
    type: str
    default: X-API-TOKEN
  connection_url:
    description: The Connection URL, if it is not the one of the organization's own host name.
    type: str
  directory_id:
    description:
      - The directory for the spoke, if it is not the account's default directory.
      - If not set, the value of the environment variable E(QUALTRICS_DIRECTORY_ID) is used.
    type: str
  endpoint_paths:
    description: What O(endpoint_path) is on each host, as the role P(snow_ops.spokes.setup_endpoint#role) leaves it.
    type: dict
  expected_instance_name:
    description: What the instance has to call itself. Not checked if empty.
    type: str
  expected_purpose:
    description: What the instance has to be, by its property C(glide.installation.production). Not checked if empty.
    type: str
    choices: ["", production, non_production]
    default: ""
  claimants:
    description: The inventory hosts that mean this connection of this instance. The task fails if there are several.
    type: list
    elements: str
  verifies:
    description: Whether, in check mode, to make the test call even if something of the connection would be changed.
    type: bool
    default: false
  qualtrics_variable_names:
    description: The same as O(variable_names), for messages about the Qualtrics account and its client.
    type: str
extends_documentation_fragment:
  - snow_ops.spokes.instance
  - snow_ops.spokes.qualtrics
  - snow_ops.spokes.connection
  - snow_ops.spokes.attributes
notes:
  - The client is given in O(client_id), O(client_secret), O(scopes) and O(token_url), and the Connection URL in
    O(connection_url); the suboptions of O(oauth) and O(connection) for them are refused.
seealso:
  - module: snow_ops.spokes.snow_spoke_info
  - module: snow_ops.spokes.qualtrics_oauth_client
  - module: snow_ops.spokes.snow_connection_alias
  - module: snow_ops.spokes.snow_sys_property
author:
  - snow_ops contributors (@snow-ops)
"""

EXAMPLES = r"""
- name: Set up the Qualtrics spoke (the login to the instance comes from SN_HOST, SN_USERNAME and SN_PASSWORD)
  snow_ops.spokes.qualtrics_spoke:
    api_token: "{{ qualtrics_api_token }}"
    client_id: "{{ qualtrics_client_id }}"
    client_secret: "{{ qualtrics_client_secret }}"
    connection:
      name: Qualtrics
    oauth:
      name: Qualtrics OAuth

- name: See whether it is still set up, the Client Secret and a call through the connection included
  snow_ops.spokes.qualtrics_spoke:
    api_token: "{{ qualtrics_api_token }}"
    client_id: "{{ qualtrics_client_id }}"
    client_secret: "{{ qualtrics_client_secret }}"
    connection:
      name: Qualtrics
    oauth:
      name: Qualtrics OAuth
    route: endpoint
    verifies: true
  check_mode: true
  register: compared
  failed_when: compared is failed or compared is changed
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
part:
  description: Which of the parts below failed, or kept the set-up from going on.
  returned: on failure
  type: str
  sample: account
prerequisites:
  description: What M(snow_ops.spokes.snow_spoke_info) returns.
  returned: once the instance was asked
  type: dict
  sample: {ready: true}
account:
  description: What M(snow_ops.spokes.qualtrics_oauth_client) returns, but no API token.
  returned: once the instance was found ready
  type: dict
  sample: {organization_id: acme, datacenter_id: fra1, default_directory_id: POOL_0000000acmefake}
connection:
  description: What M(snow_ops.spokes.snow_connection_alias) returns.
  returned: once the account was found to have a directory
  type: dict
  sample: {route: endpoint, token: {status: present}}
directory:
  description: What M(snow_ops.spokes.snow_sys_property) returns.
  returned: once the connection is as it should be
  type: dict
  sample: {changed: false}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.snow_ops.spokes.plugins.module_utils import _python  # noqa: F401 pylint: disable=unused-import
from ansible_collections.snow_ops.spokes.plugins.module_utils._input.argument_specs import (
    connection_spec,
    connection_url_spec,
    directory_spec,
    instance_spec,
    qualtrics_spec,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._spoke.set_up import run
from ansible_collections.snow_ops.spokes.plugins.module_utils._task import run_module

MODULE_SPEC = {
    "argument_spec": {
        **qualtrics_spec(),
        **instance_spec(),
        **connection_url_spec(),
        **directory_spec(),
        **connection_spec(),
        "alias": {"type": "str"},
        "api_token_attribute": {"type": "str", "default": "X-API-TOKEN", "no_log": False},
        "endpoint_paths": {"type": "dict"},
        "expected_instance_name": {"type": "str"},
        "expected_purpose": {"type": "str", "choices": ["", "production", "non_production"], "default": ""},
        "claimants": {"type": "list", "elements": "str"},
        "verifies": {"type": "bool", "default": False},
        "qualtrics_variable_names": {"type": "str"},
    },
    "supports_check_mode": True,
}


def main() -> None:
    """Run the module."""
    run_module(AnsibleModule(**MODULE_SPEC), run)


if __name__ == "__main__":
    main()
