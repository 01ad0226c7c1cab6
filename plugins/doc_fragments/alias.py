# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which Connection & Credential Alias a task means."""

from __future__ import annotations


class ModuleDocFragment:
    """Documentation that modules share."""

    DOCUMENTATION = r"""
options:
  scope:
    description:
      - The application scope of the spoke, such as V(sn_qualtrics_spoke). The connection alias that the spoke ships is
        used.
    type: str
  alias:
    description:
      - The alias, by id (V(sn_qualtrics_spoke.Qualtrics)), by sys_id, or together with O(scope) by name.
    type: str
  preferred_alias_name:
    description:
      - The name of the alias to use if O(scope) ships several and O(alias) is not set.
    type: str
"""
