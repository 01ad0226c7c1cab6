# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""One answer for all hosts of a play that ask the same question of the same account, and what tasks of a run remember
of an instance.

It lies, for the time of one ansible-playbook, in Ansible's own folder for the files of a run, which all workers share
and nobody else may read: there is no strategy and no ``serial`` under which a fact of another host is sure to be known.
Who comes first asks and the others wait for it; a failure is kept from nobody else's account, and from nobody else: the
next one asks again.
"""

from __future__ import annotations

import fcntl
import hashlib
import hmac
import json
import os
import secrets
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from ansible import constants
from ansible_collections.snow_ops.spokes.plugins.module_utils._servicenow.platform.batch import Refusals

# Older ones are asked for again: a play over many hosts can take hours.
LONGEST_AGE_SECONDS = 600.0
# Results that hold these are never kept, nor are failures and changes.
SECRET_KEYS = frozenset(("api_token", "client_secret", "registration_access_token"))


def shared(question: Any, host: str, ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What ``ask`` returns, or returned to another host of this run for the same ``question``, which may hold secrets.

    A host gets an answer of another one's once; if it asks again, it means to ask anew.
    """
    folder = _folder(question)
    with open(folder / "lock", "a", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        kept = _read(folder / "answer")
        if kept is not None and host not in kept["hosts"] and 0 <= time.time() - kept["at"] < LONGEST_AGE_SECONDS:
            _write(folder / "answer", {**kept, "hosts": [*kept["hosts"], host]})
            return dict(kept["result"])
        result = ask()
        if result.get("failed") or result.get("changed") or SECRET_KEYS & set(result):
            (folder / "answer").unlink(missing_ok=True)
        else:
            _write(folder / "answer", {"result": result, "hosts": [host], "at": time.time()})
        return result


class KeptRefusals(Refusals):
    """The batches that were refused in this run of ansible-playbook."""

    def __contains__(self, who: str) -> bool:
        return self._path(who).exists()

    def add(self, who: str) -> None:
        """Keep that the batches of ``who`` are refused."""
        self._path(who).touch(mode=0o600)

    def _path(self, who: str) -> Path:
        return _base() / f"no-batches-{_digest(who)}"


def _folder(question: Any) -> Path:
    """Where the answer to ``question`` lies: only a salted digest tells what that was, and the salt is as old as the
    run.
    """
    folder = _base() / f"shared-{_digest(question)}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _base() -> Path:
    # Ansible makes its constants at run time.
    return Path(constants.DEFAULT_LOCAL_TMP)  # type: ignore[attr-defined]


def _digest(question: Any) -> str:
    text = json.dumps(question, sort_keys=True, default=str).encode("utf-8", "surrogatepass")
    salt = _salt(_base() / "shared-salt")
    return hmac.new(salt, text, hashlib.sha256).hexdigest()


def _salt(path: Path) -> bytes:
    """The run's salt, made by whoever needs it first."""
    if not path.exists():
        own = path.with_name(f"{path.name}-{secrets.token_hex(8)}")
        _store(own, secrets.token_hex(32))
        # A link comes into being whole, and only once.
        with suppress(FileExistsError):
            os.link(own, path)
        own.unlink()
    return path.read_bytes()


def _read(path: Path) -> dict[str, Any] | None:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return kept if isinstance(kept, dict) else None


def _write(path: Path, kept: dict[str, Any]) -> None:
    own = path.with_name("answer-new")
    _store(own, json.dumps(kept))
    own.replace(path)


def _store(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
