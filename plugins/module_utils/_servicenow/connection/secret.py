# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""Whether the Client Secret is written, and what the registry's comments say of it afterwards: the whole decision in
one place.
"""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.snow_ops.spokes.plugins.module_utils._secrets import Secrets
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.marks import (
    CLIENT_SECRET,
    fingerprint,
    is_fingerprint_of,
    read_mark,
    remove_mark,
    write_mark,
)
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.options import Options
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.connection.task import Task
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.client import Row
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.reconcile.plan import SecretChange


@dataclass(frozen=True)
class SecretDecision:
    """``change`` is what to write, None for nothing. ``is_compared`` says whether what the instance holds is known to
    be the given secret afterwards, None where none is given. ``mark`` is the fingerprint for the comments, empty for
    none.
    """

    change: SecretChange | None
    is_compared: bool | None
    mark: str = ""

    def comments(self, text: str) -> str:
        """The comments ``text`` as they have to be once this is done."""
        return write_mark(text, CLIENT_SECRET, self.mark) if self.mark else remove_mark(text, CLIENT_SECRET)


def decide_secret(task: Task, secrets: Secrets) -> SecretDecision:
    """What becomes of the Client Secret of the registry.

    What another instance has left (``task.is_foreign``) is never believed: neither its ciphertext, which this one
    cannot decrypt, nor its fingerprint, which says nothing about what is stored here.
    """
    registry, is_foreign, given = task.current.registry, task.is_foreign, task.options.client_secret
    known = read_mark(registry["comments"], CLIENT_SECRET) if registry else ""
    secrets.add(known)
    if not given:
        return SecretDecision(None, None, "" if is_foreign else known)
    is_known = bool(known) and not is_foreign and is_fingerprint_of(known, given)
    keeps_mark = task.options.update_secret == "on_change"
    writes = _writes(task, is_known)
    mark = _mark(known, given, is_known, keeps_mark, writes)
    secrets.add(mark)
    is_compared = writes or task.can.compare_secrets or (keeps_mark and is_known)
    if not writes:
        return SecretDecision(None, is_compared, mark)
    differs = is_foreign or (keeps_mark and bool(known) and not is_known)
    return SecretDecision(_change(registry, given, known, differs), is_compared, mark)


def _mark(known: str, given: str, is_known: bool, keeps_mark: bool, writes: bool) -> str:
    """The fingerprint for the comments: ``known``, which is there, a new one of ``given``, or none."""
    is_renewed = writes and bool(known)
    is_first = keeps_mark and not is_known
    if is_renewed or is_first:
        return fingerprint(given)
    return "" if writes else known


def _writes(task: Task, is_known: bool) -> bool:
    """Whether to write the secret; ``is_known`` says that our fingerprint shows it to be the stored one."""
    registry, given = task.current.registry, task.options.client_secret
    if task.is_foreign or registry is None or not registry["client_secret"]:
        return True
    if task.can.compare_secrets:
        return registry["client_secret"] != task.source.as_stored(given)
    return _writes_unseen(registry, task.options, is_known)


def _writes_unseen(registry: Row, options: Options, is_known: bool) -> bool:
    """Whether to write over a stored secret that cannot be compared."""
    is_new_client = options.registry.get("client_id") not in (None, registry["client_id"])
    return is_new_client or options.update_secret == "always" or (options.update_secret == "on_change" and not is_known)


def _change(registry: Row | None, given: str, known: str, differs: bool) -> SecretChange:
    """The write; ``differs`` says that the stored secret is certainly another one, so that its ciphertext must not
    stay.
    """
    stored = registry["client_secret"] if registry else ""
    # A run that is cut off between the secret and its fingerprint leaves nobody who knows which of the two is stored.
    before = {"comments": remove_mark(registry["comments"], CLIENT_SECRET)} if registry and known else {}
    return SecretChange(
        "client_secret", given, was_set=bool(stored), write_before=before, old_ciphertext=stored if differs else ""
    )
