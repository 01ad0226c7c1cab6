#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: qualtrics_api_token
short_description: Read a Qualtrics API token, or have a new one made
version_added: 1.0.0
description:
  - Reads the API token of a user of Qualtrics with an OAuth client of a brand administrator.
  - With O(new_api_token=true) Qualtrics makes a new one. A user has one token, so that the one from before becomes void
    at once for everything that uses it.
  - No second token is made by accident. O(api_token) says which one is to be replaced; where another one is valid by
    then, that one is returned and nothing changes, so that a run can be repeated until every place has the new token.
    The request is sent once, and an answer that is lost is settled by reading.
options:
  new_api_token:
    description:
      - Whether to have a new API token made in the place of O(api_token), or a first one for a user who has none.
    type: bool
    default: false
extends_documentation_fragment:
  - snow_ops.spokes.qualtrics
  - snow_ops.spokes.attributes
notes:
  - The result carries the token. The task is refused unless it has C(no_log=true).
  - O(client_id), O(client_secret) and O(datacenter_id) are required. Whether the OAuth token of a client is enough to
    read an API token is not documented; where it is not, the error says how to go on by hand.
  - Whose token it is follows from O(api_token) as long as that is valid, else from the client.
  - Two tasks that run at the same time with the same O(api_token) could make two tokens. Use C(run_once=true) or
    C(throttle=1).
seealso:
  - module: snow_ops.spokes.qualtrics_account_info
  - module: snow_ops.spokes.qualtrics_oauth_client
author:
  - snow_ops contributors (@snow-ops)
"""

EXAMPLES = r"""
- name: Replace the API token, once for all instances
  snow_ops.spokes.qualtrics_api_token:
    client_id: "{{ qualtrics_client_id }}"
    client_secret: "{{ qualtrics_client_secret }}"
    datacenter_id: fra1
    api_token: "{{ qualtrics_api_token }}"
    new_api_token: true
  register: replaced
  no_log: true
  run_once: true
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
api_token:
  description: The API token that is valid now.
  returned: when it is another one than O(api_token), except for a new one in check mode
  type: str
  sample: sandboxAcmeToken00000000000000000000fake
user_id:
  description: The user whose token it is.
  returned: success
  type: str
  sample: UR_sandbox0000001
organization_id:
  description: The Organization ID.
  returned: success
  type: str
  sample: acme
datacenter_id:
  description: The Datacenter ID.
  returned: success
  type: str
  sample: fra1
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.snow_ops.spokes.plugins.module_utils import _python  # noqa: F401 pylint: disable=unused-import
from ansible_collections.snow_ops.spokes.plugins.module_utils._input.argument_specs import qualtrics_spec
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.api_token import run
from ansible_collections.snow_ops.spokes.plugins.module_utils._task import run_module

MODULE_SPEC = {
    "argument_spec": {**qualtrics_spec(), "new_api_token": {"type": "bool", "default": False, "no_log": False}},
    "supports_check_mode": True,
}


def main() -> None:
    """Run the module."""
    run_module(AnsibleModule(**MODULE_SPEC), run)


if __name__ == "__main__":
    main()
