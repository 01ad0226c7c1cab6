#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: qualtrics_account_info
short_description: Read the Qualtrics IDs that a ServiceNow connection needs
version_added: 0.1.0
description:
  - Reads and checks what the page Account Settings > Qualtrics IDs shows, with an API token alone.
  - The Datacenter ID need not be known, since Qualtrics accepts an API token at any host and names the right one. The
    token is sent first to O(datacenter_id) if it is given, else to the host name of O(organization_id), else to
    C(iad1.qualtrics.com). Organizations of the government datacenter (C(gov1)), and all that want no other host to see
    the token, give O(datacenter_id); it is asked alone then.
  - Where no API token is given but an OAuth client is, the API token of the user that the client acts as is read and
    returned. Qualtrics allows that to brand administrators; it requires O(datacenter_id), and C(no_log=true) on the
    task.
options:
  directory_id:
    description:
      - The directory to return as RV(default_directory_id), for accounts in which none of several directories is the
        default.
      - The task fails if the account has no such directory.
      - If not set, the value of the environment variable E(QUALTRICS_DIRECTORY_ID) is used.
    type: str
  check_connection_url:
    description:
      - Whether to try the Connection URL with the API token. Where M(snow_ops.spokes.qualtrics_oauth_client) follows,
        that task tries it with the OAuth client, as the spoke's actions use it.
    type: bool
    default: true
    version_added: 1.0.0
extends_documentation_fragment:
  - snow_ops.spokes.qualtrics
  - snow_ops.spokes.qualtrics.connection_url
  - snow_ops.spokes.qualtrics.once_per_play
  - snow_ops.spokes.attributes.info_module
seealso:
  - module: snow_ops.spokes.qualtrics_oauth_client
  - module: snow_ops.spokes.qualtrics_api_token
author:
  - snow_ops contributors (@snow-ops)
"""

EXAMPLES = r"""
- name: Read the Qualtrics IDs
  snow_ops.spokes.qualtrics_account_info:
    api_token: "{{ qualtrics_api_token }}"
  register: qualtrics

- name: Read them and make sure that the token is the production one
  snow_ops.spokes.qualtrics_account_info:
    api_token: "{{ qualtrics_api_token }}"
    organization_id: acme
    datacenter_id: fra1

- name: Read them and the API token with an OAuth client
  snow_ops.spokes.qualtrics_account_info:
    client_id: "{{ qualtrics_client_id }}"
    client_secret: "{{ qualtrics_client_secret }}"
    datacenter_id: fra1
  register: qualtrics
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
organization_id:
  description: The Organization ID (brand).
  returned: success
  type: str
  sample: acme
datacenter_id:
  description: The Datacenter ID.
  returned: success
  type: str
  sample: fra1
default_directory_id:
  description: The Default Directory ID, null if the account has no XM Directory.
  returned: success
  type: str
  sample: POOL_0000000acmefake
directories:
  description: All directories of the account.
  returned: success
  type: list
  elements: dict
  contains:
    directory_id:
      description: The directory's id.
      type: str
      sample: POOL_0000000acmefake
    name:
      description: The directory's name, which may be null.
      type: str
      sample: Customers
    is_default:
      description: Whether it is the default directory.
      type: bool
      sample: true
user:
  description: The user whose token it is. All values but RV(user.user_id) may be null.
  returned: success
  type: dict
  contains:
    user_id:
      description: The user's id.
      type: str
      sample: UR_sandbox0000001
    user_name:
      description: The user's login name.
      type: str
      sample: admin@acme.example
    account_type:
      description: The id of the user's type.
      type: str
      sample: UT_BRANDADMIN
    first_name:
      description: The user's first name.
      type: str
      sample: Sandbox
    last_name:
      description: The user's last name.
      type: str
      sample: Admin
    email:
      description: The user's address.
      type: str
      sample: admin@acme.example
api_token:
  description: The API token, if O(api_token) was not given.
  returned: when the token was read with an OAuth client
  type: str
  sample: sandboxAcmeToken00000000000000000000fake
connection_url:
  description: The Connection URL to enter in ServiceNow, O(connection_url) if that is given.
  returned: success
  type: str
  sample: https://acme.qualtrics.com/API/v3
token_url:
  description: The Token URL to enter in ServiceNow.
  returned: success
  type: str
  sample: https://fra1.qualtrics.com/oauth2/token
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.snow_ops.spokes.plugins.module_utils import _python  # noqa: F401 pylint: disable=unused-import
from ansible_collections.snow_ops.spokes.plugins.module_utils._input.argument_specs import (
    connection_url_spec,
    directory_spec,
    once_per_play_spec,
    qualtrics_spec,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.account import run
from ansible_collections.snow_ops.spokes.plugins.module_utils._task import run_module

MODULE_SPEC = {
    "argument_spec": {
        **qualtrics_spec(),
        **connection_url_spec(),
        **directory_spec(),
        **once_per_play_spec(),
        "check_connection_url": {"type": "bool", "default": True},
    },
    "supports_check_mode": True,
}


def main() -> None:
    """Run the module."""
    run_module(AnsibleModule(**MODULE_SPEC), run)


if __name__ == "__main__":
    main()
