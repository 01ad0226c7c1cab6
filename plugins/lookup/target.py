# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The hosts of a play, refused where the job would do nothing or something else than was meant."""

from __future__ import annotations

DOCUMENTATION = r"""
name: target
short_description: Check the hosts that a play is to run on
version_added: 1.0.0
author:
  - snow_ops contributors (@snow-ops)
description:
  - Returns the pattern unchanged. Ansible passes a play over whose hosts match nothing, and the job is green although
    it did nothing; this lookup makes that an error, whether the pattern, the inventory or C(--limit) is the cause, or
    C(--tags) leaves no task.
  - A group or host that the pattern names and that the inventory does not have is an error too, since a misspelt
    exclusion runs on the very hosts that it was to protect.
options:
  _terms:
    description: The pattern, as the keyword C(hosts) of a play takes it.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Run on the hosts that the extra variable target names
  hosts: "{{ lookup('snow_ops.spokes.target', target | default('servicenow')) }}"
  gather_facts: false
  tasks: []
"""

RETURN = r"""
_raw:
  description: The pattern, unchanged.
  type: list
  elements: str
"""

from collections.abc import Mapping
from typing import Any

from ansible import context
from ansible.errors import AnsibleError
from ansible.inventory.manager import InventoryManager, split_host_pattern
from ansible.plugins.lookup import LookupBase

# What makes a part of a pattern more than a name: wildcards, ranges, regular expressions, and files of --limit.
NOT_A_NAME = "*?[]~@"
LOCAL = ("localhost", "127.0.0.1", "::1")
# With one of these a playbook's untagged tasks run.
TAGS_OF_UNTAGGED = ("all", "untagged")


class LookupModule(LookupBase):
    """See DOCUMENTATION."""

    def run(self, terms: list[Any], variables: Mapping[str, Any] | None = None, **kwargs: Any) -> list[str]:
        """Return each of ``terms`` unchanged. Raises `AnsibleError` for one that leaves the play nothing to do."""
        self.set_options(var_options=variables, direct=kwargs)
        if not context.CLIARGS.get("syntax"):
            for term in terms:
                self._check(_parts(term), variables or {})
        return terms

    def _check(self, parts: list[str], variables: Mapping[str, Any]) -> None:
        pattern, limit = ",".join(parts), context.CLIARGS.get("subset")
        inventory = self._inventory(variables["groups"])
        names = {*variables["groups"], *inventory.hosts, "all", *LOCAL}
        found = f"The inventory's groups: {_listed(variables['groups'])}"
        for option, given in (("target", parts), ("--limit", _parts(limit) if limit else [])):
            unknown = _unknown(given, names)
            if unknown:
                raise AnsibleError(
                    f"Nothing was done: the inventory has no group or host {', '.join(unknown)}. Correct {option} "
                    f"({','.join(given)}). {found}"
                )
        if not inventory.get_hosts(pattern=parts):
            raise AnsibleError(
                f"Nothing was done: no host matches {pattern or '(an empty pattern)'}. Correct target. {found}"
            )
        inventory.subset(limit)
        if not inventory.get_hosts(pattern=parts):
            raise AnsibleError(
                f"Nothing was done: --limit {limit} leaves none of the hosts of {pattern}. Correct --limit or target"
            )
        tags = list(variables.get("ansible_run_tags") or ["all"])
        if not set(tags) & set(TAGS_OF_UNTAGGED):
            raise AnsibleError(
                f"Nothing was done: this playbook has no tags, so --tags {','.join(tags)} leaves no task. Leave "
                "--tags out"
            )

    def _inventory(self, groups: Mapping[str, list[str]]) -> InventoryManager:
        """The inventory of the job: patterns and limits mean there what they mean to Ansible itself."""
        inventory = InventoryManager(self._loader, parse=False)
        for group, hosts in groups.items():
            inventory.add_group(group)
            for host in hosts:
                inventory.add_host(host, group=group)
        return inventory


def _listed(groups: Mapping[str, list[str]]) -> str:
    """The groups that have hosts, but for those that every inventory has."""
    named = sorted(group for group, hosts in groups.items() if hosts and group not in ("all", "ungrouped"))
    return ", ".join(named) or "none with hosts; name the inventory with -i"


def _unknown(parts: list[str], names: set[str]) -> list[str]:
    """The parts of a pattern that are names, and none of ``names``."""
    return [part for part in parts if not set(part) & set(NOT_A_NAME) and part.lstrip("!&") not in names]


def _parts(pattern: Any) -> list[str]:
    """The parts of a host pattern, which Ansible also takes as a list."""
    return [part.strip() for part in split_host_pattern(pattern) if part.strip()]
