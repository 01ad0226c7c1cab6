# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The lookup plugin setup_endpoint_operations."""

from __future__ import annotations

DOCUMENTATION = r"""
name: setup_endpoint_operations
author: snow_ops contributors (@snow-ops)
short_description: The operations of the setup endpoint with their scripts
version_added: 1.0.0
description:
  - Returns what the role P(snow_ops.spokes.setup_endpoint#role) installs, as the option
    O(snow_ops.spokes.snow_scripted_rest_api#module:operations) takes it.
  - It is made for that role, and for whoever wants to read or ship exactly these scripts another way.
options:
  _terms:
    description: Takes no terms.
    type: list
    elements: str
"""

EXAMPLES = r"""
- name: Show the length of each script
  ansible.builtin.debug:
    msg: "{{ item.name }}: {{ item.script | length }} characters"
  loop: "{{ query('snow_ops.spokes.setup_endpoint_operations') }}"
  loop_control:
    label: "{{ item.name }}"
"""

RETURN = r"""
_raw:
  description:
    - One dictionary per operation with C(name), C(short_description), C(http_method), C(relative_path) and C(script).
  type: list
  elements: dict
"""

from typing import Any

from ansible.plugins.lookup import LookupBase
from ansible_collections.snow_ops.spokes.plugins.plugin_utils._setup_endpoint import operations


class LookupModule(LookupBase):
    """Gives the operations, whatever the terms."""

    def run(self, terms: list[Any], variables: dict[str, Any] | None = None, **kwargs: Any) -> list[dict[str, str]]:
        """Return the operations."""
        return operations()
