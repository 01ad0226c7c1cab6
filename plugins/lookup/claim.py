# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which inventory hosts of a play mean the same thing: two that mean one instance are a mistake."""

from __future__ import annotations

DOCUMENTATION = r"""
name: claim
short_description: Say which hosts of a play mean the same thing
version_added: 1.0.0
author:
  - snow_ops contributors (@snow-ops)
description:
  - Keeps, for the time of one C(ansible-playbook), which inventory hosts of a play asked for a term, and returns their
    names with the own one among them. The last of several hosts to ask sees all of them, under every strategy and with
    C(serial).
  - Unlike facts it needs no look at the other hosts' variables.
options:
  _terms:
    description: What is claimed, such as the name of an instance. Only a digest of it is kept.
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Check that no other host leads to the same instance
  ansible.builtin.assert:
    that: query('snow_ops.spokes.claim', 'acmedev') == [inventory_hostname]
"""

RETURN = r"""
_raw:
  description: The names of the inventory hosts that asked for any of the terms until now, sorted.
  type: list
  elements: str
"""

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from ansible import constants
from ansible.plugins.lookup import LookupBase


class LookupModule(LookupBase):
    """See DOCUMENTATION."""

    def run(self, terms: list[Any], variables: Mapping[str, Any] | None = None, **kwargs: Any) -> list[str]:
        """Return who asked for ``terms`` in this play, the host of the task included."""
        self.set_options(var_options=variables, direct=kwargs)
        names = variables or {}
        host = str(names["inventory_hostname"])
        # Another play of the same job may well do something with the same instance, from another host.
        play = [str(names.get("ansible_play_name")), sorted(map(str, names.get("ansible_play_hosts_all") or []))]
        return sorted({claimant for term in terms for claimant in _claim(json.dumps([play, str(term)]), host)})


def _claim(claim: str, host: str) -> list[str]:
    """All that made ``claim``, of whom ``host`` is one from now on.

    The folder is Ansible's own for the files of one run, the same in all workers and removed at its end. A link holds
    the host's name, which may not be fit for a file's, from the moment it is there.
    """
    folder = Path(constants.DEFAULT_LOCAL_TMP) / f"claim-{_digest(claim)}"
    folder.mkdir(mode=0o700, exist_ok=True)
    with suppress(FileExistsError):
        os.symlink(host, folder / _digest(host))
    return [os.readlink(link) for link in folder.iterdir()]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
