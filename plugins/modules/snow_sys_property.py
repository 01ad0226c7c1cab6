#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: snow_sys_property
short_description: Set a system property of a ServiceNow instance
version_added: 0.1.0
description:
  - Sets, creates or deletes a record of the table C(sys_properties).
  - By default only a property that exists is changed. A spoke ships its properties, so a missing one means that the
    spoke is not installed or that the name is wrong; a record created under a wrong name would do nothing.
  - Nothing is written when nothing differs, since each write of a property flushes caches on the instance, which can
    slow it down for minutes.
options:
  name:
    description: The property's name.
    type: str
    required: true
  state:
    description:
      - V(present) sets the property.
      - V(absent) deletes its record, which restores the default in the application's code, if there is one.
    type: str
    choices: [present, absent]
    default: present
  create:
    description: Whether to create a property that does not exist.
    type: bool
    default: false
  value:
    description:
      - The value, for properties whose type is neither V(password) nor V(password2).
      - It is checked against the type. Booleans are stored as V(true) and V(false).
    type: str
  secret_value:
    description: The value of a property of type V(password) or V(password2). It is never shown.
    type: str
  update_secret:
    description:
      - When to write O(secret_value). A stored secret cannot be read back for comparison.
      - V(on_create) writes it if the property has no value.
      - V(always) writes it in every run and always reports a change.
    type: str
    choices: [on_create, always]
    default: on_create
  type:
    description: The property's type. If not set, a new property is a V(string).
    type: str
    choices:
      - string
      - boolean
      - integer
      - choicelist
      - color
      - date_format
      - image
      - password
      - password2
      - short_string
      - time_format
      - timezone
      - uploaded_image
  description:
    description: What the property is for.
    type: str
  choices:
    description: The values that a property of type V(choicelist) can have, separated by commas, each as V(value) or
      V(label=value).
    type: str
  ignore_cache:
    description:
      - Whether a change of the property flushes only the property cache (V(true)) or the instance's whole cache
        (V(false)).
      - If not set, V(true) for a new property. Leave it alone on properties that ServiceNow ships.
    type: bool
  is_private:
    description: Whether the property is left out of update sets.
    type: bool
  read_roles:
    description: The roles that may read the property, separated by commas.
    type: str
  write_roles:
    description: The roles that may write the property, separated by commas.
    type: str
extends_documentation_fragment:
  - snow_ops.spokes.instance
  - snow_ops.spokes.attributes
author:
  - snow_ops contributors (@snow-ops)
"""

EXAMPLES = r"""
- name: Set the directory of the Qualtrics spoke
  snow_ops.spokes.snow_sys_property:
    instance:
      host: https://acmedev.service-now.com
      username: "{{ servicenow_username }}"
      password: "{{ servicenow_password }}"
    name: sn_qualtrics_spoke.qualtrics_directory
    value: POOL_0000000acmefake

- name: Create a property of our own (the login comes from SN_HOST, SN_USERNAME and SN_PASSWORD)
  snow_ops.spokes.snow_sys_property:
    name: x_acme.survey_reminders
    type: boolean
    value: "true"
    description: Whether reminders are sent
    create: true
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
property:
  description: The property as it is now, or would be without check mode; null if there is none. A secret's value is
    left out.
  returned: success
  type: dict
  contains:
    sys_id:
      description: The record's sys_id.
      type: str
      sample: 0a3fd3e1c0a8016400cf4b7d8f6e1b22
    name:
      description: The property's name.
      type: str
      sample: sn_qualtrics_spoke.qualtrics_directory
    value:
      description: The property's value.
      type: str
      sample: POOL_0000000acmefake
    type:
      description: The property's type.
      type: str
      sample: string
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.snow_ops.spokes.plugins.module_utils import _python  # noqa: F401 pylint: disable=unused-import
from ansible_collections.snow_ops.spokes.plugins.module_utils._input.argument_specs import instance_spec
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.cores.sys_property import run
from ansible_collections.snow_ops.spokes.plugins.module_utils._task import run_module

TYPES = [
    "string",
    "boolean",
    "integer",
    "choicelist",
    "color",
    "date_format",
    "image",
    "password",
    "password2",
    "short_string",
    "time_format",
    "timezone",
    "uploaded_image",
]

MODULE_SPEC = {
    "argument_spec": {
        **instance_spec(),
        "name": {"type": "str", "required": True},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "create": {"type": "bool", "default": False},
        "value": {"type": "str"},
        "secret_value": {"type": "str", "no_log": True},
        "update_secret": {"type": "str", "choices": ["on_create", "always"], "default": "on_create", "no_log": False},
        "type": {"type": "str", "choices": TYPES},
        "description": {"type": "str"},
        "choices": {"type": "str"},
        "ignore_cache": {"type": "bool"},
        "is_private": {"type": "bool"},
        "read_roles": {"type": "str"},
        "write_roles": {"type": "str"},
    },
    "mutually_exclusive": [("value", "secret_value")],
    "supports_check_mode": True,
}


def main() -> None:
    """Run the module."""
    run_module(AnsibleModule(**MODULE_SPEC), run)


if __name__ == "__main__":
    main()
