# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""Which hosts of a play mean the same thing, kept for the time of one ansible-playbook."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from ansible import constants


def claimants(terms: Iterable[str], task_vars: Mapping[str, Any]) -> list[str]:
    """Who claimed any of ``terms`` in the play of ``task_vars`` until now, sorted; its own host does so by asking."""
    host = str(task_vars["inventory_hostname"])
    # Another play of the same job may well do something with the same instance, from another host.
    play = [str(task_vars.get("ansible_play_name")), sorted(map(str, task_vars.get("ansible_play_hosts_all") or []))]
    return sorted({claimant for term in terms for claimant in _claim(json.dumps([play, term]), host)})


def of_instance(identity: str, name: str) -> str:
    """The term for something called ``name`` that belongs to the instance known as ``identity``."""
    return json.dumps([identity, name])


def _claim(claim: str, host: str) -> list[str]:
    """All that made ``claim``, of whom ``host`` is one from now on.

    The folder is Ansible's own for the files of one run, the same in all workers and removed at its end. A link holds
    the host's name, which may not be fit for a file's, from the moment it is there.
    """
    # Ansible makes its constants at run time.
    folder = Path(constants.DEFAULT_LOCAL_TMP) / f"claim-{_digest(claim)}"  # type: ignore[attr-defined]
    folder.mkdir(mode=0o700, exist_ok=True)
    with suppress(FileExistsError):
        os.symlink(host, folder / _digest(host))
    return [os.readlink(link) for link in folder.iterdir()]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
