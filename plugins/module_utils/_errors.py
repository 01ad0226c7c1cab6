# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""The errors a user can meet. Each says what happened, where, why if known, and what to do next.

Every class is here, and its ``kind`` is what playbooks branch on: the README, the RETURN of every module and `kinds`
list the same.

| kind | classes | what it means |
| --- | --- | --- |
| input | InputError | an option cannot work; nothing was sent or written |
| login | LoginError | the credentials were refused |
| access | AccessDenied | the account may not do this |
| missing | RecordMissing | something that has to exist does not |
| ambiguous | Ambiguous | more than one record fits |
| not_stored | NotStored | a write was accepted and did not take |
| mismatch | Mismatch, Outdated, Untrusted | two things that have to agree do not |
| manual_step | ManualStepNeeded | an administrator has to do something first |
| provider_refused | ProviderRefused | the provider does not accept what the instance holds |
| unreachable | Unreachable, ProxyRefused, ProxyLoginRefused | no answer, and nothing was changed |
| rate_limited | RateLimited | the server asks to wait too long |
| unexpected_answer | UnexpectedAnswer, BuilderRefused, NotTheService, TableRefused | not an answer of the service |
| outcome_unknown | OutcomeUnknown | a write whose answer was lost and could not be settled |
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any


class SpokesError(Exception):
    """A failure in the terms of the person who reads the job's output.

    Takes ``what`` happened, ``where`` (instance or host, table, field), ``why`` as far as known, the ``advice`` on what
    to do next, and the server's ``request_id`` for its support. No argument may hold a secret.
    """

    kind = "error"

    def __init__(self, what: str, where: str = "", why: str = "", advice: str = "", request_id: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.why = why
        self.advice = advice
        self.request_id = request_id

    def __str__(self) -> str:
        return str(self.as_result(str)["msg"])

    def as_result(self, tidy: Callable[[str], str]) -> dict[str, Any]:
        """The failure as a task result: ``msg`` for people, ``error`` for playbooks that branch on it.

        ``tidy`` makes what servers and users wrote fit to be shown. It gets each part whole: a secret that was cut
        could not be found.
        """
        parts = {name: tidy(getattr(self, name)) for name in ("what", "where", "why", "advice", "request_id")}
        labels = {
            "what": "",
            "where": "Where: ",
            "why": "Why: ",
            "advice": "What to do: ",
            "request_id": "Request id: ",
        }
        message = " ".join(_sentence(label + parts[name]) for name, label in labels.items() if parts[name])
        return {"msg": message, "error": {"kind": self.kind, **parts}}


def kinds() -> list[str]:
    """Every kind that a task can fail with."""
    found: set[str] = set()
    pending = SpokesError.__subclasses__()
    while pending:
        kind = pending.pop()
        found.add(kind.kind)
        pending += kind.__subclasses__()
    return sorted(found)


def clause(text: str) -> str:
    """``text``, such as a server's words, without the full stop at its end, so that a sentence can go on after it."""
    return text.rstrip().rstrip(".")


def _sentence(text: str) -> str:
    text = text.strip()
    return text if text.endswith((".", "!", "?")) else text + "."


class InputError(SpokesError):
    """An option has a value that cannot work. Raised before anything is sent or written."""

    kind = "input"


class LoginError(SpokesError):
    """The server did not accept the credentials (401). Never retried: repeated failures lock accounts."""

    kind = "login"


class AccessDenied(SpokesError):
    """The account is known but may not do this (403, or rows hidden by an access control)."""

    kind = "access"


class RecordMissing(SpokesError):
    """Something that has to exist does not, or cannot be read."""

    kind = "missing"


class Ambiguous(SpokesError):
    """More than one record fits; the candidates are listed."""

    kind = "ambiguous"


class NotStored(SpokesError):
    """The server accepted a write and did not store it.

    ``field`` is the column whose value it did not store, empty where it is something else, such as a record or secret.
    """

    kind = "not_stored"
    field = ""


class Mismatch(SpokesError):
    """Two things that have to agree do not: brand and token, datacenter and client, instance and inventory."""

    kind = "mismatch"


class ManualStepNeeded(SpokesError):
    """A step that has no public API has to be done by a person first."""

    kind = "manual_step"


class Outdated(Mismatch):
    """The setup endpoint on the instance is of another version than this collection."""


class Untrusted(Mismatch):
    """What answers under the endpoint's name or path is not what this collection installs."""


class ProviderRefused(SpokesError):
    """The provider (Qualtrics) does not accept what the instance holds."""

    kind = "provider_refused"


class Unreachable(SpokesError):
    """No answer, and nothing can have been changed by the request."""

    kind = "unreachable"


class ProxyRefused(Unreachable):
    """A proxy refused its login or the host."""


class ProxyLoginRefused(ProxyRefused):
    """A proxy refused its login, which is never tried again: repeated failures lock accounts."""


class RateLimited(SpokesError):
    """The server asks to wait longer than this task may."""

    kind = "rate_limited"


class UnexpectedAnswer(SpokesError):
    """An answer that the protocol does not allow for: a login page, a redirect, broken JSON, a server error."""

    kind = "unexpected_answer"


class BuilderRefused(UnexpectedAnswer):
    """The form's own builder made nothing, for reasons of access; the same records may be written one by one."""


class NotTheService(UnexpectedAnswer):
    """A web page, a plain text or a foreign JSON: somebody else answered, so that neither the login nor its rights were
    judged.

    ``status`` is the HTTP status that came with it, 0 if it is not known.
    """

    status = 0


class OutcomeUnknown(SpokesError):
    """A write was sent and its answer was lost. It has to be settled by looking, never by repeating it blindly."""

    kind = "outcome_unknown"


class TableRefused(UnexpectedAnswer):
    """The instance refuses a request about one table, other than by 401, 403 or 404, such as by 400 for a table it
    lacks.
    """


def reason_of(error: BaseException) -> str:
    """The innermost readable cause of a transport error, without addresses of Python objects."""
    while True:
        inner = getattr(error, "reason", None) or next(
            (arg for arg in error.args if isinstance(arg, BaseException)), None
        )
        if not isinstance(inner, BaseException):
            break
        error = inner
    text = str(error.args[-1]) if error.args else type(error).__name__
    # A proxy's address can hold a login.
    return f"{type(error).__name__}: {re.sub('//[^/]*@', '//', text)}"
