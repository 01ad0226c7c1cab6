# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""What a probe found, point by point, fit to be pasted into a public issue.

Of what servers say it has only what is known to name nobody, so that no name has to be looked for and taken out: a name
can be a word of the report, too.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, NamedTuple

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import SpokesError

# What the form of a text consists of.
SIGNS: dict[str, Callable[[str], bool]] = {
    "letters": str.isalpha,
    "digits": str.isdigit,
    "blanks": str.isspace,
    "other signs": lambda char: not (char.isalnum() or char.isspace()),
}


class Finding(NamedTuple):
    """One open point: what was ``found``, what the collection ``assumes``, whether it ``works`` all the same (None: not
    known).

    ``switches`` are the switches of the sandbox that follow from it, ``why`` says why it is not known whether it works.
    """

    found: Any
    assumes: str
    works: bool | None
    switches: dict[str, Any]
    why: str = ""

    def as_entry(self, point: str) -> dict[str, Any]:
        """The entry of the task's result."""
        entry = {"point": point, "found": self.found, "assumes": self.assumes, "works": self.works}
        return dict(entry, why=self.why) if self.works is None else entry


class Findings:
    """Collects findings. A point that cannot be read ends nothing."""

    def __init__(self) -> None:
        self._points: list[tuple[str, Finding]] = []
        self._others: dict[str, int] = {}

    def said(self, text: Any, known: Collection[str] = ()) -> str:
        """What a server says: ``text`` if it is empty or among ``known``, else its form, with a number of its own."""
        said = text if isinstance(text, str) else str(text)
        if not said or said in known:
            return said
        kinds = [kind for kind, is_there in SIGNS.items() if any(map(is_there, said))]
        return f"(text {self._number(said)} of {len(said)} characters; {', '.join(kinds)})"

    def named(self, name: str, known: Collection[str] = ()) -> str:
        """The same for the ``name`` of a column or an element: what stands for it can be one, too."""
        return name if not name or name in known else f"name_{self._number(name)}"

    def _number(self, text: str) -> int:
        return self._others.setdefault(text, len(self._others) + 1)

    def look(self, point: str, look: Callable[[], Finding]) -> None:
        """Add what ``look`` finds about ``point``, or the kind of error that kept it from looking."""
        try:
            finding = look()
        except SpokesError as error:
            problem = f"could not be read ({error.kind})"
            finding = Finding(problem, "", None, {}, problem)
        self._points.append((point, finding))

    def as_result(self) -> dict[str, Any]:
        """The task's result: ``findings`` and ``switches``."""
        switches: dict[str, Any] = {}
        for _point, finding in self._points:
            switches.update(finding.switches)
        findings = [finding.as_entry(point) for point, finding in self._points]
        return {"changed": False, "findings": findings, "switches": switches}
