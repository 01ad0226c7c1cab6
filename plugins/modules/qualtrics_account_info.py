#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

from __future__ import annotations

DOCUMENTATION = r"""
module: qualtrics_account_info
short_description: Read the Qualtrics IDs that a ServiceNow connection needs
version_added: 0.1.0
description:
  - Reads and checks what the page Account Settings > Qualtrics IDs shows, with an API token alone.
  - The Datacenter ID need not be known, since Qualtrics accepts an API token at any host and names the right one. The first request goes
    to O(datacenter_id) if it is given, else to the host name of O(organization_id), else to C(iad1.qualtrics.com).
options:
  directory_id:
    description:
      - The directory to return as RV(default_directory_id), for accounts in which none of several directories is the default.
      - The task fails if the account has no such directory.
    type: str
extends_documentation_fragment:
  - snow_ops.spokes.qualtrics
  - snow_ops.spokes.attributes.info_module
seealso:
  - module: snow_ops.spokes.qualtrics_oauth_client
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
"""

RETURN = r"""
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
connection_url:
  description: The Connection URL to enter in ServiceNow.
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
from ansible_collections.snow_ops.spokes.plugins.module_utils._input.argument_specs import qualtrics_spec
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.account import run
from ansible_collections.snow_ops.spokes.plugins.module_utils._task import run_module

MODULE_SPEC = {
    "argument_spec": {**qualtrics_spec(), "directory_id": {"type": "str"}},
    "supports_check_mode": True,
}


def main() -> None:
    """Run the module."""
    run_module(AnsibleModule(**MODULE_SPEC), run)


if __name__ == "__main__":
    main()
