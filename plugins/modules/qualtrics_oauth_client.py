#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: qualtrics_oauth_client
short_description: Prove a Qualtrics OAuth client, or say how to create it
version_added: 0.1.0
description:
  - Adopts an existing OAuth client and proves that it works. A token is fetched with it and used; brand, datacenter and
    granted scopes are compared with what is expected, and with the API token if one is given. One call goes to the
    Connection URL, as the spoke makes it.
  - Qualtrics publishes no API to create, change or delete an OAuth client. Without O(client_id) the task therefore
    fails with the page to open and the value of every field to enter.
  - Sites that run a registration service of their own in front of Qualtrics can name it in O(registration_url). Clients
    are then created, read, changed and deleted as in RFC 7591 and RFC 7592. Such a service is not part of Qualtrics,
    and no public one is known.
options:
  state:
    description:
      - V(present) makes sure that the client exists and works.
      - V(absent) deletes a client that was registered as in RFC 7591. For any other the task fails with the manual
        step.
    type: str
    choices: [present, absent]
    default: present
  name:
    description: The client's name, for the manual step and for registration.
    type: str
    default: ServiceNow
  api_token_organization_id:
    description:
      - The Organization ID of the API token, where a task of the same play has just read it
        (RV(snow_ops.spokes.qualtrics_account_info#module:organization_id)).
      - The client is compared with it, and O(api_token) is not sent.
    type: str
    version_added: 1.0.0
  read_account:
    description:
      - Whether to read the Qualtrics IDs as well, as M(snow_ops.spokes.qualtrics_account_info) does, and to return them
        with what is found of the client. Both go on at the same time, and the client has to belong to the account.
      - O(organization_id) and O(datacenter_id) need not be known then. Without O(api_token) the same holds as for that
        module.
      - It is for a client that exists, and does not go with O(state=absent), O(registration_url),
        O(registration_client_uri) and O(api_token_organization_id).
    type: bool
    default: false
    version_added: 1.0.0
  directory_id:
    description:
      - With O(read_account), the directory to return as RV(default_directory_id), for accounts in which none of several
        directories is the default.
      - The task fails if the account has no such directory.
      - If not set, the value of the environment variable E(QUALTRICS_DIRECTORY_ID) is used.
    type: str
    version_added: 1.0.0
  registration_url:
    description: The client registration endpoint (RFC 7591) of a service of your own.
    type: str
  initial_access_token:
    description: The token that the registration endpoint requires, if any.
    type: str
  registration_client_uri:
    description: The management address (RFC 7592) of a registered client, as its registration returned it.
    type: str
  registration_access_token:
    description: The token for O(registration_client_uri), as the registration returned it.
    type: str
extends_documentation_fragment:
  - snow_ops.spokes.qualtrics
  - snow_ops.spokes.qualtrics.connection_url
  - snow_ops.spokes.qualtrics.once_per_play
  - snow_ops.spokes.attributes
notes:
  - A registration returns the new client's secret. It is refused unless the task has C(no_log=true).
seealso:
  - module: snow_ops.spokes.qualtrics_account_info
author:
  - snow_ops contributors (@snow-ops)
"""

EXAMPLES = r"""
- name: Prove the OAuth client before ServiceNow is told of it
  snow_ops.spokes.qualtrics_oauth_client:
    client_id: "{{ qualtrics_client_id }}"
    client_secret: "{{ qualtrics_client_secret }}"
    api_token: "{{ qualtrics_api_token }}"
    organization_id: acme
    datacenter_id: fra1

- name: Read the Qualtrics IDs and prove the OAuth client of the account
  snow_ops.spokes.qualtrics_oauth_client:
    client_id: "{{ qualtrics_client_id }}"
    client_secret: "{{ qualtrics_client_secret }}"
    api_token: "{{ qualtrics_api_token }}"
    read_account: true
  register: qualtrics

- name: Register a client at a service of our own
  snow_ops.spokes.qualtrics_oauth_client:
    registration_url: https://oauth-gateway.example.com/register
    initial_access_token: "{{ gateway_token }}"
    name: ServiceNow production
    datacenter_id: fra1
  register: client
  no_log: true
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
client_id:
  description: The Client ID.
  returned: when the client was proven
  type: str
  sample: 5a4d0000000000000000000000acfa4e
organization_id:
  description: The Organization ID that the client belongs to.
  returned: when the client was proven, or only the client of an account that was read is not as it should be
  type: str
  sample: acme
datacenter_id:
  description: The Datacenter ID that the client belongs to.
  returned: when the client was proven, or only the client of an account that was read is not as it should be
  type: str
  sample: fra1
token_url:
  description: The token endpoint that was used.
  returned: when the client was proven
  type: str
  sample: https://fra1.qualtrics.com/oauth2/token
granted_scopes:
  description: The scopes that were granted, null if the token endpoint does not say.
  returned: when the client was proven
  type: list
  elements: str
  sample: ["manage:all"]
token_lifetime:
  description: The lifetime of an access token in seconds.
  returned: when the client was proven
  type: int
  sample: 3599
directory_ids:
  description: The directories that the client can see.
  returned: when the client was proven
  type: list
  elements: str
  sample: [POOL_0000000acmefake]
proven:
  description: Whether a token was fetched and used.
  returned: when the client was proven
  type: bool
  sample: true
default_directory_id:
  description: The Default Directory ID, null if the account has no XM Directory.
  returned: when O(read_account) is true
  type: str
  sample: POOL_0000000acmefake
directories:
  description: All directories of the account, as M(snow_ops.spokes.qualtrics_account_info) returns them.
  returned: when O(read_account) is true
  type: list
  elements: dict
  sample: [{directory_id: POOL_0000000acmefake, name: Customers, is_default: true}]
user:
  description: The user whose API token it is, as M(snow_ops.spokes.qualtrics_account_info) returns it.
  returned: when O(read_account) is true
  type: dict
  sample: {user_id: UR_sandbox0000001, user_name: admin@acme.example}
connection_url:
  description: The Connection URL to enter in ServiceNow, O(connection_url) if that is given.
  returned: when O(read_account) is true
  type: str
  sample: https://acme.qualtrics.com/API/v3
api_token:
  description: The API token, if O(api_token) was not given.
  returned: when O(read_account) is true and the token was read with the client
  type: str
  sample: sandboxAcmeToken00000000000000000000fake
registration:
  description:
    - The registered client's metadata as the service returned it. Its secrets are left out unless the task has
      C(no_log=true) and they are new.
  returned: when O(registration_url) or O(registration_client_uri) was used
  type: dict
  sample: {client_id: 5a4d0000000000000000000000acfa4e, client_name: ServiceNow}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.snow_ops.spokes.plugins.module_utils import _python  # noqa: F401 pylint: disable=unused-import
from ansible_collections.snow_ops.spokes.plugins.module_utils._input.argument_specs import (
    connection_url_spec,
    directory_spec,
    once_per_play_spec,
    qualtrics_spec,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.oauth_client import run
from ansible_collections.snow_ops.spokes.plugins.module_utils._task import run_module

MODULE_SPEC = {
    "argument_spec": {
        **qualtrics_spec(),
        **connection_url_spec(),
        **directory_spec(),
        **once_per_play_spec(),
        "read_account": {"type": "bool", "default": False},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "name": {"type": "str", "default": "ServiceNow"},
        "api_token_organization_id": {"type": "str"},
        "registration_url": {"type": "str"},
        "initial_access_token": {"type": "str", "no_log": True},
        "registration_client_uri": {"type": "str"},
        "registration_access_token": {"type": "str", "no_log": True},
    },
    "supports_check_mode": True,
}


def main() -> None:
    """Run the module."""
    run_module(AnsibleModule(**MODULE_SPEC), run)


if __name__ == "__main__":
    main()
