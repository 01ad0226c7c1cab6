#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: snow_scripted_rest_api
short_description: Install a Scripted REST API on a ServiceNow instance
version_added: 0.1.0
description:
  - Makes sure that an instance has a Scripted REST API with exactly the operations given, or that it has none.
  - The scripts are compared with what the instance holds, ignoring line endings and empty lines at the end. Diff mode
    shows them line by line.
  - Everything that is written is read back and compared.
  - A new API answers only when all of it is there. If its installation fails, what was made of it is taken away again.
options:
  service_id:
    description: The API ID, by which the API is found. It is part of the API's path.
    type: str
    required: true
  state:
    description:
      - V(present) makes sure that the API is there and active, with these operations and no others.
      - V(absent) removes it with all its operations.
    type: str
    choices: [present, absent]
    default: present
  name:
    description: The API's name. Required for O(state=present).
    type: str
  short_description:
    description: What the API is for. Left alone if not set.
    type: str
  scope:
    description:
      - The scope of the application that the API belongs to. It is part of the path of an API that is not global.
      - An API that is there and belongs to another application is an error, since its application cannot be changed.
    version_added: 1.0.0
    type: str
    default: global
  enforce_acl:
    description:
      - The access controls (by sys_id) that operations ask which name none of their own. Others are replaced by these.
      - The default is the platform's own, C(Scripted REST External Default).
    version_added: 1.0.0
    type: list
    elements: str
    default: [cf9d01d3e73003009d6247e603f6a990]
  media_types:
    description:
      - Media types that the API and all its operations have to take and to answer with. Where an API that is there
        lacks one of them, these are written.
      - Nothing is compared if it is empty.
    version_added: 1.0.0
    type: list
    elements: str
    default: [application/json]
  require_script_permission:
    description:
      - Whether to stop before anything is written where the instance has the role
        C(snc_required_script_writer_permission), which Scripting Governance requires for writing scripts since the
        release Zurich, and the account does not have it.
      - Set it to V(false) on an instance that has switched these rules off. Scripts that were not stored are an error
        in any case.
    version_added: 1.0.0
    type: bool
    default: true
  operations:
    description:
      - The operations (resources). Required for O(state=present). One that the API has and that is not listed here is
        removed.
      - An operation is identified by its method and path.
    type: list
    elements: dict
    suboptions:
      name:
        description: The operation's name.
        type: str
        required: true
      http_method:
        description: The HTTP method that it answers.
        type: str
        choices: [GET, POST, PUT, PATCH, DELETE]
        required: true
      relative_path:
        description: The path below the API's own, with path parameters in braces.
        type: str
        default: /
      script:
        description: The script, such as the content of a file, in the JavaScript that the instance runs (ES5 for global
          APIs).
        type: str
        required: true
      short_description:
        description: What the operation is for. Left alone if not set.
        type: str
      active:
        description: Whether it can be called.
        type: bool
        default: true
      requires_authentication:
        description: Whether it can be called by logged-in users only.
        type: bool
        default: true
      requires_acl_authorization:
        description: Whether the access controls of the operation, or the default ones for Scripted REST APIs, are
          enforced.
        type: bool
        default: true
      requires_snc_internal_role:
        description: Whether it can be called by accounts with the role C(snc_internal) only.
        version_added: 1.0.0
        type: bool
        default: true
      enforce_acl:
        description: The access controls (by sys_id) that are asked. The default is the platform's own, C(Scripted REST
          External Default).
        version_added: 1.0.0
        type: list
        elements: str
        default: [cf9d01d3e73003009d6247e603f6a990]
extends_documentation_fragment:
  - snow_ops.spokes.instance
  - snow_ops.spokes.attributes
notes:
  - Requires a role that can write C(sys_ws_definition) and C(sys_ws_operation), such as C(web_service_admin) or
    C(admin), and since the release Zurich also C(snc_required_script_writer_permission), which no other role contains.
    Members of the group C(Conditional Script Writer) have it; a weekly job adds accounts to the group that have
    C(snc_internal) and one more role. A new service account lacks it until then.
  - Some releases store IDs in lower case, write underscores for characters other than letters, digits and underscores,
    and leave a slash at the end of a path out. The API is found all the same; what it returns is what the instance
    stored.
  - Versioned APIs are not supported.
seealso:
  - module: snow_ops.spokes.snow_connection_alias
author:
  - snow_ops contributors (@snow-ops)
"""

EXAMPLES = r"""
- name: Install an API that says whether the instance is awake (the login comes from SN_HOST, SN_USERNAME and
    SN_PASSWORD)
  snow_ops.spokes.snow_scripted_rest_api:
    service_id: acme_health
    name: Acme Health
    operations:
      - name: awake
        http_method: GET
        relative_path: /awake
        script: |
          (function process(request, response) {
              return { awake: true };
          }(request, response));
  register: health

- name: Show its path
  ansible.builtin.debug:
    var: health.base_path

- name: Remove it
  snow_ops.spokes.snow_scripted_rest_api:
    service_id: acme_health
    state: absent
"""

RETURN = r"""
instance:
  description: The instance.
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
sys_id:
  description: The sys_id of the API's record.
  returned: O(state=present)
  type: str
  sample: 0a3fd3e1c0a8016400cf4b7d8f6e1b22
namespace:
  description: The namespace that the instance gave the API, null in check mode for a new one.
  returned: O(state=present)
  type: str
  sample: "224240"
base_path:
  description: The API's path, which differs from instance to instance; null in check mode for a new API.
  returned: O(state=present)
  type: str
  sample: /api/224240/acme_health
operations:
  description: The operations as given.
  returned: O(state=present)
  type: list
  elements: dict
  contains:
    name:
      description: The operation's name.
      type: str
      sample: awake
    http_method:
      description: Its HTTP method.
      type: str
      sample: GET
    path:
      description: Its path, null in check mode for a new API.
      type: str
      sample: /api/224240/acme_health/awake
records:
  description: What was done, or would be done without check mode, record by record in the order of writing.
  returned: success
  type: list
  elements: dict
  contains:
    role:
      description: C(definition), or method and path of an operation.
      type: str
      sample: GET /awake
    table:
      description: The table.
      type: str
      sample: sys_ws_operation
    sys_id:
      description: The record's sys_id.
      type: str
      sample: 0a3fd3e1c0a8016400cf4b7d8f6e1b22
    action:
      description: V(create), V(update), V(delete) or V(none).
      type: str
      sample: update
    before:
      description: The values that differ, as they were; of scripts a digest.
      type: dict
      sample: {active: "false"}
    after:
      description: The values that differ, as they are now; of scripts a digest.
      type: dict
      sample: {active: "true"}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.snow_ops.spokes.plugins.module_utils import _python  # noqa: F401 pylint: disable=unused-import
from ansible_collections.snow_ops.spokes.plugins.module_utils._input.argument_specs import instance_spec
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.cores.scripted_rest_api import run
from ansible_collections.snow_ops.spokes.plugins.module_utils._task import run_module

# "Scripted REST External Default", the same on every instance.
DEFAULT_ACL = "cf9d01d3e73003009d6247e603f6a990"

OPERATION_SPEC = {
    "name": {"type": "str", "required": True},
    "http_method": {"type": "str", "choices": ["GET", "POST", "PUT", "PATCH", "DELETE"], "required": True},
    "relative_path": {"type": "str", "default": "/"},
    "script": {"type": "str", "required": True},
    "short_description": {"type": "str"},
    "active": {"type": "bool", "default": True},
    "requires_authentication": {"type": "bool", "default": True},
    "requires_acl_authorization": {"type": "bool", "default": True},
    "requires_snc_internal_role": {"type": "bool", "default": True},
    "enforce_acl": {"type": "list", "elements": "str", "default": [DEFAULT_ACL]},
}

MODULE_SPEC = {
    "argument_spec": {
        **instance_spec(),
        "service_id": {"type": "str", "required": True},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "name": {"type": "str"},
        "short_description": {"type": "str"},
        "scope": {"type": "str", "default": "global"},
        "enforce_acl": {"type": "list", "elements": "str", "default": [DEFAULT_ACL]},
        "media_types": {"type": "list", "elements": "str", "default": ["application/json"]},
        "require_script_permission": {"type": "bool", "default": True},
        "operations": {"type": "list", "elements": "dict", "options": OPERATION_SPEC},
    },
    "required_if": [("state", "present", ("name", "operations"))],
    "supports_check_mode": True,
}


def main() -> None:
    """Run the module."""
    run_module(AnsibleModule(**MODULE_SPEC), run)


if __name__ == "__main__":
    main()
