#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: qualtrics_probe
short_description: Report how a Qualtrics organization behaves where the documentation is silent
version_added: 1.0.0
description:
  - Looks at every point that this collection had to assume something about - what whoami states, the organization's own
    host, the directories, the OAuth token - and says what is so, what is assumed, and whether it works.
  - It only reads. Access tokens that it fetches with O(client_id) expire after an hour.
  - Without O(api_token) it asks with the API token of the user that the OAuth client acts as, which it reads and does
    not return, or, where the client may not read that, with an OAuth token; this requires O(datacenter_id).
  - The result contains no secret and no name of a host, an organization or a person, so that it can be pasted into an
    issue. On the screen Ansible puts the name of the inventory's host before it.
options:
  probe_wrong_client:
    description:
      - Whether to ask for access tokens with a wrong secret, with the client in the body, and without a scope, and to
        show an OAuth token to another datacenter of Qualtrics. The error bodies of Qualtrics are known in no other way.
    type: bool
    default: false
extends_documentation_fragment:
  - snow_ops.spokes.qualtrics
  - snow_ops.spokes.attributes.info_module
seealso:
  - module: snow_ops.spokes.snow_probe
  - module: snow_ops.spokes.qualtrics_account_info
author:
  - snow_ops contributors (@snow-ops)
"""

EXAMPLES = r"""
- name: Look at the organization
  snow_ops.spokes.qualtrics_probe:
    api_token: "{{ qualtrics_api_token }}"
    client_id: "{{ qualtrics_client_id }}"
    client_secret: "{{ qualtrics_client_secret }}"
  register: probe

- name: Look at it with an OAuth client alone
  snow_ops.spokes.qualtrics_probe:
    client_id: "{{ qualtrics_client_id }}"
    client_secret: "{{ qualtrics_client_secret }}"
    datacenter_id: fra1
  register: probe

- name: Show what can be pasted into an issue
  ansible.builtin.debug:
    var: probe.findings
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
findings:
  description: What was found, point by point, in the order of the list in C(docs/proof.md) as far as possible.
  returned: success
  type: list
  elements: dict
  contains:
    point:
      description: What was looked at.
      type: str
      sample: brand host
    found:
      description: What was found. Of a text that is not known to name nobody, only its form.
      type: raw
      sample: served
    assumes:
      description: What the collection assumes.
      type: str
      sample: "serves both credentials; a warning proposes the datacenter's host"
    works:
      description: Whether the collection works with what was found, null where that cannot be told.
      type: bool
      sample: true
    why:
      description: Why that cannot be told.
      returned: RV(findings[].works) is null
      type: str
      sample: "not asked: no client"
switches:
  description: What the sandbox has to be set to in order to behave like this.
  returned: success
  type: dict
  sample: {"qualtrics.brand_host": serves}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.snow_ops.spokes.plugins.module_utils import _python  # noqa: F401 pylint: disable=unused-import
from ansible_collections.snow_ops.spokes.plugins.module_utils._input.argument_specs import qualtrics_spec
from ansible_collections.snow_ops.spokes.plugins.module_utils._qualtrics.probe import run
from ansible_collections.snow_ops.spokes.plugins.module_utils._task import run_module

MODULE_SPEC = {
    "argument_spec": {**qualtrics_spec(), "probe_wrong_client": {"type": "bool", "default": False}},
    "supports_check_mode": True,
}


def main() -> None:
    """Run the module."""
    run_module(AnsibleModule(**MODULE_SPEC), run)


if __name__ == "__main__":
    main()
