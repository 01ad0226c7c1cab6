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
    description: What is claimed, such as the name of an instance or of its connection. Only a digest of it is kept.
    type: list
    elements: str
    required: true
  identity:
    description: The name of the ServiceNow instance that the terms are of, as the modules return it.
    type: str
  address:
    description:
      - The same by its address, as the option C(instance.host) of the modules takes it, or by a login as JSON text.
      - Below C(service-now.com) the host is the name. Where the address is another one, only the instance itself can
        tell, and where it is empty, only a task can, which alone knows its environment. Then nothing is claimed and
        nobody returned.
      - What is neither text nor empty is for a task to refuse, too, and is not shown, since a login may be in it.
    type: raw
"""

EXAMPLES = r"""
- name: Check that no other host leads to the same instance
  ansible.builtin.assert:
    that: query('snow_ops.spokes.claim', 'acmedev') == [inventory_hostname]

- name: Check, before anything is sent, that no other host means this connection of the instance
  ansible.builtin.assert:
    that: query('snow_ops.spokes.claim', 'Qualtrics', address='https://ACMEDEV.service-now.com/') == [inventory_hostname]
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
from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import InputError
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.address import base_url_of, name_in
from ansible_collections.snow_ops.spokes.plugins.plugin_utils._play import play_of


class LookupModule(LookupBase):
    """See DOCUMENTATION."""

    def run(self, terms: list[Any], variables: Mapping[str, Any] | None = None, **kwargs: Any) -> list[str]:
        """Return who asked for ``terms`` in this play, the host of the task included."""
        self.set_options(var_options=variables, direct=kwargs)
        names = variables or {}
        identity = self.get_option("identity")
        if "address" in kwargs:
            identity = _name_at(kwargs["address"])
            if not identity:
                return []
        of = [] if identity is None else [str(identity)]
        # Another play of the same job may well do something with the same instance, from another host.
        claims = [json.dumps([play_of(names), *of, str(term)]) for term in terms]
        host = str(names["inventory_hostname"])
        return sorted({claimant for claim in claims for claimant in _claim(claim, host)})


def _name_at(address: Any) -> str:
    """The name of the instance, empty where its address does not tell it, or is none."""
    if not isinstance(address, str):
        return ""
    with suppress(ValueError, RecursionError):
        login = json.loads(address)
        if isinstance(login, dict):
            address = str(login.get("host") or "")
    try:
        return name_in(base_url_of(address))
    except InputError:
        return ""


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
