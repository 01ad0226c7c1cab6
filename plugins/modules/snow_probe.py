#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: snow_probe
short_description: Report how a ServiceNow instance behaves where the documentation is silent
version_added: 1.0.0
description:
  - Looks at every point that this collection had to assume something about - the release, the spoke's version, alias,
    form and attributes, the access to tables, Scripting Governance, the Batch API, the wording of errors - and says
    what is so, what is assumed, and whether it works.
  - It only reads. Two requests are meant to be refused, one to an address that does not exist and one without a login,
    which does not count towards the lock-out of the account.
  - The result contains no secret and no name of a host, an organization or a person, so that it can be pasted into an
    issue. On the screen Ansible puts the name of the inventory's host before it. Of the instance's texts, such as the
    labels of a form, it shows those of the platform and of the spoke; of any other one only the form, such as V((text
    1 of 21 characters; letters, digits, other signs)).
options:
  scope:
    description: The application scope of the spoke.
    type: str
    default: sn_qualtrics_spoke
  preferred_alias_name:
    default: Qualtrics
  plugins:
    description: The plugins whose state to look at.
    type: list
    elements: str
    default:
      - com.glide.hub.integration.runtime
      - com.glide.hub.action_type.datastream
      - com.glide.hub.dynamic_inputs
      - com.glide.hub.action_step.rest
      - com.glide.cobject
extends_documentation_fragment:
  - snow_ops.spokes.instance
  - snow_ops.spokes.alias
  - snow_ops.spokes.attributes.info_module
seealso:
  - module: snow_ops.spokes.qualtrics_probe
  - module: snow_ops.spokes.snow_spoke_info
author:
  - snow_ops contributors (@snow-ops)
"""

EXAMPLES = r"""
- name: Look at the instance
  snow_ops.spokes.snow_probe:
    instance:
      host: https://acmedev.service-now.com
      username: spoke.setup
      password: "{{ servicenow_password }}"
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
      sample: batch
    found:
      description: What was found. Of a text that is not known to name nobody, only its form.
      type: raw
      sample: 2 of 2 reads answered
    assumes:
      description: What the collection assumes.
      type: str
      sample: what it leaves out is asked for singly
    works:
      description: Whether the collection works with what was found, null where that cannot be told.
      type: bool
      sample: true
    why:
      description: Why that cannot be told.
      returned: RV(findings[].works) is null
      type: str
      sample: no connection yet
switches:
  description: What the sandbox has to be set to in order to behave like this.
  returned: success
  type: dict
  sample: {"servicenow.batch": open}
seed:
  description: >-
    The release, the version, the form and the attributes of the spoke, and that there is no company code, as a seed of
    the sandbox takes them.
  returned: success
  type: dict
  sample: {"properties": {"glide.buildname": Zurich}}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.snow_ops.spokes.plugins.module_utils import _python  # noqa: F401 pylint: disable=unused-import
from ansible_collections.snow_ops.spokes.plugins.module_utils._input.argument_specs import alias_spec, instance_spec
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.cores.probe import run
from ansible_collections.snow_ops.spokes.plugins.module_utils._task import run_module

PLUGINS = [
    "com.glide.hub.integration.runtime",
    "com.glide.hub.action_type.datastream",
    "com.glide.hub.dynamic_inputs",
    "com.glide.hub.action_step.rest",
    "com.glide.cobject",
]

MODULE_SPEC = {
    "argument_spec": {
        **instance_spec(),
        **alias_spec(),
        "scope": {"type": "str", "default": "sn_qualtrics_spoke"},
        "preferred_alias_name": {"type": "str", "default": "Qualtrics"},
        "plugins": {"type": "list", "elements": "str", "default": PLUGINS},
    },
    "supports_check_mode": True,
}


def main() -> None:
    """Run the module."""
    run_module(AnsibleModule(**MODULE_SPEC), run)


if __name__ == "__main__":
    main()
