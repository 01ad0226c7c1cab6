#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)

DOCUMENTATION = r"""
module: snow_store_app
short_description: Install or upgrade a store application on a ServiceNow instance
version_added: 1.0.0
description:
  - Installs an application of the ServiceNow Store, such as a spoke, over the documented CI/CD API, and waits until it
    is there.
  - A version that is installed already counts as unchanged, and an application is never downgraded.
  - Where the answer to the start is lost, the task looks whether the application gets there, and never starts it a
    second time.
  - While it waits it shows how far the instance is, if it runs in the controller's own process; RV(progress) has the
    same afterwards.
options:
  scope:
    description: The application scope, such as V(sn_qualtrics_spoke).
    type: str
    required: true
  sys_id:
    description: The application's sys_id, where the instance knows several by its scope, and for O(load_demo_data).
    type: str
  version:
    description:
      - The version, or V(latest). Of an application that is installed, V(latest) is known only where the account may
        read C(sys_store_app).
    type: str
    default: latest
  base_app_version:
    description:
      - The version of the base application, for applications that can be customized. It goes before O(version).
    type: str
  auto_upgrade_base_app:
    description: Whether the base application of a customization is upgraded as well.
    type: bool
    default: false
  load_demo_data:
    description: Whether to load the demo data of the application. Requires O(sys_id) and O(version) or
      O(base_app_version).
    type: bool
    default: false
  time_limit:
    description: How many seconds to wait in all. The installation goes on after that; a further run finds it done.
    type: int
    default: 3600
  pending_limit:
    description:
      - How many seconds an installation may be C(Pending). One that stays there for longer usually never starts, such
        as without a credential on the alias C(sn_cicd_spoke.CICD), with the property
        C(sn_cicd.apprepo.install.enabled) not V(true), or without an entitlement.
      - Also how long the task looks for the application where the answer to the start was lost.
    type: int
    default: 900
extends_documentation_fragment:
  - snow_ops.spokes.instance
  - snow_ops.spokes.attributes
notes:
  - Requires the plugin Continuous Integration and Continuous Delivery (C(com.glide.continuousdelivery)) and the role
    C(sn_cicd.sys_ci_automation) or C(admin).
seealso:
  - module: snow_ops.spokes.snow_spoke_info
author:
  - snow_ops contributors (@snow-ops)
"""

EXAMPLES = r"""
- name: Install the Qualtrics spoke (the login comes from SN_HOST, SN_USERNAME and SN_PASSWORD)
  snow_ops.spokes.snow_store_app:
    scope: sn_qualtrics_spoke

- name: Have a certain version of it
  snow_ops.spokes.snow_store_app:
    scope: sn_qualtrics_spoke
    base_app_version: 1.4.0
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
version:
  description: The version that is installed, or in check mode would be; V(latest) where its number is not known before.
  returned: success
  type: str
  sample: 1.4.0
version_before:
  description: The version that was installed, null if there was none.
  returned: success
  type: str
  sample: 1.2.0
progress:
  description: What the instance said while it installed, each once.
  returned: success
  type: list
  elements: dict
  contains:
    seconds:
      description: The seconds since the start.
      type: int
      sample: 12
    status:
      description:
        - V(Pending), V(Running), V(Successful), V(Failed) or V(Canceled); V(Unknown) where the answer to the start was
          lost, after which the installed version alone shows that it is done.
      type: str
      sample: Running
    percent:
      description: How much is done.
      type: int
      sample: 40
    message:
      description: What the instance says about it.
      type: str
      sample: Installing the application
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.snow_ops.spokes.plugins.module_utils import _python  # noqa: F401 pylint: disable=unused-import
from ansible_collections.snow_ops.spokes.plugins.module_utils._input.argument_specs import instance_spec
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.cores.store_app import run
from ansible_collections.snow_ops.spokes.plugins.module_utils._task import run_module

MODULE_SPEC = {
    "argument_spec": {
        **instance_spec(),
        "scope": {"type": "str", "required": True},
        "sys_id": {"type": "str"},
        "version": {"type": "str", "default": "latest"},
        "base_app_version": {"type": "str"},
        "auto_upgrade_base_app": {"type": "bool", "default": False},
        "load_demo_data": {"type": "bool", "default": False},
        "time_limit": {"type": "int", "default": 3600},
        "pending_limit": {"type": "int", "default": 900},
    },
    "supports_check_mode": True,
}


def main() -> None:
    """Run the module."""
    run_module(AnsibleModule(**MODULE_SPEC), run)


if __name__ == "__main__":
    main()
