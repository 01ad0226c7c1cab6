# SPDX-License-Identifier: GPL-3.0-or-later
# SPDX-FileCopyrightText: snow_ops contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# This file is private to the collection.
"""What a probe found, point by point, fit to be pasted into a public issue.

Of what servers say it has only what is known to name nobody.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from typing import Any, NamedTuple

from ansible_collections.snow_ops.spokes.plugins.module_utils._errors import SpokesError

PLACEHOLDER = "(name)"
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

    ``switches`` are the switches of the sandbox that follow from it.
    """

    found: Any
    assumes: str
    works: bool | None
    switches: dict[str, Any]


class Findings:
    """Collects findings. A point that cannot be read ends nothing."""

    def __init__(self) -> None:
        self._points: list[tuple[str, Finding]] = []
        self._names: set[str] = set()
        self._others: dict[str, int] = {}

    def hide(self, names: Iterable[Any]) -> None:
        """From now on, these names of hosts, organizations and people are replaced wherever they were found."""
        self._names |= {name.strip() for name in names if isinstance(name, str) and name.strip()}

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
            finding = Finding(f"could not be read ({error.kind})", "", None, {})
        self._points.append((point, finding))

    def as_result(self) -> dict[str, Any]:
        """The task's result: ``findings`` and ``switches``, without any of the names."""
        switches: dict[str, Any] = {}
        for _point, finding in self._points:
            switches.update(finding.switches)
        findings = [
            {"point": point, "found": self.without_names(entry.found), "assumes": entry.assumes, "works": entry.works}
            for point, entry in self._points
        ]
        return {"changed": False, "findings": findings, "switches": switches}

    def without_names(self, value: Any) -> Any:
        """``value`` with a placeholder in the place of each name; the longest first, since one can be part
        of another.
        """
        if isinstance(value, dict):
            return {self.without_names(key): self.without_names(inner) for key, inner in value.items()}
        if isinstance(value, list):
            return [self.without_names(inner) for inner in value]
        if not isinstance(value, str):
            return value
        for name in sorted(self._names, key=len, reverse=True):
            value = re.sub(
                rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])", PLACEHOLDER, value, flags=re.IGNORECASE
            )
        return value
